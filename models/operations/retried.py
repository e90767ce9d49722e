"""Run a transaction again where the store broke it off for another's sake: a deadlock, a serialization failure."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import asyncpg
from sqlalchemy.exc import DBAPIError

from models.errors import refuse
from models.rules.codes import Code

T = TypeVar("T")
_TRIES = 5
_BROKEN_OFF = ("40001", "40P01")
_WAITED_TOO_LONG = ("57014", "55P03")


async def retried(once: Callable[[], Awaitable[T]], give_up: Code) -> T:
    """Return what `once` returns, trying five times with growing pauses; then refuse with `give_up`.

    A statement that waited in a queue of locks until its time was up is not tried again here: the caller who waited
    so long is told to come back, instead of standing in line once more.
    """
    for attempt in range(_TRIES):
        try:
            return await once()
        except DBAPIError as error:
            state = getattr(error.orig, "sqlstate", None)
            if state in _WAITED_TOO_LONG:
                raise refuse(give_up) from error
            if state not in _BROKEN_OFF:
                raise
        except (asyncpg.DeadlockDetectedError, asyncpg.SerializationError):
            pass
        except (asyncpg.QueryCanceledError, asyncpg.LockNotAvailableError) as error:
            raise refuse(give_up) from error
        await asyncio.sleep(0.01 * 2**attempt)
    raise refuse(give_up)
