"""PPO from the command line: its critic and the KL's coefficient are resumed, and the policy alone is exported."""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from jobs import train
from model.hf import save_hf
from model.testing import TINY, tiny_model
from model.testing_tokenizer import tiny_tokenizer, tiny_vocabulary
from model.tokenizer import Tokenizer
from tests.integration.test_jobs import Tiny, only, rows, run, without_times

__all__ = ["run"]

PPO = (
    *("algorithm=ppo", "plan.group_size=1", "plan.minibatches=2", "warmup=null", "eval.base=false"),
    *("kl_reward=adaptive", "kl_reward.target=0.001", "critic.optim.lr=1e-2", "optim.lr=1e-2", "checkpoint.every=1"),
    "export.formats=[adapter]",
)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    return Tiny(tmp_path_factory.mktemp("tiny"))


def second_base(folder: Path, tokenizer: Tokenizer) -> Path:
    config = replace(TINY, hidden_size=96)
    save_hf(folder, config, tiny_model(config, seed=5).state_dict().items(), dtype=torch.float32, eos_ids=(1, 106))
    tokenizer.save(folder)
    return folder


@pytest.mark.parametrize("own_base", [False, True])
def test_ppo_that_was_stopped_and_resumed_ends_bit_for_bit_like_ppo_that_was_not(
    own_base: bool, tiny: Tiny, run: Callable[..., int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    critic = [f"critic.checkpoint={second_base(tmp_path / 'base', tiny_tokenizer())}"] if own_base else []
    assert run(train, *tiny.train(tmp_path / "straight", *PPO, *critic)) == 0
    monkeypatch.setenv("STOP_FILES", str(tmp_path / "stopped" / "*" / "rollouts.jsonl"))
    monkeypatch.setenv("STOP_TEXT", '"step": 2,')
    monkeypatch.setenv("STOP_SIGNAL", str(int(signal.SIGTERM)))
    assert run(train, *tiny.train(tmp_path / "stopped", *PPO, *critic)) == 130
    monkeypatch.delenv("STOP_FILES")
    folder, straight = (only((tmp_path / name).iterdir()) for name in ("stopped", "straight"))
    assert run(train, *tiny.train(tmp_path / "stopped", *PPO, *critic, f"resume={folder}")) == 0
    logged = [[without_times(row) for row in rows(path / "metrics.jsonl")] for path in (folder, straight)]
    assert logged[0] == logged[1]
    steps = [row for row in logged[1] if "step/reinforce" in row]
    assert len({row["kl_reward/coef"] for row in steps}) == len(steps) > 2
    assert {"value/loss", "value/explained_variance", "value/clip_share"} <= steps[-1].keys()
    states = [torch.load(sorted((path / "checkpoints").iterdir())[-1] / "state.pt") for path in (folder, straight)]
    ours, theirs = (state["reinforce"]["token_credit"] for state in states)
    assert ours["coef"] == theirs["coef"]
    critics = [state["estimator"]["network"] for state in (ours, theirs)]
    for part in ("adapter", "head"):
        assert any(bool(tensor.any()) for tensor in critics[0][part].values())
        assert all(torch.equal(critics[0][part][name], tensor) for name, tensor in critics[1][part].items())
    assert critics[0]["head"]["weight"].shape == (1, 96 if own_base else TINY.hidden_size)
    exported = load_file(straight / "export" / "adapter" / "adapter_model.safetensors")
    policy = states[1]["policy"]["policy"]
    assert exported.keys() == policy.keys()
    assert all(torch.equal(exported[name], policy[name]) for name in policy)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["plan.group_size=1"], "plan.group_size must be at least 2 for GroupLikelihood"),
        (["algorithm=ppo", "critic.start_from=nowhere"], "nowhere"),
        (["algorithm=ppo", "critic.spec.dropout=0.1"], "critic.spec.dropout is 0.1"),
        (["algorithm=ppo", "critic.checkpoint=nowhere"], "no checkpoint 'nowhere'"),
        (["algorithm=ppo", "kl_reward.estimator=k4"], "must be k1, k2 or k3"),
    ],
)
def test_what_cannot_be_is_one_line(
    arguments: list[str],
    message: str,
    tiny: Tiny,
    run: Callable[..., int],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(train, *tiny.train(tmp_path, "warmup=null", *arguments)) == 2
    (line,) = (line for line in capsys.readouterr().err.splitlines() if line.startswith("error: "))
    assert message in line


def test_a_critic_whose_own_base_has_another_vocabulary_is_one_line_and_no_folder(
    tiny: Tiny, run: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    vocabulary = tiny_vocabulary()
    pieces = tuple("usher" if piece == "user" else piece for piece in vocabulary.pieces)
    other = second_base(tmp_path / "other", Tokenizer.from_vocabulary(replace(vocabulary, pieces=pieces)))
    assert run(train, *tiny.train(tmp_path / "runs", "algorithm=ppo", f"critic.checkpoint={other}")) == 2
    (line,) = (line for line in capsys.readouterr().err.splitlines() if line.startswith("error: "))
    assert line.startswith(f"error: critic.checkpoint={other} has another vocabulary: token ")
    assert line.endswith("give a network with the policy's tokenizer")
    assert not (tmp_path / "runs").exists()
