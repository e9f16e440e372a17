"""Supervised fine-tuning alone: teach Gemma 3 the data's own answers, evaluate, export.

python -m jobs.sft data=records data.path=my.jsonl    your questions and answers
python -m jobs.sft --help                             what to change, with examples
"""

from __future__ import annotations

from omegaconf import DictConfig

from jobs.launch import build, job
from jobs.parts import prepare
from rlhf.errors import ConfigError
from rlhf.sft import SFTTrainer


@job("sft")
def main(config: DictConfig) -> None:
    optim, plan = build(config.optim), build(config.plan)
    if config.eval.every:
        raise ConfigError(
            f"eval.every={config.eval.every} counts reinforcement steps and jobs.sft has none: it evaluates before and "
            "after; leave it 0"
        )
    with prepare(config) as parts:
        trainer = SFTTrainer(policy=parts.policy, prompts=parts.prompts, optim=optim, plan=plan, runtime=parts.runtime)
        parts.execute(warmup=trainer, reinforce=None)


if __name__ == "__main__":
    main()
