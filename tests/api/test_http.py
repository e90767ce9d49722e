"""GraphQL over HTTP as its specification says, over TCP; and what a server must refuse."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from api.graphql import BODY_BYTES_MAX, JSON_TYPE, RESPONSE_TYPE, answer_type
from models.operations.create_business import create_api_key
from models.rules.values import Role
from models.runtime import Runtime
from models.settings import Settings
from tests.api.serving import bearer, served
from tests.studio import Studio

TYPENAME = {"query": "{ __typename }"}
MUTATION = "mutation($input: CreateServiceInput!) { createService(input: $input) { userErrors { code } } }"


@pytest.fixture
async def client(settings: Settings, runtime: Runtime, studio: Studio) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of a real server, with the key of a member of staff."""
    key = await create_api_key(runtime, studio.business_id, Role.STAFF, "key")
    async with served(settings, runtime) as served_client:
        served_client.headers.update(bearer(key))
        yield served_client


def _code(answer: httpx2.Response) -> str:
    error = answer.json()["errors"][0]
    assert error["message"]
    assert error["extensions"]["remedy"]
    return str(error["extensions"]["code"])


async def test_a_query_by_post_and_by_get(client: httpx2.AsyncClient) -> None:
    by_post = await client.post("/graphql", json=TYPENAME)
    by_get = await client.get("/graphql", params=TYPENAME)

    for answer in (by_post, by_get):
        assert answer.status_code == 200
        assert answer.headers["content-type"] == f"{JSON_TYPE}; charset=utf-8"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.json() == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize("document", ["{", "{ nothing }", "query($n: Int!) { __typename @include(if: $n) }"])
async def test_a_faulty_document_fails_by_status_only_in_the_newer_media_type(
    client: httpx2.AsyncClient, document: str
) -> None:
    newer = await client.post("/graphql", json={"query": document}, headers={"Accept": RESPONSE_TYPE})
    older = await client.post("/graphql", json={"query": document}, headers={"Accept": JSON_TYPE})

    assert (newer.status_code, older.status_code) == (400, 200)
    assert newer.headers["content-type"].startswith(RESPONSE_TYPE)
    assert "data" not in newer.json()
    assert _code(newer) == _code(older) == "INVALID_INPUT"


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("", JSON_TYPE),
        ("*/*", JSON_TYPE),
        (RESPONSE_TYPE, RESPONSE_TYPE),
        (f"{RESPONSE_TYPE}, {JSON_TYPE};q=0.9", RESPONSE_TYPE),
        (f"{RESPONSE_TYPE};q=0.5, {JSON_TYPE}", JSON_TYPE),
        ("text/event-stream, application/json", JSON_TYPE),
        ("multipart/mixed, application/*", JSON_TYPE),
        ("text/html", None),
        ("application/json;q=0", None),
        ("application/json;q=much", None),
    ],
)
def test_the_callers_favourite_media_type_is_chosen(accept: str, chosen: str | None) -> None:
    assert answer_type(accept) == chosen


async def test_a_mutation_by_get_is_refused_and_changes_nothing(client: httpx2.AsyncClient, studio: Studio) -> None:
    before = await studio.fingerprint()
    variables = {"input": {"name": "Boxing", "category": "CLASS", "idempotencyKey": "1"}}

    answer = await client.get("/graphql", params={"query": MUTATION, "variables": json.dumps(variables)})

    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"
    assert _code(answer) == "INVALID_INPUT"
    assert await studio.fingerprint() == before
    by_post = await client.post("/graphql", json={"query": MUTATION, "variables": variables})
    assert by_post.json()["data"]["createService"]["userErrors"] == []


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"", {}, 400),
        (b"nonsense", {}, 400),
        (b"\xff\xfe", {}, 400),
        (b'"text"', {}, 400),
        (b"null", {}, 400),
        (b"[]", {}, 400),
        (b'[{"query": "{ __typename }"}]', {}, 400),
        (b"[" * 200_000, {}, 400),
        (b'{"query": NaN}', {}, 400),
        (b'{"query": 1}', {}, 400),
        (b'{"variables": {}}', {}, 400),
        (b'{"query": "{ __typename }", "variables": []}', {}, 400),
        (b'{"query": "{ __typename }", "operationName": ["A"]}', {}, 400),
        (b'{"query": "{ __typename }", "operationName": "Other"}', {}, 400),
        (b'{"query": "{ __typename }", "extensions": "x"}', {}, 400),
        (b'{"query": "subscription { __typename }"}', {}, 400),
        (b'{"query": "{ __typename }"}', {"Content-Type": "text/plain"}, 415),
        (b'{"query": "{ __typename }"}', {"Accept": "image/png"}, 406),
        (b"x" * (BODY_BYTES_MAX + 1), {}, 413),
    ],
)
async def test_a_request_that_is_none_is_refused_in_json(
    client: httpx2.AsyncClient, body: bytes, headers: dict[str, str], status: int
) -> None:
    answer = await client.post("/graphql", content=body, headers={"Content-Type": JSON_TYPE, **headers})
    assert answer.status_code == status
    assert _code(answer) == "INVALID_INPUT"


