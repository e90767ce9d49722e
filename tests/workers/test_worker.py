"""How the worker is set up, and the queue it shares: what arq's defaults would get wrong."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from models.jobs import DO_DUE, QUEUE, WAKE
from models.queries.due import DuePass
from models.rules.values import DueKind
from tests.chaos.house import House
from workers.queue import Queue, connect
from workers.settings import build_worker
from workers.work import Setbacks, Work


def _due() -> DuePass:
    return DuePass(uuid4(), uuid4(), datetime(2026, 3, 1, tzinfo=UTC), DueKind.RENEW)


async def test_the_worker_relies_on_none_of_arqs_defaults_that_lose_or_repeat_work(house: House, work: Work) -> None:
    worker = build_worker(work, house.redis.url)
    assert set(worker.functions) == {WAKE, DO_DUE}
    assert worker.queue_name == QUEUE
    assert worker.job_timeout_s is not None
    assert worker.job_timeout_s <= 20
    assert worker.keep_result_s == 0
    assert worker.timezone is UTC
    assert worker.health_check_interval is not None
    assert worker.health_check_interval <= 10
    assert worker.job_serializer is not None
    assert worker.job_serializer({"a": [str(uuid4())]})[:1] == b"{", "jobs are JSON, never pickled"
    options = worker.pool.connection_pool.connection_kwargs
    assert options["retry"]._retries > 0
    assert options["retry_on_error"]
    await worker.pool.aclose()


async def test_one_due_thing_is_queued_once_whatever_lease_it_is_offered_under(house: House, work: Work) -> None:
    due = _due()
    again = DuePass(due.business_id, due.pass_id, due.at, due.kind)
    assert await work.queue.offer(due)
    assert not await work.queue.offer(again)
    redis = connect(house.redis.url)
    assert await redis.zcard(QUEUE) == 1
    await redis.aclose()


async def test_an_id_is_free_again_as_soon_as_its_job_is_done(house: House, work: Work) -> None:
    due = _due()
    for _ in range(2):
        assert await work.queue.offer(due)
        worker = build_worker(work, house.redis.url)
        worker.burst = True
        await worker.async_run()
        await worker.pool.aclose()


async def test_a_queue_without_redis_has_no_room_and_takes_nothing(house: House) -> None:
    for queue in (Queue(None), Queue("redis://127.0.0.1:1/0")):
        assert await queue.room() == 0
        assert not await queue.offer(_due())
        await queue.close()


async def test_a_wake_job_rings_the_sweep(house: House, work: Work) -> None:
    redis = connect(house.redis.url)
    await redis.enqueue_job(WAKE, str(uuid4()))
    await redis.aclose()
    worker = build_worker(work, house.redis.url)
    worker.burst = True
    await worker.async_run()
    await worker.pool.aclose()
    assert work.rung.is_set()


def test_what_fails_rests_twice_as_long_each_time_and_an_hour_at_most() -> None:
    setbacks, thing, now = Setbacks(timedelta(minutes=1)), uuid4(), datetime(2026, 3, 1, tzinfo=UTC)
    for minutes in (1, 2, 4, 8, 16, 32, 60, 60):
        setbacks.failed(thing, now)
        now += timedelta(minutes=minutes)
        assert setbacks.rests(thing, now - timedelta(microseconds=1))
        assert not setbacks.rests(thing, now)
    setbacks.succeeded(thing)
    setbacks.failed(thing, now)
    assert not setbacks.rests(thing, now + timedelta(minutes=1))
