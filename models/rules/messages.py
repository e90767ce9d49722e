"""Which messages each language lacks: `python -m models.rules.messages` lists them, and what nobody says any more.

Codes, coming events and explanations are known by name. All other texts are found in the sources: whatever is given
as `sentence` or `thing` where a code is raised, at once or by way of a function that has a parameter of that name,
and every text in the other values of such a call. Exit 1 where something is missing.
"""

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cache
from pathlib import Path

from models.rules.codes import Code
from models.rules.explain import EVENT_SENTENCES, EXPLAINING
from models.rules.forecast import FORECAST_SENTENCES
from models.rules.language import CATALOGUES, open_names
from models.rules.po import Key
from models.rules.restrictions import ALL_SERVICES, PER_WORDS, SOME_SERVICES
from models.rules.values import (
    Activation,
    AfterExpiration,
    ClosedReason,
    FeeState,
    Language,
    PassKind,
    PassStatus,
    RefundState,
    VisitState,
)

SOURCES = Path(__file__).parents[2]
FLOORS = ("models", "schema", "workers", "api")
TRANSLATED = tuple(language for language in Language if language is not Language.EN)
RAISING: dict[str, dict[str, int]] = {
    "because": {},
    "refuse": {},
    "trouble": {},
    "wrong": {},
    "phrase": {"sentence": 1},
    "Report": {"sentence": 1},
}
"""What says a sentence, and where among its arguments that is; what hands one on to them is found."""
FOREIGN = {"error.reason"}
"""Sentences of the libraries we use, which stay as they come."""
ENUMS: dict[str, tuple[type[Enum], ...]] = {
    "state": (VisitState, FeeState, RefundState),
    "status": (ClosedReason, PassStatus),
    "kind": (PassKind,),
    "activation": (Activation,),
    "after": (AfterExpiration,),
}
"""Values that are words of an enumeration."""
THINGS = ("pass", "client", "visit", "purchase option", "location", "service", "operation", "order", "hold", "business")
"""What ids name: the types with global ids, as `schema.ids` speaks of them."""
DETAILS = (
    "insufficient funds",
    "card reported stolen",
    "nobody was at the desk to pay",
    "the card was closed",
)
"""What the recorded gateway says of a charge; another gateway's words stay as they come."""
CELLS = (
    *("ref", "name", "first_name", "last_name", "email", "home_location", "kind", "price", "quantity", "valid_count"),
    *("valid_unit", "last_day", "activation", "terms", "client", "client_email", "option", "sold_on", "starts_on"),
    *("ends_on", "granted", "remaining", "forfeited", "auto_renew", "service", "location", "starts", "start_time"),
    *("end_time", "ends", "minutes", "state", "pass", "note"),
)
"""The fields of files to import, as `models.imports.fields` has them."""
_FORWARDED = ("sentence", "thing")
_AS_IT_IS = frozenset({"field", "id", "zone", "roles", "method", "operation", "older", "newer"})
"""Values that are the caller's or the protocol's own words."""


@dataclass(frozen=True, slots=True)
class Needed:
    """A message to be translated, and where it is said."""

    key: Key
    where: str


@dataclass(frozen=True, slots=True)
class _Call:
    where: str
    node: ast.Call
    parameters: frozenset[str]
    named: dict[str, list[ast.expr]]


def needed() -> list[Needed]:
    """Return every message there is, each once."""
    found = [*_known(), *(each for each in said_in_sources() if each.key[1])]
    return list({each.key: each for each in reversed(found)}.values())[::-1]


def untranslatable() -> list[str]:
    """Return every place that makes up its sentence, so that no catalogue can hold it."""
    return [each.where for each in said_in_sources() if not each.key[1]]


def missing(language: Language) -> list[Needed]:
    """Return what the language lacks."""
    return [each for each in needed() if each.key not in CATALOGUES[language].texts]


def stale(language: Language) -> list[Key]:
    """Return what the language translates and nobody says."""
    wanted = {each.key for each in needed()}
    return [key for key in CATALOGUES[language].texts if key not in wanted]


def ill_filled(language: Language) -> list[str]:
    """Return the translations whose `{names}` are not those of the English text."""
    return [
        f"{key[1]!r}: {form!r}"
        for key, forms in CATALOGUES[language].texts.items()
        for form in forms
        if open_names(form) != open_names(key[1])
    ]


def _known() -> Iterator[Needed]:
    for code in Code:
        if code.sentence != "{sentence}":
            yield Needed((None, code.sentence), f"Code.{code.name}, sentence")
        yield Needed((None, code.remedy), f"Code.{code.name}, remedy")
    for kind, sentence in EVENT_SENTENCES.items():
        yield Needed((None, sentence), f"coming event {kind}")
    for kind, sentence in FORECAST_SENTENCES.items():
        yield Needed((None, sentence), f"forecast of {kind}")
    for sentence in EXPLAINING:
        yield Needed((None, sentence), "explanation of a claim")
    for name, enums in ENUMS.items():
        for member in (member for enum in enums for member in enum):
            yield Needed((name, str(member.value)), f"{type(member).__name__}.{member.name}")
    for name, words, where in (
        ("thing", THINGS, "the name of a thing"),
        ("detail", DETAILS, "what a gateway says"),
        ("cell", CELLS, "a field of a file to import"),
        ("per", PER_WORDS.values(), "the cycle of a restriction"),
        ("services", (ALL_SERVICES, SOME_SERVICES), "what a restriction counts"),
        ("roles", ("or",), "a list of roles"),
    ):
        for each in words:
            yield Needed((name, each), where)


