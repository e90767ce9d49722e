"""The kinds of files that are imported, and the fields each of them may fill."""

from dataclasses import dataclass
from enum import StrEnum


class ImportKind(StrEnum):
    """What a file holds. They are imported in this order, because each refers to those before it."""

    CLIENTS = "CLIENTS"
    OPTIONS = "OPTIONS"
    PASSES = "PASSES"
    VISITS = "VISITS"


class FieldType(StrEnum):
    """How a field's text is read."""

    TEXT = "TEXT"
    COUNT = "COUNT"
    MONEY = "MONEY"
    DATE = "DATE"
    MOMENT = "MOMENT"
    TIME = "TIME"
    WORD = "WORD"
    JSON = "JSON"


@dataclass(frozen=True, slots=True)
class Field:
    """One field: how it is read, and how long its text may be."""

    type: FieldType = FieldType.TEXT
    characters_max: int = 200


_TEXT, _REF, _DATE = Field(), Field(characters_max=200), Field(FieldType.DATE)
_COUNT, _MONEY, _WORD = Field(FieldType.COUNT), Field(FieldType.MONEY), Field(FieldType.WORD)

FIELDS: dict[ImportKind, dict[str, Field]] = {
    ImportKind.CLIENTS: {
        "ref": _REF,
        "name": _TEXT,
        "first_name": _TEXT,
        "last_name": _TEXT,
        "email": Field(characters_max=254),
        "home_location": _TEXT,
    },
    ImportKind.OPTIONS: {
        "ref": _REF,
        "name": _TEXT,
        "kind": _WORD,
        "price": _MONEY,
        "quantity": _COUNT,
        "valid_count": _COUNT,
        "valid_unit": _WORD,
        "last_day": _DATE,
        "activation": _WORD,
        "terms": Field(FieldType.JSON, 20_000),
    },
    ImportKind.PASSES: {
        "ref": _REF,
        "client": _REF,
        "client_email": Field(characters_max=254),
        "option": _REF,
        "sold_on": _DATE,
        "starts_on": _DATE,
        "ends_on": _DATE,
        "granted": _COUNT,
        "remaining": _COUNT,
        "forfeited": _COUNT,
        "price": _MONEY,
        "auto_renew": _WORD,
    },
    ImportKind.VISITS: {
        "ref": _REF,
        "client": _REF,
        "client_email": Field(characters_max=254),
        "service": _TEXT,
        "location": _TEXT,
        "starts": Field(FieldType.MOMENT),
        "start_time": Field(FieldType.TIME),
        "end_time": Field(FieldType.TIME),
        "ends": Field(FieldType.MOMENT),
        "minutes": _COUNT,
        "state": _WORD,
        "pass": _REF,
        "note": Field(characters_max=1000),
    },
}
"""By kind, the fields a column may be mapped to."""

DATED = (FieldType.DATE, FieldType.MOMENT)
"""Whose text depends on whether the day or the month comes first."""
