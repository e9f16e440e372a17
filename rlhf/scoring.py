"""Rollout groups to scored groups, and what the rewards had to say as numbers for the log."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from statistics import fmean, pstdev

from rewards.base import Batched, Overlapping, Reward, Sample, State, Verdict, at_step
from rlhf.errors import ConfigError, ScoringError
from rlhf.types import FinishReason, Metrics, RolloutGroup, ScoredGroup, samples_of

FAILURES = (State.FAILED, State.TIMED_OUT, State.TRUNCATED)


class Scoring:
    """One step's judgements: of groups while others are still being sampled, where the reward can do that.

        scoring = Scoring(reward, step)
        groups = sampler.sample(prompts, ..., on_finished=scoring.begin)
        scored = scoring.finish(groups)

    Args:
        step: the training step, counted from 0, for rewards that change over a run; None in an evaluation.
    """

    def __init__(self, reward: Reward, step: int | None = None) -> None:
        self._reward = at_step(reward, step)
        self._judging = self._reward.begin() if isinstance(self._reward, Overlapping) else None
        self._begun: dict[int, int] = {}

    def begin(self, place: int, group: RolloutGroup) -> None:
        """Begin to judge the group that will stand at this place among those that `finish` gets."""
        if self._judging is not None and place not in self._begun:
            self._begun[place] = len(self._begun)
            self._judging.add(samples_of(group))

    def finish(self, groups: Sequence[RolloutGroup]) -> list[ScoredGroup]:
        """One verdict per completion. An exception or a NaN of the reward is a failed verdict, never a number.

        Raises:
            ScoringError: if the reward answers with another number of verdicts than completions.
        """
        for place, group in enumerate(groups):
            self.begin(place, group)
        judged = self._verdicts(groups)
        for group, verdicts in zip(groups, judged, strict=True):
            if len(verdicts) != len(group.completions):
                raise ScoringError(
                    f"the reward returned {len(verdicts)} verdicts for the {len(group.completions)} completions of "
                    f"{group.prompt.id}; it must return one per completion, in order"
                )
        return [
            ScoredGroup(group=group, verdicts=tuple(_finite(verdict) for verdict in verdicts))
            for group, verdicts in zip(groups, judged, strict=True)
        ]

    def _verdicts(self, groups: Sequence[RolloutGroup]) -> list[list[Verdict]]:
        if self._judging is None:
            return _judge_all(self._reward, [samples_of(group) for group in groups])
        verdicts = self._judging.verdicts()
        return [verdicts[self._begun[place]] for place in range(len(groups))]


def score_groups(groups: Sequence[RolloutGroup], reward: Reward, step: int | None = None) -> list[ScoredGroup]:
    """What `Scoring` makes of groups that are all there."""
    return Scoring(reward, step).finish(groups)


def _judge_all(reward: Reward, groups: Sequence[Sequence[Sample]]) -> list[list[Verdict]]:
    """Every group's verdicts, all groups at once where the reward can do that."""
    if isinstance(reward, Batched):
        try:
            return reward.judge_groups(groups)
        except (Exception, SystemExit) as error:  # as below
            return [_all_failed(error, samples) for samples in groups]
    judged = []
    for samples in groups:
        try:
            judged.append(reward(samples))
        except (Exception, SystemExit) as error:  # untrusted code: what it raises is a failed judgement, and is counted
            judged.append(_all_failed(error, samples))
    return judged


def _all_failed(error: BaseException, samples: Sequence[Sample]) -> list[Verdict]:
    return [Verdict.failed(f"{type(error).__name__}: {error}")] * len(samples)


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


def rollout_metrics(scored: Sequence[ScoredGroup], accuracy_term: str | None) -> Metrics:
    """Means over the step's completions: reward, every term, lengths, failures.

    Args:
        accuracy_term: the term whose share of values of at least 0.5 is logged as `accuracy`; None logs none.
    """
    verdicts = [verdict for group in scored for verdict in group.verdicts]
    completions = [completion for group in scored for completion in group.group.completions]
    rewards = [v.value for v in verdicts if v.value is not None]
    logprobs = [lp for c in completions for lp in c.sampling_logprobs]
    metrics = {
        "reward/failed_share": 1 - len(rewards) / len(verdicts),
        "len/completion_tok": fmean(len(c.token_ids) for c in completions),
        "len/truncated": fmean(c.finish_reason is FinishReason.LENGTH for c in completions),
        "entropy": -fmean(logprobs),
    }
    if rewards:
        metrics |= {"reward/mean": fmean(rewards), "reward/std": pstdev(rewards)}
    metrics |= term_metrics(scored)
    solved = [mark for verdict in verdicts if (mark := is_solved(verdict, accuracy_term)) is not None]
    if accuracy_term is not None and solved:
        metrics["accuracy"] = fmean(solved)
    return metrics


