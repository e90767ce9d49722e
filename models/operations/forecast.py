"""Play a pass forward with the very verbs that will be used, inside one transaction that is rolled back.

    what is due ─ the next supposition ─ what is due by then ─ … ─ what is due until the end ─ roll back

Nothing here knows a rule: what falls due is `do_due`, a supposed visit is `book_visits`, a hold `place_hold`. So a
forecast says what will happen, because it is what will happen. It leaves no row, no event and no charge behind.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from heapq import heappop, heappush
from itertools import count
from typing import Any
from uuid import UUID

from models.errors import Problem, Refused, refuse
from models.operations.base import STAFF, WORKER, Actor, Changed, ToPay, Tx
from models.operations.book_visits import BookVisits, NewVisit, PayBy, book_visits
from models.operations.convert_pass import ConvertPass, ScheduleConversion, convert_pass, schedule_conversion
from models.operations.do_due import DoDue, do_due
from models.operations.end_visit import (
    AttendanceOutcome,
    CancelledBy,
    CancelVisit,
    RecordAttendance,
    cancel_visit,
    record_attendance,
)
from models.operations.forecast_command import (
    AssumedCharges,
    BookedVisits,
    Forecast,
    SupposedConversion,
    SupposedHold,
    SupposedOutcome,
    SupposedVisit,
    check_forecast,
)
from models.operations.forecast_steps import Forecasted, ForecastStep, coming_steps, steps_of
from models.operations.holds import PlaceHold, place_hold
from models.operations.open_tx import open_tx
from models.operations.pass_guards import locked_pass, require_settled
from models.operations.renew_pass import stored_payment
from models.operations.retried import retried
from models.operations.run import Verb, begin, input_json
from models.operations.settle_payment import fall_through, fulfil
from models.operations.step_through import step_through
from models.queries import passes as pass_rows
from models.queries.due import due_of
from models.queries.locks import lock_passes
from models.queries.traces import booked_visits_ending, trace
from models.rules.codes import Code
from models.rules.due import NextEvent, next_events
from models.rules.facts import PassFacts
from models.rules.renewal import takes_a_person
from models.rules.values import ConversionTiming, DueKind, Role, VisitState
from models.runtime import Runtime
from models.tables.base import new_id

CHANGES_MAX = 200
"""How much may happen in one forecast: each change is a verb carried out while the pass is locked."""
SECONDS_MAX = 5.0
_LOCK_WAIT = "1s"
_TIES = ("hold", "conversion", "booking", "cancellation", "outcome")
"""What is supposed for one instant happens in this order."""


async def forecast(runtime: Runtime, business_id: UUID, actor: Actor, command: Forecast) -> Forecasted:
    """Say what the pass will do until `command.until`, if what is supposed happens. Changes nothing.

    Whoever books on the pass meanwhile waits, so it gives up after `SECONDS_MAX`, and waits for a lock a second only.

    Errors: NOT_FOUND, FORBIDDEN, PAYMENT_IN_PROGRESS, TRY_AGAIN, TOO_COMPLEX, those of `check_forecast`, and what the
    verbs refuse of what is supposed, with the path of the supposition.
    """
    try:
        async with asyncio.timeout(SECONDS_MAX):
            return await retried(partial(_once, runtime, business_id, actor, command), Code.TRY_AGAIN)
    except TimeoutError as error:
        raise refuse(Code.TOO_COMPLEX, "until", sentence="it takes too long to play.") from error


async def _once(runtime: Runtime, business_id: UUID, actor: Actor, command: Forecast) -> Forecasted:
    async with runtime.database.transaction(business_id) as connection:
        tx = await open_tx(runtime, connection, actor, dry_run=True)
        await tx.raw.execute(f"SET LOCAL lock_timeout = '{_LOCK_WAIT}'")
        tx.require(*STAFF, Role.CLIENT, Role.PARTNER)
        check_forecast(tx, command)
        facts = await locked_pass(tx, command.pass_id)
        played = await _Play(tx, command, facts, seen=tx.now).play()
        await connection.rollback()
    return played


def _too_much() -> Refused:
    return refuse(Code.TOO_COMPLEX, "until", sentence="more than {limit} changes would happen.", limit=CHANGES_MAX)


Happening = Callable[[], Awaitable[None]]


@dataclass
class _Play:
    """One play. `tx.now` is the instant it has reached; `passes` is the pass and what it has become, in order."""

    tx: Tx
    command: Forecast
    facts: PassFacts
    seen: datetime
    passes: list[UUID] = field(default_factory=list)
    steps: list[ForecastStep] = field(default_factory=list)
    supposed: dict[UUID, int] = field(default_factory=dict)
    _ahead: list[tuple[datetime, int, int, Happening]] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=count)
    _waiting: list[tuple[int, SupposedHold]] = field(default_factory=list)
    _changes: int = 0

    async def play(self) -> Forecasted:
        """Play from now to the end."""
        tx, until = self.tx, self.command.until
        self.passes.append(self.facts.id)
        await self._follow()
        require_settled(self.facts)
        await self._prepare()
        await self._pass_time(tx.now)
        await self._place_holds()
        while self._ahead and self._ahead[0][0] <= until:
            at, _, _, happen = heappop(self._ahead)
            await self._pass_time(at)
            await happen()
        await self._pass_time(until)
        if self._waiting:
            index, _ = self._waiting[0]
            raise refuse(Code.HOLD_OUTSIDE_PASS, "hypothetical", "holds", str(index), "firstDay")
        row = (await pass_rows.by_ids(tx.raw, [self.passes[-1]], tx.now))[0]
        return Forecasted(tuple(self.steps), row, tx.business.currency)

    def _plan(self, at: datetime, tie: str, happen: Happening) -> None:
        heappush(self._ahead, (at, _TIES.index(tie), next(self._numbers), happen))

    async def _prepare(self) -> None:
        command, now = self.command, self.tx.now
        for index, hold in enumerate(command.holds):
            if hold.at is None:
                self._waiting.append((index, hold))
            else:
                self._plan(hold.at, "hold", partial(self._hold, index, hold))
        for index, conversion in enumerate(command.conversions):
            self._plan(conversion.at or now, "conversion", partial(self._convert, index, conversion))
        for index, visit in enumerate(command.visits):
            cancelled = visit.outcome is SupposedOutcome.CANCELLED
            at = visit.booked_at or (now if cancelled else visit.starts_at)
            self._plan(at, "booking", partial(self._book, index, visit))
        if command.booked_visits is BookedVisits.ATTEND:
            for visit_id, ends_at in await booked_visits_ending(self.tx.raw, self.passes, now, command.until):
                self._plan(ends_at, "outcome", partial(self._end, visit_id, AttendanceOutcome.ATTENDED))

    async def _pass_time(self, to: datetime) -> None:
        """Do all that falls due up to `to`, each thing at its own instant, and stand at `to`."""
        tx = self.tx

        async def look() -> Sequence[tuple[UUID, datetime, DueKind]]:
            found = await due_of(tx.raw, self.passes, to)
            await self._show_coming(max(found[0][1], tx.now) if found else to)
            if found:
                tx.now = max(tx.now, found[0][1])
            return found

        async def do(due: tuple[UUID, datetime, DueKind]) -> None:
            await self._change(do_due, DoDue(due[0]), WORKER)
            await self._place_holds()

        if not await step_through(look, do, CHANGES_MAX):
            raise _too_much()
        tx.now = max(tx.now, to)

    async def _show_coming(self, to: datetime) -> None:
        """Tell of starts and of the days of holds up to `to`, which only pass and change nothing in the store."""
        coming: dict[datetime, list[NextEvent]] = {}
        for event in next_events(self.facts, self.tx.business.policy, self.seen):
            if event.kind in ("STARTS", "HOLD_STARTS", "HOLD_ENDS") and self.tx.now <= event.at <= to:
                coming.setdefault(event.at, []).append(event)
        for at, events in sorted(coming.items()):
            self.tx.now = self.seen = at
            row = (await pass_rows.by_ids(self.tx.raw, [self.passes[-1]], at))[0]
            self.steps += coming_steps(row, at, events)

    async def _change(
        self, verb: Verb, asked: Any, actor: Actor, *path: str, supposing: int | None = None
    ) -> Changed | None:
        """Carry out one verb as an operation of its own, and tell what it left behind."""
        self._changes += 1
        if self._changes > CHANGES_MAX:
            raise _too_much()
        tx = replace(self.tx, actor=actor, operation_id=new_id())
        await begin(tx, verb, input_json(verb, asked), f"forecast:{tx.operation_id}")
        try:
            outcome = await verb(tx, asked)
            changed = await self._charge(tx, outcome) if isinstance(outcome, ToPay) else outcome
        except Refused as refused:
            raise Refused(*(Problem(each.reason, _there(path, each.path)) for each in refused.problems)) from refused
        if supposing is not None and changed is not None:
            self.supposed[changed.visits[0]] = supposing
        await self._follow()
        row = (await pass_rows.by_ids(tx.raw, [self.passes[-1]], tx.now))[0]
        self.steps += steps_of(await trace(tx.raw, tx.operation_id), changed, row, self.supposed)
        return changed

    async def _charge(self, tx: Tx, bought: ToPay) -> Changed | None:
        """Charge as assumed. What is bought at the desk is paid; cash never comes with nobody there to hand it over."""
        why = self._why_declined(bought)
        if why is None:
            return await fulfil(tx, bought)
        await fall_through(tx, bought, why)
        return None

    def _why_declined(self, bought: ToPay) -> str | None:
        if not bought.amount_minor or not bought.details.get("automatic"):
            return None
        if self.command.charges is AssumedCharges.DECLINE:
            return "it was assumed to be declined"
        paid = bought.payment
        away = paid is not None and takes_a_person(paid.method) and not paid.present
        return "nobody was at the desk to pay" if away else None

    async def _follow(self) -> None:
        """Go on with what the pass has become, where it has become another."""
        while found := (await pass_rows.successors(self.tx.raw, [self.passes[-1]])).get(self.passes[-1]):
            self.passes.append(found)
        self.facts = (await lock_passes(self.tx.raw, [self.passes[-1]]))[self.passes[-1]]

    # What is supposed.

    async def _place_holds(self) -> None:
        """Place the holds that waited for the pass to reach their first day."""
        for waiting in tuple(self._waiting):
            last = self.facts.windows[-1].last_day
            if last is None or waiting[1].first_day <= last:
                self._waiting.remove(waiting)
                await self._hold(*waiting)

    async def _hold(self, index: int, hold: SupposedHold) -> None:
        asked = PlaceHold(self.passes[-1], hold.first_day, hold.last_day, hold.kind, None, hold.keep_visits)
        await self._change(place_hold, asked, self.tx.actor, "hypothetical", "holds", str(index))

    async def _convert(self, index: int, wanted: SupposedConversion) -> None:
        path = ("hypothetical", "conversions", str(index))
        pass_id = self.passes[-1]
        if wanted.timing in (ConversionTiming.ON_EXPIRY, ConversionTiming.ON_DATE):
            planned = ScheduleConversion(pass_id, wanted.option_id, wanted.on, wanted.unused)
            await self._change(schedule_conversion, planned, self.tx.actor, *path)
            return
        stored = await self.tx.row("SELECT payment_method, test_card FROM passes WHERE id = $1", pass_id)
        paid = stored_payment(stored)
        asked = ConvertPass(pass_id, wanted.option_id, wanted.timing, wanted.unused, paid.method, paid.test_card)
        await self._change(convert_pass, asked, self.tx.actor, *path)

    async def _book(self, index: int, visit: SupposedVisit) -> None:
        new = NewVisit(visit.service_id, visit.location_id, visit.starts_at, visit.ends_at)
        asked = BookVisits(self.facts.client_id, (new,), PayBy.PASS, self.passes[-1])
        path = ("hypothetical", "visits", str(index))
        booked = await self._change(book_visits, asked, self.tx.actor, *path, supposing=index)
        assert booked is not None
        visit_id = booked.visits[0]
        match visit.outcome:
            case SupposedOutcome.ATTENDED | SupposedOutcome.NO_SHOW:
                outcome = AttendanceOutcome(visit.outcome.value)
                self._plan(visit.ends_at, "outcome", partial(self._end, visit_id, outcome))
            case SupposedOutcome.CANCELLED:
                assert visit.cancelled_at is not None
                self._plan(visit.cancelled_at, "cancellation", partial(self._cancel, visit_id, index))

    async def _end(self, visit_id: UUID, outcome: AttendanceOutcome) -> None:
        if await self._still_booked(visit_id):
            await self._change(record_attendance, RecordAttendance(visit_id, outcome), WORKER)

    async def _cancel(self, visit_id: UUID, index: int) -> None:
        if await self._still_booked(visit_id):
            asked = CancelVisit(visit_id, CancelledBy.CLIENT)
            await self._change(cancel_visit, asked, self.tx.actor, "hypothetical", "visits", str(index))

    async def _still_booked(self, visit_id: UUID) -> bool:
        """A hold that is supposed may have cancelled it."""
        state = await self.tx.raw.fetchval("SELECT state FROM visits WHERE id = $1", visit_id)
        return bool(state == VisitState.BOOKED)


def _there(path: tuple[str, ...], within: tuple[str, ...]) -> tuple[str, ...]:
    """Return where in what is supposed a refusal of the verb lies: a supposition names no pass, payment or list."""
    if within[:1] in (("passId",), ("payment",), ("visitId",)):
        within = ()
    return (*path, *(within[2:] if within[:2] == ("visits", "0") else within))
