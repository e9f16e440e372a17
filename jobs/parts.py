"""Parts that several jobs build alike: network with its adapter, prompts, trackers, and a whole run around them."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from omegaconf import DictConfig, OmegaConf

from jobs.launch import build, call, check_keys, plain
from model.doors import check_adapter
from model.gguf_writer import check_representable
from model.load import load_model, load_tokenizer, parse_dtype, read_config, resolve_checkpoint
from model.lora import AdapterRoles
from model.recompute import KEEP, parse_activations
from model.tokenizer import Tokenizer
from model.transformer import Gemma3ForCausalLM
from rewards.base import Described, Reward
from rlhf.anchor import check_rate
from rlhf.checkpoint import CheckpointStore
from rlhf.display import Display
from rlhf.errors import ConfigError
from rlhf.evaluate import check_terms
from rlhf.export_plan import ExportPlan
from rlhf.policy import POLICY, Policy
from rlhf.prompts import PromptStream
from rlhf.reward_check import check_rewards
from rlhf.reward_role import attach_all, waiting_scorers
from rlhf.run import Checkpoints, Evaluations, TrainingRun
from rlhf.run_directory import RunDirectory
from rlhf.runtime import Runtime, default_threads, give_back_freed_memory, keep_freed_memory
from rlhf.sampler import NativeSampler
from rlhf.sft import SFTTrainer, demonstrations
from rlhf.tracking import JsonlTracker, Tracker, Trackers
from rlhf.trainer import Plan, RLTrainer
from rlhf.wandb_tracker import WandbTracker

# What may differ between a run and its resumption without changing what was learnt so far.
MAY_DIFFER = (
    "resume", "output_root", "threads", "device", "tracker", "checkpoint", "export", "eval.every",
    "eval.plan.max_failed_share", "sampler.max_rows", "sampler.keep_packed", "model.activations",
    "plan.micro_batch_tokens", "plan.max_failed_share", "plan.name", "warmup.plan.micro_batch_tokens",
)  # fmt: skip
# What a resumption may change to get past the step that stopped the run; it is said on the screen.
MAY_BE_MENDED = ("optim.lr", "critic.optim.lr", "warmup.optim.lr", "reward")


@dataclass(frozen=True, kw_only=True, slots=True)
class Parts:
    """What the supervised and the reinforcement job have in common."""

    config: DictConfig
    runtime: Runtime
    directory: RunDirectory
    display: Display
    tokenizer: Tokenizer
    prompts: PromptStream
    reward: Reward
    evaluations: Evaluations
    export: ExportPlan | None
    checkpoints: Checkpoints
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
            reference_rate=self.config.adapter.reference_rate,
            evaluations=self.evaluations,
            export=self.export,
            store=open_store(self.directory, self.checkpoints),
            checkpoints=self.checkpoints,
            tracker=build_tracker(self.config, self.directory, self.display.message, self.runtime.is_main),
            display=self.display,
            sources=source_hashes(self.config.model.checkpoint),
        )
        run.execute(resume=self.config.resume is not None)


@contextmanager
def prepare(
    config: DictConfig, *, check: Callable[[str, Tokenizer], None] = lambda checkpoint, tokenizer: None
) -> Iterator[Parts]:
    """Everything but the trainers: first what may be wrong and costs little, then the network, then the folder.

    Args:
        check: what the job has to ask of the policy's base and its tokenizer before the network is loaded.
    """
    data = plain(config)
    earlier, changed = _earlier_run(config, data)
    runtime = build_runtime(config)
    evaluations, export = build(config.eval), build(config.export)
    check_start(config)
    tokenizer = build_tokenizer(config)
    check(config.model.checkpoint, tokenizer)
    with waiting_scorers() as scorers:
        reward = build(config.reward)
    check_terms(reward, evaluations.plan)
    checkpoints = build(config.checkpoint)
    check_keys(NativeSampler, config.sampler, "sampler", given=("model", "tokenizer"))
    prompts = build_prompts(config, tokenizer)
    check_context(config)
    check_spec(config)
    for scorer in scorers:
        scorer.check(config.model.checkpoint)
    check_export(config, export)
    prompts.held_out(evaluations.plan.num_prompts)
    check_targets(config, prompts)
    with Display(quiet=not runtime.is_main) as display:
        described = describe(reward)
        for name, facts in described.items():
            display.message(f"reward {name}: {facts.get('shown', facts)}")
        if not scorers:  # before the network is loaded, where the reward does not need it
            check_rewards(reward, prompts, display.message)
        policy = build_policy(config, build_model(config, runtime))
        attach_all(scorers, policy.roles, tokenizer)
        if scorers:
            check_rewards(reward, prompts, display.message)
        if config.adapter.start_from:
            display.message(f"training {config.adapter.start_from} further: {policy.roles.spec(POLICY)}, its own shape")
        directory = earlier or _new_run(config, data, runtime)
        for key, (was, now) in changed.items():
            display.message(f"resumed with {key}={now!r}, was {was!r}")
        with hold(directory, runtime):
            if runtime.is_main:
                directory.record_environment(str(runtime.device), described)
            yield Parts(
                config=config,
                runtime=runtime,
                directory=directory,
                display=display,
                tokenizer=tokenizer,
                prompts=prompts,
                reward=reward,
                evaluations=evaluations,
                export=export,
                checkpoints=checkpoints,
                policy=policy,
                sampler=call(NativeSampler, config.sampler, "sampler", model=policy.model, tokenizer=tokenizer),
            )


def hold(directory: RunDirectory, runtime: Runtime) -> AbstractContextManager[None]:
    """Inside, this run alone writes to its folder, by its main process."""
    return directory.held() if runtime.is_main else nullcontext()


def open_store(directory: RunDirectory, checkpoints: Checkpoints) -> CheckpointStore:
    """The checkpoints of this run and of no other one."""
    return CheckpointStore(directory.checkpoints, keep=checkpoints.keep, run=directory.config_hash)


def describe(reward: Reward) -> dict[str, Any]:
    """What the reward's terms have to say of themselves and this machine."""
    return reward.describe() if isinstance(reward, Described) else {}


