"""A reward model on the policy's own base: same scores, one base, roles untouched; another base is refused."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from model.errors import CheckpointFormatError
from model.hf import save_hf
from model.lora import AdapterRoles, LoraSpec
from model.testing import TINY, tiny_model
from model.testing_tokenizer import tiny_tokenizer
from rewards.base import Sample
from rewards.preference import Preference
from rlhf.errors import ConfigError
from rlhf.policy import POLICY, Policy
from rlhf.reward_model import RewardModel
from rlhf.reward_role import RoleScorer, attach_all, waiting_scorers
from rlhf.reward_scorer import RewardModelScorer
from rlhf.warm import Warm

SPEC = LoraSpec(rank=4, alpha=8)
GROUP = [Sample(prompt="What is 3 plus 4?", completion=text) for text in ("7", "it is 7", "no idea")]


def saved(folder: Path, seed: int) -> str:
    """A reward model of the tiny base that tells texts apart."""
    made = RewardModel.fresh(AdapterRoles(tiny_model()), SPEC, seed=seed)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.05)
    made.save(folder, base_name="tiny")
    return str(folder)


def policy() -> Policy:
    roles = AdapterRoles(tiny_model())
    roles.add(POLICY, SPEC, seed=9)
    return Policy(roles.model, roles)


def attached(folder: str, to: Policy) -> RoleScorer:
    with waiting_scorers() as waiting:
        scorer = RoleScorer(folder, max_tokens=100)
    attach_all(waiting, to.roles, tiny_tokenizer())
    return scorer


def test_a_role_scores_like_a_base_of_its_own(tmp_path: Path) -> None:
    save_hf(tmp_path / "base", TINY, tiny_model().state_dict().items(), dtype=torch.float32, eos_ids=(1, 106))
    tiny_tokenizer().save(tmp_path / "base")
    folder = saved(tmp_path / "reward", 1)
    own = RewardModelScorer.load(folder, checkpoint=str(tmp_path / "base"), dtype="float32", max_tokens=100)
    scores = own(GROUP)
    assert len(set(scores)) == 3
    assert attached(folder, policy())(GROUP) == scores


def test_attaching_and_scoring_leave_the_base_and_the_policy_as_they_were(tmp_path: Path) -> None:
    learner = policy()
    base = {name: (p.data_ptr(), p.detach().clone()) for name, p in learner.roles.base_parameters()}
    trained = [id(p) for p in learner.parameters()]
    scorer = attached(saved(tmp_path / "reward", 1), learner)
    scorer(GROUP)
    after = dict(learner.roles.base_parameters())
    assert after.keys() == base.keys()
    assert all(
        after[name].data_ptr() == place and torch.equal(after[name], value) for name, (place, value) in base.items()
    )
    assert learner.roles.active == POLICY
    assert [id(p) for p in learner.parameters()] == trained
    assert all(p.requires_grad for p in learner.parameters())
    assert not any(p.requires_grad for p in learner.roles.parameters("reward"))


def test_an_average_and_its_members_are_roles_of_one_base(tmp_path: Path) -> None:
    folders = [saved(tmp_path / name, seed) for seed, name in enumerate(("average", "a", "b"))]
    learner = policy()
    alone = [attached(folder, policy())(GROUP) for folder in folders]
    with waiting_scorers() as waiting:
        average, *members = (RoleScorer(folder, max_tokens=100) for folder in folders)
        reward = Preference(scorer=Warm(average, members, penalty=2.0))
    attach_all(waiting, learner.roles, tiny_tokenizer())
    assert learner.roles.names == (POLICY, "reward", "reward_1", "reward_2")
    # The population deviation of two numbers is half of what lies between them.
    expected = [float(w) - abs(float(a) - float(b)) for w, a, b in zip(*alone, strict=True)]
    assert [verdict.value for verdict in reward(GROUP)] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("kind", ["width", "weights"])
def test_a_reward_model_of_another_base_is_one_error_that_says_what_to_do(tmp_path: Path, kind: str) -> None:
    other = tiny_model(replace(TINY, hidden_size=TINY.hidden_size * 2)) if kind == "width" else tiny_model()
    if kind == "weights":
        with torch.no_grad():
            other.model.norm.weight.add_(0.5)
    RewardModel.fresh(AdapterRoles(other), SPEC, seed=0).save(tmp_path / "reward", base_name="other")
    learner = policy()
    with pytest.raises(
        CheckpointFormatError, match=r"cannot share the policy's base: .*RewardModelScorer.load"
    ) as seen:
        attached(str(tmp_path / "reward"), learner)
    assert str(tmp_path / "reward") in str(seen.value)
    assert learner.roles.names == (POLICY,)


def test_without_a_policy_it_asks_for_a_base(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no policy; give it a base of its own: _target_"):
        RoleScorer(saved(tmp_path / "reward", 0))


def test_a_folder_without_a_head_is_refused_before_any_network(tmp_path: Path) -> None:
    with waiting_scorers(), pytest.raises(CheckpointFormatError, match="no reward model"):
        RoleScorer(str(tmp_path))


def test_another_thread_gets_a_reason_and_no_number(tmp_path: Path) -> None:
    scorer = attached(saved(tmp_path / "reward", 1), policy())
    found: list[str] = []
    thread = threading.Thread(target=lambda: found.append(Preference(scorer=scorer)(GROUP)[0].reason))
    thread.start()
    thread.join()
    assert "set background: false" in found[0]
