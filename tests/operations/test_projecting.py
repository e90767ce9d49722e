"""A pass that renews stands to pay for visits of its next period: when it pays, when it fails, when it lets go."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from models.operations.change_pass import (
    DeactivatePass,
    ExtendPass,
    SetAutoRenew,
    deactivate_pass,
    extend_pass,
    set_auto_renew,
)
from models.operations.holds import RemoveHold, remove_hold
from models.operations.set_policies import SetPolicies, set_policies
from models.rules.terms import Renewal
from models.rules.values import AfterExpiration, PassKind, PaymentMethod, RenewalTrigger, TestCard
from tests.operations.acts import at, books, cancel, hold, jump, pay, record, renew, seen, unpaid, work
from tests.studio import MONTH, TEN_CLASSES, Studio

RENEWING = replace(TEN_CLASSES, validity=MONTH, after_expiration=AfterExpiration.RENEW)
TWO = replace(RENEWING, quantity=2)


async def projections(studio: Studio) -> list[tuple[str, UUID, int, str | None]]:
    """Return (state, visit, period, code of its end) of each projection, in the order in which they were made."""
    rows = await studio.fetch("SELECT * FROM projected_claims ORDER BY projected_at, id")
    return [
        (row["state"], row["visit_id"], row["period_number"], row["reason"] and row["reason"]["code"]) for row in rows
    ]


async def events(studio: Studio, visit_id: UUID) -> list[str]:
    """Return what was announced about a visit, in order."""
    rows = await studio.fetch("SELECT type FROM events WHERE visit_id = $1 ORDER BY id", visit_id)
    return [row["type"] for row in rows]


async def standing(studio: Studio) -> list[UUID]:
    """Return the visits that stand to be paid."""
    return [each[1] for each in await projections(studio) if each[0] == "STANDING"]


async def pays_at(studio: Studio) -> list[Any]:
    """Return when standing projections are paid."""
    rows = await studio.fetch("SELECT pays_at FROM projected_claims WHERE state = 'STANDING'")
    return [row["pays_at"] for row in rows]


async def declining(studio: Studio) -> UUID:
    """Sell a pass whose renewal will be declined."""
    pass_id = await studio.sell(RENEWING)
    await studio.do(set_auto_renew, SetAutoRenew(pass_id, True, PaymentMethod.TEST_CARD, TestCard.DECLINE))
    return pass_id


async def test_a_visit_of_the_next_period_is_paid_when_that_is_granted(studio: Studio) -> None:
    pass_id = await studio.sell(RENEWING)

    booked = await studio.book([at("2026-02-10"), at("2026-03-05")])
    now, later = booked.visits

    assert (booked.figures["paid"], booked.figures["unpaid"]) == (1, [])
    assert booked.figures["projected"] == [str(later)]
    assert (await seen(studio, later)).pass_id is None
    assert await projections(studio) == [("STANDING", later, 2, None)]
    assert await pays_at(studio) == [at("2026-02-28", 0)]
    assert await books(studio, pass_id) == (9, 1, 0, 0, 0)

    await studio.advance(at("2026-02-28", 0))

    assert (await seen(studio, later)).pass_id == pass_id
    assert await projections(studio) == [("PAID", later, 2, None)]
    assert await books(studio, pass_id) == (9, 2, 0, 0, 9)
    assert await events(studio, later) == ["visit.booked", "visit.projected", "visit.paid"]
    assert (await seen(studio, now)).pass_id == pass_id


async def test_no_more_is_promised_than_the_next_period_grants(studio: Studio) -> None:
    await studio.sell(TWO)
    days = [at(f"2026-03-0{day}") for day in (3, 1, 2)]

    booked = await studio.book(days)

    by_start = booked.visits
    assert booked.figures["projected"] == [str(each) for each in by_start[:2]]
    assert unpaid(booked) == {str(by_start[2]): ["ENDS_BEFORE_VISIT", "NO_SESSIONS_LEFT"]}
    again = await studio.book([at("2026-03-04")])
    assert again.figures["projected"] == []

    await cancel(studio, by_start[0])

    assert (await projections(studio))[0] == ("RELEASED", by_start[0], 2, None)
    assert (await studio.book([at("2026-03-06")])).figures["projected"] != []


async def test_only_the_next_period_counts_and_then_the_one_after_it(studio: Studio) -> None:
    pass_id = await studio.sell(RENEWING)
    (far,) = (await studio.book([at("2026-04-02")])).visits
    assert await projections(studio) == []

    await studio.advance(at("2026-02-28", 0))

    assert await projections(studio) == [("STANDING", far, 3, None)]
    await studio.advance(at("2026-03-31", 0))
    assert (await seen(studio, far)).pass_id == pass_id


async def test_a_declined_charge_leaves_the_visits_unpaid_and_a_later_one_pays_them(studio: Studio) -> None:
    pass_id = await declining(studio)
    (visit,) = (await studio.book([at("2026-03-20")])).visits

    await studio.advance(at("2026-02-28", 1))

    assert await projections(studio) == [("FAILED", visit, 2, "PAYMENT_OVERDUE")]
    assert (await seen(studio, visit)).pass_id is None
    assert (await events(studio, visit))[-1] == "visit.projectionFailed"

    await renew(studio, pass_id)

    assert (await seen(studio, visit)).pass_id == pass_id
    assert [each[0] for each in await projections(studio)] == ["PAID"]


async def test_what_was_given_up_is_paid_by_a_renewal_long_after_only_where_any_pass_may_pay(studio: Studio) -> None:
    pass_id = await declining(studio)
    (named,) = (await studio.book([at("2026-03-25")], pass_id=pass_id)).visits
    (visit,) = (await studio.book([at("2026-03-26")])).visits
    await studio.advance(at("2026-03-20"))
    assert {state for state, *_ in await projections(studio)} == {"FAILED"}

    await renew(studio, pass_id)

    assert [(await seen(studio, each)).pass_id for each in (named, visit)] == [None, pass_id]


async def test_it_lets_go_where_the_pass_renews_no_more(studio: Studio) -> None:
    pass_id = await studio.sell(RENEWING)
    (visit,) = (await studio.book([at("2026-03-05")])).visits

    await studio.do(set_auto_renew, SetAutoRenew(pass_id, enabled=False))

    assert await projections(studio) == [("RELEASED", visit, 2, "RENEWAL_UNCERTAIN")]
    assert (await events(studio, visit))[-1] == "visit.projectionReleased"
    await studio.do(set_auto_renew, SetAutoRenew(pass_id, enabled=True))
    assert (await pay(studio, [visit])).figures["projected"] == [str(visit)]
    await studio.do(deactivate_pass, DeactivatePass(pass_id, "moved away"))
    assert await standing(studio) == []


async def test_nothing_is_counted_on_that_is_not_certain(studio: Studio) -> None:
    desk = await studio.sell(RENEWING, method=PaymentMethod.CASH, card=None)
    visit = await studio.book([at("2026-03-05")])
    assert unpaid(visit) == {str(visit.visits[0]): ["ENDS_BEFORE_VISIT", "RENEWAL_UNCERTAIN"]}
    await studio.do(deactivate_pass, DeactivatePass(desk, "for the test"))
    last = await studio.sell(replace(RENEWING, renewal=Renewal(renewals_max=1)))
    await studio.advance(at("2026-03-01"))

    refused = await studio.book([at("2026-04-05")], pass_id=last)

    assert unpaid(refused) == {str(refused.visits[0]): ["ENDS_BEFORE_VISIT", "RENEWAL_UNCERTAIN"]}
    assert all(state != "STANDING" for state, *_ in await projections(studio))


async def test_another_pass_that_can_pay_now_takes_its_place(studio: Studio) -> None:
    await studio.sell(RENEWING)
    (visit,) = (await studio.book([at("2026-03-05")])).visits

    other = await studio.sell(TEN_CLASSES)

    assert (await seen(studio, visit)).pass_id == other
    assert [each[0] for each in await projections(studio)] == ["RELEASED"]


async def test_a_freeze_moves_the_day_on_which_it_pays(studio: Studio) -> None:
    pass_id = await studio.sell(RENEWING)
    visit, early = (await studio.book([at("2026-03-20"), at("2026-03-02")])).visits[::-1]

    placed = await hold(studio, pass_id, "2026-02-10", "2026-02-16")

    assert await pays_at(studio) == [at("2026-03-07", 0)]
    assert await standing(studio) == [visit]
    assert (await projections(studio))[0][1] in (visit, early)
    released = [each for each in await projections(studio) if each[0] == "RELEASED"]
    assert [each[1] for each in released] == [early]

    await studio.do(remove_hold, RemoveHold(placed.holds[0]))
    assert await pays_at(studio) == [at("2026-02-28", 0)]
    await hold(studio, pass_id, "2026-02-10", None)
    assert await standing(studio) == []


async def test_a_visit_that_comes_to_lie_in_the_present_period_waits_no_more(studio: Studio) -> None:
    terms = replace(RENEWING, kind=PassKind.UNLIMITED, quantity=None)
    pass_id = await studio.sell(terms)
    (visit,) = (await studio.book([at("2026-03-02")])).visits
    assert await standing(studio) == [visit]

    await studio.do(extend_pass, ExtendPass(pass_id, 7, "storm"))

    assert await projections(studio) == [("RELEASED", visit, 2, "NOT_IN_NEXT_PERIOD")]
    assert (await seen(studio, visit)).pass_id == pass_id


async def test_a_renewal_by_hand_pays_too(studio: Studio) -> None:
    pass_id = await studio.sell(RENEWING)
    (visit,) = (await studio.book([at("2026-03-05")], pass_id=pass_id)).visits

    changed = await renew(studio, pass_id)

    assert changed.visits == [visit]
    claim = (await studio.fetch("SELECT pinned, reason FROM claims WHERE visit_id = $1", visit))[0]
    assert (claim["pinned"], claim["reason"]["chosenBy"]) == (True, "NAMED")


async def test_what_a_renewal_ahead_of_the_end_does_not_cover_is_projected_on(studio: Studio) -> None:
    terms = replace(RENEWING, quantity=1, renewal=Renewal(RenewalTrigger.FIRST_OF_BOTH))
    pass_id = await studio.sell(terms)
    early, late = (await studio.book([at("2026-02-02"), at("2026-03-20")])).visits
    assert await standing(studio) == [late]

    await studio.advance(at("2026-02-02", 12))
    await record(studio, early)
    await studio.advance(at("2026-02-02", 13))

    assert await projections(studio) == [
        ("FAILED", late, 2, "ENDS_BEFORE_VISIT"),
        ("STANDING", late, 3, None),
    ]
    await studio.advance(at("2026-03-02"))
    assert (await seen(studio, late)).pass_id == pass_id


async def test_a_visit_attended_before_a_late_worker_renews_is_paid_all_the_same(studio: Studio) -> None:
    pass_id = await studio.sell(RENEWING)
    attended, missed = (await studio.book([at("2026-02-28", 6), at("2026-02-28", 7)])).visits
    await jump(studio, at("2026-02-28", 9))

    await record(studio, attended)
    await record(studio, missed, "NO_SHOW")
    await work(studio, pass_id)

    assert (await seen(studio, attended)).pass_id == pass_id
    assert (await seen(studio, missed)).pass_id is None
    assert await books(studio, pass_id) == (9, 0, 1, 0, 10)


async def test_a_late_worker_takes_no_booking_away(studio: Studio) -> None:
    pass_id = await studio.sell(RENEWING)
    await jump(studio, at("2026-02-28", 9))

    (visit,) = (await studio.book([at("2026-03-01")])).visits
    assert await standing(studio) == [visit]
    await work(studio, pass_id)

    assert (await seen(studio, visit)).pass_id == pass_id


async def test_a_named_pass_takes_the_place_of_one_that_would_pay_later(studio: Studio) -> None:
    first = await studio.sell(RENEWING)
    second = await studio.sell(RENEWING)
    (visit,) = (await studio.book([at("2026-03-05")], pass_id=first)).visits

    answer = await pay(studio, [visit], second)

    assert answer.figures["projected"] == [str(visit)]
    rows = await studio.fetch("SELECT pass_id, state FROM projected_claims ORDER BY id")
    assert [tuple(row) for row in rows] == [(first, "RELEASED"), (second, "STANDING")]


async def test_a_studio_may_want_none_of_it(studio: Studio) -> None:
    await studio.do(set_policies, SetPolicies(project_renewals=False))
    await studio.sell(RENEWING)

    booked = await studio.book([at("2026-03-05"), at("2026-04-05")])

    assert booked.figures["projected"] == []
    assert unpaid(booked) == {str(each): ["ENDS_BEFORE_VISIT"] for each in booked.visits}
    await studio.advance(at("2026-03-01"))
    assert await projections(studio) == []
