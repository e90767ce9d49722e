"""What units are worth. A lot carries a value in minor units, and each of its accounts a share that adds up to it.

A visit's value is price ÷ granted. Shares are cut off a running sum, so that no cent is made or lost however a lot is
spent: what went on to another lot is cut first, what is still available last.
"""

from collections.abc import Mapping

from models.rules.values import Account

ORDER = (
    Account.TRANSFERRED,
    Account.CONVERTED,
    Account.REFUNDED,
    Account.USED,
    Account.FORFEITED,
    Account.EXPIRED,
    Account.ADJUSTED,
    Account.BOOKED,
    Account.AVAILABLE,
)
"""The order in which the accounts of a lot are cut off its value."""


def shares(value_minor: int, balances: Mapping[Account, int]) -> dict[Account, int]:
    """Return what the units in each account are worth; together exactly `value_minor` where anything was issued."""
    issued = sum(balances.get(account, 0) for account in ORDER)
    found, units = {}, 0
    for account in ORDER:
        before = share_of(value_minor, units, issued)
        units += balances.get(account, 0)
        found[account] = share_of(value_minor, units, issued) - before
    return found


def share_of(value_minor: int, units: int, issued: int) -> int:
    """Return what `units` of `issued` are worth, rounded down."""
    return value_minor * units // issued if issued else 0


def taken_with(value_minor: int, balances: Mapping[Account, int], quantity: int, account: Account) -> int:
    """Return the value that goes with `quantity` units which leave a lot by `account`, as its accounts stand before."""
    issued = sum(balances.get(each, 0) for each in ORDER)
    before = sum(balances.get(each, 0) for each in ORDER[: ORDER.index(account) + 1])
    return passed_on(value_minor, issued, before, quantity)


def passed_on(value_minor: int, issued: int, before: int, quantity: int) -> int:
    """Return the value that goes with `quantity` units to another lot, where `before` went already."""
    return share_of(value_minor, before + quantity, issued) - share_of(value_minor, before, issued)


def unused_of_days(price_minor: int, days: int | None, left: int) -> int:
    """Return what of a price is unused where `left` of its `days` are; a period without an end is used at once."""
    if days is None:
        return 0
    return price_minor - share_of(price_minor, days - left, days)
