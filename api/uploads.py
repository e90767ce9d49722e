"""`POST /imports`: take in a file to import, as the body of the request, streamed to disk and never held in memory.

The query names what it is: `kind`, and where the file cannot tell, `preset` (or `mapping`, a TOML text), `encoding`,
`delimiter`, `dateOrder`, `member` and `fileName`. The answer is the import's id for `importStudio` and what is wrong.
"""

import tempfile
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from api.answers import answer_to
from api.auth import Authenticator
from api.graphql import language_of
from models.errors import refuse
from models.imports.dates import DateOrder
from models.imports.fields import ImportKind
from models.imports.limits import FILE_BYTES_MAX, MEGABYTES_MAX
from models.imports.mapping import preset, read_mapping
from models.imports.scan import Asked
from models.operations.base import Actor
from models.operations.imports.stage import Staged, stage_import
from models.rules.codes import Code
from models.rules.values import Role
from models.runtime import Runtime
from schema.ids import encode

PATH = "/imports"
_STATUS = {Code.FORBIDDEN: 403, Code.FILE_TOO_LARGE: 413, Code.OPERATION_IN_PROGRESS: 409, Code.FILE_IMPORTED: 409}


class Uploads:
    """The endpoint. Only an owner's key may send a file; that is looked at before the file is."""

    def __init__(self, runtime: Runtime, authenticator: Authenticator) -> None:
        self._runtime, self._authenticator = runtime, authenticator

    async def take(self, request: Request) -> Response:
        """Answer one request; whatever goes wrong is answered as JSON."""
        try:
            return await self._taken(request)
        except ClientDisconnect:
            raise
        except Exception as error:  # noqa: BLE001 - the last line: it is logged and masked
            return answer_to(error, language_of(request), _STATUS)

    async def _taken(self, request: Request) -> Response:
        request.state.caller = caller = await self._authenticator.caller(request)
        actor = Actor(caller.owner.role, caller.owner.key_id, caller.owner.client_id)
        if actor.role is not Role.OWNER:
            raise refuse(Code.FORBIDDEN, roles=Role.OWNER.value)
        asked = _asked(request)
        announced = request.headers.get("content-length", "")
        if announced.isdecimal() and int(announced[:20]) > FILE_BYTES_MAX:
            raise refuse(Code.FILE_TOO_LARGE, "file", limit=MEGABYTES_MAX)
        with tempfile.NamedTemporaryFile(prefix="sessionpass-import-") as file:
            size = 0
            async for chunk in request.stream():
                size += len(chunk)
                if size > FILE_BYTES_MAX:
                    raise refuse(Code.FILE_TOO_LARGE, "file", limit=MEGABYTES_MAX)
                await run_in_threadpool(file.write, chunk)
            await run_in_threadpool(file.flush)
            name = _file_name(request.query_params.get("fileName", ""))
            staged = await stage_import(
                self._runtime, caller.owner.business_id, actor, Path(file.name), asked, file_name=name
            )
        return JSONResponse(_told(staged), headers={"Cache-Control": "no-store"})


def _file_name(given: str) -> str:
    """Return the name to keep: without folders, and without what no name holds."""
    return "".join(each for each in Path(given).name if each.isprintable())[:200] or "upload"


def _asked(request: Request) -> Asked:
    query = request.query_params
    try:
        kind = ImportKind(query.get("kind", "").upper())
    except ValueError as error:
        raise refuse(Code.INVALID_INPUT, "kind", sentence="A kind is CLIENTS, OPTIONS, PASSES or VISITS.") from error
    try:
        order = DateOrder(query["dateOrder"].upper()) if "dateOrder" in query else None
    except ValueError as error:
        raise refuse(Code.INVALID_INPUT, "dateOrder", sentence="A date order is DMY or MDY.") from error
    mapping = read_mapping(query["mapping"], kind) if "mapping" in query else preset(query.get("preset", "own"), kind)
    return Asked(kind, mapping, query.get("encoding"), query.get("delimiter"), order, query.get("member"))


def _told(staged: Staged) -> dict[str, Any]:
    outcome = staged.outcome
    return {
        "importId": encode("Import", staged.import_id),
        "lines": staged.scan.lines,
        "encoding": staged.scan.encoding,
        "encodingGuessed": staged.scan.guessed,
        "dateOrders": {name: order.order for name, order in staged.scan.orders.items() if order.order},
        "resumedAfter": staged.resumed,
        "refused": outcome.refused,
        "warned": outcome.warned,
    }
