"""Laws of the language reward that hold for every text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rewards import Sample, State
from rewards.language import LanguageFidelity, consistency, parse_tag, prose, split_words
from rewards.language.order import in_order

relaxed = settings(deadline=None)  # a busy machine is no failure
PIECES = st.sampled_from(
    [
        *(
            "und",
            "der",
            "the",
            "that",
            "we",
            "Anna",
            "NASA",
            "WeSeeThat",
            "we_see_that",
            "x",
            "a b c d e f g h",
            "и",
            "не",
        ),
        *(
            "है",
            "の",
            "猫",
            "ไป",
            "42",
            "3,5",
            "٣",
            ".",
            ",",
            "\n",
            "```",
            "`",
            "$",
            "\\text{",
            "}",
            "<!--",
            "-->",
            "“",
            "”",
        ),
        *("https://a.b/c-d", "a@b.c", "\u200b", "\u0323", "\ud800", "{", "#", "|", "- "),
    ]
)
TEXT = st.one_of(
    st.text(max_size=120), st.lists(PIECES, max_size=40).map(" ".join), st.lists(PIECES, max_size=40).map("".join)
)
TAGS = st.sampled_from(["de", "en", "ru", "sr", "hi", "ja", "zh-Hant", "th", "ko", "am", "ar", "su", "ka"])


@relaxed
@given(
    text=TEXT, prompt=TEXT, tag=TAGS, reference=st.one_of(st.none(), TEXT), finish=st.sampled_from(["stop", "length"])
)
def test_any_text_has_a_value_from_0_to_1_or_none_and_the_same_one_again(
    text: str, prompt: str, tag: str, reference: str | None, finish: str
) -> None:
    known = {} if reference is None else {"text": reference}
    sample = Sample(prompt=prompt, completion=text, language=tag, reference=known, finish_reason=finish)
    first, again = LanguageFidelity()([sample, sample])
    assert first.state in (State.VALUE, State.NOT_APPLICABLE)
    assert first.value is None or 0.0 <= first.value <= 1.0
    assert first == again


@relaxed
@given(text=TEXT, tag=TAGS)
def test_spans_follow_each_other_inside_the_text_and_shares_are_shares(text: str, tag: str) -> None:
    kept = prose(text)
    words = split_words(kept)
    found = consistency(words, parse_tag(tag))
    assert 0.0 <= found.share <= 1.0
    places = [place for span in found.spans for place in (span.start, span.end)]
    assert places == sorted(places)
    assert all(0 <= place <= len(kept) for place in places)
    assert 0.0 <= in_order(words, parse_tag(tag)) <= 1.0


@relaxed
@given(
    words=st.lists(st.sampled_from(["Haus", "Baum", "und", "der", "die", "in", "mit", "kommt", "heute"]), max_size=60)
)
def test_what_follows_a_right_text_never_makes_it_more_right(words: list[str]) -> None:
    own = "Gestern Abend hat es so stark geregnet, dass der Keller voll Wasser lief. Danach haben wir Suppe gegessen."
    longer = f"{own} {' '.join(words)}. Because she gave them away to her brother before the end of the week."
    values = [LanguageFidelity().judge(Sample(prompt="", completion=t, language="de")).value for t in (own, longer)]
    assert values[0] == pytest.approx(1.0)
    assert values[1] is not None
    assert values[1] <= 0.1
