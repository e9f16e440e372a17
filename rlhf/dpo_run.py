"""One run of direct preference optimization, from pairs to a checkpoint for other software."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from model.card import CardFacts
from model.export import export_checkpoint
from model.load import parse_dtype
from model.tokenizer import Tokenizer
from rlhf.anchor import begin_reference, move_reference
from rlhf.dpo import DPOTrainer, PolicyScores, measure
from rlhf.export_plan import ExportPlan
from rlhf.pair_run import PairRun, held_out, score_rows
from rlhf.policy import POLICY
from rlhf.run import steps_taken
from rlhf.run_directory import write_atomically
from rlhf.types import Metrics

STAGE = "preferences"
"""The name of DPO's steps in a checkpoint."""


@dataclass(kw_only=True)
class DPORun(PairRun[DPOTrainer, PolicyScores]):
    """A policy's training on pairs, the held-out figures before and after, and what it exports."""

    tokenizer: Tokenizer
    export: ExportPlan | None
    reference: Literal["start", "base"] = "start"
    """What the policy is compared with: itself before the first step, or the untouched base."""
    reference_rate: float = 0.0
    """How far the reference moves toward the policy after every step."""
    _before: Metrics = field(default_factory=dict)

    def _title(self) -> str:
        return "DPO"

    def _begin(self) -> None:
        begin_reference(self.trainer.policy, self.reference, self.reference_rate)
        scores = self._measure()
        self._before = scores.metrics()
        self.tracker.log(0, held_out(scores))

    def _after_step(self, step: int, metrics: Metrics) -> None:
        move_reference(self.trainer.policy, self.reference_rate)
        super()._after_step(step, metrics)

    def _snapshot(self, done: int) -> dict[str, Any]:
        lora = asdict(self.trainer.policy.roles.spec(POLICY))
        return {"done": {STAGE: done}, "lora": lora, "before": self._before, **self.trainer.state_dict()}

    def _take_over(self, state: dict[str, Any]) -> int:
        self._before = state["before"]
        self.trainer.load_state_dict(state)
        return state["done"][STAGE]

    def _measure(self) -> PolicyScores:
        trainer = self.trainer
        tokens = trainer.plan.micro_batch_tokens
        return measure(trainer.policy, trainer.loss, self.held_out, trainer.runtime, max_tokens=tokens)

    def _save(self, scores: PolicyScores) -> Path:
        plan, main = self.export, self.trainer.runtime.is_main
        if main:
            write_atomically(self.directory.path / "report.md", self._report(scores))
        if plan is None or not main:
            return self.directory.path
        self.display.stage("export")
        exported = export_checkpoint(
            self.trainer.policy.model,
            self.trainer.policy.roles,
            POLICY,
            self.tokenizer,
            self.directory.export,
            base_name=plan.base_name,
            card=CardFacts(
                name=plan.name,
                data=plan.data,
                training=f"Trained by Gemwright: {steps_taken({STAGE: self._done})}. The run's `config.yaml` has every "
                "setting.",
                results=self._report(scores),
                sources={**self.sources, "config": self.directory.config_hash},
            ),
            formats=plan.formats,
            merged_dtype=parse_dtype(plan.merged_dtype),
            gguf_dtype=parse_dtype(plan.gguf_dtype),
            on_loss=plan.on_loss,
        )
        if "adapter" in exported.paths:
            self.tracker.artifact(exported.paths["adapter"], f"{plan.name}-adapter", "model")
        return exported.paths.get("merged", self.directory.path)

    def _summary(self, scores: PolicyScores) -> dict[str, Any]:
        return {"before": self._before, "held_out": scores.metrics()}

    def _show(self, scores: PolicyScores) -> None:
        rows = [
            *score_rows(scores.rewards),
            ("chosen likelier than rejected, before", f"{self._before['likelier']:.1%}"),
            ("chosen likelier than rejected, after", f"{scores.likelier:.1%}"),
        ]
        self.display.table("Held-out pairs, by the implicit reward", ("", "value"), rows)

    def _report(self, scores: PolicyScores) -> str:
        """A Markdown table of what held-out pairs say before and after."""
        after = scores.metrics()
        facts = {
            "accuracy of the implicit reward": "accuracy",
            "chosen answer likelier than the rejected one": "likelier",
            "log-probability of the chosen answer, nats": "logprob/chosen",
            "log-probability of the rejected answer, nats": "logprob/rejected",
            "how often the implicit reward prefers the longer answer": "prefers_longer",
        }
        lines = [f"| {words} | {self._before[name]:.4g} | {after[name]:.4g} |" for words, name in facts.items()]
        head = [f"| {after['num_pairs']:.0f} held-out pairs | before | after |", "|---|---|---|"]
        return "\n".join([*head, *lines]) + "\n"
