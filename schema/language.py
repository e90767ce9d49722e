"""The language that this request is answered in.

A context says it while it is open. It is kept beside the context as well, so that fields which are read straight off
a row, and errors that are made before any resolver runs, find it without being handed the request.
"""

from contextvars import ContextVar

from models.rules.language import word
from models.rules.values import Language

SPOKEN: ContextVar[Language] = ContextVar("SPOKEN", default=Language.EN)


def spoken() -> Language:
    """Return the language of the request that is being answered; English outside of one."""
    return SPOKEN.get()


def told(name: str, value: str | None) -> str | None:
    """Return what is kept as `name` in the language of the request where it is the system's own; else as it is."""
    return None if value is None else word(spoken(), name, value)


def tag(language: Language) -> str:
    """Return the language's tag, as HTTP writes it."""
    return language.value.lower()
