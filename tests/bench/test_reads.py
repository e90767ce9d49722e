"""Reading over HTTP: the API as it is started, against Starlette with one bare query for the same JSON."""

import json
import os
import random
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from api.embedded.process import wait_until
from api.supervisor import own_command
from schema.ids import encode
from tests.bench.report import Report
from tests.bench.store import STUDIO_CLIENTS, Store

CONNECTIONS, SECONDS, ROUNDS, CLIENTS_ASKED = 32, 2.0, 7, 2_000
OF_CLIENT = """
query ($client: ID!) {
  passes(clientId: $client) {
    nodes { id kind status soldAt firstDay lastDay endsAt balance { granted available booked used } }
  }
}
"""
PAGE = """
{
  passes(first: 100) {
    nodes {
      id kind status soldAt firstDay lastDay endsAt balance { granted available booked used }
      client { id name }
      purchaseOption { name priceMinor version }
    }
  }
}
"""


@dataclass(frozen=True, slots=True)
class Server:
    """A server under measurement and its load generator."""

    port: int
    load: "subprocess.Popen[str]"

    def rate(self, requests: list[str], seconds: float = SECONDS) -> float:
        """Return how many answers came a second."""
        assert self.load.stdin is not None
        assert self.load.stdout is not None
        self.load.stdin.write(json.dumps({"seconds": seconds, "requests": requests}) + "\n")
        self.load.stdin.flush()
        answer = json.loads(self.load.stdout.readline())
        return float(answer["answers"] / answer["seconds"])


@pytest.mark.bench
def test_reads(store: Store, report: Report) -> None:
    environment = os.environ | {"DATABASE_URL": store.server.url, "BENCH_STUDIO": str(store.studio)}
    bare = "tests.bench.bare_app:app"
    uvicorn = [sys.executable, "-m", "uvicorn", bare, "--no-access-log", "--log-level", "warning", "--port"]
    with ExitStack() as stack:
        floor = stack.enter_context(_started(uvicorn, environment))
        # The port of a Redis that is not there: reads never ring.
        environment |= {"REDIS_URL": "redis://127.0.0.1:9/0", "SESSIONPASS_POOL_SIZE": str(CONNECTIONS)}
        ours = stack.enter_context(_started([*map(str, own_command("api")), "--port"], environment))
        _compare(report, "client's passes with balances", floor, ours, *_of_client(store))
        _compare(report, "100 passes with client and option", floor, ours, *_page(store))


def _of_client(store: Store) -> tuple[list[str], list[str]]:
    chance = random.Random(7)
    clients = [store.client(chance.randrange(STUDIO_CLIENTS)) for _ in range(CLIENTS_ASKED)]
    asked = [{"query": OF_CLIENT, "variables": {"client": encode("Client", client)}} for client in clients]
    return (
        [_request("/client", {"client": str(client)}) for client in clients],
        [_request("/graphql", body, store.api_key) for body in asked],
    )


def _page(store: Store) -> tuple[list[str], list[str]]:
    return [_request("/page", {})], [_request("/graphql", {"query": PAGE}, store.api_key)]


def _compare(report: Report, work: str, floor: Server, ours: Server, floor_asks: list[str], we_ask: list[str]) -> None:
    expected, got = _answer(floor, floor_asks[0]), _answer(ours, we_ask[0])["data"]["passes"]["nodes"]
    assert [each["id"] for each in got] == [each["id"] for each in expected["passes"]], "the answers differ"
    for server, requests in ((floor, floor_asks), (ours, we_ask)):
        server.rate(requests, 1.0)
    floor_rates, our_rates = [], []
    for _ in range(ROUNDS):
        floor_rates.append(floor.rate(floor_asks))
        our_rates.append(ours.rate(we_ask))
    report.add(work, "Starlette, one asyncpg query, JSON (floor)", floor_rates)
    report.add(work, "sessionpass api, POST /graphql", our_rates, floor_rates)


def _request(path: str, body: dict[str, Any], key: str | None = None) -> str:
    text = json.dumps(body)
    authorization = f"Authorization: Bearer {key}\r\n" if key else ""
    return (
        f"POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nAccept: application/json\r\n"
        f"{authorization}Content-Length: {len(text)}\r\n\r\n{text}"
    )


def _answer(server: Server, request: str) -> Any:
    head, _, body = request.partition("\r\n\r\n")
    first, *lines = head.split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines if not line.startswith(("Host", "Content-Length")))
    url = f"http://127.0.0.1:{server.port}{first.split()[1]}"
    answer = httpx2.post(url, content=body, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


@contextmanager
def _started(command: list[str], environment: dict[str, str]) -> Iterator[Server]:
    """Start a server and a load generator for it; both are gone at the end."""
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    root = Path(__file__).parents[2]
    load_command = [sys.executable, "-m", "tests.bench.load", str(port), str(CONNECTIONS)]
    with (
        subprocess.Popen(
            [*command, str(port)],
            env=environment,
            cwd=root,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as server,
        subprocess.Popen(load_command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as load,
    ):
        try:
            assert wait_until(lambda: _listens(port), 30), "the server did not start"
            yield Server(port, load)
        finally:
            load.kill()
            server.terminate()


def _listens(port: int) -> bool:
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0
