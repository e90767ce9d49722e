"""The errors a caller can meet.

    SessionPassError            everything we raise on purpose
    ├── Refused                 bad input or a rule says no: codes, sentences, remedies; nothing has changed
    ├── Unauthenticated         no key, or one we do not know
    └── StoreUnavailable        the database is away; the request may be sent again with the same key

Anything else that escapes is a bug: it is masked, logged with an id, and answered with the code INTERNAL.
"""

from dataclasses import dataclass
from typing import Any

from models.rules.codes import Code, Reason, because


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason for a refusal and the input field it is about, outermost name first."""

    reason: Reason
    path: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the form kept with a failed operation."""
        return {"code": self.reason.code.name, "values": dict(self.reason.values), "path": list(self.path)}

    @staticmethod
    def from_json(stored: dict[str, Any]) -> "Problem":
        """Rebuild a problem from `to_json`'s form."""
        return Problem(because(Code[stored["code"]], **stored["values"]), tuple(stored["path"]))


class SessionPassError(Exception):
    """Everything the product raises on purpose."""


class Refused(SessionPassError):  # noqa: N818 - a refusal is an answer
    """The request is refused and nothing has changed."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(f"{p.reason.code.name}: {p.reason.message}" for p in problems))
        self.problems = problems

    @property
    def code(self) -> Code:
        """The first problem's code."""
        return self.problems[0].reason.code


class Unauthenticated(SessionPassError):  # noqa: N818
    """The key is missing, unknown or revoked."""


class StoreUnavailable(SessionPassError):  # noqa: N818
    """The database cannot be reached."""


def refuse(code: Code, *path: str, **values: Any) -> Refused:
    """Make a refusal with one problem, to be raised."""
    return Refused(Problem(because(code, **values), path))


def unknown(thing: str, *path: str) -> Refused:
    """Make the refusal for an id that does not exist here, whoever else it may belong to."""
    return refuse(Code.NOT_FOUND, *path, thing=thing)
