"""Tokens of an answer -> a small tree, by recursive descent. Nothing is evaluated here.

A parser of our own, so that what a model wrote is only ever data and never reaches `eval` or `sympify`. It is bounded
in characters, digits, nesting and number of items; whatever it does not know is `Unreadable`, never a guess.

    answer   := item ((',' | ';' | or | and) item)*           item    := side (relation side)*
    side     := expr (('\\cup' | ':') expr)*                   expr    := term (('+' | '-' | '\\pm' | '\\mp') term)*
    term     := unary (('*' | '/' | nothing) unary)*          unary   := ('+' | '-')* power
    power    := postfix ('^' exponent)?                       postfix := atom ('!' | '%' | '^\\circ')?
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from rewards.math.tokens import Token, Unreadable, tokenize

MAX_CHARS = 2000
MAX_NESTING = 50
MAX_ITEMS = 20
_RELATIONS = frozenset({"=", "<", ">", "<=", ">=", "!=", "in"})
_MATRICES = frozenset({"matrix", "pmatrix", "bmatrix", "smallmatrix"})
_CLOSING = {"(": (")", "]"), "[": ("]", ")"), "set(": ("set)",)}


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
    return _Parser(list(tokenize(text))).answer()


def number(value: Fraction | int) -> Node:
    return Node("num", value=Fraction(value))


def _is_whole(node: Node) -> bool:
    return node.value is not None and node.value.denominator == 1


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.position = 0
        self.depth = 0
        self.divisions = 0
        self.open_bars = 0

    # -- reading tokens ------------------------------------------------------------------------------------------------

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

    # -- structures ----------------------------------------------------------------------------------------------------

    def answer(self) -> Node:
        items = self.items(self.item)
        if self.peek.kind != "end":
            raise Unreadable(f"{self.peek.text[:40]!r} is out of place")
        return items[0] if len(items) == 1 else Node("list", tuple(items))

    def items(self, parse_item: Callable[[], Node]) -> list[Node]:
        items = [parse_item()]
        while self.takes(",", ";"):
            while self.takes(","):  # ", and" and ", or" give two separators
                pass
            items.append(parse_item())
            if len(items) > MAX_ITEMS:
                raise Unreadable(f"more than {MAX_ITEMS} items")
        return items

    def item(self) -> Node:
        sides, operators = [self.side()], []
        while self.sees(*_RELATIONS):
            operators.append(self.take().text)
            sides.append(self.side())
        return sides[0] if len(sides) == 1 else Node("rel", tuple(sides), name=",".join(operators))

    def side(self) -> Node:
        parts = [self.expr()]
        joint = ""
        while self.sees("cup", ":") and joint in ("", self.peek.text):
            joint = self.take().text
            parts.append(self.expr())
        return parts[0] if not joint else Node("union" if joint == "cup" else "ratio", tuple(parts))

    def bracket(self, opening: str) -> Node:
        """A group, a tuple, an interval or a set; its opening bracket is already taken."""
        if opening == "set(" and self.takes("set)"):
            return Node("set")
        items = self.items(self.expr)
        closing = self.expect(*_CLOSING[opening])
        if opening == "set(":
            return Node("set", tuple(items))
        if len(items) == 1 and closing == _CLOSING[opening][0]:
            return items[0]
        return Node("bracket", tuple(items), name=opening + closing)

    def matrix(self, environment: str) -> Node:
        if environment not in _MATRICES:
            raise Unreadable(f"the environment {environment[:40]!r} is not a notation of answers")
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

    def at_end_of(self, environment: str) -> bool:
        return self.peek == Token("env", f"end {environment}")

    # -- scalars -------------------------------------------------------------------------------------------------------

    def expr(self) -> Node:
        self.deeper()
        sign = self.takes("pm", "mp")
        total = Node(sign, (self.term(),)) if sign else self.term()
        terms = [total]
        while operator := self.takes("+", "-", "pm", "mp"):
            term = self.term()
            if operator in ("pm", "mp"):
                terms = [Node(operator, (_sum(terms), term))]
                self.divide()
            else:
                terms.append(term if operator == "+" else Node("neg", (term,)))
        self.depth -= 1
        return _sum(terms)

    def divide(self) -> None:
        """Counts what nests to the left without a bracket, so that a long chain stays within the depth bound."""
        self.divisions += 1
        if self.divisions > MAX_NESTING:
            raise Unreadable(f"more than {MAX_NESTING} divisions")

    def term(self) -> Node:
        factors = [self.unary()]
        while True:
            if self.takes("*"):
                factors.append(self.unary())
            elif self.takes("/"):
                self.divide()
                factors = [Node("/", (_product(factors), self.unary()))]
            elif self.starts_factor():
                factors.append(self.power())
            else:
                return _product(factors)

    def starts_factor(self) -> bool:
        """Whether the next token multiplies what stands before it. A number never does: `2 3` is not 6."""
        kind, text = self.peek
        return kind in ("sym", "const", "fn", "cmd") or (
            kind == "op" and (text in ("(", "[", "{") or (text == "|" and not self.open_bars))
        )

    def unary(self) -> Node:
        negative = False
        while operator := self.takes("+", "-"):
            negative ^= operator == "-"
        power = self.power()
        return Node("neg", (power,)) if negative else power

    def power(self) -> Node:
        base = self.postfix()
        return Node("^", (base, self.exponent())) if self.takes("^") else base

    def exponent(self) -> Node:
        self.deeper()
        if self.takes("{"):
            inner = self.expr()
            self.expect("}")
        elif self.takes("-"):
            inner = Node("neg", (self.power(),))
        else:
            inner = self.power()
        self.depth -= 1
        return inner

    def postfix(self) -> Node:
        atom = self.atom()
        operator = self.takes("!", "%", "degree")
        if operator and self.sees("!", "%", "degree"):
            raise Unreadable(f"{operator!r} twice")
        return Node({"!": "fact", "%": "percent", "degree": "degree"}[operator], (atom,)) if operator else atom

    def atom(self) -> Node:
        kind, text = self.take()
        if kind == "num":
            return self.after_number(number(Fraction(text)), text)
        if kind == "sym":
            return Node("sym", name=text + self.subscript())
        if kind == "const":
            return Node("const", name=text)
        if kind == "fn":
            return self.call(text)
        if kind == "cmd":
            return self.command(text)
        if kind == "env" and text.startswith("begin "):
            return self.matrix(text.removeprefix("begin "))
        if text in _CLOSING:
            return self.bracket(text)
        if text == "{":
            inner = self.expr()
            self.expect("}")
            return inner
        if text == "|":
            self.open_bars += 1
            inner = self.expr()
            self.expect("|")
            self.open_bars -= 1
            return Node("abs", (inner,))
        if text == "empty":
            return Node("set")
        raise Unreadable(f"{text[:40]!r} is out of place")

    def after_number(self, whole: Node, digits: str) -> Node:
        """A number, or the mixed number or based number that starts with it."""
        if self.sees("_"):
            base = self.subscript().lstrip("_")
            if not (base.isdecimal() and 2 <= int(base[:3]) <= 36 and digits.isdecimal()):
                raise Unreadable(f"{digits[:40]!r} with the subscript {base[:40]!r}")
            try:
                return Node("based", value=Fraction(int(digits, int(base))), name=base)
            except ValueError:
                raise Unreadable(f"{digits[:40]!r} is not a number in base {base}") from None
        if _is_whole(whole) and self.peek == Token("cmd", "frac"):
            part = self.postfix()
            return Node("mixed" if _is_proper(part) else "*", (whole, part))
        if _is_whole(whole) and self.peek.kind == "num":
            numerator = number(Fraction(self.take().text))
            self.expect("/")
            kind, denominator = self.take()
            part = Node("/", (numerator, number(Fraction(denominator)))) if kind == "num" else whole
            if not _is_proper(part):
                raise Unreadable(f"{digits[:40]!r} is followed by another number")
            return Node("mixed", (whole, part))
        return whole

    def subscript(self) -> str:
        """The text of a subscript with its underscore, or an empty string."""
        if not self.takes("_"):
            return ""
        if not self.takes("{"):
            return "_" + self.take().text
        pieces = []
        while not self.takes("}"):
            pieces.append(self.take().text)
        return "_" + "".join(pieces)

    def command(self, name: str) -> Node:
        self.deeper()
        if name == "sqrt":
            index = number(2)
            if self.takes("["):
                index = self.expr()
                self.expect("]")
            node = Node("root", (self.argument(split_digits=False), index))
        else:
            first = self.argument(split_digits=True)
            node = Node("/" if name == "frac" else "binom", (first, self.argument(split_digits=True)))
        self.depth -= 1
        return node

    def argument(self, *, split_digits: bool) -> Node:
        """A braced group or one token; `\\frac12` takes one digit each, `\\sqrt12` is read as people mean it."""
        kind, text = self.peek
        if kind == "num" and split_digits and text.isdecimal() and len(text) > 1:
            self.tokens[self.position] = Token("num", text[1:])
            return number(int(text[0]))
        if kind == "num":
            return number(Fraction(self.take().text))
        return self.atom()

    def call(self, name: str) -> Node:
        """A function with its optional base and power, applied to a bracket or to the product that follows."""
        self.deeper()
        base = self.argument_after("_")
        power = self.argument_after("^")
        if self.sees("(", "["):
            opening = self.take().text
            arguments = self.items(self.expr)
            self.expect(_CLOSING[opening][0])
        else:
            factors = [self.power()]
            while self.starts_factor() and self.peek.kind != "fn":
                factors.append(self.power())
            arguments = [_product(factors)]
        self.depth -= 1
        if base is not None:
            arguments.append(base)
        if power == Node("neg", (number(1),)):
            return Node("call", tuple(arguments), name=f"arc{name}")
        call = Node("call", tuple(arguments), name=name)
        return call if power is None else Node("^", (call, power))

    def argument_after(self, operator: str) -> Node | None:
        return self.argument(split_digits=False) if self.takes(operator) else None


def _is_proper(part: Node) -> bool:
    """Whether a fraction is one of two whole numbers that can follow a whole number in a mixed one."""
    if part.op != "/" or not all(arg.op == "num" and _is_whole(arg) for arg in part.args):
        return False
    numerator, denominator = (arg.value or Fraction(0) for arg in part.args)
    return 0 < numerator < denominator


def _sum(terms: list[Node]) -> Node:
    return terms[0] if len(terms) == 1 else Node("+", tuple(terms))


def _product(factors: list[Node]) -> Node:
    return factors[0] if len(factors) == 1 else Node("*", tuple(factors))
