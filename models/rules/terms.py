"""The terms of a purchase option version: what was sold, frozen, and its JSON form in the store."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from models.rules.values import (
    UNIT_OF_KIND,
    Activation,
    AfterExpiration,
    CoveredBy,
    LotUnit,
    OutcomeEffect,
    PassKind,
    PeriodUnit,
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
    """What a pass opens. None means all of them."""

    service_ids: frozenset[UUID] | None = None
    categories: frozenset[ServiceCategory] | None = None
    location_ids: frozenset[UUID] | None = None


@dataclass(frozen=True, slots=True)
class Outcomes:
    """The outcome table. A cancellation later than `late_cancel_minutes` before the start is late."""

    early_cancel: OutcomeEffect = OutcomeEffect.RETURN
    late_cancel: OutcomeEffect = OutcomeEffect.FORFEIT
    no_show: OutcomeEffect = OutcomeEffect.FORFEIT
    late_cancel_minutes: int = 720


@dataclass(frozen=True, slots=True)
class Renewal:
    """How a pass renews. `renewals_max` None means without end."""

    trigger: RenewalTrigger = RenewalTrigger.ON_EXPIRY
    unused: UnusedAtRenewal = UnusedAtRenewal.FORFEIT
    renewals_max: int | None = None
    booked_counts_as_depleted: bool = False
    old_visits_may_trigger: bool = False


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

    @property
    def unit(self) -> LotUnit | None:
        """The unit its lots are counted in, or None where it has none."""
        return UNIT_OF_KIND.get(self.kind)


def terms_to_json(terms: Terms) -> dict[str, Any]:
    """Return the JSON form kept on the version row."""
    access, validity, conversion = terms.access, terms.validity, terms.conversion
    return {
        "kind": terms.kind,
        "priceMinor": terms.price_minor,
        "quantity": terms.quantity,
        "validity": {
            "rule": validity.rule,
            "count": validity.count,
            "unit": validity.unit,
            "lastDay": validity.last_day.isoformat() if validity.last_day else None,
        },
        "activation": terms.activation,
        "startWithinDays": terms.start_within_days,
        "access": {
            "serviceIds": _sorted_text(access.service_ids),
            "categories": _sorted_text(access.categories),
            "locationIds": _sorted_text(access.location_ids),
        },
        "outcomes": {
            "earlyCancel": terms.outcomes.early_cancel,
            "lateCancel": terms.outcomes.late_cancel,
            "noShow": terms.outcomes.no_show,
            "lateCancelMinutes": terms.outcomes.late_cancel_minutes,
        },
        "coveredBy": terms.covered_by,
        "backWindowDays": terms.back_window_days,
        "holdsAllowed": terms.holds_allowed,
        "priority": terms.priority,
        "afterExpiration": terms.after_expiration,
        "renewal": {
            "trigger": terms.renewal.trigger,
            "unused": terms.renewal.unused,
            "renewalsMax": terms.renewal.renewals_max,
            "bookedCountsAsDepleted": terms.renewal.booked_counts_as_depleted,
            "oldVisitsMayTrigger": terms.renewal.old_visits_may_trigger,
        },
        "conversion": conversion and {"targetOptionId": str(conversion.target_option_id), "unused": conversion.unused},
    }


def terms_from_json(stored: dict[str, Any]) -> Terms:
    """Rebuild the terms from `terms_to_json`'s form."""
    validity, access, outcomes = stored["validity"], stored["access"], stored["outcomes"]
    renewal, conversion = stored["renewal"], stored["conversion"]
    return Terms(
        kind=PassKind(stored["kind"]),
        price_minor=stored["priceMinor"],
        quantity=stored["quantity"],
        validity=Validity(
            rule=ValidityRule(validity["rule"]),
            count=validity["count"],
            unit=PeriodUnit(validity["unit"]) if validity["unit"] else None,
            last_day=date.fromisoformat(validity["lastDay"]) if validity["lastDay"] else None,
        ),
        activation=Activation(stored["activation"]),
        start_within_days=stored["startWithinDays"],
        access=Access(
            service_ids=_ids(access["serviceIds"]),
            categories=None
            if access["categories"] is None
            else frozenset(ServiceCategory(name) for name in access["categories"]),
            location_ids=_ids(access["locationIds"]),
        ),
        outcomes=Outcomes(
            early_cancel=OutcomeEffect(outcomes["earlyCancel"]),
            late_cancel=OutcomeEffect(outcomes["lateCancel"]),
            no_show=OutcomeEffect(outcomes["noShow"]),
            late_cancel_minutes=outcomes["lateCancelMinutes"],
        ),
        covered_by=CoveredBy(stored["coveredBy"]),
        back_window_days=stored["backWindowDays"],
        holds_allowed=stored["holdsAllowed"],
        priority=stored["priority"],
        after_expiration=AfterExpiration(stored["afterExpiration"]),
        renewal=Renewal(
            trigger=RenewalTrigger(renewal["trigger"]),
            unused=UnusedAtRenewal(renewal["unused"]),
            renewals_max=renewal["renewalsMax"],
            booked_counts_as_depleted=renewal["bookedCountsAsDepleted"],
            old_visits_may_trigger=renewal["oldVisitsMayTrigger"],
        ),
        conversion=conversion
        and Conversion(UUID(conversion["targetOptionId"]), UnusedAtConversion(conversion["unused"])),
    )


def _ids(texts: list[str] | None) -> frozenset[UUID] | None:
    return None if texts is None else frozenset(UUID(text) for text in texts)


def _sorted_text(values: frozenset[Any] | None) -> list[str] | None:
    return None if values is None else sorted(str(value) for value in values)
