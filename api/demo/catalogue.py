"""The sandbox studio of the demo: where, what, who, and the options on sale."""

from dataclasses import dataclass, field
from typing import Any

from api.demo.client import Client

MONTH = {"rule": "PERIOD", "count": 1, "unit": "MONTH"}
GOOD_CARD = {"method": "TEST_CARD", "testCard": "APPROVE"}
EMPTY_CARD = {"method": "TEST_CARD", "testCard": "DECLINE"}


@dataclass
class Studio:
    """Global ids by name."""

    hall: str = ""
    services: dict[str, str] = field(default_factory=dict)
    options: dict[str, str] = field(default_factory=dict)
    clients: dict[str, str] = field(default_factory=dict)


def open_studio(client: Client) -> Studio:
    """Create the studio through the API."""
    studio = Studio()
    # The desk of this story writes down on Sundays who came.
    client.do("setPolicies", "business { name }", resolveAfterHours=200)
    studio.hall = client.do("createLocation", "location { id }", name="Canal hall")["location"]["id"]
    for name, category in (("Yoga", "CLASS"), ("Swimming", "GYM_VISIT"), ("Studio hire", "ASSET")):
        payload = client.do("createService", "service { id }", name=name, category=category)
        studio.services[name] = payload["service"]["id"]
    for name in ("Ann", "Ben", "Cleo", "Dan", "Eve", "Fay"):
        studio.clients[name] = client.do("createClient", "client { id }", name=name)["client"]["id"]
    _sell(client, studio, "Unlimited yoga", kind="UNLIMITED", priceMinor=8900, validity=MONTH, afterExpiration="RENEW")
    for name, terms in _options(studio).items():
        _sell(client, studio, name, **terms)
    return studio


def _sell(client: Client, studio: Studio, name: str, **terms: Any) -> None:
    payload = client.do("createPurchaseOption", "purchaseOption { id }", name=name, terms=terms)
    studio.options[name] = payload["purchaseOption"]["id"]


def _options(studio: Studio) -> dict[str, dict[str, Any]]:
    return {
        "Eight a month": {
            "kind": "SESSION",
            "quantity": 8,
            "priceMinor": 9600,
            "validity": MONTH,
            "afterExpiration": "RENEW",
            "renewal": {"unused": "ROLLOVER"},
        },
        "Ten classes": {
            "kind": "SESSION",
            "quantity": 10,
            "priceMinor": 15000,
            "validity": {"rule": "PERIOD", "count": 3, "unit": "MONTH"},
            "backWindowDays": 21,
        },
        "Trial week": {
            "kind": "UNLIMITED",
            "priceMinor": 0,
            "validity": {"rule": "PERIOD", "count": 1, "unit": "WEEK"},
            "afterExpiration": "CONVERT",
            "conversion": {"targetOptionId": studio.options["Unlimited yoga"]},
        },
        "Five days": {"kind": "DAY", "quantity": 5, "priceMinor": 6000},
        "Ten hours of hire": {
            "kind": "TIME",
            "quantity": 600,
            "priceMinor": 20000,
            "access": {"serviceIds": [studio.services["Studio hire"]]},
        },
        "Thirty days of pool": {
            "kind": "DURATION",
            "priceMinor": 4900,
            "validity": {"rule": "PERIOD", "count": 30, "unit": "DAY"},
            "activation": "ON_FIRST_VISIT",
            "access": {"serviceIds": [studio.services["Swimming"]]},
        },
    }
