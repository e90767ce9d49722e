"""Of many passes extended at once, one that cannot be is left exactly as it was."""

from datetime import timedelta

from models.operations.extend_passes import ExtendPasses, PassFilter, extend_passes
from models.queries.invariants import check_business
from models.rules.terms import Terms, Validity
from models.rules.values import PassKind, PeriodUnit, ValidityRule
from tests.operations.acts import days, lots
from tests.studio import Studio

WEEK = Terms(PassKind.SESSION, 4_000, 4, Validity(ValidityRule.PERIOD, 1, PeriodUnit.WEEK))


async def test_days_that_bring_an_expired_pass_not_back_are_not_given_to_it(studio: Studio) -> None:
    old = await studio.sell(WEEK)
    await studio.advance(studio.began + timedelta(days=30))
    new = await studio.sell(WEEK)
    before = (await days(studio, old), await lots(studio, old))
    own = (await days(studio, new))[0]

    changed = await studio.do(extend_passes, ExtendPasses(PassFilter(include_expired=True), 3, "Repairs"))

    assert changed.passes == [new]
    assert changed.figures["skipped"][str(old)]["code"] == "PASS_ENDED"
    assert (await days(studio, old), await lots(studio, old)) == before
    assert (await days(studio, new))[0][1] != own[1]
    assert await studio.fetch("SELECT FROM periods WHERE pass_id = $1 AND extra_days <> 0", old) == []
    async with studio.runtime.database.reading(studio.business_id) as reader:
        assert await check_business(reader) == []
