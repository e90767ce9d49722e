"""Valid documents at random over any schema: aliases, fragments of both sorts, conditions, merged and nested fields."""

import random
from collections.abc import Mapping
from itertools import count

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    is_required_argument,
)

Composite = GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType


class RandomDocuments:
    """Writes documents. `given` holds, by field, what its arguments are given; a field that wants others is left out.

    `Type.field` may be named as well as a field alone.
    """

    def __init__(self, schema: GraphQLSchema, chance: random.Random, given: Mapping[str, str]) -> None:
        self._schema, self._chance, self._given = schema, chance, given
        self._fragments: list[str] = []
        self._numbers = count()

    def document(self, depth: int = 3) -> str:
        """Return a query with the variables `yes` (true) and `no` (false)."""
        self._fragments = []
        assert self._schema.query_type
        selection = self._selection(self._schema.query_type, depth, aliased=False)
        always = "a: __typename @include(if: $yes) b: __typename @skip(if: $no)"
        variables = "query ($yes: Boolean = true, $no: Boolean = false)"
        return f"{variables} {{ {always} {selection} }}\n{''.join(self._fragments)}"

    def _selection(self, kind: Composite, depth: int, *, aliased: bool) -> str:
        """Return selections without their braces. `aliased`: every field by a name of its own, as under a union."""
        number = self._chance.randint(1, 5)
        return " ".join(self._one(kind, depth, aliased=aliased) or "__typename" for _ in range(number))

    def _one(self, kind: Composite, depth: int, *, aliased: bool) -> str | None:
        if is_abstract_type(kind) and self._chance.random() < 0.7:
            some = self._chance.choice(list(self._schema.get_possible_types(kind)))
            return f"... on {some.name} {{ {self._selection(some, depth, aliased=True)} }}"
        draw = self._chance.random()
        if draw < 0.08:
            on = self._chance.choice([f" on {kind.name}", ""])
            return f"...{on}{self._condition()} {{ {self._selection(kind, depth, aliased=aliased)} }}"
        if draw < 0.16:
            name = f"F{next(self._numbers)}"
            inner = self._selection(kind, depth, aliased=aliased)
            self._fragments.append(f"fragment {name} on {kind.name} {{ {inner} }}\n")
            return f"...{name}{self._condition()}"
        if draw < 0.24:
            return f"n{next(self._numbers)}: __typename"
        return self._field(kind, depth, aliased=aliased)

    def _field(self, kind: Composite, depth: int, *, aliased: bool) -> str | None:
        fields: dict[str, GraphQLField] = getattr(kind, "fields", {})
        if not fields:
            return None
        name = self._chance.choice(list(fields))
        field = fields[name]
        given = self._given.get(f"{kind.name}.{name}", self._given.get(name))
        if given is None and any(is_required_argument(each) for each in field.args.values()):
            return None
        if given is None and "first" in field.args:
            given = "first: 3"
        shown = get_named_type(field.type)
        alias = f"a{next(self._numbers)}: " if aliased or given or self._chance.random() < 0.3 else ""
        said = f"{alias}{name}{f'({given})' if given else ''}{self._condition()}"
        if is_leaf_type(shown):
            return said
        assert isinstance(shown, Composite)
        return f"{said} {{ {self._selection(shown, depth - 1, aliased=aliased)} }}" if depth > 0 else None

    def _condition(self) -> str:
        if self._chance.random() > 0.06:
            return ""
        return self._chance.choice(
            (" @include(if: $yes)", " @include(if: $no)", " @skip(if: $no)", " @skip(if: true)", " @include(if: true)")
        )
