"""Programs judged by their tests, in a sandbox. `UnitTests` is the reward, `Sandbox` its confinement."""

from __future__ import annotations

from rewards.code.reward import UnitTests
from rewards.code.sandbox import TIERS, Sandbox

__all__ = ["TIERS", "Sandbox", "UnitTests"]
