"""A worker that dies at the worst moment, again and again: what was due is done once, whatever was lost."""

import pytest

from models.faults import POINTS
from tests.chaos.house import EXPIRING, RENEWING, House, sell_long_ago

DUE_POINTS = [point for point in POINTS if not point.startswith(("import_", "closure_"))]
"""The points that doing what is due comes by."""


async def _killed_and_restarted(house: House, point: str, *, passes: int, rounds: int) -> None:
    due = await sell_long_ago(house, passes)
    for _ in range(rounds):
        await house.killed(house.hire(dies_at=point))
    house.hire()
    await house.until(due.settled)
    await due.assert_renewed_once()


@pytest.mark.parametrize("point", DUE_POINTS)
async def test_a_worker_killed_at_a_named_point_leaves_one_grant_and_one_capture_a_pass(
    house: House, point: str
) -> None:
    await _killed_and_restarted(house, point, passes=20, rounds=3)


@pytest.mark.long
@pytest.mark.parametrize("point", DUE_POINTS)
async def test_a_worker_killed_twenty_times_at_a_named_point_leaves_one_grant_and_one_capture_a_pass(
    house: House, point: str
) -> None:
    await _killed_and_restarted(house, point, passes=500, rounds=20)


@pytest.mark.parametrize("point", ["before_charge", "before_settle_commit"])
async def test_a_worker_killed_while_converting_leaves_one_successor_and_one_capture_a_pass(
    house: House, point: str
) -> None:
    due = await sell_long_ago(house, 10, terms=EXPIRING, becomes=RENEWING)
    for _ in range(2):
        await house.killed(house.hire(dies_at=point))
    house.hire()

    async def converted() -> bool:
        left = "SELECT 1 FROM passes WHERE id = ANY($1) AND closed_reason IS DISTINCT FROM 'CONVERTED' LIMIT 1"
        return not await due.fetch(left)

    await house.until(converted)
    counted = {
        "successors": "SELECT predecessor_pass_id AS id FROM passes WHERE predecessor_pass_id = ANY($1)",
        "successions": "SELECT pass_id AS id FROM successions WHERE pass_id = ANY($1) AND kind = 'CONVERSION'",
        "captures": """SELECT split_part(gateway_key, ':', 2)::uuid AS id FROM gateway_charges
                       WHERE gateway_key LIKE 'convert:%' AND split_part(gateway_key, ':', 2) = ANY($1::uuid[]::text[])
                         AND captured""",
        "periods": "SELECT pass_id AS id FROM periods WHERE pass_id = ANY($1)",
    }
    for what, statement in counted.items():
        assert sorted(row["id"] for row in await due.fetch(statement)) == sorted(due.passes), what
    await due.assert_sound()
