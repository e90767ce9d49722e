"""Freezes under a policy: what binds whom, what staff may override, and the fee."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from models.errors import Refused
from models.operations.base import Actor, Changed
from models.operations.change_pass import DeactivatePass, deactivate_pass
from models.operations.holds import EndHold, PlaceHold, RemoveHold, end_hold, place_hold, remove_hold
from models.rules.codes import Code
from models.rules.policies import HoldPolicy
from models.rules.values import HoldKind, PaymentMethod, Role, TestCard
from tests.operations.acts import at, charges, days, hold, renew
from tests.studio import MONTH, TEN_CLASSES, Studio

CARD = (PaymentMethod.TEST_CARD, TestCard.APPROVE)
STRICT = HoldPolicy(
    count_max=2, days_min=7, days_max=14, days_a_year_max=20, notice_days=3, reasons=("Ill", "Travelling")
)
FEE = HoldPolicy(fee_minor=500)


async def sold(studio: Studio, policy: HoldPolicy, **changes: Any) -> UUID:
    """A monthly pass under this policy."""
    return await studio.sell(replace(TEN_CLASSES, validity=MONTH, hold_policy=policy, **changes))


def asked(pass_id: UUID, first: str, length: int | None, **changes: Any) -> PlaceHold:
    """A freeze of so many days."""
    day = date.fromisoformat(first)
    changes.setdefault("reason", "Ill")
    return PlaceHold(pass_id, day, None if length is None else day + timedelta(days=length - 1), **changes)


def client_of(studio: Studio) -> Actor:
    return Actor(Role.CLIENT, client_id=studio.client)


@pytest.mark.parametrize(
    ("command", "staff", "client"),
    [
        ({"first": "2026-02-10", "length": 7}, None, None),
        ({"first": "2026-02-10", "length": 6}, Code.HOLD_TOO_SHORT, Code.HOLD_TOO_SHORT),
        ({"first": "2026-02-10", "length": 15}, Code.HOLD_TOO_LONG, Code.HOLD_TOO_LONG),
        ({"first": "2026-02-10", "length": None}, Code.HOLD_NEEDS_END, Code.HOLD_NEEDS_END),
        ({"first": "2026-02-10", "length": 7, "reason": "ill"}, *[Code.HOLD_REASON_NOT_LISTED] * 2),
        ({"first": "2026-02-10", "length": 7, "reason": None}, *[Code.HOLD_REASON_NOT_LISTED] * 2),
        ({"first": "2026-02-02", "length": 7}, None, Code.HOLD_NOTICE_TOO_SHORT),
        ({"first": "2026-02-03", "length": 7}, None, None),
    ],
)
async def test_length_and_reason_bind_everybody_and_notice_binds_clients(
    studio: Studio, command: dict[str, Any], staff: Code | None, client: Code | None
) -> None:
    for actor, code in ((client_of(studio), client), (None, staff)):
        pass_id = await sold(studio, STRICT)
        acting: dict[str, Any] = {"actor": actor} if actor else {}
        if code is None:
            await studio.do(place_hold, asked(pass_id, **command), **acting)
        else:
            assert await studio.refused(place_hold, asked(pass_id, **command), **acting) is code


async def test_every_limit_that_is_broken_is_told_at_once_each_with_its_field(studio: Studio) -> None:
    pass_id = await sold(studio, replace(STRICT, count_max=1, self_service=False))
    await studio.do(place_hold, asked(pass_id, "2026-02-20", 7))

    with pytest.raises(Refused) as told:
        await studio.do(place_hold, asked(pass_id, "2026-02-01", 30, reason="Bored"), actor=client_of(studio))

    assert [(each.reason.code, each.path) for each in told.value.problems] == [
        (Code.HOLD_BY_STUDIO_ONLY, ("passId",)),
        (Code.HOLD_NOTICE_TOO_SHORT, ("firstDay",)),
        (Code.HOLDS_USED_UP, ("passId",)),
        (Code.HOLD_REASON_NOT_LISTED, ("reason",)),
        (Code.HOLD_TOO_LONG, ("lastDay",)),
        (Code.HOLD_DAYS_USED_UP, ("lastDay",)),
    ]


async def test_freezes_count_unless_taken_back_blocked_or_granted_beyond_the_policy(studio: Studio) -> None:
    pass_id = await sold(studio, replace(STRICT, count_max=1, days_a_year_max=7))
    first = (await studio.do(place_hold, asked(pass_id, "2026-02-10", 7))).holds[0]
    assert await studio.refused(place_hold, asked(pass_id, "2026-02-18", 7)) is Code.HOLDS_USED_UP
    await studio.do(remove_hold, RemoveHold(first))
    await hold(studio, pass_id, "2026-02-10", "2026-02-12", HoldKind.BLOCK)
    await studio.do(place_hold, asked(pass_id, "2026-02-18", 30, reason=None, override=True))
    await studio.do(place_hold, asked(pass_id, "2026-02-10", 7))
    assert await studio.refused(place_hold, asked(pass_id, "2026-02-20", 7)) is Code.HOLDS_USED_UP
    rows = await studio.fetch("SELECT overrides FROM holds WHERE removed_at IS NULL AND kind = 'FREEZE' ORDER BY id")
    assert [row["overrides"] for row in rows] == [True, False]


async def test_an_override_of_nothing_counts_as_any_other_freeze(studio: Studio) -> None:
    pass_id = await sold(studio, replace(STRICT, count_max=1))
    await studio.do(place_hold, asked(pass_id, "2026-02-10", 7, override=True))
    assert await studio.refused(place_hold, asked(pass_id, "2026-02-20", 7)) is Code.HOLDS_USED_UP


async def test_only_staff_override_and_then_even_where_no_freeze_is_allowed(studio: Studio) -> None:
    pass_id = await sold(studio, HoldPolicy(), holds_allowed=False)
    command = asked(pass_id, "2026-02-10", 3, override=True)

    assert await studio.refused(place_hold, command, actor=client_of(studio)) is Code.FORBIDDEN
    assert await studio.refused(place_hold, replace(command, override=False)) is Code.HOLDS_NOT_ALLOWED
    await studio.do(place_hold, command)

    assert await days(studio, pass_id) == [("2026-01-31", "2026-03-02")]


async def test_a_client_cannot_end_a_freeze_before_its_shortest_length_and_staff_can(studio: Studio) -> None:
    pass_id = await sold(studio, replace(STRICT, notice_days=0))
    hold_id = (await studio.do(place_hold, asked(pass_id, "2026-02-01", 10))).holds[0]
    await studio.advance(at("2026-02-04"))

    early, week = EndHold(hold_id, date(2026, 2, 6)), EndHold(hold_id, date(2026, 2, 7))
    assert await studio.refused(end_hold, early, actor=client_of(studio)) is Code.HOLD_TOO_SHORT
    await studio.do(end_hold, week, actor=client_of(studio))
    await studio.do(end_hold, early)

    assert await days(studio, pass_id) == [("2026-01-31", "2026-03-05")]


async def test_twenty_at_once_place_the_one_freeze_that_is_left(studio: Studio) -> None:
    pass_id = await sold(studio, HoldPolicy(count_max=1))

    async def place(number: int) -> Code | None:
        try:
            await studio.do(place_hold, asked(pass_id, f"2026-02-{number + 1:02}", 3))
        except Refused as refused:
            return refused.code
        return None

    told = await asyncio.gather(*(place(number) for number in range(20)))

    assert sorted(map(str, told)) == ["Code.HOLDS_USED_UP"] * 19 + ["None"]
    assert len(await studio.fetch("SELECT id FROM holds")) == 1


async def test_a_freeze_with_a_fee_is_placed_once_that_is_paid(studio: Studio) -> None:
    pass_id = await sold(studio, FEE)
    client = client_of(studio)

    assert await studio.refused(place_hold, asked(pass_id, "2026-02-10", 3), actor=client) is Code.PAYMENT_REQUIRED
    command = asked(pass_id, "2026-02-10", 3, payment_method=CARD[0], test_card=CARD[1])
    changed = await studio.do(place_hold, command, actor=client)

    assert changed.figures["chargedMinor"] == 500
    assert await charges(studio) == [("SALE", 15_000, True), ("FEE", 500, True)]
    assert await days(studio, pass_id) == [("2026-01-31", "2026-03-02")]
    rows = await studio.fetch("SELECT order_id FROM holds")
    assert [row["order_id"] for row in rows] == changed.orders
    due = await studio.fetch("SELECT next_due_at FROM passes WHERE id = $1", pass_id)
    # What lapses at the new end is announced seven days before it.
    assert due[0]["next_due_at"] == at("2026-02-24", 0)


async def test_a_declined_fee_leaves_the_pass_as_it_was(studio: Studio) -> None:
    pass_id = await sold(studio, FEE)
    before = await studio.fetch("SELECT * FROM passes WHERE id = $1", pass_id)
    command = asked(pass_id, "2026-02-10", 3, payment_method=CARD[0], test_card=TestCard.DECLINE)

    with pytest.raises(Refused) as told:
        await studio.do(place_hold, command, actor=client_of(studio))

    assert told.value.code is Code.PAYMENT_DECLINED
    assert await studio.fetch("SELECT id FROM holds") == []
    assert await studio.fetch("SELECT * FROM passes WHERE id = $1", pass_id) == before


async def test_fees_of_one_period_are_as_many_as_its_freezes_and_it_renews_all_the_same(studio: Studio) -> None:
    pass_id = await sold(studio, FEE)
    for first in ("2026-02-05", "2026-02-10"):
        await studio.do(place_hold, asked(pass_id, first, 2, payment_method=CARD[0], test_card=CARD[1]))
    await renew(studio, pass_id)

    assert [purpose for purpose, _, _ in await charges(studio)] == ["SALE", "FEE", "FEE", "RENEWAL"]


async def test_staff_may_waive_the_fee_and_a_client_may_not(studio: Studio) -> None:
    pass_id = await sold(studio, FEE)
    command = asked(pass_id, "2026-02-10", 3, waive_fee=True)

    assert await studio.refused(place_hold, command, actor=client_of(studio)) is Code.FORBIDDEN
    await studio.do(place_hold, command)

    assert [purpose for purpose, _, _ in await charges(studio)] == ["SALE"]


async def test_a_block_costs_nothing_and_is_held_to_no_policy(studio: Studio) -> None:
    pass_id = await sold(studio, replace(STRICT, fee_minor=500))
    changed: Changed = await hold(studio, pass_id, "2026-02-10", None, HoldKind.BLOCK)
    assert changed.orders == []


async def test_twenty_at_once_pay_one_fee_for_the_one_freeze_that_is_left(studio: Studio) -> None:
    pass_id = await sold(studio, HoldPolicy(count_max=1, fee_minor=500))

    async def place(number: int) -> Code | None:
        command = asked(pass_id, f"2026-02-{number + 1:02}", 3, payment_method=CARD[0], test_card=CARD[1])
        try:
            await studio.do(place_hold, command)
        except Refused as refused:
            return refused.code
        return None

    told = await asyncio.gather(*(place(number) for number in range(20)))

    assert told.count(None) == 1
    assert set(told) <= {None, Code.HOLDS_USED_UP, Code.PAYMENT_IN_PROGRESS}
    assert [purpose for purpose, _, _ in await charges(studio)] == ["SALE", "FEE"]


async def test_a_fee_whose_answer_got_lost_places_the_freeze_once_it_is_known(studio: Studio) -> None:
    pass_id = await sold(studio, FEE)
    command = asked(pass_id, "2026-02-10", 3, payment_method=CARD[0], test_card=TestCard.TIMEOUT)
    with pytest.raises(Refused):
        await studio.do(place_hold, command)
    assert await studio.refused(deactivate_pass, DeactivatePass(pass_id, "Gone")) is Code.PAYMENT_IN_PROGRESS

    await studio.advance(at("2026-02-20"))

    assert await days(studio, pass_id) == [("2026-01-31", "2026-03-02")]
