"""Every job that takes an adapter refuses one of another base, in one line that names it, and trains nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

import jobs.checkpoints
import jobs.parts
import rlhf.critic
import rlhf.reward_scorer
from jobs import bond, chat, distill, dpo, evaluate, export, merge, reward_model, sft, train
from jobs.checkpoints import open_checkpoint
from model.adapter_files import WEIGHTS_FILE, read_base_mark
from model.base_mark import BaseMark
from model.hf import save_hf
from model.lora import AdapterRoles, LoraSpec
from model.testing import TINY, tiny_model
from model.testing_tokenizer import tiny_tokenizer
from rlhf.policy import POLICY
from rlhf.reward_model import RewardModel
from tests.integration.test_jobs import Tiny, only, run
from tests.unit.test_base_mark import without_mark

__all__ = ["run"]

NAMED = r"was trained on another base: [^\n]*; use the base it was trained on"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    return Tiny(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network of the same shape and tokenizer with other weights."""
    folder = tmp_path_factory.mktemp("other") / "base"
    save_hf(folder, TINY, tiny_model(seed=1).state_dict().items(), dtype=torch.float32, eos_ids=(1, 106))
    tiny_tokenizer().save(folder)
    return folder


def adapter(folder: Path, base: Path | str, *, seed: int = 1) -> Path:
    """An adapter of the network with this seed."""
    roles = AdapterRoles(tiny_model(seed=seed))
    roles.add(POLICY, LoraSpec(rank=4, alpha=8), seed=0)
    roles.save(POLICY, folder, base_name=str(base))
    return folder


def arguments(door: str, tiny: Tiny, foreign: Path, output: Path) -> tuple[Any, list[str]]:
    """A job that is given the foreign adapter on the tiny base."""
    rows = [{"prompt": f"What is {n} plus 1?", "chosen": str(n + 1), "rejected": str(n)} for n in range(24)]
    pairs = output.parent / "pairs.jsonl"
    pairs.write_text("".join(json.dumps(row) + "\n" for row in rows))
    network = ["model=folder", f"model.checkpoint={tiny.checkpoint}", "model.dtype=float32", "threads=1", "device=cpu"]
    on_pairs = [*network, f"data.path={pairs}", "data.held_out=8", f"output_root={output}"]
    on_problems = [*tiny.network(), *tiny.problems(), "tracker=none", f"output_root={output}"]
    evaluated = [*tiny.problems(), *tiny.machine(), f"output_root={output}"]
    own = adapter(output.parent / "own", tiny.checkpoint, seed=0)
    rewarded = RewardModel.fresh(AdapterRoles(tiny_model(seed=1)), LoraSpec(rank=4, alpha=8), seed=0)
    rewarded.save(output.parent / "rewarded", base_name="other")
    scorer = f"folder: '{output.parent / 'rewarded'}'"
    preference = "{{_target_: rewards.preference.Preference, scorer: {{_target_: {}}}}}"
    term = f"+reward.terms.liked={{{{weight: 1, reward: {preference}}}}}"
    shared = term.format(f"rlhf.reward_role.RoleScorer, {scorer}")
    apart = term.format(f"rlhf.reward_scorer.RewardModelScorer.load, {scorer}, checkpoint: '{tiny.checkpoint}'")
    teacher = [f"teacher.checkpoint={foreign}", f"teacher.base={tiny.checkpoint}", "export.formats=[adapter]"]
    second = output.parent / "second"
    save_hf(second, TINY, tiny_model(seed=2).state_dict().items(), dtype=torch.float32, eos_ids=(1, 106))
    tiny_tokenizer().save(second)
    return {
        "train": (train, tiny.train(output, f"adapter.start_from={foreign}")),
        "critic": (train, tiny.train(output, "algorithm=ppo", f"critic.start_from={foreign}")),
        "critic on a base of its own": (
            train,
            tiny.train(output, "algorithm=ppo", f"critic.checkpoint={second}", f"critic.start_from={foreign}"),
        ),
        "reward role": (train, tiny.train(output, shared)),
        "reward model": (train, tiny.train(output, apart)),
        "bond": (bond, [*on_problems, "warmup=null", f"adapter.start_from={foreign}"]),
        "bond's reward role": (bond, [*on_problems, "warmup=null", shared]),
        "sft": (sft, [*on_problems, f"adapter.start_from={foreign}"]),
        "dpo": (dpo, [*on_pairs, f"adapter.start_from={foreign}"]),
        "reward_model": (reward_model, [*on_pairs, f"start_from={foreign}"]),
        "student": (distill, [*on_problems, f"teacher.checkpoint={second}", f"adapter.start_from={foreign}"]),
        "teacher": (distill, [*on_problems, "teaching=jsd", *teacher]),
        "teacher of stored logits": (distill, [*on_problems, *teacher, f"teaching.folder={output.parent / 'logits'}"]),
        "evaluate": (evaluate, [*evaluated, f"checkpoint={foreign}", f"base={tiny.checkpoint}"]),
        "reference": (evaluate, [*evaluated, f"checkpoint={own}", f"reference={foreign}"]),
        "chat": (chat, [f"checkpoint={foreign}", f"base={tiny.checkpoint}", "threads=1", "prompt=Hi"]),
        "export": (export, [f"checkpoint={foreign}", f"base={tiny.checkpoint}", f"output={output}"]),
        "merge": (merge, [f"adapters=[{own},{foreign}]", f"base={tiny.checkpoint}", f"output={output}"]),
        "merge's start": (
            merge,
            [f"adapters=[{own},{own}]", f"start={foreign}", f"base={tiny.checkpoint}", f"output={output}"],
        ),
        "merge's base": (merge, [f"adapters=[{foreign}]", f"base={tiny.checkpoint}", f"output={output}"]),
    }[door]


