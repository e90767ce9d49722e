"""What the mutations of imports answer."""

from typing import Self

import asyncpg
import strawberry

from models.operations.base import Changed, Tx
from models.queries import imports
from schema.carry_out import Payload
from schema.imports.types import ImportNode


@strawberry.type(description="The import, with how many lines it made.")
class ImportStudioPayload(Payload):
    """An import."""

    import_: ImportNode | None = strawberry.field(
        name="import", default=None, description="The import; null where it was refused."
    )
    skipped: int | None = strawberry.field(
        default=None, description="How many lines were left out; null where it was refused."
    )

    @classmethod
    async def loaded(cls, reader: asyncpg.Connection, changed: Changed, tx: Tx) -> Self:
        """Read the import."""
        rows = await imports.by_ids(reader, [changed.rows["import"]])
        return cls(import_=ImportNode.of(rows[0]), skipped=changed.figures["skipped"])
