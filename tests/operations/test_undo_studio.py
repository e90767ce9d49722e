"""What was created is taken back where nothing names it, and it says what does."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from models.errors import Refused
from models.operations.book_visits import BookVisits, NewVisit, PayBy, book_visits
from models.operations.catalogue import (
    CreateClient,
    CreateLocation,
    CreatePurchaseOption,
    CreateService,
    RevisePurchaseOption,
    create_client,
    create_location,
    create_purchase_option,
    create_service,
    revise_purchase_option,
)
from models.operations.closures import PlaceClosure, place_closure
from models.operations.create_business import create_api_key, revoke_api_key
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
from models.operations.packages import CreatePackage, create_package
from models.operations.sandbox.open_sandbox import OpenSandbox, open_and_fill
from models.operations.sandbox.play_sandbox import PlaySandbox, play, play_sandbox
from models.operations.sell_pass import SellPass, sell_pass
from models.operations.sharing import SharePass, share_pass
from models.operations.transfer_pass import TransferPass, transfer_pass
from models.operations.undo.undo_operation import UndoOperation, undo_operation
from models.queries import people, places, sandboxes
from models.queries.paging import NO_FILTER, Listing, Slice, count, page
from models.rules.codes import Code
from models.rules.packages import Override, PackageItem, PackageTerms
from models.rules.policies import Restriction
from models.rules.terms import Access, Terms
from models.rules.values import PackageItemKind, RestrictionPer, Role, ServiceCategory
from tests.operations.acts import DAY, HOUR
from tests.operations.effective import effective
from tests.operations.test_dry_run import CARD
from tests.operations.test_undo_dependents import needs, undo
from tests.operations.test_undo_every_verb import last_operation
from tests.studio import OWNER, SHARED, TEN_CLASSES, Studio

Use = Callable[[Studio, UUID], Awaitable[tuple[Any, Any]]]


async def made(studio: Studio, verb: Any, command: Any, thing: str) -> tuple[UUID, UUID]:
    """Create something; return it and the operation that did."""
    created = (await studio.do(verb, command)).rows[thing]
    return created, await last_operation(studio)


def selling(terms: Terms) -> tuple[Any, Any]:
    return create_purchase_option, CreatePurchaseOption("Ten", terms)


def visiting(studio: Studio, client: UUID, service: UUID, location: UUID) -> tuple[Any, Any]:
    visit = NewVisit(service, location, studio.began + DAY, studio.began + DAY + HOUR)
    return book_visits, BookVisits(client, (visit,), PayBy.NOTHING)


async def a_visit_there(studio: Studio, location: UUID) -> tuple[Any, Any]:
    return visiting(studio, studio.client, studio.service, location)


async def a_visit_of_it(studio: Studio, service: UUID) -> tuple[Any, Any]:
    return visiting(studio, studio.client, service, studio.location)


async def a_visit_of_theirs(studio: Studio, client: UUID) -> tuple[Any, Any]:
    return visiting(studio, client, studio.service, studio.location)


async def terms_of_it(studio: Studio, service: UUID) -> tuple[Any, Any]:
    return selling(replace(TEN_CLASSES, access=Access(service_ids=frozenset({service}))))


async def terms_there(studio: Studio, location: UUID) -> tuple[Any, Any]:
    option = await studio.option(TEN_CLASSES)
    there = replace(TEN_CLASSES, access=Access(location_ids=frozenset({location})))
    return revise_purchase_option, RevisePurchaseOption(option, 1, "Ten", there)


async def a_package_of_it(studio: Studio, service: UUID) -> tuple[Any, Any]:
    held = PackageItem(PackageItemKind.PASS, option_id=await studio.option(TEN_CLASSES))
    few = Override(restrictions=(Restriction(2, RestrictionPer.WEEK, service_ids=frozenset({service})),))
    return create_package, CreatePackage("Deal", PackageTerms(9_000, (held,), override=few))


async def a_closure_there(studio: Studio, location: UUID) -> tuple[Any, Any]:
    return place_closure, PlaceClosure(location, studio.began.date(), None, "Repairs")


async def a_client_there(studio: Studio, location: UUID) -> tuple[Any, Any]:
    return create_client, CreateClient("Bob", home_location_id=location)


async def a_sale(studio: Studio, client: UUID) -> tuple[Any, Any]:
    return sell_pass, SellPass(client, await studio.option(TEN_CLASSES), *CARD)


async def a_type(studio: Studio, client: UUID) -> tuple[Any, Any]:
    return set_client_types, SetClientTypes(client, ("Student",))


async def a_membership(studio: Studio, client: UUID) -> tuple[Any, Any]:
    household = (await studio.do(create_household, CreateHousehold("The Bees"))).rows["household"]
    return join_household, JoinHousehold(household, client)


async def a_member(studio: Studio, household: UUID) -> tuple[Any, Any]:
    return join_household, JoinHousehold(household, studio.client)


async def a_gift(studio: Studio, client: UUID) -> tuple[Any, Any]:
    return transfer_pass, TransferPass(await studio.sell(SHARED), client, "Gift")


LOCATION: tuple[Any, Any, str] = (create_location, CreateLocation("Annex"), "location")
SERVICE: tuple[Any, Any, str] = (create_service, CreateService("Boxing", ServiceCategory.CLASS), "service")
CLIENT: tuple[Any, Any, str] = (create_client, CreateClient("Bea", "bea@example.org"), "client")
HOUSEHOLD: tuple[Any, Any, str] = (create_household, CreateHousehold("The Bees"), "household")
USES: list[tuple[tuple[Any, Any, str], Use]] = [
    *((LOCATION, use) for use in (a_visit_there, terms_there, a_closure_there, a_client_there)),
    *((SERVICE, use) for use in (a_visit_of_it, terms_of_it, a_package_of_it)),
    *((CLIENT, use) for use in (a_visit_of_theirs, a_sale, a_type, a_membership, a_gift)),
    (HOUSEHOLD, a_member),
]


@pytest.mark.parametrize(("thing", "use"), USES, ids=lambda each: each[2] if isinstance(each, tuple) else each.__name__)
async def test_it_waits_for_what_names_it_and_is_gone_for_whoever_would(
    studio: Studio, thing: tuple[Any, Any, str], use: Use
) -> None:
    created, creation = await made(studio, *thing)
    verb, command = await use(studio, created)
    await studio.do(verb, command)
    using = await last_operation(studio)
    await needs(studio, creation, using)
    await undo(studio, using)
    await undo(studio, creation)
    if isinstance(command, RevisePurchaseOption):
        command = replace(command, from_version=3)
    assert await studio.refused(verb, command) is Code.NOT_FOUND
    again, _ = await made(studio, *thing)
    assert again != created


async def test_terms_that_no_longer_name_a_place_do_not_keep_it(studio: Studio) -> None:
    location, creation = await made(studio, *LOCATION)
    there = replace(TEN_CLASSES, access=Access(location_ids=frozenset({location})))
    option = await studio.option(there, "There")
    writing = await last_operation(studio)
    pass_id = (await studio.do(sell_pass, SellPass(studio.client, option, *CARD))).passes[0]
    await studio.do(revise_purchase_option, RevisePurchaseOption(option, 1, "Anywhere", TEN_CLASSES))
    revision = await last_operation(studio)
    await needs(studio, creation, revision)  # the pass that was sold is good there only
    rows = await studio.fetch("SELECT operation_id FROM periods WHERE pass_id = $1", pass_id)
    await undo(studio, rows[0]["operation_id"])
    await undo(studio, creation)
    assert writing != revision


async def test_a_client_with_a_key_or_a_share_stays(studio: Studio) -> None:
    client, creation = await made(studio, *CLIENT)
    key = await create_api_key(studio.runtime, studio.business_id, Role.CLIENT, "Bea", client)
    assert await studio.refused(undo_operation, UndoOperation(creation, "A mistake")) is Code.NOT_UNDOABLE
    await revoke_api_key(studio.runtime, key)
    household, _ = await made(studio, *HOUSEHOLD)
    joined = []
    for member in (studio.client, client):
        await studio.do(join_household, JoinHousehold(household, member))
        joined.append(await last_operation(studio))
    await studio.do(share_pass, SharePass(await studio.sell(SHARED), client))
    sharing = await last_operation(studio)
    await needs(studio, creation, joined[1], sharing)
    await undo(studio, sharing)
    await studio.do(leave_household, LeaveHousehold(client))
    await undo(studio, creation)
    with pytest.raises(Refused, match=r"^NOT_FOUND"):
        await create_api_key(studio.runtime, studio.business_id, Role.CLIENT, "Bea", client)


async def listed(studio: Studio, listing: Listing[Any]) -> tuple[set[str], int]:
    """Return the names of a list and how many it says there are."""
    async with studio.runtime.database.reading(studio.business_id) as reader:
        part = await page(reader, listing, NO_FILTER, Slice(100))
        return {row.name for row in part.items}, await count(reader, listing, NO_FILTER)


@pytest.mark.parametrize(
    ("thing", "listing"),
    [
        (LOCATION, places.LOCATIONS),
        (SERVICE, places.SERVICES),
        (CLIENT, people.CLIENTS),
        (HOUSEHOLD, people.HOUSEHOLDS),
    ],
    ids=lambda each: each[2] if isinstance(each, tuple) else each.name,
)
async def test_what_was_taken_back_is_not_listed_and_can_be_created_anew(
    studio: Studio, thing: tuple[Any, Any, str], listing: Listing[Any]
) -> None:
    before, shown = await effective(studio), await listed(studio, listing)
    for _ in range(2):
        _, creation = await made(studio, *thing)
        assert len((await listed(studio, listing))[0]) == shown[1] + 1
        await undo(studio, creation)
        assert await effective(studio) == before
        assert await listed(studio, listing) == shown


async def test_a_place_that_was_taken_back_does_not_count_as_another_one(studio: Studio) -> None:
    _, creation = await made(studio, *LOCATION)
    await undo(studio, creation)
    pass_id = await studio.sell()
    closed = await studio.do(place_closure, PlaceClosure(studio.location, studio.began.date(), None, "Repairs"))
    assert closed.passes == [pass_id], "the pass is valid at the one place there is"
    later = await studio.sell()
    held = await studio.fetch("SELECT pass_id FROM holds ORDER BY pass_id")
    assert [row["pass_id"] for row in held] == [pass_id, later]


@pytest.mark.parametrize("_", range(6))
async def test_nobody_books_a_place_while_it_is_taken_back(studio: Studio, _: int) -> None:
    location, creation = await made(studio, *LOCATION)
    found = await asyncio.gather(
        studio.do(*visiting(studio, studio.client, studio.service, location)),
        *(studio.do(undo_operation, UndoOperation(creation, "A mistake"), key=str(uuid4())) for _ in range(2)),
        return_exceptions=True,
    )
    refused = [each.code if isinstance(each, Refused) else each for each in found]
    if isinstance(found[0], Refused):
        assert (refused[0], Code.ALREADY_UNDONE in refused[1:]) == (Code.NOT_FOUND, True)
    else:
        assert refused[1:] == [Code.DEPENDED_ON, Code.DEPENDED_ON]


async def test_a_sandbox_is_discarded_unless_somebody_played_in_it(studio: Studio) -> None:
    opened = OpenSandbox("Try", (await studio.option(),))

    async def another() -> tuple[UUID, UUID]:
        answer = await open_and_fill(studio.runtime, studio.business_id, OWNER, opened, key=str(uuid4()))
        assert answer is not None
        return answer.changed.rows["sandbox"], answer.operation_id

    (kept, first), (discarded, second) = await another(), await another()
    playing = PlaySandbox(kept, studio.began + 2 * DAY, 0)
    await play(studio.runtime, studio.business_id, OWNER, playing, key=str(uuid4()))
    await needs(studio, first, await last_operation(studio))
    await undo(studio, second)
    assert await studio.refused(play_sandbox, PlaySandbox(discarded, studio.began + DAY)) is Code.NOT_FOUND
    async with studio.runtime.database.reading(studio.business_id) as reader:
        assert [row.id for row in await sandboxes.newest(reader, 10)] == [kept]
