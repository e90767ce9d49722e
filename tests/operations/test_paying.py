"""Booking and paying: how far a pass reaches, what stays unpaid and why, and what is refused whole."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

from models.operations.base import Actor
from models.operations.book_visits import BookVisits, NewVisit, PayBy, book_visits
from models.operations.catalogue import CreateClient, create_client
from models.operations.pay_visits import PayVisits, pay_visits
from models.rules.codes import Code
from models.rules.terms import Terms
from models.rules.values import PassKind, Role, VisitState
from tests.operations.acts import DAY, HOUR, at, books, cancel, pay, record, seen, unpaid
from tests.studio import MONTH, TEN_CLASSES, Studio

THREE = replace(TEN_CLASSES, quantity=3)
MINUTE = timedelta(minutes=1)


def visit(studio: Studio, day: str, hour: int = 10, ref: str | None = None) -> NewVisit:
    """A visit of an hour to book."""
    starts_at = at(day, hour)
    return NewVisit(studio.service, studio.location, starts_at, starts_at + HOUR, ref)


async def test_old_unpaid_visits_are_paid_in_start_order_until_the_pass_runs_out(studio: Studio) -> None:
    starts = [studio.began + n * DAY for n in (5, 2, 4, 1, 3)]
    visits = (await studio.book(starts, pay_by=PayBy.NOTHING)).visits
    pass_id = await studio.sell(THREE)

    paid = await pay(studio, list(reversed(visits)))

    assert paid.figures["paid"] == 3
    assert [each["visitId"] for each in paid.figures["unpaid"]] == [str(visits[3]), str(visits[4])]
    assert [(await seen(studio, each)).pass_id for each in visits] == [pass_id, pass_id, pass_id, None, None]
    assert await books(studio, pass_id) == (0, 3, 0, 0, 0)


async def test_paying_a_visit_that_is_over_takes_it_to_where_its_outcome_puts_it(studio: Studio) -> None:
    starts = [studio.began + n * HOUR for n in (1, 3, 5)]
    attended, missed, open_one = (await studio.book(starts, pay_by=PayBy.NOTHING)).visits
    pass_id = await studio.sell(THREE)
    await studio.advance(studio.began + 8 * HOUR)
    await record(studio, attended)
    await record(studio, missed, "NO_SHOW")

    paid = await pay(studio, [attended, missed, open_one])

    assert paid.figures["paid"] == 3
    assert await books(studio, pass_id) == (0, 1, 1, 1, 0)
    assert (await seen(studio, attended)).state is VisitState.ATTENDED
    assert (await seen(studio, missed)).state is VisitState.NO_SHOW


async def test_nothing_pays_where_nothing_is_to_pay(studio: Studio) -> None:
    pass_id = await studio.sell()
    booked = await studio.book([studio.began + HOUR], pay_by=PayBy.NOTHING)

    assert (booked.figures["paid"], booked.passes) == (0, [])
    assert booked.figures["unpaid"] == [{"visitId": str(booked.visits[0]), "refusals": []}]
    assert await books(studio, pass_id) == (10, 0, 0, 0, 0)


async def test_a_named_pass_pays_alone_even_where_another_one_comes_first(studio: Studio) -> None:
    unlimited = await studio.sell(Terms(PassKind.UNLIMITED, 9_000, validity=MONTH))
    named = await studio.sell(replace(TEN_CLASSES, quantity=1))

    booked = await studio.book([studio.began + HOUR, studio.began + 2 * HOUR], pass_id=named)

    assert [(await seen(studio, each)).pass_id for each in booked.visits] == [named, None]
    assert [refusal["passId"] for refusal in booked.figures["unpaid"][0]["refusals"]] == [str(named)]
    assert await books(studio, unlimited) == (0, 0, 0, 0, 0)
    claim = (await studio.fetch("SELECT pinned, reason FROM claims WHERE pass_id = $1", named))[0]
    assert (claim["pinned"], claim["reason"]["chosenBy"]) == (True, "NAMED")


async def test_the_pass_of_another_client_cannot_be_named_by_staff_and_does_not_exist_for_a_client(
    studio: Studio,
) -> None:
    other = (await studio.do(create_client, CreateClient("Bob"))).rows["client"]
    pass_id = await studio.sell(client=other)
    booked = await studio.book([studio.began + HOUR], pass_id=pass_id)
    assert unpaid(booked) == {str(booked.visits[0]): ["NOT_SHARED_WITH_CLIENT"]}

    ann = Actor(Role.CLIENT, client_id=studio.client)
    command = BookVisits(studio.client, (visit(studio, "2026-02-03"),), PayBy.PASS, pass_id)
    assert await studio.refused(book_visits, command, actor=ann) is Code.NOT_FOUND
    theirs = BookVisits(other, (visit(studio, "2026-02-03"),))
    assert await studio.refused(book_visits, theirs, actor=ann) is Code.NOT_FOUND


async def test_the_same_visit_is_booked_once_also_within_one_request(studio: Studio) -> None:
    pass_id = await studio.sell()
    await studio.book([at("2026-02-02")])

    again = BookVisits(studio.client, (visit(studio, "2026-02-01"), visit(studio, "2026-02-02")))
    assert await studio.refused(book_visits, again) is Code.ALREADY_BOOKED
    twice = BookVisits(studio.client, (visit(studio, "2026-02-03"), visit(studio, "2026-02-03")))
    assert await studio.refused(book_visits, twice) is Code.ALREADY_BOOKED

    assert await books(studio, pass_id) == (9, 1, 0, 0, 0)
    assert len(await studio.fetch("SELECT id FROM visits")) == 1


async def test_a_cancelled_visit_may_be_booked_again(studio: Studio) -> None:
    pass_id = await studio.sell()
    (first,) = (await studio.book([at("2026-02-02")])).visits
    await cancel(studio, first)

    again = await studio.book([at("2026-02-02")])

    assert again.figures["paid"] == 1
    assert await books(studio, pass_id) == (9, 1, 0, 0, 0)


async def test_an_external_reference_names_one_visit(studio: Studio) -> None:
    await studio.do(book_visits, BookVisits(studio.client, (visit(studio, "2026-02-02", ref="class-1"),)))

    taken = BookVisits(studio.client, (visit(studio, "2026-02-03", ref="class-1"),))
    assert await studio.refused(book_visits, taken) is Code.EXTERNAL_REF_TAKEN
    twice = tuple(visit(studio, day, ref="class-2") for day in ("2026-02-03", "2026-02-04"))
    assert await studio.refused(book_visits, BookVisits(studio.client, twice)) is Code.EXTERNAL_REF_TAKEN
    empty = BookVisits(studio.client, (visit(studio, "2026-02-03", ref=" "),))
    assert await studio.refused(book_visits, empty) is Code.TEXT_OUT_OF_RANGE


async def test_a_client_books_what_is_to_come_and_the_studio_also_what_has_been(studio: Studio) -> None:
    ann = Actor(Role.CLIENT, client_id=studio.client)
    past = BookVisits(studio.client, (visit(studio, "2026-01-31", 12),))
    assert await studio.refused(book_visits, past, actor=ann) is Code.VISIT_IN_PAST

    await studio.sell()
    assert (await studio.do(book_visits, past)).figures["paid"] == 1
    assert (await studio.book([studio.began], actor=ann)).figures["paid"] == 1


async def test_bad_bookings_are_refused_whole(studio: Studio) -> None:
    good = visit(studio, "2026-02-02")
    cases = [
        ((), Code.NOTHING_TO_DO),
        (tuple(visit(studio, "2026-02-02", 0) for _ in range(101)), Code.TOO_MANY),
        ((good, replace(good, ends_at=good.starts_at)), Code.DATES_REVERSED),
        ((good, replace(good, ends_at=good.starts_at + 8 * DAY)), Code.DATE_OUT_OF_RANGE),
        ((good, replace(good, starts_at=at("2060-01-01"), ends_at=at("2060-01-01", 11))), Code.DATE_OUT_OF_RANGE),
        ((good, replace(good, service_id=uuid4())), Code.NOT_FOUND),
        ((good, replace(good, location_id=uuid4())), Code.NOT_FOUND),
    ]
    for visits, code in cases:
        assert await studio.refused(book_visits, BookVisits(studio.client, visits)) is code
    stranger = BookVisits(uuid4(), (good,))
    assert await studio.refused(book_visits, stranger) is Code.NOT_FOUND
    nameless = BookVisits(studio.client, (good,), PayBy.PASS)
    assert await studio.refused(book_visits, nameless) is Code.INVALID_INPUT
    unknown = BookVisits(studio.client, (good,), PayBy.PASS, uuid4())
    assert await studio.refused(book_visits, unknown) is Code.NOT_FOUND


async def test_what_cannot_be_paid_is_refused_and_pays_for_nothing_else(studio: Studio) -> None:
    starts = [at("2026-02-02"), at("2026-02-03")]
    open_one, cancelled = (await studio.book(starts, pay_by=PayBy.NOTHING)).visits
    await cancel(studio, cancelled)
    pass_id = await studio.sell()
    paid_one = (await studio.book([at("2026-02-04")])).visits[0]
    bob = (await studio.do(create_client, CreateClient("Bob"))).rows["client"]
    bobs = (await studio.book([at("2026-02-02")], client=bob)).visits[0]

    async def refused(*ids: UUID, by: PayBy = PayBy.AUTO) -> Code:
        return await studio.refused(pay_visits, PayVisits(ids, by))

    assert await refused() is Code.NOTHING_TO_DO
    assert await refused(open_one, by=PayBy.NOTHING) is Code.INVALID_INPUT
    assert await refused(open_one, paid_one) is Code.ALREADY_PAID
    assert await refused(open_one, cancelled) is Code.VISIT_NOT_PAYABLE
    assert await refused(open_one, bobs) is Code.INVALID_INPUT
    assert await refused(open_one, uuid4()) is Code.NOT_FOUND
    assert await refused(*(uuid4() for _ in range(101))) is Code.TOO_MANY
    ann = Actor(Role.CLIENT, client_id=studio.client)
    assert await studio.refused(pay_visits, PayVisits((bobs,)), actor=ann) is Code.NOT_FOUND
    assert await books(studio, pass_id) == (9, 1, 0, 0, 0)


async def test_a_visit_named_twice_is_paid_once(studio: Studio) -> None:
    (open_one,) = (await studio.book([at("2026-02-02")], pay_by=PayBy.NOTHING)).visits
    pass_id = await studio.sell()

    assert (await pay(studio, [open_one, open_one])).figures["paid"] == 1
    assert await books(studio, pass_id) == (9, 1, 0, 0, 0)
