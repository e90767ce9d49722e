"""Which column fills which field: presets for the systems studios come from, or a file of the studio's own."""

import json
import re
import tomllib
from collections.abc import Mapping as Map
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import resources
from itertools import chain
from typing import Any

from models.errors import refuse
from models.imports.fields import FIELDS, ImportKind
from models.rules.codes import Code

PRESETS = ("own", "mindbody", "wellnessliving", "punchpass")
_TOML_BYTES_MAX = 64 * 1024
_PLACE = re.compile(r"(.*) \(at line (\d+), column \d+\)")


@dataclass(frozen=True, slots=True)
class Mapping:
    """For one kind: the names a field's column may have (the first that the file has is taken), what stands in where a
    file says nothing, and the file's words for ours.
    """

    columns: Map[str, tuple[str, ...]]
    defaults: Map[str, str] = field(default_factory=dict)
    words: Map[str, Map[str, str]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the form kept with the import."""
        columns = {name: list(titles) for name, titles in self.columns.items()}
        words = {name: dict(each) for name, each in self.words.items()}
        return {"columns": columns, "defaults": dict(self.defaults), "words": words}


def preset(name: str, kind: ImportKind) -> Mapping:
    """Return a mapping that comes with the product. Errors: INVALID_INPUT for a name or kind there is none for."""
    if name not in PRESETS:
        raise refuse(Code.INVALID_INPUT, "preset", sentence="A preset is one of {names}.", names=", ".join(PRESETS))
    text = (resources.files("models.imports") / "presets" / f"{name}.toml").read_text("utf-8")
    return read_mapping(text, kind)


def read_mapping(text: str, kind: ImportKind) -> Mapping:
    """Return the mapping for `kind` that a TOML text holds. Errors: INVALID_INPUT with what is wrong with it."""
    if len(text.encode()) > _TOML_BYTES_MAX:
        raise _wrong("The mapping is larger than {limit} KB.", limit=_TOML_BYTES_MAX // 1024)
    try:
        whole = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a number of thousands of digits is no decode error
        raise _no_toml(str(error)) from error
    table = whole.get(kind.lower())
    if not isinstance(table, dict):
        raise _wrong("The mapping has no table [{name}].", name=kind.lower())
    if unknown := sorted(set(table) - {"columns", "defaults", "words"}):
        raise _wrong("The mapping has “{name}” beside columns, defaults and words.", name=unknown[0][:60])
    columns = {name: _titles(name, given) for name, given in _table(table, "columns").items()}
    defaults = {name: str(given) for name, given in _table(table, "defaults").items()}
    words = {
        name: {str(theirs).casefold(): str(ours) for theirs, ours in _table(_table(table, "words"), name).items()}
        for name in _table(table, "words")
    }
    for name in (*columns, *defaults, *words):
        if name not in FIELDS[kind]:
            sentence = "The mapping fills “{name}”, which is no field of such a file; its fields are {names}."
            raise _wrong(sentence, name=name[:60], names=", ".join(FIELDS[kind]))
    texts = [*chain(*columns.values()), *defaults.values(), *chain(*(chain(*each.items()) for each in words.values()))]
    if any("\0" in each for each in texts):
        raise _wrong("The mapping holds a NUL.")
    return Mapping(columns, defaults, words)


def _table(parent: Any, name: str) -> dict[str, Any]:
    found = parent.get(name, {})
    if not isinstance(found, dict):
        raise _wrong("In the mapping, “{name}” has to be a table.", name=name[:60])
    return found


def _titles(name: str, given: Any) -> tuple[str, ...]:
    titles = [given] if isinstance(given, str) else given
    if not isinstance(titles, list) or not titles or not all(isinstance(each, str) for each in titles):
        raise _wrong("In the mapping, the column of “{name}” is a title or a list of titles.", name=name[:60])
    return tuple(titles)


def _wrong(sentence: str, **values: Any) -> Exception:
    return refuse(Code.INVALID_INPUT, "mapping", sentence=sentence, **values)


def _no_toml(said: str) -> Exception:
    """Say where it is none; what it is there is said in the parser's own English words."""
    found = _PLACE.fullmatch(said)
    if found is None:
        return _wrong("The mapping is no TOML: {why}.", why=said[:200].rstrip("."))
    return _wrong("The mapping is no TOML, as line {line} shows: {why}.", line=found[2], why=found[1][:200])


def bind(mapping: Mapping, header: Sequence[str]) -> dict[str, int]:
    """Return which column (from 0) fills which field. Errors: FILE_COLUMNS where none does, or a title comes twice."""
    by_title: dict[str, int] = {}
    doubled = set()
    for at, title in enumerate(header):
        plain = " ".join(title.casefold().split())
        doubled |= {plain} & by_title.keys()
        by_title.setdefault(plain, at)
    bound = {}
    for name, titles in mapping.columns.items():
        for title in titles:
            plain = " ".join(title.casefold().split())
            if plain in by_title:
                if plain in doubled:
                    sentence = "the title “{title}” stands over two columns"
                    raise refuse(Code.FILE_COLUMNS, "file", sentence=sentence, title=title[:60])
                bound[name] = by_title[plain]
                break
    if not bound:
        wanted = ", ".join(titles[0] for titles in mapping.columns.values())
        shown = ", ".join(title[:40] for title in header[:20])
        sentence = "none of {wanted} is among its titles {shown}"
        raise refuse(Code.FILE_COLUMNS, "file", sentence=sentence, wanted=wanted, shown=shown)
    return bound


def same(left: Mapping, right: dict[str, Any]) -> bool:
    """Say whether a kept mapping reads as this one."""
    return json.dumps(left.to_json(), sort_keys=True) == json.dumps(right, sort_keys=True)
