"""More for the hands of a busy studio to do: refunds, fees, waivers, lapses, other versions, packages of sales.

Each action takes the studio and a source of chance, as those of `hustle.py` do, and picks among what there is.
"""

import random
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from models.operations.base import WORKER
from models.operations.book_visits import BookVisits, NewVisit, PayBy, book_visits
from models.operations.claim_lapsed import ClaimLapsed, claim_lapsed
from models.operations.end_visit import (
    AttendanceOutcome,
    CancelVisit,
    RecordAttendance,
    WaiveOutcome,
    cancel_visit,
    record_attendance,
    waive_outcome,
)
from models.operations.extend_passes import ExtendPasses, PassFilter, extend_passes
from models.operations.migrate_passes import MigratePasses, RevertMigration, migrate_passes, revert_migration
from models.operations.pay_fees import PayFees, WaiveFee, pay_fees, waive_fee
from models.operations.refund_pass import RefundPass, refund_pass
from models.operations.renew_pass import RenewPass, renew_pass
from models.operations.resolve_visits import ResolveVisits, resolve_visits
from models.operations.sell_pass import SellPass, sell_pass
from models.operations.settle_payment import settle_payment
from models.operations.settle_refund import CreditRefund, credit_refund, settle_refund
from models.queries.catalogue import option_terms
from models.rules.policies import Restriction
from models.rules.terms import Terms
from models.rules.values import (
    AfterExpiration,
    OutcomeEffect,
    PaymentMethod,
    RefundBasis,
    RefundDestination,
    RestrictionPer,
    SaleChannel,
    TestCard,
    ValidityRule,
)
from tests.races.hustle import Hustle

_SILENT = (PaymentMethod.TEST_CARD, TestCard.TIMEOUT)
Action = Callable[[Hustle, random.Random], Awaitable[None]]


async def one(hustle: Hustle, rng: random.Random, statement: str, *values: Any, among: int = 20) -> Any:
    """Return one of the first rows, by chance, or nothing where there is none."""
    rows = await hustle.studio.fetch(f"{statement} LIMIT {among}", *values)
    return rng.choice(rows) if rows else None


async def refund(hustle: Hustle, rng: random.Random) -> None:
    """Pay back some units, money alone, or everything."""
    units = rng.choice([None, 0, 0, 1, 1, 2])
    amount = rng.choice([None, None, rng.randint(0, 4_000)])
    basis = rng.choice([None, None, *RefundBasis])
    destination = rng.choice([RefundDestination.ORIGINAL, *RefundDestination])
    command = RefundPass(rng.choice(hustle.passes), "stress", units, amount, basis, destination)
    await hustle.carry_out(refund_pass, command)


async def credit(hustle: Hustle, rng: random.Random) -> None:
    """Ask again for a charge or a refund that never answered, and make one that was refused the client's credit."""
    studio = hustle.studio
    await hustle.carry_out(sell_pass, SellPass(rng.choice(hustle.clients), rng.choice(hustle.options), *_SILENT))
    for row in await studio.fetch("SELECT id FROM payments WHERE state IN ('INTENDED', 'UNKNOWN') ORDER BY id"):
        settled = await settle_payment(studio.runtime, studio.business_id, row["id"])
        hustle.done["settle_payment"] += bool(settled)
    silent = await one(
        hustle, rng, "SELECT id FROM passes WHERE test_card = 'TIMEOUT' ORDER BY closed_reason IS NOT NULL, id", among=2
    )
    if silent:
        await hustle.carry_out(refund_pass, RefundPass(silent["id"], "stress"))
    open_one = await one(hustle, rng, "SELECT id FROM refunds WHERE state IN ('INTENDED', 'UNKNOWN') ORDER BY id")
    if open_one:
        settled = await settle_refund(studio.runtime, studio.business_id, open_one["id"])
        hustle.done["settle_refund"] += bool(settled)
    row = await one(hustle, rng, "SELECT id FROM refunds ORDER BY state = 'FAILED' DESC, id DESC", among=2)
    if row:
        await hustle.carry_out(credit_refund, CreditRefund(row["id"]))


