"""The passes that lines of visits name: what is left on them, and what they spent on visits nobody knew."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from models.imports.fields import ImportKind
from models.operations.imports.plan import Plan, Work
from models.operations.ledger import bulk_transfer
from models.queries.catalogue import option_terms
from models.rules.terms import Terms
from models.rules.values import Account
from models.tables.ledger import transfers

_PASSES = "SELECT id, client_id, kind, option_id, option_version FROM passes WHERE id = ANY($1)"
_LOTS = """
SELECT id, pass_id, unit, kind, available, expired FROM lots
WHERE pass_id = ANY($1) AND kind = 'GRANT' AND period_number = 1
"""
_CARRIED = "SELECT lot_id, account, quantity FROM carried_units WHERE lot_id = ANY($1)"


@dataclass(slots=True)
class Payer:
    """A pass with what is left on it and what it spent on visits not known yet, as far as this file has come."""

    row: Any
    lot: Any
    terms: Terms
    available: int
    used: int
    forfeited: int


async def payers_of(work: Work, plans: Sequence[Plan]) -> dict[str, Payer]:
    """Return the named passes that were imported, by the ids they had, as far as this file has come."""
    refs = [plan.line.record["pass"] for plan in plans if "pass" in plan.line.record]
    known = await work.known(ImportKind.PASSES, refs)
    missing = list({pass_id for pass_id in known.values() if pass_id not in work.balances})
    if not missing:
        return {ref: work.balances[pass_id] for ref, pass_id in known.items()}
    raw = work.tx.raw
    lots = {row["pass_id"]: row for row in await raw.fetch(_LOTS, missing)}
    rows = await raw.fetch(_CARRIED, [lot["id"] for lot in lots.values()])
    carried = {(row["lot_id"], row["account"]): row["quantity"] for row in rows}
    for row in await raw.fetch(_PASSES, missing):
        sold = row["option_id"], row["option_version"]
        if sold not in work.terms:
            found = await option_terms(raw, *sold)
            assert found is not None, "a version that was sold is never deleted"
            work.terms[sold] = found.terms
        lot = lots.get(row["id"])
        spent = [0, 0] if lot is None else [carried.get((lot["id"], name), 0) for name in ("USED", "FORFEITED")]
        work.balances[row["id"]] = Payer(row, lot, work.terms[sold], lot["available"] if lot else 0, *spent)
    return {ref: work.balances[pass_id] for ref, pass_id in known.items()}


def take(work: Work, plan: Plan, visit_id: UUID, payer: Payer, target: Account, quantity: int) -> bool:
    """Take the units that this visit stands for, and say whether the pass has them.

    A booking takes what is left. What is over takes what the pass had spent on visits nobody knew; where a system
    counts a late cancellation as used, the unit moves to where it belongs.
    """
    lot = payer.lot["id"]
    if target is Account.BOOKED:
        if payer.available < quantity:
            return False
        payer.available -= quantity
        _moved(work, plan, visit_id, payer, Account.AVAILABLE, Account.BOOKED, quantity)
    elif target is Account.FORFEITED and payer.forfeited >= quantity:
        payer.forfeited -= quantity
        work.deltas[lot, "carried FORFEITED"] -= quantity
    else:
        if payer.used < quantity:
            return False
        payer.used -= quantity
        work.deltas[lot, "carried USED"] -= quantity
        if target is Account.FORFEITED:
            _moved(work, plan, visit_id, payer, Account.USED, Account.FORFEITED, quantity)
    return True


def _moved(
    work: Work, plan: Plan, visit_id: UUID, payer: Payer, source: Account, target: Account, quantity: int
) -> None:
    lot = payer.lot["id"]
    work.deltas[lot, source.lower()] -= quantity
    work.deltas[lot, target.lower()] += quantity
    row = bulk_transfer(work.tx, lot, payer.row["id"], source, target, quantity, visit_id)
    plan.rows.append((transfers, row))


async def write_deltas(work: Work) -> None:
    """Change the balances of lots, and what they spent on unknown visits, by what the planned visits took."""
    if not work.deltas:
        return
    lots = sorted({lot for lot, _ in work.deltas})
    columns = ("available", "booked", "used", "forfeited")
    deltas = [[work.deltas.get((lot, name), 0) for lot in lots] for name in columns]
    await work.tx.raw.execute(
        """UPDATE lots l SET available = l.available + n.a, booked = l.booked + n.b, used = l.used + n.u,
               forfeited = l.forfeited + n.f
           FROM unnest($2::uuid[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[]) AS n(id, a, b, u, f)
           WHERE l.business_id = $1 AND l.id = n.id""",
        work.tx.business.id,
        lots,
        *deltas,
    )
    for account in ("USED", "FORFEITED"):
        await work.tx.raw.execute(
            """UPDATE carried_units c SET quantity = c.quantity + n.delta
               FROM unnest($3::uuid[], $4::bigint[]) AS n(id, delta)
               WHERE c.business_id = $1 AND c.account = $2 AND c.lot_id = n.id AND n.delta <> 0""",
            work.tx.business.id,
            account,
            lots,
            [work.deltas.get((lot, f"carried {account}"), 0) for lot in lots],
        )
    work.deltas.clear()
