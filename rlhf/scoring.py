"""Rollout groups to scored groups, and what the rewards had to say as numbers for the log."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from statistics import fmean, pstdev

from rewards.base import Reward, Verdict
from rlhf.errors import ScoringError
from rlhf.types import FinishReason, Metrics, RolloutGroup, ScoredGroup, samples_of


def score_groups(groups: Sequence[RolloutGroup], reward: Reward) -> list[ScoredGroup]:
    """One verdict per completion. An exception or a NaN of the reward is a failed verdict, never a number.

    Raises:
        ScoringError: if the reward answers with another number of verdicts than completions.
    """
    scored = []
    for group in groups:
        samples = samples_of(group)
        try:
            verdicts = reward(samples)
        except Exception as error:  # untrusted code: whatever it raises is a failed judgement, and is counted
            verdicts = [Verdict.failed(f"{type(error).__name__}: {error}")] * len(samples)
        if len(verdicts) != len(samples):
            raise ScoringError(
                f"the reward returned {len(verdicts)} verdicts for the {len(samples)} completions of "
                f"{group.prompt.id}; it must return one per completion, in order"
            )
        scored.append(ScoredGroup(group=group, verdicts=tuple(_finite(verdict) for verdict in verdicts)))
    return scored


def _finite(verdict: Verdict) -> Verdict:
    if verdict.value is None or math.isfinite(verdict.value):
        return verdict
    return Verdict.failed(f"the reward is {verdict.value}, not a finite number", terms=verdict.terms)


def check_failures(scored: Sequence[ScoredGroup], max_failed_share: float) -> None:
    """Stop the run when rewards fail too often to learn from what is left.

    Raises:
        ScoringError: with the most frequent reason.
    """
    failed = [v.reason for group in scored for v in group.verdicts if not v.has_value]
    total = sum(len(group.verdicts) for group in scored)
    if len(failed) > max_failed_share * total:
        reason = max(set(failed), key=failed.count)
        raise ScoringError(
            f"{len(failed)} of {total} completions got no reward, more than max_failed_share={max_failed_share}; "
            f"most often: {reason}. Mend the reward (python -m jobs.score runs it on a file) and resume from the last "
            "checkpoint"
        )


def rollout_metrics(scored: Sequence[ScoredGroup], accuracy_term: str) -> Metrics:
    """Means over the step's completions: reward, every term, lengths, failures.

    Args:
        accuracy_term: the term whose mean is also logged as `accuracy`.
    """
    verdicts = [verdict for group in scored for verdict in group.verdicts]
    completions = [completion for group in scored for completion in group.group.completions]
    rewards = [v.value for v in verdicts if v.value is not None]
    terms: dict[str, list[float]] = defaultdict(list)
    for verdict in verdicts:
        for name, term in verdict.terms.items():
            if term.value is not None:
                terms[name].append(term.value)
    logprobs = [lp for c in completions for lp in c.sampling_logprobs]
    metrics = {
        "reward/failed_share": 1 - len(rewards) / len(verdicts),
        "len/completion_tok": fmean(len(c.token_ids) for c in completions),
        "len/truncated": fmean(c.finish_reason is FinishReason.LENGTH for c in completions),
        "entropy": -fmean(logprobs),
    }
    if rewards:
        metrics |= {"reward/mean": fmean(rewards), "reward/std": pstdev(rewards)}
    metrics |= {f"reward/{name}": fmean(values) for name, values in terms.items()}
    if terms.get(accuracy_term):
        metrics["accuracy"] = fmean(terms[accuracy_term])
    return metrics
