"""Parsed and validated documents, remembered by their text, and the limits that come before either."""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from graphql import DocumentNode, GraphQLError, OperationDefinitionNode, parse
from strawberry.extensions import SchemaExtension

from models.rules.codes import Code, Reason, because
from schema.limits import CHARACTERS_MAX, COMMENTS_MAX, TOKENS_MAX, refusal, too_complex, too_many_values, too_much

REMEMBERED_MAX = 256
REMEMBERED_CHARACTERS_MAX = 16_384
_WEIGHED_MAX = 16


@dataclass(slots=True)
class _Known:
    """One document: its tree, the schemas it is valid under (by identity), and the page sizes it was judged with."""

    document: DocumentNode
    valid_under: set[int] = field(default_factory=set)
    verdicts: dict[tuple[tuple[str, int], ...], Reason | None] = field(default_factory=dict)

    def verdict(self, variables: dict[str, Any]) -> Reason | None:
        """Return what is too much about it with these variables; only whole numbers can be page sizes."""
        sizes = tuple(sorted((name, value) for name, value in variables.items() if type(value) is int))
        if sizes not in self.verdicts:
            if len(self.verdicts) >= _WEIGHED_MAX:
                self.verdicts.clear()
            self.verdicts[sizes] = too_much(self.document, variables)
        return self.verdicts[sizes]


class Remembered:
    """The documents used last, at most `REMEMBERED_MAX` and none of them long, so memory stays bounded."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, _Known] = OrderedDict()

    def parsed(self, text: str) -> _Known:
        """Return the document of this text, parsed now where it is not remembered.

        Raises:
            GraphQLError: the text is no document, or longer than a document may be.
        """
        known = self._known.get(text)
        if known is not None:
            self._known.move_to_end(text)
            return known
        if len(text) > CHARACTERS_MAX:
            raise refusal(too_complex("it is longer than {limit} characters.", CHARACTERS_MAX))
        known = _Known(parse(text, max_lexical_tokens=TOKENS_MAX, max_comments=COMMENTS_MAX))
        if len(text) <= REMEMBERED_CHARACTERS_MAX:
            self._known[text] = known
            if len(self._known) > REMEMBERED_MAX:
                self._known.popitem(last=False)
        return known

    def ready(self, text: str, variables: dict[str, Any], schema: object) -> DocumentNode | None:
        """Return a remembered document that is valid under the schema and not too much with these variables."""
        known = self._known.get(text)
        if known is None or id(schema) not in known.valid_under:
            return None
        if too_many_values(variables) is not None or known.verdict(variables) is not None:
            return None
        self._known.move_to_end(text)
        return known.document

    def __len__(self) -> int:
        return len(self._known)


REMEMBERED = Remembered()


def _several(document: DocumentNode) -> bool:
    """Say whether somebody has to choose among operations; strawberry would take the first."""
    return sum(isinstance(each, OperationDefinitionNode) for each in document.definitions) > 1


class GuardedDocuments(SchemaExtension):
    """Parse each text once, refuse what asks for too much, and validate what is left once."""

    _known: _Known | None = None

    def on_parse(self) -> Iterator[None]:
        """Parse within the limits; strawberry leaves a document alone that is already there."""
        context = self.execution_context
        if context.query and context.graphql_document is None:
            variables = context.variables or {}
            reason = too_many_values(variables)
            if reason is None:
                self._known = REMEMBERED.parsed(context.query)
                context.graphql_document = self._known.document
                reason = self._known.verdict(variables)
            if reason is not None:
                raise refusal(reason)
            assert context.graphql_document is not None
            if context._provided_operation_name is None and _several(context.graphql_document):
                raise refusal(
                    because(
                        Code.INVALID_INPUT,
                        sentence="The document has several operations; operationName says which one is meant.",
                    )
                )
        yield

    def on_validate(self) -> Iterator[None]:
        """Skip the validation of a document that has passed it."""
        context, known = self.execution_context, self._known
        schema = id(context.schema)
        passed: list[GraphQLError] = []
        if known is not None and schema in known.valid_under:
            context.pre_execution_errors = passed
        yield
        if known is not None and not context.pre_execution_errors:
            known.valid_under.add(schema)
