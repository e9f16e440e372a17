"""What every maker of inputs shares: the row, and the promise that no input comes twice."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from rlhf.errors import ConfigError

Row = dict[str, Any]
"""`prompt`, `completion`, `reference`, `label` (1 or 0), `kind`, and what peers need besides."""


def distinct(make: Callable[[Random], Row], count: int, seed: str) -> list[Row]:
    """`count` rows of different completions, so that a cache never helps; the same ones for the same seed.

    Raises:
        ConfigError: when `make` has too few different ones.
    """
    rng, rows, met = Random(seed), list[Row](), set[str]()
    for _ in range(100 * count):
        if len(rows) == count:
            return rows
        row = make(rng)
        if row["completion"] not in met:
            met.add(row["completion"])
            rows.append(row)
    if len(rows) == count:
        return rows
    raise ConfigError(f"{make.__name__} has only {len(rows)} different rows of {count}; give fewer rows")


def row(completion: str, label: int, kind: str, *, prompt: str = "", reference: Any = None, **more: Any) -> Row:
    """A row of these parts."""
    return {
        "prompt": prompt,
        "completion": completion,
        "reference": reference or {},
        "label": label,
        "kind": kind,
    } | more
