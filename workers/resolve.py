"""Visits that nobody recorded: resolved by their business's policy, in batches that are each one transaction."""

import asyncio
from functools import partial
from uuid import UUID, uuid4

import structlog

from models.errors import StoreUnavailable
from models.operations.base import WORKER
from models.operations.resolve_visits import BATCH_MAX, ResolveVisits, resolve_visits
from models.operations.run import run
from models.queries import tenants
from models.queries.unresolved import businesses_to_resolve, unresolved
from workers.work import ITEM_SECONDS, Work

_log = structlog.get_logger(__name__)


async def resolve(work: Work) -> None:
    """Resolve what is to be resolved, business by business. Workers that meet find the visits done, and leave."""
    async with work.looking() as sweeper:
        ids = await businesses_to_resolve(sweeper, work.runtime.clock.now())
    await work.each(ids, partial(_in_business, work))


async def _in_business(work: Work, business_id: UUID) -> None:
    while not work.stopping.is_set():
        now = work.runtime.clock.now()
        async with work.runtime.database.reading(business_id) as reader:
            business = await tenants.business(reader)
            if business is None or business.resolve_after_hours is None:
                return
            found = await unresolved(reader, now, business.resolve_after_hours, BATCH_MAX)
        due = [each for each in found if not work.setbacks.rests(each, now)]
        if not due:
            return
        await _batch(work, business_id, tuple(due))
        if len(found) < BATCH_MAX:
            return


async def _batch(work: Work, business_id: UUID, ids: tuple[UUID, ...]) -> None:
    """Resolve a batch. Where it fails it is halved, so that one broken visit is found and the others are resolved."""
    try:
        async with asyncio.timeout(ITEM_SECONDS):
            key = f"resolve:{uuid4()}"
            await run(work.runtime, business_id, WORKER, resolve_visits, ResolveVisits(ids), key=key)
    except StoreUnavailable:
        raise
    except TimeoutError as error:
        raise StoreUnavailable from error
    except Exception:  # noqa: BLE001 - whatever it was, the other visits go on
        if len(ids) > 1:
            middle = len(ids) // 2
            await _batch(work, business_id, ids[:middle])
            await _batch(work, business_id, ids[middle:])
            return
        work.setbacks.failed(ids[0], work.runtime.clock.now())
        _log.exception("resolve.failed", business=str(business_id), visit=str(ids[0]))
        return
    for each in ids:
        work.setbacks.succeeded(each)
