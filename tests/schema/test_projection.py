"""What is projected is what graphql-core answers: for documents and for values at random, errors included."""

import json
import random
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from operator import attrgetter
from types import SimpleNamespace
from typing import Any

import pytest
import strawberry
from graphql import GraphQLObjectType, execute, parse, validate
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from models.operations.change_pass import DeactivatePass, deactivate_pass
from models.operations.holds import PlaceHold, place_hold
from models.rules.codes import Code, because
from models.rules.terms import Terms
from models.rules.values import Language, PassKind
from schema import projection
from schema.limits import too_much
from schema.projection import ProjectingExecutor, plainly
from schema.schema import schema
from tests.schema.conftest import OWNER, context_of, gid
from tests.schema.random_documents import RandomDocuments
from tests.studio import MONTH, Studio

EXECUTORS = (StrawberryGraphQLCoreExecutionContext, ProjectingExecutor)
DOCUMENTS, SHAPED_DOCUMENTS, SHAPES = 120, 40, 25


class Word(Enum):
    FIRST = 1
    SECOND = "SECOND"


@strawberry.type
class Leaf:
    text: str
    number: int
    maybe: int | None
    real: float
    flag: bool
    when: datetime
    day: date | None
    word: Word
    words: list[Word]
    key: strawberry.ID


@strawberry.type
class Tree:
    leaf: Leaf
    maybe_leaf: Leaf | None
    leaves: list[Leaf]
    maybe_leaves: list[Leaf | None] | None
    numbers: list[int]
    rows: list[list[str | None]]
    tree: "Tree | None"


@strawberry.type
class Query:
    tree: Tree
    trees: list[Tree] | None


BUILT = strawberry.Schema(query=Query)
for _kind in BUILT._schema.type_map.values():
    if isinstance(_kind, GraphQLObjectType) and not _kind.name.startswith("__"):
        for _field in _kind.fields.values():
            _field.resolve = plainly(attrgetter(_field.extensions["strawberry-definition"].python_name))


def test_values_of_every_sort_are_answered_as_graphql_core_answers_them() -> None:
    chance = random.Random(20260131)
    documents = RandomDocuments(BUILT._schema, chance, {})
    failed = 0
    for _ in range(SHAPED_DOCUMENTS):
        text = documents.document()
        document = parse(text)
        assert not validate(BUILT._schema, document), text
        for _ in range(SHAPES):
            broken = chance.choice((0.0, 0.01, 0.1))
            root = SimpleNamespace(tree=_tree(chance, broken, 2), trees=[_tree(chance, broken, 1) for _ in range(3)])
            answers = []
            for executor in EXECUTORS:
                result: Any = execute(BUILT._schema, document, root, executor_class=executor)
                answers.append((json.dumps(result.data), [error.formatted for error in result.errors or []]))
            assert answers[0] == answers[1], text
            failed += bool(answers[0][1])
    total = SHAPED_DOCUMENTS * SHAPES
    assert total / 10 < failed < total * 9 / 10, "both answers with and without errors are to be compared"


@pytest.mark.parametrize("language", list(Language))
async def test_documents_over_the_schema_are_answered_as_graphql_core_answers_them(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, language: Language
) -> None:
    given = await _something_of_everything(studio)
    documents = RandomDocuments(schema._schema, random.Random(20260131), given)
    monkeypatch.setattr(schema, "process_errors", lambda *_: None)
    answered = 0
    for _ in range(DOCUMENTS):
        document = documents.document()
        while too_much(parse(document), {}):
            document = documents.document()
        answers = []
        for executor in EXECUTORS:
            monkeypatch.setattr(schema, "execution_context_class", executor)
            async with await context_of(studio, OWNER, language) as context:
                result = await schema.execute(document, context_value=context)
            answers.append((json.dumps(result.data), [error.formatted for error in result.errors or []]))
        assert answers[0] == answers[1], document
        answered += answers[0][0] != "null"
    assert answered > DOCUMENTS * 0.9, "most documents are to be answered"


