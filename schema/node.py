"""Objects with a global id. What a resolver returns is the row itself; the type says which of it is shown."""

from typing import Any, ClassVar, Self, cast

import strawberry


@strawberry.interface(description="An object with an id that is unique among all objects.")
class Node:
    """A type whose source is a row of `row_type` with an `id`. The schema encodes that id."""

    row_type: ClassVar[type[Any]]

    id: strawberry.ID = strawberry.field(description="The id of this object, to be used exactly as it is.")

    @classmethod
    def is_type_of(cls, source: object, _info: object) -> bool:
        """Say whether a row is shown as this type."""
        return isinstance(source, cls.row_type)

    @classmethod
    def of(cls, row: Any) -> Self:
        """Show a row as this type; nothing is copied."""
        return cast("Self", row)

    @classmethod
    def of_all(cls, rows: Any) -> list[Self]:
        """Show each row of a list as this type."""
        return cast("list[Self]", rows)
