"""What the mutations of imports are given."""

import strawberry

from models.operations.imports.commit import ImportStudio
from schema.given import Given, row_id


@strawberry.input(description="Which file to import, and what to do about lines that cannot be.")
class ImportStudioInput(Given):
    """See `ImportStudio`."""

    import_id: strawberry.ID = strawberry.field(description="The import that POST /imports answered.")
    skip_bad_lines: bool = strawberry.field(
        default=False, description="Import the other lines where some cannot be. Otherwise one bad line refuses all."
    )

    def command(self) -> ImportStudio:
        """Return the command."""
        return ImportStudio(row_id("Import", self.import_id, "importId"), self.skip_bad_lines)
