"""What a caller sees of an error: a stable code, a sentence, a remedy and the input field. Bugs are masked.

Refused              its first problem's code
StoreUnavailable     STORE_UNAVAILABLE
GraphQLError         the document's own fault (syntax, unknown field, malformed variable): left as it is
anything else        INTERNAL, with the id under which it was logged
"""

from typing import Any
from uuid import uuid4

import strawberry
import structlog
from graphql import GraphQLError

from models.errors import Problem, Refused, StoreUnavailable
from models.rules.codes import Code, Reason, because
from schema.language import spoken
from schema.projection import told_by_source

_log = structlog.get_logger(__name__)


@strawberry.type(description="One reason for a refusal, and which part of the input it is about.")
class UserError:
    """A refusal as the caller reads it."""

    code: Code = strawberry.field(description="The stable word for it.")
    message: str = strawberry.field(description="What is wrong, in a sentence.")
    remedy: str = strawberry.field(description="What can be done about it.")
    path: list[str] = strawberry.field(description="The input field it is about, outermost name first.")


@told_by_source
def _message(root: strawberry.Parent[Reason]) -> str:
    return root.message_in(spoken())


@told_by_source
def _remedy(root: strawberry.Parent[Reason]) -> str:
    return root.remedy_in(spoken())


@strawberry.type(name="Reason", description="Why something cannot be, and what would help.")
class ReasonNode:
    """A reason as the caller reads it, in the caller's language. Its source is a `models.rules.codes.Reason`."""

    code: Code = strawberry.field(description="The stable word for it.")
    message: str = strawberry.field(resolver=_message, description="What stands in the way, in a sentence.")
    remedy: str = strawberry.field(resolver=_remedy, description="What can be done about it.")


def from_problem(problem: Problem) -> UserError:
    """Return the problem as a payload shows it."""
    reason, language = problem.reason, spoken()
    return UserError(
        code=reason.code,
        message=reason.message_in(language),
        remedy=reason.remedy_in(language),
        path=list(problem.path),
    )


def user_errors(refused: Refused) -> list[UserError]:
    """Return every problem of a refusal as a payload shows it."""
    return [from_problem(problem) for problem in refused.problems]


def shown(error: GraphQLError) -> GraphQLError:
    """Return the error as the caller may see it."""
    cause = error.original_error
    if isinstance(cause, Refused):
        return _dressed(error, cause.problems[0].reason, list(cause.problems[0].path))
    if isinstance(cause, StoreUnavailable):
        return _dressed(error, because(Code.STORE_UNAVAILABLE), [])
    if cause is None or isinstance(cause, GraphQLError):
        return error
    log_id = uuid4().hex
    _log.error("graphql.internal", id=log_id, path=error.path, exc_info=cause)
    return _dressed(error, because(Code.INTERNAL, id=log_id), [])


def _dressed(error: GraphQLError, reason: Reason, path: list[str]) -> GraphQLError:
    message, remedy = reason.message_in(spoken()), reason.remedy_in(spoken())
    told: dict[str, Any] = {"code": reason.code.name, "message": message, "remedy": remedy, "path": path}
    return GraphQLError(message, nodes=error.nodes, path=error.path, extensions=told)
