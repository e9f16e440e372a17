"""What goes through the pipes between `rewards.pool` and its zygotes and workers.

Frames are four bytes of length, big-endian, and that many of content: pickle towards the worker, which runs the user's
code anyway; JSON back, so that nothing that a worker writes is ever unpickled.
"""

from __future__ import annotations

import math
import os
import select
import time
from collections.abc import Mapping
from typing import Any

from rewards.base import State, Verdict

HEADER_BYTES = 4


def pack(verdict: Verdict) -> dict[str, Any]:
    """A verdict as plain data, everything of it."""
    own = {"state": verdict.state.value, "value": verdict.value, "reason": verdict.reason}
    terms = {name: pack(term) for name, term in verdict.terms.items()}
    return {**own, "terms": terms, "parts": dict(verdict.parts), "seconds": verdict.seconds}


def unpack(data: Mapping[str, Any]) -> Verdict:
    """The verdict that `pack` made the data from.

    >>> verdict = Verdict.of(0.5, terms={"a": Verdict.failed("x")}, parts={"b": 0.5})
    >>> unpack(pack(verdict)) == verdict
    True
    """
    terms = {name: unpack(term) for name, term in data["terms"].items()}
    return Verdict(**{**data, "state": State(data["state"]), "terms": terms})


def write_frame(fd: int, content: bytes) -> None:
    """Write one frame, however often the pipe fills up. Raises OSError when nobody reads any more."""
    rest = memoryview(len(content).to_bytes(HEADER_BYTES, "big") + content)
    while rest:
        rest = rest[os.write(fd, rest) :]


def read_frame(fd: int) -> bytes | None:
    """One frame, or None at the end of the stream."""
    header = _read(fd, HEADER_BYTES)
    return None if header is None else _read(fd, int.from_bytes(header, "big"))


def read_frame_until(fd: int, deadline: float, pidfd: int = -1) -> bytes | None:
    """One frame, or None when it is not there by the deadline (`time.monotonic()`).

    Args:
        pidfd: the process that should write the frame. Its end counts as the end of the stream, which others who
            inherited the pipe may hold open.

    Raises:
        EOFError: at the end of the stream.
    """
    poll, content, size = select.poll(), bytearray(), HEADER_BYTES
    for descriptor in {fd, pidfd} - {-1}:
        poll.register(descriptor, select.POLLIN)
    while len(content) < size or len(content) < size + int.from_bytes(content[:size], "big"):
        left = deadline - time.monotonic()
        if left <= 0:
            return None
        ready = [descriptor for descriptor, _ in poll.poll(math.ceil(left * 1000))]
        if ready:
            chunk = os.read(fd, 1 << 16) if fd in ready else b""
            if not chunk:
                raise EOFError
            content += chunk
    return bytes(content[size:])


def _read(fd: int, num_bytes: int) -> bytes | None:
    content = bytearray()
    while len(content) < num_bytes:
        chunk = os.read(fd, num_bytes - len(content))
        if not chunk:
            return None
        content += chunk
    return bytes(content)
