"""What is wrong with a line of a file: a code, the field, and what fills the sentence.

It is kept in this form and told in the language of whoever reads it. What a cell itself says stays as it is.
"""

from typing import Any

from models.rules.codes import Code, because
from models.rules.language import say
from models.rules.values import Language

_CHARACTERS_MAX = 300
Trouble = dict[str, Any]


class Unreadable(ValueError):  # noqa: N818 - what the cell is
    """A text is not what its field holds. `sentence` is a clause with `{names}` of the values, and no full stop."""

    def __init__(self, sentence: str, **values: Any) -> None:
        self.reason = because(Code.LINE_UNREADABLE, sentence=sentence, **values)
        super().__init__(say(Language.EN, sentence, self.reason.values))


def trouble(code: Code, cell: str | None, /, **values: Any) -> Trouble:
    """Make one thing that is wrong with a line, in the form it is kept in. `cell` is what the file calls the field."""
    kept = {name: str(each)[:_CHARACTERS_MAX] for name, each in values.items()}
    return {"code": code.name, "field": cell, "values": kept}
