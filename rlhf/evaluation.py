"""What an evaluation found, prompt by prompt, and how two of them compare."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, asdict, dataclass, fields
from typing import Any

from rlhf.errors import DataError
from rlhf.intervals import mean_intervals
from rlhf.report import PERCENT, TERM_VALUES, ReportRow, ReportTable
from rlhf.types import Prompt


@dataclass(frozen=True, kw_only=True, slots=True)
class Evaluation:
    """Per-prompt results, kept so that two evaluations of the same prompts can be compared pair by pair."""

    prompt_ids: tuple[str, ...]
    prompt_digests: tuple[str, ...]
    """What was asked, and what counts as right: two sources may give different problems the same id."""
    tasks: tuple[str, ...]
    greedy: tuple[float, ...]
    """1 where the greedy completion is correct."""
    sampled: tuple[float, ...]
    """Share of correct samples: an unbiased pass@1."""
    pass_at_k: tuple[float, ...]
    """1 where any of the k samples is correct."""
    well_formed: tuple[float, ...]
    """Share of well-formed samples; empty when the reward has no format term."""
    terms: Mapping[str, tuple[float | None, ...]]
    """Mean value of every reward term over the samples; None where the term has none."""
    failed: tuple[float, ...]
    """Share of completions, the greedy one included, whose reward failed or timed out."""
    num_tokens: float
    """Mean length of the sampled completions."""
    samples_per_prompt: int
    temperature: float
    max_completion_tokens: int
    correct_term: str | None
    """What said that a completion is correct; None: a total reward of at least 0.5."""
    seed: int
    kl: tuple[float, ...] = ()
    """To a reference that was asked for, in nats per completion; empty without one."""

    @property
    def failed_share(self) -> float:
        return sum(self.failed) / len(self.failed)

    def columns(self) -> dict[str, tuple[float, ...]]:
        """The table's columns by title, all of them shares."""
        if self.correct_term is None:
            any_of = f"any of {self.samples_per_prompt}"
            titles = [f"reward >= 0.5 ({kind})" for kind in ("sampled", "greedy", any_of)]
        else:
            titles = ["pass@1 (sampled)", "greedy", f"pass@{self.samples_per_prompt}"]
        columns = dict(zip(titles, (self.sampled, self.greedy, self.pass_at_k), strict=True))
        columns |= {"well-formed": self.well_formed} if self.well_formed else {}
        return columns | ({"reward failed": self.failed} if any(self.failed) else {})

    def means(self) -> dict[str, float]:
        """The mean of every column, and of every term as `reward/NAME`: what a log wants of an evaluation."""
        known = {f"reward/{name}": [v for v in values if v is not None] for name, values in self.terms.items()}
        return {title: sum(values) / len(values) for title, values in {**self.columns(), **known}.items() if values}

    def __str__(self) -> str:
        """The columns' means on one line."""
        return ", ".join(f"{title} {sum(values) / len(values):.1%}" for title, values in self.columns().items())

    def row(self, name: str) -> ReportRow:
        return ReportRow(name=name, cells=mean_intervals(self.columns()))

    def term_row(self, name: str) -> ReportRow:
        """Mean value of every reward term, before weights."""
        return ReportRow(name=name, cells=mean_intervals(self.terms))

    def difference(self, before: Evaluation, name: str) -> ReportRow:
        """This evaluation minus an earlier one of the same prompts, with paired bootstrap intervals.

        A column that the earlier one lacks is left out.

        Raises:
            DataError: if the two cannot be compared (`check_comparable`).
        """
        self._check_against(before)
        return ReportRow(name=name, cells=mean_intervals(_paired(self.columns(), before.columns())))

    def term_difference(self, before: Evaluation, name: str) -> ReportRow:
        """Like `difference`, of the terms' values."""
        self._check_against(before)
        return ReportRow(name=name, cells=mean_intervals(_paired(self.terms, before.terms)))

    def check_comparable(
        self, digests: Sequence[str], temperature: float, max_completion_tokens: int, correct_term: str | None
    ) -> None:
        """Refuse to compare this evaluation with one of other prompts or other sampling.

        Raises:
            DataError: naming what differs.
        """
        if self.prompt_digests != tuple(digests):
            raise DataError(
                f"only evaluations of the same problems can be compared pair by pair: the earlier one has "
                f"{len(self.prompt_digests)} problems (sampled with seed {self.seed}), this one {len(digests)}, and "
                "their texts differ; give the seed, data, template and eval.plan.num_prompts of the earlier one"
            )
        for name, was, now in (
            ("temperature", self.temperature, temperature),
            ("max_completion_tokens", self.max_completion_tokens, max_completion_tokens),
            ("correct_term", self.correct_term, correct_term),
        ):
            if was != now:
                raise DataError(
                    f"the earlier evaluation had {name} {was}, this one has {now}, so a difference would not be the "
                    f"checkpoints'; set eval.plan.{name}={'null' if was is None else was}"
                )

    def _check_against(self, before: Evaluation) -> None:
        before.check_comparable(self.prompt_digests, self.temperature, self.max_completion_tokens, self.correct_term)

    def to_dict(self) -> dict[str, Any]:
        """Everything, as plain data for the run's folder."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Evaluation:
        """What `to_dict` gave; names that are no field are left out.

        Raises:
            DataError: naming the fields that are missing.
        """
        required = [field.name for field in fields(cls) if field.default is MISSING]
        if missing := [name for name in required if name not in data]:
            raise DataError(f"no evaluation, or one of an earlier version: it has no {', '.join(missing)}")
        values: dict[str, Any] = {
            field.name: tuple(value) if isinstance(value := data[field.name], list) else value
            for field in fields(cls)
            if field.name in data
        }
        values["terms"] = {name: tuple(column) for name, column in data["terms"].items()}
        return cls(**values)


def prompt_digest(prompt: Prompt) -> str:
    """16 hexadecimal digits of the prompt's tokens and its gold answer."""
    asked = json.dumps([prompt.token_ids, str(prompt.reference.get("answer", ""))])
    return hashlib.blake2b(asked.encode(), digest_size=8).hexdigest()


def report_tables(
    results: Mapping[str, Evaluation], pairs: Mapping[str, tuple[str, str]] | None = None
) -> tuple[ReportTable, ...]:
    """The scores of every evaluation and their differences; behind them the same of the reward's terms, if it has any.

    Args:
        pairs: a difference's name to the names of its evaluations, the earlier one first.
    """
    named = [(results[before], results[after], name) for name, (before, after) in (pairs or {}).items()]
    scores = ReportTable(
        rows=tuple(result.row(name) for name, result in results.items()),
        differences=tuple(after.difference(before, name) for before, after, name in named),
        unit=PERCENT,
    )
    if not any(result.terms for result in results.values()):
        return (scores,)
    terms = ReportTable(
        rows=tuple(result.term_row(name) for name, result in results.items()),
        differences=tuple(after.term_difference(before, name) for before, after, name in named),
        unit=TERM_VALUES,
    )
    return (scores, terms)


def _paired(
    now: Mapping[str, Sequence[float | None]], then: Mapping[str, Sequence[float | None]]
) -> dict[str, list[float | None]]:
    """Differences prompt by prompt of the columns that both have; None where either has no value."""
    return {
        title: [None if a is None or b is None else a - b for a, b in zip(now[title], then[title], strict=True)]
        for title in now
        if title in then
    }