async def spend(hustle: Hustle, rng: random.Random) -> None:
    """Buy or renew with credit first, by whichever channel."""
    method, card = hustle.payment(rng)
    if rng.random() < 0.4 and hustle.passes:
        await hustle.carry_out(renew_pass, RenewPass(rng.choice(hustle.passes), method, card, use_credit=True))
        return
    option, channel = rng.choice(hustle.options), rng.choice([None, *SaleChannel])
    link = None
    if channel is SaleChannel.DIRECT_LINK:
        row = (await hustle.studio.fetch("SELECT direct_link_code FROM purchase_options WHERE id = $1", option))[0]
        link = rng.choice([row["direct_link_code"], None, "wrong"])
    command = SellPass(
        rng.choice(hustle.clients), option, method, card, channel=channel, link_code=link, use_credit=True
    )
    await hustle.carry_out(sell_pass, command)


async def extend_many(hustle: Hustle, rng: random.Random) -> None:
    """Extend what one option sold, or all that somebody has."""
    meant = rng.choice(
        [
            PassFilter(option_ids=(rng.choice(hustle.options),), include_expired=rng.random() < 0.3),
            PassFilter(client_ids=(rng.choice(hustle.clients),)),
            PassFilter(location_id=hustle.studio.location),
        ]
    )
    await hustle.carry_out(extend_passes, ExtendPasses(meant, rng.choice([1, 3, 7]), "stress"))


def varied(terms: Terms, rng: random.Random) -> Terms:
    """Return the terms with one thing changed that a studio would change."""
    outcomes = terms.outcomes
    choices = [
        replace(terms, price_minor=max(0, terms.price_minor + rng.choice([-500, 700]))),
        replace(terms, outcomes=replace(outcomes, late_cancel_fee_minor=rng.choice([0, 300]))),
        replace(terms, outcomes=replace(outcomes, free_per_period=rng.choice([0, 2]))),
        replace(terms, outcomes=replace(outcomes, no_show=rng.choice(list(OutcomeEffect)))),
        replace(terms, restrictions=(Restriction(rng.choice([1, 2, 4]), rng.choice(list(RestrictionPer))),)),
        replace(terms, refund=replace(terms.refund, drop_in_price_minor=rng.choice([None, 900]))),
    ]
    if terms.validity.rule is ValidityRule.PERIOD:
        choices.append(replace(terms, after_expiration=AfterExpiration.RENEW, conversion=None))
        choices.append(replace(terms, after_expiration=AfterExpiration.EXPIRE, conversion=None))
    return rng.choice(choices)


async def migrate(hustle: Hustle, rng: random.Random) -> None:
    """Move what an option sold to a version with other terms, or back."""
    if rng.random() < 0.35:
        row = await one(hustle, rng, "SELECT DISTINCT operation_id FROM option_migrations ORDER BY 1")
        if row:
            await hustle.carry_out(revert_migration, RevertMigration(row["operation_id"], "stress"))
        return
    option = rng.choice(hustle.options)
    async with hustle.studio.runtime.database.reading(hustle.studio.business_id) as reader:
        current = await option_terms(reader, option)
    assert current is not None
    terms = varied(current.terms, rng) if rng.random() < 0.8 else None
    await hustle.carry_out(migrate_passes, MigratePasses(option, "stress", terms=terms))


async def claim(hustle: Hustle, rng: random.Random) -> None:
    """Claim back what lapsed."""
    row = await one(
        hustle,
        rng,
        """SELECT l.pass_id FROM lots l JOIN passes p ON p.id = l.pass_id JOIN purchase_option_versions v
           ON v.option_id = p.option_id AND v.version = p.option_version GROUP BY 1
           ORDER BY max((v.terms->>'reviveDays')::int) = 0, sum(l.expired) = 0, 1""",
        among=2,
    )
    if row:
        await hustle.carry_out(claim_lapsed, ClaimLapsed(row["pass_id"]))


