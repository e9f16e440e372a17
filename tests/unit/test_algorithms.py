"""What an `algorithm=` builds is what its first lines say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hydra import compose, initialize_config_dir

from jobs.launch import CONFIG_FOLDER, build
from rewards.compose import NormalizedSum
from rlhf.advantages import BatchNormalized
from rlhf.losses import GSPO, ClippedSurrogate, ImportanceWeights


@pytest.fixture(autouse=True)
def conf() -> Iterator[None]:
    with initialize_config_dir(CONFIG_FOLDER, version_base="1.3"):
        yield


def part(algorithm: str, name: str, *more: str) -> Any:
    return build(compose("train", [f"algorithm={algorithm}", *more])[name])


def test_every_algorithm_stands_in_the_table_of_papers_and_none_that_there_is_not() -> None:
    root = Path(CONFIG_FOLDER)
    named = re.findall(r"`algorithm=(\w+)", (root.parent / "docs" / "papers.md").read_text(encoding="utf-8"))
    assert set(named) == {path.stem for path in (root / "algorithm").glob("*.yaml")}


def test_gdpo_normalizes_every_term_within_its_group_and_the_sum_over_the_batch() -> None:
    assert isinstance(part("gdpo", "reward"), NormalizedSum)
    assert isinstance(part("gdpo", "credit").estimator, BatchNormalized)


def test_gspo_token_is_gspo_with_a_gradient_per_token() -> None:
    loss, plain = part("gspo_token", "loss"), part("gspo", "loss")
    assert isinstance(loss, GSPO)
    assert loss.per_token
    assert not plain.per_token
    assert (loss.clip_low, loss.clip_high) == (plain.clip_low, plain.clip_high)


@pytest.mark.parametrize(
    ("algorithm", "more", "weights"),
    [
        ("icepop", [], ImportanceWeights(rule="mask", low=0.5, high=5.0)),
        ("tis", [], ImportanceWeights(rule="truncate", level="token", high=2.0)),
        ("tis", ["loss.importance.level=sequence"], ImportanceWeights(rule="truncate", level="sequence", high=2.0)),
    ],
)
def test_samplers_that_are_not_the_trainer_are_weighed(
    algorithm: str, more: list[str], weights: ImportanceWeights
) -> None:
    assert part(algorithm, "loss", *more).importance == weights


def test_dual_clip_bounds_what_a_negative_advantage_sees() -> None:
    loss = part("dual_clip", "loss")
    assert isinstance(loss, ClippedSurrogate)
    assert loss.dual_clip == 3.0


@pytest.mark.parametrize(("algorithm", "name"), [("ppo", "PPO"), ("dr_grpo", "Dr. GRPO"), ("high_entropy", "DAPO")])
def test_a_stage_is_called_by_its_algorithm(algorithm: str, name: str) -> None:
    assert part(algorithm, "plan").name == name
