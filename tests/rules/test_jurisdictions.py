"""What the law of a place asks of a sale, as far as the system keeps it."""

from dataclasses import replace
from datetime import date

import pytest

from models.rules.jurisdictions import (
    PROFILES,
    needs_consent,
    reminder_days_max,
    reminder_days_min,
    shown,
    withdrawable_until,
)
from models.rules.values import AfterExpiration, Jurisdiction, SaleChannel
from tests.rules.build import for_days, for_months, terms_of

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


def test_california_wants_a_charge_for_a_year_announced_half_a_month_before_and_france_any_charge_a_month() -> None:
    year, month = terms_of(validity=for_months(12)), terms_of(validity=for_months(1))
    assert [reminder_days_min(Jurisdiction.US_CA, terms) for terms in (year, month)] == [15, 0]
    assert reminder_days_min(Jurisdiction.US_CA, terms_of(validity=for_days(364))) == 0
    assert [reminder_days_min(Jurisdiction.FR, terms) for terms in (year, month)] == [31, 31]
    assert reminder_days_min(Jurisdiction.NONE, year) == 0


def test_california_lets_it_be_announced_45_days_before_and_france_three_months_and_no_earlier() -> None:
    year, month = terms_of(validity=for_months(12)), terms_of(validity=for_months(1))
    assert [reminder_days_max(Jurisdiction.US_CA, terms) for terms in (year, month)] == [45, None]
    assert [reminder_days_max(Jurisdiction.FR, terms) for terms in (year, month)] == [89, 89]
    assert [reminder_days_max(place, year) for place in (Jurisdiction.NONE, Jurisdiction.US, Jurisdiction.EU)] == [
        None,
        None,
        None,
    ]


@pytest.mark.parametrize("place", Jurisdiction)
def test_every_window_in_which_a_charge_may_be_announced_is_open(place: Jurisdiction) -> None:
    most = PROFILES[place].reminder_days_max
    assert most is None or PROFILES[place].reminder_days_min <= most


@pytest.mark.parametrize("place", Jurisdiction)
@pytest.mark.parametrize("channel", [*SaleChannel, None])
def test_only_a_sale_from_afar_under_a_law_of_europe_can_be_withdrawn_from(
    place: Jurisdiction, channel: SaleChannel | None
) -> None:
    europe = place in (Jurisdiction.EU, Jurisdiction.DE, Jurisdiction.FR)
    expected = date(2026, 2, 14) if europe and channel not in (SaleChannel.STAFF, None) else None
    assert withdrawable_until(place, channel, date(2026, 1, 31)) == expected
