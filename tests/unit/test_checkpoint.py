"""Checkpoints appear whole or not at all, and the last one is never touched."""

from __future__ import annotations

import resource
import signal
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
    loaded = store.load(print)
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
    assert store.load(print)["done"] == {"reinforce": 4}


def test_a_write_that_breaks_off_leaves_the_earlier_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = CheckpointStore(tmp_path)
    store.save(1, state(1))

    def half_a_file(_: object, file: Path) -> None:
        file.write_bytes(b"half")
        raise OSError("no space left on device")

    monkeypatch.setattr(torch, "save", half_a_file)
    with pytest.raises(OSError, match="no space"):
        store.save(2, state(2))
    monkeypatch.undo()
    assert store.load(print)["done"] == {"reinforce": 1}
    assert store.save(2, state(2)) == store.latest(), "the leftovers of the failure must not be in the way"


def test_a_missing_or_damaged_checkpoint_is_one_clear_error(tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path)
    with pytest.raises(ResumeError, match="stopped before its first one"):
        store.load(print)
    path = store.save(1, state(1))
    whole = (path / STATE_FILE).read_bytes()
    (path / STATE_FILE).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ResumeError, match="cannot be read"):
        store.load(print)


@pytest.mark.parametrize("damage", [b"", b"nonsense", b"PK\x03\x04", None])
def test_a_damaged_latest_checkpoint_gives_way_to_the_one_before(tmp_path: Path, damage: bytes | None) -> None:
    """Empty, no file of torch's at all (an unpickling error), a bare beginning of one, half a file."""
    store = CheckpointStore(tmp_path)
    store.save(1, state(1))
    latest = store.save(2, state(2)) / STATE_FILE
    whole = latest.read_bytes()
    latest.write_bytes(whole[: len(whole) // 2] if damage is None else damage)
    said: list[str] = []
    assert store.load(said.append)["done"] == {"reinforce": 1}
    (message,) = said
    assert message.startswith(f"{latest} cannot be read")
    assert message.endswith("going on from step-000001")


def test_a_file_of_torch_that_holds_something_else_is_damaged_too(tmp_path: Path) -> None:
    """A pickle of a class, which is never loaded: it could run code."""
    store = CheckpointStore(tmp_path)
    store.save(1, state(1))
    torch.save(store, store.save(2, state(2)) / STATE_FILE)
    assert store.load(print)["done"] == {"reinforce": 1}


def test_the_place_of_a_damaged_checkpoint_can_be_written_again(tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path)
    store.save(1, state(1))
    (store.save(2, state(2)) / STATE_FILE).write_bytes(b"damaged")
    store.drop_after(1)
    store.save(2, state(3))
    assert store.load(print)["done"] == {"reinforce": 3}


def test_what_a_killed_save_left_goes_with_the_next_one(tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path)
    (tmp_path / ".step-000007.0123.tmp").mkdir()
    store.save(8, state(8))
    assert [path.name for path in tmp_path.iterdir()] == ["step-000008"]


@pytest.mark.parametrize("step", [4, 3])
def test_old_checkpoints_that_a_kill_left_go_also_when_there_is_nothing_new_to_save(tmp_path: Path, step: int) -> None:
    """Killed behind the writing of step 3: one too many is there, and one is half deleted."""
    generous = CheckpointStore(tmp_path, keep=9)
    for written in (1, 2, 3):
        generous.save(written, state(written))
    (tmp_path / "step-000001" / STATE_FILE).unlink()
    CheckpointStore(tmp_path, keep=1).save(step, state(step))
    assert [path.name for path in tmp_path.iterdir()] == [f"step-00000{step}"]


def test_a_checkpoint_in_which_one_bit_of_a_weight_is_wrong_is_damaged(tmp_path: Path) -> None:
    """torch reads it without a word."""
    store = CheckpointStore(tmp_path)
    store.save(1, state(1))
    path = store.save(2, {**state(2), "weights": torch.arange(1000.0)}) / STATE_FILE
    content = bytearray(path.read_bytes())
    content[content.index(torch.tensor(500.0).numpy().tobytes())] ^= 1
    path.write_bytes(content)
    said: list[str] = []
    assert store.load(said.append)["done"] == {"reinforce": 1}
    assert "checksum" in said[0]


def test_a_checkpoint_of_another_configuration_is_refused_and_stays(tmp_path: Path) -> None:
    path = CheckpointStore(tmp_path, run="a" * 64).save(1, state(1))
    with pytest.raises(ResumeError, match="step-000001 is a checkpoint of another configuration"):
        CheckpointStore(tmp_path, run="b" * 64).load(print)
    assert path.exists()
    assert CheckpointStore(tmp_path, run="a" * 64).load(print).keys() == state(1).keys()
    assert CheckpointStore(tmp_path).load(print)["done"] == {"reinforce": 1}


def test_a_full_disk_is_an_error_of_the_system_that_names_the_file(tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path)
    store.save(1, state(1))
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limit[1]))
    try:
        with pytest.raises(OSError, match=r"state\.pt cannot be written .*disk is full"):
            store.save(2, {**state(2), "weights": torch.zeros(10_000)})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        signal.signal(signal.SIGXFSZ, before)
    assert [path.name for path in tmp_path.iterdir()] == ["step-000001"]


def test_checkpoints_are_in_order_behind_a_million_steps(tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path, keep=2)
    for step in (999_998, 999_999, 1_000_000):
        store.save(step, state(step))
    assert store.load(print)["done"] == {"reinforce": 1_000_000}
    assert len(list(tmp_path.iterdir())) == 2
    store.drop_after(999_999)
    assert store.load(print)["done"] == {"reinforce": 999_999}
