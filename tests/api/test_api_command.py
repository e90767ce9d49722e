"""`sessionpass api` as a process of its own: it serves, logs without secrets, and ends cleanly."""

import asyncio
import json
import os
import signal
import socket
import sys

import httpx2

from models.operations.create_business import create_api_key
from models.rules.values import Role
from models.settings import Settings
from tests.api.serving import bearer
from tests.studio import Studio


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


async def _ready(client: httpx2.AsyncClient) -> None:
    for _ in range(1_200):
        try:
            if (await client.get("/health/ready")).status_code == httpx2.codes.OK:
                return
        except httpx2.HTTPError:
            pass  # nobody listens yet
        await asyncio.sleep(0.05)
    raise AssertionError("the API is not ready")


async def test_it_serves_logs_without_secrets_and_ends_cleanly(settings: Settings, studio: Studio) -> None:
    key = await create_api_key(studio.runtime, studio.business_id, Role.STAFF, "key")
    port = _free_port()
    assert settings.database_url is not None
    assert settings.redis_url is not None
    servers = {"DATABASE_URL": settings.database_url, "REDIS_URL": settings.redis_url, "SESSIONPASS_PORT": str(port)}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "api.cli",
        "api",
        env=os.environ | servers,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        address = f"http://127.0.0.1:{port}"
        async with httpx2.AsyncClient(base_url=address, trust_env=False, headers=bearer(key)) as client:
            await _ready(client)
            secret = "{ clients(first: 1) { nodes { name } } }"
            by_get = await client.get("/graphql", params={"query": secret}, headers={"X-Request-ID": "mine"})
            assert by_get.json()["data"]["clients"]["nodes"] == [{"name": "Ann"}]
    finally:
        process.send_signal(signal.SIGTERM)
        _, written = await asyncio.wait_for(process.communicate(), 20)
    assert process.returncode in (0, -signal.SIGTERM)
    log = written.decode()
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    mine = next(line for line in lines if line.get("request_id") == "mine")
    assert (mine["method"], mine["path"], mine["status"]) == ("GET", "/graphql", 200)
    assert mine["business"] == str(studio.business_id)
    assert lines[-1]["event"] == "api.stopped"
    for hidden in (key, key.removeprefix("sp_"), "clients", "Ann", settings.database_url, settings.redis_url):
        assert hidden not in log
