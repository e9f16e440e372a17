"""Which language is a text in? Two detectors that ship with their models: py3langid (naive Bayes) and CLD2.

Both are pure functions of a text once loaded; the model is loaded once, when first asked, under a lock. Nothing here
changes afterwards, so that any thread may ask and gets the same answer.
"""

from __future__ import annotations

import threading
import unicodedata
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pycld2
from py3langid.langid import MODEL_DIR, MODEL_FILE
from py3langid.modelio import load_model

from rewards.language.tags import LANGUAGES, Language, canonical
from rewards.language.words import SPACELESS, Word

LOG_TWO = float(np.log(2.0))
"""The weight of a feature seen once: the model was fitted to log(1 + count)."""
_BLOCK = 256
"""Words weighed at a time, so that a very long text needs no more memory than a page."""


@dataclass(frozen=True, slots=True)
class _Model:
    """py3langid's tables, without the classes that no known language uses."""

    weights: np.ndarray
    """[F + 1, M] float16, log-probability of a byte n-gram in a class; the last row is no n-gram and all 0."""
    prior: np.ndarray
    """[M] float32."""
    codes: tuple[str, ...]
    """[L] the languages: one for each of the first L classes."""
    doubles: tuple[tuple[int, int], ...]
    """(language, class) for the remaining classes, which are other scripts or forms of a language."""
    moves: array[int]
    rows: array[int]
    outputs: array[int]

    @property
    def nothing(self) -> int:
        return len(self.weights) - 1

    def merge(self, by_class: np.ndarray) -> np.ndarray:
        """[..., L] the best of each language's classes, from [..., M]."""
        merged = by_class[..., : len(self.codes)].copy()
        for language, double in self.doubles:
            np.maximum(merged[..., language], by_class[..., double], out=merged[..., language])
        return merged


_loading = threading.Lock()
_remembered: dict[str, np.ndarray | None] = {}
"""Evidence of words met before; only ever a shortcut, so that threads may share it."""
_MAX_REMEMBERED = 8192


@lru_cache(maxsize=1)
def _load() -> _Model:
    weights, prior, classes, moves, rows, outputs = load_model(MODEL_DIR / MODEL_FILE)
    first: dict[str, int] = {}
    doubles: list[tuple[str, int]] = []
    for place, code in enumerate(map(canonical, classes)):
        if code in LANGUAGES and code not in first:
            first[code] = place
        elif code in LANGUAGES:
            doubles.append((code, place))
    kept = [*first.values(), *(place for _, place in doubles)]
    codes = tuple(first)
    table = np.zeros((len(weights) + 1, len(kept)), np.float16)
    np.take(weights, kept, axis=1, out=table[:-1])
    pairs = tuple((codes.index(code), len(codes) + i) for i, (code, _) in enumerate(doubles))
    return _Model(table, prior[kept], codes, pairs, moves, rows, array("i", outputs))


def _model() -> _Model:
    with _loading:
        return _load()


def detectable() -> tuple[str, ...]:
    """The codes of the columns of `evidence`."""
    return _model().codes


def evidence(words: Sequence[Word]) -> np.ndarray:
    """[W, L] float32: how well the byte n-grams of each word fit each language of `detectable()`, the sum of their
    log-probabilities in nats. Words are looked at one by one, so that those met before need no second look.
    """
    model = _model()
    known = {text: _remembered.get(text) for text in {word.text for word in words}}
    missing = [word for word in {word.text: word for word in words}.values() if known[word.text] is None]
    for start in range(0, len(missing), _BLOCK):
        block = missing[start : start + _BLOCK]
        known.update(zip((word.text for word in block), _look_at(model, block), strict=True))
    if len(_remembered) > _MAX_REMEMBERED:
        _remembered.clear()
    _remembered.update({word.text: known[word.text] for word in missing})
    rows = [known[word.text] for word in words]
    return np.array(rows, np.float32).reshape(len(rows), len(model.codes))


def _look_at(model: _Model, words: Sequence[Word]) -> np.ndarray:
    """[W, L] float32, the evidence of words not met before."""
    moves, rows, outputs = model.moves, model.rows, model.outputs
    found: list[int] = []
    starts: list[int] = []
    for word in words:
        state = 0
        starts.append(len(found))
        found.append(model.nothing)  # so that no word is without features, which `reduceat` cannot sum
        text = word.text.lower() if word.text.isupper() else word.text
        for byte in (text if word.script in SPACELESS else f" {text} ").encode("utf-8", errors="replace"):
            state = moves[(rows[state] << 8) + byte]
            feature = outputs[state]
            if feature >= 0:
                found.append(feature)
    by_column = np.add.reduceat(model.weights[found].astype(np.float32), starts, axis=0) * LOG_TWO
    return model.merge(by_column)


