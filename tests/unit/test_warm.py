"""WARM's average less its members' disagreement: by hand, and where preferences were labelled wrongly."""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Callable, Sequence

import pytest

from rewards.base import Sample, State, Verdict
from rewards.preference import Preference
from rlhf.errors import ConfigError
from rlhf.warm import Warm


def samples(*texts: str) -> list[Sample]:
    return [Sample(prompt="", completion=text) for text in texts]


def gives(*scores: float | Verdict) -> Callable[[Sequence[Sample]], list[float | Verdict]]:
    return lambda group: list(scores[: len(group)])


def test_the_penalty_is_the_members_population_deviation() -> None:
    warm = Warm(gives(3.0, 3.0), [gives(1.0, 2.0), gives(5.0, 2.0), gives(3.0, 2.0)], penalty=0.5)
    assert warm(samples("a", "b")) == pytest.approx([3.0 - 0.5 * math.sqrt(8 / 3), 3.0])


def test_without_a_penalty_no_member_is_asked() -> None:
    def broken(group: Sequence[Sample]) -> list[float | Verdict]:
        raise AssertionError("asked")

    assert Warm(gives(1.5), [broken, broken], penalty=0.0)(samples("a")) == [1.5]


def test_a_sample_that_one_member_cannot_score_has_no_score() -> None:
    cut = Verdict.truncated("cut off")
    reward = Preference(scorer=Warm(gives(1.0, 1.0), [gives(1.0, 1.0), gives(cut, 1.0)], penalty=1.0))
    assert [verdict.state for verdict in reward(samples("a", "b"))] == [State.TRUNCATED, State.VALUE]


@pytest.mark.parametrize(
    ("members", "penalty", "message"), [(1, 0.5, "give at least 2"), (2, -1.0, "penalty is -1.0"), (2, math.nan, "nan")]
)
def test_what_cannot_be_is_refused(members: int, penalty: float, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Warm(gives(1.0), [gives(1.0)] * members, penalty=penalty)


def fitted(pairs: Sequence[tuple[list[float], list[float]]], size: int) -> list[float]:
    """Weights of a linear Bradley-Terry model, by gradient descent."""
    weights = [0.0] * size
    for _ in range(60):
        slope = [0.02 * w for w in weights]
        for chosen, rejected in pairs:
            gap = [c - r for c, r in zip(chosen, rejected, strict=True)]
            miss = 1 / (1 + math.exp(math.fsum(w * g for w, g in zip(weights, gap, strict=True))))
            slope = [s - miss * g / len(pairs) for s, g in zip(slope, gap, strict=True)]
        weights = [w - s for w, s in zip(weights, slope, strict=True)]
    return weights


def noisy_members(seed: int, *, size: int, count: int) -> list[list[float]]:
    """Models of one truth (more of feature 0 is better), each from its own pairs with a third of the labels wrong.

    The last feature is rare in the data: what is learnt of it is mostly noise.
    """
    dice = random.Random(seed)
    members = []
    for _ in range(count):
        pairs = []
        for _ in range(60):
            one, other = ([dice.gauss(0, 1) for _ in range(size)] for _ in range(2))
            for side in (one, other):
                side[-1] *= 1.0 if dice.random() < 0.05 else 0.0
            good, bad = (one, other) if one[0] > other[0] else (other, one)
            pairs.append((bad, good) if dice.random() < 1 / 3 else (good, bad))
        members.append(fitted(pairs, size))
    return members


def test_under_label_noise_the_average_beats_its_members_and_the_penalty_avoids_what_they_only_guess() -> None:
    """Best of 16 by the score, where every other candidate has a large dose of the rare feature that is worth nothing.

    What counts is the true worth of the pick, over 200 groups and 8 draws of the noise.
    """
    size, worth = 6, {"member": [], "average": [], "penalized": []}
    for seed in range(8):
        members = noisy_members(seed, size=size, count=4)
        mean = [statistics.fmean(column) for column in zip(*members, strict=True)]
        texts: dict[str, list[float]] = {}

        def score(weights: list[float], texts: dict[str, list[float]] = texts):
            def one(sample: Sample) -> float:
                return math.fsum(w * x for w, x in zip(weights, texts[sample.completion], strict=True))

            return lambda given: [one(sample) for sample in given]

        scorers = {
            "member": score(members[0]),
            "average": score(mean),
            "penalized": Warm(score(mean), [score(member) for member in members], penalty=1.0),
        }
        dice = random.Random(1000 + seed)
        for number in range(25):
            group = []
            for place in range(16):
                text = [dice.gauss(0, 1) for _ in range(size)]
                text[-1] = dice.gauss(0, 6) if place % 2 else 0.0
                texts[f"{number}/{place}"] = text
                group.append(Sample(prompt="", completion=f"{number}/{place}"))
            for name, scorer in scorers.items():
                scored = [value for value in scorer(group) if not isinstance(value, Verdict)]
                worth[name].append(texts[group[scored.index(max(scored))].completion][0])
    found = {name: statistics.fmean(values) for name, values in worth.items()}
    assert found["member"] < found["average"] < found["penalized"], found
