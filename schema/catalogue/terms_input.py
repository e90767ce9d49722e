"""The terms of a purchase option as they are given. What is left out takes the default."""

from datetime import date

import strawberry

from models.rules.terms import Access, Conversion, Outcomes, Renewal, Terms, Validity
from models.rules.values import (
    Activation,
    AfterExpiration,
    CoveredBy,
    OutcomeEffect,
    PassKind,
    PeriodUnit,
    RenewalPrice,
    RenewalTrigger,
    ServiceCategory,
    UnusedAtConversion,
    UnusedAtRenewal,
    ValidityRule,
)
from schema.catalogue.policies_input import (
    HoldPolicyInput,
    OfferTermsInput,
    OpenHoursInput,
    RefundPolicyInput,
    RestrictionInput,
    SharingTermsInput,
)
from schema.given import check_length, row_id, row_ids


@strawberry.input(description="How long a pass is valid once it has started.")
class ValidityInput:
    """See `Validity`."""

    rule: ValidityRule = strawberry.field(default=ValidityRule.NEVER, description="What ends it.")
    count: int | None = strawberry.field(default=None, description="For PERIOD: how many units.")
    unit: PeriodUnit | None = strawberry.field(default=None, description="For PERIOD: which unit.")
    last_day: date | None = strawberry.field(default=None, description="For FIXED_DAY: the last day, inclusive.")

    def value(self) -> Validity:
        """Return the rules' value."""
        return Validity(self.rule, self.count, self.unit, self.last_day)


@strawberry.input(
    description="What a pass opens: a service that is listed or of a listed category, at a listed location. "
    "What is left out restricts nothing."
)
class AccessInput:
    """See `Access`."""

    service_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="These services only.")
    categories: list[ServiceCategory] | None = strawberry.field(
        default=None, description="Services of these categories only."
    )
    location_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="These locations only.")
    hours: list[OpenHoursInput] | None = strawberry.field(
        default=None, description="A visit may start at these times only; at any where left out."
    )

    def value(self) -> Access:
        """Return the rules' value. Errors: INVALID_ID, TOO_MANY."""
        path = ("terms", "access")
        services, locations, hours = self.service_ids, self.location_ids, self.hours
        check_length(hours or (), 200, *path, "hours")
        return Access(
            None if services is None else frozenset(row_ids("Service", services, *path, "serviceIds")),
            None if self.categories is None else frozenset(self.categories),
            None if locations is None else frozenset(row_ids("Location", locations, *path, "locationIds")),
            None if hours is None else tuple(each.value(*path, "hours", str(n)) for n, each in enumerate(hours)),
        )


@strawberry.input(description="What each ending of a visit does to the unit that paid.")
class OutcomesInput:
    """See `Outcomes`."""

    early_cancel: OutcomeEffect = strawberry.field(
        default=OutcomeEffect.RETURN, description="What a cancellation in time does."
    )
    late_cancel: OutcomeEffect = strawberry.field(
        default=OutcomeEffect.FORFEIT, description="What a late cancellation does."
    )
    no_show: OutcomeEffect = strawberry.field(default=OutcomeEffect.FORFEIT, description="What staying away does.")
    late_cancel_minutes: int = strawberry.field(
        default=720, description="A cancellation fewer minutes than this before the start is late."
    )
    late_cancel_fee_minor: int = strawberry.field(
        default=0, description="What a late cancellation costs, in minor units."
    )
    no_show_fee_minor: int = strawberry.field(default=0, description="What staying away costs, in minor units.")
    booking_grace_minutes: int = strawberry.field(
        default=0, description="A cancellation this many minutes after the booking at most is never late."
    )
    free_per_period: int = strawberry.field(
        default=0, description="How many late cancellations and no-shows of a period cost neither unit nor fee."
    )

    def value(self) -> Outcomes:
        """Return the rules' value."""
        return Outcomes(
            early_cancel=self.early_cancel,
            late_cancel=self.late_cancel,
            no_show=self.no_show,
            late_cancel_minutes=self.late_cancel_minutes,
            late_cancel_fee_minor=self.late_cancel_fee_minor,
            no_show_fee_minor=self.no_show_fee_minor,
            booking_grace_minutes=self.booking_grace_minutes,
            free_per_period=self.free_per_period,
        )


@strawberry.input(description="How a pass renews; it counts where afterExpiration is RENEW.")
class RenewalTermsInput:
    """See `Renewal`."""

    trigger: RenewalTrigger = strawberry.field(
        default=RenewalTrigger.ON_EXPIRY, description="What makes a renewal due."
    )
    unused: UnusedAtRenewal = strawberry.field(
        default=UnusedAtRenewal.FORFEIT, description="What happens to units nobody used."
    )
    renewals_max: int | None = strawberry.field(
        default=None, description="How many times it renews at most; without end where left out."
    )
    booked_counts_as_depleted: bool = strawberry.field(
        default=False, description="Whether booked units count as used up already."
    )
    old_visits_may_trigger: bool = strawberry.field(
        default=False, description="Whether paying old unpaid visits may make a renewal due."
    )
    rollover_max: int | None = strawberry.field(
        default=None, description="For ROLLOVER: how many units roll over at most; all of them where left out."
    )
    rollover_days: int | None = strawberry.field(
        default=None,
        description="For ROLLOVER: how many days what rolled over lasts; as long as its period where left out.",
    )
    price: RenewalPrice = strawberry.field(
        default=RenewalPrice.SOLD_VERSION, description="Which price a renewal charges."
    )
    reminder_days: int = strawberry.field(
        default=3,
        description="How many days before a charge it is announced, within what the jurisdiction asks for and allows. "
        "A renewal that a law wants announced waits for its announcement.",
    )

    def value(self) -> Renewal:
        """Return the rules' value."""
        return Renewal(
            trigger=self.trigger,
            unused=self.unused,
            renewals_max=self.renewals_max,
            booked_counts_as_depleted=self.booked_counts_as_depleted,
            old_visits_may_trigger=self.old_visits_may_trigger,
            rollover_max=self.rollover_max,
            rollover_days=self.rollover_days,
            price=self.price,
            reminder_days=self.reminder_days,
        )


