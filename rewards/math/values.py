"""The value of an answer's tree as a number of 80 digits or more at a fixed point, where it has no exact one.

Nothing here can run long: every power, factorial, binomial and exponential is bounded before it is computed. Roots of
odd degree of negative numbers are real, so that the cube root of -8 is -2.
"""

from __future__ import annotations

import math
import operator
import threading
import zlib
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from rewards.math.exact import MAX_BITS, TooHard, exact
from rewards.math.nodes import Node, num_nodes

WORKING_DIGITS = 80
EQUAL_DIGITS = 50

SAFE_BITS = 64
"""Two terms of at most this size, or its inverse, are within 39 digits of each other, and `EQUAL_DIGITS` tell them."""

MAX_FURTHER_DIGITS = 1000
"""Terms that lie further apart than this many digits are not compared."""

MAX_DIGITS_OF_NODES = 200_000
"""Digits times the nodes of two trees, of which a function takes some milliseconds at 3,000 digits."""

MAX_GAMMA = 200
"""Largest argument of a factorial that is no whole number."""

FIRST_POSITIVE = 100
"""All symbols are positive at this point and those after it."""


_local = threading.local()


def mpmath_context() -> Any:
    """This thread's own mpmath context: its precision is state, which mpmath itself changes while it computes."""
    try:
        return _local.context
    except AttributeError:
        import mpmath  # slow to import, and most answers never need it

        _local.context = mpmath.mp.clone()
        _local.context.dps = WORKING_DIGITS
        return _local.context


def close(one: Any, other: Any, rel_tol: float, *, further_digits: int = 0) -> bool:
    """Whether two values agree to 50 digits and as many further ones, or to `rel_tol` where that is coarser."""
    scale = max(abs(one), abs(other))
    ten = mpmath_context().mpf(10)
    tolerance = max(ten ** -(EQUAL_DIGITS + further_digits), mpmath_context().mpf(rel_tol))
    return abs(one - other) <= scale * tolerance or scale < ten ** (10 - WORKING_DIGITS - further_digits)


def close_to_the_last_term(one: Node, other: Node, point: int, bits: int) -> bool:
    """Whether two trees agree at a point to so many digits that no term is lost beside one of 2^`bits`.

    To 50 digits, e^200 + 1 is e^200. The digits that the largest term takes are needed three times: to hold the
    smallest beside it, for what is left when both cancel, and to tell that from rounding.

    Raises:
        TooHard: where either is undefined, or the terms lie further apart than can be computed in short time.
    """
    further_digits = bits * 3 // 10 + 1
    digits = WORKING_DIGITS + 3 * further_digits
    if further_digits > MAX_FURTHER_DIGITS or digits * (num_nodes(one) + num_nodes(other)) > MAX_DIGITS_OF_NODES:
        raise TooHard("terms too far apart")
    with mpmath_context().workdps(digits):
        values = (Evaluator(point).value(one), Evaluator(point).value(other))
        return close(*values, 0.0, further_digits=further_digits)


