"""Named reward terms, and the four ways to make one value of them: sum, normalized sum, product, minimum.

Terms come as a map, so that a command line can add, drop, reweigh or replace each:

    terms:
      correct: {weight: 1.0, reward: {_target_: rewards.math.FinalAnswer}}
      brevity: {weight: 0.1, function: "my_rewards.py:brevity", gate: correct}

(`jobs/` turns every `_target_` into the object before this file sees it.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rewards.aggregate import Aggregate, Column, minimum, normalized_sum, product, weighted_sum
from rewards.base import Corrupting, Described, Judging, Reward, RewardError, Sample, State, Verdict
from rewards.judging import Judgements, Panel, Verdicts
from rewards.pool import Pool
from rewards.runners import Background, Inline, Isolated, Runner, Source, isolated_runner, local_runner
from rewards.schedules import END
from rewards.terms import AppliesTo, Term, check_terms

Groups = Sequence[Sequence[Sample]]


class _Composed:
    """What the four ways have in common: the terms, their verdicts, and which samples have a value at all.

    A sample has no value when a term that counts failed, timed out or saw a truncated text (`Term.required` says
    otherwise): its verdict takes that state and names the term. Such samples are taken out first, so the values of the
    others are those of a group in which they never were. `verdict.terms` holds all terms' own verdicts, as they came.

    Called as it is, the reward judges as an evaluation does: with the terms that are `eval_only`, and with the weights
    at the end of their schedules. `at(step)` is the reward to train with.
    """

    def __init__(self, terms: Mapping[str, Term | Mapping[str, Any]], pool: Pool | None = None) -> None:
        """Starts a process only where a term is `isolated`: what its workers are forked from comes up meanwhile.

        Args:
            pool: where terms that are `isolated` are judged; None makes one with the usual limits.

        Raises:
            RewardError: when a term or the pool is written wrongly, naming it and what to write instead.
        """
        if pool is not None and not isinstance(pool, Pool):
            raise RewardError(f"pool is {pool!r}; write {{_target_: rewards.pool.Pool, workers: 16}} or leave it out")
        self.terms = check_terms(terms)
        for step in (0, END):
            self._weights(step)
        if pool is None and any(term.isolated for term in self.terms.values()):
            pool = Pool()
        runners = {name: _runner(name, term, pool) for name, term in self.terms.items()}
        self._panel = Panel(self.terms, runners)
        if pool is not None:
            pool.prepare([runner.job for runner in runners.values() if isinstance(runner, Isolated)])

    @property
    def term_names(self) -> tuple[str, ...]:
        return tuple(self.terms)

    def describe(self) -> dict[str, Any]:
        """What the terms have to say of themselves, by their names (`rewards.base.Described`)."""
        rewards = {name: term.reward for name, term in self.terms.items()}
        return {name: reward.describe() for name, reward in rewards.items() if isinstance(reward, Described)}

    def __call__(self, group: Sequence[Sample]) -> list[Verdict]:
        return self.judge_groups([group])[0]

    def judge_groups(self, groups: Groups) -> list[list[Verdict]]:
        """Every group's verdicts; isolated and async terms judge all groups at the same time."""
        return _judge_all(self.begin(), groups)

    def corrupt(self, sample: Sample) -> str | None:
        """What the first term that is about the sample, and knows how, makes of its completion to spoil it."""
        for term in self.terms.values():
            about = not isinstance(term.applies_to, AppliesTo) or term.applies_to.matches(sample)
            if about and isinstance(term.reward, Corrupting):
                spoilt = term.reward.corrupt(sample)
                if spoilt is not None:
                    return spoilt
        return None

    def begin(self) -> Judging:
        """A judgement of groups that come one by one, as `judge_groups` makes it."""
        return self.begin_at(None)

    def begin_at(self, step: int | None) -> Judging:
        """The same with the weights and terms of a training step; None in an evaluation."""
        weights = self._weights(END if step is None else step)
        return Judgements(self._panel, step, lambda judged: self._compose(judged, weights))

    def at(self, step: int) -> Reward:
        """The reward to train with at this step: without terms that are `eval_only`, with the weights of the step."""
        return AtStep(self, step)

    def _aggregate(self) -> Aggregate:
        raise NotImplementedError

    def _weights(self, step: float) -> dict[str, float]:
        """The weights of the terms that have a part in the value. Raises RewardError, naming the term."""
        weights = {}
        for name, term in self.terms.items():
            if not term.eval_only:
                try:
                    weights[name] = term.weight_at(step)
                except RewardError as error:
                    raise RewardError(f"term {name!r}: {error}") from None
        return weights

    def _compose(self, judged: Verdicts, weights: Mapping[str, float]) -> list[Verdict]:
        """One group's verdicts from those of its terms."""
        composed = [self._without_value(verdicts, weights) for verdicts in judged]
        left = [i for i, verdict in enumerate(composed) if verdict is None]
        columns = {
            name: Column(weight, self.terms[name].counted([_value(judged[i].get(name)) for i in left]))
            for name, weight in weights.items()
        }
        values = self._aggregate()(columns) if left else []
        for i, value in zip(left, values, strict=True):
            composed[i] = replace(value, terms=judged[i])
        return [verdict for verdict in composed if verdict is not None]

    def _without_value(self, verdicts: Mapping[str, Verdict], weights: Mapping[str, float]) -> Verdict | None:
        """What to answer for a sample that has no value; None for one that has."""
        for name, verdict in verdicts.items():
            if _spoils(self.terms[name], weights.get(name, 0.0), verdict):
                missing = verdict.state is State.NOT_APPLICABLE
                state = State.FAILED if missing else verdict.state
                return Verdict(state=state, reason=f"term {name!r}: {verdict.reason or verdict.state}", terms=verdicts)
        if not any(verdicts[name].has_value for name in weights if name in verdicts):
            return Verdict(state=State.NOT_APPLICABLE, reason="no term applies", terms=verdicts)
        return None


