"""The quick look at a text's words finds whatever the plain patterns find."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards.math.alternatives import Alternatives, split
from rewards.math.attributed import KEYS, NAMED, SPOKEN
from rewards.math.contrasts import SUPPOSED
from rewards.math.denials import COMPARED, DENIED, DOUBTED, HEDGED

FOLDER = Path(__file__).parent / "math_cases"
TEXTS = [
    line.split("|", 2)[2] for path in sorted(FOLDER.glob("*.txt")) for line in path.read_text("utf-8").splitlines()
]
TABLES = {
    "denied": DENIED,
    "hedged": HEDGED,
    "doubted": DOUBTED,
    "compared": COMPARED,
    "supposed": SUPPOSED,
    "spoken": SPOKEN,
    "named": NAMED,
}


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES.keys())
def test_every_labelled_text_is_found_as_without_the_quick_look(table: Alternatives) -> None:
    found = 0
    for text in TEXTS:
        for variant in (text, text.upper()):
            expected = table.spaced.search(variant) or table.joined.search(variant)
            assert bool(table.search(variant)) == bool(expected), variant
            found += bool(expected)
    assert found > 20


def test_whoever_says_something_has_one_of_the_words_that_are_looked_for_first() -> None:
    for text in TEXTS:
        if SPOKEN.search(text) or NAMED.search(text):
            assert KEYS.search(text), text


@pytest.mark.parametrize(
    ("words", "text", "is_found"),
    [
        ("tal ?vez", "Talvez 18", True),
        ("tal ?vez", "TAL VEZ", True),
        ("inanmıram", "İnanmıram ki", True),
        ("k[iì] ?ṣe", "kì ṣe", True),
        ("(?:no )?nunca", "nunca", True),
        ("b'fhéidir", "b'fhéidir", True),
        ("err[oa]r", "an error", True),
        ("(?<!yang )mungkin", "yang mungkin", False),
        ("not", "knot", False),
        ("not", "nothing", False),
    ],
)
def test_optional_letters_and_turkish_capitals_are_no_obstacle(words: str, text: str, is_found: bool) -> None:
    assert bool(Alternatives(words).search(text)) is is_found


@given(st.text(alphabet="noıİtk ’'5,.不是ß", max_size=20))
def test_random_texts_are_found_as_by_the_plain_pattern(text: str) -> None:
    spaced, joined = "not|no (?:is|k)|nı\\w*|[kt]o|tin?k|ß", "不是|是5"
    plain = re.compile(rf"(?<!\w)(?:{spaced})(?!\w)|{joined}", re.IGNORECASE)
    assert bool(Alternatives(spaced, joined).search(text)) == bool(plain.search(text))


def test_what_begins_with_no_word_is_refused() -> None:
    with pytest.raises(ValueError, match="begins with no word"):
        Alternatives(r"\d+ or more")
    assert split("a(?:b|c)|d") == ["a(?:b|c)", "d"]
