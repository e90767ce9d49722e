"""A worker that dies in the middle of a closure, again and again: every pass freezes, and none twice."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from models.operations.closures import EndClosure, PlaceClosure, end_closure, place_closure
from tests.chaos.house import EXPIRING, House, sell_long_ago
from tests.studio import Studio

PASSES = 420


async def test_a_closure_whose_workers_are_killed_freezes_each_pass_once_and_frees_it_once(house: House) -> None:
    due = await sell_long_ago(house, PASSES, days_ago=2, terms=EXPIRING)
    studio = due.studio
    today = datetime.now(UTC).date()
    first, last = today + timedelta(days=3), today + timedelta(days=9)
    before = await _last_days(studio)

    closed = await studio.do(place_closure, PlaceClosure(studio.location, first, last, "Repairs"))
    closure = closed.rows["closure"]
    assert closed.figures["waiting"] > 0
    await _killed_while_spreading(house, studio, closure)
    assert await _last_days(studio) == {each: day + timedelta(days=7) for each, day in before.items()}

    await studio.do(end_closure, EndClosure(closure, first))
    await _killed_while_spreading(house, studio, closure)
    assert await _last_days(studio) == {each: day + timedelta(days=1) for each, day in before.items()}
    rows = await studio.fetch("SELECT count(*) AS holds, count(DISTINCT pass_id) AS passes FROM holds")
    assert (rows[0]["holds"], rows[0]["passes"]) == (PASSES, PASSES)
    await due.assert_sound()


async def _killed_while_spreading(house: House, studio: Studio, closure: UUID) -> None:
    for _ in range(2):
        await house.killed(house.hire(dies_at="closure_before_commit"))
    worker = house.hire()

    async def spread() -> bool:
        rows = await studio.fetch("SELECT spread_at FROM closures WHERE id = $1", closure)
        return rows[0]["spread_at"] is not None

    await house.until(spread)
    worker.terminate()
    worker.wait()


async def _last_days(studio: Studio) -> dict[UUID, date]:
    rows = await studio.fetch("SELECT id, last_day FROM passes")
    return {row["id"]: row["last_day"] for row in rows}
