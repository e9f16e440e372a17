"""Python values as tagged JSON, and frames of it on a descriptor. Used on both sides of the sandbox; never pickle.

Only exact built-in types are rebuilt. Whatever the sending side does, the receiving side gets plain data or an error.
Plain: None, bool, str, small int. Everything else is a list whose first item is a tag: `["f", "0.5"]`, `["t", [1, 2]]`.
`["k", PLAIN, NUMBER]` is a value of a subclass: its built-in base, and the number of what has its other attributes.
"""

from __future__ import annotations

import collections
import datetime
import decimal
import fractions
import json
import os
from collections.abc import Callable
from typing import Any

MAX_FRAME_BYTES = 1 << 20
MAX_DEPTH = 100
MAX_ALIKE = 32
"""How many keys of one set or dict may have the same hash: with more, building it takes quadratic time."""
MAX_FRACTION_BITS = 1 << 15
"""Of a fraction's numerator and denominator: reducing it takes quadratic time."""
_SMALL = 1 << 53
_VIEWS = (type({}.keys()), type({}.values()), type({}.items()))
_DATES = {kind.__name__: kind for kind in (datetime.datetime, datetime.date, datetime.time)}


class NotData(ValueError):
    """A value that cannot leave or enter as data."""


class Gone(Exception):
    """The other side closed its end."""


Fallback = Callable[[Any], Any]
"""What to do with a value that is no data: return a tagged list for it, or raise NotData."""
Special = Callable[[Any, Any], Any]
"""What to send for an array of numpy or a value of a subclass of int, str, float or tuple, given what a list or its
built-in base would be sent as."""


def refuse(value: Any) -> Any:
    """Raises NotData, naming the type."""
    raise NotData(f"a {type(value).__name__} is not data")


def plainly(value: Any, plain: Any) -> Any:
    """A value of a subclass is sent as its built-in base."""
    return plain


def encode(value: Any, other: Fallback = refuse, special: Special = plainly, depth: int = 0) -> Any:
    """The value as JSON-able data; a value of a subclass counts as its built-in base, unless `special` adds to that.

    >>> encode((1, 0.5, {"a": {2}}))
    ['t', [1, ['f', '0.5'], ['d', [['a', ['s', [2]]]]]]]
    """
    if value is None or value is True or value is False:
        return value
    if depth > MAX_DEPTH:
        raise NotData(f"nested more than {MAX_DEPTH} deep")
    if isinstance(value, str):
        plain = str.__str__(value)
        return plain if type(value) is str else special(value, plain)
    if isinstance(value, int):
        number = int.__index__(value)
        plain = number if -_SMALL < number < _SMALL else ["i", hex(number)]
        return plain if type(value) is int else special(value, plain)
    if isinstance(value, float):
        plain = ["f", float.__repr__(value)]
        return plain if type(value) is float else special(value, plain)
    below = (other, special, depth + 1)
    if isinstance(value, dict):
        return ["d", [[encode(k, *below), encode(v, *below)] for k, v in dict.items(value)]]
    for tag, kind in _SEQUENCES:
        if isinstance(value, kind):
            plain = [tag, [encode(item, *below) for item in kind.__iter__(value)]]
            return special(value, plain) if kind is tuple and type(value) is not tuple else plain
    if isinstance(value, _VIEWS):
        return ["l", [encode(item, *below) for item in value]]
    return _encode_rare(value, *below)


_SEQUENCES: tuple[tuple[str, Any], ...] = (
    ("l", list),
    ("t", tuple),
    ("s", set),
    ("z", frozenset),
    ("q", collections.deque),
)


def _encode_rare(value: Any, other: Fallback, special: Special, depth: int) -> Any:
    if isinstance(value, bytes | bytearray):
        return ["b", bytes(value).hex()]
    if isinstance(value, complex):
        return ["c", float.__repr__(value.real), float.__repr__(value.imag)]
    if isinstance(value, range):
        return ["r", hex(value.start), hex(value.stop), hex(value.step)]
    if isinstance(value, decimal.Decimal):
        return ["D", decimal.Decimal.__str__(value)]
    if isinstance(value, fractions.Fraction):
        return ["Q", *map(hex, _short(value.numerator, value.denominator))]
    if isinstance(value, datetime.timedelta):
        return ["m", value.days, value.seconds, value.microseconds]
    if type(value).__name__ in _DATES and isinstance(value, _DATES[type(value).__name__]):
        return ["T", type(value).__name__, value.isoformat()]
    if type(value).__module__ == "numpy" and hasattr(value, "tolist"):
        plain = value.tolist()  # scalars and arrays by value: what they are equal to
        if isinstance(plain, bool | int | float | complex | str | list):
            data = encode(plain, other, special, depth)
            return special(value, data) if isinstance(plain, list) else data
    return other(value)


