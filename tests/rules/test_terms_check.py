"""Which terms can be sold: every contradiction is named with its field, and nothing else is refused."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from models.rules.codes import Code
from models.rules.terms import Access, Conversion, Outcomes, Renewal, Terms, Validity
from models.rules.terms_check import problems
from models.rules.values import (
    Activation,
    AfterExpiration,
    PassKind,
    PeriodUnit,
    RenewalTrigger,
    UnusedAtRenewal,
    ValidityRule,
)
from tests.rules.build import for_days, for_months, june, terms_of

FIXED = Validity(ValidityRule.FIXED_DAY, last_day=june(20))
RENEW = AfterExpiration.RENEW
INTO = Conversion(UUID(int=77))

CONTRADICTIONS: list[tuple[str, Terms]] = [
    ("quantity", Terms(PassKind.SESSION, 0)),
    ("quantity", Terms(PassKind.UNLIMITED, 0, 10)),
    ("access.serviceIds", terms_of(access=Access(service_ids=frozenset()))),
    ("access.categories", terms_of(access=Access(categories=frozenset()))),
    ("access.locationIds", terms_of(access=Access(location_ids=frozenset()))),
    ("validity", terms_of(validity=Validity(ValidityRule.PERIOD))),
    ("validity", terms_of(validity=Validity(ValidityRule.PERIOD, 3))),
    ("validity", terms_of(validity=Validity(ValidityRule.NEVER, 3, PeriodUnit.DAY))),
    ("validity", terms_of(validity=Validity(ValidityRule.FIXED_DAY))),
    ("validity", terms_of(validity=replace(for_days(3), last_day=june(20)))),
    ("validity", terms_of(PassKind.DURATION, validity=Validity())),
    ("startWithinDays", terms_of(start_within_days=10)),
    ("activation", terms_of(activation=Activation.ON_FIRST_VISIT, validity=FIXED)),
    ("conversion", terms_of(after_expiration=AfterExpiration.CONVERT)),
    ("conversion", terms_of(conversion=INTO)),
    ("afterExpiration", terms_of(validity=Validity(), after_expiration=AfterExpiration.CONVERT, conversion=INTO)),
    ("afterExpiration", terms_of(validity=FIXED, after_expiration=RENEW)),
    ("renewal.trigger", terms_of(validity=Validity(), after_expiration=RENEW)),
    (
        "renewal.trigger",
        terms_of(PassKind.UNLIMITED, after_expiration=RENEW, renewal=Renewal(RenewalTrigger.ON_DEPLETION)),
    ),
    (
        "renewal.unused",
        terms_of(PassKind.UNLIMITED, after_expiration=RENEW, renewal=Renewal(unused=UnusedAtRenewal.ROLLOVER)),
    ),
]

SOUND: list[Terms] = [
    *(terms_of(kind) for kind in PassKind),
    terms_of(validity=Validity()),
    terms_of(validity=FIXED),
    terms_of(activation=Activation.ON_FIRST_VISIT, start_within_days=0),
    terms_of(activation=Activation.ON_FIRST_VISIT, validity=Validity()),
    terms_of(after_expiration=AfterExpiration.CONVERT, conversion=INTO),
    terms_of(validity=for_months(1), after_expiration=RENEW, renewal=Renewal(RenewalTrigger.FIRST_OF_BOTH)),
    terms_of(validity=Validity(), after_expiration=RENEW, renewal=Renewal(RenewalTrigger.ON_DEPLETION)),
    terms_of(PassKind.UNLIMITED, after_expiration=RENEW),
    Terms(PassKind.SESSION, 0, 1),
]

RANGES: list[tuple[str, Any, int, int]] = [
    ("priceMinor", lambda n: replace(terms_of(), price_minor=n), 0, 1_000_000_00),
    ("quantity", lambda n: terms_of(quantity=n), 1, 1_000_000),
    ("count", lambda n: terms_of(validity=for_days(n)), 1, 3_660),
    (
        "startWithinDays",
        lambda n: terms_of(activation=Activation.ON_FIRST_VISIT, start_within_days=n),
        0,
        3_660,
    ),
    ("backWindowDays", lambda n: terms_of(back_window_days=n), 0, 3_660),
    ("priority", lambda n: terms_of(priority=n), -1_000, 1_000),
    ("lateCancelMinutes", lambda n: terms_of(outcomes=Outcomes(late_cancel_minutes=n)), 0, 86_400),
    ("renewalsMax", lambda n: terms_of(renewal=Renewal(renewals_max=n)), 1, 1_200),
]


@pytest.mark.parametrize(("field", "terms"), CONTRADICTIONS)
def test_a_contradiction_is_named_with_its_field(field: str, terms: Terms) -> None:
    found = [(".".join(path), reason.code) for path, reason in problems(terms)]
    assert (field, Code.TERMS_CONTRADICT) in found
    assert all(reason.message.endswith(".") for _, reason in problems(terms))


@pytest.mark.parametrize("terms", SOUND)
def test_sound_terms_are_sold(terms: Terms) -> None:
    assert problems(terms) == []


@pytest.mark.parametrize(("field", "make", "low", "high"), RANGES, ids=[each[0] for each in RANGES])
def test_every_number_has_its_limits(field: str, make: Any, low: int, high: int) -> None:
    assert [problems(make(number)) for number in (low, high)] == [[], []]
    for number in (low - 1, high + 1):
        ((path, reason),) = problems(make(number))
        assert (path[-1], reason.code) == (field, Code.QUANTITY_OUT_OF_RANGE)
        assert f"{low} to {high}" in reason.message
