"""What a forecast is told in: the kinds of things that happen to a pass, the day each is named by, a sentence each."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum

from models.rules.calendar import local_day
from models.rules.language import say
from models.rules.values import Account, Language


class ForecastKind(StrEnum):
    """What happens to a pass in a forecast."""

    STARTS = "STARTS"
    HOLD_PLACED = "HOLD_PLACED"
    HOLD_STARTS = "HOLD_STARTS"
    HOLD_ENDS = "HOLD_ENDS"
    CONVERSION_PLANNED = "CONVERSION_PLANNED"
    CONVERSION_DROPPED = "CONVERSION_DROPPED"
    CHARGED = "CHARGED"
    CHARGE_DECLINED = "CHARGE_DECLINED"
    CHARGE_POSTPONED = "CHARGE_POSTPONED"
    RENEWS = "RENEWS"
    CONVERTS = "CONVERTS"
    EXPIRES = "EXPIRES"
    RELEASES = "RELEASES"
    LOT_EXPIRES = "LOT_EXPIRES"
    ROLLS_OVER = "ROLLS_OVER"
    MADE_UP = "MADE_UP"
    FORFEITS = "FORFEITS"
    VISIT_PAID = "VISIT_PAID"
    VISIT_UNPAID = "VISIT_UNPAID"
    VISIT_ATTENDED = "VISIT_ATTENDED"
    VISIT_MISSED = "VISIT_MISSED"
    VISIT_CANCELLED = "VISIT_CANCELLED"
    VISIT_LATE_CANCELLED = "VISIT_LATE_CANCELLED"


FORECAST_SENTENCES = {
    ForecastKind.STARTS: "It starts on {day}.",
    ForecastKind.HOLD_PLACED: "A hold is placed on {day}.",
    ForecastKind.HOLD_STARTS: "It goes on hold on {day}.",
    ForecastKind.HOLD_ENDS: "The last day of its hold is {day}.",
    ForecastKind.CONVERSION_PLANNED: "Its conversion is planned on {day}.",
    ForecastKind.CONVERSION_DROPPED: "On {day} its planned conversion is dropped, for the target is over.",
    ForecastKind.CHARGED: "It is charged on {day}.",
    ForecastKind.CHARGE_DECLINED: "A charge for it is declined on {day}.",
    ForecastKind.CHARGE_POSTPONED: "On {day} its charge is put off, for it is announced late; it goes on until then.",
    ForecastKind.RENEWS: "It renews on {day}.",
    ForecastKind.CONVERTS: "It becomes another pass on {day}.",
    ForecastKind.EXPIRES: "Its last day is {day}.",
    ForecastKind.RELEASES: "It is still unpaid on {day}, and its bookings are let go.",
    ForecastKind.LOT_EXPIRES: "What was left could be used up to {day} and has expired.",
    ForecastKind.ROLLS_OVER: "What was left moves into the next period on {day}.",
    ForecastKind.MADE_UP: "A unit of a lot that was over is replaced on {day}.",
    ForecastKind.FORFEITS: "What a visit took is forfeited on {day}.",
    ForecastKind.VISIT_PAID: "It pays for the visit on {day}.",
    ForecastKind.VISIT_UNPAID: "It does not pay for the visit on {day}.",
    ForecastKind.VISIT_ATTENDED: "The visit on {day} is attended.",
    ForecastKind.VISIT_MISSED: "The visit on {day} is missed.",
    ForecastKind.VISIT_CANCELLED: "The visit on {day} is cancelled in time.",
    ForecastKind.VISIT_LATE_CANCELLED: "The visit on {day} is cancelled late.",
}

_AT_THE_END_OF_A_DAY = frozenset({ForecastKind.EXPIRES, ForecastKind.LOT_EXPIRES})

KIND_OF_EVENT: Mapping[str, ForecastKind] = {
    "hold.placed": ForecastKind.HOLD_PLACED,
    "conversion.scheduled": ForecastKind.CONVERSION_PLANNED,
    "conversion.impossible": ForecastKind.CONVERSION_DROPPED,
    "pass.chargePostponed": ForecastKind.CHARGE_POSTPONED,
    "pass.renewed": ForecastKind.RENEWS,
    "pass.converted": ForecastKind.CONVERTS,
    "pass.expired": ForecastKind.EXPIRES,
    "pass.released": ForecastKind.RELEASES,
    "lot.rolledOver": ForecastKind.ROLLS_OVER,
    "lot.madeUp": ForecastKind.MADE_UP,
    "visit.booked": ForecastKind.VISIT_UNPAID,
    "visit.unpaid": ForecastKind.VISIT_UNPAID,
    "visit.paid": ForecastKind.VISIT_PAID,
    "visit.attended": ForecastKind.VISIT_ATTENDED,
    "visit.no_show": ForecastKind.VISIT_MISSED,
    "visit.cancelled": ForecastKind.VISIT_CANCELLED,
    "visit.late_cancelled": ForecastKind.VISIT_LATE_CANCELLED,
}
"""What an event of the store is called in a forecast. A visit is VISIT_UNPAID if nothing pays for it then."""

UNITS_OF_KIND: Mapping[ForecastKind, tuple[Account | None, Account]] = {
    ForecastKind.RENEWS: (Account.ISSUED, Account.AVAILABLE),
    ForecastKind.CONVERTS: (Account.ISSUED, Account.AVAILABLE),
    ForecastKind.ROLLS_OVER: (None, Account.TRANSFERRED),
    ForecastKind.MADE_UP: (None, Account.TRANSFERRED),
    ForecastKind.LOT_EXPIRES: (None, Account.EXPIRED),
    ForecastKind.FORFEITS: (None, Account.FORFEITED),
    ForecastKind.VISIT_PAID: (None, Account.BOOKED),
    ForecastKind.VISIT_ATTENDED: (None, Account.USED),
    ForecastKind.VISIT_CANCELLED: (Account.BOOKED, Account.AVAILABLE),
}
"""Which movement of units a kind is about: from one account (None: from any) to another."""


def forecast_day(kind: ForecastKind, at: datetime, zone: str) -> date:
    """Return the local day a person would name for it: what a day's end takes is named by that day."""
    return local_day(at - timedelta(microseconds=kind in _AT_THE_END_OF_A_DAY), zone)


def forecast_sentence(kind: ForecastKind, day: date, language: Language = Language.EN) -> str:
    """Return what happens in one sentence. `day` is the visit's own for what happens to a visit."""
    return say(language, FORECAST_SENTENCES[kind], [("day", day.isoformat())])
