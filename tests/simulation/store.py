"""The pass of the simulation in the real store: the verbs of the model, carried out by the operations on PostgreSQL."""

import asyncio
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID, uuid4

from models.operations.base import WORKER, Actor, Changed
from models.operations.book_visits import BookVisits, NewVisit, PayBy, book_visits
from models.operations.catalogue import CreateLocation, create_location
from models.operations.do_due import DoDue, do_due
from models.operations.end_visit import (
    AttendanceOutcome,
    CancelledBy,
    CancelVisit,
    RecordAttendance,
    cancel_visit,
    record_attendance,
)
from models.operations.holds import EndHold, PlaceHold, end_hold, place_hold
from models.operations.run import Verb, run
from models.queries.facts import load_passes, visit_facts
from models.queries.invariants import Violation, check_business
from models.rules.eligibility import decide
from models.rules.facts import PassFacts, VisitFacts
from models.rules.status import RetryPolicy, status_at
from models.rules.terms import Terms
from models.rules.values import HoldKind, PassStatus, VisitState
from models.runtime import Runtime
from models.tables.base import new_id
from models.tables.catalogue import services
from models.tables.tenants import businesses
from tests.simulation.driver import Booked
from tests.studio import OWNER, Studio, open_studio

T = TypeVar("T")
POLICY = RetryPolicy()
SERVICES = 130
SUMS = ("available", "booked", "used", "forfeited", "expired", "transferred")


