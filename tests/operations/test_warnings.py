"""Units that will lapse are announced once for each end, and make-up lots last as long as the terms say."""

from dataclasses import replace
from uuid import UUID

from models.operations.change_pass import ExtendPass, extend_pass
from models.queries.invariants import check_business
from models.rules.values import AfterExpiration, CoveredBy
from tests.operations.acts import DAY, at, cancel, jump, work
from tests.studio import MONTH, TEN_CLASSES, Studio

MONTHLY = replace(TEN_CLASSES, validity=MONTH, warn_days=7)


async def told(studio: Studio, kind: str = "lot.lapsesSoon") -> list[tuple[object, int, str]]:
    """Return the instant, units and last day of each announcement."""
    rows = await studio.fetch("SELECT at, data FROM events WHERE type = $1 ORDER BY id", kind)
    return [(row["at"], row["data"]["units"], row["data"]["lastDay"]) for row in rows]


async def sound(studio: Studio) -> None:
    """Assert every invariant."""
    async with studio.runtime.database.reading(studio.business_id) as reader:
        assert await check_business(reader) == []


async def sold(studio: Studio) -> UUID:
    """Sell ten classes for a month: up to 27 February, the last day included."""
    return await studio.sell(MONTHLY)


async def test_what_will_lapse_is_announced_once_and_nothing_else_changes(studio: Studio) -> None:
    pass_id = await sold(studio)
    await studio.advance(at("2026-02-21", 0))
    assert await told(studio) == [(at("2026-02-21", 0), 10, "2026-02-27")]
    assert (await studio.balances(pass_id))["available"] == 10
    await studio.advance(at("2026-03-05"))
    assert len(await told(studio)) == 1
    assert (await studio.balances(pass_id))["expired"] == 10
    await sound(studio)


async def test_an_end_that_moves_is_announced_again(studio: Studio) -> None:
    pass_id = await sold(studio)
    await studio.advance(at("2026-02-22"))
    await studio.do(extend_pass, ExtendPass(pass_id, 30, "Ill"))
    await studio.advance(at("2026-03-25"))
    assert [(units, day) for _, units, day in await told(studio)] == [(10, "2026-02-27"), (10, "2026-03-29")]
    await sound(studio)


async def test_a_worker_that_comes_twice_announces_once(studio: Studio) -> None:
    pass_id = await sold(studio)
    await jump(studio, at("2026-02-23"))
    assert await work(studio, pass_id) is not None
    assert await work(studio, pass_id) is None
    assert len(await told(studio)) == 1
    await sound(studio)


async def test_after_the_end_nothing_is_announced_any_more(studio: Studio) -> None:
    pass_id = await sold(studio)
    await jump(studio, at("2026-03-05"))
    await work(studio, pass_id)
    assert await told(studio) == []
    assert (await studio.balances(pass_id))["expired"] == 10
    await sound(studio)


async def test_a_pass_that_renews_without_rollover_announces_what_it_loses(studio: Studio) -> None:
    pass_id = await studio.sell(replace(MONTHLY, after_expiration=AfterExpiration.RENEW))
    await studio.advance(at("2026-03-02"))
    assert [(units, day) for _, units, day in await told(studio)] == [(10, "2026-02-27")]
    assert (await studio.balances(pass_id))["available"] == 10
    await sound(studio)


async def test_a_make_up_lot_lasts_as_long_as_the_terms_say(studio: Studio) -> None:
    terms = replace(MONTHLY, make_up_days=30, covered_by=CoveredBy.BOOKING)
    pass_id = await studio.sell(terms)
    (visit,) = (await studio.book([at("2026-03-20")], pass_id=pass_id)).visits
    await studio.advance(at("2026-03-10"))
    await cancel(studio, visit)
    rows = await studio.fetch("SELECT own_first_on, own_last_on, available FROM lots WHERE kind = 'MAKE_UP'")
    assert [(row["own_last_on"] - row["own_first_on"], row["available"]) for row in rows] == [(30 * DAY, 1)]
    await jump(studio, at("2026-03-11"))
    await sound(studio)
