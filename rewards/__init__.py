"""Rewards that people compose and trust: text in, verdict out. Imports neither torch nor hydra.

The public names, each loaded when it is first used: a worker process that judges one function must not wait for the
tables of the math verifier. Not repeated here: `rewards.selfcheck.selfcheck`, because it would hide its own module; the
schedules of `rewards.schedules`, since `Cosine` is a reward too; and the packages `rewards.code`, `rewards.language`,
`rewards.structure`, `rewards.instructions` and `rewards.endpoint`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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

_HOMES = {
    "base": ("Reward", "RewardError", "Sample", "SampleFunction", "State", "Verdict"),
    "calls": ("FunctionCalls",),
    "compose": ("Minimum", "NormalizedSum", "Product", "Term", "WeightedSum"),
    "format": ("Boxed", "Length", "Pattern", "Tags"),
    "functions": ("as_reward", "judge", "load_function", "per_sample"),
    "length": ("Cosine", "Overlong"),
    "math": ("FinalAnswer", "check_gold", "verify"),
    "pool": ("Pool",),
    "preference": ("Preference",),
    "relative": ("Pairwise",),
    "repetition": ("Repetition",),
}
_HOME_OF = {name: f"rewards.{module}" for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    """The public name, from the module that it lives in (PEP 562)."""
    if name not in _HOME_OF:
        raise AttributeError(f"module 'rewards' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_HOME_OF[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
