"""Which passes of a client may pay for a visit, and why the others may not."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from models.queries.facts import load_passes
from models.queries.shares import OWN_OR_SHARED
from models.queries.tenants import Business
from models.rules.allocation import pass_order
from models.rules.eligibility import Decision, decide
from models.rules.facts import VisitFacts


@dataclass(frozen=True, slots=True)
class Eligibility:
    """One pass's answer. `chosen_first` marks the one that AUTO would take, `shared` another client's."""

    decision: Decision
    chosen_first: bool
    shared: bool

    @property
    def pass_id(self) -> UUID:
        """The pass that was asked."""
        return self.decision.pass_id


async def eligible_passes(
    reader: asyncpg.Connection, business: Business, visit: VisitFacts, now: datetime
) -> list[Eligibility]:
    """Return the answer of every pass that the visit's client may use: those that may pay, in order, then the rest.

    The same rules as booking, at the same instant. Six statements however many passes there are.
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
    return [
        Eligibility(decision, decision is first, passes[decision.pass_id].client_id != visit.client_id)
        for decision in (*able, *unable)
    ]
