"""Connections. `commit` stands in this file alone, and no transaction starts without its tenant.

Writes go through SQLAlchemy (`transaction`); reads go straight to asyncpg over a plain list of connections
(`reading`), because a read's cost is mostly the layers above the driver. Both set the tenant for the one
transaction, under which row-level security shows that business's rows and no others.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

import asyncpg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from models.errors import StoreUnavailable
from models.settings import Settings

APPLICATION_ROLE = "sessionpass_app"
SWEEPER_ROLE = "sessionpass_sweeper"
_SET_TENANT = text("SELECT set_config('app.business_id', :business_id, true)")
_AWAY = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
)


class Database:
    """The store of one process. Close it at the end.

    `pool_size` bounds each of the two kinds of connections. Everything that opens here raises `StoreUnavailable`
    where the server cannot be reached or goes away meanwhile; what was begun is then rolled back by the server,
    save that a commit whose answer is lost may have happened.
    """

    def __init__(self, settings: Settings, *, pool_size: int | None = None) -> None:
        size = pool_size or settings.pool_size
        url, options = connection_options(settings)
        self.engine = create_async_engine(
            urlunsplit(urlsplit(url)._replace(scheme="postgresql+asyncpg")),
            pool_size=size,
            max_overflow=0,
            pool_reset_on_return=None,
            pool_pre_ping=False,
            connect_args=options,
            hide_parameters=True,  # an error is logged: names, notes and key hashes are not
        )
        self._url, self._options = url, options
        self._idle: list[asyncpg.Connection] = []
        self._free = asyncio.Semaphore(size)

    @asynccontextmanager
    async def transaction(self, business_id: UUID) -> AsyncIterator[AsyncConnection]:
        """Open a transaction for one business; commit at the end, roll back on any exception."""
        with _told_when_away():
            async with self.engine.connect() as connection:
                await connection.execute(_SET_TENANT, {"business_id": str(business_id)})
                yield connection
                await connection.commit()

    @asynccontextmanager
    async def sweeping(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction that sees which rows are due in every business, and may only lease them."""
        with _told_when_away():
            async with self.engine.connect() as connection:
                await connection.execute(text(f"SET LOCAL ROLE {SWEEPER_ROLE}"))
                yield connection
                await connection.commit()

    @asynccontextmanager
    async def reading(self, business_id: UUID) -> AsyncIterator[asyncpg.Connection]:
        """Open a read-only snapshot of one business: everything read within belongs to one instant."""
        begin = (
            f"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL app.business_id = '{UUID(str(business_id))}'"
        )
        async with self._connection() as connection:
            await connection.execute(begin)
            async with _ended(connection):
                yield connection

    @asynccontextmanager
    async def by_key_hash(self, key_hash: bytes) -> AsyncIterator[asyncpg.Connection]:
        """Open a read that sees the one API key with this hash, before its business is known."""
        async with self._connection() as connection:
            await connection.execute(f"BEGIN READ ONLY; SELECT set_config('app.key_hash', '{key_hash.hex()}', true)")
            async with _ended(connection):
                yield connection

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()
        while self._idle:
            await self._idle.pop().close()

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[asyncpg.Connection]:
        """Lend a connection; one that was left in the middle of anything is closed, never lent again."""
        async with self._free:
            with _told_when_away():
                connection = self._idle.pop() if self._idle else await self._connect()
                if connection.is_closed():
                    connection = await self._connect()
                clean = False
                try:
                    yield connection
                    clean = not connection.is_in_transaction()
                finally:
                    if clean:
                        self._idle.append(connection)
                    else:
                        connection.terminate()

    async def _connect(self) -> asyncpg.Connection:
        connection: asyncpg.Connection = await asyncpg.connect(self._url, **self._options)
        # SQLAlchemy's connections answer JSON as values too, so a query reads alike on either kind.
        await connection.set_type_codec("jsonb", schema="pg_catalog", encoder=json.dumps, decoder=json.loads)
        return connection


@contextmanager
def _told_when_away() -> Iterator[None]:
    """Turn the many ways in which a lost server shows into the one error a caller can act on."""
    try:
        yield
    except (PoolTimeout, *_AWAY) as error:
        raise StoreUnavailable from error
    except asyncpg.InterfaceError as error:
        # asyncpg raises it for a connection that has gone, and for a mistake of ours, which stays one.
        if "clos" not in str(error):
            raise
        raise StoreUnavailable from error
    except asyncpg.InternalClientError as error:
        # An idle connection has been told farewell by the server, and the end of the line has not come yet.
        if "cannot switch to state" not in str(error):
            raise
        raise StoreUnavailable from error
    except DBAPIError as error:
        cause = error.orig and error.orig.__cause__
        if not error.connection_invalidated and not isinstance(cause, _AWAY):
            raise
        raise StoreUnavailable from error


@asynccontextmanager
async def _ended(connection: asyncpg.Connection) -> AsyncIterator[None]:
    """End a read's transaction however its block ended; where even that fails, the connection is not lent again."""
    failures = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError)
    try:
        yield
    except BaseException:
        # Whoever is being cancelled may be cancelled again meanwhile. A shield costs a task, so only they pay for it.
        with suppress(*failures):
            await asyncio.shield(connection.execute("COMMIT"))
        raise
    with suppress(*failures):
        await connection.execute("COMMIT")


def connection_options(settings: Settings) -> tuple[str, dict[str, Any]]:
    """Return the address to connect to as the application, and asyncpg's options for it.

    Raises:
        ValueError: no database is named.
    """
    url = settings.app_database_url or settings.database_url
    if url is None:
        raise ValueError("DATABASE_URL is not set; start `sessionpass up`, or name a PostgreSQL server")
    session = {"timezone": "UTC", "statement_timeout": "15s", "idle_in_transaction_session_timeout": "60s"}
    if settings.app_database_url is None:
        session["role"] = APPLICATION_ROLE
    options: dict[str, Any] = {"server_settings": session}
    if urlsplit(url).hostname in (None, "localhost", "127.0.0.1", "::1"):
        options["ssl"] = False
    return url, options
