"""Whether two answers are the same: exactly where they are rational, else by their values to 50 digits.

Numbers are compared as fractions, rational functions by sympy's polynomials or, where these would grow too large, by
their residues. What is left (roots, functions, constants)
is evaluated: once, or with symbols at several fixed points, some negative; agreement everywhere is taken as equality.
Symbolic simplification is not used because its running time has no bound.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from fractions import Fraction
from typing import Any

from rewards.math.exact import TooHard, exact, is_literal, symbols
from rewards.math.intervals import as_interval, is_whole_line, same_variable_regions
from rewards.math.nodes import Node
from rewards.math.polynomials import same_rational_function
from rewards.math.residues import same_residues
from rewards.math.shapes import (
    STRUCTURES,
    as_fraction,
    as_matrix,
    as_tuple,
    ascending,
    is_definition,
    is_membership,
    names_a_quantity,
    rational_shares,
    same_constant,
    same_index,
    same_range,
    spread,
    value_first,
)
from rewards.math.values import FIRST_POSITIVE, SAFE_BITS, Evaluator, close, close_to_the_last_term

NUM_POINTS = 6


class Match(Enum):
    """How a predicted answer compares with the gold one."""

    SAME = "equals"
    DIFFERENT = "is not"
    UNEVALUATED = "has the value but is not evaluated:"
    UNDECIDED = "could not be compared with"


_UNORDERED = frozenset({"list", "set", "union"})
_REGIONS = frozenset({"bracket", "union"})


@dataclass(slots=True)
class Comparison:
    """One comparison of a gold answer with a predicted one, under the strictness that was asked for."""

    rel_tol: float = 0.0
    """Two numbers are the same when they differ by at most this fraction of the larger one; 0 is exact."""
    allow_unevaluated: bool = False
    """Whether `9+9` is an answer where the gold is 18."""
    values: dict[tuple[Node, int], Any] = field(default_factory=dict)
    """Numbers already computed, by tree and point."""
    sizes: dict[tuple[Node, int], int] = field(default_factory=dict)
    """The largest size of a value on the way to each of them, as a power of two."""

    def match(self, gold: Node, answer: Node) -> Match:
        """How two trees compare. `x = 5` stands for 5 unless both are equations."""
        gold, answer = (value_first(spread(as_matrix(node))) for node in (gold, answer))
        gold, answer = same_constant(*same_range(gold, answer))
        if gold == answer:
            return Match.SAME
        if is_whole_line(gold) or is_whole_line(answer) or "setminus" in (gold.op, answer.op):
            gold, answer = as_interval(gold) or gold, as_interval(answer) or answer
        if (gold.op in _REGIONS) != (answer.op in _REGIONS):
            one, other = (node if node.op in _REGIONS else as_interval(node) for node in (gold, answer))
            if one is not None and other is not None:
                return self._match_structures(one, other)
        if {gold.op, answer.op} == {"rel", "list"} and (regions := same_variable_regions(gold, answer)) is not None:
            return self._match_structures(*regions)
        if gold.op == "rel" or answer.op == "rel":
            return self._match_relations(gold, answer)
        if (gold.op == "ratio") != (answer.op == "ratio"):
            gold, answer = (as_fraction(node, other) for node, other in ((gold, answer), (answer, gold)))
        if gold.op in STRUCTURES or answer.op in STRUCTURES:
            return self._match_structures(gold, answer)
        return self.match_scalars(gold, answer)

    def match_scalars(self, gold: Node, answer: Node) -> Match:
        one, other = exact(gold), exact(answer)
        if one is None or other is None:
            outcome = self._match_functions(gold, answer)
        elif self._equal_rationals(one, other) or self._equal_without_percent(gold, answer, one, other):
            outcome = Match.SAME
        else:
            outcome = Match.DIFFERENT
        evaluated = self.allow_unevaluated or not is_literal(gold) or is_literal(answer)
        return Match.UNEVALUATED if outcome is Match.SAME and not evaluated else outcome

    def _match_functions(self, gold: Node, answer: Node) -> Match:
        same = same_rational_function(gold, answer)
        if same is None and (same := same_residues(gold, answer)) is None:
            return self._match_numerically(gold, answer)
        return Match.SAME if same else Match.DIFFERENT

    def _equal_without_percent(self, gold: Node, answer: Node, one: Fraction, other: Fraction) -> bool:
        """Whether 25 stands for 25 % because the question has named the unit; only where one side lacks the sign."""
        if (gold.op == "percent") == (answer.op == "percent"):
            return False
        if abs(other if gold.op == "percent" else one) < 1:  # 0.5 beside 0.5 % is a share of its own
            return False
        return (
            self._equal_rationals(one * 100, other) if gold.op == "percent" else self._equal_rationals(one, other * 100)
        )

    def _equal_rationals(self, one: Fraction, other: Fraction) -> bool:
        return one == other or abs(one - other) <= Fraction(self.rel_tol) * max(abs(one), abs(other))

    # -- numbers at points ---------------------------------------------------------------------------------------------

    def _match_numerically(self, gold: Node, answer: Node) -> Match:
        decided = 0
        names = symbols(gold) | symbols(answer)
        start = FIRST_POSITIVE if names and _are_logarithms(gold, answer) else 0
        for point in range(start, start + (NUM_POINTS if names else 1)):
            try:
                is_close = self._is_close(
                    gold, answer, point, rel_tol=0.0 if names else self.rel_tol, to_last_term=decided < 2
                )
            except TooHard:
                continue
            if not is_close:
                return Match.DIFFERENT
            decided += 1
        return Match.SAME if decided >= (2 if names else 1) else Match.UNDECIDED

    def _is_close(self, gold: Node, answer: Node, point: int, *, rel_tol: float, to_last_term: bool) -> bool:
        """Raises TooHard."""
        if not close(self.value_at(gold, point), self.value_at(answer, point), rel_tol):
            return False
        bits = max(self.sizes[gold, point], self.sizes[answer, point])
        if rel_tol or not to_last_term or bits <= SAFE_BITS:
            return True
        return close_to_the_last_term(gold, answer, point, bits)

    def value_at(self, node: Node, point: int) -> Any:
        """The mpmath number of a tree at one of the fixed points.

        Raises:
            TooHard: where it is undefined or out of bounds.
        """
        if (node, point) not in self.values:
            evaluator = Evaluator(point)
            self.values[node, point] = evaluator.value(node)
            self.sizes[node, point] = evaluator.bits
        return self.values[node, point]

    # -- equations and inequalities ------------------------------------------------------------------------------------

    def _match_relations(self, gold: Node, answer: Node) -> Match:
        if gold.op != "rel":
            is_value = is_definition(answer) or names_a_quantity(answer, gold) or self._is_identity(answer)
            is_value = is_value and not (is_membership(answer) and gold.op == "list")
            match = self.match(gold, answer.args[-1]) if is_value else Match.DIFFERENT
            is_worked_out = match is Match.UNEVALUATED and set(answer.name.split(",")) == {"="}
            return self.match(gold, answer.args[0]) if is_worked_out else match  # 1024 = 2^10
        if answer.op != "rel":
            is_value = is_definition(gold) and not (is_membership(gold) and answer.op == "list")
            return self.match(gold.args[-1], answer) if is_value else Match.DIFFERENT
        gold, answer = same_index(ascending(gold), ascending(answer))
        if gold.name == answer.name and len(gold.args) == len(answer.args):
            sides = [self.match(*pair) for pair in zip(gold.args, answer.args, strict=True)]
            if all(side is Match.SAME for side in sides):
                return Match.SAME
        if "=" not in (gold.name + answer.name).replace("<=", "").replace(">=", ""):
            regions = as_interval(gold), as_interval(answer)
            if regions[0] is not None and regions[1] is not None and symbols(gold) == symbols(answer):
                return self._match_structures(regions[0], regions[1])
        solved = gold.args[0].op == "sym" and not symbols(gold.args[1])
        if gold.name == answer.name == "=" and not solved:
            return self._match_proportional(gold, answer)
        return Match.DIFFERENT

    def _is_identity(self, relation: Node) -> bool:
        """Whether both sides of an equation are the same function, as in `(x+1)(x+3) = x^2+4x+3`."""
        sides = (relation.args[0], relation.args[-1])
        if set(relation.name.split(",")) != {"="} or any(side.op in STRUCTURES for side in sides):
            return False
        return bool(symbols(relation)) and self._match_functions(*sides) is Match.SAME

    def _match_proportional(self, gold: Node, answer: Node) -> Match:
        """Whether two equations are multiples of each other: f(p) g(q) = f(q) g(p) at all points p, q."""
        if symbols(gold) != symbols(answer) or any(arg.op in STRUCTURES for arg in gold.args + answer.args):
            return Match.DIFFERENT
        one, other = (Node("+", (side.args[0], Node("neg", (side.args[1],)))) for side in (gold, answer))
        try:
            pairs = [(self.value_at(one, point), self.value_at(other, point)) for point in range(NUM_POINTS)]
        except TooHard:
            return Match.UNDECIDED
        first, *rest = pairs
        same = all(close(first[0] * pair[1], pair[0] * first[1], 0.0) for pair in rest)
        nonzero = all(abs(value) > 1e-30 for value in first)
        return Match.SAME if same and nonzero else Match.DIFFERENT

    # -- lists, sets, tuples, intervals, matrices ----------------------------------------------------------------------

    def _match_structures(self, gold: Node, answer: Node) -> Match:
        if {gold.op, answer.op} == {"matrix", "bracket"}:
            rows = [as_tuple(node) if node.op == "matrix" else node.args for node in (gold, answer)]
            both = rows[0] is not None and rows[1] is not None and "()" in (gold.name, answer.name)
            return self._match_in_order(rows[0] or (), rows[1] or ()) if both else Match.DIFFERENT
        if "matrix" in (gold.op, answer.op) or "ratio" in (gold.op, answer.op):
            alike = gold.op == answer.op and gold.name == answer.name
            if gold.op == answer.op == "ratio":
                return self._match_ratios(gold, answer)
            return self._match_in_order(gold.args, answer.args) if alike else Match.DIFFERENT
        if gold.op == "bracket" and answer.op in ("bracket", "list"):
            alike = gold.name == answer.name or (answer.op == "list" and gold.name in ("()", "[]"))
            return self._match_in_order(gold.args, as_tuple(answer) or answer.args) if alike else Match.DIFFERENT
        if gold.op == "list" and answer.op == "bracket" and answer.name == "()":
            return self._match_in_order(as_tuple(gold) or gold.args, answer.args)
        if {gold.op, answer.op} == {"union", "list"}:
            return self._match_unordered(gold.args, answer.args)
        if "union" in (gold.op, answer.op) and gold.op != answer.op:
            return Match.DIFFERENT
        if gold.op in _UNORDERED or answer.op in _UNORDERED:
            return self._match_unordered(_members(gold), _members(answer))
        return Match.DIFFERENT

    def _match_ratios(self, gold: Node, answer: Node) -> Match:
        """3 : 2 is 6 : 4; what is not rational is compared part by part."""
        one, other = rational_shares(gold), rational_shares(answer)
        if one is not None and other is not None:
            return Match.SAME if one == other else Match.DIFFERENT
        return self._match_in_order(gold.args, answer.args)

    def _match_in_order(self, gold: tuple[Node, ...], answer: tuple[Node, ...]) -> Match:
        if len(gold) != len(answer):
            return Match.DIFFERENT
        return _worst([self.match(*pair) for pair in zip(gold, answer, strict=True)])

    def _match_unordered(self, gold: tuple[Node, ...], answer: tuple[Node, ...]) -> Match:
        """Pairs every gold item with one answer that equals it, each answer used once."""
        if len(gold) != len(answer):
            return Match.DIFFERENT
        left, outcomes = list(answer), []
        for item in gold:
            matches = [self.match(item, candidate) for candidate in left]
            best = next((m for m in (Match.SAME, Match.UNEVALUATED, Match.UNDECIDED) if m in matches), Match.DIFFERENT)
            outcomes.append(best)
            if best is Match.DIFFERENT:
                break
            left.pop(matches.index(best))
        return _worst(outcomes)


def _are_logarithms(*nodes: Node) -> bool:
    """Whether all hold a logarithm of symbols and none an absolute value: log x + log y is log xy where both exist."""
    return all(_has_logarithm(node) for node in nodes) and not any(_has(node, "abs") for node in nodes)


def _has_logarithm(node: Node) -> bool:
    is_one = node.op == "call" and node.name in ("ln", "log") and bool(symbols(node))
    return is_one or any(map(_has_logarithm, node.args))


def _has(node: Node, op: str) -> bool:
    return node.op == op or any(_has(arg, op) for arg in node.args)


def _worst(outcomes: list[Match]) -> Match:
    severity = (Match.DIFFERENT, Match.UNDECIDED, Match.UNEVALUATED)
    return next((match for match in severity if match in outcomes), Match.SAME)


def _members(node: Node) -> tuple[Node, ...]:
    return node.args if node.op in _UNORDERED else (node,)