@dataclass
class Home:
    """An event loop and a runtime in it, for tests that are not asynchronous themselves."""

    runner: asyncio.Runner
    runtime: Runtime

    def wait(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run to the end."""
        return self.runner.run(coroutine)


class StoreDriver:
    """A pass of these terms in a studio of its own. Its verbs are those of the model; so are the visits' numbers."""

    def __init__(self, home: Home, terms: Terms, zone: str, now: datetime) -> None:
        self.home, self._now = home, now
        self.numbers: dict[UUID, int] = {}
        self.holds: dict[int, UUID] = {}
        self.studio, self.pass_id, self.places = home.wait(self._open(terms, zone))
        self._look()

    async def _open(self, terms: Terms, zone: str) -> tuple[Studio, UUID, list[UUID]]:
        studio = await open_studio(self.home.runtime, self._now, zone)
        other = (await studio.do(create_location, CreateLocation("Side hall"))).rows["location"]
        # A service for each visit: the store keeps a client from having the same one twice at one time and place.
        self.services = [new_id() for _ in range(SERVICES)]
        rows = [
            {
                "business_id": studio.business_id,
                "id": each,
                "name": str(each),
                "category": "CLASS",
                "created_at": self._now,
            }
            for each in self.services
        ]
        async with self.home.runtime.database.transaction(studio.business_id) as connection:
            await connection.execute(services.insert(), rows)
            # When an unpaid visit is cancelled late is the studio's word; here it says the same as the pass.
            late = terms.outcomes.late_cancel_minutes
            # Nor does the paper model look beyond the period a pass is in, to what its renewal will pay for.
            await connection.execute(businesses.update().values(late_cancel_minutes=late, project_renewals=False))
        return studio, await studio.sell(terms), [studio.location, other]

    # The clock.

    @property
    def now(self) -> datetime:
        """The studio's present."""
        return self._now

    @now.setter
    def now(self, to: datetime) -> None:
        if to != self._now:
            self._now = to
            self.home.wait(self._set_clock())

    async def _set_clock(self) -> None:
        async with self.home.runtime.database.transaction(self.studio.business_id) as connection:
            ours = businesses.c.id == self.studio.business_id
            await connection.execute(businesses.update().where(ours).values(test_clock_at=self._now))

    # The verbs.

    def book(self, visits: Iterable[VisitFacts]) -> dict[int, bool]:
        """Book visits, each paid if the pass may pay."""
        asked = sorted(visits, key=lambda visit: (visit.starts_at, visit.id))
        wanted = [
            NewVisit(
                self.services[each.id.int % SERVICES],
                self.places[each.location_id.int],
                each.starts_at,
                each.starts_at + timedelta(minutes=each.minutes),
            )
            for each in asked
        ]
        changed = self._do(book_visits, BookVisits(self.studio.client, tuple(wanted), PayBy.PASS, self.pass_id))
        self.numbers |= dict(zip(changed.visits, (each.id.int for each in asked), strict=True))
        self._look()
        return {each.id.int: self.visits[each.id.int].paid for each in asked}

    def would_pay(self, visit: VisitFacts) -> bool:
        """Say whether the pass, as it is stored, may pay for the visit now."""
        place, service = self.places[visit.location_id.int], self.services[0]
        known = VisitFacts(
            visit.id,
            self.studio.client,
            service,
            visit.category,
            place,
            visit.starts_at,
            visit.ends_at,
            visit.booked_at,
            visit.day,
        )
        return decide(self.facts, known, POLICY, self._now).pays

    def cancel(self, visit_id: int, *, by_studio: bool = False) -> str:
        """Cancel a booked visit."""
        by = CancelledBy.STUDIO if by_studio else CancelledBy.CLIENT
        self._do(cancel_visit, CancelVisit(self._id(visit_id), by))
        return self.visits[visit_id].state

    def attend(self, visit_id: int) -> None:
        """Record that the visit was attended."""
        self._do(record_attendance, RecordAttendance(self._id(visit_id), AttendanceOutcome.ATTENDED))

    def no_show(self, visit_id: int) -> None:
        """Record that the client did not come."""
        self._do(record_attendance, RecordAttendance(self._id(visit_id), AttendanceOutcome.NO_SHOW))

    def place_hold(self, hold_id: int, first: date, last: date | None, *, extends: bool, keep_visits: bool) -> None:
        """Hold the pass."""
        kind = HoldKind.FREEZE if extends else HoldKind.BLOCK
        changed = self._do(place_hold, PlaceHold(self.pass_id, first, last, kind, keep_visits=keep_visits))
        self.holds[hold_id] = changed.holds[0]

    def end_hold(self, hold_id: int, last: date) -> None:
        """End a hold early."""
        self._do(end_hold, EndHold(self.holds[hold_id], last))

    def work(self) -> None:
        """Do what is due until nothing is."""
        while self._run(do_due, DoDue(self.pass_id), WORKER):
            pass
        self._look()

    # What a reader sees.

    def balances(self) -> dict[str, int]:
        """The units of all lots by account, as kept."""
        return self._sums

    def status(self) -> PassStatus:
        """The status now."""
        return status_at(self.facts, POLICY, self._now)

    def check(self) -> list[Violation]:
        """Return the invariants that are broken."""

        async def check() -> list[Violation]:
            async with self.home.runtime.database.reading(self.studio.business_id) as reader:
                return await check_business(reader)

        return self.home.wait(check())

    def _id(self, number: int) -> UUID:
        return next(visit_id for visit_id, each in self.numbers.items() if each == number)

    def _do(self, verb: Verb, command: Any) -> Changed:
        changed = self._run(verb, command, OWNER)
        assert changed is not None
        self._look()
        return changed

    def _run(self, verb: Verb, command: Any, actor: Actor) -> Changed | None:
        key = str(uuid4())
        answer = self.home.wait(run(self.home.runtime, self.studio.business_id, actor, verb, command, key=key))
        return None if answer is None else answer.changed

    def _look(self) -> None:
        self.facts, self.visits, self._sums = self.home.wait(self._read())

    async def _read(self) -> tuple[PassFacts, dict[int, Booked], dict[str, int]]:
        summed = ", ".join(f"coalesce(sum({name}), 0)::int AS {name}" for name in SUMS)
        async with self.home.runtime.database.reading(self.studio.business_id) as reader:
            facts = (await load_passes(reader, [self.pass_id]))[self.pass_id]
            rows = await reader.fetch(
                "SELECT v.*, 'CLASS' AS category, b.zone FROM visits v JOIN businesses b ON b.id = v.business_id"
            )
            sums = await reader.fetchrow(f"SELECT {summed} FROM lots")
        assert sums is not None
        visits = {
            number: Booked(_numbered(row, number), VisitState(row["state"]), None, row["pass_id"] is not None)
            for row in rows
            if (number := self.numbers.get(row["id"])) is not None
        }
        return facts, visits, dict(sums)


def _numbered(row: Any, number: int) -> VisitFacts:
    """The stored visit under the model's number."""
    return visit_facts(dict(row) | {"id": UUID(int=number)})
