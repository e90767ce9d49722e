"""Ask the schema as a caller would, without HTTP."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import pytest

from models.operations.base import Actor
from models.queries import tenants
from models.rules.values import Language, Role
from models.tables.tenants import businesses
from schema.context import Context
from schema.ids import encode
from schema.schema import schema
from tests.studio import Studio

OWNER = Actor(Role.OWNER)
PARTNER = Actor(Role.PARTNER)

Ask = Callable[..., Awaitable[dict[str, Any]]]
Refusal = Callable[..., Awaitable[dict[str, Any]]]


async def context_of(studio: Studio, actor: Actor, language: Language = Language.EN) -> Context:
    """Make the context of one request."""
    async with studio.runtime.database.reading(studio.business_id) as reader:
        business = await tenants.business(reader)
    assert business is not None
    return Context(studio.runtime, business, actor, language)


async def execute(studio: Studio, actor: Actor, document: str, **variables: Any) -> Any:
    """Execute a document and return strawberry's result."""
    async with await context_of(studio, actor) as context:
        return await schema.execute(document, variable_values=variables, context_value=context)


@pytest.fixture
def ask() -> Ask:
    """Ask, and return the data of an answer without errors."""

    async def asked(studio: Studio, actor: Actor, document: str, **variables: Any) -> dict[str, Any]:
        result = await execute(studio, actor, document, **variables)
        assert result.errors is None, result.errors
        data: dict[str, Any] = result.data
        return data

    return asked


@pytest.fixture
def refusal() -> Refusal:
    """Ask, and return the extensions of the one error."""

    async def refused(studio: Studio, actor: Actor, document: str, **variables: Any) -> dict[str, Any]:
        result = await execute(studio, actor, document, **variables)
        assert result.errors is not None, result.data
        assert len(result.errors) == 1, result.errors
        return dict(result.errors[0].extensions)

    return refused


def gid(type_name: str, row_id: Any) -> str:
    """Return a global id."""
    return encode(type_name, row_id)


def client_of(studio: Studio) -> Actor:
    """Return the studio's first client as a caller."""
    return Actor(Role.CLIENT, client_id=studio.client)


async def stand_at(studio: Studio, instant: datetime) -> None:
    """Move a studio's clock and do nothing that falls due on the way, as if no worker ran."""
    async with studio.runtime.database.transaction(studio.business_id) as connection:
        await connection.execute(
            businesses.update().where(businesses.c.id == studio.business_id).values(test_clock_at=instant)
        )
