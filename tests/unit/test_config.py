"""Reading and writing the shape of a network in Hugging Face's two dialects."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from transformers import Gemma3TextConfig

from model.config import FULL, SLIDING, Gemma3Config
from model.errors import CheckpointFormatError
from model.testing import TINY, TINY_27B, TINY_CONFIGS, TINY_SCALED

HUB_270M: dict[str, Any] = {
    "architectures": ["Gemma3ForCausalLM"],
    "model_type": "gemma3_text",
    "vocab_size": 262144,
    "hidden_size": 640,
    "intermediate_size": 2048,
    "num_hidden_layers": 18,
    "num_attention_heads": 4,
    "num_key_value_heads": 1,
    "head_dim": 256,
    "query_pre_attn_scalar": 256,
    "sliding_window": 512,
    "sliding_window_pattern": 6,
    "rope_theta": 1000000,
    "rope_local_base_freq": 10000,
    "rope_scaling": None,
    "max_position_embeddings": 32768,
    "rms_norm_eps": 1e-6,
    "pad_token_id": 0,
    "bos_token_id": 2,
    "eos_token_id": 1,
}
"""Legacy dialect."""

HUB_4B: dict[str, Any] = {
    "architectures": ["Gemma3ForConditionalGeneration"],
    "model_type": "gemma3",
    "image_token_index": 262144,
    "text_config": {
        "model_type": "gemma3_text",
        "hidden_size": 2560,
        "intermediate_size": 10240,
        "num_hidden_layers": 34,
        "rope_scaling": {"factor": 8.0, "rope_type": "linear"},
        "sliding_window": 1024,
    },
    "vision_config": {"model_type": "siglip_vision_model", "hidden_size": 1152},
}
"""Multimodal: every field of the text part that equals transformers' class default is left out."""

V5_KEYS = ("rope_parameters", "layer_types", "_sliding_window_pattern")
LEGACY_KEYS = ("rope_theta", "rope_local_base_freq", "rope_scaling", "sliding_window_pattern")


