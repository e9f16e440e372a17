from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from model.card import CardFacts
from model.chat import CHAT_TEMPLATE
from model.errors import MergeError, ModelError
from model.export import check_merge, export_checkpoint, merge_report, merged_tensors
from model.gguf import read_gguf
from model.lora import AdapterRoles, LoraSpec
from model.testing import TINY, tiny_model
from model.testing_tokenizer import tiny_tokenizer

K_PROJ = "model.layers.2.self_attn.k_proj.weight"
CARD = CardFacts(
    name="gemma-tiny-sums",
    data="1,000 sums, made by a program.",
    training="20 steps of GRPO.",
    results="| model | pass@1 |\n|---|---|\n| base | 3 % |\n| this | 44 % |",
    sources={"config": "sha256:0123"},
)


def adapted(base: torch.dtype = torch.float32, std: float = 0.1, rank: int = 4) -> AdapterRoles:
    """A policy whose A and B are both random; its scale is 2."""
    roles = AdapterRoles(tiny_model(dtype=base))
    roles.add("policy", LoraSpec(rank=rank, alpha=2 * rank), seed=0)
    generator = torch.Generator().manual_seed(3)
    for tensor in roles.state_dict("policy").values():
        tensor.copy_(torch.randn(tensor.shape, generator=generator) * std)
    return roles


def constant(base: float, delta: float) -> AdapterRoles:
    """All weights of one kind of layer are `base`, and the policy adds `delta` to each."""
    roles = AdapterRoles(tiny_model())
    roles.add("policy", LoraSpec(rank=1, alpha=1, targets=("k_proj",)), seed=0)
    for key, tensor in roles.state_dict("policy").items():
        tensor.fill_(delta if "lora_A" in key else 1.0)
    for name, parameter in roles.base_parameters():
        if "k_proj" in name:
            parameter.data.fill_(base)
    return roles


