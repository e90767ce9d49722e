"""Undoing through GraphQL: every mutation stands on one side, and what depends on an operation is shown."""

from models.operations.undo.registry import COMPENSATORS, NOT_UNDOABLE
from schema.ids import encode
from tests.operations.acts import DAY
from tests.operations.test_undo_every_verb import last_operation
from tests.schema.conftest import OWNER, Ask
from tests.schema.test_every_mutation import VERBS
from tests.studio import Studio

UNDO = """mutation ($input: UndoOperationInput!) { undoOperation(input: $input) {
    userErrors { code path message } dependsOn { verb } undone { verb undoneBy { verb undoes { verb } } }
    passes { id } visits { state } } }"""


def test_every_mutation_can_be_undone_or_says_why_not() -> None:
    assert sorted(VERBS) == sorted({*COMPENSATORS, *NOT_UNDOABLE} & set(VERBS))


async def test_what_depends_is_shown_and_undone_first(studio: Studio, ask: Ask) -> None:
    pass_id = await studio.sell()
    sale = encode("Operation", await last_operation(studio))
    await studio.book([studio.began], pass_id=pass_id)
    booking = encode("Operation", await last_operation(studio))

    def given(operation: str, key: str, *, dry_run: bool = False) -> dict[str, object]:
        return {"operationId": operation, "reason": "A mistake", "idempotencyKey": key, "dryRun": dry_run}

    refused = (await ask(studio, OWNER, UNDO, input=given(sale, "1")))["undoOperation"]
    assert refused["userErrors"][0]["code"] == "DEPENDED_ON"
    assert refused["userErrors"][0]["path"] == ["operationId"]
    assert (refused["dependsOn"], refused["undone"]) == ([{"verb": "bookVisits"}], None)
    preview = (await ask(studio, OWNER, UNDO, input=given(booking, "2", dry_run=True)))["undoOperation"]
    assert preview["userErrors"] == []
    assert preview["visits"] == [{"state": "CANCELLED"}]
    done = (await ask(studio, OWNER, UNDO, input=given(booking, "2")))["undoOperation"]
    assert done["undone"]["undoneBy"] == {"verb": "undoOperation", "undoes": {"verb": "bookVisits"}}
    assert (done["visits"], done["dependsOn"]) == (preview["visits"], [])
    assert (await ask(studio, OWNER, UNDO, input=given(sale, "3")))["undoOperation"]["userErrors"] == []


async def test_an_operation_says_why_it_cannot_be_undone(studio: Studio, ask: Ask) -> None:
    await studio.advance(studio.began + DAY)
    document = "{ operations(first: 1) { nodes { verb undoneBy { id } notUndoable { code message remedy } } } }"
    shown = (await ask(studio, OWNER, document))["operations"]["nodes"][0]
    assert (shown["verb"], shown["undoneBy"]) == ("advanceTestClock", None)
    assert shown["notUndoable"]["code"] == "NOT_UNDOABLE"
    assert shown["notUndoable"]["remedy"] == "Use a new sandbox with an earlier clock."
