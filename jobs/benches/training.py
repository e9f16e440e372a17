"""One thing of what jobs.train does, measured with its settings: one of `measures`.

Every number is the median, least and greatest of `runs` measurements behind one that is not counted. `peak_gb` is the
process's own, loading included, so give every measurement a process of its own where memory matters.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module
from statistics import median

import torch
from omegaconf import DictConfig
from torch import nn

from jobs.benches.limits import shared_prefix, update
from jobs.launch import build, job, plain
from jobs.parts import build_model, build_policy, build_prompts, build_runtime, build_tokenizer
from jobs.train import SETTINGS
from model.tokenizer import Tokenizer
from rlhf.collate import collate
from rlhf.errors import ConfigError
from rlhf.logprobs import token_logprobs
from rlhf.policy import Policy
from rlhf.prompts import PromptStream
from rlhf.reward_role import attach_all, waiting_scorers
from rlhf.run_directory import config_hash, environment
from rlhf.runtime import Runtime, peak_memory_gb
from rlhf.sampler import NativeSampler
from rlhf.sft import demonstrations
from rlhf.trainer import RLTrainer
from rlhf.types import Metrics

Measure = Callable[[], Metrics]


@job("bench")
def main(config: DictConfig) -> None:
    data = plain(config)
    measures = {
        **{"step": measure_step, "sampling": _sampling, "logprobs": _logprobs, "load": _load},
        **{"update": update, "shared_prefix": shared_prefix},
    }
    whole = {"start": "start", "growth": "grow", "profile": "profile", "memory": "compare"}
    if config.what not in (*measures, *whole):
        raise ConfigError(f"what is {config.what!r}; give one of {', '.join((*measures, *whole))} or rewards")
    if config.what in whole:
        return getattr(import_module(f"jobs.benches.{config.what}"), whole[config.what])(config)
    if config.peer:
        from jobs.benches.beside import compare

        return compare(config)
    runtime = build_runtime(config)
    measure = measures[config.what](config, runtime)
    measure()
    runs = [measure() for _ in range(config.runs)]
    columns = {name: [run[name] for run in runs if name in run] for name in dict.fromkeys(n for r in runs for n in r)}
    env = environment(str(runtime.device))
    line = {
        "what": config.what,
        "timestamp": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": env["git_commit"],
        "dirty": env["git_dirty"],
        "device": env["device_name"],
        "threads": env["torch_threads"],
        "runs": config.runs,
        "metrics": {k: {"median": median(v), "min": min(v), "max": max(v)} for k, v in columns.items()},
        "peak_gb": peak_memory_gb(),
        "config_hash": config_hash(data),
        "config": {name: data[name] for name in ("model", "adapter", "sampling", "sampler", "plan")},
    }
    print(json.dumps(line))


def measure_step(config: DictConfig, runtime: Runtime) -> Measure:
    """Seconds of a GRPO step by stage. Without warm-up and with its updates: a step like the run's first ones."""
    with waiting_scorers() as scorers:
        settings = {name: build(config[name]) for name in ("reward", *SETTINGS)}
    policy, tokenizer, prompts = _workload(config, runtime)
    attach_all(scorers, policy.roles, tokenizer)
    if config.full_length:
        tokenizer.stop_ids = ()  # pyright: ignore[reportAttributeAccessIssue] - a fixed amount of work
    sampler = NativeSampler(policy.model, tokenizer, **config.sampler)
    trainer = RLTrainer(policy=policy, sampler=sampler, prompts=prompts, runtime=runtime, seed=config.seed, **settings)
    steps = iter(range(config.runs + 1))

    def measure() -> Metrics:
        metrics = trainer.run_iteration(next(steps)).metrics
        return {name: value for name, value in metrics.items() if name.startswith(("time/", "speed/", "len/"))}

    return measure


def _sampling(config: DictConfig, runtime: Runtime) -> Measure:
    """Tokens per second of one step's rollouts, none of which ends early, beside the limit of the matrix products."""
    policy, tokenizer, stream = _workload(config, runtime)
    tokenizer.stop_ids = ()  # pyright: ignore[reportAttributeAccessIssue] - a fixed amount of work
    sampler = NativeSampler(policy.model, tokenizer, **config.sampler)
    prompts, params, group_size = (
        stream.take(config.plan.prompts_per_step),
        build(config.sampling),
        config.plan.group_size,
    )
    num_rows = min(len(prompts), max(1, config.sampler.max_rows // group_size)) * group_size
    num_tokens = len(prompts) * group_size * params.max_completion_tokens

    def measure() -> Metrics:
        speed = num_tokens / _seconds(lambda: sampler.sample(prompts, group_size, params, seed=config.seed))
        limit = num_rows / _seconds(lambda: _matrix_products(policy, num_rows))
        return {"tokens_per_s": speed, "matrix_limit_tokens_per_s": limit, "share_of_limit": speed / limit}

    return measure


@torch.inference_mode()
def _matrix_products(policy: Policy, num_rows: int) -> None:
    """Every weight of the base times as many columns as rows are decoded: what a token cannot do without."""
    weights = [p for _, p in policy.roles.base_parameters() if p.ndim == 2]
    for weight in weights:
        nn.functional.linear(torch.ones((num_rows, weight.shape[1]), dtype=weight.dtype, device=weight.device), weight)


def _logprobs(config: DictConfig, runtime: Runtime) -> Measure:
    """Seconds of the log-probabilities of a step's demonstrations, one per prompt, each in a row of its own."""
    policy, _, stream = _workload(config, runtime)
    prompts = stream.take(config.plan.prompts_per_step)
    batch = collate(demonstrations(prompts), max_row_tokens=0).to(runtime.device)

    def measure() -> Metrics:
        with torch.no_grad():
            forward = _seconds(lambda: token_logprobs(policy.model, batch))
        both = _seconds(lambda: token_logprobs(policy.model, batch).sum().backward())
        num_tokens = int((batch.positions >= 0).sum())
        return {"forward_s": forward, "forward_backward_s": both, "tokens_per_s": num_tokens / both}

    return measure


def _load(config: DictConfig, runtime: Runtime) -> Measure:
    """Seconds to the network and to the tokenizer, the file in the page cache."""
    return lambda: {
        "network_s": _seconds(lambda: build_model(config, runtime)),
        "tokenizer_s": _seconds(lambda: build_tokenizer(config)),
    }


def _workload(config: DictConfig, runtime: Runtime) -> tuple[Policy, Tokenizer, PromptStream]:
    tokenizer = build_tokenizer(config)
    return build_policy(config, build_model(config, runtime)), tokenizer, build_prompts(config, tokenizer)


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - start
