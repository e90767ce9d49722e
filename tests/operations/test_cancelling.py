"""The outcome table: what a cancellation or a no-show does to the unit that paid, and where it returns to."""

from dataclasses import replace
from datetime import timedelta

import pytest

from models.operations.base import Actor
from models.operations.end_visit import CancelledBy, CancelVisit, cancel_visit
from models.rules.codes import Code
from models.rules.terms import Outcomes, Renewal
from models.rules.values import (
    AfterExpiration,
    CoveredBy,
    OutcomeEffect,
    PassStatus,
    RenewalTrigger,
    Role,
    VisitState,
)
from tests.operations.acts import DAY, HOUR, Seen, at, books, cancel, jump, lots, record, renew, seen, status
from tests.studio import MONTH, TEN_CLASSES, Studio

RETURN, FORFEIT = OutcomeEffect.RETURN, OutcomeEffect.FORFEIT
SECOND = timedelta(seconds=1)
MONTHLY = replace(TEN_CLASSES, validity=MONTH)
RENEWING = replace(MONTHLY, after_expiration=AfterExpiration.RENEW)


@pytest.mark.parametrize("effect", [RETURN, FORFEIT])
@pytest.mark.parametrize("ending", ["early", "late", "no-show"])
async def test_each_ending_returns_or_forfeits_as_the_option_says(
    studio: Studio, ending: str, effect: OutcomeEffect
) -> None:
    other = FORFEIT if effect is RETURN else RETURN
    table = {"early": other, "late": other, "no-show": other} | {ending: effect}
    outcomes = Outcomes(table["early"], table["late"], table["no-show"], 60)
    pass_id = await studio.sell(replace(TEN_CLASSES, outcomes=outcomes))
    (visit,) = (await studio.book([studio.began + 5 * HOUR])).visits

    if ending == "no-show":
        await studio.advance(studio.began + 6 * HOUR)
        await record(studio, visit, "NO_SHOW")
    else:
        await studio.advance(studio.began + (4 * HOUR if ending == "early" else 4 * HOUR + SECOND))
        await cancel(studio, visit)

    state = {"early": VisitState.CANCELLED, "late": VisitState.LATE_CANCELLED, "no-show": VisitState.NO_SHOW}[ending]
    assert await seen(studio, visit) == Seen(state, None if effect is RETURN else pass_id)
    assert await books(studio, pass_id) == ((10, 0, 0, 0, 0) if effect is RETURN else (9, 0, 0, 1, 0))


async def test_a_visit_nobody_paid_is_late_by_the_window_of_the_business(studio: Studio) -> None:
    late, in_time = (await studio.book([studio.began + 12 * HOUR, studio.began + 12 * HOUR - SECOND])).visits

    await cancel(studio, in_time)
    await cancel(studio, late)

    states = [(await seen(studio, each)).state for each in (in_time, late)]
    assert states == [VisitState.CANCELLED, VisitState.LATE_CANCELLED]


async def test_the_studio_s_own_cancellation_is_never_late_and_always_returns(studio: Studio) -> None:
    outcomes = Outcomes(early_cancel=FORFEIT, late_cancel=FORFEIT)
    pass_id = await studio.sell(replace(TEN_CLASSES, outcomes=outcomes))
    soon, past = (await studio.book([studio.began + HOUR, studio.began - HOUR])).visits

    for visit in (soon, past):
        changed = await cancel(studio, visit, CancelledBy.STUDIO)
        assert changed.figures["returned"] is True
        assert (await seen(studio, visit)).state is VisitState.CANCELLED
    assert await books(studio, pass_id) == (10, 0, 0, 0, 0)


async def test_a_visit_is_cancelled_once(studio: Studio) -> None:
    pass_id = await studio.sell()
    early, late = (await studio.book([studio.began + 2 * DAY, studio.began + HOUR])).visits
    for visit in (early, late):
        await cancel(studio, visit)
        for by in CancelledBy:
            assert await studio.refused(cancel_visit, CancelVisit(visit, by)) is Code.ALREADY_CANCELLED

    assert await books(studio, pass_id) == (9, 0, 0, 1, 0)


async def test_a_visit_with_an_outcome_is_not_cancelled(studio: Studio) -> None:
    await studio.sell()
    attended, missed = (await studio.book([studio.began + HOUR, studio.began + 2 * HOUR])).visits
    await studio.advance(studio.began + 4 * HOUR)
    await record(studio, attended)
    await record(studio, missed, "NO_SHOW")

    for visit in (attended, missed):
        assert await studio.refused(cancel_visit, CancelVisit(visit)) is Code.VISIT_ENDED


async def test_a_client_cancels_only_their_own_visits_that_are_to_come_and_not_for_the_studio(studio: Studio) -> None:
    await studio.sell()
    ann, bob = Actor(Role.CLIENT, client_id=studio.client), Actor(Role.CLIENT, client_id=studio.location)
    begun, ahead = (await studio.book([studio.began - HOUR, studio.began + DAY])).visits

    assert await studio.refused(cancel_visit, CancelVisit(begun), actor=ann) is Code.VISIT_IN_PAST
    assert await studio.refused(cancel_visit, CancelVisit(ahead), actor=bob) is Code.NOT_FOUND
    by_studio = CancelVisit(ahead, CancelledBy.STUDIO)
    assert await studio.refused(cancel_visit, by_studio, actor=ann) is Code.FORBIDDEN
    await studio.do(cancel_visit, CancelVisit(ahead), actor=ann)
    assert (await seen(studio, ahead)).state is VisitState.CANCELLED


