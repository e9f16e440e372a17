"""The stages of a recipe: other jobs with their settings, what each leaves, and which of them are already done.

A stage names another's result as {stage} in its settings. Its digest covers its whole composed configuration and the
digests of the stages that it names, so a change reaches exactly the stages that build on it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra

from jobs.launch import CONFIG_FOLDER, MENDABLE, describe, plain
from rlhf.checkpoint import CheckpointStore
from rlhf.errors import ConfigError
from rlhf.reward_run import HELD_OUT_FILE
from rlhf.run_directory import config_hash, write_json

RESULTS = {
    "make_pairs": "result.jsonl", "sft": "export/adapter", "distill": "export/adapter", "train": "export/adapter",
    "bond": "export/adapter", "dpo": "export/adapter", "reward_model": "reward_model", "merge": "result",
    "evaluate": "evaluation.json", "export": "result",
}  # fmt: skip
"""Job to what it leaves: below its run's folder, or at its `output`."""
WITHOUT_RUN = ("make_pairs", "merge", "export")
FREE = ("resume", "output_root", "threads", "device", "tracker", "hydra")
LEDGER = "ledger.json"
_NAMED = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Stage:
    """One run of one job."""

    name: str
    job: str
    settings: tuple[str, ...]
    """Overrides of the job's command line, with {stage} where another's result belongs."""
    needs: tuple[str, ...]
    digest: str
    facts: Mapping[str, Any]
    """Dotted key to value of what the digest covers."""

    def folder(self, root: Path) -> Path:
        return root / f"{self.name}-{self.digest[:12]}"

    def result(self, root: Path) -> Path | None:
        """What it left, if it did."""
        folder = self.folder(root)
        measured = self.job == "reward_model" and not self.facts["plan.epochs"]  # which leaves no model
        inside = HELD_OUT_FILE if measured else RESULTS[self.job]
        found = [folder / inside] if self.job in WITHOUT_RUN else [run / inside for run in sorted(folder.glob("*-*"))]
        there = [path for path in found if path.exists()]
        return there[-1] if there else None

    def arguments(self, root: Path, results: Mapping[str, Path]) -> list[str]:
        """The job's command line; a run that left a checkpoint is resumed."""
        folder = self.folder(root)
        given = [_NAMED.sub(lambda named: quoted(results[named[1]]), setting) for setting in self.settings]
        if self.job in WITHOUT_RUN:
            return [*given, f"output={quoted(folder / RESULTS[self.job])}"]
        given += [f"output_root={quoted(folder)}", f"run_name={self.name}"]
        # One that was killed while it wrote its first checkpoint left a part of it, and begins again.
        begun = sorted(path.parent for path in folder.glob("*/checkpoints") if CheckpointStore(path, keep=1).latest())
        return [*given, f"resume={quoted(begun[-1])}"] if begun else given


def read_stages(stages: Any, each: Any) -> dict[str, Stage]:
    """The stages in their order, each composed: what is wrong with any setting's name or a reference is found here.

    Raises:
        ConfigError: naming the stage.
    """
    if not isinstance(stages, Mapping) or not stages:
        raise ConfigError("stages is empty; choose a recipe: experiment=gemma3_recipe")
    read: dict[str, Stage] = {}
    begun = GlobalHydra.instance().is_initialized()  # within a job it is, with the same folder
    with nullcontext() if begun else initialize_config_dir(CONFIG_FOLDER, version_base="1.3"):
        for name, told in stages.items():
            read[str(name)] = _stage(str(name), told, each or {}, read)
    return read


def choose(stages: Mapping[str, Stage], only: Sequence[str] | None, skip: Sequence[str]) -> list[Stage]:
    """Those to run, in order.

    Raises:
        ConfigError: for a name that is no stage.
    """
    for name in (*(only or ()), *skip):
        if name not in stages:
            raise ConfigError(f"there is no stage {name}; there are {', '.join(stages)}")
    return [stage for name, stage in stages.items() if (only is None or name in only) and name not in skip]


