"""What a front desk asks of a forecast, and who is told what. That it is true is for `tests/forecast` to show."""

from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from models.operations import forecast as played
from models.operations.base import Actor
from models.operations.holds import PlaceHold, place_hold
from models.rules.terms import Terms
from models.rules.values import AfterExpiration, PassKind, PaymentMethod, Role
from tests.schema.conftest import OWNER, PARTNER, Ask, Refusal, client_of, execute, gid
from tests.studio import MONTH, Studio

_ASK = """query ($pass: ID!, $until: DateTime!, $suppose: HypotheticalInput, $charges: AssumedCharges! = SUCCEED,
                 $booked: BookedVisits! = ATTEND) {
  forecast(passId: $pass, until: $until, hypothetical: $suppose, charges: $charges, bookedVisits: $booked) {
    steps { at day kind sentence units amountMinor reasons { code message remedy } visit { id } supposed visitStartsAt
            optionName status standing lastDay balance { available booked used forfeited expired } }
    currency chargedMinor unitsExpired unitsForfeited visitsPaid visitsUnpaid endsOn optionName status standing
    balance { available used } } }"""
_MONTHLY = Terms(PassKind.SESSION, 9_900, 4, MONTH, after_expiration=AfterExpiration.RENEW)
_JUNE = "2026-06-10T00:00:00Z"


def _visit(studio: Studio, starts: str, **more: Any) -> dict[str, Any]:
    ends = datetime.fromisoformat(starts) + timedelta(hours=1)
    where = {"serviceId": gid("Service", studio.service), "locationId": gid("Location", studio.location)}
    return {**where, "startsAt": starts, "endsAt": ends.isoformat(), **more}


async def _told(studio: Studio, ask: Ask, pass_id: Any, *, actor: Actor = OWNER, **given: Any) -> dict[str, Any]:
    """Ask for a forecast, and see that it leaves no trace."""
    before = await studio.fingerprint()
    asked = {"until": _JUNE, **given}
    found: dict[str, Any] = (await ask(studio, actor, _ASK, **{"pass": gid("Pass", pass_id), **asked}))["forecast"]
    assert await studio.fingerprint() == before, "a forecast left a trace"
    assert all(step["day"] in step["sentence"] for step in found["steps"])
    return found


def _kinds(found: dict[str, Any]) -> Counter[str]:
    return Counter(step["kind"] for step in found["steps"])


async def test_what_will_it_do_until_june(studio: Studio, ask: Ask) -> None:
    pass_id = await studio.sell(_MONTHLY)
    found = await _told(studio, ask, pass_id)
    assert _kinds(found) == {"CHARGED": 4, "RENEWS": 4, "LOT_EXPIRES": 4}
    assert (found["chargedMinor"], found["currency"]) == (4 * 9_900, "EUR")
    assert (found["unitsExpired"], found["endsOn"], found["status"]) == (16, "2026-06-29", "ACTIVE")
    assert [step["day"] for step in found["steps"] if step["kind"] == "RENEWS"] == [
        "2026-02-28",
        "2026-03-31",
        "2026-04-30",
        "2026-05-31",
    ]


async def test_what_if_she_is_on_holiday_in_may(studio: Studio, ask: Ask) -> None:
    """The pass does not reach into May yet: the hold waits for the renewal that brings it there."""
    pass_id = await studio.sell(_MONTHLY)
    holiday = {"holds": [{"firstDay": "2026-05-04", "lastDay": "2026-05-17"}]}
    found = await _told(studio, ask, pass_id, suppose=holiday)
    held = [step for step in found["steps"] if step["kind"].startswith("HOLD")]
    assert [(step["kind"], step["day"], step["lastDay"]) for step in held] == [
        ("HOLD_PLACED", "2026-04-30", "2026-06-13"),
        ("HOLD_STARTS", "2026-05-04", "2026-06-13"),
        ("HOLD_ENDS", "2026-05-17", "2026-06-13"),
    ]
    assert [step["status"] for step in held] == ["ACTIVE", "ON_HOLD", "ACTIVE"]
    assert (found["chargedMinor"], found["endsOn"]) == (3 * 9_900, "2026-06-13")


