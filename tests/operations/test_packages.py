"""Packages: one price for several passes and other items, split exactly, and what becomes of each part."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from models.errors import Refused
from models.operations.base import Actor, Changed
from models.operations.catalogue import ArchivePurchaseOption, CreateClient, archive_purchase_option, create_client
from models.operations.hold_package import HoldPackage, hold_package
from models.operations.packages import (
    ArchivePackage,
    CreatePackage,
    RevisePackage,
    archive_package,
    create_package,
    revise_package,
)
from models.operations.refund_package import RefundPackage, refund_package
from models.operations.refund_pass import RefundPass, refund_pass
from models.operations.renew_package import RenewPackage, renew_package
from models.operations.renew_pass import RenewPass, renew_pass
from models.operations.sell_package import SellPackage, sell_package
from models.operations.sell_pass import SellPass, sell_pass
from models.operations.transfer_pass import TransferPass, transfer_pass
from models.rules.codes import Code
from models.rules.packages import Override, PackageItem, PackageTerms
from models.rules.policies import Offer, Restriction
from models.rules.terms import Terms, Validity
from models.rules.values import (
    AfterExpiration,
    PackageItemKind,
    PassKind,
    PassStatus,
    PaymentMethod,
    RefundDestination,
    RestrictionPer,
    Role,
    TestCard,
    ValidityRule,
)
from tests.operations.acts import DAY, charges, days, record, renew, status
from tests.studio import MONTH, Studio

CARD = (PaymentMethod.TEST_CARD, TestCard.APPROVE)
YOGA = Terms(PassKind.SESSION, 12_000, 10, MONTH, after_expiration=AfterExpiration.RENEW)
POOL = Terms(PassKind.DURATION, 4_000, None, MONTH, after_expiration=AfterExpiration.RENEW)
MAT = PackageItem(PackageItemKind.GOODS, name="Mat", value_minor=3_000)
CREDIT = PackageItem(PackageItemKind.CREDIT, value_minor=1_000)


def passes(option_id: UUID, quantity: int = 1, share: int | None = None) -> PackageItem:
    """Return a line of passes."""
    return PackageItem(PackageItemKind.PASS, quantity, option_id=option_id, share_minor=share)


def inside(package_id: UUID, quantity: int = 1) -> PackageItem:
    """Return a line of packages."""
    return PackageItem(PackageItemKind.PACKAGE, quantity, package_id=package_id)


async def make(studio: Studio, *items: PackageItem, price: int = 10_000, name: str = "Starter", **more: Any) -> UUID:
    """Create a package."""
    made = await studio.do(create_package, CreatePackage(name, PackageTerms(price, items, **more)))
    return made.rows["package"]


async def sell(studio: Studio, package_id: UUID, **more: Any) -> Changed:
    """Sell a package by card."""
    return await studio.do(sell_package, SellPackage(studio.client, package_id, *CARD, **more))


async def starter(studio: Studio, **more: Any) -> Changed:
    """Sell ten classes, the pool, a mat and credit, together half of what they cost alone."""
    yoga, pool = await studio.option(YOGA), await studio.option(POOL)
    return await sell(studio, await make(studio, passes(yoga), passes(pool), MAT, CREDIT, **more))


async def items(studio: Studio) -> list[tuple[str, int, int]]:
    """Return (kind, share, refunded) of the goods and credit that were sold."""
    rows = await studio.fetch("SELECT kind, share_minor, refunded_minor FROM package_items ORDER BY position")
    return [tuple(row) for row in rows]


async def credit(studio: Studio) -> int:
    """Return the client's credit."""
    rows = await studio.fetch("SELECT coalesce(sum(amount_minor), 0)::bigint AS credit FROM client_credits")
    return int(rows[0]["credit"])


async def prices(studio: Studio, pass_id: UUID) -> list[int]:
    """Return what each period of a pass cost."""
    rows = await studio.fetch("SELECT price_minor FROM periods WHERE pass_id = $1 ORDER BY number", pass_id)
    return [row["price_minor"] for row in rows]


async def test_one_charge_buys_every_part_at_its_share(studio: Studio) -> None:
    sold = await starter(studio)
    yoga, pool = sold.passes
    assert await charges(studio) == [("PACKAGE", 10_000, True)]
    assert (await prices(studio, yoga), await prices(studio, pool)) == ([6_000], [2_000])
    assert await items(studio) == [("GOODS", 1_500, 0), ("CREDIT", 500, 0)]
    assert await credit(studio) == 1_000
    assert (await studio.facts(yoga)).terms.price_minor == 6_000
    assert (await studio.balances(yoga))["available"] == 10


