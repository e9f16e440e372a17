"""What tells networks of one shape apart: the base that an adapter or a head was trained on.

Two things make a mark. The final norm: adapters leave it alone, files of quantized networks hold it in full precision,
and rounding to bfloat16 moves it by a known share. So a GGUF file and the folder that it was dequantized to are one
base; further training of the whole network moves it. And what was merged into the network, which its weights cannot
tell: a training moves them by less than quantizing to four bits does (2 % and 11 % of their length, docs/lab-log.md).
So `model.export` writes into the config of what it merges a digest of the adapter, and of what was merged before it.

What remains unknown: a network that says nothing of a merge, because another program merged it or converted it since,
counts as its base. So an adapter that was trained on a merged network is not refused on the network before the merge.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from model.errors import CheckpointFormatError
from model.transformer import Gemma3ForCausalLM

PARAMETER: Final = "model.norm.weight"
METADATA_KEY: Final = "base_final_norm"
"""Where a safetensors header has the norm, as base64 of little-endian float32."""
MERGED_KEY: Final = "base_merged"
"""Where it has what was merged into the base; files from before there was this do not have it."""
STATE_KEY: Final = "base"
"""Where a checkpoint's state has it."""

# Rounding to bfloat16 moves a weight by at most 1 in 256, and both sides may be rounded; training moves it further.
_ROUNDING = 2**-7


@dataclass(frozen=True, slots=True)
class BaseMark:
    """What is known of a base."""

    norm: Float[Tensor, " D"]
    """Its final norm's weights in float32, on the CPU."""
    merged: str | None = None
    """Digest of what was merged into it, empty where it does not say of any; None where nobody took that down."""

    @classmethod
    def of(cls, model: Gemma3ForCausalLM) -> BaseMark:
        """The mark of a network in memory."""
        return cls(model.model.norm.weight.detach().float().cpu(), model.config.merged)

    def check(self, what: str, recorded: BaseMark) -> None:
        """Refuse this network for `what` was trained on the recorded one.

        Raises:
            CheckpointFormatError: naming `what`, and how far this network's mark is from the recorded one.
        """
        check_norm(what, recorded.norm, self.norm)
        if self.merged and recorded.merged is not None and self.merged != recorded.merged:
            since = f"others ({recorded.merged})" if recorded.merged else "none"
            raise CheckpointFormatError(
                f"{what} was trained on another base: adapters were merged into this network ({self.merged}), and "
                f"{since} into that one; use the base it was trained on"
            )


def merged_into(before: str, adapter: Mapping[str, Tensor], scaling: float) -> str:
    """What a network says that an adapter was merged into: 16 hexadecimal digits over all adapters in turn.

    Args:
        before: what it said before.
    """
    digest = hashlib.sha256(f"{before}/{scaling}".encode())
    for name, tensor in sorted(adapter.items()):
        digest.update(name.encode())
        digest.update(tensor.detach().float().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()[:16]


def check_norm(what: str, recorded: Float[Tensor, " D"], here: Float[Tensor, " D"]) -> None:
    """Refuse a base that `what` was not trained on, by its final norm.

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
    """A norm as a header holds it.

    >>> from_text(to_text(torch.tensor([1.5, -2.0])), "x").tolist()
    [1.5, -2.0]
    """
    return base64.b64encode(norm.float().numpy().astype("<f4").tobytes()).decode("ascii")


def from_text(text: str, what: str) -> Float[Tensor, " D"]:
    """The norm in a header's text.

    Raises:
        CheckpointFormatError: if it is none.
    """
    try:
        values = np.frombuffer(base64.b64decode(text, validate=True), "<f4")
    except (binascii.Error, ValueError) as error:
        raise CheckpointFormatError(f"{what} has a broken {METADATA_KEY} ({error}); write it again") from error
    return torch.from_numpy(values.astype(np.float32))


def to_metadata(mark: BaseMark) -> dict[str, str]:
    """The mark as a safetensors header holds it."""
    merged = {} if mark.merged is None else {MERGED_KEY: mark.merged}
    return {METADATA_KEY: to_text(mark.norm), **merged}


def from_metadata(metadata: Mapping[str, str], what: str) -> BaseMark | None:
    """The mark in a header; None where there is none.

    Raises:
        CheckpointFormatError: if it is broken.
    """
    if METADATA_KEY not in metadata:
        return None
    return BaseMark(from_text(metadata[METADATA_KEY], what), metadata.get(MERGED_KEY))


def state_of(model: Gemma3ForCausalLM) -> dict[str, dict[str, Tensor]]:
    """What a checkpoint's state holds of the base: beside the roles' tensors, under a name of its own."""
    mark = BaseMark.of(model)
    merged = torch.tensor([*(mark.merged or "").encode()], dtype=torch.uint8)
    return {STATE_KEY: {METADATA_KEY: mark.norm, MERGED_KEY: merged}}


def check_state(what: str, state: Mapping[str, Mapping[str, Tensor]], here: BaseMark) -> None:
    """Refuse a state that was left by training another base than the one of this mark; one without a mark is taken as
    it is.

    Raises:
        CheckpointFormatError: naming `what`.
    """
    if STATE_KEY not in state:
        return
    recorded = state[STATE_KEY]
    merged = bytes(recorded[MERGED_KEY].tolist()).decode() if MERGED_KEY in recorded else None
    here.check(what, BaseMark(recorded[METADATA_KEY], merged))
