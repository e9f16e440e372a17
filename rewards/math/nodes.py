"""The tree that an answer becomes, and a reader of tokens that stays within bounds."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from rewards.math.tokens import Token, Unreadable

MAX_CHARS = 2000
MAX_NESTING = 50
MAX_ITEMS = 20
CLOSING = {"(": (")", "]"), "[": ("]", ")"), "set(": ("set)",)}
"""What may close a bracket, its own mate first."""


@dataclass(frozen=True, slots=True)
class Node:
    """One operation of an answer.

    Scalars: `num` and `based` (value), `sym` (name), `const` (pi, e, i, inf), `call` (name), and `+ * / ^ neg root fact
    percent degree abs mixed binom pm mp`. Structures: `list`, `set`, `bracket` (name is its two brackets), `union`,
    `ratio`, `matrix` (name is its number of columns), `rel` (name is its operators, comma-separated).
    """

    op: str
    args: tuple[Node, ...] = ()
    name: str = ""
    value: Fraction | None = None


def num_nodes(node: Node) -> int:
    return 1 + sum(map(num_nodes, node.args))


def number(value: Fraction | int) -> Node:
    return Node("num", value=Fraction(value))


def is_whole(node: Node) -> bool:
    return node.value is not None and node.value.denominator == 1


def is_proper(part: Node) -> bool:
    """Whether a fraction is one of two whole numbers that can follow a whole number in a mixed one."""
    if part.op != "/" or not all(arg.op == "num" and is_whole(arg) for arg in part.args):
        return False
    numerator, denominator = (arg.value or Fraction(0) for arg in part.args)
    return 0 < numerator < denominator


def sum_of(terms: list[Node]) -> Node:
    return terms[0] if len(terms) == 1 else Node("+", tuple(terms))


def product_of(factors: list[Node]) -> Node:
    return factors[0] if len(factors) == 1 else Node("*", tuple(factors))


class TokenReader:
    """Takes tokens one by one, counts how deep it is, and refuses what is too deep."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.position = 0
        self.depth = 0
        self.divisions = 0
        self.open_bars = 0

    @property
    def peek(self) -> Token:
        return self.tokens[self.position]

    def sees(self, *operators: str) -> bool:
        return self.peek.kind == "op" and self.peek.text in operators

    def take(self) -> Token:
        token = self.peek
        if token.kind == "end":
            raise Unreadable("it ends too early")
        self.position += 1
        return token

    def takes(self, *operators: str) -> str:
        """The operator that was taken, or an empty string."""
        return self.take().text if self.sees(*operators) else ""

    def expect(self, *operators: str) -> str:
        if not self.sees(*operators):
            raise Unreadable(f"expected {' or '.join(operators)}, found {self.peek.text[:40] or 'the end'!r}")
        return self.take().text

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise Unreadable(f"nested deeper than {MAX_NESTING}")
