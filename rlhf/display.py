"""What a person sees of a run: a live panel on a terminal, plain lines elsewhere, and the final table.

Everything goes to one console on standard output. Any metric may be missing or NaN. Trackers record, this forgets.
"""

from __future__ import annotations

import logging
import math
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from io import TextIOWrapper
from threading import RLock
from types import TracebackType

from rich.console import Console, Group, RenderableType
from rich.live import Live

from rlhf.panel import render_stage
from rlhf.progress import Stage, closing_line, duration, plain_line
from rlhf.report import ReportTable, plain_table

PLAIN_COLUMNS = 120


class Display:
    """Shows stages, progress and the last values; a context manager, so that the terminal is whole again afterwards.

    Args:
        quiet: show nothing at all: of several processes one speaks.
        live: whether to draw a panel; by default where standard output is a terminal that can.
        plain_every_steps, plain_every_s: without a panel, a line is due after so many steps or so many seconds.
    """

    def __init__(
        self,
        *,
        console: Console | None = None,
        live: bool | None = None,
        quiet: bool = False,
        plain_every_steps: int = 10,
        plain_every_s: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        terminal = sys.stdout.isatty() and not quiet
        if isinstance(sys.stdout, TextIOWrapper):
            # a completion in another script must not end a run in an ASCII locale
            sys.stdout.reconfigure(errors="replace")
        width = None if terminal else PLAIN_COLUMNS
        self.console = console or Console(file=sys.stdout, width=width, highlight=False, quiet=quiet)
        self._is_live = terminal and not self.console.is_dumb_terminal if live is None else live
        self._plain_every_steps = plain_every_steps
        self._plain_every_s = plain_every_s
        self._clock = clock
        self._lock = RLock()
        self._stage: Stage | None = None
        self._last_plain = (-math.inf, 0)
        self._live: Live | None = None
        self._redirected: list[tuple[logging.StreamHandler, object]] = []

    def __enter__(self) -> Display:
        if self._is_live:
            self._live = live = Live(get_renderable=self._render, console=self.console, refresh_per_second=2)
            live.start()
            self._redirect_logging()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None or not self._live:
            self._close_stage()
        if self._live:
            # after a failure the last panel stays on the screen: it shows where the run was
            self._live.transient = error is None
            self._restore_logging()
            self._live.stop()
            self._live = None

    def stage(self, name: str, total: int | None = None, unit: str = "steps", *, seconds: float | None = None) -> None:
        """Begins a stage of `total` steps, or of what `unit` says (None: unknown), and sums up the one before.

        Args:
            seconds: of training (`time/trained_s`) that end it before `total` does.
        """
        self._close_stage()
        with self._lock:
            self._stage = Stage(name=name, total=total, unit=unit, began=self._clock(), seconds=seconds)
            self._last_plain = (self._clock(), 0)
        if not self._live:
            length = (
                f"{total} {unit}" if seconds is None else f"{duration(seconds)} of training, at most {total} {unit}"
            )
            self._print(f"{name}: {length}" if total else f"{name} ...")

    def update(self, step: int, metrics: Mapping[str, float]) -> None:
        """Shows the numbers of a step; `step` counts the finished steps of this stage, so the first one is 1."""
        now = self._clock()
        with self._lock:
            if self._stage is None:
                self._stage = Stage(name="run", total=None, unit="steps", began=now)
            stage = self._stage
            stage.update(step, {key: float(value) for key, value in metrics.items()}, now)
        since_s, since_step = now - self._last_plain[0], step - self._last_plain[1]
        due = since_s >= self._plain_every_s
        if stage.unit == "steps":  # completions come by the hundred: there only the time since the last line counts
            due = due or since_step >= self._plain_every_steps or step in (1, stage.total)
        if not self._live and due:
            self._last_plain = (now, step)
            self._print(plain_line(stage, now))

    def sample(self, prompt: str, completion: str, reward: float | None) -> None:
        """Shows one rollout in the panel until the next."""
        with self._lock:
            if self._stage:
                self._stage.sample = (prompt, completion, reward)

    def message(self, text: str) -> None:
        """Prints a line that stays, above the panel where there is one."""
        self._print(text)

    def table(self, title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Prints a table that stays; the first column is left-aligned, the others right."""
        self.console.print(plain_table(title, columns, rows))

    def report_table(self, table: ReportTable) -> None:
        """Prints one of the final tables: checkpoints, then their differences, each number with its interval."""
        self.console.print(table.render(self.console.width))

    def _render(self) -> RenderableType:
        """Drawn anew at every refresh, at the terminal's present size."""
        console = self.console
        with self._lock:
            if self._stage is None:
                return Group()
            ascii_only = console.options.ascii_only
            return render_stage(self._stage, self._clock(), console.width, console.height, ascii_only)

    def _print(self, text: str) -> None:
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def _close_stage(self) -> None:
        stage = self._stage
        if stage and stage.laps:
            self._print(closing_line(stage, self._clock()))
        with self._lock:
            self._stage = None

    def _redirect_logging(self) -> None:
        """Points log handlers that hold the terminal at the live console, which prints above the panel."""
        for handler in logging.getLogger().handlers:
            if isinstance(handler, logging.StreamHandler) and handler.stream in (sys.__stdout__, sys.__stderr__):
                self._redirected.append((handler, handler.setStream(sys.stdout)))

    def _restore_logging(self) -> None:
        for handler, stream in self._redirected:
            handler.setStream(stream)
        self._redirected.clear()
