"""What the data says a program must do, in three forms: calls, scripts, asserts; read from the known layouts.

    HumanEval       {prompt, test, entry_point}                       asserts (`check(candidate)`)
    MBPP            {test_list, test_imports | test_setup_code, code}  asserts, one test each
    APPS            {input_output: {inputs, outputs, fn_name?}}       scripts, or calls where there is a fn_name
    LiveCodeBench   {public_test_cases, private_test_cases, metadata} scripts, or calls for `functional`
    own             {tests: [{input, output}, ...]}                   scripts
                    {tests: [{args, kwargs?, expected}, ...], entry_point}  calls
                    {tests: "assert ..." or a list of them, entry_point?, setup?}  asserts

Columns that hold JSON may hold it as text.
"""

from __future__ import annotations

import ast
import builtins
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rewards.base import RewardError

CONTEST_PREAMBLE = """\
import sys, math, re, string, random, itertools, functools, collections, heapq, bisect, operator, copy, datetime
from typing import *
from collections import *
from itertools import *
from functools import *
from heapq import *
from bisect import *
from math import *
from operator import *
sys.setrecursionlimit(50000)
"""
"""What contest sites import for everybody; their starter code uses `List` and its like unimported."""
_LIBRARY = {
    "Counter": "collections", "OrderedDict": "collections", "defaultdict": "collections", "deque": "collections",
    "namedtuple": "collections", "Fraction": "fractions", "Decimal": "decimal", "date": "datetime",
    "timedelta": "datetime", "isclose": "math", "deepcopy": "copy",
}  # fmt: skip
_ALIASES = {"np": "numpy", "pd": "pandas", "plt": "matplotlib.pyplot"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One call and the value it must give."""

    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    expected: tuple[Any, ...]
    """Any of these will do: APPS wraps some results in a list and some not."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Calls:
    """Calls of one function, their results compared outside the sandbox."""

    entry_point: str
    cases: tuple[Call, ...]
    as_json: bool
    stub: str = ""
    preamble: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Scripts:
    """Runs of the whole program: (standard input, expected output)."""

    cases: tuple[tuple[str, str], ...]
    entry_point: str = ""
    stub: str = ""
    preamble: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Asserts:
    """Test code, which runs in a process of its own; only calls of `names` reach the program."""

    setup: str
    names: tuple[str, ...]
    tests: tuple[str, ...]
    entry_point: str = ""
    stub: str = ""
    preamble: str = ""


Suite = Calls | Scripts | Asserts


def read_suite(reference: Mapping[str, Any]) -> Suite:
    """The tests that a row of data holds.

    Raises:
        RewardError: when the row has none, or in no known layout; it says what is there and what to do.

    >>> read_suite({"test_list": ["assert f(1) == 2"]}).names
    ('f',)
    >>> read_suite({"tests": [{"input": "1", "output": "2"}]}).cases
    (('1', '2'),)
    """
    try:
        suite = _read(reference)
    except (KeyError, TypeError, ValueError, SyntaxError) as error:
        if isinstance(error, RewardError):
            raise
        raise RewardError(f"the row's tests cannot be read: {type(error).__name__}: {error}; correct the row") from None
    if not (suite.tests if isinstance(suite, Asserts) else suite.cases):
        raise RewardError("the row has an empty list of tests; drop it")
    return suite


def _read(reference: Mapping[str, Any]) -> Suite:
    has = {key for key, value in reference.items() if value is not None and value != ""}
    if {"test", "entry_point"} <= has:
        return _humaneval(reference)
    if "test_list" in has:
        imports = reference.get("test_imports") or []
        setup = "\n".join([*imports, str(reference.get("test_setup_code") or "")])
        return _asserts(setup, tuple(reference["test_list"]), str(reference.get("code") or ""), "")
    if "input_output" in has:
        return _apps(_json(reference["input_output"]))
    if {"public_test_cases", "private_test_cases"} & has:
        return _livecodebench(reference)
    if "tests" in has:
        return _own(_json_list(reference["tests"]), reference)
    shown = ", ".join(map(repr, reference)) or "nothing"
    raise RewardError(
        f"the row has no tests in a known layout; it has {shown}: map a column to `tests`, `test_list`, `test` and "
        "`entry_point`, `input_output`, or `public_test_cases`"
    )


def _humaneval(reference: Mapping[str, Any]) -> Asserts:
    entry_point, stub = str(reference["entry_point"]), str(reference.get("prompt") or "")
    return Asserts(
        setup=f"{stub}\n\n{reference['test']}",
        names=(entry_point,),
        tests=(f"check({entry_point})",),
        entry_point=entry_point,
        stub=stub,
    )


def _apps(data: Any) -> Calls | Scripts:
    inputs, outputs, name = data["inputs"], data["outputs"], data.get("fn_name")
    if len(inputs) != len(outputs):
        raise RewardError(f"the row has {len(inputs)} inputs and {len(outputs)} outputs; correct or drop it")
    pairs = list(zip(inputs, outputs, strict=True))
    if not name:
        return Scripts(cases=tuple((_text(i), _text(o)) for i, o in pairs), preamble=CONTEST_PREAMBLE)
    cases = []
    for arguments, output in pairs:
        unwrapped = (output[0],) if isinstance(output, list) and len(output) == 1 else ()
        cases.append(Call(args=tuple(arguments), kwargs={}, expected=(output, *unwrapped)))
    return Calls(entry_point=name, cases=tuple(cases), as_json=True, preamble=CONTEST_PREAMBLE)


def _livecodebench(reference: Mapping[str, Any]) -> Calls | Scripts:
    cases: list[dict[str, Any]] = []
    for column in ("public_test_cases", "private_test_cases"):
        try:
            cases += _json(reference.get(column) or [])
        except ValueError:
            raise RewardError(
                f"{column} is not JSON: LiveCodeBench packs it with pickle, which is never loaded here; unpack it to "
                "JSON when you prepare the data"
            ) from None
    if not cases or cases[0].get("testtype") != "functional":
        return Scripts(cases=tuple((c["input"], c["output"]) for c in cases), preamble=CONTEST_PREAMBLE)
    name = _json(reference.get("metadata") or "{}").get("func_name") or reference.get("entry_point")
    if not name:
        raise RewardError("functional LiveCodeBench tests need metadata.func_name; map that column")
    calls = [
        Call(
            args=tuple(json.loads(line) for line in case["input"].split("\n") if line.strip()),
            kwargs={},
            expected=(json.loads(case["output"]),),
        )
        for case in cases
    ]
    return Calls(entry_point=name, cases=tuple(calls), as_json=True, preamble=CONTEST_PREAMBLE)


def _own(tests: list[Any], reference: Mapping[str, Any]) -> Suite:
    entry_point, stub = str(reference.get("entry_point") or ""), str(reference.get("stub") or "")
    if all(isinstance(test, str) for test in tests):
        asserts = _asserts(
            str(reference.get("setup") or ""), tuple(tests), str(reference.get("code") or ""), entry_point
        )
        return asserts
    if all(isinstance(test, Mapping) and "output" in test for test in tests):
        return Scripts(cases=tuple((_text(test.get("input", "")), _text(test["output"])) for test in tests))
    if not entry_point:
        raise RewardError("tests with args and expected need the function's name; map a column to `entry_point`")
    cases = [
        Call(args=tuple(test.get("args", ())), kwargs=dict(test.get("kwargs") or {}), expected=(test["expected"],))
        for test in tests
    ]
    return Calls(entry_point=entry_point, cases=tuple(cases), as_json=isinstance(reference["tests"], str), stub=stub)


def _asserts(setup: str, tests: tuple[str, ...], code: str, entry_point: str) -> Asserts:
    """Decides which free names of the tests stand for the program; decided by the data alone, never by a completion."""
    own = _defined(code)
    free, only_modules = _free_names("\n".join([setup, *tests]), own)
    imports, names = [], [entry_point] if entry_point else []
    for name in sorted(free):
        if name in own or name == entry_point:
            names.append(name)
        elif name in only_modules and (name in sys.stdlib_module_names or name in _ALIASES):
            imports.append(f"import {_ALIASES.get(name, name)} as {name}")
        elif name in _LIBRARY:
            imports.append(f"from {_LIBRARY[name]} import {name}")
        else:
            names.append(name)
    names = names or sorted({name for test in tests for name in _asked_first(test)})
    if not names:
        raise RewardError(
            f"the tests call nothing of the program: {str(tests)[:200]}; set `entry_point`, or drop the row"
        )
    unique = tuple(dict.fromkeys(names))
    return Asserts(setup="\n".join([*imports, setup]), names=unique, tests=tests, entry_point=entry_point or unique[0])


def _free_names(code: str, own: set[str]) -> tuple[set[str], set[str]]:
    """(names that are read and never bound, those of them of which only attributes are used).

    Built-in names are bound, unless the reference code defines its `own` of that name.
    """
    tree = ast.parse(code)
    bound, read, bases, imported = set(vars(builtins)) - own, list[str](), list[str](), set[str]()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            (read.append if isinstance(node.ctx, ast.Load) else bound.add)(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            bound.add(node.name)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            bound.add(node.name)
        elif isinstance(node, ast.alias):
            bound.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, ast.ImportFrom) and node.module == "solution":
            imported |= {alias.asname or alias.name for alias in node.names}
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            bases.append(node.value.id)
    free = (set(read) - bound) | (imported & set(read))
    return free, {name for name in free if read.count(name) == bases.count(name)}


def _asked_first(test: str) -> list[str]:
    """The functions whose results the asserts compare first: what a program must define under a built-in name."""
    asserted = [node.test for node in ast.walk(ast.parse(test)) if isinstance(node, ast.Assert)]
    subjects = [test.left if isinstance(test, ast.Compare) else test for test in asserted]
    return [node.func.id for node in subjects if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]


def _defined(code: str) -> set[str]:
    """The names that reference code defines at its outermost level."""
    try:
        body = ast.parse(code).body
    except SyntaxError:
        return set()
    return {node.name for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef)}


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def _json_list(value: Any) -> list[Any]:
    """A list of tests; text is JSON when it looks like a list, else one piece of test code."""
    if isinstance(value, str):
        return json.loads(value) if value.lstrip().startswith("[") else [value]
    return list(value)


def _text(value: Any) -> str:
    """Input or output as text: APPS has lists of lines among its strings."""
    if isinstance(value, str):
        return value
    return "\n".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
