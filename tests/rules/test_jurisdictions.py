"""What the law of a place asks of a sale, as far as the system keeps it."""

from dataclasses import replace

import pytest

from models.rules.jurisdictions import PROFILES, needs_consent, shown
from models.rules.values import AfterExpiration, Jurisdiction
from tests.rules.build import terms_of

RENEWING = replace(terms_of(), after_expiration=AfterExpiration.RENEW)


def test_every_place_has_a_profile() -> None:
    assert set(PROFILES) == set(Jurisdiction)


@pytest.mark.parametrize("place", Jurisdiction)
def test_consent_is_asked_for_only_where_something_renews_and_a_law_is_named(place: Jurisdiction) -> None:
    assert needs_consent(place, RENEWING) is (place is not Jurisdiction.NONE)
    assert not needs_consent(place, terms_of())


def test_what_was_shown_is_the_price_the_period_and_what_brings_the_charge() -> None:
    kept = shown(RENEWING, "EUR")

    assert (kept["priceMinor"], kept["currency"], kept["periodCount"], kept["periodUnit"], kept["trigger"]) == (
        10_000,
        "EUR",
        30,
        "DAY",
        "ON_EXPIRY",
    )
