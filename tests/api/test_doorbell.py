"""The doorbell rings over Redis, and never holds up or fails who rings it."""

import asyncio
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from api.doorbell import RING_SECONDS, Doorbell
from models.jobs import QUEUE, WAKE, deserialize
from models.settings import Settings


async def test_a_ring_is_a_job_with_the_business(settings: Settings) -> None:
    assert settings.redis_url is not None
    doorbell, business_id = Doorbell(settings.redis_url), uuid4()
    async with Redis.from_url(settings.redis_url) as redis:
        await redis.delete(QUEUE)
        await doorbell.ring(business_id)
        jobs = await redis.zrange(QUEUE, 0, -1)
        stored = await redis.get(b"arq:job:" + jobs[0])
        await redis.delete(QUEUE)
    assert await doorbell.answers()
    await doorbell.close()
    assert len(jobs) == 1
    job = deserialize(stored)
    assert (job["f"], job["a"]) == (WAKE, [str(business_id)])


@pytest.mark.parametrize("address", [None, "redis://127.0.0.1:1/0"])
async def test_without_redis_a_ring_is_silent(address: str | None) -> None:
    doorbell = Doorbell(address)
    await doorbell.ring(uuid4())
    assert not await doorbell.answers()
    await doorbell.close()


async def test_a_redis_that_does_not_answer_holds_nobody_up_and_is_left_alone_for_a_while() -> None:
    calls = 0

    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal calls
        calls += 1
        await reader.read(1_000)
        await asyncio.sleep(RING_SECONDS * 4)
        writer.close()

    server = await asyncio.start_server(mute, "127.0.0.1", 0)
    doorbell = Doorbell(f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0")
    loop = asyncio.get_running_loop()
    began = loop.time()
    for _ in range(20):
        await doorbell.ring(uuid4())
    assert loop.time() - began < 2 * RING_SECONDS + 1
    assert calls == 1
    server.close()
