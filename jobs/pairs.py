"""What the jobs on preference pairs share: the pairs as tokens, the checks before them, the run's folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from jobs.launch import build
from jobs.parts import build_tokenizer, hold
from model.load import read_config
from rlhf.errors import ConfigError
from rlhf.judged import PairTokens, encode_pairs
from rlhf.run_directory import RunDirectory
from rlhf.runtime import Runtime

# What may differ between a run and its resumption; the learning rate, to get past a step that was not finite.
MAY_DIFFER = (
    "resume", "output_root", "threads", "device", "tracker", "checkpoint", "measure_every", "plan.micro_batch_tokens",
    "model.activations", "optim.lr",
)  # fmt: skip


def check(config: DictConfig) -> None:
    """Raises ConfigError for lengths that the network has no positions for, and for a negative interval."""
    room = read_config(config.model.checkpoint).max_position_embeddings
    if not 1 < config.max_tokens <= room:
        raise ConfigError(f"max_tokens is {config.max_tokens}; give 2 to {room}, the positions of the network")
    if config.measure_every < 0:
        raise ConfigError(f"measure_every is {config.measure_every}; give a number of steps, or 0")


def read_pairs(config: DictConfig, *, training: bool = True) -> tuple[list[PairTokens], list[PairTokens]]:
    """The pairs to train on and the held-out ones, as tokens: all that is wrong with the data is found here.

    Args:
        training: False where pairs are only measured; there are none to train on then, whatever the data holds.
    Raises:
        ConfigError: if there is nothing to train on.
    """
    pairs, tokenizer = build(config.data), build_tokenizer(config)
    if training and not pairs.train:
        raise ConfigError("the data names nothing to train on; give data.path, or data.hub with data.split")
    train, held_out = (
        encode_pairs(part, tokenizer, max_tokens=config.max_tokens, on_long=config.on_long) if part else []
        for part in (pairs.train if training else [], pairs.held_out)
    )
    return train, held_out


@contextmanager
def open_directory(config: DictConfig, data: dict[str, Any], runtime: Runtime) -> Iterator[RunDirectory]:
    """The run's folder, an earlier one or a new one that the main process makes and tells the others of; inside the
    block nobody else writes to it."""
    made: list[str] = []
    if config.resume is not None:
        made.append(str(RunDirectory.open(config.resume).path))
    elif runtime.is_main:
        text = OmegaConf.to_yaml(config, resolve=True)
        made.append(str(RunDirectory.create(config.output_root, config.run_name, config=data, config_yaml=text).path))
    directory = RunDirectory(Path(runtime.gather(made)[0]))
    with hold(directory, runtime):
        if runtime.is_main:
            directory.record_environment(str(runtime.device))
        yield directory
