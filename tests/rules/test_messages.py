"""Every message there is can be said in every language: `python -m models.rules.messages` lists what is not."""

import pytest

from models.rules.codes import Code
from models.rules.explain import CHOSEN_SENTENCES, EVENT_SENTENCES, ComingEvent
from models.rules.language import CATALOGUES
from models.rules.messages import TRANSLATED, ill_filled, missing, needed, said_in_sources, stale, untranslatable
from models.rules.values import Language

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


def test_every_event_and_every_choice_has_a_sentence() -> None:
    assert set(EVENT_SENTENCES) == {event.value for event in ComingEvent}
    said = {each.key[1] for each in needed()}
    assert set(EVENT_SENTENCES.values()) | set(CHOSEN_SENTENCES.values()) <= said
