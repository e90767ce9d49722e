"""A story: so many steps in a small studio, each a verb and a seed. One that breaks a law is told in fewer steps."""

import random
import re
import traceback
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from models.queries.invariants import check_business
from models.rules.values import DueKind
from models.runtime import Runtime
from tests.races.bustle import Action
from tests.races.hustle import ACTIONS, Hustle
from tests.simulation.books import read_books
from tests.simulation.laws import broken_laws
from tests.simulation.shop import EVERY, leap, open_shop
from tests.simulation.step_laws import Charging

ALL: dict[Action, int] = ACTIONS | EVERY | {Hustle.book: 28, Hustle.attend: 26, Hustle.cancel: 18, Hustle.sell: 10}
"""Every action with its weight; visits make up the most of it, for without them little has anything to act on."""
CORE = {Hustle.book, Hustle.attend, Hustle.cancel, Hustle.sell, leap}
"""What every story is made of."""
NAMED = {action.__name__: action for action in ALL}
AFTERMATH = 2
"""How often time leaps once a story is told, so that what it left undone comes due."""
SHRINKS_MAX = 60
_BY_A_WORKER = "JOIN operations o ON o.id = e.operation_id AND o.verb = 'doDue' WHERE e.type"
DUE_SIGNS: dict[DueKind, str] = {
    DueKind.RENEW: f"SELECT FROM events e {_BY_A_WORKER} = 'pass.renewed' LIMIT 1",
    DueKind.CONVERT: f"SELECT FROM events e {_BY_A_WORKER} = 'pass.converted' LIMIT 1",
    DueKind.EXPIRE: f"SELECT FROM events e {_BY_A_WORKER} = 'pass.expired' LIMIT 1",
    DueKind.RELEASE: f"SELECT FROM events e {_BY_A_WORKER} = 'pass.released' LIMIT 1",
    DueKind.LOT_EXPIRE: f"SELECT FROM events e {_BY_A_WORKER} = 'lot.expired' LIMIT 1",
    DueKind.WARN: f"SELECT FROM events e {_BY_A_WORKER} = 'lot.lapsesSoon' LIMIT 1",
    DueKind.REMIND: f"SELECT FROM events e {_BY_A_WORKER} = 'pass.chargeAhead' LIMIT 1",
    DueKind.RETRY: "SELECT FROM payments p JOIN orders r ON r.id = p.order_id "
    "JOIN operations d ON d.id = r.operation_id WHERE d.verb = 'doDue' AND p.gateway_key ~ ':[2-9][0-9]*$' LIMIT 1",
}
"""What is left behind where a worker did something of each kind that falls due."""
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


def function_name(name: str) -> str:
    """Return the name of a verb's function: `sellPass` is `sell_pass`."""
    return re.sub("[A-Z]", lambda letter: f"_{letter[0].lower()}", name)


def steps_of(seed: int, count: int) -> tuple[Step, ...]:
    """Return the steps of the story of this seed. What is rare is told of in some stories only, and there often."""
    rng = random.Random(seed)
    weights = {action: often if action in CORE else often * rng.choice([0, 0, 4]) for action, often in ALL.items()}
    chosen = rng.choices(list(weights), weights=list(weights.values()), k=count)
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
        counted = "SELECT verb, count(*) AS times FROM operations WHERE state = 'DONE' GROUP BY 1"
        rows = await hustle.studio.fetch(counted)
        done.update({function_name(row["verb"]): row["times"] for row in rows})
        done.update({name: times for name, times in hustle.done.items() if name.startswith("settle_")})
        done.update({f"refused {code}": count for code, count in hustle.refused.items()})
        done.update({f"due {kind}" for kind, sign in DUE_SIGNS.items() if await hustle.studio.fetch(sign)})
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
