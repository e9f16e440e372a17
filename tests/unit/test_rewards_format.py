"""What is well-formed and what is not."""

from __future__ import annotations

import pytest

from rewards import Boxed, Length, Pattern, Reward, RewardError, Sample, State, Tags


def value(reward: Reward, completion: str, finish_reason: str = "stop", num_tokens: int = 5) -> float | None:
    sample = Sample(prompt="", completion=completion, finish_reason=finish_reason, num_tokens=num_tokens)
    return reward([sample])[0].value


@pytest.mark.parametrize(
    "completion",
    [
        "\\boxed{18}",
        "9 + 9 = \\boxed{18}.",
        "So $\\boxed{18}$.\n",
        "\\[ x = \\boxed{\\frac{1}{2}} \\]",
        "<think>is it \\boxed{17}?</think>\\boxed{18}",
        "\\boxed{\\{1, 2\\}}",
        "\\boxed {18}",
        "\\boxed{\\emptyset}",
        "\\boxed{\\text{red}}",
        "\\boxed{\u6c34}",
        "\\boxed{-\\infty}",
    ],
)
def test_one_closed_box_at_the_end_is_well_formed(completion: str) -> None:
    assert value(Boxed(), completion) == 1.0


@pytest.mark.parametrize(
    "completion",
    [
        "",
        "18",
        "\\boxed{}",
        "\\boxed{ }",
        "\\boxed{18",
        "\\boxed 18",
        "\\boxed{\\frac{1}{2}",
        "\\boxed{17} \\boxed{18}",
        "\\boxed{18} is the answer",
        "\\boxed{\\boxed{18}}",
        "<think>\\boxed{18}",
        "\\boxed{18}}",
        "\\boxed{\u200b}",
        "\\boxed{\\quad}",
        "\\boxed{\\text{ }}",
        "\\boxed{...}",
        "\\boxed{\\ldots}",
        "\\boxed{?}",
    ],
)
def test_no_box_two_boxes_an_open_box_and_text_after_it_are_not_well_formed(completion: str) -> None:
    assert value(Boxed(), completion) == 0.0


@pytest.mark.parametrize("reward", [Boxed(), Pattern("18"), Tags(("a",)), Length(max_tokens=100)])
def test_what_was_cut_off_is_never_well_formed(reward: Reward) -> None:
    assert value(reward, "<a>\\boxed{18}</a>", finish_reason="length") == 0.0


def test_a_pattern_is_searched_for_and_can_be_anchored() -> None:
    assert value(Pattern(r"\d+"), "it is 18 now") == 1.0
    assert value(Pattern(r"\A\d+\Z"), "it is 18 now") == 0.0
    assert value(Pattern(r"(?s)\AStep 1.*Answer: \d+\Z"), "Step 1: add\nAnswer: 18") == 1.0


def test_a_text_beyond_the_bound_is_not_searched() -> None:
    assert value(Pattern("a"), "a" * 20_000) == 1.0
    assert value(Pattern("a"), "a" * 20_001) == 0.0


def test_a_pattern_that_does_not_compile_is_an_error_when_it_is_given() -> None:
    with pytest.raises(RewardError, match=r"'\(' is not a regular expression: missing \)"):
        Pattern("(")


