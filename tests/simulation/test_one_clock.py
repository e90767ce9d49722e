"""One clock: whether the expiry job runs early, late, twice or never changes no decision and nothing a reader sees."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from models.operations.base import WORKER
from models.operations.book_visits import BookVisits, NewVisit, PayBy, book_visits
from models.operations.change_pass import ExtendPass, extend_pass
from models.operations.do_due import DoDue, do_due
from models.operations.end_visit import CancelledBy, CancelVisit, cancel_visit
from models.operations.expire_passes import ExpirePasses, expire_passes
from models.operations.holds import PlaceHold, place_hold
from models.operations.renew_pass import RenewPass, renew_pass
from models.operations.run import run
from models.queries.invariants import check_business
from models.rules.status import RetryPolicy, status_at
from models.rules.terms import Renewal, Terms, Validity
from models.rules.values import (
    Activation,
    AfterExpiration,
    PassKind,
    PaymentMethod,
    PeriodUnit,
    UnusedAtRenewal,
    ValidityRule,
)
from models.runtime import Runtime
from models.tables.tenants import businesses
from tests.conftest import NOON
from tests.studio import Studio, open_studio

TICK = timedelta(microseconds=1)
WEEK = Validity(ValidityRule.PERIOD, 1, PeriodUnit.WEEK)
FIRST_VISIT = Activation.ON_FIRST_VISIT
SOLD = {
    "visits": Terms(PassKind.SESSION, 0, 5, WEEK),
    "days": Terms(PassKind.DAY, 0, 3, WEEK),
    "minutes": Terms(PassKind.TIME, 0, 300, WEEK),
    "any": Terms(PassKind.UNLIMITED, 0, validity=WEEK),
    "first visit": Terms(PassKind.SESSION, 0, 2, WEEK, activation=FIRST_VISIT),
    "frozen": Terms(PassKind.SESSION, 0, 4, WEEK),
}

Job = Callable[[Studio, list[UUID], str], Awaitable[None]]


async def one_by_one(studio: Studio, passes: list[UUID]) -> None:
    """Do all that is due of each pass, until nothing is."""
    for pass_id in passes:
        while await run(studio.runtime, studio.business_id, WORKER, do_due, DoDue(pass_id), key=str(uuid4())):
            pass


async def at_once(studio: Studio, passes: list[UUID]) -> None:
    """Expire what is due in one statement."""
    command = ExpirePasses(tuple(passes))
    await run(studio.runtime, studio.business_id, WORKER, expire_passes, command, key=str(uuid4()))


def when(*moments: str, times: int = 1, together: bool = False) -> Job:
    """Make a job that runs at these moments only, so many times."""

    async def job(studio: Studio, passes: list[UUID], moment: str) -> None:
        for _ in range(times if moment in moments else 0):
            await (at_once if together else one_by_one)(studio, passes)

    return job


MOMENTS = ("held", "before", "end", "after", "next day", "extended", "long after")
JOBS = {
    "early": when("before"),
    "on time": when("end"),
    "late": when("next day"),
    "very late": when("long after"),
    "twice": when("end", times=2),
    "always": when(*MOMENTS),
    "always and twice": when(*MOMENTS, times=2),
    "all at once": when("end", together=True),
    "all at once, always": when(*MOMENTS, together=True),
}


async def set_clock(studio: Studio, to: datetime) -> None:
    """Set the test clock alone, and do nothing on the way."""
    async with studio.runtime.database.transaction(studio.business_id) as connection:
        await connection.execute(
            businesses.update().where(businesses.c.id == studio.business_id).values(test_clock_at=to)
        )


async def probe(studio: Studio, passes: dict[str, UUID], now: datetime) -> list[object]:
    """Return what a reader sees of each pass, and which bookings would be paid by it, at `now`."""
    seen: list[object] = []
    visits = [
        NewVisit(studio.service, studio.location, at, at + timedelta(minutes=50))
        for at in (now - TICK, now, now + timedelta(days=2))
    ]
    for name, pass_id in passes.items():
        facts = await studio.facts(pass_id)
        units = sum(lot.available for lot in facts.lots if lot.window.ends_at is None or now < lot.window.ends_at)
        booked = sum(lot.booked for lot in facts.lots)
        seen.append((name, status_at(facts, RetryPolicy(), now), units, booked, facts.windows[-1].last_day))
        for visit in visits:
            command = BookVisits(studio.client, (visit,), PayBy.PASS, pass_id)
            figures = (await studio.do(book_visits, command, dry_run=True)).figures
            codes = [
                reason["code"] for each in figures["unpaid"] for by in each["refusals"] for reason in by["reasons"]
            ]
            seen.append((figures["paid"], codes))
    for visit in visits:
        automatic = BookVisits(studio.client, (visit,))
        seen.append((await studio.do(book_visits, automatic, dry_run=True)).passes)
    return seen


async def play(studio: Studio, job: Job) -> list[object]:
    """Play the one story, with the job at its moments; return everything that was seen and answered."""
    passes = {name: await studio.sell(terms) for name, terms in SOLD.items()}
    named = {pass_id: name for name, pass_id in passes.items()}
    day = timedelta(days=1)
    booked = {}
    for number, (name, pass_id) in enumerate(passes.items()):
        starts = [studio.began + day * each + timedelta(hours=number) for each in (1, 3)]
        booked[name] = (await studio.book(starts, pass_id=pass_id)).visits
    held = (studio.began + 4 * day).date()
    await studio.do(place_hold, PlaceHold(passes["frozen"], held, held + day))
    told: list[object] = []
    ends_at = studio.began

    async def look(moment: str, now: datetime) -> None:
        await set_clock(studio, now)
        await job(studio, list(passes.values()), moment)
        seen = await probe(studio, passes, now)
        told.extend((moment, now, [named[by] for by in each] if isinstance(each, list) else each) for each in seen)

    await look("held", studio.began + 4 * day)
    for name in ("visits", "first visit", "frozen"):  # In the order in which they end: a clock never goes back.
        ends_at = (await studio.facts(passes[name])).ends_at or studio.began
        for moment, now in (("before", ends_at - TICK), ("end", ends_at), ("after", ends_at + TICK)):
            await look(moment, now)
    await look("next day", ends_at + day)
    for name in ("visits", "days", "minutes"):
        changed = await studio.do(cancel_visit, CancelVisit(booked[name][0], CancelledBy.STUDIO))
        told.append((name, changed.figures["makeUpLot"] is not None))
    await look("next day", ends_at + day)
    await studio.do(extend_pass, ExtendPass(passes["minutes"], 9, "Ill"))
    await studio.do(extend_pass, ExtendPass(passes["frozen"], 3, "Ill"))
    await look("extended", ends_at + day + TICK)
    for after in (15, 40):
        await look("long after", ends_at + after * day)
    return told


@pytest.fixture(scope="module")
async def never(runtime: Runtime) -> list[object]:
    """The story as it goes where no job ever runs."""
    return await play(await open_studio(runtime, NOON), when())


@pytest.mark.parametrize("name", JOBS)
async def test_the_expiry_job_changes_no_decision_whenever_and_however_often_it_runs(
    studio: Studio, never: list[object], name: str
) -> None:
    told = await play(studio, JOBS[name])

    for ours, theirs in zip(told, never, strict=True):
        assert ours == theirs
    async with studio.runtime.database.reading(studio.business_id) as reader:
        assert await check_business(reader) == []


async def test_the_story_has_bookings_paid_and_refused_on_both_sides_of_an_end(never: list[object]) -> None:
    told = str(never)
    for word in ("ACTIVE", "EXPIRED", "ON_HOLD", "NO_SESSIONS_LEFT", "ENDS_BEFORE_VISIT", "(1, [])", "True"):
        assert word in told, f"the story never comes to {word}"


@pytest.mark.parametrize("pay_by", [PayBy.AUTO, PayBy.PASS])
async def test_what_rolls_over_into_a_period_bought_ahead_can_be_booked_before_any_job_has_run(
    studio: Studio, pay_by: PayBy
) -> None:
    renewal = Renewal(unused=UnusedAtRenewal.ROLLOVER)
    pass_id = await studio.sell(
        Terms(PassKind.SESSION, 0, 4, WEEK, after_expiration=AfterExpiration.RENEW, renewal=renewal)
    )
    await studio.do(renew_pass, RenewPass(pass_id, PaymentMethod.CASH))
    second = (await studio.facts(pass_id)).windows[1]
    assert second.starts_at is not None
    await set_clock(studio, second.starts_at)
    starts = [second.starts_at + timedelta(hours=hour) for hour in range(9)]

    changed = await studio.book(starts, pass_id=pass_id if pay_by is PayBy.PASS else None)

    assert changed.figures["paid"] == 8, "four of its own, and four rolled over"
    assert await run(studio.runtime, studio.business_id, WORKER, do_due, DoDue(pass_id), key="late") is None
    async with studio.runtime.database.reading(studio.business_id) as reader:
        assert await check_business(reader) == []