def export(roles: AdapterRoles, folder: Path, **options: object) -> object:
    arguments = {"base_name": "google/gemma-3-270m", "card": CARD, **options}
    return export_checkpoint(roles.model, roles, "policy", tiny_tokenizer(), folder, **arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize("base", [torch.float32, torch.bfloat16])
def test_merging_adds_the_scaled_product_to_the_weights_in_memory(base: torch.dtype) -> None:
    roles = adapted(base)
    plain = tiny_model(dtype=base).state_dict()
    state = roles.state_dict("policy")
    merged = dict(merged_tensors(roles.model, roles, "policy"))
    assert merged.keys() == plain.keys()
    for name, weight in plain.items():
        key = "base_model.model." + name.removesuffix(".weight")
        if f"{key}.lora_A.weight" not in state:
            assert torch.equal(merged[name], weight)
            continue
        product = state[f"{key}.lora_B.weight"].double() @ state[f"{key}.lora_A.weight"].double()
        assert merged[name].dtype == torch.float32
        torch.testing.assert_close(merged[name].double(), weight.double() + 2.0 * product, atol=1e-6, rtol=0)


def test_the_merged_network_computes_what_the_adapted_one_does() -> None:
    roles = adapted()
    tokens = torch.arange(1, 25)[None]
    merged = tiny_model(seed=9)
    merged.load_state_dict(dict(merged_tensors(roles.model, roles, "policy")))
    with torch.no_grad(), roles.using("policy"):
        torch.testing.assert_close(merged(tokens), roles.model(tokens), atol=1e-4, rtol=1e-5)
    with torch.no_grad():
        assert (merged(tokens) - roles.model(tokens)).abs().max() > 0.1


def test_merging_changes_nothing_in_the_network() -> None:
    roles = adapted()
    before = {name: tensor.clone() for name, tensor in roles.model.state_dict().items()}
    merge_report(roles.model, roles, "policy", torch.bfloat16)
    for _, tensor in merged_tensors(roles.model, roles, "policy"):
        tensor.sum()
    assert all(torch.equal(tensor, before[name]) for name, tensor in roles.model.state_dict().items())


@pytest.mark.parametrize(
    ("delta", "unchanged", "error"),
    [
        (0.0078125, 0.0, 0.0),  # bfloat16 has 128 steps between 1 and 2: this is exactly one
        (0.001, 1.0, 1.0),  # below half a step: all of it is lost
        (0.005, 0.0, 0.5625),  # rounds up to a step: off by 0.0028125
    ],
)
def test_the_report_says_what_bfloat16_does_to_a_known_update(delta: float, unchanged: float, error: float) -> None:
    roles = constant(1.0, delta)
    report = merge_report(roles.model, roles, "policy", torch.bfloat16)
    assert report.unchanged_share == unchanged
    assert report.error == pytest.approx(error, abs=1e-4)


@pytest.mark.parametrize(("ratio", "unchanged", "error"), [(5e-4, 0.879, 0.89), (5e-3, 0.32, 0.30), (5e-2, 0.04, 0.03)])
def test_the_report_agrees_with_measured_losses_of_gaussian_weights(
    ratio: float, unchanged: float, error: float
) -> None:
    """Measured on 2048 x 640 weights with rank 16; the loss depends on the ratio of root mean squares only."""
    roles = adapted(torch.bfloat16, std=1.0, rank=16)
    for name, parameter in roles.base_parameters():
        delta = roles.delta("policy", name)
        if delta is not None:
            key = "base_model.model." + name.replace(".weight", ".lora_B.weight")
            size = parameter.float().square().mean().sqrt() / delta.square().mean().sqrt()
            roles.state_dict("policy")[key].mul_(ratio * size)
    report = merge_report(roles.model, roles, "policy", torch.bfloat16)
    assert report.unchanged_share == pytest.approx(unchanged, abs=0.03)
    assert report.error == pytest.approx(error, abs=0.03)


def test_a_merge_that_would_swallow_the_update_is_refused() -> None:
    roles = constant(1.0, 5e-5)
    with pytest.raises(MergeError, match=r"off by 100.0% of its length and 100.0% .* export float32"):
        check_merge(roles.model, roles, "policy", torch.bfloat16)
    assert check_merge(roles.model, roles, "policy", torch.float32).error < 0.01
    assert check_merge(roles.model, roles, "policy", torch.bfloat16, on_loss="report").unchanged_share == 1.0


def test_a_mistyped_choice_does_not_switch_the_refusal_off() -> None:
    roles = constant(1.0, 5e-5)
    with pytest.raises(ModelError, match="on_loss is 'Report'; give refuse or report"):
        check_merge(roles.model, roles, "policy", torch.bfloat16, on_loss="Report")  # type: ignore[arg-type]


def test_an_adapter_that_was_never_trained_loses_nothing() -> None:
    roles = AdapterRoles(tiny_model())
    roles.add("policy", LoraSpec(rank=4, alpha=8), seed=0)
    report = check_merge(roles.model, roles, "policy", torch.float32)
    assert (report.error, report.unchanged_share) == (0.0, 1.0)


def test_a_refused_merge_still_leaves_the_adapter(tmp_path: Path) -> None:
    with pytest.raises(MergeError):
        export(constant(1.0, 5e-5), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["adapter"]


def test_an_export_holds_everything_and_says_where(tmp_path: Path) -> None:
    export(adapted(), tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["adapter", "gemma-tiny-sums.gguf", "merged"]
    adapter = {path.name for path in (tmp_path / "adapter").iterdir()}
    assert adapter == {"adapter_config.json", "adapter_model.safetensors", "README.md", "NOTICE"}
    merged = {path.name for path in (tmp_path / "merged").iterdir()}
    assert merged >= {"model.safetensors", "config.json", "generation_config.json", "README.md", "NOTICE"}
    assert merged >= {"tokenizer.json", "tokenizer_config.json", "tokenizer.model", "chat_template.jinja"}
    generation = json.loads((tmp_path / "merged" / "generation_config.json").read_text())
    assert generation["eos_token_id"] == [1, 106]
    assert json.loads((tmp_path / "merged" / "config.json").read_text())["torch_dtype"] == "bfloat16"


def test_the_gguf_ends_turns_and_carries_the_chat_template(tmp_path: Path) -> None:
    export(adapted(), tmp_path, formats=["gguf"])
    metadata = read_gguf(tmp_path / "gemma-tiny-sums.gguf").metadata
    assert metadata["tokenizer.ggml.eos_token_id"] == 106
    assert metadata["general.name"] == "gemma-tiny-sums"
    assert metadata["tokenizer.chat_template"] == CHAT_TEMPLATE
    assert len(metadata["tokenizer.ggml.tokens"]) == TINY.vocab_size


def test_the_card_names_base_terms_data_results_and_sources(tmp_path: Path) -> None:
    export(adapted(), tmp_path, formats=["adapter", "merged"])
    for folder, library in (("adapter", "peft"), ("merged", "transformers")):
        text = (tmp_path / folder / "README.md").read_text()
        header = text.split("---\n")[1]
        assert 'base_model: "google/gemma-3-270m"\n' in header
        assert f"library_name: {library}\n" in header
        for part in (CARD.data, CARD.training, CARD.results, "| config | `sha256:0123` |", "Gemma Terms of Use"):
            assert part in text
        assert "ai.google.dev/gemma/terms" in (tmp_path / folder / "NOTICE").read_text()
    assert "merged in float32 and rounded once: in bfloat16 the update is off by" in text


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"formats": ["onnx"]}, r"export formats \['onnx'\]; choose one or more of adapter, merged, gguf"),
        ({"formats": []}, "choose one or more"),
        ({"on_loss": "refused"}, "on_loss is 'refused'; give refuse or report"),
        ({"merged_dtype": torch.float16}, "float16 cannot hold Gemma 3"),
        ({"card": CardFacts(name="a/b", data="", training="", results="")}, "'a/b' cannot name a file"),
    ],
)
def test_a_request_that_cannot_be_met_is_refused_before_writing(
    options: dict[str, object], message: str, tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match=message):
        export(adapted(), tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()


def test_an_unknown_role_is_refused_before_writing(tmp_path: Path) -> None:
    roles = AdapterRoles(tiny_model())
    with pytest.raises(ModelError, match="no role 'policy'"):
        export(roles, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_no_export_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "merged").mkdir()
    (tmp_path / "merged" / "thesis.tex").write_text("years of work")
    with pytest.raises(ModelError, match="choose another folder"):
        export(adapted(), tmp_path)
    assert (tmp_path / "merged" / "thesis.tex").read_text() == "years of work"


def test_exporting_again_replaces_and_leaves_nothing_behind(tmp_path: Path) -> None:
    export(adapted(), tmp_path)
    weights = (tmp_path / "merged" / "model.safetensors").read_bytes()
    export(adapted(std=0.2), tmp_path)
    assert (tmp_path / "merged" / "model.safetensors").read_bytes() != weights
    assert sorted(path.name for path in tmp_path.iterdir()) == ["adapter", "gemma-tiny-sums.gguf", "merged"]


def test_an_export_that_fails_midway_leaves_the_earlier_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    export(adapted(), tmp_path)
    before = {path: path.read_bytes() for path in (tmp_path / "merged").iterdir()}

    def full_disk(folder: Path, *args: object, **options: object) -> Callable[..., None]:
        raise OSError("no space left on device")

    monkeypatch.setattr("model.export.write_card", full_disk)
    with pytest.raises(OSError, match="no space"):
        export(adapted(std=0.2), tmp_path, formats=["merged"])
    assert {path: path.read_bytes() for path in (tmp_path / "merged").iterdir()} == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["adapter", "gemma-tiny-sums.gguf", "merged"]


def test_an_export_after_a_kill_between_renamings_cleans_up(tmp_path: Path) -> None:
    export(adapted(), tmp_path)
    (tmp_path / "merged").rename(tmp_path / ".merged.4242.old")
    export(adapted(std=0.2), tmp_path, formats=["merged"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["adapter", "gemma-tiny-sums.gguf", "merged"]
