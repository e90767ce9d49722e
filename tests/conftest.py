"""Real servers for every test that stores or queues: one PostgreSQL and one Redis for each test process."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from api.embedded.postgres import PostgresServer, embedded_postgres
from api.embedded.valkey import ValkeyServer, embedded_redis
from models.migrations.run import migrate
from models.runtime import Runtime, open_runtime
from models.settings import Settings
from tests.studio import Studio, open_studio

NOON = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
"""The instant at which a test's studio begins, unless it says otherwise: a Saturday, the last of a month."""


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """A migrated PostgreSQL of this test process. Tests share it and keep apart by business."""
    with embedded_postgres(Path(tmp_path_factory.mktemp("postgres")), durable=False) as server:
        migrate(server.url)
        yield server


@pytest.fixture(scope="session")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyServer]:
    """A Redis of this test process."""
    with embedded_redis(Path(tmp_path_factory.mktemp("redis"))) as server:
        yield server


@pytest.fixture(scope="session")
def settings(postgres: PostgresServer, redis: ValkeyServer) -> Settings:
    """The settings that point at this test process's servers."""
    return Settings(database_url=postgres.url, redis_url=redis.url, pool_size=60)


@pytest.fixture(scope="session")
async def runtime(settings: Settings) -> AsyncIterator[Runtime]:
    """A runtime on the real clock."""
    opened = open_runtime(settings)
    yield opened
    await opened.close()


@pytest.fixture
async def studio(runtime: Runtime) -> Studio:
    """A studio of its own for one test, in Paris, with a test clock at `NOON`."""
    return await open_studio(runtime, NOON)


@pytest.fixture
def another_studio(runtime: Runtime) -> Callable[[], Awaitable[Studio]]:
    """Make more studios, for tests in which tenants must not meet."""
    return lambda: open_studio(runtime, NOON)
