"""How much of a text is in a language? A path through its words that may change language, but pays for every change.

Each word gets, with its neighbours, a log-probability in each of a few candidate languages; the likeliest path is found
by dynamic programming (Viterbi). A foreign name or a loan word is cheaper to bear than two changes; a foreign phrase is
not. A foreign run that is capitalized as a title is belongs to no language, within bounds.

    emission(w, l) = max(FLOOR, log softmax_l (e(w) + NEIGHBOUR * (e(w-1) + e(w+1))) / sqrt(bytes, weighted alike))
    path score = sum of emissions - costs of changes (a foreign start counts as one)
    share = letters on the path in the language / letters on it in any language
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

import numpy as np

from rewards.language.detect import detectable, evidence, guess, supports
from rewards.language.tags import LATIN, Language
from rewards.language.words import Word

SWITCH = 3.5
"""Cost of a change of language, in nats."""
FLOOR = -6.0
"""The least that a word may say against a language, so that no single one decides."""
NUM_CANDIDATES = 4
NAME_WEIGHT = 0.4
"""What capitalized words in the middle of sentences say, of what other words do: they are often foreign names."""
MAX_NAME_SHARE = 0.25
"""Letters of foreign names that a text may have for each letter in its language; more are foreign text."""
NAME = "name"
"""The code of a span that is a foreign name or title, which is no language."""
_LONGEST_TITLE = 12
"""Words."""
NEIGHBOUR = 0.6
"""What the words beside a word say of its language, of what they say of their own."""
UNUSUAL = 2.0
"""What a change into a language other than English costs more: English is what models fall into."""
CALM = 6.0
"""What a change costs more in a text of few words that as a whole is in the language: a sentence is seldom mixed."""
_FEW_WORDS, _MANY_WORDS = 8, 28
"""Up to the one all of `CALM` is added, from the other on nothing."""
_STRANGE = -0.5
"""Emission of a word in a script that the language does not use, in the state `another script`."""


@dataclass(frozen=True, slots=True)
class Span:
    """A run of words in one language."""

    start: int
    end: int
    """Places in the text, in characters."""
    code: str
    """The language; `?` for text in a script that the asked one does not use, `name` for a foreign title."""
    num_letters: int


@dataclass(frozen=True, slots=True)
class Consistency:
    """How much of a text is in the language asked for, and where it is not."""

    share: float
    """Letters in the language, of all letters that belong to a language; 1.0 when there are none."""
    num_letters: int
    spans: tuple[Span, ...]


def consistency(words: Sequence[Word], language: Language) -> Consistency:
    """The share of the words that is in the language, and the spans of one language each."""
    own_script = [word.script in language.scripts for word in words]
    names = _foreign_names(words, language)
    kept = [i for i in range(len(words)) if not names[i]]
    if not kept:
        num_names = sum(word.num_letters for word in words)
        return Consistency(0.0 if num_names else 1.0, num_names, ())
    kept_words = [words[i] for i in kept]
    states, emissions = _emissions(kept_words, [own_script[i] for i in kept], language)
    path = _best_path(emissions, _costs(states, 0.0))
    if any(path) and len(kept) < _MANY_WORDS and supports(guess(" ".join(word.text for word in kept_words)), language):
        calm = min(1.0, (_MANY_WORDS - len(kept)) / (_MANY_WORDS - _FEW_WORDS))
        path = _best_path(emissions, _costs(states, calm * CALM))
    spans = _spans(kept_words, [states[state] for state in path], language)
    right = sum(span.num_letters for span in spans if span.code == language.code)
    foreign = sum(span.num_letters for span in spans if span.code not in (language.code, NAME))
    named = sum(span.num_letters for span in spans if span.code == NAME)
    named += sum(words[i].num_letters for i in range(len(words)) if names[i])
    foreign += max(0, round(named - MAX_NAME_SHARE * right))
    return Consistency(right / (right + foreign) if right + foreign else 1.0, right + foreign, spans)


def _foreign_names(words: Sequence[Word], language: Language) -> list[bool]:
    """Which words are Latin names, abbreviations or units in a text of another script, and no part of a phrase."""
    names = [False] * len(words)
    if LATIN in language.scripts:
        return names
    for is_latin, run in groupby(range(len(words)), key=lambda i: words[i].script == LATIN):
        places = list(run)
        if is_latin and all(words[i].looks_like_a_name for i in places):
            for i in places:
                names[i] = True
    return names


def _emissions(words: Sequence[Word], own_script: Sequence[bool], language: Language) -> tuple[list[str], np.ndarray]:
    """The states, the asked language first, and [W, S] log-probabilities."""
    own = _own_columns(language)
    sizes = np.array([len(word.text.encode("utf-8", errors="replace")) + 1 for word in words], np.float32)
    windows = _with_neighbours(evidence(words)) / np.sqrt(_with_neighbours(sizes))[:, None]
    target = windows[:, own].max(axis=1, keepdims=True) if own else windows.max(axis=1, keepdims=True)
    gains = np.clip(windows - target, 0.0, 2.0).sum(axis=0)
    gains[own] = 0.0
    ranked = np.argsort(-gains, kind="stable")[:NUM_CANDIDATES]
    chosen = [i for i in ranked.tolist() if gains[i] > 0]
    fit = np.concatenate([target, windows[:, chosen]], axis=1)
    fit = fit - fit.max(axis=1, keepdims=True)
    fit = fit - np.log(np.exp(fit).sum(axis=1, keepdims=True))
    fit = np.maximum(fit, FLOOR)
    strange = ~np.array(own_script)
    fit[strange, 0] = FLOOR
    other_script = np.where(strange, _STRANGE, 2 * FLOOR)[:, None]
    fit = np.concatenate([fit, other_script], axis=1) * _weights(words)[:, None]
    codes = detectable()
    return [language.code, *(codes[i] for i in chosen), "?"], fit


@lru_cache(maxsize=256)
def _own_columns(language: Language) -> list[int]:
    """The columns of `evidence` that speak for a language: its own and its near twins'."""
    twins = language.twins
    return [i for i, code in enumerate(detectable()) if code in twins]


