from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from model.errors import CheckpointFormatError, ModelError
from model.lora import ALL_LINEAR, AdapterRoles, LoraSpec
from model.testing import TINY, tiny_model
from model.transformer import Gemma3ForCausalLM

SPEC = LoraSpec(rank=4, alpha=8)
TOKENS = torch.randint(0, TINY.vocab_size, (2, 12), generator=torch.Generator().manual_seed(1))


def roles_on(model: Gemma3ForCausalLM, *names: str) -> AdapterRoles:
    roles = AdapterRoles(model)
    for seed, name in enumerate(names):
        roles.add(name, SPEC, seed=seed)
    return roles


def randomize(roles: AdapterRoles, role: str, seed: int = 7) -> None:
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in roles.parameters(role):
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.1)


def output(roles: AdapterRoles, role: str | None) -> Tensor:
    with torch.no_grad(), roles.using(role):
        return roles.model(TOKENS)


def train(roles: AdapterRoles, role: str, num_steps: int = 3) -> None:
    optimizer = torch.optim.AdamW(roles.parameters(role), lr=1e-2)
    for _ in range(num_steps):
        with roles.using(role):
            roles.model(TOKENS).square().mean().backward()
        optimizer.step()
        optimizer.zero_grad()


def saved(tmp_path: Path, spec: LoraSpec = SPEC) -> Path:
    roles = AdapterRoles(tiny_model())
    roles.add("policy", spec, seed=0)
    randomize(roles, "policy")
    roles.save("policy", tmp_path, base_name="google/gemma-3-270m")
    return tmp_path


def edit_config(folder: Path, **changes: object) -> None:
    path = folder / "adapter_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_new_role_leaves_the_output_bit_identical(dtype: torch.dtype) -> None:
    model = tiny_model(dtype=dtype)
    base = model(TOKENS)
    assert torch.equal(output(roles_on(model, "policy"), "policy"), base)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_switching_every_role_off_gives_the_base_bit_for_bit(dtype: torch.dtype) -> None:
    model = tiny_model(dtype=dtype)
    base = model(TOKENS)
    roles = roles_on(model, "policy")
    randomize(roles, "policy")
    assert not torch.equal(output(roles, "policy"), base)
    assert torch.equal(output(roles, None), base)


def test_training_one_role_changes_no_other_parameter() -> None:
    roles = roles_on(tiny_model(), "policy", "value")
    roles.snapshot("policy", "reference")
    before = {name: parameter.detach().clone() for name, parameter in roles.model.named_parameters()}
    train(roles, "policy")
    changed = {name for name, parameter in roles.model.named_parameters() if not torch.equal(parameter, before[name])}
    assert len(changed) == 2 * len(ALL_LINEAR) * TINY.num_hidden_layers
    assert all(name.endswith(".policy.weight") for name in changed)


def test_switching_and_adding_roles_never_changes_what_trains() -> None:
    roles = roles_on(tiny_model(), "policy")
    roles.snapshot("policy", "reference")
    held = [id(parameter) for parameter in roles.parameters("policy")]
    for role in ("reference", None, "policy", "reference"):
        roles.activate(role)
    roles.add("value", SPEC, seed=3)
    assert [id(parameter) for parameter in roles.parameters("policy")] == held
    assert all(parameter.requires_grad for role in ("policy", "value") for parameter in roles.parameters(role))
    assert not any(parameter.requires_grad for parameter in roles.parameters("reference"))
    assert not any(parameter.requires_grad for _, parameter in roles.base_parameters())


def test_only_the_active_role_gets_a_gradient() -> None:
    roles = roles_on(tiny_model(), "policy", "value")
    with roles.using("value"):
        roles.model(TOKENS).square().mean().backward()
    assert all(parameter.grad is None for parameter in roles.parameters("policy"))
    assert any(parameter.grad is not None for parameter in roles.parameters("value"))


def test_a_snapshot_stays_while_its_source_trains() -> None:
    roles = roles_on(tiny_model(), "policy")
    randomize(roles, "policy")
    roles.snapshot("policy", "reference")
    start = output(roles, "policy")
    assert torch.equal(output(roles, "reference"), start)
    train(roles, "policy")
    assert torch.equal(output(roles, "reference"), start)
    assert not torch.equal(output(roles, "policy"), start)


def test_a_snapshot_has_no_dropout_so_that_a_reference_is_the_same_twice() -> None:
    roles = AdapterRoles(tiny_model())
    roles.add("policy", replace(SPEC, dropout=0.5), seed=0)
    randomize(roles, "policy")
    roles.snapshot("policy", "reference")
    roles.model.train()
    assert torch.equal(output(roles, "reference"), output(roles, "reference"))


def test_using_restores_the_role_before_it_even_after_an_error() -> None:
    roles = roles_on(tiny_model(), "policy", "value")
    roles.activate("policy")
    with roles.using("value"), roles.using(None):
        assert roles.active is None
    assert roles.active == "policy"
    with pytest.raises(ModelError), roles.using("value"):
        roles.activate("critic")
    assert roles.active == "policy"


