"""What a dry run shows is read before it is rolled back, so that no field looks for it in the store afterwards."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import asyncpg
from strawberry.dataloader import DataLoader

from models.operations.base import Changed, Tx
from models.queries import (
    closures,
    disputes,
    lapses,
    options,
    orders,
    packages,
    pass_parts,
    passes,
    people,
    places,
    refunds,
    shares,
    visit_history,
    visits,
)
from models.queries.facts import load_passes
from schema.loaders import Loaders
from schema.seen import of_caller


async def preview(loaders: Loaders, reader: asyncpg.Connection, changed: Changed, tx: Tx) -> None:
    """Fill the loaders with everything about the changed objects that a payload may show beside pages of lists."""
    await _passes(loaders, reader, changed.passes, tx)
    if changed.visits:
        _fill(loaders.visits, _by_id(await visits.by_ids(reader, changed.visits)))
        claims = await visits.claims_of(reader, changed.visits)
        _fill(loaders.outcomes, await visit_history.history_of(reader, changed.visits))
        _fill(loaders.claims, {visit_id: claims.get(visit_id) for visit_id in changed.visits})
    if changed.holds:
        _fill(loaders.holds_by_id, _by_id(await pass_parts.holds_by_ids(reader, changed.holds)))
    if changed.orders:
        _fill(loaders.orders, _by_id(await orders.by_ids(reader, changed.orders)))
    for thing, row_id in changed.rows.items():
        await _row(loaders, reader, thing, row_id)


async def _passes(loaders: Loaders, reader: asyncpg.Connection, ids: list[UUID], tx: Tx) -> None:
    if not ids:
        return
    rows = of_caller(tx, await passes.by_ids(reader, ids, tx.now))
    lots = await pass_parts.lots_of(reader, ids, tx.now)
    successors = await passes.successors(reader, ids)
    _fill(loaders.passes, _by_id(rows))
    _fill(loaders.lots, lots)
    _fill(loaders.lots_by_id, {lot.id: lot for each in lots.values() for lot in each})
    _fill(loaders.periods, await pass_parts.periods_of(reader, ids))
    _fill(loaders.lapses, await lapses.lapses_of(reader, ids))
    _fill(loaders.holds, await pass_parts.holds_of(reader, ids))
    _fill(loaders.facts, await load_passes(reader, ids))
    _fill(loaders.refunds_of, await refunds.of_passes(reader, ids))
    _fill(loaders.shares_of, await shares.of_passes(reader, ids))
    _fill(loaders.successors, {pass_id: successors.get(pass_id) for pass_id in ids})


async def _row(loaders: Loaders, reader: asyncpg.Connection, thing: str, row_id: UUID) -> None:
    match thing:
        case "location":
            _fill(loaders.locations, _by_id(await places.locations_by_ids(reader, [row_id])))
        case "service":
            _fill(loaders.services, _by_id(await places.services_by_ids(reader, [row_id])))
        case "closure":
            _fill(loaders.closures, _by_id(await closures.by_ids(reader, [row_id])))
        case "dispute":
            _fill(loaders.disputes, _by_id(await disputes.by_ids(reader, [row_id])))
        case "client":
            _fill(loaders.clients, _by_id(await people.by_ids(reader, [row_id])))
        case "household":
            _fill(loaders.households, _by_id(await people.households_by_ids(reader, [row_id])))
            _fill(loaders.members, {row_id: (await people.members_of(reader, [row_id])).get(row_id)})
        case "package":
            _fill(loaders.packages, _by_id(await packages.by_ids(reader, [row_id])))
        case "packageSale":
            _fill(loaders.package_sales, _by_id(await packages.sales_by_ids(reader, [row_id])))
            _fill(loaders.package_passes, await packages.pass_ids_of(reader, [row_id]))
            items = await packages.items_of(reader, [row_id])
            _fill(loaders.package_items, items)
            _fill(loaders.package_items_by_id, _by_id(items[row_id]))
        case "refund":
            _fill(loaders.refunds, _by_id(await refunds.by_ids(reader, [row_id])))
        case "share":
            _fill(loaders.shares_by_id, _by_id(await shares.by_ids(reader, [row_id])))
        case "purchaseOption":
            found = await options.by_ids(reader, [row_id])
            _fill(loaders.options, _by_id(found))
            _fill(loaders.terms, await options.terms_of(reader, [(row_id, found[0].current_version.version)]))


def _by_id(rows: list[Any]) -> dict[UUID, Any]:
    return {row.id: row for row in rows}


def _fill(loader: DataLoader[Any, Any], found: Mapping[Any, Any]) -> None:
    for key, value in found.items():
        loader.prime(key, value)
