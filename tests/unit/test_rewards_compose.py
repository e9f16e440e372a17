"""Named terms: their sum, their failures, and what is said when one is written wrongly."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hydra.utils import instantiate
from omegaconf import OmegaConf

from rewards import RewardError, Sample, State, Term, Verdict, WeightedSum


def samples(*completions: str) -> list[Sample]:
    return [Sample(prompt="9+9=?", completion=text, reference={"answer": "18"}) for text in completions]


def fixed(*verdicts: Any) -> Any:
    """A reward that returns these whatever it sees."""

    def reward(group: Sequence[Sample]) -> list[Any]:
        return list(verdicts)

    return reward


def raising(group: Sequence[Sample]) -> list[Verdict]:
    raise KeyError("answer")


def length(sample: Sample) -> float:
    return float(len(sample.completion))


def test_the_value_is_the_sum_of_weight_times_value_and_every_term_is_kept() -> None:
    reward = WeightedSum(
        {
            "correct": {"weight": 1.0, "reward": fixed(Verdict.of(1.0), Verdict.of(0.0))},
            "length": {"weight": -0.25, "function": length},
        }
    )
    first, second = reward(samples("ab", "abcd"))
    assert first.value == 1.0 - 0.25 * 2
    assert second.value == 0.0 - 0.25 * 4
    assert {name: verdict.value for name, verdict in second.terms.items()} == {"correct": 0.0, "length": 4.0}
    assert reward.term_names == ("correct", "length")


def test_a_term_that_does_not_apply_is_left_out_of_the_sum() -> None:
    reward = WeightedSum(
        {
            "a": Term(weight=1.0, reward=fixed(Verdict.of(0.5))),
            "b": Term(weight=9.0, reward=fixed(Verdict.not_applicable("no text"))),
        }
    )
    verdict = reward(samples("x"))[0]
    assert verdict.value == 0.5
    assert verdict.terms["b"].state is State.NOT_APPLICABLE


def test_a_sample_to_which_no_term_applies_has_no_value() -> None:
    verdict = WeightedSum({"a": Term(weight=1.0, reward=fixed(Verdict.not_applicable()))})(samples("x"))[0]
    assert (verdict.state, verdict.value) == (State.NOT_APPLICABLE, None)


@pytest.mark.parametrize("state", [State.FAILED, State.TIMED_OUT, State.TRUNCATED])
def test_a_failure_of_one_term_is_never_a_zero_and_names_the_term(state: State) -> None:
    broken = Verdict(state=state, reason="sandbox died")
    reward = WeightedSum(
        {
            "good": Term(weight=1.0, reward=fixed(Verdict.of(1.0), Verdict.of(1.0))),
            "tests": Term(weight=0.1, reward=fixed(Verdict.of(1.0), broken)),
        }
    )
    fine, spoiled = reward(samples("x", "y"))
    assert fine.value == 1.1
    assert (spoiled.state, spoiled.value) == (state, None)
    assert spoiled.reason == "term 'tests': sandbox died"
    assert spoiled.terms["good"].value == 1.0


def test_a_term_that_raises_fails_every_sample_with_the_exception_type_and_text() -> None:
    verdicts = WeightedSum({"broken": Term(weight=1.0, reward=raising)})(samples("x", "y"))
    assert [(v.state, v.reason) for v in verdicts] == [(State.FAILED, "term 'broken': KeyError: 'answer'")] * 2


def test_a_function_that_raises_on_one_sample_fails_only_that_sample() -> None:
    reward = WeightedSum({"inverse": Term(weight=1.0, function=lambda sample: 1 / len(sample.completion))})
    verdicts = reward(samples("ab", "", "abcd"))
    assert [v.value for v in verdicts] == [0.5, None, 0.25]
    assert verdicts[1].reason == "term 'inverse': ZeroDivisionError: division by zero"


@pytest.mark.parametrize(
    ("returned", "reason"),
    [
        ([Verdict.of(1.0)] * 3, "returned 3 verdicts for 4 samples"),
        ([Verdict.of(1.0)] * 5, "returned 5 verdicts for 4 samples"),
        ([], "returned 0 verdicts for 4 samples"),
    ],
)
def test_a_reward_of_the_wrong_length_fails_all_samples_instead_of_shifting_them(returned: Any, reason: str) -> None:
    verdicts = WeightedSum({"short": Term(weight=1.0, reward=fixed(*returned))})(samples("a", "b", "c", "d"))
    assert [v.reason for v in verdicts] == [f"term 'short': {reason}"] * 4
    assert all(v.state is State.FAILED for v in verdicts)


def test_a_reward_that_returns_one_number_for_a_group_fails() -> None:
    verdict = WeightedSum({"sum": Term(weight=1.0, reward=lambda group: 1.0)})(samples("a"))[0]  # pyright: ignore
    assert verdict.reason == "term 'sum': returned a float for 1 samples, not a list of verdicts"


@pytest.mark.parametrize("value", [None, float("nan"), float("inf"), "1", [1.0], Verdict.of(float("nan"))])
def test_a_value_that_is_no_finite_number_fails_its_sample_alone(value: Any) -> None:
    fine, spoiled = WeightedSum({"odd": Term(weight=1.0, reward=fixed(Verdict.of(1.0), value))})(samples("a", "b"))
    assert fine.value == 1.0
    assert spoiled.state is State.FAILED
    assert "returned" in spoiled.reason


def test_a_term_of_weight_zero_is_logged_and_its_failure_costs_no_sample() -> None:
    reward = WeightedSum(
        {"a": Term(weight=1.0, reward=fixed(Verdict.of(0.5))), "watched": Term(weight=0, reward=raising)}
    )
    verdict = reward(samples("x"))[0]
    assert verdict.value == 0.5
    assert verdict.terms["watched"].state is State.FAILED


@pytest.mark.parametrize("missing", [Verdict.not_applicable("no gold"), Verdict.failed("no gold")])
def test_a_required_term_without_a_value_fails_the_sample_whatever_its_weight(missing: Verdict) -> None:
    reward = WeightedSum(
        {
            "a": Term(weight=1.0, reward=fixed(Verdict.of(0.5))),
            "needed": {"weight": 0.0, "reward": fixed(missing), "required": True},
        }
    )
    verdict = reward(samples("x"))[0]
    assert (verdict.state, verdict.reason) == (State.FAILED, "term 'needed': no gold")


def test_a_sum_beyond_the_largest_float_fails() -> None:
    huge = Term(weight=1e308, reward=fixed(Verdict.of(1.0)))
    assert WeightedSum({"a": huge, "b": huge})(samples("x"))[0].state is State.FAILED
    assert (
        WeightedSum({"a": Term(weight=1e308, reward=fixed(Verdict.of(1e308)))})(samples("x"))[0].state is State.FAILED
    )


def test_a_weighted_sum_can_be_a_term_of_another() -> None:
    inner = WeightedSum({"a": Term(weight=2.0, reward=fixed(Verdict.of(1.0)))})
    verdict = WeightedSum({"inner": Term(weight=0.5, reward=inner)})(samples("x"))[0]
    assert verdict.value == 1.0
    assert verdict.terms["inner"].terms["a"].value == 1.0


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({}, "terms is {}; give at least one"),
        ([], "terms is []"),
        ({"": {"weight": 1.0, "function": length}}, "term '': give it a name"),
        ({"a b": {"weight": 1.0, "function": length}}, "term 'a b': give it a name"),
        ({"mean": {"weight": 1.0, "function": length}}, "term 'mean': reward/mean is a metric of the whole reward"),
        ({3: {"weight": 1.0, "function": length}}, "term 3: give it a name"),
        ({"a": {"weight": 1.0, "reward": raising, "wieght": 2}}, "term 'a' has unknown keys wieght; known are weight"),
        ({"a": {"reward": raising}}, "term 'a' has no weight"),
        ({"a": {"weight": "1.0", "reward": raising}}, "term 'a': weight is '1.0'; give a finite number"),
        ({"a": {"weight": True, "reward": raising}}, "term 'a': weight is True"),
        ({"a": {"weight": float("nan"), "reward": raising}}, "term 'a': weight is nan"),
        ({"a": {"weight": None, "reward": raising}}, "term 'a': weight is None"),
        ({"a": {"weight": 1.0}}, "term 'a' has neither of `reward` and `function`"),
        ({"a": {"weight": 1.0, "reward": raising, "function": length}}, "term 'a' has both of `reward` and `function`"),
        ({"a": {"weight": 1.0, "reward": "rewards.format.Boxed"}}, "term 'a': reward is 'rewards.format.Boxed'"),
        ({"a": {"weight": 1.0, "reward": {"pattern": "x"}}}, "which cannot be called; write {_target_: module.Class}"),
        ({"a": {"weight": 1.0, "function": "nowhere.py:f"}}, "term 'a': function 'nowhere.py:f': there is no file"),
        ({"a": 1.0}, "term 'a' is 1.0; write {weight: 1.0, reward: ...}"),
    ],
)
def test_a_term_written_wrongly_is_one_error_that_names_it(terms: Any, message: str) -> None:
    with pytest.raises(RewardError) as raised:
        WeightedSum(terms)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_hydra_builds_it_from_yaml_with_objects_and_a_users_own_function(tmp_path: Path) -> None:
    (tmp_path / "my_rewards.py").write_text("def brevity(sample):\n    return 1 / (1 + len(sample.completion))\n")
    config = OmegaConf.create(
        f"""
        _target_: rewards.compose.WeightedSum
        terms:
          correct: {{weight: 1.0, reward: {{_target_: rewards.math.FinalAnswer}}}}
          format: {{weight: 0.5, reward: {{_target_: rewards.format.Boxed}}}}
          brevity: {{weight: 10, function: "{tmp_path}/my_rewards.py:brevity"}}
        """
    )
    reward = instantiate(config, _convert_="all")
    verdict = reward(samples("\\boxed{18}"))[0]
    assert reward.term_names == ("correct", "format", "brevity")
    assert verdict.value == pytest.approx(1.0 + 0.5 + 10 / 11, abs=1e-12)
