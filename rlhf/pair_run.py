"""One run on preference pairs: steps, measurements on held-out pairs, checkpoints, and what it leaves."""

from __future__ import annotations

import copy
import hashlib
from abc import ABC, abstractmethod
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Generic, Literal, Protocol, TypeVar

from rlhf.checkpoint import CheckpointStore
from rlhf.display import Display
from rlhf.errors import ResumeError
from rlhf.judged import PairTokens
from rlhf.preference_report import PairScores
from rlhf.run_directory import RunDirectory
from rlhf.run_settings import Stopwatch
from rlhf.runtime import Runtime
from rlhf.tracking import Tracker
from rlhf.types import Metrics


class PairTrainer(Protocol):
    """What a run needs of the training that it runs."""

    steps: int
    pairs: Sequence[PairTokens]
    runtime: Runtime

    def fit(self, start: int, on_step: Callable[[int, Metrics], None]) -> None: ...

    def state_dict(self) -> dict[str, Any]: ...

    def load_state_dict(self, state: Mapping[str, Any]) -> None: ...


class Measured(Protocol):
    """What held-out pairs say."""

    def metrics(self) -> Metrics: ...


TrainerT = TypeVar("TrainerT", bound=PairTrainer)
MeasuredT = TypeVar("MeasuredT", bound=Measured)


