"""How a token is chosen, and where a completion ends: what `rlhf.sampler` does to the network's logits."""

from __future__ import annotations

from rlhf.sampling.choice import Chosen, choose
from rlhf.sampling.params import SamplingParams
from rlhf.sampling.stops import StopStrings

__all__ = ["Chosen", "SamplingParams", "StopStrings", "choose"]