async def test_a_declined_charge_buys_nothing_of_it(studio: Studio) -> None:
    yoga = await studio.option(YOGA)
    package = await make(studio, passes(yoga), MAT, CREDIT)
    command = SellPackage(studio.client, package, PaymentMethod.TEST_CARD, TestCard.DECLINE)
    with pytest.raises(Refused) as refused:
        await studio.do(sell_package, command)
    assert refused.value.code is Code.PAYMENT_DECLINED
    for table in ("passes", "package_sales", "package_items", "client_credits"):
        assert await studio.fetch(f"SELECT FROM {table}") == []


async def test_the_same_key_sells_one_package(studio: Studio) -> None:
    package = await make(studio, passes(await studio.option(YOGA)), CREDIT)
    command, key = SellPackage(studio.client, package, *CARD), str(uuid4())
    first = await studio.do(sell_package, command, key=key)
    assert await studio.do(sell_package, command, key=key) == first
    assert await charges(studio) == [("PACKAGE", 10_000, True)]


async def test_stated_shares_count_and_the_rest_is_split(studio: Studio) -> None:
    yoga, pool = await studio.option(YOGA), await studio.option(POOL)
    package = await make(studio, passes(yoga, 2, share=5_001), passes(pool), price=9_000)
    sold = await sell(studio, package)
    assert [(await prices(studio, each))[0] for each in sold.passes] == [2_501, 2_500, 3_999]


async def test_the_package_overrides_end_start_and_restrictions_of_its_parts_alone(studio: Studio) -> None:
    plain = replace(YOGA, after_expiration=AfterExpiration.EXPIRE)
    option = await studio.option(plain)
    last = studio.began.date() + timedelta(days=9)
    once = Restriction(1, RestrictionPer.DAY)
    override = Override(validity=Validity(ValidityRule.FIXED_DAY, last_day=last), restrictions=(once,))
    (part,) = (await sell(studio, await make(studio, passes(option), override=override))).passes
    alone = (await studio.do(sell_pass, SellPass(studio.client, option, *CARD))).passes[0]
    facts = await studio.facts(part)
    assert (facts.terms.validity.last_day, facts.terms.restrictions) == (last, (once,))
    assert (await days(studio, part))[0][1] == last.isoformat()
    assert (await studio.facts(alone)).terms == plain
    hour = studio.began + DAY
    booked = await studio.book([hour, hour + timedelta(hours=2)], pass_id=part)
    assert len(booked.figures["unpaid"]) == 1
    await studio.advance(studio.began + 11 * DAY)
    assert await status(studio, part) is PassStatus.EXPIRED
    assert await status(studio, alone) is not PassStatus.EXPIRED


async def test_an_override_that_contradicts_a_part_is_refused(studio: Studio) -> None:
    fixed = Override(validity=Validity(ValidityRule.FIXED_DAY, last_day=date(2099, 1, 1)))
    terms = PackageTerms(100, (passes(await studio.option(YOGA)),), override=fixed)
    assert await studio.refused(create_package, CreatePackage("Odd", terms)) is Code.TERMS_CONTRADICT


@pytest.mark.parametrize(
    ("price", "lines", "code"),
    [
        (100, (), Code.TERMS_CONTRADICT),
        (100, (MAT,), Code.TERMS_CONTRADICT),
        (100, ("pass", replace(MAT, name=None)), Code.TERMS_CONTRADICT),
        (100, ("pass", replace(CREDIT, value_minor=0)), Code.QUANTITY_OUT_OF_RANGE),
        (100, ("pass", replace(CREDIT, quantity=2)), Code.TERMS_CONTRADICT),
        (100, ("pass", replace(MAT, share_minor=101)), Code.TERMS_CONTRADICT),
        (100, (99,), Code.TERMS_CONTRADICT),
        (-1, ("pass",), Code.QUANTITY_OUT_OF_RANGE),
        (100, (PackageItem(PackageItemKind.PASS, 21, option_id=uuid4()),), Code.QUANTITY_OUT_OF_RANGE),
        (100, (PackageItem(PackageItemKind.PASS, option_id=uuid4()),), Code.NOT_FOUND),
        (100, (PackageItem(PackageItemKind.PACKAGE, package_id=uuid4()),), Code.NOT_FOUND),
    ],
)
async def test_what_cannot_be_a_package(studio: Studio, price: int, lines: tuple[Any, ...], code: Code) -> None:
    option = await studio.option(YOGA)
    made = []
    for line in lines:
        share = line if isinstance(line, int) else None
        made.append(line if isinstance(line, PackageItem) else passes(option, share=share))
    assert await studio.refused(create_package, CreatePackage("Odd", PackageTerms(price, tuple(made)))) is code


