"""Which passes may pay for a visit, and why the others may not."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from models.operations.catalogue import (
    CreateClient,
    CreateLocation,
    CreateService,
    create_client,
    create_location,
    create_service,
)
from models.operations.change_pass import DeactivatePass, deactivate_pass
from models.operations.holds import PlaceHold, place_hold
from models.rules.terms import Access, Terms
from models.rules.values import Activation, PassKind, ServiceCategory
from tests.schema.conftest import OWNER, Ask, Refusal, client_of, execute, gid
from tests.studio import MONTH, Studio

_ASK = """query ($visit: ProposedVisitInput, $id: ID) { eligiblePasses(visit: $visit, visitId: $id) {
  pass { id } pays chosenFirst quantity lot { id kind } reasons { code message remedy } } }"""


def _visit(studio: Studio, starts_at: datetime, **changes: Any) -> dict[str, Any]:
    proposed = {
        "clientId": gid("Client", studio.client),
        "serviceId": gid("Service", studio.service),
        "locationId": gid("Location", studio.location),
        "startsAt": starts_at.isoformat(),
        "endsAt": (starts_at + timedelta(hours=1)).isoformat(),
    }
    return proposed | changes


async def _codes(studio: Studio, ask: Ask, **variables: Any) -> dict[str, list[str]]:
    answers = (await ask(studio, OWNER, _ASK, **variables))["eligiblePasses"]
    return {each["pass"]["id"]: [reason["code"] for reason in each["reasons"]] for each in answers}


async def test_every_pass_of_the_client_answers_with_its_reasons(studio: Studio, ask: Ask) -> None:
    other_service = (await studio.do(create_service, CreateService("Boxing", ServiceCategory.CLASS))).rows["service"]
    other_place = (await studio.do(create_location, CreateLocation("Garden"))).rows["location"]
    session = Terms(PassKind.SESSION, 15_000, 1, validity=MONTH)
    good = await studio.sell(session)
    used = await studio.sell(session)
    held = await studio.sell(session)
    closed = await studio.sell(session)
    elsewhere = await studio.sell(
        Terms(PassKind.UNLIMITED, 1, access=Access(frozenset({other_service}), None, frozenset({other_place})))
    )
    later = await studio.sell(
        Terms(PassKind.SESSION, 1, 3, validity=MONTH, activation=Activation.ON_DATE), starts_on=date(2026, 3, 1)
    )
    short = await studio.sell(Terms(PassKind.TIME, 1, 30))
    await studio.book([studio.began + timedelta(days=1)], pass_id=used)
    await studio.do(place_hold, PlaceHold(held, date(2026, 2, 4), date(2026, 2, 6)))
    await studio.do(deactivate_pass, DeactivatePass(closed, "asked for"))
    at = studio.began + timedelta(days=5)

    answers = (await ask(studio, OWNER, _ASK, visit=_visit(studio, at)))["eligiblePasses"]

    codes = {each["pass"]["id"]: [reason["code"] for reason in each["reasons"]] for each in answers}
    assert codes == {
        gid("Pass", good): [],
        gid("Pass", used): ["NO_SESSIONS_LEFT"],
        gid("Pass", held): ["ON_HOLD"],
        gid("Pass", closed): ["PASS_DEACTIVATED"],
        gid("Pass", elsewhere): ["SERVICE_NOT_INCLUDED", "LOCATION_NOT_INCLUDED"],
        gid("Pass", later): ["NOT_STARTED"],
        gid("Pass", short): ["NO_SESSIONS_LEFT"],
    }
    assert (answers[0]["pays"], answers[0]["chosenFirst"], answers[0]["quantity"]) == (True, True, 1)
    assert answers[0]["lot"]["kind"] == "GRANT"
    assert all(each["lot"] is None and not each["chosenFirst"] for each in answers[1:])
    for each in answers[1:]:
        assert all(reason["message"] and reason["remedy"] for reason in each["reasons"])


async def test_a_visit_after_the_end_is_told_apart_from_a_pass_that_has_ended(studio: Studio, ask: Ask) -> None:
    pass_id = gid("Pass", await studio.sell(Terms(PassKind.SESSION, 15_000, 1, validity=MONTH)))
    at = studio.began + timedelta(days=60)

    before = await _codes(studio, ask, visit=_visit(studio, at))
    await studio.advance(studio.began + timedelta(days=59))
    after = await _codes(studio, ask, visit=_visit(studio, at))

    assert (before, after) == ({pass_id: ["ENDS_BEFORE_VISIT"]}, {pass_id: ["EXPIRED"]})


async def test_those_that_may_pay_come_in_the_order_in_which_booking_takes_them(studio: Studio, ask: Ask) -> None:
    for terms in (
        Terms(PassKind.SESSION, 15_000, 10),
        Terms(PassKind.SESSION, 15_000, 10, validity=MONTH),
        Terms(PassKind.UNLIMITED, 15_000),
    ):
        await studio.sell(terms)
    at = studio.began + timedelta(days=5)

    answers = (await ask(studio, OWNER, _ASK, visit=_visit(studio, at)))["eligiblePasses"]
    booked = await studio.book([at])

    assert [each["chosenFirst"] for each in answers] == [True, False, False]
    assert answers[0]["pass"]["id"] == gid("Pass", booked.passes[0])


async def test_a_booked_visit_is_asked_for_by_its_id(studio: Studio, ask: Ask) -> None:
    visit = (await studio.book([studio.began + timedelta(days=1)])).visits[0]
    pass_id = await studio.sell()

    assert await _codes(studio, ask, id=gid("Visit", visit)) == {gid("Pass", pass_id): []}


@pytest.mark.parametrize(
    ("changes", "code", "path"),
    [
        ({"clientId": gid("Client", uuid4())}, "NOT_FOUND", ["visit", "clientId"]),
        ({"serviceId": gid("Service", uuid4())}, "NOT_FOUND", ["visit", "serviceId"]),
        ({"locationId": gid("Location", uuid4())}, "NOT_FOUND", ["visit", "locationId"]),
        ({"locationId": "x"}, "INVALID_ID", ["visit", "locationId"]),
        ({"endsAt": "2026-01-01T00:00:00Z"}, "DATES_REVERSED", ["visit", "endsAt"]),
    ],
)
async def test_a_visit_that_cannot_be_is_refused(
    studio: Studio, refusal: Refusal, changes: dict[str, str], code: str, path: list[str]
) -> None:
    proposed = _visit(studio, studio.began + timedelta(days=1), **changes)

    extensions = await refusal(studio, OWNER, _ASK, visit=proposed)

    assert (extensions["code"], extensions["path"]) == (code, path)


async def test_one_visit_is_named_and_not_none_or_two(studio: Studio, refusal: Refusal) -> None:
    visit = gid("Visit", UUID(int=1))

    assert (await refusal(studio, OWNER, _ASK))["code"] == "INVALID_INPUT"
    both = await refusal(studio, OWNER, _ASK, visit=_visit(studio, studio.began), id=visit)
    assert both["code"] == "INVALID_INPUT"


async def test_a_client_asks_for_themself_alone(studio: Studio, refusal: Refusal) -> None:
    other = (await studio.do(create_client, CreateClient("Bea"))).rows["client"]
    proposed = _visit(studio, studio.began, clientId=gid("Client", other))

    assert (await refusal(studio, client_of(studio), _ASK, visit=proposed))["code"] == "NOT_FOUND"


async def test_an_instant_without_an_offset_is_refused(studio: Studio) -> None:
    result = await execute(studio, OWNER, _ASK, visit=_visit(studio, studio.began, startsAt="2026-02-01T10:00:00"))

    assert result.data is None
    assert "offset" in result.errors[0].message
