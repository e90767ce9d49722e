"""Local days, anchored periods and the half-open instant intervals they stand for.

People speak in local calendar days; the store keeps instants. Everything that turns one into the other is here.
Instants are aware UTC datetimes; days are `datetime.date`; zones are IANA names.
"""

import calendar as _gregorian
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from models.rules.values import PeriodUnit

DAY = timedelta(days=1)
_MICROSECOND = timedelta(microseconds=1)
_MONTHS = {PeriodUnit.MONTH: 1, PeriodUnit.YEAR: 12}
_DAYS = {PeriodUnit.DAY: 1, PeriodUnit.WEEK: 7}
_NOT_ZONES = frozenset({"Factory", "localtime", "posixrules"})
_COPIES = ("posix/", "right/")


@lru_cache(maxsize=1024)
def zone_exists(name: str) -> bool:
    """Say whether `name` is a zone of the IANA database, by its exact name.

    Files beside the zones are none: some mean another zone on another machine, those below `right/` count leap seconds.
    """
    if name in _NOT_ZONES or name.startswith(_COPIES):
        return False
    try:
        return ZoneInfo(name).key == name
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False


def local_day(instant: datetime, zone: str) -> date:
    """Return the calendar day that a clock on the wall in `zone` shows at `instant`."""
    return instant.astimezone(ZoneInfo(zone)).date()


@lru_cache(maxsize=65536)
def start_of_day(day: date, zone: str) -> datetime:
    """Return the first instant from which the local date in `zone` is `day` or later and stays so.

    Midnight may be missing (the clock jumps over it: the instant of the jump is the answer), may come twice
    (the second counts only if the clock falls back into the day before), and a whole day may be missing (it
    is then empty: it starts where the next one does).
    """
    tz = ZoneInfo(zone)
    midnight = datetime.combine(day, time(), tz)
    early = midnight.astimezone(UTC)
    late = midnight.replace(fold=1).astimezone(UTC)
    if early == late:
        return early
    if late < early:
        return _jump_over(day, tz, late, early)
    falls_into_yesterday = (late - _MICROSECOND).astimezone(tz).date() < day
    return late if falls_into_yesterday else early


def _jump_over(day: date, tz: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """Find, to the second, the transition in (before, after] that skips the midnight of `day`."""
    low, high = int(before.timestamp()), int(after.timestamp())
    while low < high:
        middle = (low + high) // 2
        if datetime.fromtimestamp(middle, tz).date() >= day:
            high = middle
        else:
            low = middle + 1
    return datetime.fromtimestamp(low, UTC)


def end_of_day(last_day: date, zone: str) -> datetime:
    """Return the exclusive end of `last_day`: the start of the day after it."""
    return start_of_day(last_day + DAY, zone)


def add_units(anchor: date, unit: PeriodUnit, count: int) -> date:
    """Move `anchor` by `count` units; a day the month lacks becomes the month's last day.

    Always counted from the anchor, so that 31 January leads to 28 February and then to 31 March.
    """
    if unit in _DAYS:
        return anchor + timedelta(days=_DAYS[unit] * count)
    months = anchor.year * 12 + anchor.month - 1 + _MONTHS[unit] * count
    year, month = divmod(months, 12)
    return date(year, month + 1, min(anchor.day, _gregorian.monthrange(year, month + 1)[1]))


def period_days(anchor: date, unit: PeriodUnit, count: int, index: int) -> tuple[date, date]:
    """Return the first and the last day (inclusive) of the period `index` (from 0) counted from `anchor`."""
    first = add_units(anchor, unit, count * index)
    return first, add_units(anchor, unit, count * (index + 1)) - DAY


def day_of_month_on_or_after(day: date, day_of_month: int) -> date:
    """Return the next `day_of_month` (1–31, clamped to the month's length) on or after `day`."""
    for month in (day.replace(day=1), add_units(day.replace(day=1), PeriodUnit.MONTH, 1)):
        length = _gregorian.monthrange(month.year, month.month)[1]
        candidate = month.replace(day=min(day_of_month, length))
        if candidate >= day:
            return candidate
    raise AssertionError("one of two months holds the day")
