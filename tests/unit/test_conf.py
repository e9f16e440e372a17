"""Every configuration that can be chosen composes, and every `_target_` takes what its YAML gives it."""

from __future__ import annotations

from collections.abc import Iterator
from inspect import signature
from pathlib import Path
from typing import Any

import pytest
import yaml
from hydra import compose, initialize_config_dir
from hydra.errors import HydraException, InstantiationException
from hydra.utils import get_object
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from jobs.launch import CONFIG_FOLDER, build, describe, plain
from rewards import RewardError, Sample
from rlhf.advantages import Credit
from rlhf.checkpoint import CheckpointStore
from rlhf.losses import PolicyLoss
from rlhf.prompts import PromptStream
from rlhf.sampler import NativeSampler
from rlhf.wandb_tracker import WandbTracker

CONF = Path(CONFIG_FOLDER)
JOBS = (
    *("train", "sft", "distill", "reward_model", "dpo", "bond"),
    *("evaluate", "export", "merge", "score", "chat", "rollouts", "make_pairs"),
    *("bench", "bench_rewards"),
)
ALGORITHMS = sorted(path.stem for path in (CONF / "algorithm").glob("*.yaml"))
RECIPES = {"gemma3_recipe"}  # of jobs.recipe; the others are of jobs.train
EXPERIMENTS = sorted({path.stem for path in (CONF / "experiment").glob("*.yaml")} - RECIPES)

# What experiments and people's own files build on: changing this list breaks them, so it belongs in the changelog.
TRAIN_KEYS = {
    *("model", "adapter", "data", "template", "sampling", "reward", "loss", "optim", "eval", "tracker"),
    *("credit", "critic", "kl_reward", "batch", "curriculum"),
    *("warmup", "plan", "prompts", "sampler", "checkpoint", "export"),
    *("run_name", "output_root", "resume", "seed", "device", "threads"),
}
VALUES = (
    *("template", "sampling", "reward", "credit", "critic", "kl_reward", "loss", "optim", "eval", "plan"),
    *("export", "warmup", "batch"),
)


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
    return [name for name in chosen if name not in ("algorithm", "experiment") and not name.startswith("override ")]


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


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_every_algorithm_fits_its_constructors_and_can_be_built(algorithm: str) -> None:
    config = filled("train", f"algorithm={algorithm}")
    check(config)
    assert isinstance(build(config.loss), PolicyLoss)
    assert isinstance(build(config.credit), Credit)
    assert build(config.plan).prompts_per_step % config.plan.minibatches == 0


def test_an_experiment_is_short_and_states_what_it_is() -> None:
    for path in (CONF / "experiment").glob("*.yaml"):
        lines = path.read_text(encoding="utf-8").splitlines()
        assert lines[0] == "# @package _global_"
        assert lines[1].startswith("# ")
        assert len(lines) <= (80 if path.stem in RECIPES else 40)


def test_the_benchmark_measures_the_settings_of_training() -> None:
    bench, train = plain(compose("bench")), plain(compose("train"))
    assert {key: bench[key] for key in train} == train


# Rewards --------------------------------------------------------------------------------------------------------------

REWARDS = sorted(path.stem for path in (CONF / "reward").glob("*.yaml"))
ONLY_THE_USER_KNOWS = {
    "judge": ["url=http://127.0.0.1:9/v1", "model=m"],
}
JUDGE = "reward.terms.judged.reward.scorer"


def reward_of(job: str, *overrides: str) -> Any:
    """The reward that a job builds from this command line, as its main function does."""
    return build(compose(job, list(overrides)).reward)


def chosen(name: str) -> list[str]:
    return [f"reward={name}", *(f"{JUDGE}.{known}" for known in ONLY_THE_USER_KNOWS.get(name, []))]


