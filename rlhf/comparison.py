"""Trainings from one start beside each other: what each scored, how far it went, and what it took.

A contestant is trained several times, from the same start with other seeds, and evaluated on the same problems. Its
numbers are means over its runs; their intervals count both what differs from run to run and from problem to problem.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Any

from rlhf.evaluation import Evaluation
from rlhf.intervals import crossed_intervals
from rlhf.report import PERCENT, Estimate, ReportRow, ReportTable

NO_NUMBER = "-"
INTERVALS = (
    "An interval is over problems and, where a row has several runs, over runs as well (both resampled). With few runs "
    "it is rather too narrow."
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Cost:
    """What one training took."""

    steps: int
    completion_tokens: int
    """Sampled to learn from."""
    seconds: float
    """Of the steps: without loading, evaluations and checkpoints."""
    peak_gb: float
    """Of the process, the loading included."""

    @classmethod
    def of(cls, rows: Sequence[Mapping[str, Any]]) -> Cost:
        """From the rows of a run's log."""
        steps = [row for row in rows if "step/reinforce" in row]
        return cls(
            steps=len(steps),
            completion_tokens=sum(round(row["speed/completion_tok_s"] * row["time/step_s"]) for row in steps),
            seconds=sum(row["time/step_s"] for row in steps),
            peak_gb=max((row["memory/peak_gb"] for row in steps), default=0.0),
        )


NOT_RUN = "not run yet"


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """One checkpoint that a row of the table is made of."""

    name: str
    evaluation: Evaluation | None
    """None: it failed, or was not begun."""
    cost: Cost | None = None
    """None where nothing was trained."""
    failed: str = ""
    """Why it has no evaluation; `NOT_RUN` where nothing went wrong."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Contestant:
    """A row of the table."""

    name: str
    attempts: tuple[Attempt, ...]

    @property
    def evaluations(self) -> list[Evaluation]:
        return [attempt.evaluation for attempt in self.attempts if attempt.evaluation is not None]

    @property
    def costs(self) -> list[Cost]:
        """Of the attempts that the row's numbers are means of."""
        return [attempt.cost for attempt in self.attempts if attempt.evaluation is not None and attempt.cost]

    def columns(self) -> dict[str, list[tuple[float, ...]]]:
        """Title to [runs][problems], of what all of its evaluations have."""
        tables = [evaluation.columns() for evaluation in self.evaluations]
        shared = [title for title in (tables[0] if tables else ()) if all(title in table for table in tables)]
        return {title: [table[title] for table in tables] for title in shared}

    def row(self) -> ReportRow:
        return ReportRow(name=self.name, cells=crossed_intervals(self.columns()))

    def difference(self, before: Contestant) -> ReportRow:
        """This one minus the mean of another's runs, problem by problem; where this is one run, minus each of them.

        Raises:
            DataError: if the two were not evaluated on the same problems alike.
        """
        first = before.evaluations[0]
        for evaluation in (*self.evaluations, *before.evaluations):
            evaluation.check_comparable(
                first.prompt_digests, first.temperature, first.max_completion_tokens, first.correct_term
            )
        mine, theirs = self.columns(), before.columns()
        columns = {title: _differences(mine[title], theirs[title]) for title in mine if title in theirs}
        return ReportRow(name=f"{self.name} - {before.name}", cells=crossed_intervals(columns))

    def kl(self) -> Estimate | None:
        """To the start, in nats per completion; None where none was measured."""
        measured = [evaluation.kl for evaluation in self.evaluations if evaluation.kl]
        return crossed_intervals({"": measured})[""] if measured else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """All contestants beside their start."""

    start: Contestant
    contestants: tuple[Contestant, ...]
    merged: Mapping[str, str]
    """A merge's name to the contestant whose runs it is made of."""

    def scores(self) -> ReportTable:
        """Every row's scores, and behind them the differences to the start, and of merges to their members."""
        known = {row.name: row for row in self.contestants if row.evaluations}
        differences = [row.difference(self.start) for row in known.values()] if self.start.evaluations else []
        differences += [
            known[name].difference(known[of]) for name, of in self.merged.items() if name in known and of in known
        ]
        rows = [row.row() for row in (self.start, *known.values()) if row.evaluations]
        return ReportTable(rows=tuple(rows), differences=tuple(differences), unit=PERCENT)

    def markdown(self) -> str:
        return "\n".join([self.scores().markdown(), INTERVALS + "\n", *self._costs(), *self._failures()])

    def to_dict(self) -> dict[str, Any]:
        """Every number of the tables as plain data, run by run, too."""
        scores = self.scores()
        cells = {row.name: {title: asdict(cell) for title, cell in row.cells.items()} for row in scores.rows}
        return {
            "contestants": {
                row.name: {
                    "scores": cells.get(row.name, {}),
                    "kl": None if (kl := row.kl()) is None else asdict(kl),
                    "runs": [_run(attempt) for attempt in row.attempts],
                }
                for row in (self.start, *self.contestants)
            },
            "differences": {
                row.name: {title: asdict(cell) for title, cell in row.cells.items()} for row in scores.differences
            },
        }

    def _costs(self) -> Iterator[str]:
        yield "Means over runs; the KL is to the start, in nats per completion, on the evaluation's samples:\n"
        yield "| | KL to the start | steps | completion tokens | training s | peak GB | runs |"
        yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"
        for row in (self.start, *self.contestants):
            kl, costs = row.kl(), row.costs
            cells = [NO_NUMBER if kl is None else f"{kl.value:.3f} [{kl.low:.3f}, {kl.high:.3f}]"]
            cells += [
                f"{fmean(getattr(cost, name) for cost in costs):{form}}" if costs else NO_NUMBER
                for name, form in (
                    ("steps", ",.1f"),
                    ("completion_tokens", ",.0f"),
                    ("seconds", ",.1f"),
                    ("peak_gb", ".2f"),
                )
            ]
            yield f"| {' | '.join([row.name, *cells, _count(row)])} |"
        yield ""

    def _failures(self) -> Iterator[str]:
        for row in (self.start, *self.contestants):
            for attempt in row.attempts:
                if attempt.evaluation is None:
                    failed = attempt.failed if attempt.failed == NOT_RUN else f"failed: {attempt.failed}"
                    yield f"* {attempt.name} {failed}"


def _differences(mine: Sequence[Sequence[float]], theirs: Sequence[Sequence[float]]) -> list[list[float]]:
    if len(mine) == 1:
        return [[a - b for a, b in zip(mine[0], run, strict=True)] for run in theirs]
    mean = [fmean(values) for values in zip(*theirs, strict=True)]
    return [[a - b for a, b in zip(run, mean, strict=True)] for run in mine]


def _count(row: Contestant) -> str:
    done, all_runs = len(row.evaluations), len(row.attempts)
    failed = sum(attempt.evaluation is None and attempt.failed != NOT_RUN for attempt in row.attempts)
    return f"{done}" if done == all_runs else f"{done} of {all_runs}{f', {failed} failed' if failed else ''}"


def _run(attempt: Attempt) -> dict[str, Any]:
    evaluation = attempt.evaluation
    return {
        "name": attempt.name,
        "scores": None if evaluation is None else evaluation.means(),
        "kl": fmean(evaluation.kl) if evaluation is not None and evaluation.kl else None,
        "cost": None if attempt.cost is None else asdict(attempt.cost),
        "failed": attempt.failed,
    }
