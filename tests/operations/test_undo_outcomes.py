"""An outcome that is undone leaves what the one before had forgiven, and who had paid since, as it was."""

from dataclasses import replace

import pytest

from models.queries.invariants import check_business
from models.rules.terms import Outcomes, Terms
from tests.operations.acts import HOUR, pay, record
from tests.operations.effective import effective
from tests.operations.test_undo_dependents import undo
from tests.operations.test_undo_every_verb import last_operation
from tests.studio import TEN_CLASSES, Studio

DEAR = replace(TEN_CLASSES, outcomes=Outcomes(no_show_fee_minor=900))
FORGIVING = replace(TEN_CLASSES, outcomes=Outcomes(no_show_fee_minor=900, free_per_period=1))


async def undone(studio: Studio) -> None:
    """Undo what was done last, and see that the books are right."""
    await undo(studio, await last_operation(studio))
    async with studio.runtime.database.reading(studio.business_id) as reader:
        assert await check_business(reader) == []


@pytest.mark.parametrize("outcome", ["ATTENDED", "BOOKED"])
async def test_what_was_forgiven_is_so_again_and_counts(studio: Studio, outcome: str) -> None:
    pass_id = await studio.sell(FORGIVING)
    starts = [studio.began - HOUR, studio.began - 3 * HOUR]
    visit, other = (await studio.book(starts, pass_id=pass_id)).visits
    await record(studio, visit, "NO_SHOW")
    before = await effective(studio)
    assert (await studio.balances(pass_id))["available"] == 9
    for _ in range(2):
        await record(studio, visit, outcome)
        await undone(studio)
        assert await effective(studio) == before
    await record(studio, other, "NO_SHOW")
    assert (await studio.balances(pass_id))["forfeited"] == 1
    assert [tuple(row) for row in await studio.fetch("SELECT visit_id, state FROM fees")] == [(other, "OWED")]


@pytest.mark.parametrize("outcome", ["ATTENDED", "BOOKED"])
@pytest.mark.parametrize("terms", [FORGIVING, DEAR])
@pytest.mark.parametrize("paid", [True, False])
async def test_what_another_pass_has_paid_since_is_not_forgiven(
    studio: Studio, outcome: str, terms: Terms, paid: bool
) -> None:
    pass_id = await studio.sell(FORGIVING)
    (visit,) = (await studio.book([studio.began - HOUR], pass_id=pass_id)).visits
    await record(studio, visit, "NO_SHOW")
    other = await studio.sell(terms)
    await pay(studio, [visit], other)
    if not paid:
        await undone(studio)
    before = await effective(studio)
    await record(studio, visit, outcome)
    await undone(studio)
    assert await effective(studio) == before
    assert (await studio.balances(other))["forfeited"] == int(paid)
