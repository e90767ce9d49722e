"""Answers straight from rows: what graphql-core would compute field by field, computed in one go where it is plain.

graphql-core completes each field by itself, which costs most of a long answer. A selection is *plain* where every
field of it, all the way down, takes no arguments, carries no directive and is read off its source by name. Such a
selection is compiled once per document into a closure that builds the same dictionaries. All else goes through
graphql-core unchanged, and so does every value that a closure finds in any way unusual: it gives up, and
graphql-core does the same part from the beginning and says what is wrong with it. Reading a field changes nothing,
so reading it twice does no harm.
"""

from collections.abc import Awaitable, Callable
from datetime import date, datetime, time
from typing import Any, TypeVar

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLID,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLString,
    SelectionSetNode,
    Undefined,
)
from graphql.execution.collect_fields import FieldDetails
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

Read = Callable[[Any], Any]
F = TypeVar("F", bound=Callable[..., Any])
_FIELDS_MAX = 400
_KNOWN_MAX = 2_048
_INT_MAX = 2**31 - 1
_STAYS: dict[object, type] = {GraphQLString: str, GraphQLID: str, GraphQLBoolean: bool}
_VALUES = (str, int, float, bool, datetime, date, time)


def plainly(read: Read) -> Callable[[Any, Any], Any]:
    """Make the resolver of a field that is read off its source, and by which that may be done without asking it."""

    def resolve(source: Any, _info: Any) -> Any:
        return read(source)

    resolve.plain = read  # type: ignore[attr-defined]
    return resolve


def told_by_source(resolver: F) -> F:
    """Mark the resolver of a field as one that needs its source and nothing else, so that it may be projected."""
    resolver.told_by_source = True  # type: ignore[attr-defined]
    return resolver


class _Unusual(Exception):  # noqa: N818 - not an error: graphql-core is to look at this value
    pass


class _Known:
    """Compiled selections by the identity of their fields' nodes, which are kept so that no identity is used twice."""

    def __init__(self) -> None:
        self._compiled: dict[tuple[int, ...], tuple[object, Read | None]] = {}

    def get(self, executor: "ProjectingExecutor", shown: Any, details: list[FieldDetails]) -> Read | None:
        """Return the closure for fields that show `shown`, or None where they are not plain."""
        key = (id(shown), *[id(each.node) for each in details])
        found = self._compiled.get(key)
        if found is None:
            if len(self._compiled) >= _KNOWN_MAX:
                self._compiled.clear()
            found = (shown, [each.node for each in details]), _Compiler(executor).selection(shown, details)
            self._compiled[key] = found
        return found[1]


_known = _Known()


