"""Find any object by its global id, as far as the caller may see it."""

from typing import Any, cast
from uuid import UUID

from models.errors import refuse
from models.queries import imports
from models.rules.codes import Code
from models.rules.values import Role
from schema.context import Context
from schema.ids import split
from schema.node import Node
from schema.people.households import seen_household


async def node(context: Context, global_id: str) -> Node | None:
    """Return the object; None where there is none, whoever else's the id may be.

    Raises:
        Refused: INVALID_ID, where it is not an id we would write.
    """
    found = split(global_id)
    if found is None or found[0] not in _BY_TYPE:
        raise refuse(Code.INVALID_ID, "id", thing="global")
    type_name, row_id = found
    return cast("Node | None", await _BY_TYPE[type_name](context, row_id))


async def _business(context: Context, row_id: UUID) -> Any:
    return context.business if row_id == context.business.id else None


async def _option(context: Context, row_id: UUID) -> Any:
    """A client finds what is sold; an archived option only by way of a pass of theirs."""
    found = await context.loaders.options.load(row_id)
    hidden = found is not None and found.archived_at is not None and context.only_client is not None
    return None if hidden else found


async def _of_a_pass(context: Context, found: Any) -> Any:
    """Show what belongs to a pass only to those who may see the pass."""
    return found if found is not None and await context.loaders.passes.load(found.pass_id) is not None else None


async def _lot(context: Context, row_id: UUID) -> Any:
    return await _of_a_pass(context, await context.loaders.lots_by_id.load(row_id))


async def _hold(context: Context, row_id: UUID) -> Any:
    return await _of_a_pass(context, await context.loaders.holds_by_id.load(row_id))


async def _transfer(context: Context, row_id: UUID) -> Any:
    return await _of_a_pass(context, await context.loaders.transfers_by_id.load(row_id))


async def _refund(context: Context, row_id: UUID) -> Any:
    return await _of_a_pass(context, await context.loaders.refunds.load(row_id))


async def _package(context: Context, row_id: UUID) -> Any:
    """A client finds what is sold; an archived package only by way of one they bought."""
    found = await context.loaders.packages.load(row_id)
    hidden = found is not None and found.archived_at is not None and context.only_client is not None
    return None if hidden else found


async def _package_item(context: Context, row_id: UUID) -> Any:
    """Show what came with a sold package only to those who may see that."""
    found = await context.loaders.package_items_by_id.load(row_id)
    seen = found is not None and await context.loaders.package_sales.load(found.package_sale_id) is not None
    return found if seen else None


async def _import(context: Context, row_id: UUID) -> Any:
    """Show an import to the owner alone."""
    if context.actor.role is not Role.OWNER:
        return None
    rows = await context.reader.ask(imports.by_ids, [row_id])
    return rows[0] if rows else None


async def _share(context: Context, row_id: UUID) -> Any:
    """Show a share to the studio, to the owner of the pass and to the member."""
    found = await context.loaders.shares_by_id.load(row_id)
    only = context.only_client
    return found if found is not None and only in (None, found.owner_id, found.client_id) else None


_BY_TYPE: dict[str, Any] = {
    "Business": _business,
    "Location": lambda context, row_id: context.loaders.locations.load(row_id),
    "Service": lambda context, row_id: context.loaders.services.load(row_id),
    "PurchaseOption": _option,
    "Package": _package,
    "PackageSale": lambda context, row_id: context.loaders.package_sales.load(row_id),
    "PackageSaleItem": _package_item,
    "Client": lambda context, row_id: context.loaders.clients.load(row_id),
    "Household": seen_household,
    "Pass": lambda context, row_id: context.loaders.passes.load(row_id),
    "Lot": _lot,
    "Hold": _hold,
    "Closure": lambda context, row_id: context.loaders.closures.load(row_id),
    "Dispute": lambda context, row_id: context.loaders.disputes.load(row_id),
    "Transfer": _transfer,
    "Visit": lambda context, row_id: context.loaders.visits.load(row_id),
    "Refund": _refund,
    "Share": _share,
    "Sandbox": lambda context, row_id: context.loaders.sandboxes.load(row_id),
    "Fee": lambda context, row_id: context.loaders.fees.load(row_id),
    "Order": lambda context, row_id: context.loaders.orders.load(row_id),
    "Import": _import,
    "Operation": lambda context, row_id: context.loaders.operations.load(row_id),
}
