"""Checkpoints of a run: written beside and renamed, never over the last one.

A checkpoint holds what a resumed run needs to go on as if nothing had happened: adapters, optimizer, schedule, the
prompt stream's cursor, and where in which stage it was. Randomness needs no state: every draw is seeded by run, step
and rank.
"""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from model.files import staged_folder
from rlhf.errors import ResumeError

STATE_FILE = "state.pt"


@dataclass(frozen=True, slots=True)
class CheckpointStore:
    """The checkpoints in one folder, named by the steps that were finished.

    Args:
        keep: how many of the latest ones stay.
    """

    folder: Path
    keep: int = 2

    def save(self, step: int, state: dict[str, Any]) -> Path:
        """Write `step-<step>` unless it is there; a crash in the middle leaves the earlier ones whole."""
        final = self._place(step)
        if (final / STATE_FILE).is_file():
            return final
        for leftover in self.folder.glob(".step-*"):  # of a process that was killed: a run has one writer
            shutil.rmtree(leftover)
        with staged_folder(final) as partial:
            torch.save(state, partial / STATE_FILE)
        for old in self._finished()[: -self.keep]:
            shutil.rmtree(old)
        return final

    def latest(self) -> Path | None:
        """The newest finished checkpoint."""
        finished = self._finished()
        return finished[-1] if finished else None

    def load(self, announce: Callable[[str], None]) -> dict[str, Any]:
        """The state of the latest checkpoint that can be read; says which later ones are damaged.

        Raises:
            ResumeError: if there is none.
        """
        damaged: list[str] = []
        for path in reversed(self._finished()):
            try:
                state = torch.load(path / STATE_FILE, map_location="cpu", weights_only=True)
            except (OSError, RuntimeError, EOFError, ValueError, KeyError, pickle.UnpicklingError) as error:
                damaged.append(f"{path / STATE_FILE} cannot be read ({str(error).strip().partition(chr(10))[0]})")
                continue
            for problem in damaged:
                announce(f"{problem}; going on from {path.name}")
            return state
        if damaged:
            raise ResumeError(f"{'; '.join(damaged)}; and there is no older checkpoint: start the run anew")
        raise ResumeError(f"no checkpoint in {self.folder}: the run stopped before its first one; start it anew")

    def drop_after(self, step: int) -> None:
        """Delete the checkpoints behind `step`: damaged ones, in whose place a resumed run writes whole ones."""
        for path in self._finished():
            if path.name > self._place(step).name:
                shutil.rmtree(path)

    def _place(self, step: int) -> Path:
        return self.folder / f"step-{step:06d}"

    def _finished(self) -> list[Path]:
        return sorted(path for path in self.folder.glob("step-*") if (path / STATE_FILE).is_file())
