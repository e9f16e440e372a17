"""Does a completion call the right functions? The names and arguments of its calls against those of the data."""

from __future__ import annotations

import ast
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any, Literal, NamedTuple

from rewards.base import RewardError, Sample, Verdict
from rewards.functions import describe
from rewards.json_text import JSON_FENCES, UnreadableJson, fenced_blocks, read_json
from rewards.math.turns import after_thinking
from rewards.text import has_content

MAX_PYTHON_CHARS = 10_000
MAX_CALLS = 50
MAX_BRACKETS = 40
"""Deepest nesting of brackets that is given to Python's parser."""
_JSON_CALL_FENCES = JSON_FENCES | {"tool_call"}
_PYTHON_CALL_FENCES = frozenset({"tool_code", "tool_call", "python", "py"})


class Call(NamedTuple):
    """One function call; equal ones have the same name and the same arguments in any order."""

    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class FunctionCalls:
    """1.0 when the completion makes exactly the calls of the data, else 0.0, or a share of them.

    The gold calls stand in `sample.reference[calls_key]`: a list, or its JSON text, of `{name: ..., arguments: {...}}`
    (also as `{function: {...}}`, with `parameters` for `arguments`, or with arguments as JSON text). An empty list asks
    for an answer without a call. The order of arguments never matters. Values must be equal with their types: 1 is 1.0,
    but neither "1" nor true. A missing, wrong or additional argument or call is a fault, so that stuffing does not pay.

    With `partial`:
        value = sum over matched pairs of (arguments right / arguments in either, 1 for none) / max(calls, gold calls)
    where calls of the same name are matched, the best pairs first.

    Calls are read after the thinking section: in all `<tool_call>...</tool_call>`, else in all fenced blocks, else in
    the whole text. Text around the first two is allowed. One that cannot be read makes the value 0.0, and so does being
    cut off. Gold calls that cannot be read are a failure.

    >>> gold = {"calls": [{"name": "weather", "arguments": {"city": "Rome", "days": 2}}]}
    >>> text = '<tool_call>{"name": "weather", "arguments": {"days": 2, "city": "Rome"}}</tool_call>'
    >>> FunctionCalls(syntax="json")([Sample(prompt="", completion=text, reference=gold)])[0].value
    1.0
    >>> text = "```tool_code\\nweather(city='Rome', days=3)\\n```"
    >>> FunctionCalls(syntax="python", partial=True)([Sample(prompt="", completion=text, reference=gold)])[0].value
    0.5
    """

    syntax: Literal["json", "python"]
    """How the model was told to write calls: as JSON objects, or as Python calls with keyword arguments."""
    calls_key: str = "calls"
    """Where `sample.reference` holds the gold calls."""
    ordered: bool = False
    """Whether the calls must come in the order of the gold ones."""
    partial: bool = False
    """Whether some right arguments are worth something."""

    def __post_init__(self) -> None:
        if self.syntax not in ("json", "python"):
            raise RewardError(f"FunctionCalls: syntax is {self.syntax!r}; give json or python")
        if not isinstance(self.calls_key, str) or not self.calls_key:
            raise RewardError(f"FunctionCalls: calls_key is {self.calls_key!r}; give the name of a reference field")
        if self.ordered and self.partial:
            raise RewardError("FunctionCalls: ordered and partial are both true; credit by share knows no order")

    def __call__(self, group: Sequence[Sample]) -> list[Verdict]:
        return [self._judge(sample) for sample in group]

    def _judge(self, sample: Sample) -> Verdict:
        try:
            gold = gold_calls(sample.reference.get(self.calls_key))
        except RewardError as error:
            return Verdict.failed(f"reference[{self.calls_key!r}]: {error}")
        if sample.finish_reason == "length":
            return Verdict.of(0.0, "cut off")
        try:
            made = read_calls(after_thinking(sample.completion), self.syntax)
        except UnreadableJson as error:
            return Verdict.of(0.0, str(error))
        if not made and not gold:
            # `[]` and `print()` make no call, and say nothing either.
            answered = has_content(_split(after_thinking(sample.completion), self.syntax)[1])
            return Verdict.of(float(answered), "rightly no call" if answered else "no answer")
        left = list(gold)
        for call in made:
            if call in left:
                left.remove(call)
        right = made == gold if self.ordered else len(made) == len(gold) and not left
        value = 1.0 if right else _credit(made, gold) if self.partial else 0.0
        return Verdict.of(value, f"{len(gold) - len(left)} of {len(gold)} calls right, {len(made)} made")


