"""Rewards that people compose and trust: text in, verdict out. Imports neither torch nor hydra.

Not repeated here: `rewards.selfcheck.selfcheck`, the check before a run, because it would hide its own module; the
schedules of `rewards.schedules`, since `Cosine` is a reward too; and what takes long to import, which every worker
process would pay for: `rewards.structure`, `rewards.instructions`, `rewards.endpoint`, `rewards.code`,
`rewards.language`.
"""

from __future__ import annotations

from rewards.base import Reward, RewardError, Sample, SampleFunction, State, Verdict
from rewards.calls import FunctionCalls
from rewards.compose import Minimum, NormalizedSum, Product, Term, WeightedSum
from rewards.format import Boxed, Length, Pattern, Tags
from rewards.functions import as_reward, judge, load_function, per_sample
from rewards.length import Cosine, Overlong
from rewards.math import FinalAnswer, check_gold, verify
from rewards.pool import Pool
from rewards.preference import Preference
from rewards.relative import Pairwise
from rewards.repetition import Repetition

__all__ = [
    "Boxed",
    "Cosine",
    "FinalAnswer",
    "FunctionCalls",
    "Length",
    "Minimum",
    "NormalizedSum",
    "Overlong",
    "Pairwise",
    "Pattern",
    "Pool",
    "Preference",
    "Product",
    "Repetition",
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