@dataclass(frozen=True, slots=True)
class Ledger:
    """What a recipe's folder says of its stages."""

    root: Path

    def read(self) -> dict[str, Any]:
        path = self.root / LEDGER
        return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}

    def results(self, stages: Mapping[str, Stage]) -> dict[str, Path]:
        """What the finished ones of the stages left."""
        return {name: path for name, stage in stages.items() if (path := self.finished(stage)) is not None}

    def finished(self, stage: Stage) -> Path | None:
        """The result of a stage that ended with these settings and still has it."""
        entry = self.read().get(stage.name)
        return stage.result(self.root) if entry and entry["digest"] == stage.digest else None

    def changes(self, stage: Stage) -> str:
        """In words what differs from the settings that the stage ended with; empty if nothing, or it never ended."""
        entry = self.read().get(stage.name)
        if not entry or entry["digest"] == stage.digest:
            return ""
        was, now = entry["facts"], json.loads(json.dumps(stage.facts))
        keys = [key for key in sorted({*was, *now}) if was.get(key) != now.get(key)]
        if any(f"{name}@" in str(now.get(key)) for key in keys for name in stage.needs):
            return f"a stage that it builds on changed ({', '.join(stage.needs)})"
        shown = "; ".join(f"{key} was {was.get(key)!r}, is {now.get(key)!r}" for key in keys[:3])
        return shown + (f"; and {len(keys) - 3} more" if len(keys) > 3 else "")

    def record(self, stage: Stage, result: Path, seconds: float) -> None:
        entry = {
            "digest": stage.digest,
            "job": stage.job,
            "result": str(result.relative_to(self.root)),
            "seconds": round(seconds, 1),
            "facts": dict(stage.facts),
        }
        write_json(self.root / LEDGER, {**self.read(), stage.name: entry})


def _stage(name: str, told: Any, each: Mapping[str, Any], earlier: Mapping[str, Stage]) -> Stage:
    if not re.fullmatch(r"\w+", name):
        raise ConfigError(f"stage {name!r} cannot be named in settings; use letters, digits and _")
    if not isinstance(told, Mapping) or set(told) - {"job", "settings"} or told.get("job") not in RESULTS:
        raise ConfigError(f"stage {name} is {told!r}; give job ({', '.join(RESULTS)}) and settings, a list")
    job = str(told["job"])
    settings = tuple(str(setting) for setting in (*(each.get(job) or ()), *(told.get("settings") or ())))
    needs = tuple(dict.fromkeys(found for setting in settings for found in _NAMED.findall(setting)))
    for needed in needs:
        if needed not in earlier:
            raise ConfigError(f"stage {name} names {{{needed}}}, and no stage before it is called so")
    marked = [_NAMED.sub(lambda named: f"'{named[1]}@{earlier[named[1]].digest}'", setting) for setting in settings]
    own = ["output=@"] if job in WITHOUT_RUN else [f"run_name={name}"]
    try:
        composed = plain(compose(job, [*marked, *own]))
    except MENDABLE as error:
        raise ConfigError(f"stage {name} (jobs.{job}): {describe(error)}") from error
    facts = {key: value for key, value in _flat(composed).items() if not _is_free(key)}
    digest = config_hash({"job": job, "facts": facts})
    return Stage(name=name, job=job, settings=settings, needs=needs, digest=digest, facts=facts)


def _is_free(key: str) -> bool:
    """Whether a setting changes nothing learnt: `checkpoint.every` so; `checkpoint` alone is what is evaluated."""
    return key.split(".")[0] in FREE or key.startswith("checkpoint.")


def _flat(value: Any, prefix: str = "") -> dict[str, Any]:
    if not isinstance(value, dict) or not value:
        return {prefix: value}
    return {
        key: leaf for name, below in value.items() for key, leaf in _flat(below, f"{prefix}.{name}".lstrip(".")).items()
    }


def quoted(path: Path) -> str:
    """The path as a value of a hydra override, also inside lists."""
    escaped = str(path).replace("'", "\\'")
    return f"'{escaped}'"
