"""Where a run writes down what happened: files always; `rlhf.wandb_tracker` writes to a service beside them.

`step` counts upward over the whole run, its stages included: resuming cuts the files back by step, and Weights & Biases
ignores a step that is lower than one it has seen.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Protocol

from rlhf.rollout_rows import rollout_rows
from rlhf.run_directory import RunDirectory, read_rows, write_json
from rlhf.types import CreditedSample, ScoredGroup

Status = Literal["finished", "failed", "interrupted"]


class Tracker(Protocol):
    """Takes down metrics, rollouts and results of one run."""

    def log(self, step: int, metrics: Mapping[str, float]) -> None:
        """Records the numbers of a step."""
        ...

    def rollouts(self, step: int, scored: Sequence[ScoredGroup], samples: Sequence[CreditedSample]) -> None:
        """Records every completion of a step with its verdicts, and its advantage where it has one.

        Args:
            samples: what the advantage estimator made of `scored`; completions that it dropped are missing.
        """
        ...

    def summary(self, values: Mapping[str, Any]) -> None:
        """Records results of the whole run; a later value of a key replaces the earlier one."""
        ...

    def artifact(self, path: Path, name: str, type: str) -> None:
        """Records a file or folder that the run produced."""
        ...

    def finish(self, status: Status) -> None:
        """Closes the record. Nothing may be recorded afterwards."""
        ...


class Trackers:
    """A tracker that hands everything on to others, in order."""

    def __init__(self, trackers: Sequence[Tracker]) -> None:
        self._trackers = tuple(trackers)

    def log(self, step: int, metrics: Mapping[str, float]) -> None:
        for tracker in self._trackers:
            tracker.log(step, metrics)

    def rollouts(self, step: int, scored: Sequence[ScoredGroup], samples: Sequence[CreditedSample]) -> None:
        for tracker in self._trackers:
            tracker.rollouts(step, scored, samples)

    def summary(self, values: Mapping[str, Any]) -> None:
        for tracker in self._trackers:
            tracker.summary(values)

    def artifact(self, path: Path, name: str, type: str) -> None:
        for tracker in self._trackers:
            tracker.artifact(path, name, type)

    def finish(self, status: Status) -> None:
        for tracker in self._trackers:
            tracker.finish(status)


class JsonlTracker:
    """Writes metrics.jsonl, rollouts.jsonl and summary.json of a run folder; rows are on disk before a call returns.

    A number that is not finite is written as null and its key is listed under `non_finite`, because JSON has no NaN.
    """

    def __init__(self, run_directory: RunDirectory) -> None:
        self._directory = run_directory
        for path in (run_directory.metrics, run_directory.rollouts):
            _cut_torn_line(path)

    def log(self, step: int, metrics: Mapping[str, float]) -> None:
        values = {key: float(value) for key, value in metrics.items() if key != "step"}
        _append_rows(self._directory.metrics, [{"step": step, **values}])

    def rollouts(self, step: int, scored: Sequence[ScoredGroup], samples: Sequence[CreditedSample]) -> None:
        _append_rows(self._directory.rollouts, list(rollout_rows(step, scored, samples)))

    def summary(self, values: Mapping[str, Any]) -> None:
        path = self._directory.summary
        recorded = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        write_json(path, _json_row({**recorded, **values}))

    def artifact(self, path: Path, name: str, type: str) -> None:
        summary = self._directory.summary
        recorded = json.loads(summary.read_text(encoding="utf-8")) if summary.exists() else {}
        root = self._directory.path.resolve()
        inside = path.resolve().relative_to(root) if path.resolve().is_relative_to(root) else path
        self.summary({"artifacts": {**recorded.get("artifacts", {}), name: {"type": type, "path": inside.as_posix()}}})

    def finish(self, status: Status) -> None:
        self.summary({"status": status})


def read_metrics(path: Path) -> list[dict[str, Any]]:
    """The rows of a metrics.jsonl; a number that was not finite is NaN again.

    Raises:
        DataError: if a line other than a last one that was cut off cannot be read.
    """
    rows = []
    for row in read_rows(path):
        lost = row.pop("non_finite", [])
        rows.append({key: math.nan if key in lost else value for key, value in row.items()})
    return rows


def _append_rows(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    text = "".join(json.dumps(_json_row(row), ensure_ascii=False, allow_nan=False) + "\n" for row in rows)
    # backslashreplace turns a lone surrogate, which UTF-8 cannot hold, into the JSON escape for it
    with path.open("a", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _json_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row with null for what is not finite, and those dotted keys under `non_finite`."""
    lost: list[str] = []

    def clean(value: Any, key: str) -> Any:
        if isinstance(value, float) and not math.isfinite(value):
            lost.append(key)
            return None
        if isinstance(value, Mapping):
            return {name: clean(below, f"{key}.{name}" if key else str(name)) for name, below in value.items()}
        return value

    cleaned = clean(row, "")
    return {**cleaned, "non_finite": lost} if lost else cleaned


def _cut_torn_line(path: Path) -> None:
    """Removes what follows the last newline: a row that an earlier process could not finish."""
    if path.exists():
        with path.open("rb+") as file:
            content = file.read()
            file.truncate(content.rfind(b"\n") + 1)
