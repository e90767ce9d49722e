"""What is tried again, and what is answered at once."""

import asyncpg
import pytest

from models.errors import Refused
from models.operations.retried import retried
from models.rules.codes import Code
from tests.studio import Studio


async def test_who_waited_too_long_in_a_queue_is_told_to_come_back(studio: Studio) -> None:
    times = 0

    async def wait() -> None:
        nonlocal times
        times += 1
        async with studio.runtime.database.reading(studio.business_id) as reader:
            await reader.execute("SET LOCAL statement_timeout = '10ms'")
            await reader.execute("SELECT pg_sleep(5)")

    with pytest.raises(Refused) as refused:
        await retried(wait, Code.TRY_AGAIN)
    assert refused.value.code is Code.TRY_AGAIN
    assert times == 1


async def test_a_deadlock_is_tried_five_times(studio: Studio) -> None:
    times = 0

    async def die() -> None:
        nonlocal times
        times += 1
        async with studio.runtime.database.reading(studio.business_id) as reader:
            await reader.execute("DO $$ BEGIN RAISE SQLSTATE '40P01'; END $$")

    with pytest.raises(Refused) as refused:
        await retried(die, Code.TRY_AGAIN)
    assert refused.value.code is Code.TRY_AGAIN
    assert times == 5


async def test_any_other_error_stays_what_it_is(studio: Studio) -> None:
    async def fail() -> None:
        async with studio.runtime.database.reading(studio.business_id) as reader:
            await reader.execute("SELECT 1 / 0")

    with pytest.raises(asyncpg.DivisionByZeroError):
        await retried(fail, Code.TRY_AGAIN)
