"""Every forecast ends with books in which nothing is wrong, as every scenario of the operations does."""

from tests.operations.conftest import studio

__all__ = ["studio"]
