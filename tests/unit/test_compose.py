"""What a term can be told: when it counts, how much, in which units; and what each way to compose makes of it."""

from __future__ import annotations

import asyncio
import math
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hydra.utils import instantiate
from omegaconf import OmegaConf

from rewards import RewardError, Sample, State, Verdict
from rewards.base import Scheduled
from rewards.compose import Minimum, NormalizedSum, Product, WeightedSum
from rewards.judging import Panel
from rewards.relative import Pairwise, ranks
from rewards.schedules import END, Cosine, Linear, Piecewise


def samples(*completions: str, **facts: Any) -> list[Sample]:
    return [Sample(prompt="9+9=?", completion=text, **facts) for text in completions]


def number(sample: Sample) -> float:
    return float(sample.completion)


def values(verdicts: Sequence[Verdict]) -> list[float | None]:
    return [verdict.value for verdict in verdicts]


def fixed(*numbers: float | None) -> Any:
    """A group function that answers with these, whatever it sees."""

    def reward(group: Sequence[Sample]) -> list[Verdict]:
        assert len(group) == len(numbers)
        return [Verdict.not_applicable("none") if n is None else Verdict.of(n) for n in numbers]

    return reward


# Schedules ------------------------------------------------------------------------------------------------------------


def test_a_weight_follows_its_schedule_and_an_evaluation_takes_the_last_one() -> None:
    reward = WeightedSum({"a": {"weight": Linear(start=2.0, end=1.0, steps=4, begin=2), "function": number}})
    assert isinstance(reward, Scheduled)
    assert [reward.at(step)(samples("1"))[0].value for step in (0, 2, 3, 4, 6, 99)] == [2.0, 2.0, 1.75, 1.5, 1.0, 1.0]
    assert reward(samples("1"))[0].value == 1.0


def test_a_cosine_is_halfway_in_the_middle_and_slow_at_the_ends() -> None:
    weight = Cosine(start=0.0, end=1.0, steps=8)
    assert weight(4) == pytest.approx(0.5, abs=1e-15)
    assert weight(1) == pytest.approx(math.sin(math.pi / 16) ** 2, abs=1e-15)
    assert (weight(0), weight(8), weight(END)) == (0.0, 1.0, 1.0)


def test_a_piecewise_weight_goes_through_its_points_and_jumps_where_two_share_a_step() -> None:
    weight = Piecewise([[10, 1.0], [20, 3.0], [20, 0.0], [30, 1.0]])
    assert [weight(step) for step in (0, 10, 15, 19, 20, 25, 30, END)] == [1.0, 1.0, 2.0, 2.8, 0.0, 0.5, 1.0, 1.0]


def test_a_term_that_a_schedule_has_faded_out_costs_no_sample_when_it_fails() -> None:
    def broken(sample: Sample) -> float:
        raise OSError("no judge")

    terms = {
        "a": {"weight": 1.0, "function": number},
        "judge": {"weight": Linear(start=1.0, end=0.0, steps=10), "function": broken},
    }
    reward = WeightedSum(terms)
    assert reward.at(9)(samples("3"))[0].state is State.FAILED
    assert reward.at(10)(samples("3"))[0].value == 3.0


def test_a_schedule_reaches_the_terms_of_a_composed_term() -> None:
    inner = WeightedSum({"a": {"weight": Linear(start=0.0, end=1.0, steps=10), "function": number}})
    assert WeightedSum({"inner": {"weight": 1.0, "reward": inner}}).at(5)(samples("4"))[0].value == 2.0


# When a term counts ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "task", "language", "asked"),
    [
        ({"task": "math"}, "math", "", True),
        ({"task": "math"}, "maths", "", False),
        ({"task": ["code", "math/*"]}, "math/easy", "", True),
        ({"language": "de"}, "", "de-AT", True),
        ({"language": "de"}, "", "den", False),
        ({"language": ["sr-Latn"]}, "", "sr-latn-RS", True),
        ({"language": "de"}, "", "", False),
        ({"task": "math", "language": "de"}, "math", "fr", False),
    ],
)
def test_a_term_judges_only_samples_of_its_tasks_and_languages(
    rule: dict[str, Any], task: str, language: str, asked: bool
) -> None:
    terms = {"a": {"weight": 1.0, "function": number}, "b": {"weight": 1.0, "function": number, "applies_to": rule}}
    verdict = WeightedSum(terms)(samples("2", task=task, language=language))[0]
    assert verdict.value == (4.0 if asked else 2.0)
    assert verdict.terms["b"].state is (State.VALUE if asked else State.NOT_APPLICABLE)


