"""A random story of a pass: told by the forecast first, then lived through, and compared at every instant."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby, zip_longest
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import text

from models.errors import Refused
from models.operations.base import WORKER
from models.operations.book_visits import BookVisits, NewVisit, PayBy, book_visits
from models.operations.convert_pass import ConvertPass, ScheduleConversion, convert_pass, schedule_conversion
from models.operations.end_visit import (
    AttendanceOutcome,
    CancelVisit,
    RecordAttendance,
    cancel_visit,
    record_attendance,
)
from models.operations.forecast import forecast
from models.operations.forecast_command import (
    AssumedCharges,
    Forecast,
    SupposedConversion,
    SupposedHold,
    SupposedOutcome,
    SupposedVisit,
)
from models.operations.forecast_steps import Forecasted, ForecastStep
from models.operations.holds import PlaceHold, place_hold
from models.queries import passes
from models.rules.codes import Code
from models.rules.forecast import ForecastKind
from models.rules.terms import Conversion, Outcomes, Renewal, Terms, Validity
from models.rules.values import (
    Activation,
    AfterExpiration,
    ConversionTiming,
    HoldKind,
    PassKind,
    PaymentMethod,
    PeriodUnit,
    RenewalTrigger,
    TestCard,
    UnusedAtConversion,
    UnusedAtRenewal,
    ValidityRule,
)
from tests.studio import OWNER, Studio

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
_TIES = ("hold", "conversion", "booking", "cancellation", "outcome")
_TOLD = {
    "hold.placed": ForecastKind.HOLD_PLACED,
    "conversion.scheduled": ForecastKind.CONVERSION_PLANNED,
    "pass.chargePostponed": ForecastKind.CHARGE_POSTPONED,
    "conversion.impossible": ForecastKind.CONVERSION_DROPPED,
    "pass.renewed": ForecastKind.RENEWS,
    "pass.converted": ForecastKind.CONVERTS,
    "pass.expired": ForecastKind.EXPIRES,
    "pass.released": ForecastKind.RELEASES,
    "lot.rolledOver": ForecastKind.ROLLS_OVER,
    "lot.madeUp": ForecastKind.MADE_UP,
    "visit.paid": ForecastKind.VISIT_PAID,
    "visit.attended": ForecastKind.VISIT_ATTENDED,
    "visit.no_show": ForecastKind.VISIT_MISSED,
    "visit.cancelled": ForecastKind.VISIT_CANCELLED,
    "visit.late_cancelled": ForecastKind.VISIT_LATE_CANCELLED,
}

Act = Callable[[], Awaitable[Any]]


def random_terms(random: Random, target: UUID) -> Terms:
    """Return terms that do not contradict themselves."""
    kind = random.choice([PassKind.SESSION] * 4 + [PassKind.UNLIMITED, PassKind.DAY, PassKind.TIME])
    unit, count = random.choice([(PeriodUnit.MONTH, 1), (PeriodUnit.WEEK, 2), (PeriodUnit.DAY, 10)])
    validity = Validity(ValidityRule.PERIOD, count, unit)
    after = random.choice([AfterExpiration.EXPIRE, *[AfterExpiration.RENEW] * 3, AfterExpiration.CONVERT])
    metered = kind is not PassKind.UNLIMITED
    if metered and after is AfterExpiration.EXPIRE and random.random() < 0.3:
        validity = Validity()
    trigger = random.choice(list(RenewalTrigger)) if metered else RenewalTrigger.ON_EXPIRY
    renewal = Renewal(trigger, random.choice(list(UnusedAtRenewal)) if metered else UnusedAtRenewal.FORFEIT)
    units = random.randint(1, 5) * (60 if kind is PassKind.TIME else 1)
    unused = random.choice([UnusedAtConversion.FORFEIT, UnusedAtConversion.CREDIT])
    return Terms(
        kind,
        random.choice([0, 3_000, 9_900]),
        units if metered else None,
        validity,
        activation=random.choice([Activation.ON_SALE] * 3 + [Activation.ON_FIRST_VISIT, Activation.FIRST_OF_MONTH]),
        outcomes=Outcomes(late_cancel_minutes=random.choice([0, 720])),
        after_expiration=after,
        renewal=renewal if after is AfterExpiration.RENEW else Renewal(),
        conversion=Conversion(target, unused) if after is AfterExpiration.CONVERT else None,
    )


def random_supposed(random: Random, studio: Studio, now: datetime, until: datetime, target: UUID) -> dict[str, Any]:
    """Return visits, holds and conversions within the window; some of them will be refused."""
    span = (until - now) // DAY

    def instant() -> datetime:
        return now + DAY * random.randrange(span) + HOUR * random.randrange(24)

    visits = []
    for _ in range(random.randint(0, 6)):
        starts = instant()
        outcome = random.choice([SupposedOutcome.ATTENDED] * 4 + list(SupposedOutcome))
        booked = random.choice([None, now, now + (starts - now) / 2])
        cancelled = None
        if outcome is SupposedOutcome.CANCELLED:
            cancelled = random.choice([starts - min(starts - now, 2 * HOUR), starts])
            booked = random.choice([None, now])
        visits.append(SupposedVisit(studio.service, studio.location, starts, starts + HOUR, outcome, booked, cancelled))
    holds = []
    for _ in range(random.choice([0, 0, 1, 2])):
        at = instant()
        first = min(at + DAY * random.randint(0, 5), until).date()
        last = random.choice([first, first + 4 * DAY, first + 12 * DAY, None])
        kind = random.choice([HoldKind.FREEZE, HoldKind.FREEZE, HoldKind.BLOCK])
        holds.append(SupposedHold(first, last, kind, random.random() < 0.3, at))
    conversions = []
    if random.random() < 0.25:
        timing = random.choice([ConversionTiming.NOW_FREE, ConversionTiming.ON_EXPIRY, ConversionTiming.NOW_PAID])
        unused = random.choice([UnusedAtConversion.FORFEIT, UnusedAtConversion.CREDIT])
        conversions.append(SupposedConversion(target, timing, unused, None, instant()))
    return {"visits": tuple(visits), "holds": tuple(holds), "conversions": tuple(conversions)}


@dataclass
class Story:
    """One pass in one studio: what is forecast of it, and then what is done."""

    studio: Studio
    pass_id: UUID
    asked: Forecast
    supposed: dict[UUID, int] = field(default_factory=dict)
    since: int = 0

    async def told(self) -> Forecasted | Code:
        """Ask for the forecast, and see that it leaves no trace; a refusal is its code."""
        before = await self.studio.fingerprint()
        try:
            found: Forecasted | Code = await forecast(self.studio.runtime, self.studio.business_id, OWNER, self.asked)
        except Refused as refused:
            found = refused.code
        assert await self.studio.fingerprint() == before, "a forecast left a trace"
        return found

    async def lived(self, told: Forecasted | Code) -> None:
        """Do what was supposed on the test clock, and compare at each instant at which anything was told."""
        studio, asked = self.studio, self.asked
        self.since = len(await self._operations())
        acts = await self._acts()
        steps = () if isinstance(told, Code) else told.steps
        ends = {at: list(group)[-1] for at, group in groupby(steps, key=lambda step: step.at)}
        assert list(ends) == sorted(ends), "steps are out of order"
        looks: list[tuple[datetime, int, int, Any]] = [(at, len(_TIES), 0, None) for at in {*ends, asked.until}]
        pending = sorted([*acts, *looks], key=lambda each: each[:3])
        while pending and pending[0][0] <= asked.until:
            at, _, _, act = pending.pop(0)
            await studio.advance(at)
            if act is None:
                await self._same(ends.get(at), at)
                continue
            try:
                more = await act()
            except Refused as refused:
                found = refused
                break
            pending = sorted([*pending, *(more or ())], key=lambda each: each[:3])
        else:
            assert not isinstance(told, Code), f"{told} was forecast, and nothing was refused"
            await self._same_history(told)
            return
        assert told is found.code, (told, found)

    # What is done.

    async def _acts(self) -> list[tuple[datetime, int, int, Any]]:
        asked, acts = self.asked, []
        now = (await self.studio.fetch("SELECT test_clock_at FROM businesses"))[0]["test_clock_at"]

        def add(at: datetime, tie: str, index: int, act: Act) -> None:
            acts.append((at, _TIES.index(tie), index, act))

        for index, hold in enumerate(asked.holds):
            assert hold.at is not None
            add(hold.at, "hold", index, partial(self._hold, hold))
        for index, conversion in enumerate(asked.conversions):
            add(conversion.at or now, "conversion", index, partial(self._convert, conversion))
        for index, visit in enumerate(asked.visits):
            cancelled = visit.outcome is SupposedOutcome.CANCELLED
            at = visit.booked_at or (now if cancelled else visit.starts_at)
            add(at, "booking", index, partial(self._book, index, visit))
        rows = await self.studio.fetch(
            "SELECT id, ends_at FROM visits WHERE pass_id = $1 AND state = 'BOOKED' AND ends_at > $2 ORDER BY 2, 1",
            self.pass_id,
            now,
        )
        for index, row in enumerate(rows):
            add(row["ends_at"], "outcome", index - 1_000, partial(self._end, row["id"], AttendanceOutcome.ATTENDED))
        return acts

    async def _current(self) -> UUID:
        """The pass, or what it has become."""
        found = self.pass_id
        while rows := await self.studio.fetch("SELECT id FROM passes WHERE predecessor_pass_id = $1", found):
            found = rows[0]["id"]
        return found

    async def _hold(self, hold: SupposedHold) -> None:
        wanted = PlaceHold(await self._current(), hold.first_day, hold.last_day, hold.kind, None, hold.keep_visits)
        await self.studio.do(place_hold, wanted)

    async def _convert(self, wanted: SupposedConversion) -> None:
        pass_id = await self._current()
        if wanted.timing is ConversionTiming.ON_EXPIRY:
            await self.studio.do(
                schedule_conversion, ScheduleConversion(pass_id, wanted.option_id, None, wanted.unused)
            )
            return
        row = (await self.studio.fetch("SELECT payment_method, test_card FROM passes WHERE id = $1", pass_id))[0]
        method, card = PaymentMethod(row["payment_method"]), row["test_card"] and TestCard(row["test_card"])
        await self.studio.do(
            convert_pass, ConvertPass(pass_id, wanted.option_id, wanted.timing, wanted.unused, method, card)
        )

    async def _book(self, index: int, visit: SupposedVisit) -> list[tuple[datetime, int, int, Any]]:
        new = NewVisit(visit.service_id, visit.location_id, visit.starts_at, visit.ends_at)
        asked = BookVisits(self.studio.client, (new,), PayBy.PASS, await self._current())
        visit_id = (await self.studio.do(book_visits, asked)).visits[0]
        self.supposed[visit_id] = index
        if visit.outcome is SupposedOutcome.LEFT:
            return []
        if visit.cancelled_at is not None:
            return [(visit.cancelled_at, _TIES.index("cancellation"), len(self.supposed), partial(self._off, visit_id))]
        outcome = AttendanceOutcome(visit.outcome.value)
        end = partial(self._end, visit_id, outcome)
        return [(visit.ends_at, _TIES.index("outcome"), len(self.supposed), end)]

    async def _end(self, visit_id: UUID, outcome: AttendanceOutcome) -> None:
        if await self._booked(visit_id):
            await self.studio.do(record_attendance, RecordAttendance(visit_id, outcome), actor=WORKER)

    async def _off(self, visit_id: UUID) -> None:
        if await self._booked(visit_id):
            await self.studio.do(cancel_visit, CancelVisit(visit_id))

    async def _booked(self, visit_id: UUID) -> bool:
        rows = await self.studio.fetch("SELECT state FROM visits WHERE id = $1", visit_id)
        return bool(rows[0]["state"] == "BOOKED")

    # What is compared.

    async def _operations(self) -> list[Any]:
        return await self.studio.fetch("SELECT id FROM operations ORDER BY id")

    async def _same(self, step: ForecastStep | None, at: datetime) -> None:
        """Compare the pass as it is now with the last step told of this instant."""
        if step is None:
            return
        current = await self._current()
        async with self.studio.runtime.database.reading(self.studio.business_id) as reader:
            row = (await passes.by_ids(reader, [current], at))[0]
        is_now = (row.purchase_option.name, row.status, row.standing, row.last_day)
        assert (step.option_name, step.status, step.standing, step.last_day) == is_now, (at, step)
        assert step.balance == row.balance, (at, step)
        sums = await self.studio.balances(current)
        if step.balance is not None:
            told = {name: getattr(step.balance, name) for name in ("booked", "used", "forfeited")}
            assert told == {name: sums[name] for name in told}, (at, step)

    async def _same_history(self, told: Forecasted) -> None:
        """Compare what happened and what was charged, in order, with what was told."""
        rows = await self.studio.fetch(
            """SELECT e.operation_id, e.type, e.at, v.starts_at FROM events e LEFT JOIN visits v ON v.id = e.visit_id
               WHERE e.operation_id IN (SELECT id FROM operations ORDER BY id OFFSET $1) ORDER BY e.id""",
            self.since,
        )
        # Several lots that roll over together are told as one step.
        once = {(row["operation_id"], row["type"], row["starts_at"]): row for row in reversed(rows)}.values()
        happened = [(row["at"], _TOLD[row["type"]], row["starts_at"]) for row in reversed(once) if row["type"] in _TOLD]
        kinds = set(_TOLD.values())
        steps = [(step.at, step.kind, step.visit_starts_at) for step in told.steps if step.kind in kinds]
        assert steps == happened, _first_difference(steps, happened)
        orders = await self.studio.fetch(
            """SELECT o.created_at, o.amount_minor, o.state FROM orders o JOIN payments p ON p.order_id = o.id
               WHERE o.operation_id IN (SELECT id FROM operations ORDER BY id OFFSET $1)
               ORDER BY p.intended_at, o.id""",
            self.since,
        )
        money = {ForecastKind.CHARGED: "PAID", ForecastKind.CHARGE_DECLINED: "FAILED"}
        charged = [(step.at, step.amount_minor, money[step.kind]) for step in told.steps if step.kind in money]
        assert charged == [(row["created_at"], row["amount_minor"], row["state"]) for row in orders]
        lost = await self.studio.fetch(
            """SELECT to_account, sum(quantity)::int AS units FROM transfers
               WHERE to_account IN ('EXPIRED', 'FORFEITED')
                 AND operation_id IN (SELECT id FROM operations ORDER BY id OFFSET $1) GROUP BY 1""",
            self.since,
        )
        units = {row["to_account"]: row["units"] for row in lost}
        assert told.units_of(ForecastKind.LOT_EXPIRES) == units.get("EXPIRED", 0)
        assert told.units_of(ForecastKind.FORFEITS) == units.get("FORFEITED", 0)


def _first_difference(told: list[Any], happened: list[Any]) -> Any:
    return next((each for each in zip_longest(told, happened) if each[0] != each[1]), None)


async def live(studio: Studio, seed: int) -> Forecasted | Code:
    """Make a story from a seed, have it told and live it; return what was told."""
    random = Random(seed)
    target = await studio.option(
        Terms(PassKind.SESSION, 5_000, 3, Validity(ValidityRule.PERIOD, 20, PeriodUnit.DAY)), name="Target"
    )
    terms = random_terms(random, target)
    method = random.choice([PaymentMethod.TEST_CARD] * 3 + [PaymentMethod.CASH])
    card = TestCard.APPROVE if method is PaymentMethod.TEST_CARD else None
    pass_id = await studio.sell(terms, method=method, card=card)
    starts = [studio.began + DAY * day + HOUR * 5 for day in random.sample(range(1, 40), random.randint(0, 4))]
    if starts:
        await studio.book(starts, pass_id=pass_id)
    if random.random() < 0.5:
        await studio.advance(studio.began + DAY * random.randint(1, 12))
    charges = random.choice([AssumedCharges.SUCCEED] * 2 + [AssumedCharges.DECLINE])
    now = (await studio.fetch("SELECT test_clock_at FROM businesses"))[0]["test_clock_at"]
    until = now + DAY * random.randint(20, 75)
    asked = Forecast(pass_id, until, **random_supposed(random, studio, now, until, target), charges=charges)
    if charges is AssumedCharges.DECLINE:
        # At the desk a conversion is paid, whatever becomes of the charges that fall due by themselves.
        free = tuple(replace(each, timing=ConversionTiming.ON_EXPIRY) for each in asked.conversions)
        asked = replace(asked, conversions=free)
        await _break_the_card(studio)
    story = Story(studio, pass_id, asked)
    told = await story.told()
    await story.lived(told)
    return told


async def _break_the_card(studio: Studio) -> None:
    async with studio.runtime.database.transaction(studio.business_id) as connection:
        await connection.execute(text("UPDATE passes SET test_card = 'DECLINE' WHERE test_card = 'APPROVE'"))
