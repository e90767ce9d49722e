"""Texts of a line turned into values, as JSON keeps them; what cannot be turned is told with its field."""

import json
import re
from collections.abc import Mapping as Map
from typing import Any

from models.imports.cells import unguarded
from models.imports.dates import Order, is_iso_instant, read_date, read_instant, read_time
from models.imports.fields import FIELDS, Field, FieldType, ImportKind
from models.imports.mapping import Mapping
from models.imports.trouble import Trouble, Unreadable, trouble

_COUNT = re.compile(r"-?\d{1,9}(?:\.0+)?")
_MONEY = re.compile(r"(?P<minus>-|\()?(?P<whole>\d{1,9})(?:[.,](?P<part>\d{1,2}))?\)?")
_ENDLESS = ("unlimited", "∞", "n/a", "none", "-")


class LineReader:
    """Reads the cells of each line of one file into the fields of its kind."""

    def __init__(self, kind: ImportKind, mapping: Mapping, bound: Map[str, int], orders: Map[str, Order]) -> None:
        self._fields = FIELDS[kind]
        self._bound, self._orders, self._mapping = bound, orders, mapping

    def read(self, cells: list[str]) -> tuple[dict[str, Any], list[Trouble]]:
        """Return the values of the fields that say something, and what cannot be read."""
        record: dict[str, Any] = {}
        wrong: list[Trouble] = []
        for name, field in self._fields.items():
            at = self._bound.get(name)
            text = unguarded(cells[at]).strip() if at is not None and at < len(cells) else ""
            text = text or self._mapping.defaults.get(name, "")
            if not text:
                continue
            try:
                value = self._value(name, field, text)
            except Unreadable as error:
                wrong.append(trouble(error.reason.code, name, **dict(error.reason.values)))
                continue
            if value is not None:
                record[name] = value
        return record, wrong

    def _value(self, name: str, field: Field, text: str) -> Any:
        if len(text) > field.characters_max:
            raise Unreadable("it is longer than {limit} characters", limit=field.characters_max)
        if field.type is not FieldType.JSON and any(ord(sign) < 32 for sign in text):
            raise Unreadable("it holds a line break or another control character")
        words = self._mapping.words.get(name)
        if words is not None:
            text = words.get(text.casefold(), text)
        return _read(field.type, text, self._orders.get(name, Order()))


def _read(kind: FieldType, text: str, order: Order) -> Any:
    match kind:
        case FieldType.TEXT:
            return text
        case FieldType.COUNT:
            return _count(text)
        case FieldType.MONEY:
            return _money(text)
        case FieldType.DATE:
            return read_date(text, order).isoformat()
        case FieldType.MOMENT:
            if (instant := is_iso_instant(text)) is not None:
                return instant.isoformat()
            day, at = read_instant(text, order)
            return f"{day}T{at}" if at else str(day)
        case FieldType.TIME:
            return read_time(text).isoformat()
        case FieldType.WORD:
            return text.upper().replace(" ", "_").replace("-", "_")
        case FieldType.JSON:
            return _json(text)


def _count(text: str) -> int | None:
    if text.casefold() in _ENDLESS:
        return None
    plain = text.replace(",", "").replace(" ", "")
    if not _COUNT.fullmatch(plain):
        raise Unreadable("“{text}” is no whole number", text=text[:40])
    if plain.startswith("-"):
        raise Unreadable("“{text}” is below zero", text=text[:40])
    return int(plain.split(".")[0])


def _money(text: str) -> int:
    """Return minor units. A currency's sign is passed over; `1,234.50` and `1.234,50` are the same."""
    plain = re.sub(r"[^\d.,()-]", "", text)
    plain = re.sub(r"[.,](?=\d{3}(?:\D|$))", "", plain)
    found = _MONEY.fullmatch(plain)
    if not found:
        raise Unreadable("“{text}” is no amount of money", text=text[:40])
    if found["minus"]:
        raise Unreadable("“{text}” is below zero", text=text[:40])
    return int(found["whole"]) * 100 + int((found["part"] or "0").ljust(2, "0"))


def _json(text: str) -> Any:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise Unreadable("it is no JSON") from None
    if not isinstance(value, dict):
        raise Unreadable("it is no JSON object")
    return value
