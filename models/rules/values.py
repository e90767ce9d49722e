"""The words of the domain as enumerations. They are stored as text and shown in GraphQL under the same names."""

from enum import StrEnum


class PassKind(StrEnum):
    """What a pass meters, and so when it is used up."""

    SESSION = "SESSION"
    UNLIMITED = "UNLIMITED"
    DURATION = "DURATION"
    DAY = "DAY"
    TIME = "TIME"

    @property
    def metered(self) -> bool:
        """True where the pass spends lots (visits, days or minutes)."""
        return self in (PassKind.SESSION, PassKind.DAY, PassKind.TIME)


class LotUnit(StrEnum):
    """What one unit of a lot is."""

    VISIT = "VISIT"
    DAY = "DAY"
    MINUTE = "MINUTE"


UNIT_OF_KIND = {PassKind.SESSION: LotUnit.VISIT, PassKind.DAY: LotUnit.DAY, PassKind.TIME: LotUnit.MINUTE}


class ServiceCategory(StrEnum):
    """The kind of thing that is attended."""

    CLASS = "CLASS"
    APPOINTMENT = "APPOINTMENT"
    EVENT = "EVENT"
    GYM_VISIT = "GYM_VISIT"
    ASSET = "ASSET"


class ValidityRule(StrEnum):
    """How long a pass is valid once it has started."""

    NEVER = "NEVER"
    PERIOD = "PERIOD"
    FIXED_DAY = "FIXED_DAY"


class PeriodUnit(StrEnum):
    """The calendar unit a period is counted in."""

    DAY = "DAY"
    WEEK = "WEEK"
    MONTH = "MONTH"
    YEAR = "YEAR"


class Activation(StrEnum):
    """What decides the first day of a pass."""

    ON_SALE = "ON_SALE"
    ON_FIRST_VISIT = "ON_FIRST_VISIT"
    ON_DATE = "ON_DATE"
    FIRST_OF_MONTH = "FIRST_OF_MONTH"
    MIDDLE_OF_MONTH = "MIDDLE_OF_MONTH"
    LAST_OF_MONTH = "LAST_OF_MONTH"


class CoveredBy(StrEnum):
    """Which instant must lie inside the validity: the visit's start, or the moment it was booked."""

    START = "START"
    BOOKING = "BOOKING"


class AfterExpiration(StrEnum):
    """What follows the end of a pass."""

    EXPIRE = "EXPIRE"
    RENEW = "RENEW"
    CONVERT = "CONVERT"


class RenewalTrigger(StrEnum):
    """What makes a renewal due."""

    ON_EXPIRY = "ON_EXPIRY"
    ON_DEPLETION = "ON_DEPLETION"
    FIRST_OF_BOTH = "FIRST_OF_BOTH"


class UnusedAtRenewal(StrEnum):
    """What happens to visits nobody used when a pass renews."""

    FORFEIT = "FORFEIT"
    ROLLOVER = "ROLLOVER"


class ConversionTiming(StrEnum):
    """When a conversion happens, and whether it is paid."""

    NOW_FREE = "NOW_FREE"
    NOW_PAID = "NOW_PAID"
    ON_EXPIRY = "ON_EXPIRY"
    ON_DATE = "ON_DATE"


class UnusedAtConversion(StrEnum):
    """What happens to visits nobody used when a pass converts."""

    FORFEIT = "FORFEIT"
    CARRY = "CARRY"
    CREDIT = "CREDIT"


class LotKind(StrEnum):
    """Where a lot came from. GRANT comes once a period."""

    GRANT = "GRANT"
    ROLLOVER = "ROLLOVER"
    MAKE_UP = "MAKE_UP"
    PROMOTION = "PROMOTION"
    ADJUSTMENT = "ADJUSTMENT"


class Account(StrEnum):
    """The ledger accounts of a lot. ISSUED is the source of every unit; the others add up to what was issued."""

    ISSUED = "ISSUED"
    AVAILABLE = "AVAILABLE"
    BOOKED = "BOOKED"
    USED = "USED"
    FORFEITED = "FORFEITED"
    EXPIRED = "EXPIRED"
    CONVERTED = "CONVERTED"
    TRANSFERRED = "TRANSFERRED"
    REFUNDED = "REFUNDED"
    ADJUSTED = "ADJUSTED"