def test_a_role_adapts_its_own_targets_only() -> None:
    roles = roles_on(tiny_model(), "policy")
    roles.add("value", replace(SPEC, rank=2, targets=("q_proj",)), seed=1)
    assert len(roles.parameters("value")) == 2 * TINY.num_hidden_layers
    assert roles.delta("value", "model.layers.0.mlp.up_proj.weight") is None
    assert roles.delta("value", "model.layers.0.self_attn.q_proj.weight") is not None
    assert torch.equal(output(roles, "value"), output(roles, None))


def test_adapters_are_float32_on_a_bfloat16_base() -> None:
    roles = roles_on(tiny_model(dtype=torch.bfloat16), "policy")
    assert {parameter.dtype for parameter in roles.parameters("policy")} == {torch.float32}
    assert {parameter.dtype for _, parameter in roles.base_parameters()} == {torch.bfloat16}


def test_a_depends_on_the_seed_alone() -> None:
    first = roles_on(tiny_model(), "policy").state_dict("policy")
    torch.manual_seed(123)
    other = AdapterRoles(tiny_model(dtype=torch.bfloat16))
    other.add("value", SPEC, seed=9)
    other.add("policy", SPEC, seed=0)
    assert all(torch.equal(tensor, first[key]) for key, tensor in other.state_dict("policy").items())
    assert not torch.equal(other.parameters("value")[0], other.parameters("policy")[0])


def test_adding_a_role_leaves_the_global_generator_alone() -> None:
    model = tiny_model()
    before = torch.random.get_rng_state()
    roles_on(model, "policy")
    assert torch.equal(torch.random.get_rng_state(), before)


def test_a_is_uniform_within_one_over_the_root_of_its_inputs() -> None:
    state = roles_on(tiny_model(), "policy").state_dict("policy")
    a = torch.cat([tensor.flatten() for key, tensor in state.items() if "q_proj.lora_A" in key])
    assert a.abs().max() <= 1 / 8  # 64 inputs
    assert a.std() == pytest.approx(0.125 / 3**0.5, rel=0.05)


def test_the_delta_is_alpha_over_rank_times_b_a() -> None:
    roles = roles_on(tiny_model(), "policy")  # alpha 8, rank 4
    with torch.no_grad():
        for key, tensor in roles.state_dict("policy").items():
            tensor.fill_(0.5 if "lora_A" in key else 3.0)
    delta = roles.delta("policy", "model.layers.2.self_attn.k_proj.weight")
    assert delta is not None
    assert delta.shape == (64, 64)
    assert torch.equal(delta, torch.full((64, 64), 12.0))  # 8 / 4 * sum over 4 ranks of 3.0 * 0.5


def test_dropout_acts_in_training_mode_only() -> None:
    model = tiny_model()
    roles = AdapterRoles(model)
    roles.add("policy", replace(SPEC, dropout=0.5), seed=0)
    randomize(roles, "policy")
    assert torch.equal(output(roles, "policy"), output(roles, "policy"))
    model.train()
    assert not torch.equal(output(roles, "policy"), output(roles, "policy"))


def test_base_parameters_are_those_of_a_network_without_adapters() -> None:
    plain = dict(tiny_model().named_parameters())
    seen = dict(roles_on(tiny_model(), "policy", "value").base_parameters())
    assert list(seen) == list(plain)
    assert all(torch.equal(seen[name], plain[name]) for name in plain)


def test_a_saved_role_loads_bit_for_bit(tmp_path: Path) -> None:
    source = roles_on(tiny_model(), "policy")
    randomize(source, "policy")
    source.save("policy", tmp_path, base_name="google/gemma-3-270m")
    target = AdapterRoles(tiny_model())
    target.load("student", tmp_path)
    assert target.spec("student") == SPEC
    assert torch.equal(output(target, "student"), output(source, "policy"))
    assert not torch.equal(output(target, "student"), output(target, None))


