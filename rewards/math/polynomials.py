"""Whether two answers with symbols are the same rational function: decided exactly, by sympy's polynomial arithmetic.

Only sympy's sparse polynomials over the rationals are used, on trees that our own parser built: no expression is
evaluated or simplified, and every product is bounded before it is taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rewards.math.exact import exact, symbols
from rewards.math.nodes import Node

MAX_TERMS = 5_000
"""Products of coefficients that one multiplication may take: some milliseconds."""
MAX_EXPONENT = 30
MAX_SYMBOLS = 6


def same_rational_function(gold: Node, answer: Node) -> bool | None:
    """Whether two trees are equal as rational functions; None when either is no such function, or too large.

    >>> from rewards.math.notation import parse
    >>> same_rational_function(parse("(x+1)^2"), parse("x^2+2x+1")), same_rational_function(parse("x"), parse("2x"))
    (True, False)
    >>> same_rational_function(parse("\\\\sin(x)"), parse("x")) is None
    True
    """
    names = sorted(symbols(gold) | symbols(answer))
    if not names or len(names) > MAX_SYMBOLS:
        return None
    from sympy import QQ, ring  # half a second, which plain numbers should not pay

    polynomials, *generators = ring(names, QQ)
    builder = _Builder(polynomials, dict(zip(names, generators, strict=True)))
    one, other = builder.function(gold), builder.function(answer)
    if one is None or other is None:
        return None
    left, right = builder.product(one[0], other[1]), builder.product(other[0], one[1])
    return None if left is None or right is None else bool(left == right)


@dataclass(frozen=True, slots=True)
class _Builder:
    """Trees to pairs (numerator, denominator) of sympy polynomials; None for what is not one, or too large."""

    polynomials: Any
    generators: dict[str, Any]

    def function(self, node: Node) -> tuple[Any, Any] | None:
        if node.value is not None:
            return self.polynomials(node.value.numerator), self.polynomials(node.value.denominator)
        if node.op == "sym":
            return self.generators[node.name], self.polynomials(1)
        if node.op == "^":
            return self._power(node)
        if node.op not in ("+", "*", "/", "neg"):
            return None
        parts = [self.function(arg) for arg in node.args]
        total = parts[0]
        for part in parts[1:]:
            if total is None or part is None:
                return None
            total = self._combined(node.op, total, part)
        return (-total[0], total[1]) if total is not None and node.op == "neg" else total

    def _combined(self, op: str, one: tuple[Any, Any], other: tuple[Any, Any]) -> tuple[Any, Any] | None:
        if op == "/":
            op, other = "*", (other[1], other[0])
        if op == "*":
            top = self.product(one[0], other[0])
        else:
            left, right = self.product(one[0], other[1]), self.product(other[0], one[1])
            top = None if left is None or right is None else left + right
        bottom = self.product(one[1], other[1])
        return (top, bottom) if top is not None and bottom else None

    def _power(self, node: Node) -> tuple[Any, Any] | None:
        base, exponent = self.function(node.args[0]), exact(node.args[1])
        if base is None or exponent is None or exponent.denominator != 1 or abs(exponent) > MAX_EXPONENT:
            return None
        if exponent < 0:
            if not base[0]:
                return None
            base, exponent = (base[1], base[0]), -exponent
        total: tuple[Any, Any] | None = (self.polynomials(1), self.polynomials(1))
        for _ in range(int(exponent)):
            total = self._combined("*", total, base) if total is not None else None
        return total

    def product(self, one: Any, other: Any) -> Any:
        """None instead of a product that would take too long, or whose coefficients have grown too large."""
        if len(one) * len(other) > MAX_TERMS or max(map(_bits, (one, other))) > 2_000:
            return None
        return one * other


def _bits(polynomial: Any) -> int:
    return max((max(c.numerator.bit_length(), c.denominator.bit_length()) for c in polynomial.coeffs()), default=0)