def build_runtime(config: DictConfig) -> Runtime:
    """Threads and device of this process."""
    keep_freed_memory()
    torch.set_num_threads(config.threads or default_threads())
    if config.device not in ("auto", "cpu"):
        raise ConfigError(f"device is {config.device!r}; give auto (accelerate chooses) or cpu")
    return Runtime(cpu=config.device == "cpu")


def build_model(config: DictConfig, runtime: Runtime) -> Gemma3ForCausalLM:
    """The network of the configuration, on the runtime's device."""
    kept = parse_activations(config.model.get("activations", KEEP))
    model = load_model(config.model.checkpoint, dtype=parse_dtype(config.model.dtype), device=runtime.device)
    model.model.kept_activations = kept
    return model


def check_reference(config: DictConfig) -> None:
    """Raises ConfigError for a reference that there is not."""
    if config.adapter.reference not in ("start", "base"):
        raise ConfigError(f"adapter.reference is {config.adapter.reference!r}; give start or base")
    check_rate(config.adapter.reference_rate)


def check_start(config: DictConfig) -> None:
    """Raises CheckpointFormatError for an adapter to train further that is none of this base's."""
    if config.adapter.start_from:
        check_adapter(Path(config.adapter.start_from).expanduser(), config.model.checkpoint)


def check_spec(config: DictConfig) -> None:
    """Raises ConfigError for an adapter that cannot be trained as asked."""
    check_reference(config)
    if config.adapter.spec.dropout:
        raise ConfigError(
            f"adapter.spec.dropout is {config.adapter.spec.dropout}; set it to 0: the policy that is trained must be "
            "the one that samples, and dropout would make them two"
        )


def check_schedules(config: DictConfig, plan: Plan) -> None:
    """Raises ConfigError for a schedule over all updates where the clock ends them: now, not behind the network."""
    for name in ("optim", "critic.optim"):
        if (settings := OmegaConf.select(config, name)) is not None:
            build(settings).check_length(plan.total_updates, name)


def check_export(config: DictConfig, plan: ExportPlan | None) -> None:
    """Raises CheckpointFormatError for a GGUF of a network that the format cannot describe: now, not after training."""
    if plan is not None and "gguf" in plan.formats:
        check_representable(read_config(config.model.checkpoint), f"{plan.name}.gguf")


def build_policy(config: DictConfig, model: Gemma3ForCausalLM) -> Policy:
    """The network with a fresh adapter, or one that is trained further."""
    roles = AdapterRoles(model)
    if config.adapter.start_from:
        roles.load(POLICY, Path(config.adapter.start_from).expanduser())
    else:
        roles.add(POLICY, build(config.adapter.spec), seed=config.seed)
    return Policy(model, roles)


