"""`sessionpass up` starts everything, says what is in the way, and leaves nothing behind."""

import importlib.util
import json
import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest

from api.embedded import PostgresServer
from api.embedded.process import command_of, remembered_port, wait_until
from api.supervisor import own_command
from api.up import find_running, kept_keys, note_path, write_private

NOTE = {"api_url": "http://127.0.0.1:1", "database_url": "postgresql://x", "redis_url": "redis://x"}
PARTS = ("workers", "api.app", "api.demo_studio")


def environment(state: Path, port: int) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
    return own | {"SESSIONPASS_STATE_DIR": str(state), "SESSIONPASS_PORT": str(port), "COLUMNS": "200"}


def run(state: Path, port: int, *command: str) -> subprocess.CompletedProcess[str]:
    program = [str(word) for word in own_command(*command)]
    return subprocess.run(program, env=environment(state, port), capture_output=True, text=True, timeout=60)


def test_a_busy_port_is_named_with_a_remedy(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = run(tmp_path, port, "up")
    assert ended.returncode == 1
    assert f"port {port}" in ended.stdout
    assert f"SESSIONPASS_PORT={port + 1} sessionpass up" in ended.stdout
    assert not (tmp_path / "postgres.port").exists()


@pytest.mark.parametrize("command", ["api", "migrate"])
def test_without_servers_a_command_says_what_to_do(tmp_path: Path, command: str) -> None:
    ended = run(tmp_path, 8000, command)
    assert ended.returncode == 2
    assert "DATABASE_URL is not set" in ended.stderr
    assert "make up" in ended.stderr


def test_the_note_of_a_running_up_is_found_and_of_a_dead_one_is_not(tmp_path: Path) -> None:
    assert find_running(tmp_path) is None
    write_private(note_path(tmp_path), NOTE | {"pid": os.getpid()})
    found = find_running(tmp_path)
    assert found is not None
    assert found.redis_url == "redis://x"
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    write_private(note_path(tmp_path), NOTE | {"pid": ended.pid})
    assert find_running(tmp_path) is None
    note_path(tmp_path).write_text("{")
    assert find_running(tmp_path) is None


def test_what_is_private_is_read_by_nobody_else(tmp_path: Path) -> None:
    write_private(tmp_path / "keys.json", {"STAFF": "one"})
    write_private(tmp_path / "keys.json", {"STAFF": "two"})
    assert kept_keys(tmp_path) == {"STAFF": "two"}
    assert stat.S_IMODE((tmp_path / "keys.json").stat().st_mode) == 0o600


@pytest.mark.skipif(
    any(importlib.util.find_spec(part) is None for part in PARTS), reason="the parts that `up` starts are missing"
)
def test_up_starts_everything_twice_with_the_same_keys_and_stops_cleanly(tmp_path: Path) -> None:
    port = remembered_port(tmp_path / "api.port")
    try:
        keys = [_up_and_down(tmp_path, port, wish) for wish in (signal.SIGINT, signal.SIGTERM)]
    finally:
        PostgresServer(tmp_path).discard()
    assert keys[0] == keys[1]
    assert {"STAFF", "CLIENT", "PARTNER"} <= keys[0].keys()


def _up_and_down(state: Path, port: int, wish: signal.Signals) -> dict[str, str]:
    """Start, look at what runs, stop with this signal; returns the keys."""
    output = state / "output"
    with (
        output.open("w") as stream,
        subprocess.Popen(own_command("up"), env=environment(state, port), stdout=stream) as running,
    ):
        try:
            assert wait_until(lambda: "Ctrl-C" in output.read_text() or running.poll() is not None, 90)
            assert running.poll() is None, output.read_text()
            assert httpx2.get(f"http://127.0.0.1:{port}/health/ready", trust_env=False).status_code == 200
            note = json.loads(note_path(state).read_text())
            children = _children(note["pid"])
            assert len(children) == 4
            keys = kept_keys(state)
            for key in keys.values():
                assert key in output.read_text()
            assert f"CLIENT (Ann Arbour)  {keys['CLIENT']}" in output.read_text()
        finally:
            running.send_signal(wish)
            status = running.wait(60)
    assert status == 0
    assert wait_until(lambda: not any(command_of(pid) for pid in children), 10)
    assert not note_path(state).exists()
    return keys


def _children(pid: int) -> list[int]:
    listing = subprocess.run(["ps", "-e", "-o", "pid=,ppid="], capture_output=True, text=True, check=True)
    pairs = [line.split() for line in listing.stdout.splitlines()]
    return [int(child) for child, parent in pairs if int(parent) == pid]
