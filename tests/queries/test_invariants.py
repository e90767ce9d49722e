"""Each invariant names what breaks it, and a studio in order breaks none."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from models.errors import Refused
from models.operations.convert_pass import ConvertPass, convert_pass
from models.operations.end_visit import (
    AttendanceOutcome,
    CancelledBy,
    CancelVisit,
    RecordAttendance,
    cancel_visit,
    record_attendance,
)
from models.operations.holds import PlaceHold, place_hold
from models.operations.pay_fees import PayFees, pay_fees
from models.operations.refund_package import RefundPackage, refund_package
from models.operations.refund_pass import RefundPass, refund_pass
from models.operations.renew_package import RenewPackage, renew_package
from models.operations.renew_pass import RenewPass, renew_pass
from models.operations.sell_pass import SellPass, sell_pass
from models.operations.sharing import RemoveShare, SharePass, remove_share, share_pass
from models.operations.transfer_pass import TransferPass, transfer_pass
from models.queries.invariants import INVARIANTS, Violation, check_all, check_business
from models.rules.codes import Code
from models.rules.policies import Restriction
from models.rules.terms import Renewal, Terms
from models.rules.values import (
    AfterExpiration,
    PassKind,
    PaymentMethod,
    RefundDestination,
    RestrictionPer,
    TestCard,
    UnusedAtConversion,
    UnusedAtRenewal,
)
from models.runtime import Runtime
from models.settings import Settings
from tests.conftest import NOON
from tests.packaged import starter_sold
from tests.studio import MONTH, Studio, household_with, missed_visit, open_studio, shared_pass

MONTHLY = Terms(
    PassKind.SESSION,
    9_000,
    8,
    MONTH,
    after_expiration=AfterExpiration.RENEW,
    renewal=Renewal(unused=UnusedAtRenewal.ROLLOVER),
)


@pytest.fixture(scope="module")
async def busy(runtime: Runtime) -> Studio:
    """A studio in which a bit of everything has happened."""
    studio = await open_studio(runtime, NOON)
    monthly = await studio.sell(MONTHLY)
    days = await studio.sell(Terms(PassKind.DAY, 5_000, 5))
    _, fee = await missed_visit(studio)
    await studio.do(pay_fees, PayFees((fee,), PaymentMethod.TEST_CARD, TestCard.APPROVE))
    endless = await studio.sell(Terms(PassKind.UNLIMITED, 12_000, validity=MONTH))
    starts = [studio.began + timedelta(days=day) for day in range(1, 6)]
    booked = await studio.book(starts, pass_id=monthly)
    await studio.book([starts[0] + timedelta(hours=2), starts[0] + timedelta(hours=4)], pass_id=days)
    await studio.book([starts[1] + timedelta(hours=2)], pass_id=endless)
    await studio.advance(starts[2])
    await studio.do(record_attendance, RecordAttendance(booked.visits[0], AttendanceOutcome.ATTENDED))
    await studio.do(record_attendance, RecordAttendance(booked.visits[1], AttendanceOutcome.NO_SHOW))
    await studio.do(cancel_visit, CancelVisit(booked.visits[3], CancelledBy.STUDIO))
    await studio.do(place_hold, PlaceHold(monthly, starts[4].date(), starts[4].date() + timedelta(days=6)))
    await studio.do(renew_pass, RenewPass(monthly))
    await studio.do(refund_pass, RefundPass(await studio.sell(), "moved", 4))
    daily = Terms(PassKind.UNLIMITED, 9_000, validity=MONTH, restrictions=(Restriction(1, RestrictionPer.DAY),))
    await studio.book(
        [starts[3] + timedelta(hours=3), starts[4] + timedelta(hours=3)], pass_id=await studio.sell(daily)
    )
    option = await studio.option(Terms(PassKind.SESSION, 1_000, 3, MONTH))
    converted = await studio.sell()
    await studio.do(convert_pass, ConvertPass(converted, option, unused=UnusedAtConversion.CREDIT))
    await shared_and_given(studio)
    await packaged(studio)
    renewing = await studio.sell(replace(MONTHLY, quantity=1))
    await studio.book([studio.began + timedelta(days=40)], pass_id=renewing)
    declined = SellPass(studio.client, option, PaymentMethod.TEST_CARD, TestCard.DECLINE)
    with pytest.raises(Refused) as refused:
        await studio.do(sell_pass, declined)
    assert refused.value.code is Code.PAYMENT_DECLINED
    return studio


async def shared_and_given(studio: Studio) -> None:
    """Let a member book on the client's pass and stay, another be removed who keeps a visit, and units be given."""
    await shared_pass(studio)
    (row,) = await studio.fetch("SELECT pass_id, client_id FROM shares")
    (cleo,) = await household_with(studio, "Cleo")
    share = (await studio.do(share_pass, SharePass(row["pass_id"], cleo))).rows["share"]
    for member in (row["client_id"], cleo):
        await studio.book([studio.began + timedelta(days=20)], client=member, pass_id=row["pass_id"])
    await studio.do(remove_share, RemoveShare(share, keep_visits=True))
    await studio.do(transfer_pass, TransferPass(row["pass_id"], cleo, "Gift", 2))


