"""Is the final answer right? `verify` compares two texts; `FinalAnswer` is the reward that does so for completions.

`extract` finds the answer, `answers` reads it, `equal` compares two of them: plain numbers by exact arithmetic, all
else by `notation`'s small trees and `algebra`. Nothing from a model reaches `eval`, `sympify` or `parse_expr`. Every
step is bounded, and only caches are shared, so that any thread may call it.
"""

from __future__ import annotations

from rewards.math.equal import check_gold, verify
from rewards.math.final_answer import Closeness, FinalAnswer

__all__ = ["Closeness", "FinalAnswer", "check_gold", "verify"]
