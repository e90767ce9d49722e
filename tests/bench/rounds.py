"""Take turns: every variant does the same amount of work in each round, so a slow moment of the machine hits all."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

import uvloop


def run_fast(main: Coroutine[Any, Any, None]) -> None:
    """Run on the event loop that the API and the workers run on."""
    uvloop.run(main)


async def timed(work: Awaitable[object]) -> float:
    """Return how many seconds the work took."""
    began = time.perf_counter()
    await work
    return time.perf_counter() - began


async def at_once(concurrency: int, calls: Sequence[Callable[[], Awaitable[object]]]) -> None:
    """Make the calls, `concurrency` of them at any moment."""
    waiting = iter(calls)

    async def one_of_them() -> None:
        for call in waiting:
            await call()

    await asyncio.gather(*(one_of_them() for _ in range(concurrency)))
