"""The migrated store is the one the code describes, and migrating it again changes nothing."""

import asyncio

import asyncpg
from sqlalchemy import CheckConstraint

from api.embedded.postgres import PostgresServer
from models.migrations.run import check, migrate
from models.tables import metadata


def test_the_tables_in_the_code_are_the_tables_in_the_store(postgres: PostgresServer) -> None:
    check(postgres.url)


def test_migrating_twice_is_migrating_once(postgres: PostgresServer) -> None:
    before = asyncio.run(_columns(postgres.url))
    migrate(postgres.url)
    assert asyncio.run(_columns(postgres.url)) == before


def test_every_check_constraint_of_the_code_is_in_the_store(postgres: PostgresServer) -> None:
    """Alembic compares no CHECK constraints, so this does."""
    wanted = {
        str(constraint.name)
        for table in metadata.tables.values()
        for constraint in table.constraints
        if isinstance(constraint, CheckConstraint)
    }
    found = asyncio.run(_constraints(postgres.url))
    assert wanted <= found
    assert len(wanted) > 40


async def _columns(url: str) -> list[tuple[str, ...]]:
    return await _rows(url, "SELECT table_name, column_name, data_type FROM information_schema.columns ORDER BY 1, 2")


async def _constraints(url: str) -> set[str]:
    return {row[0] for row in await _rows(url, "SELECT conname FROM pg_constraint")}


async def _rows(url: str, statement: str) -> list[tuple[str, ...]]:
    connection = await asyncpg.connect(url, ssl=False)
    try:
        return [tuple(row) for row in await connection.fetch(statement)]
    finally:
        await connection.close()
