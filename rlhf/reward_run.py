"""One run that trains a reward model, or only measures one, and what it leaves."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rlhf.pair_run import PairRun, held_out, score_rows
from rlhf.preference_report import PairScores
from rlhf.reward_model import RewardTrainer, measure
from rlhf.run_directory import write_atomically

FOLDER = "reward_model"
"""Where in a run's folder the reward model is."""
HELD_OUT_FILE = "held_out.jsonl"
"""Where in a run's folder the rewards of the held-out pairs are, a row per pair in the data's order."""


@dataclass(kw_only=True)
class RewardRun(PairRun[RewardTrainer, PairScores]):
    """A reward model's training, its held-out figures, and its folder; of one that is only measured the figures."""

    base_name: str
    """The base's name, for the adapter's config."""

    def _title(self) -> str:
        return "reward model" if self.trainer.steps else "measuring the reward model"

    def _begin(self) -> None:
        if not self.trainer.steps:  # no step will log the figures
            self._scores = self._measure()
            self.tracker.log(0, held_out(self._scores))

    def _measure(self) -> PairScores:
        trainer = self.trainer
        return measure(trainer.reward_model, self.held_out, trainer.runtime, max_tokens=trainer.plan.micro_batch_tokens)

    def _save(self, scores: PairScores) -> Path:
        folder, main = self.directory.path / FOLDER, self.trainer.runtime.is_main
        if main:
            rows = (json.dumps(row) + "\n" for row in scores.named_rows())
            write_atomically(self.directory.path / HELD_OUT_FILE, "".join(rows))
        if not self.trainer.steps:
            return self.directory.path
        if main:
            self.trainer.reward_model.save(folder, base_name=self.base_name)
            self.tracker.artifact(folder, FOLDER, "model")
        return folder

    def _summary(self, scores: PairScores) -> dict[str, Any]:
        bins = [{"num_pairs": b.num_pairs, "confidence": b.confidence, "accuracy": b.accuracy} for b in scores.bins()]
        return {
            "held_out": scores.metrics(),
            # Keyed by bin: a list of rows cannot hold what is not finite.
            "reliability": {f"bin_{index}": row for index, row in enumerate(bins)},
        }

    def _show(self, scores: PairScores) -> None:
        self.display.table("Held-out pairs", ("", "value"), score_rows(scores))
