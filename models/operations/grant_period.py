"""Write one paid term of a pass, with the lot it grants. Used by sale, renewal and conversion alike."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from models.operations.base import Tx
from models.operations.ledger import grant
from models.rules.terms import Terms
from models.rules.values import LotKind
from models.tables.passes import periods


@dataclass(frozen=True, slots=True)
class NewPeriod:
    """A period as the anchor gives it. `first_on` None: its first visit will start it."""

    number: int
    anchor_on: date | None
    anchor_index: int
    first_on: date | None
    last_on: date | None
    restarts: bool = False
    opens_at: datetime | None = None


async def grant_period(
    tx: Tx, pass_id: UUID, terms: Terms, period: NewPeriod, *, price_minor: int, order_id: UUID | None
) -> UUID | None:
    """Write the period and its GRANT lot; return the lot, or None where the pass counts nothing.

    The store holds one row per (pass, number) and one GRANT per period, so a second grant cannot be written.
    """
    await tx.insert(
        periods,
        {
            "pass_id": pass_id,
            "number": period.number,
            "anchor_on": period.anchor_on,
            "anchor_index": period.anchor_index,
            "first_on": period.first_on,
            "last_on": period.last_on,
            "extra_days": 0,
            "restarts": period.restarts,
            "opens_at": period.opens_at,
            "cut_at": None,
            "first_day": None,
            "last_day": None,
            "starts_at": None,
            "ends_at": None,
            "price_minor": price_minor,
            "order_id": order_id,
            "operation_id": tx.operation_id,
            "granted_at": tx.now,
        },
    )
    if terms.unit is None or terms.quantity is None:
        return None
    return await grant(tx, pass_id, period.number, LotKind.GRANT, terms.unit, terms.quantity, value_minor=price_minor)
