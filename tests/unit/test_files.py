"""What is written appears whole or not at all, whenever a process is killed."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from model.files import STALE_S, new_folder, remove_partial, staged_file, staged_folder, write_atomically


def age(path: Path) -> None:
    """Let a file or folder look as if nobody had written to it for longer than a partial one is left alone."""
    then = time.time() - STALE_S - 60
    for part in (*path.rglob("*"), path):
        os.utime(part, (then, then))


def folder(path: Path, text: str) -> Path:
    path.mkdir(parents=True)
    (path / "weights").write_text(text)
    return path


def names(path: Path) -> list[str]:
    return sorted(part.name for part in path.iterdir())


def test_a_file_has_its_old_text_until_the_block_is_through(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    with staged_file(path) as partial:
        partial.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert names(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("staged", [staged_file, staged_folder])
def test_a_block_that_fails_leaves_nothing_new(staged, tmp_path: Path) -> None:
    def fail() -> None:
        with staged(tmp_path / "a") as partial:
            folder(partial / "inner", "half") if partial.is_dir() else partial.write_text("half")
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        fail()
    assert names(tmp_path) == []


@pytest.fixture
def umask() -> Iterator[int]:
    before = os.umask(0o027)
    yield 0o640
    os.umask(before)


def test_what_others_keep_to_the_owner_gets_the_mode_of_any_new_file(umask: int, tmp_path: Path) -> None:
    """safetensors makes its files 0600."""
    with staged_file(tmp_path / "a") as partial:
        save_file({"x": torch.zeros(1)}, partial)
    with staged_folder(tmp_path / "m") as partial:
        (partial / "inner").mkdir()
        save_file({"x": torch.zeros(1)}, partial / "inner" / "b")
        (partial / "c").write_text("text")
    for path in ("a", "m/inner/b", "m/c"):
        assert stat.S_IMODE((tmp_path / path).stat().st_mode) == umask
    assert names(tmp_path / "m") == ["c", "inner"]


def test_a_block_that_writes_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), staged_file(tmp_path / "a"):
        pass
    assert names(tmp_path) == []


def fill(partial: Path) -> None:
    (partial / "weights").write_text("new")


def test_a_new_folder_takes_the_first_free_name_and_never_another_ones(tmp_path: Path) -> None:
    folder(tmp_path / "m", "other")
    (tmp_path / "m-2").write_text("a file")
    (tmp_path / "m-3").mkdir()
    made = [new_folder(tmp_path, "m", fill).name for _ in range(2)]
    assert made == ["m-3", "m-4"], "an empty folder has the name, and nothing"
    assert (tmp_path / "m" / "weights").read_text() == "other"
    assert names(tmp_path) == ["m", "m-2", "m-3", "m-4"]


def test_a_new_folder_that_cannot_be_filled_is_not_there(tmp_path: Path) -> None:
    def fail(partial: Path) -> None:
        fill(partial)
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        new_folder(tmp_path, "m", fail)
    assert names(tmp_path) == []


def test_a_folder_replaces_all_of_the_old_one(tmp_path: Path) -> None:
    folder(tmp_path / "m", "old")
    with staged_folder(tmp_path / "m") as partial:
        (partial / "other").write_text("new")
        assert names(tmp_path / "m") == ["weights"]
    assert names(tmp_path / "m") == ["other"]
    assert names(tmp_path) == ["m"]


def test_a_folder_that_was_moved_away_by_a_killed_process_is_put_back(tmp_path: Path) -> None:
    """Killed between the two renamings: the old folder lies beside a name that nothing has."""
    folder(tmp_path / ".m.0123.old", "old")
    with staged_folder(tmp_path / "m") as partial:
        assert (tmp_path / "m" / "weights").read_text() == "old"
        (partial / "weights").write_text("new")
    assert (tmp_path / "m" / "weights").read_text() == "new"
    assert names(tmp_path) == ["m"]


def test_a_real_kill_between_the_renamings_loses_nothing(tmp_path: Path) -> None:
    folder(tmp_path / "m", "old")
    program = """
import os, signal, sys
from pathlib import Path
from model.files import staged_folder
rename = os.rename
def rename_and_die(source, target):
    rename(source, target)
    os.kill(os.getpid(), signal.SIGKILL)
os.rename = rename_and_die
with staged_folder(Path(sys.argv[1])) as partial:
    (partial / "weights").write_text("new")
"""
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path / "m")], cwd=root)
    assert done.returncode == -9
    assert not (tmp_path / "m").exists()

    def interrupted() -> None:
        with staged_folder(tmp_path / "m"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert (tmp_path / "m" / "weights").read_text() == "old"


def test_leftovers_of_killed_processes_are_removed_and_what_is_being_written_is_not(tmp_path: Path) -> None:
    age(folder(tmp_path / ".m.dead.tmp", "half"))
    folder(tmp_path / ".m.dead.old", "replaced long ago")
    folder(tmp_path / "m", "old")
    running = folder(tmp_path / ".m.running.tmp", "half")
    stranger = folder(tmp_path / ".m2.dead.tmp", "of another name")
    age(stranger)
    with staged_folder(tmp_path / "m") as partial:
        (partial / "weights").write_text("new")
    assert names(tmp_path) == [running.name, stranger.name, "m"]


def test_a_stale_folder_in_which_a_file_grows_is_being_written(tmp_path: Path) -> None:
    running = folder(tmp_path / ".m.running.tmp", "half")
    age(running)
    (running / "weights").write_text("more")
    os.utime(running, (0, 0))
    with staged_folder(tmp_path / "m") as partial:
        (partial / "weights").write_text("new")
    assert names(tmp_path) == [running.name, "m"]


def test_a_name_with_brackets_matches_only_itself(tmp_path: Path) -> None:
    age(folder(tmp_path / ".a.dead.tmp", "of another name"))
    write_atomically(tmp_path / "[ab]", "text")
    assert names(tmp_path) == [".a.dead.tmp", "[ab]"]


def test_what_was_staged_for_a_partial_folder_is_a_leftover_too(tmp_path: Path) -> None:
    """Weights are staged on their own, also within a folder that is being staged with all that belongs to them."""

    def killed() -> None:
        with staged_folder(tmp_path / "m") as outer, staged_folder(outer) as inner:
            (inner / "weights").write_text("half")
            for path in tmp_path.iterdir():
                shutil.copytree(path, tmp_path / "kept" / path.name)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        killed()
    for path in (tmp_path / "kept").iterdir():
        age(path.rename(tmp_path / path.name))
    (tmp_path / "kept").rmdir()
    assert len(names(tmp_path)) == 2
    with staged_folder(tmp_path / "m") as partial:
        (partial / "weights").write_text("new")
    assert names(tmp_path) == ["m"]


def test_partial_files_and_folders_of_any_depth_are_removed_and_nothing_else(tmp_path: Path) -> None:
    key = "0123456789abcdef" * 2
    kept = [".m.tmp", ".gitignore", "m", f".m.{key}.old"]
    for name in (*kept, f".m.{key}.tmp", f"..m.{key}.tmp.{key}.tmp", f"..m.{key}.tmp.{key}.old"):
        folder(tmp_path / "deep" / name, "text")
    (tmp_path / f".config.json.{key}.tmp").write_text("half")
    remove_partial(tmp_path)
    assert names(tmp_path) == ["deep"]
    assert names(tmp_path / "deep") == sorted(kept)
