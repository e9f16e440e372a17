"""The verifier against independent ones: math-verify on ordinary answers, sympy on values."""

from __future__ import annotations

import json
import random
from pathlib import Path

import math_verify
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from rewards import check_gold, verify
from rewards.math.exact import exact
from rewards.math.notation import parse
from rewards.math.values import Evaluator

ORDINARY = [
    ("\\frac{3}{4}", "\\frac{3}{4}", True),
    ("\\frac{3}{4}", "0.75", True),
    ("\\frac{3}{4}", "\\dfrac{3}{4}", True),
    ("\\frac{3}{4}", "3/4", True),
    ("\\frac{3}{4}", "\\frac{4}{3}", False),
    ("-\\frac{7}{2}", "-3.5", True),
    ("-\\frac{7}{2}", "\\frac{7}{2}", False),
    ("-\\frac{1}{2}", "\\frac{-1}{2}", True),
    ("\\frac{5}{6}", "\\frac{10}{12}", True),
    ("0.5", "\\frac12", True),
    ("0.1", "\\frac{1}{10}", True),
    ("0.333", "\\frac{1}{3}", False),
    ("\\frac{2}{3}", "0.667", False),
    ("5", "5.00", True),
    ("5", "5.01", False),
    ("-5", "-5", True),
    ("-5", "5", False),
    ("0", "0", True),
    ("0", "1", False),
    ("1{,}000{,}000", "1000000", True),
    ("1,234", "1234", True),
    ("1234", "1,234", True),
    ("1234", "1,243", False),
    ("1.5\\times10^{3}", "1500", True),
    ("6.02\\times10^{23}", "6.02\\times10^{22}", False),
    ("2\\sqrt{3}", "2\\sqrt{3}", True),
    ("2\\sqrt{3}", "\\sqrt{12}", True),
    ("2\\sqrt{3}", "3\\sqrt{2}", False),
    ("6\\sqrt{2}", "\\sqrt{72}", True),
    ("\\frac{\\sqrt{2}}{2}", "\\frac{1}{\\sqrt{2}}", True),
    ("\\frac{\\sqrt{2}}{2}", "\\frac{\\sqrt{3}}{2}", False),
    ("\\frac{1}{\\sqrt{3}}", "\\frac{\\sqrt{3}}{3}", True),
    ("\\frac{3\\sqrt{3}}{4}", "\\frac{3}{4}\\sqrt{3}", True),
    ("\\sqrt{2}+\\sqrt{3}", "\\sqrt{3}+\\sqrt{2}", True),
    ("\\sqrt{2}+\\sqrt{3}", "\\sqrt{5}", False),
    ("\\frac{1+\\sqrt{5}}{2}", "\\frac{\\sqrt{5}+1}{2}", True),
    ("\\frac{1+\\sqrt{5}}{2}", "\\frac{1-\\sqrt{5}}{2}", False),
    ("\\sqrt[3]{2}", "2^{1/3}", True),
    ("\\sqrt[3]{2}", "\\sqrt{2}", False),
    ("10\\pi", "10\\pi", True),
    ("10\\pi", "10", False),
    ("\\frac{4\\pi}{3}", "\\frac{4}{3}\\pi", True),
    ("\\frac{22}{7}", "\\pi", False),
    ("3.14", "\\pi", False),
    ("e^2", "e^2", True),
    ("e^2", "e^3", False),
    ("\\ln 4", "2\\ln 2", True),
    ("\\log_2 3", "\\log_2 3", True),
    ("x^2+2x+1", "(x+1)^2", True),
    ("x^2+2x+1", "x^2+x+1", False),
    ("(x-2)(x+3)", "x^2+x-6", True),
    ("3x-5", "-5+3x", True),
    ("3x-5", "5-3x", False),
    ("\\frac{x+1}{x-1}", "\\frac{1+x}{x-1}", True),
    ("\\frac{x+1}{x-1}", "\\frac{x-1}{x+1}", False),
    ("\\frac{n(n+1)}{2}", "\\frac{n^2+n}{2}", True),
    ("\\frac{n(n+1)}{2}", "n(n+1)", False),
    ("a+b+c", "c+b+a", True),
    ("\\frac{a}{b}", "\\frac{b}{a}", False),
    ("4x^3", "4x^2", False),
    ("x^{-1}", "\\frac{1}{x}", True),
    ("\\sqrt{x}", "x^{1/2}", True),
    ("\\sin x", "\\cos x", False),
    ("\\sin^2 x", "1-\\cos^2 x", True),
    ("\\tan x", "\\frac{\\sin x}{\\cos x}", True),
    ("3+4i", "4i+3", True),
    ("3+4i", "3-4i", False),
    ("(1,2)", "(1,2)", True),
    ("(1,2)", "(2,1)", False),
    ("(3,\\frac{\\pi}{2})", "\\left(3,\\frac{\\pi}{2}\\right)", True),
    ("[0,1)", "[0,1)", True),
    ("[0,1)", "[0,1]", False),
    ("(-\\infty,3]", "(-\\infty,3)", False),
    ("(-\\infty,1)\\cup(2,\\infty)", "(-\\infty,1)\\cup(2,\\infty)", True),
    ("\\{1,2,3\\}", "\\{3,2,1\\}", True),
    ("\\{1,2,3\\}", "\\{1,2\\}", False),
    ("1,2,3", "3,2,1", True),
    ("1,2,3", "1,2", False),
    ("-2,3", "3,-2", True),
    ("\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}", "\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}", True),
    ("\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}", "\\begin{pmatrix}1&2\\\\4&3\\end{pmatrix}", False),
    ("x=5", "5", True),
    ("5", "x=5", True),
    ("5", "x=6", False),
    ("y=2x+1", "y=2x+1", True),
    ("x>3", "x<3", False),
    ("x\\le 2", "x\\leq 2", True),
    ("5\\text{ cm}", "5", True),
    ("12\\text{ cm}^2", "12\\text{ cm}^2", True),
    ("90^\\circ", "90", True),
    ("90^\\circ", "60^\\circ", False),
    ("\\$5", "5", True),
]


