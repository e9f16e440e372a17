"""Shapes of answers: what defines a quantity, which brackets are a matrix, both readings of a plus-minus sign."""

from __future__ import annotations

from fractions import Fraction

from rewards.math.exact import exact, symbols
from rewards.math.nodes import Node, number

STRUCTURES = frozenset({"list", "set", "bracket", "union", "setminus", "ratio", "matrix", "rel"})
_FUNCTION_NAMES = frozenset("fghFGHPW")


def is_equation(relation: Node) -> bool:
    return set(relation.name.split(",")) <= {"=", "in"}


def is_membership(relation: Node) -> bool:
    """Whether a relation says in which interval something lies: no list of two numbers says the same."""
    return relation.name == "in" and relation.args[-1].op == "bracket"


def is_definition(relation: Node) -> bool:
    """Whether its last side is what it says: `x = 5`, `f(x) = 2x + 1`, `AB = 5`, `9 + 9 = 18`; not `x^2 + y^2 = 1`.

    >>> from rewards.math.notation import parse
    >>> [is_definition(parse(text)) for text in ("x = 5", "(p, q) = (3, 2)", "2x = 5", "7 = 11a + c")]
    [True, True, False, False]
    """
    left, right = relation.args[0], relation.args[-1]
    if not is_equation(relation):
        return False
    if left.op == "bracket" and all(arg.op == "sym" for arg in left.args):
        return True
    if _is_derivative(left):
        return True
    if left.op == "*" and len(left.args) == 2 and all(arg.op == "sym" for arg in left.args):
        function, variable = (arg.name for arg in left.args)
        if variable in symbols(right) and function not in symbols(right):  # p(x) = x^2
            return True
    return is_quantity(left) or not (symbols(left) | symbols(right))


def names_a_quantity(relation: Node, gold: Node) -> bool:
    """Whether an equation says what `m + n`, `xyz`, `\\cos A` or `\\lfloor x \\rfloor` is, where a number is asked for.

    >>> from rewards.math.notation import parse
    >>> [names_a_quantity(parse(text), parse("14")) for text in ("m + n = 14", "2x = 14", "x^2 = 14")]
    [True, False, False]
    """
    left, right = relation.args[0], relation.args[-1]
    if not is_equation(relation) or symbols(right) or symbols(gold) or gold.op in STRUCTURES:
        return False
    if left.op == "call":
        return all(arg.op == "sym" for arg in left.args)
    terms = [term.args[0] if term.op == "neg" else term for term in left.args]
    return left.op in ("+", "*") and all(term.op == "sym" for term in terms) and len(set(terms)) == len(terms)


def _is_derivative(node: Node) -> bool:
    """Whether a tree is `dy/dx` or the inverse or power of a function, `f^{-1}(x)`."""
    if node.op == "/":
        return all(arg.op == "*" and arg.args[0] == Node("sym", name="d") for arg in node.args)
    if node.op != "*" or len(node.args) != 2 or node.args[0].op != "^":
        return False
    return (
        node.args[0].args[0].op == "sym" and node.args[0].args[0].name in _FUNCTION_NAMES and node.args[1].op == "sym"
    )


def is_quantity(node: Node) -> bool:
    """Whether a tree only names something: `x`, `f(x)`, the segment `AB`, its length `|AB|`, a ratio of such."""
    if node.op == "sym":
        return True
    if node.op in ("/", "ratio", "abs"):
        return all(arg.op != "sym" or arg.name[0].isupper() for arg in node.args) and all(map(is_quantity, node.args))
    if node.op != "*" or not 2 <= len(node.args) <= 4:
        return False
    first, second, *others = node.args
    if first.op == "sym" and first.name[0] in _FUNCTION_NAMES and second.op in ("sym", "num", "bracket") and not others:
        return True
    return all(arg.op == "sym" and arg.name[0].isupper() for arg in node.args)


def value_first(relation: Node) -> Node:
    """`5 = x` the other way round; other relations unchanged."""
    if relation.op != "rel" or relation.name != "=":
        return relation
    left, right = relation.args
    return Node("rel", (right, left), name="=") if right.op == "sym" and not symbols(left) else relation


def ascending(relation: Node) -> Node:
    """The same chain of comparisons with `<` instead of `>`."""
    operators = relation.name.split(",")
    if not all(op in (">", ">=") for op in operators):
        return relation
    flipped = ",".join(op.replace(">", "<") for op in reversed(operators))
    return Node("rel", relation.args[::-1], name=flipped)


def same_index(one: Node, other: Node) -> tuple[Node, Node]:
    """`x_1 = 2` beside `x = 2` without its index, as both name the same unknown; others unchanged."""
    left, right = one.args[0], other.args[0]
    if left.op != "sym" or right.op != "sym" or ("_" in left.name) == ("_" in right.name):
        return one, other
    if left.name.partition("_")[0] != right.name.partition("_")[0]:
        return one, other
    bare = Node("sym", name=left.name.partition("_")[0])
    first, second = (Node(node.op, (bare, *node.args[1:]), name=node.name) for node in (one, other))
    return first, second


