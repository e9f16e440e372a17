"""Train several ways from one start for the same time and compare them: accuracy, KL, tokens, steps, memory.

python -m jobs.compare                                every contestant three times on the real 270M, 2 minutes each
python -m jobs.compare --help                         what to change, with examples
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from jobs.evaluate import read_evaluation
from jobs.launch import job, plain
from jobs.recipe import Launch, in_a_process, only_one, perform
from jobs.stages import Ledger, Stage, quoted, read_stages
from rlhf.comparison import NOT_RUN, Attempt, Comparison, Contestant, Cost
from rlhf.errors import ConfigError
from rlhf.run_directory import write_atomically, write_json
from rlhf.tracking import read_metrics

START = "start"
FROM_ONE_START = ("warmup=null", "eval.base=false", "eval.every=0", "export.formats=[adapter]")
MACHINE = ("device_name", "cpu_count", "torch_threads", "git_commit")
TRAINERS = ("train", "bond")


@job("compare")
def main(config: DictConfig) -> None:
    entry = Entry.read(plain(config))
    stages = read_stages(entry.stages(), {})
    check_data(stages)
    root = Path(config.output).expanduser().absolute()
    with only_one(root, "jobs.compare") as held:
        failed: dict[str, str] = {}
        try:
            work_off(Ledger(root), stages, telling(held), failed)
        finally:
            show(root, entry, stages, failed)
    if failed:
        raise ConfigError(
            f"{len(failed)} of {len(stages)} stages failed: {', '.join(failed)}; why stands in the table. The same "
            "command tries them again"
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """The settings of a comparison, checked."""

    settings: Mapping[str, Any]
    contestants: Mapping[str, Mapping[str, Any]]
    """Those that were chosen."""
    merges: Mapping[str, Mapping[str, Any]]

    @classmethod
    def read(cls, settings: Mapping[str, Any]) -> Entry:
        """Raises ConfigError for contestants, merges, seeds or names that make no sense."""
        contestants, merges, only = settings["contestants"], settings["merges"] or {}, settings["only"]
        for name in only or ():
            if name not in {**contestants, **merges}:
                raise ConfigError(f"there is no contestant {name}; there are {', '.join([*contestants, *merges])}")
        for name, told in contestants.items():
            if set(told) - {"job", "settings"} or told.get("job") not in TRAINERS:
                raise ConfigError(f"contestant {name} is {told!r}; give job ({', '.join(TRAINERS)}) and settings")
        if not settings["seeds"] or len(set(settings["seeds"])) < len(settings["seeds"]):
            raise ConfigError(f"seeds is {settings['seeds']!r}; give a list of different numbers")
        chosen = {name: told for name, told in contestants.items() if only is None or name in only}
        if not chosen:
            raise ConfigError("there is no contestant to train; give some: contestants, only")
        merged = {name: told for name, told in merges.items() if only is None or name in only}
        for name, told in merged.items():
            if set(told) - {"of", "settings"} or told.get("of") not in chosen:
                raise ConfigError(f"merge {name} is {told!r}; give of ({', '.join(chosen)}) and settings of jobs.merge")
        return cls(settings=settings, contestants=chosen, merges=merged)

    def trainings(self, name: str) -> list[str]:
        """The stages that train a contestant."""
        return [f"{name}_{seed}" for seed in self.settings["seeds"]]

    def stages(self) -> dict[str, dict[str, Any]]:
        """Name to job and settings of every stage, seed by seed, so that whoever stops early has compared all.

        Raises:
            ConfigError: if two stages would be called the same.
        """
        settings, told = self.settings, list[tuple[str, str, list[str]]]()
        task, network = settings["task"] or [], settings["network"] or []
        machine = [f"threads={settings['threads']}", f"device={settings['device']}"]
        start = f"{{{START}}}" if settings["start"] is None else quoted(Path(settings["start"]).expanduser().absolute())
        if settings["start"] is None:
            taught = ["eval.base=false", "export.formats=[adapter]", "tracker=none", *(settings["sft"] or [])]
            told.append((START, "sft", [*task, *network, *taught, *machine]))

        def evaluate(name: str, checkpoint: str, *more: str) -> None:
            evaluation = [*task, *(settings["evaluation"] or []), f"checkpoint={checkpoint}", *more, *machine]
            told.append((evaluation_of(name), "evaluate", evaluation))

        evaluate(START, start)
        for seed in settings["seeds"]:
            for name, contestant in self.contestants.items():
                own = [*(settings["training"] or []), *(contestant.get("settings") or []), *FROM_ONE_START]
                given = [f"plan.seconds={settings['seconds']}", f"seed={seed}", f"adapter.start_from={start}", *machine]
                told.append((f"{name}_{seed}", contestant["job"], [*task, *network, *own, *given]))
                evaluate(f"{name}_{seed}", f"{{{name}_{seed}}}", f"reference={start}")
        for name, merge in self.merges.items():
            members = ",".join(f"{{{member}}}" for member in self.trainings(merge["of"]))
            own = [*(merge.get("settings") or []), f"adapters=[{members}]", f"start={start}"]
            told.append((name, "merge", own))
            evaluate(name, f"{{{name}}}", f"reference={start}")
        named = {name: {"job": job, "settings": settings} for name, job, settings in told}
        if len(named) < len(told):
            names = [name for name, _, _ in told]
            twice = next(name for name in names if names.count(name) > 1)
            raise ConfigError(f"two stages would be called {twice}; give that contestant or merge another name")
        return named


def check_data(stages: Mapping[str, Stage]) -> None:
    """Refuse a training whose data may be divided otherwise than where it is evaluated.

    Raises:
        ConfigError: naming the stage and what differs.
    """
    evaluated = stages[evaluation_of(START)].facts
    for stage in stages.values():
        if stage.job not in (*TRAINERS, "sft"):
            continue
        keys = [key for key in {**evaluated, **stage.facts} if key == "data" or key.startswith("data.")]
        for key in keys:
            was, now = evaluated.get(key), stage.facts.get(key)
            if was != now:
                raise ConfigError(
                    f"{stage.name} trains with {key}={now!r} and is evaluated with {was!r}, so the problems that are "
                    f"held out there may be among those that it trains on; set {key} for all: task"
                )


def evaluation_of(name: str) -> str:
    """The stage that evaluates what another left."""
    return f"evaluate_{name}"


def telling(held: int) -> Launch:
    """Runs jobs as processes; one that fails is a ConfigError with the last line of what it said."""

    def launch(name: str, arguments: list[str]) -> int:
        with tempfile.TemporaryFile() as errors:
            try:
                code = in_a_process(name, arguments, held, errors)
            finally:
                errors.seek(0)
                said = errors.read().decode(errors="replace")
                print(said, end="", file=sys.stderr, flush=True)
        if code:
            lines = [line.strip() for line in said.splitlines() if line.strip()]
            raise ConfigError(lines[-1].removeprefix("error: ") if lines else f"ended with code {code}")
        return code

    return launch


def work_off(ledger: Ledger, stages: Mapping[str, Stage], launch: Launch, failed: dict[str, str]) -> None:
    """Run the stages that are not finished; those that fail, and those that build on them, come into `failed`.

    Args:
        failed: name to reason, filled as it goes: an interrupt leaves what was found out before.
    """
    results = ledger.results(stages)
    for number, stage in enumerate(stages.values(), start=1):
        lost = [name for name in stage.needs if name not in results]
        if lost:
            failed[stage.name] = f"{lost[0]} failed"
            continue
        try:
            results[stage.name] = perform(ledger, stage, results, launch, f"{number}/{len(stages)}")
        except ConfigError as error:
            failed[stage.name] = str(error)
            print(f"{stage.name} failed: {error}", flush=True)


def show(root: Path, entry: Entry, stages: Mapping[str, Stage], failed: Mapping[str, str]) -> None:
    """Write the table and the figures of what is finished, and print the table."""
    results = Ledger(root).results(stages)
    comparison = compared(entry, results, failed)
    if not comparison.start.evaluations:
        return
    machines = _machines(results[name] for name in stages if name in results and stages[name].job in TRAINERS)
    heading = (
        f"{entry.settings['seconds']:g} s of training per run, seeds "
        f"{', '.join(map(str, entry.settings['seeds']))}. Machine: {'; '.join(map(_machine, machines))}\n"
    )
    if len(machines) > 1:
        heading += "\nThe runs were made on different machines or commits: the same seconds were not the same work.\n"
    text = f"{heading}\n{comparison.markdown()}"
    write_atomically(root / "comparison.md", text + "\n")
    facts = {"seeds": entry.settings["seeds"], "seconds": entry.settings["seconds"], "machines": machines}
    write_json(root / "comparison.json", {**facts, **comparison.to_dict()})
    print(f"\n{text}\n{root / 'comparison.md'}", flush=True)


def compared(entry: Entry, results: Mapping[str, Path], failed: Mapping[str, str]) -> Comparison:
    """The rows of the table, from what the stages left."""

    def attempt(name: str) -> Attempt:
        path, trained = results.get(evaluation_of(name)), results.get(name)
        return Attempt(
            name=name,
            evaluation=None if path is None else read_evaluation(path),
            cost=None if trained is None or not _log(trained).is_file() else Cost.of(read_metrics(_log(trained))),
            failed="" if path else failed.get(name) or failed.get(evaluation_of(name)) or NOT_RUN,
        )

    rows = [Contestant(name=name, attempts=tuple(map(attempt, entry.trainings(name)))) for name in entry.contestants]
    rows += [Contestant(name=name, attempts=(attempt(name),)) for name in entry.merges]
    start = replace(attempt(START), cost=None)  # the supervised steps are not what is compared
    merged = {name: merge["of"] for name, merge in entry.merges.items()}
    return Comparison(start=Contestant(name=START, attempts=(start,)), contestants=tuple(rows), merged=merged)


def _log(adapter: Path) -> Path:
    """The log of the run that exported an adapter."""
    return adapter.parent.parent / "metrics.jsonl"


def _machines(adapters: Iterable[Path]) -> list[dict[str, Any]]:
    """What the runs' own records say of where they ran, each machine once."""
    found: Sequence[dict[str, Any]] = [
        json.loads((adapter.parent.parent / "env.json").read_text(encoding="utf-8")) for adapter in adapters
    ]
    machines = [{name: env.get(name) for name in MACHINE} for env in found]
    return [machine for place, machine in enumerate(machines) if machine not in machines[:place]]


def _machine(machine: Mapping[str, Any]) -> str:
    commit = machine["git_commit"]
    return (
        f"{machine['device_name']}, {machine['torch_threads']} threads of {machine['cpu_count']} CPUs"
        f"{', commit ' + commit[:12] if commit else ''}"
    )


if __name__ == "__main__":
    main()
