"""Open the `Tx` of a transaction, and write its operation's result."""

from sqlalchemy.ext.asyncio import AsyncConnection

from models.errors import unknown
from models.operations.base import Actor, Changed, Tx
from models.queries import tenants
from models.runtime import Runtime
from models.tables.base import new_id
from models.tables.operations import operations


async def open_tx(runtime: Runtime, connection: AsyncConnection, actor: Actor, *, dry_run: bool = False) -> Tx:
    """Make the `Tx` of an open transaction: read its business, fix its one instant."""
    raw = (await connection.get_raw_connection()).driver_connection
    assert raw is not None
    business = await tenants.business(raw)
    if business is None:
        raise unknown("business")
    real_now = runtime.clock.now()
    return Tx(connection, raw, business, actor, business.now(real_now), real_now, new_id(), dry_run)


async def finish(tx: Tx, changed: Changed) -> None:
    """Write the result on the operation of this transaction."""
    await tx.update(operations, tx.operation_id, state="DONE", result=changed.to_json())
