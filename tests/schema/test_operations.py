"""The list of operations: by whose key each came, and narrowed by how far it is."""

from uuid import UUID

import pytest

from models.errors import Refused
from models.operations.base import Actor
from models.operations.catalogue import CreateService, create_service
from models.operations.create_business import create_api_key, hash_key
from models.operations.sell_pass import SellPass, sell_pass
from models.queries.tenants import key_owner
from models.rules.values import PaymentMethod, Role, ServiceCategory, TestCard
from tests.schema.conftest import OWNER, PARTNER, Ask
from tests.studio import Studio


async def _key_id(studio: Studio, label: str) -> UUID:
    key_hash = hash_key(await create_api_key(studio.runtime, studio.business_id, Role.STAFF, label))
    async with studio.runtime.database.by_key_hash(key_hash) as reader:
        owner = await key_owner(reader, key_hash)
    assert owner is not None
    return owner.key_id


async def test_an_operation_names_the_key_it_came_by_to_those_who_run_the_business(studio: Studio, ask: Ask) -> None:
    desk = Actor(Role.STAFF, await _key_id(studio, "Front desk"))
    await studio.do(create_service, CreateService("Boxing", ServiceCategory.CLASS), actor=desk)
    document = "{ operations(first: 2) { nodes { verb role keyLabel } } }"

    staff = (await ask(studio, desk, document))["operations"]["nodes"]
    partner = (await ask(studio, PARTNER, document))["operations"]["nodes"]

    assert staff[0] == {"verb": "createService", "role": "STAFF", "keyLabel": "Front desk"}
    assert staff[1]["keyLabel"] is None, "what did not come by a key names none"
    assert [each["keyLabel"] for each in partner] == [None, None]


async def test_operations_are_narrowed_by_how_far_they_are(studio: Studio, ask: Ask) -> None:
    option = await studio.option()
    with pytest.raises(Refused):
        await studio.do(sell_pass, SellPass(studio.client, option, PaymentMethod.TEST_CARD, TestCard.DECLINE))
    await studio.sell()
    document = """query ($state: OperationState, $verb: String) {
        operations(state: $state, verb: $verb, first: 50) { totalCount nodes { verb state } } }"""

    failed = (await ask(studio, OWNER, document, state="FAILED"))["operations"]
    sold = (await ask(studio, OWNER, document, state="DONE", verb="sellPass"))["operations"]
    pending = (await ask(studio, OWNER, document, state="PENDING"))["operations"]
    everything = (await ask(studio, OWNER, document))["operations"]
    done = (await ask(studio, OWNER, document, state="DONE"))["operations"]

    assert failed == {"totalCount": 1, "nodes": [{"verb": "sellPass", "state": "FAILED"}]}
    assert sold == {"totalCount": 1, "nodes": [{"verb": "sellPass", "state": "DONE"}]}
    assert pending == {"totalCount": 0, "nodes": []}
    assert done["totalCount"] + 1 == everything["totalCount"]
