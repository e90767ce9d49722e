"""A pass, or units of it, given to another client: what goes along, what stays, and what is refused."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest

from models.operations.base import Actor
from models.operations.book_visits import BookVisits, book_visits
from models.operations.catalogue import CreateClient, create_client
from models.operations.disputes import ReportDispute, report_dispute
from models.operations.end_visit import CancelledBy, WaiveOutcome, waive_outcome
from models.operations.refund_pass import RefundPass, refund_pass
from models.operations.sell_pass import SellPass, sell_pass
from models.operations.transfer_pass import TransferPass, transfer_pass
from models.queries.invariants import check_business
from models.rules.codes import Code
from models.rules.policies import Offer, Sharing
from models.rules.terms import Terms
from models.rules.values import (
    Activation,
    AfterExpiration,
    PassKind,
    PassStatus,
    PaymentMethod,
    Role,
)
from tests.operations.acts import DAY, books, cancel, charges, days, hold, lots, record, renew, seen, status, unpaid
from tests.operations.test_sharing import SHARED, share, visit
from tests.studio import MONTH, TEN_CLASSES, Studio, household_with

MONTHLY = replace(TEN_CLASSES, validity=MONTH, after_expiration=AfterExpiration.RENEW)


@pytest.fixture(autouse=True)
async def _the_books_are_true(studio: Studio) -> object:
    yield
    async with studio.runtime.database.reading(studio.business_id) as reader:
        assert await check_business(reader) == []


async def zoe(studio: Studio) -> UUID:
    return (await studio.do(create_client, CreateClient("Zoe"))).rows["client"]


async def give(studio: Studio, pass_id: UUID, to: UUID, units: int | None = None) -> tuple[UUID, list[UUID]]:
    """Transfer; return the receiver's pass and the visits listed."""
    changed = await studio.do(transfer_pass, TransferPass(pass_id, to, "Moved away", units))
    assert changed.passes[0] == pass_id
    return changed.passes[1], changed.visits


async def worth(studio: Studio, pass_id: UUID) -> list[tuple[int, int | None, int]]:
    """Return (price, order, value of the lots) of each period."""
    rows = await studio.fetch(
        """SELECT n.price_minor, n.order_id, (SELECT sum(value_minor)::int FROM lots l
           WHERE l.pass_id = n.pass_id AND l.period_number = n.number) AS value
           FROM periods n WHERE pass_id = $1 ORDER BY number""",
        pass_id,
    )
    return [(row["price_minor"], row["order_id"], row["value"]) for row in rows]


async def test_a_whole_pass_goes_with_what_is_left_and_its_days(studio: Studio) -> None:
    receiver, pass_id = await zoe(studio), await studio.sell(MONTHLY)
    used = (await studio.book([studio.began - timedelta(hours=2)], pass_id=pass_id)).visits[0]
    await record(studio, used)
    ahead = (await studio.book([studio.began + n * DAY for n in (1, 2)], pass_id=pass_id)).visits

    made, listed = await give(studio, pass_id, receiver)

    assert listed == ahead
    assert [(await seen(studio, each)).pass_id for each in (used, *ahead)] == [pass_id, None, None]
    assert await books(studio, pass_id) == (0, 0, 1, 0, 0)
    assert (await studio.balances(pass_id))["transferred"] == 9
    assert await books(studio, made) == (9, 0, 0, 0, 0)
    assert await days(studio, made) == await days(studio, pass_id)
    assert await worth(studio, made) == [(13_500, None, 13_500)]
    assert (await status(studio, pass_id), await status(studio, made)) == (PassStatus.TRANSFERRED, PassStatus.ACTIVE)
    facts = await studio.facts(made)
    assert (facts.client_id, facts.auto_renew, facts.after_expiration) == (receiver, False, AfterExpiration.RENEW)
    paid = await studio.book([studio.began + 3 * DAY], client=receiver)
    assert (await seen(studio, paid.visits[0])).pass_id == made
    await studio.advance(studio.began + 60 * DAY)
    assert len(await charges(studio)) == 1


async def test_units_go_with_their_value_and_the_rest_stays(studio: Studio) -> None:
    receiver, pass_id = await zoe(studio), await studio.sell(replace(MONTHLY, price_minor=10_001, quantity=3))
    ahead = (await studio.book([studio.began + DAY], pass_id=pass_id)).visits[0]

    made, listed = await give(studio, pass_id, receiver, 2)

    assert listed == []
    assert (await seen(studio, ahead)).pass_id == pass_id
    assert (await books(studio, pass_id), await books(studio, made)) == ((0, 1, 0, 0, 0), (2, 0, 0, 0, 0))
    assert await lots(studio, made) == [("GRANT", 1, 2)]
    assert await worth(studio, made) == [(6_667, None, 6_667)]
    assert await days(studio, made) == await days(studio, pass_id)
    assert await status(studio, pass_id) is PassStatus.ACTIVE
    more = TransferPass(pass_id, receiver, "More", 1)
    assert await studio.refused(transfer_pass, more) is Code.NO_SESSIONS_LEFT


