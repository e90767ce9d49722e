"""One plain sentence for every value of every enum the schema shows."""

WORDS: dict[str, dict[str, str]] = {
    "PassKind": {
        "SESSION": "A number of visits.",
        "UNLIMITED": "As many visits as the client likes, of one service or of any.",
        "DURATION": "As many visits as the client likes within a period or fixed dates.",
        "DAY": "A number of days at a location, not necessarily in a row, each good for all visits of that day.",
        "TIME": "A number of minutes of service.",
    },
    "LotUnit": {
        "VISIT": "One visit.",
        "DAY": "One local day at a location.",
        "MINUTE": "One minute of service.",
    },
    "ServiceCategory": {
        "CLASS": "A class with several attendants.",
        "APPOINTMENT": "An appointment with a member of staff.",
        "EVENT": "A workshop or another single event.",
        "GYM_VISIT": "Free use of a gym or pool.",
        "ASSET": "The hire of a room, court or other asset.",
    },
    "ValidityRule": {
        "NEVER": "It has no end.",
        "PERIOD": "It is valid for a count of calendar units from its start.",
        "FIXED_DAY": "It is valid up to a fixed last day, whenever it starts.",
    },
    "PeriodUnit": {
        "DAY": "A calendar day.",
        "WEEK": "Seven calendar days.",
        "MONTH": "A calendar month, counted from the first day of the pass.",
        "YEAR": "A calendar year, counted from the first day of the pass.",
    },
    "Activation": {
        "ON_SALE": "It starts on the day it is sold.",
        "ON_FIRST_VISIT": "It starts on the day of its earliest visit.",
        "ON_DATE": "It starts on a day chosen at the sale.",
        "FIRST_OF_MONTH": "It starts on the next first of a month.",
        "MIDDLE_OF_MONTH": "It starts on the next fifteenth of a month.",
        "LAST_OF_MONTH": "It starts on the next last day of a month.",
    },
    "CoveredBy": {
        "START": "The start of the visit must lie inside the validity.",
        "BOOKING": "The moment the visit was booked must lie inside the validity.",
    },
    "AfterExpiration": {
        "EXPIRE": "It ends.",
        "RENEW": "It is charged again and its next period begins.",
        "CONVERT": "It becomes a pass of another purchase option.",
    },
    "RenewalTrigger": {
        "ON_EXPIRY": "It renews when its last day has passed.",
        "ON_DEPLETION": "It renews when nothing is left on it.",
        "FIRST_OF_BOTH": "It renews when its last day has passed or nothing is left, whichever comes first.",
    },
    "UnusedAtRenewal": {
        "FORFEIT": "What was not used expires.",
        "ROLLOVER": "What was not used moves into the next period.",
    },
    "ConversionTiming": {
        "NOW_FREE": "At once, without a charge.",
        "NOW_PAID": "At once, for the price of the target.",
        "ON_EXPIRY": "When the pass ends.",
        "ON_DATE": "On a chosen day.",
    },
    "UnusedAtConversion": {
        "FORFEIT": "What was not used expires.",
        "CARRY": "What was not used becomes a lot of the new pass.",
        "CREDIT": "The value of what was not used is taken off the price; any more becomes credit of the client.",
    },
    "LotKind": {
        "GRANT": "What a paid period grants.",
        "ROLLOVER": "What an earlier period left unused.",
        "MAKE_UP": "What replaces a unit returned after its lot had ended.",
        "PROMOTION": "A gift.",
        "ADJUSTMENT": "What staff added by hand.",
    },
    "Account": {
        "ISSUED": "Where every unit of a lot comes from.",
        "AVAILABLE": "Free to be booked.",
        "BOOKED": "Pays for a visit that is still to come.",
        "USED": "Paid for an attended visit.",
        "FORFEITED": "Lost by a late cancellation or a no-show.",
        "EXPIRED": "Lost because the lot ended.",
        "CONVERTED": "Gone when the pass was converted.",
        "TRANSFERRED": "Moved to another lot, by a rollover, a make-up or a transfer.",
        "REFUNDED": "Paid back.",
        "ADJUSTED": "Taken away by hand.",
    },
    "VisitState": {
        "BOOKED": "Booked, and still to come or without an outcome.",
        "ATTENDED": "The client was there.",
        "CANCELLED": "Cancelled in time.",
        "LATE_CANCELLED": "Cancelled too late.",
        "NO_SHOW": "The client did not come.",
    },
    "OutcomeEffect": {
        "RETURN": "The unit goes back to the lot that paid.",
        "FORFEIT": "The unit is lost.",
    },
    "HoldKind": {
        "FREEZE": "A suspension that gives the held days back at the end.",
        "BLOCK": "A suspension that gives nothing back.",
        "CLOSURE": "A freeze because a location was closed.",
    },
    "ClosedReason": {
        "EXPIRED": "Its last day has passed.",
        "CONVERTED": "It became a pass of another option.",
        "DEACTIVATED": "Staff closed it, until it is reactivated.",
        "RELEASED": "It stayed unpaid until its bookings were let go.",
        "REFUNDED": "What was left of it was paid back.",
        "TRANSFERRED": "It was given to another client.",
    },
    "RestrictionPer": {
        "DAY": "Each local day.",
        "WEEK": "Each week.",
        "MONTH": "Each month.",
        "YEAR": "Each year.",
    },
    "RestrictionCycle": {
        "CALENDAR": "By the calendar: the business's week start, the 1st of the month, the 1st of January.",
        "PASS": "Counted from the first day of the pass.",
    },
    "SaleChannel": {
        "ONLINE": "The client buys alone, in the studio's shop.",
        "STAFF": "A member of staff sells.",
        "DIRECT_LINK": "The client buys alone, by a link that names the offer.",
    },
    "RefundBasis": {
        "UNUSED_PRO_RATA": "The share of the price that is unused.",
        "DROP_IN_PRICE": "The price less what was used, each visit at the drop-in price.",
    },
    "HoldCause": {
        "CLOSURE": "The location is closed.",
        "DISPUTE": "A payment for the pass is disputed.",
        "FAILED_CHARGE": "A charge for the pass failed for good.",
    },
    "ClosureReach": {
        "ONLY_HERE": "Passes that are valid at this location and no other.",
        "ALL_VALID_HERE": "Every pass that is valid at this location, wherever else it is.",
    },
    "DisputeState": {
        "OPEN": "It is not decided.",
        "WON": "The payment stands, and the pass works again.",
        "LOST": "The payment is taken back, and the pass stays blocked.",
    },
    "RenewalPrice": {
        "SOLD_VERSION": "The price of the version that was sold.",
        "CURRENT_VERSION": "The price of the current version, announced with the reminder.",
    },
    "PassStatus": {
        "NOT_STARTED": "Its first day is still to come.",
        "ACTIVE": "It can be used today.",
        "ON_HOLD": "A hold lies on today.",
        "USED_UP": "Nothing is left on it and nothing is booked.",
        "SUSPENDED": "A charge stayed unpaid past the days of grace.",
        "EXPIRED": "Its last day has passed.",
        "CONVERTED": "It became a pass of another option.",
        "DEACTIVATED": "Staff closed it, until it is reactivated.",
        "REFUNDED": "What was left of it was paid back.",
        "TRANSFERRED": "It was given to another client.",
    },
    "Standing": {
        "CURRENT": "Everything is paid.",
        "GRACE": "A charge failed: bookings are kept, new ones refused.",
        "SUSPENDED": "A charge stayed unpaid past the days of grace.",
        "RELEASED": "A charge stayed unpaid so long that bookings were let go.",
    },
    "AllocationPreset": {
        "DEFAULT": "Gifts first, then what counts nothing, then what ends first.",
        "PRIORITY_FIRST": "The option's priority first, then the default order.",
    },
    "Language": {
        "EN": "English.",
        "FR": "French.",
        "ES": "Spanish.",
    },
    "PaymentMethod": {
        "CASH": "Cash at the desk.",
        "CARD_TERMINAL": "A card at the desk's terminal.",
        "COMPLIMENTARY": "Given away.",
        "TEST_CARD": "A card that does as it is told, for sandboxes and tests.",
    },
    "TestCard": {
        "APPROVE": "It pays.",
        "DECLINE": "It declines; a later try may succeed.",
        "DECLINE_HARD": "It declines for good.",
        "TIMEOUT": "It pays, but the answer gets lost.",
        "REFUND_DECLINE": "It is charged, and refuses to be paid back.",
    },
    "OrderPurpose": {
        "SALE": "A pass was bought.",
        "RENEWAL": "A period of a pass was bought.",
        "CONVERSION": "A pass was bought in exchange for another.",
        "FEE": "A fee, for a visit that ended late or was missed, or for a hold.",
        "PACKAGE": "A package was bought.",
    },
    "OrderState": {
        "PENDING": "The gateway's answer is not settled yet.",
        "PAID": "It was paid.",
        "FAILED": "It was not paid.",
    },
    "PaymentState": {
        "INTENDED": "The charge is about to be made.",
        "CAPTURED": "The money was taken.",
        "DECLINED": "The charge was declined.",
        "UNKNOWN": "The gateway never answered; it is asked again.",
    },
    "RefundDestination": {
        "ORIGINAL": "Back the way it was paid.",
        "CREDIT": "The client's credit.",
    },
    "RefundState": {
        "INTENDED": "It is on its way to the gateway.",
        "DONE": "It was paid back.",
        "FAILED": "The gateway refused it; it is still owed.",
        "UNKNOWN": "The gateway has not answered; it is asked again by itself.",
        "CREDITED": "The gateway refused it, and it went to the client's credit.",
    },
    "Role": {
        "OWNER": "May do everything.",
        "STAFF": "May do the daily work.",
        "CLIENT": "May see and use their own passes and visits.",
        "PARTNER": "A partner's system: may read everything but the inputs of operations, and book.",
        "WORKER": "The system itself, when something falls due.",
    },
}
"""By the enum's name in `models.rules.values`, then by value."""

