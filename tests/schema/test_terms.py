"""Every part of the terms goes in through GraphQL and comes out as it was, and bad parts are named by their path."""

from typing import Any

import pytest

from schema.ids import encode
from tests.schema.asking import Asker, global_id
from tests.studio import Studio

TERMS: dict[str, Any] = {"kind": "SESSION", "priceMinor": 15_000, "quantity": 10}
SHOWN = """
purchaseOption { currentVersion { terms {
  access { services { id } categories hours { weekdays fromTime untilTime } }
  outcomes { lateCancelFeeMinor noShowFeeMinor bookingGraceMinutes freePerPeriod }
  renewal { rolloverMax rolloverDays price reminderDays }
  restrictions { visitsMax per cycle services { id } categories rollover { unitsMax cycles } }
  offer { introductory inactiveMonths oncePerHousehold clientTypes channels onlyInPackage perClientMax }
  holdPolicy { countMax daysMin daysMax daysAYearMax noticeDays selfService feeMinor reasons }
  sharing { allowed membersMax memberVisitsMax needsApproval guestVisitsMax transferable }
  refund { basis dropInPriceMinor }
  warnDays reviveDays makeUpDays
} } }
"""
PARTS: dict[str, Any] = {
    "outcomes": {"lateCancelFeeMinor": 500, "noShowFeeMinor": 800, "bookingGraceMinutes": 15, "freePerPeriod": 1},
    "renewal": {"rolloverMax": 3, "rolloverDays": 30, "price": "CURRENT_VERSION", "reminderDays": 5},
    "offer": {
        "introductory": True,
        "inactiveMonths": 6,
        "oncePerHousehold": True,
        "clientTypes": ["Senior", "Student"],
        "channels": ["DIRECT_LINK", "ONLINE"],
        "onlyInPackage": False,
        "perClientMax": 1,
    },
    "holdPolicy": {
        "countMax": 2,
        "daysMin": 7,
        "daysMax": 30,
        "daysAYearMax": 60,
        "noticeDays": 3,
        "selfService": False,
        "feeMinor": 500,
        "reasons": ["travel", "illness"],
    },
    "sharing": {
        "allowed": True,
        "membersMax": 3,
        "memberVisitsMax": 4,
        "needsApproval": True,
        "guestVisitsMax": 1,
        "transferable": True,
    },
    "refund": {"basis": "DROP_IN_PRICE", "dropInPriceMinor": 2_000},
    "warnDays": 14,
    "reviveDays": 10,
    "makeUpDays": 21,
}


@pytest.fixture
def asker(studio: Studio) -> Asker:
    """Asks as the studio's owner."""
    return Asker(studio)


async def test_every_part_comes_out_as_it_went_in(asker: Asker) -> None:
    yoga = encode("Service", asker.studio.service)
    hours = [
        {"weekdays": [1, 2, 3, 4, 5], "fromTime": "06:30", "untilTime": "16:00"},
        {"weekdays": [6, 7], "fromTime": "00:00", "untilTime": "00:00"},
    ]
    restrictions = [
        {"visitsMax": 3, "per": "WEEK", "cycle": "CALENDAR", "rollover": {"unitsMax": 2, "cycles": 1}},
        {"visitsMax": 1, "per": "DAY", "cycle": "PASS", "serviceIds": [yoga], "categories": ["CLASS"]},
    ]
    terms = (
        TERMS
        | PARTS
        | {
            "validity": {"rule": "PERIOD", "count": 1, "unit": "MONTH"},
            "afterExpiration": "RENEW",
            "renewal": PARTS["renewal"] | {"unused": "ROLLOVER"},
            "access": {"serviceIds": [yoga], "categories": ["CLASS"], "hours": hours},
            "restrictions": restrictions,
        }
    )

    done = await asker.does("createPurchaseOption", SHOWN, name="All", terms=terms, other={"name": "Other"})

    service = [{"id": yoga}]
    assert done["purchaseOption"]["currentVersion"]["terms"] == PARTS | {
        "access": {"services": service, "categories": ["CLASS"], "hours": hours},
        "restrictions": [
            {**restrictions[0], "services": None, "categories": None},
            {"visitsMax": 1, "per": "DAY", "cycle": "PASS", "services": service, "categories": ["CLASS"]}
            | {"rollover": None},
        ],
    }


async def test_what_is_left_out_restricts_nothing(asker: Asker) -> None:
    payload = await asker.mutate("createPurchaseOption", SHOWN, name="Plain", terms=TERMS)
    shown = payload["purchaseOption"]["currentVersion"]["terms"]
    assert shown["access"]["hours"] is None
    assert shown["restrictions"] == []
    assert shown["offer"]["channels"] is None
    assert (shown["warnDays"], shown["reviveDays"], shown["makeUpDays"]) == (7, 0, 14)
    assert shown["sharing"]["allowed"] is False


