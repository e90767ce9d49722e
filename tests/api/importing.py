"""Files sent, read about and imported over HTTP, in GraphQL and at the command line, in a language."""

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from typer.testing import CliRunner, Result

from api.app import create_app
from api.cli import app
from api.findings import COLUMNS
from models.imports.cells import unguarded
from models.operations.create_business import create_api_key
from models.rules.values import Language, Role
from models.settings import Settings
from models.tables.tenants import businesses
from tests.api.serving import bearer
from tests.studio import Studio

TAGS = ("en", "fr", "es")
Row = tuple[str, ...]
"""The cells of one finding, as the CSV has them."""

IMPORT = """mutation($id: ID!, $key: String!, $dryRun: Boolean! = false) {
  importStudio(input: {importId: $id, idempotencyKey: $key, dryRun: $dryRun}) { userErrors { message } } }"""
_FINDINGS = """query($id: ID!) { importFindings(importId: $id) { line wrong cell reason { code message remedy } } }"""


@asynccontextmanager
async def owners(settings: Settings, studio: Studio) -> AsyncIterator[httpx2.AsyncClient]:
    """Lend a client of the application that holds an owner's key."""
    served = create_app(settings, studio.runtime)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(served), base_url="http://studio") as client:
        client.headers.update(bearer(await create_api_key(studio.runtime, studio.business_id, Role.OWNER, "Key")))
        yield client


async def speak(studio: Studio, language: Language) -> None:
    """Let the business speak a language."""
    async with studio.runtime.database.transaction(studio.business_id) as connection:
        await connection.execute(businesses.update().values(language=language))


async def ask(http: httpx2.AsyncClient, document: str, tag: str = "en", **variables: Any) -> Any:
    """Ask GraphQL, and return the data."""
    body = json.dumps({"query": document, "variables": variables})
    headers = {"Content-Type": "application/json", "Accept-Language": tag}
    return (await http.post("/graphql", content=body, headers=headers)).json()["data"]


async def sent(http: httpx2.AsyncClient, kind: str, body: str, tag: str = "en", **query: str) -> httpx2.Response:
    """Send a file."""
    headers = {"Accept-Language": tag}
    return await http.post("/imports", params={"kind": kind} | query, content=body.encode(), headers=headers)


async def in_graphql(http: httpx2.AsyncClient, import_id: str, tag: str) -> list[Row]:
    """Return what is wrong with a file, as GraphQL says it."""
    found = (await ask(http, _FINDINGS, tag, id=import_id))["importFindings"]
    return [
        (
            str(each["line"]),
            "error" if each["wrong"] else "warning",
            each["reason"]["code"],
            each["cell"] or "",
            each["reason"]["message"],
            each["reason"]["remedy"],
        )
        for each in found
    ]


async def over_http(http: httpx2.AsyncClient, import_id: str, tag: str) -> list[Row]:
    """Return what is wrong with a file, as the CSV says it."""
    answer = await http.get(f"/imports/{import_id}.csv", headers={"Accept-Language": f"{tag}-XX"})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-language"] == tag
    return of_csv(answer.text)


def of_csv(text: str) -> list[Row]:
    """Return the lines of a report as a spreadsheet shows them."""
    titles, *rows = csv.reader(io.StringIO(text))
    assert tuple(titles) == COLUMNS
    return [(*row[:4], *map(unguarded, row[4:])) for row in rows]


async def command(*arguments: str) -> Result:
    """Carry out a command of the command line."""
    return await asyncio.to_thread(CliRunner().invoke, app, list(arguments), env={"COLUMNS": "4000"})
