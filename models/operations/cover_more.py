"""Let visits to come change the pass that pays for them, where that pays for more of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import asyncpg

from models.operations.base import Tx, plain
from models.operations.claims import settle_claim, standing_claims, write_claim
from models.operations.refresh import refresh
from models.operations.start_pass import start_pass
from models.queries.facts import load_passes, visit_facts
from models.queries.locks import MAY_STILL_PAY, lock_visits
from models.rules.allocation import Outcome, Request, allocate
from models.rules.eligibility import decide
from models.rules.explain import why_moved
from models.rules.facts import PassFacts, VisitFacts
from models.rules.sharing import person_of
from models.rules.values import Account, VisitState

VISITS_MAX = 60
"""How many visits to come are solved together at most, the earliest first: so many are solved exactly."""

# Only what the client left to us: booked to be paid by whichever pass may, and what such a pass pays for unpinned.
# What this very operation took off its pass stays unpaid, for it is listed so.
_MOVABLE = """
SELECT v.id FROM visits v
LEFT JOIN claims c ON c.business_id = v.business_id AND c.visit_id = v.id AND c.released_at IS NULL
WHERE v.client_id = $1 AND v.state = 'BOOKED' AND v.starts_at > $2
  AND CASE WHEN c.id IS NULL THEN v.id = ANY($3) OR (v.auto_pay AND ($6::uuid IS NULL OR v.id > $6) AND NOT EXISTS (
          SELECT FROM claims r
          WHERE r.business_id = v.business_id AND r.visit_id = v.id AND r.released_operation_id = $5
      ))
      ELSE NOT c.pinned AND c.account = 'BOOKED' AND c.pass_id = ANY($4) END
ORDER BY c.id IS NOT NULL, v.starts_at, v.id
"""
_PASSES_THAT_MAY = f"SELECT p.id FROM passes p WHERE {MAY_STILL_PAY} AND p.id = ANY($2) ORDER BY p.id"


@dataclass(frozen=True, slots=True)
class Move:
    """A visit that another pass (or lot) pays for now, or that is paid for at last; `old_pass` None was unpaid."""

    visit_id: UUID
    old_pass: UUID | None
    new_pass: UUID
    made_room_for: tuple[UUID, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the form kept on the operation and in the event."""
        return {
            "visitId": str(self.visit_id),
            "fromPassId": str(self.old_pass) if self.old_pass else None,
            "toPassId": str(self.new_pass),
            "madeRoomFor": plain(self.made_room_for),
        }


async def cover_more(
    tx: Tx, client_id: UUID, locked: Iterable[UUID], unpaid: Sequence[UUID] = (), *, since: UUID | None = None
) -> list[Move]:
    """Pay for more visits to come of the client by moving claims that nobody pinned; do nothing where none is gained.

    `unpaid` are visits asked for just now, besides those that were booked to be paid by whichever pass may. What this
    operation itself left unpaid stays so, and with `since` what was booked before that event. No visit becomes unpaid,
    and nothing consumed, pinned or past moves. `locked` are the passes that the caller locked before any visit; no
    other is asked, so that none is locked behind a visit.
    """
    passes = await load_passes(
        tx.raw, [row["id"] for row in await tx.raw.fetch(_PASSES_THAT_MAY, client_id, list(locked))]
    )
    if not passes:
        return []
    asked = (client_id, tx.now, list(unpaid), list(passes), tx.operation_id, since)
    ids = [row["id"] for row in await tx.raw.fetch(_MOVABLE, *asked)]
    rows = {row["id"]: row for row in await lock_visits(tx.raw, ids[:VISITS_MAX])}
    claims = {
        visit_id: claim
        for visit_id, claim in (await standing_claims(tx, rows)).items()
        if not claim["pinned"] and claim["account"] == Account.BOOKED and claim["pass_id"] in passes
    }
    to_come = {
        row["id"]: visit_facts(row)
        for row in rows.values()
        if VisitState(row["state"]) is VisitState.BOOKED and (row["id"] in claims or row["pass_id"] is None)
    }
    if len(claims) == len(to_come):
        return []
    kept = {
        visit_id: (claim["pass_id"], claim["lot_id"])
        for visit_id, claim in claims.items()
        if visit_id in to_come and _may_stay(tx, passes[claim["pass_id"]], to_come[visit_id], claim)
    }
    free = dict(passes)
    for visit_id in kept:
        free[claims[visit_id]["pass_id"]] = _without(free[claims[visit_id]["pass_id"]], claims[visit_id])
    visits = tuple(visit for visit in to_come.values() if visit.id in kept or visit.id not in claims)
    outcomes = allocate(
        Request(tuple(free.values()), visits, tx.business.policy, tx.now, tx.business.preset, kept=kept)
    )
    paid = {outcome.visit.id for outcome in outcomes if outcome.paid_by is not None}
    if len(paid) <= len(kept) or not kept.keys() <= paid:
        return []
    return await _carry_out(tx, free, outcomes, kept, claims)