@pytest.mark.parametrize(
    ("completion", "expected"),
    [
        ("<think>9+9</think><answer>18</answer>", 1.0),
        ("\n<think>\n9+9\n</think>\n\n<answer> 18 </answer>\n", 1.0),
        ("<answer>18</answer><think>9+9</think>", 0.0),
        ("<think>9+9</think>", 0.0),
        ("<think>9+9</think><answer></answer>", 0.0),
        ("<think> </think><answer>18</answer>", 0.0),
        ("<think>9+9<answer>18</answer></think>", 0.0),
        ("<think>9+9</think> so <answer>18</answer>", 0.0),
        ("<think>9+9</think><answer>18</answer> done", 0.0),
        ("Hm <think>9+9</think><answer>18</answer>", 0.0),
        ("<think>9+9</think><answer>18</answer><answer>19</answer>", 0.0),
        ("</think><think>9+9<answer>18</answer>", 0.0),
        ("<think>9</answer>+9</think><answer>18", 0.0),
        ("<think>\u200b\u200b</think><answer>18</answer>", 0.0),
        ("<think>...</think><answer>18</answer>", 0.0),
        ("<think>9+9</think><answer>\u3164</answer>", 0.0),
        ("<think>9+9 <Answer>18</Answer></think><answer>18</answer>", 0.0),
        ("<think>9+9 < think ></think><answer>18</answer>", 0.0),
        ('<think>9+9</think><answer>18<answer final="yes"></answer>', 0.0),
        ("<think>9+9</think><answer>18</answer>\u200b", 0.0),
        ("<think>if a < think of b</think><answer>18</answer>", 1.0),
        ("<think>is 1 < 2 and <b>bold</b>?</think><answer>18</answer>", 1.0),
        ("", 0.0),
    ],
)
def test_tags_must_stand_once_each_in_order_filled_and_alone(completion: str, expected: float) -> None:
    assert value(Tags(["think", "answer"]), completion) == expected


@pytest.mark.parametrize("tags", [(), "think", ("think", "think"), ("a b",), ("",), (3,)])
def test_tags_that_are_no_names_are_an_error_when_they_are_given(tags: object) -> None:
    with pytest.raises(RewardError, match="no list of different names"):
        Tags(tags)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("tokens", "expected"), [(4, 0.5), (5, 1.0), (10, 1.0), (11, 0.5), (12, 0.0), (3, 0.0), (99, 0.0)]
)
def test_length_is_full_in_the_band_and_falls_linearly_outside(tokens: int, expected: float) -> None:
    assert value(Length(min_tokens=5, max_tokens=10, ramp_tokens=2), "text", num_tokens=tokens) == expected


def test_length_without_a_ramp_is_all_or_nothing() -> None:
    assert [value(Length(max_tokens=10), "text", num_tokens=n) for n in (10, 11)] == [1.0, 0.0]


def test_a_length_that_is_not_known_is_not_judged() -> None:
    verdict = Length(max_tokens=10)([Sample(prompt="", completion="text")])[0]
    assert verdict.state is State.NOT_APPLICABLE


@pytest.mark.parametrize(
    "band", [{"max_tokens": 0}, {"max_tokens": 5, "min_tokens": 6}, {"max_tokens": 5, "ramp_tokens": -1}]
)
def test_an_impossible_band_is_an_error(band: dict[str, int]) -> None:
    with pytest.raises(RewardError, match="give 0 <= min_tokens <= max_tokens"):
        Length(**band)


def test_a_pattern_that_backtracks_without_end_times_out_and_is_no_zero() -> None:
    texts = "a" * 60 + "!", "aa"
    spoiled, fine = Pattern(r"(a|aa)+$", timeout_s=0.05)([Sample(prompt="", completion=text) for text in texts])
    assert (spoiled.state, spoiled.value) == (State.TIMED_OUT, None)
    assert fine.value == 1.0


@pytest.mark.parametrize("content", ["~", "\\,\\;", "\\phantom{18}", "\\text{ }", "\\hphantom {1}~"])
def test_a_box_that_shows_nothing_is_empty(content: str) -> None:
    assert value(Boxed(), f"\\boxed{{{content}}}") == 0.0
    assert value(Boxed(), f"\\boxed{{{content}18}}") == 1.0


def test_an_invisible_character_does_not_hide_a_section_inside_another() -> None:
    assert value(Tags(("think", "answer")), "<think>x <\u200banswer>2</think><answer>1</answer>") == 0.0


def test_a_pattern_needs_a_time() -> None:
    with pytest.raises(RewardError, match="timeout_s is 0; give a number of seconds above 0"):
        Pattern("a", timeout_s=0)
