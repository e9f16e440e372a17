"""Direct preference optimization: what a pair costs, that it is learnt, what is reported, and how runs end."""

from __future__ import annotations

import json
import math
import re
import signal
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from jobs import chat, dpo, export
from jobs.checkpoints import open_checkpoint
from model.hf import save_hf
from model.testing import TINY, tiny_model
from model.testing_tokenizer import tiny_tokenizer
from rlhf.dpo import DPO, DPOTrainer, PairLogprobs, measure, pair_batch, pair_logprobs
from rlhf.errors import ConfigError, NonFiniteUpdate
from rlhf.judged import PairTokens, encode_pairs
from rlhf.optim import OptimSettings
from rlhf.pair_plan import PairPlan
from rlhf.policy import Policy
from rlhf.runtime import Runtime
from rlhf.types import Metrics
from tests.rollouts import adapter_of, disturb, tiny_policy
from tests.unit.test_reward_model import pair, sums, written


def tokens_of(number: int, seed: int) -> list[PairTokens]:
    return encode_pairs(sums(number, seed), tiny_tokenizer(), max_tokens=200)


def trainer(policy: Policy, pairs: list[PairTokens], *, loss: DPO | None = None, **plan: Any) -> DPOTrainer:
    return DPOTrainer(
        policy=policy,
        pairs=pairs,
        loss=loss or DPO(beta=0.5),
        optim=OptimSettings(lr=3e-3),
        plan=PairPlan(**{"epochs": 1.0, "pairs_per_step": 8, **plan}),
        runtime=Runtime(cpu=True),
        seed=0,
    )


def logprobs(ratios: tuple[float, float], policy: tuple[float, float] = (-3.0, -5.0), margin: float = 0.0) -> Any:
    return PairLogprobs(torch.tensor([policy]), torch.tensor([ratios]), torch.tensor([[3, 4]]), torch.tensor([margin]))


# The loss -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        # The chosen answer is e^2 likelier than under the reference, the rejected one e^1 less likely: a lead of 3.
        (DPO(beta=0.5), math.log(1 + math.exp(-1.5))),
        (DPO(beta=0.5, label_smoothing=0.25), 0.75 * math.log(1 + math.exp(-1.5)) + 0.25 * math.log(1 + math.exp(1.5))),
        (DPO(beta=0.5, length_normalized=True), math.log(1 + math.exp(-0.5 * (2 / 3 + 1 / 4)))),
        (DPO(beta=0.5, form="ipo"), (3 - 1) ** 2),
        (DPO(beta=0.5, form="ipo", length_normalized=True), (2 / 3 + 1 / 4 - 1) ** 2),
        (DPO(beta=0.5, sft_coef=2.0), math.log(1 + math.exp(-1.5)) + 2 * 3 / 3),
    ],
)
def test_a_pair_costs_what_a_calculator_says(loss: DPO, expected: float) -> None:
    assert float(loss(logprobs((2.0, -1.0)))) == pytest.approx(expected, rel=1e-6)


def test_a_margin_asks_for_a_lead_in_units_of_the_reward() -> None:
    for loss, expected in (
        (DPO(beta=0.5), math.log(1 + math.exp(-(1.5 - 1.0)))),
        (DPO(beta=0.5, form="ipo"), (3 - 2 - 1) ** 2),
    ):
        assert float(loss(logprobs((2.0, -1.0), margin=1.0))) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"form": "hinge"}, "form is 'hinge'; give sigmoid or ipo"),
        ({"beta": 0.0}, "beta must be a positive number, got 0.0"),
        ({"label_smoothing": 0.5}, "label_smoothing is 0.5; give 0 to below 0.5"),
        ({"sft_coef": -1.0}, "sft_coef must be a number of at least 0"),
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        DPO(**wrong)


# What policy and reference make of pairs ------------------------------------------------------------------------------


def alone(policy: Policy, side: Any, context: int) -> float:
    """log pi(answer | conversation) of one text in one row, by the whole softmax."""
    ids = torch.tensor([list(side)])
    with torch.no_grad():
        logits = (policy.model(ids)[0] @ policy.model.head_weight.T).double().log_softmax(-1)
    return float(sum(logits[i - 1, side[i]] for i in range(context, len(side))))


