"""A request id for every request, one log line for every answer, and no secret in either."""

import asyncio
import json
import logging
import re
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

REQUEST_ID = "X-Request-ID"
_ACCEPTABLE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_QUIET_PATHS = ("/health/live", "/health/ready", "/static/")
_log = structlog.get_logger(__name__)


@dataclass
class _Lines:
    """How lines are written, as `configure_logging` has set it."""

    as_json: bool = False
    level: int = logging.INFO


_lines = _Lines()


def configure_logging(level: str) -> None:
    """Write logs to stderr: lines for people on a terminal, JSON everywhere else."""
    on_terminal = sys.stderr.isatty()
    _lines.as_json, _lines.level = not on_terminal, logging.getLevelNamesMapping()[level]
    render: Any = (
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if on_terminal
        else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([] if on_terminal else [structlog.processors.format_exc_info]),
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


class RequestLog:
    """Gives each request its id and logs its answer: method, path, status and duration.

    The query string, headers and bodies are never logged: they hold keys, names and addresses.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(Headers(scope=scope).get(REQUEST_ID))
        scope.setdefault("state", {})["request_id"] = request_id
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        loop = asyncio.get_running_loop()
        began = loop.time()
        status = 500

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers[REQUEST_ID] = request_id
                headers.setdefault("X-Content-Type-Options", "nosniff")
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        finally:
            path = scope["path"]
            level = logging.DEBUG if path.startswith(_QUIET_PATHS) and status < 500 else logging.INFO
            duration_ms = round((loop.time() - began) * 1000, 1)
            _tell(level, {"method": scope["method"], "path": path, "status": status, "duration_ms": duration_ms})


def _tell(level: int, told: dict[str, Any]) -> None:
    """Write the line of one answer; as JSON without structlog's chain, which costs a read a part of its time."""
    if not _lines.as_json:
        _log.log(level, "request", **told)
    elif level >= _lines.level:
        line = structlog.contextvars.get_contextvars() | told
        line |= {"event": "request", "level": logging.getLevelName(level).lower()}
        line["timestamp"] = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        sys.stderr.write(json.dumps(line) + "\n")
        sys.stderr.flush()


def _request_id(offered: str | None) -> str:
    """Return the caller's own id where it is a harmless word, a new one otherwise."""
    if offered is not None and _ACCEPTABLE_ID.fullmatch(offered):
        return offered
    return uuid4().hex
