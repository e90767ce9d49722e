"""Packages, closures, fees, disputes and creations in any order: undone from the newest on, each as if it never was."""

import random
from typing import Any
from uuid import UUID

import pytest

from models.errors import Refused
from models.operations.book_visits import BookVisits, NewVisit, book_visits
from models.operations.catalogue import CreateClient, CreateLocation, create_client, create_location
from models.operations.closures import (
    EndClosure,
    PlaceClosure,
    RemoveClosure,
    end_closure,
    place_closure,
    remove_closure,
)
from models.operations.disputes import ReportDispute, SettleDispute, report_dispute, settle_dispute
from models.operations.end_visit import (
    AttendanceOutcome,
    CancelVisit,
    RecordAttendance,
    cancel_visit,
    record_attendance,
)
from models.operations.hold_package import HoldPackage, hold_package
from models.operations.pay_fees import PayFees, pay_fees
from models.operations.refund_package import RefundPackage, refund_package
from models.operations.renew_package import RenewPackage, renew_package
from models.operations.sell_package import SellPackage, sell_package
from models.operations.undo.undo_operation import UndoOperation, undo_operation
from models.rules.codes import Code
from models.rules.values import RefundDestination
from tests.operations.acts import DAY, HOUR, now
from tests.operations.effective import effective
from tests.operations.test_dry_run import CARD
from tests.operations.test_undo_every_verb import last_operation
from tests.packaged import starter_sold
from tests.studio import Studio, missed_visit

STEPS, SEEDS = 10, range(24)
LEFT = (Code.NOT_UNDOABLE, Code.PASS_CANNOT_PAY, Code.DISPUTE_OPEN)
"""What it may come to where time or money has gone, or is in dispute: it says so, and the story ends there."""


async def something(studio: Studio, chance: random.Random, package: UUID) -> tuple[Any, Any]:
    """Return a command at random, which may well be refused."""

    async def one(statement: str) -> UUID:
        rows = await studio.fetch(statement)
        found: UUID = chance.choice(rows)[0] if rows else studio.client
        return found

    sale = await one("SELECT id FROM package_sales")
    visit = await one("SELECT id FROM visits")
    closure = await one("SELECT id FROM closures")
    order = await one("SELECT id FROM orders WHERE state = 'PAID'")
    at = await now(studio)
    first, start = at.date() + chance.randrange(6) * DAY, at + chance.randrange(-2, 300) * HOUR
    new = NewVisit(studio.service, studio.location, start, start + HOUR)
    some: list[tuple[Any, Any]] = [
        (sell_package, SellPackage(studio.client, package, *CARD, use_credit=chance.random() < 0.5)),
        (hold_package, HoldPackage(sale, first, first + chance.randrange(4) * DAY)),
        (renew_package, RenewPackage(sale, *CARD, use_credit=chance.random() < 0.5)),
        (refund_package, RefundPackage(sale, "Moved away", destination=RefundDestination.CREDIT)),
        (place_closure, PlaceClosure(studio.location, first, first + chance.randrange(5) * DAY, "Repairs")),
        (end_closure, EndClosure(closure, first)),
        (remove_closure, RemoveClosure(closure)),
        (pay_fees, PayFees((await one("SELECT id FROM fees WHERE state = 'OWED'"),), *CARD)),
        (report_dispute, ReportDispute(order)),
        (settle_dispute, SettleDispute(order, won=chance.random() < 0.7)),
        (create_client, CreateClient(f"Client {chance.random()}")),
        (create_location, CreateLocation(f"Place {chance.random()}")),
        *[(book_visits, BookVisits(studio.client, (new,)))] * 3,
        (cancel_visit, CancelVisit(visit)),
        (record_attendance, RecordAttendance(visit, chance.choice(list(AttendanceOutcome)))),
    ]
    return chance.choice(some)


@pytest.mark.parametrize("seed", SEEDS)
async def test_the_newest_first_everything_is_undone_step_by_step(studio: Studio, seed: int) -> None:
    chance = random.Random(seed)
    package = (await starter_sold(studio)).rows["package"]
    await missed_visit(studio)
    history: list[tuple[UUID, dict[str, Any]]] = []
    while len(history) < STEPS:
        before = await effective(studio)
        verb, command = await something(studio, chance, package)
        try:
            await studio.do(verb, command)
        except Refused:
            continue
        history.append((await last_operation(studio), before))
    undone = 0
    for operation, before in reversed(history):
        try:
            await studio.do(undo_operation, UndoOperation(operation, "A mistake"))
        except Refused as refused:
            if refused.code not in LEFT:
                raise
            break
        assert await effective(studio) == before
        undone += 1
    assert undone, "nothing came back at all"
