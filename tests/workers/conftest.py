"""Servers and a database of its own for each test that sweeps, since a sweep sees every business."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from api.embedded.postgres import PostgresServer
from api.embedded.valkey import ValkeyServer
from tests.chaos.conftest import doomed_postgres, doomed_redis
from tests.chaos.house import House, open_house
from workers.queue import Queue
from workers.work import Work

__all__ = ["doomed_postgres", "doomed_redis"]


@pytest.fixture
async def house(
    doomed_postgres: PostgresServer,
    doomed_redis: ValkeyServer,
    tmp_path: Path,
) -> AsyncIterator[House]:
    """A database of this test alone, and an empty Redis."""
    async with Redis.from_url(doomed_redis.url) as redis:
        await redis.flushall()
    async with open_house(doomed_postgres, doomed_redis, tmp_path / "workers.log") as opened:
        yield opened


@pytest.fixture
async def work(house: House) -> AsyncIterator[Work]:
    """What one worker process works with, in this process."""
    made = Work(house.runtime(), Queue(house.redis.url))
    yield made
    await made.queue.close()


@pytest.fixture
async def lone_work(house: House) -> Work:
    """The same without Redis."""
    return Work(house.runtime(), Queue(None))