def decode(data: Any, other: Fallback = refuse, depth: int = 0) -> Any:
    """The value that `encode` was given, rebuilt from exact built-in types.

    Raises:
        NotData: for anything that `encode` does not write.

    >>> decode(["t", [1, ["f", "0.5"], ["d", [["a", ["s", [2]]]]]]])
    (1, 0.5, {'a': {2}})
    """
    if data is None or isinstance(data, bool | str | int):
        return data
    if depth > MAX_DEPTH + 1:
        raise NotData("nested too deep")
    if not isinstance(data, list) or not data or not isinstance(data[0], str):
        raise NotData(f"a bare {type(data).__name__} is not data")
    try:
        return _decode_tagged(data, other, depth)
    except NotData:
        raise
    except (ValueError, TypeError, OverflowError, ArithmeticError, LookupError, MemoryError) as error:
        raise NotData(f"malformed data: {type(error).__name__}") from None


def _decode_tagged(data: list[Any], other: Fallback, depth: int) -> Any:
    tag = data[0]
    for known, kind in _SEQUENCES:
        if tag == known:
            items = [decode(item, other, depth + 1) for item in _items(data[1])]
            return kind(_scattered(items) if kind in (set, frozenset) else items)
    if tag == "d":
        pairs = [(decode(key, other, depth + 1), decode(item, other, depth + 1)) for key, item in _items(data[1])]
        _scattered([key for key, _ in pairs])
        return dict(pairs)
    if tag in _SCALARS:
        return _SCALARS[tag](*data[1:])
    if tag == "k" and other is refuse:
        return decode(data[1], other, depth + 1)  # what it is beyond its built-in base is of no use here
    return other(data)


_SCALARS: dict[str, Callable[..., Any]] = {
    "i": lambda digits: int(digits, 16),
    "f": float,
    "b": bytes.fromhex,
    "c": lambda real, imag: complex(float(real), float(imag)),
    "r": lambda *digits: range(*(int(part, 16) for part in digits)),
    "D": decimal.Decimal,
    "Q": lambda *digits: fractions.Fraction(*_short(*(int(part, 16) for part in digits))),
    "m": datetime.timedelta,
    "T": lambda kind, text: _DATES[kind].fromisoformat(text),
}


def _short(*parts: int) -> tuple[int, ...]:
    """A fraction's parts, if it can be reduced soon."""
    if max(part.bit_length() for part in parts) > MAX_FRACTION_BITS:
        raise NotData(f"a fraction of more than {MAX_FRACTION_BITS} bits is not data")
    return parts


def _items(data: Any) -> list[Any]:
    if not isinstance(data, list):
        raise NotData("not a list")
    return data


def _scattered(keys: list[Any]) -> list[Any]:
    """The keys, if a set of them can be built in linear time; NotData if someone has chosen them to collide."""
    if len(keys) > MAX_ALIKE and max(collections.Counter(map(hash, keys)).values()) > MAX_ALIKE:
        raise NotData(f"more than {MAX_ALIKE} keys have the same hash")
    return keys


def pack(message: dict[str, Any], cap: int = (1 << 32) - 1) -> bytes:
    """A frame: four bytes of length, then JSON. Raises NotData when the JSON is longer than `cap` bytes."""
    try:
        body = json.dumps(message, separators=(",", ":"), check_circular=False).encode()
    except (RecursionError, TypeError, ValueError) as error:
        raise NotData(f"cannot be written as JSON: {type(error).__name__}") from None
    if len(body) > cap:
        raise NotData(f"{len(body)} bytes of data are more than {cap}")
    return len(body).to_bytes(4, "big") + body


def unpack(body: bytes) -> dict[str, Any]:
    """The message of a frame's body. Raises NotData."""
    try:
        message = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise NotData(f"not JSON: {type(error).__name__}") from None
    if not isinstance(message, dict):
        raise NotData("a frame is a JSON object")
    return message


class Channel:
    """Frames over a blocking descriptor, for the inside of the sandbox; the supervisor reads with limits instead."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.cap = MAX_FRAME_BYTES
        """Of what is sent, to tell the program in words; the supervisor has its own."""
        self._read, self._write = os.read, os.write  # programs patch `os`, mostly to reduce their own means

    def send(self, message: dict[str, Any]) -> None:
        rest = memoryview(pack(message, self.cap))
        while rest:
            rest = rest[self._write(self.descriptor, rest) :]

    def receive(self) -> dict[str, Any]:
        """Raises Gone at the end of the stream, NotData for a frame that is none."""
        return unpack(self._exactly(int.from_bytes(self._exactly(4), "big")))

    def _exactly(self, size: int) -> bytes:
        parts = bytearray()
        while len(parts) < size:
            part = self._read(self.descriptor, min(size - len(parts), 1 << 16))
            if not part:
                raise Gone
            parts += part
        return bytes(parts)