async def test_packages_in_packages_are_taken_apart_and_never_go_round(studio: Studio) -> None:
    yoga, pool = await studio.option(YOGA), await studio.option(POOL)
    inner = await make(studio, passes(yoga), MAT, name="Inner", price=5_000)
    outer = await make(studio, inside(inner, 2), passes(pool), name="Outer", price=7_000)
    sold = await sell(studio, outer)
    assert [(await prices(studio, each))[0] for each in sold.passes] == [2_000, 2_000, 2_000]
    assert [share for _, share, _ in await items(studio)] == [500, 500]
    round_trip = PackageTerms(5_000, (passes(yoga), inside(outer)))
    with pytest.raises(Refused) as refused:
        await studio.do(revise_package, RevisePackage(inner, 1, "Inner", round_trip))
    (problem,) = refused.value.problems
    assert problem.reason.code is Code.PACKAGE_CIRCLE
    assert "Inner → Outer → Inner" in problem.reason.message
    itself = RevisePackage(inner, 1, "Inner", PackageTerms(5_000, (inside(inner), passes(yoga))))
    assert await studio.refused(revise_package, itself) is Code.PACKAGE_CIRCLE
    many = PackageTerms(5_000, (inside(outer, 11),))
    assert await studio.refused(create_package, CreatePackage("Huge", many)) is Code.PACKAGE_TOO_LARGE


async def test_a_sold_package_keeps_its_version_and_an_archived_one_is_not_sold(studio: Studio) -> None:
    option = await studio.option(YOGA)
    package = await make(studio, passes(option))
    sold = await sell(studio, package)
    dearer = PackageTerms(20_000, (passes(option),))
    await studio.do(revise_package, RevisePackage(package, 1, "Dear", dearer))
    assert await studio.refused(revise_package, RevisePackage(package, 1, "Dear", dearer)) is Code.VERSION_CHANGED
    assert await studio.refused(revise_package, RevisePackage(package, 2, "Dear", dearer)) is Code.NOTHING_TO_DO
    await studio.do(renew_pass, RenewPass(sold.passes[0], *CARD))
    await sell(studio, package)
    assert [amount for _, amount, _ in await charges(studio)] == [10_000, 10_000, 20_000]
    other = await make(studio, inside(package), name="Other")
    await studio.do(archive_package, ArchivePackage(package))
    assert await studio.refused(archive_package, ArchivePackage(package)) is Code.PACKAGE_ARCHIVED
    for each in (package, other):
        assert await studio.refused(sell_package, SellPackage(studio.client, each, *CARD)) is Code.PACKAGE_ARCHIVED
    gone = await make(studio, passes(option), name="Gone")
    await studio.do(archive_purchase_option, ArchivePurchaseOption(option))
    assert await studio.refused(sell_package, SellPackage(studio.client, gone, *CARD)) is Code.OPTION_ARCHIVED


async def test_offers_of_the_parts_and_of_the_package_count(studio: Studio) -> None:
    hidden = await studio.option(replace(YOGA, offer=Offer(only_in_package=True, per_client_max=2)))
    assert await studio.refused(sell_pass, SellPass(studio.client, hidden, *CARD)) is Code.ONLY_IN_PACKAGE
    two, three = await make(studio, passes(hidden, 2)), await make(studio, passes(hidden, 3))
    assert await studio.refused(sell_package, SellPackage(studio.client, three, *CARD)) is Code.OFFER_LIMIT_REACHED
    await sell(studio, two)
    assert await studio.refused(sell_package, SellPackage(studio.client, two, *CARD)) is Code.OFFER_LIMIT_REACHED
    once = await make(studio, passes(await studio.option()), offer=Offer(per_client_max=1))
    await sell(studio, once)
    assert await studio.refused(sell_package, SellPackage(studio.client, once, *CARD)) is Code.OFFER_LIMIT_REACHED
    new = await make(studio, passes(await studio.option()), offer=Offer(introductory=True))
    assert await studio.refused(sell_package, SellPackage(studio.client, new, *CARD)) is Code.NOT_A_NEW_CLIENT


async def test_a_part_that_renews_by_itself_charges_its_share(studio: Studio) -> None:
    yoga, pool = (await starter(studio)).passes
    await studio.advance(studio.began + 32 * DAY)
    assert await prices(studio, yoga) == [6_000, 6_000]
    assert await prices(studio, pool) == [2_000, 2_000]
    assert sorted(await charges(studio)) == [
        ("PACKAGE", 10_000, True),
        ("RENEWAL", 2_000, True),
        ("RENEWAL", 6_000, True),
    ]


