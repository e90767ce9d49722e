"""Whatever happens in a studio can be undone in any order that what depends on it allows, and leaves nothing behind."""

import random
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from models.errors import Refused
from models.operations.book_visits import BookVisits, NewVisit, PayBy, book_visits
from models.operations.catalogue import CreateClient, RevisePurchaseOption, create_client, revise_purchase_option
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
from models.operations.end_visit import (
    AttendanceOutcome,
    CancelledBy,
    CancelVisit,
    RecordAttendance,
    WaiveOutcome,
    cancel_visit,
    record_attendance,
    waive_outcome,
)
from models.operations.extend_passes import ExtendPasses, PassFilter, extend_passes
from models.operations.holds import EndHold, PlaceHold, RemoveHold, end_hold, place_hold, remove_hold
from models.operations.households import SetClientTypes, set_client_types
from models.operations.pay_fees import WaiveFee, waive_fee
from models.operations.pay_visits import PayVisits, pay_visits
from models.operations.refund_pass import RefundPass, refund_pass
from models.operations.renew_pass import RenewPass, renew_pass
from models.operations.sell_pass import SellPass, sell_pass
from models.operations.transfer_pass import TransferPass, transfer_pass
from models.operations.undo.dependents import DependedOn
from models.operations.undo.undo_operation import UndoOperation, undo_operation
from models.rules.codes import Code
from models.rules.terms import Outcomes
from models.rules.values import AfterExpiration, ConversionTiming, RefundDestination, UnusedAtConversion
from tests.operations.acts import DAY, HOUR
from tests.operations.effective import effective
from tests.operations.test_dry_run import CARD
from tests.operations.test_undo_every_verb import last_operation
from tests.studio import MONTH, TEN_CLASSES, Studio

RENEWING = replace(
    TEN_CLASSES,
    quantity=4,
    validity=MONTH,
    after_expiration=AfterExpiration.RENEW,
    outcomes=Outcomes(late_cancel_fee_minor=500, no_show_fee_minor=900),
)
_UNUSED, _CREDIT = list(UnusedAtConversion), RefundDestination.CREDIT
SEEDS, STEPS = range(12), 14


class Town:
    """A studio with two passes and visits behind and ahead, and everything that can be done to them at random."""

    def __init__(self, studio: Studio, chance: random.Random) -> None:
        self.studio, self.chance = studio, chance
        self.passes: list[UUID] = []
        self.option = self.other = self.receiver = UUID(int=0)

    async def open(self) -> None:
        self.option, self.other = await self.studio.option(RENEWING), await self.studio.option()
        self.receiver = (await self.studio.do(create_client, CreateClient("Zoe"))).rows["client"]
        for _ in range(2):
            command = SellPass(self.studio.client, self.option, *CARD)
            self.passes.append((await self.studio.do(sell_pass, command)).passes[0])
        began = self.studio.began
        for pass_id in self.passes:
            await self.studio.book([began - 3 * HOUR if pass_id == self.passes[0] else began - HOUR], pass_id=pass_id)
        await self.studio.book([began + DAY, began + 2 * DAY])
        await self.studio.book([began + 3 * DAY], pay_by=PayBy.NOTHING)

    async def one(self, statement: str) -> UUID:
        rows = await self.studio.fetch(statement)
        return self.chance.choice(rows)["id"] if rows else UUID(int=1)

    async def command(self, only: int | None = None) -> tuple[Any, Any]:
        """Return something to do; what it names may be unfit for it, which is then refused.

        `only` keeps to one of the passes, and to what it alone pays for.
        """
        chance, studio = self.chance, self.studio
        pass_id = chance.choice(self.passes) if only is None else self.passes[only]
        mine = "" if only is None else f"WHERE pass_id = '{pass_id}'"
        visit = await self.one(f"SELECT id FROM visits {mine} ORDER BY id")
        hold = await self.one(f"SELECT id FROM holds {mine} ORDER BY id")
        fee = await self.one(f"SELECT id FROM fees {mine} ORDER BY id")
        first = studio.began.date() + chance.randrange(5) * DAY
        start = studio.began + chance.randrange(-2, 12) * DAY + chance.randrange(600) * timedelta(minutes=1)
        new = (NewVisit(studio.service, studio.location, start, start + HOUR),)
        version = (await studio.fetch("SELECT current_version FROM purchase_options WHERE id = $1", self.other))[0][0]
        everywhere: list[tuple[Any, Any]] = [
            (book_visits, BookVisits(studio.client, new)),
            (extend_passes, ExtendPasses(PassFilter(), 3, "Storm")),
            (set_client_types, SetClientTypes(studio.client, (chance.choice(("Student", "Senior")),))),
            (revise_purchase_option, RevisePurchaseOption(self.other, version, f"Ten {chance.random()}", TEN_CLASSES)),
            (sell_pass, SellPass(studio.client, self.option, *CARD)),
        ]
        found: list[tuple[Any, Any]] = [
            (book_visits, BookVisits(studio.client, new, PayBy.PASS, pass_id)),
            (pay_visits, PayVisits((visit,))),
            (cancel_visit, CancelVisit(visit, chance.choice(list(CancelledBy)))),
            (record_attendance, RecordAttendance(visit, chance.choice(list(AttendanceOutcome)))),
            (record_attendance, RecordAttendance(visit, chance.choice(list(AttendanceOutcome)))),
            (waive_outcome, WaiveOutcome(visit, "Ill")),
            (waive_fee, WaiveFee(fee, "Ill")),
            (adjust_pass, AdjustPass(pass_id, chance.choice((-2, -1, 1, 3)), "Correction")),
            (extend_pass, ExtendPass(pass_id, chance.randrange(1, 9), "Ill")),
            (place_hold, PlaceHold(pass_id, first, first + chance.randrange(4) * DAY)),
            (end_hold, EndHold(hold, first)),
            (remove_hold, RemoveHold(hold)),
            (deactivate_pass, DeactivatePass(pass_id, "Lost")),
            (reactivate_pass, ReactivatePass(pass_id)),
            (set_auto_renew, SetAutoRenew(pass_id, chance.random() < 0.5)),
            (schedule_conversion, ScheduleConversion(pass_id, self.other)),
            (cancel_conversion, CancelConversion(pass_id)),
            (renew_pass, RenewPass(pass_id, *CARD)),
            (convert_pass, ConvertPass(pass_id, self.other, ConversionTiming.NOW_PAID, chance.choice(_UNUSED), *CARD)),
            (transfer_pass, TransferPass(pass_id, self.receiver, "Gift", chance.choice((None, 1, 2)))),
            (refund_pass, RefundPass(pass_id, "Moved away", chance.choice((None, 1)), destination=_CREDIT)),
        ]
        return chance.choice(found if only is not None else found + everywhere)

    async def act(self, only: int | None = None) -> UUID | None:
        """Do something at random; return its operation, None where it was refused."""
        verb, command = await self.command(only)
        try:
            await self.studio.do(verb, command)
        except Refused:
            return None
        return await last_operation(self.studio)