def restricted(**changes: Any) -> dict[str, Any]:
    """A weekly restriction with changes."""
    return {"restrictions": [{"visitsMax": 3, "per": "WEEK", **changes}]}


@pytest.mark.parametrize(
    ("changes", "code", "path"),
    [
        (restricted(visitsMax=0), "QUANTITY_OUT_OF_RANGE", ["restrictions", "0", "visitsMax"]),
        (restricted(serviceIds=["x"]), "INVALID_ID", ["restrictions", "0", "serviceIds", "0"]),
        (restricted(serviceIds=[global_id("Service")]), "NOT_FOUND", ["restrictions", "0", "serviceIds"]),
        (restricted(serviceIds=[global_id("Client")]), "INVALID_ID", ["restrictions", "0", "serviceIds", "0"]),
        (restricted(serviceIds=["x"] * 201), "TOO_MANY", ["restrictions", "0", "serviceIds"]),
        (restricted(categories=[]), "TERMS_CONTRADICT", ["restrictions", "0", "categories"]),
        (restricted(rollover={"unitsMax": 0}), "QUANTITY_OUT_OF_RANGE", ["restrictions", "0", "rollover", "unitsMax"]),
        ({"restrictions": [{"visitsMax": 3, "per": "WEEK"}] * 2}, "TERMS_CONTRADICT", ["restrictions", "1"]),
        ({"restrictions": [{"visitsMax": 3, "per": "WEEK"}] * 201}, "TOO_MANY", ["restrictions"]),
        ({"access": {"hours": []}}, "TERMS_CONTRADICT", ["access", "hours"]),
        ({"access": {"hours": [{"weekdays": [8]}]}}, "QUANTITY_OUT_OF_RANGE", ["access", "hours", "0", "weekdays"]),
        ({"access": {"hours": [{"weekdays": [1] * 8}]}}, "TOO_MANY", ["access", "hours", "0", "weekdays"]),
        (
            {"access": {"hours": [{"fromTime": "10:00", "untilTime": "09:59"}]}},
            "TERMS_CONTRADICT",
            ["access", "hours", "0", "untilTime"],
        ),
        ({"offer": {"inactiveMonths": 3}}, "TERMS_CONTRADICT", ["offer", "inactiveMonths"]),
        ({"offer": {"clientTypes": ["  "]}}, "TEXT_OUT_OF_RANGE", ["offer", "clientTypes"]),
        ({"offer": {"clientTypes": ["nul\0"]}}, "INVALID_INPUT", ["offer", "clientTypes", "0"]),
        ({"holdPolicy": {"reasons": ["x" * 61]}}, "TEXT_OUT_OF_RANGE", ["holdPolicy", "reasons"]),
        ({"holdsAllowed": False, "holdPolicy": {"countMax": 1}}, "TERMS_CONTRADICT", ["holdPolicy"]),
        ({"sharing": {"membersMax": 2}}, "TERMS_CONTRADICT", ["sharing", "membersMax"]),
        ({"refund": {"basis": "DROP_IN_PRICE"}}, "TERMS_CONTRADICT", ["refund", "dropInPriceMinor"]),
        ({"outcomes": {"noShowFeeMinor": -1}}, "QUANTITY_OUT_OF_RANGE", ["outcomes", "noShowFeeMinor"]),
        ({"makeUpDays": 13}, "QUANTITY_OUT_OF_RANGE", ["makeUpDays"]),
    ],
)
async def test_parts_that_cannot_be_sold(asker: Asker, changes: dict[str, Any], code: str, path: list[str]) -> None:
    await asker.refuses(code, ["terms", *path], "createPurchaseOption", name="Odd", terms=TERMS | changes)


@pytest.mark.parametrize("written", ["24:00", "9:00", "09:60", "09:00:00", "noon", 9, "", "09:00Z", "٠٩:٠٠"])
async def test_a_time_of_day_is_written_in_one_way(asker: Asker, written: object) -> None:
    terms = TERMS | {"access": {"hours": [{"fromTime": written}]}}
    assert "A LocalTime is a time of day" in await asker.document_fault("createPurchaseOption", name="Odd", terms=terms)


async def test_a_circle_of_conversions_is_named(asker: Asker) -> None:
    converts = TERMS | {"validity": {"rule": "PERIOD", "count": 1, "unit": "MONTH"}, "afterExpiration": "CONVERT"}
    target = encode("PurchaseOption", await asker.studio.option())
    first = converts | {"conversion": {"targetOptionId": target}}
    made = await asker.mutate("createPurchaseOption", "purchaseOption { id }", name="Intro", terms=first)
    back = converts | {"conversion": {"targetOptionId": made["purchaseOption"]["id"]}}
    await asker.refuses(
        "CONVERSION_CIRCLE",
        ["terms", "conversion", "targetOptionId"],
        "revisePurchaseOption",
        purchaseOptionId=target,
        fromVersion=1,
        name="Ten",
        terms=back,
    )
