"""Train Gemma 3: evaluate the base, warm it up on demonstrations, reinforce it with rewards, export the result.

python -m jobs.train                                  the real 270M on arithmetic, about 15 minutes on two cores
python -m jobs.train --help                           every group and setting
"""

from __future__ import annotations

from omegaconf import DictConfig, OmegaConf

from jobs.launch import build, job, plain
from jobs.parts import (
    build_model,
    build_policy,
    build_prompts,
    build_runtime,
    build_tokenizer,
    build_tracker,
    open_directory,
    source_hashes,
)
from rlhf.checkpoint import CheckpointStore
from rlhf.display import Display
from rlhf.run import TrainingRun
from rlhf.sampler import NativeSampler
from rlhf.sft import SFTTrainer
from rlhf.trainer import RLTrainer


@job("train")
def main(config: DictConfig) -> None:
    data = plain(config)
    runtime = build_runtime(config)
    reward, tokenizer = build(config.reward), build_tokenizer(config)
    prompts = build_prompts(config, tokenizer)
    settings = {name: build(config[name]) for name in ("credit", "loss", "optim", "sampling", "plan", "eval", "export")}
    opened = open_directory(config, data, OmegaConf.to_yaml(config, resolve=True))
    with Display() as display:
        opened.directory.record_environment(str(runtime.device))
        tracker = build_tracker(config, opened.directory, data, display.message, runtime.is_main)
        policy = build_policy(config, build_model(config, runtime))
        sampler = NativeSampler(policy.model, tokenizer, max_rows=config.sampler.max_rows)
        warmup = None
        if config.warmup is not None:
            optim, plan = build(config.warmup.optim), build(config.warmup.plan)
            warmup = SFTTrainer(policy=policy, prompts=prompts, optim=optim, plan=plan, runtime=runtime)
        trainer = RLTrainer(
            policy=policy,
            sampler=sampler,
            prompts=prompts,
            reward=reward,
            credit=settings["credit"],
            loss=settings["loss"],
            optim=settings["optim"],
            sampling=settings["sampling"],
            plan=settings["plan"],
            runtime=runtime,
            seed=config.seed,
        )
        run = TrainingRun(
            directory=opened.directory,
            runtime=runtime,
            policy=policy,
            tokenizer=tokenizer,
            sampler=sampler,
            prompts=prompts,
            reward=reward,
            warmup=warmup,
            reinforce=trainer,
            evaluations=settings["eval"],
            export=settings["export"],
            store=CheckpointStore(opened.directory.checkpoints, keep=config.checkpoint.keep),
            checkpoint_every=config.checkpoint.every,
            tracker=tracker,
            display=display,
            sources=source_hashes(config),
        )
        run.check_rewards()
        run.execute(resume=opened.resumed)


if __name__ == "__main__":
    main()
