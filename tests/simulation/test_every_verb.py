"""Proof 9, third part: whatever a small studio does in whatever order, everything is conserved and told in words."""

import asyncio
from collections import Counter
from collections.abc import Iterable

import pytest

from models.runtime import Runtime
from tests.simulation.story import Broken, play, shrunk, steps_of

STEPS = 40
AT_ONCE = 4
STORIES = 36
FIRST_SEED = 1
VERBS_AT_LEAST = 40
"""How many verbs must have been carried out with success, or the stories prove little."""


async def told(runtime: Runtime, seeds: Iterable[int]) -> tuple[list[tuple[int, Broken]], Counter[str]]:
    """Play the stories of these seeds, some at a time; return those that break a law, and what was done in all."""
    waiting, done = list(seeds), Counter[str]()
    broken: list[tuple[int, Broken]] = []

    async def tell() -> None:
        while waiting and not broken:
            seed = waiting.pop(0)
            found = await play(runtime, steps_of(seed, STEPS), done)
            if found:
                broken.append((seed, found))

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(tell())
    return broken, done


async def check(runtime: Runtime, stories: int) -> Counter[str]:
    """Fail with the shortest telling of the first story that breaks a law."""
    broken, done = await told(runtime, range(FIRST_SEED, FIRST_SEED + stories))
    for seed, found in broken[:1]:
        pytest.fail((await shrunk(runtime, found)).told(seed), pytrace=False)
    return done


async def test_three_dozen_stories_of_a_small_studio_conserve_everything(runtime: Runtime) -> None:
    done = await check(runtime, STORIES)

    verbs = [name for name in done if not name.startswith("refused ")]
    assert len(verbs) >= VERBS_AT_LEAST, f"only these were ever done: {sorted(verbs)}"


@pytest.mark.long
async def test_five_thousand_stories_of_a_small_studio_conserve_everything(runtime: Runtime) -> None:
    await check(runtime, 5_000)