def term_value(verdict: Verdict, term: str | None) -> float | None:
    """The term's value (None: the whole reward's), or None where it has none."""
    judged = verdict if term is None else verdict.terms.get(term)
    return None if judged is None else judged.value


def term_values(scored: ScoredGroup, term: str | None) -> list[float]:
    """What the completions of a group that have a reward have of a term (None: of the whole reward).

    Raises:
        ConfigError: if completions have a reward and it has no such term.
    """
    valued = [verdict for verdict in scored.verdicts if verdict.has_value]
    if term is not None and valued and not any(term in verdict.terms for verdict in valued):
        names = ", ".join(valued[0].terms) or "no named terms"
        raise ConfigError(
            f"there is no reward term {term!r} to go by: the reward has {names}; name one of them, or give null for "
            "the whole reward"
        )
    return [value for verdict in valued if (value := term_value(verdict, term)) is not None]


def is_solved(verdict: Verdict, term: str | None) -> bool | None:
    """Whether the term's value (None: the whole reward's) is at least 0.5; None where it has no value."""
    value = term_value(verdict, term)
    return None if value is None else value >= 0.5


def term_metrics(scored: Sequence[ScoredGroup]) -> Metrics:
    """What every term had to say over a step.

    `reward/NAME` is the mean of its own values, before clip, rescale and weight, and beside it stand

        /std             their population standard deviation, over all groups together
        /coverage        the share of completions for which it has a value
        /failed_share    the share for which it failed, timed out or saw a truncated text
        /variance_share  its share of the advantage's variance, for terms that have a part in the value

    `time/reward/NAME_s` is the wall time that its judgements took, added up; what overlaps counts twice.
    """
    verdicts = [verdict for group in scored for verdict in group.verdicts]
    metrics: Metrics = {}
    for name in dict.fromkeys(name for verdict in verdicts for name in verdict.terms):
        judged = [verdict.terms[name] for verdict in verdicts if name in verdict.terms]
        values = [verdict.value for verdict in judged if verdict.value is not None]
        if values:
            metrics |= {f"reward/{name}": fmean(values), f"reward/{name}/std": pstdev(values)}
        metrics |= {
            f"reward/{name}/coverage": len(values) / len(verdicts),
            f"reward/{name}/failed_share": sum(verdict.state in FAILURES for verdict in judged) / len(verdicts),
            f"time/reward/{name}_s": math.fsum(verdict.seconds for verdict in judged),
        }
    return metrics | {f"reward/{name}/variance_share": share for name, share in variance_shares(scored).items()}


def variance_shares(scored: Sequence[ScoredGroup]) -> Metrics:
    """Every term's share of the variance of the rewards within their groups, which is what advantages are made of.

    share_k = c_k / sum_l c_l with c_k = sum_gi (p_kgi - mean_i p_kg) (r_gi - mean_i r_g), p_k the term's parts of the
    rewards r. The shares add up to 1; one is negative where a term works against the others. No shares where all
    rewards of every group are equal.
    """
    covariances: dict[str, float] = defaultdict(float)
    for group in scored:
        valued = [(verdict.value, verdict.parts) for verdict in group.verdicts if verdict.value is not None]
        mean = fmean(value for value, _ in valued) if valued else 0.0
        for name in dict.fromkeys(name for _, parts in valued for name in parts):
            have = [(value - mean, parts[name]) for value, parts in valued if name in parts]
            level = fmean(part for _, part in have)
            covariances[name] += math.fsum(distance * (part - level) for distance, part in have)
    total = math.fsum(covariances.values())
    return {name: covariance / total for name, covariance in covariances.items()} if total > 0 else {}
