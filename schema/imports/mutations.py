"""Mutations of imports."""

from typing import Annotated

import strawberry

from models.operations.imports.commit import import_studio
from schema.carry_out import INPUT, carry_out, mutation
from schema.context import Info
from schema.imports.inputs import ImportStudioInput
from schema.imports.payloads import ImportStudioPayload


@strawberry.type
class ImportMutations:
    """Each is one verb of `models.operations`."""

    @mutation(
        "Import a file that was taken in by POST /imports: all of it in one transaction. Nothing is charged. A large "
        "file takes minutes; asked again with the same idempotency key, the answer is the same."
    )
    async def import_studio(self, info: Info, given: Annotated[ImportStudioInput, INPUT]) -> ImportStudioPayload:
        """Carry out `import_studio`."""
        return await carry_out(info, given, import_studio, ImportStudioPayload)
