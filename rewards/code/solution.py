"""Inside the sandbox, with the model's code: runs it as a script, or answers calls to what it defines.

Nothing here is trusted: the code shares this process and may change all of it. It never sees an expected value, and
what it sends is read as data.
"""

from __future__ import annotations

import asyncio
import atexit
import builtins
import contextlib
import dataclasses
import enum
import gc
import io
import linecache
import operator
import os
import stat
import sys
import threading
import traceback
import types
from collections.abc import Callable, Iterator
from typing import Any

from rewards.code.codec import Channel, Gone, NotData, decode, encode

STREAMS = {"/dev/stdin": 0, "/dev/stdout": 1, "/dev/stderr": 2, "/dev/null": 2}
"""Paths that programs open although the sandbox has no such files; standard error goes nowhere."""


def run_script(channel: Channel, job: dict[str, Any]) -> int:
    """Runs the code as `__main__` on standard input and output; the exit status that an interpreter would have."""
    status = 0
    module, first_stdout = _module("__main__", job["preamble"]), sys.stdout
    try:
        _execute(job["code"], module)
    except SystemExit as leaving:
        status = _status(leaving.code)
    except BaseException as error:
        _report(channel, error)
        status = 1
    try:
        threading._shutdown()  # type: ignore[attr-defined]  # what the interpreter does, in its order
        atexit._run_exitfuncs()
        _flush(sys.stdout)  # one of the program's own needs the program's names
        vars(module).clear()  # buffers that the program made are written when they are collected
        gc.collect()
        _flush(first_stdout)
    except SystemExit as leaving:
        status = _status(leaving.code)
    except BaseException as error:
        _report(channel, error)
        status = status or 1
    return status


def _flush(stream: Any) -> None:
    if not getattr(stream, "closed", False):  # a program's own stream need not have it
        stream.flush()


def serve_calls(channel: Channel, job: dict[str, Any]) -> None:
    """Runs the code, then answers requests until the other side hangs up."""
    module = _module("solution", job["preamble"])
    try:
        _execute(job["code"], module)
    except BaseException as error:  # SystemExit too: a program that leaves early answers nothing
        channel.send({"error": _described(error)})
        return
    channel.send({"ready": True})
    handles = Handles()
    while True:
        try:
            request = channel.receive()
        except Gone:
            return
        reply = _answer(request, vars(module), handles)
        try:
            channel.send(reply)
        except NotData as error:
            channel.send({"error": ["ValueError", f"the result: {error}"]})


class Handles:
    """Values that are no data stay here; only their number leaves. An object has one number, so that `is` works."""

    def __init__(self) -> None:
        self._values: list[Any] = []
        self._numbers: dict[int, int] = {}

    def keep(self, value: Any) -> list[Any]:
        """The tagged reference for a value."""
        return ["h", self._number(value), *_kind(value)]

    def attach(self, value: Any, plain: Any) -> Any:
        """A value of a subclass, or an array, as data, with the reference by which its own attributes are found."""
        kind = type(value)
        is_scalar = kind.__module__ == "numpy" and kind.__name__ != "ndarray"
        return plain if is_scalar else ["k", plain, self._number(value)]

    def _number(self, value: Any) -> int:
        number = self._numbers.setdefault(id(value), len(self._values))
        if number == len(self._values):
            self._values.append(value)  # which keeps its address from being another's
        return number

    def resolve(self, data: list[Any]) -> Any:
        if data[0] != "h":
            raise NotData(f"unknown tag {data[0]}")
        return self._values[data[1]]


def _kind(value: Any) -> tuple[str, str]:
    """What the tests may do with a value that is no data, and its name: of a member of an enumeration, or its class."""
    name = type(value).__name__
    if isinstance(value, enum.Enum):
        return "member", f"{name}.{value.name}"
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return "record", name
    if isinstance(value, types.CoroutineType):
        return "coroutine", name
    return "iterator" if isinstance(value, Iterator) else "object", name


def _fields(record: Any) -> list[Any]:
    """What two records must have in common to be equal."""
    return [[field.name, getattr(record, field.name)] for field in dataclasses.fields(record) if field.compare]


def _answer(request: dict[str, Any], namespace: dict[str, Any], handles: Handles) -> dict[str, Any]:
    try:
        target = request["target"]
        subject = handles.resolve(["h", target]) if isinstance(target, int) else _find(target, namespace)
        arguments = decode(request["args"], handles.resolve)
        named = decode(request["kwargs"], handles.resolve)
        result = _OPERATIONS[request["op"]](subject, *arguments, **named)
        reply = {"value": encode(result, handles.keep, handles.attach)}
        if result is None and request["op"] == "call" and (arguments or named):
            with contextlib.suppress(NotData):  # what cannot leave has changed for the program alone
                reply["after"] = encode([*arguments, *named.values()], handles.keep, handles.attach)
        return reply
    except StopIteration as error:
        return {"stop": True} if request.get("op") == "next" else {"error": _described(error)}
    except BaseException as error:  # the other side decides what an error means
        return {"error": _described(error)}


