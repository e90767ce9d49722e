"""Answers that are errors: always JSON in GraphQL's own form, with a stable code, a sentence and a remedy."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import asyncpg
import structlog
from graphql import GraphQLError
from sqlalchemy.exc import DBAPIError
from starlette.responses import JSONResponse

from models.errors import Refused, StoreUnavailable
from models.rules.codes import Code, Reason, because
from schema import errors as schema_errors

_STORE_AWAY = (OSError, StoreUnavailable, asyncpg.PostgresConnectionError, asyncpg.InterfaceError)
_log = structlog.get_logger(__name__)


def error_json(reason: Reason) -> dict[str, Any]:
    """Return one entry of `errors`."""
    return {"message": reason.message, "extensions": {"code": reason.code.name, "remedy": reason.remedy}}


def error_response(status: int, reason: Reason, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """Make the whole answer of a request that never reached GraphQL."""
    return JSONResponse({"errors": [error_json(reason)]}, status, {"Cache-Control": "no-store", **(headers or {})})


def shown(error: GraphQLError) -> dict[str, Any]:
    """Return the error as the caller may see it; a fault of the document itself gets its code and remedy here."""
    if "code" not in (error.extensions or {}):
        error = schema_errors.shown(error)
    formatted: dict[str, Any] = dict(error.formatted)
    known = {"code": Code.INVALID_INPUT.name, "remedy": Code.INVALID_INPUT.remedy}
    formatted["extensions"] = known | dict(error.extensions or {})
    return formatted


def reason_of(error: BaseException) -> Reason:
    """Return what a caller is told about an exception; one that we did not raise on purpose is logged."""
    if isinstance(error, Refused):
        return error.problems[0].reason
    if isinstance(error, _STORE_AWAY) or (isinstance(error, DBAPIError) and error.connection_invalidated):
        _log.warning("store.away", error=type(error).__name__)
        return because(Code.STORE_UNAVAILABLE)
    error_id = uuid4().hex
    _log.error("internal", error_id=error_id, exc_info=error)
    return because(Code.INTERNAL, id=error_id)
