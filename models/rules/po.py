"""Catalogues of messages in gettext's own text format (`.po`), so that any translator's tool opens them.

msgctxt  which value the word fills, where it is a word and not a sentence
msgid    the English text, `{names}` open
msgstr   the translation; `msgstr[n]` for each plural form of the header's `Plural-Forms`
"""

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from gettext import c2py

Key = tuple[str | None, str]
"""The context, None for a sentence, and the English text."""

_LINE = re.compile(r'(?:(msgctxt|msgid_plural|msgid|msgstr(?:\[(\d)\])?)\s+)?(".*")')
_HEADER = re.compile(r"Plural-Forms:\s*nplurals=(\d+);\s*plural=([^;]+);")


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The messages of one language. A text that has no plural forms has one translation.

    Of a text that stands there twice the first translation counts, and `twice` names it.
    """

    texts: dict[Key, tuple[str, ...]] = field(default_factory=dict)
    forms: int = 1
    form_of: Callable[[int], int] = field(default=lambda _: 0)
    twice: tuple[Key, ...] = ()

    def text(self, key: Key, count: int | None = None) -> str | None:
        """Return the translation, in the form for `count` where it has forms; None where there is none."""
        found = self.texts.get(key)
        if found is None:
            return None
        return found[self.form_of(abs(count or 0))] if len(found) > 1 else found[0]


def parse(source: str) -> Catalogue:
    """Read a catalogue.

    Raises:
        ValueError: a line that belongs to no entry, or plural forms without the header's rule.
    """
    texts: dict[Key, tuple[str, ...]] = {}
    header = ""
    twice: list[Key] = []
    for entry in _entries(source):
        key: Key = (entry.get("msgctxt"), entry.get("msgid", ""))
        forms = tuple(text for name, text in entry.items() if name.startswith("msgstr"))
        if key == (None, ""):
            header = forms[0]
        elif key in texts:
            twice.append(key)
        elif all(forms):
            texts[key] = forms
    rule = _HEADER.search(header)
    if rule is None:
        raise ValueError("the header has no Plural-Forms")
    count = int(rule[1])
    if any(len(forms) not in (1, count) for forms in texts.values()):
        raise ValueError(f"a text has neither one form nor {count}")
    return Catalogue(texts, count, c2py(rule[2]), tuple(twice))


def _entries(source: str) -> list[dict[str, str]]:
    """Return each entry's parts. Comments and old entries are left out."""
    entries: list[dict[str, str]] = []
    part = ""
    for number, line in enumerate(source.splitlines(), 1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            part = ""
            continue
        found = _LINE.fullmatch(stripped)
        if found is None or not (found[1] or part):
            raise ValueError(f"line {number} belongs to no entry: {stripped}")
        name = found[1]
        if name:
            begins = not entries or not part or (name in ("msgctxt", "msgid") and part.startswith("msgstr"))
            if begins:
                entries.append({})
            part = name
        parts = entries[-1]
        parts[part] = parts.get(part, "") + str(ast.literal_eval(found[3]))
    return entries
