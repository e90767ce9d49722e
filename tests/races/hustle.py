"""A busy studio: many hands doing everything at once, at random, so that what may collide does."""

import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from models.errors import Refused
from models.operations.advance_test_clock import AdvanceTestClock, advance
from models.operations.base import WORKER, Actor, Changed
from models.operations.book_visits import BookVisits, NewVisit, PayBy, book_visits
from models.operations.catalogue import CreateClient, create_client
from models.operations.change_pass import (
    AdjustPass,
    DeactivatePass,
    ExtendPass,
    ReactivatePass,
    SetAutoRenew,
    adjust_pass,
    deactivate_pass,
    extend_pass,
    reactivate_pass,
    set_auto_renew,
)
from models.operations.convert_pass import (
    CancelConversion,
    ConvertPass,
    ScheduleConversion,
    cancel_conversion,
    convert_pass,
    schedule_conversion,
)
from models.operations.do_due import DoDue, do_due
from models.operations.end_visit import (
    AttendanceOutcome,
    CancelledBy,
    CancelVisit,
    RecordAttendance,
    cancel_visit,
    record_attendance,
)
from models.operations.expire_passes import ExpirePasses, expire_passes
from models.operations.holds import EndHold, PlaceHold, RemoveHold, end_hold, place_hold, remove_hold
from models.operations.pay_visits import PayVisits, pay_visits
from models.operations.renew_pass import RenewPass, renew_pass
from models.operations.run import Answer, Verb, run
from models.operations.sell_pass import SellPass, sell_pass
from models.operations.settle_payment import settle_payment
from models.rules.codes import Code
from models.rules.terms import Conversion, Renewal, Terms, Validity
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
from tests.studio import MONTH, OWNER, Studio

WEEK = Validity(ValidityRule.PERIOD, 1, PeriodUnit.WEEK)
_RENEWS = AfterExpiration.RENEW
_CARDS = (*(TestCard.APPROVE,) * 7, *TestCard)


def assortment() -> list[Terms]:
    """One of everything that can be sold, short-lived enough for much to happen."""
    rolls = Renewal(RenewalTrigger.FIRST_OF_BOTH, UnusedAtRenewal.ROLLOVER)
    eager = Renewal(RenewalTrigger.FIRST_OF_BOTH, booked_counts_as_depleted=True, renewals_max=6)
    on_depletion = Renewal(RenewalTrigger.ON_DEPLETION)
    first_visit = Activation.ON_FIRST_VISIT
    return [
        Terms(PassKind.SESSION, 9_000, 10),
        Terms(PassKind.SESSION, 4_000, 4, WEEK, after_expiration=_RENEWS, renewal=rolls),
        Terms(PassKind.SESSION, 4_000, 3, MONTH, after_expiration=_RENEWS, renewal=eager),
        Terms(PassKind.SESSION, 2_000, 2, after_expiration=_RENEWS, renewal=on_depletion),
        Terms(PassKind.SESSION, 3_000, 5, WEEK, activation=first_visit, start_within_days=20),
        Terms(PassKind.DAY, 5_000, 4, MONTH),
        Terms(PassKind.DAY, 2_000, 3, WEEK, activation=first_visit),
        Terms(PassKind.DAY, 2_500, 3, WEEK, after_expiration=_RENEWS, renewal=rolls),
        Terms(PassKind.TIME, 6_000, 400, MONTH, after_expiration=_RENEWS, renewal=rolls),
        Terms(PassKind.UNLIMITED, 7_000, validity=MONTH, after_expiration=_RENEWS),
        Terms(PassKind.DURATION, 3_000, validity=WEEK, activation=first_visit),
        Terms(PassKind.SESSION, 0, 2, WEEK, back_window_days=3),
    ]


