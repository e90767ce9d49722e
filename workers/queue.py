"""The queue in Redis: how jobs reach a worker. It may be emptied or away at any moment; then nobody waits for it."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

import structlog
from arq.connections import ArqRedis
from redis.asyncio import ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import BusyLoadingError, RedisError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from models.jobs import DO_DUE, QUEUE, deserialize, serialize
from models.queries.due import DuePass

T = TypeVar("T")
DEPTH_MAX = 1_000
_ANSWER_SECONDS = 2.0
_QUIET_SECONDS = 5.0
_EXPIRES = timedelta(minutes=10)
AWAY = (RedisError, OSError, TimeoutError)
_log = structlog.get_logger(__name__)


def connect(url: str) -> ArqRedis:
    """Make the connections a worker uses. Nothing connects before it is used.

    They are made from the address itself, not by arq's `RedisSettings`, which know neither a socket timeout nor a
    password with encoded signs. The retries carry a worker over a restart of Redis.
    """
    pool = ConnectionPool.from_url(
        url,
        socket_connect_timeout=2.0,
        socket_timeout=5.0,
        retry=Retry(ExponentialBackoff(cap=0.5, base=0.05), retries=5),
        retry_on_error=[RedisConnectionError, RedisTimeoutError, BusyLoadingError],
    )
    redis = ArqRedis(pool, job_serializer=serialize, job_deserializer=deserialize, default_queue_name=QUEUE)
    redis.auto_close_connection_pool = True
    return redis


class Queue:
    """Where the sweep offers what is due to all workers. What the queue does not take, the sweep does itself.

    After a failure it takes nothing for a few seconds, so that a Redis that hangs costs one wait and not thousands.
    """

    def __init__(self, url: str | None) -> None:
        self.url = url
        self._redis = connect(url) if url else None
        self._quiet_until = 0.0

    async def room(self) -> int:
        """Return how many more jobs the queue is to hold: none while Redis is away, or behind with a thousand."""
        waiting = await self._answer(lambda redis: redis.zcard(QUEUE))
        return 0 if waiting is None else max(0, DEPTH_MAX - int(waiting))

    async def offer(self, due: DuePass) -> bool:
        """Queue one due thing, once; False where the queue does not take it.

        A refused id was queued under an earlier lease, which has run out since: that job is stuck behind others, or
        it died with its worker and waits for arq to notice. Whoever offered it does it, and the job will find nothing.
        """
        job_id = hashlib.sha256(due.thing.encode()).hexdigest()[:32]
        ids = str(due.business_id), str(due.pass_id)
        job = await self._answer(
            lambda redis: redis.enqueue_job(DO_DUE, *ids, due.key, _job_id=job_id, _expires=_EXPIRES)
        )
        return job is not None

    async def close(self) -> None:
        """Let go of the connections."""
        if self._redis is not None:
            await self._redis.aclose()

    async def _answer(self, ask: Callable[[ArqRedis], Awaitable[T]]) -> T | None:
        now = asyncio.get_running_loop().time
        if self._redis is None or now() < self._quiet_until:
            return None
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                return await ask(self._redis)
        except AWAY as error:
            self._quiet_until = now() + _QUIET_SECONDS
            _log.warning("queue.away", error=repr(error), quiet_seconds=_QUIET_SECONDS)
            return None