async def test_a_long_body_without_announced_length_is_cut_off(client: httpx2.AsyncClient) -> None:
    async def body() -> AsyncIterator[bytes]:
        for _ in range(BODY_BYTES_MAX // 65_536 + 1):
            yield b"x" * 65_536

    answer = await client.post("/graphql", content=body(), headers={"Content-Type": JSON_TYPE})

    assert answer.status_code == 413


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "HEAD"])
async def test_other_methods_are_refused(client: httpx2.AsyncClient, method: str) -> None:
    answer = await client.request(method, "/graphql")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, POST"


async def test_what_asks_for_too_much_says_so(client: httpx2.AsyncClient) -> None:
    deep = "{" + "__schema{types{" * 1 + "fields{type{" * 10 + "name" + "}" * 22 + "}"
    answer = await client.post("/graphql", json={"query": deep}, headers={"Accept": RESPONSE_TYPE})
    assert answer.status_code == 400
    assert _code(answer) == "TOO_COMPLEX"
    many = {"query": "{ __typename }", "variables": {"a": list(range(6_000))}}
    assert _code(await client.post("/graphql", json=many)) == "TOO_COMPLEX"


async def test_the_full_introspection_of_graphiql_is_answered(client: httpx2.AsyncClient) -> None:
    from graphql import get_introspection_query

    answer = await client.post("/graphql", json={"query": get_introspection_query()})

    assert answer.json()["data"]["__schema"]["queryType"]["name"] == "Query"


async def test_an_error_of_ours_is_masked(client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise ValueError("postgresql://owner:secret@host")

    monkeypatch.setattr("schema.carry_out.check_texts", broken)
    variables = {"input": {"name": "Boxing", "category": "CLASS", "idempotencyKey": "1"}}

    answer = await client.post("/graphql", json={"query": MUTATION, "variables": variables})

    assert _code(answer) == "INTERNAL"
    assert "secret" not in answer.text


async def test_every_answer_has_a_request_id_and_a_harmless_one_is_kept(client: httpx2.AsyncClient) -> None:
    made = await client.post("/graphql", json=TYPENAME)
    kept = await client.post("/graphql", json=TYPENAME, headers={"X-Request-ID": "mine-1"})
    replaced = await client.post("/graphql", json=TYPENAME, headers={"X-Request-ID": "{evil}"})

    assert len(made.headers["x-request-id"]) == 32
    assert kept.headers["x-request-id"] == "mine-1"
    assert replaced.headers["x-request-id"] != "{evil}"
    assert made.headers["x-content-type-options"] == "nosniff"


async def test_no_other_site_may_read_answers(client: httpx2.AsyncClient) -> None:
    answer = await client.post("/graphql", json=TYPENAME, headers={"Origin": "https://elsewhere.example"})
    assert not [name for name in answer.headers if name.startswith("access-control-")]


async def test_the_page_is_shown_without_a_key_under_strict_headers(client: httpx2.AsyncClient) -> None:
    client.headers.pop("Authorization")
    landing = await client.get("/", follow_redirects=False)
    page = await client.get("/graphql", headers={"Accept": "text/html,*/*;q=0.8"})

    assert landing.headers["location"] == "/graphql"
    assert page.status_code == 200
    assert "GraphiQL" in page.text
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "'sha256-" in policy
    assert "unsafe-eval" not in policy
    assert page.headers["x-frame-options"] == "DENY"


async def test_health_tells_what_is_there(client: httpx2.AsyncClient) -> None:
    client.headers.pop("Authorization")
    live = await client.get("/health/live")
    ready = await client.get("/health/ready")
    assert (live.status_code, live.json()) == (200, {"status": "ok"})
    assert (ready.status_code, ready.json()) == (200, {"status": "ok", "database": "ok", "redis": "ok"})


async def test_redis_away_is_told_and_does_not_fail_readiness(settings: Settings) -> None:
    async with served(settings.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"})) as client:
        ready = await client.get("/health/ready")
    assert (ready.status_code, ready.json()) == (200, {"status": "ok", "database": "ok", "redis": "away"})


async def test_the_database_away_fails_readiness_and_requests_may_be_repeated(settings: Settings) -> None:
    away = {"database_url": "postgresql://nobody:x@127.0.0.1:1/none"}
    async with served(settings.model_copy(update=away)) as client:
        ready = await client.get("/health/ready")
        answer = await client.post("/graphql", json=TYPENAME, headers=bearer("sp_anything"))
    assert (ready.status_code, ready.json()["database"]) == (503, "away")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert _code(answer) == "STORE_UNAVAILABLE"


async def test_which_of_several_operations_is_meant_has_to_be_said(client: httpx2.AsyncClient) -> None:
    document = "query A { a: __typename } query B { b: __typename }"
    for _ in range(2):  # the first time it is judged, the second time remembered
        answer = await client.post("/graphql", json={"query": document})
        assert _code(answer) == "INVALID_INPUT"
        assert "data" not in answer.json()
        named = await client.post("/graphql", json={"query": document, "operationName": "B"})
        assert named.json() == {"data": {"b": "Query"}}
