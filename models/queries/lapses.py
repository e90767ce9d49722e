"""What lapsed from passes: the receipt of each lapse, read from the ledger."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import asyncpg

from models.rules.revival import claimable_until
from models.rules.terms import terms_from_json
from models.rules.value import share_of
from models.rules.values import LotKind, LotUnit


@dataclass(frozen=True, slots=True)
class LapsedLot:
    """A lot from which something lapsed that has not come back: how many units, and when the last of them did."""

    id: UUID
    kind: LotKind
    expired: int
    lapsed_at: datetime


@dataclass(frozen=True, slots=True)
class LapseRow:
    """One lapse of units of a lot. `value_minor` is price ÷ granted; `claimable_until` the last day to claim it."""

    id: UUID
    lot_id: UUID
    lot_kind: LotKind
    unit: LotUnit
    quantity: int
    value_minor: int
    at: datetime
    claimable_until: date | None
    brought_back: bool


async def lapsed_lots(reader: asyncpg.Connection, pass_id: UUID) -> list[LapsedLot]:
    """Return the lots of a pass that hold expired units, in the order of issue. One statement."""
    rows = await reader.fetch(
        """SELECT l.id, l.kind, l.expired, (
               SELECT max(t.effective_at) FROM transfers t WHERE t.business_id = l.business_id AND t.lot_id = l.id
                 -- What a claim brought back and was undone lapsed when it first did.
                 AND t.to_account = 'EXPIRED' AND t.from_account <> 'TRANSFERRED'
           ) AS lapsed_at
           FROM lots l WHERE l.pass_id = $1 AND l.expired > 0 ORDER BY l.id""",
        pass_id,
    )
    return [LapsedLot(row["id"], LotKind(row["kind"]), row["expired"], row["lapsed_at"]) for row in rows]


async def lapses_of(reader: asyncpg.Connection, pass_ids: Sequence[UUID]) -> dict[UUID, list[LapseRow]]:
    """Return the lapses of each pass in the order in which they took effect. One statement."""
    rows = await reader.fetch(
        """SELECT t.id, t.pass_id, t.lot_id, l.kind, l.unit, t.quantity, l.value_minor, l.issued, t.effective_at,
                  p.zone, o.terms, EXISTS (
                      SELECT FROM transfers b WHERE b.business_id = t.business_id AND b.lot_id = t.lot_id
                        AND b.from_account = 'EXPIRED' AND b.id > t.id
                        AND NOT (b.to_account = 'TRANSFERRED' AND EXISTS (
                            SELECT FROM undoings u
                            WHERE u.business_id = b.business_id AND u.operation_id = b.operation_id))
                  ) AS brought_back
           FROM transfers t
           JOIN lots l ON l.business_id = t.business_id AND l.id = t.lot_id
           JOIN passes p ON p.business_id = t.business_id AND p.id = t.pass_id
           JOIN purchase_option_versions o
             ON o.business_id = p.business_id AND o.option_id = p.option_id AND o.version = p.option_version
           WHERE t.pass_id = ANY($1) AND t.to_account = 'EXPIRED' AND t.from_account <> 'TRANSFERRED'
           ORDER BY t.effective_at, t.id""",
        pass_ids,
    )
    found: dict[UUID, list[LapseRow]] = {pass_id: [] for pass_id in pass_ids}
    for row in rows:
        kind = LotKind(row["kind"])
        until = claimable_until(terms_from_json(row["terms"]), kind, row["zone"], row["effective_at"])
        found[row["pass_id"]].append(
            LapseRow(
                row["id"],
                row["lot_id"],
                kind,
                LotUnit(row["unit"]),
                row["quantity"],
                share_of(row["value_minor"], row["quantity"], row["issued"]),
                row["effective_at"],
                until,
                row["brought_back"],
            )
        )
    return found
