"""`sessionpass status`: is the whole installation keeping up, in four lines and an exit code."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg
from arq.constants import health_check_key_suffix
from redis.asyncio import Redis
from redis.exceptions import RedisError
from rich.console import Console
from sqlalchemy.exc import DBAPIError

from models.clock import SystemClock
from models.database import Database
from models.errors import StoreUnavailable
from models.jobs import QUEUE
from models.queries.due import Backlog, backlog
from models.settings import Settings, settings

LATE_AFTER = timedelta(minutes=2)
"""What has been due for longer makes the exit code 1: it is twice a lease, so another worker has had its turn."""

_GOOD, _DOUBTFUL, _BAD = "[green]✓[/]", "[yellow]![/]", "[bold red]✗[/]"
_PROMPT = timedelta(minutes=1)
_DATABASE_SECONDS = 10
_REDIS_SECONDS = 2
_AWAY = (StoreUnavailable, DBAPIError, asyncpg.PostgresError, OSError, TimeoutError)


@dataclass(frozen=True, slots=True)
class Found:
    """What was found at `now`. `worker` is None where Redis cannot be asked."""

    now: datetime
    waiting: Backlog
    worker: bool | None

    @property
    def late(self) -> timedelta:
        """For how long the oldest due thing has waited."""
        return self.now - (self.waiting.oldest_due_at or self.now)


def status(console: Console) -> int:
    """Look, and say it; returns the exit code."""
    try:
        found = asyncio.run(_look(settings()))
    except (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError):
        raise  # it answers, and the tables may be older than this release
    except _AWAY as error:
        console.print(f"{_BAD} The database does not answer: {type(error).__name__}.", soft_wrap=True)
        return 1
    is_late = found.late > LATE_AFTER
    for mark, sentence in (
        (_GOOD, "The database answers."),
        (_BAD if is_late else _GOOD, _due(found)),
        (_GOOD, _payments(found)),
        _worker(found),
    ):
        console.print(f"{mark} {sentence}", soft_wrap=True, highlight=False)
    return 1 if is_late else 0


async def _look(chosen: Settings) -> Found:
    database = Database(chosen, pool_size=1)
    now = SystemClock().now()
    try:
        async with asyncio.timeout(_DATABASE_SECONDS), database.sweeping() as connection:
            raw: asyncpg.Connection | None = (await connection.get_raw_connection()).driver_connection
            assert raw is not None
            waiting = await backlog(raw, now)
    finally:
        await database.close()
    return Found(now, waiting, await _worker_seen(chosen.redis_url))


async def _worker_seen(redis_url: str | None) -> bool | None:
    """Say whether a worker has signed its health record within the last seconds."""
    if redis_url is None:
        return None
    try:
        async with asyncio.timeout(_REDIS_SECONDS), Redis.from_url(redis_url) as redis:
            return bool(await redis.exists(f"{QUEUE}{health_check_key_suffix}"))
    except (RedisError, OSError, TimeoutError):
        return None


def _due(found: Found) -> str:
    count = found.waiting.due
    if not count:
        return "Nothing is past due."
    passes = "1 pass is" if count == 1 else f"{count} passes are"
    return f"{passes} past due, the oldest by {_told(found.late)}."


def _payments(found: Found) -> str:
    count, since = found.waiting.open_payments, found.waiting.oldest_payment_at
    if since is None:
        return "No payment is open."
    payments = "1 payment is" if count == 1 else f"{count} payments are"
    return f"{payments} open, the oldest for {_told(found.now - since)}."


def _worker(found: Found) -> tuple[str, str]:
    if found.worker:
        return _GOOD, "A worker is alive."
    asked = "Redis cannot be asked for a worker" if found.worker is None else "No worker has signed in to Redis"
    if found.late > _PROMPT:
        return _BAD, f"No worker can be seen: {asked}, and what is due is not done. Start `sessionpass worker`."
    return _DOUBTFUL, f"{asked}; nothing is late."


def _told(duration: timedelta) -> str:
    """Tell a duration in its two greatest units."""
    seconds = max(0, int(duration.total_seconds()))
    for unit, size, smaller, part in (("d", 86_400, "h", 3_600), ("h", 3_600, "min", 60), ("min", 60, "s", 1)):
        if seconds >= size:
            return f"{seconds // size} {unit} {seconds % size // part} {smaller}"
    return f"{seconds} s"
