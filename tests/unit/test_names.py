"""The name tables against the network itself, the gguf package's own table and hand-written names."""

from __future__ import annotations

import gguf
import pytest
import torch

from model import names
from model.errors import CheckpointFormatError
from model.testing import TINY, TINY_CONFIGS
from model.transformer import Gemma3ForCausalLM


@pytest.mark.parametrize("config", TINY_CONFIGS.values(), ids=TINY_CONFIGS)
def test_the_shape_table_is_the_networks_state_dict(config):
    with torch.device("meta"):
        network = Gemma3ForCausalLM(config)
    assert names.parameter_shapes(config) == {name: tuple(p.shape) for name, p in network.state_dict().items()}


def test_gguf_names_are_those_of_the_gguf_package():
    table = gguf.get_tensor_name_map(gguf.MODEL_ARCH.GEMMA3, TINY.num_hidden_layers)
    for name in names.parameter_shapes(TINY):
        assert names.to_gguf(name) == table.get_name(name, try_suffixes=(".weight",))
        assert names.from_gguf(names.to_gguf(name)) == name


def test_only_norms_are_norms():
    norms = [name for name in names.parameter_shapes(TINY) if names.is_norm(name)]
    assert len(norms) == 6 * 7 + 1
    assert all(names.is_norm(names.to_gguf(name)) for name in norms)
    assert not names.is_norm("model.layers.0.self_attn.q_proj.weight")


def test_a_gguf_tensor_of_another_network_has_no_name_of_ours():
    assert names.from_gguf("blk.0.ffn_gate_exps.weight") is None
    assert names.from_gguf("output.weight") is None


@pytest.mark.parametrize(
    ("stored", "ours"),
    [
        ("model.layers.3.mlp.up_proj.weight", "model.layers.3.mlp.up_proj.weight"),
        ("language_model.model.layers.3.mlp.up_proj.weight", "model.layers.3.mlp.up_proj.weight"),
        ("model.language_model.layers.3.mlp.up_proj.weight", "model.layers.3.mlp.up_proj.weight"),
        ("model.language_model.embed_tokens.weight", "model.embed_tokens.weight"),
        ("language_model.lm_head.weight", "lm_head.weight"),
        ("vision_tower.vision_model.embeddings.patch_embedding.weight", None),
        ("model.vision_tower.encoder.layers.0.layer_norm1.bias", None),
        ("multi_modal_projector.mm_input_projection_weight", None),
        ("score.weight", "score.weight"),
    ],
)
def test_both_multimodal_prefixes_are_undone_and_vision_is_left_out(stored, ours):
    assert names.from_hf(stored) == ours


def test_what_is_missing_surplus_or_misshapen_is_named_and_the_rest_counted():
    shapes = dict(names.parameter_shapes(TINY))
    del shapes["model.norm.weight"]
    shapes["score.weight"] = (1, 64)
    shapes["model.layers.2.self_attn.k_proj.weight"] = (64, 65)
    shapes["model.layers.3.self_attn.k_proj.weight"] = (64, 65)
    with pytest.raises(CheckpointFormatError) as error:
        names.check_shapes(shapes, TINY, "cannot load here")
    assert str(error.value).startswith(
        "cannot load here: tensor model.norm.weight is missing; tensor score.weight is not"
    )
    assert "layers.2.self_attn.k_proj.weight has shape [64, 65] where the config asks for [64, 64] (and 1 more)" in str(
        error.value
    )
