"""`sessionpass status` says whether the installation keeps up, and its exit code says it to a machine."""

import asyncio
import os
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from redis.asyncio import Redis

from api.status import _told
from api.supervisor import own_command
from models.errors import Refused
from models.rules.values import TestCard
from tests.chaos import conftest as apart
from tests.chaos.house import EXPIRING, House
from tests.studio import open_studio

# It sees every business, so it needs a database that no other test fills.
doomed_postgres, doomed_redis, house = apart.doomed_postgres, apart.doomed_redis, apart.house


async def _status(state: Path, database_url: str | None, redis_url: str | None) -> tuple[int, str]:
    servers = {"DATABASE_URL": database_url or "", "REDIS_URL": redis_url or ""}
    environment = os.environ | servers | {"SESSIONPASS_STATE_DIR": str(state), "COLUMNS": "200"}
    program = [str(word) for word in own_command("status")]
    ended = await asyncio.to_thread(
        subprocess.run, program, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    return ended.returncode, ended.stdout


async def test_it_says_what_is_late_and_whether_a_worker_is_alive(house: House, tmp_path: Path) -> None:
    servers = house.settings.database_url, house.redis.url
    quiet, said_quiet = await _status(tmp_path, *servers)
    studio = await open_studio(house.runtime(days_ago=40), None)
    await studio.sell(EXPIRING)
    await studio.sell(EXPIRING)
    with pytest.raises(Refused):
        await studio.sell(EXPIRING, card=TestCard.TIMEOUT)
    late, said_late = await _status(tmp_path, *servers)
    async with Redis.from_url(house.redis.url) as redis:
        await redis.set("sessionpass:health-check", "signed", ex=60)
    alive, said_alive = await _status(tmp_path, *servers)
    lone, said_lone = await _status(tmp_path, house.settings.database_url, None)

    assert (quiet, late, alive, lone) == (0, 1, 1, 1), said_quiet + said_late + said_alive + said_lone
    for sentence in ("The database answers.", "Nothing is past due.", "No payment is open.", "No worker has signed in"):
        assert sentence in said_quiet
    assert "2 passes are past due, the oldest by " in said_late
    assert "1 payment is open, the oldest for 40 d 0 h." in said_late
    assert "No worker can be seen" in said_late
    assert "A worker is alive." in said_alive
    assert "Redis cannot be asked" in said_lone


async def test_a_database_that_does_not_answer_is_no_good_status(tmp_path: Path) -> None:
    code, said = await _status(tmp_path, "postgresql://nobody@127.0.0.1:1/nothing", None)

    assert code == 1
    assert "The database does not answer" in said


def test_a_duration_is_told_in_its_two_greatest_units() -> None:
    told = [_told(timedelta(seconds=seconds)) for seconds in (-1, 59, 61, 3_600, 93_784)]

    assert told == ["0 s", "59 s", "1 min 1 s", "1 h 0 min", "1 d 2 h"]