def test_a_gated_term_sees_only_what_passed_and_decides_nothing_for_the_rest() -> None:
    seen: list[str] = []

    def style(group: Sequence[Sample]) -> list[float]:
        seen.extend(sample.completion for sample in group)
        return [0.0, 1.0]

    terms = {
        "style": {"weight": 0.5, "function": style, "gate": {"term": "correct", "at_least": 1.0}},
        "correct": {"weight": 1.0, "reward": fixed(1.0, 0.0, 1.0)},
    }
    verdicts = WeightedSum(terms)(samples("right", "wrong", "right too"))
    assert seen == ["right", "right too"]
    assert values(verdicts) == [1.0, 0.25, 1.5]  # wrong: 0 and the mean of what style adds, 0.25
    assert verdicts[1].terms["style"].reason == "gate 'correct' is closed"
    assert list(verdicts[0].terms) == ["style", "correct"]


def test_gates_form_chains_and_one_whose_term_failed_is_closed() -> None:
    terms = {
        "c": {"weight": 1.0, "reward": fixed(1.0), "gate": "b"},
        "b": {"weight": 1.0, "reward": fixed(1.0, 1.0), "gate": "a"},
        "a": {"weight": 0.0, "function": lambda sample: 1 / len(sample.completion), "required": False},
    }
    terms["b"]["reward"] = fixed(1.0, 0.0)
    verdicts = WeightedSum(terms)(samples("x", "", "y"))
    assert [verdict.terms["c"].state.value for verdict in verdicts] == ["value", "not_applicable", "not_applicable"]
    assert [verdict.terms["b"].state.value for verdict in verdicts] == ["value", "not_applicable", "value"]


def test_an_eval_only_term_is_asked_in_evaluations_and_has_no_part_in_any_value() -> None:
    terms = {
        "a": {"weight": 1.0, "function": number},
        "slow": {"weight": 5.0, "function": number, "eval_only": True},
    }
    reward = WeightedSum(terms)
    assert reward(samples("2"))[0].value == 2.0
    assert reward(samples("2"))[0].terms["slow"].value == 2.0
    assert list(reward.at(0)(samples("2"))[0].terms) == ["a"]


def test_a_term_that_is_not_required_leaves_the_sample_its_other_terms_when_it_fails() -> None:
    terms = {
        "a": {"weight": 1.0, "function": number},
        "judge": {"weight": 1.0, "function": lambda sample: 1 / float(sample.completion), "required": False},
    }
    verdicts = WeightedSum(terms)(samples("2", "0"))
    assert values(verdicts) == [2.5, 0.5]
    assert verdicts[1].terms["judge"].state is State.FAILED


# Units ----------------------------------------------------------------------------------------------------------------


def test_values_are_clipped_then_rescaled_and_logged_as_they_came() -> None:
    terms = {"length": {"weight": 2.0, "function": number, "clip": [100, 300], "rescale": [300, 100]}}
    verdicts = WeightedSum(terms)(samples("50", "150", "300", "999"))
    assert values(verdicts) == [2.0, 1.5, 0.0, 0.0]
    assert [verdict.terms["length"].value for verdict in verdicts] == [50, 150, 300, 999]


def test_a_rank_is_the_share_of_others_that_a_value_beats() -> None:
    terms = {"length": {"weight": 1.0, "function": number, "relative": "rank"}}
    assert values(WeightedSum(terms)(samples("10", "7", "10", "900", "1"))) == [0.625, 0.25, 0.625, 1.0, 0.0]
    assert ranks([5.0]) == [0.5]
    assert ranks([None, None]) == [None, None]


def test_pairwise_comparisons_become_shares_of_won_comparisons() -> None:
    def better(one: Sample, other: Sample) -> float:
        return 0.5 if one.completion == other.completion else float(number(one) > number(other))

    assert values(Pairwise(function=better)(samples("3", "1", "3", "2"))) == pytest.approx([5 / 6, 0.0, 5 / 6, 1 / 3])


def test_a_judge_that_always_prefers_the_first_place_favours_nobody() -> None:
    assert values(Pairwise(function=lambda one, other: 1.0)(samples("1", "2", "3"))) == [0.5, 0.5, 0.5]


def test_a_comparison_that_fails_takes_out_the_sample_that_lacks_most_and_no_other() -> None:
    def better(one: Sample, other: Sample) -> float:
        return float(number(one) > number(other))

    broken = Pairwise(function=better)(samples("3", "1", "?", "2"))
    assert values(broken) == [1.0, 0.0, None, 0.5]
    assert "could not convert string to float: '?'" in broken[2].reason
    assert Pairwise(function=better)(samples("1"))[0].state is State.NOT_APPLICABLE


