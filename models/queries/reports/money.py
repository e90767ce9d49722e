"""Reports of money. What is earned is derived from the ledger: a lot's value follows its units, to the cent.

    granted + carried in = earned + breakage + refunded + carried out + deferred

holds for every option at every instant. `granted` is the price of every period, which the paid orders add up to; a
period without an order came with a transfer, and what it is worth was carried in.
"""

from collections import defaultdict
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg

from models.queries.reports.base import OPTION, Range, Report, listed, money, number, text
from models.rules.calendar import local_day
from models.rules.timeline import HoldFacts, free_days, freezes
from models.rules.value import shares, unused_of_days
from models.rules.values import Account, HoldKind

REVENUE_BY_OPTION = Report(
    "REVENUE_BY_OPTION",
    "What periods granted in the range were sold for, by option, and what was paid back in it; goods and credit of "
    "packages by their name, without an option.",
    (OPTION, text("optionName"), number("sales"), number("renewals"), money("price"), money("refunded")),
    listed("""
        SELECT q.id, o.name, coalesce(sold.sales, 0), coalesce(sold.renewals, 0), coalesce(sold.price, 0)::bigint,
               coalesce(back.amount, 0)::bigint
        FROM purchase_options q
        JOIN purchase_option_versions o
          ON o.business_id = q.business_id AND o.option_id = q.id AND o.version = q.current_version
        CROSS JOIN asked
        LEFT JOIN LATERAL (
            SELECT count(*) FILTER (WHERE n.number = 1) AS sales, count(*) FILTER (WHERE n.number <> 1) AS renewals,
                   sum(n.price_minor) AS price
            FROM periods n JOIN passes p ON p.business_id = n.business_id AND p.id = n.pass_id
            WHERE p.business_id = q.business_id AND p.option_id = q.id AND n.order_id IS NOT NULL
              AND n.granted_at >= asked.starts_at AND n.granted_at < asked.ends_at
        ) sold ON true
        LEFT JOIN LATERAL (
            SELECT sum(r.amount_minor) AS amount
            FROM refunds r JOIN passes p ON p.business_id = r.business_id AND p.id = r.pass_id
            WHERE p.business_id = q.business_id AND p.option_id = q.id AND r.state NOT IN ('FAILED', 'TAKEN_BACK')
              AND r.package_item_id IS NULL AND r.at >= asked.starts_at AND r.at < asked.ends_at
              AND NOT EXISTS (SELECT FROM orders o WHERE o.business_id = r.business_id AND o.id = r.order_id
                              AND o.purpose = 'FEE')
        ) back ON true
        WHERE sold.sales > 0 OR sold.renewals > 0 OR back.amount > 0
        UNION ALL
        SELECT NULL, coalesce(i.name, v.name), coalesce(sum(i.quantity) FILTER (WHERE w.sold), 0)::bigint, 0,
               coalesce(sum(i.share_minor) FILTER (WHERE w.sold), 0)::bigint,
               coalesce(sum(i.refunded_minor) FILTER (WHERE w.refunded), 0)::bigint
        FROM package_items i
        JOIN package_sales k ON k.business_id = i.business_id AND k.id = i.package_sale_id
        JOIN package_versions v
          ON v.business_id = k.business_id AND v.package_id = k.package_id AND v.version = k.package_version
        CROSS JOIN asked
        CROSS JOIN LATERAL (
            SELECT k.sold_at >= asked.starts_at AND k.sold_at < asked.ends_at AS sold,
                   i.refunded_at >= asked.starts_at AND i.refunded_at < asked.ends_at AS refunded
        ) w
        WHERE w.sold OR w.refunded
        GROUP BY coalesce(i.name, v.name)
        ORDER BY 2, 1"""),
)

