"""Visits that change their pass while others are booked and cancelled: no unit is spent twice or left over."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from models.errors import Refused
from models.operations.base import Changed
from models.operations.book_visits import PayBy
from models.operations.catalogue import CreateClient, create_client
from models.operations.pay_visits import PayVisits, pay_visits
from models.queries.invariants import check_business
from models.rules.codes import Code
from models.rules.terms import Validity
from models.rules.values import PeriodUnit, ValidityRule
from tests.operations.acts import DAY, cancel
from tests.studio import TEN_CLASSES, Studio

CLIENTS, ROUNDS = 20, 2
LONG = replace(TEN_CLASSES, quantity=2, validity=Validity(ValidityRule.PERIOD, 60, PeriodUnit.DAY))
SHORT = replace(LONG, validity=Validity(ValidityRule.PERIOD, 9, PeriodUnit.DAY))


async def patiently(act: Callable[[], Awaitable[Changed]]) -> Changed:
    """Do it; who waited too long in the queue is told to come back, and does. Nothing else goes wrong."""
    for _ in range(20):
        try:
            return await act()
        except Refused as refused:
            if refused.code is not Code.TRY_AGAIN:
                raise
    raise AssertionError("twenty times the queue was too long")


async def busy(studio: Studio, client: UUID, soon: list[UUID], minute: int) -> None:
    """Book late visits, pay for one booked to stay unpaid, and cancel an early one, all at once."""
    at = studio.began + timedelta(minutes=minute)
    (open_one,) = (await studio.book([at + 33 * DAY], client=client, pay_by=PayBy.NOTHING)).visits
    await asyncio.gather(
        patiently(lambda: studio.book([at + 30 * DAY], client=client)),
        patiently(lambda: studio.book([at + 31 * DAY, at + 32 * DAY], client=client)),
        patiently(lambda: cancel(studio, soon.pop())),
        patiently(lambda: studio.do(pay_visits, PayVisits((open_one,)))),
        patiently(lambda: studio.book([at + 6 * DAY], client=client)),
    )


async def test_clients_who_book_and_cancel_at_once_keep_every_unit_in_use(studio: Studio) -> None:
    clients = [(await studio.do(create_client, CreateClient(f"Ann {n}"))).rows["client"] for n in range(CLIENTS)]
    soon: dict[UUID, list[UUID]] = {}
    for client in clients:
        await studio.sell(LONG, client=client)
        soon[client] = (await studio.book([studio.began + 4 * DAY, studio.began + 5 * DAY], client=client)).visits
        await studio.sell(SHORT, client=client)

    for number in range(ROUNDS):
        await asyncio.gather(*(busy(studio, client, soon[client], number) for client in clients))

    async with studio.runtime.database.reading(studio.business_id) as reader:
        assert await check_business(reader) == []
    moved = await studio.fetch(
        "SELECT DISTINCT v.client_id FROM events e JOIN visits v ON v.id = e.visit_id WHERE e.type = 'claim.moved'"
    )
    assert {row["client_id"] for row in moved} == set(clients)
    # More visits wait than two late units could pay for, and both early visits left stand on the early pass.
    paid = await studio.fetch(
        """SELECT client_id, count(*) FILTER (WHERE starts_at < $1) AS early,
                  count(*) FILTER (WHERE starts_at > $1) AS late
           FROM visits WHERE pass_id IS NOT NULL AND state = 'BOOKED' GROUP BY 1""",
        studio.began + 9 * DAY,
    )
    assert {row["client_id"]: (row["early"], row["late"]) for row in paid} == dict.fromkeys(clients, (2, 2))