class ProjectingExecutor(StrawberryGraphQLCoreExecutionContext):
    """Strawberry's executor, which projects objects and lists whose selection is plain."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # A middleware would want to see each field.
        self._projects = not (self.middleware_manager and self.middleware_manager.middlewares)

    def complete_object_value(self, return_type: Any, field_details_list: Any, *rest: Any) -> Any:
        """Project an object, or let graphql-core execute its fields."""
        found = self._projected(return_type, field_details_list, rest[2])
        return super().complete_object_value(return_type, field_details_list, *rest) if found is None else found

    def complete_list_value(self, return_type: Any, field_details_list: Any, *rest: Any) -> Any:
        """Project a list, or let graphql-core complete its items."""
        found = self._projected(return_type, field_details_list, rest[2])
        return super().complete_list_value(return_type, field_details_list, *rest) if found is None else found

    def _projected(self, shown: Any, details: list[FieldDetails], result: Any) -> Any:
        """Return the projection of a result, or None for graphql-core to see to it."""
        project = _known.get(self, shown, details) if self._projects else None
        if project is None:
            return None
        try:
            return project(result)
        except Exception:  # noqa: BLE001 - graphql-core tells of it, in its own words
            return None


class _Compiler:
    """Compiles one selection, as long as it is plain and not huge."""

    def __init__(self, executor: ProjectingExecutor) -> None:
        self._executor = executor
        self._fields = 0

    def selection(self, shown: Any, details: list[FieldDetails]) -> Read | None:
        """Return the closure for a value that may not be null."""
        seen: set[str] = set()
        for each in details:
            if each.node.directives or each.fragment_variable_values is not None:
                return None
            if each.node.selection_set and not self._unconditional(each.node.selection_set, seen):
                return None
        return self._present(shown, details)

    def _unconditional(self, selections: SelectionSetNode, seen: set[str]) -> bool:
        """Say whether no directive and no variable decides what is selected. Each fragment is looked at once."""
        for node in selections.selections:
            if node.directives:
                return False
            if isinstance(node, FragmentSpreadNode):
                name = node.name.value
                if name in seen:
                    continue
                seen.add(name)
                definition = self._executor.fragments[name].definition
                if definition.variable_definitions or definition.directives:
                    return False
                inner: SelectionSetNode | None = definition.selection_set
            else:
                inner = node.selection_set  # type: ignore[attr-defined]
                if isinstance(node, FieldNode) and node.arguments:
                    return False
            if inner and not self._unconditional(inner, seen):
                return False
        return True

    def _value(self, shown: Any, details: list[FieldDetails]) -> Read | None:
        if isinstance(shown, GraphQLNonNull):
            return self._present(shown.of_type, details)
        present = self._present(shown, details)
        return None if present is None else lambda found: None if found is None else present(found)

    def _present(self, shown: Any, details: list[FieldDetails]) -> Read | None:
        if isinstance(shown, GraphQLEnumType):
            return _enum(shown)
        if isinstance(shown, GraphQLScalarType):
            return _scalar(shown)
        if isinstance(shown, GraphQLList):
            return self._list(shown, details)
        return self._object(shown, details) if isinstance(shown, GraphQLObjectType) else None

    def _list(self, shown: GraphQLList[Any], details: list[FieldDetails]) -> Read | None:
        item = self._value(shown.of_type, details)
        if item is None:
            return None

        def items(found: Any) -> Any:
            if found.__class__ is not list and found.__class__ is not tuple:
                raise _Unusual
            return [item(each) for each in found]

        return items

    def _object(self, shown: GraphQLObjectType, details: list[FieldDetails]) -> Read | None:
        definition = shown.extensions.get("strawberry-definition")
        is_type_of = shown.is_type_of
        # Whether a row is shown as a type is decided by its class where the type itself says how, and not elsewhere.
        if is_type_of is not None and (definition is None or definition.is_type_of is not is_type_of):
            return None
        fields = []
        for name, selected in self._executor.collect_subfields(shown, details).grouped_field_set.items():
            field = self._field(shown, selected)
            if field is None:
                return None
            fields.append((name, *field))
        accepted: set[type] = set()

        def project(source: Any) -> dict[str, Any]:
            kind = source.__class__
            if kind not in accepted:
                _check(source)
                if is_type_of is not None and is_type_of(source, None) is not True:
                    raise _Unusual
                accepted.add(kind)
            return {name: complete(read(source)) for name, read, complete in fields}

        return project

    def _field(self, shown: GraphQLObjectType, selected: list[FieldDetails]) -> tuple[Read, Read] | None:
        self._fields += 1
        name = selected[0].node.name.value
        field = self._executor.schema.get_field(shown, name)
        if field is None or field.args or self._fields > _FIELDS_MAX:
            return None
        read: Read | None = getattr(field.resolve, "plain", None)
        if name == "__typename":
            read = _constant(shown.name)
        complete = self._value(field.type, selected) if read else None
        return (read, complete) if read and complete else None


def _constant(value: str) -> Read:
    return lambda _source: value


def _enum(shown: GraphQLEnumType) -> Read:
    kind = getattr(shown, "wrapped_cls", None)
    names = {member: shown.coerce_output_value(member) for member in kind} if kind else {}
    other = _coerced(shown)

    def name(found: Any) -> Any:
        return names[found] if found.__class__ is kind else other(found)

    return name


def _scalar(shown: GraphQLScalarType) -> Read:
    stays = _STAYS.get(shown)
    other = _coerced(shown)
    if stays is not None:
        return lambda found: found if found.__class__ is stays else other(found)
    if shown is GraphQLInt:
        return lambda found: found if found.__class__ is int and -_INT_MAX <= found <= _INT_MAX else other(found)
    return other


def _coerced(shown: GraphQLScalarType | GraphQLEnumType) -> Read:
    coerce = shown.coerce_output_value

    def coerced(found: Any) -> Any:
        if found.__class__ not in _VALUES:
            _check(found)
        value = coerce(found)
        if value is None or value is Undefined:
            raise _Unusual
        return value

    return coerced


def _check(found: Any) -> None:
    if found is None or found is Undefined or isinstance(found, (Exception, Awaitable)):
        raise _Unusual
