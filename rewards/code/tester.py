"""Inside the second sandbox, with the data's assert tests: runs them on stand-ins whose calls go to the solution.

The solution's process never holds the tests; this one never holds the solution's code. Results arrive as data.

* A value of a subclass of int, float, str or tuple (a namedtuple, a member of an IntEnum) is, compared and hashed, what
  its built-in base is; attributes that the base has not are asked for. So is an array of numpy, whose base is a list.
* A coroutine arrives as one, and runs in the solution's process, on a loop of its own, when it is awaited.
* What a call changed in its arguments is changed here too if it gave None back, as functions that work in place do. One
  that answers changes nothing here: it could make `assert f(numbers) == sorted(numbers)` true by emptying the list.
* What else is no data arrives as a `Remote`. Its attributes, calls and items are relayed, but no `==` of the solution's
  is asked: no lie about it gets here. Members of an enumeration are equal when class and name are, dataclass objects
  when class and compared fields are, the tests' own of the same name too, and any object is equal to itself. Else
  comparing is an error. A `Remote` has a truth value, as a match of a regular expression must have: a program could as
  well have returned True.
"""

from __future__ import annotations

import builtins
import collections
import dataclasses
import enum
import sys
import types
from collections.abc import Iterator
from typing import Any

from rewards.code.codec import Channel, NotData, decode, encode

_UNSENT = (StopIteration, StopAsyncIteration, GeneratorExit, SystemExit, KeyboardInterrupt)
"""Errors that would end a loop or the process here instead of failing a test: they arrive as RuntimeError."""


_KINDS = ("coroutine", "iterator", "member", "object", "record")


class Remote:
    """A value that stayed in the solution's process. Attributes, calls, items and iteration are relayed."""

    __slots__ = ("_kind", "_line", "_name", "_target")

    def __init__(self, line: Line, target: str | int, kind: str, name: str = "") -> None:
        object.__setattr__(self, "_line", line)
        object.__setattr__(self, "_target", target)
        object.__setattr__(self, "_kind", kind)
        object.__setattr__(self, "_name", name)

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

    def __setitem__(self, key: Any, value: Any) -> None:
        self._line.ask("setitem", self._target, (key, value))

    def __delitem__(self, key: Any) -> None:
        self._line.ask("delitem", self._target, (key,))

    def __len__(self) -> int:
        return self._line.ask("len", self._target)

    def __bool__(self) -> bool:
        return self._line.ask("truth", self._target)

    def __str__(self) -> str:
        return self._line.ask("text", self._target)

    def __repr__(self) -> str:
        return self._line.ask("repr", self._target)

    def __iter__(self) -> Iterator[Any]:
        if self._kind == "iterator":
            return self
        return self._line.ask("iter", self._target)

    def __next__(self) -> Any:
        return self._line.ask("next", self._target)

    def __instancecheck__(self, value: Any) -> bool:
        return self._line.ask("instance", self._target, (value,)) is True

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        known = _known(self), _known(other)
        if None in known:
            self._incomparable()
        return known[0] == known[1]

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        if self._kind != "member":
            raise TypeError("the solution returned an object that is not data; it cannot be hashed")
        return hash(self._name.rpartition(".")[2])  # as a member here would be

    def _incomparable(self, *_: object) -> Any:
        raise TypeError("the solution returned an object that is not data; it cannot be compared")

    __lt__ = __le__ = __gt__ = __ge__ = _incomparable
    __contains__ = _incomparable


def _known(value: object) -> tuple[Any, ...] | None:
    """What makes a member of an enumeration or a dataclass object equal to another; None for all else."""
    if isinstance(value, Remote) and value._kind == "member":
        return ("member", value._name)
    if isinstance(value, Remote) and value._kind == "record":
        return ("record", value._name, value._line.ask("fields", value._target))
    if isinstance(value, enum.Enum):
        return ("member", f"{type(value).__name__}.{value.name}")
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = [[field.name, getattr(value, field.name)] for field in dataclasses.fields(value) if field.compare]
        return ("record", type(value).__name__, fields)
    return None


class _Kept:
    """A value of the solution's subclass of a built-in type, or its array: that type's value; the rest is relayed."""

    _line: Line
    _target: int

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return self._line.ask("get", self._target, (name,))

    def __setattr__(self, name: str, value: Any) -> None:
        self._line.ask("set", self._target, (name, value))

    def __reduce__(self) -> tuple[Any, ...]:
        base: Any = type(self).__mro__[2]
        return base, (base(self),)  # a copy is plain


_KEPT: dict[type, Any] = {
    base: type(f"Kept_{base.__name__}", (_Kept, base), {}) for base in (int, float, str, tuple, list)
}


class Line:
    """The way to the solution's process, through the supervisor."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._remotes: dict[int, Remote] = {}

    def ask(
        self, op: str, target: str | int, arguments: tuple[Any, ...] = (), named: dict[str, Any] | None = None
    ) -> Any:
        """What the operation gave there. Raises what it raised there, as the nearest built-in error."""
        request = {"op": op, "target": target, "args": _encoded(arguments), "kwargs": _encoded(named or {})}
        self._channel.send({"ask": request})
        reply = self._channel.receive()
        if "value" in reply:
            result = decode(reply["value"], self._stayed)
            if result is None and op == "call" and "after" in reply:
                after = decode(reply["after"], self._stayed)
                for own, changed in zip([*arguments, *(named or {}).values()], _list(after), strict=False):
                    _take_over(own, changed)
            return result
        if reply.get("stop") is True and op == "next":
            raise StopIteration
        name, text = (str(part) for part in [*_list(reply.get("error")), "", ""][:2])
        kind = vars(builtins).get(name)
        fits = isinstance(kind, type) and issubclass(kind, Exception) and not issubclass(kind, _UNSENT)
        raise _error(kind if fits else RuntimeError, text)

    def _stayed(self, data: list[Any]) -> Any:
        """What stands here for a value that is not all data; the same for the same object."""
        if data[0] == "k" and isinstance(data[2], int):
            plain = decode(data[1], self._stayed)
            kept = _KEPT[type(plain)](plain)
            vars(kept).update(_line=self, _target=data[2])
            return kept
        if data[0] != "h" or not isinstance(data[1], int) or data[2] not in _KINDS:
            raise NotData(f"unknown tag {data[0]!r}")
        if data[2] == "coroutine":
            return self._awaiting(data[1])
        return self._remotes.setdefault(data[1], Remote(self, data[1], data[2], str(data[3])))

    async def _awaiting(self, target: int) -> Any:
        """The solution's coroutine, which runs there from its start to its end once it is awaited here."""
        return self.ask("await", target)


def _take_over(own: Any, changed: Any) -> None:
    """Gives an object of the tests the content that it has in the solution's process, where it has that kind there."""
    match own, changed:
        case (list(), list()) | (bytearray(), bytes()):
            own[:] = changed
        case (dict(), dict()) | (set(), set()):
            own.clear()
            own.update(changed)
        case collections.deque(), collections.deque():
            own.clear()
            own.extend(changed)


def _error(kind: Any, text: str) -> Exception:
    try:
        return kind(text)
    except TypeError:  # UnicodeDecodeError and its like want more than a text
        return RuntimeError(text)


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _encoded(value: Any) -> Any:
    """Data for the solution; what came from there goes back as what it is there."""
    return encode(value, _own, lambda value, plain: ["h", value._target] if isinstance(value, _Kept) else plain)


def _own(value: Any) -> list[Any]:
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
