"""Closures that have not reached every pass yet: the next batches, each one transaction, until all follow."""

from functools import partial
from uuid import UUID

import structlog

from models.errors import StoreUnavailable
from models.operations.base import WORKER
from models.operations.run import run
from models.operations.spread_closure import SpreadClosure, spread_closure
from models.queries.closures import unspread
from models.runtime import Runtime
from workers.work import Work

_PAGE = 100
_log = structlog.get_logger(__name__)


async def spread_closures(work: Work) -> None:
    """Let every closure reach its passes. One whose batch fails rests a while; a killed batch is begun again."""
    now = work.runtime.clock.now()
    async with work.looking() as sweeper:
        found = await unspread(sweeper, _PAGE)
    await work.each((each for each in found if not work.setbacks.rests(each[1], now)), partial(_spread, work))


async def spread_next(runtime: Runtime, business_id: UUID, closure_id: UUID) -> bool:
    """Do the closure's next batch in a transaction of its own; False where nothing is left of it."""
    async with runtime.database.reading(business_id) as reader:
        row = await reader.fetchrow(
            "SELECT spread_to, spread_at, coalesce(ended_operation_id, operation_id) AS cause FROM closures "
            "WHERE id = $1",
            closure_id,
        )
    if row is None or row["spread_at"] is not None:
        return False
    command = SpreadClosure(closure_id, row["spread_to"])
    key = f"closure:{closure_id}:{row['cause']}:{row['spread_to']}"
    await run(runtime, business_id, WORKER, spread_closure, command, key=key)
    return True


async def _spread(work: Work, closure: tuple[UUID, UUID]) -> None:
    business_id, closure_id = closure
    try:
        while not work.stopping.is_set() and await spread_next(work.runtime, business_id, closure_id):
            pass
    except StoreUnavailable:
        raise
    except Exception:  # noqa: BLE001 - whatever it was, the other closures go on
        work.setbacks.failed(closure_id, work.runtime.clock.now())
        _log.exception("closure.failed", business=str(business_id), closure=str(closure_id))
        return
    work.setbacks.succeeded(closure_id)