class VisitState(StrEnum):
    """The life of a visit. CANCELLED is in time."""

    BOOKED = "BOOKED"
    ATTENDED = "ATTENDED"
    CANCELLED = "CANCELLED"
    LATE_CANCELLED = "LATE_CANCELLED"
    NO_SHOW = "NO_SHOW"

    @property
    def live(self) -> bool:
        """True while the visit stands: booked or attended."""
        return self in (VisitState.BOOKED, VisitState.ATTENDED)

    @property
    def consumed(self) -> bool:
        """True once the visit's time is over with an outcome that can use up a pass."""
        return self in (VisitState.ATTENDED, VisitState.NO_SHOW, VisitState.LATE_CANCELLED)


class ResolveAs(StrEnum):
    """What a visit becomes that is over and whose outcome nobody recorded."""

    ATTENDED = "ATTENDED"
    NO_SHOW = "NO_SHOW"


class OutcomeEffect(StrEnum):
    """What an ending does to the unit that paid."""

    RETURN = "RETURN"
    FORFEIT = "FORFEIT"


class RestrictionPer(StrEnum):
    """The length of a cycle of an attendance restriction."""

    DAY = "DAY"
    WEEK = "WEEK"
    MONTH = "MONTH"
    YEAR = "YEAR"


class RestrictionCycle(StrEnum):
    """Where cycles begin: by the calendar (the business's week start, the 1st), or counted from the pass's start."""

    CALENDAR = "CALENDAR"
    PASS = "PASS"


class SaleChannel(StrEnum):
    """How a sale reaches the studio."""

    ONLINE = "ONLINE"
    STAFF = "STAFF"
    DIRECT_LINK = "DIRECT_LINK"


class RefundBasis(StrEnum):
    """What a refund pays for: what is unused pro rata, or the price less what was used at the drop-in price."""

    UNUSED_PRO_RATA = "UNUSED_PRO_RATA"
    DROP_IN_PRICE = "DROP_IN_PRICE"


class RenewalPrice(StrEnum):
    """Which price a renewal charges: the sold version's, or the current version's, announced before."""

    SOLD_VERSION = "SOLD_VERSION"
    CURRENT_VERSION = "CURRENT_VERSION"


class HoldKind(StrEnum):
    """FREEZE extends the pass, BLOCK does not, CLOSURE is a freeze made by a closed location."""

    FREEZE = "FREEZE"
    BLOCK = "BLOCK"
    CLOSURE = "CLOSURE"

    @property
    def extends(self) -> bool:
        """True where held days are given back at the end."""
        return self is not HoldKind.BLOCK


class HoldCause(StrEnum):
    """What made the system place a hold; a hold that a person asked for has none."""

    CLOSURE = "CLOSURE"
    DISPUTE = "DISPUTE"
    FAILED_CHARGE = "FAILED_CHARGE"


class ClosureReach(StrEnum):
    """Which passes freeze when a location closes."""

    ONLY_HERE = "ONLY_HERE"
    ALL_VALID_HERE = "ALL_VALID_HERE"


class DisputeState(StrEnum):
    """How far a dispute about an order is. WON is won by the studio; WITHDRAWN was reported by mistake."""

    OPEN = "OPEN"
    WON = "WON"
    LOST = "LOST"
    WITHDRAWN = "WITHDRAWN"


class ClosedReason(StrEnum):
    """Why a pass was closed for good, or (DEACTIVATED) until it is reactivated."""

    EXPIRED = "EXPIRED"
    CONVERTED = "CONVERTED"
    DEACTIVATED = "DEACTIVATED"
    RELEASED = "RELEASED"
    REFUNDED = "REFUNDED"
    TRANSFERRED = "TRANSFERRED"

    @property
    def by_hand(self) -> bool:
        """True where somebody took the pass out of use: that is then its status, whatever its dates say."""
        return self not in (ClosedReason.EXPIRED, ClosedReason.RELEASED)


class PassStatus(StrEnum):
    """What a pass is at an instant, derived from its dates and lots."""

    NOT_STARTED = "NOT_STARTED"
    ACTIVE = "ACTIVE"
    ON_HOLD = "ON_HOLD"
    USED_UP = "USED_UP"
    SUSPENDED = "SUSPENDED"
    EXPIRED = "EXPIRED"
    CONVERTED = "CONVERTED"
    DEACTIVATED = "DEACTIVATED"
    REFUNDED = "REFUNDED"
    TRANSFERRED = "TRANSFERRED"


class Standing(StrEnum):
    """Where a pass stands after a failed charge."""

    CURRENT = "CURRENT"
    GRACE = "GRACE"
    SUSPENDED = "SUSPENDED"
    RELEASED = "RELEASED"


