"""Which language is a text in? Two detectors that ship with their models: py3langid (naive Bayes) and CLD2.

Both are pure functions of a text once loaded; the model is loaded once, when first asked, under a lock. Nothing here
changes afterwards, so that any thread may ask and gets the same answer.
"""

from __future__ import annotations

import lzma
import shutil
import tempfile
import threading
import unicodedata
import zipfile
from array import array
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import IO

import numpy as np
import pycld2
from py3langid.langid import MODEL_DIR, MODEL_FILE

from rewards.language.tags import LANGUAGES, Language, canonical
from rewards.language.words import SPACELESS, Word

LOG_TWO = float(np.log(2.0))
"""The weight of a feature seen once: the model was fitted to log(1 + count)."""
_STEPS = 8
"""Steps of a log-probability in a nat; the model's go from -15 to 0."""
_APART = b"\xff"
"""A byte that no text has, so that no n-gram goes across it."""
_BLOCK = 256
"""Words weighed at a time, so that a very long text needs no more memory than a page."""


@dataclass(frozen=True, slots=True)
class _Model:
    """py3langid's tables, without the classes that no known language uses."""

    weights: np.ndarray
    """[F + 1, M] int8, log-probability of a byte n-gram in a class in steps of 1/8 nat; the last row is all 0."""
    prior: np.ndarray
    """[M] float32."""
    codes: tuple[str, ...]
    """[L] the languages: one for each of the first L classes."""
    doubles: tuple[tuple[int, int], ...]
    """(language, class) for the remaining classes, which are other scripts or forms of a language."""
    moves: array[int]
    """The next state times 4, from the place of a quarter of a state's row plus a byte."""
    places: array[int]
    """[S * 4] where in `moves` the row of a state would start that has a quarter (64 bytes) in common with others."""
    outputs: np.ndarray
    """[S] the feature that is complete in a state, or -1."""

    def features(self, data: bytes) -> np.ndarray:
        """[B] the n-gram of the model that ends at each byte, or -1."""
        moves, places, state = self.moves, self.places, 0
        states = [state := moves[places[state + (byte >> 6)] + byte] for byte in data]
        return self.outputs[np.array(states, np.intp) >> 2]

    def merge(self, by_class: np.ndarray) -> np.ndarray:
        """[..., L] the best of each language's classes, from [..., M]."""
        merged = by_class[..., : len(self.codes)].copy()
        for language, double in self.doubles:
            np.maximum(merged[..., language], by_class[..., double], out=merged[..., language])
        return merged

    def classes_of(self, languages: np.ndarray) -> tuple[np.ndarray, list[tuple[int, int]]]:
        """The classes of some languages, first ones first, and which place to merge which later place into."""
        at = {language: i for i, language in enumerate(languages.tolist())}
        extra = [(at[language], double) for language, double in self.doubles if language in at]
        used = np.concatenate([languages, np.array([double for _, double in extra], np.intp)])
        return used, [(place, len(at) + i) for i, (place, _) in enumerate(extra)]


_loading = threading.Lock()


@lru_cache(maxsize=1)
def _load() -> _Model:
    """The model, read from py3langid's file piece by piece: its own loader needs 50 MB more for a moment."""
    with tempfile.TemporaryFile() as unpacked:
        with lzma.open(MODEL_DIR / MODEL_FILE) as packed:
            shutil.copyfileobj(packed, unpacked, 1 << 20)
        with zipfile.ZipFile(unpacked) as members:
            moves, places = _read_moves(members)
            outputs, prior = _read_array(members, "out_feat"), _read_array(members, "pc")
            first: dict[str, int] = {}
            doubles: list[tuple[str, int]] = []
            for place, code in enumerate(map(canonical, _read_array(members, "classes").tolist())):
                if code in LANGUAGES and code not in first:
                    first[code] = place
                elif code in LANGUAGES:
                    doubles.append((code, place))
            kept = [*first.values(), *(place for _, place in doubles)]
            weights = _read_columns(members, "ptc", kept)
    codes = tuple(first)
    pairs = tuple((codes.index(code), len(codes) + i) for i, (code, _) in enumerate(doubles))
    return _Model(weights, prior[kept], codes, pairs, moves, places, outputs)


def _read_array(members: zipfile.ZipFile, name: str) -> np.ndarray:
    with members.open(f"{name}.npy") as member:
        return np.lib.format.read_array(member)


def _read_head(member: IO[bytes]) -> tuple[tuple[int, ...], np.dtype]:
    """The shape and type of an array whose values stand next in the stream."""
    version = np.lib.format.read_magic(member)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read(member)
    return shape, dtype


