"""Move a business's test clock forward, doing on the way all that falls due, each thing at its own instant."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from models.errors import Refused, refuse
from models.operations.base import CLOCK_LAST, FAR_FUTURE, STAFF, WORKER, Actor, Changed, Tx
from models.operations.do_due import DoDue, do_due
from models.operations.open_tx import open_tx
from models.operations.resolve_visits import BATCH_MAX, ResolveVisits, resolve_visits
from models.operations.run import Answer, Loader, check_key, run
from models.operations.settle_payment import settle_payment
from models.operations.settle_refund import settle_refund
from models.operations.step_through import step_through
from models.queries.due import DuePass, due_on_test_clock
from models.queries.unresolved import next_to_resolve, unresolved
from models.rules.codes import Code
from models.runtime import Runtime
from models.tables.tenants import businesses

_STEPS_MAX = 100_000


@dataclass(frozen=True, slots=True)
class AdvanceTestClock:
    """Move the clock to this instant."""

    to: datetime


async def advance_test_clock(tx: Tx, command: AdvanceTestClock) -> Changed:
    """Set the clock; the last step of `advance`. Errors: FORBIDDEN, NOT_A_TEST_CLOCK, CLOCK_BACKWARDS."""
    _check(tx, command)
    if not await _move(tx, command.to):
        now = await tx.raw.fetchval("SELECT test_clock_at FROM businesses")
        raise refuse(Code.CLOCK_BACKWARDS, "to", now=now.isoformat())
    await tx.event("testClock.advanced", to=command.to)
    return Changed(figures={"to": command.to.isoformat()})


async def advance(
    runtime: Runtime,
    business_id: UUID,
    actor: Actor,
    command: AdvanceTestClock,
    *,
    key: str,
    dry_run: bool = False,
    load: Loader | None = None,
) -> Answer | None:
    """Step from due instant to due instant up to `command.to`, then record the move once under `key`.

    A process that dies on the way leaves the clock at the instant it reached; the same call goes on from there.
    """
    check_key(key)
    async with runtime.database.transaction(business_id) as connection:
        tx = await open_tx(runtime, connection, actor)
        used = await tx.raw.fetchval("SELECT count(*) FROM operations WHERE idempotency_key = $1", key)
        if not used:
            _check(tx, command)
    if not used and not dry_run:
        await _play(runtime, business_id, command.to)
    return await run(runtime, business_id, actor, advance_test_clock, command, key=key, dry_run=dry_run, load=load)


def _check(tx: Tx, command: AdvanceTestClock) -> None:
    tx.require(*STAFF)
    if tx.business.test_clock_at is None:
        raise refuse(Code.NOT_A_TEST_CLOCK)
    if command.to < tx.now:
        raise refuse(Code.CLOCK_BACKWARDS, "to", now=tx.now.isoformat())
    high = min(tx.now + FAR_FUTURE, CLOCK_LAST)
    if command.to > high:
        raise refuse(Code.DATE_OUT_OF_RANGE, "to", field="to", low=tx.now, high=high)


async def _move(tx: Tx, to: datetime) -> bool:
    """Set the clock, unless another request has meanwhile set it later; say whether it was set."""
    on_or_before = (businesses.c.id == tx.business.id, businesses.c.test_clock_at <= to)
    moved = await tx.connection.execute(businesses.update().where(*on_or_before).values(test_clock_at=to))
    return moved.rowcount == 1


async def _play(runtime: Runtime, business_id: UUID, until: datetime) -> None:
    async def look() -> list[DuePass]:
        await _settle_open_payments(runtime, business_id)
        await _resolve_visits(runtime, business_id, until)
        return await _step(runtime, business_id, until)

    async def do(due: DuePass) -> None:
        try:
            await run(runtime, business_id, WORKER, do_due, DoDue(due.pass_id), key=due.key)
        except Refused as refused:
            # A declined charge is an outcome: it is on the ladder now. Anything else would be a bug.
            if refused.code not in (Code.PAYMENT_DECLINED, Code.OPERATION_IN_PROGRESS):
                raise

    await step_through(look, do, _STEPS_MAX)


async def _step(runtime: Runtime, business_id: UUID, until: datetime) -> list[DuePass]:
    """Move the clock to the earliest due instant up to `until`; return what is due there."""
    async with runtime.database.transaction(business_id) as connection:
        tx = await open_tx(runtime, connection, WORKER)
        rows = await due_on_test_clock(tx.raw, until)
        if rows and rows[0][1] > tx.now:
            await _move(tx, rows[0][1])
        return [DuePass(business_id, pass_id, at, kind) for pass_id, at, kind in rows]


async def _resolve_visits(runtime: Runtime, business_id: UUID, until: datetime) -> None:
    """Resolve, each at its instant, the visits that come before what is due of passes next."""
    while True:
        async with runtime.database.transaction(business_id) as connection:
            tx = await open_tx(runtime, connection, WORKER)
            hours = tx.business.resolve_after_hours
            at = None if hours is None else await next_to_resolve(tx.raw, hours)
            rows = await due_on_test_clock(tx.raw, until)
            if hours is None or at is None or at > until or (rows and rows[0][1] < at):
                return
            await _move(tx, max(at, tx.now))
            ids = await unresolved(tx.raw, max(at, tx.now), hours, BATCH_MAX)
        key = f"resolve:{uuid4()}"
        if await run(runtime, business_id, WORKER, resolve_visits, ResolveVisits(tuple(ids)), key=key) is None:
            return


async def _settle_open_payments(runtime: Runtime, business_id: UUID) -> None:
    async with runtime.database.transaction(business_id) as connection:
        tx = await open_tx(runtime, connection, WORKER)
        rows = await tx.raw.fetch("SELECT id FROM payments WHERE state IN ('INTENDED', 'UNKNOWN') ORDER BY intended_at")
        back = await tx.raw.fetch("SELECT id FROM refunds WHERE state IN ('INTENDED', 'UNKNOWN') ORDER BY intended_at")
    for row in rows:
        await settle_payment(runtime, business_id, row["id"])
    for row in back:
        await settle_refund(runtime, business_id, row["id"])
