"""Charges left open by somebody who died: who asks again, when, and what a charge that cannot settle costs others."""

from datetime import timedelta

import structlog.testing

from models.clock import FixedClock
from models.errors import Refused
from models.gateways.payment import ChargeRequest, ChargeResult, GatewayTimeout, RefundRequest, RefundResult
from models.operations.sell_pass import SellPass, sell_pass
from models.rules.values import PaymentMethod, TestCard
from tests.chaos.house import RENEWING, House
from tests.studio import Studio, open_studio
from workers.audit import audit
from workers.reconcile import reconcile
from workers.work import Work


class Silent:
    """A gateway that never answers, or only to those it is told of."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answers = False

    async def charge(self, request: ChargeRequest) -> ChargeResult:
        """Note that it was asked."""
        self.asked.append(request.key)
        if self.answers:
            return ChargeResult(captured=True)
        raise GatewayTimeout(request.key)

    async def refund(self, request: RefundRequest) -> RefundResult:
        """Note that it was asked."""
        self.asked.append(request.key)
        if self.answers:
            return RefundResult(refunded=True)
        raise GatewayTimeout(request.key)


async def _order(house: House, count: int) -> Studio:
    runtime = house.runtime(days_ago=1)
    studio = await open_studio(runtime, None)
    runtime.gateway = Silent()
    option = await studio.option(RENEWING)
    for _ in range(count):
        command = SellPass(studio.client, option, PaymentMethod.TEST_CARD, TestCard.APPROVE)
        try:
            await studio.do(sell_pass, command)
        except Refused:
            continue
    return studio


async def _states(studio: Studio) -> dict[str, int]:
    rows = await studio.fetch("SELECT state, count(*) AS n FROM payments GROUP BY 1")
    return {row["state"]: row["n"] for row in rows}


async def test_an_open_charge_is_asked_about_under_its_own_key_and_settled(house: House, lone_work: Work) -> None:
    studio = await _order(house, 3)
    assert await _states(studio) == {"UNKNOWN": 3}
    await reconcile(lone_work)
    assert await _states(studio) == {"CAPTURED": 3}
    assert len(await studio.fetch("SELECT 1 FROM passes")) == 3
    assert len(await studio.fetch("SELECT 1 FROM gateway_charges")) == 3


async def test_a_charge_that_is_young_is_left_to_whoever_makes_it(house: House, lone_work: Work) -> None:
    studio = await _order(house, 1)
    intended_at = (await studio.fetch("SELECT intended_at FROM payments"))[0]["intended_at"]
    gateway = lone_work.runtime.gateway = Silent()
    lone_work.runtime.clock = FixedClock(intended_at + timedelta(seconds=29))
    await reconcile(lone_work)
    assert gateway.asked == []
    lone_work.runtime.clock = FixedClock(intended_at + timedelta(seconds=30))
    await reconcile(lone_work)
    assert len(gateway.asked) == 1


async def test_a_charge_without_an_answer_rests_longer_each_time_and_settles_in_the_end(
    house: House, lone_work: Work
) -> None:
    studio = await _order(house, 1)
    gateway = lone_work.runtime.gateway = Silent()
    clock = lone_work.runtime.clock = FixedClock(lone_work.runtime.clock.now())
    asked = []
    for _ in range(10):
        await reconcile(lone_work)
        asked.append(len(gateway.asked))
        clock.instant += timedelta(seconds=60)
    assert asked == [1, 2, 2, 3, 3, 3, 3, 4, 4, 4]
    gateway.answers = True
    clock.instant += timedelta(hours=1)
    await reconcile(lone_work)
    assert await _states(studio) == {"CAPTURED": 1}


async def test_an_audit_finds_sound_books_sound_and_tells_what_is_broken(house: House, lone_work: Work) -> None:
    studio = await open_studio(house.runtime(), None)
    await studio.sell(RENEWING)
    with structlog.testing.capture_logs() as logs:
        await audit(lone_work)
    assert [entry["event"] for entry in logs] == ["audit.done"]

    from tests.workers.test_sweep import as_owner

    await as_owner(house, "UPDATE passes SET next_due_at = NULL, next_due_kind = NULL")
    with structlog.testing.capture_logs() as logs:
        await audit(lone_work)
    told = [entry["invariant"] for entry in logs if entry["event"] == "audit.violation"]
    assert told == ["windows_follow_rules"]
