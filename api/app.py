"""The ASGI application: GraphQL, its page, and the health of the process."""

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import asyncpg
import structlog
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from api.auth import Authenticator, Caller
from api.doorbell import Doorbell
from api.findings import PATH as FINDINGS_PATH
from api.findings import Findings
from api.graphiql_assets import graphiql_routes
from api.graphql import GraphQLEndpoint
from api.observability import RequestLog, configure_logging
from api.reports import PATH as REPORTS_PATH
from api.reports import Reports
from api.uploads import PATH as UPLOADS_PATH
from api.uploads import Uploads
from models.errors import StoreUnavailable
from models.operations.base import Actor
from models.queries.tenants import key_owner
from models.rules.values import Language
from models.runtime import Runtime, open_runtime
from models.settings import Settings, settings
from schema.context import Context
from schema.schema import schema

GRAPHQL_PATH = "/graphql"
READY_SECONDS = 2.0
_log = structlog.get_logger(__name__)


def create_app(chosen: Settings | None = None, runtime: Runtime | None = None) -> Starlette:
    """Make the application; uvicorn calls this with nothing. A runtime handed in is the caller's to close."""
    chosen = chosen or settings()
    configure_logging(chosen.log_level)
    opened = runtime or open_runtime(chosen)
    doorbell = Doorbell(chosen.redis_url)
    opened.ring = doorbell.ring

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        if runtime is None:
            _spare_the_collector()
        _log.info("api.started")
        yield
        await doorbell.close()
        if runtime is None:
            await opened.close()
        _log.info("api.stopped")

    def context(caller: Caller, language: Language) -> Context:
        owner = caller.owner
        return Context(opened, caller.business, Actor(owner.role, owner.key_id, owner.client_id), language)

    authenticator = Authenticator(opened)
    endpoint = GraphQLEndpoint(schema, authenticator, context, page=chosen.graphiql)
    routes: list[BaseRoute] = [
        Route(GRAPHQL_PATH, endpoint),
        Route(UPLOADS_PATH, Uploads(opened, authenticator).take, methods=["POST"]),
        Route(FINDINGS_PATH, Findings(opened, authenticator).give),
        Route(REPORTS_PATH, Reports(opened, authenticator, context).give),
        Route("/health/live", _live),
        Route("/health/ready", _ready_check(opened, doorbell)),
        Route("/", _landing),
        *(graphiql_routes() if chosen.graphiql else []),
    ]
    return Starlette(routes=routes, middleware=[Middleware(RequestLog)], lifespan=lifespan)


def _spare_the_collector() -> None:
    """Tell the garbage collector of a process that is all ours that what start-up made is there to stay.

    Otherwise it looks through the whole schema again and again, and after every few hundred objects of an answer at
    those; on a page of a hundred passes that is a fifth of all the work.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


async def _live(_: Request) -> Response:
    return JSONResponse({"status": "ok"})


async def _landing(_: Request) -> Response:
    return RedirectResponse(GRAPHQL_PATH)


def _ready_check(runtime: Runtime, doorbell: Doorbell) -> Callable[[Request], Awaitable[Response]]:
    """Say whether requests can be answered: the database must be there. Redis away is told and does no harm."""

    async def ready(_: Request) -> Response:
        database, redis = await asyncio.gather(_database_answers(runtime), doorbell.answers())
        status = "ok" if database else "unavailable"
        words = {"status": status, "database": "ok" if database else "away", "redis": "ok" if redis else "away"}
        return JSONResponse(words, 200 if database else 503, {"Cache-Control": "no-store"})

    return ready


async def _database_answers(runtime: Runtime) -> bool:
    try:
        async with asyncio.timeout(READY_SECONDS), runtime.database.by_key_hash(bytes(32)) as reader:
            await key_owner(reader, bytes(32))
    except (OSError, StoreUnavailable, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        _log.warning("store.away", error=type(error).__name__)
        return False
    return True
