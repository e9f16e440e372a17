"""Hugging Face folders: transformers loads what we save, we load what it saves and what the hub holds."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from model.config import FULL, SLIDING, Gemma3Config
from model.errors import CheckpointFormatError
from model.hf import hf_tensors, read_hf_config, save_hf
from model.testing import TINY, TINY_27B, TINY_CONFIGS, TINY_SCALED, tiny_model


def save(folder: Path, config: Gemma3Config = TINY, **options: object) -> tuple[Path, dict[str, torch.Tensor]]:
    state = tiny_model(config).state_dict()
    return save_hf(folder, config, state.items(), **{"dtype": torch.float32, **options}), state


def load(folder: Path, dtype: torch.dtype = torch.float32) -> dict[str, torch.Tensor]:
    return dict(hf_tensors(folder, read_hf_config(folder), dtype=dtype))


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


@pytest.mark.parametrize("config", TINY_CONFIGS.values(), ids=TINY_CONFIGS)
def test_transformers_loads_what_we_save_with_nothing_missing_and_every_bit_the_same(config, tmp_path):
    from transformers import AutoModelForCausalLM

    folder, state = save(tmp_path / "m", config)
    theirs, info = AutoModelForCausalLM.from_pretrained(folder, output_loading_info=True)
    assert type(theirs).__name__ == "Gemma3ForCausalLM"
    assert not any(info[kind] for kind in ("missing_keys", "unexpected_keys", "mismatched_keys", "error_msgs"))
    assert theirs.dtype == torch.float32
    assert same({name: t for name, t in theirs.state_dict().items() if name != "lm_head.weight"}, state)
    assert theirs.lm_head.weight is theirs.model.embed_tokens.weight
    ours = theirs.config
    rope = ours.rope_parameters[FULL]
    assert (rope["rope_theta"], rope.get("factor", 1.0)) == (1e6, config.rope_scaling_factor)
    assert ours.rope_parameters[SLIDING]["rope_theta"] == 1e4
    assert (ours.query_pre_attn_scalar, ours.sliding_window) == (config.query_pre_attn_scalar, 8)
    assert tuple(ours.layer_types) == config.layer_types


@pytest.mark.parametrize("config", TINY_CONFIGS.values(), ids=TINY_CONFIGS)
def test_we_load_what_we_save_bit_for_bit(config, tmp_path):
    folder, state = save(tmp_path / "m", config)
    assert read_hf_config(folder) == config
    assert same(load(folder), state)


def test_what_transformers_saves_loads_and_comes_back_through_us_unchanged(tmp_path):
    from transformers import AutoConfig, AutoModelForCausalLM

    folder, state = save(tmp_path / "ours", TINY_SCALED)
    AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(folder)).save_pretrained(tmp_path / "theirs")
    assert "rope_theta" not in json.loads((tmp_path / "theirs" / "config.json").read_text())
    config = read_hf_config(tmp_path / "theirs")
    assert replace(config, pad_token_id=0) == TINY_SCALED
    theirs = load(tmp_path / "theirs")
    save_hf(tmp_path / "back", config, theirs.items(), dtype=torch.float32)
    assert same(load_file(tmp_path / "back" / "model.safetensors"), theirs)
    assert theirs.keys() == state.keys()


def test_a_sharded_folder_equals_a_single_file_here_and_in_transformers(tmp_path):
    from transformers import AutoModelForCausalLM

    single, state = save(tmp_path / "single")
    sharded, _ = save(tmp_path / "sharded", max_shard_bytes=150_000)
    shards = sorted(path.name for path in sharded.glob("*.safetensors"))
    assert [path.name for path in single.glob("*.safetensors")] == ["model.safetensors"]
    assert len(shards) > 3
    assert shards[0] == f"model-00001-of-{len(shards):05d}.safetensors"
    assert all((sharded / name).stat().st_size < 170_000 for name in shards)
    index = json.loads((sharded / "model.safetensors.index.json").read_text())
    assert index["metadata"]["total_size"] == 4 * sum(t.numel() for t in state.values())
    assert set(index["weight_map"].values()) == set(shards)
    assert same(load(sharded), state)
    theirs, info = AutoModelForCausalLM.from_pretrained(sharded, output_loading_info=True)
    assert not info["missing_keys"]
    assert not info["unexpected_keys"]
    assert torch.equal(theirs.state_dict()["model.norm.weight"], state["model.norm.weight"])


def test_a_tensor_larger_than_a_shard_gets_one_of_its_own(tmp_path):
    folder, state = save(tmp_path / "m", max_shard_bytes=1)
    assert len(list(folder.glob("*.safetensors"))) == len(state)
    assert same(load(folder), state)


def test_the_file_says_pt_and_the_folder_says_how_to_generate(tmp_path):
    folder, _ = save(tmp_path / "m", dtype=torch.bfloat16, eos_ids=(1, 106))
    with safe_open(folder / "model.safetensors", "pt") as file:
        assert file.metadata() == {"format": "pt"}
        assert {file.get_slice(name).get_dtype() for name in file.keys()} == {"BF16"}  # noqa: SIM118
    config = json.loads((folder / "config.json").read_text())
    assert (config["eos_token_id"], config["dtype"], config["torch_dtype"]) == ([1, 106], "bfloat16", "bfloat16")
    assert json.loads((folder / "generation_config.json").read_text()) == {
        "bos_token_id": 2,
        "eos_token_id": [1, 106],
        "pad_token_id": 0,
        "do_sample": True,
        "temperature": 1.0,
        "top_k": 64,
        "top_p": 0.95,
    }


def test_loading_casts_to_the_asked_dtype_and_never_writes_to_the_file(tmp_path):
    folder, state = save(tmp_path / "m")
    before = (folder / "model.safetensors").read_bytes()
    half = load(folder, torch.bfloat16)
    assert all(torch.equal(half[name], state[name].bfloat16()) for name in state)
    for tensor in load(folder).values():
        tensor.add_(1.0)
    assert (folder / "model.safetensors").read_bytes() == before


HUB_VISION = (
    "vision_tower.vision_model.encoder.layers.0.mlp.fc1.bias",
    "multi_modal_projector.mm_soft_emb_norm.weight",
)
RUNTIME_VISION = tuple(f"model.{name}" for name in HUB_VISION)


@pytest.mark.parametrize(
    ("prefix", "vision"),
    [("language_model.model.", HUB_VISION), ("model.language_model.", RUNTIME_VISION)],
    ids=["hub names", "runtime names"],
)
def test_the_text_part_of_a_multimodal_folder_loads(prefix, vision, tmp_path):
    folder, state = save(tmp_path / "m", TINY_SCALED)
    text_config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({"model_type": "gemma3", "text_config": text_config}))
    renamed = {prefix + name.removeprefix("model."): tensor for name, tensor in state.items()}
    save_file(renamed | {name: torch.ones(3) for name in vision}, folder / "model.safetensors")
    assert read_hf_config(folder) == TINY_SCALED
    assert same(load(folder), state)


def test_the_text_part_of_what_transformers_multimodal_class_saves_loads(tmp_path):
    from transformers import Gemma3Config as TheirConfig
    from transformers import Gemma3ForConditionalGeneration

    vision = {
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 1,
        "num_attention_heads": 4,
        "image_size": 56,
        "patch_size": 14,
        "vision_use_head": False,
    }
    text = {**TINY_SCALED.to_hf(), "eos_token_id": 1}
    theirs = Gemma3ForConditionalGeneration(TheirConfig(text_config=text, vision_config=vision, mm_tokens_per_image=4))
    theirs.save_pretrained(tmp_path)
    expected = theirs.model.language_model.state_dict()
    assert read_hf_config(tmp_path) == TINY_SCALED
    assert same({name.removeprefix("model."): tensor for name, tensor in load(tmp_path).items()}, dict(expected))


def legacy_config() -> dict[str, object]:
    """A 27B-like config.json as the hub held them in 2025, tiny sizes."""
    return {
        "architectures": ["Gemma3ForCausalLM"],
        "model_type": "gemma3_text",
        "vocab_size": 512,
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 7,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 32,
        "query_pre_attn_scalar": 16,
        "sliding_window": 8,
        "sliding_window_pattern": 6,
        "max_position_embeddings": 4096,
        "rms_norm_eps": 1e-6,
        "rope_theta": 1000000.0,
        "rope_local_base_freq": 10000.0,
        "rope_scaling": {"factor": 8.0, "rope_type": "linear"},
    }


def v5_config() -> dict[str, object]:
    """The same, as transformers 5 writes it."""
    config = legacy_config()
    for key in ("rope_theta", "rope_local_base_freq", "rope_scaling", "sliding_window_pattern"):
        del config[key]
    return config | {
        "layer_types": [SLIDING, SLIDING, SLIDING, SLIDING, SLIDING, FULL, SLIDING],
        "_sliding_window_pattern": 6,
        "rope_parameters": {
            FULL: {"rope_theta": 1000000.0, "rope_type": "linear", "factor": 8.0},
            SLIDING: {"rope_theta": 10000.0, "rope_type": "default"},
        },
    }


def test_both_config_dialects_say_the_same(tmp_path):
    expected = replace(TINY_27B, rope_scaling_factor=8.0)
    for config in (legacy_config(), v5_config(), legacy_config() | v5_config()):
        (tmp_path / "config.json").write_text(json.dumps(config))
        assert read_hf_config(tmp_path) == expected


@pytest.mark.parametrize("found", ["llama", "gemma2", "gemma3n_text", None])
def test_another_architecture_is_refused_with_the_files_and_its_name(found, tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"model_type": found}))
    with pytest.raises(CheckpointFormatError, match=rf"config\.json: .*model_type {found!r}; only Gemma 3"):
        read_hf_config(tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, r"no file .*config\.json"), ("{", r"config\.json is not JSON"), ("[1]", "holds a list, not an object")],
)
def test_a_config_that_cannot_be_read_is_one_clear_error(content, message, tmp_path):
    if content is not None:
        (tmp_path / "config.json").write_text(content)
    with pytest.raises(CheckpointFormatError, match=message):
        read_hf_config(tmp_path)


def test_a_tied_copy_of_the_head_is_ignored_and_an_untied_head_refused(tmp_path):
    folder, state = save(tmp_path / "m")
    embedding = state["model.embed_tokens.weight"]
    save_file(state | {"lm_head.weight": embedding.clone()}, folder / "model.safetensors")
    assert same(load(folder), state)
    untied = embedding.clone()
    untied[-1, -1] += 1e-3
    for head in (untied, embedding[:-1].clone()):
        save_file(state | {"lm_head.weight": head}, folder / "model.safetensors")
        with pytest.raises(CheckpointFormatError, match=r"lm_head\.weight that differs from the embedding"):
            load(folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: s.pop("model.norm.weight"), r"cannot load .*: tensor model\.norm\.weight is missing"),
        (lambda s: s.update({"score.weight": torch.ones(1)}), r"score\.weight is not a parameter"),
        (lambda s: s.update({"model.norm.weight": torch.ones(65)}), r"model\.norm\.weight has shape \[65\].*\[64\]"),
    ],
)
def test_tensors_that_do_not_fit_the_config_are_neither_loaded_nor_saved(change, message, tmp_path):
    folder, state = save(tmp_path / "m")
    change(state)
    save_file(state, folder / "model.safetensors")
    with pytest.raises(CheckpointFormatError, match=message):
        next(hf_tensors(folder, TINY, dtype=torch.float32))
    with pytest.raises(CheckpointFormatError, match=message.replace("load .*", "save")):
        save_hf(tmp_path / "new", TINY, state.items(), dtype=torch.float32)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("kept", [0, 5, 1000, 20_000, -1])
def test_a_file_cut_off_anywhere_is_one_clear_error(kept, tmp_path):
    folder, _ = save(tmp_path / "m")
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(CheckpointFormatError, match=r"model\.safetensors is cut off or damaged"):
        load(folder)


def test_a_missing_or_cut_shard_is_named(tmp_path):
    folder, _ = save(tmp_path / "m", max_shard_bytes=400_000)
    shard = sorted(folder.glob("*.safetensors"))[1]
    shard.write_bytes(shard.read_bytes()[:-1])
    with pytest.raises(CheckpointFormatError, match=f"{shard.name} is cut off or damaged"):
        load(folder)
    shard.unlink()
    with pytest.raises(CheckpointFormatError, match=f"lacks {shard.name}, named by"):
        load(folder)


def test_a_folder_of_pickles_is_refused(tmp_path):
    (tmp_path / "pytorch_model.bin").write_bytes(b"x")
    with pytest.raises(CheckpointFormatError, match=r"neither model\.safetensors nor"):
        next(hf_tensors(tmp_path, TINY, dtype=torch.float32))


def test_float16_is_not_saved(tmp_path):
    with pytest.raises(CheckpointFormatError, match=r"float16 cannot hold Gemma 3.*103,795"):
        save(tmp_path / "m", dtype=torch.float16)


def test_a_killed_save_leaves_the_old_checkpoint_whole_and_nothing_else(tmp_path):
    folder, state = save(tmp_path / "m")

    def killed():
        yield from list(state.items())[:30]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        save_hf(folder, TINY, killed(), dtype=torch.float32, max_shard_bytes=100_000)
    assert same(load(folder), state)
    assert list(tmp_path.iterdir()) == [folder]


def test_a_new_save_replaces_the_old_folder_with_its_shards(tmp_path):
    folder, _ = save(tmp_path / "m", max_shard_bytes=100_000)
    _, state = save(tmp_path / "m", TINY_SCALED)
    assert sorted(path.name for path in folder.iterdir()) == [
        "config.json",
        "generation_config.json",
        "model.safetensors",
    ]
    assert same(load(folder), state)
    assert list(tmp_path.iterdir()) == [folder]


def test_a_failed_swap_leaves_the_old_checkpoint_under_its_name(tmp_path, monkeypatch):
    folder, state = save(tmp_path / "m")
    rename = os.rename

    def failing(source: Path, target: Path) -> None:
        if source.name.endswith(".tmp"):
            raise OSError("disk gone")
        rename(source, target)

    monkeypatch.setattr("model.hf.os.rename", failing)
    monkeypatch.setattr("model.hf._write_shards", lambda partial, *_: (partial / "model.safetensors").touch())
    with pytest.raises(OSError, match="disk gone"):
        save(folder, TINY_SCALED)
    assert read_hf_config(folder) == TINY
    assert same(load(folder), state)


def test_shards_are_filled_up_to_the_limit(tmp_path):
    # The embedding takes 131,072 bytes, a layer 4 x (320 gains + 24,576 + 24,576) = 197,888, the norm 256.
    folder, state = save(tmp_path / "m", max_shard_bytes=131_072 + 7 * 197_888 + 255)
    assert sum(tensor.numel() * 4 for tensor in state.values()) == 131_072 + 7 * 197_888 + 256
    weight_map = json.loads((folder / "model.safetensors.index.json").read_text())["weight_map"]
    last = "model-00002-of-00002.safetensors"
    assert [name for name, shard in weight_map.items() if shard == last] == ["model.norm.weight"]
    folder, _ = save(tmp_path / "m", max_shard_bytes=300_000)
    sizes = [sum(t.numel() * 4 for t in load_file(path).values()) for path in sorted(folder.glob("*.safetensors"))]
    assert max(sizes) <= 300_000
    assert all(first + second > 300_000 for first, second in pairwise(sizes))


def test_a_loaded_checkpoint_can_be_saved_over_itself(tmp_path):
    folder, state = save(tmp_path / "m")
    mapped = load(folder)
    save_hf(folder, TINY, mapped.items(), dtype=torch.float32)
    assert same(load(folder), state)
    assert same(mapped, state)


def test_a_folder_that_is_no_checkpoint_is_never_replaced(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(CheckpointFormatError, match="exists and is not a checkpoint folder"):
        save(tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"
