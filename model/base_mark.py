"""What tells networks of one shape apart: the final norm of the base that an adapter or a head was trained on.

Adapters leave it alone, files of quantized networks hold it in full precision, and rounding to bfloat16 moves it by a
known share. So a GGUF file and the folder that it was dequantized to are one base, and so is a network with the one
that an adapter was merged into. Further training of the whole network moves it.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Final

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from model.errors import CheckpointFormatError
from model.transformer import Gemma3ForCausalLM

PARAMETER: Final = "model.norm.weight"
METADATA_KEY: Final = "base_final_norm"
"""Where a safetensors header has it, as base64 of little-endian float32."""
STATE_KEY: Final = "base"
"""Where a checkpoint's state has it."""

# Rounding to bfloat16 moves a weight by at most 1 in 256, and both sides may be rounded; training moves it further.
_ROUNDING = 2**-7


def final_norm(model: Gemma3ForCausalLM) -> Float[Tensor, " D"]:
    """The mark of a network: its final norm's weights in float32, on the CPU."""
    return model.model.norm.weight.detach().float().cpu()


def check_base(what: str, recorded: Float[Tensor, " D"], here: Float[Tensor, " D"]) -> None:
    """Refuse a base that `what` was not trained on.

    Raises:
        CheckpointFormatError: naming `what`, and how far this network's mark is from the recorded one.
    """
    if recorded.shape != here.shape:
        raise CheckpointFormatError(
            f"{what} was trained on another base: that one has {recorded.numel()} hidden units and this network "
            f"{here.numel()}; use the base it was trained on"
        )
    gap = (here - recorded).abs()
    if not bool((gap <= _ROUNDING * recorded.abs() + 1e-6).all()):
        raise CheckpointFormatError(
            f"{what} was trained on another base: this network's final norm differs from that one's by up to "
            f"{float(gap.max()):.3g}; use the base it was trained on"
        )


def to_text(norm: Float[Tensor, " D"]) -> str:
    """The mark as a header holds it.

    >>> from_text(to_text(torch.tensor([1.5, -2.0])), "x").tolist()
    [1.5, -2.0]
    """
    return base64.b64encode(norm.float().numpy().astype("<f4").tobytes()).decode("ascii")


def from_text(text: str, what: str) -> Float[Tensor, " D"]:
    """The mark in a header's text.

    Raises:
        CheckpointFormatError: if it is none.
    """
    try:
        values = np.frombuffer(base64.b64decode(text, validate=True), "<f4")
    except (binascii.Error, ValueError) as error:
        raise CheckpointFormatError(f"{what} has a broken {METADATA_KEY} ({error}); write it again") from error
    return torch.from_numpy(values.astype(np.float32))


def state_of(model: Gemma3ForCausalLM) -> dict[str, dict[str, Tensor]]:
    """What a checkpoint's state holds of the base: beside the roles' tensors, under a name of its own."""
    return {STATE_KEY: {METADATA_KEY: final_norm(model)}}


def check_state(what: str, state: Mapping[str, Mapping[str, Tensor]], here: Float[Tensor, " D"]) -> None:
    """Refuse a state that was left by training another base than the one of this mark; one without a mark is taken as
    it is.

    Raises:
        CheckpointFormatError: naming `what`.
    """
    if STATE_KEY in state:
        check_base(what, state[STATE_KEY][METADATA_KEY], here)
