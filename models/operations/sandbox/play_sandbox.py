"""Play in a sandbox: sell its products to its client, let the client come so often a week, and move its clock."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import asyncpg

from models.errors import Refused, refuse, unknown
from models.operations.advance_test_clock import AdvanceTestClock, advance
from models.operations.base import STAFF, Actor, Changed, Tx, checked_count
from models.operations.book_visits import BookVisits, NewVisit, book_visits
from models.operations.end_visit import AttendanceOutcome, RecordAttendance, record_attendance
from models.operations.open_tx import open_tx
from models.operations.run import Answer, Loader, check_key, run
from models.operations.sandbox.open_sandbox import SANDBOX_OWNER, fill
from models.operations.sell_pass import SellPass, sell_pass
from models.rules.codes import Code
from models.rules.values import PaymentMethod, TestCard
from models.runtime import Runtime

PLAYED_MAX = timedelta(days=731)
_WEEK, _HOUR = timedelta(days=7), timedelta(hours=1)
_TOLD = """
SELECT e.at, e.type, e.pass_id, e.data FROM events e
WHERE e.type = ANY($1) ORDER BY e.at, e.id LIMIT 2000
"""
TELLING = (
    *("pass.sold", "pass.renewed", "pass.expired", "pass.converted", "pass.released", "payment.declined"),
    *("lot.expired", "lot.rolledOver", "lot.lapsesSoon", "hold.placed", "hold.ended", "pass.usedUp"),
)
"""The events of a year that are told."""


@dataclass(frozen=True, slots=True)
class PlaySandbox:
    """Play up to an instant. Every product is sold where none was; `card` says how its charges end."""

    sandbox_id: UUID
    until: datetime
    visits_a_week: int = 2
    card: TestCard = TestCard.APPROVE
    service_id: UUID | None = None


async def play_sandbox(tx: Tx, command: PlaySandbox) -> Changed:
    """Write down that it was played; the last step of `play`. Errors: FORBIDDEN, NOT_FOUND, QUANTITY_OUT_OF_RANGE."""
    tx.require(*STAFF)
    checked_count(command.visits_a_week, 0, 14, "visitsAWeek")
    live = "SELECT true FROM sandboxes WHERE id = $1 AND discarded_at IS NULL FOR KEY SHARE"
    if not await tx.raw.fetchval(live, command.sandbox_id):
        raise unknown("sandbox", "sandboxId")
    if command.service_id is not None:
        plan = await tx.raw.fetchval("SELECT plan FROM sandboxes WHERE id = $1", command.sandbox_id)
        if str(command.service_id) not in {each["id"] for each in plan["services"]}:
            raise unknown("service", "serviceId")
    return Changed(rows={"sandbox": command.sandbox_id}, figures={"until": command.until.isoformat()})


async def play(
    runtime: Runtime,
    business_id: UUID,
    actor: Actor,
    command: PlaySandbox,
    *,
    key: str,
    dry_run: bool = False,
    load: Loader | None = None,
) -> Answer | None:
    """Play week by week, then record it once under `key`. A process that dies on the way goes on under the same key.

    Errors: those of `play_sandbox`; DATE_OUT_OF_RANGE for an instant behind the sandbox's clock or years ahead of it.
    """
    check_key(key)
    async with runtime.database.transaction(business_id) as connection:
        tx = await open_tx(runtime, connection, actor)
        used = await tx.raw.fetchval("SELECT count(*) FROM operations WHERE idempotency_key = $1", key)
        await play_sandbox(tx, command)
        row = await tx.row("SELECT * FROM sandboxes WHERE id = $1", command.sandbox_id)
    if not used and not dry_run:
        copies = await fill(runtime, business_id, command.sandbox_id)
        await _weeks(runtime, row["sandbox_business_id"], row["plan"], copies, command)
    return await run(runtime, business_id, actor, play_sandbox, command, key=key, dry_run=dry_run, load=load)


async def _weeks(
    runtime: Runtime, inside: UUID, plan: dict[str, Any], copies: dict[str, UUID], command: PlaySandbox
) -> None:
    if not plan["locations"] or not plan["services"]:
        raise refuse(Code.NOTHING_TO_DO, "sandboxId", sentence="the business has no service or no location.")
    now = await _now(runtime, inside)
    if not now < command.until <= now + PLAYED_MAX:
        raise refuse(Code.DATE_OUT_OF_RANGE, "until", field="until", low=now, high=now + PLAYED_MAX)
    for option in plan["options"]:
        bought = SellPass(copies["client"], copies[option["id"]], PaymentMethod.TEST_CARD, command.card)
        await _try(runtime, inside, sell_pass, bought, f"sell:{option['id']}")
    service = copies[str(command.service_id)] if command.service_id else copies[plan["services"][0]["id"]]
    location = copies[plan["locations"][0]["id"]]
    for week in count():
        begins = now + week * _WEEK
        if begins >= command.until:
            break
        await _week(runtime, inside, copies["client"], (service, location), begins, command)
    await _advance(runtime, inside, command.until)


async def _week(
    runtime: Runtime,
    inside: UUID,
    client: UUID,
    place: tuple[UUID, UUID],
    begins: datetime,
    command: PlaySandbox,
) -> None:
    """Book the week's visits, and come to each of them as the clock passes it."""
    gap = _WEEK / max(1, command.visits_a_week)
    starts = [begins + n * gap + _HOUR for n in range(command.visits_a_week)]
    wanted = tuple(NewVisit(*place, at, at + _HOUR) for at in starts if at + _HOUR < command.until)
    if not wanted:
        return
    booked = await _try(runtime, inside, book_visits, BookVisits(client, wanted), f"book:{begins.isoformat()}")
    for visit_id, visit in zip(booked.visits if booked else [], wanted, strict=False):
        await _advance(runtime, inside, visit.ends_at)
        came = RecordAttendance(visit_id, AttendanceOutcome.ATTENDED)
        await _try(runtime, inside, record_attendance, came, f"attend:{visit_id}")


async def _try(runtime: Runtime, inside: UUID, verb: Any, command: Any, key: str) -> Changed | None:
    """Carry out a verb in the sandbox; what it refuses is part of the game."""
    try:
        answer = await run(runtime, inside, SANDBOX_OWNER, verb, command, key=f"play:{key}")
    except Refused:
        return None
    return answer.changed if answer else None


async def _advance(runtime: Runtime, inside: UUID, to: datetime) -> None:
    if to > await _now(runtime, inside):
        command = AdvanceTestClock(to)
        await advance(runtime, inside, SANDBOX_OWNER, command, key=f"play:advance:{to.isoformat()}")


async def _now(runtime: Runtime, inside: UUID) -> datetime:
    async with runtime.database.transaction(inside) as connection:
        return (await open_tx(runtime, connection, SANDBOX_OWNER)).now


async def told(reader: asyncpg.Connection) -> tuple[list[asyncpg.Record], asyncpg.Record]:
    """Return, inside a sandbox, what happened in order of time, and its sums. Two statements."""
    events = await reader.fetch(_TOLD, list(TELLING))
    sums = await reader.fetchrow(
        """SELECT (SELECT coalesce(sum(amount_minor), 0)::bigint FROM payments WHERE state = 'CAPTURED') AS charged,
                  (SELECT count(*) FROM visits WHERE state <> 'CANCELLED') AS visits,
                  (SELECT count(*) FROM visits WHERE pass_id IS NOT NULL) AS paid,
                  (SELECT coalesce(sum(expired), 0)::bigint FROM lots) AS lapsed"""
    )
    assert sums is not None
    return events, sums
