"""Imports, and what is wrong with their lines."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import asyncpg

from models.imports.fields import ImportKind
from models.queries.paging import Filter, Listing, where
from models.rules.codes import Code, Reason, because

_FINDINGS_MAX = 1_000_000


class ImportState(StrEnum):
    """How far an import is."""

    STAGING = "STAGING"
    STAGED = "STAGED"
    COMMITTED = "COMMITTED"


@dataclass(frozen=True, slots=True)
class ImportRow:
    """One file taken in, of whose `lines` so many are `staged` so far."""

    id: UUID
    kind: ImportKind
    state: ImportState
    file_name: str
    encoding: str
    lines: int
    staged: int
    refused: int
    warned: int
    made: int
    created_at: datetime
    committed_at: datetime | None
    operation_id: UUID | None


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with a line of the file, or (not `wrong`) may be. `cell` names the field."""

    line: int
    wrong: bool
    cell: str | None
    reason: Reason


_SELECT = """
SELECT i.id, i.kind, i.state, i.file_name, i.encoding, i.lines, i.staged, i.refused, i.warned, i.made, i.created_at,
       i.committed_at, i.operation_id
FROM imports i
"""


def _row(row: Any) -> ImportRow:
    return ImportRow(**(dict(row) | {"kind": ImportKind(row["kind"]), "state": ImportState(row["state"])}))


IMPORTS = Listing(
    name="imports",
    select=_SELECT,
    source="imports i",
    keys=(("i.id", "uuid"),),
    make=_row,
    values=lambda found: (found.id,),
    descending=True,
)
"""Imports, the newest first."""


def of_kind(kind: ImportKind | None) -> Filter:
    """Keep the imports of one kind; None keeps all."""
    return where("i.kind = {0}", kind and kind.value)


async def by_ids(reader: asyncpg.Connection, ids: Sequence[UUID]) -> list[ImportRow]:
    """Return the imports that exist, in no order. One statement."""
    return [_row(row) for row in await reader.fetch(f"{_SELECT} WHERE i.id = ANY($1)", list(ids))]


async def findings(
    reader: asyncpg.Connection, import_id: UUID, *, after_line: int = 0, lines_max: int = _FINDINGS_MAX
) -> list[Finding]:
    """Return what is wrong with up to `lines_max` lines after a line, in the order of the file."""
    rows = await reader.fetch(
        """SELECT line, problems, warnings FROM import_lines
           WHERE import_id = $1 AND line > $2 AND (problems <> '[]' OR warnings <> '[]') ORDER BY line LIMIT $3""",
        import_id,
        after_line,
        lines_max,
    )
    return [finding for row in rows for finding in _findings(row)]


def _findings(row: Any) -> Iterator[Finding]:
    for wrong, stored in ((True, row["problems"]), (False, row["warnings"])):
        for each in stored:
            yield Finding(row["line"], wrong, each["field"], _reason(each))


def _reason(stored: Any) -> Reason:
    """Return what is kept of a cell or a line as a reason.

    What was kept before it had names to fill holds a whole English clause without its full stop, and says so.
    """
    code, values = Code[stored["code"]], dict(stored["values"])
    values.setdefault("cell", stored["field"] or values.get("field", ""))
    if code.sentence == "{sentence}" and not values["sentence"].endswith("."):
        values["sentence"] += "."
    return because(code, **values)
