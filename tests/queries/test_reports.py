"""Reports: what each lists, and that the money derived from the ledger is the money that was paid, to the cent."""

import random
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from models.errors import Refused
from models.operations.book_visits import PayBy
from models.operations.catalogue import CreateClient, create_client
from models.operations.change_pass import AdjustPass, adjust_pass
from models.operations.claim_lapsed import ClaimLapsed, claim_lapsed
from models.operations.convert_pass import ConvertPass, convert_pass
from models.operations.end_visit import CancelledBy, CancelVisit, cancel_visit
from models.operations.refund_package import RefundPackage, refund_package
from models.operations.refund_pass import RefundPass, refund_pass
from models.operations.renew_pass import RenewPass, renew_pass
from models.operations.sell_pass import SellPass, sell_pass
from models.operations.transfer_pass import TransferPass, transfer_pass
from models.operations.undo.undo_operation import UndoOperation, undo_operation
from models.queries.reports.catalogue import REPORTS, asked_range
from models.rules.policies import Offer
from models.rules.terms import Renewal, Terms
from models.rules.values import (
    AfterExpiration,
    ConversionTiming,
    PassKind,
    PaymentMethod,
    TestCard,
    UnusedAtConversion,
    UnusedAtRenewal,
)
from tests.operations.acts import DAY, hold, record
from tests.packaged import starter_sold
from tests.studio import MONTH, TEN_CLASSES, Studio

MONTHLY = Terms(PassKind.SESSION, 9_000, 8, MONTH, after_expiration=AfterExpiration.RENEW)
CARD = (PaymentMethod.TEST_CARD, TestCard.APPROVE)


async def report(
    studio: Studio, name: str, first: date | None = None, last: date | None = None
) -> list[dict[str, Any]]:
    """Read a report, a row a dictionary by column."""
    found = REPORTS[name]
    async with studio.runtime.database.reading(studio.business_id) as reader:
        now = await reader.fetchval("SELECT test_clock_at FROM businesses")
        asked = asked_range(first or now.date(), last or now.date() + 60 * DAY, "Europe/Paris", now)
        keys = [column.key for column in found.columns]
        return [dict(zip(keys, row, strict=True)) async for row in found.rows(reader, asked)]


async def test_what_is_left_and_what_ends(studio: Studio) -> None:
    ten = await studio.sell()
    monthly = await studio.sell(replace(MONTHLY, after_expiration=AfterExpiration.EXPIRE))
    await studio.book([studio.began + DAY], pass_id=ten)
    left = {row["pass"]: row for row in await report(studio, "VISITS_REMAINING")}
    assert (left[ten]["available"], left[ten]["booked"], left[ten]["lastDay"]) == (9, 1, None)
    assert left[monthly]["available"] == 8
    soon = await report(studio, "EXPIRING_SOON")
    assert [(row["pass"], row["available"]) for row in soon] == [(monthly, 8)]
    assert await report(studio, "EXPIRING_SOON", last=studio.began.date()) == []
    await studio.advance(studio.began + 40 * DAY)
    ended = await report(studio, "EXPIRED", studio.began.date())
    assert [(row["pass"], row["expired"]) for row in ended] == [(monthly, 8)]
    assert {row["pass"] for row in await report(studio, "VISITS_REMAINING")} == {ten}


async def test_renewals_due_and_failed(studio: Studio) -> None:
    good = await studio.sell(MONTHLY)
    option = await studio.option(MONTHLY)
    cash = (await studio.do(sell_pass, SellPass(studio.client, option, PaymentMethod.CASH))).passes[0]
    due = await report(studio, "RENEWALS_DUE")
    assert {(row["pass"], row["price"]) for row in due} == {(good, 9_000), (cash, 9_000)}
    await studio.advance(studio.began + 30 * DAY)
    failed = await report(studio, "RENEWALS_FAILED", studio.began.date())
    assert [(row["pass"], row["state"]) for row in failed] == [(cash, "OWED")]
    await studio.advance(studio.began + 60 * DAY)
    failed = await report(studio, "RENEWALS_FAILED", studio.began.date())
    assert [(row["pass"], row["state"]) for row in failed] == [(cash, "RELEASED")]