async def test_supposed_visits_are_booked_attended_missed_and_refused(studio: Studio, ask: Ask) -> None:
    pass_id = await studio.sell(Terms(PassKind.SESSION, 5_000, 2, MONTH))
    visits = [
        _visit(studio, "2026-02-03T10:00:00+00:00"),
        _visit(studio, "2026-02-05T10:00:00+00:00", outcome="NO_SHOW"),
        _visit(studio, "2026-02-07T10:00:00+00:00"),
        _visit(studio, "2026-02-04T10:00:00+00:00", outcome="CANCELLED", cancelledAt="2026-02-01T10:00:00+00:00"),
    ]
    found = await _told(studio, ask, pass_id, suppose={"visits": visits})
    told = [(step["kind"], step["supposed"], step["units"]) for step in found["steps"]]
    assert told == [
        ("VISIT_PAID", 3, 1),
        ("VISIT_CANCELLED", 3, 1),
        ("VISIT_PAID", 0, 1),
        ("VISIT_ATTENDED", 0, 1),
        ("VISIT_PAID", 1, 1),
        ("VISIT_MISSED", 1, None),
        ("FORFEITS", None, 1),
        ("VISIT_UNPAID", 2, None),
        ("VISIT_ATTENDED", 2, 0),
        ("EXPIRES", None, None),
    ]
    unpaid = found["steps"][7]
    assert [reason["code"] for reason in unpaid["reasons"]] == ["NO_SESSIONS_LEFT"]
    assert all(step["visit"] is None for step in found["steps"])
    assert (found["visitsPaid"], found["visitsUnpaid"], found["unitsForfeited"]) == (3, 1, 1)
    assert found["balance"] == {"available": 0, "used": 1}


async def test_booked_visits_are_attended_or_left(studio: Studio, ask: Ask) -> None:
    pass_id = await studio.sell()
    visit = (await studio.book([studio.began + timedelta(days=2)], pass_id=pass_id)).visits[0]
    found = await _told(studio, ask, pass_id)
    assert [(step["kind"], step["visit"]["id"]) for step in found["steps"]] == [("VISIT_ATTENDED", gid("Visit", visit))]
    assert (await _told(studio, ask, pass_id, booked="LEAVE"))["steps"] == []


async def test_declined_charges_end_in_letting_go(studio: Studio, ask: Ask) -> None:
    pass_id = await studio.sell(_MONTHLY)
    found = await _told(studio, ask, pass_id, charges="DECLINE")
    assert _kinds(found) == {"CHARGE_DECLINED": 4, "RELEASES": 1, "LOT_EXPIRES": 1}
    assert (found["chargedMinor"], found["status"], found["standing"]) == (0, "EXPIRED", "RELEASED")


async def test_cash_does_not_come_by_itself(studio: Studio, ask: Ask) -> None:
    pass_id = await studio.sell(_MONTHLY, method=PaymentMethod.CASH, card=None)
    assert _kinds(await _told(studio, ask, pass_id))["CHARGED"] == 0


async def test_a_conversion_goes_on_with_what_the_pass_becomes(studio: Studio, ask: Ask) -> None:
    target = await studio.option(_MONTHLY, name="Monthly")
    pass_id = await studio.sell(Terms(PassKind.SESSION, 1_000, 3, MONTH))
    wanted = {"purchaseOptionId": gid("PurchaseOption", target), "timing": "ON_EXPIRY", "at": "2026-02-10T10:00:00Z"}
    found = await _told(studio, ask, pass_id, suppose={"conversions": [wanted]})
    assert _kinds(found)["CONVERTS"] == 1
    assert (found["optionName"], found["chargedMinor"]) == ("Monthly", 4 * 9_900)


