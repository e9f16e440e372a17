"""Scores and comparisons become values; whatever a scorer does wrong is a failure and never a number."""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from rewards import RewardError, Sample, State, Verdict
from rewards.preference import Affine, Preference, Sigmoid
from rewards.tournament import bradley_terry, complete_players, win_rates

Pair = tuple[Sample, Sample]


def samples(*completions: str, **more: Any) -> list[Sample]:
    return [Sample(prompt="p", completion=text, **more) for text in completions]


def length(group: Sequence[Sample]) -> list[float]:
    return [float(len(sample.completion)) for sample in group]


def longer(pairs: Sequence[Pair]) -> list[float]:
    return [float(len(one.completion) > len(other.completion)) for one, other in pairs]


def values(verdicts: Sequence[Verdict]) -> list[float | None]:
    return [verdict.value for verdict in verdicts]


def test_a_scalar_score_is_the_value_after_calibration() -> None:
    group = samples("a", "abc")
    assert values(Preference(scorer=length)(group)) == [1.0, 3.0]
    assert values(Preference(scorer=length, calibration=Affine(scale=0.5, offset=-1.0))(group)) == [-0.5, 0.5]
    calibrated = Preference(scorer=length, calibration=Sigmoid(midpoint=1.0, width=2.0))(group)
    assert calibrated[0].value == 0.5
    assert calibrated[1].value == pytest.approx(1 / (1 + math.exp(-1)))


@pytest.mark.parametrize("score", [-1e300, -1e9, 1e9, 1e300])
def test_the_sigmoid_is_bounded_for_any_score(score: float) -> None:
    assert Sigmoid(width=1e-3)(score) == (1.0 if score > 0 else 0.0)


def returning(*answers: Any) -> Callable[[Sequence[Any]], list[Any]]:
    return lambda items: list(answers)


@pytest.mark.parametrize(
    "answer",
    [
        *(math.nan, math.inf, None, "1.0", {"score": 1}, {1.0}, [], [1.0, 2.0], ["1"], [math.nan], ValueError("no")),
        *(object(), 10**400, [10**400], np.array([1.0, 2.0]), np.array("1")),
    ],
)
def test_an_answer_that_is_no_number_fails_its_sample_only(answer: Any) -> None:
    verdicts = Preference(scorer=returning(0.5, answer, 0.25))(samples("a", "b", "c"))
    assert values(verdicts) == [0.5, None, 0.25]
    assert verdicts[1].state is State.FAILED
    assert verdicts[1].reason


def test_an_array_of_scores_is_one_score_for_each_or_a_row_for_each() -> None:
    assert values(Preference(scorer=lambda items: np.array([0.5, 0.25]))(samples("a", "b"))) == [0.5, 0.25]
    assert values(Preference(scorer=lambda items: [np.array(0.5), np.array([0.25])])(samples("a", "b"))) == [0.5, 0.25]
    ensemble = Preference(scorer=lambda items: np.array([[0.0, 1.0], [1.0, 1.0]]), num_scores=2)
    assert values(ensemble(samples("a", "b"))) == [0.5, 1.0]


def test_a_scorer_that_ends_the_run_fails_its_batch_instead() -> None:
    def leaves(items: Sequence[Sample]) -> list[float]:
        raise SystemExit(0)

    assert Preference(scorer=leaves)(samples("a"))[0].reason == "the scorer: SystemExit: 0"


@pytest.mark.parametrize("answers", [[], [1.0], [1.0, 2.0, 3.0], None, 1.0, "ab"])
def test_answers_of_another_number_fail_the_whole_batch(answers: Any) -> None:
    verdicts = Preference(scorer=lambda items: answers)(samples("a", "b"))
    assert [verdict.state for verdict in verdicts] == [State.FAILED] * 2


def test_a_scorer_that_raises_fails_its_batch_only_and_says_why() -> None:
    def fragile(group: Sequence[Sample]) -> list[float]:
        if any("bad" in sample.completion for sample in group):
            raise ConnectionError("model server is down")
        return length(group)

    verdicts = Preference(scorer=fragile, batch_size=2)(samples("a", "ab", "bad", "abcd", "abcde"))
    assert values(verdicts) == [1.0, 2.0, None, None, 5.0]
    assert verdicts[2].reason == "the scorer: ConnectionError: model server is down"


def test_a_verdict_from_the_scorer_keeps_its_state_and_reason() -> None:
    late = Verdict.timed_out("no reply")
    assert Preference(scorer=returning(late, Verdict.of(2.0)))(samples("a", "b")) == [late, Verdict.of(2.0)]


