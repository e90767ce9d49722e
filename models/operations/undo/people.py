"""Whoever undoes something locks the people it is about before any pass, as every verb does that locks both."""

from models.operations.base import Tx
from models.operations.offers import lock_client, lock_household
from models.operations.undo.done import Done

# Whose credit it gave or took, which conversion's visits were worth credit, and whose share of a pass it ended.
_PEOPLE = """
SELECT client_id AS id FROM client_credits WHERE operation_id = $1
UNION SELECT client_id FROM orders WHERE operation_id = $1 AND credit_minor > 0
UNION SELECT client_id FROM shares WHERE removed_operation_id = $1
ORDER BY id
"""


async def lock_people(tx: Tx, done: Done) -> None:
    """Lock the clients whose credit or shares change with the operation, and then their households. One statement."""
    households = [await lock_client(tx, row["id"]) for row in await tx.raw.fetch(_PEOPLE, done.id)]
    for household in sorted({each for each in households if each is not None}):
        await lock_household(tx, household)
