"""Named reward terms and their weighted sum. Terms come as a map, so that a command line can add, drop or reweigh each:

    terms:
      correct: {weight: 1.0, reward: {_target_: rewards.math.FinalAnswer}}
      brevity: {weight: 0.1, function: "my_rewards.py:brevity"}

(`jobs/` turns every `_target_` into the object before this file sees it.)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from numbers import Real
from typing import Any

from rewards.base import Reward, RewardError, Sample, State, Verdict
from rewards.functions import as_reward, judge, load_function

RESERVED_NAMES = frozenset({"mean", "std", "failed_share"})
"""Metrics of the whole reward, `reward/mean` and so on, which a term of that name would overwrite."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Term:
    """One part of a composed reward: exactly one of `reward` and `function`, and its weight."""

    weight: float
    """Factor of the term's value in the sum; may be negative, or 0 to log the term without training on it."""
    reward: Reward | None = None
    function: str | Callable[..., Any] | None = None
    """A plain function of one sample or one group, or where it is: `path/to/file.py:name`, `package.module:name`."""
    required: bool = False
    """Whether a sample needs this term's value: without it the sample FAILs, even where the weight is 0."""


class WeightedSum:
    """A reward whose value is the sum of weight times value over its named terms.

    Terms that are not applicable to a sample are left out. A sample for which a term with a weight failed, timed out or
    saw a truncated text has no value either: its verdict takes that state and names the term. `verdict.terms` holds all
    terms' verdicts.

    >>> half = Term(weight=0.5, function=lambda sample: len(sample.completion))
    >>> verdict = WeightedSum({"length": half})([Sample(prompt="", completion="four")])[0]
    >>> verdict.value, verdict.terms["length"].value
    (2.0, 4.0)
    """

    def __init__(self, terms: Mapping[str, Term | Mapping[str, Any]]) -> None:
        """Raises RewardError when a term is written wrongly, naming the term and what to write instead."""
        if not isinstance(terms, Mapping) or not terms:
            raise RewardError(
                f"terms is {terms!r}; give at least one, such as {{correct: {{weight: 1.0, reward: ...}}}}"
            )
        self.terms = {name: _checked(name, term) for name, term in terms.items()}
        self._rewards = {name: _reward_of(name, term) for name, term in self.terms.items()}

    @property
    def term_names(self) -> tuple[str, ...]:
        return tuple(self.terms)

    def __call__(self, group: Sequence[Sample]) -> list[Verdict]:
        group = tuple(group)
        columns = {name: judge(reward, group) for name, reward in self._rewards.items()}
        return [self._compose({name: column[i] for name, column in columns.items()}) for i in range(len(group))]

    def _compose(self, verdicts: Mapping[str, Verdict]) -> Verdict:
        """The verdict of one sample from those of its terms."""
        for name, verdict in verdicts.items():
            if self._spoils(self.terms[name], verdict):
                missing = verdict.state is State.NOT_APPLICABLE
                state = State.FAILED if missing else verdict.state
                return Verdict(state=state, reason=f"term {name!r}: {verdict.reason or verdict.state}", terms=verdicts)
        products = [self.terms[name].weight * v.value for name, v in verdicts.items() if v.value is not None]
        if not products:
            return Verdict(state=State.NOT_APPLICABLE, reason="no term applies", terms=verdicts)
        try:
            total = math.fsum(products)  # exact before it rounds once, so that the order of terms changes nothing
        except OverflowError:
            total = math.inf
        if not math.isfinite(total):
            return Verdict.failed(f"the sum of {products} is not finite", terms=verdicts)
        return Verdict.of(total, terms=verdicts)

    @staticmethod
    def _spoils(term: Term, verdict: Verdict) -> bool:
        """Whether a term without a value leaves the sample without one."""
        if verdict.has_value:
            return False
        return term.required or (term.weight != 0 and verdict.state is not State.NOT_APPLICABLE)


def _checked(name: object, term: object) -> Term:
    """The term, with everything about it in order but what its function is. Raises RewardError."""
    if not isinstance(name, str) or not name or any(char.isspace() or char in "/=" for char in name):
        raise RewardError(
            f"term {name!r}: give it a name without spaces, '/' or '=': it becomes the metric reward/NAME"
        )
    if name in RESERVED_NAMES:
        raise RewardError(f"term {name!r}: reward/{name} is a metric of the whole reward; give the term another name")
    if isinstance(term, Mapping):
        term = _from_mapping(name, term)
    if not isinstance(term, Term):
        raise RewardError(
            f"term {name!r} is {term!r}; write {{weight: 1.0, reward: ...}} or {{weight: 1.0, function: ...}}"
        )
    weight = term.weight
    if isinstance(weight, bool) or not isinstance(weight, Real) or not math.isfinite(weight):
        raise RewardError(f"term {name!r}: weight is {weight!r}; give a finite number")
    if (term.reward is None) == (term.function is None):
        both = "neither" if term.reward is None else "both"
        raise RewardError(f"term {name!r} has {both} of `reward` and `function`; give exactly one")
    return term


def _from_mapping(name: str, term: Mapping[str, Any]) -> Term:
    known = [field.name for field in fields(Term)]
    unknown = [str(key) for key in term if key not in known]
    if unknown:
        raise RewardError(f"term {name!r} has unknown keys {', '.join(unknown)}; known are {', '.join(known)}")
    if "weight" not in term:
        raise RewardError(f"term {name!r} has no weight; write {{weight: 1.0, ...}}, or weight: 0 to log it only")
    return Term(**term)


def _reward_of(name: str, term: Term) -> Reward:
    if term.function is None:
        if not isinstance(term.reward, Reward) or isinstance(term.reward, type):
            raise RewardError(
                f"term {name!r}: reward is {term.reward!r}, which cannot be called; write {{_target_: module.Class}} "
                "for an object or `function: file.py:name` for a function"
            )
        return term.reward
    try:
        if isinstance(term.function, str):
            return as_reward(load_function(term.function), term.function)
        return as_reward(term.function)
    except RewardError as error:
        raise RewardError(f"term {name!r}: {error}") from error
