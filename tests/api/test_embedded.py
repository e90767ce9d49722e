"""The servers that come along start, keep their data, survive SIGKILL and leave nothing behind."""

import asyncio
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import redis

from api.embedded import EmbeddedServerError, PostgresServer, embedded_postgres, embedded_redis, place
from api.embedded.process import command_of, wait_until


async def query(url: str, *statements: str) -> Any:
    """The single value of the last statement."""
    connection = await asyncpg.connect(url, ssl=False)
    try:
        for statement in statements[:-1]:
            await connection.execute(statement)
        return await connection.fetchval(statements[-1])
    finally:
        await connection.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[PostgresServer]:
    with embedded_postgres(tmp_path, durable=False) as running:
        yield running


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    """A state folder whose data are kept between starts, and removed after the test wherever they lie."""
    yield tmp_path
    PostgresServer(tmp_path).discard()


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def test_it_is_recent_utf8_utc_and_ours(server: PostgresServer) -> None:
    assert await query(server.url, "SELECT current_database()") == "sessionpass"
    assert int(await query(server.url, "SHOW server_version_num")) >= 150_000
    assert await query(server.url, "SHOW server_encoding") == "UTF8"
    assert await query(server.url, "SHOW timezone") == "UTC"
    assert await query(server.url, "SHOW password_encryption") == "scram-sha-256"
    assert await query(server.url, "SHOW max_connections") == "200"
    assert server.port < 32_768


async def test_a_wrong_password_is_refused(server: PostgresServer) -> None:
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(f"postgresql://postgres:guess@127.0.0.1:{server.port}/sessionpass", ssl=False)


async def test_it_never_runs_as_root(server: PostgresServer) -> None:
    owner = Path(f"/proc/{server.pid}")
    if not owner.exists():
        pytest.skip("the system has no /proc")
    assert owner.stat().st_uid != 0


async def test_a_killed_server_recovers_on_the_same_port(server: PostgresServer) -> None:
    await query(server.url, "CREATE TABLE kept (n int)", "INSERT INTO kept VALUES (7) RETURNING n")
    url, pid = server.url, server.pid
    await asyncio.to_thread(server.kill)
    assert server.url == url
    assert server.pid != pid
    assert await query(url, "SELECT n FROM kept") == 7


async def test_a_server_killed_under_connections_recovers(server: PostgresServer) -> None:
    connections = [await asyncpg.connect(server.url, ssl=False) for _ in range(20)]
    await asyncio.to_thread(server.kill)
    assert await query(server.url, "SELECT 1") == 1
    for connection in connections:
        connection.terminate()


async def test_a_restart_keeps_the_port_and_the_data(server: PostgresServer) -> None:
    await query(server.url, "CREATE TABLE kept (n int)", "INSERT INTO kept VALUES (7) RETURNING n")
    url = server.url
    await asyncio.to_thread(server.restart)
    assert server.url == url
    assert await query(url, "SELECT n FROM kept") == 7


async def test_a_second_start_keeps_address_and_data(state: Path) -> None:
    with embedded_postgres(state) as server:
        url, pid = server.url, server.pid
        await query(url, "CREATE TABLE kept (n int)", "INSERT INTO kept VALUES (7) RETURNING n")
    assert command_of(pid) == ""
    assert mode_of(state / "postgres.password") == 0o600
    with embedded_postgres(state) as server:
        assert server.url == url
        assert await query(server.url, "SELECT n FROM kept") == 7


def test_data_folders_are_closed_to_others(state: Path) -> None:
    with embedded_postgres(state):
        assert mode_of(place.find_place(state).data) == 0o700


def test_one_folder_is_never_served_twice(server: PostgresServer, tmp_path: Path) -> None:
    with pytest.raises(EmbeddedServerError, match="already running"), embedded_postgres(tmp_path):
        pass
    assert server.pid


def test_data_of_another_release_are_refused_with_a_remedy(state: Path) -> None:
    with embedded_postgres(state):
        data = place.find_place(state).data
    (data / "PG_VERSION").write_text("9\n")
    with pytest.raises(EmbeddedServerError, match="SESSIONPASS_STATE_DIR"), embedded_postgres(state):
        pass


def test_programs_copied_for_another_user_run(tmp_path: Path) -> None:
    programs = place._packaged_programs()
    if programs is None:
        pytest.skip("the wheel has no programs for this platform")
    copied = place._copied(programs, tmp_path)
    assert copied == place._copied(programs, tmp_path)
    assert place._major(copied) == place._major(programs)
    subprocess.run([copied / "initdb", "--version"], check=True, capture_output=True)


KEEPER = """
import sys, time
from api.embedded import embedded_postgres, embedded_redis
with embedded_postgres(sys.argv[1], durable=False) as server, embedded_redis(sys.argv[1]) as doorbell:
    print(server.pid, doorbell.pid, flush=True)
    time.sleep(60)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children that their parent has died")
def test_a_killed_parent_leaves_no_orphans_and_the_next_start_works(state: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", KEEPER, str(state)], stdout=subprocess.PIPE) as keeper:
        assert keeper.stdout is not None
        pids = [int(word) for word in keeper.stdout.readline().split()]
        assert len(pids) == 2
        keeper.send_signal(signal.SIGKILL)
        keeper.wait()
    # No waiting here: the start itself has to cope with servers that are still stopping.
    with embedded_postgres(state) as server, embedded_redis(state) as doorbell:
        assert asyncio.run(query(server.url, "SELECT 1")) == 1
        assert redis.Redis.from_url(doorbell.url).ping()
        assert wait_until(lambda: not any(command_of(pid) for pid in pids), 10)


def test_valkey_answers_wants_a_password_and_keeps_its_port(tmp_path: Path) -> None:
    with embedded_redis(tmp_path) as server:
        url, pid = server.url, server.pid
        client = redis.Redis.from_url(url)
        assert client.set("bell", "rings")
        with pytest.raises(redis.AuthenticationError):
            redis.Redis(host="127.0.0.1", port=server.port).ping()
        server.kill()
        assert server.url == url
        assert redis.Redis.from_url(url).get("bell") is None
        server.restart()
        assert redis.Redis.from_url(url).ping()
        client.close()
    assert command_of(pid) == ""
    assert mode_of(tmp_path / "valkey.password") == 0o600
    with embedded_redis(tmp_path) as server:
        assert server.url == url


def test_a_busy_port_is_left_to_its_owner(tmp_path: Path) -> None:
    with embedded_redis(tmp_path / "one") as first:
        (tmp_path / "two").mkdir()
        (tmp_path / "two" / "valkey.port").write_text(f"{first.port}\n")
        with embedded_redis(tmp_path / "two") as second:
            assert second.port != first.port
            assert redis.Redis.from_url(second.url).ping()


def test_the_environment_of_the_caller_does_not_leak(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.setenv("PGDATA", "/nowhere")
    monkeypatch.setenv("LC_ALL", "xx_XX.UTF-8")
    with embedded_postgres(tmp_path, durable=False) as server:
        assert asyncio.run(query(server.url, "SELECT 1")) == 1
    assert os.environ["PGPORT"] == "1"
