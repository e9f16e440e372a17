"""Words, scripts, languages: which part of a text is in which."""

from __future__ import annotations

import pytest

from rewards import RewardError
from rewards.language import consistency, identify, parse_tag, prose, split_words

GERMAN = (
    "Anna hat zwölf Äpfel gekauft und gibt ihrem Bruder die Hälfte davon. Danach isst sie noch zwei zum Frühstück, "
    "bevor sie in die Schule geht. Am Ende bleiben ihr also nur noch vier Äpfel übrig, die sie am Abend teilt."
)
ENGLISH = "First we have to work out how many apples she gave away, and then we take them from what she had."
RUSSIAN = (
    "Сначала нужно посчитать, сколько яблок осталось у девочки после обеда. Потом мы вычитаем те яблоки, которые она "
    "отдала своему брату вечером, и получаем ответ."
)


def share(text: str, tag: str) -> float:
    return consistency(split_words(prose(text)), parse_tag(tag)).share


def test_text_in_the_language_is_all_in_it() -> None:
    assert share(GERMAN, "de") == 1.0
    assert share(RUSSIAN, "ru") == 1.0


def test_text_in_another_language_is_not_in_it() -> None:
    assert share(ENGLISH, "de") == 0.0
    assert share(GERMAN, "ru") == 0.0
    assert share(RUSSIAN, "de") == 0.0


def test_a_foreign_sentence_costs_its_letters() -> None:
    german, english = (sum(w.num_letters for w in split_words(text)) for text in (GERMAN, ENGLISH))
    assert share(f"{GERMAN} {ENGLISH}", "de") == pytest.approx(german / (german + english), abs=0.04)


def test_spans_say_where_the_foreign_sentence_stands() -> None:
    text = f"{GERMAN} {ENGLISH}"
    spans = consistency(split_words(text), parse_tag("de")).spans
    assert [span.code for span in spans] == ["de", "en"]
    assert abs(spans[1].start - len(GERMAN)) <= 10


def test_the_more_is_foreign_the_smaller_the_share() -> None:
    shares = [share(f"{GERMAN} {' '.join(ENGLISH.split()[:n])}", "de") for n in (0, 5, 10, 20)]
    assert shares == sorted(shares, reverse=True)
    assert len(set(shares)) == 4


def test_names_and_titles_cost_nothing_but_a_text_of_capitals_does() -> None:
    assert share(GERMAN + " Das war in San Francisco bei Mary Johnson.", "de") == 1.0
    assert share(RUSSIAN + " Это сказал профессор John Smith (Harvard, USA).", "ru") == 1.0
    assert share(ENGLISH.title(), "ru") == 0.0
    assert share(f"{RUSSIAN[:60]} {ENGLISH.title()}", "ru") < 0.6


def test_romanized_and_transcribed_text_is_foreign() -> None:
    assert share("ana asmi Ahmad wa ana talib fi aljamieat alkabira alan", "ar") == 0.0


def test_japanese_is_told_from_chinese() -> None:
    japanese = "りんごが十二個あります。弟に半分をあげました。残りはいくつでしょうか。"
    chinese = "她一共有十二个苹果，把其中的一半给了她的弟弟，请问还剩下多少个苹果？"
    assert share(japanese, "ja") == 1.0
    assert share(chinese, "zh") == 1.0
    assert share(japanese, "zh") < 0.7
    assert share(chinese, "ja") < 0.7


@pytest.mark.parametrize(
    ("tag", "code", "scripts"),
    [
        ("de", "de", {"Latn"}),
        ("pt_BR", "pt", {"Latn"}),
        ("no", "nb", {"Latn"}),
        ("tl", "fil", {"Latn"}),
        ("sr", "sr", {"Latn", "Cyrl"}),
        ("sr-Latn-RS", "sr", {"Latn"}),
        ("zh-TW", "zh", {"Hani"}),
    ],
)
def test_tags_name_a_language_and_its_scripts(tag: str, code: str, scripts: set[str]) -> None:
    assert (parse_tag(tag).code, set(parse_tag(tag).scripts)) == (code, scripts)


@pytest.mark.parametrize("tag", ["", "xx", "de-Cyrl", None, 7, "english"])
def test_an_unknown_tag_is_an_error_that_names_it(tag: object) -> None:
    with pytest.raises(RewardError, match="language tag"):
        parse_tag(tag)


def test_languages_are_identified_or_left_open() -> None:
    assert identify(GERMAN) == "de"
    assert identify(ENGLISH) == "en"
    assert identify(RUSSIAN) == "ru"
    assert identify("42") == ""
    assert identify("") == ""


def test_words_have_the_script_of_most_of_their_letters() -> None:
    pairs = [(word.text, word.script) for word in split_words("Tee और чай 茶をのむ x 42 don't")]
    assert pairs == [
        ("Tee", "Latn"),
        ("और", "Deva"),
        ("чай", "Cyrl"),
        ("茶をのむ", "Kana"),
        ("don't", "Latn"),
    ]
