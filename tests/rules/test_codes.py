"""Codes: each sentence can be filled, and whoever raises a code fills exactly its names."""

import ast
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from models.rules.codes import Code, Reason, because
from models.rules.language import open_names

SOURCES = Path(__file__).parents[2]
FLOORS = ("models", "schema", "workers", "api")


def names_in(code: Code) -> set[str]:
    """The names left open in the code's sentence and remedy."""
    return {name for text in code.value for _, name, _, _ in Formatter().parse(text) if name is not None}


def names_filled(call: ast.Call, code: Code) -> set[str]:
    """The names that a call fills, without those that its own sentence and remedy leave open for themselves."""
    values = {keyword.arg for keyword in call.keywords if keyword.arg}
    for each in call.keywords:
        if each.arg in ("sentence", "remedy"):
            if not isinstance(each.value, ast.Constant):
                return values & names_in(code)
            values -= open_names(str(ast.literal_eval(each.value)))
    return values


def calls() -> Iterator[tuple[str, Code, set[str]]]:
    """Every place that raises a code by its name with values spelled out, and the names of those values."""
    for floor in FLOORS:
        for path in sorted((SOURCES / floor).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not isinstance(node, ast.Call) or not node.args or any(k.arg is None for k in node.keywords):
                    continue
                code, called = node.args[0], node.func
                name = called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")
                by_name = (
                    isinstance(code, ast.Attribute) and isinstance(code.value, ast.Name) and code.value.id == "Code"
                )
                if by_name and name in ("because", "refuse") and isinstance(code, ast.Attribute):
                    yield (
                        f"{path.relative_to(SOURCES)}:{node.lineno}",
                        Code[code.attr],
                        names_filled(node, Code[code.attr]),
                    )


@pytest.mark.parametrize("code", list(Code), ids=lambda code: code.name)
def test_every_sentence_and_remedy_can_be_filled(code: Code) -> None:
    reason = because(code, **{name: f"<{name}>" for name in names_in(code)})
    for text in (reason.message, reason.remedy):
        assert text
        assert "{" not in text
    for name in names_in(code):
        assert f"<{name}>" in reason.message + reason.remedy


@pytest.mark.parametrize("code", list(Code), ids=lambda code: code.name)
def test_every_sentence_and_remedy_reads_as_one(code: Code) -> None:
    for text in (code.sentence, code.remedy):
        assert text[0].isupper() or text[0] == "{"
        assert text.endswith((".", "{sentence}", "{remedy}"))
        assert "  " not in text


def test_no_two_codes_are_the_same_code_under_two_names() -> None:
    """Two members of an enumeration with one value would silently be one member."""
    assert len(Code.__members__) == len(list(Code))
    assert all(name == name.upper() for name in Code.__members__)


def test_whoever_raises_a_code_fills_the_names_of_its_sentence() -> None:
    wrong = [
        f"{where} {code.name}: fills {sorted(values)}, its sentence has {sorted(names_in(code))}"
        for where, code, values in calls()
        if values != names_in(code)
    ]
    assert not wrong, "\n".join(wrong)


def test_the_search_for_calls_finds_the_rules_own() -> None:
    found = {code for where, code, _ in calls() if where.startswith("models/rules/eligibility.py")}
    assert {Code.NOT_STARTED, Code.EXPIRED, Code.NO_SESSIONS_LEFT} <= found


def test_a_value_with_braces_is_text_and_not_a_template() -> None:
    assert because(Code.NOT_FOUND, thing="{id}").message == "There is no such {id}."


def test_reasons_are_equal_when_their_code_and_values_are() -> None:
    assert because(Code.NO_SESSIONS_LEFT, left=0, needed=1) == Reason(
        Code.NO_SESSIONS_LEFT, (("left", "0"), ("needed", "1"))
    )
