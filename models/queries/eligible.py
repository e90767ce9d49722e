"""Which passes of a client may pay for a visit, and why the others may not."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

import asyncpg

from models.queries.facts import load_passes
from models.queries.projections import coming_periods
from models.queries.shares import OWN_OR_SHARED
from models.queries.tenants import Business
from models.rules.allocation import pass_order
from models.rules.codes import Code, Reason
from models.rules.eligibility import Decision, decide
from models.rules.facts import VisitFacts
from models.rules.projected import WAITS_FOR_RENEWAL, because_of_renewal


@dataclass(frozen=True, slots=True)
class Eligibility:
    """One pass's answer. `chosen_first` marks the one that AUTO would take, `shared` another client's."""

    decision: Decision
    chosen_first: bool
    shared: bool
    pays_on: date | None = None
    """The day on which it renews and pays, where it will."""

    @property
    def pass_id(self) -> UUID:
        """The pass that was asked."""
        return self.decision.pass_id


async def eligible_passes(
    reader: asyncpg.Connection, business: Business, visit: VisitFacts, now: datetime
) -> list[Eligibility]:
    """Return the answer of every pass that the visit's client may use: those that may pay, in order, then the rest.

    The same rules as booking, at the same instant. Six statements however many passes there are, and one more where
    one of them may pay once it has renewed.
    """
    rows = await reader.fetch(f"SELECT p.id FROM passes p WHERE {OWN_OR_SHARED}", visit.client_id)
    ids = [row["id"] for row in rows]
    passes = await load_passes(reader, ids)
    decisions = [decide(facts, visit, business.policy, now) for facts in passes.values()]
    able = sorted(
        (decision for decision in decisions if decision.pays),
        key=lambda decision: pass_order(passes[decision.pass_id], decision, business.preset),
    )
    unable = sorted((d for d in decisions if not d.pays), key=lambda d: d.pass_id, reverse=True)
    first = able[0] if able else None
    waits = [d for d in unable if any(reason.code in WAITS_FOR_RENEWAL for reason in d.reasons)]
    at_end = [passes[decision.pass_id] for decision in waits] if business.project_renewals else []
    coming = await coming_periods(reader, at_end, business.policy, now, but=visit.id)
    found = []
    for decision in (*able, *unable):
        facts, renewed = passes[decision.pass_id], coming.get(decision.pass_id)
        more: tuple[Reason, ...] = ()
        if business.project_renewals:
            more = because_of_renewal(facts, renewed, decision, visit, business.policy, now)
        will_pay = renewed is not None and any(reason.code is Code.PAYS_ON_RENEWAL for reason in more)
        told = replace(decision, reasons=(*decision.reasons, *more))
        pays_on = renewed.pays_on if renewed is not None and will_pay else None
        found.append(Eligibility(told, decision is first, facts.client_id != visit.client_id, pays_on))
    return found
