"""Every message there is can be said in every language: `python -m models.rules.messages` lists what is not."""

import re
from pathlib import Path
from shutil import copytree, ignore_patterns
from textwrap import indent

import pytest

from models.imports.fields import FIELDS
from models.rules.codes import Code
from models.rules.explain import CHOSEN_SENTENCES, EVENT_SENTENCES, ComingEvent
from models.rules.language import CATALOGUES
from models.rules.messages import (
    CELLS,
    FLOORS,
    SOURCES,
    TRANSLATED,
    ill_filled,
    missing,
    needed,
    said_in_sources,
    search,
    stale,
    untranslatable,
)
from models.rules.values import Language

_LOOSE = re.compile(r"(?<=\S) [:;!?»]|« |(?<=\w)[;!?](?=\s|$)|(?<=\w):(?=\s(?!Bearer)|$)")
LANGUAGES = pytest.mark.parametrize("language", TRANSLATED)


@LANGUAGES
@pytest.mark.parametrize("code", list(Code), ids=lambda code: code.name)
def test_a_code_has_its_sentence_and_its_remedy_in_every_language(code: Code, language: Language) -> None:
    texts = [code.remedy] if code.sentence == "{sentence}" else [code.sentence, code.remedy]
    lacking = [text for text in texts if (None, text) not in CATALOGUES[language].texts]
    assert not lacking, f"{language} lacks {code.name}: {lacking}"


@pytest.mark.parametrize("language", list(Language))
def test_no_text_stands_in_a_catalogue_twice(language: Language) -> None:
    assert not CATALOGUES[language].twice


@LANGUAGES
def test_nothing_is_said_that_a_language_lacks(language: Language) -> None:
    lacking = [f"{each.key[1]!r} ({each.where})" for each in missing(language)]
    assert not lacking, f"{language} lacks {len(lacking)} messages:\n" + "\n".join(lacking)


def test_no_sentence_is_made_up_where_it_is_said() -> None:
    places = untranslatable()
    assert not places, "use a text with {names} and values instead of joining one:\n" + "\n".join(places)


@LANGUAGES
def test_no_language_keeps_what_nobody_says_any_more(language: Language) -> None:
    old = [key[1] for key in stale(language)]
    assert not old, f"{language} still has:\n" + "\n".join(old)


@pytest.mark.parametrize("language", list(Language))
def test_a_translation_leaves_the_same_names_open(language: Language) -> None:
    wrong = ill_filled(language)
    assert not wrong, "\n".join(wrong)


@LANGUAGES
def test_a_translation_is_a_whole_sentence_and_not_the_english_one(language: Language) -> None:
    """A word may be the same in two languages, and so may a template without a word of its own."""
    for (context, english), forms in CATALOGUES[language].texts.items():
        for form in forms:
            assert form.strip() == form
            assert "  " not in form
            if context is None and english[0] != "{":
                assert form != english
                assert not english.endswith(".") or form.endswith("."), form


def test_the_search_finds_what_is_said_in_each_way() -> None:
    found = {each.key for each in said_in_sources()}
    assert (None, "no visit was named.") in found, "by keyword"
    assert (None, "A pass with a fixed last day cannot renew.") in found, "by way of a function of the same module"
    assert (None, "it uses more than {limit} aliases.") in found, "by way of two functions"
    assert (None, "That is not JSON.") in found, "by way of an exception's own arguments"
    assert ("thing", "purchase option") in found, "by way of a function of another module"
    assert ("day", "its first visit") in found, "as a value"
    assert (None, "it is no JSON object") in found, "by an exception of its own"
    assert (None, "“{text}” is no state of a visit") in found, "as what is wrong with a line"
    assert (None, "It renews in the file, and its option does not.") in found, "as a warning"
    assert (None, "The pass {ref} has no unit left for this booking.") in found, "by way of two names and a choice"
    assert (None, "Passes that ended in the range, with what lapsed.") in found, "as what a report is"
    assert (None, "In {cell}, the day comes first.") in found, "as what a command tells"
    assert ("note", "Cancelled by a hold") in found, "as what is noted about a visit"


def test_no_part_of_the_sources_is_left_out_of_the_search() -> None:
    """Each floor, and each folder that reads or checks a file, says something that was found."""
    places = {each.where.rpartition("/")[0] for each in said_in_sources()}
    floors = {"api", "models/imports", "models/operations", "models/operations/imports", "models/operations/undo"}
    assert floors | {"models/queries/reports", "models/rules", "schema"} <= places
    assert {"models/operations/restore.py", "api/uploads.py"} <= {each.where.partition(":")[0] for each in needed()}


MADE_UP = (
    'raise Unreadable(f"{text!r} is no date")',
    'plan.wrong(Code.LINE_UNREADABLE, "email", sentence=f"{email!r} is none")',
    'plan.warn("Another client has the address " + email, "email")',
    "wrong.append(trouble(Code.LINE_UNREADABLE, name, sentence=str(error)))",
    'sentence = "one" if here else f"not {here}"\nraise refuse(Code.FILE_COLUMNS, sentence=sentence)',
    'console.print(phrase(spoken, f"{rows} rows are back."))',
)


def test_a_sentence_that_is_made_up_is_found_in_any_module(tmp_path: Path) -> None:
    """Whatever it goes into, and wherever it stands."""
    planted = set()
    for floor in FLOORS:
        unread = ignore_patterns("*.graphql", "__pycache__", "static", "*.po")
        copytree(SOURCES / floor, tmp_path / floor, ignore=unread)
    for folder in ("models/imports", "models/operations/imports", "api"):
        for at, body in enumerate(MADE_UP):
            planted.add(f"{folder}/planted{at}.py")
            (tmp_path / folder / f"planted{at}.py").write_text(f"def told():\n{indent(body, '    ')}\n")
    found = {each.where.partition(":")[0] for each in search(tmp_path) if not each.key[1]}
    assert planted <= found


def test_every_field_of_a_file_has_its_words() -> None:
    assert set(CELLS) == {name for fields in FIELDS.values() for name in fields}
    assert len(CELLS) == len(set(CELLS))


def test_french_signs_keep_to_their_words() -> None:
    """No line may begin with a sign: the space that French sets before one, and inside quotation marks, holds."""
    loose = [form for forms in CATALOGUES[Language.FR].texts.values() for form in forms if _LOOSE.search(form)]
    assert not loose, "use U+00A0 before : and », and after «; U+202F before ; ! ?\n" + "\n".join(loose)


@pytest.mark.parametrize(
    ("language", "other"),
    [
        (Language.FR, r"\btransfér|\bsaisie|\bcrédits?\b|contestation"),
        (Language.ES, r"\bpases?\b|período"),
    ],
)
def test_one_thing_has_one_word(language: Language, other: str) -> None:
    """Words that would be a second name of what has one already."""
    said = [form for forms in CATALOGUES[language].texts.values() for form in forms if re.search(other, form)]
    assert not said, "\n".join(said)


def test_every_event_and_every_choice_has_a_sentence() -> None:
    assert set(EVENT_SENTENCES) == {event.value for event in ComingEvent}
    said = {each.key[1] for each in needed()}
    assert set(EVENT_SENTENCES.values()) | set(CHOSEN_SENTENCES.values()) <= said
