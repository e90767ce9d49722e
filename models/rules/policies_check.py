"""Which hours, restrictions, offers, hold policies, sharing and refunds can be sold."""

from collections.abc import Mapping
from datetime import time
from itertools import combinations
from uuid import UUID

from models.rules.found import (
    DAYS_MAX,
    PRICE_MINOR_MAX,
    QUANTITY_MAX,
    YEAR_DAYS,
    Found,
    at_most,
    contradiction,
    in_range,
    not_empty,
    tags,
)
from models.rules.policies import HoldPolicy, Offer, OpenHours, Restriction
from models.rules.terms import Access, Terms
from models.rules.values import RefundBasis, ServiceCategory

HOURS_MAX = 50
RESTRICTIONS_MAX = 20
TAGS_MAX = 50
VISITS_MAX = 10_000
_OPENS_NOTHING = "An empty list opens nothing; leave it out to open everything."
_NAMES_NOTHING = "An empty list means nothing; leave it out to mean everything."


def policy_problems(terms: Terms) -> Found:
    """Find every contradiction in the parts that restrict, offer, hold, share and refund."""
    yield from _hours(terms.access.hours)
    yield from _restrictions(terms.restrictions)
    yield from offer_problems(terms.offer)
    yield from _hold_policy(terms)
    yield from _sharing(terms)
    yield from _refund(terms)


def access_problems(access: Access) -> Found:
    """Find lists of what a pass opens that open nothing."""
    yield from not_empty(access.service_ids, _OPENS_NOTHING, "access", "serviceIds")
    yield from not_empty(access.categories, _OPENS_NOTHING, "access", "categories")
    yield from not_empty(access.location_ids, _OPENS_NOTHING, "access", "locationIds")


def restricts_nothing(terms: Terms, category_of: Mapping[UUID, ServiceCategory]) -> Found:
    """Find what a restriction names and the pass does not open. `category_of` knows every service that is named."""
    access = terms.access
    if access.service_ids is None and access.categories is None:
        return
    listed, opened = access.service_ids or frozenset(), access.categories or frozenset()
    reachable = opened | {category_of[each] for each in listed if each in category_of}
    for index, each in enumerate(terms.restrictions):
        path = ("restrictions", str(index))
        if any(one not in listed and category_of.get(one) not in opened for one in each.service_ids or ()):
            yield contradiction("It restricts a service that the pass does not open.", *path, "serviceIds")
        if not (each.categories or frozenset()) <= reachable:
            yield contradiction("It restricts a category that the pass does not open.", *path, "categories")


def _hours(hours: tuple[OpenHours, ...] | None) -> Found:
    path = ("access", "hours")
    yield from not_empty(hours, "An empty list opens at no time; leave it out to open at any.", *path)
    yield from at_most(hours, HOURS_MAX, *path)
    for index, each in enumerate(hours or ()):
        here = (*path, str(index))
        yield from not_empty(each.weekdays, "Hours without a weekday open at no time.", *here, "weekdays")
        for weekday in sorted(each.weekdays):
            yield from in_range(weekday, 1, 7, *here, "weekdays")
        if each.until_time != time(0) and each.until_time <= each.from_time:
            yield contradiction("The hours end before they begin; 00:00 is the end of the day.", *here, "untilTime")
    if hours is not None and len(hours) <= HOURS_MAX:
        for (_, one), (index, other) in combinations(enumerate(hours), 2):
            if one.weekdays & other.weekdays and _meet(one, other):
                yield contradiction("Two of the hours overlap on the same weekday.", *path, str(index))


def _meet(one: OpenHours, other: OpenHours) -> bool:
    first, second = sorted((one, other), key=lambda each: each.from_time)
    return first.until_time == time(0) or second.from_time < first.until_time


def _restrictions(restrictions: tuple[Restriction, ...]) -> Found:
    yield from at_most(restrictions, RESTRICTIONS_MAX, "restrictions")
    known = set()
    for index, each in enumerate(restrictions):
        path = ("restrictions", str(index))
        yield from in_range(each.visits_max, 1, VISITS_MAX, *path, "visitsMax")
        yield from not_empty(each.service_ids, _NAMES_NOTHING, *path, "serviceIds")
        yield from not_empty(each.categories, _NAMES_NOTHING, *path, "categories")
        if each.rollover is not None:
            yield from in_range(each.rollover.units_max, 1, VISITS_MAX, *path, "rollover", "unitsMax")
            yield from in_range(each.rollover.cycles, 1, YEAR_DAYS, *path, "rollover", "cycles")
        scope = (each.per, each.cycle, each.service_ids, each.categories)
        if scope in known:
            yield contradiction("Another restriction counts the same visits over the same cycle.", *path)
        known.add(scope)


