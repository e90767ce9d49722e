"""Questions about imports; for the owner alone, for files hold what people are called and where they can be reached."""

from typing import Annotated, cast

import strawberry

from models.errors import refuse, unknown
from models.imports.fields import ImportKind
from models.queries.imports import IMPORTS, by_ids, findings, of_kind
from models.rules.codes import Code
from models.rules.values import Role
from schema.context import Context, Info
from schema.ids import decode
from schema.imports.types import ImportConnection, ImportFindingNode, ImportNode
from schema.listed import listed
from schema.pagination import After, Before, First, Last

_LINES_MAX = 100
ImportId = Annotated[strawberry.ID, strawberry.argument(description="The import's id.")]
Kind = Annotated[ImportKind | None, strawberry.argument(description="Only files that hold this.")]
AfterLine = Annotated[int, strawberry.argument(description="Only lines after this one of the file.")]
Lines = Annotated[int, strawberry.argument(description="How many lines with findings to answer, 1 to 100.")]


def _owner(context: Context) -> None:
    if context.actor.role is not Role.OWNER:
        raise refuse(Code.FORBIDDEN, roles=Role.OWNER.value)


async def import_(info: Info, id: ImportId) -> ImportNode | None:  # noqa: A002 - the argument's public name
    """Return an import; None where there is none. Errors: FORBIDDEN for all but the OWNER, INVALID_ID."""
    _owner(info.context)
    rows = await info.context.reader.ask(by_ids, [decode(id, "Import", "id")])
    return ImportNode.of(rows[0]) if rows else None


async def imports(
    info: Info, kind: Kind = None, first: First = None, after: After = None, last: Last = None, before: Before = None
) -> ImportConnection:
    """Return a page of imports, the newest first. Errors: FORBIDDEN for all but the OWNER."""
    _owner(info.context)
    page = await listed(info.context, IMPORTS, of_kind(kind), first, after, last, before)
    return cast("ImportConnection", page)


async def import_findings(
    info: Info, import_id: ImportId, after_line: AfterLine = 0, first: Lines = _LINES_MAX
) -> list[ImportFindingNode]:
    """Return what is wrong with lines of a file. Errors: FORBIDDEN, INVALID_ID, NOT_FOUND, QUANTITY_OUT_OF_RANGE."""
    _owner(info.context)
    row_id = decode(import_id, "Import", "importId")
    if not 1 <= first <= _LINES_MAX:
        raise refuse(Code.QUANTITY_OUT_OF_RANGE, "first", field="first", low=1, high=_LINES_MAX)
    if not await info.context.reader.ask(by_ids, [row_id]):
        raise unknown("import", "importId")
    found = await info.context.reader.ask(findings, row_id, after_line=after_line, lines_max=first)
    return ImportFindingNode.of_all(found)
