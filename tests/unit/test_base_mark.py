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
from transformers import AutoModelForCausalLM

from model.adapter_files import WEIGHTS_FILE, read_base_mark
from model.base_mark import MERGED_KEY, METADATA_KEY, BaseMark, check_norm, from_text, to_text
from model.card import CardFacts
from model.doors import check_adapter
from model.errors import CheckpointFormatError
from model.export import export_checkpoint
from model.hf import save_hf
from model.load import load_model, read_mark
from model.lora import AdapterRoles, LoraSpec
from model.testing import TINY, tiny_model
from model.testing_tokenizer import tiny_tokenizer
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


def mark() -> BaseMark:
    return BaseMark.of(tiny_model())


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
    norm = mark().norm
    with pytest.raises(CheckpointFormatError, match="another base"):
        check_norm("x", norm, norm * torch.nan)


def test_an_adapter_without_a_mark_loads_on_any_base_of_its_shape(tmp_path: Path) -> None:
    roles = AdapterRoles(tiny_model(seed=1))
    roles.load(POLICY, without_mark(saved(tmp_path)))
    assert read_base_mark(tmp_path) is None


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
    marks = [read_mark(tmp_path / name).norm for name in ("quantized.gguf", "folder")]
    for recorded, here in (marks, marks[::-1]):
        check_norm("x", recorded, here)
        check_norm("x", recorded, state["model.norm.weight"])
    with pytest.raises(CheckpointFormatError, match="another base"):
        check_norm("x", marks[0], BaseMark.of(tiny_model(seed=1)).norm)


def merged(folder: Path, *, seed: int = 3, base: Policy | None = None) -> Path:
    """A folder and a GGUF that a trained policy was merged into."""
    trained = base or policy()
    generator = torch.Generator().manual_seed(seed)
    for tensor in trained.roles.state_dict(POLICY).values():
        tensor.copy_(torch.randn(tensor.shape, generator=generator) * 0.1)
    card = CardFacts(name="m", data="", training="", results="")
    facts = {"base_name": "the/base", "card": card, "formats": ("merged", "gguf"), "merged_dtype": torch.float32}
    export_checkpoint(trained.model, trained.roles, POLICY, tiny_tokenizer(), folder, **facts)
    return folder


MERGED = r"was trained on another base: adapters were merged into this network \([0-9a-f]{16}\), and "


@pytest.mark.parametrize("name", ["merged", "m.gguf", "through transformers"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_an_adapter_of_the_base_is_refused_on_what_we_merged_whatever_it_is_loaded_in(
    name: str, dtype: torch.dtype, tmp_path: Path
) -> None:
    network = merged(tmp_path) / name
    if name == "through transformers":
        AutoModelForCausalLM.from_pretrained(network.parent / "merged", dtype=torch.bfloat16).save_pretrained(network)
    roles = AdapterRoles(load_model(network, dtype=dtype))
    with pytest.raises(CheckpointFormatError, match=MERGED + "none into that one; use the base it was trained on"):
        roles.load(POLICY, saved(tmp_path / "adapter"))
    with pytest.raises(CheckpointFormatError, match=MERGED):
        check_adapter(tmp_path / "adapter", network)
    roles.add(POLICY, SPEC, seed=0)
    with pytest.raises(CheckpointFormatError, match="the run's checkpoint " + MERGED):
        Policy(roles.model, roles).load_state_dict(policy().state_dict())


def test_what_is_trained_on_a_merge_belongs_there_and_to_no_other_merge(tmp_path: Path) -> None:
    here, other = merged(tmp_path / "a") / "merged", merged(tmp_path / "b", seed=4) / "merged"
    roles = AdapterRoles(load_model(here))
    roles.add(POLICY, SPEC, seed=0)
    roles.save(POLICY, tmp_path / "adapter", base_name="a")
    state = Policy(roles.model, roles).state_dict()
    again = AdapterRoles(load_model(tmp_path / "a" / "m.gguf", dtype=torch.bfloat16))
    again.load(POLICY, tmp_path / "adapter")
    Policy(again.model, again).load_state_dict(state)
    twice = merged(tmp_path / "c", base=Policy(again.model, again)) / "merged"
    for network in (other, twice):
        with pytest.raises(CheckpointFormatError, match=MERGED + r"others \([0-9a-f]{16}\) into that one"):
            check_adapter(tmp_path / "adapter", network)


def test_a_network_that_says_of_no_merge_is_taken_for_the_base(tmp_path: Path) -> None:
    """Another program's conversion may have lost it; an older adapter took nothing down."""
    network = merged(tmp_path) / "merged"
    older = saved(tmp_path / "older")
    save_file(load_file(older / WEIGHTS_FILE), older / WEIGHTS_FILE, {METADATA_KEY: to_text(mark().norm)})
    AdapterRoles(load_model(network)).load(POLICY, older)
    config = json.loads((network / "config.json").read_text())
    assert re.fullmatch("[0-9a-f]{16}", config.pop("gemwright_merged"))
    (network / "config.json").write_text(json.dumps(config))
    AdapterRoles(load_model(network)).load(POLICY, saved(tmp_path / "adapter"))


def test_peft_reads_the_folder_and_the_header_says_format_pt_and_the_norm_bit_for_bit(tmp_path: Path) -> None:
    model = tiny_model()
    loaded = PeftModel.from_pretrained(transformers_twin(model), str(saved(tmp_path)))
    assert loaded.peft_config["default"].base_model_name_or_path == "the/base"
    with safe_open(tmp_path / WEIGHTS_FILE, framework="pt") as file:
        metadata = file.metadata()
    assert metadata.keys() == {"format", METADATA_KEY, MERGED_KEY}
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
    norm = mark().norm
    with pytest.raises(CheckpointFormatError, match="96 hidden units and this network 64"):
        check_norm("x", torch.zeros(96), norm)


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
