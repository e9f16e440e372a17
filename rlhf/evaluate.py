"""Held-out evaluation: greedy accuracy, sampled pass@1 and pass@k, well-formedness, and paired differences.

Uses the same sampler and the same rewards as training, so a score means the same thing in both places.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from rewards.base import Reward, Verdict
from rlhf.errors import ConfigError
from rlhf.report import Estimate, ReportRow
from rlhf.runtime import Runtime
from rlhf.sampler import Sampler, SamplingParams
from rlhf.scoring import score_groups
from rlhf.types import Prompt, ScoredGroup

BOOTSTRAP_DRAWS = 10_000


@dataclass(frozen=True, kw_only=True, slots=True)
class EvaluationPlan:
    """What an evaluation samples and which reward terms it reads."""

    num_prompts: int
    samples_per_prompt: int = 8
    """Completions per prompt at `temperature`; k of pass@k."""
    temperature: float = 1.0
    max_completion_tokens: int
    seed: int
    correct_term: str = "correct"
    """The term whose value of at least 0.5 counts as solved."""
    format_term: str = "format"
    """The term whose value of 1 counts as well-formed; left out of the table when the reward has no such term."""

    def __post_init__(self) -> None:
        if min(self.num_prompts, self.samples_per_prompt) < 1:
            raise ConfigError("an evaluation needs at least one prompt and one sample per prompt")


@dataclass(frozen=True, kw_only=True, slots=True)
class Evaluation:
    """Per-prompt results, kept so that two evaluations of the same prompts can be compared pair by pair."""

    prompt_ids: tuple[str, ...]
    tasks: tuple[str, ...]
    greedy: tuple[float, ...]
    """1 where the greedy completion is correct."""
    sampled: tuple[float, ...]
    """Share of correct samples: an unbiased pass@1."""
    pass_at_k: tuple[float, ...]
    """1 where any of the k samples is correct."""
    well_formed: tuple[float, ...]
    """Share of well-formed samples; empty when the reward has no format term."""
    num_tokens: float
    """Mean length of the sampled completions."""
    samples_per_prompt: int
    seed: int

    def columns(self) -> dict[str, tuple[float, ...]]:
        """The table's columns by title."""
        columns = {
            "pass@1 (sampled)": self.sampled,
            "greedy": self.greedy,
            f"pass@{self.samples_per_prompt}": self.pass_at_k,
        }
        return columns | ({"well-formed": self.well_formed} if self.well_formed else {})

    def row(self, name: str) -> ReportRow:
        return ReportRow(name=name, cells={title: mean_interval(values) for title, values in self.columns().items()})

    def difference(self, before: Evaluation, name: str) -> ReportRow:
        """This evaluation minus an earlier one of the same prompts, with paired bootstrap intervals.

        Raises:
            ValueError: if the two are not of the same prompts.
        """
        if self.prompt_ids != before.prompt_ids:
            raise ValueError("only evaluations of the same prompts can be compared pair by pair")
        then = before.columns()
        return ReportRow(
            name=name, cells={title: paired_interval(now, then[title]) for title, now in self.columns().items()}
        )

    def to_dict(self) -> dict[str, object]:
        """Everything, as plain data for the run's folder."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, object]) -> Evaluation:
        fields = {key: tuple(value) if isinstance(value, list) else value for key, value in data.items()}
        return cls(**fields)  # pyright: ignore[reportArgumentType]


def evaluate(
    sampler: Sampler, prompts: Sequence[Prompt], reward: Reward, plan: EvaluationPlan, runtime: Runtime
) -> Evaluation:
    """Sample every prompt greedily and `samples_per_prompt` times, and grade all of it.

    A completion whose reward failed counts as unsolved here: an evaluation has no batch that it could leave.
    """
    mine = runtime.shard(prompts)
    tokens = plan.max_completion_tokens
    greedy = SamplingParams(max_completion_tokens=tokens, temperature=0.0)
    random = SamplingParams(max_completion_tokens=tokens, temperature=plan.temperature)
    seed = plan.seed * runtime.world_size + runtime.rank
    singles = runtime.gather(score_groups(sampler.sample(mine, 1, greedy, seed=seed), reward))
    groups = runtime.gather(score_groups(sampler.sample(mine, plan.samples_per_prompt, random, seed=seed), reward))
    solved = [[_passes(verdict, plan.correct_term) for verdict in group.verdicts] for group in groups]
    completions = [completion for group in groups for completion in group.group.completions]
    return Evaluation(
        prompt_ids=tuple(prompt.id for prompt in prompts),
        tasks=tuple(prompt.task for prompt in prompts),
        greedy=tuple(_passes(group.verdicts[0], plan.correct_term) for group in singles),
        sampled=tuple(sum(marks) / len(marks) for marks in solved),
        pass_at_k=tuple(max(marks) for marks in solved),
        well_formed=_well_formed(groups, plan.format_term),
        num_tokens=sum(len(c.token_ids) for c in completions) / len(completions),
        samples_per_prompt=plan.samples_per_prompt,
        seed=plan.seed,
    )


def _passes(verdict: Verdict, term: str) -> float:
    judged = verdict.terms.get(term, verdict)
    return float(judged.value is not None and judged.value >= 0.5)


def _well_formed(groups: Sequence[ScoredGroup], term: str) -> tuple[float, ...]:
    if not all(term in verdict.terms for group in groups for verdict in group.verdicts):
        return ()
    return tuple(
        sum(verdict.terms[term].value == 1.0 for verdict in group.verdicts) / len(group.verdicts) for group in groups
    )


def mean_interval(values: Sequence[float]) -> Estimate:
    """Mean of per-prompt values with a 95 % bootstrap interval over prompts.

    >>> estimate = mean_interval([1.0] * 50 + [0.0] * 50)
    >>> estimate.value, 0.39 < estimate.low < 0.42, 0.58 < estimate.high < 0.61
    (0.5, True, True)
    """
    data = np.asarray(values, dtype=np.float64)
    draws = _bootstrap_means(data)
    return Estimate(
        value=float(data.mean()), low=float(np.quantile(draws, 0.025)), high=float(np.quantile(draws, 0.975))
    )


def paired_interval(after: Sequence[float], before: Sequence[float]) -> Estimate:
    """Mean difference with a 95 % bootstrap interval, resampling prompts (Efron 1979, percentile method)."""
    return mean_interval(np.asarray(after, dtype=np.float64) - np.asarray(before, dtype=np.float64))  # pyright: ignore


def _bootstrap_means(data: np.ndarray) -> np.ndarray:
    """Means of BOOTSTRAP_DRAWS resamples; the generator is fixed so that a table can be printed again."""
    generator = np.random.default_rng(0)
    counts = generator.multinomial(len(data), np.full(len(data), 1 / len(data)), size=BOOTSTRAP_DRAWS)
    return counts @ data / len(data)


def pass_at_k(num_samples: int, num_correct: int, k: int) -> float:
    """Unbiased probability that at least one of k samples is correct, from n samples of which c are.

    1 - C(n - c, k) / C(n, k). Source: Chen et al. 2021 (Codex), arXiv:2107.03374, equation 1.

    >>> pass_at_k(4, 1, 2)
    0.5
    """
    return 1.0 - math.comb(num_samples - num_correct, k) / math.comb(num_samples, k)