@cache
def said_in_sources() -> tuple[Needed, ...]:
    """Return what the sources say where they raise a code. A text that is made up is empty. They are read once."""
    return tuple(search(SOURCES))


def search(sources: Path) -> Iterator[Needed]:
    """Read the floors of a folder of sources, and yield what they say."""
    paths = {path.relative_to(sources).as_posix(): path for floor in FLOORS for path in (sources / floor).rglob("*.py")}
    trees = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in sorted(paths.items())}
    forwarding = {name: dict(places) for name, places in RAISING.items()}
    known = -1
    while known < (known := sum(map(len, forwarding.values()))):
        for tree in trees.values():
            for name, parameters in _forwarding(tree, forwarding):
                forwarding.setdefault(name, {}).update(parameters)
    for path, tree in trees.items():
        named = _named(tree)
        for call in _calls(tree, path, frozenset(), named):
            yield from _texts(call, forwarding)
            yield from _noted(call)


def _noted(call: _Call) -> Iterator[Needed]:
    """Return what the system itself notes about a visit."""
    for keyword in call.node.keywords:
        if keyword.arg == "note" and isinstance(keyword.value, ast.Constant) and isinstance(keyword.value.value, str):
            yield Needed(("note", keyword.value.value), call.where)


def _forwarding(tree: ast.AST, known: dict[str, dict[str, int]]) -> Iterator[tuple[str, dict[str, int]]]:
    """Return each function, or class by its `__init__`, that hands a text on, and where among its arguments it is."""
    for node in ast.walk(tree):
        for each in node.body if isinstance(node, ast.ClassDef) else [node]:
            if not isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef)):
                continue
            if each is node and each.name == "__init__":
                continue
            names = [argument.arg for argument in each.args.args if argument.arg not in ("self", "cls")]
            found = {name: names.index(name) for name in _FORWARDED if name in names and _hands_on(each, name, known)}
            if found:
                yield node.name if isinstance(node, ast.ClassDef) and each.name == "__init__" else each.name, found


def _hands_on(function: ast.AST, name: str, known: dict[str, dict[str, int]]) -> bool:
    """Say whether a function gives its own parameter of this name to one that raises a code with it."""
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and _name(node) in known:
            place = known[_name(node)].get(name, len(node.args))
            given = [each.value for each in node.keywords if each.arg == name] + node.args[place : place + 1]
            if any(isinstance(value, ast.Name) and value.id == name for value in given):
                return True
    return False


def _name(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def _named(tree: ast.AST) -> dict[str, list[ast.expr]]:
    """Return what each name of a module is ever given."""
    named: dict[str, list[ast.expr]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                named.setdefault(ast.unparse(target), []).append(node.value)
    return named


def _calls(node: ast.AST, path: str, parameters: frozenset[str], named: dict[str, list[ast.expr]]) -> Iterator[_Call]:
    """Return every call below a node with the parameters of the functions around it."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        parameters |= {argument.arg for argument in (*node.args.args, *node.args.kwonlyargs)}
    if isinstance(node, ast.Call):
        yield _Call(f"{path}:{node.lineno}", node, parameters, named)
    for child in ast.iter_child_nodes(node):
        yield from _calls(child, path, parameters, named)


def _texts(call: _Call, forwarding: dict[str, dict[str, int]]) -> Iterator[Needed]:
    places = forwarding.get(_name(call.node))
    if places is None:
        return
    given = {keyword.arg: keyword.value for keyword in call.node.keywords if keyword.arg}
    for parameter, place in places.items():
        if place < len(call.node.args):
            given[parameter] = call.node.args[place]
    for parameter, value in given.items():
        if parameter == "sentence":
            yield from (Needed((None, text), call.where) for text in _sentences(value, call))
        elif parameter not in _AS_IT_IS:
            for text in _words(value):
                yield Needed((parameter, text), call.where)


def _sentences(value: ast.expr, call: _Call, within: frozenset[str] = frozenset()) -> Iterator[str]:
    """Return the texts an expression may be; an empty one where it may be something made up."""
    match value:
        case ast.Constant(value=str(text)):
            yield text
        case ast.IfExp(body=one, orelse=other):
            yield from _sentences(one, call, within)
            yield from _sentences(other, call, within)
        case ast.Name(id="sentence") if "sentence" in call.parameters:
            return
        case ast.Name(id=name) if name in within:
            return
        case ast.Name(id=name) if name in call.named:
            for each in call.named[name]:
                yield from _sentences(each, call, within | {name})
        case _ if ast.unparse(value) in FOREIGN:
            return
        case _:
            yield ""


def _words(value: ast.expr) -> Iterator[str]:
    """Return the words that a value may be. What it computes is no word."""
    match value:
        case ast.Constant(value=str(text)):
            yield text
        case ast.IfExp(body=one, orelse=other):
            yield from _words(one)
            yield from _words(other)
        case ast.BoolOp(values=several):
            for each in several:
                yield from _words(each)
        case ast.JoinedStr(values=parts) if any(
            isinstance(part, ast.Constant) and re.search("[A-Za-z]", str(part.value)) for part in parts
        ):
            yield ""


def main() -> int:
    """Print what is missing, made up, ill filled and stale."""
    lines = [f"{where}: made up where it is said; use a text with {{names}} and values" for where in untranslatable()]
    for language in TRANSLATED:
        lines += [f"{language} lacks {each.key[1]!r} ({each.where})" for each in missing(language)]
        lines += [f"{language} has other names than {text}" for text in ill_filled(language)]
    old = [f"{language} still has {key[1]!r}" for language in TRANSLATED for key in stale(language)]
    sys.stdout.write("".join(f"{line}\n" for line in [*lines, *old]) or "Every message is there in every language.\n")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
