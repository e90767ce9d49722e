"""A real server for a test: the application under uvicorn on a free port, in this process's event loop."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import uvicorn

from api.app import create_app
from models.runtime import Runtime
from models.settings import Settings


@asynccontextmanager
async def served(settings: Settings, runtime: Runtime | None = None) -> AsyncIterator[httpx2.AsyncClient]:
    """Serve the application over TCP, and lend a client that talks to it."""
    app = create_app(settings, runtime)
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    try:
        async with httpx2.AsyncClient(base_url=address, timeout=10, trust_env=False) as client:
            while not server.started:
                await asyncio.sleep(0.01)
                assert not serving.done(), "the server did not start"
            yield client
    finally:
        server.should_exit = True
        await serving
        listening.close()


def bearer(key: str) -> dict[str, str]:
    """The header that carries a key."""
    return {"Authorization": f"Bearer {key}"}
