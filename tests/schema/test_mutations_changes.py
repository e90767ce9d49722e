"""Holding and changing passes, and moving a test clock, through GraphQL."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from models.operations.base import Actor
from models.operations.holds import PlaceHold, place_hold
from models.rules.terms import Terms
from models.rules.values import PassKind, Role
from models.runtime import Runtime
from schema.ids import encode
from tests.schema.asking import Asker, global_id
from tests.studio import MONTH, Studio, open_studio

HELD = "hold { firstDay lastDay removedAt } pass { status lastDay holds { firstDay } } visits { id state }"
MONTH_OF_FOUR = Terms(PassKind.SESSION, 5_000, 4, MONTH)


@pytest.fixture
def asker(studio: Studio) -> Asker:
    """Asks as the studio's owner."""
    return Asker(studio)


async def _pass(studio: Studio, terms: Terms = MONTH_OF_FOUR) -> str:
    return encode("Pass", await studio.sell(terms))


async def _hold(studio: Studio, first: int, last: int | None) -> tuple[str, str]:
    """Hold a new pass from one day of its studio to another; return the pass and the hold."""
    pass_id, began = await studio.sell(MONTH_OF_FOUR), studio.began.date()
    last_day = None if last is None else began + timedelta(days=last)
    changed = await studio.do(place_hold, PlaceHold(pass_id, began + timedelta(days=first), last_day))
    return encode("Pass", pass_id), encode("Hold", changed.holds[0])


async def test_place_hold_extends_and_lists_the_visits_inside(asker: Asker, studio: Studio) -> None:
    pass_id = await studio.sell(MONTH_OF_FOUR)
    booked = await studio.book([studio.began + timedelta(days=3)], pass_id=pass_id)
    given = {"passId": encode("Pass", pass_id), "firstDay": "2026-02-01", "lastDay": "2026-02-10"}

    done = await asker.does("placeHold", f"{HELD} visitsKept", **given, other={"reason": "ill"})

    assert done["hold"] == {"firstDay": "2026-02-01", "lastDay": "2026-02-10", "removedAt": None}
    assert done["pass"]["lastDay"] == "2026-03-09", "the last day was 27 February, and ten days are held"
    assert done["pass"]["holds"] == [{"firstDay": "2026-02-01"}]
    assert done["visits"] == [{"id": encode("Visit", booked.visits[0]), "state": "CANCELLED"}]
    assert done["visitsKept"] is False


async def test_a_dry_run_of_a_hold_shows_it_on_the_pass(asker: Asker, studio: Studio) -> None:
    given = {"passId": await _pass(studio), "firstDay": "2026-01-31", "keepVisits": True}
    tried = await asker.mutate("placeHold", f"{HELD} visitsKept", **given, dryRun=True)
    assert tried["pass"] == {"status": "ON_HOLD", "lastDay": None, "holds": [{"firstDay": "2026-01-31"}]}
    assert tried["visitsKept"] is True


async def test_end_hold(asker: Asker, studio: Studio) -> None:
    _, hold_id = await _hold(studio, 0, None)
    done = await asker.does("endHold", HELD, holdId=hold_id, lastDay="2026-02-04", other={"lastDay": "2026-02-05"})
    assert done["hold"]["lastDay"] == "2026-02-04"
    assert done["pass"]["lastDay"] == "2026-03-04"
    await asker.refuses("NOTHING_TO_DO", ["lastDay"], "endHold", holdId=hold_id, lastDay="2026-02-20")
    await asker.refuses("DATES_REVERSED", ["lastDay"], "endHold", holdId=hold_id, lastDay="2026-01-01")


async def test_remove_hold(asker: Asker, studio: Studio) -> None:
    _, hold_id = await _hold(studio, 1, 5)
    done = await asker.does("removeHold", HELD, holdId=hold_id, other={"holdId": global_id("Hold")})
    assert done["hold"]["removedAt"]
    assert done["pass"]["lastDay"] == "2026-02-27"
    for name in ("endHold", "removeHold"):
        await asker.refuses("HOLD_ENDED", ["holdId"], name, holdId=hold_id)


