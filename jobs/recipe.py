"""Run a recipe: a chain of jobs in one folder, each with its settings, that goes on where it was stopped.

python -m jobs.recipe                                 Gemma 3's post-training in small, on the real 270M
python -m jobs.recipe --help                          what to change, with examples
"""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from omegaconf import DictConfig

from jobs.launch import job, plain
from jobs.stages import Ledger, Stage, choose, read_stages
from rlhf.errors import ConfigError

Launch = Callable[[str, list[str]], int]
"""Runs a job by name with a command line; returns its exit code."""


@job("recipe")
def main(config: DictConfig) -> None:
    settings = plain(config)
    stages = read_stages(settings["stages"], settings["each"])
    chosen = choose(stages, settings["only"], settings["skip"] or [])
    root = Path(settings["output"]).expanduser().absolute()
    with only_one(root, "jobs.recipe") as held:
        carry_out(root, stages, chosen, lambda name, arguments: in_a_process(name, arguments, held))


def carry_out(root: Path, stages: dict[str, Stage], chosen: list[Stage], launch: Launch) -> None:
    """Run those of the chosen stages that are not finished.

    Raises:
        ConfigError: if a stage fails, or builds on one that is neither chosen nor finished.
    """
    ledger = Ledger(root)
    results = ledger.results(stages)
    known = set(results)
    for stage in chosen:
        missing = [name for name in stage.needs if name not in known]
        if missing:
            raise ConfigError(f"stage {stage.name} builds on {', '.join(missing)}, not finished and not chosen")
        known.add(stage.name)
    for number, stage in enumerate(chosen, start=1):
        results[stage.name] = perform(ledger, stage, results, launch, f"{number}/{len(chosen)}")
    print(f"{len(chosen)} stages finished in {root}", flush=True)
    if chosen:
        print(f"last result: {results[chosen[-1].name]}", flush=True)


def perform(ledger: Ledger, stage: Stage, results: Mapping[str, Path], launch: Launch, place: str) -> Path:
    """What the stage leaves, or left when it was run before.

    Args:
        results: of the stages that it builds on, and its own if it is finished.
        place: for the screen, which of how many it is.
    Raises:
        ConfigError: if it fails.
    """
    title = f"[{place}] {stage.name} (jobs.{stage.job})"
    if stage.name in results:
        print(f"{title}: finished before, {results[stage.name]}", flush=True)
        return results[stage.name]
    changes = ledger.changes(stage)
    print(f"{title}{': runs again, ' + changes if changes else ''}", flush=True)
    began = time.monotonic()
    code = launch(stage.job, stage.arguments(ledger.root, results))
    result = stage.result(ledger.root)
    if code or result is None:
        raise ConfigError(
            f"stage {stage.name} ended with code {code}{'' if code else ' and left nothing'}; what it says stands "
            "above: mend it and give the same command, which goes on here"
        )
    ledger.record(stage, result, time.monotonic() - began)
    return result


@contextmanager
def only_one(root: Path, command: str) -> Iterator[int]:
    """A folder of stages, held against a second command; a stage that outlives its command holds it too.

    Args:
        command: who holds it, for whoever comes second.

    Raises:
        ConfigError: if it is held.
    """
    root.mkdir(parents=True, exist_ok=True)
    with (root / "lock").open("a+", encoding="utf-8") as file:  # what the holder wrote is kept until it is ours
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            raise ConfigError(
                f"{file.read() or 'another command'} is at work in {root}, or a stage that it left behind; wait, or "
                "choose another output"
            ) from error
        file.truncate(0)
        file.write(f"{command} (process {os.getpid()})")
        file.flush()
        yield file.fileno()


def in_a_process(name: str, arguments: list[str], held: int, errors: IO[bytes] | None = None) -> int:
    """The exit code of a job in a process of its own, which an interrupt reaches once and which then saves itself.

    Args:
        errors: where its standard error goes; None: to ours.
    """
    command = [sys.executable, "-m", f"jobs.{name}", *arguments]
    with subprocess.Popen(command, pass_fds=[held], start_new_session=True, stderr=errors) as child:
        try:
            return child.wait()
        except KeyboardInterrupt:
            child.send_signal(signal.SIGINT)
            child.wait()
            raise


if __name__ == "__main__":
    main()
