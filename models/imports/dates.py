"""Dates as files write them. A file has to say by itself whether the day or the month comes first."""

import re
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum

from models.imports.trouble import Unreadable

_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ](.+))?")
_NUMBERS = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4})(?:,? (.+))?")
_NAMED = re.compile(r"(?:(\d{1,2})[ -]([A-Za-z]{3,9})|([A-Za-z]{3,9}) (\d{1,2}),?)[ -](\d{4})(?:,? (.+))?")
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)? ?([AaPp])?\.?(?:[Mm]\.?)?")
_MONTH_NAMES = "janfebmaraprmayjunjulaugsepoctnovdec"
_MONTHS = {_MONTH_NAMES[at : at + 3]: at // 3 + 1 for at in range(0, 36, 3)}


class DateOrder(StrEnum):
    """What comes first in a date written with numbers alone and the year last."""

    DMY = "DMY"
    MDY = "MDY"


@dataclass(slots=True)
class Evidence:
    """What a column's values said about the order: how many only fit one, and the first line that fits both."""

    only: dict[DateOrder, int] = field(default_factory=dict)
    first: dict[DateOrder, int] = field(default_factory=dict)
    either: int | None = None

    def add(self, text: str, line: int) -> None:
        """Take one value into account."""
        found = _NUMBERS.fullmatch(text)
        if found is None:
            return
        a, b = int(found[1]), int(found[3])
        if a > 12 >= b:
            self._saw(DateOrder.DMY, line)
        elif b > 12 >= a:
            self._saw(DateOrder.MDY, line)
        elif a != b and self.either is None:
            self.either = line

    def _saw(self, order: DateOrder, line: int) -> None:
        self.only[order] = self.only.get(order, 0) + 1
        self.first.setdefault(order, line)


@dataclass(frozen=True, slots=True)
class Order:
    """How a column is to be read. `mixed` where it holds both orders: a date that fits both is then refused.

    `order` None: nothing in the column depends on it.
    """

    order: DateOrder | None = None
    mixed: bool = False


def decide(columns: dict[str, Evidence], declared: DateOrder | None) -> tuple[dict[str, Order], dict[str, int]]:
    """Return how each column is read, and the columns that stay ambiguous with the first line that is.

    A column that does not decide by itself follows the others of its file where these agree.
    """
    if declared is not None:
        return dict.fromkeys(columns, Order(declared)), {}
    agreed = {order for evidence in columns.values() for order in evidence.only}
    orders, open_columns = {}, {}
    for name, evidence in columns.items():
        if len(evidence.only) > 1:
            orders[name] = Order(max(evidence.only, key=lambda order: evidence.only[order]), mixed=True)
        elif evidence.only:
            orders[name] = Order(next(iter(evidence.only)))
        elif evidence.either is not None and len(agreed) == 1:
            orders[name] = Order(next(iter(agreed)))
        else:
            orders[name] = Order()
            if evidence.either is not None:
                open_columns[name] = evidence.either
    return orders, open_columns


def read_date(text: str, how: Order) -> date:
    """Return the day a text names. Raises Unreadable where it names none, or more than one."""
    return read_instant(text, how)[0]


def read_instant(text: str, how: Order) -> tuple[date, time | None]:
    """Return the day, and the time of day where the text has one. Raises Unreadable."""
    if found := _ISO.fullmatch(text):
        return _day(text, int(found[1]), int(found[2]), int(found[3])), _rest(found[4])
    if found := _NAMED.fullmatch(text):
        month = _MONTHS.get((found[2] or found[3])[:3].lower(), 0)
        return _day(text, int(found[5]), month, int(found[1] or found[4])), _rest(found[6])
    if found := _NUMBERS.fullmatch(text):
        first, second, year = int(found[1]), int(found[3]), int(found[4])
        if how.mixed and first != second and first <= 12 and second <= 12:
            raise Unreadable("“{text}” may have the day or the month first, and the column holds both", text=text)
        day, month = (second, first) if how.order is DateOrder.MDY else (first, second)
        return _day(text, year, month, day, how.order), _rest(found[5])
    raise Unreadable("“{text}” is no date", text=text[:40])


def _day(text: str, year: int, month: int, day: int, order: DateOrder | None = None) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        if order is None:
            raise Unreadable("“{text}” is no date", text=text[:40]) from None
        sentence = "“{text}” is no date when read as {order}, as the column's other dates are"
        raise Unreadable(sentence, text=text[:40], order=order) from None


def _rest(text: str | None) -> time | None:
    return None if text is None else read_time(text)


def read_time(text: str) -> time:
    """Return a time of day, on 24 hours or with AM and PM. Raises Unreadable."""
    found = _TIME.fullmatch(text.strip())
    hour = int(found[1]) if found else 99
    if found and found[4]:
        if not 1 <= hour <= 12:
            raise Unreadable("“{text}” is no time of day", text=text[:40])
        hour = hour % 12 + (12 if found[4] in "pP" else 0)
    if not found or hour > 23 or int(found[2]) > 59 or int(found[3] or 0) > 59:
        raise Unreadable("“{text}” is no time of day", text=text[:40])
    return time(hour, int(found[2]), int(found[3] or 0))


def is_iso_instant(text: str) -> datetime | None:
    """Return an instant that carries its own offset, or None."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None
