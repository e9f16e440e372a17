"""Which answers are equal, by labels that a person gave."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from rewards import FinalAnswer, RewardError, Sample, State, check_gold, verify

EQUAL = [
    # digits and signs of other scripts, invisible characters, separators
    ("18", "\u0661\u0668"),
    ("18", "\u096f+\u096f = \u0967\u096e"),
    ("18", "\u0e51\u0e58"),
    ("18", "\uff11\uff18"),
    ("-5", "\u22125"),
    ("18", "1\u200b8"),
    ("3.5", "\u0663\u066b\u0665"),
    ("1234", "1,234"),
    ("1234", "1 234"),
    ("1234", "1\u202f234"),
    ("1234", "1{,}234"),
    ("1234567", "1\\,234\\,567"),
    # the forms of one number
    ("18", "18."),
    ("18", "**18**"),
    ("18", "$18$"),
    ("18", "+18.00"),
    ("1/2", "0.5"),
    ("1/2", ".5"),
    ("1/2", "\\frac12"),
    ("1/2", "\\dfrac{1}{2}"),
    ("1/2", "\u00bd"),
    ("1/2", "2/4"),
    ("-1/2", "\\frac{-1}{2}"),
    ("3/2", "1\\frac{1}{2}"),
    ("7/2", "3\u00bd"),
    ("7/2", "3 1/2"),
    ("-7/2", "-3 1/2"),
    ("0.25", "25%"),
    ("25", "25\\%"),
    ("25%", "25"),
    ("1500", "1.5\\times 10^{3}"),
    ("1500", "1.5e3"),
    ("0.0015", "1.5 \\cdot 10^{-3}"),
    ("2516_8", "2516_8"),
    # money, units, words
    ("5", "\\$5"),
    ("5", "\u20ac5"),
    ("5 km", "5 kilometers"),
    ("72", "72 clips"),
    ("72 clips", "72"),
    ("12 \\text{ cm}^2", "12"),
    ("30^\\circ", "30"),
    ("Tuesday", "\\text{Tuesday}"),
    ("New York", "new  york."),
    ("\u661f\u671f\u4e8c", "\u661f\u671f\u4e8c"),
    ("(B)", "B"),
    ("B", "\\text{(B)}"),
    ("5:00 PM", "5:00 pm"),
    # expressions
    ("2\\sqrt{3}", "\\sqrt{12}"),
    ("10\\pi", "10\u03c0"),
    ("\\frac{\\sqrt{2}}{2}", "\\frac{1}{\\sqrt2}"),
    ("\\frac{1+\\sqrt{5}}{2}", "(1+\u221a5)/2"),
    ("(x+1)^2", "x^2+2x+1"),
    ("x^2", "x\u00b2"),
    ("\\sqrt[3]{x^2}", "x^{2/3}"),
    ("\\sin(2x)", "2\\sin x\\cos x"),
    ("\\log_2 x", "\\frac{\\ln x}{\\ln 2}"),
    ("e^{x+1}", "e \\cdot e^x"),
    ("3+4i", "4i+3"),
    ("i^2 x", "-x"),
    ("\\binom{n}{2}", "\\binom{n}{2}"),
    # equations
    ("5", "x = 5"),
    ("x = 5", "5"),
    ("18", "9 + 9 = 18"),
    ("f(x) = 2x", "2x"),
    ("y = 2x + 1", "2x - y + 1 = 0"),
    ("x > 3", "3 < x"),
    ("x \\in [0, 1]", "[0,1]"),
    # structures
    ("(1,2)", "\\left( 1, 2 \\right)"),
    ("(1,234)", "(1, 234)"),
    ("1, 2, 3", "3, 2 and 1"),
    ("\\{1, 2\\}", "2, 1"),
    ("x = 1 \\text{ or } x = 2", "2, 1"),
    ("1 \\pm \\sqrt{2}", "1+\\sqrt{2}, 1-\\sqrt{2}"),
    ("x = \\pm 3", "3, -3"),
    ("(-\\infty, 1) \\cup (2, \\infty)", "(2, \\infty) \\cup (-\\infty, 1)"),
    ("\\begin{pmatrix}1 & 2\\\\3 & 4\\end{pmatrix}", "\\begin{bmatrix}1 & 2 \\\\ 3 & 4\\end{bmatrix}"),
    ("\\emptyset", "\\{\\}"),
    ("3:4", "3 : 4"),
]
UNEQUAL = [
    ("18", ""),
    ("18", "\\boxed{}"),
    ("18", "\\boxed{17}"),
    ("18", "17 or 18"),
    ("11/2", "1 1/2"),
    ("12", "1 2"),
    ("1/3", "0.333"),
    ("0.000001", "0.000002"),
    ("1e-30", "2e-30"),
    ("\\pi", "3.14159265358979323846264338327950288"),
    ("5 m", "5 km"),
    ("5 \\text{ apples}", "5 \\text{ pears}"),
    ("12 \\text{ cm}^2", "12 \\text{ cm}^3"),
    ("50%", "0.05"),
    ("cat", "act"),
    ("no", "on"),
    ("Tuesday", "Monday"),
    ("A", "B"),
    ("(1,2)", "(2,1)"),
    ("(1,2)", "[1,2]"),
    ("\\{1,2\\}", "\\{1,2,2\\}"),
    ("x", "y"),
    ("x", "|x|"),
    ("x", "\\sqrt{x^2}"),
    ("xy", "|xy|"),
    ("5", "x > 5"),
    ("x = 5", "y = 5"),
    ("x = 5", "2x = 10"),
    ("x = 1, y = 2", "x = 2, y = 1"),
    ("x^2 + y^2 = 1", "1"),
    ("x > 3", "x \\ge 3"),
    ("3:4", "4:3"),
    ("2516_8", "2516"),
    ("2", "nan"),
    ("2", "zoo"),
    ("2", "\\infty"),
    ("0", "1/0"),
    ("2", "(3"),
    ("18", "not clear"),
]
UNEVALUATED = [
    ("18", "9+9"),
    ("18", "2\\cdot 9"),
    ("18", "2(9)"),
    ("2", "6/3"),
    ("4", "\\sqrt{16}"),
    ("120", "5!"),
    ("10", "\\binom{5}{2}"),
    ("1024", "2^{10}"),
    ("1/2", "\\frac{1}{4} + \\frac{1}{4}"),
    ("1/2", "\\sin 30^\\circ"),
    ("(1, 18)", "(1, 9+9)"),
]


@pytest.mark.parametrize(("gold", "answer"), EQUAL)
def test_equal_answers_are_equal_boxed_and_bare_and_either_way_round(gold: str, answer: str) -> None:
    for first, second in ((gold, answer), (gold, f"Hence \\boxed{{{answer}}}."), (gold, gold), (answer, answer)):
        verdict = verify(first, second)
        assert verdict.value == 1.0, verdict.reason
    assert verify(answer, gold).value == 1.0


@pytest.mark.parametrize(("gold", "answer"), UNEQUAL)
def test_different_answers_are_different(gold: str, answer: str) -> None:
    assert verify(gold, answer).value == 0.0
    assert verify(gold, f"\\boxed{{{answer}}}").value == 0.0


@pytest.mark.parametrize(("gold", "answer"), UNEVALUATED)
def test_a_restatement_of_the_problem_is_an_answer_only_when_asked_for(gold: str, answer: str) -> None:
    text = f"\\boxed{{{answer}}}"
    assert verify(gold, text).value == 0.0
    assert "not evaluated" in verify(gold, text).reason
    assert verify(gold, text, allow_unevaluated=True).value == 1.0
    assert verify(answer, gold).value == 1.0, "a gold may be written in any form"


def test_a_box_that_cannot_be_read_is_wrong_and_says_why() -> None:
    verdict = verify("2", "\\boxed{(2}")
    assert (verdict.value, verdict.reason) == (
        0.0,
        "the boxed answer (2 cannot be read: expected ) or ], found 'the end'",
    )


def test_an_integral_is_not_an_answer() -> None:
    assert verify("1/2", "\\boxed{\\int_0^1 x\\,dx}").value == 0.0


@pytest.mark.parametrize(
    ("gold", "answer", "rel_tol", "expected"),
    [
        ("100", "101", 0.01, 1.0),
        ("100", "101.1", 0.01, 0.0),
        ("-100", "-101", 0.01, 1.0),
        ("1/3", "0.333", 0.01, 1.0),
        ("1/3", "0.333", 0.0001, 0.0),
        ("\\sqrt{2}", "1.414", 0.001, 1.0),
        ("(1, \\pi)", "(1, 3.14)", 0.001, 1.0),
        ("0", "0.0001", 0.5, 0.0),
    ],
)
def test_rounding_is_tolerated_as_far_as_asked(gold: str, answer: str, rel_tol: float, expected: float) -> None:
    assert verify(gold, answer, rel_tol=rel_tol).value == expected


@pytest.mark.parametrize("rel_tol", [-0.1, 1.0, float("nan")])
def test_an_impossible_tolerance_is_an_error(rel_tol: float) -> None:
    with pytest.raises(RewardError, match="give a number from 0"):
        verify("1", "1", rel_tol=rel_tol)
    with pytest.raises(RewardError, match="give a number from 0"):
        FinalAnswer(rel_tol=rel_tol)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("18", 1.0),
        ("She makes $18 every day", 1.0),
        ("that is 17 or 18 dollars", 0.0),
        ("It costs $\\frac{36}{2}$", 0.0),
    ],
)
def test_unmarked_answers_count_only_where_allowed(text: str, expected: float) -> None:
    assert verify("18", text).value == expected
    assert verify("18", text, allow_bare=False).value == 0.0


@pytest.mark.parametrize(
    ("gold", "fault"),
    [
        ("", "it is empty"),
        ("$$", "it is empty"),
        ("\\boxed{", "it is empty"),
        ("\\frac{1}{", "it ends too early"),
        ("(1, 2", "expected ) or ]"),
        ("1 +", "it ends too early"),
        ("\\int_0^1 x dx", "\\int is not a notation of answers"),
        ("1" * 1500, "longer than 1000"),
        ("x" * 3000, "more than 2000"),
        ("(" * 60 + "1" + ")" * 60, "nested deeper than 50"),
    ],
)
def test_a_gold_that_cannot_be_read_is_an_error_that_shows_it(gold: str, fault: str) -> None:
    for refuse in (lambda: check_gold(gold), lambda: verify(gold, "18"), lambda: verify(gold, "")):
        with pytest.raises(RewardError) as raised:
            refuse()
        assert fault in str(raised.value)
        assert "correct or drop this row" in str(raised.value)
        assert len(str(raised.value)) < 400


@pytest.mark.parametrize("gold", ["#### 72", "so it is \\boxed{72}", "48 / 2 = 24\n#### 72"])
def test_a_gold_may_be_a_whole_solution(gold: str) -> None:
    assert verify(gold, "\\boxed{72}").value == 1.0
    assert verify(gold, "\\boxed{24}").value == 0.0


def final(reference: dict[str, Any], completion: str = "\\boxed{18}", **options: Any) -> Any:
    sample = Sample(prompt="9+9=?", completion=completion, reference=reference)
    return FinalAnswer(**options)([sample])[0]


@pytest.mark.parametrize("gold", ["18", 18, 18.0, "18 apples"])
def test_the_reward_reads_the_gold_answer_from_the_data(gold: Any) -> None:
    assert final({"answer": gold}).value == 1.0
    assert final({"target": gold}, answer_key="target").value == 1.0


@pytest.mark.parametrize(
    "reference", [{}, {"solution": "18"}, {"answer": None}, {"answer": True}, {"answer": float("nan")}]
)
def test_data_without_a_gold_answer_is_a_failure_and_never_a_zero(reference: dict[str, Any]) -> None:
    verdict = final(reference)
    assert verdict.state is State.FAILED
    assert "map the column with the gold answer" in verdict.reason


def test_a_gold_that_cannot_be_read_is_a_failure_and_never_a_zero() -> None:
    verdict = final({"answer": "\\frac{1}{"})
    assert verdict.state is State.FAILED
    assert "cannot be read" in verdict.reason


def test_the_reward_takes_no_unmarked_answer_unless_told_to() -> None:
    assert final({"answer": "18"}, "18").value == 0.0
    assert final({"answer": "18"}, "18", allow_bare=True).value == 1.0
    assert final({"answer": "18"}, "\\boxed{9+9}", allow_unevaluated=True).value == 1.0


HOSTILE = [
    "9^{9^{9^{9^9}}}",
    "x^{9^{9^{9}}}",
    "(((2^{1000})^{1000})^{1000})",
    "1000!",
    "(999!)!",
    "5!!!!",
    "\\binom{1000}{500}^{1000}",
    "e^{e^{e^{e^{10}}}}",
    "\\exp(\\exp(\\exp(100)))",
    "\\sin(10^{6000})",
    "\\tan(\\pi/2)",
    "\\log 0",
    "0^{-1}",
    "i^i",
    "zoo",
    "nan",
    "\\infty-\\infty",
    "(" * 100_000,
    "{" * 100_000,
    "\\frac" * 50_000,
    "(" * 49 + "1" + ")" * 49,
    "-" * 1999 + "1",
    "2^" * 900 + "2",
    "1/" * 900 + "2",
    "1 1/" * 600 + "2",
    "|x" * 900,
    "x+" * 900 + "x",
    "+".join(f"1/2^{{{10000 + i}}}" for i in range(100)),
    "*".join(f"9^{{{6000 + i}}}" for i in range(150)),
    "1" * 1999,
    "\\boxed{" * 10_000,
    "<think>" * 10_000,
    "</answer>" * 10_000,
    "answer is " * 10_000,
    "\x00" * 1000,
    "\ud800" * 100,
    "__import__('os').system('id')",
    ",".join(f"\\sqrt{{{i}}}+x" for i in range(20)),
    "\\sqrt[10^{-9}]{2}",
    "\\pm(1\\pm(2\\pm(3\\pm 4)))",
    "a" * 100_000,
    "1,234" * 200,
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: f"{text[:20]!r} x{len(text)}")
@pytest.mark.timeout(20)
def test_hostile_answers_are_judged_wrong_within_bounds_and_leave_the_next_check_unharmed(text: str) -> None:
    for gold in ("18", "\\sqrt{2}+x", "x+1, \\sqrt{5}"):
        for prediction in (text, f"\\boxed{{{text}}}"):
            assert verify(gold, prediction).value == 0.0
    assert verify("2\\sqrt{3}", "\\sqrt{12}").value == 1.0


def test_eight_threads_give_the_verdicts_of_one() -> None:
    cases = [(f"{i}\\sqrt{{2}}+x", f"\\boxed{{x+\\sqrt{{{2 * (i + i % 3) ** 2}}}}}") for i in range(60)]
    expected = [float(i % 3 == 0) for i in range(60)]
    with ThreadPoolExecutor(8) as pool:
        verdicts = list(pool.map(lambda case: verify(*case), cases * 3))
    assert [verdict.value for verdict in verdicts] == expected * 3
