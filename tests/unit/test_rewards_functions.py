"""A user's plain function as a reward: where it is found, what it takes, and what is said when it is not there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rewards import RewardError, Sample, State, Verdict, as_reward, load_function, per_sample

TEXTS = [Sample(prompt="", completion=text) for text in ("a", "bbb", "cc")]


@pytest.fixture
def user_file(tmp_path: Path) -> Path:
    path = tmp_path / "my_rewards.py"
    path.write_text(
        "from math import sqrt\n"
        "scale = 2\n"
        "def brevity(sample): return scale * len(sample.completion)\n"
        "def politeness(sample): return 'please' in sample.completion\n"
    )
    return path


def test_a_function_is_loaded_from_a_file_by_absolute_and_relative_path(
    user_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(user_file.parent)
    for where in (str(user_file), "my_rewards.py", "./my_rewards.py"):
        assert load_function(f"{where}:brevity")(TEXTS[1]) == 6


def test_two_functions_of_one_file_share_one_module(user_file: Path) -> None:
    brevity, politeness = (load_function(f"{user_file}:{name}") for name in ("brevity", "politeness"))
    assert brevity.__globals__ is politeness.__globals__


def test_a_file_that_was_edited_is_read_again(user_file: Path) -> None:
    assert load_function(f"{user_file}:brevity")(TEXTS[1]) == 6
    user_file.write_text("def brevity(sample): return -1\n")
    assert load_function(f"{user_file}:brevity")(TEXTS[1]) == -1


def test_a_function_is_loaded_from_an_importable_module() -> None:
    import statistics

    assert load_function("statistics:fmean") is statistics.fmean


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("brevity", "names no function; write path/to/file.py:name or package.module:name"),
        ("my_rewards.py", "names no function"),
        ("my_rewards.py:", "names no function"),
        ("{folder}/other.py:brevity", "there is no file {folder}/other.py"),
        ("{folder}/my_rewards.py:brevty", "has no 'brevty'; its functions are brevity, politeness"),
        ("{folder}/my_rewards.py:scale", "'scale' is a int, not a function"),
        ("no_such_package.rewards:f", "importing no_such_package.rewards failed: ModuleNotFoundError: No module named"),
    ],
)
def test_a_function_that_is_not_there_is_one_clear_error(user_file: Path, spec: str, message: str) -> None:
    folder = str(user_file.parent)
    with pytest.raises(RewardError) as raised:
        load_function(spec.replace("{folder}", folder))
    assert message.replace("{folder}", folder) in str(raised.value)


def test_a_file_that_does_not_import_shows_its_own_error_and_line(user_file: Path) -> None:
    user_file.write_text("\nimport no_such_thing\n")
    with pytest.raises(
        RewardError, match=r"ModuleNotFoundError: No module named 'no_such_thing' \(my_rewards.py, line 2\)"
    ):
        load_function(f"{user_file}:brevity")
    user_file.write_text("def brevity(sample:\n")
    with pytest.raises(RewardError, match="SyntaxError"):
        load_function(f"{user_file}:brevity")


def test_bool_int_numpy_verdict_and_none_are_what_a_function_may_return() -> None:
    returned: dict[str, Any] = {"a": True, "bbb": np.float32(0.5), "cc": None}
    verdicts = per_sample(lambda sample: returned[sample.completion])(TEXTS)
    assert [v.value for v in verdicts] == [1.0, 0.5, None]
    assert verdicts[2].state is State.NOT_APPLICABLE
    assert per_sample(lambda sample: Verdict.of(2, "long"))(TEXTS)[0].reason == "long"


def test_a_parameter_called_group_or_annotated_as_a_sequence_gets_the_whole_group() -> None:
    def rank(group):
        order = sorted(range(len(group)), key=lambda i: len(group[i].completion))
        return [order.index(i) for i in range(len(group))]

    def annotated(texts: Sequence[Sample]) -> list[float]:
        return [float(v) for v in rank(texts)]

    def annotated_late(texts: list[Sample]) -> list[float]:
        return annotated(texts)

    for function in (rank, annotated, annotated_late):
        assert [v.value for v in as_reward(function)(TEXTS)] == [0.0, 2.0, 1.0]


def test_a_parameter_called_anything_else_gets_one_sample() -> None:
    def brevity(s: Sample, scale: float = 2.0) -> float:
        return scale * len(s.completion)

    assert [v.value for v in as_reward(brevity)(TEXTS)] == [2.0, 6.0, 4.0]


def two(sample: Sample, gold: str) -> float:
    return 0.0


def none() -> float:
    return 0.0


async def later(sample: Sample) -> float:
    return 0.0


def named_only(*, sample: Sample) -> float:
    return 0.0


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (two, "takes (sample, gold); a reward function takes one argument"),
        (none, "takes (nothing)"),
        (named_only, "takes (sample)"),
        (later, "is async"),
        (Sample, "is a class; write `reward: {_target_: module.Sample}`"),
    ],
)
def test_a_function_that_cannot_judge_is_refused_when_it_is_given(function: Any, message: str) -> None:
    with pytest.raises(RewardError) as raised:
        as_reward(function, "mine")
    assert message in str(raised.value)