def test_saved_files_have_pefts_names_and_the_same_bytes_each_time(tmp_path: Path) -> None:
    first, second = saved(tmp_path / "a"), saved(tmp_path / "b")
    for name in ("adapter_config.json", "adapter_model.safetensors"):
        assert (first / name).read_bytes() == (second / name).read_bytes()
    config = json.loads((first / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == "google/gemma-3-270m"
    assert config["task_type"] == "CAUSAL_LM"
    keys = set(load_file(first / "adapter_model.safetensors"))
    assert "base_model.model.model.layers.6.self_attn.q_proj.lora_A.weight" in keys
    assert len(keys) == 2 * 7 * 7


def test_loading_a_state_keeps_the_optimizers_parameters() -> None:
    roles = roles_on(tiny_model(), "policy")
    state = {key: tensor + 1.0 for key, tensor in roles.state_dict("policy").items()}
    held = roles.parameters("policy")
    roles.load_state_dict("policy", state)
    assert all(
        a is b and torch.equal(a, c) for a, b, c in zip(held, roles.parameters("policy"), state.values(), strict=True)
    )


def test_an_unknown_role_is_refused_by_name() -> None:
    roles = roles_on(tiny_model(), "policy")
    for act in (roles.activate, roles.parameters, roles.spec, roles.state_dict):
        with pytest.raises(ModelError, match="no role 'critic'; the roles are 'policy'"):
            act("critic")


def test_a_role_that_exists_is_refused(tmp_path: Path) -> None:
    roles = roles_on(tiny_model(), "policy")
    for act in (
        lambda: roles.add("policy", SPEC, seed=0),
        lambda: roles.load("policy", saved(tmp_path)),
        lambda: roles.snapshot("policy", "policy"),
    ):
        with pytest.raises(ModelError, match="role 'policy' exists already"):
            act()


@pytest.mark.parametrize("name", ["", "policy.old"])
def test_a_role_that_cannot_name_a_module_is_refused(name: str) -> None:
    with pytest.raises(ModelError, match="cannot name a module"):
        AdapterRoles(tiny_model()).add(name, SPEC, seed=0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rank": 0}, "rank=0"),
        ({"alpha": 0}, "alpha=0"),
        ({"dropout": 1.0}, "dropout=1.0"),
        ({"targets": ("q_proj", "lm_head")}, "lm_head"),
        ({"targets": ()}, "none"),
    ],
)
def test_a_spec_that_cannot_train_is_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        replace(SPEC, **change)


@pytest.mark.parametrize("name", ["adapter_config.json", "adapter_model.safetensors"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    (saved(tmp_path) / name).unlink()
    with pytest.raises(CheckpointFormatError, match=f"has no {name}"):
        AdapterRoles(tiny_model()).load("policy", tmp_path)


def test_a_truncated_file_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path) / "adapter_model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(CheckpointFormatError, match="cut off"):
        AdapterRoles(tiny_model()).load("policy", tmp_path)


@pytest.mark.parametrize(
    ("text", "message"), [("{", "not JSON"), ('{"peft_type": "LORA", "r": 4}', "lacks lora_alpha")]
)
def test_a_broken_config_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (saved(tmp_path) / "adapter_config.json").write_text(text)
    with pytest.raises(CheckpointFormatError, match=message):
        AdapterRoles(tiny_model()).load("policy", tmp_path)


def test_an_adapter_of_a_wider_network_is_refused_at_the_first_tensor(tmp_path: Path) -> None:
    wider = tiny_model(replace(TINY, intermediate_size=192))
    roles = roles_on(wider, "policy")
    roles.save("policy", tmp_path, base_name="google/gemma-3-1b-pt")
    message = r"layers.0.mlp.gate_proj.lora_B.weight is \[192, 4\] but this network and rank need \[128, 4\]"
    with pytest.raises(CheckpointFormatError, match=message):
        AdapterRoles(tiny_model()).load("policy", tmp_path)


def test_an_adapter_of_a_shallower_or_deeper_network_is_refused(tmp_path: Path) -> None:
    roles = roles_on(tiny_model(replace(TINY, num_hidden_layers=8, layer_types=())), "policy")
    roles.save("policy", tmp_path / "deep", base_name="x")
    with pytest.raises(CheckpointFormatError, match=r"has .*layers\.7\..*, which this network lacks"):
        AdapterRoles(tiny_model()).load("policy", tmp_path / "deep")
    roles = roles_on(tiny_model(replace(TINY, num_hidden_layers=6, layer_types=())), "policy")
    roles.save("policy", tmp_path / "shallow", base_name="x")
    with pytest.raises(CheckpointFormatError, match=r"lacks .*layers\.6\."):
        AdapterRoles(tiny_model()).load("policy", tmp_path / "shallow")


def test_a_rank_that_differs_from_the_tensors_is_refused(tmp_path: Path) -> None:
    edit_config(saved(tmp_path), r=8)
    with pytest.raises(CheckpointFormatError, match=r"q_proj.lora_A.weight is \[4, 64\] .* need \[8, 64\]"):
        AdapterRoles(tiny_model()).load("policy", tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("base_model.model.model.", "base_model.model.model.language_model.", "matches nothing in this network"),
        (".q_proj.", ".qkv_proj.", r"adapts \['qkv_proj'\]"),
    ],
)
def test_an_adapter_with_other_names_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = saved(tmp_path) / "adapter_model.safetensors"
    save_file({key.replace(old, new): tensor for key, tensor in load_file(path).items()}, path)
    with pytest.raises(CheckpointFormatError, match=message):
        AdapterRoles(tiny_model()).load("policy", tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [({"peft_type": "IA3"}, "IA3"), ({"use_dora": True}, "use_dora"), ({"bias": "all"}, "bias")],
)
def test_an_adapter_of_another_kind_is_refused(tmp_path: Path, change: dict[str, object], message: str) -> None:
    edit_config(saved(tmp_path), **change)
    with pytest.raises(CheckpointFormatError, match=message):
        AdapterRoles(tiny_model()).load("policy", tmp_path)


def test_a_refused_adapter_leaves_the_network_as_it_was(tmp_path: Path) -> None:
    edit_config(saved(tmp_path), r=8)
    model = tiny_model()
    names = list(model.state_dict())
    roles = AdapterRoles(model)
    with pytest.raises(CheckpointFormatError):
        roles.load("policy", tmp_path)
    assert list(model.state_dict()) == names
    assert roles.names == ()