async def waive(hustle: Hustle, rng: random.Random) -> None:
    """Let a client off an outcome, when it is recorded or after."""
    if rng.random() < 0.5:
        row = await one(hustle, rng, "SELECT id FROM visits WHERE state IN ('LATE_CANCELLED', 'NO_SHOW') ORDER BY id")
        if row:
            await hustle.carry_out(waive_outcome, WaiveOutcome(row["id"], "stress"))
        return
    row = await one(hustle, rng, "SELECT id FROM visits WHERE state = 'BOOKED' ORDER BY starts_at, id")
    if row:
        if rng.random() < 0.5:
            missed = RecordAttendance(row["id"], AttendanceOutcome.NO_SHOW, waive=True, reason="stress")
            await hustle.carry_out(record_attendance, missed)
        else:
            await hustle.carry_out(cancel_visit, CancelVisit(row["id"], waive=True, reason="stress"))


async def fee(hustle: Hustle, rng: random.Random) -> None:
    """Pay what fees a client owes, or let a client off one."""
    if rng.random() < 0.4:
        row = await one(hustle, rng, "SELECT id FROM fees ORDER BY id")
        if row:
            await hustle.carry_out(waive_fee, WaiveFee(row["id"], "stress"))
        return
    row = await one(hustle, rng, "SELECT client_id, array_agg(id) AS ids FROM fees WHERE state = 'OWED' GROUP BY 1")
    if row is None:
        await _miss(hustle, rng)
    else:
        method, card = hustle.payment(rng)
        if method is PaymentMethod.COMPLIMENTARY:
            method, card = PaymentMethod.TEST_CARD, TestCard.APPROVE
        ids: tuple[UUID, ...] = tuple(sorted(row["ids"]))
        await hustle.carry_out(pay_fees, PayFees(ids[: rng.randint(1, 3)], method, card))


async def _miss(hustle: Hustle, rng: random.Random) -> None:
    """Let a client miss a visit that a pass with a fee pays for."""
    assert hustle.now is not None
    row = await one(
        hustle,
        rng,
        """SELECT p.id, p.client_id FROM passes p JOIN purchase_option_versions v
           ON v.option_id = p.option_id AND v.version = p.option_version
           WHERE p.closed_reason IS NULL AND (v.terms->'outcomes'->>'noShowFeeMinor')::int > 0
           ORDER BY (v.terms->'outcomes'->>'freePerPeriod')::int, p.id DESC""",
        among=2,
    )
    if row is None:
        return
    began = hustle.now - timedelta(minutes=rng.randint(1, 50))
    visit = NewVisit(hustle.studio.service, hustle.studio.location, began, hustle.now + timedelta(minutes=10))
    booked = await hustle.carry_out(book_visits, BookVisits(row["client_id"], (visit,), PayBy.PASS, row["id"]))
    if booked:
        await hustle.carry_out(record_attendance, RecordAttendance(booked.visits[0], AttendanceOutcome.NO_SHOW))


async def resolve(hustle: Hustle, rng: random.Random) -> None:
    """What a worker does with visits that are over and that nobody recorded, twice as often as not."""
    rows = await hustle.studio.fetch(
        "SELECT id FROM visits WHERE state = 'BOOKED' AND ends_at <= $1 ORDER BY ends_at, id LIMIT 6", hustle.now
    )
    if rows:
        for _ in range(rng.choice([1, 2])):
            await hustle.carry_out(resolve_visits, ResolveVisits(tuple(row["id"] for row in rows)), actor=WORKER)


MONEY: dict[Action, int] = {
    refund: 3,
    credit: 2,
    spend: 3,
    extend_many: 1,
    migrate: 2,
    claim: 2,
    waive: 4,
    fee: 4,
    resolve: 3,
}
