"""Where a step's time goes, by operator: torch's profiler over one step, as a table for people and for files."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from omegaconf import DictConfig
from torch.profiler import ProfilerActivity
from torch.profiler import profile as torch_profile

from jobs.parts import build_runtime

_SHOWN = 18


def profile(config: DictConfig) -> None:
    """Prints a Markdown table of one step's operators (the second step of the process), and writes it to `output`."""
    from jobs.benches.training import measure_step

    measure = measure_step(config, build_runtime(config))
    measure()
    with torch_profile(activities=[ProfilerActivity.CPU]) as profiler:
        metrics = measure()
    stages = ", ".join(f"{n.removeprefix('time/')} {v:.2f} s" for n, v in metrics.items() if n.startswith("time/"))
    table = "\n".join([f"Stages, with the profiler on: {stages}.", "", *_rows(profiler)])
    if config.output:
        Path(config.output).expanduser().write_text(table + "\n", encoding="utf-8")
    print(table)


def _rows(profiler: torch_profile) -> list[str]:
    events = sorted(profiler.key_averages(), key=lambda event: -cast("Any", event).self_cpu_time_total)
    all_s = sum(event.self_cpu_time_total for event in events) / 1e6
    rows = ["| operator | calls | self s | share |", "|---|---|---|---|"]
    for event in events[:_SHOWN]:
        own_s = event.self_cpu_time_total / 1e6
        rows.append(f"| {event.key} | {event.count} | {own_s:.2f} | {own_s / all_s:.1%} |")
    left_s = sum(event.self_cpu_time_total for event in events[_SHOWN:]) / 1e6
    rows.append(f"| {len(events) - _SHOWN} others | | {left_s:.2f} | {left_s / all_s:.1%} |")
    return rows
