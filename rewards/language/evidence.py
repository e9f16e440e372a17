"""What single words say for each language: sums over the byte n-grams of py3langid's model, kept for the next text."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

import numpy as np

from rewards.language.common import common_words
from rewards.language.tables import APART, LOG_TWO, STEPS, Model, load_model
from rewards.language.tags import scripts_of
from rewards.language.words import SPACELESS, Word

COMMON = 2.0
"""What a common word of a language says for it beyond its letters, in nats."""
_BLOCK = 256
"""Words weighed at a time, so that a very long text needs no more memory than a page."""
_MOST_SEEN, _LONGEST_SEEN = 8192, 64
"""Words kept, up to 0.4 kB each, and the characters of the longest."""


class _Memory:
    """What words of one family of languages said when they were met first. Rows are added and never changed."""

    def __init__(self, num_languages: int) -> None:
        self.places: dict[str, int] = {}
        self.said = np.empty((_MOST_SEEN, num_languages), np.float32)
        self._adding = threading.Lock()

    def has_room(self, num_words: int) -> bool:
        return len(self.places) + num_words <= _MOST_SEEN

    def add(self, texts: Sequence[str], said: np.ndarray) -> None:
        """Keeps the words that are new; another thread may have added some of them."""
        with self._adding:
            start = len(self.places)
            fresh = [i for i, text in enumerate(texts) if text not in self.places][: _MOST_SEEN - start]
            self.said[start : start + len(fresh)] = said[fresh]
            self.places.update((texts[i], start + place) for place, i in enumerate(fresh))


@dataclass(slots=True)
class _Family:
    """The languages that share a script, and what is known of words in them."""

    codes: tuple[str, ...]
    classes: np.ndarray
    """The classes of the languages: the first one of each, then the others."""
    doubles: tuple[tuple[int, int], ...]
    """Which place in `codes` to merge which later place in `classes` into."""
    common: dict[str, int]
    """The row of each word that is common in some of the languages."""
    is_common: np.ndarray
    """[C, L] uint8, 1 where it is common in a language."""
    memory: _Memory
    """Replaced by an empty one when it is full; who still reads the old one reads what was right."""


@lru_cache(maxsize=16)
def _family(scripts: frozenset[str]) -> _Family:
    model = load_model()
    places = [i for i, code in enumerate(model.codes) if scripts_of(code) & scripts]
    doubles = [(places.index(i), double) for i, double in model.doubles if i in places]
    classes = np.array([*places, *(double for _, double in doubles)], np.intp)
    merged = tuple((place, len(places) + i) for i, (place, _) in enumerate(doubles))
    codes = tuple(model.codes[i] for i in places)
    return _Family(codes, classes, merged, *_common_in(codes), _Memory(len(places)))


def _common_in(codes: Sequence[str]) -> tuple[dict[str, int], np.ndarray]:
    """`common` and `is_common` of some languages."""
    lists = [common_words(code) for code in codes]
    rows = {word: row for row, word in enumerate(dict.fromkeys(word for words in lists for word in words))}
    table = np.zeros((len(rows), len(codes)), np.uint8)
    for place, words in enumerate(lists):
        table[[rows[word] for word in words], place] = 1
    return rows, table


def family(scripts: frozenset[str]) -> tuple[str, ...]:
    """The codes of the languages that py3langid tells and that are written in one of the scripts."""
    return _family(scripts).codes


def evidence(words: Sequence[Word], scripts: frozenset[str]) -> np.ndarray:
    """[W, L] float32: how well the byte n-grams of each word fit each language of `family(scripts)`: the sum of their
    log-probabilities, in nats, by the square root of its bytes and one. A word says the same wherever it stands, so
    that it is looked at once.
    """
    kin = _family(scripts)
    texts = [word.text if word.script in SPACELESS else f" {word.text} " for word in words]
    memory = kin.memory
    known = memory.places
    new = [text for text in dict.fromkeys(texts) if text not in known]
    if len(new) > _BLOCK or any(len(text) > _LONGEST_SEEN for text in new):
        return _weighed_afresh(kin, texts)
    if new and not memory.has_room(len(new)):
        kin.memory = memory = _Memory(len(kin.codes))
        known, new = memory.places, list(dict.fromkeys(texts))
    if new:
        memory.add(new, _look_at(load_model(), kin, new))
    return memory.said[[known[text] for text in texts]]


def _weighed_afresh(kin: _Family, texts: Sequence[str]) -> np.ndarray:
    """The evidence of a text with very many or very long new words, which are not kept."""
    model, places = load_model(), {text: place for place, text in enumerate(dict.fromkeys(texts))}
    blocks = [_look_at(model, kin, block) for block in _blocks(places)]
    return np.concatenate(blocks)[[places[text] for text in texts]]


def _blocks(texts: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(texts)
    while block := list(islice(rest, _BLOCK)):
        yield block


def _look_at(model: Model, kin: _Family, texts: Sequence[str]) -> np.ndarray:
    """[T, L] float32, the evidence of some pieces of text."""
    data = b"".join(
        [APART + (text.lower() if text.isupper() else text).encode("utf-8", errors="replace") for text in texts]
    )
    features = model.features(data)
    is_start = np.frombuffer(data, np.uint8) == APART[0]
    used = (features >= 0) | is_start  # a start has no feature, that is, the row of zeros
    ends = np.append(np.nonzero(is_start[used])[0][1:], np.count_nonzero(used)) - 1
    # Differences of running sums: in whole numbers they are exact, and faster than a sum for each word.
    by_class = np.ascontiguousarray(model.weights.take(features[used], axis=0).take(kin.classes, axis=1).T)
    sums = np.cumsum(by_class, axis=1, dtype=np.int32)[:, ends]
    sums[:, 1:] -= sums[:, :-1].copy()
    for place, double in kin.doubles:
        np.maximum(sums[place], sums[double], out=sums[place])
    sizes = np.diff(np.nonzero(is_start)[0], append=len(data)) - np.array(
        [1 if text[0] != " " else 2 for text in texts]
    )
    scale = (LOG_TWO / STEPS / np.sqrt(sizes)).astype(np.float32)
    said = sums[: len(kin.codes)].T.astype(np.float32) * scale[:, None]
    rows = [kin.common.get(text.strip().casefold(), -1) for text in texts]
    found = [i for i, row in enumerate(rows) if row >= 0]
    if found:
        said[found] += COMMON * kin.is_common[[rows[i] for i in found]].astype(np.float32)
    return said
