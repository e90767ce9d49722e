"""How a package is split and taken apart: every cent has its place, and nothing holds itself."""

from dataclasses import replace
from datetime import date
from itertools import pairwise
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from models.rules.package_split import split, split_around
from models.rules.packages import (
    Override,
    PackageItem,
    PackageTerms,
    circle,
    laid_out,
    override_json,
    package_from_json,
    package_problems,
    package_to_json,
    parts_count,
    unspent_value,
)
from models.rules.policies import Offer, Restriction
from models.rules.terms import Terms, Validity, terms_to_json, terms_with
from models.rules.values import Activation, PackageItemKind, PassKind, RestrictionPer, ValidityRule

money = st.integers(0, 1_000_000)
weights = st.lists(money, min_size=1, max_size=12)
OPTIONS = {uuid4(): Terms(PassKind.SESSION, price, 5) for price in (0, 1, 999, 12_000)}
KINDS = PackageItemKind


@given(money, weights)
def test_shares_are_exact_and_near_their_proportion(price: int, own: list[int]) -> None:
    shares = split(price, own)
    total = sum(own)
    assert sum(shares) == price
    assert len(shares) == len(own)
    for share, weight in zip(shares, own, strict=True):
        exact = price * weight / total if total else price / len(own)
        assert abs(share - exact) < 1 + 1e-6
    for one, a in zip(own, shares, strict=True):
        assert all(a >= b for other, b in zip(own, shares, strict=True) if one > other)


def test_ties_go_to_the_earlier_part_and_nothing_is_split_alike() -> None:
    assert split(10, [1, 1, 1]) == [4, 3, 3]
    assert split(5, [0, 0]) == [3, 2]
    assert split(100, [0, 7]) == [0, 100]
    assert split(0, [3, 4]) == [0, 0]


@given(weights, st.data())
def test_stated_shares_stand_and_the_rest_is_split(own: list[int], data: st.DataObject) -> None:
    stated = [data.draw(st.none() | st.integers(0, 5_000)) for _ in own]
    fixed = sum(share for share in stated if share is not None)
    price = fixed if None not in stated else fixed + data.draw(money)
    shares = split_around(price, own, stated)
    assert sum(shares) == price
    assert all(share == said for share, said in zip(shares, stated, strict=True) if said is not None)
    free = [n for n, said in enumerate(stated) if said is None]
    if free:
        assert [shares[n] for n in free] == split(price - fixed, [own[n] for n in free])


lines = st.one_of(
    st.builds(PackageItem, st.just(KINDS.PASS), st.integers(1, 4), option_id=st.sampled_from(sorted(OPTIONS))),
    st.builds(PackageItem, st.just(KINDS.GOODS), st.integers(1, 3), name=st.just("Mat"), value_minor=money),
    st.builds(PackageItem, st.just(KINDS.CREDIT), value_minor=st.integers(1, 5_000)),
)
packages = st.builds(PackageTerms, money, st.lists(lines, min_size=1, max_size=5).map(tuple))


@given(packages, packages, st.integers(1, 3))
def test_what_is_sold_of_a_package_costs_its_price(inner: PackageTerms, outer: PackageTerms, times: int) -> None:
    inside = uuid4()
    held = PackageItem(KINDS.PACKAGE, times, package_id=inside)
    whole = replace(outer, items=(*outer.items, held))
    parts, extras = laid_out(whole, OPTIONS, {inside: inner})
    assert sum(each.share_minor for each in parts) + sum(each.share_minor for each in extras) == whole.price_minor
    assert len(parts) + len(extras) == parts_count(whole, {inside: inner})
    passes = sum(item.quantity for item in outer.items if item.option_id) + times * sum(
        item.quantity for item in inner.items if item.option_id
    )
    assert len(parts) == passes
    for part in parts:
        assert part.terms.price_minor == part.share_minor
        assert replace(part.terms, price_minor=0) == replace(OPTIONS[part.option_id], price_minor=0)
    credit = [extra.value_minor for extra in extras if extra.kind is KINDS.CREDIT]
    assert sum(credit) == sum(item.value_minor or 0 for item in outer.items if item.kind is KINDS.CREDIT) + times * sum(
        item.value_minor or 0 for item in inner.items if item.kind is KINDS.CREDIT
    )


