"""The one schema: built once, when this module is imported."""

from collections.abc import Callable
from operator import attrgetter
from typing import Any

import strawberry
from graphql import GraphQLError, GraphQLObjectType, GraphQLSchema
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext

from schema.documents import GuardedDocuments
from schema.errors import shown
from schema.ids import encode
from schema.mutation import Mutation
from schema.projection import ProjectingExecutor, plainly
from schema.query import Query
from schema.scalars import SCALARS


class Schema(strawberry.Schema):
    """The schema with our errors, and with short ways to what a row holds as it is."""

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Replace every error by what the caller may see of it."""
        errors[:] = [shown(error) for error in errors]


def _shorten(built: GraphQLSchema) -> None:
    """Let fields without a resolver of their own read their attribute directly, and nodes encode their ids.

    It is what strawberry does by way of several calls a field, which a page of thousands of fields would feel.
    """
    for kind in built.type_map.values():
        if not isinstance(kind, GraphQLObjectType):
            continue
        for name, field in kind.fields.items():
            definition = (field.extensions or {}).get("strawberry-definition")
            if name == "id" and any(interface.name == "Node" for interface in kind.interfaces):
                field.resolve = plainly(_id_of(kind.name))
            elif definition is not None and definition.is_basic_field:
                field.resolve = plainly(attrgetter(definition.python_name))


def _id_of(type_name: str) -> Callable[[Any], str]:
    return lambda source: encode(type_name, source.id)


schema = Schema(
    query=Query,
    mutation=Mutation,
    config=StrawberryConfig(scalar_map=SCALARS),
    extensions=[GuardedDocuments],
    execution_context_class=ProjectingExecutor,
)
_shorten(schema._schema)
