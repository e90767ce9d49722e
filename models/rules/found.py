"""What the checks of an option's terms have in common: how they say what is wrong, and where."""

from collections.abc import Collection, Iterator
from typing import Any

from models.rules.codes import Code, Reason, because

PRICE_MINOR_MAX = 1_000_000_00
QUANTITY_MAX = 1_000_000
DAYS_MAX = 3_660
YEAR_DAYS = 366
TAG_LENGTH_MAX = 60

Found = Iterator[tuple[tuple[str, ...], Reason]]


def in_range(value: int | None, low: int, high: int, *path: str) -> Found:
    """Find a number outside its range, both ends included. None is no number."""
    if value is not None and not low <= value <= high:
        yield path, because(Code.QUANTITY_OUT_OF_RANGE, field=path[-1], low=low, high=high)


def at_most(listed: Collection[Any] | None, limit: int, *path: str) -> Found:
    """Find a list that is longer than any studio needs."""
    if listed is not None and len(listed) > limit:
        yield path, because(Code.TOO_MANY, limit=limit)


def contradiction(sentence: str, *path: str, **values: Any) -> tuple[tuple[str, ...], Reason]:
    """Make what names two terms that cannot both hold. The sentence may hold `{names}` of the values."""
    return path, because(Code.TERMS_CONTRADICT, sentence=sentence, **values)


def not_empty(listed: Collection[Any] | None, sentence: str, *path: str) -> Found:
    """Find a list that is given and holds nothing."""
    if listed is not None and not listed:
        yield contradiction(sentence, *path)


def tags(listed: Collection[str] | None, *path: str) -> Found:
    """Find words that are empty, too long, or not written in one line without outer spaces."""
    for tag in sorted(listed or ()):
        if not 1 <= len(tag) <= TAG_LENGTH_MAX or tag != tag.strip() or any(ord(sign) < 32 for sign in tag):
            yield path, because(Code.TEXT_OUT_OF_RANGE, field=path[-1], low=1, high=TAG_LENGTH_MAX)