@pytest.mark.parametrize(
    ("given", "code", "path"),
    [
        ({"until": "2026-01-30T12:00:00Z"}, "DATE_OUT_OF_RANGE", ["until"]),
        ({"until": "2028-02-03T12:00:00Z"}, "DATE_OUT_OF_RANGE", ["until"]),
        ({"pass": gid("Client", uuid4())}, "INVALID_ID", ["passId"]),
        ({"pass": gid("Pass", uuid4())}, "NOT_FOUND", ["passId"]),
        (
            {"suppose": {"holds": [{"firstDay": "2026-02-05", "lastDay": "2026-02-01"}]}},
            "DATES_REVERSED",
            ["hypothetical", "holds", "0", "lastDay"],
        ),
        (
            {"suppose": {"holds": [{"firstDay": "2026-06-11"}]}},
            "DATE_OUT_OF_RANGE",
            ["hypothetical", "holds", "0", "firstDay"],
        ),
        (
            {"suppose": {"holds": [{"firstDay": "2026-04-11"}]}},
            "HOLD_OUTSIDE_PASS",
            ["hypothetical", "holds", "0", "firstDay"],
        ),
        ({"suppose": {"holds": [{"firstDay": "2026-02-01"}] * 61}}, "TOO_MANY", ["hypothetical", "holds"]),
    ],
)
async def test_what_cannot_be_played_is_refused(
    studio: Studio, refusal: Refusal, given: dict[str, Any], code: str, path: list[str]
) -> None:
    pass_id = await studio.sell(Terms(PassKind.SESSION, 1_000, 3, MONTH))
    before = await studio.fingerprint()
    told = await refusal(studio, OWNER, _ASK, **{"pass": gid("Pass", pass_id), "until": _JUNE, **given})
    assert (told["code"], told["path"]) == (code, path)
    assert await studio.fingerprint() == before


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"startsAt": "2026-01-31T11:59:00Z"}, "DATE_OUT_OF_RANGE", "startsAt"),
        ({"startsAt": "2026-06-11T11:59:00Z", "endsAt": "2026-06-11T12:59:00Z"}, "DATE_OUT_OF_RANGE", "startsAt"),
        ({"endsAt": "2026-02-03T10:00:00Z"}, "DATES_REVERSED", "endsAt"),
        ({"bookedAt": "2026-02-03T10:01:00Z"}, "DATE_OUT_OF_RANGE", "bookedAt"),
        ({"outcome": "CANCELLED"}, "INVALID_INPUT", "cancelledAt"),
        ({"cancelledAt": "2026-02-02T10:00:00Z"}, "INVALID_INPUT", "cancelledAt"),
        ({"outcome": "CANCELLED", "cancelledAt": "2026-02-03T10:01:00Z"}, "DATE_OUT_OF_RANGE", "cancelledAt"),
        ({"serviceId": gid("Service", uuid4())}, "NOT_FOUND", "serviceId"),
        ({"locationId": gid("Location", uuid4())}, "NOT_FOUND", "locationId"),
        ({"locationId": "nowhere"}, "INVALID_ID", "locationId"),
    ],
)
async def test_a_visit_that_contradicts_itself_is_refused(
    studio: Studio, refusal: Refusal, changes: dict[str, Any], code: str, field: str
) -> None:
    pass_id = await studio.sell()
    visits = [_visit(studio, "2026-02-02T10:00:00+00:00"), _visit(studio, "2026-02-03T10:00:00+00:00", **changes)]
    told = await refusal(
        studio, OWNER, _ASK, **{"pass": gid("Pass", pass_id), "until": _JUNE, "suppose": {"visits": visits}}
    )
    assert (told["code"], told["path"]) == (code, ["hypothetical", "visits", "1", field])


async def test_a_conversion_that_contradicts_itself_is_refused(studio: Studio, refusal: Refusal) -> None:
    pass_id, option = await studio.sell(), await studio.option()
    for changes, code, field in (
        ({"on": "2026-02-20"}, "INVALID_INPUT", ["on"]),
        ({"timing": "ON_DATE"}, "INVALID_INPUT", ["on"]),
        ({"purchaseOptionId": gid("PurchaseOption", uuid4())}, "NOT_FOUND", ["purchaseOptionId"]),
        ({"at": "2026-06-11T00:00:00Z"}, "DATE_OUT_OF_RANGE", ["at"]),
    ):
        wanted = {"purchaseOptionId": gid("PurchaseOption", option), **changes}
        given = {"pass": gid("Pass", pass_id), "until": _JUNE, "suppose": {"conversions": [wanted]}}
        told = await refusal(studio, OWNER, _ASK, **given)
        assert (told["code"], told["path"]) == (code, ["hypothetical", "conversions", "0", *field])