async def test_visits_unpaid_and_attended(studio: Studio) -> None:
    pass_id = await studio.sell()
    paid = await studio.book([studio.began + DAY, studio.began + 2 * DAY], pass_id=pass_id)
    loose = await studio.book([studio.began + 3 * DAY], pay_by=PayBy.NOTHING)
    await studio.advance(studio.began + 2 * DAY)
    await record(studio, paid.visits[0])
    unpaid = await report(studio, "UNPAID_VISITS")
    assert [(row["visit"], row["state"]) for row in unpaid] == [(loose.visits[0], "BOOKED")]
    used = await report(studio, "ATTENDANCE_BY_OPTION", studio.began.date())
    assert [(row["attended"], row["booked"], row["minutes"]) for row in used] == [(1, 1, 60), (0, 1, 0)]
    assert used[1]["option"] is None


async def test_holds_and_conversions_and_introductory_offers(studio: Studio) -> None:
    today = studio.began.date()
    intro = await studio.sell(Terms(PassKind.UNLIMITED, 2_000, validity=MONTH, offer=Offer(introductory=True)))
    await hold(studio, intro, (today + DAY).isoformat(), (today + 3 * DAY).isoformat())
    assert [row["pass"] for row in await report(studio, "HOLDS", today + 3 * DAY, today + 3 * DAY)] == [intro]
    assert await report(studio, "HOLDS", today + 4 * DAY) == []
    offers = await report(studio, "INTRODUCTORY_OFFERS", today)
    assert [(row["pass"], row["converted"]) for row in offers] == [(intro, 0)]
    target = await studio.option(MONTHLY)
    convert = ConvertPass(intro, target, ConversionTiming.NOW_PAID, payment_method=CARD[0], test_card=CARD[1])
    await studio.do(convert_pass, convert)
    told = await report(studio, "CONVERSIONS", today)
    assert [(row["pass"], row["price"]) for row in told] == [(intro, 9_000)]
    offers = await report(studio, "INTRODUCTORY_OFFERS", today)
    assert [(row["converted"], row["price"]) for row in offers] == [(1, 9_000)]


async def _money(studio: Studio) -> dict[str, int]:
    """Return the sums of the deferred revenue, having seen that they balance for every option."""
    rows = await report(studio, "DEFERRED_REVENUE", studio.began.date() - DAY)
    for row in rows:
        come = row["granted"] + row["carriedIn"]
        gone = sum(row[figure] for figure in ("earned", "breakage", "refunded", "carriedOut", "deferred"))
        assert come == gone, row
        assert all(row[figure] >= 0 for figure in ("earned", "breakage", "refunded", "carriedOut", "deferred")), row
    figures = ("granted", "carriedIn", "earned", "breakage", "refunded", "carriedOut", "deferred")
    return {figure: sum(row[figure] for row in rows) for figure in figures}


async def _paid(studio: Studio) -> int:
    rows = await studio.fetch("SELECT coalesce(sum(price_minor), 0)::bigint AS paid FROM orders WHERE state = 'PAID'")
    return int(rows[0]["paid"])


async def test_ten_classes_for_150_are_earned_visit_by_visit(studio: Studio) -> None:
    pass_id = await studio.sell(replace(TEN_CLASSES, validity=MONTH))
    visits = (await studio.book([studio.began + n * timedelta(hours=2) for n in (1, 2, 3)], pass_id=pass_id)).visits
    assert (await _money(studio))["deferred"] == 15_000
    await studio.advance(studio.began + DAY)
    for visit in visits:
        await record(studio, visit)
    told = await _money(studio)
    assert (told["earned"], told["deferred"]) == (4_500, 10_500)
    await studio.do(refund_pass, RefundPass(pass_id, "x", units=2))
    assert (await _money(studio))["refunded"] == 3_000
    await studio.advance(studio.began + 40 * DAY)
    assert await _money(studio) == {
        "granted": 15_000,
        "carriedIn": 0,
        "earned": 4_500,
        "breakage": 7_500,
        "refunded": 3_000,
        "carriedOut": 0,
        "deferred": 0,
    }


