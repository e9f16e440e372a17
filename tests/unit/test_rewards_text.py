"""Words, sentences and paragraphs of many scripts, and what is only padding."""

from __future__ import annotations

import pytest

from rewards.text import count_phrase, has_content, paragraphs, sentences, shown_share, visible, words

ZERO_WIDTH = "\u200b\u200c\u2060\ufeff\u00ad\u3164\u2800\u115f"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The quick brown fox", ["The", "quick", "brown", "fox"]),
        ("don't, won't", ["don't", "won't"]),
        ("it costs 1,234.50 today.", ["it", "costs", "1,234.50", "today"]),
        ("snake_case and hyphen-ated", ["snake", "case", "and", "hyphen", "ated"]),
        ("- - - ... !!!", []),
        ("हिन्दी में लिखो", ["हिन्दी", "में", "लिखो"]),
        ("水と火", ["水", "と", "火"]),
        ("한국어 문장", ["한국어", "문장"]),
        ("เก่ง", ["เ", "ก่", "ง"]),
        ("كتاب جديد", ["كتاب", "جديد"]),
        (f"a{ZERO_WIDTH}b", ["ab"]),
        (ZERO_WIDTH, []),
        ("", []),
    ],
)
def test_words_are_those_a_reader_sees(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("One. Two! Three?", 3),
        ("Dr. Smith paid 3.50 to J. Doe.", 1),
        ("He said “Stop.” She left.", 2),
        ("你好。再见！", 2),
        ("यह एक वाक्य है। यह दूसरा है।", 2),
        ("هل هذا سؤال؟ نعم.", 2),
        ("No end", 1),
        ("... ! ?", 0),
        ("1. First item\n2. Second item", 2),
        ("A heading\n\nA sentence.", 2),
        ("i came. i saw. i won.", 3),
    ],
)
def test_sentences_are_those_a_reader_counts(text: str, count: int) -> None:
    assert len(sentences(text)) == count


def test_paragraphs_without_a_word_do_not_count() -> None:
    assert paragraphs("one\n\n***\n\n\u200b\n \n two \n\n") == ["one", "two"]
    assert paragraphs("one\ntwo") == ["one\ntwo"]


@pytest.mark.parametrize(
    ("text", "phrase", "count"),
    [
        ("cat category concat Cat", "cat", 2),
        ("new york, New  York", "New York", 2),
        ("aXa aaa", "a", 0),
        ("水素と水", "水", 2),
        ("कर और करा", "कर", 1),
        ("STRASSE Straße", "straße", 2),
        ("c\u200bat", "cat", 1),
        ("cat", "", 0),
    ],
)
def test_a_phrase_counts_as_whole_words_without_regard_to_case(text: str, phrase: str, count: int) -> None:
    assert count_phrase(text, phrase) == count


def test_a_phrase_written_in_two_unicode_forms_is_the_same() -> None:
    assert count_phrase("cafe\u0301", "caf\u00e9") == 1


def test_invisible_characters_are_no_content_and_no_share_of_what_is_shown() -> None:
    assert not has_content(ZERO_WIDTH)
    assert not has_content("... --- \u2026")
    assert has_content("∅")
    assert shown_share("ab" + ZERO_WIDTH[:6]) == 0.25
    assert visible("a\u202eb\x00c\u2028d") == "abc\nd"


def test_an_ordinary_text_is_shown_but_for_its_blank_lines() -> None:
    assert shown_share("First paragraph here.\n\nSecond one.") > 0.95
