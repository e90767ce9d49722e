"""The terms of a purchase option version: what was sold, frozen. Its JSON form in the store is `codec.to_json`'s."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from models.rules.codec import from_json, to_json
from models.rules.policies import HoldPolicy, Offer, OpenHours, RefundPolicy, Restriction, Sharing
from models.rules.values import (
    UNIT_OF_KIND,
    Activation,
    AfterExpiration,
    CoveredBy,
    LotUnit,
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


@dataclass(frozen=True, slots=True)
class Validity:
    """How long: for PERIOD a count of units, for FIXED_DAY the last day inclusive."""

    rule: ValidityRule = ValidityRule.NEVER
    count: int | None = None
    unit: PeriodUnit | None = None
    last_day: date | None = None


@dataclass(frozen=True, slots=True)
class Access:
    """What a pass opens, and when. None means all of them, or at any time."""

    service_ids: frozenset[UUID] | None = None
    categories: frozenset[ServiceCategory] | None = None
    location_ids: frozenset[UUID] | None = None
    hours: tuple[OpenHours, ...] | None = None


@dataclass(frozen=True, slots=True)
class Outcomes:
    """The outcome table. A cancellation later than `late_cancel_minutes` before the start is late.

    One made at most `booking_grace_minutes` after the booking never is. Of the late cancellations and no-shows of a
    period the first `free_per_period` cost neither unit nor fee. Fees are in minor units.
    """

    early_cancel: OutcomeEffect = OutcomeEffect.RETURN
    late_cancel: OutcomeEffect = OutcomeEffect.FORFEIT
    no_show: OutcomeEffect = OutcomeEffect.FORFEIT
    late_cancel_minutes: int = 720
    late_cancel_fee_minor: int = 0
    no_show_fee_minor: int = 0
    booking_grace_minutes: int = 0
    free_per_period: int = 0


@dataclass(frozen=True, slots=True)
class Renewal:
    """How a pass renews. `renewals_max` None means without end.

    A rollover lot holds at most `rollover_max` units and lives `rollover_days` days; None is no cap, and as long as
    its period. A reminder goes out `reminder_days` before a charge, and with it any new price.
    """

    trigger: RenewalTrigger = RenewalTrigger.ON_EXPIRY
    unused: UnusedAtRenewal = UnusedAtRenewal.FORFEIT
    renewals_max: int | None = None
    booked_counts_as_depleted: bool = False
    old_visits_may_trigger: bool = False
    rollover_max: int | None = None
    rollover_days: int | None = None
    price: RenewalPrice = RenewalPrice.SOLD_VERSION
    reminder_days: int = 3


@dataclass(frozen=True, slots=True)
class Conversion:
    """What a pass becomes when it converts by itself."""

    target_option_id: UUID
    unused: UnusedAtConversion = UnusedAtConversion.FORFEIT


@dataclass(frozen=True, slots=True)
class Terms:
    """Everything a sold pass keeps from the version it was sold under. Money is in minor units."""

    kind: PassKind
    price_minor: int
    quantity: int | None = None
    validity: Validity = field(default_factory=Validity)
    activation: Activation = Activation.ON_SALE
    start_within_days: int | None = None
    access: Access = field(default_factory=Access)
    outcomes: Outcomes = field(default_factory=Outcomes)
    covered_by: CoveredBy = CoveredBy.START
    back_window_days: int = 0
    holds_allowed: bool = True
    priority: int = 0
    after_expiration: AfterExpiration = AfterExpiration.EXPIRE
    renewal: Renewal = field(default_factory=Renewal)
    conversion: Conversion | None = None
    restrictions: tuple[Restriction, ...] = ()
    offer: Offer = field(default_factory=Offer)
    hold_policy: HoldPolicy = field(default_factory=HoldPolicy)
    sharing: Sharing = field(default_factory=Sharing)
    refund: RefundPolicy = field(default_factory=RefundPolicy)
    warn_days: int = 7
    """How many days before units lapse they are announced."""
    revive_days: int = 0
    """For how many days after units lapsed they can be claimed back."""
    make_up_days: int = 14
    """How many days a make-up lot lasts after the day it is made."""

    @property
    def unit(self) -> LotUnit | None:
        """The unit its lots are counted in, or None where it has none."""
        return UNIT_OF_KIND.get(self.kind)


def terms_to_json(terms: Terms) -> dict[str, Any]:
    """Return the JSON form kept on the version row."""
    stored: dict[str, Any] = to_json(terms)
    return stored


def terms_from_json(stored: dict[str, Any]) -> Terms:
    """Rebuild the terms from `terms_to_json`'s form. A version sold before a term existed has that term's default."""
    terms: Terms = from_json(Terms, stored)
    return terms


def terms_with(terms: Terms, override: Mapping[str, Any]) -> Terms:
    """Return the terms with those in `override`, in their JSON form, in the place of their own."""
    return terms_from_json({**terms_to_json(terms), **override})
