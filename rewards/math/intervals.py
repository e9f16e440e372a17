"""Inequalities as the intervals that they describe, so that 0 <= x < 1 is [0, 1)."""

from __future__ import annotations

import itertools
from fractions import Fraction

from rewards.math.exact import exact, symbols
from rewards.math.nodes import Node, number
from rewards.math.shapes import is_quantity

_INFINITY = Node("const", name="inf")
_NEGATIVE_INFINITY = Node("neg", (_INFINITY,))
_FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}


def as_interval(node: Node) -> Node | None:
    """The interval, or union of intervals, that inequalities in one symbol describe; None for anything else.

    Two inequalities are both meant where they overlap (x > 0, x < 1), and either where they do not (x < 0, x > 1).

    >>> from rewards.math.notation import parse
    >>> as_interval(parse("0 \\\\le x < 1")) == parse("[0, 1)")
    True
    >>> as_interval(parse("x < 2, x > 3")) == parse("(-\\\\infty, 2) \\\\cup (3, \\\\infty)")
    True
    """
    if node.op == "list" and len(node.args) == 2:
        parts = [_one(arg) for arg in node.args]
        if None in parts or len({frozenset(symbols(arg)) for arg in node.args}) != 1:
            return None
        left, right = (part for part in parts if part is not None)
        if left.op == right.op == "bracket":
            return _overlap(left, right) or _overlap(right, left) or Node("union", (left, right))
        return None
    return _one(node)


def same_variable_regions(one: Node, other: Node) -> tuple[Node, Node] | None:
    """The intervals of `1 < x < 3` and `x > 1, x < 3`; None where one has none, or where they are of two unknowns."""
    regions = as_interval(one), as_interval(other)
    if regions[0] is None or regions[1] is None or symbols(one) != symbols(other):
        return None
    return regions[0], regions[1]


def _one(node: Node) -> Node | None:
    """The interval of one inequality, or of a whole line with points left out."""
    if is_whole_line(node):
        return _bracket(_NEGATIVE_INFINITY, _INFINITY, closed_low=False, closed_high=False)
    if node.op == "setminus":
        return _without_points(node)
    if node.op != "rel":
        return None
    if node.name == "in":
        return node.args[1] if node.args[1].op in ("bracket", "union") else None
    operators = node.name.split(",")
    if len(operators) == 1:
        return _one_sided(node.args[0], operators[0], node.args[1])
    low, name, high = (*node.args, node)[:3]
    if len(node.args) != 3 or symbols(low) or symbols(high):
        return None
    if all(operator in (">", ">=") for operator in operators):
        low, high, operators = high, low, [_FLIPPED[operator] for operator in reversed(operators)]
    if not all(operator in ("<", "<=") for operator in operators):
        return None
    if name.op == "abs" and symbols(name):
        return _between_absolutes(low, operators[0], name, operators[1], high)
    if not is_quantity(name):
        return None
    return _bracket(low, high, closed_low=operators[0] == "<=", closed_high=operators[1] == "<=")


def _one_sided(left: Node, operator: str, right: Node) -> Node | None:
    if right.op == "sym" and left.op != "sym":
        left, operator, right = right, _FLIPPED.get(operator, operator), left
    if left.op == "abs" and (inside := linear(left.args[0])) is not None and inside[0] and len(symbols(left)) == 1:
        return _of_absolute(operator, right, *inside)
    if left.op != "sym" and len(symbols(left) | symbols(right)) == 1:
        solved = _solved(left, operator, right)
        if solved is None:
            return None
        operator, right = solved
    elif left.op != "sym" or symbols(right):
        return None
    if operator == "!=":
        below = _bracket(_NEGATIVE_INFINITY, right, closed_low=False, closed_high=False)
        return Node("union", (below, _bracket(right, _INFINITY, closed_low=False, closed_high=False)))
    if operator in ("<", "<="):
        return _bracket(_NEGATIVE_INFINITY, right, closed_low=False, closed_high=operator == "<=")
    if operator in (">", ">="):
        return _bracket(right, _INFINITY, closed_low=operator == ">=", closed_high=False)
    return None


def _of_absolute(operator: str, size: Node, slope: Fraction, offset: Fraction) -> Node | None:
    """|x - 1| < 2 as (-1, 3), and |x - 1| > 2 as all beyond it."""
    value, closed = exact(size), operator.endswith("=")
    if value is None or value <= 0 or operator not in _FLIPPED:
        return None
    low, high = map(number, sorted(((-value - offset) / slope, (value - offset) / slope)))
    if operator in ("<", "<="):
        return _bracket(low, high, closed_low=closed, closed_high=closed)
    below = _bracket(_NEGATIVE_INFINITY, low, closed_low=False, closed_high=closed)
    return Node("union", (below, _bracket(high, _INFINITY, closed_low=closed, closed_high=False)))


