"""The fused way of decoding: the same numbers as the modules', on every shape of network, and nothing left behind."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from model import kernels
from model.attention import Layout
from model.cache import KVCache
from model.config import FULL, SLIDING, Gemma3Config
from model.decoding import Decoder, fastest_decoding
from model.kernels import build
from model.lora import AdapterRoles, LoraSpec
from model.lora_layer import LoraLinear, hold
from model.products import FrozenLinear, PackedWeights
from model.testing import TINY, tiny_model
from model.transformer import Gemma3ForCausalLM

needs_kernels = pytest.mark.skipif(
    not kernels.available(torch.float32, torch.device("cpu")), reason="no C compiler, so no fused kernels"
)
SHAPES = {
    "tiny": TINY,
    "no groups": replace(TINY, num_attention_heads=3, num_key_value_heads=3),
    "groups of two": replace(TINY, num_attention_heads=4, num_key_value_heads=2),
    "groups of four": replace(TINY, num_attention_heads=4, num_key_value_heads=1),
    "groups of six": replace(TINY, num_attention_heads=6, num_key_value_heads=1),
    "odd sizes": replace(TINY, hidden_size=36, intermediate_size=50, head_dim=18, query_pre_attn_scalar=7.0),
    "global alone": replace(TINY, num_hidden_layers=2, layer_types=(FULL, FULL)),
    "local alone, scaled": replace(TINY, num_hidden_layers=2, layer_types=(SLIDING, SLIDING), rope_scaling_factor=8.0),
}
PROMPTS = ([2, 5, 9], [2, 7], [2, 300, 301, 302, 303, 304, 305, 306, 307, 308, 309])
"""Of several lengths, one longer than the window of 8."""


def randomize(parameters: Iterable[nn.Parameter], *, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in parameters:
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.1)


def network(config: Gemma3Config, dtype: torch.dtype) -> Gemma3ForCausalLM:
    return tiny_model(config).to(dtype)


@torch.no_grad()
def decoded(model: Gemma3ForCausalLM, num_tokens: int = 14, *, fused: bool) -> Tensor:
    """[tokens, rows, D] float32 hidden states of tokens fed one by one behind the prompts; rows leave on the way."""
    length = max(map(len, PROMPTS))
    mask = torch.tensor([[1] * len(p) + [0] * (length - len(p)) for p in PROMPTS])
    ids = torch.tensor([[*p, *[0] * (length - len(p))] for p in PROMPTS])
    cache = KVCache(model.config, len(PROMPTS), length + num_tokens, dtype=model.dtype)
    model(ids, Layout.padded(mask), cache)
    ends, states = mask.sum(1), list[Tensor]()
    decoder = Decoder(model) if fused else PackedWeights([])
    with decoder.active():
        for number in range(num_tokens):
            if number == num_tokens // 2:
                cache.select_(torch.tensor([2, 0]))
                ends = ends[[2, 0]]
            tokens = (ends * 7 + number * 31) % model.config.vocab_size
            states.append(model(tokens[:, None], Layout.at(ends[:, None] + number), cache)[:, 0].float())
    return torch.cat(states)


@needs_kernels
@pytest.mark.parametrize("config", SHAPES.values(), ids=SHAPES)
def test_fused_decoding_gives_the_modules_states(config: Gemma3Config) -> None:
    model = network(config, torch.float32)
    torch.testing.assert_close(decoded(model, fused=True), decoded(model, fused=False), rtol=2e-5, atol=2e-5)


@needs_kernels
@pytest.mark.parametrize("config", SHAPES.values(), ids=SHAPES)
def test_in_bfloat16_it_is_as_near_to_float32_as_the_modules_are(config: Gemma3Config) -> None:
    narrow = network(config, torch.bfloat16)
    exact = decoded(narrow.float(), fused=False)
    narrow = network(config, torch.bfloat16)
    fused, plain = (float((decoded(narrow, fused=way) - exact).norm()) for way in (True, False))
    assert 0 < fused < 1.2 * plain


@needs_kernels
@pytest.mark.parametrize("targets", [("q_proj", "v_proj", "down_proj"), ("k_proj", "o_proj", "gate_proj", "up_proj")])
def test_the_active_role_acts_and_a_switch_is_seen(targets: tuple[str, ...]) -> None:
    model = network(TINY, torch.float32)
    base = decoded(model, fused=True)
    roles = AdapterRoles(model)
    for seed, role in enumerate(("one", "other")):
        roles.add(role, LoraSpec(rank=3, alpha=5, targets=targets), seed=seed)
        randomize(roles.parameters(role), seed=seed)
    found = []
    for role in ("one", "other", None):
        roles.activate(role)
        found.append(decoded(model, fused=True))
        torch.testing.assert_close(found[-1], decoded(model, fused=False), rtol=2e-5, atol=2e-5)
    assert float((found[0] - found[1]).abs().max()) > 1e-2
    torch.testing.assert_close(found[2], base)


@needs_kernels
def test_a_trained_adapter_is_taken_as_it_is_at_the_next_call() -> None:
    model = network(TINY, torch.float32)
    roles = AdapterRoles(model)
    roles.add("policy", LoraSpec(rank=2, alpha=4), seed=0)
    roles.activate("policy")
    decoder = Decoder(model)
    for seed in range(2):
        randomize(roles.parameters("policy"), seed=seed)
        with decoder.active():
            cache = KVCache(TINY, 1, 4, dtype=torch.float32)
            with torch.no_grad():
                state = model(torch.tensor([[5]]), Layout.at(torch.tensor([[0]])), cache)
        with torch.no_grad():
            torch.testing.assert_close(state, model(torch.tensor([[5]])), rtol=1e-5, atol=1e-5)


@needs_kernels
def test_only_single_tokens_without_a_gradient_go_the_fused_way(monkeypatch: pytest.MonkeyPatch) -> None:
    model, steps = network(TINY, torch.float32), list[int]()
    step = Decoder.step
    monkeypatch.setattr(Decoder, "step", lambda *args: steps.append(1) or step(*args))
    one, two = Layout.at(torch.tensor([[0]])), Layout.at(torch.tensor([[0, 1]]))
    with Decoder(model).active():
        with torch.no_grad():
            model(torch.tensor([[5]]))
            model(torch.tensor([[5, 6]]), two, KVCache(TINY, 1, 4, dtype=torch.float32))
        with torch.enable_grad():
            model(torch.tensor([[5]]), one, KVCache(TINY, 1, 4, dtype=torch.float32))
        assert not steps
        with torch.no_grad():
            model(torch.tensor([[5]]), one, KVCache(TINY, 1, 4, dtype=torch.float32))
    assert len(steps) == 1


@pytest.mark.parametrize("fused", [True, False])
def test_an_error_leaves_the_network_as_it_was(fused: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not fused:
        monkeypatch.setattr(kernels, "available", lambda *_: False)
    model = tiny_model()
    roles = AdapterRoles(model)
    roles.add("policy", LoraSpec(rank=2, alpha=4), seed=0)
    roles.activate("policy")
    held: list[object] = []

    def failing() -> None:
        with fastest_decoding(model).active(), hold(model, torch.float32):
            held.extend(module.held for module in model.modules() if isinstance(module, LoraLinear))
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        failing()
    assert held
    assert None not in held
    assert model.packed is None
    assert model.decoder is None
    assert all(module.held is None for module in model.modules() if isinstance(module, LoraLinear))
    assert all(module.packed is None for module in model.modules() if isinstance(module, FrozenLinear))


def test_without_kernels_the_head_is_packed_and_in_bfloat16_the_body_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "available", lambda *_: False)
    for dtype, body in ((torch.float32, False), (torch.bfloat16, True)):
        model = network(TINY, dtype)
        with fastest_decoding(model).active():
            assert model.packed is not None
            assert model.decoder is None
            packed = {module.packed is not None for module in model.modules() if isinstance(module, FrozenLinear)}
            assert packed == {body}


def test_without_a_compiler_there_are_no_kernels_and_no_error(tmp_path: Path) -> None:
    program = "import torch; from model import kernels; print(kernels.available(torch.float32, torch.device('cpu')))"
    for env in ({"CC": "/bin/false"}, {"GEMWRIGHT_KERNELS": "off"}, {"CC": "/no/such/compiler"}):
        told = subprocess.run(
            [sys.executable, "-c", program],
            env={"PATH": "/usr/bin:/bin", "XDG_CACHE_HOME": str(tmp_path), **env},
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            check=True,
        )
        assert told.stdout == "False\n"
        assert told.stderr == ""
    assert not list(tmp_path.rglob("*.so"))


@needs_kernels
def test_the_kernels_are_compiled_once_per_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    first = build._compiled()
    written = first.stat().st_mtime_ns
    assert build._compiled() == first
    assert first.stat().st_mtime_ns == written
    assert [path.name for path in first.parent.iterdir()] == [first.name]


@needs_kernels
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_gate_is_that_of_torch_for_all_sizes_of_numbers(dtype: torch.dtype) -> None:
    values = torch.cat([torch.linspace(-30, 30, 4001), torch.tensor([0.0, 1e-30, -1e-30, 1e4, -1e4])]).to(dtype)
    up = torch.ones_like(values)
    exact = torch.nn.functional.gelu(values.double(), approximate="tanh")
    found = kernels.gate(values[None], up[None]).double()[0]
    torch.testing.assert_close(found, exact, rtol=2**-8 if dtype == torch.bfloat16 else 1e-6, atol=1e-6)


@pytest.mark.parametrize("fused", [True, False])
def test_released_weights_are_packed_again_when_they_are_used(fused: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not fused:
        monkeypatch.setattr(kernels, "available", lambda *_: False)
    model = network(TINY, torch.bfloat16)
    fastest = fastest_decoding(model)
    packed: list[Tensor | None] = []
    for release in (False, True, False):
        with fastest.active():
            packed.append(model.packed)
        if release:
            fastest.release()
    assert packed[0] is packed[1]
    assert packed[2] is not packed[1]