def _credit(made: Sequence[Call], gold: Sequence[Call]) -> float:
    """The share of the gold calls' arguments that were given, over calls of the same name, the best pairs first."""
    pairs = [
        (_arguments_right(call, wanted), i, j)
        for i, call in enumerate(made)
        for j, wanted in enumerate(gold)
        if call.name == wanted.name
    ]
    used_made, used_gold, total = set[int](), set[int](), 0.0
    for share, i, j in sorted(pairs, key=lambda pair: (-pair[0], pair[1:])):
        if i not in used_made and j not in used_gold:
            used_made.add(i)
            used_gold.add(j)
            total += share
    return total / max(len(made), len(gold), 1)


def _arguments_right(call: Call, wanted: Call) -> float:
    names = call.arguments.keys() | wanted.arguments.keys()
    shared = call.arguments.keys() & wanted.arguments.keys()
    right = sum(call.arguments[name] == wanted.arguments[name] for name in shared)
    return right / len(names) if names else 1.0


def gold_calls(value: Any) -> list[Call]:
    """The calls that the data asks for; call it for every row when data loads.

    Raises:
        RewardError: when they are neither a list of calls nor its JSON text.

    >>> gold_calls('[{"name": "now", "arguments": {}}]')
    [Call(name='now', arguments={})]
    """
    try:
        plain = read_json(value if isinstance(value, str) else json.dumps(value, allow_nan=False))
        return _calls(plain)
    except (UnreadableJson, TypeError, ValueError) as error:
        raise RewardError(
            f"{str(value)[:200]!r} is no list of {{name: ..., arguments: {{...}}}} ({error}); "
            "map the column with the calls"
        ) from None


def read_calls(text: str, syntax: Literal["json", "python"]) -> list[Call]:
    """The calls that a text makes, in order; none where it tries none.

    Raises:
        UnreadableJson: when something that must be a call cannot be read, or there are more than 50.

    >>> read_calls("[now(), add(a=1, b=[2])]", "python")
    [Call(name='now', arguments={}), Call(name='add', arguments={'a': 1, 'b': [2]})]
    """
    parts, _ = _split(text, syntax)
    calls = [call for part in parts for call in (_json_calls(part) if syntax == "json" else _python_calls(part))]
    if len(calls) > MAX_CALLS:
        raise UnreadableJson(f"{len(calls)} calls are more than {MAX_CALLS}")
    return calls


def _split(text: str, syntax: Literal["json", "python"]) -> tuple[list[str], str]:
    """The parts of a text that must be calls, and the text beside them. Raises UnreadableJson."""
    parts, beside = _tagged(text)
    if not parts:
        parts, beside = fenced_blocks(text, _JSON_CALL_FENCES if syntax == "json" else _PYTHON_CALL_FENCES)
    whole = text.strip()
    looks_like_one = whole[:1] in ("{", "[") if syntax == "json" else bool(_LOOKS_CALLED.match(whole))
    return ([whole], "") if not parts and looks_like_one else (parts, beside)


def _tagged(text: str) -> tuple[list[str], str]:
    """The contents of all <tool_call> sections, and all other text.

    Raises:
        UnreadableJson: unless each one closes before the next opens.
    """
    sections = text.split("<tool_call>")
    if any(section.count("</tool_call>") != 1 for section in sections[1:]) or "</tool_call>" in sections[0]:
        raise UnreadableJson("a <tool_call> that does not close, or one inside another")
    inside = [section.partition("</tool_call>") for section in sections[1:]]
    return [part[0] for part in inside], sections[0] + "".join(part[2] for part in inside)


def _json_calls(text: str) -> list[Call]:
    return _calls(read_json(text.strip()))


