"""Alembic's entry: run the migrations over asyncpg, with short lock waits."""

import asyncio
from urllib.parse import urlsplit, urlunsplit

from alembic import context
from sqlalchemy import Connection, pool, text
from sqlalchemy.ext.asyncio import create_async_engine

from models.tables import metadata


def run_on(connection: Connection) -> None:
    """Run what is missing in one transaction a migration."""
    context.configure(connection=connection, target_metadata=metadata, transaction_per_migration=True)
    with context.begin_transaction():
        connection.execute(text("SET LOCAL lock_timeout = '4s'"))
        connection.execute(text("SET LOCAL statement_timeout = '60s'"))
        context.run_migrations()


async def run_online() -> None:
    """Connect as the owner named in the configuration and migrate."""
    url = urlsplit(context.config.attributes["database_url"])
    local = url.hostname in (None, "localhost", "127.0.0.1", "::1")
    engine = create_async_engine(
        urlunsplit(url._replace(scheme="postgresql+asyncpg")),
        poolclass=pool.NullPool,
        connect_args={"ssl": False} if local else {},
    )
    async with engine.connect() as connection:
        await connection.run_sync(run_on)
        await connection.commit()
    await engine.dispose()


asyncio.run(run_online())
