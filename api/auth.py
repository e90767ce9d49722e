"""Who asks: the API key in `Authorization: Bearer`, and the business it opens."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass

from starlette.requests import HTTPConnection

from models.errors import Unauthenticated
from models.operations.create_business import hash_key
from models.queries import tenants
from models.queries.tenants import Business, KeyOwner
from models.runtime import Runtime

KEY_PREFIX = "sp_"
KEY_CHARACTERS_MAX = 100
REMEMBERED_SECONDS = 2.0
REMEMBERED_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Caller:
    """Whom a request speaks for, in which business."""

    owner: KeyOwner
    business: Business


class Authenticator:
    """Finds the caller of a request. What a key opens is remembered for two seconds; a test clock never is."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._callers: OrderedDict[bytes, tuple[float, Caller]] = OrderedDict()

    async def caller(self, request: HTTPConnection) -> Caller:
        """Return who asks.

        Raises:
            Unauthenticated: the key is missing, malformed, unknown or revoked.
        """
        key_hash = hash_key(_bearer(request.headers.get("authorization")))
        now = asyncio.get_running_loop().time()
        remembered = self._callers.get(key_hash)
        if remembered is None or remembered[0] <= now:
            caller = await self._look_up(key_hash)
            self._remember(key_hash, now + REMEMBERED_SECONDS, caller)
            return caller
        caller = remembered[1]
        if caller.business.test_clock_at is None:
            return caller
        return Caller(caller.owner, await self._business(caller.owner))

    async def _look_up(self, key_hash: bytes) -> Caller:
        async with self._runtime.database.by_key_hash(key_hash) as reader:
            owner = await tenants.key_owner(reader, key_hash)
        if owner is None:
            self._callers.pop(key_hash, None)
            raise Unauthenticated
        return Caller(owner, await self._business(owner))

    async def _business(self, owner: KeyOwner) -> Business:
        async with self._runtime.database.reading(owner.business_id) as reader:
            business = await tenants.business(reader)
        assert business is not None, "a key belongs to a business by its foreign key"
        return business

    def _remember(self, key_hash: bytes, until: float, caller: Caller) -> None:
        self._callers[key_hash] = (until, caller)
        self._callers.move_to_end(key_hash)
        if len(self._callers) > REMEMBERED_MAX:
            self._callers.popitem(last=False)


def _bearer(header: str | None) -> str:
    scheme, _, key = (header or "").strip().partition(" ")
    key = key.strip()
    if scheme.lower() != "bearer" or not key.startswith(KEY_PREFIX) or len(key) > KEY_CHARACTERS_MAX:
        raise Unauthenticated
    return key
