"""What single words say for each language: sums over the byte n-grams of py3langid's model, kept for the next text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

import numpy as np

from rewards.language.tables import APART, LOG_TWO, STEPS, Model, load_model
from rewards.language.tags import scripts_of
from rewards.language.words import SPACELESS, Word

_BLOCK = 256
"""Words weighed at a time, so that a very long text needs no more memory than a page."""


@dataclass(frozen=True, slots=True)
class _Family:
    """The languages that share a script, and what is known of words in them."""

    codes: tuple[str, ...]
    classes: np.ndarray
    """The classes of the languages: the first one of each, then the others."""
    doubles: tuple[tuple[int, int], ...]
    """Which place in `codes` to merge which later place in `classes` into."""
    seen: dict[str, bytes]
    """The evidence of words met before, as int32. A thread that fills an entry again writes the same."""


_MOST_SEEN, _LONGEST_SEEN = 8192, 64
"""Words kept, up to 0.4 kB each, and the characters of the longest."""


@lru_cache(maxsize=16)
def _family(scripts: frozenset[str]) -> _Family:
    model = load_model()
    places = [i for i, code in enumerate(model.codes) if scripts_of(code) & scripts]
    doubles = [(places.index(i), double) for i, double in model.doubles if i in places]
    classes = np.array([*places, *(double for _, double in doubles)], np.intp)
    merged = tuple((place, len(places) + i) for i, (place, _) in enumerate(doubles))
    return _Family(tuple(model.codes[i] for i in places), classes, merged, {})


def family(scripts: frozenset[str]) -> tuple[str, ...]:
    """The codes of the languages that py3langid tells and that are written in one of the scripts."""
    return _family(scripts).codes


def evidence(words: Sequence[Word], scripts: frozenset[str]) -> np.ndarray:
    """[W, L] float32: how well the byte n-grams of each word fit each language of `family(scripts)`: the sum of their
    log-probabilities in nats. A word says the same wherever it stands, so that it is looked at once.
    """
    model, kin = load_model(), _family(scripts)
    texts = [word.text if word.script in SPACELESS else f" {word.text} " for word in words]
    rows = {text: kin.seen.get(text, b"") for text in texts}
    for block in _blocks(text for text, row in rows.items() if not row):
        found = [row.tobytes() for row in _look_at(model, kin, block)]
        rows.update(zip(block, found, strict=True))
        if len(kin.seen) + len(block) > _MOST_SEEN:
            kin.seen.clear()
        kin.seen.update((text, row) for text, row in zip(block, found, strict=True) if len(text) <= _LONGEST_SEEN)
    steps = np.frombuffer(b"".join([rows[text] for text in texts]), np.int32).reshape(len(texts), len(kin.codes))
    return steps.astype(np.float32) * (LOG_TWO / STEPS)


def _blocks(texts: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(texts)
    while block := list(islice(rest, _BLOCK)):
        yield block


def _look_at(model: Model, kin: _Family, texts: Sequence[str]) -> np.ndarray:
    """[T, L] int32, the evidence of some pieces of text, in steps of `STEPS` and of log 2."""
    data = b"".join(
        [APART + (text.lower() if text.isupper() else text).encode("utf-8", errors="replace") for text in texts]
    )
    features = model.features(data)
    is_start = np.frombuffer(data, np.uint8) == APART[0]
    used = (features >= 0) | is_start  # a start has no feature, that is, the row of zeros
    starts = np.nonzero(is_start[used])[0]
    # Differences of running sums: in whole numbers they are exact, and faster than a sum for each word.
    sums = np.cumsum(model.weights[features[used]][:, kin.classes].T, axis=1, dtype=np.int32)
    sums = sums[:, np.append(starts[1:], sums.shape[1]) - 1]
    by_class = np.diff(sums, axis=1, prepend=np.int32(0)).T
    for place, double in kin.doubles:
        np.maximum(by_class[:, place], by_class[:, double], out=by_class[:, place])
    return by_class[:, : len(kin.codes)]
