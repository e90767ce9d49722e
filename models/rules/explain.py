"""Sentences for people: why a pass cannot be used now, and what will happen to it."""

from collections.abc import Iterable
from datetime import date, timedelta
from enum import StrEnum

from models.rules.calendar import local_day
from models.rules.codes import Code, Reason, because
from models.rules.due import NextEvent
from models.rules.language import open_names, say
from models.rules.policies import Restriction
from models.rules.restrictions import RestrictionState, per_word, services_word, why_reached
from models.rules.values import Language, PassStatus, RestrictionCycle, Standing


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
        case PassStatus.CONVERTED | PassStatus.DEACTIVATED | PassStatus.REFUNDED | PassStatus.TRANSFERRED:
            return because(Code[f"PASS_{status}"])
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


EVENT_SENTENCES = {
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


def sentence(event: NextEvent, zone: str, language: Language = Language.EN) -> str:
    """Return what will happen in one sentence."""
    return say(language, EVENT_SENTENCES[event.kind], [("day", named_day(event, zone).isoformat())])


CHOSEN_SENTENCES = {
    "NAMED": "“{pass}” pays: somebody named it for this visit.",
    "DEFAULT": "“{pass}” pays: it comes first in the studio's order, which is gifts, then passes that count nothing, "
    "then what ends first.",
    "PRIORITY_FIRST": "“{pass}” pays: it comes first in the studio's order, which is the priority of the purchase "
    "options, then gifts, passes that count nothing, and what ends first.",
    "TAKEN_BACK": "“{pass}” pays: it had paid before the visit was cancelled, and pays again.",
}
"""By what decided that a pass pays."""
_CHOSEN_OTHERWISE = "“{pass}” pays."
_LATER = "“{pass}” could have paid and comes later in that order."
_REFUSED = "“{pass}” could not pay: {why}"
_ANOTHER = "Another client's pass"
RESTRICTION_SENTENCES = {
    RestrictionCycle.CALENDAR: "Visits to {services} are limited to {limit} a {per}, by the calendar.",
    RestrictionCycle.PASS: "Visits to {services} are limited to {limit} a {per}, counted from the first day of the "
    "pass.",
}
_MOVED = "Nobody had chosen the pass for this visit, and moving it lets {count} more visits be paid."
_PAID_AT_LAST = "A pass has come to have room for this visit, which was to be paid by whichever pass may."
_CARRIED_ON_ONCE = "What a {per} leaves unused, at most {units}, can be used in the next one."
_CARRIED_ON = "What a {per} leaves unused, at most {units}, can be used in the next {cycles}."
EXPLAINING = (
    *CHOSEN_SENTENCES.values(),
    _CHOSEN_OTHERWISE,
    _LATER,
    _REFUSED,
    _ANOTHER,
    *RESTRICTION_SENTENCES.values(),
    _CARRIED_ON_ONCE,
    _CARRIED_ON,
    _MOVED,
    _PAID_AT_LAST,
)
"""Every sentence that an explanation is made of."""


def why_moved(made_room_for: int | None, language: Language = Language.EN) -> str:
    """Return why another pass pays for a visit than before, so that so many more are paid; None: it was unpaid."""
    if made_room_for is None:
        return say(language, _PAID_AT_LAST)
    return say(language, _MOVED, [("count", str(made_room_for))])


def why_paid(
    chosen_by: str,
    name: str | None,
    passed_over: Iterable[tuple[str | None, Iterable[Reason]]],
    language: Language = Language.EN,
) -> str:
    """Return why a pass pays for a visit and why the others that were asked do not, in plain sentences.

    `passed_over` names each other pass with its reasons, of which there are none where it only came later. A pass
    without a name is not the reader's to see.
    """

    def told(text: str, named: str | None, *values: tuple[str, str]) -> str:
        return say(language, text, [("pass", named or say(language, _ANOTHER)), *values])

    sentences = [told(CHOSEN_SENTENCES.get(chosen_by, _CHOSEN_OTHERWISE), name)]
    for other, reasons in passed_over:
        why = " ".join(_why(reason, language) for reason in reasons)
        sentences.append(told(_REFUSED, other, ("why", why)) if why else told(_LATER, other))
    return " ".join(sentences)


def _why(reason: Reason, language: Language) -> str:
    """Return a reason's sentence; what was kept without its values can only be named."""
    filled = open_names(reason.code.sentence) <= {name for name, _ in reason.values}
    return reason.message_in(language) if filled else f"{reason.code.name}."


def rule_of(restriction: Restriction, language: Language = Language.EN) -> str:
    """Return what a restriction allows, in plain sentences."""
    values = [
        ("services", services_word(restriction)),
        ("limit", str(restriction.visits_max)),
        ("per", per_word(restriction)),
    ]
    sentences = [say(language, RESTRICTION_SENTENCES[restriction.cycle], values)]
    if restriction.rollover:
        units_max, cycles = restriction.rollover.units_max, restriction.rollover.cycles
        values += [("units", str(units_max)), ("cycles", str(cycles))]
        sentences.append(say(language, _CARRIED_ON if cycles > 1 else _CARRIED_ON_ONCE, values))
    return " ".join(sentences)


def why_full(state: RestrictionState) -> Reason | None:
    """Return why nothing more can be booked in the cycle of a restriction, or None where something can."""
    return None if state.remaining else why_reached(state)