@strawberry.input(description="What a pass becomes at its end; it goes with afterExpiration CONVERT.")
class ConversionTermsInput:
    """See `Conversion`."""

    target_option_id: strawberry.ID = strawberry.field(description="The purchase option it becomes a pass of.")
    unused: UnusedAtConversion = strawberry.field(
        default=UnusedAtConversion.FORFEIT, description="What happens to units nobody used."
    )

    def value(self) -> Conversion:
        """Return the rules' value. Errors: INVALID_ID."""
        target = row_id("PurchaseOption", self.target_option_id, "terms", "conversion", "targetOptionId")
        return Conversion(target, self.unused)


@strawberry.input(description="Everything that a sold pass keeps from the version it was sold under.")
class TermsInput:
    """See `Terms`."""

    kind: PassKind = strawberry.field(description="What the pass meters.")
    price_minor: int = strawberry.field(description="The price of one period in the currency's minor unit; may be 0.")
    quantity: int | None = strawberry.field(
        default=None, description="How many visits, days or minutes one period grants; for kinds that count."
    )
    validity: ValidityInput | None = strawberry.field(
        default=None, description="How long it is valid; without end where left out."
    )
    activation: Activation = strawberry.field(default=Activation.ON_SALE, description="What decides its first day.")
    start_within_days: int | None = strawberry.field(
        default=None, description="For ON_FIRST_VISIT: it starts this many days after the sale at the latest."
    )
    access: AccessInput | None = strawberry.field(default=None, description="What it opens; everything where left out.")
    outcomes: OutcomesInput | None = strawberry.field(
        default=None, description="What the endings of a visit do; the usual table where left out."
    )
    covered_by: CoveredBy = strawberry.field(
        default=CoveredBy.START, description="Which instant must lie inside the validity."
    )
    back_window_days: int = strawberry.field(
        default=0, description="How many days before its start it may still pay for a visit."
    )
    holds_allowed: bool = strawberry.field(default=True, description="Whether it may be frozen.")
    priority: int = strawberry.field(default=0, description="Higher pays earlier where the other rules tie.")
    after_expiration: AfterExpiration = strawberry.field(
        default=AfterExpiration.EXPIRE, description="What follows its end."
    )
    renewal: RenewalTermsInput | None = strawberry.field(
        default=None, description="How it renews; the defaults where left out."
    )
    conversion: ConversionTermsInput | None = strawberry.field(
        default=None, description="What it becomes; required with CONVERT and nowhere else."
    )
    restrictions: list[RestrictionInput] | None = strawberry.field(
        default=None, description="How often it may be used; as often as the client likes where left out."
    )
    offer: OfferTermsInput | None = strawberry.field(
        default=None, description="Who may buy it, and how; anyone, any way, where left out."
    )
    hold_policy: HoldPolicyInput | None = strawberry.field(
        default=None, description="What freezes it allows, where holdsAllowed; any where left out."
    )
    sharing: SharingTermsInput | None = strawberry.field(
        default=None, description="Who else may use it; nobody where left out."
    )
    refund: RefundPolicyInput | None = strawberry.field(
        default=None, description="How a refund is worked out by default; the unused share where left out."
    )
    warn_days: int = strawberry.field(default=7, description="How many days before units lapse they are announced.")
    revive_days: int = strawberry.field(
        default=0, description="For how many days after units lapsed they can be claimed back."
    )
    make_up_days: int = strawberry.field(
        default=14, description="How many days a make-up lot lasts after the day it is made; 14 at least."
    )

    def value(self) -> Terms:
        """Return the rules' value. Errors: INVALID_ID, TOO_MANY."""
        path = ("terms", "restrictions")
        restrictions = self.restrictions or ()
        check_length(restrictions, 200, *path)
        return Terms(
            kind=self.kind,
            price_minor=self.price_minor,
            quantity=self.quantity,
            validity=(self.validity or ValidityInput()).value(),
            activation=self.activation,
            start_within_days=self.start_within_days,
            access=(self.access or AccessInput()).value(),
            outcomes=(self.outcomes or OutcomesInput()).value(),
            covered_by=self.covered_by,
            back_window_days=self.back_window_days,
            holds_allowed=self.holds_allowed,
            priority=self.priority,
            after_expiration=self.after_expiration,
            renewal=(self.renewal or RenewalTermsInput()).value(),
            conversion=None if self.conversion is None else self.conversion.value(),
            restrictions=tuple(each.value(*path, str(index)) for index, each in enumerate(restrictions)),
            offer=(self.offer or OfferTermsInput()).value(),
            hold_policy=(self.hold_policy or HoldPolicyInput()).value(),
            sharing=(self.sharing or SharingTermsInput()).value(),
            refund=(self.refund or RefundPolicyInput()).value(),
            warn_days=self.warn_days,
            revive_days=self.revive_days,
            make_up_days=self.make_up_days,
        )
