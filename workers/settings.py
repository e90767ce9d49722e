"""One worker process: arq for the jobs, and beside it the loops that need no Redis. They end together."""

import asyncio
import contextlib
import logging
import signal
import sys
from datetime import UTC
from functools import partial
from typing import Any

import structlog
from arq.worker import Worker, func

from models.jobs import DO_DUE, QUEUE, WAKE, deserialize, serialize
from models.runtime import open_runtime
from models.settings import Settings, settings
from workers import jobs
from workers.audit import audit_later
from workers.closures import spread_closures
from workers.queue import AWAY, Queue, connect
from workers.reconcile import reconcile
from workers.resolve import resolve
from workers.sweep import sweep, until_next
from workers.work import ITEM_SECONDS, Work

HEALTH_SECONDS = 5
_TRIES_MAX = 5
_FINISH_SECONDS = 10.0
_AGAIN_SECONDS = 1.0
_log = structlog.get_logger(__name__)


def run_worker() -> None:
    """Work until SIGTERM or SIGINT. What has been begun then gets ten seconds to finish."""
    chosen = settings()
    log_to_stderr(chosen.log_level)
    asyncio.run(work_until_stopped(chosen))


async def work_until_stopped(chosen: Settings) -> None:
    """Run the loops of one worker process, and arq's, until a signal ends them."""
    runtime = open_runtime(chosen)
    work = Work(runtime, Queue(chosen.redis_url))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, work.stopping.set)
    _log.info("worker.started", jobs_at_once=work.at_once, sweep_seconds=chosen.sweep_seconds)
    loops = [
        work.keep("sweep", partial(sweep, work), partial(until_next, work)),
        work.keep("reconcile", partial(reconcile, work)),
        work.keep("closures", partial(spread_closures, work)),
        work.keep("resolve", partial(resolve, work)),
        work.keep("audit", partial(audit_later, work)),
        serve_jobs(work),
    ]
    running = [asyncio.create_task(each) for each in loops]
    await work.stopping.wait()
    _log.info("worker.stopping")
    _, late = await asyncio.wait(running, timeout=_FINISH_SECONDS + 2)
    for task in late:
        # Whatever is cut off here is rolled back, or settled by the next worker that reconciles.
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    await work.queue.close()
    await runtime.close()
    _log.info("worker.stopped", cut_off=len(late))


async def serve_jobs(work: Work) -> None:
    """Run arq as long as the process does: where it gives up on Redis, a new one is made."""
    while not work.stopping.is_set() and work.queue.url:
        worker = build_worker(work, work.queue.url)
        serving = asyncio.create_task(worker.async_run())
        stopped = asyncio.create_task(work.stopping.wait())
        await asyncio.wait([serving, stopped], return_when=asyncio.FIRST_COMPLETED)
        if serving.done() and not serving.cancelled() and (error := serving.exception()):
            _log.warning("jobs.ended", error=repr(error), again_seconds=_AGAIN_SECONDS)
        stopped.cancel()
        await _dismiss(worker, serving)
        await work.pause(_AGAIN_SECONDS)


def build_worker(work: Work, redis_url: str) -> Worker:
    """Make arq's worker.

    Nothing is left to its defaults that the work relies on: no pickle, no kept results (an id is refused as long as
    its result is kept), a short timeout (a job that died is taken up again that long after), UTC, and a health
    record that says something about now. Its signal handlers are ours.
    """
    functions = [func(jobs.wake, name=WAKE), func(jobs.do_due, name=DO_DUE)]
    return Worker(
        functions=functions,
        queue_name=QUEUE,
        redis_pool=connect(redis_url),
        handle_signals=False,
        max_jobs=work.at_once,
        job_timeout=ITEM_SECONDS + 2,
        keep_result=0,
        max_tries=_TRIES_MAX,
        health_check_interval=HEALTH_SECONDS,
        poll_delay=0.2,
        ctx={jobs.WORK: work},
        job_serializer=serialize,
        job_deserializer=deserialize,
        timezone=UTC,
        log_results=False,
    )


async def _dismiss(worker: Worker, serving: asyncio.Task[None]) -> None:
    """Let the running jobs finish, cut off the rest (arq queues those again), and close, whatever Redis says."""
    worker.allow_pick_jobs = False
    if worker.tasks:
        await asyncio.wait(worker.tasks.values(), timeout=_FINISH_SECONDS)
    await _cut_off({serving, *worker.tasks.values()})
    with contextlib.suppress(*AWAY):
        await worker.pool.aclose()


async def _cut_off(tasks: set[asyncio.Task[Any]]) -> None:
    """Cancel until they end: a cancellation that meets the Redis client at the wrong moment is swallowed there."""
    while tasks:
        for task in tasks:
            task.cancel()
        ended, tasks = await asyncio.wait(tasks, timeout=0.2)
        await asyncio.gather(*ended, return_exceptions=True)


def log_to_stderr(level: str) -> None:
    """Write one JSON line for each log entry. arq's own line for every job is for those who debug."""
    number = logging.getLevelNamesMapping()[level]
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    logging.getLogger("arq").setLevel(number if number <= logging.DEBUG else logging.WARNING)
    processors: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(),
    ]
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
