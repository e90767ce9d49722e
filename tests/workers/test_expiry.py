"""Expiring in a batch and expiring one by one are two programs, and must leave the same books."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from models.clock import FixedClock
from models.operations.base import WORKER
from models.operations.change_pass import AdjustPass, adjust_pass
from models.operations.do_due import DoDue, do_due
from models.operations.end_visit import (
    AttendanceOutcome,
    CancelVisit,
    RecordAttendance,
    cancel_visit,
    record_attendance,
)
from models.queries.invariants import check_business
from models.rules.values import CoveredBy
from tests.chaos.house import EXPIRING, House, sell_long_ago
from tests.studio import Studio
from workers.sweep import sweep
from workers.work import Work

TERMS = replace(EXPIRING, covered_by=CoveredBy.BOOKING)
LIVES = 6
STATEMENTS = (
    """SELECT closed_reason, closed_at, next_due_at, next_due_kind, claimed_until, ends_at, last_day, paused,
              renewals_done, overdue_since FROM passes WHERE id = ANY($1) ORDER BY id""",
    """SELECT kind, period_number, issued, available, booked, used, forfeited, expired, transferred, converted,
              adjusted, expires_at, starts_at FROM lots WHERE pass_id = ANY($1) ORDER BY pass_id, kind, expires_at""",
    """SELECT from_account, to_account, quantity, effective_at, recorded_at FROM transfers WHERE pass_id = ANY($1)
       ORDER BY pass_id, from_account, to_account, quantity, effective_at""",
    "SELECT at, data FROM events WHERE pass_id = ANY($1) AND type = 'pass.expired' ORDER BY pass_id",
)


async def kept(studio: Studio, passes: list[UUID]) -> list[list[tuple[Any, ...]]]:
    """Return what the store keeps of these passes, in the order of their ids, without the ids."""
    return [[tuple(row.values()) for row in await studio.fetch(each, passes)] for each in STATEMENTS]


async def lead(before: Studio, after: Studio, passes: list[UUID], minute: int) -> None:
    """Give each pass another life: untouched, attended, booked, given more, made up for, and emptied.

    `before` acts while the passes are valid, `after` when they have ended and no worker has come by.
    """
    _, attended, booked, given, made_up, emptied = passes
    hour = before.runtime.clock.now() + timedelta(days=1, minutes=minute)
    visits = [
        (await before.book([hour + timedelta(hours=number)], pass_id=pass_id)).visits[0]
        for number, pass_id in enumerate((attended, booked))
    ]
    await after.do(record_attendance, RecordAttendance(visits[0], AttendanceOutcome.ATTENDED))
    ahead = after.runtime.clock.now() + timedelta(days=3, minutes=minute)
    late = (await before.book([ahead], pass_id=made_up)).visits[0]
    await after.do(cancel_visit, CancelVisit(late))
    await before.do(adjust_pass, AdjustPass(given, 3, "a present"))
    await before.do(adjust_pass, AdjustPass(emptied, -8, "a mistake"))


async def test_expiring_set_wise_leaves_the_same_books_as_expiring_one_by_one(house: House, lone_work: Work) -> None:
    due = await sell_long_ago(house, 2 * LIVES, terms=TERMS)
    ids = sorted(due.passes)
    after, before = due.studio, replace(due.studio, runtime=due.past)
    after.runtime.clock = lone_work.runtime.clock = FixedClock(lone_work.runtime.clock.now())
    one_by_one, together = ids[:LIVES], ids[LIVES:]
    for minute, group in enumerate((one_by_one, together)):
        await lead(before, after, group, minute)
    for pass_id in one_by_one:
        await after.do(do_due, DoDue(pass_id), actor=WORKER)
    await sweep(lone_work)

    first, second = await kept(after, one_by_one), await kept(after, together)
    for one, other in zip(first, second, strict=True):
        assert one == other
    assert [row[0] for row in first[0]] == ["EXPIRED"] * LIVES
    assert {row[3] for row in first[0]} == {None, "LOT_EXPIRE"}, "a make-up lot outlives its pass"
    told = await after.fetch("SELECT count(*) AS n FROM operations WHERE verb = 'expirePasses'")
    assert told[0]["n"] == 1, "passes of one business expire in one transaction"
    async with after.runtime.database.reading(after.business_id) as reader:
        assert await check_business(reader) == []
