"""Cells that a spreadsheet would run. Ours go out behind an apostrophe, which comes off when they are read again."""

import re

_RUNS = re.compile(r"'*[=+\-@\t\r]")
_GUARDED = re.compile(r"'+[=+\-@\t\r]")


def guarded(text: str) -> str:
    """Return the text so that no spreadsheet takes it for a formula. `unguarded` gives back exactly `text`."""
    return f"'{text}" if _RUNS.match(text) else text


def unguarded(text: str) -> str:
    """Return what was guarded."""
    return text[1:] if _GUARDED.match(text) else text
