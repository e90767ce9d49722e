"""Undo what was created: a place, a service, a client or a household that nothing names is archived.

The row stays, for the history names it; no list shows it any more, no verb finds it, and its name is free again.
"""

from uuid import UUID

from sqlalchemy import Table
from sqlalchemy.exc import IntegrityError

from models.errors import refuse
from models.operations.base import Changed, Tx
from models.operations.undo.dependents import STANDING, depended_on
from models.operations.undo.done import Done
from models.rules.codes import Code
from models.tables.catalogue import locations, services
from models.tables.people import clients, households
from models.tables.sandboxes import sandboxes

# What was written by an operation says so in its event; what came with a file, in the import of that file.
_IMPORTED = """(
    SELECT i.operation_id FROM external_refs r JOIN imports i ON i.business_id = r.business_id AND i.id = r.import_id
    WHERE r.row_id = {0} LIMIT 1
)"""
_WROTE = f"""coalesce((
    SELECT e.operation_id FROM events e
    WHERE e.type IN ('{{0}}.created', '{{0}}.revised') AND e.data->>'{{1}}' = {{2}}::text
      AND {STANDING.format("e.operation_id")} ORDER BY e.id DESC LIMIT 1), {_IMPORTED.format("{2}")})"""
_VISITED = f"""
SELECT coalesce((SELECT e.operation_id FROM events e
                 WHERE e.visit_id = v.id AND e.type = 'visit.booked' AND NOT e.data ? 'was' ORDER BY e.id LIMIT 1),
                {_IMPORTED.format("v.id")}) AS id
FROM visits v WHERE v.{{0}} = $1
"""
# Terms and packages that are sold now or were sold, and name it.
_NAMED = f"""
SELECT {_WROTE.format("purchaseOption", "option", "o.id")}
FROM purchase_options o JOIN purchase_option_versions v ON v.business_id = o.business_id AND v.option_id = o.id
WHERE position($1::text IN v.terms::text) > 0 AND ((o.archived_at IS NULL AND v.version = o.current_version) OR EXISTS (
    SELECT FROM passes p WHERE p.business_id = v.business_id AND p.option_id = v.option_id
      AND p.option_version = v.version AND p.closed_reason IS NULL))
UNION
SELECT {_WROTE.format("package", "package", "k.id")}
FROM packages k JOIN package_versions v ON v.business_id = k.business_id AND v.package_id = k.id
WHERE position($1::text IN v.terms::text) > 0 AND ((k.archived_at IS NULL AND v.version = k.current_version) OR EXISTS (
    SELECT FROM package_sales s WHERE s.business_id = v.business_id AND s.package_id = v.package_id
      AND s.package_version = v.version AND s.refunded_at IS NULL))
"""
_OF_LOCATION = f"""
{_VISITED.format("location_id")} UNION {_NAMED}
UNION SELECT c.operation_id FROM closures c WHERE c.location_id = $1
UNION SELECT {_WROTE.format("client", "client", "c.id")}
FROM clients c WHERE c.home_location_id = $1 AND c.archived_at IS NULL
"""
_OF_SERVICE = f"{_VISITED.format('service_id')} UNION {_NAMED}"
_OF_CLIENT = f"""
{_VISITED.format("client_id")}
UNION SELECT o.operation_id FROM orders o WHERE o.client_id = $1 AND o.state <> 'FAILED'
UNION SELECT n.operation_id FROM passes p JOIN periods n ON n.business_id = p.business_id AND n.pass_id = p.id
WHERE p.client_id = $1
UNION SELECT s.operation_id FROM shares s WHERE s.client_id = $1 AND s.state <> 'REMOVED'
UNION SELECT c.operation_id FROM client_credits c WHERE c.client_id = $1 AND NOT EXISTS (
    SELECT FROM orders o WHERE o.business_id = c.business_id AND o.id = c.order_id AND o.state = 'FAILED')
UNION SELECT e.operation_id FROM events e WHERE e.type = 'client.typesSet' AND e.data->>'client' = $1::text
UNION SELECT (SELECT e.operation_id FROM events e WHERE e.type = 'household.joined' AND e.data->>'client' = c.id::text
                AND {STANDING.format("e.operation_id")} ORDER BY e.id DESC LIMIT 1)
FROM clients c WHERE c.id = $1 AND c.household_id IS NOT NULL
"""
_OF_HOUSEHOLD = f"""
SELECT (SELECT e.operation_id FROM events e WHERE e.type = 'household.joined' AND e.data->>'client' = c.id::text
          AND {STANDING.format("e.operation_id")} ORDER BY e.id DESC LIMIT 1) AS id
FROM clients c WHERE c.household_id = $1
"""
_OF_SANDBOX = """
SELECT o.id FROM operations o WHERE o.verb = 'playSandbox' AND o.state = 'DONE' AND o.result->'rows'->>'sandbox' = $1
"""