async def packaged(studio: Studio) -> None:
    """Sell two packages, renew one, spend some of its credit, and refund the other."""
    sold = await starter_sold(studio)
    await studio.do(renew_package, RenewPackage(sold.rows["packageSale"]))
    small = await studio.option(Terms(PassKind.SESSION, 600, 1))
    await studio.do(sell_pass, SellPass(studio.client, small, use_credit=True))
    other = (await starter_sold(studio)).rows["packageSale"]
    await studio.do(refund_package, RefundPackage(other, "Moved", destination=RefundDestination.CREDIT))


@asynccontextmanager
async def corrupted(settings: Settings, studio: Studio, *statements: str) -> AsyncIterator[asyncpg.Connection]:
    """Break the books in a transaction that is rolled back: as the owner, with foreign keys looking away."""
    connection = await asyncpg.connect(settings.database_url)
    try:
        await connection.set_type_codec("jsonb", schema="pg_catalog", encoder=json.dumps, decoder=json.loads)
        await connection.execute("BEGIN; SET LOCAL session_replication_role = replica")
        for statement in statements:
            changed = await connection.execute(statement.replace("OURS", f"business_id = '{studio.business_id}'"))
            assert changed not in ("UPDATE 0", "DELETE 0", "INSERT 0 0"), f"nothing was broken by: {statement}"
        await connection.execute("SET LOCAL ROLE sessionpass_app")
        await connection.execute("SELECT set_config('app.business_id', $1, true)", str(studio.business_id))
        yield connection
    finally:
        await connection.close()


async def checked(studio: Studio) -> list[Violation]:
    """Return what is broken in a studio's books."""
    async with studio.runtime.database.reading(studio.business_id) as reader:
        return await check_business(reader)


