"""The business's order of passes, and what paying for one visit after another comes to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from models.rules.eligibility import Decision, decide, lot_order
from models.rules.facts import ClaimFacts, LotFacts, PassFacts, VisitFacts, with_provisional_start
from models.rules.status import RetryPolicy
from models.rules.values import AllocationPreset, LotKind


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be paid, by what, and how the business orders its passes.

    `kept` names the pass and lot of visits that are paid already and may be moved: none of them becomes unpaid.
    """

    passes: tuple[PassFacts, ...]
    visits: tuple[VisitFacts, ...]
    policy: RetryPolicy
    now: datetime
    preset: AllocationPreset = AllocationPreset.DEFAULT
    kept: Mapping[UUID, tuple[UUID, UUID | None]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Solved:
    """How sure the joint solution is: `proven` the best by every aim, `bound` a number of visits none can exceed."""

    proven: bool
    bound: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one visit: the decision that pays, or None, and the answers of the passes passed over.

    `solved` is set where several visits were solved together.
    """

    visit: VisitFacts
    paid_by: Decision | None
    passed_over: tuple[Decision, ...]
    solved: Solved | None = None


def in_order(request: Request) -> tuple[Outcome, ...]:
    """Pay the visits in start order, each by the first pass in the business's order that may pay."""
    passes = {facts.id: facts for facts in request.passes}
    outcomes = []
    for visit in sorted(request.visits, key=lambda visit: (visit.starts_at, visit.id)):
        decisions = [decide(facts, visit, request.policy, request.now) for facts in passes.values()]
        chosen = first_in_order(request, passes, decisions)
        if chosen:
            passes[chosen.pass_id] = after_claim(passes[chosen.pass_id], visit, chosen)
        outcomes.append(Outcome(visit, chosen, tuple(d for d in decisions if d is not chosen)))
    return tuple(outcomes)


def first_in_order(
    request: Request, passes: Mapping[UUID, PassFacts], decisions: Iterable[Decision]
) -> Decision | None:
    """Return the decision that pays and comes first in the business's order, if any pays."""
    able = (decision for decision in decisions if decision.pays)
    return min(able, key=lambda d: pass_order(passes[d.pass_id], d, request.preset), default=None)


def pass_order(facts: PassFacts, decision: Decision, preset: AllocationPreset) -> tuple[object, ...]:
    """The business's order. DEFAULT: promotional lots, then passes that count nothing (or whose day is already
    claimed), then the earliest end, rollover before regular, the narrowest access, priority (higher first), the
    oldest sale. In any order, units of a pass that another client shares come after all of the visitor's own passes.
    """
    lot = decision.lot
    lot_rank = lot_order(lot) if lot else (True, True, 0.0, 0, facts.id)
    ends_at = decision.ends_at
    others_units = decision.shared and decision.quantity > 0
    default = (
        not (lot and lot.kind is LotKind.PROMOTION),
        decision.quantity > 0,
        ends_at is None,
        ends_at.timestamp() if ends_at else 0.0,
        lot_rank[3],
        _breadth(facts),
        -facts.terms.priority,
        facts.sold_at,
        facts.id,
    )
    if preset is AllocationPreset.PRIORITY_FIRST:
        return (others_units, -facts.terms.priority, *default)
    return (others_units, *default)


def _breadth(facts: PassFacts) -> int:
    """How much a pass opens: fewer named services first, then categories, then everything; places count after."""
    access = facts.terms.access
    services = 10_000 if access.service_ids is None else len(access.service_ids)
    categories = 0 if access.categories is None else 5_000 + len(access.categories)
    if access.service_ids is None and access.categories is not None:
        services = 0
    places = 999 if access.location_ids is None else len(access.location_ids)
    return (services + categories) * 1_000 + places


def after_claim(facts: PassFacts, visit: VisitFacts, decision: Decision) -> PassFacts:
    """Return the facts as they are once the decision's claim stands; a pass that waits starts as its visits say."""
    claim = ClaimFacts(
        visit_id=visit.id,
        lot_id=decision.lot.id if decision.lot else None,
        location_id=visit.location_id,
        starts_at=visit.starts_at,
        booked_at=visit.booked_at,
        day=visit.day,
        consumed=False,
        service_id=visit.service_id,
        category=visit.category,
        client_id=visit.client_id,
        guest_name=visit.guest_name,
    )
    lots = tuple(_spend(lot, decision) for lot in facts.lots)
    return with_provisional_start(replace(facts, claims=(*facts.claims, claim), lots=lots))


def _spend(lot: LotFacts, decision: Decision) -> LotFacts:
    if decision.lot is None or lot.id != decision.lot.id:
        return lot
    return replace(lot, available=lot.available - decision.quantity, booked=lot.booked + decision.quantity)