async def test_an_unlimited_month_is_earned_day_by_day(studio: Studio) -> None:
    await studio.sell(Terms(PassKind.UNLIMITED, 2_800, validity=MONTH))
    first = await _money(studio)
    assert first["granted"] == first["earned"] + first["deferred"] == 2_800
    await studio.advance(studio.began + 10 * DAY)
    later = await _money(studio)
    assert later["earned"] - first["earned"] == pytest.approx(1_000, abs=60)
    await studio.advance(studio.began + 40 * DAY)
    assert (await _money(studio))["deferred"] == 0


async def test_the_past_reads_as_it_was(studio: Studio) -> None:
    pass_id = await studio.sell(replace(TEN_CLASSES, validity=MONTH))
    booked = await studio.book([studio.began + 5 * DAY], pass_id=pass_id)
    await studio.advance(studio.began + 6 * DAY)
    await record(studio, booked.visits[0])
    rows = await report(studio, "DEFERRED_REVENUE", studio.began.date(), studio.began.date() + 2 * DAY)
    assert [(row["earned"], row["deferred"]) for row in rows] == [(0, 15_000)]


async def _renew_or_undo(studio: Studio, chance: random.Random, what: str, pass_id: UUID) -> None:
    """Renew the pass, or undo one of the last things that happened."""
    if what == "renew":
        await studio.do(renew_pass, RenewPass(pass_id, *CARD))
    else:
        rows = await studio.fetch("SELECT id FROM operations ORDER BY recorded_at DESC, id DESC LIMIT 4")
        await studio.do(undo_operation, UndoOperation(chance.choice(rows)["id"], "x"))


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_happens_the_sums_are_the_money_that_was_paid(studio: Studio, seed: int) -> None:
    chance = random.Random(seed)
    kinds = [
        replace(MONTHLY, price_minor=9_997, renewal=Renewal(unused=UnusedAtRenewal.ROLLOVER)),
        replace(TEN_CLASSES, price_minor=10_000, quantity=7, validity=MONTH),
        Terms(PassKind.UNLIMITED, 3_333, validity=MONTH, after_expiration=AfterExpiration.RENEW),
        Terms(PassKind.DAY, 5_001, 5),
    ]
    options = [await studio.option(terms) for terms in kinds]
    passes: list[UUID] = []
    visits: list[UUID] = []
    day = 0
    doings = ["sell", "sell", "book", "book", "advance", "cancel", "attend", "refund", "convert", "renew", "undo"]
    for _ in range(50):
        try:
            match chance.choice([*doings, "adjust"]):
                case "sell":
                    sold = await studio.do(sell_pass, SellPass(studio.client, chance.choice(options), *CARD))
                    passes += sold.passes
                case "book":
                    at = studio.began + timedelta(days=day + chance.randrange(9), hours=1 + chance.randrange(9))
                    visits += (await studio.book([at])).visits
                case "advance":
                    day += chance.randrange(1, 12)
                    await studio.advance(studio.began + day * DAY)
                case "cancel" if visits:
                    await studio.do(cancel_visit, CancelVisit(chance.choice(visits), CancelledBy.CLIENT))
                case "attend" if visits:
                    await record(studio, chance.choice(visits), chance.choice(["ATTENDED", "NO_SHOW"]))
                case "refund" if passes:
                    units = chance.choice([None, 0, 1, 2])
                    await studio.do(refund_pass, RefundPass(chance.choice(passes), "x", units))
                case "convert" if passes:
                    unused = chance.choice(list(UnusedAtConversion))
                    timing = ConversionTiming.NOW_PAID
                    command = ConvertPass(chance.choice(passes), chance.choice(options), timing, unused, *CARD)
                    await studio.do(convert_pass, command)
                case ("renew" | "undo") as what if passes:
                    await _renew_or_undo(studio, chance, what, chance.choice(passes))
                case _ if passes:
                    await studio.do(adjust_pass, AdjustPass(chance.choice(passes), chance.choice([-1, 2]), "x"))
        except Refused:
            continue
    told = await _money(studio)
    assert told["granted"] == await _paid(studio)
    assert told["carriedIn"] <= told["carriedOut"], "what goes on to another lot was carried out of one"


