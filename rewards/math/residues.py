"""Whether two rational functions too large to multiply out are the same: by their values modulo a large prime.

Two different polynomials of degree d agree at a random point modulo a prime p with a probability of at most d / p (the
lemma of Schwartz and Zippel). Arithmetic modulo p is exact and its numbers never grow, so that `(x+1)^{1000} + 1` is
told from `(x+1)^{1000}`, whose values agree to hundreds of digits. Standard library only.
"""

from __future__ import annotations

import hashlib

from rewards.math.exact import exact
from rewards.math.nodes import Node, num_nodes

PRIME = 2**521 - 1
NUM_POINTS = 2
MAX_EXPONENT_BITS = 64
"""Exponents count modulo `PRIME - 1`, so that only ones far below it may be told by residues."""
MAX_NODES = 2_000


def same_residues(gold: Node, answer: Node) -> bool | None:
    """Whether two trees are equal as rational functions, or as rational numbers of any size; None where either is none.

    >>> from rewards.math.notation import parse
    >>> same_residues(parse("(x+1)^{1000}"), parse("(1+x)^{1000}")), same_residues(parse("9^{9^9}"), parse("9^{8^8}"))
    (True, False)
    >>> same_residues(parse("\\\\sqrt{x}"), parse("x")) is None
    True
    """
    if num_nodes(gold) + num_nodes(answer) > MAX_NODES:
        return None
    for point in range(NUM_POINTS):
        one, other = _residue(gold, point), _residue(answer, point)
        if one is None or other is None:
            return None
        if one != other:
            return False
    return True


def _residue(node: Node, point: int) -> int | None:
    """The value of a tree at a point modulo `PRIME`; None where it is no rational function or has a pole."""
    if node.value is not None:
        return _quotient(node.value.numerator, node.value.denominator)
    if node.op == "sym":
        return int.from_bytes(hashlib.sha512(f"{point}:{node.name}".encode()).digest(), "big") % PRIME
    if node.op == "^":
        return _power(node, point)
    if node.op not in ("+", "*", "/", "neg", "mixed", "percent"):
        value = exact(node)
        return None if value is None else _quotient(value.numerator, value.denominator)
    values = [_residue(arg, point) for arg in node.args]
    total = values[0]
    for value in values[1:]:
        if total is None or value is None:
            return None
        if node.op == "/":
            total = _quotient(total, value)
        else:
            total = (total * value if node.op == "*" else total + value) % PRIME
    if total is None:
        return None
    return -total % PRIME if node.op == "neg" else _quotient(total, 100) if node.op == "percent" else total


def _power(node: Node, point: int) -> int | None:
    base, exponent = _residue(node.args[0], point), exact(node.args[1])
    if base is None or exponent is None or exponent.denominator != 1:
        return None
    if exponent.numerator.bit_length() > MAX_EXPONENT_BITS or (exponent <= 0 and not base):
        return None
    return pow(base, int(exponent), PRIME)


def _quotient(numerator: int, denominator: int) -> int | None:
    return numerator * pow(denominator, -1, PRIME) % PRIME if denominator % PRIME else None