def _read_moves(members: zipfile.ZipFile) -> tuple[array[int], array[int]]:
    """`moves` and `places`. Rows differ in few bytes, so that storing each quarter once takes a third of the memory.
    The standard library's arrays give single items several times faster than numpy's.
    """
    with members.open("nextmove.npy") as member:
        _, dtype = _read_head(member)
        size = 64 * dtype.itemsize
        known: dict[bytes, int] = {}
        order: list[int] = []
        while piece := member.read(1 << 20):
            order.extend(known.setdefault(piece[i : i + size], len(known)) for i in range(0, len(piece), size))
    moves = np.frombuffer(b"".join(known), dtype).astype(np.uint32) * 4
    places = np.array(order, np.int32).reshape(-1, 4) * 64 - 64 * np.arange(4, dtype=np.int32)
    places = places[_read_array(members, "nextmove_row")]
    return array("I", moves.tobytes()), array("i", places.tobytes())


def _read_columns(members: zipfile.ZipFile, name: str, columns: Sequence[int]) -> np.ndarray:
    """Some columns of a matrix in whole steps, with a row of zeros below."""
    with members.open(f"{name}.npy") as member:
        (height, width), dtype = _read_head(member)
        table = np.zeros((height + 1, len(columns)), np.int8)
        for start in range(0, height, 4096):
            size = min(4096, height - start)
            part = np.frombuffer(member.read(size * width * dtype.itemsize), dtype).reshape(size, width)
            table[start : start + size] = np.rint(part[:, columns].astype(np.float32) * _STEPS).clip(-128, 127)
    return table


def _model() -> _Model:
    with _loading:
        return _load()


def detectable() -> tuple[str, ...]:
    """The codes of the languages that py3langid tells, each at the place of its first column."""
    return _model().codes


def columns(codes: Collection[str]) -> np.ndarray:
    """The places of some languages in `detectable()`."""
    return np.array([i for i, code in enumerate(detectable()) if code in codes], np.intp)


def evidence(words: Sequence[Word], languages: np.ndarray) -> np.ndarray:
    """[W, L] float32: how well the byte n-grams of each word fit each language, given by its place in `detectable()`:
    the sum of their log-probabilities in nats. A word says the same wherever it stands.
    """
    model = _model()
    texts = dict.fromkeys(word.text if word.script in SPACELESS else f" {word.text} " for word in words)
    order = {text: i for i, text in enumerate(texts)}
    found = [_look_at(model, part, languages) for part in _blocks(texts)]
    places = [order[word.text if word.script in SPACELESS else f" {word.text} "] for word in words]
    return np.concatenate(found)[places]


def _blocks(texts: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(texts)
    while block := list(islice(rest, _BLOCK)):
        yield block


def _look_at(model: _Model, texts: Sequence[str], languages: np.ndarray) -> np.ndarray:
    """[T, L] float32, the evidence of some pieces of text."""
    data = b"".join(
        _APART + (text.lower() if text.isupper() else text).encode("utf-8", errors="replace") for text in texts
    )
    features = model.features(data)
    is_start = np.frombuffer(data, np.uint8) == _APART[0]
    used = (features >= 0) | is_start  # a start has no feature, that is, the row of zeros
    starts = np.nonzero(is_start[used])[0]
    classes, merged = model.classes_of(languages)
    by_class = np.add.reduceat(model.weights[features[used]][:, classes], starts, axis=0, dtype=np.int32)
    by_class = by_class.astype(np.float32) * (LOG_TWO / _STEPS)
    for place, double in merged:
        np.maximum(by_class[:, place], by_class[:, double], out=by_class[:, place])
    return by_class[:, : len(languages)]


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
    visited, counts = np.unique(model.features(data), return_counts=True)
    weights = np.where(visited < 0, 0.0, np.log1p(counts)).astype(np.float32) / _STEPS
    scores = model.merge(weights @ model.weights[visited].astype(np.float32) + model.prior)
    scores = (scores - scores.max()) / np.sqrt(max(len(data), 1))
    odds = dict(zip(model.codes, scores.tolist(), strict=True))
    best = max(odds, key=odds.__getitem__) if visited.max(initial=-1) >= 0 else ""
    return Guess((best, _cld2(text)), odds)


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
_FEW_LETTERS, _TIE_WITH_ENGLISH = 16, -0.1
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
        return None if (names and len(words) == 1) or _may_be_english(answer, own, language) else 1.0
    odds = max(answer.odds.get(code, -np.inf) for code in language.twins)
    if "en" not in answer.codes and odds >= _TIE:
        return 1.0
    return None if odds >= _CLOSE or len(words) == 1 or (names and len(words) <= 3) else 0.0


def _may_be_english(answer: Guess, num_letters: int, language: Language) -> bool:
    """Whether a few letters that one detector takes for the language may as well be English."""
    if language.code == "en" or num_letters > _FEW_LETTERS:
        return False
    return "en" in answer.codes or answer.odds.get("en", -np.inf) >= _TIE_WITH_ENGLISH


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
