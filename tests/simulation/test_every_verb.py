"""Proof 9, third part: whatever a small studio does in whatever order, everything is conserved and told in words."""

import ast
import asyncio
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

import workers
from models.operations import spread_closure
from models.rules.values import DueKind
from models.runtime import Runtime
from schema.schema import schema
from tests.simulation.story import DUE_SIGNS, Broken, function_name, play, shrunk, steps_of

STEPS = 60
AT_ONCE = 4
STORIES, STORIES_MAX = 36, 96
FIRST_SEED = 1
NOT_IN_STORIES: dict[str, str] = {}
"""By verb or job, why no story carries it out. Whoever adds a verb adds an action, or says here why there is none."""


def mutations() -> set[str]:
    """The verbs of all mutations, as functions are named."""
    root = schema._schema.mutation_type
    assert root is not None
    return {function_name(name) for name in root.fields}


def jobs() -> set[str]:
    """Whatever workers carry out: each operation that one of their modules names."""
    found = set()
    for path in Path(workers.__path__[0]).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("models.operations."):
                found |= {each.name for each in node.names if each.name.islower()}
    return found - {"run"}


def never_done(done: Iterable[str]) -> set[str]:
    """What of all that there is to do these stories never did with success."""
    wanted = mutations() | jobs() | {f"due {kind}" for kind in DueKind}
    return wanted - set(done) - set(NOT_IN_STORIES)


@pytest.fixture(autouse=True)
def closures_spread_slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a small studio no closure concerns more passes than one batch holds; here a batch is smaller still."""
    monkeypatch.setattr(spread_closure, "BATCH_MAX", 3)


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


async def check(runtime: Runtime, seeds: Iterable[int]) -> Counter[str]:
    """Fail with the shortest telling of the first story that breaks a law; return what was done in all."""
    broken, done = await told(runtime, seeds)
    for seed, found in broken[:1]:
        pytest.fail((await shrunk(runtime, found)).told(seed), pytrace=False)
    return done


async def test_three_dozen_stories_of_a_small_studio_conserve_everything(runtime: Runtime) -> None:
    done = await check(runtime, range(FIRST_SEED, FIRST_SEED + STORIES))

    # What is left to chance may take a few stories more.
    for seed in range(FIRST_SEED + STORIES, FIRST_SEED + STORIES_MAX, AT_ONCE):
        if never_done(done):
            done += await check(runtime, range(seed, seed + AT_ONCE))
    assert sorted(never_done(done)) == []


def test_what_no_story_does_is_still_there_to_do() -> None:
    """An exception that outlives its verb, or a kind of due thing without a sign, would hide the next gap."""
    assert set(NOT_IN_STORIES) <= mutations() | jobs()
    assert set(DUE_SIGNS) == set(DueKind)
    assert {"do_due", "expire_passes", "resolve_visits", "settle_payment"} <= jobs()


@pytest.mark.long
async def test_a_thousand_stories_of_a_small_studio_conserve_everything(runtime: Runtime) -> None:
    await check(runtime, range(FIRST_SEED, FIRST_SEED + 1_000))
