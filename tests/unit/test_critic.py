"""The critic: what it reads, what it learns, what it leaves alone, and how it is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from model.config import Gemma3Config
from model.errors import CheckpointFormatError
from model.hf import save_hf
from model.lora import AdapterRoles, LoraSpec
from model.testing import TINY, tiny_model
from model.testing_tokenizer import tiny_tokenizer, tiny_vocabulary
from model.tokenizer import Tokenizer
from rlhf.advantages import Credit, RewardItself
from rlhf.checkpoint import CheckpointStore
from rlhf.collate import collate
from rlhf.critic import VALUE, Critic, CriticSettings
from rlhf.errors import ConfigError
from rlhf.kl_reward import KLReward
from rlhf.losses import ClippedSurrogate, TokenMean, ValueLoss
from rlhf.optim import OptimSettings
from rlhf.policy import POLICY, REFERENCE, Policy
from rlhf.reward_model import RewardModel
from rlhf.runtime import Runtime
from rlhf.sampler import NativeSampler, SamplingParams
from rlhf.trainer import Plan, RLTrainer
from rlhf.types import CreditedSample, FinishReason, Metrics, TrainBatch
from tests.rollouts import (
    adapter_of,
    by_sample,
    letters,
    make_completion,
    make_prompt,
    random_samples,
    sums_stream,
    teachable_policy,
    tiny_policy,
)

RUNTIME = Runtime(cpu=True)
SPEC = LoraSpec(rank=4, alpha=8)
OPTIM = OptimSettings(lr=1e-2)
PLAN = Plan(steps=4, prompts_per_step=4, group_size=1, minibatches=2, kl_every=0)


def built(policy: Policy, **settings: Any) -> Critic:
    settings = {"spec": SPEC, "optim": OPTIM, **settings}
    critic = CriticSettings(**settings).build(policy, RUNTIME, total_updates=8, micro_batch_tokens=64, seed=3)
    assert isinstance(critic, Critic)
    return critic


def disturbed(critic: Critic) -> Critic:
    """The critic with weights that tell states apart."""
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for parameter in critic.network.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator) * 0.05)
    return critic


def ends_with_rewards(batch: TrainBatch) -> torch.Tensor:
    return torch.where(batch.sample_ids % 2 == 0, 1.0, -0.5) * batch.completion_mask


# The loss


@pytest.mark.parametrize("clip", [0.2, None])
def test_the_value_loss_is_the_larger_of_two_squares_and_its_gradient_stops_where_that_is_the_clipped_one(
    clip: float | None,
) -> None:
    """Old values 0, returns 1: a value of 0.5 has moved too far already, one of 1.3 and one of -0.5 are further off
    than what they may be clipped to."""
    batch = collate(random_samples({3: [3]}), max_row_tokens=0)
    values = torch.tensor([[0.5, 1.9, -0.5]], requires_grad=True)
    batch = replace(batch, values=torch.zeros(1, 3), returns=torch.ones(1, 3))
    output = ValueLoss(clip=clip, coef=2.0)(values, batch)
    errors = [0.64, 0.81, 2.25] if clip else [0.25, 0.81, 2.25]
    assert output.loss.item() == pytest.approx(2 * 0.5 * sum(errors) / 3)
    assert output.sums == {"num_tokens": 3.0, "clip_share": 1.0 if clip else 0.0}
    output.loss.backward()
    assert values.grad is not None
    slopes = [0.0 if clip else 2 * -0.5, 2 * 0.9, 2 * -1.5]
    assert values.grad.flatten().tolist() == pytest.approx([slope / 3 for slope in slopes], abs=1e-6)


@pytest.mark.parametrize("wrong", [{"clip": 0.0}, {"clip": -1.0}, {"coef": 0.0}])
def test_a_value_loss_that_cannot_be_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match="of the value loss must be above 0"):
        ValueLoss(**wrong)  # pyright: ignore[reportArgumentType]


# What it reads


def test_a_fresh_critic_expects_nothing_and_changes_nothing_of_the_policy() -> None:
    policy, tokens = tiny_policy(), torch.tensor([[2, 10, 20, 30]])
    before = policy.model(tokens)
    critic = built(policy, lam=1.0, whiten=False)
    batch = collate(random_samples({3: [4, 2], 12: [5]}), max_row_tokens=64)
    (found,), metrics = critic([batch], [ends_with_rewards(batch)])
    assert found.values is not None
    assert not found.values.any()
    assert found.returns is not None
    assert torch.equal(found.returns, found.advantages)
    assert metrics["value/explained_variance"] == pytest.approx(0.0, abs=1e-6)
    assert torch.equal(policy.model(tokens), before)
    assert policy.roles.active == POLICY


def test_values_do_not_depend_on_rows_or_micro_batches() -> None:
    critic = disturbed(built(tiny_policy()))
    found = []
    for max_row_tokens, micro in ((0, 1), (64, 1000)):
        batch = collate(_cut_off(random_samples({3: [4, 2, 4], 12: [5]})), max_row_tokens=max_row_tokens)
        critic.updater.micro_batch_tokens = micro
        with torch.no_grad():
            found.append([by_sample(batch, part) for part in critic._values(batch)])
    for ours, theirs in zip(*found, strict=True):
        assert ours.keys() == theirs.keys()
        for sample in ours:
            assert ours[sample] == pytest.approx(theirs[sample], abs=1e-5)
    assert any(abs(value) > 1e-2 for value in found[0][0][0])


@pytest.mark.parametrize("likelihood", [0.0, 2.0])
def test_a_critic_from_a_reward_model_values_a_whole_text_as_its_head_does(tmp_path: Path, likelihood: float) -> None:
    rewards = RewardModel.fresh(AdapterRoles(tiny_model()), SPEC, seed=0, likelihood=likelihood)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in rewards.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.05)
    rewards.save(tmp_path / "rm", base_name="tiny")
    rewards.head.likelihood = 0.0
    critic = built(tiny_policy(), start_from=str(tmp_path / "rm"), bootstrap_cut_off=True)
    samples = _cut_off(random_samples({3: [4], 9: [2]}))
    batch = collate(samples, max_row_tokens=0)
    _, after = critic._values(batch)
    expected = rewards.score([[(*s.prompt.token_ids, *s.completion.token_ids)] for s in samples], 100)
    ours = by_sample(batch, after)
    assert [ours[i][-1] for i in range(2)] == pytest.approx([scores[0] for scores in expected], abs=1e-5)
    assert all(p.requires_grad for p in critic.network.parameters())
    assert not critic.network.head.likelihood


def test_an_adapter_without_a_head_starts_with_a_head_of_zeros(tmp_path: Path) -> None:
    policy = tiny_policy()
    policy.roles.save(POLICY, tmp_path / "adapter", base_name="tiny")
    critic = built(policy, start_from=str(tmp_path / "adapter"))
    assert not critic.network.head.weight.any()
    ours, theirs = policy.roles.state_dict(VALUE), policy.roles.state_dict(POLICY)
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


def test_only_with_the_option_does_a_completion_that_was_cut_off_go_on() -> None:
    samples = _cut_off(random_samples({3: [2], 4: [3]}))
    samples[1] = replace(samples[1], completion=replace(samples[1].completion, finish_reason=FinishReason.STOP))
    batch = collate(samples, max_row_tokens=0)
    nothing = torch.zeros_like(batch.advantages)
    found = []
    for bootstrap in (False, True):
        critic = disturbed(built(tiny_policy(), whiten=False, lam=0.0, gamma=0.5, bootstrap_cut_off=bootstrap))
        (credited,), _ = critic([batch], [nothing])
        found.append(by_sample(batch, credited.advantages))
        with torch.no_grad():
            _, after = critic.network.values_and_after(batch)
    (plain, bootstrapped), behind = found, by_sample(batch, after)[0][-1]
    assert bootstrapped[0][-1] - plain[0][-1] == pytest.approx(0.5 * behind, abs=1e-6)
    assert abs(behind) > 1e-3
    assert bootstrapped[1] == plain[1]


def _cut_off(samples: list[CreditedSample]) -> list[CreditedSample]:
    return [replace(s, completion=replace(s.completion, finish_reason=FinishReason.LENGTH)) for s in samples]


# What it learns, and what it leaves alone


def test_an_update_of_the_critic_moves_its_adapter_and_head_and_nothing_else() -> None:
    policy = tiny_policy()
    policy.freeze_reference()
    critic = disturbed(built(policy))
    base = {name: parameter.clone() for name, parameter in policy.roles.base_parameters()}
    others = {role: _copy(policy.roles.state_dict(role)) for role in (POLICY, REFERENCE)}
    mine = [parameter.detach().clone() for parameter in critic.network.parameters()]
    batch = collate(random_samples({3: [4, 2], 12: [5]}), max_row_tokens=64)
    (batch,), _ = critic([batch], [ends_with_rewards(batch)])
    metrics = critic.update(batch)
    assert metrics["value/loss"] > 0
    assert {"value/grad_norm", "value/lr", "value/clip_share"} <= metrics.keys()
    assert not any(torch.equal(a, b) for a, b in zip(mine, critic.network.parameters(), strict=True))
    assert all(parameter.grad is None for parameter in policy.parameters())
    assert all(torch.equal(base[name], now) for name, now in policy.roles.base_parameters())
    for role, before in others.items():
        assert all(torch.equal(before[name], now) for name, now in policy.roles.state_dict(role).items())


def test_all_roles_compute_with_the_very_same_base_weights() -> None:
    """No role has a copy: what a forward of any role reads of the base lies where it lay before."""
    policy = tiny_policy()
    before = {name: parameter.data_ptr() for name, parameter in policy.roles.base_parameters()}
    policy.freeze_reference()
    critic = built(policy)
    RewardModel.fresh(policy.roles, SPEC, seed=0)
    assert critic.network.model is policy.model
    assert set(policy.roles.names) == {POLICY, REFERENCE, VALUE, "reward"}
    for role in (*policy.roles.names, None):
        with policy.roles.using(role):
            assert {name: p.data_ptr() for name, p in policy.roles.base_parameters()} == before


def test_the_policys_gradient_does_not_reach_the_critic() -> None:
    trainer = trainer_of(tiny_policy())
    critic = critic_of(trainer)
    before = [parameter.detach().clone() for parameter in critic.network.parameters()]
    trainer.token_credit.update = lambda _: {}  # pyright: ignore[reportAttributeAccessIssue]
    policy = adapter_of(trainer.policy)
    trainer.run_iteration(0)
    assert all(torch.equal(a, b) for a, b in zip(before, critic.network.parameters(), strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(policy, adapter_of(trainer.policy), strict=True))


@pytest.fixture
def same_base(tmp_path: Path) -> str:
    """The network of `tiny_policy`, in a folder."""
    return second_base(tmp_path / "same", TINY)


def second_base(folder: Path, config: Gemma3Config) -> str:
    save_hf(folder, config, tiny_model(config).state_dict().items(), dtype=torch.float32, eos_ids=(1, 106))
    tiny_tokenizer().save(folder)
    return str(folder)


def test_a_critic_on_a_second_base_of_the_same_weights_is_bit_for_bit_the_one_on_the_policys(same_base: str) -> None:
    """Values, returns, updates of both, and what the policy becomes."""
    trainers = [trainer_of(tiny_policy(), checkpoint=base, dtype="float32") for base in (None, same_base)]
    shared, apart = (run(trainer) for trainer in trainers)
    assert [_untimed(row) for row in apart] == [_untimed(row) for row in shared]
    critics = [critic_of(trainer).network for trainer in trainers]
    ours, theirs = (network.state_dict() for network in critics)
    for part in ("head", "adapter"):
        assert any(bool(tensor.any()) for tensor in ours[part].values())
        assert all(torch.equal(ours[part][name], tensor) for name, tensor in theirs[part].items())
    assert critics[1].model is not trainers[1].policy.model
    assert VALUE not in trainers[1].policy.roles.names


def test_a_critic_on_a_wider_base_learns_and_leaves_both_bases_alone(tmp_path: Path) -> None:
    checkpoint = second_base(tmp_path / "wider", replace(TINY, hidden_size=96))
    policy = tiny_policy()
    policy.model.model.kept_activations = 0.0
    trainer = trainer_of(policy, checkpoint=checkpoint, dtype="float32")
    network = critic_of(trainer).network
    bases = [{name: p.clone() for name, p in roles.base_parameters()} for roles in (policy.roles, network.roles)]
    before = [parameter.detach().clone() for parameter in network.parameters()]
    run(trainer)
    assert network.head.weight.shape == (1, 96)
    assert network.model.model.kept_activations == 0.0
    assert not any(torch.equal(a, b) for a, b in zip(before, network.parameters(), strict=True))
    for base, roles in zip(bases, (policy.roles, network.roles), strict=True):
        assert all(torch.equal(base[name], now) for name, now in roles.base_parameters())


def test_a_second_base_with_another_vocabulary_is_refused_before_it_is_loaded(same_base: str, tmp_path: Path) -> None:
    vocabulary = tiny_vocabulary()
    pieces = tuple("usher" if piece == "user" else piece for piece in vocabulary.pieces)
    other = Tokenizer.from_vocabulary(replace(vocabulary, pieces=pieces))
    CriticSettings(spec=SPEC, optim=OPTIM).check("not read", other)
    settings = CriticSettings(spec=SPEC, optim=OPTIM, checkpoint=same_base)
    settings.check(same_base, tiny_tokenizer())
    with pytest.raises(ConfigError, match=r"critic\.checkpoint=.*same has another vocabulary: .* in the policy "):
        settings.check(same_base, other)


def test_the_critic_learns_to_explain_what_follows() -> None:
    """The reward is told by a completion's first token: two of its three values can know it, the first cannot."""
    critic = built(tiny_policy(), whiten=False, optim=OptimSettings(lr=2e-2), loss=ValueLoss(clip=None))
    samples = []
    for index in range(16):
        ids = (300 + index % 2, 250, 251)
        completion = make_completion(ids)
        prompt = make_prompt([2, 5, 7 + index // 4])
        samples.append(
            CreditedSample(prompt=prompt, completion=completion, reward=0.0, advantage=float(index % 2), group=index)
        )
    batch = collate(samples, max_row_tokens=0)
    at_the_end = torch.zeros_like(batch.advantages)
    at_the_end[:, -1] = batch.advantages[:, -1]
    explained = []
    for _ in range(40):
        (credited,), metrics = critic([batch], [at_the_end])
        explained.append(metrics["value/explained_variance"])
        critic.update(credited)
    assert explained[0] == pytest.approx(0.0, abs=1e-6)
    assert 0.5 < explained[-1] < 0.7


# Whole iterations


def trainer_of(policy: Policy, *, plan: Plan = PLAN, **critic: Any) -> RLTrainer:
    return RLTrainer(
        policy=policy,
        sampler=NativeSampler(policy.model, tiny_tokenizer()),
        prompts=sums_stream(),
        reward=letters,
        credit=Credit(estimator=RewardItself()),
        critic=CriticSettings(**{"spec": SPEC, "optim": OPTIM, **critic}),
        kl_reward=KLReward(coef=0.05, target=0.5),
        loss=ClippedSurrogate(aggregation=TokenMean()),
        optim=OptimSettings(lr=1e-2),
        sampling=SamplingParams(max_completion_tokens=5),
        plan=plan,
        runtime=RUNTIME,
        seed=1,
    )


def critic_of(trainer: RLTrainer) -> Critic:
    assert isinstance(trainer.token_credit.estimator, Critic)
    return trainer.token_credit.estimator


def run(trainer: RLTrainer, start: int = 0) -> list[Metrics]:
    rows: list[Metrics] = []
    trainer.fit(start, lambda _, iteration: rows.append(iteration.metrics))
    return rows


def test_ppo_runs_with_one_completion_per_prompt_and_says_what_it_does() -> None:
    policy = teachable_policy()
    policy.freeze_reference()
    base = {name: parameter.clone() for name, parameter in policy.roles.base_parameters()}
    first, *_, last = run(trainer_of(policy))
    assert first["kl_reward/coef"] == 0.05
    assert first["kl_reward/nats"] == 0.0
    assert first["value/mean"] == 0.0
    assert first["advantage/trained_completions"] == 4.0
    assert {"value/loss", "value/explained_variance", "value/clip_share", "value/grad_norm"} <= last.keys()
    assert last["kl_reward/coef"] != 0.05
    assert all(torch.equal(base[name], now) for name, now in policy.roles.base_parameters())


@pytest.mark.parametrize("width", [None, 96])
def test_a_resumed_run_goes_on_bit_for_bit(width: int | None, tmp_path: Path) -> None:
    """Adapters of policy, reference and critic, head, both optimizers and the KL's coefficient, through a file."""
    checkpoint = None if width is None else second_base(tmp_path / "second", replace(TINY, hidden_size=width))

    def fresh() -> RLTrainer:
        policy = teachable_policy()
        policy.freeze_reference()
        return trainer_of(policy, checkpoint=checkpoint)

    straight = fresh()
    rows = run(straight)
    halves = fresh()
    for step in range(2):
        halves.run_iteration(step)
    store = CheckpointStore(tmp_path)
    parts = {"policy": halves.policy, "prompts": halves.prompts, "trainer": halves}
    store.save(2, {name: part.state_dict() for name, part in parts.items()})
    resumed, state = fresh(), store.load(print)
    for name, part in {"policy": resumed.policy, "prompts": resumed.prompts, "trainer": resumed}.items():
        part.load_state_dict(state[name])
    assert [_untimed(row) for row in run(resumed, 2)] == [_untimed(row) for row in rows[2:]]
    ours, theirs = (_all_weights(trainer) for trainer in (resumed, straight))
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
    assert resumed.token_credit.coef == straight.token_credit.coef


def _untimed(metrics: Metrics) -> Metrics:
    return {name: value for name, value in metrics.items() if not name.startswith(("time/", "speed/", "memory/"))}


def _all_weights(trainer: RLTrainer) -> dict[str, torch.Tensor]:
    network = critic_of(trainer).network
    weights = {
        f"{role}/{name}": tensor
        for roles in (trainer.policy.roles, network.roles)
        for role in roles.names
        for name, tensor in roles.state_dict(role).items()
    }
    return {**weights, "head": network.head.weight.detach()}


def _copy(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in state.items()}


# Bad input


def test_a_critic_of_another_base_is_refused(tmp_path: Path) -> None:
    other = tiny_model(seed=1)
    with torch.no_grad():
        other.model.norm.weight.add_(1.0)
    RewardModel.fresh(AdapterRoles(other), SPEC, seed=0).save(tmp_path / "rm", base_name="other")
    with pytest.raises(CheckpointFormatError, match="was trained on another base"):
        built(tiny_policy(), start_from=str(tmp_path / "rm"))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: CriticSettings(spec=SPEC, optim=OPTIM, gamma=1.1), r"must be in \[0, 1\], got 1.1 and"),
        (lambda: CriticSettings(spec=SPEC, optim=OPTIM, lam=-0.1), r"must be in \[0, 1\]"),
        (lambda: CriticSettings(spec=replace(SPEC, dropout=0.1), optim=OPTIM), "dropout is 0.1; set it to 0"),
    ],
)
def test_settings_that_cannot_be_are_refused(make: Callable[[], CriticSettings], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        make()