class WeightedSum(_Composed):
    """A reward whose value is the sum of weight times value over its named terms.

    A term without a value for a sample adds what it adds to the others of the group on the mean; one without a value
    for all of the group is left out. See `rewards.aggregate.weighted_sum`.

    >>> half = Term(weight=0.5, function=lambda sample: len(sample.completion))
    >>> verdict = WeightedSum({"length": half})([Sample(prompt="", completion="four")])[0]
    >>> verdict.value, verdict.terms["length"].value
    (2.0, 4.0)
    """

    def _aggregate(self) -> Aggregate:
        return weighted_sum


class NormalizedSum(_Composed):
    """Like `WeightedSum`, of terms that are first brought to one scale within the group (GDPO).

    See `rewards.aggregate.normalized_sum`.
    """

    def _aggregate(self) -> Aggregate:
        return normalized_sum


class _Bounded(_Composed):
    """A way to compose in which a weight says how far a term can pull the value down."""

    def _weights(self, step: float) -> dict[str, float]:
        weights = super()._weights(step)
        for name, weight in weights.items():
            if not 0 <= weight <= 1:
                raise RewardError(
                    f"term {name!r}: weight is {weight:g} at step {step:g}; {type(self).__name__} takes weights from 0 "
                    "(the term counts nothing) to 1"
                )
        return weights


class Product(_Bounded):
    """A reward whose value is the product of its terms, each softened by its weight: see `rewards.aggregate.product`.

    >>> terms = {name: Term(weight=1.0, function=lambda sample: 0.5) for name in "ab"}
    >>> Product(terms)([Sample(prompt="", completion="")])[0].value
    0.25
    """

    def _aggregate(self) -> Aggregate:
        return product


class Minimum(_Bounded):
    """A reward whose value is its worst term's, each softened by its weight: see `rewards.aggregate.minimum`."""

    def _aggregate(self) -> Aggregate:
        return minimum


@dataclass(frozen=True, slots=True)
class AtStep:
    """A composed reward as it is at one step of training."""

    reward: _Composed
    step: int

    def __call__(self, group: Sequence[Sample]) -> list[Verdict]:
        return self.judge_groups([group])[0]

    def judge_groups(self, groups: Groups) -> list[list[Verdict]]:
        return _judge_all(self.begin(), groups)

    def begin(self) -> Judging:
        return self.reward.begin_at(self.step)


def _judge_all(judging: Judging, groups: Groups) -> list[list[Verdict]]:
    for group in groups:
        judging.add(group)
    return judging.verdicts()


def _runner(name: str, term: Term, pool: Pool | None) -> Runner:
    if term.function is None and (not isinstance(term.reward, Reward) or isinstance(term.reward, type)):
        raise RewardError(
            f"term {name!r}: reward is {term.reward!r}, which cannot be called; write {{_target_: module.Class}} "
            "for an object or `function: file.py:name` for a function"
        )
    source = Source(reward=term.reward, function=term.function)
    try:
        if term.isolated and pool is not None and term.timeout_s is not None:
            return isolated_runner(source, term.timeout_s, pool)
        local = local_runner(source, term.timeout_s)
        return Background(local.reward) if term.background and isinstance(local, Inline) else local
    except RewardError as error:
        raise RewardError(f"term {name!r}: {error}") from error


def _value(verdict: Verdict | None) -> float | None:
    return None if verdict is None else verdict.value


def _spoils(term: Term, weight: float, verdict: Verdict) -> bool:
    """Whether a term without a value leaves the sample without one."""
    if verdict.has_value or term.required is False:
        return False
    return term.required is True or (weight != 0 and verdict.state is not State.NOT_APPLICABLE)
