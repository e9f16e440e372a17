"""A whole training run: evaluate the base, teach, evaluate, reinforce, evaluate, export, report.

Every stage leaves its result in the run's folder, so a resumed run goes on behind the last finished step.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any, Literal

from model.card import CardFacts
from model.export import Export, export_checkpoint
from model.load import parse_dtype
from model.tokenizer import Tokenizer
from rewards.base import Reward
from rlhf.anchor import begin_reference, move_reference
from rlhf.checkpoint import CheckpointStore
from rlhf.display import Display
from rlhf.evaluate import evaluate
from rlhf.evaluation import Evaluation, report_tables
from rlhf.export_plan import ExportPlan
from rlhf.policy import POLICY, Policy
from rlhf.prompts import PromptStream
from rlhf.report import ReportRow, ReportTable, tables_markdown
from rlhf.rollout_rows import joined
from rlhf.run_directory import RunDirectory, read_rows, write_atomically, write_json
from rlhf.run_settings import SETTINGS_ARE, Checkpoints, Evaluations, Stopwatch, steps_taken
from rlhf.runtime import Runtime
from rlhf.sampler import Sampler
from rlhf.sft import SFTTrainer
from rlhf.tracking import Tracker
from rlhf.trainer import Iteration, RLTrainer
from rlhf.types import Metrics

__all__ = ["Checkpoints", "Evaluations", "TrainingRun", "steps_taken"]

State = dict[str, Any]


@dataclass(kw_only=True)
class TrainingRun:
    """The stages of one run and what they share. Everything is built by the job; nothing here reads configuration."""

    directory: RunDirectory
    runtime: Runtime
    policy: Policy
    tokenizer: Tokenizer
    sampler: Sampler
    prompts: PromptStream
    reward: Reward
    warmup: SFTTrainer | None
    reinforce: RLTrainer | None
    reference: Literal["start", "base"] = "start"
    """What the KL is measured to: the policy before its first reinforcement step, or the untouched base."""
    reference_rate: float = 0.0
    """How far the reference moves toward the policy after every reinforcement step."""
    evaluations: Evaluations
    export: ExportPlan | None
    store: CheckpointStore
    checkpoints: Checkpoints
    tracker: Tracker
    display: Display
    sources: Mapping[str, str] = field(default_factory=dict)
    """Name to hash of what the weights are made from, for the model card."""
    _stopwatch: Stopwatch = field(default_factory=Stopwatch)
    _done: dict[str, int] = field(default_factory=lambda: {"warmup": 0, "reinforce": 0})
    _last: State = field(default_factory=dict)
    _results: dict[str, Evaluation] = field(default_factory=dict)

    def execute(self, *, resume: bool) -> Export | None:
        """Run what is left of the stages.

        Whatever stops it (an interrupt, a reward that fails too often, a NaN), the state behind the last finished step
        is saved before the error goes on its way.
        """
        status: Literal["finished", "failed", "interrupted"] = "failed"
        try:
            if resume:
                self._restore()
            self._remember()
            self._stages()
            self._report()
            exported = self._export() if self.export is not None else None
            self._close(self._stopwatch.seconds, exported)
            status = "finished"
            return exported
        except KeyboardInterrupt:
            status = "interrupted"
            raise
        finally:
            try:
                if status != "finished" and self._save_last():
                    message = f"the last finished step is saved: resume={self.directory.path} goes on behind it"
                    self.display.message(message)
            finally:
                self.tracker.finish(status)

    # Stages

    def _stages(self) -> None:
        if self.evaluations.base:
            with self.policy.as_base():
                self._evaluate("base")
        if self.warmup is not None:
            self.display.stage("warm-up" if self.reinforce else "SFT", self.warmup.plan.steps)
            self.warmup.fit(self._done["warmup"], self._after_warmup_step)
            self._save_last()
            self._evaluate("warmed up" if self.reinforce else "after SFT")
        if self.reinforce is not None:
            self._reinforce(self.reinforce)

    def _reinforce(self, trainer: RLTrainer) -> None:
        if self._done["reinforce"] == 0:
            begin_reference(self.policy, self.reference, self.reference_rate)
            self._remember()
        else:
            self._recall_evaluations()
            self._evaluate_between(trainer)  # the earlier session may have ended between a checkpoint and this
        self.display.stage(trainer.plan.name, trainer.plan.steps, seconds=trainer.plan.seconds)
        trainer.fit(self._done["reinforce"], lambda step, iteration: self._after_iteration(trainer, step, iteration))
        self._save_last()
        self._evaluate(f"after {trainer.plan.name}")

    def _after_warmup_step(self, step: int, metrics: Metrics) -> None:
        self._done["warmup"] = step + 1
        self._finish_step(step + 1, metrics, "warmup")
        self.display.update(step + 1, metrics)

    def _after_iteration(self, trainer: RLTrainer, step: int, iteration: Iteration) -> None:
        self._done["reinforce"] = step + 1
        move_reference(self.policy, self.reference_rate)
        overall = self._overall_step()
        self.tracker.rollouts(overall, *joined(iteration.rollouts))
        self._finish_step(step + 1, iteration.metrics, "reinforce")
        shown = iteration.rollouts[0][0][0]
        completion, verdict = shown.group.completions[0], shown.verdicts[0]
        self.display.sample(shown.group.prompt.text, completion.text, verdict.value)
        self.display.update(step + 1, iteration.metrics)
        if self._evaluate_between(trainer):
            self.display.stage(trainer.plan.name, trainer.plan.steps, seconds=trainer.plan.seconds)

    def _recall_evaluations(self) -> None:
        """Read the evaluations between steps that earlier sessions left: the report has them all."""
        names = (path.stem for path in (self.directory.path / "evaluations").glob("step_*.json"))
        for step in sorted(int(name.removeprefix("step_")) for name in names):
            self._evaluate(f"step {step}")

    def _evaluate_between(self, trainer: RLTrainer) -> bool:
        """Evaluate between two steps where that is asked for, and say whether it was."""
        step, every = self._done["reinforce"], self.evaluations.every
        if not every or step % every or trainer.is_over(step):
            return False
        self._save_last()
        self._evaluate(f"step {step}")
        return True

    def _finish_step(self, step: int, metrics: Metrics, stage: str) -> None:
        self.tracker.log(self._overall_step(), {**metrics, f"step/{stage}": float(step)})
        self._remember()
        every = self.checkpoints.every
        if every and step % every == 0:
            self._save_last()

    def _evaluate(self, name: str) -> None:
        """Evaluate under a name, or read the result that an earlier session left."""
        path = self.directory.path / "evaluations" / f"{name.replace(' ', '_')}.json"
        if path.is_file():
            recorded = json.loads(path.read_text(encoding="utf-8"))
            self._results[name] = Evaluation.from_dict(recorded)
            self._log_evaluation(recorded["step"], self._results[name])
            return
        plan = self.evaluations.plan
        self.display.stage(f"evaluate: {name}", plan.num_completions, unit="completions")
        prompts = self.prompts.held_out(plan.num_prompts)
        result = evaluate(
            self.sampler, prompts, self.reward, plan, self.runtime, lambda done: self.display.update(done, {})
        )
        self._results[name] = result
        if self.runtime.is_main:
            write_json(path, {"step": self._overall_step(), **result.to_dict()})
        self._log_evaluation(self._overall_step(), result)
        self.display.message(f"{name}: {result}")

    def _log_evaluation(self, step: int, result: Evaluation) -> None:
        """Log the means, unless they are: a session may end between writing a result and logging it."""
        metrics = self.directory.metrics
        values = {f"eval/{title}": mean for title, mean in result.means().items()}
        logged = read_rows(metrics) if metrics.exists() else ()
        if self.runtime.is_main and not any(row["step"] == step and values.keys() <= row.keys() for row in logged):
            self.tracker.log(step, values)

    def _overall_step(self) -> int:
        """Finished steps of all stages: what the logs count in."""
        return self._done["warmup"] + self._done["reinforce"]

    # State

    def _remember(self) -> None:
        """Keep what a checkpoint of this moment would hold; a failure in the next step is saved from it."""
        self._last = copy.deepcopy(
            {
                "done": self._done,
                "seconds": self._stopwatch.seconds,
                "lora": asdict(self.policy.roles.spec(POLICY)),
                "policy": self.policy.state_dict(),
                "prompts": self.prompts.state_dict(),
                "warmup": self.warmup.update.state_dict() if self.warmup else None,
                "reinforce": self.reinforce.state_dict() if self.reinforce else None,
            }
        )

    def _save_last(self) -> bool:
        """Write the checkpoint of the last finished step, if there is one."""
        finished = sum(self._last["done"].values()) if self._last else 0
        if self.runtime.is_main and finished:
            self.store.save(finished, self._last)
        return finished > 0

    def _restore(self) -> None:
        """Take over the latest checkpoint, if there is one yet, and remove what was written behind it."""
        if self.store.latest() is not None:
            self._take_over(self.store.load(self.display.message))
        if self.runtime.is_main:
            self.directory.go_back_to(self._overall_step())
            self.store.drop_after(self._overall_step())
        self.runtime.wait()
        self.display.message(f"resumed {self.directory.path} behind step {self._overall_step()}")

    def _take_over(self, state: State) -> None:
        """Go back to what `_remember` kept."""
        self._done = state["done"]
        self._stopwatch.add(state)
        self.policy.load_state_dict(state["policy"])
        self.prompts.load_state_dict(state["prompts"])
        if self.warmup and state["warmup"]:
            self.warmup.update.load_state_dict(state["warmup"])
        if self.reinforce and state["reinforce"]:
            self.reinforce.load_state_dict(state["reinforce"])
        self.sampler.publish(version=self._done["reinforce"])

    # Results

    @property
    def _reinforced(self) -> str:
        return self.reinforce.plan.name if self.reinforce else ""

    @cached_property
    def _tables(self) -> tuple[ReportTable, ...]:
        """The final tables. Once, when all evaluations are there: their intervals take time."""
        order = ("base", "warmed up", "after SFT", f"after {self._reinforced}")
        names = [name for name in order if name in self._results]
        return report_tables(
            self._results, {f"{after} - {before}": (before, after) for before, after in pairwise(names)}
        )

    def _export(self) -> Export | None:
        plan = self.export
        if plan is None or not self.runtime.is_main:
            return None
        self.display.stage("export")
        exported = export_checkpoint(
            self.policy.model,
            self.policy.roles,
            POLICY,
            self.tokenizer,
            self.directory.export,
            base_name=plan.base_name,
            card=CardFacts(
                name=plan.name,
                data=plan.data,
                training=f"Trained by Gemwright: {steps_taken(self._done, self._reinforced)}. {SETTINGS_ARE}",
                results=tables_markdown(self._tables),
                sources={**self.sources, "config": self.directory.config_hash},
            ),
            formats=plan.formats,
            merged_dtype=parse_dtype(plan.merged_dtype),
            gguf_dtype=parse_dtype(plan.gguf_dtype),
            on_loss=plan.on_loss,
        )
        if "adapter" in exported.paths:
            self.tracker.artifact(exported.paths["adapter"], f"{plan.name}-adapter", "model")
        return exported

    def _report(self) -> None:
        """Write and show the tables, before an export that may be refused."""
        if self.runtime.is_main:
            write_atomically(self.directory.path / "report.md", tables_markdown(self._tables))
        for table in self._tables:
            self.display.report_table(table)

    def _close(self, seconds: float, exported: Export | None) -> None:
        """Leave the summary, and say where everything is."""
        scores, *terms = self._tables
        self.tracker.summary(
            {
                "seconds": seconds,
                "evaluations": {row.name: _cells(row) for row in scores.rows},
                "differences": {row.name: _cells(row) for row in scores.differences},
                "terms": {row.name: _cells(row) for table in terms for row in table.rows},
            }
        )
        folder = exported.paths.get("merged", self.directory.path) if exported else self.directory.path
        self.display.message(
            f"{seconds / 60:.1f} min. Results: {self.directory.path}   "
            f"Talk to the model: python -m jobs.chat checkpoint={folder}"
        )


def _cells(row: ReportRow) -> dict[str, list[float]]:
    """Column title to value, low, high."""
    return {title: [cell.value, cell.low, cell.high] for title, cell in row.cells.items()}