_OPERATIONS: dict[str, Callable[..., Any]] = {
    "call": lambda subject, /, *arguments, **named: subject(*arguments, **named),
    "get": getattr,
    "set": setattr,
    "next": next,
    "iter": iter,
    "len": len,
    "truth": bool,
    "item": lambda subject, key: subject[key],
    "setitem": operator.setitem,
    "delitem": operator.delitem,
    "await": asyncio.run,
    "text": str,
    "repr": repr,
    "fields": _fields,
    "instance": lambda kind, value: isinstance(value, kind),
}


def _find(name: str, namespace: dict[str, Any]) -> Any:
    """A global of the solution, or else a method of its class `Solution`, as LeetCode writes it."""
    if name in namespace:
        return namespace[name]
    solution = namespace.get("Solution")
    if isinstance(solution, type) and hasattr(solution, name):
        return getattr(solution(), name)
    raise NameError(f"name {name!r} is not defined")


def _described(error: BaseException) -> list[str]:
    """The names of the error's built-in classes, most special first, and its text."""
    try:
        text = str(error)[:500]
    except BaseException:
        text = ""
    names = [kind.__name__ for kind in type(error).__mro__ if vars(builtins).get(kind.__name__) is kind]
    return [names[0] if names else "Exception", text, type(error).__name__]


def _report(channel: Channel, error: BaseException) -> None:
    """Tells the supervisor what went wrong, for the log only."""
    with contextlib.suppress(BaseException):
        sys.stdout.flush()
    with contextlib.suppress(BaseException):
        lines = traceback.format_exception_only(error)
        channel.send({"error": ["Exception", lines[-1].strip()[:500], type(error).__name__]})


def _status(code: object) -> int:
    if code is None:
        return 0
    return code & 0xFF if isinstance(code, int) else 1


def _module(name: str, preamble: str) -> types.ModuleType:
    """A fresh module for the program, entered in sys.modules, with the preamble's names in it."""
    module = types.ModuleType(name)
    sys.modules[name] = module
    vars(module)["__builtins__"] = builtins
    vars(module)["__file__"] = "/tmp/solution.py"
    if preamble.strip():
        exec(compile(preamble, "<preamble>", "exec"), vars(module))
    return module


def _execute(code: str, module: types.ModuleType) -> None:
    linecache.cache["<solution>"] = (len(code), None, code.splitlines(keepends=True), "<solution>")  # for `inspect`
    exec(compile(code, "<solution>", "exec", dont_inherit=True), vars(module))


def make_streams() -> tuple[io.TextIOWrapper, ...]:
    """Standard streams for programs that are yet to be forked; made on pipes, as most will have them."""
    kept = [os.dup(number) for number in range(3)]
    reading, writing = os.pipe()
    try:
        for number, descriptor in enumerate((reading, writing, writing)):
            os.dup2(descriptor, number)
        return (
            _stream(0, "r", "<stdin>"),
            _stream(1, "w", "<stdout>"),
            _stream(2, "w", "<stderr>", errors="backslashreplace"),
        )
    finally:
        for number, descriptor in enumerate(kept):
            os.dup2(descriptor, number)
        for descriptor in (*kept, reading, writing):
            os.close(descriptor)


def open_streams(streams: tuple[io.TextIOWrapper, ...], input_bytes: int) -> None:
    """Gives the program its standard streams, and an `open` that knows their paths."""
    sys.stdin, sys.stdout, sys.stderr = sys.__stdin__, sys.__stdout__, sys.__stderr__ = streams
    real_open, real_fstat = io.open, os.fstat

    def open_here(file: Any, *arguments: Any, **named: Any) -> Any:
        number = STREAMS.get(os.fspath(file)) if isinstance(file, str | os.PathLike) else None
        return real_open(file if number is None else os.dup(number), *arguments, **named)

    def fstat_here(descriptor: Any) -> os.stat_result:
        """Many read `os.fstat(0).st_size` bytes: contest sites give the input as a file, here it is a pipe."""
        found = real_fstat(descriptor)
        if descriptor == 0 and stat.S_ISFIFO(found.st_mode):
            return os.stat_result([*found[:6], input_bytes, *found[7:10]])
        return found

    io.open = builtins.open = open_here
    os.fstat = fstat_here


def _stream(number: int, mode: str, name: str, errors: str = "strict") -> io.TextIOWrapper:
    """As the interpreter makes its own: with a name, and the mode that programs look at."""
    raw = io.FileIO(number, mode, closefd=False)
    raw.name = name  # type: ignore[misc]
    buffer = io.BufferedReader(raw) if mode == "r" else io.BufferedWriter(raw)
    stream = io.TextIOWrapper(buffer, encoding="utf-8", errors=errors)
    stream.mode = mode  # type: ignore[misc]
    return stream
