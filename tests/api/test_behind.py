"""A command of the operator on tables that are older than the release says so, instead of failing in its own way."""

import asyncio
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import pytest

from api.embedded.postgres import PostgresServer
from api.supervisor import own_command
from models.migrations.run import is_behind, migrate

_COMMANDS = [["status"], ["check"], ["create-business", "Studio", "--zone", "Europe/Paris"]]
_SENTENCE = "The tables are older than this release. Run `sessionpass migrate` first."


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url, ssl=False)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture
def empty(postgres: PostgresServer) -> Iterator[str]:
    """The address of a database without tables."""
    name = f"behind_{uuid4().hex}"
    asyncio.run(_execute(postgres.url, f"CREATE DATABASE {name}"))
    yield urlsplit(postgres.url)._replace(path=f"/{name}").geturl()
    asyncio.run(_execute(postgres.url, f"DROP DATABASE {name} WITH (FORCE)"))


def _ended(words: list[str], database_url: str, state: Path) -> tuple[int, str]:
    servers = {"DATABASE_URL": database_url, "REDIS_URL": "redis://127.0.0.1:1"}
    environment = os.environ | servers | {"SESSIONPASS_STATE_DIR": str(state), "COLUMNS": "200"}
    program = [str(word) for word in own_command(*words)]
    ended = subprocess.run(program, env=environment, capture_output=True, text=True, timeout=60, check=False)
    return ended.returncode, ended.stdout + ended.stderr


@pytest.mark.parametrize("words", _COMMANDS, ids=[words[0] for words in _COMMANDS])
def test_a_forgotten_migration_is_named(empty: str, tmp_path: Path, words: list[str]) -> None:
    code, said = _ended(words, empty, tmp_path)

    assert code == 2
    assert _SENTENCE in said
    assert "Traceback" not in said


def test_only_tables_that_lack_a_migration_of_this_release_are_behind(empty: str) -> None:
    without = is_behind(empty)
    migrate(empty)
    current = is_behind(empty)
    asyncio.run(_execute(empty, "UPDATE alembic_version SET version_num = '0019'"))
    one_less = is_behind(empty)
    asyncio.run(_execute(empty, "UPDATE alembic_version SET version_num = '9999'"))
    of_a_later_release = is_behind(empty)

    assert (without, current, one_less, of_a_later_release) == (True, False, True, False)


def test_a_database_that_is_away_is_not_taken_for_an_old_one(tmp_path: Path) -> None:
    code, said = _ended(["check"], "postgresql://nobody@127.0.0.1:1/nothing", tmp_path)

    assert code == 2
    assert _SENTENCE not in said
    assert "✗ The database does not answer. Check DATABASE_URL" in said
    assert "Traceback" not in said