async def test_a_package_renews_whole_at_the_shares_of_its_passes(studio: Studio) -> None:
    sold = await starter(studio)
    renewed = await studio.do(renew_package, RenewPackage(sold.rows["packageSale"]))
    assert renewed.passes == sold.passes
    assert [await prices(studio, each) for each in sold.passes] == [[6_000, 6_000], [2_000, 2_000]]
    assert await charges(studio) == [("PACKAGE", 10_000, True), ("PACKAGE", 8_000, True)]
    assert await credit(studio) == 1_000
    assert await studio.refused(renew_package, RenewPackage(sold.rows["packageSale"])) is Code.HAS_SUCCESSOR


async def test_a_declined_renewal_of_a_package_leaves_its_parts_due_as_before(studio: Studio) -> None:
    sold = await starter(studio)
    sale = sold.rows["packageSale"]
    due = await studio.fetch("SELECT id, next_due_at FROM passes ORDER BY id")
    declined = RenewPackage(sale, PaymentMethod.TEST_CARD, TestCard.DECLINE, use_credit=True)
    with pytest.raises(Refused) as refused:
        await studio.do(renew_package, declined)
    assert refused.value.code is Code.PAYMENT_DECLINED
    assert await studio.fetch("SELECT id, next_due_at FROM passes ORDER BY id") == due
    assert await credit(studio) == 1_000
    await studio.do(renew_package, RenewPackage(sale, use_credit=True))
    assert await charges(studio) == [("PACKAGE", 10_000, True), ("PACKAGE", 7_000, False), ("PACKAGE", 7_000, True)]


async def test_a_package_that_cannot_renew_whole_says_which_part(studio: Studio) -> None:
    ten, yoga = await studio.option(replace(POOL, validity=MONTH)), await studio.option()
    sold = await sell(studio, await make(studio, passes(ten), passes(yoga)))
    await renew(studio, sold.passes[0])
    with pytest.raises(Refused) as refused:
        await studio.do(renew_package, RenewPackage(sold.rows["packageSale"], *CARD))
    assert [(each.reason.code, each.path) for each in refused.value.problems] == [
        (Code.HAS_SUCCESSOR, ("parts", "0")),
    ]


async def test_a_hold_on_a_package_lists_each_part(studio: Studio) -> None:
    stiff, soft = await studio.option(replace(POOL, holds_allowed=False)), await studio.option(YOGA)
    sold = await sell(studio, await make(studio, passes(stiff), passes(soft)))
    first = studio.began.date() + timedelta(days=2)
    held = await studio.do(hold_package, HoldPackage(sold.rows["packageSale"], first, first + timedelta(days=4)))
    assert list(held.figures["held"]) == [str(sold.passes[1])]
    assert held.figures["skipped"][str(sold.passes[0])]["code"] == "HOLDS_NOT_ALLOWED"
    only = await sell(studio, await make(studio, passes(stiff)))
    assert await studio.refused(hold_package, HoldPackage(only.rows["packageSale"], first)) is Code.HOLDS_NOT_ALLOWED


async def test_a_refund_of_a_package_goes_part_by_part(studio: Studio) -> None:
    sold = await starter(studio)
    yoga, _ = sold.passes
    (visit,) = (await studio.book([studio.began + DAY], pass_id=yoga)).visits
    await studio.advance(studio.began + DAY + timedelta(hours=2))
    await record(studio, visit)
    sale = sold.rows["packageSale"]
    mat = (await studio.fetch("SELECT id FROM package_items WHERE kind = 'GOODS'"))[0]["id"]
    done = await studio.do(refund_package, RefundPackage(sale, "Moved away"))
    by_pass = {each["passId"]: each["amountMinor"] for each in done.figures["parts"]}
    assert by_pass[str(yoga)] == 5_400
    assert 0 < by_pass[str(sold.passes[1])] < 2_000
    assert [each["amountMinor"] for each in done.figures["items"]] == [500]
    assert await credit(studio) == 0
    assert await items(studio) == [("GOODS", 1_500, 0), ("CREDIT", 500, 500)]
    assert await studio.refused(refund_package, RefundPackage(sale, "Again")) is Code.NOTHING_TO_DO
    later = await studio.do(refund_package, RefundPackage(sale, "The mat", (mat,)))
    assert later.figures["amountMinor"] == 1_500
    assert await studio.refused(refund_package, RefundPackage(sale, "Again", (mat,))) is Code.NOTHING_TO_DO
    assert await studio.refused(refund_package, RefundPackage(sale, "What", (uuid4(),))) is Code.NOT_FOUND