DOORS = (
    *("train", "critic", "critic on a base of its own", "bond", "sft", "dpo", "reward_model", "student", "teacher"),
    *("teacher of stored logits", "evaluate", "reference", "chat", "export", "merge", "merge's start", "merge's base"),
)


REWARDS = ("reward role", "reward model", "bond's reward role")


@pytest.fixture
def nothing_loads(monkeypatch: pytest.MonkeyPatch) -> None:
    """No network may be loaded, wherever a job would do it."""

    def load_model(checkpoint: object, **more: object) -> None:
        raise AssertionError(f"{checkpoint} was loaded")

    for module in (jobs.parts, jobs.checkpoints, rlhf.critic, rlhf.reward_scorer):
        monkeypatch.setattr(module, "load_model", load_model)


@pytest.mark.usefixtures("nothing_loads")
@pytest.mark.parametrize("door", REWARDS)
def test_a_reward_model_of_another_base_is_refused_before_a_network_is_loaded_or_a_folder_made(
    door: str, tiny: Tiny, run: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    job, given = arguments(door, tiny, tmp_path / "foreign", tmp_path / "runs")
    assert run(job, *given) == 2
    (line,) = (line for line in capsys.readouterr().err.splitlines() if line.startswith("error: "))
    assert f"{tmp_path / 'rewarded'}" in line
    assert re.search(NAMED, line), line
    assert not (tmp_path / "runs").exists()


@pytest.mark.usefixtures("nothing_loads")
@pytest.mark.parametrize("door", DOORS)
def test_an_adapter_of_another_base_is_one_line_that_names_it_before_a_network_is_loaded_or_a_folder_made(
    door: str,
    tiny: Tiny,
    other: Path,
    run: Callable[..., int],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    foreign = adapter(tmp_path / "foreign", other)
    job, given = arguments(door, tiny, foreign, tmp_path / "runs")
    assert run(job, *given) == 2
    said = capsys.readouterr().err
    errors = [line for line in said.splitlines() if line and "Generating" not in line]  # progress of reading the data
    assert len(errors) == 1, said
    assert re.fullmatch(rf"error: adapter {foreign} \(of {other}\) {NAMED}", errors[0]), said
    assert not (tmp_path / "runs").exists()


def test_an_adapter_without_a_mark_is_taken_at_its_word(tiny: Tiny, other: Path, tmp_path: Path) -> None:
    foreign = without_mark(adapter(tmp_path / "foreign", other))
    assert open_checkpoint(str(foreign), base=str(tiny.checkpoint)).roles is not None


def test_a_run_is_refused_on_another_base_to_be_opened_and_to_be_resumed(
    tiny: Tiny, other: Path, run: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base = tmp_path / "base"
    tiny.checkpoint.rename(base)
    tiny.checkpoint.symlink_to(base)
    try:
        steps = ["tracker=none", "export=null", "plan.steps=2", "eval.plan.samples_per_prompt=1"]
        given = [*tiny.network(), *tiny.problems(), *steps, f"output_root={tmp_path / 'runs'}"]
        assert run(sft, *given) == 0
        folder = only((tmp_path / "runs").iterdir())
        assert open_checkpoint(str(folder)).roles is not None
        capsys.readouterr()
        assert run(chat, f"checkpoint={folder}", f"base={other}", "threads=1", "prompt=Hi") == 2
        said = capsys.readouterr().err
        assert re.fullmatch(rf"error: run {folder} \(of {tiny.checkpoint}\) {NAMED}\n", said), said
        tiny.checkpoint.unlink()
        tiny.checkpoint.symlink_to(other)  # the same path, and other weights
        assert run(sft, *given, f"resume={folder}") == 2
        assert re.search(rf"error: the run's checkpoint {NAMED}\n", capsys.readouterr().err)
    finally:
        tiny.checkpoint.unlink(missing_ok=True)
        base.rename(tiny.checkpoint)


def test_a_merge_keeps_the_mark_of_its_members_and_makes_none_up(
    tiny: Tiny, run: Callable[..., int], tmp_path: Path
) -> None:
    marked = [adapter(tmp_path / name, tiny.checkpoint, seed=0) for name in ("a", "b")]
    plain = [without_mark(adapter(tmp_path / name, tiny.checkpoint, seed=0)) for name in ("c", "d")]
    for output, members in (("all", marked), ("some", [plain[0], marked[0]]), ("none", plain)):
        listed = ",".join(map(str, members))
        assert run(merge, f"adapters=[{listed}]", f"output={tmp_path / output}", "method=average") == 0
    norm = BaseMark.of(tiny_model()).norm
    for output in ("all", "some"):
        found = read_base_mark(tmp_path / output)
        assert found is not None
        assert torch.equal(found.norm, norm)
    assert read_base_mark(tmp_path / "none") is None
    assert (tmp_path / "none" / WEIGHTS_FILE).is_file()
