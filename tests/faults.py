"""Reward functions of which a fifth of 50 completions meets a crash, a hang or an answer of the wrong length.

Which ones is drawn with a fixed seed. Imports no torch: worker processes load this file.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Sequence

from rewards import Sample

Place = tuple[int, int]
"""Group, and completion within it; the completion's two tokens say both."""
NUM_GROUPS, GROUP_SIZE = 10, 5
_DICE = random.Random(20)
WRONG = _DICE.randrange(NUM_GROUPS)
"""The group whose 5 completions get 4 answers."""
_DRAWN = _DICE.sample([(g, i) for g in range(NUM_GROUPS) for i in range(GROUP_SIZE) if g != WRONG], 5)
CRASH, HANG = set(_DRAWN[:3]), set(_DRAWN[3:])


def place_of(sample: Sample) -> Place:
    group, number = sample.completion.split()
    return int(group), int(number)


def quality(place: Place) -> float:
    return random.Random(f"quality {place}").choice([0.0, 0.25, 0.7, 1.0])


def style(place: Place) -> float:
    return random.Random(f"style {place}").random()


def correct(sample: Sample) -> float:
    """The sample's quality, where nothing goes wrong."""
    place = place_of(sample)
    if place in CRASH:
        os.kill(os.getpid(), 11)
    if place in HANG:
        time.sleep(3600)
    return quality(place)


def manner(group: Sequence[Sample]) -> list[float]:
    """The samples' style, of one group one too few."""
    values = [style(place_of(sample)) for sample in group]
    return values[1:] if place_of(group[0])[0] == WRONG else values
