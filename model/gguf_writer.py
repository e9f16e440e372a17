"""Gemma 3 to unquantized GGUF, as llama.cpp reads it; `model.gguf` has the format's conventions.

Source: llama.cpp's converter and loader of the gemma3 architecture.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from math import prod
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import torch
from gguf import GGMLQuantizationType
from torch import Tensor

from model import names
from model.config import Gemma3Config
from model.errors import CheckpointFormatError
from model.files import staged_file
from model.gguf import ARCHITECTURE, LOCAL_THETA, MERGED_KEY, implied_query_scalar, layer_types, rows_per_block

_WRITTEN_KINDS = {
    torch.float32: (GGMLQuantizationType.F32, gguf.LlamaFileType.ALL_F32),
    torch.float16: (GGMLQuantizationType.F16, gguf.LlamaFileType.MOSTLY_F16),
    torch.bfloat16: (GGMLQuantizationType.BF16, gguf.LlamaFileType.MOSTLY_BF16),
}


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
        tokenizer: `tokenizer.*` metadata, from `vocabulary_metadata`, or that of another file's header.
        dtype: of the matrices; float32, float16 or bfloat16.
        chat_template: Jinja text that replaces the one in `tokenizer`.
        eos_id: the id that ends generation, instead of the one in `tokenizer`: 106 once the model speaks in turns.
        name: `general.name`, for people.

    Raises:
        CheckpointFormatError: if GGUF cannot say what `config` says, the vocabulary has another size, a tensor is
            missing, surplus, twice there or misshapen, or a value does not fit `dtype`.
    """
    path = Path(path)
    check_representable(config, path)
    if (pieces := len(tokenizer.get("tokenizer.ggml.tokens", ()))) != config.vocab_size:
        raise CheckpointFormatError(
            f"cannot write {path}: the tokenizer has {pieces} pieces and the network {config.vocab_size} rows; "
            "pass the tokenizer that belongs to this network"
        )
    with staged_file(path) as partial:
        writer = gguf.GGUFWriter(partial, ARCHITECTURE)
        _add_metadata(writer, config, dtype, name)
        overrides = {"tokenizer.chat_template": chat_template, "tokenizer.ggml.eos_token_id": eos_id}
        _add_tokenizer(writer, {**tokenizer, **{k: v for k, v in overrides.items() if v is not None}})
        _write_tensors(writer, partial, config, tensors, dtype)
    return path


def check_representable(config: Gemma3Config, path: str | Path) -> None:
    """Refuse what the format has no field for, and what readers would therefore silently get wrong.

    Raises:
        CheckpointFormatError: naming the field; `path` is for the message.
    """
    implied = implied_query_scalar(
        config.num_hidden_layers, config.hidden_size, config.num_attention_heads, config.head_dim
    )
    fixed = (
        ("query_pre_attn_scalar", config.query_pre_attn_scalar, implied),
        ("rope_local_theta", config.rope_local_theta, LOCAL_THETA),
        ("layer_types", config.layer_types, layer_types({}, config.num_hidden_layers)),
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
    if config.merged:
        writer.add_string(MERGED_KEY, config.merged)
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
                for block in tensor.detach().split(rows_per_block(tensor.shape)):
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
