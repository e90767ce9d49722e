"""How many statements a question costs: a constant, however many rows a page holds."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from models.operations.catalogue import CreateClient, create_client
from models.operations.holds import PlaceHold, place_hold
from models.operations.households import CreateHousehold, JoinHousehold, create_household, join_household
from models.rules.policies import Offer
from models.rules.terms import Terms
from models.rules.values import PassKind
from tests.packaged import starter_sold
from tests.schema.conftest import gid
from tests.schema.counting import counted
from tests.studio import MONTH, TEN_CLASSES, Studio


async def statements(studio: Studio, document: str, **variables: Any) -> int:
    """Return how many statements a document takes."""
    return len((await counted(studio, document, **variables))[1])


_CONSTANT = {
    "{ business { name now policies { allocation } } }": 0,
    "{ services(first: 100) { nodes { name category } } }": 1,
    "{ locations(first: 100) { nodes { name zone } } }": 1,
    "{ purchaseOptions(first: 100) { nodes { name currentVersion { priceMinor } } } }": 1,
    "{ purchaseOptions(first: 100) { totalCount nodes { currentVersion { terms { kind access { services { name } } "
    "} } } } }": 3,
    "{ clients(first: 100) { nodes { name creditMinor homeLocation { name } } } }": 2,
    "{ clients(first: 100) { nodes { name types household { name members { name } } } } }": 3,
    "{ households(first: 100) { totalCount nodes { name members { name types } } } }": 3,
    "{ clients(first: 100) { nodes { name passes(first: 5) { nodes { status balance { available } } } "
    "visits(first: 3) { totalCount nodes { id service { name } } } } } }": 4,
    "{ passes(first: 100) { nodes { id status client { name } purchaseOption { name } balance { available } } } }": 1,
    "{ passes(first: 100) { totalCount edges { cursor node { id endsAt lastDay } } pageInfo { hasNextPage } } }": 2,
    "{ passes(first: 100, status: ACTIVE) { totalCount nodes { id status explanation { message } } } }": 2,
    "{ passes(first: 100, standing: CURRENT) { totalCount nodes { id standing } } }": 2,
    "{ passes(first: 100) { nodes { lots { lastDay balance { available } } periods { number order { state payments "
    "{ state } } } holds { firstDay } } } }": 6,
    "{ passes(first: 100) { nodes { orders { state payments { state detail } } } } }": 2,
    "{ passes(first: 100) { nodes { nextEvents { sentence } } } }": 6,
    "{ passes(first: 100) { nodes { purchaseOption { purchaseOption { id } } successor { id } predecessor { id } "
    "plannedConversion { target { id } } } } }": 3,
    "{ passes(first: 100) { nodes { ledger(first: 3) { totalCount nodes { quantity lot { kind } visit { day } "
    "operation { verb } } } visits(first: 2) { nodes { claim { explanation pass { id } lot { id } "
    "passedOver { pass { id } } } } } } } }": 9,
    '{ passes(first: 100) { nodes { balanceAsOf(instant: "2026-02-01T00:00:00Z") { available } } } }': 2,
    "{ visits(first: 100) { nodes { id service { name } location { name } client { name } pass { status } "
    "claim { chosenBy } } } }": 4,
    "{ packages(first: 100) { totalCount nodes { name currentVersion { items { kind purchaseOption { name } } } } "
    "} }": 3,
    "{ clients(first: 100) { nodes { packageSales(first: 5) { nodes { priceMinor packageVersion { name } "
    "passes { id status } } } } } }": 4,
    "{ passes(first: 100) { nodes { packageSale { soldAt items { name shareMinor } order { amountMinor } } } } }": 5,
    "{ operations(first: 100) { nodes { verb keyLabel input result } } }": 1,
}


async def test_every_question_costs_the_same_for_a_page_of_two_and_of_a_hundred(studio: Studio) -> None:
    await _live(studio, 2)
    few = {document: await statements(studio, document) for document in _CONSTANT}
    await _live(studio, 98)
    many = {document: await statements(studio, document) for document in _CONSTANT}

    # The terms of a version are remembered by the process, so asking again may cost a statement less.
    terms = next(document for document in _CONSTANT if "terms {" in document)
    assert few.pop(terms) <= _CONSTANT[terms]
    assert many.pop(terms) <= _CONSTANT[terms]
    expected = {document: number for document, number in _CONSTANT.items() if document != terms}
    assert few == expected
    assert many == expected


async def test_eligible_passes_cost_the_same_for_two_and_for_twenty(studio: Studio) -> None:
    document = "query ($id: ID!) { eligiblePasses(visitId: $id) { pass { id status } lot { kind } reasons { code } } }"
    visit = gid("Visit", (await studio.book([studio.began + timedelta(days=1)])).visits[0])
    counts = []
    for more in (2, 18):
        for _ in range(more):
            await studio.sell()
        counts.append(await statements(studio, document, id=visit))

    # The visit, the client's passes and the five of their facts, then the passes and the lots as they are shown.
    assert counts == [9, 9]


async def test_offers_cost_the_same_for_two_options_and_for_twenty(studio: Studio) -> None:
    document = "query ($id: ID!) { offers(clientId: $id) { buyable reasons { code } purchaseOption { name } } }"
    once = replace(TEN_CLASSES, offer=Offer(once_per_household=True))
    household = (await studio.do(create_household, CreateHousehold("The Bees"))).rows["household"]
    await studio.do(join_household, JoinHousehold(household, studio.client))
    counts = []
    for more in (2, 18):
        for _ in range(more):
            member = (await studio.do(create_client, CreateClient("Bee"))).rows["client"]
            await studio.do(join_household, JoinHousehold(household, member))
            await studio.sell(once, client=member)
        counts.append(await statements(studio, document, id=gid("Client", studio.client)))

    # The client, what they are, what their household bought, the options with their terms, the options as shown.
    assert counts == [5, 5]


async def test_one_pass_costs_one_statement(studio: Studio) -> None:
    document = """query ($id: ID!) { pass(id: $id) {
        id status endsAt client { name } purchaseOption { name } balance { available } } }"""

    assert await statements(studio, document, id=gid("Pass", await studio.sell())) == 1


async def _live(studio: Studio, passes: int) -> None:
    """Sell passes to clients of their own, each with a booked visit and a hold."""
    for number in range(passes):
        client = (await studio.do(create_client, CreateClient(f"Client {number}"))).rows["client"]
        pass_id = await studio.sell(Terms(PassKind.SESSION, 15_000, 10, validity=MONTH), client=client)
        household = (await studio.do(create_household, CreateHousehold(f"Household {number}"))).rows["household"]
        await studio.do(join_household, JoinHousehold(household, client))
        await studio.book([studio.began + timedelta(days=1)], client=client)
        await studio.do(place_hold, PlaceHold(pass_id, date(2026, 2, 10), date(2026, 2, 11)))
        await starter_sold(studio, client)
