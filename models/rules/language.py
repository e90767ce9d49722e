"""What is said to people, in their language: translation, plural forms, dates, and the choice of a language.

English is the source: its texts stand where they are raised. A catalogue of another language is looked up by the
English text, so a text that changes has no translation until somebody has read it again. Catalogues are read once.
"""

import re
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any

from models.rules.po import Catalogue, parse
from models.rules.values import Language

CATALOGUES_FOLDER = Path(__file__).with_name("catalogues")
CATALOGUES: dict[Language, Catalogue] = {
    language: parse((CATALOGUES_FOLDER / f"{language.value.lower()}.po").read_text(encoding="utf-8"))
    for language in Language
}
"""What is read of each language. English has plural forms and nothing else."""

COUNTED = ("left", "remaining", "limit", "count", "high", "days", "months")
"""The values that choose a plural form: the first of these that a text holds does."""

Values = Iterable[tuple[str, str]]

_HEADER_MAX, _RANGES_MAX = 1_000, 50
_RANGE = re.compile(r"([a-z]{1,8}|\*)(?:-[a-z0-9]{1,8})*", re.IGNORECASE)
_WEIGHT = re.compile(r"0(?:\.\d{0,3})?|1(?:\.0{0,3})?")
_OPEN = re.compile(r"\{(\w+)\}")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}.*")
_NUMBER = re.compile(r"-?\d{1,18}")
_LONG_NUMBER = re.compile(r"-?\d{5,18}")
_AS_THEY_ARE = frozenset(
    {"id", "zone", "field", "name", "names", "ref", "pass", "why"}
    | {"line", "byte", "text", "column", "title", "wanted", "shown", "email", "note", "detail"}
)
"""Values that are somebody's own words, or are looked up as they are written."""
_MONTHS = {
    Language.FR: [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ],
    Language.ES: [
        "enero",
        "febrero",
        "marzo",
        "abril",
        "mayo",
        "junio",
        "julio",
        "agosto",
        "septiembre",
        "octubre",
        "noviembre",
        "diciembre",
    ],
}
_THOUSANDS = {Language.FR: "\u202f", Language.ES: "."}


def say(language: Language, text: str, values: Values = ()) -> str:
    """Return the text in the language, with its `{names}` filled.

    A value named `sentence` or `remedy` is a text of its own, filled with the other values and translated as well. A
    text without a translation stays English; its values do not.
    """
    given = dict(values)
    inner = given.pop("sentence", None)
    count = next((int(given[name]) for name in COUNTED if _counts(text, name, given)), None)
    template = CATALOGUES[language].text((None, text), count) or text
    told = {name: word(language, name, value) for name, value in given.items()}
    if inner is not None:
        told["sentence"] = say(language, inner, given.items())
    if "remedy" in told:
        told["remedy"] = _filled(told["remedy"], told)
    return _filled(template, told)


def _filled(template: str, told: dict[str, str]) -> str:
    return _OPEN.sub(lambda found: told.get(found[1], found[0]), template)


def phrase(language: Language, sentence: str, **values: Any) -> str:
    """Return a sentence that is no answer to a request, such as what a command reports of its work."""
    return say(language, sentence, [(name, str(value)) for name, value in values.items()])


def _counts(text: str, name: str, given: dict[str, str]) -> bool:
    return f"{{{name}}}" in text and _NUMBER.fullmatch(given.get(name, "")) is not None


def open_names(text: str) -> set[str]:
    """Return the names that are open in a text."""
    return set(_OPEN.findall(text))


def word(language: Language, name: str, value: str) -> str:
    """Return how a value reads that fills the open `name`: dates, instants and numbers in the language's own way."""
    if language is Language.EN:
        return value
    known = CATALOGUES[language].text((name, value))
    if known is not None or name in _AS_THEY_ARE:
        return known or value
    if _DAY.fullmatch(value):
        return _day_said(language, value)
    if _INSTANT.fullmatch(value):
        return _instant_said(language, value)
    if _LONG_NUMBER.fullmatch(value):
        return f"{int(value):,}".replace(",", _THOUSANDS[language])
    listed = value.split(" or ")
    if name == "roles" and len(listed) > 1:
        return f" {CATALOGUES[language].text(('roles', 'or')) or 'or'} ".join(listed)
    return value


def _day_said(language: Language, value: str) -> str:
    try:
        return day_in(language, date.fromisoformat(value))
    except ValueError:
        return value


def _instant_said(language: Language, value: str) -> str:
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return value
    offset = at.strftime("%z")
    zone = "" if at.tzinfo is None else " UTC" if not at.utcoffset() else f" UTC{offset[:3]}:{offset[3:5]}"
    joint = " à " if language is Language.FR else " a las "
    return f"{day_in(language, at.date())}{joint}{at:%H:%M}{zone}"


def day_in(language: Language, day: date) -> str:
    """Return a day as it is written in a sentence: 2026-06-03, 3 juin 2026, 3 de junio de 2026."""
    match language:
        case Language.EN:
            return day.isoformat()
        case Language.FR:
            number = "1er" if day.day == 1 else str(day.day)
            return f"{number} {_MONTHS[language][day.month - 1]} {day.year}"
        case Language.ES:
            return f"{day.day} de {_MONTHS[language][day.month - 1]} de {day.year}"


def preferred(header: str | None, otherwise: Language = Language.EN) -> Language:
    """Return the language that an `Accept-Language` header likes best, or `otherwise` where it names none of ours.

    A region falls back to its language (`fr-CA` is French), a weight of 0 forbids, `*` takes what is left, `otherwise`
    first. What cannot be read is left out.
    """
    if not header:
        return otherwise
    weights: dict[str, float] = {}
    order: dict[str, int] = {}
    for index, part in enumerate(header[:_HEADER_MAX].split(",")[:_RANGES_MAX]):
        named, _, parameter = (piece.strip() for piece in part.partition(";"))
        found = _RANGE.fullmatch(named)
        weight = _weight(parameter)
        if found is None or weight is None:
            continue
        # A region that is refused says nothing of the language.
        tag = found[1].lower()
        if weight == 0 and "-" in named:
            continue
        if weight > weights.get(tag, -1.0):
            weights[tag] = weight
            order[tag] = index
    ours = [otherwise, *(language for language in Language if language is not otherwise)]

    def wish(language: Language) -> tuple[float, int]:
        tag = language.value.lower()
        tag = tag if tag in weights else "*"
        return weights.get(tag, 0.0), -order.get(tag, 0)

    best = max(ours, key=wish)
    if wish(best)[0] > 0:
        return best
    return next((each for each in ours if weights.get(each.value.lower()) != 0), otherwise)


def _weight(parameter: str) -> float | None:
    if not parameter:
        return 1.0
    name, _, number = (piece.strip() for piece in parameter.partition("="))
    return float(number) if name.lower() == "q" and _WEIGHT.fullmatch(number) else None
