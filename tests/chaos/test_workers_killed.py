"""A worker that dies at the worst moment, again and again: what was due is done once, whatever was lost."""

import pytest

from models.faults import POINTS
from tests.chaos.house import House, sell_long_ago


async def _killed_and_restarted(house: House, point: str, *, passes: int, rounds: int) -> None:
    due = await sell_long_ago(house, passes)
    for _ in range(rounds):
        await house.killed(house.hire(dies_at=point))
    house.hire()
    await house.until(due.settled)
    await due.assert_renewed_once()


@pytest.mark.parametrize("point", POINTS)
async def test_a_worker_killed_at_a_named_point_leaves_one_grant_and_one_capture_a_pass(
    house: House, point: str
) -> None:
    await _killed_and_restarted(house, point, passes=20, rounds=3)


@pytest.mark.long
@pytest.mark.parametrize("point", POINTS)
async def test_a_worker_killed_twenty_times_at_a_named_point_leaves_one_grant_and_one_capture_a_pass(
    house: House, point: str
) -> None:
    await _killed_and_restarted(house, point, passes=500, rounds=20)
