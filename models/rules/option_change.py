"""What another version of an option's terms changes: of the terms, and of one sold pass."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from models.rules.codes import Code, Reason, because
from models.rules.eligibility import decide
from models.rules.facts import PassFacts, VisitFacts
from models.rules.status import RetryPolicy
from models.rules.terms import Terms, terms_to_json
from models.rules.values import ValidityRule


@dataclass(frozen=True, slots=True)
class Difference:
    """One term that differs. `path` is its place in the stored form, values are in that form."""

    path: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class PassChange:
    """What the change does to one pass. `refused` are booked visits the new terms would not pay for; they stay paid."""

    last_day_before: date | None
    last_day_after: date | None
    renewal_price_before: int | None
    renewal_price_after: int | None
    refused: tuple[tuple[VisitFacts, Reason], ...]


def differences(before: Terms, after: Terms) -> list[Difference]:
    """Return every term that differs, in the order of the stored form."""
    return list(_differing("", terms_to_json(before), terms_to_json(after)))


def _differing(path: str, before: Any, after: Any) -> Iterator[Difference]:
    if isinstance(before, dict) and isinstance(after, dict):
        for name in dict.fromkeys([*before, *after]):
            inner = f"{path}.{name}" if path else name
            yield from _differing(inner, before.get(name), after.get(name))
    elif before != after:
        yield Difference(path, before, after)


def cannot_move(before: Terms, after: Terms) -> Reason | None:
    """Return why a sold pass cannot go from one version to the other, or None where it can.

    What was granted is counted in the unit it was granted in; a pass that waits for its start keeps its way to start.
    """
    if before.kind is not after.kind:
        return because(Code.MIGRATION_IMPOSSIBLE, what=f"{before.kind} → {after.kind}")
    ends = ValidityRule.NEVER
    if (before.validity.rule is ends) != (after.validity.rule is ends):
        return because(Code.MIGRATION_IMPOSSIBLE, what=f"{before.validity.rule} → {after.validity.rule}")
    if before.activation is not after.activation:
        return because(Code.MIGRATION_IMPOSSIBLE, what=f"{before.activation} → {after.activation}")
    return None


def pass_change(
    before: PassFacts, after: PassFacts, booked: Iterable[VisitFacts], policy: RetryPolicy, now: datetime
) -> PassChange:
    """Return what changes for a pass; `booked` are the visits ahead that it pays for."""
    renews = before.auto_renew or after.auto_renew
    refused = []
    for visit in booked:
        reasons = [
            reason
            for reason in decide(_without(after, visit), visit, policy, now).reasons
            if reason.code is not Code.NO_SESSIONS_LEFT
        ]
        if reasons:
            refused.append((visit, reasons[0]))
    return PassChange(
        before.windows[-1].last_day,
        after.windows[-1].last_day,
        before.terms.price_minor if renews else None,
        after.terms.price_minor if renews else None,
        tuple(refused),
    )


def _without(facts: PassFacts, visit: VisitFacts) -> PassFacts:
    """The pass as it would stand had this visit not been paid for."""
    lots = {claim.visit_id: claim.lot_id for claim in facts.claims}
    back = lots.get(visit.id)
    return replace(
        facts,
        claims=tuple(claim for claim in facts.claims if claim.visit_id != visit.id),
        lots=tuple(replace(lot, available=lot.available + 1) if lot.id == back else lot for lot in facts.lots),
    )
