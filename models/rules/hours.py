"""The hours at which a pass may be used, by the clock on the wall where the visit is.

A window belongs to the weekdays it opens on: from 22:00 to 02:00 on Fridays goes on into Saturday. An hour that the
clock repeats counts both times, one that it skips is never there.
"""

from collections.abc import Iterable
from datetime import datetime, time
from zoneinfo import ZoneInfo

from models.rules.policies import OpenHours

_MIDNIGHT = time(0)
Span = tuple[time, time]
"""From the first time, included, to the second, excluded; 00:00 as the second is the end of the day."""


def open_at(hours: Iterable[OpenHours], instant: datetime, zone: str) -> bool:
    """Say whether a visit may start at `instant`."""
    local = instant.astimezone(ZoneInfo(zone))
    clock = local.time().replace(fold=0)
    return any(
        first <= clock and (until == _MIDNIGHT or clock < until) for first, until in _spans(hours, local.isoweekday())
    )


def hours_on(hours: Iterable[OpenHours], weekday: int) -> list[str]:
    """Return the hours of an ISO weekday as text, 06:00-16:00, in order and each once; the end of a day is 24:00."""
    return [
        f"{first:%H:%M}-{'24:00' if until == _MIDNIGHT else f'{until:%H:%M}'}"
        for first, until in sorted(set(_spans(hours, weekday)))
    ]


def _spans(hours: Iterable[OpenHours], weekday: int) -> list[Span]:
    yesterday = (weekday - 2) % 7 + 1
    found = []
    for each in hours:
        overnight = _MIDNIGHT < each.until_time <= each.from_time
        if weekday in each.weekdays:
            found.append((each.from_time, _MIDNIGHT if overnight else each.until_time))
        if overnight and yesterday in each.weekdays:
            found.append((_MIDNIGHT, each.until_time))
    return found
