"""Short ways to say what happens in a studio, and to read what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from models.operations.base import WORKER, Changed
from models.operations.book_visits import PayBy
from models.operations.do_due import DoDue, do_due
from models.operations.end_visit import (
    AttendanceOutcome,
    CancelledBy,
    CancelVisit,
    RecordAttendance,
    cancel_visit,
    record_attendance,
)
from models.operations.holds import PlaceHold, place_hold
from models.operations.pay_visits import PayVisits, pay_visits
from models.operations.renew_pass import RenewPass, renew_pass
from models.operations.run import run
from models.rules.status import RetryPolicy, status_at
from models.rules.values import HoldKind, PassStatus, PaymentMethod, TestCard, VisitState
from models.tables.tenants import businesses
from tests.studio import Studio

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PARIS = "Europe/Paris"


def at(day: str, hour: int = 10, minute: int = 0, zone: str = PARIS) -> datetime:
    """Return the instant at which the wall clock in the zone shows this day and time."""
    local = datetime.combine(date.fromisoformat(day), datetime.min.time(), ZoneInfo(zone))
    return local.replace(hour=hour, minute=minute).astimezone(UTC)


@dataclass(frozen=True)
class Seen:
    """What the store says of a visit."""

    state: VisitState
    pass_id: UUID | None
    note: str | None = None


async def cancel(studio: Studio, visit_id: UUID, by: CancelledBy = CancelledBy.CLIENT) -> Changed:
    """Cancel a visit."""
    return await studio.do(cancel_visit, CancelVisit(visit_id, by))


async def record(studio: Studio, visit_id: UUID, outcome: str = "ATTENDED") -> Changed:
    """Record what became of a visit."""
    return await studio.do(record_attendance, RecordAttendance(visit_id, AttendanceOutcome(outcome)))


async def pay(studio: Studio, visits: Sequence[UUID], pass_id: UUID | None = None) -> Changed:
    """Pay for visits, by the named pass or by whichever may."""
    by = PayBy.PASS if pass_id else PayBy.AUTO
    return await studio.do(pay_visits, PayVisits(tuple(visits), by, pass_id))


async def hold(
    studio: Studio, pass_id: UUID, first: str, last: str | None, kind: HoldKind = HoldKind.FREEZE, *, keep: bool = False
) -> Changed:
    """Place a hold."""
    last_day = date.fromisoformat(last) if last else None
    return await studio.do(place_hold, PlaceHold(pass_id, date.fromisoformat(first), last_day, kind, keep_visits=keep))


async def renew(studio: Studio, pass_id: UUID, card: TestCard = TestCard.APPROVE) -> Changed:
    """Renew a pass by hand."""
    return await studio.do(renew_pass, RenewPass(pass_id, PaymentMethod.TEST_CARD, card))


async def seen(studio: Studio, visit_id: UUID) -> Seen:
    """Read a visit."""
    row = (await studio.fetch("SELECT state, pass_id, note FROM visits WHERE id = $1", visit_id))[0]
    return Seen(VisitState(row["state"]), row["pass_id"], row["note"])


async def now(studio: Studio) -> datetime:
    """Read the studio's test clock."""
    instant: datetime = (await studio.fetch("SELECT test_clock_at FROM businesses"))[0]["test_clock_at"]
    return instant


async def status(studio: Studio, pass_id: UUID) -> PassStatus:
    """Return the status of a pass as of the studio's now."""
    return status_at(await studio.facts(pass_id), RetryPolicy(), await now(studio))


async def jump(studio: Studio, to: datetime) -> None:
    """Move the clock while every worker is away: nothing that falls due on the way is done."""
    async with studio.runtime.database.transaction(studio.business_id) as connection:
        await connection.execute(businesses.update().values(test_clock_at=to))


async def work(studio: Studio, pass_id: UUID) -> Changed | None:
    """Let a worker look at one pass once; None where nothing was due."""
    answer = await run(studio.runtime, studio.business_id, WORKER, do_due, DoDue(pass_id), key=str(uuid4()))
    return answer.changed if answer else None


async def days(studio: Studio, pass_id: UUID) -> list[tuple[str | None, str | None]]:
    """Return the first and last local day of each period, as the rules lay them out."""
    facts = await studio.facts(pass_id)
    return [
        (
            window.first_day.isoformat() if window.first_day else None,
            window.last_day.isoformat() if window.last_day else None,
        )
        for window in facts.windows
    ]


async def lots(studio: Studio, pass_id: UUID) -> list[tuple[str, int, int]]:
    """Return (kind, period, available) of each lot, in the order in which they were granted."""
    rows = await studio.fetch(
        "SELECT kind, period_number, available FROM lots WHERE pass_id = $1 ORDER BY created_at, id", pass_id
    )
    return [(row["kind"], row["period_number"], row["available"]) for row in rows]


async def charges(studio: Studio) -> list[tuple[str, int, bool]]:
    """Return (purpose, amount, captured) of every charge the gateway was asked for, in order."""
    rows = await studio.fetch(
        """SELECT o.purpose, g.amount_minor, g.captured FROM gateway_charges g
           JOIN payments p ON p.gateway_key = g.gateway_key JOIN orders o ON o.id = p.order_id
           ORDER BY p.intended_at, p.id"""
    )
    return [(row["purpose"], row["amount_minor"], row["captured"]) for row in rows]


async def books(studio: Studio, pass_id: UUID) -> tuple[int, int, int, int, int]:
    """Return what is available, booked, used, forfeited and expired on a pass."""
    found = await studio.balances(pass_id)
    return (found["available"], found["booked"], found["used"], found["forfeited"], found["expired"])


def unpaid(changed: Changed) -> dict[str, list[str]]:
    """Return the codes with which the passes refused, for each visit left unpaid."""
    return {
        each["visitId"]: [reason["code"] for refusal in each["refusals"] for reason in refusal["reasons"]]
        for each in changed.figures["unpaid"]
    }
