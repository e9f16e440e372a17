"""Rewards that people compose and trust: text in, verdict out. Imports neither torch nor hydra.

The public names, each loaded when it is first used: a worker process that judges one function must not wait for the
tables of the math verifier. Not repeated here: `rewards.selfcheck.selfcheck`, because it would hide its own module; the
schedules of `rewards.schedules`, since `Cosine` is a reward too; and what only one of these takes, such as the sandbox
of `rewards.code`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rewards.base import Reward, RewardError, Sample, SampleFunction, State, Verdict
    from rewards.calls import FunctionCalls
    from rewards.code import UnitTests
    from rewards.compose import Minimum, NormalizedSum, Product, Term, WeightedSum
    from rewards.endpoint import JudgeEndpoint
    from rewards.format import Boxed, Pattern, Tags
    from rewards.functions import as_reward, judge, load_function, per_sample
    from rewards.instructions import Instructions
    from rewards.language import LanguageFidelity
    from rewards.length import Cosine, Length, Overlong
    from rewards.math import FinalAnswer, check_gold, verify
    from rewards.pool import Pool
    from rewards.preference import Affine, Preference, Sigmoid
    from rewards.relative import Pairwise
    from rewards.repetition import Repetition
    from rewards.structure import Json, JsonSchema

__all__ = [
    "Affine",
    "Boxed",
    "Cosine",
    "FinalAnswer",
    "FunctionCalls",
    "Instructions",
    "Json",
    "JsonSchema",
    "JudgeEndpoint",
    "LanguageFidelity",
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
    "Sigmoid",
    "State",
    "Tags",
    "Term",
    "UnitTests",
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
    "code": ("UnitTests",),
    "compose": ("Minimum", "NormalizedSum", "Product", "Term", "WeightedSum"),
    "endpoint": ("JudgeEndpoint",),
    "format": ("Boxed", "Pattern", "Tags"),
    "functions": ("as_reward", "judge", "load_function", "per_sample"),
    "instructions": ("Instructions",),
    "language": ("LanguageFidelity",),
    "length": ("Cosine", "Length", "Overlong"),
    "math": ("FinalAnswer", "check_gold", "verify"),
    "pool": ("Pool",),
    "preference": ("Affine", "Preference", "Sigmoid"),
    "relative": ("Pairwise",),
    "repetition": ("Repetition",),
    "structure": ("Json", "JsonSchema"),
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