def test_an_ensemble_is_worth_its_mean_less_its_disagreement() -> None:
    one = Preference(scorer=returning([1.0, 3.0], [2.0, 2.0]), num_scores=2, uncertainty_penalty=0.5)
    assert values(one(samples("a", "b"))) == [2.0 - 0.5 * 1.0, 2.0]
    two = Preference(scorer=[returning(1.0, 2.0), returning(3.0, 2.0)], num_scores=2, uncertainty_penalty=0.5)
    assert values(two(samples("a", "b"))) == [1.5, 2.0]
    assert values(Preference(scorer=[returning(1.0), returning(3.0)], num_scores=2)(samples("a"))) == [2.0]


def test_a_member_that_fails_fails_the_sample_and_is_not_left_out() -> None:
    reward = Preference(scorer=[length, returning(1.0, math.nan)], num_scores=2)
    assert values(reward(samples("a", "b"))) == [1.0, None]
    short = Preference(scorer=returning([1.0, 2.0], [1.0]), num_scores=2)(samples("a", "b"))
    assert short[1].reason == "the scorer gave 1 scores instead of num_scores=2"


def test_scores_are_asked_for_once_and_failures_again() -> None:
    asked: list[str] = []

    def counting(group: Sequence[Sample]) -> list[float | None]:
        asked.extend(sample.completion for sample in group)
        return [None if sample.completion == "bad" else 1.0 for sample in group]

    reward = Preference(scorer=counting)
    for _ in range(2):
        assert values(reward(samples("a", "a", "bad"))) == [1.0, 1.0, None]
    assert asked == ["a", "bad", "bad"]


def test_the_cache_tells_apart_what_a_scorer_may_look_at_and_is_bounded() -> None:
    def by_reference(group: Sequence[Sample]) -> list[float]:
        return [float(sample.reference["answer"]) for sample in group]

    reward = Preference(scorer=by_reference, cache_size=1)
    for answer in (1, 2, 1):
        assert values(reward(samples("a", reference={"answer": answer}))) == [answer]
    ticks = iter(range(10))
    uncached = Preference(scorer=lambda group: [float(next(ticks)) for _ in group], cache_size=0)
    assert [values(uncached(samples("a"))) for _ in range(2)] == [[0.0], [1.0]]


def test_batches_are_filled_across_groups() -> None:
    sizes: list[int] = []

    def sized(group: Sequence[Sample]) -> list[float]:
        sizes.append(len(group))
        return length(group)

    groups = [samples("a", "bb"), samples("ccc"), samples("dddd", "eeeee")]
    assert [values(v) for v in Preference(scorer=sized, batch_size=4).judge_groups(groups)] == [[1, 2], [3], [4, 5]]
    assert sizes == [4, 1]


def test_what_was_cut_off_is_truncated_by_option() -> None:
    group = [*samples("a"), *samples("bb", finish_reason="length"), *samples("ccc")]
    assert values(Preference(scorer=length)(group)) == [1.0, 2.0, 3.0]
    verdicts = Preference(scorer=length, score_cut_off=False)(group)
    assert values(verdicts) == [1.0, None, 3.0]
    assert verdicts[1].state is State.TRUNCATED
    compared = Preference(scorer=longer, pairwise="win_rate", score_cut_off=False)(group)
    assert values(compared) == [0.0, None, 1.0]


def test_win_rates_rank_the_group() -> None:
    assert values(Preference(scorer=longer, pairwise="win_rate")(samples("a", "abc", "ab"))) == [0.0, 1.0, 0.5]


def test_a_preference_for_the_first_place_cancels() -> None:
    def first(pairs: Sequence[Pair]) -> list[float]:
        return [0.9] * len(pairs)

    assert values(Preference(scorer=first, pairwise="win_rate")(samples("a", "b", "c"))) == pytest.approx([0.5] * 3)
    one_way = Preference(scorer=first, pairwise="win_rate", both_orders=False)(samples("a", "b", "c"))
    assert values(one_way) == pytest.approx([0.9, 0.5, 0.1])


def test_the_same_text_draws_and_a_single_one_is_not_judged() -> None:
    assert values(Preference(scorer=longer, pairwise="win_rate")(samples("ab", "ab"))) == [0.5, 0.5]
    assert Preference(scorer=longer, pairwise="win_rate")(samples("ab"))[0].state is State.NOT_APPLICABLE


def test_bradley_terry_strengths_meet_their_own_equations_and_add_up_to_nothing() -> None:
    chances = {(0, 1): 0.8, (0, 2): 0.9, (1, 2): 0.6}
    wins = {**chances, **{(j, i): 1 - p for (i, j), p in chances.items()}}
    strengths = bradley_terry([0, 1, 2], wins, prior_games=0.5)

    def sigmoid(x: float) -> float:
        return 1 / (1 + math.exp(-x))

    for i in range(3):
        expected = sum(sigmoid(strengths[i] - strengths[j]) for j in range(3) if j != i) + 0.5 * sigmoid(strengths[i])
        assert sum(wins[i, j] for j in range(3) if j != i) + 0.25 == pytest.approx(expected, abs=1e-9)
    assert sorted(strengths, reverse=True) == strengths


