"""The cells of a report as texts, alike in GraphQL and in CSV: ids are global, instants and days in ISO 8601."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from models.queries.reports.base import Column, ColumnKind
from schema.ids import encode

_NODES = {
    ColumnKind.PASS_ID: "Pass",
    ColumnKind.CLIENT_ID: "Client",
    ColumnKind.VISIT_ID: "Visit",
    ColumnKind.OPTION_ID: "PurchaseOption",
}


def cells(columns: Sequence[Column], row: Sequence[Any]) -> list[str | None]:
    """Return the row's values as texts; None where there is none."""
    return [_cell(column, value) for column, value in zip(columns, row, strict=True)]


def _cell(column: Column, value: Any) -> str | None:
    if value is None:
        return None
    if column.kind in _NODES:
        return encode(_NODES[column.kind], value)
    return value.isoformat() if isinstance(value, (date, datetime)) else str(value)
