"""`GET /reports/NAME.csv?firstDay=…&lastDay=…`: a whole report as CSV, streamed from one snapshot of the store."""

import csv
import io
from collections.abc import AsyncIterator, Callable
from datetime import date

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api.answers import answer_to
from api.auth import Authenticator, Caller
from api.graphql import language_of
from models.errors import refuse, unknown
from models.imports.cells import guarded
from models.queries.reports.base import Range, Report
from models.queries.reports.catalogue import REPORTS
from models.rules.codes import Code
from models.rules.values import Language
from models.runtime import Runtime
from schema.context import Context
from schema.reports.cells import cells
from schema.reports.queries import check_range

PATH = "/reports/{name}.csv"
_LINES = 200
"""How many lines are sent at a time."""
_STATUS = {Code.FORBIDDEN: 403, Code.NOT_FOUND: 404}


class Reports:
    """The endpoint, for the keys of owners and staff."""

    def __init__(
        self, runtime: Runtime, authenticator: Authenticator, context: Callable[[Caller, Language], Context]
    ) -> None:
        self._runtime, self._authenticator, self._context = runtime, authenticator, context

    async def give(self, request: Request) -> Response:
        """Answer one request; whatever goes wrong before the first line is answered as JSON."""
        try:
            request.state.caller = caller = await self._authenticator.caller(request)
            name = request.path_params["name"].upper()
            context = self._context(caller, language_of(request))
            asked = check_range(context, _day(request, "firstDay"), _day(request, "lastDay"))
            if name not in REPORTS:
                raise unknown("report", "name")
        except Exception as error:  # noqa: BLE001 - the last line: it is logged and masked
            return answer_to(error, language_of(request), _STATUS)
        lines = self._lines(caller, REPORTS[name], asked)
        headers = {"Content-Disposition": f'attachment; filename="{name.lower()}.csv"', "Cache-Control": "no-store"}
        return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=headers)

    async def _lines(self, caller: Caller, report: Report, asked: Range) -> AsyncIterator[str]:
        lines = [csv_line([column.key for column in report.columns])]
        async with self._runtime.database.reading(caller.owner.business_id) as reader:
            async for row in report.rows(reader, asked):
                lines.append(csv_line([guarded(cell) if cell else "" for cell in cells(report.columns, row)]))
                if len(lines) == _LINES:
                    yield "".join(lines)
                    lines.clear()
        yield "".join(lines)


def _day(request: Request, name: str) -> date:
    try:
        return date.fromisoformat(request.query_params.get(name, ""))
    except ValueError as error:
        raise refuse(Code.INVALID_INPUT, name, sentence="A day is written like 2026-11-23.") from error


def csv_line(values: list[str]) -> str:
    """Return one line of a CSV, with its end."""
    written = io.StringIO()
    csv.writer(written).writerow(values)
    return written.getvalue()
