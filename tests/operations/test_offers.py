"""Who may buy, on the real store: decided at the sale, under locks, with every reason at once."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from models.errors import Refused
from models.operations.base import Actor, Changed, Tx
from models.operations.book_visits import PayBy
from models.operations.catalogue import CreateClient, create_client
from models.operations.convert_pass import ConvertPass, convert_pass
from models.operations.end_visit import (
    AttendanceOutcome,
    CancelVisit,
    RecordAttendance,
    cancel_visit,
    record_attendance,
)
from models.operations.households import (
    CreateHousehold,
    JoinHousehold,
    LeaveHousehold,
    SetClientTypes,
    create_household,
    join_household,
    leave_household,
    set_client_types,
)
from models.operations.offers import check_offer
from models.operations.refund_pass import RefundPass, refund_pass
from models.operations.sell_pass import SellPass, sell_pass
from models.queries.catalogue import option_terms
from models.rules.codes import Code
from models.rules.offers import Sale
from models.rules.policies import Offer
from models.rules.values import AfterExpiration, ConversionTiming, PaymentMethod, Role, SaleChannel, TestCard
from tests.operations.acts import at
from tests.studio import MONTH, OWNER, TEN_CLASSES, Studio

STAFF, ONLINE, DIRECT = SaleChannel.STAFF, SaleChannel.ONLINE, SaleChannel.DIRECT_LINK
CARD = (PaymentMethod.TEST_CARD, TestCard.APPROVE)


async def offered(studio: Studio, **offer: Any) -> UUID:
    """Make an option with this offer."""
    return await studio.option(replace(TEN_CLASSES, offer=Offer(**offer)))


async def a_client(studio: Studio, name: str = "Bea") -> UUID:
    """Make a client."""
    return (await studio.do(create_client, CreateClient(name))).rows["client"]


async def a_household(studio: Studio, *members: UUID) -> UUID:
    """Make a household of these clients."""
    household = (await studio.do(create_household, CreateHousehold("The Bees"))).rows["household"]
    for client in members:
        await studio.do(join_household, JoinHousehold(household, client))
    return household


async def buy(studio: Studio, option: UUID, client: UUID | None = None, **how: Any) -> UUID:
    """Sell the option."""
    return (await studio.do(sell_pass, SellPass(client or studio.client, option, *CARD, **how))).passes[0]


async def why_not(
    studio: Studio, option: UUID, client: UUID | None = None, actor: Actor = OWNER, **how: Any
) -> list[tuple[Code, str]]:
    """Sell what must be refused; return the codes and paths, having seen that nothing changed."""
    before = await studio.fingerprint()
    command = SellPass(client or studio.client, option, *CARD, **how)
    with pytest.raises(Refused) as refused:
        await studio.do(sell_pass, command, actor=actor)
    assert await studio.fingerprint() == before
    return [(each.reason.code, ".".join(each.path)) for each in refused.value.problems]


async def link_of(studio: Studio, option: UUID) -> str:
    """The code of an option's direct link."""
    rows = await studio.fetch("SELECT direct_link_code FROM purchase_options WHERE id = $1", option)
    return str(rows[0]["direct_link_code"])


async def test_an_introductory_offer_is_for_who_never_bought(studio: Studio) -> None:
    intro = await offered(studio, introductory=True)
    await buy(studio, intro)
    assert await why_not(studio, intro) == [
        (Code.NOT_A_NEW_CLIENT, "clientId"),
        (Code.OFFER_LIMIT_REACHED, "clientId"),
    ]
    bea = await a_client(studio)
    await studio.sell(client=bea, method=PaymentMethod.COMPLIMENTARY, card=None)
    assert await why_not(studio, intro, bea) == [(Code.NOT_A_NEW_CLIENT, "clientId")]
    visitor = await a_client(studio, "Cy")
    await studio.book([studio.began + timedelta(days=1)], client=visitor, pay_by=PayBy.NOTHING)
    await buy(studio, intro, visitor)


