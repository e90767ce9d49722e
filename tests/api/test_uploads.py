"""A file to import comes in over HTTP, and is made with GraphQL."""

import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import httpx2
import pytest

from api.app import create_app
from api.uploads import PATH
from models.operations.create_business import create_api_key
from models.rules.values import Role
from models.settings import Settings
from tests.studio import Studio

CSV = b"id,name,email,home_location\nc1,Ann,ann@x.org,\nc2,,bo,\n"


@pytest.fixture
async def http(settings: Settings, studio: Studio) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of the application, on this test's runtime."""
    app = create_app(settings, studio.runtime)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://studio") as client:
        yield client


async def bearer(studio: Studio, role: Role = Role.OWNER) -> dict[str, str]:
    """Return the header of a new key."""
    key = await create_api_key(studio.runtime, studio.business_id, role, "Key")
    return {"Authorization": f"Bearer {key}"}


async def graphql(http: httpx2.AsyncClient, headers: dict[str, str], document: str, **variables: Any) -> Any:
    """Ask, and return the whole answer."""
    body = json.dumps({"query": document, "variables": variables})
    answer = await http.post("/graphql", content=body, headers=headers | {"Content-Type": "application/json"})
    return answer.json()


IMPORT = """mutation($id: ID!, $key: String!, $skip: Boolean!) {
  importStudio(input: {importId: $id, skipBadLines: $skip, idempotencyKey: $key}) {
    import { state made refused operation { verb } } skipped userErrors { code path }
  }
}"""


async def test_a_file_is_sent_looked_at_and_imported(http: httpx2.AsyncClient, studio: Studio) -> None:
    """In the shape the owner's pages use it."""
    headers = await bearer(studio)
    sent = await http.post(f"{PATH}?kind=clients&fileName=people.csv", content=CSV, headers=headers)
    assert sent.status_code == 200
    told = sent.json()
    assert (told["lines"], told["refused"], told["encoding"]) == (2, 1, "utf-8")
    document = """query($id: ID!) {
      import(id: $id) { id kind state fileName lines refused }
      imports(first: 5, kind: CLIENTS) { nodes { id } totalCount }
      importFindings(importId: $id) { line wrong cell reason { code remedy } }
      node(id: $id) { id __typename }
    }"""
    data = (await graphql(http, headers, document, id=told["importId"]))["data"]
    assert data["import"] | {"id": None} == {
        "id": None,
        "kind": "CLIENTS",
        "state": "STAGED",
        "fileName": "people.csv",
        "lines": 2,
        "refused": 1,
    }
    assert data["imports"] == {"nodes": [{"id": told["importId"]}], "totalCount": 1}
    assert [(each["line"], each["cell"], each["reason"]["code"]) for each in data["importFindings"]] == [
        (3, "name", "LINE_MISSING"),
        (3, "email", "LINE_UNREADABLE"),
    ]
    assert data["node"]["__typename"] == "Import"
    refused = await graphql(http, headers, IMPORT, id=told["importId"], key="one", skip=False)
    assert refused["data"]["importStudio"]["userErrors"] == [{"code": "IMPORT_LINES_WRONG", "path": ["importId"]}]
    done = (await graphql(http, headers, IMPORT, id=told["importId"], key="two", skip=True))["data"]["importStudio"]
    assert done == {
        "import": {"state": "COMMITTED", "made": 1, "refused": 1, "operation": {"verb": "importStudio"}},
        "skipped": 1,
        "userErrors": [],
    }
    assert (await graphql(http, headers, IMPORT, id=told["importId"], key="two", skip=True))["data"][
        "importStudio"
    ] == done
    again = await http.post(f"{PATH}?kind=clients", content=CSV, headers=headers)
    assert (again.status_code, again.json()["errors"][0]["extensions"]["code"]) == (409, "FILE_IMPORTED")