@dataclass(kw_only=True)
class PairRun(ABC, Generic[TrainerT, MeasuredT]):
    """A trainer with what it is measured on and what takes down the results. Nothing here reads configuration."""

    trainer: TrainerT
    held_out: Sequence[PairTokens]
    directory: RunDirectory
    store: CheckpointStore
    tracker: Tracker
    display: Display
    checkpoint_every: int = 0
    """Steps between checkpoints; 0: only behind the last step, or where something stops the run."""
    measure_every: int = 0
    """Steps between measurements on the held-out pairs; 0: at the end only."""
    sources: Mapping[str, str] = field(default_factory=dict)
    """Name to hash of the base's weights."""
    _stopwatch: Stopwatch = field(default_factory=Stopwatch)
    _done: int = 0
    _last: tuple[int, dict[str, Any]] | None = None
    """The last finished step and what a checkpoint of it holds."""
    _scores: MeasuredT | None = None

    def execute(self, *, resume: bool) -> Path:
        """Run what is left and return the folder of the result.

        Whatever stops it, the state behind the last finished step is saved before the error goes on its way.
        """
        status: Literal["finished", "failed", "interrupted"] = "failed"
        try:
            if resume:
                self._restore()
            else:
                self._begin()
            self.display.stage(self._title(), self.trainer.steps)
            self.trainer.fit(self._done, self._after_step)
            self._write_checkpoint()
            scores = self._scores or self._measure()
            self._show(scores)
            folder = self._save(scores)
            self.tracker.summary(
                {
                    **self._summary(scores),
                    "train_pairs": len(self.trainer.pairs),
                    "steps": self.trainer.steps,
                    "seconds": self._stopwatch.seconds,
                    "sources": dict(self.sources),
                }
            )
            status = "finished"
            return folder
        except KeyboardInterrupt:
            status = "interrupted"
            raise
        finally:
            try:
                if status != "finished" and self._last is not None:
                    self._write_checkpoint()
                    self.display.message(
                        f"the last finished step is saved: resume={self.directory.path} goes on behind it"
                    )
            finally:
                self.tracker.finish(status)

    @abstractmethod
    def _title(self) -> str:
        """The stage's name on the screen."""

    @abstractmethod
    def _measure(self) -> MeasuredT:
        """What the held-out pairs say now."""

    @abstractmethod
    def _save(self, scores: MeasuredT) -> Path:
        """Leave the result and return its folder."""

    @abstractmethod
    def _summary(self, scores: MeasuredT) -> dict[str, Any]:
        """The figures that the run leaves, beside its sizes."""

    @abstractmethod
    def _show(self, scores: MeasuredT) -> None:
        """The figures of the held-out pairs, in words."""

    def _begin(self) -> None:
        """What a new run does before its first step, and a resumed one does not do again."""

    def _snapshot(self, done: int) -> dict[str, Any]:
        """What a checkpoint of this moment holds."""
        return {"done": done, **self.trainer.state_dict()}

    def _take_over(self, state: dict[str, Any]) -> int:
        """Go back to what `_snapshot` returned; the number of finished steps."""
        self.trainer.load_state_dict(state)
        return state["done"]

    def _after_step(self, step: int, metrics: Metrics) -> None:
        done = step + 1
        if done == self.trainer.steps or (self.measure_every and done % self.measure_every == 0):
            self._scores = self._measure()
            metrics = {**metrics, **held_out(self._scores)}
        self.tracker.log(done, metrics)
        self.display.update(done, metrics)
        self._done = done
        # A step that fails leaves half of itself behind: what is saved then is this copy.
        more = {"data": self._data, "seconds": self._stopwatch.seconds}
        self._last = done, {**copy.deepcopy(self._snapshot(done)), **more}
        if self.checkpoint_every and done % self.checkpoint_every == 0:
            self._write_checkpoint()

    def _write_checkpoint(self) -> None:
        if self.trainer.runtime.is_main and self._last is not None:
            self.store.save(*self._last)

    @cached_property
    def _data(self) -> str:
        """Hash of the pairs that are trained on, in their order."""
        digest = hashlib.sha256()
        for pair in self.trainer.pairs:
            for side in pair.sides:
                digest.update(array("q", (pair.context_tokens, len(side), *side)).tobytes())
            digest.update(repr(pair.margin).encode())
        return digest.hexdigest()

    def _check_data(self, state: Mapping[str, Any]) -> None:
        """Raises ResumeError for a checkpoint that was made with other pairs; an early one does not say."""
        if state.get("data", self._data) != self._data:
            raise ResumeError(
                f"the pairs are not those that {self.directory.path} was trained on, so it would not go on as it "
                "began; restore the data, or start a new run"
            )

    def _restore(self) -> None:
        """Take over the latest checkpoint, and remove what was written behind it; without one begin."""
        begun = self.store.latest() is not None
        if begun:
            state = self.store.load(self.display.message)
            self._check_data(state)
            self._done = self._take_over(copy.deepcopy(state))
            self._stopwatch.add(state)
            self._last = self._done, state
        if self.trainer.runtime.is_main:
            self.directory.go_back_to(self._done if begun else -1)
            self.store.drop_after(self._done)
        self.trainer.runtime.wait()
        if not begun:
            self._begin()
        self.display.message(f"resumed {self.directory.path} behind step {self._done} of {self.trainer.steps}")


def held_out(scores: Measured) -> Metrics:
    """The figures of the held-out pairs under the names that they have in the log."""
    return {f"held_out/{name}": value for name, value in scores.metrics().items()}


def score_rows(scores: PairScores) -> list[tuple[str, str]]:
    """What a person reads of the rewards of held-out pairs."""
    kinds = [(f"  of kind {kind}", f"{accuracy:.1%}") for kind, accuracy in scores.by_kind().items()]
    accuracy = scores.accuracy_interval
    return [
        ("pairs", f"{len(scores.rows)}"),
        ("accuracy (95 % interval)", f"{accuracy.value:.1%} [{accuracy.low:.1%}, {accuracy.high:.1%}]"),
        *kinds,
        ("accuracy of preferring the longer answer", f"{scores.longer_wins:.1%}"),
        ("how often it prefers the longer answer", f"{scores.prefers_longer:.1%}"),
        ("correlation of margin and length", f"{scores.length_correlation:+.2f}"),
        ("calibration error", f"{scores.calibration_error:.3f}"),
        ("temperature that calibrates best", f"{scores.temperature:.2f}"),
    ]
