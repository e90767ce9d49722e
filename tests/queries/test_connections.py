"""Connections to a server that goes away."""

from typing import Any
from uuid import uuid4

import pytest

from models.database import Database
from models.errors import StoreUnavailable
from models.settings import Settings

_FIELDS = b"SFATAL\0C57P02\0Mterminating connection because of crash of another server process\0\0"
FAREWELL = b"E" + (len(_FIELDS) + 4).to_bytes(4, "big") + _FIELDS
"""A server's last words on a connection; what ends the connection itself comes a moment later."""


async def test_a_reading_connection_that_was_told_farewell_while_idle_is_away_and_not_lent_again(
    settings: Settings,
) -> None:
    database = Database(settings, pool_size=1)
    try:
        async with database.reading(uuid4()) as idle:
            assert await idle.fetchval("SELECT 1") == 1
        _tell(idle, FAREWELL)

        with pytest.raises(StoreUnavailable):
            async with database.reading(uuid4()):
                pytest.fail("it was lent")
        async with database.reading(uuid4()) as reader:
            assert await reader.fetchval("SELECT 1") == 1
    finally:
        await database.close()


async def test_a_writing_connection_that_was_told_farewell_while_idle_is_away(settings: Settings) -> None:
    database = Database(settings, pool_size=1)
    async with database.transaction(uuid4()) as connection:
        idle = (await connection.get_raw_connection()).driver_connection
    assert idle is not None
    try:
        _tell(idle, FAREWELL)

        with pytest.raises(StoreUnavailable):
            async with database.transaction(uuid4()):
                pytest.fail("it was lent")
    finally:
        idle.terminate()
        await database.close()


def _tell(connection: Any, message: bytes) -> None:
    connection._protocol.data_received(message)
