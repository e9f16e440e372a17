"""Which language is a text in? Two detectors that ship with their models: py3langid (naive Bayes) and CLD2.

Both are pure functions of a text once loaded; the model is loaded once, when first asked, under a lock. Nothing here
changes afterwards, so that any thread may ask and gets the same answer.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pycld2

from rewards.language.tables import STEPS, load_model
from rewards.language.tags import LANGUAGES, Language, canonical
from rewards.language.words import DENSITY, Word


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
    model = load_model()
    data = text.encode("utf-8", errors="replace")
    visited, counts = np.unique(model.features(data), return_counts=True)
    weights = np.where(visited < 0, 0.0, np.log1p(counts)).astype(np.float32) / STEPS
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
_TIE, _CLOSE, _FAR = -0.06, -0.4, -4.5
"""Odds, in nats per square root of a byte, down to which a language is as good as the best, cannot be ruled out, or can
be believed when the other detector names it.
"""


def verify(text: str, words: Sequence[Word], language: Language) -> float | None:
    """1.0 when a text as a whole is in the language, 0.0 when it is not, None when that cannot be told.

    The script decides first; then either detector's yes is enough, unless the other finds it absurd. A close second is
    no verdict, and neither are two detectors at odds with each other, unless one of them says English.
    """
    own = sum(word.num_letters * DENSITY.get(word.script, 1.0) for word in words if word.script in language.scripts)
    foreign = sum(word.num_letters for word in words if word.script not in language.scripts)
    names = all(word.looks_like_a_name for word in words)
    if sum(word.num_letters for word in words) < LEAST_LETTERS:
        return None
    if foreign > own:
        return None if names and len(words) <= 3 else 0.0
    if language.is_alone_in_its_script:
        return 1.0
    answer = guess(text)
    odds = max((answer.odds[code] for code in language.twins if code in answer.odds), default=0.0)
    if supports(answer, language):
        doubtful = odds < _FAR or (names and len(words) == 1) or _may_be_english(answer, own, language)
        return None if doubtful else 1.0
    if "en" not in answer.codes and (odds >= _TIE or len(set(answer.codes)) > 1):
        return 1.0 if odds >= _TIE else None
    return None if odds >= _CLOSE or len(words) == 1 or (names and len(words) <= 3) else 0.0


def _may_be_english(answer: Guess, num_letters: float, language: Language) -> bool:
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
