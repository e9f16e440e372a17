"""What a run of foreign words is: a term, a title, a quotation, or text in another language."""

from __future__ import annotations

import pytest

from rewards import Sample
from rewards.language import LanguageFidelity, consistency, parse_tag, prose, split_words
from rewards.language.evidence import evidence, family

REWARD = LanguageFidelity()
ONE = "Der neue Direktor will das alte Gebäude am Hafen bis zum nächsten Sommer vollständig erneuern"
TWO = "Die Arbeiten beginnen im Frühling und sollen ungefähr vier Monate dauern"
THREE = "Danach ziehen dort eine Bibliothek und ein kleines Café ein, das auch abends geöffnet hat"


def value(text: str, language: str = "de") -> float:
    result = REWARD.judge(Sample(prompt="", completion=text, language=language)).value
    assert result is not None
    return result


def test_a_common_word_speaks_for_its_language() -> None:
    words = split_words("the und")
    said = evidence(words, parse_tag("de").scripts)
    codes = family(parse_tag("de").scripts)
    assert said[0, codes.index("en")] > said[0, codes.index("de")] + 1
    assert said[1, codes.index("de")] > said[1, codes.index("en")] + 1


@pytest.mark.parametrize("said", ["because they would not", "but there was only", "that should have been"])
def test_a_quotation_that_was_closed_excuses_nothing_behind_it(said: str) -> None:
    assert value(f'{ONE}, sagte sie: "Endlich!" {said} {TWO}. {THREE}.') <= 0.1
    assert value(f"{ONE} (so sagt er) {said} {TWO}. {THREE}.") <= 0.1


def test_a_quotation_that_is_closed_behind_them_excuses_a_few_words() -> None:
    assert value(f"{ONE}. {TWO}, «because they would not», wie es hieß. {THREE}.") >= 0.97
    assert value(f"{ONE}. {TWO}, « because they would not », wie es hieß. {THREE}.") >= 0.97


def test_a_term_of_two_words_costs_nothing_but_a_piece_of_a_sentence_does() -> None:
    assert value(f"{ONE}. {TWO}, wie der leading engineer meint. {THREE}.") >= 0.97
    assert value(f"{ONE}. {TWO}, which they thought was enough. {THREE}.") <= 0.1


def test_a_title_has_no_small_word_at_its_ends() -> None:
    names = consistency(split_words(f"{ONE}. {TWO}. He saw The Silence of the Lambs. {THREE}."), parse_tag("de"))
    assert names.share < 1.0
    assert value(f"{ONE}. {TWO} mit The Silence of the Lambs. {THREE}.") >= 0.97


def test_a_single_sentence_bears_more_than_one_of_several() -> None:
    phrase = "nuclear magnetic resonance imaging"
    text = f"{ONE}, denn die Geräte für {phrase} brauchen viel mehr Platz als früher"
    assert value(f"{text}.") >= 0.5
    assert value(f"{ONE}. {TWO}. {THREE}, although this was never part of the plan.") <= 0.1


def test_a_foreign_word_in_a_short_chinese_sentence_is_a_term() -> None:
    assert value("這一層稱為「chromosphere」，就在光球的外面。", "zh-Hant") >= 0.97


def test_scattered_foreign_words_cost_by_what_they_are_too_many() -> None:
    sentence = "किसान अपने {} में {} और {} रखता है और हर सुबह वहाँ जाकर देखता है कि सब कुछ ठीक है।"
    few, many = sentence.format("storehouse", "बीज", "औज़ार"), "storehouse में tractor और harvester की engine का repair"
    assert value(few, "hi") >= 0.97
    assert value(many, "hi") <= 0.5


def test_words_know_what_stands_before_them() -> None:
    text = 'Er sagt: "ja", 3 Mal.'
    assert [word.before for word in split_words(prose(text))] == ["", " ", ': "', '", 3 ']
