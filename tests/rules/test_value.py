"""What units are worth: shares that add up to the cent, however a lot is spent and passed on."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from models.rules.refund import Part, quote_drop_in, quote_units
from models.rules.timeline import free_days
from models.rules.value import ORDER, passed_on, share_of, shares, unused_of_days
from models.rules.values import Account

balances = st.fixed_dictionaries({account: st.integers(0, 40) for account in ORDER})
values = st.integers(0, 1_000_000)


def test_every_account_but_the_source_has_a_share() -> None:
    assert set(ORDER) == set(Account) - {Account.ISSUED}
    assert len(ORDER) == len(set(ORDER))


@given(values, balances)
def test_shares_add_up_to_the_value_of_the_lot(value: int, held: dict[Account, int]) -> None:
    found = shares(value, held)
    assert sum(found.values()) == (value if sum(held.values()) else 0)
    assert all(share >= 0 for share in found.values())


@given(values, balances)
def test_a_share_is_within_a_cent_of_price_by_granted(value: int, held: dict[Account, int]) -> None:
    issued = sum(held.values())
    for account, share in shares(value, held).items():
        assert abs(share * issued - value * held[account]) <= issued


@given(values, st.lists(st.integers(1, 9), min_size=1, max_size=9), st.integers(0, 30))
def test_what_goes_on_in_parts_is_what_goes_on_at_once(value: int, parts: list[int], rest: int) -> None:
    issued = sum(parts) + rest
    gone, carried = 0, 0
    for part in parts:
        carried += passed_on(value, issued, gone, part)
        gone += part
    assert carried == share_of(value, sum(parts), issued)
    held = {Account.TRANSFERRED: gone, Account.AVAILABLE: rest}
    assert shares(value, held)[Account.TRANSFERRED] == carried


@given(values, balances, st.data())
def test_refunding_in_parts_pays_what_refunding_at_once_pays(
    value: int, held: dict[Account, int], data: st.DataObject
) -> None:
    left, paid, current = held[Account.AVAILABLE], 0, dict(held)
    at_once = quote_units(value, held, left)
    while current[Account.AVAILABLE]:
        part = data.draw(st.integers(1, current[Account.AVAILABLE]))
        paid += quote_units(value, current, part)
        current[Account.AVAILABLE] -= part
        current[Account.REFUNDED] += part
    assert paid == at_once
    assert 0 <= at_once <= value


def test_half_of_ten_classes_for_150_is_75() -> None:
    held = dict.fromkeys(ORDER, 0) | {Account.USED: 5, Account.AVAILABLE: 5}
    assert quote_units(15_000, held, 5) == 7_500
    assert quote_units(10_000, dict.fromkeys(ORDER, 0) | {Account.AVAILABLE: 3}, 1) == 3_333


@given(values, st.integers(1, 400), st.data())
def test_the_unused_days_of_a_period_shrink_to_nothing(price: int, days: int, data: st.DataObject) -> None:
    left = data.draw(st.integers(0, days))
    assert unused_of_days(price, days, days) == price
    assert unused_of_days(price, days, 0) == 0
    assert unused_of_days(price, days, left) >= price * left // days
    assert unused_of_days(price, None, 0) == 0


def test_used_at_the_drop_in_price_never_costs_more_than_the_period() -> None:
    assert quote_drop_in([Part(15_000, 4)], 2_000) == 7_000
    assert quote_drop_in([Part(15_000, 9), Part(15_000, 0)], 2_000) == 15_000


dates = st.dates(date(2026, 1, 1), date(2026, 3, 1))


@given(dates, st.integers(0, 40), st.lists(st.tuples(st.integers(0, 70), st.integers(0, 20)), max_size=3))
def test_free_days_are_those_on_which_no_freeze_lies(first: date, length: int, holds: list[tuple[int, int]]) -> None:
    last = date.fromordinal(first.toordinal() + length)
    frozen = sorted((start, start + held) for start, held in holds)
    merged: list[tuple[int, int]] = []
    for start, end in frozen:
        if merged and start <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    base = date(2026, 1, 1).toordinal()
    ranges = [(date.fromordinal(base + start), date.fromordinal(base + end)) for start, end in merged]
    days = [date.fromordinal(each) for each in range(first.toordinal(), last.toordinal() + 1)]
    assert free_days(first, last, ranges) == sum(not any(a <= day <= b for a, b in ranges) for day in days)
