"""Tokens of an answer -> a small tree, by recursive descent. Nothing is evaluated here.

A parser of our own, so that what a model wrote is only ever data and never reaches `eval` or `sympify`. It is bounded
in characters, digits, nesting and number of items; whatever it does not know is `Unreadable`, never a guess.

    answer   := item ((',' | ';' | or | and) item)*           item    := side (relation side)*
    side     := expr (('\\cup' | ':') expr)*                   expr    := term (('+' | '-' | '\\pm' | '\\mp') term)*
    term     := unary (('*' | '/' | nothing) unary)*          unary   := ('+' | '-')* power
    power    := postfix ('^' exponent)?                       postfix := atom ('!' | '%' | '^\\circ')?
"""

from __future__ import annotations

import re

from rewards.math.nodes import CLOSING, MAX_CHARS, MAX_ITEMS, Node
from rewards.math.scalars import ScalarParser
from rewards.math.tokens import Token, Unreadable, tokenize

_RELATIONS = frozenset({"=", "<", ">", "<=", ">=", "!=", "in", "~"})
_MATRICES = frozenset({"matrix", "pmatrix", "bmatrix", "smallmatrix", "array"})


def parse(text: str) -> Node:
    """The tree of a cleaned answer (see `rewards.math.numbers.clean`).

    Raises:
        Unreadable: when the text is too long or too deep, does not close what it opens, or uses unknown notation.

    >>> parse("1/2") == parse("\\\\frac12")
    True
    >>> [item.op for item in parse("x=3, y").args]
    ['rel', 'sym']
    """
    if len(text) > MAX_CHARS:
        raise Unreadable(f"{len(text)} characters are more than {MAX_CHARS}")
    if "\\begin{cases}" in text:
        text = _OTHERWISE.sub(r"\\mathbb{O}", _IF.sub(" ", text))
    return _Parser(list(tokenize(text))).answer()


_IF = re.compile(
    r"\\(?:text|mbox|textrm|mathrm)\s?\{[\s,]{0,3}(?:if|for|when|where|wenn|falls|si|se|если|当)[\s,]{0,3}\}|\b(?:if|for)\b|[.;]\s{0,3}(?=\\end\{cases\})"
)
_OTHERWISE = re.compile(
    r"\\(?:text|mbox|textrm|mathrm)\s?\{[\s,]{0,3}(?:otherwise|else|sonst|sinon)[\s.,]{0,3}\}|\botherwise\b"
)
"""What stands before the condition of a case, and in its place: read as a set that no one else names."""


class _Parser(ScalarParser):
    def answer(self) -> Node:
        groups = [[self.item()]]
        while self.sees(",", ";"):
            starts_group = self.take().text == ";"
            while self.takes(","):  # ", and" and ", or" give two separators
                pass
            if starts_group:
                groups.append([])
            groups[-1].append(self.item())
            if sum(map(len, groups)) > MAX_ITEMS:
                raise Unreadable(f"more than {MAX_ITEMS} items")
        if self.peek.kind != "end":
            raise Unreadable(f"{self.peek.text[:40]!r} is out of place")
        if len(groups) > 1 and any(len(group) > 1 for group in groups):  # 1, 2; 3, 4 are two pairs
            return Node("list", tuple(Node("bracket", tuple(group), name="()") for group in groups))
        items = [item for group in groups for item in group]
        return items[0] if len(items) == 1 else Node("list", tuple(items))

    def item(self) -> Node:
        sides, operators = [self.side()], []
        while self.sees(*_RELATIONS):
            operators.append(self.take().text)
            sides.append(self.side())
        if "~" in operators:
            sides, operators = _without_approximation(sides, operators)
        return sides[0] if len(sides) == 1 else Node("rel", tuple(sides), name=",".join(operators))

    def side(self) -> Node:
        parts = [self.expr()]
        joint = ""
        while self.sees("cup", ":", "setminus") and joint in ("", self.peek.text):
            joint = self.take().text
            parts.append(self.expr())
        name = {"cup": "union", ":": "ratio", "setminus": "setminus"}.get(joint, "")
        return parts[0] if not joint else Node(name, tuple(parts))

    def bracket(self, opening: str) -> Node:
        """A group, a tuple, an interval or a set; its opening bracket is already taken."""
        if opening == "set(" and self.takes("set)"):
            return Node("set")
        if opening == "set(" and self.peek.kind == "sym" and (condition := self.set_builder()) is not None:
            return condition
        items = self.items(self.expr)
        closing = self.expect(*CLOSING[opening])
        if opening == "set(":
            return Node("set", tuple(items))
        if len(items) == 1 and closing == CLOSING[opening][0]:
            return items[0]
        return Node("bracket", tuple(items), name=opening + closing)

    def set_builder(self) -> Node | None:
        """The condition of `{x : 0 < x < 1}` or `{x \\in R | x > 0}`; None, with nothing taken, for another set."""
        start = self.position
        self.take()
        if self.takes("in") and self.peek.kind == "sym":
            self.take()
        if not self.takes(":", "|"):
            self.position = start
            return None
        items = self.items(self.item)
        self.expect("set)")
        return items[0] if len(items) == 1 else Node("list", tuple(items))

    def matrix(self, environment: str) -> Node:
        if environment == "cases":
            return self.cases()
        if environment not in _MATRICES:
            raise Unreadable(f"the environment {environment[:40]!r} is not a notation of answers")
        if environment == "array" and self.takes("{"):
            while not self.takes("}"):
                self.take()
        rows: list[list[Node]] = [[]]
        while not self.at_end_of(environment):
            rows[-1].append(self.expr())
            if self.takes("row"):
                rows.append([])
            elif not self.takes("&") and not self.at_end_of(environment):
                raise Unreadable(f"{self.peek.text[:40]!r} is out of place in a matrix")
        self.take()
        rows = [row for row in rows if row]
        if not rows or len({len(row) for row in rows}) != 1:
            raise Unreadable("a matrix whose rows differ in length")
        return Node("matrix", tuple(cell for row in rows for cell in row), name=str(len(rows[0])))

    def cases(self) -> Node:
        """The values of a function with their conditions, or the equations of a system, in any order."""
        rows = []
        while not self.at_end_of("cases"):
            row = [self.item()]
            if self.takes(",", ";"):
                self.takes(",")
            if self.takes("&") and not self.sees("row") and not self.at_end_of("cases"):
                row.append(self.item())
                self.takes(",", ";")
            rows.append(row[0] if len(row) == 1 else Node("bracket", tuple(row), name="()"))
            if not self.takes("row") and not self.at_end_of("cases"):
                raise Unreadable(f"{self.peek.text[:40]!r} is out of place in a list of cases")
            if len(rows) > MAX_ITEMS:
                raise Unreadable(f"more than {MAX_ITEMS} items")
        self.take()
        if not rows:
            raise Unreadable("a list of cases without any")
        return Node("list" if rows[0].op == "rel" else "set", tuple(rows))

    def at_end_of(self, environment: str) -> bool:
        return self.peek == Token("env", f"end {environment}")


def _without_approximation(sides: list[Node], operators: list[str]) -> tuple[list[Node], list[str]]:
    """`x = 1/3 \\approx 0.33` without its last side; `x \\approx 5` as an equation."""
    first = operators.index("~")
    if first == 0 and sides[0].op == "sym":
        return sides[:2], ["="]
    return sides[: first + 1], operators[:first]
