"""What a document may ask for, found in one linear pass before validation.

Every fragment is measured once and its measure used wherever it is spread, so a document that spreads fragments
twice over and over costs as much to judge as it is long, and not as much as it would expand to.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
)

from models.rules.codes import Code, Reason, because
from schema.language import spoken

TOKENS_MAX = 4_000
CHARACTERS_MAX = 65_536
COMMENTS_MAX = 500
VARIABLE_VALUES_MAX = 5_000
VARIABLE_DEPTH_MAX = 12
PAGE_MAX = 100
PAGE_UNLESS_TOLD = 20


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that one document may ask for.

    `cost_max` counts the fields of the answer, each page as long as it is asked to be. `repeats_max` is how often one
    selection may name the same field, because comparing them all is quadratic work for the validator.
    """

    depth_max: int = 16
    cost_max: int = 20_000
    fields_max: int = 1_000
    repeats_max: int = 10
    root_fields_max: int = 20
    aliases_max: int = 50
    directives_max: int = 50
    fragments_max: int = 50


LIMITS = Limits()


class _Measure(NamedTuple):
    """What a selection comes to: levels below it, fields in the answer, and fields at its own level."""

    depth: int
    cost: int
    width: int


_NOTHING = _Measure(0, 0, 0)


@dataclass
class Weighing:
    """The pass over one document. `visited` counts the selections looked at, each exactly once."""

    document: DocumentNode
    sizes: Mapping[str, Any]
    limits: Limits = LIMITS
    visited: int = 0
    aliases: int = 0
    directives: int = 0
    depth: int = 0
    cost: int = 0
    root_fields: int = 0
    repeats: int = 0

    def __post_init__(self) -> None:
        nodes = self.document.definitions
        self._fragments = {node.name.value: node for node in nodes if isinstance(node, FragmentDefinitionNode)}
        self._measured: dict[str, _Measure] = {}
        self._open: set[str] = set()

    def weigh(self) -> Reason | None:
        """Return what is too much about the document, or None where it may be carried out."""
        if len(self._fragments) > self.limits.fragments_max:
            return too_complex("it defines more than {limit} fragments.", self.limits.fragments_max)
        try:
            self._walk()
        except RecursionError:
            return too_complex("it is nested more than {limit} levels deep.", self.limits.depth_max)
        return self._verdict()

    def _walk(self) -> None:
        for node in self.document.definitions:
            if isinstance(node, OperationDefinitionNode):
                self.directives += len(node.directives or ())
                for variable in node.variable_definitions or ():
                    self.directives += len(variable.directives or ())
                measure = self._selection(node.selection_set)
                self.depth = max(self.depth, measure.depth)
                self.cost = max(self.cost, measure.cost)
                self.root_fields = max(self.root_fields, measure.width)
        for name in self._fragments:
            self._fragment(name)

    def _verdict(self) -> Reason | None:
        limits = self.limits
        return (
            _over(self.depth, limits.depth_max, "it is nested more than {limit} levels deep.")
            or _over(self.root_fields, limits.root_fields_max, "it asks for more than {limit} fields at the top level.")
            or _over(self.aliases, limits.aliases_max, "it uses more than {limit} aliases.")
            or _over(self.directives, limits.directives_max, "it uses more than {limit} directives.")
            or _over(self.repeats, limits.repeats_max, "it names one field more than {limit} times in one selection.")
            or _over(self.visited, limits.fields_max, "it selects more than {limit} fields.")
            or _over(self.cost, limits.cost_max, "its answer may hold more than {limit} fields.")
        )

    def _selection(self, selections: SelectionSetNode | None) -> _Measure:
        depth = cost = width = 0
        names: dict[str, int] = {}
        for node in selections.selections if selections else ():
            self.visited += 1
            self.directives += len(node.directives or ())
            match node:
                case FieldNode():
                    key = (node.alias or node.name).value
                    names[key] = names.get(key, 0) + 1
                    measure = self._field(node)
                case FragmentSpreadNode():
                    measure = self._fragment(node.name.value)
                case InlineFragmentNode():
                    measure = self._selection(node.selection_set)
                case _:  # pragma: no cover - there is no other kind of selection
                    measure = _NOTHING
            depth, width = max(depth, measure.depth), width + measure.width
            cost = min(cost + measure.cost, self.limits.cost_max + 1)
        self.repeats = max(self.repeats, *names.values(), 0)
        return _Measure(depth, cost, min(width, self.limits.root_fields_max + 1))

    def _field(self, node: FieldNode) -> _Measure:
        self.aliases += node.alias is not None
        below = self._selection(node.selection_set)
        return _Measure(1 + below.depth, 1 + self._page_size(node) * below.cost, 1)

    def _fragment(self, name: str) -> _Measure:
        """Measure a fragment the first time. An unknown one and a circle count nothing: validation refuses them."""
        if name in self._measured:
            return self._measured[name]
        node = self._fragments.get(name)
        if node is None or name in self._open:
            return _NOTHING
        self._open.add(name)
        self.directives += len(node.directives or ())
        self._measured[name] = measure = self._selection(node.selection_set)
        self._open.discard(name)
        return measure

    def _page_size(self, node: FieldNode) -> int:
        """Return how long a page the field asks for: 1 where it is no page."""
        for argument in node.arguments or ():
            if argument.name.value in ("first", "last"):
                match argument.value:
                    case IntValueNode(value=digits):
                        return _clamped(int(digits[:9]))
                    case VariableNode(name=name):
                        return _clamped(self.sizes.get(name.value))
        selections = node.selection_set.selections if node.selection_set else ()
        is_page = any(isinstance(each, FieldNode) and each.name.value in ("edges", "nodes") for each in selections)
        return PAGE_UNLESS_TOLD if is_page else 1


def _clamped(size: Any) -> int:
    if isinstance(size, bool) or not isinstance(size, int):
        return PAGE_MAX
    return max(1, min(size, PAGE_MAX))


def too_complex(sentence: str, limit: int) -> Reason:
    """Return the reason that a document is too much; `sentence` is a clause with `{limit}` open."""
    return because(Code.TOO_COMPLEX, sentence=sentence, limit=limit)


def _over(found: int, limit: int, sentence: str) -> Reason | None:
    return too_complex(sentence, limit) if found > limit else None


def too_much(document: DocumentNode, variables: Mapping[str, Any], limits: Limits = LIMITS) -> Reason | None:
    """Return what is too much about a document with these variables, or None."""
    return Weighing(document, variables, limits).weigh()


def too_many_values(variables: Mapping[str, Any]) -> Reason | None:
    """Return what is too much about the variables, or None. Looks at each value once and stops at the limit."""
    waiting: list[tuple[int, Any]] = [(1, variables)]
    seen = 0
    while waiting:
        depth, value = waiting.pop()
        seen += 1
        if depth > VARIABLE_DEPTH_MAX:
            return too_complex("its variables are nested more than {limit} levels deep.", VARIABLE_DEPTH_MAX)
        below = list(value.values()) if isinstance(value, Mapping) else value if isinstance(value, list) else []
        if seen + len(waiting) + len(below) > VARIABLE_VALUES_MAX:
            return too_complex("its variables hold more than {limit} values.", VARIABLE_VALUES_MAX)
        waiting += [(depth + 1, each) for each in below]
    return None


def refusal(reason: Reason) -> GraphQLError:
    """Make the error of a document that asks for too much."""
    language = spoken()
    told = {"code": reason.code.name, "remedy": reason.remedy_in(language)}
    return GraphQLError(reason.message_in(language), extensions=told)
