"""Servers that are killed while they work, so they are not the ones of the other tests."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from api.embedded.postgres import PostgresServer, embedded_postgres
from api.embedded.valkey import ValkeyServer, embedded_redis
from models.migrations.run import migrate
from tests.chaos.house import House, open_house


@pytest.fixture(scope="session")
def doomed_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """A migrated PostgreSQL that may be killed."""
    with embedded_postgres(Path(tmp_path_factory.mktemp("doomed-postgres")), durable=False) as server:
        migrate(server.url)
        yield server


@pytest.fixture(scope="session")
def doomed_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyServer]:
    """A Redis that may be killed."""
    with embedded_redis(Path(tmp_path_factory.mktemp("doomed-redis"))) as server:
        yield server


@pytest.fixture
async def house(doomed_postgres: PostgresServer, doomed_redis: ValkeyServer, tmp_path: Path) -> AsyncIterator[House]:
    """A database of this test alone, and workers to hire."""
    if not doomed_redis.pid:
        doomed_redis.start()
    async with open_house(doomed_postgres, doomed_redis, tmp_path / "workers.log") as opened:
        yield opened
