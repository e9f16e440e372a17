"""What says which base an adapter was trained on: it is written, survives rounding and quantizing, and is checked."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from gguf import GGMLQuantizationType
from peft import PeftModel
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from model.adapter_files import WEIGHTS_FILE, read_base_norm
from model.base_mark import METADATA_KEY, check_base, final_norm, from_text, to_text
from model.errors import CheckpointFormatError
from model.hf import save_hf
from model.load import read_final_norm
from model.lora import AdapterRoles, LoraSpec
from model.testing import TINY, tiny_model
from rlhf.policy import POLICY, Policy
from rlhf.reward_model import RewardModel
from tests.parity.tracer import transformers_twin
from tests.unit.test_gguf import write_with_gguf_package

SPEC = LoraSpec(rank=4, alpha=8)


def policy(seed: int = 0) -> Policy:
    roles = AdapterRoles(tiny_model(seed=seed))
    roles.add(POLICY, SPEC, seed=9)
    return Policy(roles.model, roles)


def saved(folder: Path) -> Path:
    policy().roles.save(POLICY, folder, base_name="the/base")
    return folder


def without_mark(folder: Path) -> Path:
    """The adapter as peft would write it."""
    tensors = load_file(folder / WEIGHTS_FILE)
    save_file(tensors, folder / WEIGHTS_FILE, {"format": "pt"})
    return folder


def test_an_adapter_of_another_base_of_the_same_shape_is_refused_by_name_and_nothing_is_loaded(tmp_path: Path) -> None:
    roles = AdapterRoles(tiny_model(seed=1))
    names = list(roles.model.state_dict())
    expected = rf"adapter {tmp_path} \(of the/base\) was trained on another base: .*; use the base it was trained on"
    with pytest.raises(CheckpointFormatError, match=expected):
        roles.load(POLICY, saved(tmp_path))
    assert roles.names == ()
    assert list(roles.model.state_dict()) == names


def test_one_weight_of_the_norm_that_training_moved_is_enough(tmp_path: Path) -> None:
    other = tiny_model()
    with torch.no_grad():
        other.model.norm.weight[17] *= 1.01
    with pytest.raises(CheckpointFormatError, match="another base"):
        AdapterRoles(other).load(POLICY, saved(tmp_path))


def test_a_base_that_is_not_finite_is_another_one() -> None:
    norm = final_norm(tiny_model())
    with pytest.raises(CheckpointFormatError, match="another base"):
        check_base("x", norm, norm * torch.nan)


def test_an_adapter_without_a_mark_loads_on_any_base_of_its_shape(tmp_path: Path) -> None:
    roles = AdapterRoles(tiny_model(seed=1))
    roles.load(POLICY, without_mark(saved(tmp_path)))
    assert read_base_norm(tmp_path) is None


@pytest.mark.parametrize("dtypes", [(torch.float32, torch.bfloat16), (torch.bfloat16, torch.float32)])
def test_rounding_makes_no_other_base(dtypes: tuple[torch.dtype, torch.dtype], tmp_path: Path) -> None:
    made, used = (AdapterRoles(tiny_model(dtype=dtype)) for dtype in dtypes)
    made.add(POLICY, SPEC, seed=0)
    made.save(POLICY, tmp_path, base_name="the/base")
    used.load(POLICY, tmp_path)
    assert used.names == (POLICY,)


def test_a_quantized_file_and_the_folder_of_the_same_network_have_one_mark(tmp_path: Path) -> None:
    state = {name: tensor.clone() for name, tensor in tiny_model().state_dict().items()}
    write_with_gguf_package(tmp_path / "quantized.gguf", state, GGMLQuantizationType.Q4_0)
    save_hf(tmp_path / "folder", TINY, state.items(), dtype=torch.bfloat16)
    marks = [read_final_norm(tmp_path / name) for name in ("quantized.gguf", "folder")]
    for recorded, here in (marks, marks[::-1]):
        check_base("x", recorded, here)
        check_base("x", recorded, state["model.norm.weight"])
    with pytest.raises(CheckpointFormatError, match="another base"):
        check_base("x", marks[0], final_norm(tiny_model(seed=1)))


def test_peft_reads_the_folder_and_the_header_says_format_pt_and_the_norm_bit_for_bit(tmp_path: Path) -> None:
    model = tiny_model()
    loaded = PeftModel.from_pretrained(transformers_twin(model), str(saved(tmp_path)))
    assert loaded.peft_config["default"].base_model_name_or_path == "the/base"
    with safe_open(tmp_path / WEIGHTS_FILE, framework="pt") as file:
        metadata = file.metadata()
    assert metadata.keys() == {"format", METADATA_KEY}
    assert metadata["format"] == "pt"
    assert torch.equal(from_text(metadata[METADATA_KEY], "x"), model.model.norm.weight)


def test_the_same_adapter_is_the_same_bytes_every_time(tmp_path: Path) -> None:
    folders = [saved(tmp_path / str(number)) for number in range(12)]  # safetensors would order two keys at random
    assert len({(folder / WEIGHTS_FILE).read_bytes() for folder in folders}) == 1


@pytest.mark.parametrize("text", ["???", "AAAA" + "A" * 4, "AAA"])
def test_a_broken_mark_is_one_error_that_names_the_file(text: str, tmp_path: Path) -> None:
    tensors = load_file(saved(tmp_path) / WEIGHTS_FILE)
    save_file(tensors, tmp_path / WEIGHTS_FILE, {"format": "pt", METADATA_KEY: text})
    with pytest.raises(CheckpointFormatError, match=re.escape(str(tmp_path / WEIGHTS_FILE))):
        AdapterRoles(tiny_model()).load(POLICY, tmp_path)


def test_a_mark_of_another_width_is_another_base() -> None:
    norm = final_norm(tiny_model())
    with pytest.raises(CheckpointFormatError, match="96 hidden units and this network 64"):
        check_base("x", torch.zeros(96), norm)


def test_a_checkpoint_of_a_policy_of_another_base_is_refused_and_an_older_one_without_a_mark_is_not() -> None:
    state = policy().state_dict()
    other = policy(seed=1)
    with pytest.raises(CheckpointFormatError, match="the run's checkpoint was trained on another base"):
        other.load_state_dict(state)
    other.load_state_dict({POLICY: state[POLICY]})
    policy().load_state_dict(state)


def test_a_checkpoint_of_a_reward_model_of_another_base_is_refused() -> None:
    made, other = (RewardModel.fresh(AdapterRoles(tiny_model(seed=seed)), SPEC, seed=0) for seed in (0, 1))
    with pytest.raises(CheckpointFormatError, match="another base"):
        other.load_state_dict(made.state_dict())


def test_a_reward_model_that_starts_from_an_adapter_of_another_base_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointFormatError, match="another base"):
        RewardModel.on_adapter(AdapterRoles(tiny_model(seed=1)), saved(tmp_path))


def test_a_narrower_base_is_refused_by_its_tensors_first(tmp_path: Path) -> None:
    with pytest.raises(CheckpointFormatError, match=f"adapter {tmp_path}.*use the base it was trained on"):
        AdapterRoles(tiny_model(replace(TINY, hidden_size=96))).load(POLICY, saved(tmp_path))


def test_the_text_of_a_mark_gives_its_numbers_back() -> None:
    norm = torch.tensor([0.1, -1e-30, 3.4e38])
    assert torch.equal(from_text(to_text(norm), "x"), norm)
    assert json.dumps(to_text(norm)).isascii()