def same_constant(one: Node, other: Node) -> tuple[Node, Node]:
    """`x^2 + c` beside `x^2 + C` with the same letter for the constant of integration; others unchanged."""
    if one.op != "+" or other.op != "+":
        return one, other
    for small, large in ((one, other), (other, one)):
        if _SMALL_C in small.args and _LARGE_C in large.args:
            if symbols(small) & {"C"} or symbols(large) & {"c"}:
                return one, other
            renamed = Node("+", tuple(_LARGE_C if term == _SMALL_C else term for term in small.args))
            return (renamed, other) if small is one else (one, renamed)
    return one, other


_SMALL_C, _LARGE_C = Node("sym", name="c"), Node("sym", name="C")


def same_range(one: Node, other: Node) -> tuple[Node, Node]:
    """Both trees without the range of an index, `k \\in Z`, that only one of them states; others unchanged."""
    bare = _without_range(one), _without_range(other)
    return (one, other) if (bare[0] is one) == (bare[1] is other) else bare


def _without_range(node: Node) -> Node:
    if node.op != "list" or len(node.args) < 2:
        return node
    last, index = node.args[-1], node.args[-1].args[0] if node.args[-1].args else node
    is_range = last.op == "rel" and last.name == "in" and last.args[1] == Node("sym", name="set Z")
    rest = node.args[:-1]
    if not is_range or index.op != "sym" or not any(index.name in symbols(item) for item in rest):
        return node
    return rest[0] if len(rest) == 1 else Node("list", rest)


def as_tuple(node: Node) -> tuple[Node, ...] | None:
    """The members of a matrix of one row or column, or of `x = 1, y = 2` in the order of its names; None for others."""
    if node.op == "matrix":
        return node.args if node.name in ("1", str(len(node.args))) else None
    if node.op != "list":
        return None
    if not all(arg.op == "rel" and arg.name == "=" and arg.args[0].op == "sym" for arg in node.args):
        return node.args
    return tuple(sorted(node.args, key=lambda arg: arg.args[0].name))


def as_matrix(node: Node) -> Node:
    """`[[1, 2], [3, 4]]` as the matrix that it is, a number times a matrix as one; others unchanged."""
    if node.op == "neg" and node.args[0].op == "matrix":
        node = Node("*", (number(-1), node.args[0]))
    if node.op == "*" and sum(arg.op == "matrix" for arg in node.args) == 1:
        matrix = next(arg for arg in node.args if arg.op == "matrix")
        factors = tuple(arg for arg in node.args if arg.op != "matrix")
        cells = (Node("*", (*factors, cell)) for cell in matrix.args)
        values = ((exact(cell), cell) for cell in cells)
        return Node(
            "matrix", tuple(cell if value is None else number(value) for value, cell in values), name=matrix.name
        )
    rows = node.args
    is_one = (
        node.op == "bracket" and node.name == "[]" and all(row.op == "bracket" and row.name == "[]" for row in rows)
    )
    if not is_one or len({len(row.args) for row in rows}) != 1:
        return node
    return Node("matrix", tuple(cell for row in rows for cell in row.args), name=str(len(rows[0].args)))


def as_fraction(node: Node, other: Node) -> Node:
    """A ratio of two as a fraction, `x: 5` as 5 beside an answer without x; others unchanged."""
    if node.op != "ratio" or len(node.args) != 2:
        return node
    first, second = node.args
    is_label = first.op == "sym" and not symbols(second) and first.name not in symbols(other)
    return second if is_label else Node("/", node.args)


def rational_shares(node: Node) -> list[Fraction] | None:
    """The parts of a ratio by its first one, None where one is not rational or the first is 0."""
    parts = [exact(arg) for arg in node.args]
    first = parts[0]
    if not first or any(part is None for part in parts):
        return None
    return [(part or Fraction(0)) / first for part in parts]


def spread(node: Node) -> Node:
    """A tree with plus-minus signs as the list of its two readings; others unchanged, a set of one as its member."""
    if node.op == "union" and all(arg.op == "set" for arg in node.args):
        return spread(Node("set", tuple(dict.fromkeys(item for arg in node.args for item in arg.args))))
    if node.op == "set" and len(node.args) == 1:
        return spread(node.args[0])
    if node.op in ("list", "set"):
        items = [spread(item) for item in node.args]
        return Node(node.op, tuple(part for item in items for part in (item.args if item.op == "list" else (item,))))
    if node.op in STRUCTURES and node.op != "rel":
        return node
    if node.op == "rel":
        last = spread(node.args[-1])
        if last.op != "list" or node.args[-1].op == "list":
            signed = node.args[-1].op not in STRUCTURES and _has_signs(node)
            return Node("list", (_with_sign(node, 1), _with_sign(node, -1))) if signed else node
        return Node("list", tuple(Node("rel", (*node.args[:-1], item), name=node.name) for item in last.args))
    if not _has_signs(node):
        return node
    return Node("list", (_with_sign(node, 1), _with_sign(node, -1)))


def _has_signs(node: Node) -> bool:
    return node.op in ("pm", "mp") or any(map(_has_signs, node.args))


def _with_sign(node: Node, sign: int) -> Node:
    args = tuple(_with_sign(arg, sign) for arg in node.args)
    if node.op not in ("pm", "mp"):
        return Node(node.op, args, name=node.name, value=node.value)
    positive = (sign > 0) == (node.op == "pm")
    last = args[-1] if positive else Node("neg", (args[-1],))
    return last if len(args) == 1 else Node("+", (args[0], last))