@pytest.mark.parametrize(
    ("days", "code", "path"),
    [
        ({"firstDay": "2026-02-10", "lastDay": "2026-02-09"}, "DATES_REVERSED", ["lastDay"]),
        ({"firstDay": "2025-12-01", "lastDay": "2026-02-09"}, "HOLD_IN_PAST", ["firstDay"]),
        ({"firstDay": "2026-06-01", "lastDay": "2026-06-09"}, "HOLD_OUTSIDE_PASS", ["firstDay"]),
        ({"firstDay": "0001-01-01"}, "DATE_OUT_OF_RANGE", ["firstDay"]),
        ({"firstDay": "2026-02-10", "lastDay": "9999-12-31"}, "DATE_OUT_OF_RANGE", ["lastDay"]),
        ({"firstDay": "2026-02-10", "kind": "CLOSURE"}, "INVALID_INPUT", ["kind"]),
        ({"firstDay": "2026-02-10", "reason": "  "}, "TEXT_OUT_OF_RANGE", ["reason"]),
    ],
)
async def test_holds_that_are_refused(
    asker: Asker, studio: Studio, days: dict[str, Any], code: str, path: list[str]
) -> None:
    await asker.refuses(code, path, "placeHold", passId=await _pass(studio), **days)


async def test_holds_the_terms_forbid(asker: Asker, studio: Studio) -> None:
    never = await _pass(studio, Terms(PassKind.SESSION, 5_000, 4, MONTH, holds_allowed=False))
    await asker.refuses("HOLDS_NOT_ALLOWED", ["passId"], "placeHold", passId=never, firstDay="2026-02-10")


@pytest.mark.parametrize(("quantity", "available"), [(3, 7), (-4, 0)])
async def test_adjust_pass(asker: Asker, studio: Studio, quantity: int, available: int) -> None:
    done = await asker.does(
        "adjustPass",
        "pass { balance { available } lots { kind } }",
        passId=await _pass(studio),
        quantity=quantity,
        reason="goodwill",
        other={"quantity": quantity + 1},
    )
    assert done["pass"]["balance"] == {"available": available}


@pytest.mark.parametrize(
    ("changes", "code", "path"),
    [
        ({"quantity": 0}, "NOTHING_TO_DO", ["quantity"]),
        ({"quantity": -5}, "NO_SESSIONS_LEFT", ["quantity"]),
        ({"quantity": 2**31 - 1}, "QUANTITY_OUT_OF_RANGE", ["quantity"]),
        ({"quantity": -(2**31)}, "QUANTITY_OUT_OF_RANGE", ["quantity"]),
        ({"reason": ""}, "TEXT_OUT_OF_RANGE", ["reason"]),
        ({"reason": "x" * 501}, "TEXT_OUT_OF_RANGE", ["reason"]),
    ],
)
async def test_adjustments_that_are_refused(
    asker: Asker, studio: Studio, changes: dict[str, Any], code: str, path: list[str]
) -> None:
    given = {"passId": await _pass(studio), "quantity": 1, "reason": "goodwill"} | changes
    await asker.refuses(code, path, "adjustPass", **given)


async def test_a_pass_that_counts_nothing_is_not_adjusted(asker: Asker, studio: Studio) -> None:
    unlimited = await _pass(studio, Terms(PassKind.UNLIMITED, 9_000))
    await asker.refuses("NOT_METERED", ["passId"], "adjustPass", passId=unlimited, quantity=1, reason="why")
    await asker.refuses("NO_END_TO_EXTEND", ["passId"], "extendPass", passId=unlimited, days=1, reason="why")


async def test_extend_pass(asker: Asker, studio: Studio) -> None:
    given = {"passId": await _pass(studio), "reason": "goodwill"}
    done = await asker.does("extendPass", "pass { lastDay endsAt }", **given, days=3, other={"days": 4})
    assert done["pass"] == {"lastDay": "2026-03-02", "endsAt": "2026-03-02T23:00:00+00:00"}
    for days in (0, -1, 2**31 - 1, -(2**31)):
        await asker.refuses("QUANTITY_OUT_OF_RANGE", ["days"], "extendPass", **given, days=days)


async def test_an_ended_pass_comes_back_only_where_its_new_end_lies_ahead(asker: Asker, studio: Studio) -> None:
    given = {"passId": await _pass(studio), "reason": "goodwill"}
    await studio.advance(studio.began + timedelta(days=60))
    await asker.refuses("PASS_ENDED", ["days"], "extendPass", **given, days=1)
    await asker.refuses("PASS_ENDED", ["passId"], "adjustPass", **given, quantity=1)
    await asker.refuses("PASS_ENDED", ["passId"], "placeHold", passId=given["passId"], firstDay="2026-04-10")
    back = await asker.mutate("extendPass", "pass { status balance { available } }", **given, days=60)
    assert back["pass"] == {"status": "ACTIVE", "balance": {"available": 4}}