def word_problems(count: int) -> list[tuple[str, str, bool]]:
    """Made-up completions in the manner of grade-school problems, half of them wrong, in four ways to end."""
    rng = random.Random(7)
    endings = ("\n#### {}", "\nThe answer is {}.", "\nSo she has $\\boxed{{{}}}$ left.", "\n\\boxed{{{}}}")
    cases = []
    for i in range(count):
        each, boxes, price = rng.randint(2, 99), rng.randint(2, 60), rng.choice([1, 1, 1, 0.5, 12.25])
        value = each * boxes * price
        gold = f"{value:g}" if value < 1e5 else str(int(value))
        said = gold if i % 2 else f"{value + rng.choice([-10, -1, 1, 0.5, 100]):g}"
        if i % 2 and i % 3 == 0 and float(gold) >= 1000:
            said = f"{float(gold):,.2f}"
        work = f"She packs {boxes} boxes with {each} pens, so there are {boxes}*{each} = {boxes * each} pens."
        cases.append((gold, work + endings[i % 4].format(said), bool(i % 2)))
    return cases


def oracle(gold: str, completion: str) -> bool:
    # Without its clock, so that a busy machine is no disagreement.
    left, right = (math_verify.parse(text, parsing_timeout=0) for text in (f"${gold}$", completion))
    return math_verify.verify(left, right, timeout_seconds=0)


@pytest.mark.parametrize(("gold", "answer", "equal"), ORDINARY)
def test_math_verify_agrees_on_ordinary_answers(gold: str, answer: str, equal: bool) -> None:
    completion = f"Adding these up, we find that it is $\\boxed{{{answer}}}$."
    assert verify(gold, completion).value == float(equal)
    assert oracle(gold, completion) == equal


def test_math_verify_agrees_on_ordinary_word_problems() -> None:
    for gold, completion, equal in word_problems(120):
        assert verify(gold, completion).value == float(equal), completion
        assert oracle(gold, completion) == equal, completion


def test_every_public_grade_school_gold_is_readable_and_equals_itself(shared_data: Path) -> None:
    lines = (shared_data / "gsm8k_train.jsonl").read_text().splitlines()
    for line in lines:
        gold = json.loads(line)["answer"]
        check_gold(gold)
        assert verify(gold, gold).value == 1.0
        assert verify(gold, gold + "1").value == 0.0


LEAVES = st.one_of(
    st.integers(0, 12).map(lambda n: (str(n), sympy.Integer(n))),
    st.sampled_from([("\\pi", sympy.pi), ("e", sympy.E), ("\\sqrt{3}", sympy.sqrt(3)), ("2.5", sympy.Rational(5, 2))]),
)


def grow(parts: st.SearchStrategy[tuple[str, sympy.Expr]]) -> st.SearchStrategy[tuple[str, sympy.Expr]]:
    pairs = st.tuples(parts, parts)
    return st.one_of(
        pairs.map(lambda p: (f"{p[0][0]} + {p[1][0]}", p[0][1] + p[1][1])),
        pairs.map(lambda p: (f"{p[0][0]} - ({p[1][0]})", p[0][1] - p[1][1])),
        pairs.map(lambda p: (f"({p[0][0]})({p[1][0]})", p[0][1] * p[1][1])),
        pairs.map(lambda p: (f"\\frac{{{p[0][0]}}}{{{p[1][0]}}}", p[0][1] / p[1][1] if p[1][1] else sympy.nan)),
        parts.map(lambda p: (f"({p[0]})^2", p[1] ** 2)),
        parts.map(lambda p: (f"\\sqrt{{{p[0]}}}", sympy.sqrt(p[1]))),
        parts.map(lambda p: (f"-({p[0]})", -p[1])),
    )


@settings(deadline=None)
@given(st.recursive(LEAVES, grow, max_leaves=5))
def test_values_are_those_of_sympy(case: tuple[str, sympy.Expr]) -> None:
    text, expected = case
    if expected.has(sympy.nan, sympy.zoo):
        return
    tree = parse(text)
    rational = exact(tree)
    if rational is not None:
        assert sympy.Rational(rational.numerator, rational.denominator) == expected
        return
    ours = complex(Evaluator(0).value(tree))
    theirs = complex(expected.evalf(30))
    assert abs(ours - theirs) <= 1e-12 * max(1.0, abs(theirs))
