"""Bulk expiry: what the sweep does with 100,000 due passes among a million, against bare statements."""

from datetime import datetime, timedelta

import asyncpg
import pytest
from structlog.testing import capture_logs

from models.clock import FixedClock
from models.queries.due import lease_due
from models.runtime import Runtime, open_runtime
from tests.bench.report import Report
from tests.bench.rounds import run_fast, timed
from tests.bench.store import DUE_PASSES, DUE_TURNS, FIRST_DUE_AT, Store
from workers.queue import Queue
from workers.sweep import BATCH_MAX, sweep
from workers.work import Work

SCANS = 200
PER_TURN = DUE_PASSES // DUE_TURNS
MINUTE = timedelta(minutes=1)

# The writes of an expiry and nothing else: no lease, no row security, no second look under a lock.
BARE = """
WITH done_by AS MATERIALIZED (SELECT business_id, min(id::text)::uuid AS id FROM operations GROUP BY business_id),
due AS (
    SELECT business_id, id, ends_at FROM passes
    WHERE next_due_at <= $1 AND next_due_at IS NOT NULL AND NOT on_test_clock
),
over AS (
    SELECT l.business_id, l.id, l.pass_id, l.available, l.expires_at FROM lots l
    JOIN due ON due.business_id = l.business_id AND due.id = l.pass_id
    WHERE l.available > 0 AND l.expires_at <= $1
),
emptied AS (
    UPDATE lots l SET available = 0, expired = l.expired + over.available FROM over
    WHERE l.business_id = over.business_id AND l.id = over.id
),
written AS (
    INSERT INTO transfers (business_id, id, lot_id, pass_id, operation_id, from_account, to_account, quantity,
                           effective_at, recorded_at)
    SELECT business_id, gen_random_uuid(), over.id, pass_id, done_by.id, 'AVAILABLE', 'EXPIRED', available, expires_at,
           now() FROM over JOIN done_by USING (business_id)
),
told AS (
    INSERT INTO events (business_id, id, operation_id, type, pass_id, at, data)
    SELECT business_id, gen_random_uuid(), done_by.id, 'pass.expired', due.id, $1, '{"units": 7}'
    FROM due JOIN done_by USING (business_id)
)
UPDATE passes p SET closed_reason = 'EXPIRED', closed_at = p.ends_at, next_due_at = NULL, next_due_kind = NULL
FROM due WHERE p.business_id = due.business_id AND p.id = due.id
"""


@pytest.mark.bench
def test_bulk_expiry_and_the_scan_for_what_is_due(store: Store, report: Report) -> None:
    async def measure() -> None:
        clock = FixedClock(FIRST_DUE_AT)
        runtime = open_runtime(store.settings, clock=clock)
        bare = await asyncpg.connect(store.server.url)
        try:
            await _scans(runtime, report, "due-scan, none of 1 M due", FIRST_DUE_AT - MINUTE)
            await _expiry(runtime, clock, bare, report)
            await _scans(runtime, report, "due-scan, none left due", clock.instant)
        finally:
            await bare.close()
            await runtime.close()

    with capture_logs():  # the sweep tells of every batch
        run_fast(measure())


async def _expiry(runtime: Runtime, clock: FixedClock, bare: asyncpg.Connection, report: Report) -> None:
    floor, ours = [], []
    work = Work(runtime, Queue(None))
    for _ in range(DUE_TURNS // 2):
        floor.append(PER_TURN / await timed(bare.execute(BARE, clock.instant)))
        clock.instant += MINUTE
        ours.append(PER_TURN / await timed(sweep(work)))
        clock.instant += MINUTE
    title = f"expire {DUE_PASSES // 2:,} of 1 M passes"
    report.add(title, "one bare statement (floor)", floor)
    report.add(title, f"the sweep, {BATCH_MAX:,} at a time", ours, floor)
    closed = await bare.fetchval("SELECT count(*) FROM passes WHERE closed_reason = 'EXPIRED'")
    assert closed == DUE_PASSES, "a variant did not do its work"


async def _scans(runtime: Runtime, report: Report, title: str, now: datetime) -> None:
    floor, ours = [], []
    async with Work(runtime, Queue(None)).looking() as sweeper:
        for _ in range(SCANS):
            floor.append(1 / await timed(sweeper.fetch("SELECT 1")))
            ours.append(1 / await timed(lease_due(sweeper, now, MINUTE, BATCH_MAX)))
    report.add(title, "SELECT 1 (floor)", floor)
    report.add(title, "lease_due", ours, floor)
