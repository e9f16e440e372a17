"""Rational functions are compared exactly, within bounds."""

from __future__ import annotations

import pytest

from rewards.math.notation import parse
from rewards.math.polynomials import same_rational_function


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("(x+1)(x-1)", "x^2-1", True),
        ("\\frac{1}{x}+\\frac{1}{y}", "\\frac{x+y}{xy}", True),
        ("\\frac{x^2-1}{x-1}", "x+1", True),
        ("x^2", "x^2 + 10^{-20}", False),
        ("x^{-2}", "\\frac{1}{x^2}", True),
        ("0.5x", "\\frac{x}{2}", True),
        ("2ab", "ab", False),
        ("-(a-b)", "b-a", True),
    ],
)
def test_rational_functions_are_decided_exactly(one: str, other: str, same: bool) -> None:
    assert same_rational_function(parse(one), parse(other)) is same
    assert same_rational_function(parse(other), parse(one)) is same


@pytest.mark.parametrize(
    "text", ["\\sqrt{x}", "x^y", "x^{31}", "x/0", "(x-x)^{-1}", "(a+b+c+d+f+g)^{30}", "((x+y)^{30})^{30}", "2^x"]
)
def test_what_is_no_rational_function_or_too_large_is_left_to_the_numbers(text: str) -> None:
    assert same_rational_function(parse(text), parse("x")) is None


def test_numbers_alone_are_not_its_business() -> None:
    assert same_rational_function(parse("2"), parse("4/2")) is None
