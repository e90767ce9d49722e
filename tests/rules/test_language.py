"""Languages: which one is chosen, and how numbers, days and plural forms read in it."""

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.codes import Code, because
from models.rules.explain import why_paid
from models.rules.language import CATALOGUES, day_in, preferred, say, word
from models.rules.messages import TRANSLATED
from models.rules.po import parse
from models.rules.values import Language

EN, FR, ES = Language.EN, Language.FR, Language.ES
LANGUAGES = st.sampled_from(list(Language))
HEADER = 'msgid ""\nmsgstr "Plural-Forms: nplurals=2; plural=(n > 1);\\n"\n'


@pytest.mark.parametrize(
    ("header", "otherwise", "chosen"),
    [
        (None, FR, FR),
        ("", ES, ES),
        ("fr", EN, FR),
        ("FR-ca", EN, FR),
        ("fr-CA, en;q=0.5", ES, FR),
        ("de-CH, fr;q=0.8, en;q=0.9", ES, EN),
        ("de", ES, ES),
        ("de", EN, EN),
        ("*", ES, ES),
        ("de, *;q=0.1", FR, FR),
        ("fr;q=0, *", FR, EN),
        ("fr;q=0", FR, EN),
        ("fr;q=0, en;q=0, es;q=0", FR, FR),
        ("fr-CA;q=0, fr;q=0.5", EN, FR),
        ("fr-CA;q=0", FR, FR),
        ("fr, en, fr-CA", ES, FR),
        ("en;q=0.2, es;q=0.2", FR, EN),
        ("es-419;q=0.7, es;q=0.1, en;q=0.5", FR, ES),
        ("fr;q=2, es;q=0.1", EN, ES),
        ("fr;q=nan, es", EN, ES),
        (" es ; q = 1.000 ", EN, ES),
        ("zh-Hant-TW-x-private, ;;;, =, fr;q=0.001", EN, FR),
    ],
)
def test_the_language_liked_best_is_chosen(header: str | None, otherwise: Language, chosen: Language) -> None:
    assert preferred(header, otherwise) is chosen


@given(st.text(max_size=1_500) | st.text("frens-*;q=0.1, ", max_size=200), LANGUAGES)
def test_any_header_at_all_chooses_a_language(header: str, otherwise: Language) -> None:
    assert preferred(header, otherwise) in Language


@given(st.permutations([(EN, 900), (FR, 700), (ES, 400)]), LANGUAGES, st.sampled_from(["", "-XX", "-419"]))
def test_the_order_in_which_weights_stand_says_nothing(
    wishes: list[tuple[Language, int]], otherwise: Language, region: str
) -> None:
    header = ", ".join(f"{language.value.lower()}{region};q=0.{weight}" for language, weight in wishes)
    assert preferred(header, otherwise) is EN


@given(st.permutations(list(Language)), LANGUAGES)
def test_of_equal_wishes_the_first_is_chosen(wishes: list[Language], otherwise: Language) -> None:
    assert preferred(", ".join(wish.value.lower() for wish in wishes), otherwise) is wishes[0]


@given(LANGUAGES, LANGUAGES)
def test_what_weighs_nothing_is_not_chosen_while_there_is_another(refused: Language, otherwise: Language) -> None:
    assert preferred(f"{refused.value.lower()};q=0", otherwise) is not refused


@pytest.mark.parametrize(
    ("left", "french", "spanish"),
    [
        (0, "Il reste 0 unité sur", "Quedan 0 unidades en"),
        (1, "Il reste 1 unité sur", "Queda 1 unidad en"),
        (3, "Il reste 3 unités sur", "Quedan 3 unidades en"),
        (-1, "Il reste -1 unité sur", "Queda -1 unidad en"),
        (12_000, "Il reste 12\u202f000 unités sur", "Quedan 12.000 unidades en"),
    ],
)
def test_a_number_chooses_the_plural_form(left: int, french: str, spanish: str) -> None:
    reason = because(Code.NO_SESSIONS_LEFT, left=left, needed=1)
    assert reason.message == f"The pass has {left} left and the visit needs 1."
    assert reason.message_in(FR).startswith(french)
    assert reason.message_in(ES).startswith(spanish)