@pytest.mark.parametrize("job", ["train", "score"])
@pytest.mark.parametrize("name", REWARDS)
def test_every_reward_composes_with_training_and_scoring_and_can_be_built(job: str, name: str) -> None:
    try:
        reward = reward_of(job, *chosen(name))
    except InstantiationException as error:
        # A sandbox that this machine cannot give is refused when the reward is built, which is what `require` is for.
        if "sandbox" in str(error.__cause__).lower() and isinstance(error.__cause__, RewardError):
            pytest.skip(str(error.__cause__))
        raise
    assert reward.term_names
    first = (CONF / "reward" / f"{name}.yaml").read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith("# ")


def test_a_judge_without_an_endpoint_is_one_line_that_says_what_to_give() -> None:
    with pytest.raises(OmegaConfBaseException) as raised:
        plain(compose("train", ["reward=judge"]))
    assert describe(raised.value) == f"{JUDGE}.url has no value; give it on the command line: {JUDGE}.url=..."


@pytest.mark.parametrize("job", ["train", "score"])
@pytest.mark.parametrize(
    ("overrides", "value"),
    [
        ([], 1.1),
        (["reward.terms.format.weight=0.5"], 1.5),
        (["~reward.terms.format"], 1.0),
        (["+reward.terms.tags={weight: 2, reward: {_target_: rewards.format.Pattern, pattern: box}}"], 3.1),
        (["reward.terms.format.reward._target_=rewards.math.FinalAnswer"], 1.1),
        (["++reward.terms.format.reward={_target_: rewards.format.Length, max_tokens: 2}"], 1.0),
        (
            [
                "~reward.terms.format.reward",
                "+reward.terms.format.reward={_target_: rewards.length.Length, max_tokens: 9}",
            ],
            1.1,
        ),
        (["+reward.terms.own={weight: 10, function: 'FILE:brevity'}"], 2.1),
        (["+reward.terms.own={weight: 10, function: 'package_of_a_user.rewards:brevity'}"], 2.1),
        (["~reward.terms.format.reward", "+reward.terms.format.function='FILE:brevity'"], 1.01),
        (["+reward.terms.format.gate=correct", "+reward.terms.format.clip=[0, 0.5]"], 1.05),
        (["+reward.terms.format.applies_to={task: [poems]}"], 1.0),
        (["+reward.terms.format.eval_only=true"], 1.0),
        (["reward.terms.format.weight={_target_: rewards.schedules.Linear, start: 0, end: 1, steps: 5}"], 2.0),
        (["reward._target_=rewards.compose.Minimum"], 1.0),
        (["reward._target_=rewards.compose.Product", "reward.terms.format.weight=1"], 1.0),
        (["reward._target_=rewards.compose.NormalizedSum"], 1.1),
    ],
)
def test_terms_are_added_dropped_reweighed_and_replaced_on_the_command_line(
    job: str, overrides: list[str], value: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = "def brevity(sample):\n    return 1 / len(sample.completion)\n"
    package = tmp_path / "package_of_a_user"
    package.mkdir()
    for path in (tmp_path / "mine.py", package / "rewards.py", package / "__init__.py"):
        path.write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    reward = reward_of(job, *(override.replace("FILE", str(tmp_path / "mine.py")) for override in overrides))
    sample = Sample(prompt="9+9", completion="\\boxed{18}", reference={"answer": "18"}, num_tokens=9)
    assert reward([sample])[0].value == pytest.approx(value)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["reward.terms.fromat.weight=0.5"], "Could not override 'reward.terms.fromat.weight'"),
        (["+reward.terms.own={weight: 1}"], "term 'own' has neither of `reward` and `function`"),
        (["+reward.terms.own={weight: 1, function: 'nowhere.py:f'}"], "there is no file"),
        (["reward.terms.format.weight=much"], "weight is 'much'; give a finite number"),
        (["+reward.terms.format.gates=correct"], "term 'format' has unknown keys gates; known are weight"),
        (["reward.terms.format.reward._target_=rewards.format.Boxd"], "Boxd"),
    ],
)
def test_a_command_line_told_nonsense_is_one_line_that_names_it(overrides: list[str], message: str) -> None:
    with pytest.raises((HydraException, OmegaConfBaseException)) as raised:
        reward_of("train", *overrides)
    assert message in describe(raised.value)
    assert "\n" not in describe(raised.value)
