"""What every mutation is given: the fields they share, and the checks that come before any verb."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass
from typing import Any
from uuid import UUID

import strawberry
from strawberry.utils.str_converters import to_camel_case

from models.errors import refuse
from models.rules.codes import Code
from schema.ids import decode

LISTED_MAX = 200
TEXT_MAX = 2_000


@strawberry.input
class Given:
    """The fields of every mutation's input."""

    idempotency_key: str = strawberry.field(
        description="A word made for this one request, such as a UUID. Repeated with the same input it gives the same "
        "answer and changes nothing more."
    )
    dry_run: bool = strawberry.field(
        default=False, description="Answer what would change, and change nothing. Charges are assumed to succeed."
    )
    client_mutation_id: str | None = strawberry.field(
        default=None, description="Any word; it comes back in the payload, as Relay expects."
    )

    def command(self) -> Any:
        """Return the command for the verb. Errors: INVALID_ID and others, each with its path."""
        raise NotImplementedError


def row_id(type_name: str, given: str, *path: str) -> UUID:
    """Return the UUID of a global id."""
    return decode(given, type_name, *path)


def row_id_or_none(type_name: str, given: str | None, *path: str) -> UUID | None:
    """Return the UUID of a global id that may be left out."""
    return None if given is None else decode(given, type_name, *path)


def row_ids(type_name: str, given: Sequence[str], *path: str, limit: int = LISTED_MAX) -> tuple[UUID, ...]:
    """Return the UUIDs of a list of global ids. Errors: TOO_MANY, INVALID_ID with the index."""
    check_length(given, limit, *path)
    return tuple(decode(each, type_name, *path, str(index)) for index, each in enumerate(given))


def check_length(given: Sequence[Any], limit: int, *path: str) -> None:
    """Refuse a list that is longer than any verb takes, before its items are looked at."""
    if len(given) > limit:
        raise refuse(Code.TOO_MANY, *path, limit=limit)


def check_texts(given: Given) -> None:
    """Refuse text that the store cannot keep (NUL, half a surrogate pair) or that is longer than any field takes."""
    for path, text in _texts(given, ()):
        if len(text) > TEXT_MAX:
            raise refuse(Code.TEXT_OUT_OF_RANGE, *path, field=path[-1], low=0, high=TEXT_MAX)
        check_characters(text, *path)


def check_characters(text: str | None, *path: str) -> None:
    """Refuse text with characters that the store cannot keep, and so cannot look for either."""
    if text and ("\0" in text or any(unicodedata.category(sign) == "Cs" for sign in text if sign > "\ud7ff")):
        raise refuse(Code.INVALID_INPUT, *path, sentence="The text holds a character that is none.")


def _texts(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _texts(each, (*path, str(index)))
    elif is_dataclass(value):
        for each in fields(value):
            yield from _texts(getattr(value, each.name), (*path, to_camel_case(each.name)))