def test_english_has_plural_forms_too() -> None:
    one, two = (
        because(Code.NOT_RENEWABLE, sentence="it may renew {limit} times at most, and has.", limit=limit).message
        for limit in (1, 2)
    )
    assert one == "This pass does not renew: it may renew 1 time at most, and has."
    assert two == "This pass does not renew: it may renew 2 times at most, and has."


def test_days_read_as_the_language_writes_them() -> None:
    day = date(2026, 6, 3)
    assert [day_in(language, day) for language in (EN, FR, ES)] == [
        "2026-06-03",
        "3 juin 2026",
        "3 de junio de 2026",
    ]
    assert day_in(FR, date(2026, 8, 1)) == "1er août 2026"


@given(st.dates())
def test_every_day_reads_as_itself_and_no_other(day: date) -> None:
    for language in TRANSLATED:
        said = day_in(language, day)
        assert said == word(language, "day", day.isoformat())
        assert str(day.year) in said
        assert said != day_in(language, date(2026, 6, 3)) or day == date(2026, 6, 3)


def test_instants_keep_their_time_and_their_offset() -> None:
    assert word(FR, "now", "2026-06-03T09:05:00+00:00") == "3 juin 2026 à 09:05 UTC"
    assert word(ES, "now", "2026-06-03 09:05:00+02:00") == "3 de junio de 2026 a las 09:05 UTC+02:00"
    assert word(FR, "now", "2026-13-03T09:05:00+00:00") == "2026-13-03T09:05:00+00:00"
    assert word(FR, "day", "2026-02-30") == "2026-02-30"


def test_words_are_translated_by_what_they_fill_and_other_texts_are_left_alone() -> None:
    assert because(Code.NOT_FOUND, thing="purchase option").message_in(ES) == "No existe: opción de compra."
    assert because(Code.PASS_CLOSED, status="CONVERTED").message_in(FR) == "Le pass est converti."
    assert (
        because(Code.FORBIDDEN, roles="OWNER or STAFF").remedy_in(FR)
        == "Utilisez une clé qui a le rôle OWNER ou STAFF."
    )
    assert because(Code.NOT_STARTED, day="its first visit").message_in(FR).endswith(": sa première visite.")
    assert because(Code.INTERNAL, id="12345678").message_in(FR).endswith(" 12345678.")
    assert because(Code.PAYMENT_DECLINED, detail="do not honor {x}").message_in(ES).endswith(": do not honor {x}.")


def test_a_sentence_inside_a_sentence_is_translated_with_its_own_values() -> None:
    reason = because(Code.TERMS_CONTRADICT, sentence="The option's last day is {day}.", day=date(2026, 6, 3))
    assert reason.message == "The option's last day is 2026-06-03."
    assert reason.message_in(FR) == "Le dernier jour de la formule est le 3 juin 2026."
    assert reason.message_in(ES) == "El último día de la opción es el 3 de junio de 2026."


QUOTED = st.text(max_size=60) | st.sampled_from(["2026-01-02", "2026-01-02 10:00", "1234567", "{cell}", "{text}"])


@given(QUOTED, LANGUAGES)
def test_what_a_cell_says_is_quoted_as_it_stands(text: str, language: Language) -> None:
    reason = because(Code.LINE_UNREADABLE, cell="sold_on", sentence="“{text}” is no date", text=text)
    opening, closing = {EN: ("“", "”"), FR: ("«\u00a0", "\u00a0»"), ES: ("«", "»")}[language]
    assert f"{opening}{text}{closing}" in reason.message_in(language)
    unknown = because(Code.LINE_UNKNOWN, thing="client", ref=text)
    assert text in unknown.message_in(language)


def test_a_remedy_inside_a_remedy_is_filled_with_the_other_values() -> None:
    reason = because(Code.NOT_UNDOABLE, sentence="it has no pass.", remedy="Do it anew with {verb}.", verb="sellPass")
    assert reason.remedy == "Do it anew with sellPass."
    assert "sellPass" in reason.remedy_in(FR)
    assert "{" not in reason.remedy_in(ES)


def test_what_has_no_translation_is_said_in_english() -> None:
    assert say(FR, "Nobody translated {day}.", [("day", "2026-06-03")]) == "Nobody translated 3 juin 2026."


