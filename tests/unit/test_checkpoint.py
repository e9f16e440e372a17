"""Checkpoints appear whole or not at all, and the last one is never touched."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from rlhf.checkpoint import STATE_FILE, CheckpointStore
from rlhf.errors import ResumeError


def state(value: int) -> dict[str, object]:
    return {"weights": torch.full((2,), float(value)), "done": {"reinforce": value}}


def test_the_latest_checkpoint_comes_back_as_it_was(tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path / "checkpoints")
    for step in (9, 10):
        store.save(step, state(step))
    loaded = store.load()
    assert loaded["done"] == {"reinforce": 10}
    assert loaded["weights"].tolist() == [10.0, 10.0]


def test_only_the_latest_ones_are_kept(tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path, keep=2)
    for step in (1, 2, 3):
        store.save(step, state(step))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["step-000002", "step-000003"]


def test_a_checkpoint_is_never_written_over(tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path)
    store.save(4, state(4))
    store.save(4, state(5))
    assert store.load()["done"] == {"reinforce": 4}


def test_a_write_that_breaks_off_leaves_the_earlier_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = CheckpointStore(tmp_path)
    store.save(1, state(1))

    def half_a_file(_: object, file: object) -> None:
        file.write(b"half")  # type: ignore[attr-defined]
        raise OSError("no space left on device")

    monkeypatch.setattr(torch, "save", half_a_file)
    with pytest.raises(OSError, match="no space"):
        store.save(2, state(2))
    monkeypatch.undo()
    assert store.load()["done"] == {"reinforce": 1}
    assert store.save(2, state(2)) == store.latest(), "the leftovers of the failure must not be in the way"


def test_a_missing_or_damaged_checkpoint_is_one_clear_error(tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path)
    with pytest.raises(ResumeError, match="stopped before its first one"):
        store.load()
    path = store.save(1, state(1))
    whole = (path / STATE_FILE).read_bytes()
    (path / STATE_FILE).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ResumeError, match="cannot be read"):
        store.load()
