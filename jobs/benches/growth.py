"""How time and memory grow: with tokens, completions, groups and the vocabulary, one thing at a time, and a plot.

Every point is a process of its own, so that its peak memory is its own. Time should be linear in tokens, completions
and groups; memory should grow with none of groups and vocabulary (the head itself apart).
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib as mpl
import torch
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter
from omegaconf import DictConfig

from jobs.benches.processes import given, last_json
from rlhf.logprobs import select_logprobs
from rlhf.run_directory import write_json
from rlhf.runtime import peak_memory_gb

_STATES = 1024
_HIDDEN = 640


class Axis(NamedTuple):
    """What grows, on what, and how it is given to the bench of a step."""

    title: str
    values: tuple[int, ...]
    setting: str


AXES = {
    "tokens": Axis("tokens per completion", (32, 64, 128, 256), "sampling.max_completion_tokens"),
    "completions": Axis("completions per group", (4, 8, 16, 32), "plan.group_size"),
    "groups": Axis("groups per step", (1, 2, 4, 8), "plan.prompts_per_step"),
}
VOCABULARY = Axis("vocabulary", (65_536, 131_072, 262_144, 524_288), "")
_WHERE = {
    "plan.prompts_per_step": 2,
    "plan.group_size": 8,
    "sampling.max_completion_tokens": 64,
    "sampler.max_rows": 32,
}
"""The step from which one thing grows. As many completions are decoded together at most, whatever their number."""


def grow(config: DictConfig) -> None:
    """Prints one JSON line with seconds and gigabytes per point and the slope of log seconds over log size; draws
    `plot` if it is given."""
    overrides = given("plot", "runs")
    points = {name: [_step(axis, value, config, overrides) for value in axis.values] for name, axis in AXES.items()}
    points["vocabulary"] = [_head(value, config) for value in VOCABULARY.values]
    report = {"what": "growth", "model": config.model.dtype, "points": points, "slopes": slopes(points)}
    if config.output:
        write_json(Path(config.output).expanduser(), report)
    if config.plot:
        draw(points, Path(config.plot).expanduser())
    print(json.dumps(report))


def _step(axis: Axis, value: int, config: DictConfig, overrides: Sequence[str]) -> dict[str, float]:
    sizes = [f"{name}={size}" for name, size in {**_WHERE, axis.setting: value}.items()]
    own = ["step", *overrides, "full_length=true", f"runs={config.runs}", *sizes]
    line = last_json([sys.executable, "-m", "jobs.bench", *own], dict(os.environ), f"{axis.title} = {value}")
    return {"size": value, "seconds": line["metrics"]["time/step_s"]["median"], "peak_gb": line["peak_gb"]}


def _head(size: int, config: DictConfig) -> dict[str, float]:
    settings = json.dumps({"size": size, "dtype": config.model.dtype, "threads": torch.get_num_threads()})
    return last_json([sys.executable, "-m", __name__, settings], dict(os.environ), f"a vocabulary of {size}")


def head(size: int, dtype: torch.dtype) -> dict[str, float]:
    """Seconds of the log-probabilities of 1,024 tokens with their gradient, and the gigabytes beside the head."""
    import time

    generator = torch.Generator().manual_seed(0)
    weight = torch.empty((size, _HIDDEN), dtype=dtype)
    for rows in weight.split(4096):  # no float32 copy of the head: the peak is to be that of the work
        rows.copy_(torch.randn(rows.shape, generator=generator) * 0.1)
    hidden = torch.randn((_STATES, _HIDDEN), generator=generator).to(dtype)
    targets = torch.randint(size, (_STATES,), generator=generator)
    before = peak_memory_gb()
    taken = list[float]()
    for _ in range(3):
        start = time.perf_counter()
        states = hidden.clone().requires_grad_()
        select_logprobs(states, weight, targets, torch.arange(_STATES)).sum().backward()
        taken.append(time.perf_counter() - start)
    peak = peak_memory_gb() - before
    return {"size": size, "seconds": sorted(taken)[1], "peak_gb": peak}


def slopes(points: Mapping[str, Sequence[Mapping[str, float]]]) -> dict[str, float]:
    """Of log seconds over log size, by least squares: 1 is linear."""
    slopes = dict[str, float]()
    for name, row in points.items():
        size, seconds = (torch.tensor([point[key] for point in row]).log() for key in ("size", "seconds"))
        size = size - size.mean()
        slopes[name] = float((size * seconds).sum() / size.square().sum())
    return slopes


def draw(points: Mapping[str, Sequence[Mapping[str, float]]], path: Path) -> None:
    """Seconds above, memory below, one column per thing that grows."""
    mpl.rcParams["svg.hashsalt"] = "growth"
    titles = {name: axis.title for name, axis in AXES.items()} | {"vocabulary": "vocabulary (the head's work alone)"}
    figure = Figure(figsize=(3.2 * len(points), 5.6), layout="constrained")
    grid: Any = figure.subplots(2, len(points), sharex="col")
    for column, (name, row) in enumerate(points.items()):
        sizes = [point["size"] for point in row]
        for line, (key, unit) in enumerate((("seconds", "seconds"), ("peak_gb", "peak memory, GB"))):
            axes = grid[line][column]
            axes.plot(sizes, [point[key] for point in row], marker="o")
            # One scale for all memory: what is flat looks flat.
            shown = [point for group in (points.values() if line else [row]) for point in group]
            axes.set_ylim(0, 1.08 * max(point[key] for point in shown))
            axes.set_xlim(0, 1.05 * max(sizes))
            axes.xaxis.set_major_formatter(EngFormatter(sep=""))
            axes.grid(alpha=0.3)
            if not column:
                axes.set_ylabel(unit)
        grid[1][column].set_xlabel(titles[name])
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)


def main() -> None:
    """One point of the vocabulary's, in a process of its own."""
    settings: dict[str, Any] = json.loads(sys.argv[1])
    torch.set_num_threads(settings["threads"])
    print(json.dumps(head(settings["size"], getattr(torch, settings["dtype"]))))


if __name__ == "__main__":
    main()
