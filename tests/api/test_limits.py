"""Hostile documents are refused after one look at each selection, however far they would expand."""

import pytest
from graphql import GraphQLError, parse

from models.rules.codes import Code
from schema.documents import REMEMBERED_CHARACTERS_MAX, REMEMBERED_MAX, Remembered
from schema.limits import (
    CHARACTERS_MAX,
    LIMITS,
    TOKENS_MAX,
    VARIABLE_DEPTH_MAX,
    VARIABLE_VALUES_MAX,
    Limits,
    Weighing,
    too_many_values,
    too_much,
)


def _doubling(levels: int, spread: str) -> str:
    """A document whose every fragment spreads the next one twice."""
    fragments = [f"fragment F{level} on Query {{ {spread.format(next=level + 1)} }}" for level in range(levels)]
    return "{ ...F0 } " + " ".join(fragments) + f" fragment F{levels} on Query {{ __typename }}"


@pytest.mark.parametrize("levels", [10, 20, 40])
def test_fragments_spread_twice_are_each_looked_at_once(levels: int) -> None:
    weighing = Weighing(parse(_doubling(levels, "...F{next} ...F{next}")), {})

    weighing.weigh()

    assert weighing.visited == 1 + 2 * levels + 1


def test_fragments_doubled_under_aliases_are_each_looked_at_once_and_refused() -> None:
    document = parse(_doubling(20, "a: node {{ ...F{next} }} b: node {{ ...F{next} }}"))
    weighing = Weighing(document, {}, Limits(depth_max=100))

    reason = weighing.weigh()

    assert weighing.visited == 1 + 4 * 20 + 1
    assert reason is not None
    assert "its answer may hold more than 20000 fields." in reason.message


def test_fragments_in_a_circle_end() -> None:
    document = parse("{ ...A } fragment A on Query { ...B } fragment B on Query { ...A ...B }")
    weighing = Weighing(document, {})

    assert weighing.weigh() is None
    assert weighing.visited == 4


def test_a_page_costs_what_it_may_hold() -> None:
    document = parse("query($n: Int) { clients(first: $n) { edges { node { passes(last: 50) { nodes { id } } } } } }")

    def cost(**sizes: object) -> int:
        weighing = Weighing(document, sizes)
        weighing.weigh()
        return weighing.cost

    inner = 1 + 50 * 2  # the list, and in each of its 50 items the node and its id
    assert cost(n=10) == 1 + 10 * (2 + inner)
    assert cost(n=100) == 1 + 100 * (2 + inner)
    assert cost() == cost(n=100) == cost(n=10**9) == cost(n="many")
    assert cost(n=-5) == 1 + 1 * (2 + inner)


@pytest.mark.parametrize(
    ("text", "clause"),
    [
        ("{" + "a{" * 20 + "b" + "}" * 21, f"nested more than {LIMITS.depth_max} levels"),
        ("{" + " ".join(f"a{n}" for n in range(21)) + "}", "more than 20 fields at the top level"),
        ("{ a {" + " ".join(f"a{n}: b" for n in range(51)) + "} }", "more than 50 aliases"),
        ("{ a {" + "b " * 11 + "} }", "names one field more than 10 times"),
        ("{ a " + "@skip(if: false) " * 51 + "}", "more than 50 directives"),
        ("query(" + "$a: Int @x " * 51 + ") { a }", "more than 50 directives"),
        ("{ a {" + " ".join(f"a{n}" for n in range(1000)) + "} }", "selects more than 1000 fields"),
        (
            "{ a } " + " ".join(f"fragment F{n} on Query {{ a }}" for n in range(51)),
            "defines more than 50 fragments",
        ),
        ("{ a(first: 100) { b(first: 100) { c(first: 100) { d } } } }", "its answer may hold more than 20000 fields"),
        ("{ a(first: 99999999999999999999) { b(first: 100) { c { d } e f } } }", "may hold more than 20000 fields"),
    ],
)
def test_what_is_too_much_is_said(text: str, clause: str) -> None:
    reason = too_much(parse(text), {})
    assert reason is not None
    assert clause in reason.message


def test_a_document_of_many_definitions_is_judged_by_its_largest() -> None:
    assert too_much(parse("query A { a } query B {" + "a{" * 20 + "b" + "}" * 21), {}) is not None


@pytest.mark.parametrize(
    "text",
    [
        "{" + " a" * TOKENS_MAX + "}",
        "# " + "x" * CHARACTERS_MAX + "\n{ a }",
        "#\n" * 501 + "{ a }",
        "{" * 3_000,
        '{ a(b: "' + "x" * CHARACTERS_MAX + '") }',
        "{ a(b: " + "[" * 3_900 + ") }",
        "not a document",
        "\ud800",
    ],
)
def test_what_cannot_be_parsed_within_limits_is_an_error_and_not_remembered(text: str) -> None:
    remembered = Remembered()
    with pytest.raises(GraphQLError):
        remembered.parsed(text)
    assert len(remembered) == 0


def test_documents_are_parsed_once_and_only_so_many_are_kept() -> None:
    remembered = Remembered()
    first = remembered.parsed("{ a0 }")
    for number in range(1, REMEMBERED_MAX):
        remembered.parsed(f"{{ a{number} }}")
    assert remembered.parsed("{ a0 }") is first, "asking for it again keeps it young"
    remembered.parsed("{ one_more }")
    assert len(remembered) == REMEMBERED_MAX
    assert remembered.parsed("{ a0 }") is first
    long = "{ a }" + " " * REMEMBERED_CHARACTERS_MAX
    assert remembered.parsed(long) is not remembered.parsed(long)


def test_variables_are_counted_and_their_depth_is_bounded() -> None:
    deep: list[object] = []
    for _ in range(VARIABLE_DEPTH_MAX + 1):
        deep = [deep]
    assert too_many_values({"a": deep}) is not None
    assert too_many_values({"a": list(range(VARIABLE_VALUES_MAX))}) is not None
    assert too_many_values({"a": [{"b": 1}] * 100}) is None
    assert Code.TOO_COMPLEX.remedy.endswith(".")