# Aggregations ---------------------------------------------------------------------------------------------------------


def test_a_missing_term_stands_at_the_mean_of_its_group() -> None:
    terms = {
        "a": {"weight": 1.0, "reward": fixed(1.0, 0.0, 0.5)},
        "b": {"weight": 0.5, "reward": fixed(None, 1.0, 0.0)},
    }
    verdicts = WeightedSum(terms)(samples("x", "y", "z"))
    assert values(verdicts) == [1.25, 0.5, 0.5]
    assert [dict(verdict.parts) for verdict in verdicts] == [{"a": 1.0}, {"a": 0.0, "b": 0.5}, {"a": 0.5, "b": 0.0}]


def test_equal_values_with_a_gap_stay_exactly_equal() -> None:
    terms = {"a": {"weight": 1.0, "reward": fixed(*[1.0] * 8)}, "b": {"weight": 1.2, "reward": fixed(None, *[1.0] * 7)}}
    assert len(set(values(WeightedSum(terms)(samples(*"abcdefgh"))))) == 1


def test_normalized_terms_count_by_weight_whatever_their_range() -> None:
    # By hand: tokens 100, 300 -> z = -1, +1; correct 1, 0 -> z = +1, -1; level = 0.5 + 0.5 * 200.
    terms = {
        "correct": {"weight": 1.0, "reward": fixed(1.0, 0.0)},
        "tokens": {"weight": 0.5, "reward": fixed(100, 300)},
    }
    assert values(NormalizedSum(terms)(samples("x", "y"))) == pytest.approx([100.5 + 0.5, 100.5 - 0.5], abs=1e-5)
    assert values(WeightedSum(terms)(samples("x", "y"))) == [51.0, 150.0]


def test_normalization_keeps_apart_what_a_sum_throws_together() -> None:
    # The sum cannot tell the first three apart by more than one step; normalized, the rare success counts more.
    terms = {"a": {"weight": 1.0, "reward": fixed(1, 1, 1, 0)}, "b": {"weight": 1.0, "reward": fixed(0, 0, 0, 1)}}
    assert values(WeightedSum(terms)(samples(*"wxyz"))) == [1, 1, 1, 1]
    terms["b"]["weight"] = 0.5
    first, *_, last = values(NormalizedSum(terms)(samples(*"wxyz")))
    assert first is not None
    assert last is not None
    # z of a: 1/sqrt(3), -sqrt(3); z of b is the opposite, at half the weight.
    assert first - last == pytest.approx(0.5 * (1 / math.sqrt(3) + math.sqrt(3)), abs=1e-5)


def test_a_product_and_a_minimum_are_softened_by_weights() -> None:
    terms = {"a": {"weight": 1.0, "reward": fixed(0.8, 0.5)}, "b": {"weight": 0.5, "reward": fixed(0.4, 1.0)}}
    assert values(Product(terms)(samples("x", "y"))) == pytest.approx([0.8 * 0.7, 0.5])
    assert values(Minimum(terms)(samples("x", "y"))) == pytest.approx([0.7, 0.5])


def test_in_a_product_what_failed_the_gate_stays_at_nothing_and_passing_it_is_no_disadvantage() -> None:
    # By hand: the two that passed have 0.8 and 0.4, on the mean 0.6 of their 1; the others follow at 0.6 of their 0.
    terms = {
        "correct": {"weight": 1.0, "reward": fixed(1.0, 0.0, 1.0, 0.0)},
        "style": {"weight": 1.0, "reward": fixed(0.8, 0.4), "gate": "correct"},
    }
    assert values(Product(terms)(samples(*"wxyz"))) == pytest.approx([0.8, 0.0, 0.4, 0.0], abs=1e-15)


def test_a_product_refuses_numbers_below_zero_one_by_one() -> None:
    verdicts = Product({"a": {"weight": 1.0, "reward": fixed(-0.5, 0.5)}})(samples("x", "y"))
    assert verdicts[0].state is State.FAILED
    assert "term 'a' is below 0" in verdicts[0].reason
    assert verdicts[1].value == 0.5


def test_the_parts_of_a_sum_add_up_to_it_and_those_of_a_product_of_two_to_its_distance_from_one() -> None:
    terms = {"a": {"weight": 1.0, "reward": fixed(0.3, 0.9)}, "b": {"weight": 0.5, "reward": fixed(0.2, 0.6)}}
    for mode, start in ((WeightedSum, 0.0), (NormalizedSum, 0.0), (Product, 1.0), (Minimum, 1.0)):
        for verdict in mode(terms)(samples("x", "y")):
            assert sum(verdict.parts.values()) + start == pytest.approx(verdict.value, abs=1e-12)


