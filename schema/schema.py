"""The one schema: built once, when this module is imported."""

from collections.abc import Callable
from inspect import isawaitable
from operator import attrgetter
from typing import Any

import strawberry
from graphql import GraphQLError, GraphQLObjectType, GraphQLSchema, OperationType, execute, get_operation_ast
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext, ExecutionResult

from schema.context import Context
from schema.documents import REMEMBERED, GuardedDocuments
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

    async def quick(
        self, text: str, variables: dict[str, Any], operation_name: str | None, context: Context
    ) -> ExecutionResult | None:
        """Answer a query whose document has been judged before, straight by graphql-core; None is for `execute`.

        Whatever is unusual is left to `execute`, which answers it from the beginning: a query changes nothing.
        """
        document = REMEMBERED.ready(text, variables, self)
        if document is None:
            return None
        operation = get_operation_ast(document, operation_name)
        if operation is None or operation.operation is not OperationType.QUERY:
            return None
        is_awaitable: Any = optimized_is_awaitable
        try:
            result: Any = execute(
                self._schema,
                document,
                context_value=context,
                variable_values=variables,
                operation_name=operation_name,
                is_awaitable=is_awaitable,
                executor_class=self.execution_context_class,
            )
            if isawaitable(result):
                result = await result
        except Exception:  # noqa: BLE001 - `execute` meets it again, and tells of it
            return None
        if result.errors:
            self.process_errors(result.errors)
        return ExecutionResult(data=result.data, errors=result.errors)


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
            elif definition is not None and definition.base_resolver is not None:
                resolver = definition.base_resolver.wrapped_func
                if getattr(resolver, "told_by_source", False):
                    field.resolve = plainly(resolver)


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
