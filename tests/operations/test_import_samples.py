"""The sample files are read by their presets, with the balances they say."""

from pathlib import Path

import pytest

from models.imports.fields import ImportKind
from models.imports.mapping import preset
from models.imports.scan import Asked
from models.operations.catalogue import CreateLocation, create_location
from models.operations.imports.commit import ImportStudio, import_studio
from models.operations.imports.stage import stage_import
from models.queries.invariants import check_business
from tests.studio import OWNER, Studio

SAMPLES = Path(__file__).parents[2] / "docs" / "samples"

# Of each metered pass: available, booked, used, forfeited.
BALANCES = {
    "mindbody": [(2, 0, 8, 0), (6, 1, 2, 1), (8, 0, 0, 0)],
    "wellnessliving": [(6, 1, 3, 0), (540, 0, 60, 0)],
    "punchpass": [(7, 0, 3, 0)],
}


@pytest.mark.parametrize("system", BALANCES)
async def test_samples_come_in_whole(studio: Studio, system: str) -> None:
    """Every line of every kind, and the books balance."""
    await studio.do(create_location, CreateLocation("Main Street"))
    for kind in ImportKind:
        path = SAMPLES / system / f"{kind.lower()}.csv"
        asked = Asked(kind, preset(system, kind))
        staged = await stage_import(studio.runtime, studio.business_id, OWNER, path, asked)
        wrong = await studio.fetch("SELECT line, problems FROM import_lines WHERE problems <> '[]'")
        assert [dict(row) for row in wrong] == []
        await studio.do(import_studio, ImportStudio(staged.import_id))
    rows = await studio.fetch("SELECT available, booked, used, forfeited FROM lots ORDER BY 1, 2")
    assert [tuple(row) for row in rows] == BALANCES[system]
    async with studio.runtime.database.reading(studio.business_id) as reader:
        assert await check_business(reader) == []
