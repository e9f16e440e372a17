"""Parts that several jobs build alike: network with its adapter, prompts, trackers."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from omegaconf import DictConfig

from jobs.launch import build
from model.load import load_model, load_tokenizer, parse_dtype, resolve_checkpoint
from model.lora import AdapterRoles
from model.tokenizer import Tokenizer
from model.transformer import Gemma3ForCausalLM
from rlhf.errors import ConfigError
from rlhf.policy import POLICY, Policy
from rlhf.prompts import PromptStream
from rlhf.run_directory import RunDirectory
from rlhf.runtime import Runtime
from rlhf.tracking import JsonlTracker, Tracker, Trackers, WandbTracker


def build_runtime(config: DictConfig) -> Runtime:
    """Threads and device of this process."""
    torch.set_num_threads(config.threads or os.cpu_count() or 1)
    if config.device not in ("auto", "cpu"):
        raise ConfigError(f"device is {config.device!r}; give auto (accelerate chooses) or cpu")
    return Runtime(cpu=config.device == "cpu")


def build_model(config: DictConfig, runtime: Runtime) -> Gemma3ForCausalLM:
    return load_model(config.model.checkpoint, dtype=parse_dtype(config.model.dtype), device=runtime.device)


def build_policy(config: DictConfig, model: Gemma3ForCausalLM) -> Policy:
    """The network with a fresh adapter, or one that is trained further."""
    if config.adapter.reference not in ("start", "base"):
        raise ConfigError(f"adapter.reference is {config.adapter.reference!r}; give start or base")
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


def source_hashes(config: DictConfig) -> dict[str, str]:
    """Name to sha256 of the base's weights, for the model card."""
    path = resolve_checkpoint(config.model.checkpoint)
    files = sorted(path.glob("*.safetensors")) if path.is_dir() else [path]
    return {file.name: _sha256(file) for file in files}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True, slots=True)
class Opened:
    """A run's folder, and whether it continues an earlier run."""

    directory: RunDirectory
    resumed: bool


# What may differ between a run and its resumption without changing what was learnt so far.
MAY_DIFFER = (
    "resume", "output_root", "threads", "device", "tracker", "checkpoint", "export", "eval.every", "sampler.max_rows",
    "plan.micro_batch_tokens", "plan.max_failed_share", "warmup.plan.micro_batch_tokens",
)  # fmt: skip


def open_directory(config: DictConfig, data: dict[str, Any], text: str) -> Opened:
    """A new run's folder, or the one to resume after checking that it was configured alike."""
    if config.resume:
        directory = RunDirectory.open(config.resume)
        directory.check_config(data, may_differ=MAY_DIFFER)
        return Opened(directory, True)
    return Opened(RunDirectory.create(config.output_root, config.run_name, config=data, config_yaml=text), False)
