"""Gemma 3 in GGUF: config, tensors dequantized one by one, the format's conventions undone; and writing unquantized.

Conventions: names of `model.names`; norm gains stored as 1 + weight; dimensions in reverse; no attention scale.

Source: llama.cpp's converter and loader of the gemma3 architecture.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import prod
from pathlib import Path
from typing import Any
from uuid import uuid4

import gguf
import numpy as np
import torch
from gguf import GGMLQuantizationType
from torch import Tensor

from model import names
from model.config import FULL, SLIDING, Gemma3Config
from model.errors import CheckpointFormatError
from model.gguf_header import GgufFile, GgufTensor
from model.gguf_header import read_gguf as read_gguf

ARCHITECTURE = "gemma3"
LAYERS_OF_27B = 62
"""llama.cpp knows 27B, the only size whose attention scale is not head_dim ** -0.5, by its number of layers."""
MAX_LAYERS = 1000
"""More in a header are damage, and a table of four billion layers would fill the memory before anything is compared."""
LOCAL_THETA = 10_000.0
BLOCK_ELEMENTS = 4_000_000
"""Elements in float32 at once, 16 MB: no tensor ever exists twice as a whole."""


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
        query_pre_attn_scalar=_implied_query_scalar(layers, hidden, heads, head_dim),
        sliding_window=_get(metadata, path, "attention.sliding_window"),
        layer_types=_layer_types(metadata, layers),
        rope_theta=_decimal(_get(metadata, path, "rope.freq_base")),
        rope_local_theta=_decimal(metadata.get(f"{ARCHITECTURE}.rope.freq_base_swa", LOCAL_THETA)),
        rope_scaling_factor=_rope_factor(metadata, path),
        max_position_embeddings=_get(metadata, path, "context_length"),
        rms_norm_eps=_decimal(_get(metadata, path, "attention.layer_norm_rms_epsilon")),
        pad_token_id=metadata.get("tokenizer.ggml.padding_token_id", 0),
        bos_token_id=metadata.get("tokenizer.ggml.bos_token_id", 2),
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


def _implied_query_scalar(layers: int, hidden: int, heads: int, head_dim: int) -> int:
    """What llama.cpp takes for query_pre_attn_scalar; the integer division is its own."""
    return hidden // heads if layers == LAYERS_OF_27B else head_dim


def _layer_types(metadata: Mapping[str, Any], layers: int) -> tuple[str, ...]:
    """Kinds of layers; the key holds a period (0: all local), or per layer whether it is local."""
    pattern = metadata.get(f"{ARCHITECTURE}.attention.sliding_window_pattern", 6)
    local = pattern if isinstance(pattern, list) else [not pattern or (i + 1) % pattern != 0 for i in range(layers)]
    return tuple(SLIDING if is_local else FULL for is_local in local)


def _rope_factor(metadata: Mapping[str, Any], path: str | Path) -> float:
    kind = metadata.get(f"{ARCHITECTURE}.rope.scaling.type", "linear")
    if kind not in ("linear", "none"):
        raise CheckpointFormatError(f"{path} has rope scaling {kind!r}; Gemma 3 has 'linear' or none")
    return _decimal(metadata.get(f"{ARCHITECTURE}.rope.scaling.factor", 1.0)) if kind == "linear" else 1.0


def gguf_tensors(file: GgufFile, config: Gemma3Config, *, dtype: torch.dtype) -> Iterator[tuple[str, Tensor]]:
    """Yield every parameter under our name, dequantized in float32 and rounded once to `dtype`.

    Norm gains are stored as 1 + weight; the 1 is taken off in float32, before rounding.

    Raises:
        CheckpointFormatError: before the first tensor, if any is missing, surplus or of another shape.
    """
    ours = {names.from_gguf(name) or name: tensor for name, tensor in file.tensors.items()}
    names.check_shapes({name: tensor.shape for name, tensor in ours.items()}, config, f"cannot load {file.path}")
    for name, tensor in ours.items():
        yield name, _dequantize(file.data, tensor, 1.0 if names.is_norm(name) else 0.0, dtype)


def _dequantize(data: memoryview, tensor: GgufTensor, offset: float, dtype: torch.dtype) -> Tensor:
    """The tensor minus `offset`, a block of rows at a time."""
    packed = np.frombuffer(data, np.uint8, tensor.num_bytes, tensor.start).reshape(prod(tensor.shape[:-1]), -1)
    unpacked = torch.empty(tensor.shape, dtype=dtype)
    rows = unpacked.view(len(packed), tensor.shape[-1])
    step = _rows_per_block(tensor.shape)
    for first in range(0, len(packed), step):
        block = gguf.dequantize(packed[first : first + step], tensor.kind)
        rows[first : first + step] = torch.from_numpy(np.require(block, np.float32, "W")) - offset
    return unpacked


def _rows_per_block(shape: Sequence[int]) -> int:
    return max(1, BLOCK_ELEMENTS // shape[-1])


_WRITTEN_KINDS = {
    torch.float32: (GGMLQuantizationType.F32, gguf.LlamaFileType.ALL_F32),
    torch.float16: (GGMLQuantizationType.F16, gguf.LlamaFileType.MOSTLY_F16),
    torch.bfloat16: (GGMLQuantizationType.BF16, gguf.LlamaFileType.MOSTLY_BF16),
}


def tokenizer_metadata(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """The `tokenizer.*` part of a header, for copying into another file."""
    return {key: value for key, value in metadata.items() if key.startswith("tokenizer.")}


def vocabulary_metadata(pieces: Sequence[str], scores: Sequence[float], kinds: Sequence[int]) -> dict[str, Any]:
    """The `tokenizer.*` metadata of a SentencePiece vocabulary with Gemma's special ids.

    Args:
        pieces: [V] texts, in id order.
        scores: [V] log-probabilities or merge ranks, higher merges first.
        kinds: [V] SentencePiece types: 1 normal, 2 unknown, 3 control, 4 user-defined, 6 byte.
    """
    return {
        "tokenizer.ggml.model": "llama",
        "tokenizer.ggml.pre": "default",
        "tokenizer.ggml.tokens": list(pieces),
        "tokenizer.ggml.scores": [float(score) for score in scores],
        "tokenizer.ggml.token_type": [int(kind) for kind in kinds],
        "tokenizer.ggml.bos_token_id": 2,
        "tokenizer.ggml.eos_token_id": 1,
        "tokenizer.ggml.unknown_token_id": 3,
        "tokenizer.ggml.padding_token_id": 0,
        "tokenizer.ggml.add_bos_token": True,
        "tokenizer.ggml.add_eos_token": False,
        "tokenizer.ggml.add_space_prefix": False,
    }


def write_gguf(
    path: str | Path,
    config: Gemma3Config,
    tensors: Iterable[tuple[str, Tensor]],
    *,
    tokenizer: Mapping[str, Any],
    dtype: torch.dtype = torch.bfloat16,
    chat_template: str | None = None,
    eos_id: int | None = None,
    name: str = "gemma-3",
) -> Path:
    """Write an unquantized GGUF that llama.cpp loads, under a temporary name until it is whole; return its path.

    Tensors go to disk as they come, in any order, so a merge may produce them one by one. Norm gains become
    1 + weight in float32 whatever `dtype` says.

    Args:
        tensors: (our name, [shape of the config] any float dtype) pairs, each parameter exactly once.
        tokenizer: `tokenizer.*` metadata, from `tokenizer_metadata` or `vocabulary_metadata`.
        dtype: of the matrices; float32, float16 or bfloat16.
        chat_template: Jinja text that replaces the one in `tokenizer`.
        eos_id: the id that ends generation, instead of the one in `tokenizer`: 106 once the model speaks in turns.
        name: `general.name`, for people.

    Raises:
        CheckpointFormatError: if GGUF cannot say what `config` says, the vocabulary has another size, a tensor is
            missing, surplus, twice there or misshapen, or a value does not fit `dtype`.
    """
    path = Path(path)
    _check_representable(config, path)
    if (pieces := len(tokenizer.get("tokenizer.ggml.tokens", ()))) != config.vocab_size:
        raise CheckpointFormatError(
            f"cannot write {path}: the tokenizer has {pieces} pieces and the network {config.vocab_size} rows; "
            "pass the tokenizer that belongs to this network"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{uuid4().hex}.tmp")
    try:
        writer = gguf.GGUFWriter(partial, ARCHITECTURE)
        _add_metadata(writer, config, dtype, name)
        overrides = {"tokenizer.chat_template": chat_template, "tokenizer.ggml.eos_token_id": eos_id}
        _add_tokenizer(writer, {**tokenizer, **{k: v for k, v in overrides.items() if v is not None}})
        _write_tensors(writer, partial, config, tensors, dtype)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
    return path


def _check_representable(config: Gemma3Config, path: Path) -> None:
    """Refuse what the format has no field for, and what readers would therefore silently get wrong."""
    implied = _implied_query_scalar(
        config.num_hidden_layers, config.hidden_size, config.num_attention_heads, config.head_dim
    )
    fixed = (
        ("query_pre_attn_scalar", config.query_pre_attn_scalar, implied),
        ("rope_local_theta", config.rope_local_theta, LOCAL_THETA),
        ("layer_types", config.layer_types, _layer_types({}, config.num_hidden_layers)),
    )
    for field, value, readable in fixed:
        if value != readable:
            raise CheckpointFormatError(
                f"cannot write {path}: GGUF has no field for {field}, readers assume {readable} and this network has "
                f"{value}; export a Hugging Face folder instead"
            )


def _add_metadata(writer: gguf.GGUFWriter, config: Gemma3Config, dtype: torch.dtype, name: str) -> None:
    writer.add_type("model")
    writer.add_name(name)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_key_length(config.head_dim)
    writer.add_value_length(config.head_dim)
    writer.add_sliding_window(config.sliding_window)
    writer.add_rope_freq_base(config.rope_theta)
    if config.rope_scaling_factor != 1.0:
        writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(config.rope_scaling_factor)
    writer.add_file_type(_WRITTEN_KINDS[dtype][1])
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)


def _add_tokenizer(writer: gguf.GGUFWriter, tokenizer: Mapping[str, Any]) -> None:
    for key, value in tokenizer.items():
        if isinstance(value, str):
            writer.add_string(key, value)
        elif isinstance(value, bool):
            writer.add_bool(key, value)
        elif isinstance(value, int):
            writer.add_uint32(key, value)
        else:
            writer.add_array(key, value)


def _write_tensors(
    writer: gguf.GGUFWriter,
    partial: Path,
    config: Gemma3Config,
    tensors: Iterable[tuple[str, Tensor]],
    dtype: torch.dtype,
) -> None:
    """Write the header with every tensor's place in it, then each tensor into its place."""
    offsets: dict[str, int] = {}
    size = 0
    for name, shape in names.parameter_shapes(config).items():
        stored = _stored_dtype(name, dtype)
        num_bytes = prod(shape) * stored.itemsize
        kind = _WRITTEN_KINDS[stored][0]
        writer.add_tensor_info(names.to_gguf(name), shape, np.dtype(np.float32), num_bytes, raw_dtype=kind)
        offsets[name] = size
        size += gguf.GGUFWriter.ggml_pad(num_bytes, writer.data_alignment)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    writer.close()
    start = gguf.GGUFWriter.ggml_pad(partial.stat().st_size, writer.data_alignment)
    os.truncate(partial, start + size)
    seen: dict[str, tuple[int, ...]] = {}
    with partial.open("r+b") as file:
        for name, tensor in tensors:
            if name in seen:
                raise CheckpointFormatError(f"cannot write a GGUF: tensor {name} came twice; pass each parameter once")
            seen[name] = tuple(tensor.shape)
            if name in offsets:
                file.seek(start + offsets[name])
                for block in tensor.detach().split(_rows_per_block(tensor.shape)):
                    file.write(_encoded(name, block, _stored_dtype(name, dtype)))
    names.check_shapes(seen, config, "cannot write a GGUF")


def _stored_dtype(name: str, dtype: torch.dtype) -> torch.dtype:
    return torch.float32 if names.is_norm(name) else dtype


def _encoded(name: str, block: Tensor, dtype: torch.dtype) -> bytes:
    """The bytes of a tensor's rows in `dtype`, norm gains as 1 + weight."""
    exact = block.to("cpu", torch.float32)
    stored = (exact + 1.0 if names.is_norm(name) else exact).to(dtype).contiguous()
    if not stored.isfinite().all():
        raise CheckpointFormatError(
            f"tensor {name} holds a value that is not finite in {dtype}; check the weights or write float32"
        )
    return stored.view(torch.uint8).numpy().tobytes()
