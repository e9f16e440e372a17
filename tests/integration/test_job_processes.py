"""Two processes of jobs.dpo and jobs.bond leave what one leaves, also when they go on behind a checkpoint."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from tests.integration.jobs_alike import run_all
from tests.integration.test_jobs import ROOT, Tiny, only, rows, without_times
from tests.unit.test_reward_model import sums, written

JOBS = ("dpo", "bond")
STEPS = 4


def lines(tiny: Tiny, root: Path, **resume: Path) -> list[tuple[str, list[str]]]:
    """Uneven everywhere: one of two processes has two of three pairs or prompts, and three of five held-out ones."""
    pairs = written(tiny.folder / "pairs.jsonl", sums(15, 1))
    common = [
        *("model=folder", f"model.checkpoint={tiny.checkpoint}", "model.dtype=float32", "threads=1", "device=cpu"),
        *("checkpoint.every=1", "checkpoint.keep=9", "export.formats=[adapter]", "tracker=none", "optim.lr=1e-3"),
        *("adapter.reference_rate=0.3", "plan.micro_batch_tokens=128"),
        "+optim.eps=1e-4",  # or Adam blows rounding up where a gradient is almost zero
    ]
    of = {
        "dpo": [f"data.path={pairs}", "data.held_out=5", "plan.pairs_per_step=3", "plan.epochs=1.2", "measure_every=2"],
        "bond": [
            *("data=records", f"data.path={tiny.data}", "data.held_out=8", "sampling.max_completion_tokens=6"),
            *("eval.plan.num_prompts=5", "eval.plan.samples_per_prompt=2", "eval.every=2", "warmup.plan.steps=2"),
            "+warmup.optim.eps=1e-4",
            *("warmup.plan.examples_per_step=3", f"plan.steps={STEPS}", "plan.prompts_per_step=3", "plan.group_size=2"),
            *("bond.kl_coef=0.1", "bond.gain.anchor_samples=5", tiny.reward()),
        ],
    }
    return [
        (name, [*common, *of[name], f"output_root={root / name}", *([f"resume={resume[name]}"] if resume else [])])
        for name in JOBS
    ]


def in_two_processes(told: list[tuple[str, list[str]]]) -> str:
    """What the jobs say.

    The launcher is torch's: `accelerate launch --cpu --num_processes 2` starts one process unless there is an MPI.
    """
    script = str(ROOT / "tests" / "integration" / "jobs_alike.py")
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2", script]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    result = subprocess.run(
        [*command, json.dumps(told)], env=environment, cwd=ROOT, capture_output=True, text=True, timeout=280
    )
    assert result.returncode == 0, result.stderr[-3000:]
    return result.stdout


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    return Tiny(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def one(tiny: Tiny, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What one process leaves."""
    root, arguments, terminate = tmp_path_factory.mktemp("one"), sys.argv, signal.getsignal(signal.SIGTERM)
    run_all(lines(tiny, root))
    sys.argv = arguments
    signal.signal(signal.SIGTERM, terminate)
    return root


@pytest.fixture(scope="module")
def two(tiny: Tiny, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """What two leave, and what they say."""
    root = tmp_path_factory.mktemp("two")
    return root, in_two_processes(lines(tiny, root))


def folder_of(root: Path, job: str) -> Path:
    return only((root / job).iterdir())


def adapter_of(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "export" / "adapter" / "adapter_model.safetensors")


def close(ours: Any, theirs: Any, at_most: float = 1e-6) -> bool:
    """Whether two pieces of plain data agree to the rounding of sums."""
    if isinstance(theirs, dict):
        return ours.keys() == theirs.keys() and all(close(ours[key], theirs[key], at_most) for key in theirs)
    if isinstance(theirs, list):
        return len(ours) == len(theirs) and all(close(a, b, at_most) for a, b in zip(ours, theirs, strict=True))
    return ours == pytest.approx(theirs, rel=1e-4, abs=at_most) if isinstance(theirs, float) else ours == theirs


@pytest.mark.slow
@pytest.mark.parametrize("job", JOBS)
def test_two_processes_leave_the_files_of_one(job: str, one: Path, two: tuple[Path, str]) -> None:
    ours, theirs = folder_of(two[0], job), folder_of(one, job)
    assert {path.relative_to(ours) for path in ours.rglob("*")} == {
        path.relative_to(theirs) for path in theirs.rglob("*")
    }
    mine, others = adapter_of(ours), adapter_of(theirs)
    assert mine.keys() == others.keys()
    for name in others:
        torch.testing.assert_close(mine[name], others[name], rtol=0, atol=1e-5)
    logs = [[without_times(row) for row in rows(folder / "metrics.jsonl")] for folder in (ours, theirs)]
    assert len(logs[0]) >= STEPS
    assert close(logs[0], logs[1])
    for path in theirs.glob("evaluations/*.json"):
        assert close(json.loads((ours / "evaluations" / path.name).read_text()), json.loads(path.read_text()))
    last = [sorted((folder / "checkpoints").iterdir())[-1] / "state.pt" for folder in (ours, theirs)]
    references = [torch.load(path)["policy"]["reference"] for path in last]
    for name, tensor in references[1].items():
        torch.testing.assert_close(references[0][name], tensor, rtol=0, atol=1e-5)


@pytest.mark.slow
def test_the_rollouts_of_two_processes_are_those_of_one(one: Path, two: tuple[Path, str]) -> None:
    ours, theirs = (rows(folder_of(root, "bond") / "rollouts.jsonl") for root in (two[0], one))
    assert len(theirs) == STEPS * 3 * 2
    assert any(row["advantage"] for row in theirs)
    assert close(ours, theirs, at_most=1e-5)  # advantages are differences of numbers of size 1 to 10


@pytest.mark.slow
def test_of_two_processes_one_speaks(two: tuple[Path, str]) -> None:
    assert len(re.findall(r"^DPO: 4 steps$", two[1], re.MULTILINE)) == 1
    assert len(re.findall(r"Talk to the model", two[1])) == 2  # once a job


@pytest.mark.slow
def test_two_processes_go_on_behind_a_checkpoint_to_the_same_bytes(
    tiny: Tiny, two: tuple[Path, str], tmp_path: Path
) -> None:
    straight, again = {}, {}
    for job in JOBS:
        straight[job] = folder_of(two[0], job)
        again[job] = tmp_path / job / straight[job].name
        shutil.copytree(straight[job], again[job])
        shutil.rmtree(again[job] / "export")
        for checkpoint in sorted((again[job] / "checkpoints").iterdir())[-2:]:
            shutil.rmtree(checkpoint)
        for evaluation in again[job].glob("evaluations/*BOND*"):
            evaluation.unlink()
    said = in_two_processes(lines(tiny, tmp_path, **again))
    assert len(re.findall("resumed ", said)) == 2
    for job in JOBS:
        ours, theirs = adapter_of(again[job]), adapter_of(straight[job])
        assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
        logs = [
            [without_times(row) for row in rows(folder / "metrics.jsonl")] for folder in (again[job], straight[job])
        ]
        assert logs[0] == logs[1]
