"""The live panel: a stage drawn for the terminal's present width and height, in ASCII where nothing else prints."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from rlhf.progress import (
    LABELS,
    TREND_STEPS,
    Stage,
    duration,
    number,
    place,
    reward_terms,
    share_done,
    shown_value,
    speed_parts,
)

BARS = "".join(chr(0x2581 + height) for height in range(8))
ASCII_BARS = "_.-~=+*#"
WIDE_COLUMNS = 96
TALL_ROWS = 24


def render_stage(stage: Stage, now: float, width: int, height: int, ascii_only: bool = False) -> Panel:
    """The panel of a stage for a terminal of `width` columns and `height` rows, at most `height` - 1 lines high."""
    inner = max(width - 4, 10)
    foot = _foot_lines(stage, inner, is_tall=height >= TALL_ROWS)
    room = max(height - 5 - len(foot), 1)
    values = _value_rows(stage, room if width < WIDE_COLUMNS else 2 * room, ascii_only)
    return Panel(
        Group(_progress(stage, inner), _clock_line(stage, now), _values_grid(values, inner), *foot),
        title=escape(stage.name),
        title_align="left",
        border_style="blue",
        width=width,
    )


def sparkline(values: Sequence[float], ascii_only: bool = False) -> str:
    """One character per value from the window's lowest to its highest; `x` where a value is not finite.

    >>> sparkline([0.0, 1.0, math.nan, 0.5], ascii_only=True)
    '_#x='
    """
    bars = ASCII_BARS if ascii_only else BARS
    finite = [value for value in values if math.isfinite(value)]
    low, span = min(finite, default=0.0), max(finite, default=0.0) - min(finite, default=0.0)
    return "".join(
        "x" if not math.isfinite(value) else bars[round((value - low) / span * 7) if span > 0 else 0]
        for value in values
    )


def _progress(stage: Stage, inner: int) -> Table:
    done = share_done(stage)
    count = f"{place(stage)}  {100 * done:3.0f} %" if stage.total else f"step {stage.step}"
    grid = Table.grid(padding=(0, 2))
    bar = ProgressBar(total=1.0, completed=done, width=max(inner - len(count) - 2, 4), pulse=False)
    grid.add_row(bar, count) if stage.total else grid.add_row(count)
    return grid


def _clock_line(stage: Stage, now: float) -> Text:
    parts = [f"elapsed {duration(now - stage.began)}"]
    if (left := stage.seconds_left(now)) is not None:
        parts.append(f"left {duration(left)}")
    if stage.unit == "steps" and (pace := stage.seconds_per_step()) is not None:
        parts.append(f"{number(pace)} s/step")
    return Text("   ".join(parts), style="dim", no_wrap=True, overflow="ellipsis")


def _value_rows(stage: Stage, room: int, ascii_only: bool) -> list[tuple[str, str, str]]:
    """(label, value, trend) of what there is to show; reward terms give way first when there is little room."""
    known = [key for key in LABELS if key in stage.metrics]
    terms = reward_terms(stage.metrics)
    shown = terms if len(known) + len(terms) <= room else terms[: max(room - len(known) - 1, 0)]

    def row(key: str, label: str) -> tuple[str, str, str]:
        return label, shown_value(key, stage.metrics[key]), sparkline(stage.trends[key], ascii_only)

    head = [row(key, LABELS[key]) for key in known if key == "reward/mean"]
    head += [row(f"reward/{term}", f"  {term}") for term in shown]
    if len(shown) < len(terms):
        head.append((f"  +{len(terms) - len(shown)} terms", "", ""))
    return (head + [row(key, LABELS[key]) for key in known if key != "reward/mean"])[:room]


def _values_grid(rows: list[tuple[str, str, str]], inner: int) -> Table:
    """The rows below one another, or in two halves beside one another where the terminal is wide."""
    halves = 1 if inner + 4 < WIDE_COLUMNS else 2
    per_half = -(-len(rows) // halves)
    label = min(max((len(row[0]) for row in rows), default=0), 16)
    trend = max(min(TREND_STEPS, inner // halves - label - 10 - 4), 4)
    grid = Table.grid(padding=(0, 2, 0, 0))
    for _ in range(halves):
        grid.add_column(width=label, no_wrap=True, overflow="ellipsis", style="dim")
        grid.add_column(width=9, no_wrap=True, justify="right")
        grid.add_column(width=trend, no_wrap=True, style="cyan")
    for line in range(per_half):
        cells: list[RenderableType] = []
        for name, value, bars in rows[line::per_half]:
            cells += [
                Text(name),
                Text(value, style="bold red" if value in ("nan", "inf", "-inf") else "bold"),
                bars[-trend:],
            ]
        grid.add_row(*cells)
    return grid


def _foot_lines(stage: Stage, inner: int, is_tall: bool) -> list[RenderableType]:
    lines: list[RenderableType] = []
    if speed := speed_parts(stage.metrics):
        lines.append(Text("   ".join(speed), no_wrap=True, overflow="ellipsis"))
    if not stage.sample:
        return lines
    prompt, completion, reward = stage.sample
    score = "no reward" if reward is None else f"reward {number(reward)}"
    if is_tall:
        answered = [(f"-> {_clip(completion, inner - len(score) - 5)}", "bold"), (f"  {score}", "dim")]
        lines += [Text(""), Text(_clip(prompt, inner), style="dim", no_wrap=True, overflow="ellipsis")]
        return [*lines, Text.assemble(*answered, no_wrap=True, overflow="ellipsis")]
    room = max(inner - len(score) - 6, 8)
    asked = _clip(prompt, room // 2)
    answered = _clip(completion, room - len(asked))
    line = [(f"{score}  ", "dim"), (asked, "dim"), (" -> ", "dim"), (answered, "bold")]
    return [*lines, Text.assemble(*line, no_wrap=True, overflow="ellipsis")]


def _clip(text: str, width: int) -> str:
    """The text on one line, without control characters, shortened in the middle: answers stand at the end."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    if len(line) <= width:
        return line
    head = (width - 3) // 2
    return f"{line[:head]}...{line[len(line) - (width - 3 - head) :]}"
