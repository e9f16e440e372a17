"""A scalar head on the hidden states of a network, for models of reward and of value, and the file it is kept in."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

import torch
from jaxtyping import Float
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from model.base_mark import BaseMark, check_norm
from model.errors import CheckpointFormatError, ModelError
from model.files import staged_file
from model.transformer import Gemma3ForCausalLM

WEIGHT = "score.weight"
"""The name that transformers gives the head of a sequence classifier with one label."""
FINAL_NORM = "base.norm.weight"
"""Beside the head lies the norm of the base that it was trained on; the rest of the mark is in its adapter's file."""
LIKELIHOOD = "likelihood.weight"
"""[1], where the head weighs likelihoods."""


class ScalarHead(nn.Module):
    """hidden . w in float32, whatever the network computes in: bfloat16 has too few values to rank with.

    There is no bias: a preference does not determine it, and transformers' classifiers have none. The weights start at
    zero, so that every text is worth the same until something was learnt.

    Args:
        likelihood: what a text's mean log-ratio to the base counts beside it; whoever has the texts adds it. A number
            that is given, and not learned.
    Raises:
        ModelError: for a likelihood that is no number of at least 0.

    >>> ScalarHead(3)(torch.ones(2, 3, dtype=torch.bfloat16))
    tensor([0., 0.], grad_fn=<SqueezeBackward1>)
    """

    def __init__(self, hidden_size: int, *, likelihood: float = 0.0) -> None:
        super().__init__()
        if not 0 <= likelihood < math.inf:
            raise ModelError(f"likelihood is {likelihood}; give a weight of at least 0, where 0 does without it")
        self.weight = nn.Parameter(torch.zeros(1, hidden_size))
        self.likelihood = likelihood

    def forward(self, hidden: Float[Tensor, "*B D"]) -> Float[Tensor, "*B"]:
        return (hidden.float() @ self.weight.T).squeeze(-1)


def save_head(path: Path, head: ScalarHead, base: Gemma3ForCausalLM) -> None:
    """Writes the head and what tells its base apart; the same head is the same bytes every time."""
    _write(path, head.weight.detach(), BaseMark.of(base).norm, head.likelihood)


def _write(path: Path, weight: Tensor, norm: Tensor, likelihood: float) -> None:
    tensors = {WEIGHT: weight, FINAL_NORM: norm} | ({LIKELIHOOD: torch.tensor([likelihood])} if likelihood else {})
    with staged_file(path) as partial:
        save_file({name: tensor.cpu().contiguous() for name, tensor in tensors.items()}, partial, {"format": "pt"})


def load_head(path: Path, base: Gemma3ForCausalLM) -> ScalarHead:
    """The head in a file, on the base's device.

    Raises:
        CheckpointFormatError: if the file is missing or broken, or the head was trained on another base.
    """
    tensors = _read(path)
    _check_base(path, tensors, BaseMark.of(base).norm)
    head = ScalarHead(base.config.hidden_size, likelihood=_likelihood(tensors))
    head.load_state_dict({"weight": tensors[WEIGHT]})
    return head.to(base.device)


def check_head(path: Path, norm: Tensor) -> None:
    """Refuse a head that was not trained on the network with this final norm.

    Raises:
        CheckpointFormatError: also if the file is missing or broken.
    """
    _check_base(path, _read(path), norm)


def average_heads(paths: Sequence[Path], path: Path) -> None:
    """Writes the mean of heads of one base: WARM's part that is not in the adapters.

    Raises:
        CheckpointFormatError: if a file is missing or broken, or the heads were trained on different bases.
    """
    first, *others = (_read(source) for source in paths)
    for source, tensors in zip(paths[1:], others, strict=True):
        _check_base(source, tensors, first[FINAL_NORM])
    read = (first, *others)
    mean = torch.stack([tensors[WEIGHT].double() for tensors in read]).mean(0).float()
    _write(path, mean, first[FINAL_NORM], fmean(map(_likelihood, read)))


def read_likelihood(path: Path) -> float:
    """What the head in a file weighs likelihoods with.

    Raises:
        CheckpointFormatError: if the file is missing or broken.
    """
    return _likelihood(_read(path))


def _likelihood(tensors: dict[str, Tensor]) -> float:
    return float(tensors[LIKELIHOOD]) if LIKELIHOOD in tensors else 0.0


def _read(path: Path) -> dict[str, Tensor]:
    if not path.is_file():
        raise CheckpointFormatError(
            f"{path.parent} has no {path.name}, so it is no reward model; give a folder that jobs.reward_model wrote"
        )
    try:
        tensors = load_file(path)
    except SafetensorError as error:
        raise CheckpointFormatError(f"{path} is cut off or no safetensors file: {error}") from error
    if missing := [name for name in (WEIGHT, FINAL_NORM) if name not in tensors]:
        raise CheckpointFormatError(f"{path} lacks {', '.join(missing)}; write it again with jobs.reward_model")
    return tensors


def _check_base(path: Path, tensors: dict[str, Tensor], norm: Tensor) -> None:
    recorded, size = tensors[FINAL_NORM], norm.numel()
    if recorded.shape != norm.shape or tensors[WEIGHT].shape != (1, size):
        shapes = f"{list(tensors[WEIGHT].shape)} for {recorded.numel()} hidden units"
        raise CheckpointFormatError(f"{path} is {shapes}, this network has {size}; use the base it was trained on")
    check_norm(str(path), recorded, norm)