def test_the_log_probabilities_of_a_pair_are_those_of_its_sides_alone() -> None:
    policy, pairs = tiny_policy(), tokens_of(5, 3)
    with torch.no_grad():
        found, which = pair_logprobs(policy, pair_batch(pairs, torch.device("cpu")), pairs)
    assert sorted(which) == list(range(5))
    for row, index in enumerate(which):
        tokens = pairs[index]
        for side in (0, 1):
            mine = alone(policy, tokens.sides[side], tokens.context_tokens)
            with policy.as_base():
                base = alone(policy, tokens.sides[side], tokens.context_tokens)
            assert float(found.policy[row, side]) == pytest.approx(mine, abs=1e-3)
            assert float(found.log_ratio[row, side]) == pytest.approx(mine - base, abs=1e-3)
            assert int(found.num_tokens[row, side]) == len(tokens.sides[side]) - tokens.context_tokens
            assert tokens.answer_tokens[side] == found.num_tokens[row, side]


def test_a_policy_that_is_its_reference_has_rewards_of_zero_and_the_loss_of_a_coin() -> None:
    metrics = trainer(tiny_policy(trained=False), tokens_of(8, 3)).run_step(0)
    assert metrics["loss"] == pytest.approx(math.log(2))
    assert metrics["rewards/chosen"] == metrics["rewards/margin"] == 0.0
    assert metrics["rewards/accuracy"] == 0.5
    assert metrics["grad_norm"] > 0


def test_an_adapter_that_was_trained_before_can_be_its_own_reference() -> None:
    policy = tiny_policy()
    pairs = tokens_of(8, 3)
    to_base = trainer(policy, pairs)._measure(pair_batch(pairs, torch.device("cpu")), pairs, 8)
    assert to_base.sums["rewards/margin"] != 0.0
    policy.freeze_reference()
    to_start = trainer(policy, pairs)._measure(pair_batch(pairs, torch.device("cpu")), pairs, 8)
    assert to_start.sums["rewards/margin"] == 0.0


# Training -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("loss", [DPO(beta=0.5), DPO(beta=0.5, form="ipo", length_normalized=True)])
def test_a_tiny_policy_learns_programmatic_pairs_and_held_out_ones_agree(loss: DPO) -> None:
    policy, runtime = tiny_policy(trained=False), Runtime(cpu=True)
    train, held_out = tokens_of(120, 1), tokens_of(40, 2)
    before = measure(policy, loss, held_out, runtime, max_tokens=4096)
    assert before.rewards.accuracy == 0.5
    trainer(policy, train, loss=loss, epochs=2.0).fit(0, lambda *_: None)
    after = measure(policy, loss, held_out, runtime, max_tokens=4096)
    assert after.rewards.accuracy >= 0.9
    gaps = [scores.logprob_chosen - scores.logprob_rejected for scores in (before, after)]
    assert gaps[1] > gaps[0] + 5
    assert set(after.rewards.by_kind()) == {"language", "cut_off", "repeated", "shouted"}


def test_slices_of_any_size_make_the_same_step() -> None:
    pairs = tokens_of(8, 3)
    policies = [tiny_policy(), tiny_policy()]
    loss = DPO(beta=0.5, sft_coef=0.5, label_smoothing=0.1)
    metrics = [
        trainer(policy, pairs, loss=loss, micro_batch_tokens=size).run_step(0)
        for policy, size in zip(policies, (1, 10_000), strict=True)
    ]
    for name in metrics[0].keys() - {"time/step_s", "speed/pairs_s"}:
        assert metrics[0][name] == pytest.approx(metrics[1][name], rel=1e-3, abs=1e-5)
    gaps = [(a - b).abs().max() for a, b in zip(*map(adapter_of, policies), strict=True)]
    assert max(gap.item() for gap in gaps) < 1e-4


def test_the_reference_and_the_base_are_as_they_were_after_training() -> None:
    policy = tiny_policy()
    policy.freeze_reference()
    kept = {name: parameter.detach().clone() for name, parameter in policy.roles.base_parameters()}
    reference = [tensor.clone() for tensor in policy.roles.state_dict("reference").values()]
    trainer(policy, tokens_of(8, 3), epochs=3.0).fit(0, lambda *_: None)
    assert all(torch.equal(kept[name], parameter) for name, parameter in policy.roles.base_parameters())
    now = policy.roles.state_dict("reference").values()
    assert all(torch.equal(a, b) for a, b in zip(reference, now, strict=True))
    assert policy.roles.active == "policy"


