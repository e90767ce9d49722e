"""A story: so many steps in a small studio, each a verb and a seed. One that breaks a law is told in fewer steps."""

import random
import traceback
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from models.queries.invariants import check_business
from models.runtime import Runtime
from tests.races.bustle import Action
from tests.races.hustle import ACTIONS, Hustle
from tests.simulation.books import read_books
from tests.simulation.laws import broken_laws
from tests.simulation.shop import EVERY, leap, open_shop
from tests.simulation.step_laws import Charging

ALL: dict[Action, int] = ACTIONS | EVERY | {Hustle.book: 28, Hustle.attend: 26, Hustle.cancel: 18, Hustle.sell: 10}
"""Every action with its weight; visits make up the most of it, for without them little has anything to act on."""
NAMED = {action.__name__: action for action in ALL}
AFTERMATH = 2
"""How often time leaps once a story is told, so that what it left undone comes due."""
SHRINKS_MAX = 60
_DONE = "SELECT FROM operations"


@dataclass(frozen=True)
class Step:
    """One action by its name, and the seed of all that is left to chance in it."""

    action: str
    seed: int


@dataclass(frozen=True)
class Broken:
    """Which steps came to what."""

    steps: tuple[Step, ...]
    what: str

    @property
    def kind(self) -> str:
        """The law or the error, to know the same thing again in a shorter story."""
        return self.what.splitlines()[-1].split(":")[0]

    def told(self, seed: int) -> str:
        """Say how to see it again."""
        steps = ", ".join(f"Step({step.action!r}, {step.seed})" for step in self.steps)
        return f"Story {seed} breaks a law. Play it again with play(runtime, [{steps}]).\n{self.what}"


def steps_of(seed: int, count: int) -> tuple[Step, ...]:
    """Return the steps of the story of this seed."""
    rng = random.Random(seed)
    chosen = rng.choices(list(ALL), weights=list(ALL.values()), k=count)
    return tuple(Step(action.__name__, rng.randrange(2**32)) for action in chosen)


async def play(runtime: Runtime, steps: Sequence[Step], done: Counter[str] | None = None) -> Broken | None:
    """Play the steps; return the first law that is broken, with the steps up to it. Every refusal must be typed."""
    hustle = await open_shop(runtime, EVERY)
    charging = Charging()
    told = [*steps, *(Step(leap.__name__, number) for number in range(AFTERMATH))]
    for number, step in enumerate(told):
        so_far = tuple(told[: min(number + 1, len(steps))])
        try:
            before = len(await hustle.studio.fetch(_DONE))
            await NAMED[step.action](hustle, random.Random(step.seed))
            # Where no operation came to an end nothing can have changed, and the books need no second look.
            wrong = await _wrong(hustle, charging) if len(await hustle.studio.fetch(_DONE)) != before else []
        except Exception:  # noqa: BLE001 - whatever is not a typed refusal is what the story looks for
            return Broken(so_far, f"after {step.action}: {traceback.format_exc()}")
        if wrong:
            return Broken(so_far, f"after {step.action}:\n" + "\n".join(wrong))
    if done is not None:
        done.update(hustle.done)
        done.update({f"refused {code}": count for code, count in hustle.refused.items()})
    async with runtime.database.reading(hustle.studio.business_id) as reader:
        wrong = broken_laws(await read_books(reader))
    return Broken(tuple(steps), "at the end:\n" + "\n".join(wrong)) if wrong else None


async def _wrong(hustle: Hustle, charging: Charging) -> list[str]:
    async with hustle.studio.runtime.database.reading(hustle.studio.business_id) as reader:
        wrong = [f"{each.invariant}: {each.sentence} {dict(each.figures)}" for each in await check_business(reader)]
        return wrong + await charging.look(reader)


async def shrunk(runtime: Runtime, broken: Broken) -> Broken:
    """Leave out what the story can do without, larger parts first, as long as it comes to the same."""
    tries, size = 0, max(1, len(broken.steps) // 2)
    while size and tries < SHRINKS_MAX:
        at = 0
        while at < len(broken.steps) and tries < SHRINKS_MAX:
            fewer = broken.steps[:at] + broken.steps[at + size :]
            tries += 1
            again = await play(runtime, fewer)
            if again is not None and again.kind == broken.kind:
                broken = again
            else:
                at += size
        size //= 2
    return broken
