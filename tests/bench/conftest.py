"""One filled store for all measurements of a run, and the table printed at its end."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.embedded.postgres import embedded_postgres
from models.migrations.run import migrate
from tests.bench.report import Report
from tests.bench.store import Store, filled


@pytest.fixture(scope="session")
def report() -> Iterator[Report]:
    """Where measurements go; printed when all are done."""
    kept = Report()
    yield kept
    kept.print()


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A filled PostgreSQL with the durability of the one that `sessionpass up` starts."""
    with embedded_postgres(Path(tmp_path_factory.mktemp("bench"))) as server:
        migrate(server.url)
        yield asyncio.run(filled(server))
        server.stop()
        server.discard()
