"""The folder of one run: everything that a person needs to say what was run, read what happened, and go on.

<root>/<name>-<first 12 of the config hash>/
    config.yaml         the resolved configuration, for people
    config.json         the same as data, with its hash: what a resumed run is compared with
    env.json            versions, device, commit, command line; one entry more per resumption
    metrics.jsonl       one row per logged step
    rollouts.jsonl      one row per completion
    evaluations/        one file per evaluation, with the step that it stands behind
    summary.json        the last numbers, artifacts and status
    checkpoints/        made by the checkpoint writer
    export/             made by the exporter
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import platform
import shlex
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import torch

from model.files import new_folder, remove_partial, staged_file
from model.files import write_atomically as write_atomically
from model.files import write_json as write_json
from rlhf.errors import ConfigError, DataError, ResumeError

HASH_CHARACTERS = 12
PROJECT_ROOT = Path(__file__).resolve().parent.parent
RECORDED_PACKAGES = (
    "gemwright",
    "torch",
    "peft",
    "transformers",
    "accelerate",
    "datasets",
    "safetensors",
    "tokenizers",
    "gguf",
    "numpy",
    "sympy",
    "hydra-core",
    "wandb",
    "reasoning-gym",
)


@dataclass(frozen=True, slots=True)
class RunDirectory:
    """The paths of one run and the few rules about them. Make one with `create` or `open`."""

    path: Path

    @classmethod
    def create(cls, root: Path | str, name: str, *, config: Mapping[str, Any], config_yaml: str) -> RunDirectory:
        """A new folder `<root>/<name>-<hash>` with the configuration in it; `-2`, `-3` ... when that one is taken.

        It appears with the configuration: whatever stops the process, a folder of the name can be resumed.

        Args:
            config: plain data (no interpolations left), hashed and kept for comparison at resumption.
            config_yaml: the same as a person wants to read it.
        Raises:
            ConfigError: if the name cannot be a folder's name or the configuration is not plain data.
        """
        if not name or name != Path(name).name:
            raise ConfigError(f"run name {name!r} cannot be a folder name: use letters, digits, '.', '_' and '-'")
        digest = config_hash(config)

        def describe(folder: Path) -> None:
            write_atomically(folder / "config.yaml", config_yaml if config_yaml.endswith("\n") else config_yaml + "\n")
            write_json(folder / "config.json", {"hash": digest, "config": config})

        return cls(new_folder(Path(root).expanduser(), f"{name}-{digest[:HASH_CHARACTERS]}", describe))

    @classmethod
    def open(cls, path: Path | str) -> RunDirectory:
        """The folder of an earlier run.

        Raises:
            ResumeError: if the folder is not one of ours.
        """
        path = Path(path).expanduser()
        if not (path / "config.json").is_file():
            raise ResumeError(
                f"{path} is not a run folder (no config.json in it): name a folder made by an earlier run"
            )
        return cls(path)

    @property
    def metrics(self) -> Path:
        return self.path / "metrics.jsonl"

    @property
    def rollouts(self) -> Path:
        return self.path / "rollouts.jsonl"

    @property
    def summary(self) -> Path:
        return self.path / "summary.json"

    @property
    def checkpoints(self) -> Path:
        return self.path / "checkpoints"

    @property
    def export(self) -> Path:
        return self.path / "export"

    @property
    def config_hash(self) -> str:
        """64 hexadecimal digits: `config_hash` of the configuration that the run began with."""
        return json.loads((self.path / "config.json").read_text(encoding="utf-8"))["hash"]

    def check_config(
        self, config: Mapping[str, Any], *, may_differ: Collection[str] = ()
    ) -> dict[str, tuple[Any, Any]]:
        """The permitted differences between the run's configuration and this one: dotted key -> (was, is).

        Args:
            may_differ: dotted keys (a key covers everything below it) that do not change what was learnt so far.
        Raises:
            ResumeError: if any other key differs, naming the keys and both values.
        """
        recorded = json.loads((self.path / "config.json").read_text(encoding="utf-8"))["config"]
        was, now = _flatten(recorded), _flatten(json.loads(_canonical(config)))
        differing = {
            key: (was.get(key), now.get(key)) for key in sorted(was | now) if was.get(key, ...) != now.get(key, ...)
        }
        refused = [
            key for key in differing if not any(key == free or key.startswith(f"{free}.") for free in may_differ)
        ]
        if refused:
            shown = "; ".join(f"{key} was {differing[key][0]!r}, is {differing[key][1]!r}" for key in refused[:5])
            more = f"; and {len(refused) - 5} more" if len(refused) > 5 else ""
            raise ResumeError(
                f"the configuration is not the one of {self.path}: {shown}{more}. "
                "Resume with the settings in its config.yaml, or start a new run"
            )
        return differing

    def record_environment(self, device: str, rewards: Mapping[str, Any] | None = None) -> None:
        """Adds what runs here and now to env.json: the first call describes the run, later ones its resumptions.

        Args:
            rewards: what the reward terms say of themselves, such as the sandbox's tier on this machine.
        """
        path = self.path / "env.json"
        current = {**environment(device), **({"rewards": dict(rewards)} if rewards else {})}
        if path.exists():
            first = json.loads(path.read_text(encoding="utf-8"))
            current = {**first, "resumed": [*first.get("resumed", []), current]}
        write_json(path, current)

    @contextmanager
    def held(self) -> Iterator[None]:
        """The folder, held against a second writer: two would mix their rows and delete each other's checkpoints.

        The system lets go of it when the process ends, however it ends. Where the file system has no locks (some
        network ones), nothing is held.

        Raises:
            ResumeError: if another process holds it.
        """
        descriptor = os.open(self.path, os.O_RDONLY)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise ResumeError(
                    f"another process is at work in {self.path}; wait for its end, or start a new run"
                ) from error
            except OSError:
                pass
            yield
        finally:
            os.close(descriptor)

    def go_back_to(self, step: int) -> None:
        """Removes what a run that goes on behind `step` writes again, and what a killed process left half written.

        Nobody else may write to the folder (`held`).
        """
        remove_partial(self.path)
        self.truncate_after(step)
        for path in (self.path / "evaluations").glob("*.json"):
            if json.loads(path.read_text(encoding="utf-8"))["step"] > step:
                path.unlink()

    def truncate_after(self, step: int) -> int:
        """Number of rows removed from metrics.jsonl and rollouts.jsonl: those of steps after `step`.

        A run that resumes from the checkpoint of `step` repeats the later steps; each must be logged once.
        """
        return sum(_truncate(path, step) for path in (self.metrics, self.rollouts) if path.exists())


def config_hash(config: Mapping[str, Any]) -> str:
    """SHA-256 of the configuration as canonical JSON (keys sorted, no spaces, ASCII), 64 hexadecimal digits.

    >>> config_hash({"b": 1, "a": [2.0]}) == config_hash({"a": (2.0,), "b": 1})
    True
    """
    return hashlib.sha256(_canonical(config).encode("ascii")).hexdigest()


def environment(device: str) -> dict[str, Any]:
    """What a result may depend on besides the configuration. The host's name is left out: run folders get published."""
    return {
        "started_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": shlex.join([Path(sys.orig_argv[0]).name, *sys.orig_argv[1:]]),
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "packages": _package_versions(),
        "device": device,
        "device_name": torch.cuda.get_device_name(device) if device.startswith("cuda") else _cpu_model(),
        "cpu_model": _cpu_model(),
        "cpu_count": os.cpu_count(),
        "torch_threads": torch.get_num_threads(),
        **_git_state(PROJECT_ROOT),
    }


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a JSONL file; a last line that a crash cut off is left out.

    Raises:
        DataError: if a line before the last cannot be read, with its number.
    """
    with path.open("rb") as file:  # as bytes: what was cut off may end within a character
        for number, line in enumerate(file, start=1):
            if not line.endswith(b"\n"):
                return
            try:
                yield json.loads(line)
            except ValueError as error:
                raise DataError(f"{path}, line {number} is not JSON ({error}): remove that line") from error


def _truncate(path: Path, step: int) -> int:
    removed = 0
    with (
        staged_file(path) as partial,
        partial.open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as kept,
    ):
        for row in read_rows(path):
            if row.get("step", step) > step:
                removed += 1
            else:
                kept.write(json.dumps(row, ensure_ascii=False) + "\n")
    return removed


def _canonical(config: Mapping[str, Any]) -> str:
    try:
        return json.dumps(config, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    except TypeError as error:
        raise ConfigError(
            f"the configuration is not plain data ({error}): resolve it to dicts, lists and numbers"
        ) from error


def _flatten(value: Any, prefix: str = "") -> dict[str, Any]:
    if not isinstance(value, dict) or not value:
        return {prefix: value}
    return {
        key: leaf
        for name, below in value.items()
        for key, leaf in _flatten(below, f"{prefix}.{name}".lstrip(".")).items()
    }


def _package_versions() -> dict[str, str]:
    versions = {}
    for name in RECORDED_PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions


def _cpu_model() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _git_state(root: Path) -> dict[str, Any]:
    """Commit and dirty flag of the project, None where it is no git checkout of its own (installed, or unpacked)."""
    unknown: dict[str, Any] = {"git_commit": None, "git_dirty": None}
    top, commit, status = (
        _git(root, *arguments)
        for arguments in (("rev-parse", "--show-toplevel"), ("rev-parse", "HEAD"), ("status", "--porcelain"))
    )
    if top is None or Path(top).resolve() != root or commit is None:
        return unknown
    return {"git_commit": commit, "git_dirty": bool(status)}


def _git(root: Path, *arguments: str) -> str | None:
    command = ["git", "-C", str(root), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
