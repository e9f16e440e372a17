"""The exact value of an answer's tree where it is rational, and whether it is written as a number.

Nothing here can run long: every power, factorial and binomial is bounded before it is computed. Standard library only.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from rewards.math.nodes import Node

MAX_BITS = 20_000
"""Largest exact number that an operation may give: about 6,000 digits."""


class TooHard(ArithmeticError):
    """A value is undefined or too large to compute within bounds."""


def exact(node: Node) -> Fraction | None:
    """The rational value of a tree; None when it has symbols, roots or functions, or is too large or undefined.

    >>> from rewards.math.notation import parse
    >>> exact(parse("1 1/2 + 50\\\\%")), exact(parse("\\\\sqrt{2}")), exact(parse("9^{9^9}"))
    (Fraction(2, 1), None, None)
    """
    if node.value is not None:
        return node.value
    rule = _EXACT.get(node.op)
    if rule is None:
        return None
    values = []
    for arg in node.args:
        value = exact(arg)
        if value is None:
            return None
        values.append(value)
    try:
        return _within_bounds(rule(*values))
    except (TooHard, ZeroDivisionError):
        return None


def _power(base: Fraction, exponent: Fraction) -> Fraction:
    bits = max(base.numerator.bit_length(), base.denominator.bit_length())
    if exponent.denominator != 1 or abs(exponent.numerator) * bits > MAX_BITS:
        raise TooHard("power")
    return base ** int(exponent)


def _small_whole(value: Fraction) -> int:
    if value.denominator != 1 or not 0 <= value <= 1000:
        raise TooHard("factorial or binomial")
    return int(value)


def _sum(*terms: Fraction) -> Fraction:
    total = Fraction(0)
    for term in terms:
        total = _within_bounds(total + term)
    return total


def _product(*factors: Fraction) -> Fraction:
    total = Fraction(1)
    for factor in factors:
        total = _within_bounds(total * factor)
    return total


def _within_bounds(value: Fraction) -> Fraction:
    if value.numerator.bit_length() > MAX_BITS or value.denominator.bit_length() > MAX_BITS:
        raise TooHard("a number of more than 6,000 digits")
    return value


_EXACT: Mapping[str, Callable[..., Any]] = {
    "+": _sum,
    "*": _product,
    "/": operator.truediv,
    "neg": operator.neg,
    "^": _power,
    "abs": abs,
    "mixed": operator.add,
    "percent": lambda value: value / 100,
    "fact": lambda value: Fraction(math.factorial(_small_whole(value))),
    "binom": lambda n, k: Fraction(math.comb(_small_whole(n), _small_whole(k))),
}


def is_literal(node: Node) -> bool:
    """Whether a rational answer is written as a number, with nothing left to compute.

    A fraction is a number unless its value is whole (`6/3` still has to be divided); so are mixed numbers, percents and
    scientific notation.

    >>> from rewards.math.notation import parse
    >>> [is_literal(parse(text)) for text in ("-1/2", "6/3", "9+9", "2 1/2", "5\\\\%", "1.5\\\\times 10^{3}")]
    [True, False, False, True, True, True]
    """
    if node.op in ("neg", "percent", "degree"):
        return node.args[0].op not in ("neg", "percent", "degree") and is_literal(node.args[0])
    if node.op == "/":
        value = exact(node)
        is_reduced = value is not None and (value.denominator != 1 or node.args[1].value == 1)
        return (
            is_reduced
            and _is_signed_number(node.args[0])
            and (_is_signed_number(node.args[1]) or _is_power_of_ten(node.args[1]))
        )
    if node.op == "^":
        return _is_power_of_ten(node)
    if node.op == "*":
        return len(node.args) == 2 and _is_signed_number(node.args[0]) and _is_power_of_ten(node.args[1])
    return node.op in ("num", "mixed", "based")


def _is_signed_number(node: Node) -> bool:
    return node.op == "num" or (node.op == "neg" and node.args[0].op == "num")


def _is_power_of_ten(node: Node) -> bool:
    return node.op == "^" and node.args[0].value == 10 and _is_signed_number(node.args[1])


def symbols(node: Node) -> frozenset[str]:
    """Names of the free symbols of a tree."""
    return frozenset({node.name}) if node.op == "sym" else frozenset[str]().union(*map(symbols, node.args))
