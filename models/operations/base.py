"""What every verb is handed, and what it gives back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import Table
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from models.errors import refuse
from models.queries.tenants import Business
from models.rules.calendar import local_day
from models.rules.codes import Code
from models.rules.values import OrderPurpose, PaymentMethod, Role, TestCard
from models.tables.base import new_id
from models.tables.events import events
from models.tables.statements import Statement, change, insertion

STAFF = (Role.OWNER, Role.STAFF, Role.WORKER)
"""Who may do what a member of staff may."""

FAR_PAST, FAR_FUTURE = timedelta(days=366 * 5), timedelta(days=366 * 20)
CLOCK_FIRST, CLOCK_LAST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
"""Where a test clock may stand; every day that may be asked for from there is one that can be reckoned with."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks. A CLIENT acts for `client_id` alone."""

    role: Role
    key_id: UUID | None = None
    client_id: UUID | None = None


WORKER = Actor(Role.WORKER)
"""The system itself, when something falls due."""


@dataclass(slots=True)
class Changed:
    """Which rows a verb touched, in the order to show them, and figures that no row holds."""

    passes: list[UUID] = field(default_factory=list)
    visits: list[UUID] = field(default_factory=list)
    holds: list[UUID] = field(default_factory=list)
    orders: list[UUID] = field(default_factory=list)
    rows: dict[str, UUID] = field(default_factory=dict)
    figures: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the form kept on the operation."""
        lists = {name: [str(each) for each in getattr(self, name)] for name in ("passes", "visits", "holds", "orders")}
        return {**lists, "rows": {name: str(each) for name, each in self.rows.items()}, "figures": self.figures}

    @staticmethod
    def from_json(stored: Mapping[str, Any]) -> "Changed":
        """Rebuild what `to_json` gave."""
        lists = {name: [UUID(each) for each in stored[name]] for name in ("passes", "visits", "holds", "orders")}
        rows = {name: UUID(each) for name, each in stored["rows"].items()}
        return Changed(**lists, rows=rows, figures=dict(stored["figures"]))


@dataclass(frozen=True, slots=True)
class Payment:
    """How something is paid. `present` says that the payer stands at the desk; a worker's charge never has that."""

    method: PaymentMethod
    test_card: TestCard | None = None
    present: bool = True


@dataclass(frozen=True, slots=True)
class ToPay:
    """What a verb wants charged before it can be carried out. `details` is all its fulfilment needs."""

    purpose: OrderPurpose
    client_id: UUID
    pass_id: UUID
    period_number: int
    subject_pass_id: UUID | None
    price_minor: int
    credit_minor: int
    payment: Payment | None
    details: dict[str, Any]
    gateway_key: str | None = None
    id: UUID = field(default_factory=new_id)

    @property
    def amount_minor(self) -> int:
        """What is left to charge after credit, in minor units."""
        return self.price_minor - self.credit_minor


@dataclass(slots=True)
class Tx:
    """One transaction of one business: its connection, who asks, and the one instant at which all of it happens.

    `now` is the business's own time; `real_now` is the machine's. `rings` is set where something is due at once;
    `refunds` are to be paid back once this is committed. With `covers`, what a verb gives back pays for visits that
    wait; an undoing first gives back what it took itself.
    """

    connection: AsyncConnection
    raw: asyncpg.Connection
    business: Business
    actor: Actor
    now: datetime
    real_now: datetime
    operation_id: UUID
    dry_run: bool = False
    rings: bool = False
    covers: bool = True
    refunds: list[UUID] = field(default_factory=list)

    @property
    def today(self) -> date:
        """The business's local date."""
        return local_day(self.now, self.business.zone)

    def require(self, *roles: Role) -> None:
        """Refuse where the caller has none of the roles."""
        if self.actor.role not in roles:
            raise refuse(Code.FORBIDDEN, roles=" or ".join(role for role in roles if role is not Role.WORKER))

    def require_client(self, client_id: UUID, thing: str, *path: str) -> None:
        """Answer a client who reaches for somebody else's things as if they did not exist."""
        if self.actor.role is Role.CLIENT and self.actor.client_id != client_id:
            raise refuse(Code.NOT_FOUND, *path, thing=thing)

    async def insert(self, table: Table, *rows: Mapping[str, Any]) -> None:
        """Insert rows of this business."""
        for row in rows:
            statement = insertion(table, ("business_id", *row))
            await self._write(statement, {"business_id": self.business.id, **row})

    async def update(self, table: Table, row_id: UUID, **values: Any) -> None:
        """Change one row by its id."""
        statement = change(table, tuple(values))
        await self._write(statement, {**values, "business_id": self.business.id, "id": row_id})

    async def _write(self, statement: Statement, row: Mapping[str, Any]) -> None:
        """Write one row. A broken constraint is told as SQLAlchemy tells it, whichever way a row was written."""
        values = statement.values(row)
        try:
            await self.raw.execute(statement.text, *values)
        except asyncpg.IntegrityConstraintViolationError as error:
            raise IntegrityError(statement.text, values, error) from error

    async def row(self, statement: str, *values: Any) -> asyncpg.Record:
        """Return the one row that is known to be there, because it is locked or was just written."""
        found = await self.raw.fetchrow(statement, *values)
        assert found is not None, "a row under our lock is gone"
        return found

    async def event(self, kind: str, *, pass_id: UUID | None = None, visit_id: UUID | None = None, **data: Any) -> None:
        """Write down that something happened, in this same transaction."""
        await self.insert(
            events,
            {
                "id": new_id(),
                "operation_id": self.operation_id,
                "type": kind,
                "pass_id": pass_id,
                "visit_id": visit_id,
                "at": self.now,
                "data": plain(data),
                "published_at": None,
            },
        )


def plain(value: Any) -> Any:
    """Return `value` with everything JSON does not know turned into text."""
    if isinstance(value, Mapping):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if isinstance(value, (set, frozenset)):
        return sorted(plain(each) for each in value)
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    return value


def violated(error: IntegrityError) -> str:
    """Return the name of the constraint an insert or update broke, or nothing."""
    cause: BaseException | None = error.orig
    while cause is not None:
        name = getattr(cause, "constraint_name", None)
        if name:
            return str(name)
        cause = cause.__cause__
    return ""


def checked_count(value: int, low: int, high: int, *path: str) -> int:
    """Return `value` where it lies in the range, both ends included."""
    if not low <= value <= high:
        raise refuse(Code.QUANTITY_OUT_OF_RANGE, *path, field=path[-1], low=low, high=high)
    return value


def checked_text(value: str, low: int, high: int, *path: str) -> str:
    """Return the text without outer spaces, where its length and its characters are acceptable."""
    stripped = value.strip()
    if not low <= len(stripped) <= high or any(ord(sign) < 32 for sign in stripped):
        raise refuse(Code.TEXT_OUT_OF_RANGE, *path, field=path[-1], low=low, high=high)
    return stripped


def checked_day(tx: Tx, value: date, *path: str) -> date:
    """Return the day where it lies within five years back and twenty ahead of the business's today."""
    low, high = tx.today - FAR_PAST, tx.today + FAR_FUTURE
    if not low <= value <= high:
        raise refuse(Code.DATE_OUT_OF_RANGE, *path, field=path[-1], low=low, high=high)
    return value


def unique(ids: Sequence[UUID]) -> list[UUID]:
    """Return the ids without repeats, in their order."""
    return list(dict.fromkeys(ids))
