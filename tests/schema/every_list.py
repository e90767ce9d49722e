"""Every list that the schema answers with, and a document that asks for it with all that its elements hold."""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLObjectType,
    GraphQLOutputType,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
    is_object_type,
    is_required_argument,
)

from schema.schema import schema


@dataclass(frozen=True)
class Hop:
    """One field on the way to a list, of the type that has it."""

    owner: str
    name: str
    field: GraphQLField

    @property
    def pages(self) -> bool:
        """Whether it is a connection."""
        return get_named_type(self.field.type).name.endswith("Connection")

    @property
    def many(self) -> bool:
        """Whether it holds several objects."""
        return self.pages or (is_list_type(get_nullable_type(self.field.type)) and not _leaf(self.field.type))

    @property
    def held(self) -> GraphQLObjectType:
        """The type of what it holds; of a connection, that of its nodes."""
        found = get_named_type(self.field.type)
        assert is_object_type(found)
        return _held(found.fields["nodes"].type) if self.pages else found


def _held(kind: GraphQLOutputType) -> GraphQLObjectType:
    found = get_named_type(kind)
    assert isinstance(found, GraphQLObjectType)
    return found


def _leaf(kind: GraphQLOutputType) -> bool:
    return bool(is_leaf_type(get_named_type(kind)))


def _objects_of(owner: GraphQLObjectType) -> Iterator[Hop]:
    """The fields of a type that hold objects; an interface holds no fields of its own that its types have not."""
    for name, field in owner.fields.items():
        if is_object_type(get_named_type(field.type)):
            yield Hop(owner.name, name, field)


def paths() -> dict[str, tuple[Hop, ...]]:
    """By `Type.field`, the shortest way from the root to each list; ways that begin with a list come before others."""
    found: dict[str, tuple[Hop, ...]] = {}
    root = schema._schema.query_type
    assert root is not None
    roots = sorted(_objects_of(root), key=lambda hop: (not hop.many, not hop.pages))
    waiting: list[tuple[Hop, ...]] = [(hop,) for hop in roots]
    entered: set[str] = set()
    for path in waiting:
        hop = path[-1]
        if hop.many:
            found.setdefault(f"{hop.owner}.{hop.name}", path)
        if hop.held.name not in entered:
            entered.add(hop.held.name)
            waiting += [(*path, more) for more in _objects_of(hop.held)]
    return found


def document(path: tuple[Hop, ...], arguments: Mapping[str, str], without: Container[str]) -> str:
    """Ask for the list at the end of the path, with every field of its elements and every leaf of the objects in it,
    except the fields `without`.
    """
    # One document may ask for twenty thousand fields at most.
    widths = (70, 3) if sum(hop.pages for hop in path) < 2 else (40, 3)
    asked = _elements(path[-1].held, arguments, without)
    for number, hop in reversed(list(enumerate(path))):
        first = f"first: {widths[min(number, 1)]}" if hop.pages else ""
        given = ", ".join(filter(None, [arguments.get(f"{hop.owner}.{hop.name}", ""), first]))
        inner = f"nodes {{ {asked} }}" if hop.pages else asked
        asked = f"{hop.name}{f'({given})' if given else ''} {{ {inner} }}"
    return f"{{ {asked} }}"


def _elements(kind: GraphQLObjectType, arguments: Mapping[str, str], without: Container[str]) -> str:
    parts = _leaves(kind)
    for hop in _objects_of(kind):
        key = f"{hop.owner}.{hop.name}"
        known = key in arguments or not any(map(is_required_argument, hop.field.args.values()))
        if known and not hop.many and key not in without:
            given = f"({arguments[key]})" if key in arguments else ""
            parts.append(f"{hop.name}{given} {{ {' '.join(_leaves(hop.held))} }}")
    return " ".join(parts)


def _leaves(kind: GraphQLObjectType) -> list[str]:
    names = [
        name
        for name, field in kind.fields.items()
        if _leaf(field.type) and not any(map(is_required_argument, field.args.values()))
    ]
    return names or ["__typename"]


def length(data: Any, path: tuple[Hop, ...]) -> int:
    """How many elements the lists at the end of the path hold together."""
    if data is None:
        return 0
    if not path:
        return 1
    value = data[path[0].name]
    if path[0].pages:
        value = value["nodes"]
    return sum(length(each, path[1:]) for each in value or ()) if path[0].many else length(value, path[1:])
