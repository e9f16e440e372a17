"""Evaluate any checkpoint on the held-out problems: greedy, sampled pass@1, pass@k, well-formed answers.

python -m jobs.evaluate checkpoint=gemma-3-270m                the base
python -m jobs.evaluate checkpoint=outputs/<run>               a run's last checkpoint
"""

from __future__ import annotations

import json
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from jobs.checkpoints import open_checkpoint
from jobs.launch import build, job, plain
from jobs.parts import build_prompts, build_runtime
from rlhf.display import Display
from rlhf.errors import DataError
from rlhf.evaluate import Evaluation, evaluate
from rlhf.report import report_markdown
from rlhf.run_directory import RunDirectory, write_json
from rlhf.sampler import NativeSampler

RESULT_FILE = "evaluation.json"


@job("evaluate")
def main(config: DictConfig) -> None:
    data = plain(config)
    runtime = build_runtime(config)
    plan, reward = build(config.eval).plan, build(config.reward)
    before = None if config.against is None else read_evaluation(Path(config.against))
    with Display() as display:
        opened = open_checkpoint(config.checkpoint, base=config.base, dtype=config.dtype, device=runtime.device)
        prompts = build_prompts(config, opened.tokenizer).held_out(plan.num_prompts)
        directory = RunDirectory.create(
            config.output_root, config.run_name, config=data, config_yaml=OmegaConf.to_yaml(config, resolve=True)
        )
        directory.record_environment(str(runtime.device))
        display.stage(f"evaluate: {config.checkpoint}", plan.num_prompts, unit="problems")
        sampler = NativeSampler(opened.model, opened.tokenizer, **config.sampler)
        result = evaluate(sampler, prompts, reward, plan, runtime)
        rows, differences = [result.row(config.checkpoint)], []
        if before is not None:
            rows.insert(0, before.row(str(config.against)))
            differences.append(result.difference(before, "difference"))
        write_json(directory.path / RESULT_FILE, {"checkpoint": config.checkpoint, **result.to_dict()})
        (directory.path / "report.md").write_text(report_markdown(rows, differences), encoding="utf-8")
        display.report_table(rows, differences)
        display.message(
            f"{plan.num_prompts} problems, seed {plan.seed}, {plan.samples_per_prompt} samples each at temperature "
            f"{plan.temperature:g}. Results: {directory.path / RESULT_FILE}"
        )


def read_evaluation(path: Path) -> Evaluation:
    """The result that this job, or a run in its `evaluations/`, wrote.

    Raises:
        DataError: if the file is something else.
    """
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        fields.pop("checkpoint", None)
        return Evaluation.from_dict(fields)
    except (TypeError, AttributeError, json.JSONDecodeError) as error:
        raise DataError(f"{path} is no evaluation ({error}); give a run's evaluations/<name>.json") from error


if __name__ == "__main__":
    main()
