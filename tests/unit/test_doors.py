"""What the jobs make of a run's folder and of settings that would have no effect."""

from __future__ import annotations

import errno
import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jobs import sft
from jobs.checkpoints import Run
from jobs.export import _of_run
from jobs.launch import describe
from model.lora import LoraSpec
from rlhf.run_directory import RunDirectory


def run_of(folder: Path, export: dict[str, Any] | None) -> Run:
    config = {"run_name": "sums", "model": {"base_name": "the/model"}, "export": export}
    directory = RunDirectory.create(folder, "sums", config=config, config_yaml="")
    return Run(directory, config, {"warmup": 1, "reinforce": 2}, LoraSpec(rank=1, alpha=1), {})


@pytest.mark.parametrize(
    ("export", "expected"),
    [({"base_name": "the/planned"}, "the/planned"), ({"base_name": None}, "the/model"), (None, "the/model")],
)
def test_the_base_is_called_what_the_run_was_told_to_call_it(
    export: dict[str, Any] | None, expected: str, tmp_path: Path
) -> None:
    assert _of_run(run_of(tmp_path, export)).base_name == expected


@pytest.fixture
def terminate() -> Iterator[None]:
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.usefixtures("terminate")
def test_evaluations_between_reinforcement_steps_are_refused_where_there_are_none(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["jobs.sft", "eval.every=5"])
    with pytest.raises(SystemExit) as stop:
        sft.main()
    assert stop.value.code == 2
    assert capsys.readouterr().err.startswith("error: eval.every=5 counts reinforcement steps and jobs.sft has none")


def test_a_full_disk_is_an_error_that_says_how_to_go_on() -> None:
    error = OSError(errno.ENOSPC, "No space left on device")
    assert re.search(r"No space left on device: make room, then .*resume=", describe(error))