# Async and errors -----------------------------------------------------------------------------------------------------


def test_async_functions_judge_all_samples_at_once_and_a_late_one_times_out_alone() -> None:
    started: list[str] = []
    everybody = asyncio.Event()

    async def judge(sample: Sample) -> float | None:
        started.append(sample.completion)
        if len(started) == 4:
            everybody.set()
        await everybody.wait()  # one after another, this would wait for ever
        if sample.completion == "late":
            await asyncio.sleep(3600)
        if sample.completion == "broken":
            raise TimeoutError("of its own")
        return None if sample.completion == "none" else 1.0

    verdicts = WeightedSum({"judge": {"weight": 1.0, "function": judge, "timeout_s": 5.0}})(
        samples("fine", "late", "broken", "none")
    )
    assert [v.state.value for v in verdicts] == ["value", "timed_out", "failed", "not_applicable"]
    assert verdicts[1].reason == "term 'judge': no answer within 5 s"
    assert verdicts[2].reason == "term 'judge': TimeoutError: of its own"


def test_an_async_function_that_raises_exits_cancels_or_clings_to_life_fails_alone() -> None:
    async def spawned() -> None:
        sys.exit(3)

    async def judge(sample: Sample) -> float:
        match sample.completion:
            case "raises":
                raise ValueError("odd")
            case "exits":
                sys.exit(0)
            case "cancels":
                raise asyncio.CancelledError
            case "spawns":  # asyncio lets such an exit end the whole loop
                await asyncio.wait({asyncio.ensure_future(spawned())})
            case "clings":
                while True:
                    with suppress(BaseException):
                        await asyncio.sleep(3600)
        return 1.0

    reward = WeightedSum({"judge": {"weight": 1.0, "function": judge, "timeout_s": 1.0}})
    texts = ["raises", "exits", "cancels", "spawns", "clings", "fine"]
    verdicts = reward([Sample(prompt="", completion=text) for text in texts])
    assert [verdict.value for verdict in verdicts] == [None, None, None, 1.0, None, 1.0]
    assert [verdict.state for verdict in verdicts[:3]] == [State.FAILED] * 3
    assert verdicts[0].reason == "term 'judge': ValueError: odd"
    assert (verdicts[4].state, verdicts[4].reason) == (State.TIMED_OUT, "term 'judge': no answer within 1 s")
    assert reward([Sample(prompt="", completion="fine")])[0].value == 1.0


def test_an_async_function_of_the_group_that_answers_for_too_few_fails_all() -> None:
    async def judge(group: Sequence[Sample]) -> list[float]:
        return [1.0]

    verdicts = WeightedSum({"judge": {"weight": 1.0, "function": judge}})(samples("x", "y"))
    assert [v.reason for v in verdicts] == ["term 'judge': returned 1 verdicts for 2 samples"] * 2