_THINGS: dict[str, Table] = {"location": locations, "service": services, "client": clients, "household": households}


async def undo_location(tx: Tx, done: Done) -> Changed:
    """Archive a location. Errors: DEPENDED_ON for visits, closures, terms and clients that name it."""
    return await _archive(tx, done, locations, "location", _OF_LOCATION)


async def undo_service(tx: Tx, done: Done) -> Changed:
    """Archive a service. Errors: DEPENDED_ON for visits and terms that name it."""
    return await _archive(tx, done, services, "service", _OF_SERVICE)


async def undo_client(tx: Tx, done: Done) -> Changed:
    """Archive a client. Errors: DEPENDED_ON for all that is theirs; NOT_UNDOABLE for one who has a key of their own."""
    client_id = done.changed.rows["client"]
    await tx.raw.execute("SELECT FROM clients WHERE id = $1 FOR UPDATE", client_id)
    if await tx.raw.fetchval("SELECT count(*) FROM api_keys WHERE client_id = $1 AND revoked_at IS NULL", client_id):
        raise refuse(
            Code.NOT_UNDOABLE,
            "operationId",
            sentence="the client has a key of their own.",
            remedy="Let the operator revoke the key first.",
        )
    return await _archive(tx, done, clients, "client", _OF_CLIENT)


async def undo_household(tx: Tx, done: Done) -> Changed:
    """Archive a household. Errors: DEPENDED_ON for whoever has joined it and not left."""
    return await _archive(tx, done, households, "household", _OF_HOUSEHOLD)


async def restore(tx: Tx, done: Done) -> Changed:
    """Bring back what was archived because its creation had been undone. Errors: NAME_TAKEN, NOTHING_TO_DO."""
    thing, table = next((name, table) for name, table in _THINGS.items() if name in done.changed.rows)
    row_id = done.changed.rows[thing]
    if await tx.raw.fetchval(f"SELECT archived_at IS NULL FROM {table.name} WHERE id = $1 FOR UPDATE", row_id):
        raise refuse(Code.NOTHING_TO_DO, "operationId", sentence="it is there already.")
    try:
        await tx.update(table, row_id, archived_at=None)
    except IntegrityError as error:
        raise refuse(Code.NAME_TAKEN, "operationId", thing=thing) from error
    await tx.event(f"{thing}.restored", **{thing: row_id})
    return Changed(rows={thing: row_id})


async def undo_sandbox(tx: Tx, done: Done) -> Changed:
    """Discard a sandbox that nobody has played: it is listed no more. Errors: DEPENDED_ON."""
    sandbox_id = done.changed.rows["sandbox"]
    await tx.raw.execute("SELECT FROM sandboxes WHERE id = $1 FOR UPDATE", sandbox_id)
    played = await tx.raw.fetch(_OF_SANDBOX, str(sandbox_id))
    if played:
        raise await depended_on(tx, [row["id"] for row in played])
    await tx.update(sandboxes, sandbox_id, discarded_at=tx.now)
    await tx.event("sandbox.discarded", sandbox=sandbox_id)
    return Changed(rows={"sandbox": sandbox_id})


async def _archive(tx: Tx, done: Done, table: Table, thing: str, naming: str) -> Changed:
    """Lock the row, so that nobody comes to name it, and archive it where no standing operation does."""
    row_id: UUID = done.changed.rows[thing]
    await tx.raw.execute(f"SELECT FROM {table.name} WHERE id = $1 FOR UPDATE", row_id)
    standing = f"SELECT DISTINCT n.id FROM ({naming}) n WHERE n.id IS NOT NULL AND {STANDING.format('n.id')}"
    later = await tx.raw.fetch(standing, row_id)
    if later:
        raise await depended_on(tx, [row["id"] for row in later])
    await tx.update(table, row_id, archived_at=tx.now)
    await tx.event(f"{thing}.archived", **{thing: row_id})
    return Changed(rows={thing: row_id})