CORRUPTIONS: list[tuple[str, list[str]]] = [
    ("history_ends_with_state", ["UPDATE visits SET state = 'ATTENDED' WHERE OURS AND state = 'NO_SHOW'"]),
    ("fee_follows_outcome", ["UPDATE visits SET state = 'ATTENDED' WHERE OURS AND state = 'NO_SHOW'"]),
    ("fee_order_pays_its_fees", ["UPDATE fees SET amount_minor = amount_minor + 1 WHERE OURS AND state = 'PAID'"]),
    ("fee_order_pays_its_fees", ["UPDATE fees SET state = 'WAIVED' WHERE OURS AND state = 'PAID'"]),
    ("forgiven_are_few", ["UPDATE claims SET forgiven_period = 1 WHERE OURS AND account = 'FORFEITED'"]),
    (
        "balances_are_sums",
        ["UPDATE lots SET available = available - 1, expired = expired + 1 WHERE OURS AND available > 0"],
    ),
    ("issued_is_transferred", ["UPDATE transfers SET quantity = quantity + 1 WHERE OURS AND from_account = 'ISSUED'"]),
    (
        "nothing_negative",
        [
            "ALTER TABLE lots DROP CONSTRAINT ck_lots_available_not_negative",
            "UPDATE lots SET available = -1, expired = expired + available + 1 WHERE OURS",
        ],
    ),
    ("claims_hold_balances", ["UPDATE claims SET quantity = 2 WHERE OURS AND quantity = 1 AND account = 'BOOKED'"]),
    ("claims_hold_balances", ["DELETE FROM claims WHERE OURS AND account = 'USED'"]),
    (
        "one_claim_a_visit",
        [
            "DROP INDEX uq_claims_one_standing",
            """INSERT INTO claims SELECT business_id, gen_random_uuid(), visit_id, pass_id, lot_id, NULL, 0, account,
               pinned, reason, operation_id, claimed_at FROM claims WHERE OURS AND released_at IS NULL LIMIT 1""",
        ],
    ),
    ("visit_names_its_payer", ["UPDATE visits SET pass_id = NULL WHERE OURS AND state = 'BOOKED'"]),
    (
        "visit_names_its_payer",
        ["UPDATE visits v SET pass_id = p.id FROM passes p WHERE v.OURS AND p.OURS AND v.pass_id <> p.id"],
    ),
    ("claim_follows_visit", ["UPDATE visits SET state = 'CANCELLED' WHERE OURS AND pass_id IS NOT NULL"]),
    ("claim_follows_visit", ["UPDATE claims SET account = 'BOOKED' WHERE OURS AND released_at IS NOT NULL"]),
    ("claimed_day_follows_claims", ["UPDATE claimed_days SET account = 'AVAILABLE' WHERE OURS"]),
    ("claim_is_owners_or_members", ["DELETE FROM shares WHERE OURS AND state = 'ACTIVE'"]),
    (
        "claim_is_owners_or_members",
        ["UPDATE shares SET removed_at = active_at - interval '1 s' WHERE OURS AND state = 'REMOVED'"],
    ),
    (
        "claim_is_owners_or_members",
        ["UPDATE shares SET active_at = active_at + interval '90 days' WHERE OURS AND state = 'ACTIVE'"],
    ),
    ("members_share_a_household", ["UPDATE clients SET household_id = NULL WHERE OURS AND name = 'Ben'"]),
    ("transfers_arrive", ["UPDATE transfers SET quantity = 3 WHERE OURS AND to_account = 'TRANSFERRED'"]),
    ("paid_order_has_its_period", ["UPDATE passes SET transferred_from_pass_id = NULL WHERE OURS"]),
    ("one_grant_a_period", ["UPDATE lots SET kind = 'PROMOTION' WHERE OURS AND kind = 'GRANT'"]),
    (
        "one_grant_a_period",
        ["UPDATE passes SET kind = 'UNLIMITED' WHERE OURS AND kind = 'DAY'"],
    ),
    ("lot_has_its_period", ["UPDATE lots SET period_number = period_number + 7 WHERE OURS"]),
    ("periods_are_numbered", ["UPDATE periods SET number = 3 WHERE OURS AND number = 2"]),
    ("periods_are_numbered", ["DELETE FROM periods WHERE OURS AND number = 1"]),
    ("periods_follow", ["UPDATE periods SET starts_at = starts_at + interval '1 s' WHERE OURS AND number = 2"]),
    (
        "periods_follow",
        [
            "ALTER TABLE periods DROP CONSTRAINT ex_periods_overlap",
            "UPDATE periods SET starts_at = starts_at - interval '1 day' WHERE OURS AND number = 2",
        ],
    ),
    ("one_successor", ["DELETE FROM successions WHERE OURS AND kind = 'RENEWAL'"]),
    ("one_successor", ["DELETE FROM successions WHERE OURS AND kind = 'CONVERSION'"]),
    ("one_successor", ["UPDATE passes SET predecessor_period = 2 WHERE OURS AND predecessor_period = 1"]),
    ("one_successor", ["UPDATE passes SET closed_reason = 'EXPIRED' WHERE OURS AND closed_reason = 'CONVERTED'"]),
    (
        "closed_has_instant",
        [
            "ALTER TABLE passes DROP CONSTRAINT ck_passes_closed_has_instant",
            "UPDATE passes SET closed_at = NULL WHERE OURS AND closed_reason IS NOT NULL",
        ],
    ),
    ("paid_order_has_its_period", ["UPDATE periods SET order_id = NULL WHERE OURS AND number = 2"]),
    ("paid_order_has_its_period", ["UPDATE orders SET period_number = 9 WHERE OURS AND purpose = 'RENEWAL'"]),
    ("paid_order_is_captured", ["UPDATE payments SET amount_minor = 1 WHERE OURS AND state = 'CAPTURED'"]),
    (
        "paid_order_is_captured",
        [
            "DROP INDEX uq_payments_one_capture",
            """INSERT INTO payments SELECT business_id, gen_random_uuid(), order_id, 'twice', method, test_card,
               present, amount_minor, currency, state, detail, hard, intended_at, settled_at
               FROM payments WHERE OURS AND state = 'CAPTURED' LIMIT 1""",
        ],
    ),
    ("gateway_agrees", ["UPDATE gateway_charges SET captured = false WHERE OURS AND captured"]),
    ("gateway_agrees", ["UPDATE gateway_charges SET captured = true WHERE OURS AND NOT captured"]),
    ("gateway_agrees", ["UPDATE gateway_charges SET gateway_key = 'stray' WHERE OURS AND NOT captured"]),
    ("pending_order_is_open", ["UPDATE orders SET state = 'PENDING' WHERE OURS AND state = 'FAILED'"]),
    ("pending_order_is_open", ["UPDATE payments SET state = 'UNKNOWN' WHERE OURS AND state = 'DECLINED'"]),
    ("pending_operation_waits", ["UPDATE operations SET state = 'PENDING' WHERE OURS AND verb = 'sellPass'"]),
    ("refund_within_payment", ["UPDATE refunds SET amount_minor = 15_001 WHERE OURS"]),
    ("refund_within_payment", ["UPDATE orders SET state = 'FAILED' WHERE OURS AND purpose = 'SALE'"]),
    ("gateway_agrees_on_refunds", ["UPDATE gateway_refunds SET refunded = false WHERE OURS"]),
    ("gateway_agrees_on_refunds", ["UPDATE gateway_refunds SET gateway_key = gateway_key || ' stray' WHERE OURS"]),
    ("gateway_agrees_on_refunds", ["UPDATE refunds SET state = 'FAILED' WHERE OURS AND state = 'DONE'"]),
    ("value_comes_from_somewhere", ["UPDATE lots SET value_minor = value_minor + 1 WHERE OURS AND kind = 'GRANT'"]),
    ("package_parts_sum", ["UPDATE package_items SET share_minor = share_minor + 1 WHERE OURS"]),
    ("package_parts_sum", ["UPDATE passes SET package_sale_id = NULL WHERE OURS AND package_sale_id IS NOT NULL"]),
    ("package_parts_sum", ["DELETE FROM package_sales WHERE OURS"]),
    (
        "package_parts_sum",
        [
            """UPDATE orders SET price_minor = price_minor - 1, amount_minor = amount_minor - 1
               WHERE OURS AND purpose = 'PACKAGE' AND details ? 'renewed_sale_id'"""
        ],
    ),
    (
        "package_parts_sum",
        ["UPDATE periods SET order_id = NULL WHERE OURS AND order_id IN (SELECT order_id FROM package_sales)"],
    ),
    ("package_item_refunded", ["UPDATE package_items SET refunded_minor = 0 WHERE OURS AND refunded_minor > 0"]),
    (
        "spent_credit_pays_its_order",
        ["UPDATE client_credits SET amount_minor = amount_minor + 1 WHERE OURS AND amount_minor < -1"],
    ),
    (
        "spent_credit_pays_its_order",
        [
            """UPDATE orders SET price_minor = price_minor - 1, credit_minor = credit_minor - 1
               WHERE OURS AND purpose = 'SALE' AND credit_minor > 0"""
        ],
    ),
    ("credit_not_negative", ["UPDATE client_credits SET amount_minor = -1 WHERE OURS"]),
    (
        "attendance_is_restricted",
        [
            """UPDATE visits SET day = DATE '2026-02-10' WHERE OURS AND pass_id IN (
                 SELECT p.id FROM passes p JOIN purchase_option_versions v ON v.option_id = p.option_id
                 WHERE v.terms->'restrictions'->0 IS NOT NULL)"""
        ],
    ),
    *(
        ("projection_waits", [f"UPDATE {change} AND {which}"])
        for which in ("state = 'BOOKED' AND projected_pass_id IS NOT NULL",)
        for change in (
            "visits SET state = 'NO_SHOW' WHERE OURS",
            "visits SET projected_pass_id = NULL WHERE OURS",
        )
    ),
    (
        "projection_waits",
        [
            """UPDATE projected_claims SET state = 'RELEASED', ended_at = now(), ended_operation_id = operation_id
               WHERE OURS AND state = 'STANDING'"""
        ],
    ),
    *(
        ("projections_follow_rules", [f"UPDATE {change} WHERE OURS AND {which}"])
        for change, which in (
            ("passes SET auto_renew = false", "auto_renew"),
            ("projected_claims SET pays_at = pays_at + interval '1 s'", "state = 'STANDING'"),
            ("projected_claims SET period_number = 3", "state = 'STANDING'"),
            ("visits SET starts_at = starts_at - interval '60 d'", "projected_pass_id IS NOT NULL"),
        )
    ),
    *(
        ("windows_follow_rules", [f"UPDATE {table} SET {change} WHERE OURS AND {where}"])
        for table, change, where in (
            ("passes", "last_day = last_day + 1", "last_day IS NOT NULL"),
            ("passes", "ends_at = ends_at + interval '1 s'", "ends_at IS NOT NULL"),
            ("passes", "next_due_at = next_due_at + interval '1 s'", "next_due_at IS NOT NULL"),
            ("passes", "next_due_kind = 'CONVERT'", "next_due_kind = 'LOT_EXPIRE'"),
            ("passes", "next_due_at = NULL, next_due_kind = NULL", "next_due_at IS NOT NULL"),
            ("periods", "last_day = last_day - 1", "last_day IS NOT NULL"),
            ("lots", "expires_at = expires_at + interval '1 s'", "expires_at IS NOT NULL"),
            ("holds", "removed_at = now()", "removed_at IS NULL"),
        )
    ),
]


