"""The schema as text: `python -m schema.print` writes it beside this file, where a test compares the two."""

from pathlib import Path

from graphql import lexicographic_sort_schema, print_schema

from schema.schema import schema

PLACE = Path(__file__).with_name("schema.graphql")


def printed() -> str:
    """Return the schema definition, sorted so that a change shows as what it is."""
    return print_schema(lexicographic_sort_schema(schema._schema)) + "\n"


if __name__ == "__main__":
    PLACE.write_text(printed(), encoding="utf-8")
