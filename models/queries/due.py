"""What is due, in every business, in time that grows with what is due and not with what exists."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import asyncpg

from models.rules.values import DueKind

_LEASE = """
WITH due AS (
    SELECT business_id, id FROM passes
    WHERE next_due_at <= $1 AND NOT on_test_clock AND next_due_at IS NOT NULL
      AND (claimed_until IS NULL OR claimed_until <= $1)
    ORDER BY next_due_at
    LIMIT $2
    FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE passes p SET claimed_until = $3 FROM due
WHERE p.business_id = due.business_id AND p.id = due.id
RETURNING p.business_id, p.id, p.next_due_at, p.next_due_kind
"""


@dataclass(frozen=True, slots=True)
class DuePass:
    """One pass with something due, leased to whoever asked."""

    business_id: UUID
    pass_id: UUID
    at: datetime
    kind: DueKind
    lease: UUID = field(default_factory=uuid4)

    @property
    def thing(self) -> str:
        """A name for what is due: the same thing has the same name, whoever leases it."""
        return f"due:{self.kind}:{self.pass_id}:{self.at.isoformat()}"

    @property
    def key(self) -> str:
        """The idempotency key of doing it under this lease.

        It names the lease as well: the same thing can fall due again after a decline or a revival, and must then be
        done, not answered from what the key has kept. That it is done once is for the look under the lock to see to.
        """
        return f"{self.thing}:{self.lease.hex}"


@dataclass(frozen=True, slots=True)
class OpenPayment:
    """A charge (or a refund, where it is one) that was intended and whose outcome nobody has settled."""

    business_id: UUID
    payment_id: UUID
    intended_at: datetime
    refund: bool = False


@dataclass(frozen=True, slots=True)
class Backlog:
    """What ought to have been done by itself and has not been, in all businesses that live in real time."""

    due: int
    oldest_due_at: datetime | None
    open_payments: int
    oldest_payment_at: datetime | None


async def lease_due(sweeper: asyncpg.Connection, now: datetime, lease: timedelta, limit: int) -> list[DuePass]:
    """Lease up to `limit` due passes that nobody holds, the longest due first. A lease that is not kept runs out."""
    rows = await sweeper.fetch(_LEASE, now, limit, now + lease)
    return [DuePass(row["business_id"], row["id"], row["next_due_at"], DueKind(row["next_due_kind"])) for row in rows]


async def next_due_after(sweeper: asyncpg.Connection, now: datetime) -> datetime | None:
    """Return when the next thing falls due after `now`, so that a sweep can wake for it."""
    found: datetime | None = await sweeper.fetchval(
        "SELECT min(next_due_at) FROM passes WHERE next_due_at > $1 AND next_due_at IS NOT NULL AND NOT on_test_clock",
        now,
    )
    return found


async def backlog(sweeper: asyncpg.Connection, now: datetime) -> Backlog:
    """Return what waits to be done at `now`: passes past due, and charges and refunds nobody has settled."""
    row = await sweeper.fetchrow(
        """SELECT * FROM (
               SELECT count(*), min(next_due_at) FROM passes
               WHERE next_due_at <= $1 AND next_due_at IS NOT NULL AND NOT on_test_clock
           ) AS passes_due(due, oldest_due_at), (
               SELECT count(*), min(intended_at) FROM (
                   SELECT intended_at FROM payments WHERE state IN ('INTENDED', 'UNKNOWN')
                   UNION ALL SELECT intended_at FROM refunds WHERE state IN ('INTENDED', 'UNKNOWN')
               ) AS open_money
           ) AS payments_open(open_payments, oldest_payment_at)""",
        now,
    )
    assert row is not None
    return Backlog(**dict(row))


async def due_on_test_clock(reader: asyncpg.Connection, until: datetime) -> list[tuple[UUID, datetime, DueKind]]:
    """Return what the earliest due instant up to `until` holds, in a business with a test clock."""
    rows = await reader.fetch(
        """SELECT id, next_due_at, next_due_kind FROM passes
           WHERE on_test_clock AND next_due_at IS NOT NULL AND next_due_at <= $1
           ORDER BY next_due_at, id LIMIT 500""",
        until,
    )
    return _of_the_first_instant(rows)


async def due_of(
    reader: asyncpg.Connection, pass_ids: Sequence[UUID], until: datetime
) -> list[tuple[UUID, datetime, DueKind]]:
    """Return what the earliest due instant up to `until` holds for these passes."""
    rows = await reader.fetch(
        """SELECT id, next_due_at, next_due_kind FROM passes
           WHERE id = ANY($1) AND next_due_at IS NOT NULL AND next_due_at <= $2 ORDER BY next_due_at, id""",
        list(pass_ids),
        until,
    )
    return _of_the_first_instant(rows)


def _of_the_first_instant(rows: Sequence[asyncpg.Record]) -> list[tuple[UUID, datetime, DueKind]]:
    return [
        (row["id"], row["next_due_at"], DueKind(row["next_due_kind"]))
        for row in rows
        if row["next_due_at"] == rows[0]["next_due_at"]
    ]


async def open_payments(
    sweeper: asyncpg.Connection, before: datetime, limit: int, after: OpenPayment | None = None
) -> list[OpenPayment]:
    """Return charges and refunds intended before `before` and not settled, oldest first, behind `after` if given."""
    rows = await sweeper.fetch(
        """SELECT * FROM (
               SELECT business_id, id, intended_at, false AS refund FROM payments
               WHERE state IN ('INTENDED', 'UNKNOWN') AND intended_at <= $1
               UNION ALL
               SELECT business_id, id, intended_at, true FROM refunds
               WHERE state IN ('INTENDED', 'UNKNOWN') AND intended_at <= $1
           ) AS open_money
           WHERE $3::timestamptz IS NULL OR (intended_at, id) > ($3, $4::uuid)
           ORDER BY intended_at, id LIMIT $2""",
        before,
        limit,
        after and after.intended_at,
        after and after.payment_id,
    )
    return [OpenPayment(row["business_id"], row["id"], row["intended_at"], row["refund"]) for row in rows]
