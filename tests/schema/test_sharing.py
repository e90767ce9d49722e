"""Sharing and transfers as callers see them: the owner whole, the member only what is theirs, nobody else anything."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from models.operations.base import Actor
from models.operations.catalogue import CreateClient, create_client
from models.operations.sharing import SharePass, share_pass
from models.rules.values import Role
from tests.schema.conftest import OWNER, Ask, client_of, gid
from tests.schema.test_statement_counts import statements
from tests.studio import SHARED, Studio, household_with, shared_pass

_SHARED = """query ($id: ID!) { client(id: $id) { sharedPasses { optionName kind status lastDay unitsAvailable
  share { id clientName state visitsMax visitsUsed visitsLeft client { id } pass { id } } } } }"""
_SHARES = "query ($id: ID!) { pass(id: $id) { shares { clientName state visitsUsed client { id } pass { id } } } }"
_BOOK = """mutation ($input: BookVisitsInput!) { bookVisits(input: $input) { userErrors { code } paidCount
  passes { id } unpaid { refusals { pass { id } reasons { code } } }
  visits { guestName client { id } pass { id } claim { pass { id } lot { id } explanation } } } }"""
_CANCEL = """mutation ($input: CancelVisitInput!) { cancelVisit(input: $input) { userErrors { code } returned
  pass { id orders { id } } visit { pass { id } } } }"""
_REMOVE = """mutation ($input: RemoveShareInput!) { removeShare(input: $input) { userErrors { code }
  share { state } pass { id } visits { id client { id } } } }"""
_TRANSFER = """mutation ($input: TransferPassInput!) { transferPass(input: $input) { userErrors { code } units
  pass { status } receivedPass { status lastDay balance { available } periods { order { id } } } visits { id } } }"""
_ELIGIBLE = """query ($visit: ProposedVisitInput!) { eligiblePasses(visit: $visit) {
  pays shared chosenFirst pass { id } lot { id } reasons { code } } }"""


class Scene:
    """A pass shared with Ben."""

    def __init__(self, studio: Studio, share: UUID, pass_id: UUID, ben: UUID) -> None:
        self.studio, self.share, self.pass_id, self.ben = studio, share, pass_id, ben
        self.actor = Actor(Role.CLIENT, client_id=ben)

    def booking(self, client: UUID, days: int, **more: Any) -> dict[str, Any]:
        start = self.studio.began + timedelta(days=days)
        visit = {
            "serviceId": gid("Service", self.studio.service),
            "locationId": gid("Location", self.studio.location),
            "startsAt": start.isoformat(),
            "endsAt": (start + timedelta(hours=1)).isoformat(),
        }
        key = f"{client} {days} {more}"
        return {"idempotencyKey": key, "clientId": gid("Client", client), "visits": [visit | more]}


@pytest.fixture
async def scene(studio: Studio) -> Scene:
    share = await shared_pass(studio)
    (row,) = await studio.fetch("SELECT pass_id, client_id FROM shares")
    return Scene(studio, share, row["pass_id"], row["client_id"])


async def test_a_member_sees_a_shared_pass_and_nothing_of_its_owner(scene: Scene, ask: Ask) -> None:
    studio = scene.studio
    booked = await ask(studio, scene.actor, _BOOK, input=scene.booking(scene.ben, 1))
    (visit,) = booked["bookVisits"]["visits"]
    assert (booked["bookVisits"]["paidCount"], booked["bookVisits"]["passes"]) == (1, [])
    assert visit["pass"] is None
    assert (visit["claim"]["pass"], visit["claim"]["lot"]) == (None, None)
    assert "Another client's pass" in visit["claim"]["explanation"]

    (seen,) = (await ask(studio, scene.actor, _SHARED, id=gid("Client", scene.ben)))["client"]["sharedPasses"]
    assert (seen["kind"], seen["status"], seen["unitsAvailable"]) == ("SESSION", "ACTIVE", 9)
    shown = seen["share"]
    assert shown.pop("id") == gid("Share", scene.share)
    assert shown == {
        "clientName": "Ben",
        "state": "ACTIVE",
        "visitsMax": None,
        "visitsUsed": 1,
        "visitsLeft": None,
        "client": {"id": gid("Client", scene.ben)},
        "pass": None,
    }
    hidden = {"pass": gid("Pass", scene.pass_id), "lots": "lots", "orders": "orders"}
    for table in ("lots", "orders", "transfers"):
        rows = await studio.fetch(f"SELECT id FROM {table} LIMIT 1")
        hidden[table] = gid(table[:-1].capitalize(), rows[0]["id"])
    owners = await studio.book([studio.began + timedelta(days=2)], pass_id=scene.pass_id)
    hidden["visit"] = gid("Visit", owners.visits[0])
    for each in hidden.values():
        found = await ask(studio, scene.actor, "query ($id: ID!) { node(id: $id) { id } }", id=each)
        assert found["node"] is None


async def test_owner_and_studio_see_with_whom_a_pass_is_shared_and_strangers_do_not(scene: Scene, ask: Ask) -> None:
    studio = scene.studio
    await studio.book([studio.began + timedelta(days=1)], client=scene.ben, pass_id=scene.pass_id)
    ben, its = {"id": gid("Client", scene.ben)}, {"id": gid("Pass", scene.pass_id)}
    for actor, client in ((OWNER, ben), (client_of(studio), None)):
        found = await ask(studio, actor, _SHARES, **its)
        told = {"clientName": "Ben", "state": "ACTIVE", "visitsUsed": 1, "client": client, "pass": its}
        assert found["pass"]["shares"] == [told]
    zoe = Actor(Role.CLIENT, client_id=(await studio.do(create_client, CreateClient("Zoe"))).rows["client"])
    node = "query ($id: ID!) { node(id: $id) { __typename } }"
    for actor, shown in ((OWNER, True), (client_of(studio), True), (scene.actor, True), (zoe, False)):
        found = await ask(studio, actor, node, id=gid("Share", scene.share))
        assert (found["node"] is not None) is shown
    visits = "query ($id: ID!) { pass(id: $id) { visits { nodes { id client { id } } } } }"
    (seen,) = (await ask(studio, client_of(studio), visits, **its))["pass"]["visits"]["nodes"]
    assert seen["client"] is None


@pytest.mark.parametrize("dry_run", [True, False])
async def test_what_a_member_does_answers_without_the_owners_pass(scene: Scene, ask: Ask, dry_run: bool) -> None:
    studio = scene.studio
    visit = (await studio.book([studio.began + timedelta(days=1)], client=scene.ben, pass_id=scene.pass_id)).visits[0]
    given = {"idempotencyKey": "c", "visitId": gid("Visit", visit), "dryRun": dry_run}
    cancelled = (await ask(studio, scene.actor, _CANCEL, input=given))["cancelVisit"]
    assert cancelled == {"userErrors": [], "returned": True, "pass": None, "visit": {"pass": None}}
    another = (await studio.book([studio.began + timedelta(days=2)], client=scene.ben, pass_id=scene.pass_id)).visits[0]
    given = {"idempotencyKey": "r", "shareId": gid("Share", scene.share), "dryRun": dry_run}
    removed = (await ask(studio, scene.actor, _REMOVE, input=given))["removeShare"]
    assert (removed["share"], removed["pass"]) == ({"state": "REMOVED"}, None)
    assert gid("Visit", another) in [each["id"] for each in removed["visits"]]
    assert all(each["client"] == {"id": gid("Client", scene.ben)} for each in removed["visits"])


async def test_a_dry_booking_of_a_member_shows_nothing_of_the_pass(scene: Scene, ask: Ask) -> None:
    given = scene.booking(scene.ben, 1) | {"dryRun": True}
    booked = (await ask(scene.studio, scene.actor, _BOOK, input=given))["bookVisits"]
    (visit,) = booked["visits"]
    assert (booked["paidCount"], visit["pass"], visit["claim"]["pass"], visit["claim"]["lot"]) == (1, None, None, None)


async def test_a_guest_is_named_and_refused_with_the_cap(scene: Scene, ask: Ask) -> None:
    studio = scene.studio
    given = scene.booking(studio.client, 1, guestName="Max")
    booked = (await ask(studio, client_of(studio), _BOOK, input=given))["bookVisits"]
    assert [each["guestName"] for each in booked["visits"]] == ["Max"]
    (refusal,) = booked["unpaid"][0]["refusals"]
    assert [reason["code"] for reason in refusal["reasons"]] == ["GUEST_LIMIT_REACHED"]
    given = scene.booking(scene.ben, 1, guestName="Max")
    booked = (await ask(studio, scene.actor, _BOOK, input=given))["bookVisits"]
    (refusal,) = booked["unpaid"][0]["refusals"]
    assert refusal == {"pass": None, "reasons": [{"code": "NOT_SHARED_WITH_CLIENT"}]}


async def test_eligible_passes_tell_a_member_that_a_shared_one_pays(scene: Scene, ask: Ask) -> None:
    studio = scene.studio
    (visit,) = scene.booking(scene.ben, 1)["visits"]
    visit["clientId"] = gid("Client", scene.ben)
    answers = (await ask(studio, scene.actor, _ELIGIBLE, visit=visit))["eligiblePasses"]
    told: dict[str, Any] = {"pays": True, "shared": True, "chosenFirst": True, "pass": None, "lot": None, "reasons": []}
    assert answers == [told]
    (whole,) = (await ask(studio, OWNER, _ELIGIBLE, visit=visit))["eligiblePasses"]
    assert whole["pass"] == {"id": gid("Pass", scene.pass_id)}


async def test_a_transfer_shows_both_passes_to_the_studio_and_the_giver_their_own(scene: Scene, ask: Ask) -> None:
    studio = scene.studio
    given = {
        "idempotencyKey": "t",
        "passId": gid("Pass", scene.pass_id),
        "toClientId": gid("Client", scene.ben),
        "reason": "Gift",
    }
    dry = (await ask(studio, client_of(studio), _TRANSFER, input=given | {"dryRun": True}))["transferPass"]
    assert (dry["pass"], dry["receivedPass"], dry["units"]) == ({"status": "TRANSFERRED"}, None, 10)
    done = (await ask(studio, OWNER, _TRANSFER, input=given))["transferPass"]
    assert done["userErrors"] == []
    received = {"status": "ACTIVE", "lastDay": None, "balance": {"available": 10}, "periods": [{"order": None}]}
    assert (done["pass"], done["receivedPass"]) == ({"status": "TRANSFERRED"}, received)


async def test_shares_cost_as_many_statements_for_many_as_for_one(scene: Scene) -> None:
    studio = scene.studio
    ask_clients = "{ clients(first: 50) { nodes { sharedPasses { status unitsAvailable share { visitsUsed } } } } }"
    ask_passes = "{ passes(first: 50) { nodes { shares { clientName visitsUsed } } } }"
    before = [await statements(studio, each) for each in (ask_clients, ask_passes)]
    for cleo in await household_with(studio, "Cleo", "Dan"):
        for pass_id in (scene.pass_id, await studio.sell(SHARED)):
            await studio.do(share_pass, SharePass(pass_id, cleo))
    assert [await statements(studio, each) for each in (ask_clients, ask_passes)] == before
