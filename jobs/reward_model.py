"""Train a reward model on preference pairs, and say how good, how calibrated and how fond of length it is.

python -m jobs.reward_model data.path=pairs.jsonl     prompt, chosen, rejected; or other common layouts
python -m jobs.reward_model plan.epochs=0 ...         measures one, or a merge of several, without training it
python -m jobs.reward_model --help                    what to change, with examples
"""

from __future__ import annotations

import math
from pathlib import Path

from omegaconf import DictConfig

from jobs.checkpoints import is_adapter
from jobs.launch import build, job, plain
from jobs.pairs import MAY_DIFFER, check, open_directory, read_pairs
from jobs.parts import build_model, build_runtime, build_tracker, open_store, source_hashes
from model.heads import read_likelihood
from model.lora import AdapterRoles
from rlhf.display import Display
from rlhf.errors import ConfigError
from rlhf.reward_model import HEAD_FILE, RewardModel, RewardPlan, RewardTrainer, check_start, has_head
from rlhf.reward_run import RewardRun
from rlhf.run_directory import RunDirectory
from rlhf.runtime import Runtime


@job("reward_model")
def main(config: DictConfig) -> None:
    data = plain(config)
    if config.resume is not None:
        RunDirectory.open(config.resume).check_config(data, may_differ=MAY_DIFFER)
    runtime = build_runtime(config)
    loss, optim, plan, checkpoints = (build(config[name]) for name in ("loss", "optim", "plan", "checkpoint"))
    check(config)
    check_measured(config, plan)
    check_named(config, plan)
    with Display(quiet=not runtime.is_main) as display:
        train, held_out = read_pairs(config, training=plan.epochs > 0)
        trainer = RewardTrainer(
            reward_model=build_reward_model(config, plan, runtime, display),
            pairs=train,
            loss=loss,
            optim=optim,
            plan=plan,
            runtime=runtime,
            seed=config.seed,
        )
        with open_directory(config, data, runtime) as directory:
            run = RewardRun(
                trainer=trainer,
                held_out=held_out,
                directory=directory,
                store=open_store(directory, checkpoints),
                tracker=build_tracker(config, directory, display.message, runtime.is_main),
                display=display,
                base_name=config.model.base_name,
                checkpoint_every=checkpoints.every,
                measure_every=config.measure_every,
                sources=source_hashes(config.model.checkpoint),
            )
            folder = run.execute(resume=config.resume is not None)
            display.message(f"Reward model: {folder}" if plan.epochs else f"Figures and the pairs' rewards: {folder}")


def check_measured(config: DictConfig, plan: RewardPlan) -> None:
    """Raises ConfigError where nothing is trained and no reward model is named: a fresh one says 0 to every text."""
    if not plan.epochs and not config.start_from:
        raise ConfigError(
            "plan.epochs=0 measures a reward model without training it, and none is named; give one: "
            "start_from=outputs/<run>/reward_model, or train: plan.epochs=1"
        )


def check_named(config: DictConfig, plan: RewardPlan) -> None:
    """Raises CheckpointFormatError where what is named to start from, or to be measured, is none of this base's."""
    if config.start_from:
        folder = Path(config.start_from).expanduser()
        check = check_start if plan.epochs and is_adapter(folder) else RewardModel.check
        check(folder, config.model.checkpoint)
    likelihood(config)


def likelihood(config: DictConfig) -> float:
    """What an answer's mean log-ratio to the base counts: as asked for, or what the reward model in start_from has.

    Raises:
        ConfigError: for what is no such weight, or another one than that reward model's, which keeps its own.
    """
    asked = config.likelihood
    if not (asked is None or (isinstance(asked, int | float) and 0 <= asked < math.inf)):
        raise ConfigError(f"likelihood is {asked!r}; give a weight of at least 0, where 0 does without it")
    if not (config.start_from and has_head(folder := Path(config.start_from).expanduser())):
        return 0.0 if asked is None else asked
    kept = read_likelihood(folder / HEAD_FILE)
    if asked not in (None, kept):
        raise ConfigError(
            f"likelihood is {asked}, and {folder} was trained with {kept:g}, which it keeps; leave likelihood at null, "
            "or start from an adapter without a head"
        )
    return kept


def build_reward_model(config: DictConfig, plan: RewardPlan, runtime: Runtime, display: Display) -> RewardModel:
    """The base with a fresh reward model, with one that starts where another or a policy's adapter ended, or with one
    to be measured."""
    roles = AdapterRoles(build_model(config, runtime))
    if not config.start_from:
        return RewardModel.fresh(roles, build(config.adapter), seed=config.seed, likelihood=likelihood(config))
    folder = Path(config.start_from).expanduser()
    if not plan.epochs:
        return RewardModel.load(roles, folder)
    if has_head(folder):
        started, head = RewardModel.load(roles, folder, trainable=True), ""
    else:
        started = RewardModel.on_adapter(roles, folder, likelihood=likelihood(config))
        head = "; it has no head, which starts at 0"
    display.message(f"training {folder} further: {roles.spec(started.role)}, its own shape{head}")
    return started


if __name__ == "__main__":
    main()
