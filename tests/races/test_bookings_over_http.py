"""Never oversold over HTTP: two hundred requests at once to an API that is a process of its own."""

import asyncio
import os
import signal
import socket
import sys
from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import httpx2
import pytest

from models.operations.catalogue import CreateClient, create_client
from models.operations.change_pass import AdjustPass, adjust_pass
from models.operations.create_business import create_api_key
from models.queries.invariants import check_business
from models.rules.terms import Terms
from models.rules.values import PassKind, Role
from models.settings import Settings
from schema.ids import encode
from tests.studio import Studio

BOOKINGS, CONNECTIONS = 200, 50
BOOK = """
mutation Book($input: BookVisitsInput!) {
  bookVisits(input: $input) { paidCount userErrors { code } unpaid { refusals { reasons { code } } } }
}
"""


async def connections(settings: Settings) -> int:
    """Count the connections that stand to the database, the one that asks left out."""
    owner = await asyncpg.connect(settings.database_url)
    try:
        count = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        return int(await owner.fetchval(count))
    finally:
        await owner.close()


@pytest.fixture(scope="module")
async def api(settings: Settings) -> AsyncIterator[tuple[str, int]]:
    """The address of an API with as many database connections as the race wants, and how many others there are."""
    others = await connections(settings)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    chosen = {"DATABASE_URL": str(settings.database_url), "REDIS_URL": str(settings.redis_url)}
    chosen |= {"SESSIONPASS_PORT": str(port), "SESSIONPASS_POOL_SIZE": str(CONNECTIONS + 10)}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "api.cli", "api"),
        env=os.environ | chosen,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        address = f"http://127.0.0.1:{port}"
        async with httpx2.AsyncClient(base_url=address, trust_env=False) as client:
            for _ in range(600):
                try:
                    if (await client.get("/health/ready")).status_code == httpx2.codes.OK:
                        break
                except httpx2.HTTPError:
                    pass  # Nobody listens yet.
                await asyncio.sleep(0.05)
            else:
                raise AssertionError("the API is not ready")
        yield address, others
    finally:
        process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.wait(), 20)


async def send(client: httpx2.AsyncClient, studio: Studio, pass_id: UUID, owner: UUID, at: datetime) -> Counter[str]:
    """Book one visit; return how many it paid for and, where it did not, why."""
    visit = {
        "serviceId": encode("Service", studio.service),
        "locationId": encode("Location", studio.location),
        "startsAt": at.isoformat(),
        "endsAt": (at + timedelta(hours=1)).isoformat(),
    }
    asked = {
        "idempotencyKey": at.isoformat(),
        "clientId": encode("Client", owner),
        "passId": encode("Pass", pass_id),
        "payBy": "PASS",
        "visits": [visit],
    }
    answered = await client.post("/graphql", json={"query": BOOK, "variables": {"input": asked}})
    assert answered.status_code == httpx2.codes.OK, answered.text
    body = answered.json()
    assert "errors" not in body, body
    payload = body["data"]["bookVisits"]
    assert payload["userErrors"] == []
    reasons = (reason["code"] for each in payload["unpaid"] for by in each["refusals"] for reason in by["reasons"])
    return Counter({"PAID": payload["paidCount"]}) + Counter(reasons)


@pytest.mark.parametrize("visits", [0, 1, 7, 50, 200])
async def test_of_two_hundred_requests_at_once_exactly_as_many_are_paid_as_the_pass_holds(
    settings: Settings, studio: Studio, api: tuple[str, int], visits: int
) -> None:
    address, others = api
    owner = (await studio.do(create_client, CreateClient("Bea"))).rows["client"]
    pass_id = await studio.sell(Terms(PassKind.SESSION, 10_000, visits or 1), client=owner)
    if not visits:
        await studio.do(adjust_pass, AdjustPass(pass_id, -1, "A pass of none"))
    key = await create_api_key(studio.runtime, studio.business_id, Role.STAFF, "Desk")
    starts = [studio.began + timedelta(days=1, minutes=minute) for minute in range(BOOKINGS)]

    limits = httpx2.Limits(max_connections=BOOKINGS)
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx2.AsyncClient(
        base_url=address, trust_env=False, headers=headers, limits=limits, timeout=60
    ) as client:
        told = await asyncio.gather(*(send(client, studio, pass_id, owner, at) for at in starts))

    assert sum(told, Counter()) == Counter(PAID=visits, NO_SESSIONS_LEFT=BOOKINGS - visits)
    balances = await studio.balances(pass_id)
    assert (balances["available"], balances["booked"]) == (0, visits)
    assert await connections(settings) - others >= CONNECTIONS
    async with studio.runtime.database.reading(studio.business_id) as reader:
        assert await check_business(reader) == []