@pytest.mark.parametrize(
    ("mode", "terms", "message"),
    [
        (WeightedSum, {"a": {"clip": [1, 0]}}, "term 'a': clip is [1, 0]; give [low, high] with low <= high"),
        (WeightedSum, {"a": {"rescale": [1, 1]}}, "term 'a': rescale is [1, 1]"),
        (WeightedSum, {"a": {"relative": "pairwise"}}, "term 'a': relative is 'pairwise'; give rank or null"),
        (WeightedSum, {"a": {"gate": "b"}}, "term 'a': gate 'b' is no term; there are a"),
        (WeightedSum, {"a": {"gate": "a"}}, "terms a -> a gate one another"),
        (WeightedSum, {"a": {"gate": "b"}, "b": {"gate": "a"}}, "terms a -> b -> a gate one another"),
        (WeightedSum, {"a": {"gate": "b"}, "b": {"eval_only": True}}, "gate 'b' is eval_only"),
        (WeightedSum, {"a": {"gate": {"at_least": 1}}}, "write {term: NAME, at_least: 0.5}"),
        (WeightedSum, {"a": {"applies_to": "math"}}, "term 'a': applies_to is 'math'; write {task: [...]}"),
        (
            WeightedSum,
            {"a": {"applies_to": {"tasks": "math"}}},
            "term 'a': applies_to has unknown keys tasks; known are task, lang",
        ),
        (WeightedSum, {"a": {"applies_to": {}}}, "give names of tasks or tags of languages"),
        (WeightedSum, {"a": {"required": True, "gate": "b"}, "b": {}}, "term 'a' is required of every sample"),
        (WeightedSum, {"a": {"required": "yes"}}, "term 'a': required is 'yes'; give true, false or null"),
        (WeightedSum, {"a": {"timeout_s": 1.0}}, "term 'a': timeout_s needs isolated: true"),
        (WeightedSum, {"a": {"timeout_s": 0}}, "term 'a': timeout_s is 0"),
        (WeightedSum, {"a": {"isolated": True}}, "term 'a' is isolated but has no deadline; give timeout_s"),
        (WeightedSum, {"a": {"isolated": True, "timeout_s": 1, "background": True}}, "both isolated and background"),
        (WeightedSum, {"a": {"isolated": "no"}}, "term 'a': isolated is 'no'; give true or false"),
        (WeightedSum, {"a": {"eval_only": 1}}, "term 'a': eval_only is 1; give true or false"),
        (WeightedSum, {"a": {"background": None}}, "term 'a': background is None; give true or false"),
        (WeightedSum, {"a": {"gate": {"term": "a", "above": 1}}}, "term 'a': gate has unknown keys above; known are"),
        (WeightedSum, {"a": {"reward": fixed(1)}}, "both of `reward` and `function`; give exactly one (to replace a"),
        (WeightedSum, {"a": {"isolated": True, "timeout_s": 1, "function": lambda sample: 1}}, "cannot be sent"),
        (WeightedSum, {"a": {"weight": lambda step: "1"}}, "term 'a': the weight at step 0 is '1'"),
        (Product, {"a": {"weight": 2.0}}, "term 'a': weight is 2 at step 0; Product takes weights from 0"),
        (Minimum, {"a": {"weight": Linear(start=1, end=-1, steps=5)}}, "term 'a': weight is -1 at step inf; Minimum"),
    ],
)
def test_a_term_told_nonsense_is_one_error_that_names_it(mode: Any, terms: dict[str, Any], message: str) -> None:
    with pytest.raises(RewardError) as raised:
        mode({name: {"weight": 1.0, "function": "statistics:mean", **term} for name, term in terms.items()})
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Linear(start=0, end=1, steps=0), "Linear: steps=0, begin=0"),
        (lambda: Cosine(start=0, end=math.inf, steps=1), "Cosine: start=0, end=inf"),
        (lambda: Piecewise([[5, 1.0], [1, 0.0]]), "Piecewise: points is"),
        (lambda: Piecewise([]), "Piecewise: points is []"),
    ],
)
def test_a_schedule_written_wrongly_says_so(build: Any, message: str) -> None:
    with pytest.raises(RewardError, match=message.replace("[", r"\[")):
        build()


@pytest.mark.parametrize("gate", [None, "form"])
def test_the_work_for_a_group_does_not_grow_with_the_number_of_groups(
    gate: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0
    slow_behind = Panel.slow_behind

    def counted(panel: Panel, wave: int, step: int | None) -> bool:
        nonlocal looks
        looks += 1
        return slow_behind(panel, wave, step)

    monkeypatch.setattr(Panel, "slow_behind", counted)

    async def judge(sample: Sample) -> float:
        return float(sample.completion)

    form = {"weight": 1.0, "function": lambda sample: 1.0}
    reward = WeightedSum({"form": form, "slow": {"weight": 1.0, "function": judge, "gate": gate}})
    groups = [samples(str(n)) for n in range(1000)]
    assert [verdicts[0].value for verdicts in reward.judge_groups(groups)] == [1.0 + n for n in range(1000)]
    assert looks <= 10 * len(groups)


def test_everything_is_reached_from_yaml(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "def better(one, other):\n    return float(len(one.completion) < len(other.completion))\n"
    )
    config = OmegaConf.create(
        f"""
        _target_: rewards.compose.NormalizedSum
        terms:
          correct: {{weight: 1.0, reward: {{_target_: rewards.math.FinalAnswer}}}}
          format:
            weight: {{_target_: rewards.schedules.Piecewise, points: [[0, 0.5], [100, 0.0]]}}
            reward: {{_target_: rewards.format.Boxed}}
            applies_to: {{task: [math, "gsm8k*"]}}
          short:
            weight: 0.2
            reward: {{_target_: rewards.relative.Pairwise, function: "{tmp_path}/mine.py:better"}}
            gate: {{term: correct, at_least: 1.0}}
        """
    )
    reward = instantiate(config, _convert_="all")
    group = [
        Sample(prompt="9+9", completion=text, reference={"answer": "18"}, task="gsm8k/main")
        for text in ("\\boxed{18}", "so it is \\boxed{18}", "\\boxed{17}")
    ]
    assert [v.terms["short"].value for v in reward.at(0)(group)] == [1.0, 0.0, None]
    assert [v.state for v in reward(group)] == [State.VALUE] * 3
