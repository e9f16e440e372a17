"""Starts, ends, bullets and quotations in many languages, and what hides in them."""

from __future__ import annotations

from typing import Any

import pytest

from rewards import Boxed, Sample, Verdict
from rewards.instructions import Instructions
from rewards.text import sentences, without_comments

PROMPT = "The old bridge crosses the wide river near the town of Ulm and carries both trains and cars every day."


def judged(check: dict[str, Any], completion: str, prompt: str = PROMPT) -> Verdict:
    reward = Instructions(strict=True, all_or_nothing=True)
    return reward([Sample(prompt=prompt, completion=completion, reference={"checks": [check]})])[0]


@pytest.mark.parametrize(
    ("kind", "phrase", "completion", "value"),
    [
        ("starts_with", "Hell", "Hello there", 0.0),
        ("starts_with", "Hello", "Hello, there", 1.0),
        ("starts_with", "Hello", "Hello", 1.0),
        ("starts_with", "1", "12 apples", 0.0),
        ("starts_with", "你", "你好", 1.0),
        ("starts_with", "При", "Привет всем", 0.0),
        ("ends_with", "fit", "It is a misfit", 0.0),
        ("ends_with", "fit?", "Are you fit?", 1.0),
        ("ends_with", "fit", "»Er ist fit«", 1.0),
        ("ends_with", "fit", "„Er ist fit“", 1.0),
        ("ends_with", "です", "「橋です」", 1.0),
        ("ends_with", "**", "It ends plainly", 0.0),
        ("ends_with", "**", "It ends **so**", 1.0),
    ],
)
def test_a_start_or_an_end_is_whole_words(kind: str, phrase: str, completion: str, value: float) -> None:
    assert judged({"kind": kind, "phrase": phrase}, completion).value == value


def test_a_paragraph_starts_with_a_whole_word() -> None:
    check = {"kind": "paragraph_starts", "number": 2, "phrase": "Hell"}
    assert judged(check, "One.\n\nHello there.").value == 0.0
    assert judged(check, "One.\n\nHell is here.").value == 1.0


@pytest.mark.parametrize(
    "sign", ["- ", "* ", "• ", "▪ ", "▪", "● ", "●", "○ ", "■ ", "■", "・", "・ ", "◦ ", "► ", "➤ "]
)
def test_every_common_bullet_is_one(sign: str) -> None:
    text = f"{sign}the first\n{sign}the second"
    assert judged({"kind": "count", "of": "bullets", "at_least": 2, "at_most": 2}, text).value == 1.0
    assert len(sentences(text)) == 2


@pytest.mark.parametrize("text", ["○○さん、こんにちは\n○○さん", "■■■■ done\n■■■■ left", "-one\n-two", "–\n–"])
def test_rows_of_signs_and_hyphenated_starts_are_no_bullets(text: str) -> None:
    assert judged({"kind": "count", "of": "bullets", "at_least": 1}, f"Hi\n{text}").value == 0.0


@pytest.mark.parametrize(
    "text", ["1. one\n2. two", "1、一つ\n2、二つ", "１．一つ\n２．二つ", "(1) one\n(2) two", "（1）一\n（2）二"]
)
def test_items_are_numbered_in_several_ways(text: str) -> None:
    assert judged({"kind": "count", "of": "numbered_items", "at_least": 2, "at_most": 2}, text).value == 1.0


@pytest.mark.parametrize("text", ["1、2、3 are all right", "3.14 is pi", "1.5\n2.5"])
def test_numbers_at_the_start_of_a_line_are_no_items(text: str) -> None:
    assert judged({"kind": "count", "of": "numbered_items", "at_least": 1}, text).value == 0.0


MARKS = [
    "“{}”",
    "„{}“",
    "„{}”",
    "”{}”",
    "«{}»",
    "« {} »",
    "»{}«",
    "»{}»",
    "‹{}›",
    "›{}‹",
    "「{}」",
    "『{}』",
    '"{}"',
    "‘{}’",
    "‚{}‘",
]


@pytest.mark.parametrize("marks", MARKS)
def test_a_citation_counts_in_the_marks_of_any_language_and_an_invented_one_is_seen(marks: str) -> None:
    check = {"kind": "cites_prompt"}
    assert judged(check, f"It says {marks.format('crosses the wide river')}, so it does.").value == 1.0
    verdict = judged(check, f"> crosses the wide river\n\nAnd {marks.format('carries elephants across every day')}.")
    assert verdict.value == 0.0
    assert "elephants" in verdict.reason


def test_two_quotations_in_one_line_do_not_make_a_third_between_them() -> None:
    for marks in MARKS:
        first, second = marks.format("crosses the wide river"), marks.format("both trains and cars")
        text = f"It says {first} but in other words also {second}."
        assert judged({"kind": "cites_prompt", "at_least": 2}, text).value == 1.0, text


def test_apostrophes_are_no_quotation_marks() -> None:
    text = "> crosses the wide river\n\nThe bridge’s age isn’t given, the engineers’ names weren’t said."
    assert judged({"kind": "cites_prompt"}, text).value == 1.0


def test_windows_that_overlap_are_one_passage() -> None:
    windows = (
        "“The old bridge crosses” “old bridge crosses the” “bridge crosses the wide” “crosses the wide river” "
        "“the wide river near”"
    )
    assert judged({"kind": "cites_prompt", "at_least": 3}, windows).value == 0.0
    assert judged({"kind": "cites_prompt", "at_least": 2}, windows).value == 1.0  # the first and the last share nothing
    apart = "“The old bridge crosses” and “both trains and cars” and “the town of Ulm”"
    assert judged({"kind": "cites_prompt", "at_least": 3}, apart).value == 1.0


@pytest.mark.parametrize(
    "hidden", ["<!-- bridge -->", "<!--\nbridge\n-->", "<!-- bridge", "[//]: # (bridge)", "[comment]: <> (bridge)"]
)
def test_a_keyword_in_a_comment_is_not_said(hidden: str) -> None:
    assert judged({"kind": "keywords", "phrases": ["bridge"]}, f"It is old.\n\n{hidden}").value == 0.0


@pytest.mark.parametrize("shown", ["`<!-- bridge -->`", "```html\n<!-- bridge -->\n```", "a <-- bridge --> b"])
def test_a_comment_in_code_is_shown(shown: str) -> None:
    assert judged({"kind": "keywords", "phrases": ["bridge"]}, f"It is old:\n{shown}").value == 1.0


def test_a_prompt_with_a_comment_can_be_repeated() -> None:
    prompt = "Say hello <!-- politely --> to me."
    assert judged({"kind": "repeats_prompt"}, f"{prompt} Hello!", prompt).value == 1.0


def test_comments_are_found_in_linear_time() -> None:
    for text in (
        "<!--" * 50_000,
        "`" * 100_000 + "<!--",
        "[a]: " * 30_000,
        "```\n" * 30_000 + "<!-- x",
        "[" * 100_000 + "]:",
    ):
        assert isinstance(without_comments(text), str)


@pytest.mark.parametrize("after", ["。", "．", "।", "۔", ".", "$", "$。", "**", "\\)。", " 。\n"])
def test_a_full_stop_of_any_script_may_follow_the_box(after: str) -> None:
    assert Boxed()([Sample(prompt="", completion=f"答案是 \\boxed{{18}}{after}")])[0].value == 1.0


@pytest.mark.parametrize("after", ["。是", "!?", "、", "19", "*19"])
def test_what_says_something_may_not(after: str) -> None:
    assert Boxed()([Sample(prompt="", completion=f"答案是 \\boxed{{18}}{after}")])[0].value == 0.0