async def test_the_receiver_is_paid_back_nothing_and_the_giver_no_more_than_is_left(studio: Studio) -> None:
    receiver, pass_id = await zoe(studio), await studio.sell()
    made, _ = await give(studio, pass_id, receiver, 4)

    theirs = await studio.do(refund_pass, RefundPass(made, "Ill"))
    givers = await studio.do(refund_pass, RefundPass(pass_id, "Ill"))

    assert (theirs.figures["amountMinor"], givers.figures["amountMinor"]) == (0, 9_000)


async def test_a_pass_that_waits_for_its_first_visit_goes_on_waiting_and_one_that_began_has_begun(
    studio: Studio,
) -> None:
    receiver = await zoe(studio)
    terms = replace(TEN_CLASSES, validity=MONTH, activation=Activation.ON_FIRST_VISIT)
    waiting, begun = await studio.sell(terms), await studio.sell(terms)
    await studio.book([studio.began + DAY], pass_id=waiting)
    used = (await studio.book([studio.began - timedelta(hours=2)], pass_id=begun)).visits[0]
    await record(studio, used)

    first, _ = await give(studio, waiting, receiver)
    second, _ = await give(studio, begun, receiver)

    assert await days(studio, first) == [(None, None)]
    assert await days(studio, second) == [("2026-01-31", "2026-02-27")]
    await studio.book([studio.began + 5 * DAY], client=receiver, pass_id=first)
    assert (await days(studio, first))[0][0] == "2026-02-05"


async def test_freezes_before_now_and_to_come_keep_the_last_day(studio: Studio) -> None:
    receiver, pass_id = await zoe(studio), await studio.sell(MONTHLY)
    await hold(studio, pass_id, "2026-02-02", "2026-02-06")
    await studio.advance(studio.began + 20 * DAY)
    await renew(studio, pass_id)
    await hold(studio, pass_id, "2026-03-10", "2026-03-12")
    await studio.advance(studio.began + 35 * DAY)
    before = await days(studio, pass_id)

    made, _ = await give(studio, pass_id, receiver)

    assert await days(studio, made) == before[1:]
    await renew(studio, made)
    assert [each[0] for each in (await days(studio, made))][1] == (
        date.fromisoformat(before[1][1] or "") + DAY
    ).isoformat()


async def test_a_period_bought_ahead_goes_along(studio: Studio) -> None:
    receiver, pass_id = await zoe(studio), await studio.sell(MONTHLY)
    await renew(studio, pass_id)

    whole, _ = await give(studio, pass_id, receiver)

    assert await days(studio, whole) == await days(studio, pass_id)
    assert [value for value, _, _ in await worth(studio, whole)] == [15_000, 15_000]
    assert await books(studio, whole) == (20, 0, 0, 0, 0)


async def test_units_of_a_period_cut_short_keep_the_end_they_had(studio: Studio) -> None:
    """A renewal of a used-up pass opens now; a unit that comes back afterwards keeps the end of its own period."""
    receiver, pass_id = await zoe(studio), await studio.sell(replace(MONTHLY, quantity=1))
    missed = (await studio.book([studio.began - timedelta(hours=2)], pass_id=pass_id)).visits[0]
    await record(studio, missed, "NO_SHOW")
    await studio.advance(studio.began + 5 * DAY)
    await renew(studio, pass_id)
    await studio.do(waive_outcome, WaiveOutcome(missed, "Storm"))

    made, _ = await give(studio, pass_id, receiver)

    assert await lots(studio, made) == [("GRANT", 1, 1), ("ROLLOVER", 1, 1)]
    ends = [lot.window.last_day for lot in (await studio.facts(made)).lots]
    assert ends == [date(2026, 3, 4), date(2026, 2, 27)]
    assert await days(studio, made) == [("2026-02-05", "2026-03-04")]


async def test_a_pass_that_counts_nothing_goes_whole_or_not_at_all(studio: Studio) -> None:
    receiver = await zoe(studio)
    pass_id = await studio.sell(Terms(PassKind.UNLIMITED, 9_000, validity=MONTH))
    some = TransferPass(pass_id, receiver, "Half", 1)
    assert await studio.refused(transfer_pass, some) is Code.TRANSFER_NOT_ALLOWED

    made, _ = await give(studio, pass_id, receiver)

    assert (await studio.book([studio.began + DAY], client=receiver, pass_id=made)).figures["paid"] == 1
    assert await days(studio, made) == await days(studio, pass_id)


