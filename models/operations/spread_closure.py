"""Let a closure reach its passes: each gets one hold, in batches by id that are each one transaction.

A closure row keeps how far it has come. Ending or removing it begins anew, with another last day or with none; what
is done to a pass depends only on the closure and on the pass's hold, so a batch done twice changes nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from models.faults import fault_point
from models.operations.base import Changed, Tx, unique
from models.operations.cover_waiting import covered, lock_with_waiting
from models.operations.outcomes import write_outcome
from models.operations.refresh import refresh
from models.operations.write_hold import NewHold, cancel_and_return, lift_hold, moved_a_past_period, write_hold
from models.queries.closures import concerned, concerned_count
from models.queries.facts import load_passes
from models.queries.locks import lock_passes, lock_visits
from models.rules.calendar import local_day
from models.rules.closures import closed_days, reaches
from models.rules.ending import Ending
from models.rules.facts import PassFacts
from models.rules.values import Account, ClosureReach, HoldCause, HoldKind, Role, VisitState
from models.tables.closures import closures
from models.tables.visits import visits

BATCH_MAX = 100
_LOCK = "SELECT pg_advisory_xact_lock{how}(hashtextextended('closures:' || $1, 0))"


@dataclass(frozen=True, slots=True)
class SpreadClosure:
    """Let the closure reach the passes after this one (None: the first)."""

    closure_id: UUID
    after: UUID | None = None


@dataclass(slots=True)
class _Done:
    """What a batch did: passes that froze, that were freed, and visits that were cancelled or became unpaid."""

    passes: list[UUID] = field(default_factory=list)
    holds: list[UUID] = field(default_factory=list)
    visits: list[UUID] = field(default_factory=list)
    frozen: int = 0
    freed: int = 0
    cancelled: int = 0

    def add(self, changed: Changed) -> None:
        self.passes += changed.passes
        self.holds += changed.holds
        self.visits += changed.visits


async def spread_closure(tx: Tx, command: SpreadClosure) -> Changed | None:
    """Do the next batch; None where another one has done it, or nothing is left."""
    tx.require(Role.WORKER)
    closure = await locked_closure(tx, command.closure_id)
    if closure is None or closure["spread_at"] is not None or closure["spread_to"] != command.after:
        return None
    return await spread(tx, closure)


async def locked_closure(tx: Tx, closure_id: UUID) -> Any:
    """Lock a closure before any pass, and return its row, or None where there is none."""
    return await tx.raw.fetchrow("SELECT * FROM closures WHERE id = $1 FOR NO KEY UPDATE", closure_id)


async def hold_back_sales(tx: Tx) -> None:
    """Let nobody sell or revive a pass until this transaction is over, so that none slips past the closure."""
    await tx.raw.execute(_LOCK.format(how=""), str(tx.business.id))


async def spread(tx: Tx, closure: Any) -> Changed:
    """Bring the next batch of passes in line with the closure, whose row is locked."""
    ids = await concerned(tx.raw, closure, closure["spread_to"], BATCH_MAX)
    waiting = await lock_with_waiting(tx, ids)
    passes = await lock_passes(tx.raw, ids)
    standing = {row["pass_id"]: row for row in await _holds_of(tx, closure, ids)}
    inside = await _booked_there(tx, closure, ids)
    only_location = await tx.raw.fetchval("SELECT count(*) FROM locations WHERE archived_at IS NULL") == 1
    done = _Done()
    for pass_id in sorted(passes):
        facts, there = passes[pass_id], inside.get(pass_id, [])
        if pass_id in standing:
            await _follow(tx, closure, facts, standing[pass_id], done)
        elif closure["removed_at"] is None:
            held = await _freeze(tx, closure, facts, there, done, only_location=only_location)
            if not held and there:
                await _cancel(tx, facts, there, done)
    last = len(ids) < BATCH_MAX
    if last or waiting:
        # No visit that waits there may be paid by what comes back.
        await _cancel_unpaid(tx, closure, done)
    progress = {"spread_to": ids[-1] if ids else closure["spread_to"], "spread_at": tx.now if last else None}
    await tx.update(closures, closure["id"], **progress)
    fault_point("closure_before_commit")
    figures = {"frozen": done.frozen, "freed": done.freed, "cancelled": done.cancelled}
    if tx.actor.role is not Role.WORKER:
        # Counting looks at every pass, and whoever asks is told once how many are left to the workers.
        figures["waiting"] = 0 if last else await concerned_count(tx.raw, closure, ids[-1])
    changed = Changed(
        unique(done.passes), unique(done.visits), done.holds, rows={"closure": closure["id"]}, figures=figures
    )
    return await covered(tx, changed, waiting)


async def _follow(tx: Tx, closure: Any, facts: PassFacts, hold: Any, done: _Done) -> None:
    """Let the hold a pass has end with its closure. One whose period is over stays: that end is history."""
    last_day = closure["last_day"]
    over = closure["removed_at"] is not None or (last_day is not None and last_day < hold["first_day"])
    shorter = last_day is not None and (hold["last_day"] is None or last_day < hold["last_day"])
    if hold["removed_at"] is not None or not (over or shorter):
        return
    if moved_a_past_period(tx, facts, hold["first_day"], hold["last_day"]):
        return
    if over:
        changed = await lift_hold(tx, hold["id"], facts, "hold.removed", removed_at=tx.now)
    else:
        changed = await lift_hold(tx, hold["id"], facts, "hold.ended", last_day=last_day)
    done.add(changed)
    done.freed += 1


async def _freeze(
    tx: Tx, closure: Any, facts: PassFacts, inside: list[UUID], done: _Done, *, only_location: bool
) -> bool:
    """Write the hold of the closure on the pass where that is concerned; say whether it was."""
    reach = ClosureReach(closure["reach"])
    if not reaches(facts.terms.access, closure["location_id"], reach, only_location=only_location):
        return False
    days = closed_days(facts, closure["first_day"], closure["last_day"], tx.now)
    if days is None:
        return False
    keep = closure["keep_visits"]
    new = NewHold(HoldKind.CLOSURE, *days, closure["reason"], keep, cause=HoldCause.CLOSURE, closure_id=closure["id"])
    done.add(await write_hold(tx, facts, new, inside))
    done.frozen += 1
    done.cancelled += 0 if keep else len(inside)
    return True


async def _cancel(tx: Tx, facts: PassFacts, inside: list[UUID], done: _Done) -> None:
    """Cancel visits at the closed location that a pass pays for which is valid elsewhere, and so not frozen."""
    await cancel_and_return(tx, facts, inside, by_client=False)
    await refresh(tx, [facts.id])
    done.add(Changed(passes=[facts.id], visits=inside))
    done.cancelled += len(inside)


async def _cancel_unpaid(tx: Tx, closure: Any, done: _Done) -> None:
    if closure["keep_visits"] or closure["removed_at"] is not None:
        return
    found = await tx.raw.fetch(
        """SELECT id FROM visits WHERE pass_id IS NULL AND state = $1 AND location_id = $2 AND day >= $3
           AND ($4::date IS NULL OR day <= $4)""",
        VisitState.BOOKED.value,
        closure["location_id"],
        closure["first_day"],
        closure["last_day"],
    )
    for row in await lock_visits(tx.raw, [each["id"] for each in found]):
        if row["state"] != VisitState.BOOKED or row["pass_id"] is not None:
            continue
        await tx.update(visits, row["id"], note="Cancelled by a closure")
        await write_outcome(tx, row, Ending(VisitState.CANCELLED, Account.AVAILABLE), claimed=False)
        done.visits.append(row["id"])
        done.cancelled += 1


async def _holds_of(tx: Tx, closure: Any, ids: Iterable[UUID]) -> list[Any]:
    return list(
        await tx.raw.fetch("SELECT * FROM holds WHERE closure_id = $1 AND pass_id = ANY($2)", closure["id"], list(ids))
    )


async def _booked_there(tx: Tx, closure: Any, ids: Iterable[UUID]) -> dict[UUID, list[UUID]]:
    """Return the visits booked at the location on its closed days, by the pass that pays for them, in start order."""
    rows = await tx.raw.fetch(
        """SELECT id, pass_id FROM visits WHERE pass_id = ANY($1) AND state = $2 AND location_id = $3 AND day >= $4
           AND ($5::date IS NULL OR day <= $5) ORDER BY starts_at, id""",
        list(ids),
        VisitState.BOOKED.value,
        closure["location_id"],
        closure["first_day"],
        closure["last_day"],
    )
    found: dict[UUID, list[UUID]] = {}
    for row in rows:
        found.setdefault(row["pass_id"], []).append(row["id"])
    return found


async def before_joining(tx: Tx) -> None:
    """Wait for whoever places or changes a closure, before any pass is locked: they lock passes after this.

    Every verb that locks a pass and may then end in `join_closures` begins with it, or two would wait for each other.
    """
    await tx.raw.execute(_LOCK.format(how="_shared"), str(tx.business.id))


async def join_closures(tx: Tx, pass_id: UUID) -> bool:
    """Freeze a pass that is new, or back, for what is left of the closures that concern it; say whether any did.

    The caller has locked it, or made it, and has refreshed it.
    """
    await before_joining(tx)
    rows = await tx.raw.fetch(
        """SELECT c.*, (SELECT count(*) FROM locations WHERE archived_at IS NULL) AS places FROM closures c
           WHERE c.removed_at IS NULL AND (c.last_day IS NULL OR c.last_day >= $2) AND NOT EXISTS (
               SELECT FROM holds h WHERE h.business_id = c.business_id AND h.closure_id = c.id AND h.pass_id = $1)
           ORDER BY c.id""",
        pass_id,
        tx.today - timedelta(days=1),
    )
    joined = _Done()
    for closure in rows:
        facts = (await load_passes(tx.raw, [pass_id]))[pass_id]
        today = local_day(tx.now, facts.zone)
        if closure["last_day"] is not None and closure["last_day"] < today:
            continue
        inside = (await _booked_there(tx, closure, [pass_id])).get(pass_id, [])
        await _freeze(tx, closure, facts, inside, joined, only_location=closure["places"] == 1)
    return joined.frozen > 0