def _may_stay(tx: Tx, facts: PassFacts, visit: VisitFacts, claim: asyncpg.Record) -> bool:
    """Say whether the claim could be made again as it stands; one that could not is kept as it is."""
    alone = _without(facts, claim)
    emptied = tuple(lot if lot.id == claim["lot_id"] else replace(lot, available=0) for lot in alone.lots)
    decision = decide(replace(alone, lots=emptied), visit, tx.business.policy, tx.now)
    return decision.pays and (decision.lot.id if decision.lot else None) == claim["lot_id"]


def _without(facts: PassFacts, claim: asyncpg.Record) -> PassFacts:
    """Return the facts as they are once the claim is released. A day's unit returns with its last visit."""
    mine = next(each for each in facts.claims if each.visit_id == claim["visit_id"])
    others = tuple(each for each in facts.claims if each is not mine)
    quantity = claim["quantity"]
    if claim["claimed_day_id"] is not None:
        person = person_of(facts, mine)
        quantity = not any(
            each.day == mine.day and each.location_id == mine.location_id and person_of(facts, each) == person
            for each in others
        )
    lots = tuple(
        replace(lot, available=lot.available + quantity, booked=lot.booked - quantity)
        if lot.id == claim["lot_id"]
        else lot
        for lot in facts.lots
    )
    return replace(facts, claims=others, lots=lots)


async def _carry_out(
    tx: Tx,
    passes: Mapping[UUID, PassFacts],
    outcomes: Sequence[Outcome],
    kept: Mapping[UUID, tuple[UUID, UUID | None]],
    claims: Mapping[UUID, asyncpg.Record],
) -> list[Move]:
    """Release the claims that move, then write them anew, with the visits that are paid at last."""
    changed = []
    for outcome in outcomes:
        chosen = outcome.paid_by
        if chosen is not None and kept.get(outcome.visit.id) != (chosen.pass_id, chosen.lot.id if chosen.lot else None):
            changed.append((outcome, chosen))
    gained = tuple(outcome.visit.id for outcome, _ in changed if outcome.visit.id not in kept)
    touched: dict[UUID, list[VisitFacts]] = {}
    for outcome, chosen in changed:
        touched.setdefault(chosen.pass_id, []).append(outcome.visit)
        old = claims.get(outcome.visit.id)
        if old is not None:
            touched.setdefault(old["pass_id"], [])
            await settle_claim(tx, passes[old["pass_id"]], old, Account.AVAILABLE, may_make_up=False)
    for pass_id, visits in touched.items():
        if visits:
            await start_pass(tx, passes[pass_id], visits)
    moves = []
    for outcome, chosen in changed:
        visit_id = outcome.visit.id
        old = claims.get(visit_id)
        await write_claim(tx, passes[chosen.pass_id], outcome, VisitState.BOOKED, chosen_by=tx.business.preset.value)
        move = Move(visit_id, old["pass_id"] if old else None, chosen.pass_id, gained if old else ())
        if old is not None:
            told = why_moved(len(gained))
            await tx.event("claim.moved", pass_id=chosen.pass_id, visit_id=visit_id, reason=told, **move.to_json())
        moves.append(move)
    await refresh(tx, touched)
    return moves
