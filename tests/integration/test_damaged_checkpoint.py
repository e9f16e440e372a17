"""A run whose last checkpoint is damaged goes on from the one before, and ends as if nothing had happened."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from jobs import train
from jobs.checkpoints import Run
from tests.integration.test_jobs import Tiny


def test_a_run_goes_on_from_the_checkpoint_before_a_damaged_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tiny = Tiny(tmp_path / "tiny")

    def run(*more: str) -> None:
        monkeypatch.setattr(sys, "argv", ["jobs.train", *tiny.train(tmp_path / "runs", "eval.base=false", *more)])
        train.main()

    run()
    (folder,) = (tmp_path / "runs").iterdir()
    adapter = folder / "export" / "adapter" / "adapter_model.safetensors"
    expected, metrics = load_file(adapter), (folder / "metrics.jsonl").read_text()
    last = sorted((folder / "checkpoints").iterdir())[-1]
    (last / "state.pt").write_bytes(b"damaged")
    shutil.rmtree(folder / "export")
    (folder / "evaluations" / "after_GRPO.json").unlink()
    assert Run.read(folder).done["reinforce"] == 2
    assert f"{last / 'state.pt'} cannot be read" in capsys.readouterr().err
    run(f"resume={folder}")
    output = capsys.readouterr().out
    assert "cannot be read" in output.replace("\n", " ")
    assert "step-000005" in output
    ours = load_file(adapter)
    assert all(torch.equal(ours[name], expected[name]) for name in expected)
    assert Run.read(folder).done["reinforce"] == 4
    assert capsys.readouterr().err == "", "the damaged checkpoint must have been replaced"
    steps = [json.loads(line)["step"] for line in (folder / "metrics.jsonl").read_text().splitlines()]
    assert steps == [json.loads(line)["step"] for line in metrics.splitlines()]