def test_a_loss_that_is_not_finite_changes_no_weight() -> None:
    policy = tiny_policy()
    pairs = [replace(tokens, margin=math.inf) for tokens in tokens_of(8, 3)]
    before = adapter_of(policy)
    with pytest.raises(NonFiniteUpdate, match="the loss is inf"):
        trainer(policy, pairs).run_step(0)
    assert all(torch.equal(a, b) for a, b in zip(before, adapter_of(policy), strict=True))


def test_a_side_that_was_cut_off_is_learnt_without_an_end() -> None:
    pairs = encode_pairs([pair("7", "eight or so " * 9)], tiny_tokenizer(), max_tokens=40, on_long="cut")
    batch = pair_batch(pairs, torch.device("cpu"))
    ends = [int((batch.targets[batch.sample_ids == sample] == 106).sum()) for sample in (0, 1)]
    assert ends == [1, 0]


def test_scores_of_a_policy_are_the_trainers_and_gather_what_likelihood_says() -> None:
    policy = tiny_policy()
    pairs = tokens_of(8, 3)
    found = trainer(policy, pairs)._measure(pair_batch(pairs, torch.device("cpu")), pairs, 8).sums
    scores = measure(policy, DPO(beta=0.5), pairs, Runtime(cpu=True), max_tokens=100)
    assert sum(scores.rewards.margins) == pytest.approx(found["rewards/margin"], abs=1e-4)
    assert scores.logprob_chosen * 8 == pytest.approx(found["logprob/chosen"], rel=1e-4)
    disturb(policy)
    assert measure(policy, DPO(), pairs, Runtime(cpu=True), max_tokens=100).metrics() != scores.metrics()


# The job --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    folder = tmp_path / "checkpoint"
    save_hf(folder, TINY, tiny_model().state_dict().items(), dtype=torch.float32, eos_ids=(1, 106))
    tiny_tokenizer().save(folder)
    return folder


