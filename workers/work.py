"""What the parts of one worker process share, and the two ways in which they work: in a loop, and over many things."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

import asyncpg
import structlog

from models.errors import StoreUnavailable
from models.runtime import Runtime
from workers.queue import Queue

T = TypeVar("T")
ITEM_SECONDS = 18
"""How long one thing may take, as a job or here; a connection that says nothing must not hold up the rest."""
_REST_LONGEST = timedelta(hours=1)
_REMEMBERED_MAX = 10_000
_log = structlog.get_logger(__name__)


class Setbacks:
    """What has failed in this process, and until when it rests: a minute at first, twice as long each time, an hour
    at most. So one broken row is tried again without being tried all the time.
    """

    def __init__(self, first: timedelta) -> None:
        self._first = first
        self._failed: dict[UUID, tuple[int, datetime]] = {}

    def rests(self, thing: UUID, now: datetime) -> bool:
        """Say whether it is not yet to be tried again."""
        return thing in self._failed and now < self._failed[thing][1]

    def failed(self, thing: UUID, now: datetime) -> None:
        """Let it rest, longer than the last time."""
        times = self._failed.pop(thing, (0, now))[0]
        self._failed[thing] = (times + 1, now + min(self._first * 2 ** min(times, 16), _REST_LONGEST))
        if len(self._failed) > _REMEMBERED_MAX:
            del self._failed[next(iter(self._failed))]

    def succeeded(self, thing: UUID) -> None:
        """Forget that it ever failed."""
        self._failed.pop(thing, None)


@dataclass
class Work:
    """One worker process: what it reaches, whether it is to stop, and whether somebody has rung."""

    runtime: Runtime
    queue: Queue
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    rung: asyncio.Event = field(default_factory=asyncio.Event)
    setbacks: Setbacks = field(init=False)

    def __post_init__(self) -> None:
        """What this process itself leaves due rings its own sweep, without a way round by Redis."""
        self.setbacks = Setbacks(timedelta(seconds=self.runtime.settings.lease_seconds))
        self.runtime.ring = self._ring

    async def _ring(self, business_id: UUID) -> None:
        self.rung.set()

    @property
    def at_once(self) -> int:
        """How many things this process does at a time here, and as many again as jobs; each needs a connection."""
        return max(1, self.runtime.settings.pool_size // 2)

    @asynccontextmanager
    async def looking(self) -> AsyncIterator[asyncpg.Connection]:
        """Look over all businesses, and lease. A server that says nothing is as good as away."""
        try:
            async with asyncio.timeout(ITEM_SECONDS), self.runtime.database.sweeping() as connection:
                driver: asyncpg.Connection | None = (await connection.get_raw_connection()).driver_connection
                assert driver is not None
                yield driver
        except TimeoutError as error:
            raise StoreUnavailable from error

    async def each(self, things: Iterable[T], do: Callable[[T], Awaitable[None]]) -> None:
        """Do all the things, some at a time. After an exception, and on the way out, no more are begun."""
        waiting = iter(things)

        async def take() -> None:
            for thing in waiting:
                if self.stopping.is_set():
                    return
                await do(thing)

        done = await asyncio.gather(*(take() for _ in range(self.at_once)), return_exceptions=True)
        for outcome in done:
            if isinstance(outcome, BaseException):
                raise outcome

    async def keep(
        self, name: str, act: Callable[[], Awaitable[None]], rest: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        """Act again and again until told to stop; no failure ends it. `rest` is the pause between, a sweep's length."""
        while not self.stopping.is_set():
            try:
                await act()
                if rest:
                    await rest()
                    continue
            except StoreUnavailable as error:
                _log.warning("worker.storeAway", loop=name, cause=repr(error.__cause__))
            except Exception:  # noqa: BLE001 - whatever it was, the process goes on
                _log.exception("worker.loopFailed", loop=name)
            await self.pause(self.runtime.settings.sweep_seconds)

    async def pause(self, seconds: float, *, until_rung: bool = False) -> None:
        """Wait, but no longer than until told to stop, or until somebody rings where that is asked for."""
        events = [self.stopping, self.rung] if until_rung else [self.stopping]
        waits = [asyncio.ensure_future(event.wait()) for event in events]
        try:
            await asyncio.wait(waits, timeout=max(0.0, seconds), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        if until_rung:
            self.rung.clear()
