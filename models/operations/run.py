"""Carry out a verb: one transaction, one operation row, once per idempotency key.

    claim the key ─ verb ─┬─ Changed ─ write the result ─ commit
                          ├─ None    ─ nothing was due ─ roll back
                          └─ ToPay   ─ write order and intent ─ commit ─ charge (outside) ─ settle (second transaction)

A dry run is the same code with a charge assumed to succeed, rolled back at the end.
"""

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import Any, Protocol
from uuid import UUID

import asyncpg
from sqlalchemy.dialects.postgresql import insert

from models.errors import Problem, Refused, refuse
from models.operations.base import Actor, Changed, ToPay, Tx, plain
from models.operations.open_tx import finish, open_tx
from models.operations.retried import retried
from models.operations.settle_payment import fulfil, intend, settle_payment
from models.operations.settle_refund import settle_refund
from models.rules.codes import Code
from models.runtime import Runtime
from models.tables.operations import operations

_WAIT_SECONDS, _WAITS = 0.05, 300

Loader = Callable[[asyncpg.Connection, Changed, Tx], Awaitable[Any]]


class Verb(Protocol):
    """A verb: reads and writes through `tx`, gives back what changed, or what must be paid first, or None."""

    __name__: str

    def __call__(self, tx: Tx, command: Any) -> Awaitable[Changed | ToPay | None]:
        """Carry out the command."""
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a verb. `loaded` is what the caller's loader read inside the same transaction."""

    operation_id: UUID
    changed: Changed
    loaded: Any = None


class _RolledBack(Exception):  # noqa: N818 - not an error, the way out of a dry run
    def __init__(self, answer: Answer | None) -> None:
        self.answer = answer


async def run(
    runtime: Runtime,
    business_id: UUID,
    actor: Actor,
    verb: Verb,
    command: Any,
    *,
    key: str,
    dry_run: bool = False,
    load: Loader | None = None,
) -> Answer | None:
    """Carry out `verb` once for this `key` and return its answer, the same one at every repetition.

    None means that nothing was due (only automatic verbs say so).

    Raises:
        Refused: with the codes of the verb; IDEMPOTENCY_MISMATCH; OPERATION_IN_PROGRESS; TRY_AGAIN.
        StoreUnavailable: the database cannot be reached.
    """
    check_key(key)
    call = _Call(runtime, business_id, actor, verb, command, key, dry_run, load)
    return await retried(call.once, Code.TRY_AGAIN)


@dataclass(frozen=True, slots=True)
class _Call:
    runtime: Runtime
    business_id: UUID
    actor: Actor
    verb: Verb
    command: Any
    key: str
    dry_run: bool
    load: Loader | None

    async def once(self) -> Answer | None:
        payment_id = None
        try:
            async with self.runtime.database.transaction(self.business_id) as connection:
                tx = await open_tx(self.runtime, connection, self.actor, dry_run=self.dry_run)
                stored = input_json(self.verb, self.command)
                if not await begin(tx, self.verb, stored, self.key):
                    outcome: Changed | UUID | None = None
                    repeated = True
                else:
                    repeated = False
                    outcome = await self._carry_out(tx)
                    if outcome is None or self.dry_run:
                        raise _RolledBack(await self._answer(tx, outcome) if isinstance(outcome, Changed) else None)
                if isinstance(outcome, Changed):
                    answer = await self._answer(tx, outcome)
                    await finish(tx, outcome)
                elif not repeated:
                    payment_id = outcome
        except _RolledBack as rolled_back:
            return rolled_back.answer
        if payment_id is not None:
            assert isinstance(payment_id, UUID)
            await settle_payment(self.runtime, self.business_id, payment_id)
        for refund_id in tx.refunds:
            await settle_refund(self.runtime, self.business_id, refund_id)
        if payment_id is not None or repeated or tx.refunds:
            return await self._repeat(stored)
        if tx.rings and not tx.business.test_clock_at:
            await self.runtime.ring(self.business_id)
        return answer

    async def _carry_out(self, tx: Tx) -> Changed | UUID | None:
        """Run the verb. A UUID is the payment to settle after the commit."""
        outcome = await self.verb(tx, self.command)
        if not isinstance(outcome, ToPay):
            return outcome
        if self.dry_run or outcome.amount_minor == 0:
            return await fulfil(tx, outcome)
        return await intend(tx, outcome)

    async def _answer(self, tx: Tx, changed: Changed) -> Answer:
        return Answer(tx.operation_id, changed, await self.load(tx.raw, changed, tx) if self.load else None)

    async def _repeat(self, stored: dict[str, Any]) -> Answer:
        """Answer from the operation the key names, waiting a while for one that is being settled."""
        for _ in range(_WAITS):
            async with self.runtime.database.transaction(self.business_id) as connection:
                tx = await open_tx(self.runtime, connection, self.actor)
                found = await tx.raw.fetchrow(
                    "SELECT id, state, input_hash, result, api_key_id FROM operations WHERE idempotency_key = $1",
                    self.key,
                )
                if found is None:
                    raise refuse(Code.OPERATION_IN_PROGRESS, "idempotencyKey")
                if found["input_hash"] != digest(stored) or found["api_key_id"] != self.actor.key_id:
                    raise refuse(Code.IDEMPOTENCY_MISMATCH, "idempotencyKey")
                result = found["result"]
                if found["state"] == "FAILED":
                    raise Refused(*(Problem.from_json(each) for each in result["problems"]))
                if found["state"] == "DONE":
                    tx.operation_id = found["id"]
                    return await self._answer(tx, Changed.from_json(result))
                if result.get("unknown"):
                    raise refuse(Code.OPERATION_IN_PROGRESS, "idempotencyKey")
            await asyncio.sleep(_WAIT_SECONDS)
        raise refuse(Code.OPERATION_IN_PROGRESS, "idempotencyKey")


async def begin(tx: Tx, verb: Verb, stored: dict[str, Any], key: str) -> bool:
    """Insert the operation; False where the key has been used. Waits for one who is inserting the same key."""
    row = {
        "business_id": tx.business.id,
        "id": tx.operation_id,
        "verb": verb_name(verb),
        "role": tx.actor.role,
        "api_key_id": tx.actor.key_id,
        "client_id": tx.actor.client_id,
        "idempotency_key": key,
        "input_hash": digest(stored),
        "input": stored,
        "state": "PENDING",
        "result": {},
        "at": tx.now,
        "recorded_at": tx.real_now,
    }
    done = await tx.connection.execute(
        insert(operations).values(row).on_conflict_do_nothing(index_elements=["business_id", "idempotency_key"])
    )
    return bool(done.rowcount == 1)


def check_key(key: str) -> None:
    """Refuse a key that is none. Errors: IDEMPOTENCY_KEY_INVALID."""
    if not 1 <= len(key) <= 200 or not key.isprintable():
        raise refuse(Code.IDEMPOTENCY_KEY_INVALID, "idempotencyKey")


def verb_name(verb: Verb) -> str:
    """Return the verb's public name: `sell_pass` is `sellPass`."""
    first, *rest = verb.__name__.split("_")
    return first + "".join(word.capitalize() for word in rest)


def input_json(verb: Verb, command: Any) -> dict[str, Any]:
    """Return the input as it is kept and compared."""
    return {"verb": verb_name(verb), "command": plain(asdict(command))}


def digest(stored: dict[str, Any]) -> bytes:
    """Return the SHA-256 of an input, the same for the same input whatever the order of its fields."""
    return hashlib.sha256(json.dumps(stored, sort_keys=True, separators=(",", ":")).encode()).digest()
