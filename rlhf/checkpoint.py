"""Checkpoints of a run: written beside and renamed, never over the last one.

A checkpoint holds what a resumed run needs to go on as if nothing had happened: adapters, optimizer, schedule, the
prompt stream's cursor, and where in which stage it was. Randomness needs no state: every draw is seeded by run, step
and rank.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

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
        self.folder.mkdir(parents=True, exist_ok=True)
        final, beside = self.folder / f"step-{step:06d}", self.folder / f".step-{step:06d}.partial"
        if (final / STATE_FILE).is_file():
            return final
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir()
        with (beside / STATE_FILE).open("wb") as file:
            torch.save(state, file)
            file.flush()
            os.fsync(file.fileno())
        beside.rename(final)
        for old in self._finished()[: -self.keep]:
            shutil.rmtree(old)
        return final

    def latest(self) -> Path | None:
        """The newest finished checkpoint."""
        finished = self._finished()
        return finished[-1] if finished else None

    def load(self, path: Path | None = None) -> dict[str, Any]:
        """The state of a checkpoint, the latest when no path is given.

        Raises:
            ResumeError: if there is none, or the file is damaged.
        """
        path = path or self.latest()
        if path is None:
            raise ResumeError(f"no checkpoint in {self.folder}: the run stopped before its first one; start it anew")
        try:
            return torch.load(path / STATE_FILE, map_location="cpu", weights_only=True)
        except (OSError, RuntimeError, EOFError, ValueError) as error:
            raise ResumeError(
                f"{path / STATE_FILE} cannot be read ({error}); name an older checkpoint of {self.folder}"
            ) from error

    def _finished(self) -> list[Path]:
        return sorted(path for path in self.folder.glob("step-*") if (path / STATE_FILE).is_file())
