"""Distillation: teach Gemma 3 another Gemma 3's distributions, evaluate, export.

python -m jobs.distill teacher.checkpoint=gemma-3-4b-it                      from stored logits, as in Gemma 3's report
python -m jobs.distill teacher.checkpoint=outputs/<run> teaching=jsd         on what the student itself says
python -m jobs.distill --help                                                what to change, with examples
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from jobs.checkpoints import check_belongs, is_adapter, is_run, network_of, open_checkpoint
from jobs.launch import build, call, job, plain
from jobs.parts import Parts, build_prompts, build_tokenizer, prepare, source_hashes
from model.hf import check_dtype
from model.load import load_tokenizer, parse_dtype
from model.tokenizer import Tokenizer
from model.transformer import Gemma3ForCausalLM
from rlhf.checkpoint import STATE_FILE, CheckpointStore
from rlhf.distill import FirstProblems, OffPolicy, OffPolicyDistiller, OnPolicy, OnPolicyDistiller
from rlhf.errors import ConfigError
from rlhf.prompts import PromptStream
from rlhf.run_directory import RunDirectory
from rlhf.teacher import check_teacher
from rlhf.teacher_store import MANIFEST, StoredLogits, data_hash, store_logits


@job("distill")
def main(config: DictConfig) -> None:
    plain(config)
    optim, plan, teaching = build(config.optim), build(config.plan), build(config.teaching)
    if config.eval.every:
        raise ConfigError(
            f"eval.every={config.eval.every} counts reinforcement steps and jobs.distill has none: it evaluates before "
            "and after; leave it 0"
        )
    check_dtype(parse_dtype(config.teacher.dtype))
    tokenizer = build_tokenizer(config)
    check_teacher(tokenizer, load_tokenizer(teacher_base(config)))
    check_belongs(config.teacher.checkpoint, teacher_base(config))
    common = {"optim": optim, "plan": plan, "num_tokens": tokenizer.vocab_size}
    if isinstance(teaching, OffPolicy):
        off_policy(config, tokenizer, teaching, common)
    else:
        on_policy(config, teaching, common)


def off_policy(config: DictConfig, tokenizer: Tokenizer, teaching: OffPolicy, common: dict[str, Any]) -> None:
    """Learn from stored logits. Those that do not fit are refused before a network is loaded or a run's folder made."""
    stream = build_prompts(config, tokenizer)
    source = FirstProblems(stream.source, teaching.num_examples)
    given = {"source": source, "tokenizer": tokenizer, "template": stream.template, "seed": config.seed}
    prompts = call(PromptStream, config.prompts, "prompts", **given)
    examples = [prompt for _, prompt in prompts.preview(source.train_size)]
    identity = teaching.identity(teacher=teacher_hash(config), data=data_hash(examples))
    folder = Path(teaching.folder).expanduser()
    found = (folder / MANIFEST).is_file()
    if found:
        StoredLogits(folder, examples, identity)
    elif folder.exists() and any(folder.iterdir()):
        raise ConfigError(f"{folder} holds something else than a teacher's logits; give another teaching.folder")
    with prepare(config) as parts:
        if not found and parts.runtime.is_main:
            parts.display.stage("teacher's logits", len(examples), unit="demonstrations")
            store_logits(
                load_teacher(parts),
                examples,
                folder,
                identity,
                num_tokens=tokenizer.vocab_size,
                micro_batch_tokens=config.plan.micro_batch_tokens,
                on_done=lambda done: parts.display.update(done, {}),
            )
        parts.runtime.wait()
        stored = StoredLogits(folder, examples, identity)
        parts.display.message(f"the teacher's logits of {len(examples)} demonstrations: {folder}")
        seen = {"policy": parts.policy, "runtime": parts.runtime, "prompts": prompts}
        trainer = OffPolicyDistiller(**common, **seen, stored=stored, settings=teaching)
        replace(parts, prompts=prompts).execute(warmup=trainer, reinforce=None)


def on_policy(config: DictConfig, teaching: OnPolicy, common: dict[str, Any]) -> None:
    """Learn on the student's own completions, with the teacher in memory."""
    sampling = build(config.sampling)
    with prepare(config) as parts:
        seen = {"policy": parts.policy, "runtime": parts.runtime, "prompts": parts.prompts, "sampler": parts.sampler}
        trainer = OnPolicyDistiller(
            **common, **seen, teacher=load_teacher(parts), sampling=sampling, settings=teaching, seed=config.seed
        )
        parts.execute(warmup=trainer, reinforce=None)


def load_teacher(parts: Parts) -> Gemma3ForCausalLM:
    teacher = parts.config.teacher
    opened = open_checkpoint(teacher.checkpoint, base=teacher.base, dtype=teacher.dtype, device=parts.runtime.device)
    return opened.model


def teacher_base(config: DictConfig) -> str:
    """Name or path of the teacher's network, whose adapter the checkpoint may be."""
    return network_of(config.teacher.checkpoint, config.teacher.base)


def teacher_hash(config: DictConfig) -> str:
    """sha256 of all that the teacher's weights are made from, and of their dtype."""
    parts = [config.teacher.dtype, *source_hashes(teacher_base(config)).values()]
    path = Path(config.teacher.checkpoint).expanduser()
    files: list[Path] = []
    if is_run(path):
        latest = CheckpointStore(RunDirectory.open(path).checkpoints).latest()
        files = [latest / STATE_FILE] if latest else []
    elif is_adapter(path):
        files = sorted(path.glob("adapter_*"))
    for file in files:
        with file.open("rb") as opened:
            parts.append(hashlib.file_digest(opened, "sha256").hexdigest())
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()


if __name__ == "__main__":
    main()
