"""A run on Weights & Biases, beside the files that are always written."""

from __future__ import annotations

import logging
import netrc
import os
import secrets
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from rlhf.errors import DataError
from rlhf.rollout_rows import rollout_rows, spread
from rlhf.run_directory import RunDirectory, write_atomically
from rlhf.tracking import Status
from rlhf.types import CreditedSample, ScoredGroup

if TYPE_CHECKING:
    import wandb

logger = logging.getLogger(__name__)


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
            rows = spread(list(rollout_rows(step, scored, samples)), self._num_samples)
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