@pytest.fixture(autouse=True)
def terminate() -> Iterator[None]:
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def run(job: Any, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setenv("HYDRA_FULL_ERROR", "1")
    monkeypatch.setattr(sys, "argv", [job.__name__, *arguments])
    try:
        job.main()
    except SystemExit as stop:
        return int(stop.code or 0)
    return 0


def arguments(checkpoint: Path, root: Path) -> list[str]:
    network = ["model=folder", f"model.checkpoint={checkpoint}", "model.dtype=float32", "threads=1", "device=cpu"]
    sizes = ["plan.pairs_per_step=8", "optim.lr=3e-3", "data.held_out=8", "adapter.spec.rank=4"]
    path = written(root / "p.jsonl", sums(40, 1))
    formats = ["export.formats=[adapter]", f"export.base_name={checkpoint}"]
    return [*network, *sizes, *formats, f"data.path={path}", f"output_root={root / 'runs'}"]


def test_a_preference_set_alone_gives_a_checkpoint_that_speaks_and_is_trained_further(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    common = arguments(checkpoint, tmp_path)
    assert run(dpo, monkeypatch, *common, "measure_every=2", "export.formats=[adapter,merged,gguf]") == 0
    (folder,) = (tmp_path / "runs").iterdir()
    assert "chosen likelier than rejected, after" in capsys.readouterr().out
    summary = json.loads((folder / "summary.json").read_text())
    assert (summary["status"], summary["steps"]) == ("finished", 4)
    assert summary["before"]["accuracy"] == 0.5
    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    assert [("held_out/accuracy" in row, "rewards/margin" in row) for row in rows] == [
        *[(True, False), (False, True), (True, True), (False, True), (True, True)]
    ]
    assert re.search(r"\| 8 held-out pairs \| before \| after \|", (folder / "report.md").read_text())
    assert "4 steps of DPO" in (folder / "export" / "adapter" / "README.md").read_text()
    for opened in (folder, folder / "export" / "adapter"):
        assert open_checkpoint(str(opened), base=str(checkpoint)).roles is not None
    merged = str(folder / "export" / "merged")
    assert run(chat, monkeypatch, f"checkpoint={merged}", "threads=1", "max_tokens=3", "prompt=Hi") == 0
    further = [f"adapter.start_from={folder / 'export' / 'adapter'}", "run_name=further"]
    assert run(dpo, monkeypatch, *common, *further) == 0
    second = next(path for path in (tmp_path / "runs").iterdir() if path.name.startswith("further"))
    assert json.loads((second / "summary.json").read_text())["before"]["accuracy"] == 0.5
    assert run(dpo, monkeypatch, *common, *further, "run_name=to_base", "adapter.reference=base") == 0
    third = next(path for path in (tmp_path / "runs").iterdir() if path.name.startswith("to_base"))
    assert json.loads((third / "summary.json").read_text())["before"]["accuracy"] != 0.5
    assert run(export, monkeypatch, f"checkpoint={second}", f"output={tmp_path / 'again'}", "formats=[adapter]") == 0


def test_a_reference_that_becomes_the_policy_after_every_step_leaves_no_margin_before_the_next(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(dpo, monkeypatch, *arguments(checkpoint, tmp_path), "adapter.reference_rate=1", "export=null") == 0
    (folder,) = (tmp_path / "runs").iterdir()
    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    assert [row["rewards/margin"] for row in rows if "rewards/margin" in row] == [0.0] * 4


@pytest.mark.parametrize("start", [False, True])
def test_a_run_that_was_stopped_and_resumed_leaves_the_same_bytes_as_one_that_was_not(
    start: bool,
    checkpoint: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    common = arguments(checkpoint, tmp_path)
    if start:
        roles = tiny_policy().roles
        roles.save("policy", tmp_path / "start", base_name=str(checkpoint))
        common.append(f"adapter.start_from={tmp_path / 'start'}")
    assert run(dpo, monkeypatch, *common) == 0
    (straight,) = (tmp_path / "runs").iterdir()
    step = DPOTrainer.run_step

    def stopped(self: DPOTrainer, number: int) -> Metrics:
        metrics = step(self, number)
        if number == 2:
            raise KeyboardInterrupt  # the step has moved the weights; what is saved is the state before it
        return metrics

    with monkeypatch.context() as patched:
        patched.setattr(DPOTrainer, "run_step", stopped)
        assert run(dpo, patched, *common) == 130
    (other,) = set((tmp_path / "runs").iterdir()) - {straight}
    assert run(dpo, monkeypatch, *common, f"resume={other}") == 0
    ours, theirs = (load_file(path / "export" / "adapter" / "adapter_model.safetensors") for path in (other, straight))
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
    figures = [json.loads((path / "summary.json").read_text()) for path in (other, straight)]
    assert figures[0]["before"] == figures[1]["before"]
    assert figures[0]["held_out"] == figures[1]["held_out"]
    steps = [json.loads(line)["step"] for line in (other / "metrics.jsonl").read_text().splitlines()]
    assert steps == [0, 1, 2, 3, 4]
    assert run(dpo, monkeypatch, *common, f"resume={other}", "loss.beta=0.2") == 2
    capsys.readouterr()
    written(tmp_path / "p.jsonl", sums(40, 2))
    assert run(dpo, monkeypatch, *common, f"resume={other}") == 2
    assert "the pairs are not those that" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["max_tokens=9000"], "max_tokens is 9000; give 2 to 4096"),
        (["max_tokens=20"], "p.jsonl, row .* tokens, more than max_tokens=20"),
        (["plan.epochs=0"], "epochs must be a positive number"),
        (["loss.beta=-1"], "beta must be a positive number"),
        (["adapter.reference=old"], "reference is 'old'; give start or base"),
        (["adapter.reference_rate=2"], "adapter.reference_rate is 2; give 0"),
        (["adapter.start_from=nowhere"], "nowhere has no adapter_config.json"),
        (["model.checkpoint=nowhere"], "no checkpoint 'nowhere'"),
        (["export.formats=[onnx]"], "onnx"),
    ],
)
def test_bad_input_is_one_line(
    overrides: list[str],
    message: str,
    checkpoint: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(dpo, monkeypatch, *arguments(checkpoint, tmp_path), *overrides) == 2
    assert re.fullmatch(rf"error: [^\n]*{message}[^\n]*\n", capsys.readouterr().err)
    assert not (tmp_path / "runs").exists()
