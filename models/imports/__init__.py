"""Files of another system, read and checked: bytes to lines, lines to fields, fields to values. Pure; no store."""
