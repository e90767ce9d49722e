"""Every scenario of the operations ends with books in which nothing is wrong."""

from collections.abc import AsyncIterator

import pytest

from models.queries.invariants import check_business
from models.runtime import Runtime
from tests.conftest import NOON
from tests.studio import Studio, open_studio


@pytest.fixture
async def studio(runtime: Runtime) -> AsyncIterator[Studio]:
    """A studio of its own for one test, whose books are checked at the end."""
    opened = await open_studio(runtime, NOON)
    yield opened
    async with runtime.database.reading(opened.business_id) as reader:
        found = await check_business(reader)
    assert [(each.invariant, dict(each.figures)) for each in found] == []
