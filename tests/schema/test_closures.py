"""What a front end sees of closures, disputes, and what a pass still lets its client freeze."""

from dataclasses import replace
from datetime import timedelta

from models.operations.closures import PlaceClosure, place_closure
from models.operations.disputes import ReportDispute, report_dispute
from models.rules.policies import HoldPolicy
from tests.conftest import NOON
from tests.schema.conftest import OWNER, Ask, client_of, gid
from tests.studio import MONTH, TEN_CLASSES, Studio

POLICY = HoldPolicy(count_max=1, days_min=2, days_a_year_max=10, notice_days=3, fee_minor=500, reasons=("Ill",))
ALLOWANCE = """{ passes { nodes { holdAllowance {
    freezesLeft daysLeft earliestDay daysMin daysMax feeMinor reasons refusals { code } } } } }"""


async def test_a_pass_says_what_its_client_may_still_freeze(studio: Studio, ask: Ask) -> None:
    await studio.sell(replace(TEN_CLASSES, validity=MONTH, hold_policy=POLICY))

    found = (await ask(studio, client_of(studio), ALLOWANCE))["passes"]["nodes"]

    assert [each["holdAllowance"] for each in found] == [
        {
            "freezesLeft": 1,
            "daysLeft": 10,
            "earliestDay": "2026-02-03",
            "daysMin": 2,
            "daysMax": None,
            "feeMinor": 500,
            "reasons": ["Ill"],
            "refusals": [],
        }
    ]


async def test_closures_are_listed_with_how_many_passes_they_hold(studio: Studio, ask: Ask) -> None:
    await studio.sell(replace(TEN_CLASSES, validity=MONTH))
    days = (NOON.date(), NOON.date() + timedelta(days=2))
    changed = await studio.do(place_closure, PlaceClosure(studio.location, *days, "Repairs"))
    document = """query ($at: ID!) { closures(locationId: $at) { totalCount nodes {
        id frozen spread reason reach location { id } } } passes { nodes { holds { kind cause overrides } } } }"""

    found = await ask(studio, client_of(studio), document, at=gid("Location", studio.location))

    (node,) = found["closures"]["nodes"]
    assert node == {
        "id": gid("Closure", changed.rows["closure"]),
        "frozen": 1,
        "spread": True,
        "reason": "Repairs",
        "reach": "ONLY_HERE",
        "location": {"id": gid("Location", studio.location)},
    }
    held = [{"kind": "CLOSURE", "cause": "CLOSURE", "overrides": False}]
    assert found["passes"]["nodes"] == [{"holds": held}]


async def test_disputes_are_listed_by_state(studio: Studio, ask: Ask) -> None:
    pass_id = await studio.sell()
    order = (await studio.fetch("SELECT order_id FROM periods WHERE pass_id = $1", pass_id))[0]["order_id"]
    await studio.do(report_dispute, ReportDispute(order))
    document = "{ open: disputes(state: OPEN) { nodes { order { id } } } lost: disputes(state: LOST) { totalCount } }"

    found = await ask(studio, OWNER, document)

    assert found == {"open": {"nodes": [{"order": {"id": gid("Order", order)}}]}, "lost": {"totalCount": 0}}
