"""Close a location: every pass it concerns freezes once. The first passes at once, the others by the workers."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from models.errors import refuse, unknown
from models.operations.base import STAFF, Changed, Tx, checked_day, checked_text
from models.operations.spread_closure import hold_back_sales, locked_closure, spread
from models.queries.live import LIVE
from models.rules.calendar import local_day
from models.rules.codes import Code
from models.rules.values import ClosureReach
from models.tables.base import new_id
from models.tables.closures import closures


@dataclass(frozen=True, slots=True)
class PlaceClosure:
    """Close a location from the first to the last day, both closed; `last_day` None leaves the end open."""

    location_id: UUID
    first_day: date
    last_day: date | None
    reason: str
    keep_visits: bool = False
    reach: ClosureReach = ClosureReach.ONLY_HERE


@dataclass(frozen=True, slots=True)
class EndClosure:
    """Open a location early: `last_day` is the new last closed day; None is yesterday."""

    closure_id: UUID
    last_day: date | None = None


@dataclass(frozen=True, slots=True)
class RemoveClosure:
    """Take a closure back as if it had never been, with the days it gave."""

    closure_id: UUID


async def place_closure(tx: Tx, command: PlaceClosure) -> Changed:
    """Close the location. Booked visits there are cancelled and returned, whatever pays for them, unless kept.

    Each pass concerned gets one hold; the figures say how many froze now and how many wait for the workers.

    Errors: NOT_FOUND, TEXT_OUT_OF_RANGE, DATES_REVERSED, DATE_OUT_OF_RANGE.
    """
    tx.require(*STAFF)
    if not await tx.raw.fetchval(f"SELECT true FROM locations WHERE id = $1 AND {LIVE}", command.location_id):
        raise unknown("location", "locationId")
    reason = checked_text(command.reason, 1, 500, "reason")
    checked_day(tx, command.first_day, "firstDay")
    if command.last_day is not None:
        checked_day(tx, command.last_day, "lastDay")
        if command.last_day < command.first_day:
            raise refuse(Code.DATES_REVERSED, "lastDay")
    await hold_back_sales(tx)
    closure_id = new_id()
    await tx.insert(
        closures,
        {
            "id": closure_id,
            "location_id": command.location_id,
            "first_day": command.first_day,
            "last_day": command.last_day,
            "requested_last_day": command.last_day,
            "reason": reason,
            "reach": command.reach,
            "keep_visits": command.keep_visits,
            "operation_id": tx.operation_id,
            "placed_at": tx.now,
        },
    )
    days: dict[str, Any] = {"firstDay": command.first_day, "lastDay": command.last_day}
    await tx.event("closure.placed", closure=closure_id, location=command.location_id, **days)
    return await spread(tx, await locked_closure(tx, closure_id))


async def end_closure(tx: Tx, command: EndClosure) -> Changed:
    """Open the location early. The passes lose the days it is no longer closed; cancelled visits stay cancelled.

    Errors: NOT_FOUND, CLOSURE_OVER, DATES_REVERSED, DATE_OUT_OF_RANGE, NOTHING_TO_DO.
    """
    tx.require(*STAFF)
    await hold_back_sales(tx)
    closure = await _closure(tx, command.closure_id)
    today = await _today(tx, closure)
    if closure["last_day"] is not None and closure["last_day"] < today:
        raise refuse(Code.CLOSURE_OVER, "closureId")
    last_day = command.last_day or today - timedelta(days=1)
    if last_day < closure["first_day"]:
        raise refuse(Code.DATES_REVERSED, "lastDay")
    if closure["last_day"] is not None and last_day >= closure["last_day"]:
        raise refuse(Code.NOTHING_TO_DO, "lastDay", sentence="the closure ends then or earlier already.")
    checked_day(tx, last_day, "lastDay")
    return await _again(tx, closure["id"], "closure.ended", last_day=last_day)


async def remove_closure(tx: Tx, command: RemoveClosure) -> Changed:
    """Take a closure back, one that is over too. A pass whose period is over since keeps its days.

    Errors: NOT_FOUND, CLOSURE_OVER.
    """
    tx.require(*STAFF)
    await hold_back_sales(tx)
    closure = await _closure(tx, command.closure_id)
    return await _again(tx, closure["id"], "closure.removed", removed_at=tx.now)


async def _closure(tx: Tx, closure_id: UUID) -> Any:
    closure = await locked_closure(tx, closure_id)
    if closure is None:
        raise unknown("closure", "closureId")
    if closure["removed_at"] is not None:
        raise refuse(Code.CLOSURE_OVER, "closureId")
    return closure


async def _again(tx: Tx, closure_id: UUID, event: str, **changes: Any) -> Changed:
    """Change the closure, and let it reach its passes anew."""
    anew = {"ended_operation_id": tx.operation_id, "spread_to": None, "spread_at": None}
    await tx.update(closures, closure_id, **changes, **anew)
    await tx.event(event, closure=closure_id, **changes)
    return await spread(tx, await locked_closure(tx, closure_id))


async def _today(tx: Tx, closure: Any) -> date:
    """Return the local date at the closed location."""
    zone = await tx.raw.fetchval("SELECT zone FROM locations WHERE id = $1", closure["location_id"])
    return local_day(tx.now, zone or tx.business.zone)
