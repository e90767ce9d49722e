"""Every verb happens once for its key, however often and however much at once it is sent."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from models.errors import Refused
from models.operations.advance_test_clock import AdvanceTestClock, advance
from models.operations.convert_pass import ConvertPass, convert_pass
from models.operations.renew_pass import RenewPass, renew_pass
from models.operations.run import Answer, Verb, run
from models.operations.sell_pass import SellPass, sell_pass
from models.queries.invariants import check_business
from models.rules.codes import Code
from models.rules.values import ConversionTiming, PaymentMethod, TestCard
from tests.races.verbs import MONTHLY, VERBS, actor
from tests.studio import OWNER, Studio

REPLAYS = 50
CHARGING = ("sell_pass", "sell_package", "renew_pass", "renew_package", "convert_pass", "pay_fees")
DECLINED = (PaymentMethod.TEST_CARD, TestCard.DECLINE)


async def in_order(studio: Studio) -> bool:
    """Say whether no invariant is broken."""
    async with studio.runtime.database.reading(studio.business_id) as reader:
        return await check_business(reader) == []


async def counts(studio: Studio) -> dict[str, int]:
    """Count what must happen once: operations, orders, payments, charges."""
    rows = await studio.fetch(
        """SELECT (SELECT count(*) FROM operations) AS operations, (SELECT count(*) FROM orders) AS orders,
                  (SELECT count(*) FROM payments) AS payments, (SELECT count(*) FROM gateway_charges) AS charges"""
    )
    return dict(rows[0])


@pytest.mark.parametrize("name", VERBS)
async def test_fifty_replays_at_once_have_one_effect_and_one_answer(studio: Studio, name: str) -> None:
    verb, command, other = await VERBS[name](studio, name)
    key, caller = f"{name}:1", actor(uuid4())
    before = await counts(studio)

    async def send() -> Answer | None:
        return await run(studio.runtime, studio.business_id, caller, verb, command, key=key)

    answers = await asyncio.gather(*(send() for _ in range(REPLAYS)))

    assert answers[0] is not None
    assert all(answer == answers[0] for answer in answers)
    paid = 1 if name in CHARGING else 0
    more = {"operations": 1, "orders": paid, "payments": paid, "charges": paid}
    assert await counts(studio) == {what: count + more[what] for what, count in before.items()}
    after = await studio.fingerprint()
    assert await send() == answers[0]
    for misused, by in ((other, caller), (command, actor(uuid4())), (command, OWNER)):
        with pytest.raises(Refused, match=r"^IDEMPOTENCY_MISMATCH") as refused:
            await run(studio.runtime, studio.business_id, by, verb, misused, key=key)
        assert len(refused.value.problems) == 1
    assert await studio.fingerprint() == after
    assert await in_order(studio)


@pytest.mark.parametrize("name", VERBS)
async def test_a_dry_run_consumes_nothing_not_even_its_key(studio: Studio, name: str) -> None:
    verb, command, _ = await VERBS[name](studio, name)
    before = await studio.fingerprint()

    planned = await studio.do(verb, command, key=name, dry_run=True)

    assert await studio.fingerprint() == before
    assert planned.figures.keys() == (await studio.do(verb, command, key=name)).figures.keys()


async def test_a_key_of_another_verb_is_a_mismatch(studio: Studio) -> None:
    verb, command, _ = await VERBS["create_client"](studio, "create_client")
    await studio.do(verb, command, key="one")
    other, asked, _ = await VERBS["create_location"](studio, "create_location")
    assert await studio.refused(other, asked, key="one") is Code.IDEMPOTENCY_MISMATCH


async def test_fifty_replays_of_a_clock_move_it_once(studio: Studio) -> None:
    await studio.sell(MONTHLY)
    command = AdvanceTestClock(studio.began + timedelta(days=40))

    async def send() -> Answer | None:
        return await advance(studio.runtime, studio.business_id, OWNER, command, key="clock")

    answers = await asyncio.gather(*(send() for _ in range(REPLAYS)))

    assert answers[0] is not None
    assert all(answer == answers[0] for answer in answers)
    rows = await studio.fetch("SELECT count(*) FROM operations WHERE verb = 'advanceTestClock'")
    assert rows[0]["count"] == 1
    rows = await studio.fetch("SELECT count(*) FROM orders WHERE purpose = 'RENEWAL' AND state = 'PAID'")
    assert rows[0]["count"] == 1
    assert await in_order(studio)


async def test_a_refused_verb_leaves_its_key_free(studio: Studio) -> None:
    pass_id = await studio.sell(MONTHLY)
    verb, command, _ = await VERBS["create_client"](studio, "create_client")
    unpaid = RenewPass(uuid4(), PaymentMethod.CASH)

    assert await studio.refused(renew_pass, unpaid, key="free") is Code.NOT_FOUND
    await studio.do(verb, command, key="free")

    assert await studio.refused(renew_pass, RenewPass(pass_id), key="free") is Code.IDEMPOTENCY_MISMATCH


async def _declined(studio: Studio, name: str) -> tuple[Verb, object]:
    if name == "sell_pass":
        return sell_pass, SellPass(studio.client, await studio.option(), *DECLINED)
    pass_id = await studio.sell(MONTHLY)
    if name == "renew_pass":
        return renew_pass, RenewPass(pass_id, *DECLINED)
    option = await studio.option()
    return convert_pass, ConvertPass(
        pass_id, option, ConversionTiming.NOW_PAID, payment_method=DECLINED[0], test_card=DECLINED[1]
    )


@pytest.mark.parametrize("name", ["sell_pass", "renew_pass", "convert_pass"])
async def test_a_declined_payment_is_declined_alike_in_fifty_replays(studio: Studio, name: str) -> None:
    verb, command = await _declined(studio, name)
    before = await counts(studio)

    async def send() -> str:
        with pytest.raises(Refused) as refused:
            await studio.do(verb, command, key="declined")
        return str(refused.value)

    told = await asyncio.gather(*(send() for _ in range(REPLAYS)))

    assert set(told) == {"PAYMENT_DECLINED: The payment was declined: insufficient funds."}
    assert await counts(studio) == {what: count + 1 for what, count in before.items()}
    assert await in_order(studio)


@pytest.mark.parametrize("key", ["", "x" * 201, "line\nbreak", "\x00"])
async def test_a_key_that_cannot_be_kept_is_refused(studio: Studio, key: str) -> None:
    verb, command, _ = await VERBS["create_client"](studio, "create_client")
    with pytest.raises(Refused, match="IDEMPOTENCY_KEY_INVALID"):
        await run(studio.runtime, studio.business_id, OWNER, verb, command, key=key)
