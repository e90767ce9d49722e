"""Scalars. An instant always says its offset: one without could mean any of the world's clocks."""

import re
from datetime import UTC, date, datetime, time
from typing import Any, NewType

import strawberry
from graphql import GraphQLError

from models.rules.language import phrase
from schema.language import spoken

JSON = NewType("JSON", object)
"""Any JSON value."""

_NO_INSTANT = (
    "A DateTime is an instant with its offset: write an offset, such as 2026-01-31T12:00:00Z or "
    "2026-01-31T13:00:00+01:00."
)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d(:\d\d(\.\d{1,6})?)?([Zz]|[+-]\d\d:\d\d)")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


def parse_instant(value: object) -> datetime:
    """Return an aware UTC instant from RFC 3339 text.

    Raises:
        GraphQLError: it is something else, or says no offset.
    """
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        raise GraphQLError(phrase(spoken(), _NO_INSTANT))
    try:
        return datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise GraphQLError(phrase(spoken(), "There is no such DateTime in the calendar.")) from None


def parse_day(value: object) -> date:
    """Return a calendar day from `2026-01-31`.

    Raises:
        GraphQLError: it is something else.
    """
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise GraphQLError(phrase(spoken(), "A Date is a calendar day, such as 2026-01-31."))
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise GraphQLError(phrase(spoken(), "There is no such Date in the calendar.")) from None


def parse_time(value: object) -> time:
    """Return a time of day from `18:30`.

    Raises:
        GraphQLError: it is something else.
    """
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        raise GraphQLError(phrase(spoken(), "A LocalTime is a time of day from 00:00 to 23:59, such as 18:30."))
    return time.fromisoformat(value)


def show_time(value: time) -> str:
    """Return `18:30`."""
    return value.isoformat("minutes")


def _as_it_is(value: Any) -> Any:
    return value


SCALARS: dict[object, Any] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="An instant in RFC 3339 with its offset, such as 2026-01-31T12:00:00Z. Answers are in UTC.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
        serialize=datetime.isoformat,
        parse_value=parse_instant,
    ),
    date: strawberry.scalar(
        name="Date",
        description="A local calendar day, such as 2026-01-31.",
        serialize=date.isoformat,
        parse_value=parse_day,
    ),
    time: strawberry.scalar(
        name="LocalTime",
        description="A time of day on the clock of the place, from 00:00 to 23:59, such as 18:30.",
        serialize=show_time,
        parse_value=parse_time,
    ),
    JSON: strawberry.scalar(
        name="JSON",
        description="Any JSON value.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc8259",
        serialize=_as_it_is,
        parse_value=_as_it_is,
    ),
}
"""The scalars of the schema, by the Python type that stands for each."""