async def test_a_return_goes_to_the_lot_that_paid_and_never_makes_eleven_of_ten(studio: Studio) -> None:
    """Renewed on depletion, the pass has ten new visits; an old one comes back to the old lot, which is over."""
    terms = replace(RENEWING, renewal=Renewal(RenewalTrigger.ON_DEPLETION))
    pass_id = await studio.sell(terms)
    visits = (await studio.book([studio.began - n * HOUR for n in range(1, 11)])).visits
    for visit in visits[:-1]:
        await record(studio, visit)
    await record(studio, visits[-1], "NO_SHOW")
    await studio.advance(studio.began)
    assert await lots(studio, pass_id) == [("GRANT", 1, 0), ("GRANT", 2, 10)]

    await record(studio, visits[-1], "BOOKED")
    changed = await cancel(studio, visits[-1])

    assert changed.figures["makeUpLot"] is None
    assert await lots(studio, pass_id) == [("GRANT", 1, 0), ("GRANT", 2, 10)]
    assert await books(studio, pass_id) == (10, 0, 9, 1, 0)


async def test_a_return_to_a_lot_of_an_earlier_period_keeps_that_period_s_end(studio: Studio) -> None:
    pass_id = await studio.sell(MONTHLY)
    (visit,) = (await studio.book([at("2026-02-20")])).visits
    await renew(studio, pass_id)
    await cancel(studio, visit)
    assert await lots(studio, pass_id) == [("GRANT", 1, 10), ("GRANT", 2, 10)]

    await studio.advance(at("2026-02-28", 0))

    assert await lots(studio, pass_id) == [("GRANT", 1, 0), ("GRANT", 2, 10)]
    assert await books(studio, pass_id) == (10, 0, 0, 0, 10)


async def test_a_visit_cancelled_in_time_after_its_lot_has_ended_is_made_up_for_two_weeks(studio: Studio) -> None:
    pass_id = await studio.sell(replace(MONTHLY, covered_by=CoveredBy.BOOKING))
    (visit,) = (await studio.book([at("2026-04-01")])).visits
    await studio.advance(at("2026-03-05"))
    assert await status(studio, pass_id) is PassStatus.EXPIRED

    changed = await cancel(studio, visit)

    made = (await studio.fetch("SELECT id, kind, available, expires_at FROM lots WHERE kind = 'MAKE_UP'"))[0]
    assert changed.figures["makeUpLot"] == str(made["id"])
    assert (made["available"], made["expires_at"]) == (1, at("2026-03-20", 0))
    assert await status(studio, pass_id) is PassStatus.ACTIVE
    again = await studio.book([at("2026-03-19")])
    assert again.figures["paid"] == 1


async def test_a_made_up_visit_lapses_after_its_last_day(studio: Studio) -> None:
    pass_id = await studio.sell(MONTHLY)
    (visit,) = (await studio.book([at("2026-02-27", 23)])).visits
    await studio.advance(at("2026-02-28", 9))
    await cancel(studio, visit, CancelledBy.STUDIO)
    assert (await studio.balances(pass_id))["available"] == 1

    await studio.advance(at("2026-03-14", 23))
    assert await status(studio, pass_id) is PassStatus.ACTIVE
    await studio.advance(at("2026-03-15", 0))

    assert await status(studio, pass_id) is PassStatus.EXPIRED
    assert await books(studio, pass_id) == (0, 0, 0, 0, 10)
    assert (await studio.balances(pass_id))["transferred"] == 1


async def test_a_make_up_lot_is_found_whether_or_not_a_worker_has_closed_the_pass(studio: Studio) -> None:
    pass_id = await studio.sell(MONTHLY)
    first, second = (await studio.book([at("2026-02-27", 22), at("2026-02-27", 23)])).visits
    await jump(studio, at("2026-02-28", 9))
    await cancel(studio, first, CancelledBy.STUDIO)
    assert (await studio.book([at("2026-03-02")])).figures["paid"] == 1

    await studio.advance(at("2026-02-28", 9))
    await cancel(studio, second, CancelledBy.STUDIO)

    assert (await studio.book([at("2026-03-03")])).figures["paid"] == 1
    assert await books(studio, pass_id) == (0, 2, 0, 0, 8)


async def test_a_late_cancellation_that_returns_after_the_lot_has_ended_lapses(studio: Studio) -> None:
    outcomes = Outcomes(late_cancel=RETURN)
    pass_id = await studio.sell(replace(MONTHLY, outcomes=outcomes))
    (visit,) = (await studio.book([at("2026-02-27", 23)])).visits
    await studio.advance(at("2026-02-28", 9))

    await cancel(studio, visit)

    assert await lots(studio, pass_id) == [("GRANT", 1, 0)]
    assert await books(studio, pass_id) == (0, 0, 0, 0, 10)
