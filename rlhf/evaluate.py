"""Held-out evaluation: greedy accuracy, sampled pass@1 and pass@k, well-formedness, every reward term.

Uses the same sampler and the same rewards as training, so a score means the same thing in both places.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Protocol, runtime_checkable

from rewards.base import Reward, State
from rlhf.errors import ConfigError, ScoringError
from rlhf.evaluation import Evaluation, prompt_digest
from rlhf.runtime import Runtime
from rlhf.sampler import Sampler, SamplingParams
from rlhf.scoring import Scoring, is_solved
from rlhf.types import Prompt, RolloutGroup, ScoredGroup

Divergence = Callable[[Sequence[RolloutGroup]], list[float]]
"""Prompts with their samples to a KL per prompt, in nats per completion."""
BROKEN = (State.FAILED, State.TIMED_OUT)
"""Judgements that say nothing of the completion; one that was cut off is the model's own doing."""


@runtime_checkable
class HasTerms(Protocol):
    """A reward that is composed of named terms."""

    @property
    def term_names(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class EvaluationPlan:
    """What an evaluation samples and which reward terms it reads."""

    num_prompts: int
    samples_per_prompt: int = 8
    """Completions per prompt at `temperature`; k of pass@k."""
    temperature: float = 1.0
    max_completion_tokens: int
    seed: int
    correct_term: str | None = "correct"
    """The term whose value of at least 0.5 counts as solved; None: the total reward."""
    format_term: str | None = "format"
    """The term whose value of 1 counts as well-formed; left out of the table when the reward has no such term."""
    max_failed_share: float = 0.2
    """The evaluation is given up when more of its rewards fail."""

    def __post_init__(self) -> None:
        if min(self.num_prompts, self.samples_per_prompt) < 1:
            raise ConfigError("an evaluation needs at least one prompt and one sample per prompt")
        if not 0 <= self.max_failed_share <= 1:
            raise ConfigError(f"max_failed_share is {self.max_failed_share}; give a share from 0 to 1")

    @property
    def num_completions(self) -> int:
        return self.num_prompts * (1 + self.samples_per_prompt)


def check_terms(reward: Reward, plan: EvaluationPlan) -> None:
    """Refuse a plan that reads a term which the reward does not have.

    Raises:
        ConfigError: naming the terms that there are.
    """
    names = reward.term_names if isinstance(reward, HasTerms) else ()
    if plan.correct_term is not None and plan.correct_term not in names:
        have = f"the reward's terms are {', '.join(names)}" if names else "the reward has no terms"
        raise ConfigError(
            f"eval.plan.correct_term is {plan.correct_term!r} and {have}; name one whose value of at least 0.5 counts "
            "as solved, or null for the total reward"
        )


def evaluate(
    sampler: Sampler,
    prompts: Sequence[Prompt],
    reward: Reward,
    plan: EvaluationPlan,
    runtime: Runtime,
    on_progress: Callable[[int], None] | None = None,
    divergence: Divergence | None = None,
) -> Evaluation:
    """Sample every prompt greedily and `samples_per_prompt` times, and grade all of it.

    A completion whose reward failed counts as unsolved here: an evaluation has no batch that it could leave. The
    shares of failed rewards are part of the result.

    Args:
        on_progress: told how many of `plan.num_completions` are there, whenever a prompt's are.
        divergence: what measures the KL to a reference, on the sampled completions.

    Raises:
        ConfigError: if the reward lacks the plan's `correct_term`.
        ScoringError: if more than `max_failed_share` of the rewards fail.
    """
    check_terms(reward, plan)
    mine = runtime.shard(prompts)
    seed = plan.seed * runtime.world_size + runtime.rank
    finished = 0

    def judged(group_size: int, temperature: float) -> list[ScoredGroup]:
        scoring = Scoring(reward)
        params = SamplingParams(max_completion_tokens=plan.max_completion_tokens, temperature=temperature)

        def on_finished(place: int, group: RolloutGroup) -> None:
            nonlocal finished
            scoring.begin(place, group)
            finished += group_size
            if on_progress is not None:
                on_progress(min(finished * runtime.world_size, plan.num_completions))

        groups = sampler.sample(mine, group_size, params, seed=seed, on_finished=on_finished)
        return runtime.gather(scoring.finish(groups))

    singles = judged(1, 0.0)
    _check_broken(singles, plan.max_failed_share)
    groups = judged(plan.samples_per_prompt, plan.temperature)
    _check_broken(groups, plan.max_failed_share)
    kl: list[float] = []
    if divergence is not None:
        kl = runtime.gather(divergence([scored.group for scored in runtime.shard(groups)]))
    return _result(prompts, singles, groups, plan, kl)


def _result(
    prompts: Sequence[Prompt],
    singles: Sequence[ScoredGroup],
    groups: Sequence[ScoredGroup],
    plan: EvaluationPlan,
    kl: Sequence[float],
) -> Evaluation:
    solved = [[float(bool(is_solved(v, plan.correct_term))) for v in group.verdicts] for group in groups]
    names = dict.fromkeys(name for group in groups for verdict in group.verdicts for name in verdict.terms)
    return Evaluation(
        prompt_ids=tuple(prompt.id for prompt in prompts),
        prompt_digests=tuple(map(prompt_digest, prompts)),
        tasks=tuple(prompt.task for prompt in prompts),
        greedy=tuple(float(bool(is_solved(group.verdicts[0], plan.correct_term))) for group in singles),
        sampled=tuple(map(fmean, solved)),
        pass_at_k=tuple(map(max, solved)),
        well_formed=_well_formed(groups, plan.format_term),
        terms={name: tuple(_term_mean(group, name) for group in groups) for name in names},
        failed=tuple(
            fmean(verdict.state in BROKEN for verdict in (*single.verdicts, *group.verdicts))
            for single, group in zip(singles, groups, strict=True)
        ),
        num_tokens=fmean(len(c.token_ids) for group in groups for c in group.group.completions),
        samples_per_prompt=plan.samples_per_prompt,
        temperature=plan.temperature,
        max_completion_tokens=plan.max_completion_tokens,
        correct_term=plan.correct_term,
        seed=plan.seed,
        kl=tuple(kl),
    )


def _well_formed(groups: Sequence[ScoredGroup], term: str | None) -> tuple[float, ...]:
    """Share of well-formed samples; a verdict that lacks the term (its reward failed) is of none."""
    if term is None or not any(term in verdict.terms for group in groups for verdict in group.verdicts):
        return ()
    return tuple(
        fmean(term in verdict.terms and verdict.terms[term].value == 1.0 for verdict in group.verdicts)
        for group in groups
    )


def _term_mean(group: ScoredGroup, name: str) -> float | None:
    """Mean of the values that the term has for a prompt's samples; None where it has none."""
    values = [v.terms[name].value for v in group.verdicts if name in v.terms]
    known = [value for value in values if value is not None]
    return fmean(known) if known else None


def _check_broken(groups: Sequence[ScoredGroup], max_failed_share: float) -> None:
    verdicts = [verdict for group in groups for verdict in group.verdicts]
    reasons = [verdict.reason for verdict in verdicts if verdict.state in BROKEN]
    if len(reasons) > max_failed_share * len(verdicts):
        raise ScoringError(
            f"{len(reasons)} of the evaluation's {len(verdicts)} completions got no reward, more than "
            f"eval.plan.max_failed_share={max_failed_share}; most often: {max(set(reasons), key=reasons.count)}. Mend "
            "the reward (python -m jobs.score runs it on a file)"
        )
