"""The hours, restrictions, offer, hold policy, sharing and refund of an option as they are given."""

from datetime import time

import strawberry

from models.rules.policies import (
    EVERY_DAY,
    HoldPolicy,
    Offer,
    OpenHours,
    RefundPolicy,
    Restriction,
    Rollover,
    Sharing,
)
from models.rules.values import RefundBasis, RestrictionCycle, RestrictionPer, SaleChannel, ServiceCategory
from schema.given import check_length, row_ids


@strawberry.input(description="Times of day, on some weekdays, at which a visit may start.")
class OpenHoursInput:
    """See `OpenHours`."""

    weekdays: list[int] | None = strawberry.field(
        default=None, description="The weekdays, 1 for Monday to 7 for Sunday; every day where left out."
    )
    from_time: time = strawberry.field(default=time(0), description="The first time of day, included.")
    until_time: time = strawberry.field(
        default=time(0), description="The time of day that is too late; 00:00 is the end of the day."
    )

    def value(self, *path: str) -> OpenHours:
        """Return the rules' value. Errors: TOO_MANY."""
        check_length(self.weekdays or (), 7, *path, "weekdays")
        return OpenHours(
            EVERY_DAY if self.weekdays is None else frozenset(self.weekdays), self.from_time, self.until_time
        )


@strawberry.input(description="What of an allowance goes on into the next cycles where it was not used.")
class RestrictionRolloverInput:
    """See `Rollover`."""

    units_max: int = strawberry.field(description="At most this many unused visits go on.")
    cycles: int = strawberry.field(default=1, description="For this many cycles.")

    def value(self) -> Rollover:
        """Return the rules' value."""
        return Rollover(self.units_max, self.cycles)


@strawberry.input(description="An attendance restriction: at most so many visits a cycle. All restrictions must pass.")
class RestrictionInput:
    """See `Restriction`."""

    visits_max: int = strawberry.field(description="How many visits a cycle at most.")
    per: RestrictionPer = strawberry.field(description="How long a cycle is.")
    cycle: RestrictionCycle = strawberry.field(default=RestrictionCycle.CALENDAR, description="Where the cycles begin.")
    service_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="Count visits of these services only."
    )
    categories: list[ServiceCategory] | None = strawberry.field(
        default=None, description="Count visits of services of these categories only; with services, of either."
    )
    rollover: RestrictionRolloverInput | None = strawberry.field(
        default=None, description="What goes on into the next cycle; nothing where left out."
    )

    def value(self, *path: str) -> Restriction:
        """Return the rules' value. Errors: INVALID_ID, TOO_MANY."""
        services = self.service_ids
        return Restriction(
            visits_max=self.visits_max,
            per=self.per,
            cycle=self.cycle,
            service_ids=None if services is None else frozenset(row_ids("Service", services, *path, "serviceIds")),
            categories=None if self.categories is None else frozenset(self.categories),
            rollover=None if self.rollover is None else self.rollover.value(),
        )


@strawberry.input(description="Who may buy, and how. It is checked at the sale, never at use.")
class OfferTermsInput:
    """See `Offer`."""

    introductory: bool = strawberry.field(
        default=False, description="Whether it is for new clients only, once per client."
    )
    inactive_months: int | None = strawberry.field(
        default=None,
        description="For an introductory offer: also for clients who were not active for this many months.",
    )
    once_per_household: bool = strawberry.field(
        default=False, description="Whether only one member of a household may buy it, once."
    )
    client_types: list[str] | None = strawberry.field(
        default=None, description="Only clients who have one of these types may buy it."
    )
    channels: list[SaleChannel] | None = strawberry.field(
        default=None, description="It is sold in these ways only; in any where left out."
    )
    only_in_package: bool = strawberry.field(
        default=False, description="Whether it is sold as part of a package only, and not by itself."
    )
    per_client_max: int | None = strawberry.field(
        default=None, description="How often one client may buy it at most; without limit where left out."
    )

    def value(self) -> Offer:
        """Return the rules' value. Errors: TOO_MANY."""
        types = self.client_types
        check_length(types or (), 200, "terms", "offer", "clientTypes")
        return Offer(
            introductory=self.introductory,
            inactive_months=self.inactive_months,
            once_per_household=self.once_per_household,
            client_types=None if types is None else frozenset(each.strip() for each in types),
            channels=None if self.channels is None else frozenset(self.channels),
            only_in_package=self.only_in_package,
            per_client_max=self.per_client_max,
        )


@strawberry.input(description="What freezes a pass allows, where holdsAllowed lets it be frozen at all.")
class HoldPolicyInput:
    """See `HoldPolicy`."""

    count_max: int | None = strawberry.field(
        default=None, description="How many freezes in the life of a pass; any number where left out."
    )
    days_min: int | None = strawberry.field(default=None, description="How many days a freeze lasts at least.")
    days_max: int | None = strawberry.field(default=None, description="How many days a freeze lasts at most.")
    days_a_year_max: int | None = strawberry.field(
        default=None, description="How many days it may be frozen in any twelve months."
    )
    notice_days: int = strawberry.field(default=0, description="How many days ahead a client asks for a freeze.")
    self_service: bool = strawberry.field(default=True, description="Whether the client may freeze it alone.")
    fee_minor: int = strawberry.field(default=0, description="What a freeze costs, in minor units.")
    reasons: list[str] | None = strawberry.field(
        default=None, description="One of these reasons is given; none is asked for where left out."
    )

    def value(self) -> HoldPolicy:
        """Return the rules' value. Errors: TOO_MANY."""
        check_length(self.reasons or (), 200, "terms", "holdPolicy", "reasons")
        return HoldPolicy(
            count_max=self.count_max,
            days_min=self.days_min,
            days_max=self.days_max,
            days_a_year_max=self.days_a_year_max,
            notice_days=self.notice_days,
            self_service=self.self_service,
            fee_minor=self.fee_minor,
            reasons=None if self.reasons is None else tuple(each.strip() for each in self.reasons),
        )


@strawberry.input(description="Whether others may use the pass, and whether it may be given away.")
class SharingTermsInput:
    """See `Sharing`."""

    allowed: bool = strawberry.field(default=False, description="Whether members of the household may use it.")
    members_max: int | None = strawberry.field(
        default=None, description="How many members may use it besides its owner; any number where left out."
    )
    member_visits_max: int | None = strawberry.field(
        default=None, description="How many visits each member may take a period; any number where left out."
    )
    needs_approval: bool = strawberry.field(default=False, description="Whether the studio approves each member.")
    guest_visits_max: int = strawberry.field(default=0, description="How many visits a period guests may take.")
    transferable: bool = strawberry.field(default=False, description="Whether the client may give it to another.")

    def value(self) -> Sharing:
        """Return the rules' value."""
        return Sharing(
            allowed=self.allowed,
            members_max=self.members_max,
            member_visits_max=self.member_visits_max,
            needs_approval=self.needs_approval,
            guest_visits_max=self.guest_visits_max,
            transferable=self.transferable,
        )


@strawberry.input(description="How a refund is worked out by default.")
class RefundPolicyInput:
    """See `RefundPolicy`."""

    basis: RefundBasis = strawberry.field(default=RefundBasis.UNUSED_PRO_RATA, description="What is paid back.")
    drop_in_price_minor: int | None = strawberry.field(
        default=None, description="For DROP_IN_PRICE: the price of one visit, in minor units."
    )

    def value(self) -> RefundPolicy:
        """Return the rules' value."""
        return RefundPolicy(self.basis, self.drop_in_price_minor)