async def test_the_same_visit_supposed_twice_is_refused(studio: Studio, refusal: Refusal) -> None:
    pass_id = await studio.sell()
    visits = [_visit(studio, "2026-02-02T10:00:00+00:00")] * 2
    told = await refusal(
        studio, OWNER, _ASK, **{"pass": gid("Pass", pass_id), "until": _JUNE, "suppose": {"visits": visits}}
    )
    assert (told["code"], told["path"]) == ("ALREADY_BOOKED", ["hypothetical", "visits", "1"])


async def test_who_is_told(studio: Studio, another_studio: Any, ask: Ask, refusal: Refusal) -> None:
    """A client plays their own passes, with what they may do themselves; a partner reads, and books."""
    pass_id = await studio.sell(_MONTHLY)
    assert (await _told(studio, ask, pass_id, actor=client_of(studio)))["steps"]
    assert (await _told(studio, ask, pass_id, actor=PARTNER))["steps"]
    given = {"pass": gid("Pass", pass_id), "until": _JUNE}
    stranger = Actor(Role.CLIENT, client_id=uuid4())
    assert (await refusal(studio, stranger, _ASK, **given))["code"] == "NOT_FOUND"
    elsewhere = await another_studio()
    assert (await refusal(elsewhere, OWNER, _ASK, **given))["code"] == "NOT_FOUND"
    foreign = _visit(studio, "2026-02-02T10:00:00+00:00", serviceId=gid("Service", elsewhere.service))
    assert (await refusal(studio, OWNER, _ASK, **given, suppose={"visits": [foreign]}))["code"] == "NOT_FOUND"
    block = {"holds": [{"firstDay": "2026-02-05", "lastDay": "2026-02-06", "kind": "BLOCK"}]}
    assert (await refusal(studio, client_of(studio), _ASK, **given, suppose=block))["code"] == "FORBIDDEN"
    assert (await refusal(studio, PARTNER, _ASK, **given, suppose=block))["code"] == "FORBIDDEN"
    option = await studio.option()
    convert = {"conversions": [{"purchaseOptionId": gid("PurchaseOption", option)}]}
    assert (await refusal(studio, client_of(studio), _ASK, **given, suppose=convert))["code"] == "FORBIDDEN"


async def test_too_many_changes_are_refused(
    studio: Studio, refusal: Refusal, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    pass_id = await studio.sell()
    visits = {"visits": [_visit(studio, f"2026-02-0{day}T10:00:00+00:00") for day in (2, 3)]}
    monkeypatch.setattr(played, "CHANGES_MAX", 4)
    assert len((await _told(studio, ask, pass_id, suppose=visits))["steps"]) == 4
    monkeypatch.setattr(played, "CHANGES_MAX", 3)
    told = await refusal(studio, OWNER, _ASK, **{"pass": gid("Pass", pass_id), "until": _JUNE, "suppose": visits})
    assert (told["code"], told["path"]) == ("TOO_COMPLEX", ["until"])


async def test_it_does_not_wait_long_for_a_pass_that_is_locked(
    studio: Studio, ask: Ask, refusal: Refusal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does it hold the pass for long: after its seconds it lets go, and the connection serves the next one."""
    pass_id = await studio.sell(_MONTHLY)
    given = {"pass": gid("Pass", pass_id), "until": _JUNE}
    async with studio.runtime.database.transaction(studio.business_id) as connection:
        await connection.execute(text("SELECT id FROM passes FOR UPDATE"))
        assert (await refusal(studio, OWNER, _ASK, **given))["code"] == "TRY_AGAIN"
        monkeypatch.setattr(played, "SECONDS_MAX", 0.2)
        assert (await refusal(studio, OWNER, _ASK, **given))["code"] == "TOO_COMPLEX"
    monkeypatch.undo()
    assert (await _told(studio, ask, pass_id))["steps"]
    first, last = date(2026, 2, 2), date(2026, 2, 3)
    await studio.do(place_hold, PlaceHold(pass_id, first, last))


async def test_several_in_one_request_go_one_after_the_other(studio: Studio) -> None:
    pass_id = await studio.sell(Terms(PassKind.SESSION, 100, 5, MONTH))
    each = f'forecast(passId: "{gid("Pass", pass_id)}", until: "{_JUNE}") {{ endsOn steps {{ kind }} }}'
    result = await execute(studio, OWNER, "{" + " ".join(f"f{index}: {each}" for index in range(8)) + "}")
    assert result.errors is None
    assert len({str(found) for found in result.data.values()}) == 1
