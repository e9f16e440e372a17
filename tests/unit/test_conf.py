"""Every configuration that can be chosen composes, and every `_target_` takes what its YAML gives it."""

from __future__ import annotations

from collections.abc import Iterator
from inspect import signature
from pathlib import Path
from typing import Any

import pytest
import yaml
from hydra import compose, initialize_config_dir
from hydra.utils import get_object
from omegaconf import DictConfig, OmegaConf

from jobs.launch import CONFIG_FOLDER, build, plain
from rlhf.checkpoint import CheckpointStore
from rlhf.prompts import PromptStream
from rlhf.sampler import NativeSampler
from rlhf.tracking import WandbTracker

CONF = Path(CONFIG_FOLDER)
JOBS = ("train", "sft", "evaluate", "export", "score", "chat", "rollouts", "bench")
EXPERIMENTS = sorted(path.stem for path in (CONF / "experiment").glob("*.yaml"))

# What experiments and people's own files build on: changing this list breaks them, so it belongs in the changelog.
TRAIN_KEYS = {
    *("model", "adapter", "data", "template", "sampling", "reward", "credit", "loss", "optim", "eval", "tracker"),
    *("warmup", "plan", "prompts", "sampler", "checkpoint", "export"),
    *("run_name", "output_root", "resume", "seed", "device", "threads"),
}
VALUES = ("template", "sampling", "reward", "credit", "loss", "optim", "eval", "plan", "export", "warmup")


@pytest.fixture(autouse=True)
def conf() -> Iterator[None]:
    with initialize_config_dir(CONFIG_FOLDER, version_base="1.3"):
        yield


def filled(job: str, *overrides: str) -> DictConfig:
    """The configuration with a word for everything that only the user can know."""
    config = compose(job, list(overrides))
    for key in missing_keys(OmegaConf.to_container(config)):
        OmegaConf.update(config, key, "given")
    return config


def missing_keys(node: Any, place: str = "") -> Iterator[str]:
    if isinstance(node, dict):
        for name, below in node.items():
            yield from missing_keys(below, f"{place}.{name}".lstrip("."))
    elif node == "???":
        yield place


def groups_of(job: str) -> list[str]:
    """The groups that a job's defaults choose from, `optim@warmup.optim` as that."""
    entries = yaml.safe_load((CONF / f"{job}.yaml").read_text(encoding="utf-8"))["defaults"]
    chosen = [next(iter(entry)) for entry in entries if isinstance(entry, dict)]
    return [name for name in chosen if name != "experiment" and not name.startswith("override ")]


def choices(job: str) -> Iterator[list[str]]:
    """Overrides that between them choose every option of every group of a job, one of each group at a time."""
    options = {
        group: sorted(path.stem for path in (CONF / group.split("@")[0]).glob("*.yaml")) for group in groups_of(job)
    }
    for turn in range(max(map(len, options.values()), default=0)):
        yield [f"{group}={names[turn % len(names)]}" for group, names in options.items()]


def check(config: DictConfig) -> None:
    """Binds every target's signature, and those of what the jobs build themselves."""
    data = plain(config)
    for place, node in targets(data):
        arguments = {key: value for key, value in node.items() if not key.startswith("_")}
        try:
            signature(get_object(node["_target_"])).bind(**arguments)
        except TypeError as error:
            pytest.fail(f"{place}: {node['_target_']}: {error}")
    if "prompts" in data:
        signature(PromptStream).bind(None, None, None, seed=0, **data["prompts"])
        signature(NativeSampler).bind(None, None, **data["sampler"])
    if "tracker" in data:
        signature(WandbTracker).bind(None, {}, announce=print, **(data["tracker"]["wandb"] or {}))
        signature(CheckpointStore).bind(Path(), keep=data["checkpoint"]["keep"])


def targets(node: Any, place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(node, dict):
        if "_target_" in node:
            yield place, node
        for name, below in node.items():
            yield from targets(below, f"{place}.{name}".lstrip("."))


@pytest.mark.parametrize("job", JOBS)
def test_every_option_of_every_group_of_a_job_fits_its_constructors(job: str) -> None:
    check(filled(job))
    for chosen in choices(job):
        check(filled(job, *chosen))


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_every_experiment_composes_with_every_option_of_every_group(experiment: str) -> None:
    config = filled("train", f"experiment={experiment}")
    check(config)
    for name in VALUES:
        build(config[name])
    for chosen in choices("train"):
        check(filled("train", f"experiment={experiment}", *chosen))


def test_the_values_of_every_job_can_be_built() -> None:
    for job in JOBS:
        config = filled(job)
        for name in set(VALUES) & set(map(str, config)):
            assert build(config[name]) is not None


def test_the_top_level_keys_of_train_are_frozen() -> None:
    assert set(map(str, compose("train"))) == TRAIN_KEYS
    for experiment in EXPERIMENTS:
        assert set(map(str, compose("train", [f"experiment={experiment}"]))) == TRAIN_KEYS


def test_an_experiment_is_short_and_states_what_it_is() -> None:
    for path in (CONF / "experiment").glob("*.yaml"):
        lines = path.read_text(encoding="utf-8").splitlines()
        assert lines[0] == "# @package _global_"
        assert lines[1].startswith("# ")
        assert len(lines) <= 40


def test_the_benchmark_measures_the_settings_of_training() -> None:
    bench, train = plain(compose("bench")), plain(compose("train"))
    assert {key: bench[key] for key in train} == train
