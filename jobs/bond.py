"""Distil the best of N answers into Gemma 3 (BOND, J-BOND): warm up, learn from policy and anchor, evaluate, export.

python -m jobs.bond                                   the real 270M on arithmetic
python -m jobs.bond --help                            what to change, with examples
"""

from __future__ import annotations

from omegaconf import DictConfig

from jobs.launch import build, check_keys, job
from jobs.parts import check_schedules, prepare
from rlhf.bond import BondTrainer
from rlhf.sft import SFTTrainer
from rlhf.trainer import check_sampling


@job("bond")
def main(config: DictConfig) -> None:
    taught = build(config.warmup)
    check_keys(SFTTrainer, taught or {}, "warmup", given=("policy", "prompts", "runtime"))
    settings = {name: build(config[name]) for name in ("bond", "optim", "sampling", "plan")}
    check_sampling(settings["sampling"])
    check_schedules(config, settings["plan"])
    with prepare(config) as parts:
        common = {"policy": parts.policy, "prompts": parts.prompts, "runtime": parts.runtime}
        warmup = None if taught is None else SFTTrainer(**common, **taught)
        reinforce = BondTrainer(**common, **settings, sampler=parts.sampler, reward=parts.reward, seed=config.seed)
        parts.execute(warmup=warmup, reinforce=reinforce)


if __name__ == "__main__":
    main()