def offer_problems(offer: Offer) -> Found:
    """Find every contradiction in who may buy, and how."""
    yield from in_range(offer.inactive_months, 1, 120, "offer", "inactiveMonths")
    yield from in_range(offer.per_client_max, 1, 1_000, "offer", "perClientMax")
    yield from not_empty(offer.client_types, "Nobody is of no type; leave it out to sell to anyone.", *_TYPES)
    yield from at_most(offer.client_types, TAGS_MAX, *_TYPES)
    yield from tags(offer.client_types, *_TYPES)
    yield from not_empty(
        offer.channels, "Sold in no way it is not sold; leave it out to sell it any way.", "offer", "channels"
    )
    if offer.inactive_months is not None and not offer.introductory:
        yield contradiction("Only an introductory offer asks how long a client was away.", "offer", "inactiveMonths")
    several = offer.per_client_max is not None and offer.per_client_max > 1
    if several and offer.introductory:
        yield contradiction("An introductory offer is sold once per client.", "offer", "perClientMax")
    if several and offer.once_per_household:
        yield contradiction("What a household may buy once no client may buy twice.", "offer", "perClientMax")
    if offer.only_in_package and offer.channels is not None:
        yield contradiction("What is sold in a package alone is sold the package's way.", "offer", "channels")


_TYPES = ("offer", "clientTypes")


def _hold_policy(terms: Terms) -> Found:
    policy = terms.hold_policy
    if not terms.holds_allowed and policy != HoldPolicy():
        yield contradiction("A pass that cannot be frozen has no hold policy.", "holdPolicy")
    yield from in_range(policy.count_max, 1, 100, "holdPolicy", "countMax")
    yield from in_range(policy.days_min, 1, DAYS_MAX, "holdPolicy", "daysMin")
    yield from in_range(policy.days_max, 1, DAYS_MAX, "holdPolicy", "daysMax")
    yield from in_range(policy.days_a_year_max, 1, YEAR_DAYS, "holdPolicy", "daysAYearMax")
    yield from in_range(policy.notice_days, 0, YEAR_DAYS, "holdPolicy", "noticeDays")
    yield from in_range(policy.fee_minor, 0, PRICE_MINOR_MAX, "holdPolicy", "feeMinor")
    longest = min(each for each in (policy.days_max, policy.days_a_year_max, DAYS_MAX) if each is not None)
    if policy.days_min is not None and longest < policy.days_min <= DAYS_MAX:
        yield contradiction("The shortest hold is longer than the longest one.", "holdPolicy", "daysMin")
    path = ("holdPolicy", "reasons")
    yield from not_empty(policy.reasons, "No reason would do; leave the list out to ask for none.", *path)
    yield from at_most(policy.reasons, TAGS_MAX, *path)
    yield from tags(policy.reasons, *path)
    if policy.reasons is not None and len(set(policy.reasons)) < len(policy.reasons):
        yield contradiction("A reason is listed twice.", *path)


def _sharing(terms: Terms) -> Found:
    sharing = terms.sharing
    yield from in_range(sharing.members_max, 1, 100, "sharing", "membersMax")
    yield from in_range(sharing.member_visits_max, 1, QUANTITY_MAX, "sharing", "memberVisitsMax")
    yield from in_range(sharing.guest_visits_max, 0, VISITS_MAX, "sharing", "guestVisitsMax")
    if sharing.allowed:
        return
    for name, given in (
        ("membersMax", sharing.members_max is not None),
        ("memberVisitsMax", sharing.member_visits_max is not None),
        ("needsApproval", sharing.needs_approval),
    ):
        if given:
            yield contradiction("A pass that is not shared says nothing about members.", "sharing", name)


def _refund(terms: Terms) -> Found:
    by_price, price = terms.refund.basis is RefundBasis.DROP_IN_PRICE, terms.refund.drop_in_price_minor
    yield from in_range(price, 1, PRICE_MINOR_MAX, "refund", "dropInPriceMinor")
    if by_price != (price is not None):
        yield contradiction(
            "A refund by DROP_IN_PRICE, and no other, has a drop-in price.", "refund", "dropInPriceMinor"
        )
