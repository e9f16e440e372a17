"""A user's plain function as a reward: where it is found, what it takes, and what is said when it is not there."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from rewards import RewardError, Sample, State, Verdict, as_reward, judge, load_function, per_sample
from rewards.functions import to_verdict

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


class Tensor:
    """As a tensor does it: `item` reads the number of one that has a single element, and raises for others."""

    def __init__(self, *elements: float) -> None:
        self.elements = elements

    def item(self) -> float:
        if len(self.elements) != 1:
            raise RuntimeError("a Tensor with several elements cannot be converted to Scalar")
        return self.elements[0]

    def __iter__(self) -> Iterator[Tensor]:
        return iter([Tensor(element) for element in self.elements])


def test_arrays_and_tensors_of_one_element_are_the_number_that_they_hold() -> None:
    for one in (np.bool_(True), np.array(1), np.array([1.0]), Tensor(1.0)):
        assert to_verdict(one).value == 1.0
    for several in (np.array([1.0, 2.0]), np.array([]), Tensor(1.0, 2.0)):
        assert to_verdict(several).state is State.FAILED
    assert [v.value for v in as_reward(lambda group: Tensor(0.0, 0.5, 1.0))(TEXTS)] == [0.0, 0.5, 1.0]


class Unspeakable:
    def __repr__(self) -> str:
        raise KeyError("repr")


@pytest.mark.parametrize("odd", [10**400, Unspeakable(), Verdict(state=State.VALUE, value=cast(Any, "1")), 1j, [1.0]])
def test_what_cannot_be_read_fails_its_own_sample_and_no_other(odd: Any) -> None:
    sample_by_sample = per_sample(lambda sample: odd if sample.completion == "bbb" else 1.0)
    for reward in (sample_by_sample, lambda group: [1.0, odd, 1.0]):
        verdicts = judge(reward, TEXTS)
        assert [verdict.value for verdict in verdicts] == [1.0, None, 1.0]
        assert verdicts[1].state is State.FAILED
        assert verdicts[1].reason.startswith("returned ")


@pytest.mark.parametrize("ending", [SystemExit(0), BaseException("odd"), GeneratorExit(), MemoryError()])
def test_judged_code_that_wants_to_end_the_run_fails_its_sample_instead(ending: BaseException) -> None:
    def leave(sample: Sample) -> float:
        if sample.completion == "bbb":
            raise ending
        return 1.0

    def leave_together(group: Sequence[Sample]) -> list[Verdict]:
        raise ending

    assert [verdict.value for verdict in judge(per_sample(leave), TEXTS)] == [1.0, None, 1.0]
    assert [verdict.state for verdict in judge(leave_together, TEXTS)] == [State.FAILED] * 3


def test_a_reward_that_changes_the_working_directory_is_brought_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    def leave(sample: Sample) -> float:
        os.chdir("/")
        return 1.0 if sample.completion == "a" else 1 / 0

    assert [verdict.value for verdict in judge(per_sample(leave), TEXTS)] == [1.0, None, None]
    assert Path.cwd() == tmp_path


def test_who_interrupts_the_run_interrupts_it_while_a_function_judges_too() -> None:
    def interrupted(sample: Sample) -> float:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        judge(per_sample(interrupted), TEXTS)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda: itertools.repeat(1.0), "returned at least 4 verdicts for 3 samples"),
        (lambda: iter([1.0]), "returned 1 verdicts for 3 samples"),
        (lambda: [1.0] * 9, "returned 9 verdicts for 3 samples"),
        (lambda: {0.0, 0.5, 1.0}, "returned a set for 3 samples, not a list of verdicts"),
        (lambda: {"a": 1.0, "bbb": 0.0, "cc": 0.5}, "returned a dict for 3 samples"),
        (lambda: 1.0, "returned a float for 3 samples"),
    ],
)
def test_answers_that_nobody_can_tell_apart_fail_the_group_with_their_number_or_kind(
    answer: Callable[[], Any], message: str
) -> None:
    verdicts = judge(as_reward(lambda group: answer()), TEXTS)
    assert all(verdict.state is State.FAILED and message in verdict.reason for verdict in verdicts)


def test_a_decorator_that_loses_the_signature_leaves_a_function_of_one_sample() -> None:
    def timed(function: Any) -> Any:
        def call(*args: Any, **options: Any) -> Any:
            return function(*args, **options)

        return call

    assert [v.value for v in as_reward(timed(lambda sample: len(sample.completion)))(TEXTS)] == [1.0, 3.0, 2.0]


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
        (named_only, "takes (*, sample); a reward function takes one argument, `sample` or `group`, by its place"),
        (later, "is async"),
        (Sample, "is a class; write `reward: {_target_: module.Sample}`"),
    ],
)
def test_a_function_that_cannot_judge_is_refused_when_it_is_given(function: Any, message: str) -> None:
    with pytest.raises(RewardError) as raised:
        as_reward(function, "mine")
    assert message in str(raised.value)
