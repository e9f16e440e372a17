"""A run that was killed at an awkward moment, as its folder then looks, goes on to the files of one that was not."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from jobs import dpo, train
from rlhf.checkpoint import STATE_FILE
from rlhf.run_directory import RunDirectory
from tests.integration.test_jobs import Tiny, only, rows, run, without_times

__all__ = ["run"]

SETTINGS = (
    *("warmup=null", "eval.every=1", "eval.plan.num_prompts=2", "eval.plan.samples_per_prompt=1", "plan.steps=3"),
    *("checkpoint.every=1", "checkpoint.keep=9", "export.formats=[adapter]", "output_root=runs"),
)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    return Tiny(tmp_path_factory.mktemp("tiny"))


def files(folder: Path) -> dict[str, object]:
    """What must be alike, by its place: everything but times, the environment and the pickled state."""
    found: dict[str, object] = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.suffix == ".jsonl":
            found[name] = [without_times(row) for row in rows(path)]
        elif path.name == STATE_FILE:
            state = torch.load(path)
            found[name] = [state["done"], {key: value.tolist() for key, value in state["policy"]["policy"].items()}]
        elif path.name == "summary.json":
            found[name] = {key: value for key, value in json.loads(path.read_text()).items() if key != "seconds"}
        elif path.is_file() and path.name != "env.json":
            found[name] = path.read_bytes()
    return found


def stop_before_the_evaluation_behind_step_2(folder: Path) -> None:
    cut_back(folder, step=2)
    (folder / "evaluations" / "step_2.json").unlink()
    kept = [row for row in rows(folder / "metrics.jsonl") if row["step"] < 2 or "eval/greedy" not in row]
    (folder / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in kept))


def stop_within_the_first_step(folder: Path) -> None:
    cut_back(folder, step=1)
    shutil.rmtree(folder / "checkpoints")
    (folder / "evaluations" / "step_1.json").unlink()
    kept = [row for row in rows(folder / "metrics.jsonl") if row["step"] == 0]
    (folder / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in kept) + '{"step": 1, "lo')


def stop_within_the_export(folder: Path) -> None:
    key = "0123456789abcdef" * 2
    (folder / "export" / "adapter").rename(folder / "export" / f".adapter.{key}.tmp")
    shutil.copytree(folder / "export" / f".adapter.{key}.tmp", folder / "export" / f"..merged.{key}.tmp.{key}.tmp")
    (folder / "summary.json").unlink()


def damage_the_last_two_checkpoints(folder: Path) -> None:
    """Evaluations and rows behind the first one are taken again, or they would stand there twice."""
    for step in (2, 3):
        (folder / "checkpoints" / f"step-00000{step}" / STATE_FILE).write_bytes(b"")


def cut_back(folder: Path, *, step: int) -> None:
    """The folder as it is when the checkpoint of a step has been written."""
    RunDirectory(folder).go_back_to(step)
    for path in (folder / "checkpoints").iterdir():
        if int(path.name.removeprefix("step-")) > step:
            shutil.rmtree(path)
    shutil.rmtree(folder / "export")
    for name in ("summary.json", "report.md"):
        (folder / name).unlink()


def test_whatever_a_kill_left_undone_is_done_once(
    tiny: Tiny, run: Callable[..., int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # one folder of runs for all, or they would have different configurations
    assert run(train, *tiny.train(tmp_path, *SETTINGS)) == 0
    folder = only((tmp_path / "runs").iterdir())
    expected = files(folder)
    shutil.copytree(folder, tmp_path / "straight")
    assert [key for key in expected if key.startswith("evaluations/")] == [
        f"evaluations/{name}.json" for name in ("after_GRPO", "base", "step_1", "step_2")
    ]
    for stop in (
        stop_before_the_evaluation_behind_step_2,
        stop_within_the_first_step,
        stop_within_the_export,
        damage_the_last_two_checkpoints,
    ):
        shutil.rmtree(folder)
        shutil.copytree(tmp_path / "straight", folder)
        stop(folder)
        assert run(train, *tiny.train(tmp_path, *SETTINGS, f"resume={folder}")) == 0
        ours = files(folder)
        assert ours.keys() == expected.keys(), stop.__name__
        assert [name for name in expected if ours[name] != expected[name]] == [], stop.__name__


def test_a_run_that_another_process_is_at_work_in_is_refused(
    tiny: Tiny, run: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    less = ("eval.base=false", "plan.steps=1", "warmup=null", "export=null", f"output_root={tmp_path}")
    assert run(train, *tiny.train(tmp_path, *less)) == 0
    folder = only(tmp_path.iterdir())
    before = files(folder)
    with RunDirectory(folder).held():
        assert run(train, *tiny.train(tmp_path, *less, f"resume={folder}")) == 2
    assert "another process is at work in" in capsys.readouterr().err
    assert files(folder) == before


@pytest.mark.parametrize("job", [train, dpo])
def test_the_seconds_of_earlier_sessions_are_counted(
    job: Any, tiny: Tiny, run: Callable[..., int], tmp_path: Path
) -> None:
    """As far as the checkpoint knows them, which a resumed run goes on from."""
    given = [f"output_root={tmp_path / 'runs'}", "export=null", "checkpoint.every=1"]
    if job is dpo:
        pairs = [{"prompt": f"What is {n} plus 1?", "chosen": str(n + 1), "rejected": str(n)} for n in range(24)]
        (tmp_path / "pairs.jsonl").write_text("".join(json.dumps(pair) + "\n" for pair in pairs))
        given += [*tiny.network()[:-1], f"data.path={tmp_path / 'pairs.jsonl'}", "data.held_out=8"]
    else:
        given = [*tiny.train(tmp_path), "warmup=null", "eval.base=false", "plan.steps=2", *given]
    assert run(job, *given) == 0
    folder = only((tmp_path / "runs").iterdir())
    path = sorted((folder / "checkpoints").iterdir())[-1] / STATE_FILE
    seconds, state = json.loads((folder / "summary.json").read_text())["seconds"], torch.load(path)
    assert 0 < state["seconds"] <= seconds
    torch.save({**state, "seconds": 5000.0}, path)
    assert run(job, *given, f"resume={folder}") == 0
    assert 5000 < json.loads((folder / "summary.json").read_text())["seconds"] < 5000 + 100 * seconds


def test_problems_that_were_changed_between_two_sessions_are_refused(
    tiny: Tiny, run: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Their number and places are what they were."""
    data = tmp_path / "sums.jsonl"
    data.write_text(tiny.data.read_text())
    given = [*tiny.train(tmp_path / "runs"), f"data.path={data}", "warmup=null", "eval.base=false", "export=null"]
    assert run(train, *given, "plan.steps=1") == 0
    folder = only((tmp_path / "runs").iterdir())
    changed = [{**row, "answer": str(int(row["answer"]) + 1)} for row in rows(data)]
    data.write_text("".join(json.dumps(row) + "\n" for row in changed))
    capsys.readouterr()
    assert run(train, *given, "plan.steps=1", f"resume={folder}") == 2
    said = capsys.readouterr().err
    assert "error: the problems are not those of the checkpoint: as many, and other questions or answers" in said
