"""The loop in which time is moved: from due instant to due instant, doing at each what is due there."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


async def step_through(
    look: Callable[[], Awaitable[Sequence[T]]], do: Callable[[T], Awaitable[None]], steps_max: int
) -> bool:
    """Do what is due until nothing is; return False where that took more than `steps_max` looks.

    `look` moves the clock to the earliest due instant and returns what is due there, or nothing at the end.
    """
    for _ in range(steps_max):
        step = await look()
        if not step:
            return True
        for due in step:
            await do(due)
    return False
