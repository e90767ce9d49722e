"""The README and that of the samples speak of what there is: documents are valid, the table names what can be asked."""

import re
from pathlib import Path

import pytest
from graphql import GraphQLObjectType, parse, validate

from schema.schema import schema

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
SAMPLES = (ROOT / "docs" / "samples" / "README.md").read_text(encoding="utf-8")
DOCUMENTS = re.findall(r"```graphql\n(.*?)```", TEXT + SAMPLES, re.DOTALL)
ROWS = [line.strip("|").split("|") for line in TEXT.splitlines() if re.match(r"\|.*\|\s*[●◐–]\s*\|", line)]
ELSEWHERE = {"Accept-Language", "dryRun", "idempotencyKey", "sessionpass export", "/reports/NAME.csv"}


def _names() -> set[str]:
    """Return the name of every question, of every mutation, and of every field of what a question answers."""
    root = schema._schema
    assert root.query_type
    assert root.mutation_type
    objects = [kind for kind in root.type_map.values() if isinstance(kind, GraphQLObjectType)]
    return {name for kind in objects for name in kind.fields}


@pytest.mark.parametrize("document", DOCUMENTS, ids=range(len(DOCUMENTS)))
def test_a_document_of_the_tour_is_valid(document: str) -> None:
    assert validate(schema._schema, parse(document)) == []


def test_the_tour_and_the_table_are_there() -> None:
    assert len(DOCUMENTS) >= 10
    assert len(ROWS) >= 30


@pytest.mark.parametrize("row", ROWS, ids=[row[0].strip() for row in ROWS])
def test_a_row_of_the_table_names_what_can_be_asked_for(row: list[str]) -> None:
    asked = re.findall(r"`([^`]+)`", row[-1])
    assert asked
    known = _names()
    for each in asked:
        words = set(re.findall(r"\w+", each))
        assert each in ELSEWHERE or words <= known, each