@dataclass
class Hustle:
    """What the hands know: the ids there are. A refusal is an answer; any other error ends the test."""

    studio: Studio
    clients: list[UUID] = field(default_factory=list)
    options: list[UUID] = field(default_factory=list)
    passes: list[UUID] = field(default_factory=list)
    visits: list[UUID] = field(default_factory=list)
    holds: list[UUID] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    now: datetime | None = None
    more: dict[Callable[["Hustle", random.Random], Awaitable[None]], int] = field(default_factory=dict)
    """What else there is to do, with its weight, beside `ACTIONS`."""

    async def open(self, clients: int = 6) -> None:
        """Make the clients, the options, and a few passes to begin with."""
        self.now = self.studio.began
        self.clients = [self.studio.client]
        for number in range(clients - 1):
            made = await self.studio.do(create_client, CreateClient(f"Client {number}"))
            self.clients.append(made.rows["client"])
        self.options = [await self.studio.option(terms) for terms in assortment()]
        into = Conversion(self.options[9], UnusedAtConversion.CREDIT)
        intro = Terms(PassKind.SESSION, 500, 3, WEEK, after_expiration=AfterExpiration.CONVERT, conversion=into)
        carries = replace(intro, conversion=Conversion(self.options[0], UnusedAtConversion.CARRY))
        self.options += [await self.studio.option(intro), await self.studio.option(carries)]

    async def act(self, rng: random.Random) -> None:
        """Do one thing at random."""
        actions = ACTIONS | self.more
        chosen = rng.choices(list(actions), weights=list(actions.values()))[0] if self.passes else Hustle.sell
        await chosen(self, rng)

    async def carry_out(
        self,
        verb: Verb,
        command: Any,
        *,
        actor: Actor = OWNER,
        by: Callable[..., Awaitable[Answer | None]] | None = None,
    ) -> Changed | None:
        """Carry out a verb as the actor, and learn from it; None where it was refused or nothing was due.

        `by` carries out a verb that takes more than one transaction.
        """
        studio, key = self.studio, str(uuid4())
        try:
            if by is not None:
                answer = await by(studio.runtime, studio.business_id, actor, command, key=key)
            else:
                answer = await run(studio.runtime, studio.business_id, actor, verb, command, key=key)
        except Refused as refused:
            self.refused[refused.code.name] += 1
            return None
        if answer is None:
            return None
        self.done[verb.__name__] += 1
        self.passes += [each for each in answer.changed.passes if each not in self.passes]
        return answer.changed

    def when(self, rng: random.Random) -> datetime:
        """Return the start of a visit, some of them in the past."""
        assert self.now is not None
        hour = self.now.replace(minute=0, second=0, microsecond=0)
        return hour + timedelta(days=rng.randint(-2, 25), hours=rng.randint(0, 12))

    def payment(self, rng: random.Random) -> tuple[PaymentMethod, TestCard | None]:
        """Return a way to pay, which now and then fails."""
        if rng.random() < 0.2:
            return rng.choice([PaymentMethod.CASH, PaymentMethod.COMPLIMENTARY]), None
        return PaymentMethod.TEST_CARD, rng.choice(_CARDS)

    async def sell(self, rng: random.Random) -> None:
        await self.carry_out(
            sell_pass, SellPass(rng.choice(self.clients), rng.choice(self.options), *self.payment(rng))
        )

    async def book(self, rng: random.Random) -> None:
        visits = []
        for _ in range(rng.randint(1, 5)):
            at = self.when(rng)
            length = timedelta(minutes=rng.choice([30, 60, 90]))
            visits.append(NewVisit(self.studio.service, self.studio.location, at, at + length))
        by = rng.choice([PayBy.AUTO, PayBy.AUTO, PayBy.PASS, PayBy.NOTHING])
        named = rng.choice(self.passes) if self.passes and by is PayBy.PASS else None
        client = rng.choice(self.clients)
        if named:
            owner = await self.studio.fetch("SELECT client_id FROM passes WHERE id = $1", named)
            client = owner[0]["client_id"]
        command = BookVisits(client, tuple(visits), by if named or by is not PayBy.PASS else PayBy.AUTO, named)
        changed = await self.carry_out(book_visits, command)
        self.visits += changed.visits if changed else []

    async def pay(self, rng: random.Random) -> None:
        client = rng.choice(self.clients)
        rows = await self.studio.fetch(
            "SELECT id FROM visits WHERE client_id = $1 AND pass_id IS NULL AND state <> 'CANCELLED' "
            "ORDER BY id LIMIT 20",
            client,
        )
        if rows:
            ids = rng.sample([row["id"] for row in rows], min(len(rows), rng.randint(1, 6)))
            await self.carry_out(pay_visits, PayVisits(tuple(ids)))

    async def cancel(self, rng: random.Random) -> None:
        if self.visits:
            await self.carry_out(cancel_visit, CancelVisit(rng.choice(self.visits), rng.choice(list(CancelledBy))))

    async def attend(self, rng: random.Random) -> None:
        rows = await self.studio.fetch(
            "SELECT id FROM visits WHERE starts_at < $1 ORDER BY state = 'BOOKED' DESC, id DESC LIMIT 40", self.now
        )
        if rows:
            outcome = rng.choice(list(AttendanceOutcome))
            await self.carry_out(record_attendance, RecordAttendance(rng.choice(rows)["id"], outcome))

    async def hold(self, rng: random.Random) -> None:
        assert self.now is not None
        first = self.now.date() + timedelta(days=rng.randint(-2, 10))
        last = None if rng.random() < 0.2 else first + timedelta(days=rng.randint(0, 9))
        kind = rng.choice([HoldKind.FREEZE, HoldKind.FREEZE, HoldKind.BLOCK])
        command = PlaceHold(rng.choice(self.passes), first, last, kind, None, rng.random() < 0.3)
        changed = await self.carry_out(place_hold, command)
        self.holds += changed.holds if changed else []

    async def lift(self, rng: random.Random) -> None:
        if self.holds:
            assert self.now is not None
            rows = await self.studio.fetch(
                "SELECT id FROM holds WHERE removed_at IS NULL AND (last_day IS NULL OR last_day >= $1) LIMIT 20",
                self.now.date(),
            )
            hold = rng.choice([row["id"] for row in rows] or self.holds)
            if rng.random() < 0.5:
                last = None if rng.random() < 0.5 else self.now.date() + timedelta(days=rng.randint(-1, 4))
                await self.carry_out(end_hold, EndHold(hold, last))
            else:
                await self.carry_out(remove_hold, RemoveHold(hold))

    async def adjust(self, rng: random.Random) -> None:
        await self.carry_out(adjust_pass, AdjustPass(rng.choice(self.passes), rng.choice([-4, -2, -1, 1, 2]), "stress"))

    async def extend(self, rng: random.Random) -> None:
        await self.carry_out(extend_pass, ExtendPass(rng.choice(self.passes), rng.choice([1, 5, 20]), "stress"))

    async def renew(self, rng: random.Random) -> None:
        await self.carry_out(renew_pass, RenewPass(rng.choice(self.passes), *self.payment(rng)))

    async def auto_renew(self, rng: random.Random) -> None:
        payment = self.payment(rng) if rng.random() < 0.5 else (None, None)
        await self.carry_out(set_auto_renew, SetAutoRenew(rng.choice(self.passes), rng.random() < 0.8, *payment))

    async def convert(self, rng: random.Random) -> None:
        timing = rng.choice([ConversionTiming.NOW_FREE, ConversionTiming.NOW_PAID])
        unused = rng.choice(list(UnusedAtConversion))
        command = ConvertPass(rng.choice(self.passes), rng.choice(self.options), timing, unused, *self.payment(rng))
        await self.carry_out(convert_pass, command)

    async def plan(self, rng: random.Random) -> None:
        assert self.now is not None
        named = rng.choice(self.passes)
        if rng.random() < 0.4:
            rows = await self.studio.fetch(
                "SELECT id FROM passes ORDER BY former_after_expiration IS NULL, closed_reason IS NOT NULL, id LIMIT 2"
            )
            await self.carry_out(cancel_conversion, CancelConversion(rng.choice(rows)["id"]))
            return
        on = None if rng.random() < 0.5 else self.now.date() + timedelta(days=rng.randint(1, 12))
        unused = rng.choice(list(UnusedAtConversion))
        await self.carry_out(schedule_conversion, ScheduleConversion(named, rng.choice(self.options), on, unused))

    async def switch(self, rng: random.Random) -> None:
        named = rng.choice(self.passes)
        if rng.random() < 0.4:
            await self.carry_out(deactivate_pass, DeactivatePass(named, "stress"))
        else:
            for row in await self.studio.fetch(
                "SELECT id FROM passes WHERE closed_reason = 'DEACTIVATED' ORDER BY id LIMIT 3"
            ):
                await self.carry_out(reactivate_pass, ReactivatePass(row["id"]))

    async def work(self, rng: random.Random) -> None:
        """What workers do: what is due, early or late, one by one or many at once, and payments left open."""
        await self.carry_out(do_due, DoDue(rng.choice(self.passes)), actor=WORKER)
        await self.carry_out(
            expire_passes, ExpirePasses(tuple(rng.sample(self.passes, min(8, len(self.passes))))), actor=WORKER
        )
        for row in await self.studio.fetch(
            "SELECT id FROM payments WHERE state IN ('INTENDED', 'UNKNOWN') ORDER BY id LIMIT 2"
        ):
            settled = await settle_payment(self.studio.runtime, self.studio.business_id, row["id"])
            self.done["settle_payment"] += bool(settled)

    async def tick(self, rng: random.Random) -> None:
        """Move the clock, and do on the way what falls due."""
        assert self.now is not None
        to = self.now + timedelta(minutes=rng.randint(30, 2000))
        try:
            await advance(self.studio.runtime, self.studio.business_id, OWNER, AdvanceTestClock(to), key=str(uuid4()))
        except Refused as refused:
            if refused.code is not Code.CLOCK_BACKWARDS:
                raise
        else:
            self.done["advance_test_clock"] += 1
            self.now = max(self.now, to)


ACTIONS: dict[Callable[[Hustle, random.Random], Awaitable[None]], int] = {
    Hustle.sell: 6,
    Hustle.book: 14,
    Hustle.pay: 6,
    Hustle.cancel: 8,
    Hustle.attend: 12,
    Hustle.hold: 5,
    Hustle.lift: 5,
    Hustle.adjust: 4,
    Hustle.extend: 3,
    Hustle.renew: 4,
    Hustle.auto_renew: 2,
    Hustle.convert: 2,
    Hustle.plan: 3,
    Hustle.switch: 3,
    Hustle.work: 5,
    Hustle.tick: 1,
}
