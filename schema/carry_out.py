"""Carry out a verb for a mutation: the one place that turns an answer or a refusal into a payload.

input ─ checked ─ command ─ run ─┬─ answer  ─ payload with what was loaded inside the transaction
                                 └─ refused ─ payload with userErrors and nothing else
"""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Self, TypeVar, cast

import asyncpg
import strawberry

from models.errors import Refused
from models.operations.base import Changed, Tx
from models.operations.run import Answer, Verb, run
from schema.context import Context, Info
from schema.errors import UserError, user_errors
from schema.given import Given, check_texts
from schema.ids import encode
from schema.loaders import Loaders
from schema.preview import preview


@strawberry.type
class Payload:
    """What every mutation answers."""

    operation_id: strawberry.ID | None = strawberry.field(
        default=None, description="The operation this was written down as; null in a dry run and where it was refused."
    )
    dry_run: bool = strawberry.field(
        default=False,
        description="Whether this only says what would change. Its objects are then read before all is rolled back; "
        "connections and links below them read the store as it is, without the change.",
    )
    client_mutation_id: str | None = strawberry.field(default=None, description="The input's word, as it came.")
    user_errors: list[UserError] = strawberry.field(
        default_factory=list, description="Why nothing was changed; empty where it was carried out."
    )

    @classmethod
    async def loaded(cls, reader: asyncpg.Connection, changed: Changed, tx: Tx) -> Self:
        """Read, inside the transaction, what the payload shows."""
        raise NotImplementedError


Act = Callable[..., Awaitable[Answer | None]]
"""Carries out a command, given `key`, `dry_run` and `load`, as `run` does for one verb."""

Shown = TypeVar("Shown", bound=Payload)

F = TypeVar("F", bound=Callable[..., Any])

INPUT = strawberry.argument(name="input", description="What is asked for.")
"""The one argument of every mutation."""


def mutation(description: str) -> Callable[[F], F]:
    """Make a method a mutation of the schema. Strawberry's own decorator forgets the method's type."""
    return cast("Callable[[F], F]", strawberry.mutation(description=description))


async def carry_out(info: Info, given: Given, verb: Verb, payload: type[Shown]) -> Shown:
    """Carry out one verb once, and answer with its payload."""
    context = info.context
    act = partial(run, context.runtime, context.business.id, context.actor, verb)
    return await answer(context, given, act, payload)


async def answer(context: Context, given: Given, act: Act, payload: type[Shown]) -> Shown:
    """Carry out `act` and answer with its payload; a refusal is a payload too, with its reasons."""

    async def load(reader: asyncpg.Connection, changed: Changed, tx: Tx) -> Shown:
        if tx.dry_run:
            context.loaders = Loaders(context)
            await preview(context.loaders, reader, changed, tx)
        return await payload.loaded(reader, changed, tx)

    try:
        check_texts(given)
        answered = await act(given.command(), key=given.idempotency_key, dry_run=given.dry_run, load=load)
    except Refused as refused:
        shown = payload(user_errors=user_errors(refused))
    else:
        assert answered is not None, "a verb a person asks for answers or refuses"
        shown = answered.loaded
        if not given.dry_run:
            shown.operation_id = strawberry.ID(encode("Operation", answered.operation_id))
            await context.renew()
    shown.dry_run, shown.client_mutation_id = given.dry_run, given.client_mutation_id
    return shown