async def some(town: Town, count: int, only: int | None = None) -> list[UUID]:
    """Do so many things; return their operations in order."""
    done: list[UUID] = []
    while len(done) < count:
        operation = await town.act(only)
        done += [operation] if operation else []
    return done


@pytest.mark.parametrize("seed", SEEDS)
async def test_the_newest_first_everything_is_undone_step_by_step(studio: Studio, seed: int) -> None:
    town = Town(studio, random.Random(seed))
    await town.open()
    history: list[tuple[UUID, dict[str, Any]]] = []
    while len(history) < STEPS:
        before = await effective(studio)
        operation = await town.act()
        history += [(operation, before)] if operation else []
    for operation, before in reversed(history):
        try:
            await studio.do(undo_operation, UndoOperation(operation, "A mistake"))
        except Refused as refused:
            if refused.code is Code.NOTHING_TO_DO:
                continue  # A payment that found nothing to pay with.
            # A cancellation is taken back as recordAttendance would: a pass that is out of use then pays for nothing.
            if refused.code is not Code.PASS_CANNOT_PAY:
                raise
            break
        assert await effective(studio) == before


@pytest.mark.parametrize("seed", SEEDS)
async def test_in_any_order_what_cannot_be_undone_yet_says_why_and_stays_as_it_is(studio: Studio, seed: int) -> None:
    chance = random.Random(seed)
    town = Town(studio, chance)
    await town.open()
    left = set(await some(town, STEPS))
    for operation in chance.sample(sorted(left), len(left)):
        now_so = await effective(studio)
        refused = await refusal(studio, operation)
        if refused is None:
            left.remove(operation)
            continue
        named = set(refused.operations) if isinstance(refused, DependedOn) else set()
        found = (await effective(studio) == now_so, named <= left - {operation}, bool(named))
        assert found == (True, True, refused.code is Code.DEPENDED_ON), str(refused)


async def refusal(studio: Studio, operation: UUID) -> Refused | None:
    """Undo the operation; return why it could not be."""
    try:
        await studio.do(undo_operation, UndoOperation(operation, "A mistake"))
    except Refused as refused:
        return refused
    return None


def _named(state: dict[str, Any], known: str) -> str:
    """Return the state as text, with one word for every id that was not known before."""
    ordered = {**state, "passes": sorted(state["passes"].items(), key=str)}
    words = str(ordered).split("UUID('")
    return "".join(w if n == 0 or w[:36] in known else "new" + w[36:] for n, w in enumerate(words))


@pytest.mark.parametrize("seed", range(12, 22))
async def test_undoing_one_of_two_leaves_the_other_as_if_it_alone_had_been(studio: Studio, seed: int) -> None:
    """B alone, and undone; then A, B, and A undone: B is there as it was alone."""
    chance = random.Random(seed)
    town = Town(studio, chance)
    await town.open()
    for _ in range(6):
        before = await effective(studio)
        verb, command = await town.command(only=1)
        try:
            await studio.do(verb, command)
        except Refused:
            continue
        alone = await effective(studio)
        await studio.do(undo_operation, UndoOperation(await last_operation(studio), "Try"))
        assert await effective(studio) == before
        (first,) = await some(town, 1, only=0)
        await studio.do(verb, command)
        second = await last_operation(studio)
        try:
            await studio.do(undo_operation, UndoOperation(first, "A mistake"))
        except DependedOn:  # What it left unpaid was paid with the other pass meanwhile.
            await studio.do(undo_operation, UndoOperation(second, "First this"))
            await studio.do(undo_operation, UndoOperation(first, "A mistake"))
            assert await effective(studio) == before
            continue
        assert _named(await effective(studio), str(before)) == _named(alone, str(before))
        await studio.do(undo_operation, UndoOperation(second, "Clean up"))
        assert await effective(studio) == before
