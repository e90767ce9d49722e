"""Sandboxes, as GraphQL shows them."""

import json
from datetime import datetime
from typing import Any, ClassVar

import strawberry

from models.operations.sandbox.play_sandbox import told
from models.queries.sandboxes import SandboxRow
from models.rules.language import word
from models.rules.values import Language
from schema.context import Info
from schema.node import Node


@strawberry.type(description="One thing that happened in a sandbox.")
class SandboxEvent:
    """One event of it."""

    at: datetime = strawberry.field(description="When, in the sandbox's time.")
    type: str = strawberry.field(description="What, by the name of the event, such as `pass.renewed`.")
    data: str = strawberry.field(description="Its figures, in JSON.")


@strawberry.type(description="What came of playing, up to the sandbox's present.")
class SandboxStory:
    """Sums and events."""

    now: datetime = strawberry.field(description="Where its clock stands.")
    charged_minor: int = strawberry.field(description="What the client was charged, in minor units.")
    visits: int = strawberry.field(description="The visits booked and not cancelled.")
    paid_visits: int = strawberry.field(description="Those that a pass paid for.")
    lapsed_units: int = strawberry.field(description="The units nobody used in time.")
    events: list[SandboxEvent] = strawberry.field(
        description="Sales, renewals, lapses, conversions, holds and declined charges in order of time, at most 2,000."
    )


async def _story(root: strawberry.Parent[SandboxRow], info: Info) -> SandboxStory:
    """Read inside the sandbox, in its own snapshot; whoever sees the sandbox may."""
    async with info.context.runtime.database.reading(root.inside) as reader:
        events, sums = await told(reader)
        now = await reader.fetchval("SELECT test_clock_at FROM businesses")
    return SandboxStory(
        now=now or root.created_at,
        charged_minor=sums["charged"],
        visits=sums["visits"],
        paid_visits=sums["paid"],
        lapsed_units=sums["lapsed"],
        events=[
            SandboxEvent(at=row["at"], type=row["type"], data=_figures(row["data"], info.context.language))
            for row in events
        ],
    )


def _figures(data: dict[str, Any], language: Language) -> str:
    """An event's figures in JSON; what the gateway said is told in the caller's language."""
    detail = data.get("detail")
    return json.dumps(data | {"detail": word(language, "detail", detail)} if isinstance(detail, str) else data)


@strawberry.type(name="Sandbox", description="Copies of products and a client, in a time of their own.")
class SandboxNode(Node):
    """Its source is a `SandboxRow`."""

    row_type: ClassVar[type[Any]] = SandboxRow

    name: str = strawberry.field(description="Its name.")
    created_at: datetime = strawberry.field(description="When it was opened, in the business's time.")
    story: SandboxStory = strawberry.field(resolver=_story, description="What has happened in it.")
