"""What one request works with: who asks, in which business, at which instant, and one snapshot to read from."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from contextvars import Token
from dataclasses import dataclass, field
from datetime import datetime
from typing import Concatenate, ParamSpec, TypeVar
from uuid import UUID

import asyncpg
import strawberry

from models.errors import SessionPassError
from models.operations.base import Actor
from models.queries import tenants
from models.queries.tenants import Business
from models.rules.values import Language, Role
from models.runtime import Runtime
from schema.language import SPOKEN
from schema.loaders import Loaders

P = ParamSpec("P")
T = TypeVar("T")


class Reader:
    """One snapshot of a business, opened at the first question. Its statements go one after the other."""

    def __init__(self, runtime: Runtime, business_id: UUID) -> None:
        self._runtime = runtime
        self._business_id = business_id
        self._lock = asyncio.Lock()
        self._opened: AbstractAsyncContextManager[asyncpg.Connection] | None = None
        self._connection: asyncpg.Connection | None = None

    async def ask(
        self, query: Callable[Concatenate[asyncpg.Connection, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Put a question of `models.queries` to the snapshot.

        Raises:
            StoreUnavailable: the database cannot be reached.
            Refused: what the question itself refuses.
        """
        async with self._lock:
            if self._connection is None:
                opened = self._runtime.database.reading(self._business_id)
                self._connection = await opened.__aenter__()
                self._opened = opened
            try:
                return await query(self._connection, *args, **kwargs)
            except SessionPassError:
                raise
            except Exception as error:
                # The store ends the snapshot, and knows whether the error means that it is away.
                await self._end(error)
                raise

    async def close(self) -> None:
        """Give the connection back; a later question opens a new snapshot."""
        async with self._lock:
            await self._end(None)

    async def _end(self, error: BaseException | None) -> None:
        opened, self._opened, self._connection = self._opened, None, None
        if opened is not None:
            await opened.__aexit__(type(error) if error else None, error, error.__traceback__ if error else None)


@dataclass
class Context:
    """The request. Nothing connects before something is asked; close it at the end.

    `now` is the business's own time, the same for every field of the answer; `language` is what its sentences are in.
    """

    runtime: Runtime
    business: Business
    actor: Actor
    language: Language = Language.EN
    now: datetime = field(init=False)
    reader: Reader = field(init=False)
    loaders: Loaders = field(init=False)
    playing: asyncio.Lock = field(init=False, repr=False, default_factory=asyncio.Lock)
    _former_language: Token[Language] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.now = self.business.now(self.runtime.clock.now())
        self.reader = Reader(self.runtime, self.business.id)
        self.loaders = Loaders(self)

    @property
    def only_client(self) -> UUID | None:
        """The one client the caller may see, or None for those who may see all."""
        return self.actor.client_id if self.actor.role is Role.CLIENT else None

    @property
    def is_staff(self) -> bool:
        """True for those who may see how the business is run: its operations with their inputs."""
        return self.actor.role in (Role.OWNER, Role.STAFF)

    async def renew(self) -> None:
        """Forget what was read: the fields after a mutation are to see what it has just committed."""
        await self.reader.close()
        fresh = await self.reader.ask(tenants.business)
        self.business = fresh or self.business
        self.now = self.business.now(self.runtime.clock.now())
        self.loaders = Loaders(self)

    async def close(self) -> None:
        """Give back what the request held."""
        await self.reader.close()

    async def __aenter__(self) -> "Context":
        self._former_language = SPOKEN.set(self.language)
        return self

    async def __aexit__(self, *_: object) -> None:
        SPOKEN.reset(self._former_language)
        await self.close()


Info = strawberry.Info[Context, None]
"""What a resolver is told about the request."""