async def test_a_studio_in_order_breaks_nothing(busy: Studio) -> None:
    assert await checked(busy) == []


@pytest.mark.parametrize(("name", "statements"), CORRUPTIONS, ids=[f"{n}-{i}" for i, (n, _) in enumerate(CORRUPTIONS)])
async def test_a_corruption_is_named(settings: Settings, busy: Studio, name: str, statements: list[str]) -> None:
    async with corrupted(settings, busy, *statements) as reader:
        found = await check_business(reader)

    named = [violation for violation in found if violation.invariant == name]
    assert named, f"found only {[violation.invariant for violation in found]}"
    assert all(violation.sentence and violation.figures for violation in named)
    assert {violation.business_id for violation in found} == {busy.business_id}


def test_every_invariant_has_a_corruption_that_it_names() -> None:
    assert {name for name, _ in CORRUPTIONS} == {
        *(each.name for each in INVARIANTS),
        "windows_follow_rules",
        "attendance_is_restricted",
        "projections_follow_rules",
    }


async def test_checking_all_businesses_names_the_one_that_is_broken(
    runtime: Runtime, settings: Settings, studio: Studio
) -> None:
    pass_id: UUID = await studio.sell()
    assert [each for each in await check_all(runtime.database) if each.business_id == studio.business_id] == []
    owner = await asyncpg.connect(settings.database_url)
    try:
        await owner.execute("UPDATE lots SET available = 9, expired = 1 WHERE pass_id = $1", pass_id)

        found = [each for each in await check_all(runtime.database) if each.business_id == studio.business_id]

        assert [each.invariant for each in found] == ["balances_are_sums", "balances_are_sums"]
        assert found[0].figures == {"account": "AVAILABLE", "kept": 9, "summed": 10}
        await owner.execute("UPDATE lots SET available = 10, expired = 0 WHERE pass_id = $1", pass_id)
    finally:
        await owner.close()