async def test_who_was_away_long_enough_may_buy_it_once(studio: Studio) -> None:
    intro = await offered(studio, introductory=True, inactive_months=2)
    await studio.sell()
    assert await why_not(studio, intro) == [(Code.ACTIVE_TOO_RECENTLY, "clientId")]
    attended = (await studio.book([at("2026-02-10")], pay_by=PayBy.NOTHING)).visits[0]
    cancelled = (await studio.book([at("2026-03-20")], pay_by=PayBy.NOTHING)).visits[0]
    await studio.do(cancel_visit, CancelVisit(cancelled))
    await studio.advance(at("2026-02-11"))
    await studio.do(record_attendance, RecordAttendance(attended, AttendanceOutcome.ATTENDED))
    await studio.advance(at("2026-04-09", 20))
    assert await why_not(studio, intro) == [(Code.ACTIVE_TOO_RECENTLY, "clientId")]

    await studio.advance(at("2026-04-10", 1))
    await buy(studio, intro)

    await studio.advance(at("2026-10-10", 1))
    assert await why_not(studio, intro) == [(Code.OFFER_LIMIT_REACHED, "clientId")]


async def test_a_renewal_is_activity(studio: Studio) -> None:
    intro = await offered(studio, introductory=True, inactive_months=1)
    await studio.sell(replace(TEN_CLASSES, validity=MONTH, after_expiration=AfterExpiration.RENEW))
    await studio.advance(studio.began + timedelta(days=45))
    assert await why_not(studio, intro) == [(Code.ACTIVE_TOO_RECENTLY, "clientId")]


async def test_at_most_n_per_client(studio: Studio) -> None:
    option = await offered(studio, per_client_max=2)
    await buy(studio, option)
    await buy(studio, option)
    assert await why_not(studio, option) == [(Code.OFFER_LIMIT_REACHED, "clientId")]
    await buy(studio, option, await a_client(studio))


async def test_a_declined_sale_was_none(studio: Studio) -> None:
    option = await offered(studio, per_client_max=1)
    declined = SellPass(studio.client, option, PaymentMethod.TEST_CARD, TestCard.DECLINE)
    with pytest.raises(Refused) as refused:
        await studio.do(sell_pass, declined)
    assert refused.value.code is Code.PAYMENT_DECLINED
    await buy(studio, option)
    assert await why_not(studio, option) == [(Code.OFFER_LIMIT_REACHED, "clientId")]


async def test_a_dry_run_takes_no_offer(studio: Studio) -> None:
    option = await offered(studio, introductory=True)
    await studio.do(sell_pass, SellPass(studio.client, option, *CARD), dry_run=True)
    await buy(studio, option)


async def test_once_per_household_whoever_of_it_buys(studio: Studio) -> None:
    option = await offered(studio, once_per_household=True)
    bea, cy = await a_client(studio), await a_client(studio, "Cy")
    await a_household(studio, studio.client, bea)
    await buy(studio, option, bea)

    assert await why_not(studio, option) == [(Code.OFFER_ONCE_PER_HOUSEHOLD, "clientId")]
    assert await why_not(studio, option, bea) == [(Code.OFFER_LIMIT_REACHED, "clientId")]
    await buy(studio, option, cy)

    await studio.do(leave_household, LeaveHousehold(studio.client))
    await buy(studio, option)


async def test_client_types_are_needed_where_they_are_asked_for(studio: Studio) -> None:
    option = await offered(studio, client_types=frozenset({"Student", "Senior"}))
    assert await why_not(studio, option) == [(Code.CLIENT_TYPE_NOT_OFFERED, "clientId")]
    await studio.do(set_client_types, SetClientTypes(studio.client, ("local", " student ")))
    await buy(studio, option)


