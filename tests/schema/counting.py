"""How many statements a document takes, whoever sends them and to whichever business."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID

import asyncpg

from models.database import Database
from schema.schema import schema
from tests.schema.conftest import OWNER, context_of
from tests.studio import Studio

_ASYNCPG_ITSELF = ("pg_catalog", "set_config('jit'", "current_setting('jit')")
"""What asyncpg asks for itself, once a connection, about types it does not know."""


class CountingDatabase(Database):
    """The same connections; writes down every statement read by them, without those that open and close a snapshot."""

    def __init__(self, counted: Database) -> None:
        self.__dict__ = counted.__dict__ | {"statements": []}

    statements: list[str]

    @asynccontextmanager
    async def reading(self, business_id: UUID) -> AsyncIterator[asyncpg.Connection]:
        """Open a snapshot with a logger on its connection."""

        def note(record: Any) -> None:
            if not any(word in record.query for word in _ASYNCPG_ITSELF):
                self.statements.append(record.query)

        async with super().reading(business_id) as connection:
            with connection.query_logger(note):
                yield connection


async def counted(studio: Studio, document: str, **variables: Any) -> tuple[dict[str, Any], list[str]]:
    """Execute a document that has no errors; return its data and the statements that it took."""
    database = CountingDatabase(studio.runtime.database)
    context = await context_of(replace(studio, runtime=replace(studio.runtime, database=database)), OWNER)
    database.statements.clear()  # the business was read to make the context
    async with context:
        result = await schema.execute(document, variable_values=variables, context_value=context)
    assert result.errors is None, result.errors
    assert result.data is not None
    return result.data, database.statements