class Evaluator:
    """Evaluates a tree at one fixed point, refusing whatever could run long before it is computed."""

    def __init__(self, point: int) -> None:
        self.point = point
        self.context = mpmath_context()
        self.bits = 0
        """The largest size of all values so far, as a power of two; a value near 0 has one, too."""

    def value(self, node: Node) -> Any:
        rational = exact(node)
        if rational is not None:
            return self.measured(self.context.mpf(rational.numerator) / rational.denominator)
        try:
            return self.measured(self.bounded(self.rule(node)))
        except (ArithmeticError, ValueError, TypeError) as error:  # mpmath's words for "undefined here"
            raise TooHard(str(error)) from None

    def measured(self, value: Any) -> Any:
        if value:
            self.bits = max(self.bits, abs(int(self.context.mag(value))))
        return value

    def bounded(self, value: Any) -> Any:
        if not self.context.isfinite(value) or (value and abs(self.context.mag(value)) > MAX_BITS):
            raise TooHard("not finite or out of bounds")
        return value

    def rule(self, node: Node) -> Any:
        context = self.context
        if node.op == "sym":
            return self.symbol(node.name)
        if node.op == "const" and node.name != "inf":
            return {"pi": +context.pi, "e": +context.e, "i": context.j}[node.name]
        if node.op in ("^", "root"):
            return self.power(node)
        if node.op == "call":
            return self.call(node.name, *map(self.value, node.args))
        values = [self.value(arg) for arg in node.args]
        if node.op in ("+", "mixed"):
            return context.fsum(values)
        if node.op == "*":
            return self.product(values)
        if node.op == "/":
            return values[0] / values[1]
        if node.op in ("fact", "binom"):
            return self.combinatorial(node.op, values)
        if node.op in _UNARY:
            return _UNARY[node.op](values[0])
        if node.op == "degree":
            return values[0] * context.pi / 180
        raise TooHard(f"{node.op} has no number")

    def combinatorial(self, op: str, values: list[Any]) -> Any:
        """A factorial or binomial of any number, by the gamma function."""
        if any(abs(value) > MAX_GAMMA for value in values):
            raise TooHard(f"{op} out of bounds")
        return self.context.gamma(values[0] + 1) if op == "fact" else self.context.binomial(*values)

    def symbol(self, name: str) -> Any:
        """A fixed number of size 0.5 to 3.5: positive at point 0, negative at 1, of both signs up to FIRST_POSITIVE."""
        seed = zlib.crc32(f"{self.point}:{name}".encode())
        value = self.context.mpf(3 * seed) / 2**32 + self.context.mpf("0.5")
        negative = self.point == 1 or (1 < self.point < FIRST_POSITIVE and zlib.crc32(name.encode()) >> self.point & 1)
        return -value if negative else value

    def product(self, factors: list[Any]) -> Any:
        result = self.context.mpf(1)
        for factor in factors:
            result = self.bounded(result * factor)
        return result

    def power(self, node: Node) -> Any:
        """A power or root, real where the base is negative and the exponent has an odd denominator."""
        base, degree = self.value(node.args[0]), exact(node.args[1])
        if degree is not None:
            fraction = degree if node.op == "^" else 1 / degree
            exponent = self.context.mpf(fraction.numerator) / fraction.denominator
        else:
            fraction, exponent = Fraction(1, 2), self.value(node.args[1])
            exponent = exponent if node.op == "^" else 1 / exponent
        if not base:
            if self.context.re(exponent) <= 0:
                raise TooHard("0 to a power that is not positive")
            return base
        if abs(exponent) * max(1, abs(self.context.mag(base))) > MAX_BITS:
            raise TooHard("power out of bounds")
        if fraction.denominator % 2 and self.context.im(base) == 0 and self.context.re(base) < 0:
            return (-base) ** exponent * (-1 if fraction.numerator % 2 else 1)
        return base**exponent

    def call(self, name: str, argument: Any, *rest: Any) -> Any:
        context = self.context
        if name in ("log", "ln") and len(rest) <= (name == "log"):
            base = context.e if name == "ln" else rest[0] if rest else 10
            return context.log(argument) / context.log(base)
        if name in _WHOLE_NUMBERS:
            return self.whole(name, (argument, *rest))
        if rest or abs(argument) > MAX_BITS // 2:
            raise TooHard(f"{name} out of bounds")
        functions = {
            "sin": context.sin,
            "cos": context.cos,
            "tan": context.tan,
            "cot": context.cot,
            "sec": context.sec,
            "csc": context.csc,
            "cis": context.expj,
            "arcsin": context.asin,
            "arccos": context.acos,
            "arctan": context.atan,
            "sinh": context.sinh,
            "cosh": context.cosh,
            "tanh": context.tanh,
            "exp": context.exp,
        }
        if name not in functions:
            raise TooHard(f"{name} has no number")
        return functions[name](argument)

    def whole(self, name: str, arguments: tuple[Any, ...]) -> Any:
        """Rounding, extremes and divisors, of real arguments."""
        context = self.context
        if any(context.im(argument) for argument in arguments):
            raise TooHard(f"{name} of a complex number")
        if name in ("max", "min"):
            return max(arguments) if name == "max" else min(arguments)
        if name in ("floor", "ceil") and len(arguments) == 1:
            return context.floor(arguments[0]) if name == "floor" else context.ceil(arguments[0])
        if name in ("gcd", "lcm") and all(context.isint(argument) for argument in arguments):
            return context.mpf((math.gcd if name == "gcd" else math.lcm)(*map(int, arguments)))
        raise TooHard(f"{name} has no number")


_WHOLE_NUMBERS = frozenset({"max", "min", "floor", "ceil", "gcd", "lcm"})
_UNARY: Mapping[str, Callable[[Any], Any]] = {"neg": operator.neg, "abs": abs, "percent": lambda value: value / 100}
