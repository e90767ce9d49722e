"""Imports and what is wrong with their lines, as GraphQL shows them to the owner."""

from datetime import datetime
from typing import Any, ClassVar, cast

import strawberry

from models.imports.fields import ImportKind
from models.queries.imports import Finding, ImportRow, ImportState
from schema.context import Info
from schema.errors import ReasonNode
from schema.node import Node
from schema.operations.types import OperationNode, operation_of
from schema.pagination import Connection


async def _operation(root: strawberry.Parent[ImportRow], info: Info) -> OperationNode | None:
    return None if root.operation_id is None else await operation_of(info, root.operation_id)


@strawberry.type(
    name="Import", description="A file of another system: taken in, checked line by line, and imported whole or not."
)
class ImportNode(Node):
    """Its source is an `ImportRow`."""

    row_type: ClassVar[type[Any]] = ImportRow

    kind: ImportKind = strawberry.field(description="What the file holds.")
    state: ImportState = strawberry.field(description="How far it is.")
    file_name: str = strawberry.field(description="What the file is called.")
    encoding: str = strawberry.field(description="The encoding it was read in.")
    lines: int = strawberry.field(description="How many lines it has, without the titles.")
    staged: int = strawberry.field(description="How many of them are taken in so far.")
    refused: int = strawberry.field(description="How many cannot be imported, as of the last check.")
    warned: int = strawberry.field(description="How many there is a warning about.")
    made: int = strawberry.field(description="How many were imported; 0 before that.")
    created_at: datetime = strawberry.field(description="When it was first sent.")
    committed_at: datetime | None = strawberry.field(description="When it was imported; null before that.")
    operation: OperationNode | None = strawberry.field(
        resolver=_operation, description="The operation that imported it; null before that."
    )


@strawberry.type(name="ImportConnection", description="A page of imports.")
class ImportConnection(Connection[ImportNode]):
    """Imports, the newest first."""


@strawberry.type(name="ImportFinding", description="One thing that is wrong with a line of a file, or may be.")
class ImportFindingNode:
    """Its source is a `Finding`."""

    line: int = strawberry.field(description="The line of the file it begins on; the titles are line 1.")
    wrong: bool = strawberry.field(description="Whether it keeps the line from being imported; a warning does not.")
    cell: str | None = strawberry.field(description="The field it is about; null where it is about the whole line.")
    reason: ReasonNode = strawberry.field(description="What it is, and what would help.")

    @classmethod
    def of_all(cls, found: list[Finding]) -> "list[ImportFindingNode]":
        """Show findings as this type."""
        return cast("list[ImportFindingNode]", found)