def _between_absolutes(low: Node, above: str, size: Node, below: str, high: Node) -> Node | None:
    """1 < |x| < 4 as (-4, -1) and (1, 4)."""
    outer, inner = _one_sided(size, below, high), _one_sided(size, _FLIPPED[above], low)
    if outer is None or inner is None or outer.op != "bracket" or inner.op != "union":
        return None
    below_zero, above_zero = inner.args
    start, end = exact(outer.args[0]), exact(below_zero.args[1])
    if start is None or end is None or start >= end:
        return None
    left = Node("bracket", (outer.args[0], below_zero.args[1]), name=outer.name[0] + below_zero.name[1])
    right = Node("bracket", (above_zero.args[0], outer.args[1]), name=above_zero.name[0] + outer.name[1])
    return Node("union", (left, right))


def _solved(left: Node, operator: str, right: Node) -> tuple[str, Node] | None:
    """`-2x + 1 > 7` as (`<`, -3), where both sides are linear in one symbol."""
    one, other = linear(left), linear(right)
    if one is None or other is None or operator not in (*_FLIPPED, "!="):
        return None
    slope, offset = one[0] - other[0], other[1] - one[1]
    if not slope:
        return None
    return (_FLIPPED.get(operator, operator) if slope < 0 else operator), number(offset / slope)


def linear(node: Node) -> tuple[Fraction, Fraction] | None:
    """(slope, offset) of a tree that is linear in its one symbol, None for any other.

    >>> from rewards.math.notation import parse
    >>> linear(parse("2(x - 3)/4")), linear(parse("x^2"))
    ((Fraction(1, 2), Fraction(-3, 2)), None)
    """
    value = exact(node)
    if value is not None:
        return Fraction(0), value
    if node.op == "sym":
        return Fraction(1), Fraction(0)
    if node.op not in ("+", "*", "/", "neg"):
        return None
    parts = []
    for arg in node.args:
        part = linear(arg)
        if part is None:
            return None
        parts.append(part)
    if node.op == "neg":
        return -parts[0][0], -parts[0][1]
    if node.op == "+":
        return sum((p[0] for p in parts), Fraction(0)), sum((p[1] for p in parts), Fraction(0))
    return _scaled(node.op, parts)


def _scaled(op: str, parts: list[tuple[Fraction, Fraction]]) -> tuple[Fraction, Fraction] | None:
    """A product or quotient in which one part at most has the symbol."""
    slope, offset = parts[0]
    for factor, constant in parts[1:]:
        if op == "/":
            if factor or not constant:
                return None
            slope, offset = slope / constant, offset / constant
        elif slope and factor:
            return None
        else:
            slope, offset = slope * constant + offset * factor, offset * constant
    return slope, offset


def is_whole_line(node: Node) -> bool:
    """Whether a tree is the set of all real numbers, by its letter."""
    return node.op == "sym" and node.name == "set R"


def _without_points(node: Node) -> Node | None:
    """The line, or an interval, without finitely many rational points in it, as a union of intervals."""
    base = node.args[0]
    if is_whole_line(base):
        base = _bracket(_NEGATIVE_INFINITY, _INFINITY, closed_low=False, closed_high=False)
    if base.op != "bracket" or len(base.args) != 2 or len(node.args) != 2 or node.args[1].op != "set":
        return None
    points = [exact(arg) for arg in node.args[1].args]
    inside = sorted(point for point in points if point is not None)
    low, high = (exact(end) for end in base.args)
    is_outside = (low is not None and inside[:1] <= [low]) or (high is not None and inside[-1:] >= [high])
    if not points or None in points or is_outside:
        return None
    parts = [
        _bracket(*pair, closed_low=False, closed_high=False)
        for pair in itertools.pairwise([base.args[0], *map(number, inside), base.args[1]])
    ]
    parts[0] = Node("bracket", parts[0].args, name=base.name[0] + ")")
    parts[-1] = Node("bracket", parts[-1].args, name="(" + base.name[1])
    return Node("union", tuple(parts))


def _bracket(low: Node, high: Node, *, closed_low: bool, closed_high: bool) -> Node:
    return Node("bracket", (low, high), name=("[" if closed_low else "(") + ("]" if closed_high else ")"))


def _overlap(above: Node, below: Node) -> Node | None:
    """What x > a and x < b leave, where a < b; None where they leave nothing or are not of this kind."""
    if above.args[1] != _INFINITY or below.args[0] != _NEGATIVE_INFINITY:
        return None
    low, high = exact(above.args[0]), exact(below.args[1])
    if low is None or high is None or low >= high:
        return None
    return Node("bracket", (above.args[0], below.args[1]), name=above.name[0] + below.name[1])