MORE_WORDS: dict[str, dict[str, str]] = {
    "PayBy": {
        "AUTO": "The first pass of the client that may pay, in the business's order.",
        "PASS": "The named pass and no other.",
        "NOTHING": "Nothing: the visits stay unpaid.",
    },
    "OperationState": {
        "PENDING": "A payment is being settled.",
        "DONE": "It was carried out.",
        "FAILED": "Its payment was declined.",
    },
    "ChosenBy": {
        "NAMED": "Somebody named the pass.",
        "DEFAULT": "It came first in the default order.",
        "PRIORITY_FIRST": "It came first in the order by priority.",
        "TAKEN_BACK": "It had paid before the visit was cancelled, and pays again.",
    },
    "ComingEvent": {
        "STARTS": "Its first day begins.",
        "HOLD_STARTS": "A hold begins.",
        "HOLD_ENDS": "A hold is over.",
        "LOT_EXPIRES": "A lot ends before the pass does.",
        "EXPIRES": "It ends.",
        "RENEWS": "It is charged and its next period begins.",
        "CONVERTS": "It becomes a pass of another option.",
        "CHARGE_RETRIED": "A charge that failed is tried again.",
        "RELEASES": "Bookings of a pass that stayed unpaid are let go.",
    },
}
"""Enums that stand elsewhere than in `models.rules.values`."""