async def test_channels(studio: Studio) -> None:
    ann = Actor(Role.CLIENT, client_id=studio.client)
    online = await offered(studio, channels=frozenset({ONLINE}))
    by_staff = await offered(studio, channels=frozenset({STAFF}))
    wrong = [(Code.CHANNEL_NOT_OFFERED, "channel")]

    assert await why_not(studio, online) == wrong
    assert await why_not(studio, by_staff, actor=ann) == wrong
    assert await why_not(studio, by_staff, actor=ann, channel=STAFF) == [(Code.FORBIDDEN, "channel")]
    bought = [
        (await studio.do(sell_pass, SellPass(studio.client, online, *CARD), actor=ann)).passes[0],
        await buy(studio, online, channel=ONLINE),
        await buy(studio, by_staff),
    ]

    rows = await studio.fetch("SELECT id, channel FROM passes")
    assert {row["id"]: row["channel"] for row in rows} == dict(zip(bought, ["ONLINE", "ONLINE", "STAFF"], strict=True))


async def test_a_direct_link_carries_the_code_of_its_option(studio: Studio) -> None:
    ann = Actor(Role.CLIENT, client_id=studio.client)
    option, other = await offered(studio, channels=frozenset({DIRECT})), await offered(studio)
    code = await link_of(studio, option)
    wrong = [(Code.LINK_CODE_WRONG, "directLinkCode")]
    assert len(code) == 32
    assert code != await link_of(studio, other)

    for given in (None, "", code[:-1], code.upper(), await link_of(studio, other), "é"):
        assert await why_not(studio, option, actor=ann, channel=DIRECT, link_code=given) == wrong
    assert await why_not(studio, other, actor=ann, channel=DIRECT) == wrong
    assert await why_not(studio, option, actor=ann, link_code=code) == [(Code.CHANNEL_NOT_OFFERED, "channel")]
    command = SellPass(studio.client, option, *CARD, channel=DIRECT, link_code=code)
    await studio.do(sell_pass, command, actor=ann)


async def test_all_reasons_come_at_once(studio: Studio) -> None:
    bea = await a_client(studio)
    await a_household(studio, studio.client, bea)
    everyone = await offered(studio, once_per_household=True)
    await buy(studio, everyone, bea)
    await studio.sell()
    strict = Offer(True, None, True, frozenset({"Student"}), frozenset({ONLINE}))
    option = await studio.option(replace(TEN_CLASSES, offer=strict))
    assert await why_not(studio, option) == [
        (Code.NOT_A_NEW_CLIENT, "clientId"),
        (Code.CLIENT_TYPE_NOT_OFFERED, "clientId"),
        (Code.CHANNEL_NOT_OFFERED, "channel"),
    ]
    packed = await offered(studio, only_in_package=True)
    assert await why_not(studio, packed) == [(Code.ONLY_IN_PACKAGE, "purchaseOptionId")]


async def test_a_free_offer_is_sold_under_the_same_rules(studio: Studio) -> None:
    free = await studio.option(replace(TEN_CLASSES, price_minor=0, offer=Offer(introductory=True)))
    await studio.do(sell_pass, SellPass(studio.client, free))
    assert await studio.refused(sell_pass, SellPass(studio.client, free)) is Code.NOT_A_NEW_CLIENT


async def test_an_offer_is_checked_at_the_sale_and_not_at_a_conversion(studio: Studio) -> None:
    pass_id = await studio.sell()
    target = await offered(studio, introductory=True, only_in_package=True)
    converted = await studio.do(convert_pass, ConvertPass(pass_id, target, ConversionTiming.NOW_FREE))
    rows = await studio.fetch("SELECT channel FROM passes WHERE id = ANY($1)", [*converted.passes])
    assert sorted((row["channel"] or "") for row in rows) == ["", "STAFF"]


