"""Rewards beside their peers: speed, tail latency, memory and verdicts on the same inputs, in the same run.

Every grader works in a process of its own, a peer in an environment of its own, which is made at the first run. All
judge the same blocks of rows in turn, so that a change in the machine's speed falls on all; a first block is not timed,
and no input comes twice, so that no cache helps. Inputs are made here, with their labels: no data is needed.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from omegaconf import DictConfig
from rich.console import Console

from jobs.benches import figures
from jobs.benches.graders import Grader, Row, Unavailable
from jobs.benches.suites import Suite, chosen, suites
from jobs.launch import job, plain
from rlhf.errors import ConfigError
from rlhf.report import plain_table
from rlhf.run_directory import config_hash, environment, write_json

Block = dict[str, Any]
_PLAIN_COLUMNS = 120


@job("bench_rewards")
def main(config: DictConfig) -> None:
    settings = plain(config)
    for name in ("rows", "code_rows", "rounds"):
        if settings[name] < 1:
            raise ConfigError(f"{name} is {settings[name]}; give at least 1")
    texts_file = Path(settings["texts_file"]).expanduser() if settings["texts_file"] else None
    cpus = sorted(os.sched_getaffinity(0))
    named = chosen(suites(slots=len(cpus), texts_file=texts_file), settings["suites"], settings["peers"])
    env = environment("cpu")
    measured = {name: measure(name, suite, settings, cpus) for name, suite in named.items()}
    report = {
        "what": "rewards",
        "timestamp": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": env["git_commit"],
        "dirty": env["git_dirty"],
        **{name: env[name] for name in ("cpu_model", "cpu_count", "platform", "python", "packages")},
        "cpus": len(cpus),
        "accepted_from": figures.ACCEPTED,
        "suites": measured,
        "config_hash": config_hash(settings),
        "config": {name: value for name, value in settings.items() if name not in ("environments", "output")},
    }
    if settings["output"]:
        write_json(Path(settings["output"]).expanduser(), report)
    width = None if sys.stderr.isatty() else _PLAIN_COLUMNS
    _show(Console(stderr=True, highlight=False, width=width), measured)
    print(json.dumps(report, ensure_ascii=False))
    for name, suite in named.items():
        if reason := measured[name]["skipped"].get(suite.ours.name):
            raise Unavailable(f"{suite.ours.name} does not work: {reason}")


def measure(name: str, suite: Suite, settings: dict[str, Any], cpus: list[int]) -> dict[str, Any]:
    """All figures of one suite: those of each grader that works, and where its verdicts and ours differ."""
    size = settings["code_rows" if suite.in_parallel else "rows"]
    threads = len(cpus) if suite.in_parallel else 1
    rows = suite.rows(size * (settings["rounds"] + 1), f"{name} {settings['seed']}")
    blocks = [rows[start : start + size] for start in range(0, len(rows), size)]
    lineup = Lineup(suite)
    with ExitStack() as stack:
        lineup.start(settings, cpus if suite.in_parallel else cpus[-1:], stack)
        memory = lineup.each(lambda grader: grader.memory_mb(blocks[0], threads))
        rounds = [lineup.each(lambda grader, block=block: grader.judge(block, threads)) for block in blocks[1:]]
    timed, graders = rows[size:], dict[str, Any]()
    answers = {name: [answered[name] for answered in rounds] for name in lineup.running}
    for name, answered in answers.items():
        graders[name] = {
            **lineup.running[name].loaded,
            "peak_mb": answered[-1]["peak_mb"],
            "with_children_mb": memory[name],
            **figures.speed(answered),
            "verdicts": figures.accuracy(timed, [value for block in answered for value in block["values"]]),
        }
    return {
        "rows": len(timed),
        "at_a_time": threads,
        "graders": graders,
        "skipped": lineup.skipped,
        "against": _against(suite.ours.name, answers, timed, settings["examples"]),
    }


class Lineup:
    """The graders of a suite that still run, ours first, and why the others do not."""

    def __init__(self, suite: Suite) -> None:
        self._suite = suite
        self.running: dict[str, Grader] = {}
        self.skipped: dict[str, str] = {}

    def start(self, settings: dict[str, Any], cpus: list[int], stack: ExitStack) -> None:
        """Starts all."""
        root = Path(settings["environments"]).expanduser()
        for spec in (self._suite.ours, *self._suite.peers):
            try:
                grader = Grader(spec, environments=root, cpus=cpus, limit_s=settings["limit_s"])
            except Unavailable as error:
                self._drop(spec.name, error)
            else:
                self.running[spec.name] = stack.enter_context(grader)

    def each(self, work: Callable[[Grader], Any]) -> dict[str, Any]:
        """What comes of every grader, one after the other; who fails is out."""
        results = {}
        for name, grader in list(self.running.items()):
            try:
                results[name] = work(grader)
            except Unavailable as error:
                self._drop(name, error)
        return results

    def _drop(self, name: str, error: Unavailable) -> None:
        self.skipped[name] = str(error)
        self.running.pop(name, None)


def _against(ours: str, answers: dict[str, list[Block]], rows: list[Row], most: int) -> dict[str, Any]:
    """For each peer how many times faster ours is, block by block, and where the verdicts differ."""

    def column(name: str, key: str) -> list[Any]:
        return [entry for block in answers[name] for entry in block[key]]

    compared = {}
    for name in answers if ours in answers else ():
        if name != ours:
            pairs = zip(figures.rates(answers[ours]), figures.rates(answers[name]), strict=True)
            values = column(ours, "values"), column(name, "values")
            compared[name] = {
                "times_faster": figures.spread([mine / theirs for mine, theirs in pairs]),
                "agreement": figures.agreement(rows, *values, column(ours, "reasons"), most),
            }
    return compared


def _show(console: Console, measured: dict[str, Any]) -> None:
    """The figures as tables for people, one a suite."""
    columns = ["", "per s", "p50 ms", "p99 ms", "MB", "right", "false +", "false -", "no value", "same as ours"]
    for name, suite in measured.items():
        rows = [_line(grader, found, suite) for grader, found in suite["graders"].items()]
        console.print(plain_table(f"{name}: {suite['rows']} rows, {suite['at_a_time']} at a time", columns, rows))
        for peer, reason in suite["skipped"].items():
            console.print(f"{peer} is left out: {reason}\n", markup=False)


def _line(name: str, found: dict[str, Any], suite: dict[str, Any]) -> list[str]:
    latency, verdicts = found["latency_ms"], found["verdicts"]
    against = suite["against"].get(name)
    same = f"{against['agreement']['same'] / suite['rows']:.1%}" if against else ""
    speed = f"{found['per_s']['median']:,.0f}"
    memory = f"{max(found['peak_mb'], found['with_children_mb']):.0f}"
    counts = [str(verdicts[key]) for key in ("false_accepts", "false_rejects", "no_value")]
    times = [f"{latency['p50']:.3g}", f"{latency['p99']:.3g}"]
    return [name.removeprefix("rewards."), speed, *times, memory, f"{verdicts['right']:.2%}", *counts, same]