@pytest.mark.parametrize("language", list(Language))
async def test_reasons_are_projected_in_the_language_of_the_request(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, language: Language
) -> None:
    sold = await studio.sell()
    await studio.do(deactivate_pass, DeactivatePass(sold, "No longer used"))
    reason = because(Code.PASS_DEACTIVATED)
    for executor in EXECUTORS:
        monkeypatch.setattr(schema, "execution_context_class", executor)
        async with await context_of(studio, OWNER, language) as context:
            result = await schema.execute(
                "{ passes { nodes { explanation { message remedy } } } }", context_value=context
            )
        assert result.data
        assert result.data["passes"]["nodes"] == [
            {"explanation": {"message": reason.message_in(language), "remedy": reason.remedy_in(language)}}
        ]


async def test_a_page_of_passes_is_projected(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    await _something_of_everything(studio)
    seen: list[str] = []

    def watched(self: Any, parent_type: Any, *rest: Any) -> Any:
        seen.append(parent_type.name)
        return StrawberryGraphQLCoreExecutionContext.execute_field(self, parent_type, *rest)

    monkeypatch.setattr(ProjectingExecutor, "execute_field", watched, raising=False)
    document = """{ passes { nodes { id status lastDay balance { available } client { name } purchaseOption { name }
                    explanation { code message remedy } }
                    pageInfo { hasNextPage } edges { cursor node { id } } } }"""
    async with await context_of(studio, OWNER) as context:
        result = await schema.execute(document, context_value=context)

    assert not result.errors
    assert result.data
    assert result.data["passes"]["nodes"]
    assert seen == ["Query"], "graphql-core was asked for a field that could be projected"


def test_what_is_known_stays_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projection, "_KNOWN_MAX", 10)
    monkeypatch.setattr(BUILT, "execution_context_class", ProjectingExecutor)
    root = SimpleNamespace(tree=_tree(random.Random(1), 0.0, 1), trees=None)
    for number in range(50):
        assert not BUILT.execute_sync(f"{{ a{number}: tree {{ leaf {{ text }} }} }}", root_value=root).errors
    assert len(projection._known._compiled) <= 10


async def _something_of_everything(studio: Studio) -> dict[str, str]:
    """Fill a studio a little; return what the fields with required arguments are to be given."""
    sold = [await studio.sell() for _ in range(3)]
    sold.append(await studio.sell(Terms(PassKind.UNLIMITED, 9_900, validity=MONTH)))
    booked = await studio.book([studio.began + timedelta(days=day) for day in range(1, 6)], pass_id=sold[0])
    await studio.do(place_hold, PlaceHold(sold[1], date(2026, 2, 10), date(2026, 2, 12)))
    return {
        "Query.node": f'id: "{gid("Pass", sold[0])}"',
        "Query.client": f'id: "{gid("Client", studio.client)}"',
        "Query.pass": f'id: "{gid("Pass", sold[1])}"',
        "Query.visit": f'id: "{gid("Visit", booked.visits[0])}"',
        "Query.eligiblePasses": f'visitId: "{gid("Visit", booked.visits[1])}"',
        "Pass.balanceAsOf": 'instant: "2026-01-31T13:00:00Z"',
    }


def _tree(chance: random.Random, broken: float, depth: int) -> Any:
    def value(good: Any) -> Any:
        if chance.random() >= broken:
            return good
        bad = (None, ValueError("broken"), object(), 2**40, float("nan"), "text", b"", True, (), {"a"}, 1.5, Word.FIRST)
        return chance.choice(bad)

    def leaf() -> Any:
        made = SimpleNamespace(
            text=value("text"),
            number=value(chance.choice((7, -(2**31), 2**31 - 1, "12", True, 3.0))),
            maybe=value(chance.choice((None, 1))),
            real=value(0.5),
            flag=value(chance.choice((True, False, 0))),
            when=value(datetime(2026, 1, 31, tzinfo=UTC)),
            day=value(chance.choice((None, date(2026, 1, 31)))),
            word=value(chance.choice(list(Word))),
            words=value(list(Word)),
            key=value(chance.choice(("key", 5))),
        )
        if chance.random() < broken:
            del made.text
        return made

    return SimpleNamespace(
        leaf=value(leaf()),
        maybe_leaf=value(chance.choice((None, leaf()))),
        leaves=value([value(leaf()) for _ in range(3)]),
        maybe_leaves=value(chance.choice((None, [value(leaf()), None]))),
        numbers=value([value(1), value(2)]),
        rows=value([[value("a"), None], (value("b"),)]),
        tree=_tree(chance, broken, depth - 1) if depth else None,
    )
