"""The words of the domain as GraphQL enums, each with a sentence. Names are those of `models.rules`.

The classes are the rules' own, so a row's value goes out as it is and an input comes in ready for a command.
"""

from enum import Enum
from typing import Any, cast

import strawberry
from strawberry.types.enum import StrawberryEnumDefinition

from models.imports.fields import ImportKind
from models.operations.book_visits import PayBy
from models.queries.imports import ImportState
from models.queries.operations import OperationState
from models.queries.reports.base import ColumnKind
from models.queries.reports.catalogue import REPORTS, ReportName
from models.queries.visits import ChosenBy
from models.rules import values
from models.rules.codes import Code
from models.rules.explain import ComingEvent
from schema.words import MORE_WORDS, WORDS


def described(enum: type[Enum], sentences: dict[str, str], *, name: str | None = None) -> None:
    """Make `enum` a GraphQL enum whose every value says what it means.

    Raises:
        KeyError: a value has no sentence.
    """
    strawberry.enum(enum, name=name or enum.__name__, description=(enum.__doc__ or "").strip())
    definition = cast("StrawberryEnumDefinition", cast("Any", enum).__strawberry_definition__)
    for value in definition.values:
        value.description = sentences[value.name]


for _name, _sentences in WORDS.items():
    described(getattr(values, _name), _sentences)

for _enum in (PayBy, ImportKind, ImportState, OperationState, ChosenBy, ComingEvent):
    described(_enum, MORE_WORDS[_enum.__name__])

described(ColumnKind, MORE_WORDS["ColumnKind"])
described(ReportName, {name: each.sentence for name, each in REPORTS.items()})
# A remedy that is filled in by whoever refuses brings its own full stop.
described(
    Code,
    {code.name: f"{code.sentence} Remedy: {code.remedy.removesuffix('.')}." for code in Code},
    name="ErrorCode",
)
cast(
    "Any", Code
).__strawberry_definition__.description = (
    "Every stable code a refusal or a reason can carry, with its sentence and its remedy. Codes are never renamed."
)
