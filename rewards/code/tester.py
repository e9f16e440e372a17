"""Inside the second sandbox, with the data's assert tests: runs them on stand-ins whose calls go to the solution.

The solution's process never holds the tests; this one never holds the solution's code. Results arrive as data. What is
no data arrives as a `Remote`, which cannot be compared, so that no lie about `==` gets here. It has a truth value, as a
match of a regular expression must have: a program could as well have returned True.
"""

from __future__ import annotations

import builtins
import sys
import types
from collections.abc import Iterator
from typing import Any

from rewards.code.codec import Channel, NotData, decode, encode

_UNSENT = (StopIteration, StopAsyncIteration, GeneratorExit, SystemExit, KeyboardInterrupt)
"""Errors that would end a loop or the process here instead of failing a test: they arrive as RuntimeError."""


class Remote:
    """A value that stayed in the solution's process. Attributes, calls, items and iteration are relayed."""

    __slots__ = ("_kind", "_line", "_target")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, line: Line, target: str | int, kind: str) -> None:
        object.__setattr__(self, "_line", line)
        object.__setattr__(self, "_target", target)
        object.__setattr__(self, "_kind", kind)

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        return self._line.ask("call", self._target, arguments, named)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):  # protocols of libraries: numpy would take addresses from one
            raise AttributeError(name)
        return self._line.ask("get", self._target, (name,))

    def __setattr__(self, name: str, value: Any) -> None:
        self._line.ask("set", self._target, (name, value))

    def __getitem__(self, key: Any) -> Any:
        return self._line.ask("item", self._target, (key,))

    def __len__(self) -> int:
        return self._line.ask("len", self._target)

    def __bool__(self) -> bool:
        return self._line.ask("truth", self._target)

    def __str__(self) -> str:
        return self._line.ask("text", self._target)

    def __iter__(self) -> Iterator[Any]:
        if self._kind == "iterator":
            return self
        return self._line.ask("iter", self._target)

    def __next__(self) -> Any:
        return self._line.ask("next", self._target)

    def _incomparable(self, *_: object) -> Any:
        raise TypeError("the solution returned an object that is not data; it cannot be compared")

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _incomparable
    __contains__ = _incomparable


class Line:
    """The way to the solution's process, through the supervisor."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def ask(
        self, op: str, target: str | int, arguments: tuple[Any, ...] = (), named: dict[str, Any] | None = None
    ) -> Any:
        """What the operation gave there. Raises what it raised there, as the nearest built-in error."""
        request = {"op": op, "target": target, "args": encode(arguments, _own), "kwargs": encode(named or {}, _own)}
        self._channel.send({"ask": request})
        reply = self._channel.receive()
        if "value" in reply:
            return decode(reply["value"], self._remote)
        if reply.get("stop") is True and op == "next":
            raise StopIteration
        name, text = (str(part) for part in [*_list(reply.get("error")), "", ""][:2])
        kind = vars(builtins).get(name)
        fits = isinstance(kind, type) and issubclass(kind, Exception) and not issubclass(kind, _UNSENT)
        raise _error(kind if fits else RuntimeError, text)

    def _remote(self, data: list[Any]) -> Remote:
        if data[0] != "h" or not isinstance(data[1], int) or data[2] not in ("iterator", "object"):
            raise NotData(f"unknown tag {data[0]!r}")
        return Remote(self, data[1], data[2])


def _error(kind: Any, text: str) -> Exception:
    try:
        return kind(text)
    except TypeError:  # UnicodeDecodeError and its like want more than a text
        return RuntimeError(text)


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _own(value: Any) -> list[Any]:
    """Sends a reference back to where it came from."""
    if isinstance(value, Remote) and isinstance(value._target, int):
        return ["h", value._target]
    raise NotData(f"a {type(value).__name__} cannot be sent to the solution")


def run_tests(channel: Channel, job: dict[str, Any]) -> None:
    """Runs the setup, then each test; sends one outcome per test; an empty one is a pass."""
    line = Line(channel)
    module = types.ModuleType("__tests__")
    sys.modules["__tests__"] = module
    namespace = vars(module)
    stand_ins = {name: Remote(line, name, "object") for name in job["names"]}
    imported = types.ModuleType("solution")  # some data sets import what they test from a module of this name
    vars(imported).update(stand_ins)
    sys.modules["solution"] = imported
    fault = _fault(job["setup"], namespace)
    if fault:
        channel.send({"broken": fault})
        return
    namespace.update(stand_ins)  # over the stubs of the same names that a prompt defines
    for test in job["tests"]:
        before = set(namespace)
        fault = _fault(test, namespace)
        for name in [name for name in namespace if name.startswith("test") and name not in before]:
            if isinstance(namespace[name], types.FunctionType):  # in the manner of pytest
                fault = fault or _fault(f"{name}()", namespace)
        channel.send({"outcome": fault})
        if fault and not job["partial"]:
            break
    channel.send({"done": True})


def _fault(code: str, namespace: dict[str, Any]) -> str:
    try:
        exec(compile(code, "<tests>", "exec", dont_inherit=True), namespace)
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:300] or "error"
    except BaseException as error:  # a test that leaves has not passed
        return f"the test left with {type(error).__name__}"
    return ""
