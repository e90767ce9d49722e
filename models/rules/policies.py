"""The parts of an option's terms that restrict, offer, hold, share and refund. Money is in minor units."""

from dataclasses import dataclass
from datetime import time
from uuid import UUID

from models.rules.values import RefundBasis, RestrictionCycle, RestrictionPer, SaleChannel, ServiceCategory

EVERY_DAY = frozenset(range(1, 8))


@dataclass(frozen=True, slots=True)
class OpenHours:
    """Weekdays (ISO, 1 is Monday) and the times of day, where the visit is, at which a visit may start.

    `from_time` is included and `until_time` is not; an `until_time` of 00:00 is the end of the day.
    """

    weekdays: frozenset[int] = EVERY_DAY
    from_time: time = time(0)
    until_time: time = time(0)


@dataclass(frozen=True, slots=True)
class Rollover:
    """What of an allowance goes on: at most `units_max` unused visits, for the next `cycles` cycles."""

    units_max: int
    cycles: int = 1


@dataclass(frozen=True, slots=True)
class Restriction:
    """At most `visits_max` visits a cycle, of these services or categories where any are named. No hold shrinks it."""

    visits_max: int
    per: RestrictionPer
    cycle: RestrictionCycle = RestrictionCycle.CALENDAR
    service_ids: frozenset[UUID] | None = None
    categories: frozenset[ServiceCategory] | None = None
    rollover: Rollover | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """Who may buy, and how. Checked at sale, never at use.

    An introductory offer is for a client who never bought anything, or, where `inactive_months` is given, was not
    active for that long; one per client, and with `once_per_household` one per household. `client_types` names tags
    of which the client needs one, `channels` how it is sold. None means anyone, any way, any number.
    """

    introductory: bool = False
    inactive_months: int | None = None
    once_per_household: bool = False
    client_types: frozenset[str] | None = None
    channels: frozenset[SaleChannel] | None = None
    only_in_package: bool = False
    per_client_max: int | None = None


@dataclass(frozen=True, slots=True)
class HoldPolicy:
    """What freezes a pass allows, where `holds_allowed` lets it be frozen at all. None is no limit.

    At most `count_max` freezes in the life of a pass, each of `days_min` to `days_max` days, at most
    `days_a_year_max` held days in any twelve months, asked for `notice_days` ahead, by the client where
    `self_service`, for a fee, for one of the listed reasons. Staff are bound by what is agreed on length and number,
    and by neither notice nor self-service.
    """

    count_max: int | None = None
    days_min: int | None = None
    days_max: int | None = None
    days_a_year_max: int | None = None
    notice_days: int = 0
    self_service: bool = True
    fee_minor: int = 0
    reasons: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Sharing:
    """Whether household members may use the pass, how many, and each one's visits a period; guests and transfers."""

    allowed: bool = False
    members_max: int | None = None
    member_visits_max: int | None = None
    needs_approval: bool = False
    guest_visits_max: int = 0
    transferable: bool = False


@dataclass(frozen=True, slots=True)
class RefundPolicy:
    """How a refund is worked out by default. `drop_in_price_minor` is one visit's price for DROP_IN_PRICE."""

    basis: RefundBasis = RefundBasis.UNUSED_PRO_RATA
    drop_in_price_minor: int | None = None