def _with_neighbours(values: np.ndarray) -> np.ndarray:
    """Each row plus the one before and the one after it."""
    total = values.copy()
    total[1:] += NEIGHBOUR * values[:-1]
    total[:-1] += NEIGHBOUR * values[1:]
    return total


def _weights(words: Sequence[Word]) -> np.ndarray:
    """[W] float32: less for capitalized words, unless so many are that capitals mean nothing (German, tricks)."""
    capitalized = [word.text[0].isupper() for word in words]
    if sum(capitalized) >= 0.3 * len(words):
        return np.ones(len(words), np.float32)
    weights = [NAME_WEIGHT if upper else 1.0 for upper in capitalized]
    for i in range(1, len(words) - 1):  # the "of" in "City of Stars"
        if words[i].num_letters <= 3 and capitalized[i - 1] and capitalized[i + 1]:
            weights[i] = NAME_WEIGHT
    return np.array(weights, np.float32)


def _costs(states: Sequence[str], more: float) -> list[float]:
    """What a change into each state costs."""
    foreign = (SWITCH + (0.0 if state in ("en", "?") else UNUSUAL) for state in states[1:])
    return [SWITCH + more, *(cost + more for cost in foreign)]


def _best_path(emissions: np.ndarray, costs: Sequence[float]) -> list[int]:
    """The states of the likeliest path; all 0 where no other state ever gains enough to pay for a change."""
    worth = [0, *(1 + _worth_a_change(emissions, np.array(costs[1:], np.float32))).tolist()]
    if len(worth) == 1:
        return [0] * len(emissions)
    emissions, costs = emissions[:, worth], [costs[state] for state in worth]
    rows = emissions.tolist()
    scores = [rows[0][0], *(score - cost for score, cost in zip(rows[0][1:], costs[1:], strict=True))]
    origins: list[list[int]] = []
    for row in rows[1:]:
        best = max(range(len(scores)), key=scores.__getitem__)
        moved = [scores[best] - cost for cost in costs]
        origins.append([state if scores[state] >= moved[state] else best for state in range(len(scores))])
        scores = [max(score, other) + gain for score, other, gain in zip(scores, moved, row, strict=True)]
    path = [max(range(len(scores)), key=scores.__getitem__)]
    for origin in reversed(origins):
        path.append(origin[path[-1]])
    return [worth[state] for state in reversed(path)]


def _worth_a_change(emissions: np.ndarray, costs: np.ndarray) -> np.ndarray:
    """The foreign states, counted from 0, in which some run of words gains more than one change costs."""
    gained = np.cumsum(emissions[:, 1:] - emissions[:, :1], axis=0)
    before = np.minimum.accumulate(np.concatenate([np.zeros_like(gained[:1]), gained[:-1]]), axis=0)
    return np.nonzero((gained - before).max(axis=0) > costs)[0]


def _spans(words: Sequence[Word], codes: Sequence[str], language: Language) -> tuple[Span, ...]:
    spans: list[Span] = []
    first = 0
    for i in range(1, len(words) + 1):
        if i == len(words) or codes[i] != codes[first]:
            code = codes[first]
            if code != language.code and _is_a_title(words[first:i]):
                code = NAME
            letters = sum(word.num_letters for word in words[first:i])
            spans.append(Span(words[first].start, words[i - 1].end, code, letters))
            first = i
    return tuple(spans)


def _is_a_title(words: Sequence[Word]) -> bool:
    """Whether a foreign run is the name of a film, a club or an office: short, and most of its words capitalized."""
    return len(words) <= _LONGEST_TITLE and sum(word.text[0].isupper() for word in words) >= 0.6 * len(words)