def without(config: dict[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name, value in config.items() if name not in keys}


def test_270m_config_file_gives_the_published_shape() -> None:
    config = Gemma3Config.from_hf(HUB_270M)
    assert [i for i, kind in enumerate(config.layer_types) if kind == FULL] == [5, 11, 17]
    assert (config.num_attention_heads, config.num_key_value_heads, config.head_dim) == (4, 1, 256)
    assert (config.rope_theta, config.rope_local_theta, config.rope_scaling_factor) == (1e6, 1e4, 1.0)
    assert config.attention_scale == 1 / 16
    assert (config.hidden_size, config.sliding_window, config.max_position_embeddings) == (640, 512, 32768)


def test_multimodal_config_file_with_omitted_fields_gives_the_published_4b_shape() -> None:
    config = Gemma3Config.from_hf(HUB_4B)
    assert (config.num_attention_heads, config.num_key_value_heads, config.head_dim) == (8, 4, 256)
    assert (config.vocab_size, config.hidden_size, config.intermediate_size) == (262208, 2560, 10240)
    assert (config.sliding_window, config.max_position_embeddings) == (1024, 131072)
    assert (config.rope_theta, config.rope_local_theta, config.rope_scaling_factor) == (1e6, 1e4, 8.0)
    assert config.attention_scale == 1 / 16
    assert [i for i, kind in enumerate(config.layer_types) if kind == FULL] == [5, 11, 17, 23, 29]
    assert config.layer_types[-1] == SLIDING


def test_27b_scale_is_not_that_of_its_head_dimension() -> None:
    assert replace(TINY, query_pre_attn_scalar=168).attention_scale == pytest.approx(0.0771517, abs=1e-7)


@pytest.mark.parametrize("name", TINY_CONFIGS)
@pytest.mark.parametrize("dropped", [(), V5_KEYS, LEGACY_KEYS], ids=["both", "legacy", "v5"])
def test_both_dialects_alone_and_together_describe_the_same_network(name: str, dropped: tuple[str, ...]) -> None:
    config = TINY_CONFIGS[name]
    written = json.loads(json.dumps(config.to_hf()))
    assert Gemma3Config.from_hf(without(written, dropped)) == config


@pytest.mark.parametrize("name", TINY_CONFIGS)
@pytest.mark.parametrize("dropped", [(), V5_KEYS, LEGACY_KEYS], ids=["both", "legacy", "v5"])
def test_transformers_reads_every_dialect_we_write_as_we_do(
    name: str, dropped: tuple[str, ...], tmp_path: Path
) -> None:
    config = TINY_CONFIGS[name]
    theirs = Gemma3TextConfig(**without(config.to_hf(), dropped))
    assert theirs.layer_types == list(config.layer_types)
    full, local = theirs.rope_parameters[FULL], theirs.rope_parameters[SLIDING]
    assert (full["rope_theta"], local["rope_theta"]) == (config.rope_theta, config.rope_local_theta)
    assert full.get("factor", 1.0) == config.rope_scaling_factor
    assert theirs.query_pre_attn_scalar == config.query_pre_attn_scalar
    theirs.save_pretrained(tmp_path)
    assert Gemma3Config.from_hf(json.loads((tmp_path / "config.json").read_text())) == config


def test_scaling_is_written_where_old_and_new_readers_look_for_it() -> None:
    written = TINY_SCALED.to_hf()
    assert written["rope_scaling"] == {"rope_type": "linear", "factor": 8.0}
    assert written["rope_parameters"][FULL]["factor"] == 8.0
    assert "factor" not in written["rope_parameters"][SLIDING]


def test_a_whole_number_scalar_that_came_as_a_float_is_written_as_transformers_demands() -> None:
    written = replace(TINY_27B, query_pre_attn_scalar=16.0).to_hf()
    assert Gemma3TextConfig(**written).query_pre_attn_scalar == 16


def test_oldest_spelling_of_the_scaling_type_is_read() -> None:
    config = Gemma3Config.from_hf({**HUB_270M, "rope_scaling": {"type": "linear", "factor": 4}})
    assert config.rope_scaling_factor == 4.0


def test_layer_kinds_not_given_are_five_local_then_one_global() -> None:
    assert TINY.layer_types == (*[SLIDING] * 5, FULL, SLIDING)
    twelve = replace(TINY, num_hidden_layers=12, layer_types=())
    assert [i for i, kind in enumerate(twelve.layer_types) if kind == FULL] == [5, 11]


def test_layer_pattern_other_than_six_is_kept() -> None:
    config = Gemma3Config.from_hf({**HUB_270M, "num_hidden_layers": 4, "sliding_window_pattern": 2})
    assert config.layer_types == (SLIDING, FULL, SLIDING, FULL)
    assert without(config.to_hf(), V5_KEYS)["sliding_window_pattern"] == 2


@pytest.mark.parametrize("model_type", ["llama", "gemma2", "gemma3n_text", None])
def test_another_architecture_is_refused_by_name(model_type: str | None) -> None:
    with pytest.raises(CheckpointFormatError, match=repr(model_type)):
        Gemma3Config.from_hf({**HUB_270M, "model_type": model_type})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("use_bidirectional_attention", True),
        ("final_logit_softcapping", 30.0),
        ("attn_logit_softcapping", 50.0),
        ("attention_bias", True),
        ("hidden_activation", "silu"),
        ("tie_word_embeddings", False),
    ],
)
def test_a_relative_that_computes_something_else_is_refused(name: str, value: Any) -> None:
    with pytest.raises(CheckpointFormatError, match=name):
        Gemma3Config.from_hf({**HUB_270M, name: value})


@pytest.mark.parametrize("dialect", ["rope_scaling", "rope_parameters"])
def test_rope_scaling_that_gemma_does_not_use_is_refused(dialect: str) -> None:
    scaling = {"rope_type": "yarn", "factor": 4.0}
    with pytest.raises(CheckpointFormatError, match="yarn"):
        Gemma3Config.from_hf({**HUB_270M, dialect: scaling if dialect == "rope_scaling" else {FULL: scaling}})


def test_impossible_shapes_are_refused_when_made() -> None:
    with pytest.raises(CheckpointFormatError, match="3 key-value heads"):
        replace(TINY, num_key_value_heads=3)
    with pytest.raises(CheckpointFormatError, match="for each of 7 layers"):
        replace(TINY, layer_types=(SLIDING,) * 6)
    with pytest.raises(CheckpointFormatError, match="chunked"):
        replace(TINY, layer_types=("chunked",) * 7)
