"""A missing term decides nothing: laws of the four ways to compose, over every pattern of missing numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rewards import Sample, State, Term, Verdict
from rewards.compose import Minimum, NormalizedSum, Product, WeightedSum
from rewards.schedules import Linear
from rlhf.advantages import AdvantageEstimator, GroupCentered, GroupLikelihood, GroupNormalized

relaxed = settings(max_examples=settings().max_examples // 2)
SUMS = [WeightedSum, NormalizedSum]
BOUNDED = [Product, Minimum]
MODES = [*SUMS, *BOUNDED]
ESTIMATORS = [GroupCentered(), GroupNormalized(), GroupLikelihood()]
NOISE = 1e-9
"""Rounding: what is zero in exact arithmetic may be this far from it."""

Table = dict[str, list[float | None]]
"""Term name to one number per completion; None where the term has none."""


class Lookup:
    """A reward that reads its verdicts from a list: the completion's text is its place."""

    def __init__(self, column: Sequence[float | None], missing: Verdict) -> None:
        self.verdicts = [missing if value is None else Verdict.of(value) for value in column]

    def __call__(self, group: Sequence[Sample]) -> list[Verdict]:
        return [self.verdicts[int(sample.completion)] for sample in group]


MISSING = {
    "abstains": (Verdict.not_applicable("nothing to judge"), None),
    "fails, and may": (Verdict.failed("broken"), False),
    "times out, and may": (Verdict.timed_out("late"), False),
    "cut off, and may": (Verdict.truncated("cut off"), False),
}


def composed(
    mode: type,
    table: Mapping[str, Sequence[float | None]],
    weights: Mapping[str, float],
    how: str,
    places: Sequence[int],
) -> list[Verdict]:
    missing, required = MISSING[how]
    terms = {
        name: Term(weight=weights[name], reward=Lookup(column, missing), required=required)
        for name, column in table.items()
    }
    return mode(terms)([Sample(prompt="", completion=str(place)) for place in places])


def advantages(estimator: AdvantageEstimator, verdicts: Sequence[Verdict]) -> list[float]:
    values = [verdict.value for verdict in verdicts]
    assert None not in values
    return estimator([torch.tensor(values, dtype=torch.float64)])[0].tolist()


def opposite(one: float, other: float) -> bool:
    return min(one, other) < -NOISE and max(one, other) > NOISE


NUMBERS = st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]) | st.floats(0.0, 1.0).map(lambda x: round(x, 3))


@st.composite
def tables(draw: st.DrawFn, *, gaps_in_one: bool = False) -> Table:
    """Two to eight completions, of which every one has a number from the first term; the others have gaps."""
    num_samples, num_terms = draw(st.integers(2, 8)), draw(st.integers(2, 4))
    table: Table = {"t0": draw(st.lists(NUMBERS, min_size=num_samples, max_size=num_samples))}
    for k in range(1, num_terms):
        gappy = not gaps_in_one or k == 1
        numbers = st.none() | NUMBERS if gappy else NUMBERS
        table[f"t{k}"] = draw(st.lists(numbers, min_size=num_samples, max_size=num_samples))
    return table


def weights_for(mode: type, table: Table) -> st.SearchStrategy[dict[str, float]]:
    choices = [0.25, 0.5, 1.0] if mode in BOUNDED else [-1.0, -0.1, 0.1, 0.5, 1.0, 3.0]
    return st.fixed_dictionaries({name: st.sampled_from(choices) for name in table})


def everybody(table: Table) -> range:
    return range(len(table["t0"]))


@pytest.mark.parametrize("mode", SUMS)
@relaxed
@given(data=st.data())
def test_in_a_sum_a_missing_term_leaves_the_sign_that_the_reward_without_the_term_gives(
    mode: type, data: st.DataObject
) -> None:
    table, how = data.draw(tables()), data.draw(st.sampled_from(list(MISSING)))
    weights = data.draw(weights_for(mode, table))
    whole = composed(mode, table, weights, how, everybody(table))
    for name in [name for name in table if None in table[name]]:
        less = {other: column for other, column in table.items() if other != name}
        without = composed(mode, less, weights, how, everybody(table))
        for estimator in ESTIMATORS:
            pairs = zip(advantages(estimator, whole), advantages(estimator, without), table[name], strict=True)
            assert not any(value is None and opposite(one, other) for one, other, value in pairs)


@pytest.mark.parametrize("mode", MODES)
@relaxed
@given(data=st.data())
def test_where_one_term_has_gaps_they_leave_the_sign_that_the_reward_without_it_gives_in_every_mode(
    mode: type, data: st.DataObject
) -> None:
    table, how = data.draw(tables(gaps_in_one=True)), data.draw(st.sampled_from(list(MISSING)))
    weights = data.draw(weights_for(mode, table))
    whole = composed(mode, table, weights, how, everybody(table))
    less = {name: column for name, column in table.items() if name != "t1"}
    without = composed(mode, less, weights, how, everybody(table))
    for estimator in ESTIMATORS:
        pairs = zip(advantages(estimator, whole), advantages(estimator, without), table["t1"], strict=True)
        assert not any(value is None and opposite(one, other) for one, other, value in pairs)


@pytest.mark.parametrize("mode", BOUNDED)
@relaxed
@given(data=st.data())
def test_in_a_product_or_minimum_an_incomplete_completion_has_the_sign_that_the_common_terms_give(
    mode: type, data: st.DataObject
) -> None:
    table = data.draw(tables())
    weights = data.draw(weights_for(mode, table))
    whole = composed(mode, table, weights, "abstains", everybody(table))
    common = {name: column for name, column in table.items() if None not in column}
    alone = composed(mode, common, weights, "abstains", everybody(table))
    had = [column for column in table.values() if any(value is not None for value in column)]
    incomplete = [any(column[i] is None for column in had) for i in everybody(table)]
    for estimator in ESTIMATORS:
        pairs = zip(advantages(estimator, whole), advantages(estimator, alone), incomplete, strict=True)
        assert not any(lacking and opposite(one, other) for one, other, lacking in pairs)


