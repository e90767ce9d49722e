"""Hold every pass of a package at once, and say of each part what became of it."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from models.errors import Problem, Refused, refuse
from models.operations.base import STAFF, Changed, ToPay, Tx, unique
from models.operations.cover_waiting import lock_with_waiting
from models.operations.holds import PlaceHold, place_hold
from models.operations.renew_package import sold_package
from models.queries.locks import lock_passes
from models.queries.packages import pass_ids_of
from models.rules.codes import Code, because
from models.rules.values import HoldKind, Role


@dataclass(frozen=True, slots=True)
class HoldPackage:
    """Hold the passes of a sold package from the first to the last day; see `PlaceHold`."""

    package_sale_id: UUID
    first_day: date
    last_day: date | None = None
    kind: HoldKind = HoldKind.FREEZE
    reason: str | None = None
    keep_visits: bool = False
    override: bool = False
    waive_fee: bool = False


async def hold_package(tx: Tx, command: HoldPackage) -> Changed:
    """Place the hold on each pass as `placeHold` would; a part that it would refuse is left as it is, and listed.

    A part whose hold costs a fee is listed with PAYMENT_REQUIRED unless staff waive it: hold it by itself to pay.

    Errors: NOT_FOUND, NOTHING_TO_DO, and those of placing a hold where no part can be held, with the index of the part.
    """
    tx.require(*STAFF, Role.CLIENT)
    await sold_package(tx, command.package_sale_id)
    ids = (await pass_ids_of(tx.raw, [command.package_sale_id]))[command.package_sale_id]
    await lock_with_waiting(tx, ids)
    await lock_passes(tx.raw, ids)
    done: list[Changed] = []
    held: dict[str, str] = {}
    skipped: dict[str, Any] = {}
    found: list[Problem] = []
    for at, pass_id in enumerate(ids):
        tried = await tx.connection.begin_nested()
        try:
            changed = await _held(tx, command, pass_id)
        except Refused as refused:
            await tried.rollback()
            skipped[str(pass_id)] = refused.problems[0].to_json()
            found += [Problem(each.reason, ("parts", str(at))) for each in refused.problems]
        else:
            await tried.commit()
            done.append(changed)
            held[str(pass_id)] = str(changed.holds[0])
    if not done:
        raise Refused(*found) if found else refuse(Code.NOTHING_TO_DO, "packageSaleId", sentence="it has no pass.")
    moved = [move for changed in done for move in changed.figures.get("moved", ())]
    await tx.event("package.held", packageSale=command.package_sale_id, held=held, skipped=list(skipped))
    return Changed(
        passes=ids,
        visits=unique([visit for changed in done for visit in changed.visits]),
        holds=[hold for changed in done for hold in changed.holds],
        rows={"packageSale": command.package_sale_id},
        figures={"held": held, "skipped": skipped, "moved": moved},
    )


async def _held(tx: Tx, command: HoldPackage, pass_id: UUID) -> Changed:
    placed = await place_hold(
        tx,
        PlaceHold(
            pass_id,
            command.first_day,
            command.last_day,
            command.kind,
            command.reason,
            command.keep_visits,
            command.override,
            command.waive_fee,
        ),
    )
    if isinstance(placed, ToPay):
        raise Refused(Problem(because(Code.PAYMENT_REQUIRED), ("payment",)))
    return placed
