"""What a pass is made of: its lots, periods and holds, for many passes in one statement each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Protocol, TypeVar
from uuid import UUID

import asyncpg

from models.queries.balances import ACCOUNTS, Balance
from models.rules.calendar import local_day
from models.rules.values import HoldCause, HoldKind, LotKind, LotUnit


@dataclass(frozen=True, slots=True)
class LotRow:
    """A lot with its balance as of the instant it was read for. `zone` is its pass's."""

    id: UUID
    pass_id: UUID
    period_number: int
    kind: LotKind
    balance: Balance
    starts_at: datetime | None
    expires_at: datetime | None
    zone: str

    @property
    def last_day(self) -> date | None:
        """The last local day on which it can pay, None where it has no end or the end is paused."""
        return None if self.expires_at is None else local_day(self.expires_at - timedelta(microseconds=1), self.zone)


@dataclass(frozen=True, slots=True)
class PeriodRow:
    """One paid term. The price is in minor units."""

    pass_id: UUID
    number: int
    first_day: date | None
    last_day: date | None
    starts_at: datetime | None
    ends_at: datetime | None
    price_minor: int
    granted_at: datetime
    order_id: UUID | None


@dataclass(frozen=True, slots=True)
class HoldRow:
    """A hold; both days are held, and `last_day` None is open. A removed one never counted."""

    id: UUID
    pass_id: UUID
    kind: HoldKind
    first_day: date
    last_day: date | None
    requested_last_day: date | None
    reason: str | None
    placed_at: datetime
    removed_at: datetime | None
    cause: HoldCause | None
    overrides: bool


_LOTS = "SELECT l.*, p.zone FROM lots l JOIN passes p ON p.business_id = l.business_id AND p.id = l.pass_id"
_PERIODS = """
SELECT pass_id, number, first_day, last_day, starts_at, ends_at, price_minor, granted_at, order_id
FROM periods WHERE pass_id = ANY($1) AND number > 0 ORDER BY pass_id, number
"""
_HOLDS = """
SELECT id, pass_id, kind, first_day, last_day, requested_last_day, reason, placed_at, removed_at, cause, overrides
FROM holds
"""


class _OfPass(Protocol):
    @property
    def pass_id(self) -> UUID: ...


T = TypeVar("T", bound=_OfPass)


async def lots_of(reader: asyncpg.Connection, pass_ids: Sequence[UUID], now: datetime) -> dict[UUID, list[LotRow]]:
    """Return the lots of each pass in the order they were issued. One statement."""
    rows = await reader.fetch(f"{_LOTS} WHERE l.pass_id = ANY($1) ORDER BY l.id", pass_ids)
    return _by_pass(pass_ids, (_lot(row, now) for row in rows))


async def lots_by_ids(reader: asyncpg.Connection, ids: Sequence[UUID], now: datetime) -> list[LotRow]:
    """Return the lots that exist, in no order. One statement."""
    return [_lot(row, now) for row in await reader.fetch(f"{_LOTS} WHERE l.id = ANY($1)", ids)]


async def periods_of(reader: asyncpg.Connection, pass_ids: Sequence[UUID]) -> dict[UUID, list[PeriodRow]]:
    """Return the periods of each pass by number. One statement."""
    return _by_pass(pass_ids, (PeriodRow(**dict(row)) for row in await reader.fetch(_PERIODS, pass_ids)))


async def holds_of(reader: asyncpg.Connection, pass_ids: Sequence[UUID]) -> dict[UUID, list[HoldRow]]:
    """Return the holds of each pass by their first day, removed ones too. One statement."""
    rows = await reader.fetch(f"{_HOLDS} WHERE pass_id = ANY($1) ORDER BY first_day, id", pass_ids)
    return _by_pass(pass_ids, (_hold(row) for row in rows))


async def holds_by_ids(reader: asyncpg.Connection, ids: Sequence[UUID]) -> list[HoldRow]:
    """Return the holds that exist, in no order. One statement."""
    return [_hold(row) for row in await reader.fetch(f"{_HOLDS} WHERE id = ANY($1)", ids)]


def _by_pass(pass_ids: Sequence[UUID], items: Iterable[T]) -> dict[UUID, list[T]]:
    found: dict[UUID, list[T]] = {pass_id: [] for pass_id in pass_ids}
    for item in items:
        found[item.pass_id].append(item)
    return found


def _lot(row: Any, now: datetime) -> LotRow:
    over = row["expires_at"] is not None and row["expires_at"] <= now
    balance = Balance(
        unit=LotUnit(row["unit"]),
        granted=row["issued"],
        available=0 if over else row["available"],
        expired=row["expired"] + (row["available"] if over else 0),
        **{account: row[account] for account in ACCOUNTS},
    )
    return LotRow(
        row["id"],
        row["pass_id"],
        row["period_number"],
        LotKind(row["kind"]),
        balance,
        row["starts_at"],
        row["expires_at"],
        row["zone"],
    )


def _hold(row: Any) -> HoldRow:
    cause = HoldCause(row["cause"]) if row["cause"] else None
    return HoldRow(**(dict(row) | {"kind": HoldKind(row["kind"]), "cause": cause}))
