"""What one request reads in batches: every loader asks once for all the keys that one level of the answer wants."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from schema.context import Context


class Loaders:
    """The loaders of one request, each made at its first use."""

    def __init__(self, context: "Context") -> None:
        self._context = context
