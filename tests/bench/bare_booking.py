"""The floor of booking: the statements that a paid booking cannot do without, written out, with nothing decided.

It reads what the rules would read and writes what the operation writes, in one transaction: the operation with its
idempotency key, the visit, its claim, the ledger, the events, the pass's schedule.
"""

import json
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from models.tables.base import new_id
from tests.bench.store import Store

_LOCK = (
    "SELECT id FROM passes WHERE business_id = $1 AND client_id = $2 AND closed_reason IS NULL ORDER BY id FOR UPDATE"
)
_FACTS = (
    """SELECT p.*, v.terms FROM passes p JOIN purchase_option_versions v
         ON v.business_id = p.business_id AND v.option_id = p.option_id AND v.version = p.option_version
       WHERE p.business_id = $1 AND p.id = ANY($2)""",
    "SELECT * FROM periods WHERE business_id = $1 AND pass_id = ANY($2)",
    "SELECT * FROM lots WHERE business_id = $1 AND pass_id = ANY($2) ORDER BY id",
    "SELECT * FROM holds WHERE business_id = $1 AND pass_id = ANY($2) AND removed_at IS NULL",
    """SELECT c.*, v.starts_at FROM claims c JOIN visits v ON v.business_id = c.business_id AND v.id = c.visit_id
       WHERE c.business_id = $1 AND c.pass_id = ANY($2) AND c.released_at IS NULL""",
)
_PLACE = """SELECT s.category, l.zone FROM services s JOIN locations l ON l.business_id = s.business_id
            WHERE s.business_id = $1 AND s.id = $2 AND l.id = $3"""
_OPERATION = """
INSERT INTO operations (business_id, id, verb, role, idempotency_key, input_hash, input, state, result, at, recorded_at)
VALUES ($1, $2, 'bookVisits', 'STAFF', $3, $4, $5, 'PENDING', '{}', $6, $6) ON CONFLICT DO NOTHING
"""
_VISIT = """
INSERT INTO visits (business_id, id, client_id, service_id, location_id, starts_at, ends_at, day, booked_at, state,
                    pass_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'BOOKED', $10)
"""
_MOVE = """
WITH moved AS (
    UPDATE lots SET available = available - 1, booked = booked + 1 WHERE business_id = $1 AND id = $3
)
INSERT INTO transfers (business_id, id, lot_id, pass_id, operation_id, visit_id, from_account, to_account, quantity,
                       effective_at, recorded_at)
VALUES ($1, $2, $3, $4, $5, $6, 'AVAILABLE', 'BOOKED', 1, $7, $7)
"""
_CLAIM = """
INSERT INTO claims (business_id, id, visit_id, pass_id, lot_id, quantity, account, pinned, reason, operation_id,
                    claimed_at)
VALUES ($1, $2, $3, $4, $5, 1, 'BOOKED', false, $6, $7, $8)
"""
_EVENTS = """
INSERT INTO events (business_id, id, operation_id, type, pass_id, visit_id, at, data)
VALUES ($1, $2, $3, 'visit.booked', NULL, $4, $5, '{}'), ($1, $6, $3, 'visit.paid', $7, $4, $5, '{}')
"""
_SCHEDULE = "UPDATE passes SET next_due_at = ends_at, next_due_kind = 'EXPIRE' WHERE business_id = $1 AND id = $2"
_DONE = "UPDATE operations SET state = 'DONE', result = $3 WHERE business_id = $1 AND id = $2"


async def book_bare(connection: asyncpg.Connection, store: Store, client: UUID, starts_at: datetime, key: str) -> None:
    """Book one visit, paid by the first pass that has a unit left."""
    business, operation, visit, now = store.studio, new_id(), new_id(), starts_at - timedelta(days=1)
    await connection.execute("BEGIN")
    await connection.fetchrow("SELECT * FROM businesses WHERE id = $1", business)
    await connection.execute(_OPERATION, business, operation, key, b"", json.dumps({"client": str(client)}), now)
    passes = [row["id"] for row in await connection.fetch(_LOCK, business, client)]
    _, _, lots, _, _ = [await connection.fetch(each, business, passes) for each in _FACTS]
    await connection.fetchrow(_PLACE, business, store.service, store.location)
    lot = next(lot for lot in lots if lot["available"])
    paying = lot["pass_id"]
    times = (starts_at, starts_at + timedelta(hours=1), starts_at.date(), now)
    await connection.execute(_VISIT, business, visit, client, store.service, store.location, *times, paying)
    await connection.execute(_MOVE, business, new_id(), lot["id"], paying, operation, visit, now)
    reason = json.dumps({"chosenBy": "DEFAULT", "lotKind": "GRANT", "passedOver": []})
    await connection.execute(_CLAIM, business, new_id(), visit, paying, lot["id"], reason, operation, now)
    await connection.execute(_EVENTS, business, new_id(), operation, visit, now, new_id(), paying)
    await connection.execute(_SCHEDULE, business, paying)
    await connection.execute(_DONE, business, operation, json.dumps({"visits": [str(visit)]}))
    await connection.execute("COMMIT")
