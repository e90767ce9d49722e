"""Terms survive the store."""

import json
from datetime import date, time
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from models.rules.policies import (
    HoldPolicy,
    Offer,
    OpenHours,
    RefundPolicy,
    Restriction,
    Rollover,
    Sharing,
)
from models.rules.terms import (
    Access,
    Conversion,
    Outcomes,
    Renewal,
    Terms,
    Validity,
    terms_from_json,
    terms_to_json,
)
from models.rules.values import (
    Activation,
    AfterExpiration,
    CoveredBy,
    OutcomeEffect,
    PassKind,
    PeriodUnit,
    RefundBasis,
    RenewalPrice,
    RenewalTrigger,
    RestrictionCycle,
    RestrictionPer,
    SaleChannel,
    ServiceCategory,
    UnusedAtConversion,
    UnusedAtRenewal,
    ValidityRule,
)

ids = st.none() | st.frozensets(st.uuids(), max_size=4)
validities = st.one_of(
    st.just(Validity()),
    st.builds(Validity, st.just(ValidityRule.PERIOD), st.integers(1, 3_660), st.sampled_from(PeriodUnit)),
    st.builds(Validity, st.just(ValidityRule.FIXED_DAY), last_day=st.dates(date(2000, 1, 1), date(2100, 1, 1))),
)
effects = st.sampled_from(OutcomeEffect)
categories = st.none() | st.frozensets(st.sampled_from(ServiceCategory))
count = st.integers(0, 1_000)
maybe = st.none() | count
words = st.text(min_size=1, max_size=20)
times = st.builds(time, st.integers(0, 23), st.integers(0, 59))
hours = st.builds(OpenHours, st.frozensets(st.integers(1, 7)), times, times)
restrictions = st.builds(
    Restriction,
    count,
    st.sampled_from(RestrictionPer),
    st.sampled_from(RestrictionCycle),
    ids,
    categories,
    st.none() | st.builds(Rollover, count, count),
)
offers = st.builds(
    Offer,
    st.booleans(),
    maybe,
    st.booleans(),
    st.none() | st.frozensets(words, max_size=4),
    st.none() | st.frozensets(st.sampled_from(SaleChannel)),
    st.booleans(),
    maybe,
)
hold_policies = st.builds(
    HoldPolicy,
    maybe,
    maybe,
    maybe,
    maybe,
    count,
    st.booleans(),
    count,
    st.none() | st.lists(words, max_size=4).map(tuple),
)
any_terms = st.builds(
    Terms,
    kind=st.sampled_from(PassKind),
    price_minor=st.integers(0, 100_000_000),
    quantity=st.none() | st.integers(1, 1_000_000),
    validity=validities,
    activation=st.sampled_from(Activation),
    start_within_days=st.none() | st.integers(0, 3_660),
    access=st.builds(Access, ids, categories, ids, st.none() | st.lists(hours, max_size=3).map(tuple)),
    outcomes=st.builds(Outcomes, effects, effects, effects, st.integers(0, 86_400), count, count, count, count),
    covered_by=st.sampled_from(CoveredBy),
    back_window_days=st.integers(0, 3_660),
    holds_allowed=st.booleans(),
    priority=st.integers(-1_000, 1_000),
    after_expiration=st.sampled_from(AfterExpiration),
    renewal=st.builds(
        Renewal,
        st.sampled_from(RenewalTrigger),
        st.sampled_from(UnusedAtRenewal),
        st.none() | st.integers(1, 1_200),
        st.booleans(),
        st.booleans(),
        maybe,
        maybe,
        st.sampled_from(RenewalPrice),
        count,
    ),
    conversion=st.none() | st.builds(Conversion, st.uuids(), st.sampled_from(UnusedAtConversion)),
    restrictions=st.lists(restrictions, max_size=3).map(tuple),
    offer=offers,
    hold_policy=hold_policies,
    sharing=st.builds(Sharing, st.booleans(), maybe, maybe, st.booleans(), count, st.booleans()),
    refund=st.builds(RefundPolicy, st.sampled_from(RefundBasis), maybe),
    warn_days=count,
    revive_days=count,
    make_up_days=count,
)


@given(any_terms)
def test_terms_come_back_from_the_store_as_they_went_in(terms: Terms) -> None:
    assert terms_from_json(json.loads(json.dumps(terms_to_json(terms)))) == terms


@given(any_terms)
def test_the_stored_form_is_the_same_whatever_the_order_of_a_set(terms: Terms) -> None:
    stored = terms_to_json(terms)
    assert json.dumps(terms_to_json(terms_from_json(stored))) == json.dumps(stored)
    access, offer = stored["access"], stored["offer"]
    sets = [access["serviceIds"], access["categories"], access["locationIds"], offer["clientTypes"], offer["channels"]]
    for listed in [*sets, *(each["weekdays"] for each in access["hours"] or ())]:
        assert listed is None or listed == sorted(listed)


def test_the_stored_form_names_every_term() -> None:
    """A term that were forgotten in the stored form would come back as its default."""
    named = set(terms_to_json(Terms(PassKind.SESSION, 0)))
    assert len(named) == len(Terms.__dataclass_fields__)


def test_an_empty_list_opens_nothing_and_is_not_mistaken_for_no_list() -> None:
    shut = Terms(PassKind.SESSION, 0, access=Access(frozenset(), frozenset(), frozenset()))
    assert terms_from_json(terms_to_json(shut)).access == shut.access
    assert terms_to_json(shut)["access"] == {
        "serviceIds": [],
        "categories": [],
        "locationIds": [],
        "hours": None,
    }
    named = Access(service_ids=frozenset({UUID(int=7)}))
    assert terms_to_json(Terms(PassKind.SESSION, 0, access=named))["access"]["serviceIds"] == [str(UUID(int=7))]


def test_terms_sold_before_a_term_existed_have_its_default() -> None:
    old = {"kind": "SESSION", "priceMinor": 100, "quantity": 10, "access": {"serviceIds": None}}
    assert terms_from_json(old) == Terms(PassKind.SESSION, 100, 10)
