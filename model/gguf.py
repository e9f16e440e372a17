"""Gemma 3 from GGUF: config, tensors dequantized one by one, the format's conventions undone.

Conventions: names of `model.names`; norm gains stored as 1 + weight; dimensions in reverse; no attention scale.

Source: llama.cpp's converter and loader of the gemma3 architecture.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import prod
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import torch
from torch import Tensor

from model import names
from model.config import FULL, SLIDING, Gemma3Config
from model.errors import CheckpointFormatError
from model.gguf_header import GgufFile, GgufTensor
from model.gguf_header import read_gguf as read_gguf

ARCHITECTURE = "gemma3"
LAYERS_OF_27B = 62
"""llama.cpp knows 27B, the only size whose attention scale is not head_dim ** -0.5, by its number of layers."""
MERGED_KEY = "gemwright.merged"
"""Where a header has what was merged into the network."""
MAX_LAYERS = 1000
"""More in a header are damage, and a table of four billion layers would fill the memory before anything is compared."""
LOCAL_THETA = 10_000.0
BLOCK_ELEMENTS = 500_000
"""Elements in float32 at once, 2 MB: no tensor ever exists twice as a whole, and a block stays in the cache."""


def config_from_gguf(metadata: Mapping[str, Any], path: str | Path) -> Gemma3Config:
    """The network's shape from a header's metadata; `path` is for messages.

    The format has no field for the attention scale: it is head_dim ** -0.5, except at 62 layers (27B). Local theta
    and the pattern of layers have one in newer files only, and are 10,000 and five local to one global without it.

    Raises:
        CheckpointFormatError: for another architecture, a missing key, or rope scaling that is not linear.
    """
    if (found := metadata.get("general.architecture")) != ARCHITECTURE:
        raise CheckpointFormatError(
            f"{path} holds architecture {found!r}; only the Gemma 3 text network ({ARCHITECTURE!r}) is supported"
        )
    if (layers := _get(metadata, path, "block_count")) > MAX_LAYERS:
        raise CheckpointFormatError(f"{path} claims {layers} layers, the largest Gemma 3 has 62; fetch the file again")
    hidden = _get(metadata, path, "embedding_length")
    heads, head_dim = _get(metadata, path, "attention.head_count"), _get(metadata, path, "attention.key_length")
    vocabulary = metadata.get("tokenizer.ggml.tokens", ())
    return Gemma3Config(
        vocab_size=metadata.get(f"{ARCHITECTURE}.vocab_size", len(vocabulary)),
        hidden_size=hidden,
        intermediate_size=_get(metadata, path, "feed_forward_length"),
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=_get(metadata, path, "attention.head_count_kv"),
        head_dim=head_dim,
        query_pre_attn_scalar=implied_query_scalar(layers, hidden, heads, head_dim),
        sliding_window=_get(metadata, path, "attention.sliding_window"),
        layer_types=layer_types(metadata, layers),
        rope_theta=_decimal(_get(metadata, path, "rope.freq_base")),
        rope_local_theta=_decimal(metadata.get(f"{ARCHITECTURE}.rope.freq_base_swa", LOCAL_THETA)),
        rope_scaling_factor=_rope_factor(metadata, path),
        max_position_embeddings=_get(metadata, path, "context_length"),
        rms_norm_eps=_decimal(_get(metadata, path, "attention.layer_norm_rms_epsilon")),
        pad_token_id=metadata.get("tokenizer.ggml.padding_token_id", 0),
        bos_token_id=metadata.get("tokenizer.ggml.bos_token_id", 2),
        merged=str(metadata.get(MERGED_KEY, "")),
    )


def _get(metadata: Mapping[str, Any], path: str | Path, key: str) -> Any:
    if (full := f"{ARCHITECTURE}.{key}") not in metadata:
        raise CheckpointFormatError(
            f"{path} has no metadata key {full}; convert the model again with a newer converter"
        )
    if not isinstance(value := metadata[full], int | float) or value <= 0:
        raise CheckpointFormatError(f"{path} has {full} = {value!r}, not a positive number; fetch the file again")
    return value


def _decimal(value: float) -> float:
    """The shortest decimal of a float32, so that 9.99999997e-07 is 1e-6 as in config.json."""
    return float(str(np.float32(value)))


def implied_query_scalar(layers: int, hidden: int, heads: int, head_dim: int) -> int:
    """What llama.cpp takes for query_pre_attn_scalar; the integer division is its own."""
    return hidden // heads if layers == LAYERS_OF_27B else head_dim


def layer_types(metadata: Mapping[str, Any], layers: int) -> tuple[str, ...]:
    """Kinds of layers; the key holds a period (0: all local), or per layer whether it is local."""
    pattern = metadata.get(f"{ARCHITECTURE}.attention.sliding_window_pattern", 6)
    local = pattern if isinstance(pattern, list) else [not pattern or (i + 1) % pattern != 0 for i in range(layers)]
    return tuple(SLIDING if is_local else FULL for is_local in local)


def _rope_factor(metadata: Mapping[str, Any], path: str | Path) -> float:
    kind = metadata.get(f"{ARCHITECTURE}.rope.scaling.type", "linear")
    if kind not in ("linear", "none"):
        raise CheckpointFormatError(f"{path} has rope scaling {kind!r}; Gemma 3 has 'linear' or none")
    return _decimal(metadata.get(f"{ARCHITECTURE}.rope.scaling.factor", 1.0)) if kind == "linear" else 1.0


def gguf_tensors(
    file: GgufFile, config: Gemma3Config, *, dtype: torch.dtype, only: Sequence[str] | None = None
) -> Iterator[tuple[str, Tensor]]:
    """Yield every parameter under our name, dequantized in float32 and rounded once to `dtype`.

    Norm gains are stored as 1 + weight; the 1 is taken off in float32, before rounding.

    Args:
        only: names of ours to yield; None yields all.

    Raises:
        CheckpointFormatError: before the first tensor, if any is missing, surplus or of another shape.
    """
    ours = {names.from_gguf(name) or name: tensor for name, tensor in file.tensors.items()}
    names.check_shapes({name: tensor.shape for name, tensor in ours.items()}, config, f"cannot load {file.path}")
    for name, tensor in ours.items():
        if only is None or name in only:
            yield name, _dequantize(file.data, tensor, 1.0 if names.is_norm(name) else 0.0, dtype)


def _dequantize(data: memoryview, tensor: GgufTensor, offset: float, dtype: torch.dtype) -> Tensor:
    """The tensor minus `offset`, a block of rows at a time."""
    packed = np.frombuffer(data, np.uint8, tensor.num_bytes, tensor.start).reshape(prod(tensor.shape[:-1]), -1)
    unpacked = torch.empty(tensor.shape, dtype=dtype)
    rows = unpacked.view(len(packed), tensor.shape[-1])
    step = rows_per_block(tensor.shape)
    for first in range(0, len(packed), step):
        block = packed[first : first + step]
        # As one long row: the package takes sixteen rows at a time, and its overhead with them.
        values = gguf.dequantize(block.reshape(1, -1), tensor.kind).reshape(len(block), -1)
        rows[first : first + step] = torch.from_numpy(np.require(values, np.float32, "W")) - offset
    return unpacked


def rows_per_block(shape: Sequence[int]) -> int:
    return max(1, BLOCK_ELEMENTS // shape[-1])
