"""A law of what happens from one step to the next: nothing begins to charge by itself unless somebody says so."""

from uuid import UUID

import asyncpg

BEGIN_TO_CHARGE = {"setAutoRenew", "scheduleConversion", "cancelConversion", "convertPass", "revertMigration"}
"""The verbs after which, or after the undoing of which, a pass that did not charge by itself may."""


class Charging:
    """Which passes renew by themselves, as far as anybody has looked."""

    def __init__(self) -> None:
        self.known: dict[UUID, bool] = {}
        self.ever: set[UUID] = set()
        self.last: UUID | None = None

    async def look(self, reader: asyncpg.Connection) -> list[str]:
        """Look again; return the passes that have begun to renew by themselves with nobody asking for it."""
        rows = await reader.fetch("SELECT id, auto_renew AND after_expiration = 'RENEW' AS renews FROM passes")
        said = await reader.fetch(
            """WITH RECURSIVE said AS (
                   SELECT id, id AS about FROM operations WHERE $1::uuid IS NULL OR id > $1
                   UNION ALL
                   SELECT s.id, (o.input->'command'->>'operation_id')::uuid FROM said s
                   JOIN operations o ON o.id = s.about WHERE o.verb = 'undoOperation')
               SELECT s.id, o.verb, s.id <> s.about AS undone FROM said s JOIN operations o ON o.id = s.about
               WHERE o.verb <> 'undoOperation' ORDER BY s.id""",
            self.last,
        )
        verbs = {row["verb"] for row in said}
        begun = [row["id"] for row in rows if row["renews"] and self.known.get(row["id"]) is False]
        if any(row["undone"] for row in said):
            # What is as it was before may renew as it did before.
            begun = [each for each in begun if each not in self.ever]
        self.known = {row["id"]: row["renews"] for row in rows}
        self.ever |= {row["id"] for row in rows if row["renews"]}
        self.last = said[-1]["id"] if said else self.last
        if verbs & BEGIN_TO_CHARGE:
            return []
        return [f"begins_to_charge: a pass renews by itself after {sorted(verbs)}: {each}" for each in begun]