def _calls(value: Any) -> list[Call]:
    """The calls in a JSON value: one call or a list of them."""
    return [_call(item) for item in (value if isinstance(value, list) else [value])]


def _call(item: Any) -> Call:
    if isinstance(item, dict) and isinstance(item.get("function"), dict):
        item = item["function"]
    if not isinstance(item, dict) or not isinstance(item.get("name"), str) or not item["name"]:
        raise UnreadableJson(f"{str(item)[:100]} is no call: it has no name")
    given = [key for key in ("arguments", "parameters") if key in item]
    if len(given) > 1:
        raise UnreadableJson(f"the call of {item['name'][:40]!r} has both arguments and parameters")
    arguments = item[given[0]] if given else {}
    arguments = read_json(arguments) if isinstance(arguments, str) else arguments
    if not isinstance(arguments, dict):
        raise UnreadableJson(f"the arguments of {item['name'][:40]!r} are no object")
    return Call(item["name"], {name: _comparable(value) for name, value in arguments.items()})


_LOOKS_CALLED = re.compile(r"\[?\s*[A-Za-z_][\w.]*\(")
_TOO_DEEP = re.compile(r"(?:[-+~]\s*|not\s+){20}")


def _python_calls(text: str) -> list[Call]:
    """The calls in Python text: calls one per line or in a list, with literal keyword arguments; nothing is run."""
    text = text.strip()
    if len(text) > MAX_PYTHON_CHARS:
        raise UnreadableJson(f"{len(text)} characters are more than {MAX_PYTHON_CHARS}")
    if _depth(text) > MAX_BRACKETS or _TOO_DEEP.search(text):
        raise UnreadableJson("nested too deep")
    try:
        statements = ast.parse(text).body
        nodes = [node for statement in statements for node in _expressions(statement)]
        return [_python_call(node) for node in nodes]
    except UnreadableJson:
        raise
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError) as error:
        raise UnreadableJson(f"no Python call: {describe(error)}") from None


def _depth(text: str) -> int:
    """The deepest nesting of brackets, brackets in texts included."""
    depth = deepest = 0
    for char in text:
        depth += (char in "([{") - (char in ")]}")
        deepest = max(deepest, depth)
    return deepest


def _expressions(statement: ast.stmt) -> list[ast.expr]:
    if not isinstance(statement, ast.Expr):
        raise UnreadableJson(f"a {type(statement).__name__} statement is no call")
    # Gemma wraps a call whose result it wants to see in print().
    node = statement.value
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print" and not node.keywords:
        return list(node.args)
    return list(node.elts) if isinstance(node, ast.List) else [node]


def _python_call(node: ast.expr) -> Call:
    if not isinstance(node, ast.Call):
        raise UnreadableJson("something that is no call")
    if node.args or any(keyword.arg is None for keyword in node.keywords):
        raise UnreadableJson("arguments without a name")
    name = ast.unparse(node.func)
    if not re.fullmatch(r"[\w.]+", name):
        raise UnreadableJson(f"{name[:40]!r} is no name of a function")
    arguments = {str(keyword.arg): _literal(keyword) for keyword in node.keywords}
    if len(arguments) != len(node.keywords):
        raise UnreadableJson("an argument twice")
    return Call(name, {key: _comparable(value) for key, value in arguments.items()})


def _literal(keyword: ast.keyword) -> Any:
    try:
        return ast.literal_eval(keyword.value)
    except ValueError:  # whose message holds an address in memory, which differs from run to run
        raise UnreadableJson(f"the argument {str(keyword.arg)[:40]!r} is no literal") from None


def _comparable(value: Any) -> Any:
    """The value in a form whose equality is that of JSON: types count, 1 and 1.0 are one, texts are composed (NFC)."""
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, bool) or value is None:
        return ("literal", str(value))  # since True == 1 in Python; equal to no text and no list
    if isinstance(value, Mapping):
        return {str(key): _comparable(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_comparable(inner) for inner in value]
    if isinstance(value, Real):
        return value
    raise UnreadableJson(f"a value of type {type(value).__name__}")
