"""`GET /imports/ID.csv`: what is wrong with the lines of a file, as a CSV in the reader's language."""

from collections.abc import AsyncIterator
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api.answers import answer_to, language_headers
from api.auth import Authenticator
from api.graphql import language_of
from api.reports import csv_line
from models.errors import refuse, unknown
from models.imports.cells import guarded
from models.queries.imports import Finding, by_ids, findings
from models.rules.codes import Code
from models.rules.values import Language, Role
from models.runtime import Runtime
from schema.ids import decode

PATH = "/imports/{id}.csv"
COLUMNS = ("line", "level", "code", "column", "message", "remedy")
"""The titles, which are the same in every language, as codes are."""
_LINES = 1_000
"""How many lines with findings are read and sent at a time."""
_STATUS = {Code.FORBIDDEN: 403, Code.NOT_FOUND: 404}


class Findings:
    """The endpoint. Only an owner's key may read what an owner sent."""

    def __init__(self, runtime: Runtime, authenticator: Authenticator) -> None:
        self._runtime, self._authenticator = runtime, authenticator

    async def give(self, request: Request) -> Response:
        """Answer one request; whatever goes wrong before the first line is answered as JSON."""
        try:
            request.state.caller = caller = await self._authenticator.caller(request)
            if caller.owner.role is not Role.OWNER:
                raise refuse(Code.FORBIDDEN, roles=Role.OWNER.value)
            import_id = decode(request.path_params["id"], "Import", "importId")
            async with self._runtime.database.reading(caller.owner.business_id) as reader:
                if not await by_ids(reader, [import_id]):
                    raise unknown("import", "importId")
        except Exception as error:  # noqa: BLE001 - the last line: it is logged and masked
            return answer_to(error, language_of(request), _STATUS)
        language = language_of(request)
        headers = {"Content-Disposition": 'attachment; filename="findings.csv"', "Cache-Control": "no-store"}
        lines = self._lines(caller.owner.business_id, import_id, language)
        return StreamingResponse(
            lines, media_type="text/csv; charset=utf-8", headers=headers | language_headers(language)
        )

    async def _lines(self, business_id: UUID, import_id: UUID, language: Language) -> AsyncIterator[str]:
        yield csv_line(list(COLUMNS))
        after: int | None = 0
        while after is not None:
            # Whoever reads slowly, or no further, keeps no connection from the others: each batch is read by itself.
            async with self._runtime.database.reading(business_id) as reader:
                found = await findings(reader, import_id, after_line=after, lines_max=_LINES)
            yield "".join(csv_line(cells_of(each, language)) for each in found)
            after = found[-1].line if found else None


def cells_of(finding: Finding, language: Language) -> list[str]:
    """Return one finding as the cells of its line. What a file said may stand first in a sentence, so it is guarded."""
    reason = finding.reason
    level = "error" if finding.wrong else "warning"
    told = (reason.message_in(language), reason.remedy_in(language))
    return [str(finding.line), level, reason.code.name, finding.cell or "", *map(guarded, told)]
