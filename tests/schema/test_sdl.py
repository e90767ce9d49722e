"""The schema as committed: it is the one that runs, and it says what every part of it means."""

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    is_introspection_type,
    is_specified_scalar_type,
)

from schema.print import PLACE, printed
from schema.schema import schema


def test_the_committed_schema_is_the_one_that_runs() -> None:
    assert PLACE.read_text(encoding="utf-8") == printed(), "run `python -m schema.print` and review the difference"


def test_everything_is_described_in_a_sentence() -> None:
    silent = []
    for kind in schema._schema.type_map.values():
        if is_introspection_type(kind) or is_specified_scalar_type(kind):
            continue
        told = [(kind.name, kind.description)]
        if isinstance(kind, (GraphQLObjectType, GraphQLInterfaceType)):
            for name, field in kind.fields.items():
                told.append((f"{kind.name}.{name}", field.description))
                told += [(f"{kind.name}.{name}({arg})", each.description) for arg, each in field.args.items()]
        elif isinstance(kind, GraphQLInputObjectType):
            told += [(f"{kind.name}.{name}", each.description) for name, each in kind.fields.items()]
        elif isinstance(kind, GraphQLEnumType):
            told += [(f"{kind.name}.{name}", each.description) for name, each in kind.values.items()]
        silent += [name for name, words in told if not words or not words.strip().endswith(".")]

    assert silent == []


def test_relay_finds_what_it_expects() -> None:
    types = schema._schema.type_map
    nodes = {kind.name for kind in schema._schema.get_possible_types(types["Node"])}  # type: ignore[arg-type]
    assert {"Pass", "Client", "Visit", "PurchaseOption", "Lot", "Hold", "Order", "Operation"} <= nodes
    for name, kind in types.items():
        if name.endswith("Connection"):
            assert isinstance(kind, GraphQLObjectType)
            assert set(kind.fields) == {"edges", "nodes", "pageInfo", "totalCount"}
