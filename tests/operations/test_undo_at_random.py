"""Whatever is done, undone and done again in whatever order, the books are right and every refusal says why."""

import random

import pytest

from models.errors import Refused
from models.operations.undo.undo_operation import UndoOperation, undo_operation
from models.queries.invariants import check_business
from tests.operations.test_undo_interleaved import Town, some
from tests.studio import Studio

SEEDS, ROUNDS, TRIES = range(300, 308), 4, 6


@pytest.mark.parametrize("seed", SEEDS)
async def test_what_is_done_undone_and_done_again_keeps_the_books(studio: Studio, seed: int) -> None:
    chance = random.Random(seed)
    town = Town(studio, chance)
    await town.open()
    undone = 0
    for _ in range(ROUNDS):
        await some(town, 4)
        for _ in range(TRIES):
            rows = await studio.fetch("SELECT id, verb FROM operations ORDER BY id DESC LIMIT 10")
            row = chance.choice(rows)
            before = await studio.fingerprint()
            try:
                await studio.do(undo_operation, UndoOperation(row["id"], "Who knows"))
            except Refused:
                assert await studio.fingerprint() == before
                continue
            undone += 1
            async with studio.runtime.database.reading(studio.business_id) as reader:
                assert await check_business(reader) == [], f"after undoing {row['verb']}"
    assert undone
