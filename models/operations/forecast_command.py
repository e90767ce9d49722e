"""What a forecast is asked: the pass, until when, and what is to be supposed. Checked before anything is locked."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from models.errors import refuse
from models.operations.base import Tx
from models.rules.calendar import local_day
from models.rules.codes import Code
from models.rules.values import ConversionTiming, HoldKind, UnusedAtConversion

UNTIL_MAX = timedelta(days=731)
SUPPOSED_MAX = 60


class AssumedCharges(StrEnum):
    """What becomes of charges that fall due by themselves."""

    SUCCEED = "SUCCEED"
    DECLINE = "DECLINE"


class BookedVisits(StrEnum):
    """What becomes of visits that are booked on the pass already, when their time comes."""

    ATTEND = "ATTEND"
    LEAVE = "LEAVE"


class SupposedOutcome(StrEnum):
    """What becomes of a supposed visit."""

    ATTENDED = "ATTENDED"
    NO_SHOW = "NO_SHOW"
    CANCELLED = "CANCELLED"
    LEFT = "LEFT"


@dataclass(frozen=True, slots=True)
class SupposedVisit:
    """A visit to suppose. `booked_at` None is its start, or now for one that is cancelled."""

    service_id: UUID
    location_id: UUID
    starts_at: datetime
    ends_at: datetime
    outcome: SupposedOutcome = SupposedOutcome.ATTENDED
    booked_at: datetime | None = None
    cancelled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SupposedHold:
    """A hold to suppose. `at` None: as soon as the pass reaches its first day, now or by a renewal."""

    first_day: date
    last_day: date | None = None
    kind: HoldKind = HoldKind.FREEZE
    keep_visits: bool = False
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SupposedConversion:
    """A conversion to suppose, carried out or planned at `at` (None: now). `on` is the day of one ON_DATE."""

    option_id: UUID
    timing: ConversionTiming = ConversionTiming.NOW_PAID
    unused: UnusedAtConversion = UnusedAtConversion.FORFEIT
    on: date | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Forecast:
    """Play a pass forward to `until`."""

    pass_id: UUID
    until: datetime
    visits: tuple[SupposedVisit, ...] = ()
    holds: tuple[SupposedHold, ...] = ()
    conversions: tuple[SupposedConversion, ...] = ()
    charges: AssumedCharges = AssumedCharges.SUCCEED
    booked_visits: BookedVisits = BookedVisits.ATTEND


def check_forecast(tx: Tx, command: Forecast) -> None:
    """Refuse what cannot be played. Errors, each with its path: DATE_OUT_OF_RANGE, DATES_REVERSED, TOO_MANY,
    INVALID_INPUT for suppositions that contradict themselves.
    """
    _within(tx.now, command.until, tx.now + UNTIL_MAX, "until")
    for name in ("visits", "holds", "conversions"):
        if len(getattr(command, name)) > SUPPOSED_MAX:
            raise refuse(Code.TOO_MANY, "hypothetical", name, limit=SUPPOSED_MAX)
    for index, visit in enumerate(command.visits):
        _check_visit(tx, command, visit, ("hypothetical", "visits", str(index)))
    for index, hold in enumerate(command.holds):
        path = ("hypothetical", "holds", str(index))
        _check_at(tx, command, hold.at, path)
        last = local_day(command.until, tx.business.zone)
        if hold.first_day > last:
            raise refuse(Code.DATE_OUT_OF_RANGE, *path, "firstDay", field="firstDay", low="now", high=last)
        if hold.last_day is not None and hold.last_day < hold.first_day:
            raise refuse(Code.DATES_REVERSED, *path, "lastDay")
    for index, conversion in enumerate(command.conversions):
        path = ("hypothetical", "conversions", str(index))
        _check_at(tx, command, conversion.at, path)
        if (conversion.timing is ConversionTiming.ON_DATE) != (conversion.on is not None):
            raise refuse(Code.INVALID_INPUT, *path, "on", sentence="ON_DATE, and no other timing, names a day.")


def _check_visit(tx: Tx, command: Forecast, visit: SupposedVisit, path: tuple[str, ...]) -> None:
    _within(tx.now, visit.starts_at, command.until, *path, "startsAt")
    if visit.ends_at <= visit.starts_at:
        raise refuse(Code.DATES_REVERSED, *path, "endsAt")
    if visit.booked_at is not None:
        _within(tx.now, visit.booked_at, visit.starts_at, *path, "bookedAt")
    if (visit.outcome is SupposedOutcome.CANCELLED) != (visit.cancelled_at is not None):
        sentence = "A visit that is CANCELLED, and no other, says when."
        raise refuse(Code.INVALID_INPUT, *path, "cancelledAt", sentence=sentence)
    if visit.cancelled_at is not None:
        _within(visit.booked_at or tx.now, visit.cancelled_at, visit.starts_at, *path, "cancelledAt")


def _check_at(tx: Tx, command: Forecast, at: datetime | None, path: tuple[str, ...]) -> None:
    if at is not None:
        _within(tx.now, at, command.until, *path, "at")


def _within(low: datetime, value: datetime, high: datetime, *path: str) -> None:
    if not low <= value <= high:
        raise refuse(Code.DATE_OUT_OF_RANGE, *path, field=path[-1], low=low.isoformat(), high=high.isoformat())