def test_bradley_terry_finds_strengths_that_fit_exactly_where_the_prior_is_weak() -> None:
    true = [1.0, 0.0, -1.0]
    wins = {(i, j): 1 / (1 + math.exp(true[j] - true[i])) for i in range(3) for j in range(3) if i != j}
    assert bradley_terry([0, 1, 2], wins, prior_games=1e-6) == pytest.approx(true, abs=1e-3)


def test_who_wins_every_game_has_a_finite_strength() -> None:
    verdicts = Preference(scorer=longer, pairwise="bradley_terry")(samples(*("a" * n for n in range(1, 9))))
    ranked = values(verdicts)
    assert ranked == sorted(ranked, key=lambda value: value or 0.0)
    assert all(value is not None and abs(value) < 5 for value in ranked)


def test_survivors_of_failed_comparisons_have_the_values_of_a_group_without_the_failed() -> None:
    def fragile(pairs: Sequence[Pair]) -> list[float]:
        return [math.nan if "bad" in (a.completion, b.completion) else longer([(a, b)])[0] for a, b in pairs]

    for pairwise in ("win_rate", "bradley_terry"):
        reward = Preference(scorer=fragile, pairwise=pairwise)
        verdicts = reward(samples("a", "bad", "abcd", "ab"))
        assert verdicts[1].state is State.FAILED
        assert [verdicts[0].value, *values(verdicts[2:])] == values(reward(samples("a", "abcd", "ab")))


def test_players_are_taken_out_until_no_game_is_missing() -> None:
    wins = {(i, j): 0.5 for i in range(5) for j in range(5) if i != j}
    assert complete_players(5, wins.keys()) == [0, 1, 2, 3, 4]
    assert complete_players(5, {pair for pair in wins if 2 not in pair}) == [0, 1, 3, 4]
    assert complete_players(5, {pair for pair in wins if pair != (1, 3)}) == [0, 2, 4]
    assert complete_players(2, set()) == []
    assert win_rates([0, 4], wins) == [0.5, 0.5]


def test_comparisons_that_are_no_probabilities_fail_and_a_calibration_makes_them_some() -> None:
    def margin(pairs: Sequence[Pair]) -> list[float]:
        return [float(len(one.completion) - len(other.completion)) for one, other in pairs]

    verdicts = Preference(scorer=margin, pairwise="win_rate")(samples("a", "abc"))
    assert [verdict.state for verdict in verdicts] == [State.FAILED] * 2
    assert "give a calibration such as Sigmoid()" in verdicts[0].reason
    calibrated = Preference(scorer=margin, pairwise="win_rate", calibration=Sigmoid())(samples("a", "abc"))
    assert values(calibrated) == pytest.approx([1 / (1 + math.e**2), 1 / (1 + math.e**-2)])


def test_a_calibration_that_raises_or_overflows_is_a_failure() -> None:
    for calibration in (lambda score: 1 / (score - 1), lambda score: math.inf):
        assert Preference(scorer=length, calibration=calibration)(samples("a"))[0].state is State.FAILED


def test_an_empty_group_has_no_verdicts() -> None:
    assert Preference(scorer=length)([]) == []
    assert Preference(scorer=longer, pairwise="win_rate")([]) == []


def test_the_reward_can_be_sent_to_a_worker_process() -> None:
    reward = Preference(scorer=length, calibration=Affine(scale=2.0))
    reward(samples("a"))
    assert values(pickle.loads(pickle.dumps(reward))(samples("ab"))) == [4.0]


@pytest.mark.parametrize(
    "options",
    [
        {"scorer": "rewards.preference"},
        {"scorer": []},
        {"scorer": Sigmoid},
        {"pairwise": "elo"},
        {"calibration": 2.0},
        {"calibration": Affine},
        {"num_scores": 0},
        {"scorer": [length, length]},
        {"uncertainty_penalty": 1.0},
        {"uncertainty_penalty": -1.0, "num_scores": 2},
        {"uncertainty_penalty": math.nan, "num_scores": 2},
        {"batch_size": 0},
        {"cache_size": -1},
        {"both_orders": "no"},
    ],
)
def test_options_that_make_no_sense_are_an_error(options: dict[str, Any]) -> None:
    with pytest.raises(RewardError, match=r"^Preference: .*(?:give|needs)"):
        Preference(**{"scorer": length, **options})


@pytest.mark.parametrize(
    "options", [{"scale": 0.0}, {"scale": -1.0}, {"scale": math.inf}, {"scale": 1.0, "offset": None}]
)
def test_an_affine_map_that_turns_the_order_round_is_an_error(options: dict[str, Any]) -> None:
    with pytest.raises(RewardError, match=r"^Affine: "):
        Affine(**options)
    with pytest.raises(RewardError, match=r"^Sigmoid: "):
        Sigmoid(width=options.get("scale", 0.0) if options["scale"] != 1.0 else 0.0)
