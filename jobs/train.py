"""Train Gemma 3: evaluate the base, warm it up on demonstrations, reinforce it with rewards, export the result.

python -m jobs.train                                  the real 270M on arithmetic, 19 minutes on two cores
python -m jobs.train --help                           what to change, with examples
"""

from __future__ import annotations

from omegaconf import DictConfig

from jobs.launch import build, check_keys, job
from jobs.parts import check_schedules, prepare
from rlhf.sft import SFTTrainer
from rlhf.trainer import RLTrainer, check_sampling

SETTINGS = ("credit", "critic", "kl_reward", "batch", "loss", "optim", "sampling", "plan")


@job("train")
def main(config: DictConfig) -> None:
    taught = build(config.warmup)
    check_keys(SFTTrainer, taught or {}, "warmup", given=("policy", "prompts", "runtime"))
    settings = {name: build(config[name]) for name in SETTINGS}
    check_sampling(settings["sampling"])
    settings["credit"].check_group_size(settings["plan"].group_size)
    check_schedules(config, settings["plan"])
    with prepare(config, check=settings["critic"].check) as parts:
        common = {"policy": parts.policy, "prompts": parts.prompts, "runtime": parts.runtime}
        warmup = None if taught is None else SFTTrainer(**common, **taught)
        reinforce = RLTrainer(**common, **settings, sampler=parts.sampler, reward=parts.reward, seed=config.seed)
        parts.execute(warmup=warmup, reinforce=reinforce)


if __name__ == "__main__":
    main()
