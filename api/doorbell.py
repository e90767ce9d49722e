"""The doorbell: tells a worker that something is due now. Redis away costs nothing but the promptness."""

import asyncio
from uuid import UUID

import structlog
from arq.connections import ArqRedis, RedisSettings, create_pool
from redis.exceptions import RedisError

from models.jobs import QUEUE, WAKE, serialize

RING_SECONDS = 0.25
QUIET_SECONDS = 5.0
_AWAY = (RedisError, OSError, TimeoutError)
_log = structlog.get_logger(__name__)


class Doorbell:
    """Rings the workers over Redis; after a failure it stays quiet a while, and the sweep does the work."""

    def __init__(self, redis_url: str | None) -> None:
        self._redis_url = redis_url
        self._pool: ArqRedis | None = None
        self._quiet_until = 0.0

    async def ring(self, business_id: UUID) -> None:
        """Ask a worker to look at what is due in this business. Never raises, never waits long."""
        if self._redis_url is None or asyncio.get_running_loop().time() < self._quiet_until:
            return
        try:
            async with asyncio.timeout(RING_SECONDS):
                pool = await self._connected()
                await pool.enqueue_job(WAKE, str(business_id))
        except _AWAY as error:
            self._quiet_until = asyncio.get_running_loop().time() + QUIET_SECONDS
            _log.warning("doorbell.away", error=type(error).__name__, quiet_seconds=QUIET_SECONDS)

    async def answers(self) -> bool:
        """Say whether Redis answers now."""
        if self._redis_url is None:
            return False
        try:
            async with asyncio.timeout(RING_SECONDS):
                pool = await self._connected()
                return bool(await pool.ping())
        except _AWAY:
            return False

    async def close(self) -> None:
        """Let go of the connections."""
        if self._pool is not None:
            await self._pool.aclose()

    async def _connected(self) -> ArqRedis:
        if self._pool is None:
            assert self._redis_url is not None
            address = RedisSettings.from_dsn(self._redis_url)
            address.conn_retries = 0
            self._pool = await create_pool(address, job_serializer=serialize, default_queue_name=QUEUE)
        return self._pool
