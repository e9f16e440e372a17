"""Parts that several jobs build alike: network with its adapter, prompts, trackers, and a whole run around them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from omegaconf import DictConfig, OmegaConf

from jobs.launch import build, plain
from model.load import load_model, load_tokenizer, parse_dtype, read_config, resolve_checkpoint
from model.lora import AdapterRoles
from model.tokenizer import Tokenizer
from model.transformer import Gemma3ForCausalLM
from rewards.base import Reward
from rlhf.checkpoint import CheckpointStore
from rlhf.display import Display
from rlhf.errors import ConfigError
from rlhf.policy import POLICY, Policy
from rlhf.prompts import PromptStream
from rlhf.run import Evaluations, ExportPlan, TrainingRun, check_rewards
from rlhf.run_directory import RunDirectory
from rlhf.runtime import Runtime, keep_freed_memory
from rlhf.sampler import NativeSampler
from rlhf.sft import SFTTrainer
from rlhf.tracking import JsonlTracker, Tracker, Trackers, WandbTracker
from rlhf.trainer import RLTrainer

# What may differ between a run and its resumption without changing what was learnt so far.
MAY_DIFFER = (
    "resume", "output_root", "threads", "device", "tracker", "checkpoint", "export", "eval.every", "sampler.max_rows",
    "plan.micro_batch_tokens", "plan.max_failed_share", "warmup.plan.micro_batch_tokens",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Parts:
    """What the supervised and the reinforcement job have in common."""

    config: DictConfig
    runtime: Runtime
    directory: RunDirectory
    display: Display
    tracker: Tracker
    tokenizer: Tokenizer
    prompts: PromptStream
    reward: Reward
    evaluations: Evaluations
    export: ExportPlan | None
    policy: Policy
    sampler: NativeSampler

    def execute(self, *, warmup: SFTTrainer | None, reinforce: RLTrainer | None) -> None:
        """Run these stages, or what an earlier session left of them."""
        run = TrainingRun(
            directory=self.directory,
            runtime=self.runtime,
            policy=self.policy,
            tokenizer=self.tokenizer,
            sampler=self.sampler,
            prompts=self.prompts,
            reward=self.reward,
            warmup=warmup,
            reinforce=reinforce,
            reference=self.config.adapter.reference,
            evaluations=self.evaluations,
            export=self.export,
            store=CheckpointStore(self.directory.checkpoints, keep=self.config.checkpoint.keep),
            checkpoint_every=self.config.checkpoint.every,
            tracker=self.tracker,
            display=self.display,
            sources=source_hashes(self.config.model.checkpoint),
        )
        run.execute(resume=self.config.resume is not None)


@contextmanager
def prepare(config: DictConfig) -> Iterator[Parts]:
    """Everything but the trainers: first what may be wrong and costs little, then the network, then the folder."""
    data = plain(config)
    earlier = _earlier_run(config, data)
    runtime = build_runtime(config)
    evaluations, export, reward = build(config.eval), build(config.export), build(config.reward)
    tokenizer = build_tokenizer(config)
    prompts = build_prompts(config, tokenizer)
    check_context(config)
    check_adapter(config)
    prompts.held_out(evaluations.plan.num_prompts)
    with Display() as display:
        check_rewards(reward, prompts, display.message)
        policy = build_policy(config, build_model(config, runtime))
        directory = earlier or _new_run(config, data, runtime)
        if runtime.is_main:
            directory.record_environment(str(runtime.device))
        yield Parts(
            config=config,
            runtime=runtime,
            directory=directory,
            display=display,
            tracker=build_tracker(config, directory, data, display.message, runtime.is_main),
            tokenizer=tokenizer,
            prompts=prompts,
            reward=reward,
            evaluations=evaluations,
            export=export,
            policy=policy,
            sampler=NativeSampler(policy.model, tokenizer, **config.sampler),
        )


def build_runtime(config: DictConfig) -> Runtime:
    """Threads and device of this process."""
    keep_freed_memory()
    torch.set_num_threads(config.threads or os.cpu_count() or 1)
    if config.device not in ("auto", "cpu"):
        raise ConfigError(f"device is {config.device!r}; give auto (accelerate chooses) or cpu")
    return Runtime(cpu=config.device == "cpu")


def build_model(config: DictConfig, runtime: Runtime) -> Gemma3ForCausalLM:
    return load_model(config.model.checkpoint, dtype=parse_dtype(config.model.dtype), device=runtime.device)


def check_adapter(config: DictConfig) -> None:
    """Raises ConfigError for an adapter that cannot be trained as asked."""
    if config.adapter.reference not in ("start", "base"):
        raise ConfigError(f"adapter.reference is {config.adapter.reference!r}; give start or base")
    if config.adapter.spec.dropout:
        raise ConfigError(
            f"adapter.spec.dropout is {config.adapter.spec.dropout}; set it to 0: the policy that is trained must be "
            "the one that samples, and dropout would make them two"
        )


def build_policy(config: DictConfig, model: Gemma3ForCausalLM) -> Policy:
    """The network with a fresh adapter, or one that is trained further."""
    roles = AdapterRoles(model)
    if config.adapter.start_from:
        roles.load(POLICY, Path(config.adapter.start_from))
    else:
        roles.add(POLICY, build(config.adapter.spec), seed=config.seed)
    return Policy(model, roles)


def build_prompts(config: DictConfig, tokenizer: Tokenizer) -> PromptStream:
    """The stream of prompts; finds what is wrong with the data before anything expensive."""
    source, template = build(config.data), build(config.template)
    return PromptStream(source, tokenizer, template, seed=config.seed, **config.prompts)


def build_tokenizer(config: DictConfig) -> Tokenizer:
    return load_tokenizer(config.model.checkpoint)


def check_context(config: DictConfig) -> None:
    """Refuse lengths that the network has no positions for.

    Raises:
        ConfigError: naming the settings; CheckpointFormatError for another architecture.
    """
    room = read_config(config.model.checkpoint).max_position_embeddings
    prompt, completion = config.prompts.max_prompt_tokens, config.sampling.max_completion_tokens
    if prompt + completion > room:
        raise ConfigError(
            f"prompts.max_prompt_tokens={prompt} and sampling.max_completion_tokens={completion} do not fit in the "
            f"{room} positions of {config.model.checkpoint}; lower one of the two"
        )


def build_tracker(
    config: DictConfig, directory: RunDirectory, data: dict[str, Any], announce: Callable[[str], None], is_main: bool
) -> Tracker:
    """The files that are always written and, when configured, Weights & Biases; nothing but on the main process."""
    if not is_main:
        return Trackers([])
    trackers: list[Tracker] = [JsonlTracker(directory)]
    if config.tracker.wandb:
        trackers.append(WandbTracker(directory, data, announce=announce, **config.tracker.wandb))
    return Trackers(trackers)


def source_hashes(checkpoint: str) -> dict[str, str]:
    """Name to sha256 of the base's weights, for the model card."""
    path = resolve_checkpoint(checkpoint)
    files = sorted(path.glob("*.safetensors")) if path.is_dir() else [path]
    return {file.name: _sha256(file) for file in files}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _earlier_run(config: DictConfig, data: dict[str, Any]) -> RunDirectory | None:
    """The folder of the run to resume, known to be configured like this one."""
    if config.resume is None:
        return None
    directory = RunDirectory.open(config.resume)
    directory.check_config(data, may_differ=MAY_DIFFER)
    return directory


def _new_run(config: DictConfig, data: dict[str, Any], runtime: Runtime) -> RunDirectory:
    """The main process makes the folder, the others are told which."""
    made: list[str] = []
    if runtime.is_main:
        text = OmegaConf.to_yaml(config, resolve=True)
        made.append(str(RunDirectory.create(config.output_root, config.run_name, config=data, config_yaml=text).path))
    return RunDirectory(Path(runtime.gather(made)[0]))