def build_prompts(config: DictConfig, tokenizer: Tokenizer) -> PromptStream:
    """The stream of prompts; finds what is wrong with the data before anything expensive."""
    source, template = build(config.data), build(config.template)
    parts = {"source": source, "tokenizer": tokenizer, "template": template, "seed": config.seed}
    parts["curriculum"] = build(config.get("curriculum"))
    return call(PromptStream, config.prompts, "prompts", **parts)


def build_tokenizer(config: DictConfig) -> Tokenizer:
    tokenizer = load_tokenizer(config.model.checkpoint)
    give_back_freed_memory()
    return tokenizer


def check_context(config: DictConfig) -> None:
    """Refuse lengths that the network, or a critic's own, has no positions for.

    Raises:
        ConfigError: naming the settings; CheckpointFormatError for another architecture.
    """
    prompt, completion = config.prompts.max_prompt_tokens, config.sampling.max_completion_tokens
    for checkpoint in (config.model.checkpoint, OmegaConf.select(config, "critic.checkpoint")):
        room = math.inf if checkpoint is None else read_config(checkpoint).max_position_embeddings
        if prompt + completion > room:
            raise ConfigError(
                f"prompts.max_prompt_tokens={prompt} and sampling.max_completion_tokens={completion} do not fit in the "
                f"{room} positions of {checkpoint}; lower one of the two"
            )


def check_targets(config: DictConfig, prompts: PromptStream) -> None:
    """Refuse demonstrations that cannot be imitated, by the first training problems.

    Raises:
        ConfigError: if a demonstration is longer than completions may be: what it teaches would be cut off.
        DataError: if there is none where supervised learning needs one.
    """
    first = [prompt for _, prompt in prompts.preview(32)]
    if config.get("warmup", config):  # jobs.sft has no warm-up: it is one
        demonstrations(first)
    longest = max(first, key=lambda prompt: len(prompt.target_ids))
    for name in ("sampling", "eval.plan"):
        room = OmegaConf.select(config, f"{name}.max_completion_tokens")
        if room is not None and len(longest.target_ids) > room:
            raise ConfigError(
                f"the demonstration of {longest.id} has {len(longest.target_ids)} tokens, more than "
                f"{name}.max_completion_tokens={room}: completions like it would be cut off; raise it, or shorten "
                "the answers"
            )


def build_tracker(
    config: DictConfig, directory: RunDirectory, announce: Callable[[str], None], is_main: bool
) -> Tracker:
    """The files that are always written and, when configured, Weights & Biases; nothing but on the main process."""
    if not is_main:
        return Trackers([])
    trackers: list[Tracker] = [JsonlTracker(directory)]
    if config.tracker.wandb:
        parts = {"run_directory": directory, "config": plain(config), "announce": announce}
        trackers.append(call(WandbTracker, config.tracker.wandb, "tracker.wandb", **parts))
    return Trackers(trackers)


def source_hashes(checkpoint: str) -> dict[str, str]:
    """Name to sha256 of the base's weights, for the model card."""
    path = resolve_checkpoint(checkpoint)
    files = sorted(path.glob("*.safetensors")) if path.is_dir() else [path]
    return {file.name: _sha256(file) for file in files}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _earlier_run(config: DictConfig, data: dict[str, Any]) -> tuple[RunDirectory | None, dict[str, tuple[Any, Any]]]:
    """The folder of the run to resume, known to be configured like this one, and the settings that now teach
    otherwise: key to what it was and is."""
    if config.resume is None:
        return None, {}
    directory = RunDirectory.open(config.resume)
    differing = directory.check_config(data, may_differ=(*MAY_DIFFER, *MAY_BE_MENDED))
    return directory, {key: pair for key, pair in differing.items() if key.startswith(MAY_BE_MENDED)}


def _new_run(config: DictConfig, data: dict[str, Any], runtime: Runtime) -> RunDirectory:
    """The main process makes the folder, the others are told which."""
    made: list[str] = []
    if runtime.is_main:
        text = OmegaConf.to_yaml(config, resolve=True)
        made.append(str(RunDirectory.create(config.output_root, config.run_name, config=data, config_yaml=text).path))
    return RunDirectory(Path(runtime.gather(made)[0]))