class Jurisdiction(StrEnum):
    """Whose law a studio sells under, as far as the system keeps it; no legal advice."""

    NONE = "NONE"
    US = "US"
    US_CA = "US_CA"
    EU = "EU"
    DE = "DE"
    FR = "FR"


class ProjectionState(StrEnum):
    """What became of what a pass was to pay for once renewed."""

    STANDING = "STANDING"
    PAID = "PAID"
    FAILED = "FAILED"
    RELEASED = "RELEASED"


class VisitPayment(StrEnum):
    """How a visit stands: paid, to be paid when its pass renews, unpaid, or nothing to be paid."""

    PAID = "PAID"
    PROJECTED = "PROJECTED"
    UNPAID = "UNPAID"
    NOTHING_DUE = "NOTHING_DUE"


class ShareState(StrEnum):
    """How far the sharing of a pass with a member of the household is."""

    PENDING = "PENDING"
    ACTIVE = "ACTIVE"
    REMOVED = "REMOVED"


class DueKind(StrEnum):
    """What a pass will do by itself next."""

    EXPIRE = "EXPIRE"
    RENEW = "RENEW"
    CONVERT = "CONVERT"
    RETRY = "RETRY"
    RELEASE = "RELEASE"
    LOT_EXPIRE = "LOT_EXPIRE"
    REMIND = "REMIND"
    WARN = "WARN"


class AllocationPreset(StrEnum):
    """The order in which a business lets passes pay."""

    DEFAULT = "DEFAULT"
    PRIORITY_FIRST = "PRIORITY_FIRST"


class Language(StrEnum):
    """A language in which people are told things. Its lower case is the tag that HTTP uses for it."""

    EN = "EN"
    FR = "FR"
    ES = "ES"


class PaymentMethod(StrEnum):
    """How a sale or renewal is paid."""

    CASH = "CASH"
    CARD_TERMINAL = "CARD_TERMINAL"
    COMPLIMENTARY = "COMPLIMENTARY"
    TEST_CARD = "TEST_CARD"


class TestCard(StrEnum):
    """What a test card does when it is charged."""

    APPROVE = "APPROVE"
    DECLINE = "DECLINE"
    DECLINE_HARD = "DECLINE_HARD"
    TIMEOUT = "TIMEOUT"
    REFUND_DECLINE = "REFUND_DECLINE"

    __test__ = False  # pytest would otherwise collect a class with this name


class OrderPurpose(StrEnum):
    """What an order pays for."""

    SALE = "SALE"
    RENEWAL = "RENEWAL"
    CONVERSION = "CONVERSION"
    FEE = "FEE"
    PACKAGE = "PACKAGE"


class PackageItemKind(StrEnum):
    """What one line of a package is."""

    PASS = "PASS"
    GOODS = "GOODS"
    CREDIT = "CREDIT"
    PACKAGE = "PACKAGE"


class OrderState(StrEnum):
    """PENDING until the gateway's answer is settled."""

    PENDING = "PENDING"
    PAID = "PAID"
    FAILED = "FAILED"


class FeeState(StrEnum):
    """What became of a fee for a visit. CREDITED was paid, and given back as credit."""

    OWED = "OWED"
    PAID = "PAID"
    WAIVED = "WAIVED"
    CREDITED = "CREDITED"


class PaymentState(StrEnum):
    """INTENDED is written before the call; UNKNOWN is a call that never answered."""

    INTENDED = "INTENDED"
    CAPTURED = "CAPTURED"
    DECLINED = "DECLINED"
    UNKNOWN = "UNKNOWN"


class RefundDestination(StrEnum):
    """Where refunded money goes: back the way it came, or to the client's credit."""

    ORIGINAL = "ORIGINAL"
    CREDIT = "CREDIT"


class RefundState(StrEnum):
    """INTENDED is written before the call; UNKNOWN is asked for and not answered; CREDITED failed and went to credit.

    TAKEN_BACK is no longer owed: what it was for was undone before any money had left.
    """

    INTENDED = "INTENDED"
    DONE = "DONE"
    FAILED = "FAILED"
    UNKNOWN = "UNKNOWN"
    CREDITED = "CREDITED"
    TAKEN_BACK = "TAKEN_BACK"


class Role(StrEnum):
    """What a caller may do."""

    OWNER = "OWNER"
    STAFF = "STAFF"
    CLIENT = "CLIENT"
    PARTNER = "PARTNER"
    WORKER = "WORKER"