async def test_members_lose_the_pass_with_its_owner(studio: Studio) -> None:
    (ben,) = await household_with(studio, "Ben")
    pass_id = await studio.sell(SHARED)
    await share(studio, pass_id, ben)
    bens = (await studio.book([studio.began + DAY], client=ben, pass_id=pass_id)).visits

    _, listed = await give(studio, pass_id, await zoe(studio))

    assert listed == bens
    assert (await studio.facts(pass_id)).members == ()


async def test_bad_input_is_refused_and_changes_nothing(studio: Studio) -> None:
    receiver, pass_id = await zoe(studio), await studio.sell()
    giver = Actor(Role.CLIENT, client_id=studio.client)
    give_it = TransferPass(pass_id, receiver, "Gift")

    assert await studio.refused(transfer_pass, give_it, actor=giver) is Code.TRANSFER_NOT_ALLOWED
    thief = Actor(Role.CLIENT, client_id=receiver)
    assert await studio.refused(transfer_pass, give_it, actor=thief) is Code.NOT_FOUND
    assert await studio.refused(transfer_pass, give_it, actor=Actor(Role.PARTNER)) is Code.FORBIDDEN
    oneself = replace(give_it, to_client_id=studio.client)
    assert await studio.refused(transfer_pass, oneself) is Code.TRANSFER_TO_ONESELF
    assert await studio.refused(transfer_pass, replace(give_it, to_client_id=uuid4())) is Code.NOT_FOUND
    assert await studio.refused(transfer_pass, replace(give_it, units=0)) is Code.QUANTITY_OUT_OF_RANGE
    assert await studio.refused(transfer_pass, replace(give_it, units=11)) is Code.NO_SESSIONS_LEFT
    assert await studio.refused(transfer_pass, replace(give_it, reason=" ")) is Code.TEXT_OUT_OF_RANGE
    short = await studio.sell(replace(TEN_CLASSES, validity=MONTH))
    order = (await studio.fetch("SELECT id FROM orders WHERE pass_id = $1", short))[0]["id"]
    await studio.do(report_dispute, ReportDispute(order))
    disputed = replace(give_it, pass_id=short)
    assert await studio.refused(transfer_pass, disputed) is Code.TRANSFER_NOT_ALLOWED
    ended = await studio.sell(replace(TEN_CLASSES, validity=MONTH))
    await studio.advance(studio.began + 60 * DAY)
    assert await studio.refused(transfer_pass, replace(give_it, pass_id=ended)) is Code.PASS_ENDED
    await give(studio, pass_id, receiver)
    assert await studio.refused(transfer_pass, give_it) is Code.PASS_CLOSED


async def test_a_client_may_give_what_the_terms_let_them(studio: Studio) -> None:
    receiver, pass_id = await zoe(studio), await studio.sell(replace(TEN_CLASSES, sharing=Sharing(transferable=True)))
    giver = Actor(Role.CLIENT, client_id=studio.client)
    changed = await studio.do(transfer_pass, TransferPass(pass_id, receiver, "Gift", 3), actor=giver)
    assert await books(studio, changed.passes[1]) == (3, 0, 0, 0, 0)


async def test_what_was_given_was_not_bought(studio: Studio) -> None:
    receiver, pass_id = await zoe(studio), await studio.sell()
    await give(studio, pass_id, receiver)
    intro = await studio.option(replace(TEN_CLASSES, offer=Offer(introductory=True)))
    await studio.do(sell_pass, SellPass(receiver, intro, PaymentMethod.CASH))


async def test_the_givers_guests_stay_behind(studio: Studio) -> None:
    receiver, pass_id = await zoe(studio), await studio.sell(replace(TEN_CLASSES, sharing=Sharing(guest_visits_max=1)))
    await studio.do(book_visits, BookVisits(studio.client, (visit(studio, 1, "Max"),)))
    made, listed = await give(studio, pass_id, receiver)
    assert len(listed) == 1
    theirs = await studio.do(book_visits, BookVisits(receiver, (visit(studio, 2, "Kim"),)))
    assert unpaid(theirs) == {}
    assert await books(studio, made) == (9, 1, 0, 0, 0)


@pytest.mark.parametrize("way", ["given", "refunded"])
async def test_a_unit_that_comes_back_to_a_pass_that_is_gone_lapses(studio: Studio, way: str) -> None:
    """Its visit had begun, so it stayed; nobody can use what comes back, and nothing may be owed for it for ever."""
    pass_id = await studio.sell()
    begun = (await studio.book([studio.began - timedelta(minutes=30)], pass_id=pass_id)).visits[0]
    if way == "given":
        await give(studio, pass_id, await zoe(studio))
    else:
        await studio.do(refund_pass, RefundPass(pass_id, "Ill"))
    assert (await seen(studio, begun)).pass_id == pass_id
    await cancel(studio, begun, CancelledBy.STUDIO)
    assert await books(studio, pass_id) == (0, 0, 0, 0, 1)
