"""Who may buy: every reason is told, none that does not hold, and packages answer for their channels."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from models.rules.calendar import add_units
from models.rules.codes import Code
from models.rules.offers import BuyerFacts, Sale, offer_refusals
from models.rules.policies import Offer
from models.rules.values import PeriodUnit, SaleChannel

TODAY = date(2025, 6, 1)
LINK = "the-link"
STAFF, ONLINE, DIRECT = SaleChannel.STAFF, SaleChannel.ONLINE, SaleChannel.DIRECT_LINK
NEW = BuyerFacts(TODAY)

types = st.sampled_from(["student", "Student", "SENIOR", "local"])
maybe = st.none() | st.integers(1, 4)
offers = st.builds(
    Offer,
    st.booleans(),
    st.none() | st.integers(1, 24),
    st.booleans(),
    st.none() | st.frozensets(types, min_size=1, max_size=3),
    st.none() | st.frozensets(st.sampled_from(SaleChannel), min_size=1),
    st.booleans(),
    maybe,
)
sales = st.builds(Sale, st.sampled_from(SaleChannel), st.none() | st.sampled_from([LINK, "another"]), st.booleans())


@st.composite
def buyers(draw: st.DrawFn) -> BuyerFacts:
    """Clients whose facts go together: who has this option has bought, and who has bought was active."""
    own = draw(st.integers(0, 5))
    bought = own > 0 or draw(st.booleans())
    active = draw(st.dates(TODAY - timedelta(days=900), TODAY + timedelta(days=30))) if bought else None
    return BuyerFacts(TODAY, bought, active, draw(st.frozensets(types, max_size=2)), own, draw(st.integers(0, 3)))


def codes(offer: Offer, buyer: BuyerFacts = NEW, sale: Sale | None = None) -> list[Code]:
    """Why not."""
    return [reason.code for reason in offer_refusals(offer, buyer, sale or Sale(STAFF), LINK)]


@given(buyers(), sales)
def test_what_is_for_everyone_is_sold_to_anyone_any_way(buyer: BuyerFacts, sale: Sale) -> None:
    wrong_link = sale.channel is DIRECT and sale.link_code != LINK and not sale.in_package
    assert codes(Offer(), buyer, sale) == ([Code.LINK_CODE_WRONG] if wrong_link else [])


@given(offers, buyers(), sales)
def test_every_reason_is_told_where_it_holds_and_nowhere_else(offer: Offer, buyer: BuyerFacts, sale: Sale) -> None:
    """Each reason against a plain statement of when it holds."""
    active = buyer.last_active_on
    months = offer.inactive_months
    tags = {each.lower() for each in buyer.types}
    holds = {
        Code.NOT_A_NEW_CLIENT: offer.introductory and buyer.bought_anything and months is None,
        Code.ACTIVE_TOO_RECENTLY: offer.introductory
        and active is not None
        and months is not None
        and not add_units(active, PeriodUnit.MONTH, months) <= TODAY,
        Code.CLIENT_TYPE_NOT_OFFERED: offer.client_types is not None
        and all(each.lower() not in tags for each in offer.client_types),
        Code.OFFER_LIMIT_REACHED: (offer.introductory and buyer.own > 0)
        or (offer.once_per_household and buyer.own > 0)
        or (
            not offer.introductory
            and not offer.once_per_household
            and offer.per_client_max is not None
            and buyer.own >= offer.per_client_max
        ),
        Code.OFFER_ONCE_PER_HOUSEHOLD: offer.once_per_household and buyer.household > 0,
        Code.ONLY_IN_PACKAGE: offer.only_in_package and not sale.in_package,
        Code.CHANNEL_NOT_OFFERED: offer.channels is not None
        and sale.channel not in offer.channels
        and not sale.in_package,
        Code.LINK_CODE_WRONG: sale.channel is DIRECT and sale.link_code != LINK and not sale.in_package,
    }
    found = codes(offer, buyer, sale)
    assert set(found) == {code for code, stands in holds.items() if stands}
    assert len(found) == len(set(found))
    for reason in offer_refusals(offer, buyer, sale, LINK):
        assert "{" not in reason.message + reason.remedy


@given(offers, buyers(), sales)
def test_buying_once_more_never_makes_an_offer_easier_to_get(offer: Offer, buyer: BuyerFacts, sale: Sale) -> None:
    more = replace(buyer, own=buyer.own + 1, bought_anything=True, last_active_on=TODAY)
    assert set(codes(offer, buyer, sale)) <= set(codes(offer, more, sale))


@given(offers, buyers(), sales, st.integers(1, 900))
def test_waiting_only_ever_helps(offer: Offer, buyer: BuyerFacts, sale: Sale, days: int) -> None:
    later = replace(buyer, today=buyer.today + timedelta(days=days))
    assert set(codes(offer, later, sale)) <= set(codes(offer, buyer, sale))


@given(buyers(), st.integers(1, 24))
def test_the_day_it_frees_is_the_first_on_which_it_is_sold(buyer: BuyerFacts, months: int) -> None:
    offer = Offer(introductory=True, inactive_months=months)
    buyer = replace(buyer, own=0)
    assume(codes(offer, buyer))
    (reason,) = offer_refusals(offer, buyer, Sale(STAFF), LINK)
    free_on = date.fromisoformat(dict(reason.values)["free_on"])
    assert codes(offer, replace(buyer, today=free_on)) == []
    assert codes(offer, replace(buyer, today=free_on - timedelta(days=1))) == [Code.ACTIVE_TOO_RECENTLY]


@pytest.mark.parametrize(
    ("active", "today", "free"),
    [
        (date(2025, 1, 31), date(2025, 2, 27), False),
        (date(2025, 1, 31), date(2025, 2, 28), True),
        (date(2024, 2, 29), date(2024, 3, 28), False),
        (date(2024, 2, 29), date(2024, 3, 29), True),
    ],
)
def test_a_month_away_ends_on_the_same_day_of_the_next_month(active: date, today: date, free: bool) -> None:
    offer = Offer(introductory=True, inactive_months=1)
    assert (codes(offer, BuyerFacts(today, True, active)) == []) is free


def test_types_are_compared_without_their_case() -> None:
    assert codes(Offer(client_types=frozenset({"Étudiant"})), replace(NEW, types=frozenset({"ÉTUDIANT "}))) == []


def test_all_reasons_come_at_once() -> None:
    offer = Offer(True, None, True, frozenset({"Student"}), frozenset({ONLINE}), True)
    buyer = BuyerFacts(TODAY, True, TODAY, own=1, household=1)
    assert codes(offer, buyer, Sale(DIRECT)) == [
        Code.NOT_A_NEW_CLIENT,
        Code.CLIENT_TYPE_NOT_OFFERED,
        Code.OFFER_LIMIT_REACHED,
        Code.OFFER_ONCE_PER_HOUSEHOLD,
        Code.ONLY_IN_PACKAGE,
        Code.CHANNEL_NOT_OFFERED,
        Code.LINK_CODE_WRONG,
    ]
