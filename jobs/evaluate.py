"""Evaluate any checkpoint on the held-out problems: greedy, sampled pass@1, pass@k, well-formed answers, every term.

python -m jobs.evaluate checkpoint=gemma-3-270m                the base
python -m jobs.evaluate checkpoint=outputs/<run>               a run's last checkpoint
python -m jobs.evaluate checkpoint=... reference=base          and how far it is from the base
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import Any

from omegaconf import DictConfig, OmegaConf

from jobs.checkpoints import Opened, is_adapter, is_run, network_of, open_checkpoint
from jobs.launch import build, call, job, plain
from jobs.merge import adapter_folder
from jobs.parts import build_prompts, build_runtime
from model.doors import check_adapter
from rlhf.display import Display
from rlhf.errors import ConfigError, DataError
from rlhf.evaluate import Divergence, check_terms, evaluate
from rlhf.evaluation import Evaluation, prompt_digest, report_tables
from rlhf.policy import POLICY, REFERENCE
from rlhf.report import tables_markdown
from rlhf.run_directory import RunDirectory, write_json
from rlhf.sampled_kl import sampled_kl
from rlhf.sampler import NativeSampler

RESULT_FILE = "evaluation.json"


@job("evaluate")
def main(config: DictConfig) -> None:
    data = plain(config)
    runtime = build_runtime(config)
    plan, reward = build(config.eval).plan, build(config.reward)
    check_terms(reward, plan)
    before = None if config.against is None else read_evaluation(Path(config.against).expanduser())
    with Display() as display:
        for warning in contamination(Path(config.checkpoint).expanduser(), data):
            display.message(warning)
        check_reference(config.checkpoint, config.base, config.reference, plan.temperature)
        opened = open_checkpoint(config.checkpoint, base=config.base, dtype=config.dtype, device=runtime.device)
        divergence = None if config.reference is None else distance(opened, config.reference, plan.temperature)
        prompts = build_prompts(config, opened.tokenizer).held_out(plan.num_prompts)
        if before is not None:
            digests = [prompt_digest(prompt) for prompt in prompts]
            before.check_comparable(digests, plan.temperature, plan.max_completion_tokens, plan.correct_term)
        directory = RunDirectory.create(
            config.output_root, config.run_name, config=data, config_yaml=OmegaConf.to_yaml(config, resolve=True)
        )
        directory.record_environment(str(runtime.device))
        display.stage(f"evaluate: {config.checkpoint}", plan.num_completions, unit="completions")
        sampler = call(NativeSampler, config.sampler, "sampler", model=opened.model, tokenizer=opened.tokenizer)
        result = evaluate(sampler, prompts, reward, plan, runtime, lambda done: display.update(done, {}), divergence)
        write_json(directory.path / RESULT_FILE, {"checkpoint": config.checkpoint, **result.to_dict()})
        earlier = {str(config.against): before} if before is not None else {}
        pairs = {"difference": (str(config.against), config.checkpoint)} if earlier else {}
        tables = report_tables({**earlier, config.checkpoint: result}, pairs)
        (directory.path / "report.md").write_text(tables_markdown(tables), encoding="utf-8")
        for table in tables:
            display.report_table(table)
        if result.kl:
            display.message(f"KL to {config.reference}: {fmean(result.kl):.3g} nats per completion")
        display.message(
            f"{plan.num_prompts} problems, seed {plan.seed}, {plan.samples_per_prompt} samples each at temperature "
            f"{plan.temperature:g}; {result.failed_share:.1%} of rewards failed. "
            f"Results: {directory.path / RESULT_FILE}"
        )


def check_reference(checkpoint: str, base: str | None, reference: str | None, temperature: float) -> None:
    """Refuse a reference that the KL cannot be measured to, before a network is loaded.

    Raises:
        ConfigError: if the checkpoint has no adapter, or nothing is sampled to measure on.
        CheckpointFormatError: if the reference is an adapter of another base.
    """
    path = Path(checkpoint).expanduser()
    if reference is None:
        return
    if not is_run(path) and not is_adapter(path):
        raise ConfigError(
            f"reference={reference} measures how far an adapter is from its start, and the checkpoint is a whole "
            "network; give an adapter or a run, or leave it out"
        )
    if temperature == 0:
        raise ConfigError("reference measures the KL on samples, and eval.plan.temperature=0 gives none; set it to 1")
    if reference != "base":
        check_adapter(adapter_folder(reference), network_of(checkpoint, base))


def distance(opened: Opened, reference: str, temperature: float) -> Divergence:
    """What measures the KL of the opened adapter to another one of the same base, or to the bare base."""
    assert opened.roles is not None
    if reference == "base":
        return partial(sampled_kl, opened.roles, POLICY, None, temperature=temperature)
    opened.roles.load(REFERENCE, adapter_folder(reference), trainable=False)
    opened.roles.activate(POLICY)
    return partial(sampled_kl, opened.roles, POLICY, REFERENCE, temperature=temperature)


def contamination(checkpoint: Path, config: Mapping[str, Any]) -> Iterator[str]:
    """A warning if the checkpoint is of a run whose problems were divided otherwise: what is held out here may have
    been trained on there. It is looked for in the folders around an exported checkpoint, too."""
    for folder in (checkpoint, *checkpoint.parents[:2]):
        if not is_run(folder):
            continue
        trained = json.loads((folder / "config.json").read_text(encoding="utf-8"))["config"]
        was, now = trained["data"], config["data"]
        names = [key for key in {**was, **now} if was.get(key) != now.get(key)]
        if names:
            yield (
                f"warning: {folder} was trained with another data.{', data.'.join(names)}, so the problems that are "
                "held out here may be among those that it was trained on; the settings are in its config.yaml"
            )
        return


def read_evaluation(path: Path) -> Evaluation:
    """The result that this job, or a run in its `evaluations/`, wrote.

    Raises:
        DataError: if the file is something else.
    """
    try:
        return Evaluation.from_dict(json.loads(path.read_text(encoding="utf-8")))
    except (DataError, TypeError, AttributeError, json.JSONDecodeError) as error:
        raise DataError(f"{path} is no evaluation ({error}); give a run's evaluations/<name>.json") from error


if __name__ == "__main__":
    main()
