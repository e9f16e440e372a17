"""Where a run writes down what happened: files always, Weights & Biases when asked for.

`step` counts upward over the whole run, its stages included: resuming cuts the files back by step, and Weights & Biases
ignores a step that is lower than one it has seen.
"""

from __future__ import annotations

import json
import logging
import math
import netrc
import os
import secrets
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol
from urllib.parse import urlsplit

from rlhf.errors import DataError
from rlhf.run_directory import RunDirectory, read_rows, write_atomically, write_json
from rlhf.types import Completion, CreditedSample, Prompt, ScoredGroup

if TYPE_CHECKING:
    import wandb

Status = Literal["finished", "failed", "interrupted"]
logger = logging.getLogger(__name__)


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


class WandbTracker:
    """Records the run with Weights & Biases: online when there is a key, else offline, with a line on how to upload it.

    Nothing here can end the run: what wandb raises is announced once per kind of call and the run goes on. The run's id
    is kept in the run folder, so that a resumed run continues the same wandb run.

    Args:
        config: the resolved configuration, plain data.
        announce: takes the one-line messages, for example `Display.message`.
        sample_every: steps between tables of sample completions.
        num_samples: rows of such a table, spread evenly from the worst to the best reward.
        connect_s: how long to wait for the server before the run is recorded offline instead.
    """

    def __init__(
        self,
        run_directory: RunDirectory,
        config: Mapping[str, Any],
        *,
        project: str = "gemwright",
        announce: Callable[[str], None] = logger.warning,
        sample_every: int = 10,
        num_samples: int = 12,
        tags: Sequence[str] = (),
        connect_s: float = 30.0,
    ) -> None:
        self._directory = run_directory
        self._announce = announce
        self._sample_every = sample_every
        self._num_samples = num_samples
        self._failed: set[str] = set()
        self._run: wandb.Run | None = None
        self._guarded("start", lambda: self._start(project, config, list(tags), connect_s))

    def log(self, step: int, metrics: Mapping[str, float]) -> None:
        if run := self._run:
            self._guarded("log", lambda: run.log(dict(metrics), step=step))

    def rollouts(self, step: int, scored: Sequence[ScoredGroup], samples: Sequence[CreditedSample]) -> None:
        if (run := self._run) and step % self._sample_every == 0:
            rows = _spread(list(rollout_rows(step, scored, samples)), self._num_samples)
            self._guarded("rollouts", lambda: run.log({"samples": _sample_table(rows)}, step=step))

    def summary(self, values: Mapping[str, Any]) -> None:
        if run := self._run:
            self._guarded("summary", lambda: run.summary.update(dict(values)))

    def artifact(self, path: Path, name: str, type: str) -> None:
        if run := self._run:
            self._guarded("artifact", lambda: _log_artifact(run, path, name, type))

    def finish(self, status: Status) -> None:
        if run := self._run:
            self._guarded("finish", lambda: run.finish(exit_code=0 if status == "finished" else 1))
            self._run = None

    def _start(self, project: str, config: Mapping[str, Any], tags: list[str], connect_s: float) -> None:
        import wandb  # a second or so, which runs without wandb should not pay

        settings = wandb.Settings(silent=True, console="off", init_timeout=connect_s, finish_timeout=120)
        configured = wandb.setup(settings).settings
        if configured.mode == "disabled":
            return
        offline = configured.mode in ("offline", "dryrun") or not _has_key(configured.base_url)
        arguments: dict[str, Any] = {
            "project": project,
            "config": dict(config),
            "tags": tags,
            "dir": str(self._directory.path),
            "id": _wandb_run_id(self._directory),
            "name": self._directory.path.name,
            "resume": "allow",
            "reinit": "finish_previous",
            "settings": settings,
        }
        try:
            run = wandb.init(mode="offline" if offline else "online", **arguments)
        except wandb.Error as error:
            if offline:
                raise
            self._announce(f"Weights & Biases could not be reached ({_one_line(error)})")
            wandb.teardown()  # it holds the run id of the failed attempt as "in use"
            run = wandb.init(mode="offline", **arguments)
        self._run = run
        if run.offline:
            files = self._directory.path / "wandb" / "offline-run-*"
            self._announce(f"Weights & Biases is offline (no key or no server); upload later with: wandb sync {files}")
        else:
            self._announce(f"Weights & Biases: {run.url}")

    def _guarded(self, action: str, call: Callable[[], object]) -> None:
        try:
            call()
        except Exception as error:  # a service on the side must not cost hours of training, whatever it raises
            if action not in self._failed:
                self._failed.add(action)
                self._announce(
                    f"Weights & Biases, {action}: {_one_line(error)}; the run goes on and logs to its folder"
                )


