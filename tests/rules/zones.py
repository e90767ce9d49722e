"""Time zones whose past has everything a clock can do, and a slow, obvious answer to when a day starts in them."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

ZONES = (
    "Africa/Cairo",  # gave summer time up and took it back, at midnight
    "Africa/Casablanca",  # four changes a year, around Ramadan
    "America/Asuncion",  # jumps over midnight
    "America/Caracas",  # half an hour back, half an hour forth
    "America/Havana",  # jumps over midnight
    "America/Santiago",  # jumps over midnight
    "America/Sao_Paulo",  # jumps over midnight, until 2019
    "America/Scoresbysund",  # changed its rule and its offset in one night
    "America/St_Johns",  # changed at one minute past midnight, until 2011
    "Antarctica/Troll",  # two hours of summer time
    "Asia/Amman",  # jumps over midnight
    "Asia/Beirut",  # jumps over midnight
    "Asia/Damascus",  # jumps over midnight
    "Asia/Gaza",  # changes at midnight, on dates announced late
    "Asia/Kathmandu",  # 5:45 ahead
    "Asia/Pyongyang",  # half an hour back, half an hour forth
    "Asia/Tehran",  # jumps over midnight, by its own calendar
    "Australia/Lord_Howe",  # half an hour of summer time
    "Europe/London",
    "Pacific/Apia",  # has no 30 December 2011
    "Pacific/Auckland",
    "Pacific/Chatham",  # 12:45 ahead
    "Pacific/Kiritimati",  # 14 hours ahead
    "UTC",
)
MINUTE = timedelta(minutes=1)


def slow_start_of_day(day: date, zone: str) -> datetime:
    """Look at every minute around `day`, last first, for the first after which the local date never falls back."""
    tz = ZoneInfo(zone)
    middle = datetime.combine(day, time(), UTC)
    minute = middle + timedelta(hours=16)
    assert minute.astimezone(tz).date() >= day
    # A zone may lie 14 hours ahead, and a whole day may be missing before `day`.
    while minute.astimezone(tz).date() >= day and minute > middle - timedelta(hours=40):
        minute -= MINUTE
    return minute + MINUTE


@lru_cache
def changes(zone: str, first_year: int, last_year: int) -> tuple[date, ...]:
    """Return the days (UTC) on which the zone's clocks are changed."""
    tz = ZoneInfo(zone)
    noon, end = datetime(first_year, 1, 1, 12, tzinfo=UTC), datetime(last_year, 12, 31, 12, tzinfo=UTC)
    found, offset = [], noon.astimezone(tz).utcoffset()
    while noon < end:
        noon += timedelta(days=1)
        before, offset = offset, noon.astimezone(tz).utcoffset()
        if before != offset:
            found.append(noon.date())
    return tuple(found)