async def test_households_and_types_are_the_studios_to_keep(studio: Studio) -> None:
    ann = Actor(Role.CLIENT, client_id=studio.client)
    household = await a_household(studio, studio.client)
    other = await a_household(studio)
    bea = await a_client(studio)
    for verb, command, actor, code in (
        (create_household, CreateHousehold("  "), OWNER, Code.TEXT_OUT_OF_RANGE),
        (create_household, CreateHousehold("Bees"), ann, Code.FORBIDDEN),
        (join_household, JoinHousehold(household, uuid4()), OWNER, Code.NOT_FOUND),
        (join_household, JoinHousehold(uuid4(), bea), OWNER, Code.NOT_FOUND),
        (join_household, JoinHousehold(other, studio.client), OWNER, Code.IN_A_HOUSEHOLD),
        (join_household, JoinHousehold(household, studio.client), ann, Code.FORBIDDEN),
        (leave_household, LeaveHousehold(bea), OWNER, Code.IN_NO_HOUSEHOLD),
        (leave_household, LeaveHousehold(uuid4()), OWNER, Code.NOT_FOUND),
        (leave_household, LeaveHousehold(studio.client), ann, Code.FORBIDDEN),
        (set_client_types, SetClientTypes(uuid4(), ("a",)), OWNER, Code.NOT_FOUND),
        (set_client_types, SetClientTypes(bea, ()), OWNER, Code.NOTHING_TO_DO),
        (set_client_types, SetClientTypes(bea, ("ok", " ")), OWNER, Code.TEXT_OUT_OF_RANGE),
        (set_client_types, SetClientTypes(bea, ("x" * 61,)), OWNER, Code.TEXT_OUT_OF_RANGE),
        (set_client_types, SetClientTypes(bea, tuple(map(str, range(51)))), OWNER, Code.TOO_MANY),
        (set_client_types, SetClientTypes(studio.client, ("Student",)), ann, Code.FORBIDDEN),
    ):
        assert await studio.refused(verb, command, actor=actor) is code, command


async def test_types_are_kept_once_and_sorted(studio: Studio) -> None:
    await studio.do(set_client_types, SetClientTypes(studio.client, ("b", " A ", "B")))
    rows = await studio.fetch("SELECT types FROM clients WHERE id = $1", studio.client)
    assert rows[0]["types"] == ["A", "B"]


async def test_a_pass_that_another_became_was_not_bought_again(studio: Studio) -> None:
    option = await offered(studio, per_client_max=1)
    pass_id = await studio.sell()
    await studio.do(convert_pass, ConvertPass(pass_id, option, ConversionTiming.NOW_FREE))
    await buy(studio, option)
    assert await why_not(studio, option) == [(Code.OFFER_LIMIT_REACHED, "clientId")]


@pytest.mark.parametrize("used", [False, True])
async def test_a_pass_paid_back_before_any_visit_was_never_bought(studio: Studio, used: bool) -> None:
    intro = await offered(studio, introductory=True)
    pass_id = await buy(studio, intro)
    starts = studio.began + (timedelta(hours=-1) if used else timedelta(days=7))
    visit = (await studio.book([starts], pass_id=pass_id)).visits[0]
    if used:
        await studio.do(record_attendance, RecordAttendance(visit, AttendanceOutcome.ATTENDED))
    else:
        await studio.do(cancel_visit, CancelVisit(visit))
    await studio.do(refund_pass, RefundPass(pass_id, "Sold by mistake"))

    if used:
        assert (Code.NOT_A_NEW_CLIENT, "clientId") in await why_not(studio, intro)
    else:
        await buy(studio, intro)


async def test_a_package_answers_for_its_channels_and_not_for_who_may_buy(studio: Studio) -> None:
    packed = await offered(studio, only_in_package=True, introductory=True)

    async def sell_packed(tx: Tx, command: SellPass) -> Changed:
        option = await option_terms(tx.raw, command.option_id)
        assert option is not None
        await check_offer(tx, option, command.client_id, Sale(ONLINE, in_package=True))
        return Changed()

    await studio.do(sell_packed, SellPass(studio.client, packed))
    await studio.sell()
    assert await studio.refused(sell_packed, SellPass(studio.client, packed)) is Code.NOT_A_NEW_CLIENT