async def test_days_that_an_open_freeze_hides_are_still_owed(studio: Studio) -> None:
    pass_id = await studio.sell(Terms(PassKind.UNLIMITED, 2_800, validity=MONTH))
    await hold(studio, pass_id, (studio.began.date() + 14 * DAY).isoformat(), None)
    await studio.advance(studio.began + 90 * DAY)
    told = await _money(studio)
    assert (told["earned"], told["deferred"]) == (1_400, 1_400)


async def test_goods_and_credit_of_a_package_have_rows_of_their_own(studio: Studio) -> None:
    sold = await starter_sold(studio)
    rows = await report(studio, "REVENUE_BY_OPTION", studio.began.date())
    assert sum(row["price"] for row in rows) == 10_000
    assert [row["optionName"] for row in rows if row["option"] is None] == ["Mat", "Starter"]
    refund = RefundPackage(sold.rows["packageSale"], "moved", tuple(await _goods(studio)))
    await studio.do(refund_package, refund)
    rows = await report(studio, "REVENUE_BY_OPTION", studio.began.date())
    paid = await studio.fetch("SELECT coalesce(sum(amount_minor), 0)::bigint AS sum FROM refunds")
    taken = await studio.fetch("SELECT coalesce(sum(refunded_minor), 0)::bigint AS sum FROM package_items")
    assert sum(row["refunded"] for row in rows) >= paid[0]["sum"] > 0
    assert sum(row["refunded"] for row in rows if row["option"] is None) == taken[0]["sum"] > 0
    await _money(studio)


async def _goods(studio: Studio) -> list[UUID]:
    return [row["id"] for row in await studio.fetch("SELECT id FROM package_items WHERE kind = 'GOODS'")]


async def test_what_is_given_to_another_client_is_sold_and_earned_once(studio: Studio) -> None:
    """Units by their value, days by the price of those that are left; from hand to hand, to the cent."""
    zoe = (await studio.do(create_client, CreateClient("Zoe"))).rows["client"]
    some = await studio.sell(replace(TEN_CLASSES, price_minor=10_001, quantity=7, validity=MONTH))
    month = await studio.sell(Terms(PassKind.UNLIMITED, 2_801, validity=MONTH))
    await studio.do(transfer_pass, TransferPass(some, zoe, "Gift", 3))
    for days, receiver in ((10, zoe), (14, studio.client), (14, zoe)):
        await studio.advance(studio.began + days * DAY)
        month = (await studio.do(transfer_pass, TransferPass(month, receiver, "Gift"))).passes[1]
        told = await _money(studio)
        assert told["granted"] == await _paid(studio) == 12_802
        assert told["carriedIn"] == told["carriedOut"]
    assert told["earned"] == pytest.approx(1_500, abs=60)
    sold = await report(studio, "REVENUE_BY_OPTION", studio.began.date())
    assert [(row["sales"], row["price"]) for row in sold] in ([(1, 10_001), (1, 2_801)], [(1, 2_801), (1, 10_001)])
    await hold(studio, month, (studio.began.date() + 20 * DAY).isoformat(), None)
    await studio.advance(studio.began + 60 * DAY)
    told = await _money(studio)
    assert (told["earned"] + told["deferred"], told["breakage"]) == (2_801, 10_001)
    assert told["deferred"] == pytest.approx(800, abs=60)


async def test_what_lapsed_and_was_claimed_is_carried_to_the_cent(studio: Studio) -> None:
    pass_id = await studio.sell(replace(TEN_CLASSES, price_minor=10_001, quantity=7, validity=MONTH, revive_days=31))
    (visit,) = (await studio.book([studio.began - timedelta(hours=2)], pass_id=pass_id)).visits
    await record(studio, visit)
    await studio.advance(studio.began + 40 * DAY)
    await studio.do(claim_lapsed, ClaimLapsed(pass_id))
    told = await _money(studio)
    assert (told["granted"], told["earned"], told["deferred"]) == (10_001, 1_429, 8_572)
    assert told["carriedIn"] == told["carriedOut"] == 8_572
