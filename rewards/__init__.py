"""Rewards that people compose and trust: text in, verdict out. Imports neither torch nor hydra.

The check before a run is `rewards.selfcheck.selfcheck`; it is not repeated here because it would hide its own module.
"""

from __future__ import annotations

from rewards.base import Reward, RewardError, Sample, SampleFunction, State, Verdict
from rewards.compose import Term, WeightedSum
from rewards.format import Boxed, Length, Pattern, Tags
from rewards.functions import as_reward, judge, load_function, per_sample
from rewards.math import FinalAnswer, check_gold, verify

__all__ = [
    "Boxed",
    "FinalAnswer",
    "Length",
    "Pattern",
    "Reward",
    "RewardError",
    "Sample",
    "SampleFunction",
    "State",
    "Tags",
    "Term",
    "Verdict",
    "WeightedSum",
    "as_reward",
    "check_gold",
    "judge",
    "load_function",
    "per_sample",
    "verify",
]