@pytest.mark.parametrize(
    ("query", "body", "status", "code"),
    [
        ("kind=shoes", CSV, 422, "INVALID_INPUT"),
        ("", CSV, 422, "INVALID_INPUT"),
        ("kind=clients&preset=x", CSV, 422, "INVALID_INPUT"),
        ("kind=clients&dateOrder=YMD", CSV, 422, "INVALID_INPUT"),
        ("kind=clients&mapping=%5B", CSV, 422, "INVALID_INPUT"),
        ("kind=clients&mapping=" + quote(f"[clients]\ncolumns.id = {'9' * 5_000}"), CSV, 422, "INVALID_INPUT"),
        ("kind=clients&mapping=" + quote('[clients.columns]\nname = ["name", "\\u0000"]'), CSV, 422, "INVALID_INPUT"),
        (
            "kind=clients&mapping=" + quote('[clients.columns]\nid = "id"\n[clients.defaults]\nname = "\\u0000"'),
            CSV,
            422,
            "INVALID_INPUT",
        ),
        ("kind=clients&member=a%00", CSV, 422, "INVALID_INPUT"),
        ("kind=clients&encoding=klingon", CSV, 422, "INVALID_INPUT"),
        ("kind=clients", b"", 422, "FILE_EMPTY"),
        ("kind=clients", b"id,name\n1,\x81\xff", 422, "FILE_ENCODING"),
        ("kind=clients", b"shoe\n1\n", 422, "FILE_COLUMNS"),
    ],
)
async def test_what_cannot_be_taken_in_is_told(
    http: httpx2.AsyncClient, studio: Studio, query: str, body: bytes, status: int, code: str
) -> None:
    """With its code; and nothing has changed."""
    headers = await bearer(studio)
    before = await studio.fingerprint()
    answer = await http.post(f"{PATH}?{query}", content=body, headers=headers)
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (status, code)
    assert await studio.fingerprint() == before


async def test_only_an_owner_sends_files_and_sees_them(http: httpx2.AsyncClient, studio: Studio) -> None:
    """Neither nobody nor staff."""
    assert (await http.post(f"{PATH}?kind=clients", content=CSV)).status_code == 401
    sent = await http.post(f"{PATH}?kind=clients", content=CSV, headers=await bearer(studio))
    staff = await bearer(studio, Role.STAFF)
    assert (await http.post(f"{PATH}?kind=clients", content=CSV, headers=staff)).status_code == 403
    document = "query($id: ID!) { node(id: $id) { id } }"
    assert (await graphql(http, staff, document, id=sent.json()["importId"]))["data"] == {"node": None}
    for question in (
        "imports(first: 1) { totalCount }",
        'importFindings(importId: "x") { line }',
        'import(id: "x") { id }',
    ):
        errors = (await graphql(http, staff, f"{{ {question} }}"))["errors"]
        assert errors[0]["extensions"]["code"] == "FORBIDDEN"
    assert (await http.get(PATH)).status_code == 405


async def test_a_body_is_cut_off_where_it_is_too_large(
    http: httpx2.AsyncClient, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By what it announces, and by what comes."""
    monkeypatch.setattr("api.uploads.FILE_BYTES_MAX", 1_000)
    headers = await bearer(studio)

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield CSV

    announced = await http.post(f"{PATH}?kind=clients", content=CSV * 100, headers=headers)
    streamed = await http.post(f"{PATH}?kind=clients", content=pieces(), headers=headers)
    assert [announced.status_code, streamed.status_code] == [413, 413]
    assert await studio.fetch("SELECT id FROM imports") == []


@pytest.mark.parametrize(("given", "kept"), [("a%00b.csv", "ab.csv"), ("../x/%0d%0ay.csv", "y.csv"), (".", "upload")])
async def test_a_file_name_is_kept_without_what_no_name_holds(
    http: httpx2.AsyncClient, studio: Studio, given: str, kept: str
) -> None:
    headers = await bearer(studio)
    sent = await http.post(f"{PATH}?kind=clients&fileName={given}", content=CSV, headers=headers)
    assert sent.status_code == 200, sent.text
    told = await graphql(http, headers, "{ imports(first: 1) { nodes { fileName } } }")
    assert told["data"]["imports"]["nodes"] == [{"fileName": kept}]