@pytest.mark.parametrize("mode", MODES)
@relaxed
@given(data=st.data())
def test_the_best_in_everything_that_it_has_is_never_pushed_down_and_the_worst_never_up(
    mode: type, data: st.DataObject
) -> None:
    table = data.draw(tables())
    weights = data.draw(weights_for(mode, table))
    whole = composed(mode, table, weights, "abstains", everybody(table))
    for i in everybody(table):
        # Differences to every other completion, in the direction that the weight rewards, where both have the term.
        lead = [
            weights[name] * (own - value)
            for name, column in table.items()
            if (own := column[i]) is not None
            for value in column
            if value is not None
        ]
        for estimator in ESTIMATORS:
            advantage = advantages(estimator, whole)[i]
            assert advantage >= -NOISE or min(lead) < 0
            assert advantage <= NOISE or max(lead) > 0


FAILED = Verdict.failed("broken")
FAILURES = st.sampled_from([State.FAILED, State.TIMED_OUT, State.TRUNCATED])


@pytest.mark.parametrize("relative", [None, "rank"])
@pytest.mark.parametrize("mode", MODES)
@relaxed
@given(data=st.data())
def test_what_fails_leaves_the_group_and_the_others_get_what_they_get_where_it_never_was(
    mode: type, relative: str | None, data: st.DataObject
) -> None:
    table = data.draw(tables())
    weights = data.draw(weights_for(mode, table))
    broken = data.draw(st.dictionaries(st.sampled_from([*everybody(table)]), FAILURES, max_size=len(table["t0"]) - 1))

    def run(places: Sequence[int], failing: Mapping[int, State]) -> list[Verdict]:
        def tests(group: Sequence[Sample]) -> list[Verdict]:
            states = [failing.get(int(sample.completion)) for sample in group]
            return [Verdict.of(0.5) if state is None else Verdict(state=state) for state in states]

        terms = {
            name: {"weight": weights[name], "reward": Lookup(column, Verdict.not_applicable()), "relative": relative}
            for name, column in table.items()
        }
        reward = mode({**terms, "tests": {"weight": 0.5, "reward": tests}})
        return reward([Sample(prompt="", completion=str(place)) for place in places])

    injected = run(everybody(table), broken)
    left = [i for i in everybody(table) if i not in broken]
    assert [verdict.value for verdict in run(left, {})] == [injected[i].value for i in left]
    assert all(injected[i].value is not None for i in left)
    assert all((injected[i].state, injected[i].value) == (state, None) for i, state in broken.items())


@pytest.mark.parametrize("mode", MODES)
@relaxed
@given(data=st.data())
def test_neither_the_order_of_terms_nor_that_of_completions_changes_a_value(mode: type, data: st.DataObject) -> None:
    table = data.draw(tables())
    weights = data.draw(weights_for(mode, table))
    places = data.draw(st.permutations(everybody(table)))
    names = data.draw(st.permutations(list(table)))
    plain = composed(mode, table, weights, "abstains", everybody(table))
    mixed = composed(mode, {name: table[name] for name in names}, weights, "abstains", places)
    assert [plain[i].value for i in places] == pytest.approx([verdict.value for verdict in mixed], abs=1e-12)


@pytest.mark.parametrize("mode", MODES)
@relaxed
@given(data=st.data())
def test_a_gate_that_closes_never_makes_passing_it_a_disadvantage(mode: type, data: st.DataObject) -> None:
    """The style of what passed is compared among what passed: a completion that failed the gate never overtakes all."""
    table = data.draw(tables(gaps_in_one=True))
    terms = {
        "correct": Term(weight=1.0, reward=Lookup([float(x >= 0.5) for x in table["t0"] if x is not None], FAILED)),
        "style": Term(weight=0.5, reward=Lookup([x or 0.0 for x in table["t1"]], FAILED), gate="correct"),
    }
    verdicts = mode(terms)([Sample(prompt="", completion=str(place)) for place in everybody(table)])
    passed = [v.value for v in verdicts if v.terms["correct"].value == 1.0 and v.value is not None]
    closed = [v.value for v in verdicts if v.terms["correct"].value == 0.0 and v.value is not None]
    assert not passed or not closed or max(closed) <= max(passed) + NOISE
    assert len(set(closed)) <= 1


@pytest.mark.parametrize("mode", MODES)
@relaxed
@given(data=st.data())
def test_at_every_step_of_a_schedule_the_values_are_those_of_the_weights_of_that_step(
    mode: type, data: st.DataObject
) -> None:
    """So the laws above, which know only numbers for weights, hold at every step of training too."""
    table, how = data.draw(tables()), data.draw(st.sampled_from(list(MISSING)))
    start, end = data.draw(weights_for(mode, table)), data.draw(weights_for(mode, table))
    step = data.draw(st.integers(0, 8))
    missing, required = MISSING[how]
    terms = {
        name: Term(
            weight=Linear(start=start[name], end=end[name], steps=8), reward=Lookup(column, missing), required=required
        )
        for name, column in table.items()
    }
    samples = [Sample(prompt="", completion=str(place)) for place in everybody(table)]
    now = {name: start[name] + (end[name] - start[name]) * step / 8 if step < 8 else end[name] for name in table}
    assert [verdict.value for verdict in mode(terms).at(step)(samples)] == [
        verdict.value for verdict in composed(mode, table, now, how, everybody(table))
    ]
