"""Of many sales at once of what may be sold once, exactly one wins."""

import asyncio
from dataclasses import replace
from uuid import UUID

import pytest

from models.errors import Refused
from models.operations.catalogue import CreateClient, create_client
from models.operations.households import CreateHousehold, JoinHousehold, create_household, join_household
from models.operations.sell_pass import SellPass, sell_pass
from models.queries.invariants import check_business
from models.rules.codes import Code
from models.rules.policies import Offer
from models.rules.values import PaymentMethod, TestCard
from tests.studio import TEN_CLASSES, Studio

SALES = 20
CARD = (PaymentMethod.TEST_CARD, TestCard.APPROVE)


async def sale(studio: Studio, option: UUID, client: UUID) -> set[Code]:
    """Sell; return why not, nothing where it was sold. Who waited too long is told to come back, and does."""
    for _ in range(20):
        try:
            await studio.do(sell_pass, SellPass(client, option, *CARD))
        except Refused as refused:
            if refused.code is not Code.TRY_AGAIN:
                return {each.reason.code for each in refused.problems}
        else:
            return set()
    raise AssertionError("twenty times the queue was too long")


async def members(studio: Studio, count: int) -> list[UUID]:
    """Make a household of so many clients."""
    household = (await studio.do(create_household, CreateHousehold("The Bees"))).rows["household"]
    made = []
    for number in range(count):
        made.append((await studio.do(create_client, CreateClient(f"Bee {number}"))).rows["client"])
        await studio.do(join_household, JoinHousehold(household, made[-1]))
    return made


@pytest.mark.parametrize(
    ("offer", "sold"),
    [(Offer(introductory=True), 1), (Offer(per_client_max=3), 3), (Offer(once_per_household=True), 1)],
)
async def test_twenty_sales_to_one_client(studio: Studio, offer: Offer, sold: int) -> None:
    option = await studio.option(replace(TEN_CLASSES, offer=offer))
    answers = await asyncio.gather(*(sale(studio, option, studio.client) for _ in range(SALES)))

    assert answers.count(set()) == sold
    assert all(Code.OFFER_LIMIT_REACHED in codes for codes in answers if codes)
    assert (await studio.fetch("SELECT count(*) FROM passes WHERE option_id = $1", option))[0][0] == sold
    async with studio.runtime.database.reading(studio.business_id) as reader:
        assert await check_business(reader) == []


async def test_twenty_sales_to_five_members_of_a_household(studio: Studio) -> None:
    family = await members(studio, 5)
    option = await studio.option(replace(TEN_CLASSES, offer=Offer(once_per_household=True)))
    answers = await asyncio.gather(*(sale(studio, option, family[n % 5]) for n in range(SALES)))

    assert answers.count(set()) == 1
    assert (await studio.fetch("SELECT count(*) FROM passes WHERE option_id = $1", option))[0][0] == 1
    refused = set().union(*answers)
    assert refused == {Code.OFFER_ONCE_PER_HOUSEHOLD, Code.OFFER_LIMIT_REACHED}


async def test_who_joins_while_another_member_buys_is_not_forgotten(studio: Studio) -> None:
    """A member joins and buys at the same instants as another buys: the household has it once or joined too late."""
    for attempt in range(6):
        first, second = await members(studio, 1), (await studio.do(create_client, CreateClient("Late"))).rows["client"]
        household = (await studio.fetch("SELECT household_id FROM clients WHERE id = $1", first[0]))[0][0]
        option = await studio.option(replace(TEN_CLASSES, offer=Offer(once_per_household=True)), f"Offer {attempt}")

        async def join_and_buy(client: UUID = second, into: UUID = household, wanted: UUID = option) -> set[Code]:
            await studio.do(join_household, JoinHousehold(into, client))
            return await sale(studio, wanted, client)

        answers = await asyncio.gather(sale(studio, option, first[0]), join_and_buy())
        assert answers.count(set()) == 1
