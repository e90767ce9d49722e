"""How a request is answered: from one snapshot, with every error in one form."""

import asyncio
from datetime import UTC, date, datetime
from typing import Any

import asyncpg
import pytest
from graphql import GraphQLError

from models.errors import StoreUnavailable, refuse
from models.operations.catalogue import CreateClient, create_client
from models.queries import people
from models.rules.codes import Code
from schema.errors import shown
from schema.scalars import parse_day, parse_instant
from schema.schema import schema
from tests.schema.conftest import OWNER, Ask, context_of, gid
from tests.studio import Studio, open_studio

_COUNT = "{ clients { totalCount } }"


async def test_a_request_is_answered_from_one_snapshot_until_it_changes_something(studio: Studio) -> None:
    async with await context_of(studio, OWNER) as context:
        before = await schema.execute(_COUNT, context_value=context)
        await studio.do(create_client, CreateClient("Bea"))
        still = await schema.execute(_COUNT, context_value=context)
        await context.renew()
        after = await schema.execute(_COUNT, context_value=context)

    counts = [result.data and result.data["clients"]["totalCount"] for result in (before, still, after)]
    assert counts == [1, 1, 2]


async def test_questions_at_once_wait_for_each_other_on_one_connection(studio: Studio) -> None:
    inside, most = 0, 0

    async def slow(connection: asyncpg.Connection) -> Any:
        nonlocal inside, most
        inside, most = inside + 1, max(most, inside + 1)
        found = await connection.fetchval("SELECT pg_backend_pid() FROM pg_sleep(0.01)")
        inside -= 1
        return found

    async with await context_of(studio, OWNER) as context:
        backends = await asyncio.gather(*(context.reader.ask(slow) for _ in range(5)))

    assert (len(set(backends)), most) == (1, 1)


async def test_an_error_in_the_store_ends_the_snapshot_and_the_connection_serves_again(studio: Studio) -> None:
    async def broken(connection: asyncpg.Connection) -> Any:
        return await connection.fetchval("SELECT 1 / 0")

    async with await context_of(studio, OWNER) as context:
        with pytest.raises(asyncpg.DivisionByZeroError):
            await context.reader.ask(broken)
        assert len(await context.reader.ask(people.by_ids, [studio.client])) == 1


async def test_a_lost_server_is_said_to_be_away(studio: Studio) -> None:
    async def lost(connection: asyncpg.Connection) -> Any:
        raise ConnectionResetError

    async with await context_of(studio, OWNER) as context:
        with pytest.raises(StoreUnavailable):
            await context.reader.ask(lost)


def _error(cause: Exception) -> Any:
    return shown(GraphQLError("secret", original_error=cause, path=["a", 1]))


def test_a_refusal_is_told_with_code_sentence_remedy_and_path() -> None:
    error = _error(refuse(Code.NOT_FOUND, "clientId", thing="client"))

    assert error.message == "There is no such client."
    assert (error.extensions["code"], error.extensions["path"]) == ("NOT_FOUND", ["clientId"])
    assert error.extensions["remedy"].startswith("Check the id")
    assert error.path == ["a", 1]


def test_a_bug_is_masked_and_an_absent_store_is_not_a_bug() -> None:
    internal, away = _error(KeyError("secret")), _error(StoreUnavailable())

    assert internal.extensions["code"] == "INTERNAL"
    assert "secret" not in str(internal.formatted)
    assert away.extensions["code"] == "STORE_UNAVAILABLE"


def test_the_document_s_own_faults_are_left_as_they_are() -> None:
    fault = GraphQLError("Syntax Error")

    assert shown(fault) is fault


async def test_the_business_lives_in_its_own_time(studio: Studio, ask: Ask) -> None:
    document = """{ business { id name zone currency weekStart now hasTestClock
        policies { allocation retryAfterHours graceDays releaseDays lateCancelMinutes } } }"""

    there = (await ask(studio, OWNER, document))["business"]
    real = (await ask(await open_studio(studio.runtime, None), OWNER, document))["business"]

    assert there == {
        "id": gid("Business", studio.business_id),
        "name": "Studio",
        "zone": "Europe/Paris",
        "currency": "EUR",
        "weekStart": 1,
        "now": "2026-01-31T12:00:00+00:00",
        "hasTestClock": True,
        "policies": {
            "allocation": "DEFAULT",
            "retryAfterHours": [24, 72, 120],
            "graceDays": 3,
            "releaseDays": 14,
            "lateCancelMinutes": 720,
        },
    }
    assert (real["hasTestClock"], real["now"] == there["now"]) == (False, False)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-01-31T12:00:00Z", datetime(2026, 1, 31, 12, tzinfo=UTC)),
        ("2026-01-31t13:00:00.5+01:00", datetime(2026, 1, 31, 12, 0, 0, 500_000, tzinfo=UTC)),
        ("2026-01-31T12:00Z", datetime(2026, 1, 31, 12, tzinfo=UTC)),
    ],
)
def test_an_instant_is_read_with_its_offset(text: str, instant: datetime) -> None:
    assert parse_instant(text) == instant


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-31T12:00:00",
        "2026-01-31",
        "2026-02-30T12:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "2026-01-31T24:01:00Z",
        "2026-W05-6T12:00:00Z",
        "٢٠٢٦-01-31T12:00:00Z",
        1_769_860_800,
        None,
        True,
    ],
)
def test_what_is_no_instant_is_refused(text: object) -> None:
    with pytest.raises(GraphQLError):
        parse_instant(text)


def test_a_day_is_a_day() -> None:
    assert parse_day("2026-02-28") == date(2026, 2, 28)
    for text in ("2026-02-29", "2026-2-1", "20260201", "2026-02-01T00:00:00Z", 20260201, None):
        with pytest.raises(GraphQLError):
            parse_day(text)
