"""Mutations of sandboxes, their payloads, and the list of them."""

from functools import partial
from typing import Annotated, Self

import asyncpg
import strawberry

from models.operations.base import STAFF, Changed, Tx
from models.operations.sandbox.open_sandbox import open_and_fill
from models.operations.sandbox.play_sandbox import play
from models.queries import sandboxes
from schema.carry_out import INPUT, Payload, answer, mutation
from schema.context import Info
from schema.sandboxes.inputs import OpenSandboxInput, PlaySandboxInput
from schema.sandboxes.types import SandboxNode

_SHOWN_MAX = 100


@strawberry.type
class SandboxPayload(Payload):
    """A sandbox."""

    sandbox: SandboxNode | None = strawberry.field(
        default=None, description="The sandbox; null where it was refused. In a dry run there is nothing in it yet."
    )

    @classmethod
    async def loaded(cls, reader: asyncpg.Connection, changed: Changed, tx: Tx) -> Self:
        """Read the sandbox."""
        return cls(sandbox=SandboxNode.of((await sandboxes.by_ids(reader, [changed.rows["sandbox"]]))[0]))


@strawberry.type(description="The new sandbox.")
class OpenSandboxPayload(SandboxPayload):
    """See `SandboxPayload`."""


@strawberry.type(description="The sandbox after playing; its story says what happened.")
class PlaySandboxPayload(SandboxPayload):
    """See `SandboxPayload`."""


async def list_sandboxes(info: Info) -> list[SandboxNode]:
    """Return the sandboxes; a caller who is not of the studio has none."""
    if info.context.actor.role not in STAFF:
        return []
    return SandboxNode.of_all(await info.context.reader.ask(sandboxes.newest, _SHOWN_MAX))


@strawberry.type
class SandboxMutations:
    """Each is a flow of `models.operations.sandbox`."""

    @mutation("Copy products and a client into a sandbox with a time of its own.")
    async def open_sandbox(self, info: Info, given: Annotated[OpenSandboxInput, INPUT]) -> OpenSandboxPayload:
        """Carry out `open_and_fill`."""
        context = info.context
        act = partial(open_and_fill, context.runtime, context.business.id, context.actor)
        return await answer(context, given, act, OpenSandboxPayload)

    @mutation("Play in a sandbox: its products are sold, its client comes every week, and its time goes on.")
    async def play_sandbox(self, info: Info, given: Annotated[PlaySandboxInput, INPUT]) -> PlaySandboxPayload:
        """Carry out `play`."""
        context = info.context
        act = partial(play, context.runtime, context.business.id, context.actor)
        return await answer(context, given, act, PlaySandboxPayload)
