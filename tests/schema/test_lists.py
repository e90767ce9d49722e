"""Lists and what they are narrowed by: clients, their passes, and visits."""

from datetime import timedelta
from typing import Any

from models.operations.book_visits import PayBy
from models.operations.catalogue import CreateClient, CreateLocation, create_client, create_location
from models.operations.convert_pass import ConvertPass, ScheduleConversion, convert_pass, schedule_conversion
from models.operations.end_visit import CancelVisit, cancel_visit
from models.rules.terms import Terms
from models.rules.values import ConversionTiming, PassKind, UnusedAtConversion
from tests.schema.conftest import OWNER, Ask, gid
from tests.studio import MONTH, Studio

_VISITS = """query ($client: ID, $pass: ID, $state: VisitState, $unpaid: Boolean, $from: DateTime, $to: DateTime) {
  visits(clientId: $client, passId: $pass, state: $state, unpaid: $unpaid, from: $from, to: $to) {
    totalCount nodes { id } } }"""
_CONVERTED = """query ($id: ID!) { pass(id: $id) { status closedReason afterExpiration
  plannedConversion { on unused target { id name } }
  predecessor { id } successor { id predecessor { id } } client { creditMinor } explanation { code } } }"""


async def test_a_client_has_a_home_a_credit_passes_and_visits(studio: Studio, ask: Ask) -> None:
    home = (await studio.do(create_location, CreateLocation("Garden", "Asia/Tokyo"))).rows["location"]
    client = (await studio.do(create_client, CreateClient("Bea", "bea@example.org", home))).rows["client"]
    old = await studio.sell(Terms(PassKind.SESSION, 15_000, 1), client=client)
    new = await studio.sell(Terms(PassKind.SESSION, 15_000, 10, validity=MONTH), client=client)
    visit = (await studio.book([studio.began + timedelta(days=1)], pass_id=old, client=client)).visits[0]
    document = """query ($id: ID!) { client(id: $id) { name email creditMinor homeLocation { name zone }
        passes { totalCount nodes { id zone } } active: passes(status: ACTIVE, first: 1) { totalCount nodes { id } }
        gone: passes(status: EXPIRED) { totalCount nodes { id } } visits { totalCount nodes { id paid } } } }"""

    shown = (await ask(studio, OWNER, document, id=gid("Client", client)))["client"]

    assert shown == {
        "name": "Bea",
        "email": "bea@example.org",
        "creditMinor": 0,
        "homeLocation": {"name": "Garden", "zone": "Asia/Tokyo"},
        "passes": {
            "totalCount": 2,
            "nodes": [{"id": gid("Pass", new), "zone": "Asia/Tokyo"}, {"id": gid("Pass", old), "zone": "Asia/Tokyo"}],
        },
        "active": {"totalCount": 2, "nodes": [{"id": gid("Pass", new)}]},
        "gone": {"totalCount": 0, "nodes": []},
        "visits": {"totalCount": 1, "nodes": [{"id": gid("Visit", visit), "paid": True}]},
    }


async def test_visits_are_narrowed_by_whose_what_and_when(studio: Studio, ask: Ask) -> None:
    pass_id = await studio.sell()
    other = (await studio.do(create_client, CreateClient("Bea"))).rows["client"]
    starts = [studio.began + timedelta(days=day) for day in (1, 2, 3)]
    paid = (await studio.book(starts, pass_id=pass_id)).visits
    unpaid = (await studio.book([starts[0]], client=other, pay_by=PayBy.NOTHING)).visits[0]
    await studio.do(cancel_visit, CancelVisit(paid[2]))

    async def found(**narrowed: Any) -> list[Any]:
        page = (await ask(studio, OWNER, _VISITS, **narrowed))["visits"]
        assert page["totalCount"] == len(page["nodes"])
        return [node["id"] for node in page["nodes"]]

    first, second, cancelled, without = (gid("Visit", each) for each in (*paid, unpaid))
    assert await found() == [first, without, second, cancelled]
    assert await found(client=gid("Client", other)) == [without]
    assert await found(**{"pass": gid("Pass", pass_id)}) == [first, second]
    assert await found(state="CANCELLED") == [cancelled]
    assert await found(unpaid=True) == [without]
    assert await found(unpaid=False) == [first, second, cancelled]
    bounds = {"from": starts[0].isoformat(), "to": starts[1].isoformat()}
    assert await found(**bounds) == [first, without]


async def test_a_conversion_is_seen_while_planned_and_from_both_sides_once_done(studio: Studio, ask: Ask) -> None:
    pass_id = await studio.sell(Terms(PassKind.SESSION, 10_000, 10, validity=MONTH))
    target = await studio.option(Terms(PassKind.UNLIMITED, 4_000, validity=MONTH), name="Monthly")
    planned_for = (studio.began + timedelta(days=9)).date()
    await studio.do(schedule_conversion, ScheduleConversion(pass_id, target, planned_for, UnusedAtConversion.CREDIT))

    planned = (await ask(studio, OWNER, _CONVERTED, id=gid("Pass", pass_id)))["pass"]
    done = await studio.do(
        convert_pass, ConvertPass(pass_id, target, ConversionTiming.NOW_PAID, UnusedAtConversion.CREDIT)
    )
    converted = (await ask(studio, OWNER, _CONVERTED, id=gid("Pass", pass_id)))["pass"]

    assert planned["plannedConversion"] == {
        "on": planned_for.isoformat(),
        "unused": "CREDIT",
        "target": {"id": gid("PurchaseOption", target), "name": "Monthly"},
    }
    assert (planned["afterExpiration"], planned["successor"], planned["explanation"]) == ("CONVERT", None, None)
    successor = next(each for each in done.passes if each != pass_id)
    assert converted["successor"] == {"id": gid("Pass", successor), "predecessor": {"id": gid("Pass", pass_id)}}
    assert (converted["status"], converted["closedReason"]) == ("CONVERTED", "CONVERTED")
    assert converted["plannedConversion"] is None
    assert converted["explanation"]["code"] == "PASS_CONVERTED"
    assert converted["client"]["creditMinor"] == 6_000