def rollout_rows(
    step: int, scored: Sequence[ScoredGroup], samples: Sequence[CreditedSample]
) -> Iterator[dict[str, Any]]:
    """One row per completion, as rollouts.jsonl holds them: text, every verdict, advantage (None where dropped).

    `samples` come in the order of `scored` with some left out. They are matched by prompt and tokens, because objects
    that were gathered from other processes are no longer identical.
    """
    rest = deque(samples)
    for index, group in enumerate(scored):
        prompt = group.group.prompt
        for completion, verdict in zip(group.group.completions, group.verdicts, strict=True):
            mine = rest and verdict.has_value and _is_of(rest[0], prompt, completion)
            yield {
                "step": step,
                "prompt_id": prompt.id,
                "task": prompt.task,
                "group": index,
                "messages": [dict(message) for message in prompt.messages],
                "prompt": prompt.text,
                "completion": completion.text,
                "num_tokens": len(completion.token_ids),
                "finish_reason": completion.finish_reason.value,
                "reward": verdict.value,
                "state": verdict.state.value,
                "reason": verdict.reason,
                "terms": {name: term.to_dict() for name, term in verdict.terms.items()},
                "advantage": rest.popleft().advantage if mine else None,
            }
    assert not rest, f"{len(rest)} samples are of no completion, or in another order: first {rest[0].prompt.id}"


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


def best_and_worst(path: Path, step: int, count: int = 3) -> str:
    """The best and the worst rollouts of a step as text for a terminal, and how many have no reward.

    Raises:
        DataError: if rollouts.jsonl has nothing of that step.
    """
    rows, steps = [], set()
    for row in read_rows(path):
        steps.add(row["step"])
        if row["step"] == step:
            rows.append(row)
    if not rows:
        have = f"it has {min(steps)} to {max(steps)}" if steps else "it is empty"
        raise DataError(f"{path} has no rollouts of step {step}; {have}")
    scored = sorted((row for row in rows if row["reward"] is not None), key=lambda row: -row["reward"])
    best = scored[:count]
    worst = scored[len(best) :][-count:]
    parts = [f"step {step}: {len(rows)} rollouts, {len(rows) - len(scored)} without a reward"]
    for title, chosen in (("best", best), ("worst", worst)):
        parts += [f"-- {title} --", *map(_describe, chosen)] if chosen else []
    return "\n".join(parts)


def _describe(row: Mapping[str, Any]) -> str:
    terms = ", ".join(
        f"{name} {term['state'] if term['value'] is None else format(term['value'], '.3g')}"
        + (f" ({term['reason']})" if term["reason"] else "")
        for name, term in row["terms"].items()
    )
    advantage = "dropped" if row["advantage"] is None else format(row["advantage"], "+.3g")
    return (
        f"[{row['prompt_id']}] reward {row['reward']:.3g}, advantage {advantage}, "
        f"{row['num_tokens']} tokens, {row['finish_reason']}\n"
        f"  {terms}\n  prompt: {row['prompt']}\n  completion: {row['completion']}"
    )


def _is_of(sample: CreditedSample, prompt: Prompt, completion: Completion) -> bool:
    return sample.prompt.id == prompt.id and sample.completion.token_ids == completion.token_ids


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


def _has_key(base_url: str) -> bool:
    """Whether wandb would find a key without asking: in the environment, or in the netrc file for its server."""
    if os.environ.get("WANDB_API_KEY") or os.environ.get("WANDB_IDENTITY_TOKEN_FILE"):
        return True
    try:
        logins = netrc.netrc(os.environ.get("NETRC")).hosts
    except (OSError, netrc.NetrcParseError):
        return False
    return bool({urlsplit(base_url).netloc, "api.wandb.ai"} & logins.keys())


def _wandb_run_id(directory: RunDirectory) -> str:
    path = directory.path / "wandb_run_id.txt"
    if not path.exists():
        write_atomically(path, secrets.token_hex(4) + "\n")
    return path.read_text(encoding="utf-8").strip()


def _sample_table(rows: Sequence[Mapping[str, Any]]) -> wandb.Table:
    import wandb

    terms = sorted({name for row in rows for name in row["terms"]})
    plain = ("step", "prompt_id", "task", "prompt", "completion", "finish_reason", "reward", "advantage")
    columns: list[Any] = [*plain, *(f"reward/{name}" for name in terms)]
    data: list[Any] = [
        [row[key] for key in plain] + [row["terms"][name]["value"] if name in row["terms"] else None for name in terms]
        for row in rows
    ]
    return wandb.Table(columns=columns, data=data)


def _spread(rows: list[dict[str, Any]], count: int) -> list[dict[str, Any]]:
    """At most `count` rows, evenly spaced from the lowest reward to the highest; those without a reward come first."""
    ordered = sorted(rows, key=lambda row: -math.inf if row["reward"] is None else row["reward"])
    if len(ordered) <= count:
        return ordered
    return [ordered[round(i * (len(ordered) - 1) / max(count - 1, 1))] for i in range(count)]


def _log_artifact(run: wandb.Run, path: Path, name: str, type: str) -> None:
    import wandb

    artifact = wandb.Artifact(name, type)
    files = [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file())
    if not files:
        raise DataError(f"artifact {name!r} has no files at {path}")
    for file in files:
        inside = file.name if path.is_file() else file.relative_to(path).as_posix()
        # immutable: read where it lies, without a second copy in the home folder
        artifact.add_file(str(file.resolve()), name=inside, policy="immutable", skip_cache=True)
    run.log_artifact(artifact)


def _one_line(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"
