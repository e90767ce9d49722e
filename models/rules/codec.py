"""Frozen values to JSON and back, by their type hints. What the store lacks takes the value's own default.

A field is named in camel case. Dates and times are ISO texts, ids and enumerations their texts, sets sorted lists.
The way back is put together once a type, so that reading terms costs no reflection.
"""

import types
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time
from enum import Enum
from functools import cache
from typing import Any, get_args, get_origin, get_type_hints
from uuid import UUID

Decoder = Callable[[Any], Any]


def to_json(value: Any) -> Any:
    """Return the JSON form of a frozen value and everything in it."""
    if is_dataclass(value) and not isinstance(value, type):
        return {camel(each.name): to_json(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, frozenset):
        return sorted(to_json(each) for each in value)
    if isinstance(value, tuple):
        return [to_json(each) for each in value]
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    return value.value if isinstance(value, Enum) else value


def from_json(kind: Any, stored: Any) -> Any:
    """Rebuild a value of `kind` from `to_json`'s form. A name that is not a field of it is left alone."""
    return decoder(kind)(stored)


def from_plain(kind: Any, stored: Any) -> Any:
    """Rebuild a value of `kind` whose fields are stored under their own names, as an operation keeps its input."""
    return from_json(kind, _camelled(stored))


def _camelled(stored: Any) -> Any:
    if isinstance(stored, dict):
        return {camel(name): _camelled(each) for name, each in stored.items()}
    return [_camelled(each) for each in stored] if isinstance(stored, list) else stored


def camel(name: str) -> str:
    """Return `price_minor` as `priceMinor`."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


@cache
def decoder(kind: Any) -> Decoder:
    """Return what rebuilds a value of the type hint `kind`."""
    origin, inside = get_origin(kind), get_args(kind)
    if origin is types.UnionType:
        one = decoder(next(each for each in inside if each is not type(None)))
        return lambda stored: None if stored is None else one(stored)
    if origin in (frozenset, tuple):
        each = decoder(inside[0])
        return lambda stored: origin(each(value) for value in stored)
    if is_dataclass(kind):
        return _dataclass(kind)
    if kind in (date, time, datetime):
        return kind.fromisoformat  # type: ignore[no-any-return]
    if kind is UUID or issubclass(kind, Enum):
        return kind  # type: ignore[no-any-return]
    return lambda stored: stored


def _dataclass(kind: Any) -> Decoder:
    hints = get_type_hints(kind)
    parts = [(each.name, camel(each.name), decoder(hints[each.name])) for each in fields(kind)]

    def rebuild(stored: dict[str, Any]) -> Any:
        return kind(**{name: read(stored[key]) for name, key, read in parts if key in stored})

    return rebuild