@dataclass(frozen=True, slots=True)
class Guess:
    """What the two detectors make of a text as a whole."""

    codes: tuple[str, ...]
    """py3langid's and CLD2's answer, in canonical codes; empty text for an answer of no known language."""
    odds: dict[str, float]
    """For each language, how far it is behind py3langid's best, in nats per square root of a byte; at most 0."""


@lru_cache(maxsize=4096)
def guess(text: str) -> Guess:
    """The answers of both detectors for a text of any length; the first 4,000 characters decide."""
    text = unicodedata.normalize("NFC", text[:4000])
    text = text.lower() if text.isupper() else text
    model = _model()
    data = text.encode("utf-8", errors="replace")
    visits = _visits(model, data)
    counts = np.log1p(np.fromiter(visits.values(), np.float32, len(visits)))
    scores = model.merge(counts @ model.weights[list(visits)].astype(np.float32) + model.prior)
    scores = (scores - scores.max()) / np.sqrt(max(len(data), 1))
    odds = dict(zip(model.codes, scores.tolist(), strict=True))
    best = max(odds, key=odds.__getitem__) if visits else ""
    return Guess((best, _cld2(text)), odds)


def _visits(model: _Model, data: bytes) -> Counter[int]:
    """How often each n-gram of the model stands in the bytes."""
    moves, rows, outputs = model.moves, model.rows, model.outputs
    state, found = 0, []
    for byte in data:
        state = moves[(rows[state] << 8) + byte]
        found.append(outputs[state])
    counts = Counter(found)
    del counts[-1]
    return counts


def _cld2(text: str) -> str:
    """CLD2's best guess as a canonical code; empty when it has none."""
    printable = "".join(char if char.isprintable() else " " for char in text)
    try:
        _, _, details = pycld2.detect(printable.encode("utf-8", errors="replace"), bestEffort=True)
    except pycld2.error:
        return ""
    code = canonical(details[0][1].partition("-")[0])
    return code if code in LANGUAGES else ""


def supports(answer: Guess, language: Language) -> bool:
    """Whether either detector takes the text for the language or for a near twin of it."""
    return any(code in language.twins for code in answer.codes)


LEAST_LETTERS = 3
"""Fewer tell nothing."""
_TIE, _CLOSE = -0.06, -0.4
"""Odds, in nats per square root of a byte, down to which a language is as good as the best, or cannot be ruled out."""


def verify(text: str, words: Sequence[Word], language: Language) -> float | None:
    """1.0 when a text as a whole is in the language, 0.0 when it is not, None when that cannot be told.

    The script decides first; then either detector's yes is enough; a close second is no verdict.
    """
    own = sum(word.num_letters for word in words if word.script in language.scripts)
    foreign = sum(word.num_letters for word in words if word.script not in language.scripts)
    names = all(word.looks_like_a_name for word in words)
    if own + foreign < LEAST_LETTERS:
        return None
    if foreign > own:
        return None if names and len(words) <= 3 else 0.0
    if language.is_alone_in_its_script:
        return 1.0
    answer = guess(text)
    if supports(answer, language):
        return None if names and len(words) == 1 else 1.0
    odds = max(answer.odds.get(code, -np.inf) for code in language.twins)
    if "en" not in answer.codes and odds >= _TIE:
        return 1.0
    return None if odds >= _CLOSE or len(words) == 1 or (names and len(words) <= 3) else 0.0


def identify(text: str) -> str:
    """The code of the language that a text is in; empty when it is too short or the detectors are at odds.

    >>> identify("Wie viele \\u00c4pfel hat Anna am Ende?"), identify("42")
    ('de', '')
    """
    if sum(char.isalpha() for char in text) < LEAST_LETTERS:
        return ""
    answer = guess(text)
    first, second = answer.codes
    if first == second or not second:
        return first
    ahead = sorted(answer.odds.values())[-2] if len(answer.odds) > 1 else 0.0
    return first if ahead < _CLOSE else ""
