"""Checkpoints of a run: written beside and renamed, never over the last one.

A checkpoint holds what a resumed run needs to go on as if nothing had happened: adapters, optimizer, schedule, the
prompt stream's cursor, and where in which stage it was. Randomness needs no state: every draw is seeded by run, step
and rank.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any
from zipfile import BadZipFile, ZipFile

import torch

from model.files import staged_folder
from rlhf.errors import ResumeError

STATE_FILE = "state.pt"


@dataclass(frozen=True, slots=True)
class CheckpointStore:
    """The checkpoints in one folder, named by the steps that were finished.

    Args:
        keep: how many of the latest ones stay.
        run: hash of the run's configuration; a checkpoint of another one is not read.
    """

    folder: Path
    keep: int = 2
    run: str | None = None

    def save(self, step: int, state: dict[str, Any]) -> Path:
        """Write `step-<step>` unless it is there; a crash in the middle leaves the earlier ones whole."""
        final = self._place(step)
        self._tidy()
        if not (final / STATE_FILE).is_file():
            with staged_folder(final) as partial:
                _write({**state, "run": self.run}, partial / STATE_FILE)
            self._tidy()
        return final

    def latest(self) -> Path | None:
        """The newest finished checkpoint."""
        finished = self._finished()
        return finished[-1] if finished else None

    def load(self, announce: Callable[[str], None]) -> dict[str, Any]:
        """The state of the latest checkpoint that can be read; says which later ones are damaged.

        Raises:
            ResumeError: if there is none, or it is another run's.
        """
        damaged: list[str] = []
        for path in reversed(self._finished()):
            try:
                state = _read(path / STATE_FILE)
            except (OSError, RuntimeError, EOFError, ValueError, KeyError, BadZipFile, UnpicklingError) as error:
                damaged.append(f"{path / STATE_FILE} cannot be read ({str(error).strip().partition(chr(10))[0]})")
                continue
            run = state.pop("run", None)  # checkpoints from before this was kept have none
            if run and self.run and run != self.run:
                raise ResumeError(
                    f"{path} is a checkpoint of another configuration (hash {run[:12]}, not {self.run[:12]}); remove it"
                )
            for problem in damaged:
                announce(f"{problem}; going on from {path.name}")
            return state
        if damaged:
            raise ResumeError(f"{'; '.join(damaged)}; and there is no older checkpoint: start the run anew")
        raise ResumeError(f"no checkpoint in {self.folder}: the run stopped before its first one; start it anew")

    def drop_after(self, step: int) -> None:
        """Delete the checkpoints behind `step`: damaged ones, in whose place a resumed run writes whole ones."""
        for path in self._finished():
            if _order(path) > _order(self._place(step)):
                shutil.rmtree(path)

    def _tidy(self) -> None:
        """Delete what is too old, and what a killed process left half written or half deleted: a run has one writer."""
        finished = self._finished()
        partial = set(self.folder.glob("step-*")).difference(finished)
        for path in (*finished[: -self.keep], *partial, *self.folder.glob(".step-*")):
            shutil.rmtree(path)

    def _place(self, step: int) -> Path:
        return self.folder / f"step-{step:06d}"

    def _finished(self) -> list[Path]:
        found = (path for path in self.folder.glob("step-*") if (path / STATE_FILE).is_file())
        return sorted(found, key=_order)


def _order(path: Path) -> tuple[int, str]:
    """Sorts by step, also behind a million of them."""
    return len(path.name), path.name


def _write(state: dict[str, Any], path: Path) -> None:
    """Raises OSError if that fails: torch raises what it raises for everything, and keeps the system's reason."""
    try:
        torch.save(state, path)
    except RuntimeError as error:
        reason = str(error).strip().partition("\n")[0]
        raise OSError(f"{path} cannot be written ({reason}); see whether the disk is full") from error


def _read(path: Path) -> dict[str, Any]:
    """The state, its checksums verified: torch does not look at them."""
    with ZipFile(path) as archive:
        if (name := archive.testzip()) is not None:
            raise BadZipFile(f"the checksum of {name} is wrong")
    return torch.load(path, map_location="cpu", weights_only=True)
