"""The language that this request is answered in.

A context says it while it is open. It is kept beside the context as well, so that fields which are read straight off
a row, and errors that are made before any resolver runs, find it without being handed the request.
"""

from contextvars import ContextVar

from models.rules.values import Language

SPOKEN: ContextVar[Language] = ContextVar("SPOKEN", default=Language.EN)


def spoken() -> Language:
    """Return the language of the request that is being answered; English outside of one."""
    return SPOKEN.get()


def tag(language: Language) -> str:
    """Return the language's tag, as HTTP writes it."""
    return language.value.lower()
