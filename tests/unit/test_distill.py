"""Distillation of a tiny teacher into a tiny student: it comes nearer, and every step is what the formulas say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from model.testing import TINY, tiny_model
from model.testing_tokenizer import tiny_tokenizer
from model.transformer import Gemma3ForCausalLM
from rlhf.distill import FirstProblems, OffPolicy, OffPolicyDistiller, OnPolicy, OnPolicyDistiller
from rlhf.divergences import Divergence, ForwardKL, GeneralizedJSD, ReverseKL
from rlhf.errors import ConfigError
from rlhf.optim import OptimSettings
from rlhf.policy import Policy
from rlhf.prompts import PromptStream, PromptTemplate
from rlhf.runtime import Runtime
from rlhf.sampler import NativeSampler, SamplingParams
from rlhf.sft import TeachingPlan
from rlhf.teacher_store import StoredLogits, data_hash, store_logits
from rlhf.types import Metrics, Prompt
from tests.rollouts import Sums, adapter_of, disturb, sums_stream, teachable_policy

DIVERGENCES: dict[str, Divergence] = {
    "forward": ForwardKL(), "reverse": ReverseKL(), "jsd": GeneralizedJSD(beta=0.5)
}  # fmt: skip
OFF_POLICY = OffPolicy(folder="", logits_per_token=32, num_examples=12)
STEPS = 20


def teacher() -> Gemma3ForCausalLM:
    """The student's base with an adapter of its own."""
    policy = teachable_policy()
    disturb(policy, size=0.3)
    return policy.model


def finite_stream(count: int = 12) -> PromptStream:
    source = FirstProblems(Sums(), count)
    return PromptStream(source, tiny_tokenizer(), PromptTemplate(), max_prompt_tokens=64, seed=0)


def stored(folder: Path, settings: OffPolicy = OFF_POLICY) -> StoredLogits:
    prompts = [prompt for _, prompt in finite_stream().preview(12)]
    identity = settings.identity(teacher="t", data=data_hash(prompts))
    store_logits(teacher(), prompts, folder, identity, num_tokens=512, micro_batch_tokens=500)
    return StoredLogits(folder, prompts, identity)


def common(policy: Policy, *, steps: int = STEPS, micro_batch_tokens: int = 4096, lr: float = 5e-3) -> dict[str, Any]:
    plan = TeachingPlan(steps=steps, examples_per_step=4, micro_batch_tokens=micro_batch_tokens)
    return {
        "policy": policy,
        "optim": OptimSettings(lr=lr),
        "plan": plan,
        "runtime": Runtime(cpu=True),
        "num_tokens": 512,
    }


def off_policy(policy: Policy, logits: StoredLogits, **others: Any) -> OffPolicyDistiller:
    return OffPolicyDistiller(**common(policy, **others), prompts=finite_stream(), stored=logits, settings=OFF_POLICY)


def on_policy(policy: Policy, settings: OnPolicy, **others: Any) -> OnPolicyDistiller:
    return OnPolicyDistiller(
        **common(policy, **others),
        prompts=sums_stream(),
        teacher=teacher(),
        sampler=NativeSampler(policy.model, tiny_tokenizer()),
        sampling=SamplingParams(max_completion_tokens=6),
        settings=settings,
        seed=0,
    )


def trained(trainer: OffPolicyDistiller | OnPolicyDistiller) -> list[Metrics]:
    rows: list[Metrics] = []
    trainer.fit(0, lambda step, metrics: rows.append(metrics))
    return rows


def distributions(model: Gemma3ForCausalLM, prompt: Prompt) -> Tensor:
    """[L, V] float64 log-probabilities along the demonstration."""
    with torch.no_grad():
        hidden = model(torch.tensor([[*prompt.token_ids, *prompt.target_ids]]))[0, len(prompt.token_ids) - 1 : -1]
        return model.logits(hidden).double().log_softmax(-1)


def distance(policy: Policy) -> float:
    """Mean KL(teacher || student) along held-out demonstrations."""
    theirs, values = teacher(), []
    for prompt in sums_stream().held_out(4):
        log_p, log_q = distributions(theirs, prompt), distributions(policy.model, prompt)
        values.append((log_p.exp() * (log_p - log_q)).sum(-1).mean())
    return float(torch.stack(values).mean())


def test_stored_logits_bring_the_student_nearer_to_the_teacher(tmp_path: Path) -> None:
    policy = teachable_policy()
    before = distance(policy)
    rows = trained(off_policy(policy, stored(tmp_path / "logits")))
    assert rows[-1]["divergence"] < 0.5 * rows[0]["divergence"]
    assert distance(policy) < 0.7 * before
    assert 0 < rows[0]["kept_mass"] < 1


@pytest.mark.parametrize("name", DIVERGENCES)
def test_its_own_completions_bring_the_student_nearer_to_the_teacher(name: str) -> None:
    policy = teachable_policy()
    before = distance(policy)
    rows = trained(on_policy(policy, OnPolicy(divergence=DIVERGENCES[name], group_size=2)))
    assert rows[-1]["divergence"] < 0.6 * rows[0]["divergence"]
    assert distance(policy) < 0.8 * before
    assert rows[0]["loss"] == pytest.approx(rows[0]["divergence"])


