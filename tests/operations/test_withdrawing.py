"""Whoever bought from afar may withdraw for some days, where the law of the studio grants that."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from models.operations.base import Actor
from models.operations.catalogue import CreateClient, create_client
from models.operations.refund_pass import RefundPass, refund_pass
from models.operations.sell_pass import SellPass, sell_pass
from models.operations.set_policies import SetPolicies, set_policies
from models.operations.withdraw_pass import WithdrawPass, withdraw_pass
from models.queries.invariants import check_business
from models.rules.codes import Code
from models.rules.policies import RefundPolicy
from models.rules.terms import Terms, Validity
from models.rules.values import (
    Jurisdiction,
    PassKind,
    PaymentMethod,
    PeriodUnit,
    RefundBasis,
    RefundDestination,
    Role,
    SaleChannel,
    TestCard,
    ValidityRule,
)
from tests.operations.acts import at, record
from tests.studio import MONTH, TEN_CLASSES, Studio, sold_from_afar

MONTHLY = replace(TEN_CLASSES, validity=MONTH)


def client(studio: Studio) -> Actor:
    """The client, by their own hands."""
    return Actor(Role.CLIENT, client_id=studio.client)


async def refunds(studio: Studio) -> list[tuple[int, str, str]]:
    """Return what went back, where to and why."""
    rows = await studio.fetch("SELECT amount_minor, destination, reason FROM refunds ORDER BY id")
    return [tuple(row) for row in rows]


async def sound(studio: Studio) -> None:
    """Assert every invariant."""
    async with studio.runtime.database.reading(studio.business_id) as reader:
        assert await check_business(reader) == []


async def closed(studio: Studio, pass_id: UUID) -> Any:
    """Return why the pass is closed."""
    return (await studio.facts(pass_id)).closed_reason


async def test_what_nobody_used_is_paid_back_whole_and_its_visits_ahead_become_unpaid(studio: Studio) -> None:
    drop_in = RefundPolicy(RefundBasis.DROP_IN_PRICE, 2_000)
    pass_id = await sold_from_afar(studio, replace(MONTHLY, refund=drop_in))
    (visit,) = (await studio.book([at("2026-02-12")], pass_id=pass_id)).visits
    await studio.advance(at("2026-02-11", 23))
    done = await studio.do(withdraw_pass, WithdrawPass(pass_id), actor=client(studio))
    assert (done.figures["amountMinor"], done.visits) == (15_000, [visit])
    assert await refunds(studio) == [(15_000, RefundDestination.ORIGINAL, "withdrawal")]
    assert await closed(studio, pass_id) == "REFUNDED"
    await sound(studio)


async def test_the_unused_share_of_what_was_used_is_paid_back(studio: Studio) -> None:
    drop_in = RefundPolicy(RefundBasis.DROP_IN_PRICE, 15_000)
    pass_id = await sold_from_afar(studio, replace(MONTHLY, refund=drop_in))
    (visit,) = (await studio.book([at("2026-02-01", 18)], pass_id=pass_id)).visits
    await studio.advance(at("2026-02-02"))
    await record(studio, visit)
    done = await studio.do(withdraw_pass, WithdrawPass(pass_id))
    assert (done.figures["amountMinor"], done.figures["units"]) == (13_500, 9)
    await sound(studio)


async def test_a_visit_that_began_counts_though_nobody_recorded_it(studio: Studio) -> None:
    pass_id = await sold_from_afar(studio, MONTHLY)
    await studio.book([at("2026-02-01", 18)], pass_id=pass_id)
    await studio.advance(at("2026-02-02"))
    done = await studio.do(withdraw_pass, WithdrawPass(pass_id), actor=client(studio))
    assert done.figures["amountMinor"] == 13_500
    await sound(studio)


async def test_the_days_of_a_pass_that_counts_nothing_are_paid_back_once_it_was_used(studio: Studio) -> None:
    terms = Terms(PassKind.UNLIMITED, 28_000, validity=MONTH)
    untouched = await sold_from_afar(studio, terms)
    used = await sold_from_afar(studio, terms)
    (visit,) = (await studio.book([at("2026-02-01", 18)], pass_id=used)).visits
    await studio.advance(at("2026-02-02"))
    await record(studio, visit)
    assert (await studio.do(withdraw_pass, WithdrawPass(untouched))).figures["amountMinor"] == 28_000
    assert (await studio.do(withdraw_pass, WithdrawPass(used))).figures["amountMinor"] == 25_000
    await sound(studio)


async def test_the_right_lasts_fourteen_days_and_stays_with_the_pass(studio: Studio) -> None:
    pass_id = await sold_from_afar(studio, MONTHLY)
    other = await sold_from_afar(studio, MONTHLY)
    await studio.do(set_policies, SetPolicies(jurisdiction=Jurisdiction.NONE))
    await studio.advance(at("2026-02-14", 23, 59))
    assert (await studio.do(withdraw_pass, WithdrawPass(pass_id))).figures["amountMinor"] == 15_000
    await studio.advance(at("2026-02-15", 0))
    assert await studio.refused(withdraw_pass, WithdrawPass(other)) is Code.NOT_WITHDRAWABLE
    assert await studio.refused(withdraw_pass, WithdrawPass(pass_id)) is Code.PASS_CLOSED


async def test_nobody_withdraws_from_what_was_sold_at_the_desk_or_where_no_law_grants_it(studio: Studio) -> None:
    option = await studio.option(MONTHLY)
    anywhere = SellPass(studio.client, option, PaymentMethod.TEST_CARD, TestCard.APPROVE, channel=SaleChannel.ONLINE)
    lawless = (await studio.do(sell_pass, anywhere)).passes[0]
    await studio.do(set_policies, SetPolicies(jurisdiction=Jurisdiction.DE))
    desk = (await studio.do(sell_pass, replace(anywhere, channel=None))).passes[0]
    assert await studio.refused(withdraw_pass, WithdrawPass(lawless)) is Code.NOT_WITHDRAWABLE
    assert await studio.refused(withdraw_pass, WithdrawPass(desk)) is Code.NOT_WITHDRAWABLE


async def test_a_client_withdraws_from_their_own_pass_only_and_refunds_none(studio: Studio) -> None:
    pass_id = await sold_from_afar(studio, MONTHLY)
    bea = (await studio.do(create_client, CreateClient("Bea"))).rows["client"]
    stranger = Actor(Role.CLIENT, client_id=bea)
    assert await studio.refused(withdraw_pass, WithdrawPass(pass_id), actor=stranger) is Code.NOT_FOUND
    assert await studio.refused(withdraw_pass, WithdrawPass(pass_id), actor=Actor(Role.PARTNER)) is Code.FORBIDDEN
    mine = RefundPass(pass_id, "I want my money")
    assert await studio.refused(refund_pass, mine, actor=client(studio)) is Code.FORBIDDEN


async def test_what_was_paid_back_before_is_not_paid_back_twice(studio: Studio) -> None:
    pass_id = await sold_from_afar(studio, MONTHLY)
    await studio.do(refund_pass, RefundPass(pass_id, "Sorry", units=0, amount_minor=5_000))
    assert (await studio.do(withdraw_pass, WithdrawPass(pass_id))).figures["amountMinor"] == 10_000
    await sound(studio)


async def test_nothing_is_withdrawn_from_once_the_pass_is_over(studio: Studio) -> None:
    day = Validity(ValidityRule.PERIOD, 2, PeriodUnit.DAY)
    pass_id = await sold_from_afar(studio, replace(TEN_CLASSES, validity=day, warn_days=0))
    await studio.advance(at("2026-02-03"))
    assert await studio.refused(withdraw_pass, WithdrawPass(pass_id)) in (Code.PASS_ENDED, Code.PASS_CLOSED)
