"""What a confined process may use, what it used, and the ways in which running it can go wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rewards.code.codec import MAX_FRAME_BYTES


class Infrastructure(Exception):
    """The sandbox itself did not work; says nothing about the program."""


class Overloaded(Infrastructure):
    """The machine let a program wait so long that nothing can be said of it; trying again at once would not help."""


class Ungrouped(Infrastructure):
    """The control group that was made for a zygote does not take it."""


class Ended(Exception):
    """The program ended, hung up or broke the protocol before it had answered."""


class OverLimit(Exception):
    """The program used more time or wrote more than it may."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What one confined process may use."""

    cpu_s: float
    """CPU seconds of all its threads together."""
    wall_s: float
    memory_bytes: int
    """Address space beyond what the zygote has mapped."""
    files_bytes: int
    threads: int
    output_bytes: int = MAX_FRAME_BYTES
    """Length of one answer, or of all that a script prints."""

    def to_dict(self) -> dict[str, Any]:
        """What the zygote must know to set the kernel's own limits."""
        keys = ("cpu_s", "memory_bytes", "files_bytes", "threads")
        return {key: getattr(self, key) for key in keys}


@dataclass(frozen=True, kw_only=True, slots=True)
class Usage:
    """How a process ended, as its parent saw it."""

    status: int
    """As `wait` reports it: 0 only for a normal end with exit status 0."""
    cpu_s: float
    peak_mb: float
