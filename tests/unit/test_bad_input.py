"""What cannot be learnt from is one error that names the place and the remedy, whichever part meets it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from model.lora import AdapterRoles, LoraSpec
from model.testing import tiny_model
from model.testing_tokenizer import tiny_tokenizer, tiny_vocabulary
from model.tokenizer import Tokenizer
from rlhf.advantages import Credit, GroupNormalized
from rlhf.critic import CriticSettings
from rlhf.judged import encode_pairs
from rlhf.optim import OptimSettings
from rlhf.pairs import Pair, PreferencePairs
from rlhf.policy import POLICY, Policy
from rlhf.reward_model import RewardModel
from rlhf.reward_role import RoleScorer, attach_all, waiting_scorers
from rlhf.runtime import Runtime
from rlhf.sampler import SamplingParams
from rlhf.teacher import check_teacher
from rlhf.trainer import Plan, RLTrainer

SPEC = LoraSpec(rank=4, alpha=8)
PLACE = "pairs.jsonl, row 7"


def pairs(folder: Path, **last: str) -> list[Pair]:
    """A file of seven rows, the last of which is another."""
    good = [{"prompt": f"What is 3 plus {i}?", "chosen": str(3 + i), "rejected": "12"} for i in range(6)]
    rows = [*good, {"prompt": "What is 3 plus 4?", "chosen": "7", "rejected": "8", **last}]
    (folder / "pairs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    source = PreferencePairs(path=str(folder / "pairs.jsonl"), held_out=1)
    return [*source.train, *source.held_out]


def policy() -> Policy:
    roles = AdapterRoles(tiny_model())
    roles.add(POLICY, SPEC, seed=0)
    return Policy(roles.model, roles)


def of_another_base(folder: Path) -> str:
    """A reward model that was trained on a network of the same shape and other weights."""
    other = tiny_model()
    with torch.no_grad():
        other.model.norm.weight.add_(0.5)
    RewardModel.fresh(AdapterRoles(other), SPEC, seed=0).save(folder / "reward", base_name="other")
    return str(folder / "reward")


def equal_sides(folder: Path) -> None:
    pairs(folder, rejected="7")


def empty_side(folder: Path) -> None:
    pairs(folder, chosen="  ")


def sides_that_are_equal_once_cut(folder: Path) -> None:
    read = pairs(folder, chosen="it is seven and no more", rejected="it is seven and no less")
    encode_pairs(read, tiny_tokenizer(), max_tokens=20, on_long="cut")


def critic_of_another_base(folder: Path) -> None:
    settings = CriticSettings(spec=SPEC, optim=OptimSettings(lr=1e-3), start_from=of_another_base(folder))
    settings.build(policy(), Runtime(cpu=True), total_updates=1, micro_batch_tokens=64, seed=0)


def reward_model_of_another_base(folder: Path) -> None:
    with waiting_scorers() as waiting:
        RoleScorer(of_another_base(folder), max_tokens=100)
    attach_all(waiting, policy().roles, tiny_tokenizer())


def teacher_with_another_vocabulary(folder: Path) -> None:
    vocabulary = tiny_vocabulary()
    pieces = tuple("usher" if piece == "user" else piece for piece in vocabulary.pieces)
    check_teacher(tiny_tokenizer(), Tokenizer.from_vocabulary(replace(vocabulary, pieces=pieces)))


def group_of_one(folder: Path) -> None:
    learner = policy()
    given: dict[str, Any] = dict.fromkeys(("sampler", "prompts", "reward", "loss"))
    RLTrainer(
        **given,
        policy=learner,
        credit=Credit(estimator=GroupNormalized()),
        optim=OptimSettings(lr=1e-3),
        sampling=SamplingParams(max_completion_tokens=8),
        plan=Plan(steps=1, prompts_per_step=2, group_size=1),
        runtime=Runtime(cpu=True),
        seed=0,
    )


@pytest.mark.parametrize(
    ("make", "named", "remedy"),
    [
        (equal_sides, PLACE, "mend or remove the row"),
        (empty_side, PLACE, "mend or remove the row"),
        (sides_that_are_equal_once_cut, PLACE, "max_tokens"),
        (critic_of_another_base, "reward_head.safetensors", "use the base it was trained on"),
        (reward_model_of_another_base, "reward_head.safetensors", "or train one on this base"),
        (teacher_with_another_vocabulary, "'usher'", "teacher"),
        (group_of_one, "plan.group_size must be at least 2 for GroupNormalized", "raise it, or take an algorithm"),
    ],
)
def test_bad_input_is_an_error_that_names_the_place_and_the_remedy(
    make: Callable[[Path], None], named: str, remedy: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011  (the text is what is tested, and the errors are of several rooms)
        make(tmp_path)
    message = str(refused.value)
    assert named in message
    assert remedy in message
    assert "\n" not in message
