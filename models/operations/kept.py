"""What a verb writes down of a pass before it changes it, for whoever undoes the change."""

from typing import Any

from models.operations.base import Tx, plain
from models.rules.facts import PassFacts

CLOSING = ("closed_reason", "closed_at", "overdue_since", "charge_attempts", "last_attempt_at", "hard_declined")
"""The columns of a pass that change where it is closed, renewed, converted or given away."""


async def kept_of(tx: Tx, facts: PassFacts, *columns: str) -> dict[str, Any]:
    """Return what a locked pass has in these columns, for whoever undoes the change that follows.

    `overdue` says that a charge had failed.
    """
    row = await tx.row("SELECT * FROM passes WHERE id = $1", facts.id)
    kept: dict[str, Any] = plain({name: row[name] for name in columns})
    return kept | {"overdue": facts.overdue is not None}
