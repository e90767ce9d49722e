"""How it is asked: the GraphQL face. No SQL and no arithmetic; models answer, this package shows."""

from schema import enums

__all__ = ["enums"]  # The words must be described before any type is made that uses one.