def test_the_first_off_policy_loss_is_the_cross_entropy_on_the_kept_logits(tmp_path: Path) -> None:
    policy, logits = teachable_policy(), stored(tmp_path / "logits")
    terms, entropies = [], []
    for prompt in finite_stream().take(4):
        kept, log_q = logits.of(prompt), distributions(policy.model, prompt)
        log_p = distributions(teacher(), prompt)
        share = log_p.gather(1, kept.ids).softmax(-1)
        terms.append(-(share * log_q.gather(1, kept.ids)).sum(-1))
        entropies.append(-(share * share.log()).sum(-1))
    expected = torch.cat(terms).mean().item()
    row = off_policy(policy, logits).run_step()
    assert row["loss"] == pytest.approx(expected, rel=1e-5)
    assert row["divergence"] == pytest.approx(expected - torch.cat(entropies).mean().item(), rel=1e-4)


def test_the_first_on_policy_loss_is_the_mean_divergence_along_demonstrations_when_those_are_asked_for() -> None:
    policy = teachable_policy()
    parts = [
        (distributions(teacher(), prompt), distributions(policy.model, prompt)) for prompt in sums_stream().take(4)
    ]
    expected = torch.cat([(log_q.exp() * (log_q - log_p)).sum(-1) for log_p, log_q in parts]).mean().item()
    row = on_policy(policy, OnPolicy(divergence=ReverseKL(), student_share=0.0)).run_step()
    assert row["loss"] == pytest.approx(expected, rel=1e-4)
    assert row["student_share"] == 0.0
    assert "time/sample_s" not in row


def test_half_a_student_share_learns_from_both_and_the_seed_decides_when() -> None:
    settings = OnPolicy(divergence=ForwardKL(), student_share=0.5)
    shares = [[row["student_share"] for row in trained(on_policy(teachable_policy(), settings, steps=8))] for _ in "ab"]
    assert set(shares[0]) == {0.0, 1.0}
    assert shares[0] == shares[1]


@pytest.mark.parametrize("kind", ["off", "on"])
def test_micro_batches_change_nothing(kind: str, tmp_path: Path) -> None:
    losses, norms = [], []
    for tokens in (4096, 1):
        policy = teachable_policy()
        if kind == "off":
            trainer = off_policy(policy, stored(tmp_path / str(tokens)), micro_batch_tokens=tokens)
        else:
            trainer = on_policy(policy, OnPolicy(divergence=GeneralizedJSD()), micro_batch_tokens=tokens)
        row = trainer.run_step()
        losses.append(row["loss"])
        norms.append(row["grad_norm"])
    assert losses[1] == pytest.approx(losses[0], rel=1e-5)
    assert norms[1] == pytest.approx(norms[0], rel=1e-4)


@pytest.mark.parametrize("kind", ["off", "on"])
def test_a_resumed_distillation_ends_like_one_that_was_not_stopped(kind: str, tmp_path: Path) -> None:
    logits = stored(tmp_path / "logits")

    def trainer(policy: Policy) -> OffPolicyDistiller | OnPolicyDistiller:
        if kind == "off":
            return off_policy(policy, logits, steps=6)
        return on_policy(policy, OnPolicy(divergence=ReverseKL(), student_share=0.5), steps=6)

    straight = teachable_policy()
    trained(trainer(straight))
    first, second = teachable_policy(), teachable_policy()
    stopped = trainer(first)
    for _ in range(3):
        stopped.run_step()
    resumed = trainer(second)
    second.load_state_dict(first.state_dict())
    resumed.update.load_state_dict(stopped.update.state_dict())
    resumed.prompts.load_state_dict(stopped.prompts.state_dict())
    resumed.fit(3, lambda step, metrics: None)
    assert all(torch.equal(a, b) for a, b in zip(adapter_of(second), adapter_of(straight), strict=True))


def test_a_teacher_of_another_size_with_more_head_rows_teaches_too() -> None:
    policy = teachable_policy()
    trainer = on_policy(policy, OnPolicy(divergence=GeneralizedJSD()))
    trainer.teacher = tiny_model(replace(TINY, hidden_size=96, vocab_size=520), seed=3)
    rows = trained(trainer)
    assert rows[-1]["divergence"] < rows[0]["divergence"]


def test_the_teacher_and_the_base_stay_as_they_are() -> None:
    policy = teachable_policy()
    trainer = on_policy(policy, OnPolicy(divergence=ForwardKL()))
    before = [parameter.clone() for parameter in trainer.teacher.parameters()]
    base = policy.model.head_weight.clone()
    trainer.run_step()
    assert all(torch.equal(a, b) for a, b in zip(trainer.teacher.parameters(), before, strict=True))
    assert all(parameter.grad is None for parameter in trainer.teacher.parameters())
    assert torch.equal(policy.model.head_weight, base)


def test_the_first_problems_of_an_endless_source_are_finite_and_must_be_counted() -> None:
    assert FirstProblems(Sums(), 5).train_size == 5
    assert FirstProblems(FirstProblems(Sums(), 5), 9).train_size == 5
    assert FirstProblems(FirstProblems(Sums(), 5), None).train_size == 5
    assert FirstProblems(Sums(), 5).held_out(2) == Sums().held_out(2)
    with pytest.raises(ConfigError, match=r"endless.*num_examples"):
        FirstProblems(Sums(), None)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"temperature": 0.0}, "temperature is 0.0"),
        ({"group_size": 0}, "group_size is 0"),
        ({"student_share": 1.5}, "student_share is 1.5"),
    ],
)
def test_settings_that_there_are_not_are_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        OnPolicy(divergence=ForwardKL(), **wrong)
    with pytest.raises(ConfigError, match="sampled or top_k"):
        OffPolicy(folder="", selection="best")