async def test_deactivate_and_reactivate(asker: Asker, studio: Studio) -> None:
    pass_id = await studio.sell(MONTH_OF_FOUR)
    booked = await studio.book([studio.began + timedelta(days=3)], pass_id=pass_id)
    given = {"passId": encode("Pass", pass_id)}
    selection = "pass { status } visits { id state pass { id } }"
    done = await asker.does("deactivatePass", selection, **given, reason="fraud", other={"reason": "theft"})
    assert done["pass"] == {"status": "DEACTIVATED"}
    assert done["visits"] == [{"id": encode("Visit", booked.visits[0]), "state": "BOOKED", "pass": None}]
    await asker.refuses("ALREADY_DEACTIVATED", ["passId"], "deactivatePass", **given, reason="fraud")
    await asker.refuses("PASS_CLOSED", ["passId"], "renewPass", **given)
    back = await asker.does("reactivatePass", "pass { status }", **given, other={"passId": global_id("Pass")})
    assert back["pass"] == {"status": "ACTIVE"}
    await asker.refuses("NOT_DEACTIVATED", ["passId"], "reactivatePass", **given)


async def test_advance_test_clock_does_what_falls_due(asker: Asker, studio: Studio) -> None:
    pass_id = await _pass(studio)
    later = studio.began + timedelta(days=40)
    document = """mutation($input: AdvanceTestClockInput!) {
        advanceTestClock(input: $input) { userErrors { code } advancedTo business { now } }
    }"""
    done = await asker.ask(document, {"input": {"idempotencyKey": "1", "to": later.isoformat()}})
    assert done["advanceTestClock"] == {
        "userErrors": [],
        "advancedTo": later.isoformat(),
        "business": {"now": later.isoformat()},
    }
    question = "query($id: ID!) { node(id: $id) { ... on Pass { status closedReason balance { expired } } } }"
    found = await asker.ask(question, {"id": pass_id})
    assert found["node"] == {"status": "EXPIRED", "closedReason": "EXPIRED", "balance": {"expired": 4}}


async def test_advance_test_clock_every_way(asker: Asker, studio: Studio) -> None:
    to = studio.began + timedelta(days=2)
    done = await asker.does(
        "advanceTestClock", "advancedTo", to=to.isoformat(), other={"to": (to + timedelta(days=1)).isoformat()}
    )
    assert done["advancedTo"] == to.isoformat()


async def test_clocks_that_do_not_move(asker: Asker, studio: Studio, runtime: Runtime) -> None:
    back = (studio.began - timedelta(seconds=1)).isoformat()
    await asker.refuses("CLOCK_BACKWARDS", ["to"], "advanceTestClock", to=back)
    await asker.refuses("DATE_OUT_OF_RANGE", ["to"], "advanceTestClock", to="9999-12-31T23:59:59Z")
    ahead = (studio.began + timedelta(days=400)).isoformat()
    await studio.sell(MONTH_OF_FOUR)
    await asker.refuses("IDEMPOTENCY_KEY_INVALID", ["idempotencyKey"], "advanceTestClock", to=ahead, idempotencyKey="")
    client = Asker(studio, Actor(Role.CLIENT, client_id=studio.client))
    await client.refuses("FORBIDDEN", [], "advanceTestClock", to=ahead)
    real = Asker(await open_studio(runtime, None))
    await real.refuses("NOT_A_TEST_CLOCK", [], "advanceTestClock", to=datetime.now(UTC).isoformat())


async def test_fields_after_a_mutation_see_it_and_after_a_dry_run_do_not(asker: Asker, studio: Studio) -> None:
    """Several mutations in one document are carried out in turn, each on what the one before has left."""
    pass_id = await _pass(studio)
    document = """mutation($a: AdjustPassInput!, $b: AdjustPassInput!, $c: AdjustPassInput!) {
        a: adjustPass(input: $a) { pass { balance { available } lots { id } } }
        b: adjustPass(input: $b) { pass { balance { available } lots { id } } }
        c: adjustPass(input: $c) { pass { balance { available } lots { id } } }
    }"""

    def given(dry_run: bool) -> dict[str, Any]:
        return {"passId": pass_id, "quantity": 1, "reason": "x", "dryRun": dry_run, "idempotencyKey": str(uuid4())}

    data = await asker.ask(document, {"a": given(True), "b": given(False), "c": given(True)})

    seen = [(each["pass"]["balance"]["available"], len(each["pass"]["lots"])) for each in data.values()]
    assert seen == [(5, 2), (5, 2), (6, 3)]
