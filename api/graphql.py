"""GraphQL over HTTP: strawberry's view, made strict about media types, methods, sizes and errors."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from cross_web import AsyncHTTPRequestAdapter, HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import MissingQueryError
from strawberry.http import GraphQLHTTPResponse, GraphQLRequestData
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType
from structlog.contextvars import bind_contextvars

from api.answers import RequestRefused, answer_to, error_response, language_headers, shown
from api.auth import Authenticator, Caller
from api.page import page_response
from models.rules.codes import Code, because
from models.rules.language import preferred
from models.rules.values import Language
from schema.context import Context
from schema.schema import Schema

BODY_BYTES_MAX = 1_048_576
JSON_TYPE = "application/json"
RESPONSE_TYPE = "application/graphql-response+json"
_LANGUAGE_HEADERS = ("Content-Language", "Vary")
_PARTS = {"query", "variables", "operationName"}
_WILD = {"*/*", "application/*"}
_BY_METHOD = {"GET": {OperationType.QUERY}, "POST": {OperationType.QUERY, OperationType.MUTATION}}

MakeContext = Callable[[Caller, Language], Context]


class GraphQLEndpoint(GraphQL[Context, None]):
    """One address for everything: the page for people, queries by GET, everything by POST. No batches, no streams."""

    def __init__(
        self, schema: Schema, authenticator: Authenticator, make_context: MakeContext, *, page: bool = True
    ) -> None:
        super().__init__(schema, graphql_ide=None, subscription_protocols=())
        self._quickly = schema.quick
        self._authenticator = authenticator
        self._make_context = make_context
        self._page = page_response(schema.introspect()) if page else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; whatever goes wrong is answered as JSON."""
        request = Request(scope, receive)
        try:
            response = await self._respond(request)
        except HTTPException as error:
            response = _refused(error, language_of(request))
        except Exception as error:  # noqa: BLE001 - the last line: it is logged and masked
            response = answer_to(error, language_of(request))
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        if request.method not in _BY_METHOD:
            raise RequestRefused(405, "GraphQL is asked with GET or POST.")
        accept = request.headers.get("accept", "")
        if self._page is not None and _asks_for_page(request, accept):
            return self._page
        if answer_type(accept) is None:
            raise RequestRefused(406, "Answers are {newer} or {older}.", newer=RESPONSE_TYPE, older=JSON_TYPE)
        request.state.caller = caller = await self._authenticator.caller(request)
        bind_contextvars(business=str(caller.owner.business_id), key=str(caller.owner.key_id))
        if request.method == "POST":
            media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
            if media_type != JSON_TYPE:
                raise RequestRefused(415, "The body must be {older}.", older=JSON_TYPE)
            request = Request(request.scope, await _limited(request))
            quick = await self._quick(request)
            if quick is not None:
                return quick
        return await self.run(request)

    async def _quick(self, request: Request) -> Response | None:
        """Answer a plain query that was asked before; None for all else, which strawberry's view looks at in full."""
        data = self.decode_json(await request.body())
        if not isinstance(data, dict) or not data.keys() <= _PARTS or not isinstance(data.get("query"), str):
            return None
        variables, name = data.get("variables"), data.get("operationName")
        if not isinstance(variables, (dict, type(None))) or not isinstance(name, (str, type(None))):
            return None
        async with self._make_context(request.state.caller, language_of(request)) as context:
            result = await self._quickly(data["query"], variables or {}, name, context)
        if result is None:
            return None
        return self.create_response(await self.process_result(request, result), await self.get_sub_response(request))

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:
        """Make the context of one request from its caller."""
        assert isinstance(request, Request)
        return self._make_context(request.state.caller, language_of(request))

    async def get_sub_response(self, request: Request | WebSocket) -> Response:
        """Note the media type and the language the caller prefers, for `create_response`."""
        response = await super().get_sub_response(request)
        response.media_type = answer_type(request.headers.get("accept", ""))
        assert isinstance(request, Request)
        response.headers.update(language_headers(language_of(request)))
        return response

    def decode_json(self, data: str | bytes) -> object:
        """Read JSON as the standard writes it: UTF-8, no NaN, an object or a list outermost."""
        try:
            value = json.loads(data, parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            raise RequestRefused(400, "That is not JSON.") from error
        if value is not None and not isinstance(value, (dict, list)):
            raise RequestRefused(400, "The JSON must be an object.")
        return value if value is not None else {}

    async def parse_http_body(self, request: AsyncHTTPRequestAdapter) -> GraphQLRequestData | list[GraphQLRequestData]:
        """Read the request's parts; strawberry checks all but the operation's name."""
        parsed = await super().parse_http_body(request)
        if not isinstance(parsed, list) and not isinstance(parsed.operation_name, (str, type(None))):
            raise RequestRefused(400, "The operation's name must be a string or null.")
        return parsed

    async def execute_single(  # noqa: PLR0917, RUF100 - strawberry's signature
        self,
        request: Request,
        request_adapter: AsyncHTTPRequestAdapter,
        sub_response: Response,
        context: Context,
        root_value: None,
        request_data: GraphQLRequestData,
    ) -> ExecutionResult:
        """Execute queries by GET, queries and mutations by POST."""
        method = request_adapter.method
        try:
            async with context:
                return await self.schema.execute(
                    request_data.query,
                    variable_values=request_data.variables,
                    context_value=context,
                    operation_name=request_data.operation_name,
                    allowed_operation_types=_BY_METHOD[method],
                )
        except InvalidOperationTypeError as error:
            status = 405 if method == "GET" and error.operation_type is OperationType.MUTATION else 400
            raise RequestRefused(
                status,
                "A {operation} is not carried out by {method}.",
                operation=error.operation_type.value,
                method=method,
            ) from error
        except CannotGetOperationTypeError as error:
            raise HTTPException(400, error.as_http_error_reason()) from error
        except MissingQueryError as error:
            raise RequestRefused(400, "The request has no query.") from error

    async def process_result(self, request: Request, result: ExecutionResult) -> GraphQLHTTPResponse:
        """Show the result; what failed before execution has no `data` at all."""
        errors = result.errors or []
        answer: dict[str, Any] = {"errors": [shown(error, language_of(request)) for error in errors]} if errors else {}
        if result.data is not None or any(error.path for error in errors):
            answer["data"] = result.data
        return answer  # type: ignore[return-value]

    def create_response(
        self, response_data: GraphQLHTTPResponse | list[GraphQLHTTPResponse], sub_response: Response
    ) -> Response:
        """Answer in the media type asked for. Only the newer one tells a failed request by its status."""
        media_type = sub_response.media_type or JSON_TYPE
        failed = media_type == RESPONSE_TYPE and "data" not in response_data
        headers = {"Cache-Control": "no-store", "Content-Type": f"{media_type}; charset=utf-8"}
        headers |= {name: sub_response.headers[name] for name in _LANGUAGE_HEADERS}
        return Response(self.encode_json(response_data), 400 if failed else 200, headers)


def answer_type(accept: str) -> str | None:
    """Return the media type to answer in: the caller's favourite of ours, JSON for any, None where none will do."""
    if not accept.strip():
        return JSON_TYPE
    wishes = []
    for index, part in enumerate(accept.split(",")):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        weight = next((piece[2:] for piece in parameters if piece.startswith("q=")), "1")
        wishes.append((-_number(weight), index, JSON_TYPE if name in _WILD else name))
    return next((name for weight, _, name in sorted(wishes) if weight < 0 and name in (JSON_TYPE, RESPONSE_TYPE)), None)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _asks_for_page(request: Request, accept: str) -> bool:
    return request.method == "GET" and "query" not in request.query_params and "text/html" in accept.lower()


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


async def _limited(request: Request) -> Callable[[], Awaitable[Message]]:
    """Read the body up to the limit, and give back a `receive` that hands it over in one piece."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:20]) > BODY_BYTES_MAX:
        raise RequestRefused(413, "A request holds at most {limit} bytes.", limit=BODY_BYTES_MAX)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_BYTES_MAX:
            raise RequestRefused(413, "A request holds at most {limit} bytes.", limit=BODY_BYTES_MAX)
    message: Message = {"type": "http.request", "body": bytes(body), "more_body": False}

    async def receive() -> Message:
        return message

    return receive


def language_of(request: Request) -> Language:
    """Return the language to answer in: what the caller asks for, else what their business speaks, else English."""
    caller: Caller | None = getattr(request.state, "caller", None)
    spoken = caller.business.language if caller else Language.EN
    return preferred(request.headers.get("accept-language"), spoken)


def _refused(error: HTTPException, language: Language) -> Response:
    allow = {"Allow": "GET, POST" if "GET or POST" in error.reason else "POST"} if error.status_code == 405 else None
    reason = getattr(error, "reason_told", None) or because(Code.INVALID_INPUT, sentence=error.reason)
    return error_response(error.status_code, reason, allow, language)
