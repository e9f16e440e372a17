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


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('"I am here"', 1.0),
        ('"He said "hi" to me"', 1.0),
        ('"He said "hi""', 1.0),
        ('"A 5" pipe is wide"', 1.0),
        ('"The first.\n\n"The second."', 1.0),
        ("“He said “hi” to me”", 1.0),
        ("„Er sagte “Hallo” und ging“", 1.0),
        ("「彼は「橋」と言った」", 1.0),
        ("»Han sa hej»", 1.0),
        ('"I" am "here"', 0.0),
        ('"this" and "that"', 0.0),
        ('"this" "that"', 0.0),
        ('"Bridges" (and "rivers")', 0.0),
        ("“你好”他说“再见”", 0.0),
        ("「橋」と「川」", 0.0),
        ("”Hej” sa han ”hej då”", 0.0),
        ("„Ja“ und „Nein“", 0.0),
        ('""', 0.0),
    ],
)
def test_a_response_in_quotation_marks_is_one_quotation(text: str, value: float) -> None:
    assert judged({"kind": "quoted"}, text).value == value


@pytest.mark.parametrize(
    ("passage", "value"),
    [("crosses the\nwide river", 1.0), ("crosses no\nwide river", 0.0), ("crosses the\n\nwide river", 0.0)],
)
def test_a_quotation_may_go_on_in_the_next_line_but_not_in_the_next_paragraph(passage: str, value: float) -> None:
    for marks in MARKS:
        if not set(marks) & set("\u2039\u203a\u2018\u201a"):  # these are for one line only
            text = f"It says {marks.format(passage)}, so it does."
            assert judged({"kind": "cites_prompt"}, text).value == value, text


def test_a_sign_for_inches_begins_no_quotation() -> None:
    text = 'A 5" pipe is one thing,\nbut "crosses the wide river" is said of the bridge, 9" or not.'
    assert judged({"kind": "cites_prompt"}, text).value == 1.0


@pytest.mark.parametrize("dots", ["...", "…", "[...]", "(…)", "...."])
def test_a_quotation_that_leaves_words_out_has_its_pieces_in_the_prompts_order(dots: str) -> None:
    check = {"kind": "cites_prompt"}
    assert judged(check, f'It "crosses the wide river {dots} and carries both trains" a day').value == 1.0
    assert judged(check, f'It "carries both trains and {dots} crosses the wide river" a day').value == 0.0
    assert judged(check, f'It "crosses the wide river {dots} and carries elephants" a day').value == 0.0
    assert judged({**check, "at_least": 2}, f'It "crosses the wide river {dots} both trains and cars"').value == 1.0
    assert judged(check, f'It "crosses {dots} wide {dots} Ulm {dots} cars" a day').value == 0.0  # pieces too short


def test_what_markdown_reads_as_something_else_is_no_placeholder() -> None:
    check = {"kind": "count", "of": "placeholders", "at_least": 1}
    others = "[a](http://b.c)", "![a](b.png)", "so[^1]\n\n[^1]: then", "[a]: http://b.c", "[]", "[ ]"
    assert [judged(check, text).value for text in others] == [0.0] * len(others)
    fine = "Dear [name],", "[Date]: 3/4", "[first][last]", "[name] (or so)"
    assert [judged(check, text).value for text in fine] == [1.0] * len(fine)


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
