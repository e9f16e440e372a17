"""WARM's average of reward models, less what its members disagree by.

The average has one network's cost; its members' disagreement says where it is not to be trusted, at the cost of one
more pass per member. On one base all of them are roles:

    scorer:
      _target_: rlhf.warm.Warm
      average: {_target_: rlhf.reward_role.RoleScorer, folder: warm}
      members:
        - {_target_: rlhf.reward_role.RoleScorer, folder: reward_0}
        - {_target_: rlhf.reward_role.RoleScorer, folder: reward_1}
      penalty: 0.5
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from statistics import pstdev

from rewards.base import Sample, Verdict
from rlhf.errors import ConfigError

SampleScorer = Callable[[Sequence[Sample]], Sequence[float | Verdict]]


class Warm:
    """Scores a sample by the average model, less `penalty` times the standard deviation of its members' scores.

        value = r_average - penalty * std_m r_m          (population std, in the unit of the scores)

    The members' scores are compared as they are: train them with `loss.centering` above 0, so that none of them lies
    higher than the others everywhere. A sample that any of them cannot score has no score.

    Source: the average: Rame et al. 2024, arXiv:2401.12187; the penalty: Coste et al. 2023, arXiv:2310.02743, which
    subtracts the variance from the members' mean.

    Raises:
        ConfigError: for fewer than two members, or a penalty that is no number of at least 0.

    >>> warm = Warm(lambda samples: [3.0], [lambda samples: [1.0], lambda samples: [5.0]], penalty=0.5)
    >>> warm([Sample(prompt="", completion="")])
    [2.0]
    """

    def __init__(self, average: SampleScorer, members: Sequence[SampleScorer], *, penalty: float) -> None:
        if len(members) < 2:
            raise ConfigError(f"Warm has {len(members)} members; give at least 2: one cannot disagree with itself")
        if not 0 <= penalty < math.inf:
            raise ConfigError(f"Warm: penalty is {penalty}; give a number of at least 0")
        self.average, self.members, self.penalty = average, tuple(members), penalty

    def __call__(self, samples: Sequence[Sample]) -> list[float | Verdict]:
        """One number per sample, or why there is none."""
        values = self.average(samples)
        if not self.penalty:
            return list(values)
        return [
            _less(value, spread, self.penalty)
            for value, spread in zip(values, self.disagreements(samples), strict=True)
        ]

    def disagreements(self, samples: Sequence[Sample]) -> list[float | Verdict]:
        """The standard deviation of the members' scores of every sample, or why one of them has none."""
        return [_spread(scores) for scores in zip(*(member(samples) for member in self.members), strict=True)]


def _less(value: float | Verdict, spread: float | Verdict, penalty: float) -> float | Verdict:
    """The value less the penalty, or what went wrong first."""
    if isinstance(value, Verdict):
        return value
    return spread if isinstance(spread, Verdict) else value - penalty * spread


def _spread(scores: Sequence[float | Verdict]) -> float | Verdict:
    numbers: list[float] = []
    for score in scores:
        if isinstance(score, Verdict):
            return score
        numbers.append(score)
    return pstdev(numbers)
