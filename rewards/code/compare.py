"""Is an output the expected one? Both sides are plain data by now; nothing of the program runs here."""

from __future__ import annotations

import math
import re
from collections import deque
from decimal import Decimal, InvalidOperation
from typing import Any


def same(expected: Any, got: Any, *, as_json: bool = False, tolerance: float = 0.0) -> bool:
    """Whether two values rebuilt from data are equal, in type and to the last item.

    A bool is no int, nor is it as a key. An int equals the float of the same value, as in Python; nan equals nothing.

    Args:
        as_json: a tuple counts as a list, since JSON, from which the expected value came, has only lists.
        tolerance: largest difference of two floats, absolute or relative to the larger, that counts as none.

    >>> same([1, 2], (1, 2)), same([1, 2], (1, 2), as_json=True), same(1, True), same(1, 1.0)
    (False, True, False, True)
    """
    if isinstance(expected, bool) or isinstance(got, bool):
        return expected is got
    if isinstance(expected, int | float) and isinstance(got, int | float):
        return expected == got or _close(expected, got, tolerance)
    if isinstance(expected, list | tuple | deque) and isinstance(got, list | tuple | deque):
        alike = type(expected) is type(got) or (as_json and deque not in (type(expected), type(got)))
        pairs = zip(expected, got, strict=False)
        return (
            alike
            and len(expected) == len(got)
            and all(same(e, g, as_json=as_json, tolerance=tolerance) for e, g in pairs)
        )
    if isinstance(expected, dict) and isinstance(got, dict):
        found = {_exact(key): value for key, value in got.items()}
        return len(expected) == len(found) and all(
            _exact(key) in found and same(value, found[_exact(key)], as_json=as_json, tolerance=tolerance)
            for key, value in expected.items()
        )
    if isinstance(expected, set | frozenset):
        return type(expected) is type(got) and set(map(_exact, expected)) == set(map(_exact, got))
    return type(expected) is type(got) and expected == got


def _exact(key: Any) -> Any:
    """A stand-in for a key of a set or dict, in which True is not 1."""
    if isinstance(key, bool):
        return bool, key
    return type(key)(map(_exact, key)) if isinstance(key, tuple | frozenset) else key


def same_output(expected: str, printed: bytes, *, tolerance: float = 0.0) -> bool:
    """Whether a program printed what was expected, all of it.

    Lines are compared without the spaces around them; empty lines at either end of the text do not count. Lines that
    differ are equal when they have the same words, numbers with a point or an exponent being compared by value: `1.50`
    is `1.5` and `2.0` is `2`, but `011` is not `11`.

    >>> same_output("1 2\\n", b"1 2"), same_output("1.5", b"1.50\\n"), same_output("a\\nb", b"a")
    (True, True, False)
    """
    text = printed.decode("utf-8", errors="replace")
    wanted, got = _lines(expected), _lines(text)
    if len(wanted) != len(got):
        return False
    return all(w == g or _same_words(w.split(), g.split(), tolerance) for w, g in zip(wanted, got, strict=True))


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.replace("\r\n", "\n").strip().split("\n")]


def _same_words(wanted: list[str], got: list[str], tolerance: float) -> bool:
    if len(wanted) != len(got):
        return False
    return all(w == g or _same_number(w, g, tolerance) for w, g in zip(wanted, got, strict=True))


# There is one way only to read a word, so that a long one that is no number is soon dismissed.
_NUMBER = re.compile(r"[+-]?(?:\d{1,400}(?:\.\d{0,400})?|\.\d{1,400})(?:[eE][+-]?\d{1,4})?", re.ASCII)


def _same_number(wanted: str, got: str, tolerance: float) -> bool:
    if not (_NUMBER.fullmatch(wanted) and _NUMBER.fullmatch(got)) or (_whole(wanted) and _whole(got)):
        return False
    try:
        return Decimal(wanted) == Decimal(got) or _close(float(wanted), float(got), tolerance)
    except InvalidOperation:
        return False


def _whole(number: str) -> bool:
    return number.lstrip("+-").isdigit()


def _close(expected: float, got: float, tolerance: float) -> bool:
    if not tolerance or (isinstance(expected, int) and isinstance(got, int)):
        return False
    try:
        return math.isclose(expected, got, rel_tol=tolerance, abs_tol=tolerance)
    except OverflowError:
        return False
