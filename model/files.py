"""Files and folders that appear whole or not at all: written beside their place, brought to disk, then renamed."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import stat
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from glob import escape
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

STALE_S = 3600.0
"""A partial file or folder that nobody wrote to for so long was left by a killed process."""

_PARTIAL = re.compile(r"^\..+\.[0-9a-f]{32}\.tmp(\.|$)")
"""What `_beside` makes, and what it makes of that: a partial folder may have been filled by way of another."""


def cache_folder() -> Path:
    """`$GEMWRIGHT_CACHE`, or gemwright in `$XDG_CACHE_HOME` or ~/.cache: files that are made anew when missing.

    Raises:
        RuntimeError: if nobody knows the home folder.
    """
    if own := os.environ.get("GEMWRIGHT_CACHE"):
        return Path(own).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gemwright"


@contextmanager
def staged_file(path: str | Path) -> Iterator[Path]:
    """A path beside `path` for the block to write to; it takes the name `path` when the block is through.

    A reader, an error in the block or a crash at any moment sees the old file or the new one, and nothing between. Its
    mode is that of any new file, whatever wrote it: safetensors makes files that their owner alone can read.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(path)
    partial = _beside(path, "tmp")
    mode = _mode_of_new(partial)
    try:
        yield partial
        _set_mode(partial, mode)
        _bring_to_disk(partial)
        os.replace(partial, path)
        _bring_to_disk(path.parent)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def staged_folder(path: str | Path) -> Iterator[Path]:
    """A new empty folder beside `path` that takes its name when the block is through.

    The folder that had the name is deleted only after that, and put back if the renaming fails. A process that is
    killed between the two renamings leaves the old folder beside the name; the next staging gives it back.
    """
    path = Path(path).absolute()
    path.parent.mkdir(parents=True, exist_ok=True)
    _put_back(path)
    with _filled_beside(path) as partial:
        yield partial
        _finish(partial)
        _swap_in(partial, path)
        _bring_to_disk(path.parent)


def new_folder(root: Path, stem: str, fill: Callable[[Path], None]) -> Path:
    """A new folder `<root>/<stem>`, or `-2`, `-3` ... where that one is taken, which appears when `fill` has filled it.

    An empty folder of the name is not taken.
    """
    root.mkdir(parents=True, exist_ok=True)
    with _filled_beside(root.absolute() / stem) as partial:
        fill(partial)
        _finish(partial)
        for attempt in count(1):
            path = root / (stem if attempt == 1 else f"{stem}-{attempt}")
            try:
                os.rename(partial, path)  # over a folder only while that is empty: two processes never get one
            except (FileExistsError, NotADirectoryError):
                continue
            except OSError as error:
                if error.errno != errno.ENOTEMPTY:
                    raise
                continue
            _bring_to_disk(root)
            return path
    raise AssertionError


@contextmanager
def _filled_beside(path: Path) -> Iterator[Path]:
    """A new folder for the block to rename; what is then still there of it is deleted."""
    _remove_leftovers(path)
    partial = _beside(path, "tmp")
    partial.mkdir()
    try:
        yield partial
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _finish(partial: Path) -> None:
    """Brings a folder to disk, its files with the mode of any new file."""
    mode = _mode_of_new(partial / ".new")
    for written in partial.rglob("*"):
        if written.is_file() and not written.is_symlink():
            _set_mode(written, mode)
        _bring_to_disk(written)
    _bring_to_disk(partial)


def _mode_of_new(path: Path) -> int:
    """The permissions that a new file gets here, told by making one: the umask alone cannot be read."""
    path.touch(exist_ok=False)
    mode = path.stat().st_mode
    path.unlink()
    return stat.S_IMODE(mode)


def _set_mode(path: Path, mode: int) -> None:
    if stat.S_IMODE(path.stat().st_mode) != mode:
        path.chmod(mode)


def remove_partial(folder: Path) -> None:
    """Deletes all that killed processes left half written below a folder that nobody writes to at this moment."""
    for path in sorted(folder.rglob(".*")):
        if _PARTIAL.search(path.name):
            _remove(path)


def write_atomically(path: Path, text: str) -> None:
    """Replaces a text file whole; a lone surrogate, which UTF-8 cannot hold, becomes its escape."""
    with staged_file(path) as partial:
        partial.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Replaces a JSON file whole; indented, because people read it."""
    write_atomically(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def _swap_in(partial: Path, path: Path) -> None:
    if not path.exists():
        os.rename(partial, path)
        return
    old = _beside(path, "old")
    os.rename(path, old)
    try:
        os.rename(partial, path)
    except OSError:
        os.rename(old, path)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _put_back(path: Path) -> None:
    """Give the newest of the folders that lost the name to a killed process the name again; delete the others."""
    olds = sorted(path.parent.glob(f".{escape(path.name)}.*.old"), key=lambda old: old.stat().st_mtime, reverse=True)
    for old in olds:
        if path.exists():
            shutil.rmtree(old, ignore_errors=True)
        else:
            os.rename(old, path)


def _remove_leftovers(path: Path) -> None:
    """Delete what killed processes left half written, by its age: another process may be writing at this moment."""
    name = escape(path.name)
    # The second: a folder that was staged to take the place of a partial one.
    for partial in [*path.parent.glob(f".{name}.*.tmp"), *path.parent.glob(f"..{name}.*.tmp.*")]:
        try:
            changed = max(part.stat().st_mtime for part in (partial, *partial.rglob("*")))
        except FileNotFoundError:
            continue  # the other process finished
        if time.time() - changed <= STALE_S:
            continue
        _remove(partial)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(f".{path.name}.{uuid4().hex}.{ending}")


def _bring_to_disk(path: Path) -> None:
    """Waits until a file's content, or a folder's list of names, survives a loss of power."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