def test_a_claim_is_explained_with_every_pass_that_was_passed_over() -> None:
    others = [
        ("Ten", [because(Code.EXPIRED, day=date(2026, 6, 3)), because(Code.PAYMENT_OVERDUE)]),
        ("Month", []),
        (None, [because(Code.NO_SESSIONS_LEFT)]),
    ]
    assert why_paid("NAMED", "Five", others) == (
        "“Five” pays: somebody named it for this visit. "
        "“Ten” could not pay: The pass ended on 2026-06-03. A charge for the pass failed and it takes no new bookings. "
        "“Month” could have paid and comes later in that order. "
        "“Another client's pass” could not pay: NO_SESSIONS_LEFT."
    )
    french = why_paid("DEFAULT", "2026-06-03", others, FR)
    assert french.startswith("«\u00a02026-06-03\u00a0» paie\u00a0: il vient en premier")
    assert "«\u00a0Ten\u00a0» ne pouvait pas payer\u00a0: Le pass est terminé\u00a0: 3 juin 2026." in french
    assert "«\u00a0Le pass d'un autre client\u00a0»" in french
    assert why_paid("SOMETHING_NEW", "Five", []) == "“Five” pays."


def test_a_catalogue_reads_forms_contexts_comments_and_long_texts() -> None:
    catalogue = parse(
        HEADER
        + '\n#. a note\n#, fuzzy\nmsgctxt "day"\nmsgid "one"\nmsgstr "un"\n\n'
        + 'msgid ""\n"a \\"long\\" "\n"text"\nmsgstr ""\n"un long "\n"texte"\n'
        + '\nmsgid "{left} left"\nmsgid_plural "{left} left"\nmsgstr[0] "{left} reste"\nmsgstr[1] "{left} restent"\n'
        + '\n#~ msgid "old"\n#~ msgstr "vieux"\n\nmsgid "nobody did it yet"\nmsgstr ""\n'
    )
    assert catalogue.text(("day", "one")) == "un"
    assert catalogue.text((None, 'a "long" text')) == "un long texte"
    assert [catalogue.text((None, "{left} left"), count) for count in (0, 1, 2)] == [
        "{left} reste",
        "{left} reste",
        "{left} restent",
    ]
    assert catalogue.text((None, "old")) is catalogue.text((None, "nobody did it yet")) is None


@pytest.mark.parametrize(
    "source",
    [
        'msgid "a"\nmsgstr "b"\n',
        HEADER + "\nhello\n",
        HEADER + '\n"text of nothing"\n',
        HEADER + '\nmsgid "a"\nmsgstr[0] "x"\nmsgstr[1] "y"\nmsgstr[2] "z"\n',
    ],
)
def test_a_catalogue_that_is_none_is_refused(source: str) -> None:
    with pytest.raises(ValueError, match=r"line|header|form"):
        parse(source)


def test_of_a_text_that_stands_there_twice_the_first_counts_and_it_is_named() -> None:
    catalogue = parse(HEADER + '\nmsgid "a"\nmsgstr "b"\n\nmsgid "a"\nmsgstr "c"\n')
    assert (catalogue.text((None, "a")), catalogue.twice) == ("b", ((None, "a"),))


def test_every_language_has_the_plural_forms_of_its_header() -> None:
    for language in TRANSLATED:
        assert any(len(forms) == 2 for forms in CATALOGUES[language].texts.values())


@pytest.mark.parametrize(
    "code",
    [
        Code.ACTIVE_TOO_RECENTLY,
        Code.GUEST_LIMIT_REACHED,
        Code.HOLDS_USED_UP,
        Code.HOLD_NOTICE_TOO_SHORT,
        Code.HOLD_TOO_LONG,
        Code.HOLD_TOO_SHORT,
        Code.MEMBERS_USED_UP,
        Code.MEMBER_LIMIT_REACHED,
        Code.OFFER_LIMIT_REACHED,
        Code.PAGE_TOO_LARGE,
        Code.RESTRICTION_REACHED,
    ],
    ids=lambda code: code.name,
)
def test_one_of_a_thing_is_said_in_the_singular(code: Code) -> None:
    counts = dict.fromkeys(("limit", "used", "count", "days", "months"), "1")
    days = dict.fromkeys(("day", "first", "last"), "2026-02-01")
    told = say(EN, code.sentence, {**counts, **days, "services": "all services", "per": "week"}.items())
    assert re.search(r"\b1 (are|were|[a-z]+s)\b", told) is None
