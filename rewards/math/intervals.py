"""Inequalities as the intervals that they describe, so that 0 <= x < 1 is [0, 1)."""

from __future__ import annotations

from rewards.math.notation import Node
from rewards.math.values import exact, symbols

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


def _one(node: Node) -> Node | None:
    """The interval of one inequality."""
    if node.op != "rel":
        return None
    operators = node.name.split(",")
    if len(operators) == 1:
        return _one_sided(node.args[0], operators[0], node.args[1])
    low, name, high = (*node.args, node)[:3]
    if len(node.args) != 3 or name.op != "sym" or symbols(low) or symbols(high):
        return None
    if all(operator in (">", ">=") for operator in operators):
        low, high, operators = high, low, [_FLIPPED[operator] for operator in reversed(operators)]
    if not all(operator in ("<", "<=") for operator in operators):
        return None
    return _bracket(low, high, closed_low=operators[0] == "<=", closed_high=operators[1] == "<=")


def _one_sided(left: Node, operator: str, right: Node) -> Node | None:
    if right.op == "sym" and left.op != "sym":
        left, operator, right = right, _FLIPPED.get(operator, operator), left
    if left.op != "sym" or symbols(right):
        return None
    if operator == "!=":
        below = _bracket(_NEGATIVE_INFINITY, right, closed_low=False, closed_high=False)
        return Node("union", (below, _bracket(right, _INFINITY, closed_low=False, closed_high=False)))
    if operator in ("<", "<="):
        return _bracket(_NEGATIVE_INFINITY, right, closed_low=False, closed_high=operator == "<=")
    if operator in (">", ">="):
        return _bracket(right, _INFINITY, closed_low=operator == ">=", closed_high=False)
    return None


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
