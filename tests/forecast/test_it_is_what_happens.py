"""A forecast equals what really happens when the clock is moved: every step, every balance, every charge."""

import pytest

from models.runtime import Runtime
from tests.conftest import NOON
from tests.forecast.played import live
from tests.studio import Studio, open_studio


# In the last of them a conversion gives credit for what renewals, themselves foretold, were charged.
@pytest.mark.parametrize("seed", [*range(60), 4_017])
async def test_what_is_told_is_what_happens(studio: Studio, seed: int) -> None:
    await live(studio, seed)


@pytest.mark.long
@pytest.mark.parametrize("hundred", range(1, 31))
async def test_what_is_told_is_what_happens_in_thousands_of_stories(runtime: Runtime, hundred: int) -> None:
    for seed in range(hundred * 1_000, hundred * 1_000 + 100):
        await live(await open_studio(runtime, NOON), seed)
