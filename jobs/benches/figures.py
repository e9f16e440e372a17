"""From measured rows to the numbers of the JSON: speed, tail, and how verdicts and labels agree."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from jobs.benches.graders import Row

ACCEPTED = 0.5
"""A value of at least this much counts as a yes."""
_MOST_CHARS = 400

Values = Sequence[float | None]


def speed(blocks: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Verdicts per second and per CPU second, over the blocks, and the latency of single calls over all of them.

    >>> block = {"seconds": 2.0, "cpu_s": 1.0, "latencies_s": [0.5, 1.5]}
    >>> speed([block])["per_s"], speed([block])["latency_ms"]["p50"]
    ({'median': 1.0, 'min': 1.0, 'max': 1.0}, 500.0)
    """
    latencies = sorted(latency * 1e3 for block in blocks for latency in block["latencies_s"])
    per_cpu_s = [len(block["latencies_s"]) / block["cpu_s"] for block in blocks if block["cpu_s"] > 0]
    return {
        "per_s": spread(rates(blocks)),
        "per_cpu_s": spread(per_cpu_s) if per_cpu_s else None,
        "latency_ms": {"p50": rank(latencies, 0.5), "p99": rank(latencies, 0.99), "max": latencies[-1]},
    }


def rates(blocks: Sequence[Mapping[str, Any]]) -> list[float]:
    """Verdicts per second of each block."""
    return [len(block["latencies_s"]) / block["seconds"] for block in blocks]


def spread(values: Sequence[float]) -> dict[str, float]:
    return {"median": median(values), "min": min(values), "max": max(values)}


def rank(ordered: Sequence[float], share: float) -> float:
    """The least of the values that at least this share of them do not exceed.

    >>> rank([1, 2, 3, 4], 0.5), rank([1, 2, 3, 4], 0.99)
    (2, 4)
    """
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def accuracy(rows: Sequence[Row], values: Values) -> dict[str, Any]:
    """How often the verdict is the label's, over all rows and by kind of row; an abstention is counted by itself.

    >>> rows = [{"label": 1, "kind": "boxed"}, {"label": 0, "kind": "boxed"}, {"label": 0, "kind": "prose"}]
    >>> found = accuracy(rows, [1.0, 1.0, None])
    >>> found["right"], found["false_accepts"], found["false_rejects"], found["no_value"], found["by_kind"]["boxed"]
    (0.3333333333333333, 1, 0, 1, 0.5)
    """
    pairs = [(row, value) for row, value in zip(rows, values, strict=True)]
    outcomes = Counter((row["label"], _says(value)) for row, value in pairs)
    kinds = dict.fromkeys(row["kind"] for row in rows)
    of_kind = {kind: [_says(value) == row["label"] for row, value in pairs if row["kind"] == kind] for kind in kinds}
    return {
        "right": (outcomes[1, 1] + outcomes[0, 0]) / len(rows),
        "false_accepts": outcomes[0, 1],
        "false_rejects": outcomes[1, 0],
        "no_value": outcomes[0, None] + outcomes[1, None],
        "by_kind": {kind: sum(right) / len(right) for kind, right in of_kind.items()},
    }


def agreement(rows: Sequence[Row], ours: Values, theirs: Values, reasons: Sequence[str], most: int) -> dict[str, Any]:
    """How often two graders say the same, who is right where they do not, and some such rows of each kind.

    Args:
        reasons: what ours says of each row.
        most: disagreements to show, from as many kinds of rows as there are.
    """
    said = [(_says(one), _says(other)) for one, other in zip(ours, theirs, strict=True)]
    split = [index for index, (one, other) in enumerate(said) if one != other]
    both = [one for one, other in said if one == other]
    counts = Counter((said[i][0] == rows[i]["label"], said[i][1] == rows[i]["label"]) for i in split)
    shown = [_example(rows[i], ours[i], theirs[i], reasons[i]) for i in _varied(split, rows)[:most]]
    return {
        "rows": len(rows),
        "same": len(both),
        "both_yes": both.count(1),
        "both_no": both.count(0),
        "only_ours_right": counts[True, False],
        "only_peer_right": counts[False, True],
        "neither_right": counts[False, False],
        "both_wrong": sum(1 for i, (one, other) in enumerate(said) if one == other != rows[i]["label"]),
        "examples": shown,
    }


def _says(value: float | None) -> int | None:
    return None if value is None else int(value >= ACCEPTED)


def _varied(indices: Sequence[int], rows: Sequence[Row]) -> list[int]:
    """The same, so that every kind of row comes once before any comes again."""
    met = Counter[str]()
    turns = []
    for index in indices:
        turns.append((met[rows[index]["kind"]], index))
        met[rows[index]["kind"]] += 1
    return [index for _, index in sorted(turns)]


def _example(row: Row, ours: float | None, theirs: float | None, reason: str) -> dict[str, Any]:
    text = row["completion"]
    shown = text if len(text) <= _MOST_CHARS else f"...{text[-_MOST_CHARS:]}"
    gold = {key: value for key, value in row["reference"].items() if isinstance(value, str | int | float)}
    shared = {"kind": row["kind"], "completion": shown, "reference": gold, "label": row["label"]}
    return {**shared, "ours": ours, "peer": theirs, "reason": reason}
