"""Where the final answer is found, policy by policy."""

from __future__ import annotations

import pytest

from rewards.math.extract import Extracted, extract, find_boxes
from rewards.math.settled import last_value


def answer(text: str) -> str:
    return extract(text, allow_phrases=True, allow_bare=False).text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\\boxed{17} no, \\boxed{18}", "18"),
        ("\\boxed{\\frac{1}{2}}", "\\frac{1}{2}"),
        ("\\boxed{\\{1\\}}", "\\{1\\}"),
        ("\\boxed {5}", "5"),
        ("\\boxed 18", "18"),
        ("\\boxed{17} or \\boxed{18}", "17, 18"),
        ("$\\boxed{17}$, $\\boxed{18}$", "17, 18"),
        ("\\boxed{17}. Wait, no: \\boxed{18}", "18"),
        ("The answer is 5<|im_end|><|im_start|>user 7", "5"),
        ("<think>\\boxed{17}</think> \\boxed{18}", "18"),
        ("\\boxed{18} #### 17", "18"),
        ("48/2 = 24\n#### 72", "72"),
        ("#### 70\nno\n#### 72\n", "72"),
        ("<answer>70</answer><answer> 72 </answer>", "72"),
        ("The answer is 72.", "72"),
        ("the final answer is: $\\frac{1}{2}$, as shown", "\\frac{1}{2}"),
        ("**Answer:** 72", "72"),
        ("Answer: 3.5", "3.5"),
        ("The answer is 3. No. The answer is 4.", "4"),
        ("The answer to this question is 12 because 3 * 4 = 12", "12"),
    ],
)
def test_the_answer_is_found_where_the_policy_says(text: str, expected: str) -> None:
    assert answer(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "18",
        "so it must be 18",
        "\\boxed{18",
        "\\boxed{17} then \\boxed{18",
        "\\boxed{}",
        "<think>\\boxed{18}",
        "<think>\\boxed{18}</think> done",
        "<answer>18",
    ],
)
def test_nothing_is_found_in_open_boxes_thinking_and_unmarked_text(text: str) -> None:
    assert answer(text) == ""


def test_the_same_box_twice_is_no_hedge() -> None:
    assert answer("\\boxed{18} and \\boxed{18}") == "18"


def test_phrases_and_bare_answers_are_optional() -> None:
    text = "It was hard.\nThe answer is 72"
    assert extract(text, allow_phrases=False, allow_bare=False) == Extracted("", "no answer found")
    assert extract(text, allow_phrases=False, allow_bare=True) == Extracted("The answer is 72", "bare")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("She has 3 apples and 12 pears.", "12"),
        ("It is -5 degrees", "-5"),
        ("a range of 3-5", "5"),
        ("about 1,234.50 dollars", "1,234.50"),
        ("so $x^2$ or rather $x^3$ for 5", "x^3"),
        ("none", ""),
    ],
)
def test_the_last_formula_or_number_of_unmarked_text(text: str, expected: str) -> None:
    assert last_value(text) == expected


def test_boxes_inside_boxes_belong_to_the_outer_one() -> None:
    text = "\\boxed{a \\boxed{b}} \\boxed{c}"
    assert [box.content for box in find_boxes(text)] == ["a \\boxed{b}", "c"]
