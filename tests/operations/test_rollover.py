"""What of unused visits goes on at a renewal: at most so many, for so many days, and used first."""

from dataclasses import replace

from models.rules.terms import Renewal
from models.rules.values import AfterExpiration, UnusedAtRenewal
from tests.operations.acts import at, jump, lots, work
from tests.studio import MONTH, TEN_CLASSES, Studio


def rolling(*, most: int | None = None, days: int | None = None) -> Renewal:
    """A renewal that rolls unused visits over."""
    return Renewal(unused=UnusedAtRenewal.ROLLOVER, rollover_max=most, rollover_days=days)


MONTHLY = replace(TEN_CLASSES, validity=MONTH, after_expiration=AfterExpiration.RENEW)


async def test_no_more_than_the_cap_rolls_over_and_the_event_says_what_lapsed(studio: Studio) -> None:
    pass_id = await studio.sell(replace(MONTHLY, renewal=rolling(most=3)))

    await studio.advance(at("2026-02-28", 0))

    assert sorted(await lots(studio, pass_id)) == [("GRANT", 1, 0), ("GRANT", 2, 10), ("ROLLOVER", 2, 3)]
    assert (await studio.balances(pass_id))["expired"] == 7
    assert (await studio.balances(pass_id))["transferred"] == 3
    rows = await studio.fetch("SELECT data FROM events WHERE type = 'lot.rolledOver' ORDER BY id")
    assert [(row["data"]["quantity"], row["data"]["lapsed"], row["data"]["lastDay"]) for row in rows] == [(3, 7, None)]


async def test_the_cap_is_over_all_lots_of_the_period(studio: Studio) -> None:
    """At the second renewal a grant and a rollover lot are over together."""
    pass_id = await studio.sell(replace(MONTHLY, renewal=rolling(most=3)))

    await studio.advance(at("2026-03-31", 0))

    found = [(kind, number, left) for kind, number, left in await lots(studio, pass_id) if number == 3]
    assert sum(left for kind, _, left in found if kind == "ROLLOVER") == 3
    assert (await studio.balances(pass_id))["available"] == 13
    assert (await studio.balances(pass_id))["expired"] == 7 + 10


async def test_rolled_over_visits_last_as_long_as_the_terms_say_and_are_used_first(studio: Studio) -> None:
    pass_id = await studio.sell(replace(MONTHLY, renewal=rolling(most=3, days=7)))
    await studio.advance(at("2026-02-28", 0))
    rows = await studio.fetch("SELECT own_first_on, own_last_on, expires_at FROM lots WHERE kind = 'ROLLOVER'")
    assert [(str(row["own_first_on"]), str(row["own_last_on"])) for row in rows] == [("2026-02-28", "2026-03-06")]
    assert rows[0]["expires_at"] == at("2026-03-07", 0)

    await studio.book([at("2026-03-02"), at("2026-03-10")], pass_id=pass_id)
    assert sorted(await lots(studio, pass_id)) == [("GRANT", 1, 0), ("GRANT", 2, 9), ("ROLLOVER", 2, 2)]

    await studio.advance(at("2026-03-07", 0))
    assert sorted(await lots(studio, pass_id)) == [("GRANT", 1, 0), ("GRANT", 2, 9), ("ROLLOVER", 2, 0)]
    assert (await studio.balances(pass_id))["expired"] == 7 + 2


async def test_what_has_days_of_its_own_does_not_roll_over_again(studio: Studio) -> None:
    pass_id = await studio.sell(replace(MONTHLY, renewal=rolling(most=5, days=45)))

    await studio.advance(at("2026-04-01", 0))

    found = sorted(await lots(studio, pass_id))
    assert found == [("GRANT", 1, 0), ("GRANT", 2, 0), ("GRANT", 3, 10), ("ROLLOVER", 2, 5), ("ROLLOVER", 3, 5)]
    await studio.advance(at("2026-04-15", 0))
    assert ("ROLLOVER", 2, 0) in await lots(studio, pass_id)


async def test_a_booking_before_a_late_worker_comes_finds_the_cap_kept(studio: Studio) -> None:
    """The next period was bought ahead, and the end of the old one is noticed by the booking itself."""
    pass_id = await studio.sell(replace(MONTHLY, renewal=rolling(most=2, days=7)))
    await jump(studio, at("2026-03-03"))
    await work(studio, pass_id)

    await studio.book([at("2026-03-04")], pass_id=pass_id)

    assert sorted(await lots(studio, pass_id)) == [("GRANT", 1, 0), ("GRANT", 2, 10), ("ROLLOVER", 2, 1)]
