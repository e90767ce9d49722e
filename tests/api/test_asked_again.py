"""A query asked again is answered by a shorter way, with the same bytes."""

from typing import Any
from uuid import uuid4

import pytest

from models.operations.create_business import create_api_key
from models.rules.values import Role
from models.runtime import Runtime
from models.settings import Settings
from schema.ids import encode
from schema.schema import Schema
from tests.api.serving import bearer, served
from tests.studio import Studio

QUERY = """query Clients($first: Int = 2, $id: ID = "x") { clients(first: $first) { nodes { id name } } }
           query Pass($id: ID!) { pass(id: $id) { id status client { name } } }"""
MUTATION = (
    "mutation($input: CreateServiceInput!) { createService(input: $input) { service { name } userErrors { code } } }"
)
STRANGER = encode("Pass", uuid4())

QUESTIONS: dict[str, dict[str, Any]] = {
    "one of two operations": {"query": QUERY, "operationName": "Clients"},
    "variables": {"query": QUERY, "operationName": "Pass", "variables": {"id": STRANGER}},
    "a field that fails": {"query": QUERY, "operationName": "Pass", "variables": {"id": "nonsense"}},
    "a page too large": {"query": QUERY, "operationName": "Clients", "variables": {"first": 1_000}},
    "a variable that is missing": {"query": QUERY, "operationName": "Pass"},
    "a variable of another type": {"query": QUERY, "operationName": "Clients", "variables": {"first": "two"}},
    "no operation of that name": {"query": QUERY, "operationName": "Nobody"},
    "no choice between two": {"query": QUERY},
    "variables that are none": {"query": QUERY, "operationName": "Clients", "variables": []},
    "an unknown part": {"query": "{ business { name } }", "extensions": {}},
    "nothing": {},
    "a document with a fault": {"query": "{ nothing }"},
    "introspection": {"query": "{ __schema { queryType { name } } }"},
}


@pytest.mark.parametrize("name", QUESTIONS)
async def test_the_second_answer_is_the_first(
    name: str, settings: Settings, runtime: Runtime, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = await create_api_key(runtime, studio.business_id, Role.STAFF, "key")
    async with served(settings, runtime) as client:
        client.headers.update(bearer(key))
        short = [await client.post("/graphql", json=QUESTIONS[name]) for _ in range(3)]

        async def never(*_: object) -> None:
            return None

        monkeypatch.setattr(Schema, "quick", never)
    async with served(settings, runtime) as client:
        client.headers.update(bearer(key))
        full = await client.post("/graphql", json=QUESTIONS[name])

    for answer in short:
        assert (answer.status_code, answer.content) == (full.status_code, full.content)
        assert answer.headers["content-type"] == full.headers["content-type"]


async def test_only_judged_queries_go_the_shorter_way(
    settings: Settings, runtime: Runtime, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[bool] = []
    quick = Schema.quick

    async def watched(self: Schema, *rest: Any) -> Any:
        answer = await quick(self, *rest)
        taken.append(answer is not None)
        return answer

    monkeypatch.setattr(Schema, "quick", watched)
    key = await create_api_key(runtime, studio.business_id, Role.STAFF, "key")
    document = f"{{ a{uuid4().hex}: __typename business {{ name }} }}"
    async with served(settings, runtime) as client:
        client.headers.update(bearer(key))
        for _ in range(2):
            assert (await client.post("/graphql", json={"query": document})).status_code == 200
        for number in range(2):
            given = {"idempotencyKey": str(uuid4()), "name": f"Service {number}", "category": "CLASS"}
            answer = await client.post("/graphql", json={"query": MUTATION, "variables": {"input": given}})
            assert answer.json()["data"]["createService"]["userErrors"] == []

    assert taken == [False, True, False, False]