async def test_a_part_is_refunded_by_itself_up_to_its_share(studio: Studio) -> None:
    sold = await starter(studio)
    yoga, pool = sold.passes
    assert await studio.refused(refund_pass, RefundPass(yoga, "Ill", amount_minor=6_001)) is Code.OVER_REFUND
    assert (await studio.do(refund_pass, RefundPass(yoga, "Ill"))).figures["amountMinor"] == 6_000
    rest = await studio.do(refund_package, RefundPackage(sold.rows["packageSale"], "Moved"))
    assert [each["passId"] for each in rest.figures["parts"]] == [str(pool)]


async def test_credit_that_was_spent_is_not_taken_back(studio: Studio) -> None:
    sold = await starter(studio)
    option = await studio.option(Terms(PassKind.SESSION, 600, 1))
    bought = await studio.do(sell_pass, SellPass(studio.client, option, use_credit=True))
    order = await studio.fetch("SELECT credit_minor, amount_minor FROM orders WHERE id = $1", bought.orders[0])
    assert tuple(order[0]) == (600, 0)
    assert await credit(studio) == 400
    done = await studio.do(refund_package, RefundPackage(sold.rows["packageSale"], "Moved"))
    assert [(each["takenMinor"], each["amountMinor"]) for each in done.figures["items"]] == [(400, 200)]
    assert await credit(studio) == 0


async def test_money_that_goes_back_as_credit_is_not_the_credit_that_was_spent(studio: Studio) -> None:
    sold = await starter(studio)
    option = await studio.option(Terms(PassKind.SESSION, 1_000, 1))
    await studio.do(sell_pass, SellPass(studio.client, option, use_credit=True))
    command = RefundPackage(sold.rows["packageSale"], "Moved", destination=RefundDestination.CREDIT)
    done = await studio.do(refund_package, command)
    assert done.figures["items"] == []
    assert await credit(studio) == done.figures["amountMinor"] == 7_929


async def test_credit_pays_first_and_comes_back_where_the_rest_is_declined(studio: Studio) -> None:
    await starter(studio)
    option = await studio.option(YOGA)
    declined = SellPass(studio.client, option, PaymentMethod.TEST_CARD, TestCard.DECLINE, use_credit=True)
    with pytest.raises(Refused):
        await studio.do(sell_pass, declined)
    assert await credit(studio) == 1_000
    bought = await studio.do(sell_pass, SellPass(studio.client, option, *CARD, use_credit=True))
    assert await credit(studio) == 0
    assert (await charges(studio))[-1] == ("SALE", 11_000, True)
    renewed = await studio.do(renew_pass, RenewPass(bought.passes[0], use_credit=True))
    assert renewed.figures["chargedMinor"] == 12_000


async def test_a_client_reaches_their_own_packages_only(studio: Studio) -> None:
    sold = await starter(studio)
    sale = sold.rows["packageSale"]
    stranger = Actor(Role.CLIENT, client_id=uuid4())
    assert await studio.refused(hold_package, HoldPackage(sale, date(2026, 2, 1)), actor=stranger) is Code.NOT_FOUND
    assert await studio.refused(renew_package, RenewPackage(sale), actor=stranger) is Code.NOT_FOUND
    client = Actor(Role.CLIENT, client_id=studio.client)
    assert await studio.refused(refund_package, RefundPackage(sale, "x"), actor=client) is Code.FORBIDDEN
    assert (await studio.do(renew_package, RenewPackage(sale), actor=client)).passes == sold.passes


async def test_the_passes_of_a_package_pay_for_visits_that_waited(studio: Studio) -> None:
    waiting = await studio.book([studio.began + DAY, studio.began + 2 * DAY])
    assert waiting.figures["paid"] == 0
    sold = await sell(studio, await make(studio, passes(await studio.option(YOGA))))
    assert {move["toPassId"] for move in sold.figures["moved"]} == {str(sold.passes[0])}
    assert (await studio.balances(sold.passes[0]))["booked"] == 2


async def test_a_part_that_is_given_away_keeps_what_the_package_made_of_its_terms(studio: Studio) -> None:
    yoga, _ = (await starter(studio)).passes
    bea = (await studio.do(create_client, CreateClient("Bea"))).rows["client"]
    given = (await studio.do(transfer_pass, TransferPass(yoga, bea, "Gift"))).passes[1]
    assert (await studio.facts(given)).terms.price_minor == 6_000
    assert await studio.fetch("SELECT FROM passes WHERE id = $1 AND package_sale_id IS NOT NULL", given) == []
