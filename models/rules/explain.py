"""Sentences for people: why a pass cannot be used now, and what will happen to it."""

from datetime import date, timedelta
from enum import StrEnum

from models.rules.calendar import local_day
from models.rules.codes import Code, Reason, because
from models.rules.due import NextEvent
from models.rules.values import PassStatus, Standing


def why_unusable(
    status: PassStatus, standing: Standing, first_day: date | None, last_day: date | None, today: date
) -> Reason | None:
    """Return why a pass of this status takes no visit today, or None where it does.

    A pass that ended while a charge for it is overdue says so: paying is what brings it back.
    """
    match status:
        case PassStatus.EXPIRED if standing is not Standing.CURRENT:
            return because(Code.PAYMENT_OVERDUE)
        case PassStatus.NOT_STARTED:
            return because(Code.NOT_STARTED, day=first_day or "its first visit")
        case PassStatus.EXPIRED:
            return because(Code.EXPIRED, day=last_day or "the day a charge for it was given up")
        case PassStatus.ON_HOLD:
            return because(Code.ON_HOLD, day=today)
        case PassStatus.USED_UP:
            return because(Code.NO_SESSIONS_LEFT, left=0, needed=1)
        case PassStatus.CONVERTED:
            return because(Code.PASS_CONVERTED)
        case PassStatus.DEACTIVATED:
            return because(Code.PASS_DEACTIVATED)
        case PassStatus.SUSPENDED:
            return because(Code.PAYMENT_OVERDUE)
        case PassStatus.ACTIVE:
            return None if standing is Standing.CURRENT else because(Code.PAYMENT_OVERDUE)


class ComingEvent(StrEnum):
    """What can happen to a pass by itself."""

    STARTS = "STARTS"
    HOLD_STARTS = "HOLD_STARTS"
    HOLD_ENDS = "HOLD_ENDS"
    LOT_EXPIRES = "LOT_EXPIRES"
    EXPIRES = "EXPIRES"
    RENEWS = "RENEWS"
    CONVERTS = "CONVERTS"
    CHARGE_RETRIED = "CHARGE_RETRIED"
    RELEASES = "RELEASES"


_SENTENCES = {
    "STARTS": "It starts on {day}.",
    "HOLD_STARTS": "It goes on hold on {day}.",
    "HOLD_ENDS": "The last day of its hold is {day}.",
    "LOT_EXPIRES": "Some of what is left on it can be used up to {day} and then expires.",
    "EXPIRES": "Its last day is {day}.",
    "RENEWS": "It renews at the end of {day}.",
    "CONVERTS": "It becomes another pass at the end of {day}.",
    "CHARGE_RETRIED": "The charge that failed is tried again on {day}.",
    "RELEASES": "If it is still unpaid on {day}, its bookings are let go.",
}
_AT_THE_END_OF_A_DAY = frozenset({"LOT_EXPIRES", "EXPIRES", "RENEWS", "CONVERTS"})


def named_day(event: NextEvent, zone: str) -> date:
    """Return the local day a person would name for it: what happens at the end of a day is named by that day."""
    if event.day is not None:
        return event.day
    return local_day(event.at - timedelta(microseconds=event.kind in _AT_THE_END_OF_A_DAY), zone)


def sentence(event: NextEvent, zone: str) -> str:
    """Return what will happen in one sentence."""
    return _SENTENCES[event.kind].format(day=named_day(event, zone))