def test_the_outer_word_counts_before_the_inner_and_both_before_the_option() -> None:
    option, inside = uuid4(), uuid4()
    own = Terms(PassKind.SESSION, 500, 5, start_within_days=9, activation=Activation.ON_FIRST_VISIT)
    once = Restriction(1, RestrictionPer.DAY)
    day = Validity(ValidityRule.FIXED_DAY, last_day=date(2030, 1, 1))
    inner = PackageTerms(
        100,
        (PackageItem(KINDS.PASS, option_id=option),),
        Override(activation=Activation.ON_SALE, restrictions=(once,)),
    )
    outer = PackageTerms(80, (PackageItem(KINDS.PACKAGE, package_id=inside),), Override(day, restrictions=()))
    (part,), _ = laid_out(outer, {option: own}, {inside: inner})
    assert (part.terms.validity, part.terms.activation, part.terms.restrictions) == (day, Activation.ON_SALE, ())
    assert (part.terms.start_within_days, part.terms.price_minor) == (None, 80)
    assert override_json(Override()) == {}
    assert terms_with(own, {}) == own
    assert terms_to_json(own)["priceMinor"] == 500


@given(packages)
def test_a_package_is_kept_as_it_was(terms: PackageTerms) -> None:
    kept = replace(terms, override=Override(Validity(), Activation.ON_SALE, 3, ()), offer=Offer(per_client_max=2))
    assert package_from_json(package_to_json(kept)) == kept
    assert package_from_json(package_to_json(terms)) == terms


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=12))
def test_a_circle_is_found_where_there_is_one(edges: list[tuple[int, int]]) -> None:
    names = [UUID(int=n) for n in range(6)]
    holds: dict[UUID, list[UUID]] = {name: [] for name in names}
    for a, b in edges:
        holds[names[a]].append(names[b])
    way = circle(names[0], holds)
    reached, todo = set(), list(holds[names[0]])
    while todo:
        each = todo.pop()
        if each not in reached:
            reached.add(each)
            todo += holds[each]
    assert (way is not None) == (names[0] in reached)
    if way is not None:
        assert way[0] == way[-1] == names[0]
        assert all(b in holds[a] for a, b in pairwise(way))


@given(money, st.integers(1, 10_000), st.data())
def test_credit_taken_back_is_worth_its_part_of_the_share(share: int, credit: int, data: st.DataObject) -> None:
    taken = data.draw(st.integers(0, credit))
    value = unspent_value(share, credit, taken)
    assert 0 <= value <= share
    assert unspent_value(share, credit, credit) == share
    assert value + unspent_value(share, credit, credit - taken) <= share


def test_an_item_has_what_its_kind_has_and_shares_sum() -> None:
    one = PackageItem(KINDS.PASS, option_id=next(iter(OPTIONS)))
    goods = PackageItem(KINDS.GOODS, name="Mat", value_minor=5)

    def paths(*items: PackageItem, price: int = 100, **more: object) -> list[str]:
        terms = PackageTerms(price, items, **more)  # type: ignore[arg-type]
        return [".".join(path) for path, _ in package_problems(terms)]

    assert paths(one, goods) == []
    assert paths(goods) == ["items"]
    assert paths(one, replace(goods, option_id=one.option_id)) == ["items.1.purchaseOptionId"]
    assert paths(one, replace(goods, package_id=uuid4())) == ["items.1.packageId"]
    assert paths(replace(one, name="x")) == ["items.0.name"]
    assert paths(replace(one, value_minor=1)) == ["items.0.valueMinor"]
    assert paths(replace(one, quantity=0)) == ["items.0.quantity"]
    assert paths(replace(one, share_minor=99)) == ["items"]
    assert paths(replace(one, share_minor=101), goods) == ["items"]
    assert paths(replace(one, share_minor=99), goods) == []
    assert paths(replace(one, share_minor=100), replace(goods, share_minor=0)) == []
    assert paths(one, override=Override(start_within_days=3)) == ["override.startWithinDays"]
    assert paths(one, offer=Offer(per_client_max=0)) == ["offer.perClientMax"]


def test_a_line_weighs_as_much_as_all_that_it_holds() -> None:
    one, two = (replace(next(iter(OPTIONS.values())), price_minor=price) for price in (300, 600))
    options = {uuid4(): one, uuid4(): two}
    first, second = options
    items = (PackageItem(KINDS.PASS, 2, option_id=first), PackageItem(KINDS.PASS, option_id=second))
    parts, _ = laid_out(PackageTerms(800, items), options, {})
    assert [part.share_minor for part in parts] == [200, 200, 400]