# Each lot as its transfers left it at the instant asked for.
_LOTS = """
SELECT p.option_id, l.kind = 'GRANT' AND n.order_id IS NOT NULL AS bought, l.value_minor, units.units
FROM lots l
JOIN passes p ON p.business_id = l.business_id AND p.id = l.pass_id
JOIN periods n ON n.business_id = l.business_id AND n.pass_id = l.pass_id AND n.number = l.period_number
CROSS JOIN LATERAL (
    SELECT jsonb_object_agg(account, units) AS units FROM (
        SELECT account, sum(quantity)::bigint AS units FROM (
            SELECT to_account AS account, quantity FROM transfers x
            WHERE x.business_id = l.business_id AND x.lot_id = l.id AND x.effective_at < $1
            UNION ALL
            SELECT from_account, -quantity FROM transfers x
            WHERE x.business_id = l.business_id AND x.lot_id = l.id AND x.effective_at < $1
        ) sides WHERE account <> 'ISSUED' GROUP BY account
    ) sums
) units(units)
WHERE l.created_at < $1
"""
_PERIODS = """
SELECT p.option_id, p.id, p.zone, n.price_minor, n.last_day,
       -- A period that was taken back was never used.
       CASE WHEN n.number > 0 THEN p.closed_reason ELSE 'REFUNDED' END AS closed_reason,
       coalesce(n.taken_back_at, p.closed_at) AS closed_at, CASE WHEN n.number > 0 THEN n.first_day END AS first_day,
       n.last_on - n.first_on + 1 + n.extra_days AS bought_days,
       CASE WHEN n.order_id IS NULL THEN n.granted_at END AS came_at
FROM periods n JOIN passes p ON p.business_id = n.business_id AND p.id = n.pass_id
WHERE p.kind IN ('UNLIMITED', 'DURATION') AND n.granted_at < $1 AND n.price_minor > 0
"""
_HOLDS = """
SELECT h.pass_id, h.kind, h.first_day, h.last_day FROM holds h
JOIN passes p ON p.business_id = h.business_id AND p.id = h.pass_id
WHERE p.kind IN ('UNLIMITED', 'DURATION') AND h.removed_at IS NULL
"""
_NAMES = """
SELECT q.id, o.name FROM purchase_options q JOIN purchase_option_versions o
  ON o.business_id = q.business_id AND o.option_id = q.id AND o.version = q.current_version
"""
_FIGURES = ("granted", "carriedIn", "earned", "breakage", "refunded", "carriedOut", "deferred")
_OF_ACCOUNT = {
    Account.TRANSFERRED: "carriedOut",
    Account.CONVERTED: "carriedOut",
    Account.REFUNDED: "refunded",
    Account.USED: "earned",
    Account.FORFEITED: "earned",
    Account.EXPIRED: "breakage",
    Account.ADJUSTED: "breakage",
    Account.BOOKED: "deferred",
    Account.AVAILABLE: "deferred",
}
_OF_CLOSED = {"REFUNDED": "refunded", "CONVERTED": "carriedOut", "TRANSFERRED": "carriedOut", "RELEASED": "breakage"}


async def _deferred(reader: asyncpg.Connection, asked: Range) -> AsyncIterator[tuple[Any, ...]]:
    """Stand at the end of the range, or now where that comes first; what happens at this instant has happened."""
    at = min(asked.ends_at, asked.now + timedelta(microseconds=1))
    sums: dict[UUID, dict[str, int]] = defaultdict(lambda: dict.fromkeys(_FIGURES, 0))
    async for row in reader.cursor(_LOTS, at, prefetch=1_000):
        _add_lot(sums[row["option_id"]], row)
    held: dict[UUID, list[HoldFacts]] = defaultdict(list)
    for row in await reader.fetch(_HOLDS):
        held[row["pass_id"]].append(HoldFacts(HoldKind(row["kind"]), row["first_day"], row["last_day"]))
    async for row in reader.cursor(_PERIODS, at, prefetch=1_000):
        _add_period(sums[row["option_id"]], row, held[row["id"]], at)
    names = {row["id"]: row["name"] for row in await reader.fetch(_NAMES)}
    for option_id in sorted(sums, key=lambda each: (names[each], each)):
        yield (option_id, names[option_id], *(sums[option_id][figure] for figure in _FIGURES))


def _add_lot(sums: dict[str, int], row: Any) -> None:
    units = row["units"] or {}
    balances = {Account(name): int(count) for name, count in units.items()}
    sums["granted" if row["bought"] else "carriedIn"] += row["value_minor"]
    for account, share in shares(row["value_minor"], balances).items():
        sums[_OF_ACCOUNT[account]] += share


def _add_period(sums: dict[str, int], row: Any, holds: list[HoldFacts], at: Any) -> None:
    """A pass that counts nothing earns by the day; what a pass left early had not earned went where the pass went."""
    price: int = row["price_minor"]
    closed = row["closed_reason"] in _OF_CLOSED and row["closed_at"] < at
    unearned = _unearned(row, holds, min(at, row["closed_at"]) if closed else at)
    sums["granted" if row["came_at"] is None else "carriedIn"] += price
    sums["earned"] += price - unearned
    sums[_OF_CLOSED[row["closed_reason"]] if closed else "deferred"] += unearned


def _unearned(row: Any, holds: list[HoldFacts], at: Any) -> int:
    first, last, today = row["first_day"], row["last_day"], local_day(at, row["zone"])
    if first is None or today < first:
        return int(row["price_minor"])
    frozen, given = freezes(holds), 0
    if row["came_at"] is not None:
        # The days until the transfer, its own included, were the giver's.
        given = free_days(first, local_day(row["came_at"], row["zone"]), frozen)
    if last is None:
        # Without an end it is earned at once; while a hold leaves the end open, what was not used is still owed.
        days = row["bought_days"]
        left = 0 if days is None else max(0, days - free_days(first, today, frozen))
        return unused_of_days(row["price_minor"], None if days is None else days - given, left)
    days = free_days(first, last, frozen)
    used = free_days(first, min(today, last), frozen)
    return unused_of_days(row["price_minor"], days - given, days - used) if days > given else 0


DEFERRED_REVENUE = Report(
    "DEFERRED_REVENUE",
    "At the end of the range: of what each option was sold for, what is earned, lapsed, refunded, carried on and owed.",
    (OPTION, text("optionName"), *(money(figure) for figure in _FIGURES)),
    _deferred,
)
