"""Answers that are errors: always JSON in GraphQL's own form, with a stable code, a sentence and a remedy."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import asyncpg
import structlog
from cross_web import HTTPException
from graphql import GraphQLError
from sqlalchemy.exc import DBAPIError
from starlette.responses import JSONResponse

from models.errors import Refused, StoreUnavailable, Unauthenticated
from models.rules.codes import Code, Reason, because
from models.rules.values import Language
from schema import errors as schema_errors
from schema.language import tag

_STORE_AWAY = (OSError, StoreUnavailable, asyncpg.PostgresConnectionError, asyncpg.InterfaceError)
_log = structlog.get_logger(__name__)


class RequestRefused(HTTPException):
    """The request is refused before GraphQL sees it: a status and a sentence with `{names}` of the values."""

    def __init__(self, status: int, sentence: str, **values: Any) -> None:
        self.reason_told = because(Code.INVALID_INPUT, sentence=sentence, **values)
        super().__init__(status, self.reason_told.message)


def language_headers(language: Language) -> dict[str, str]:
    """Return the headers that say in which language an answer is, and that another might have been asked for."""
    return {"Content-Language": tag(language), "Vary": "Accept, Accept-Language"}


def error_json(reason: Reason, language: Language) -> dict[str, Any]:
    """Return one entry of `errors`."""
    told = {"code": reason.code.name, "remedy": reason.remedy_in(language)}
    return {"message": reason.message_in(language), "extensions": told}


def error_response(
    status: int, reason: Reason, headers: Mapping[str, str] | None = None, language: Language = Language.EN
) -> JSONResponse:
    """Make the whole answer of a request that never reached GraphQL."""
    headers = {"Cache-Control": "no-store", **language_headers(language), **(headers or {})}
    return JSONResponse({"errors": [error_json(reason, language)]}, status, headers)


def answer_to(error: Exception, language: Language, refused: Mapping[Code, int] | None = None) -> JSONResponse:
    """Make the answer of a request that ended in an exception; what we did not raise on purpose is logged and masked.

    `refused` says that a refusal is an answer here, 422 unless its code has another status.
    """
    if isinstance(error, Unauthenticated):
        challenge = {"WWW-Authenticate": 'Bearer realm="sessionpass"'}
        return error_response(401, because(Code.UNAUTHENTICATED), challenge, language)
    reason = reason_of(error)
    if refused is not None and isinstance(error, Refused):
        return error_response(refused.get(reason.code, 422), reason, None, language)
    away = reason.code is Code.STORE_UNAVAILABLE
    return error_response(503 if away else 500, reason, {"Retry-After": "1"} if away else None, language)


def shown(error: GraphQLError, language: Language) -> dict[str, Any]:
    """Return the error as the caller may see it; a fault of the document itself gets its code and remedy here.

    What is wrong with a document is said in graphql-core's own English words.
    """
    if "code" not in (error.extensions or {}):
        error = schema_errors.shown(error)
    formatted: dict[str, Any] = dict(error.formatted)
    known = {"code": Code.INVALID_INPUT.name, "remedy": Reason(Code.INVALID_INPUT).remedy_in(language)}
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
