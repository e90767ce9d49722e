"""The sweep: Postgres is the schedule, and this loop is what reads it. Redis only spreads the work."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from hashlib import sha256
from uuid import UUID

import structlog

from models.errors import StoreUnavailable
from models.faults import fault_point
from models.operations.base import WORKER
from models.operations.expire_passes import ExpirePasses, expire_passes
from models.operations.run import run
from models.queries.due import DuePass, lease_due, next_due_after
from models.rules.values import DueKind
from workers.due import do_one
from workers.work import ITEM_SECONDS, Work

BATCH_MAX = 1_000
_log = structlog.get_logger(__name__)


async def sweep(work: Work) -> None:
    """Lease what is due and get it done, until nothing is left or the process is to stop."""
    while not work.stopping.is_set():
        leased = await _lease(work)
        if not leased:
            return
        fault_point("after_lease")
        now = work.runtime.clock.now()
        due = [each for each in leased if not work.setbacks.rests(each.pass_id, now)]
        await _expire(work, [each for each in due if each.kind is DueKind.EXPIRE])
        await _hand_on(work, [each for each in due if each.kind is not DueKind.EXPIRE])
        _log.info("sweep.leased", leased=len(leased), resting=len(leased) - len(due))
        if len(leased) < BATCH_MAX:
            return


async def until_next(work: Work) -> None:
    """Wait until the next sweep, or until something falls due before it, or somebody rings."""
    seconds = work.runtime.settings.sweep_seconds
    now = work.runtime.clock.now()
    async with work.looking() as sweeper:
        next_at = await next_due_after(sweeper, now)
    if next_at is not None:
        seconds = min(seconds, (next_at - work.runtime.clock.now()).total_seconds())
    await work.pause(seconds, until_rung=True)


async def _lease(work: Work) -> list[DuePass]:
    lease = timedelta(seconds=work.runtime.settings.lease_seconds)
    async with work.looking() as sweeper:
        return await lease_due(sweeper, work.runtime.clock.now(), lease, BATCH_MAX)


async def _expire(work: Work, due: Sequence[DuePass]) -> None:
    """Expire each business's passes together: it moves no money, so it needs neither a job nor a turn of its own."""
    by_business: dict[UUID, list[DuePass]] = defaultdict(list)
    for each in due:
        by_business[each.business_id].append(each)
    await work.each(by_business.values(), partial(_expire_batch, work))


async def _expire_batch(work: Work, batch: Sequence[DuePass]) -> None:
    """Expire a batch. Where it fails it is halved, so that one broken pass is found and the others expire."""
    leases = sha256(b"".join(sorted(each.lease.bytes for each in batch))).hexdigest()
    passes = ExpirePasses(tuple(sorted(each.pass_id for each in batch)))
    try:
        async with asyncio.timeout(ITEM_SECONDS):
            await run(work.runtime, batch[0].business_id, WORKER, expire_passes, passes, key=f"expire:{leases}")
    except StoreUnavailable:
        raise
    except TimeoutError as error:
        # A statement that takes too long ends sooner, as the store's own error; this is a server that hangs.
        raise StoreUnavailable from error
    except Exception:  # noqa: BLE001 - whatever it was, the other passes go on
        if len(batch) > 1:
            middle = len(batch) // 2
            await _expire_batch(work, batch[:middle])
            await _expire_batch(work, batch[middle:])
            return
        work.setbacks.failed(batch[0].pass_id, work.runtime.clock.now())
        _log.exception("expire.failed", business=str(batch[0].business_id), pass_id=str(batch[0].pass_id))
        return
    for each in batch:
        work.setbacks.succeeded(each.pass_id)


async def _hand_on(work: Work, due: Sequence[DuePass]) -> None:
    """Offer each thing to whichever worker is free; what the queue does not take is done here and now."""
    if not due:
        return
    room = await work.queue.room()
    offered, left = due[:room], list(due[room:])
    left += [each for each in offered if not await work.queue.offer(each)]
    await work.each(left, lambda each: do_one(work, each.business_id, each.pass_id, each.key))
