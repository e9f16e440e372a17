"""How much of a text is in a language? A path through its words that may change language, but pays for every change.

Each word speaks for the asked language or for another one that is written in the same script; the likeliest path is
found by dynamic programming (Viterbi). A foreign name or a loan word is cheaper to bear than a change; a foreign phrase
is not. Words in a script that the language does not use are foreign whatever they say. A foreign run that is
capitalized as a title is belongs to no language, within bounds.

    gain(w, l) = weight(w) * clip(e(w, l) - e(w, asked), -CAP, CAP) - HOME      e: log-probability / sqrt(bytes + 1)
    path score = sum of the gains of the words outside the asked language - costs of changes (a foreign start is one)
    share = letters on the path in the language / letters on it in any language
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

import numpy as np

from rewards.language.detect import guess, supports
from rewards.language.evidence import evidence, family
from rewards.language.hiding import reads_as_english
from rewards.language.runs import CITED, NAME, OTHER_SCRIPT, shouted, with_kinds
from rewards.language.tags import LATIN, Language
from rewards.language.words import LONGEST_WORD, STOPS, Word, density

SWITCH = 3.0
"""Cost of a change to English, in nats."""
UNUSUAL = 3.0
"""What a change into another language costs more: English is what models fall into."""
CALM = 6.0
"""What a change costs more in a text of few words that as a whole is in the language: a sentence is seldom mixed."""
_CALM_WORDS = ((40, 80), (20, 50), (8, 40))
"""For one sentence, two, and more: up to the one all of `CALM` is added, from the other on nothing."""
CAP = 3.0
"""The most that a word may say for or against a language, so that no single one decides."""
HOME = 0.1
"""What a word says for the asked language before it is looked at."""
NUM_CANDIDATES = 4
NAME_WEIGHT = 0.4
"""What capitalized words in the middle of sentences say, of what other words do: they are often foreign names."""
_MOST_CAPITALIZED = 0.7
"""Share of capitalized words from which on a capital means nothing; German, and short texts with names, have less."""
MAX_NAME_SHARE = 0.7
"""Letters of foreign names that a text may have for each letter in its language; more are foreign text."""
_MAX_CITED_SHARE = 0.3
"""Letters in terms and quotations that a text may have for each letter in its language."""
_STRANGE, _STRANGE_COST, _STRANGE_END = 4.0, 7.5, -3.0
"""For the state `another script`: the gain of a word in one, the cost to enter, the gain of a word in the asked one."""
_SCATTERED, _MOST_SCATTERED = 1.2, 0.43
"""Gain from which a word alone counts as foreign where more than such a share of the letters is in such words."""


@dataclass(frozen=True, slots=True)
class Span:
    """A run of words in one language."""

    start: int
    end: int
    """Places in the text, in characters."""
    code: str
    """The language; `?` for text in a script that the asked one does not use, `name` for a foreign title, `quote` for a
    cited term.
    """
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
    names = _foreign_names(words, language)
    kept = [word for word, is_name in zip(words, names, strict=True) if not is_name] if any(names) else words
    named = [word for word, is_name in zip(words, names, strict=True) if is_name]
    if not kept:
        num_named = sum(word.num_letters for word in named)
        return Consistency(0.0 if num_named else 1.0, num_named, ())
    states, gains = _gains(kept, language)
    codes = _likeliest(kept, states, gains, language) if len(states) > 1 else None
    kinds = with_kinds(kept, codes, language) if codes else [language.code] * len(kept)
    letters = Counter[str]()
    for word, kind in zip(kept, kinds, strict=True):
        letters[kind] += word.num_letters
    right = letters[language.code]
    foreign = letters.total() - right - letters[NAME] - letters[CITED]
    if codes:
        scattered = _scattered(kept, codes, gains, language)
        right, foreign = right - scattered, foreign + scattered
        named += [word for word, kind in zip(kept, kinds, strict=True) if kind == NAME]
    foreign += _too_many(named, letters[CITED], right, language)
    return Consistency(right / (right + foreign) if right + foreign else 1.0, right + foreign, _spans(kept, kinds))


def _too_many(named: Sequence[Word], num_cited: int, right: int, language: Language) -> int:
    """Letters of foreign names and citations that are more than a text may have, or all letters of names that are
    English sentences in capitals.
    """
    room = right * density(language.scripts)
    num_named = sum(word.num_letters for word in named)
    allowed = 0.0 if reads_as_english((word.text for word in named), as_names=True) else MAX_NAME_SHARE * room
    return max(0, round(num_named - allowed)) + max(0, round(num_cited - _MAX_CITED_SHARE * room))


def _likeliest(words: Sequence[Word], states: Sequence[str], gains: np.ndarray, language: Language) -> list[str]:
    """The language of each word on the likeliest path; changes cost more in a short text that is right as a whole."""
    path = _best_path(gains, _costs(states, 0.0))
    calm = _calm(words) if any(path) else 0.0
    if calm and supports(guess(" ".join(word.text for word in words)), language):
        path = _best_path(gains, _costs(states, calm))
    if any(path):
        _drop_repeated(path, words, states, gains)
    return [states[state] for state in path]


def _calm(words: Sequence[Word]) -> float:
    """What a change costs more in a text that is a single sentence, or has few words."""
    num_ends = sum(word.before != " " and not STOPS.isdisjoint(word.before) for word in words[1:])
    few, many = _CALM_WORDS[min(num_ends, len(_CALM_WORDS) - 1)]
    return CALM * min(1.0, max(0.0, (many - len(words)) / (many - few)))


def _drop_repeated(path: list[int], words: Sequence[Word], states: Sequence[str], gains: np.ndarray) -> None:
    """Calls a foreign run home that pays for its change only because a word stands in it several times: what a word
    says again is no news (`jozi 3 za kaptura, jozi 3 za suruali`).
    """
    costs = _costs(states, 0.0)
    start = 0
    for state, run in groupby(path[:]):
        end = start + sum(1 for _ in run)
        texts = [word.text for word in words[start:end]]
        if state and len(set(texts)) < len(texts) and states[state] != OTHER_SCRIPT:
            times = Counter(texts)
            shares = np.array([np.log2(times[text] + 1) / times[text] for text in texts])
            if float(shares @ gains[start:end, state]) <= costs[state]:
                path[start:end] = [0] * (end - start)
        start = end


def _foreign_names(words: Sequence[Word], language: Language) -> list[bool]:
    """Which words are Latin names, abbreviations or units in a text of another script, and no part of a phrase."""
    names = [False] * len(words)
    if LATIN in language.scripts:
        return names
    loud = shouted(words)
    for is_latin, run in groupby(range(len(words)), key=lambda i: words[i].script == LATIN):
        places = list(run)
        if is_latin and all(words[i].looks_like_a_name and not loud[i] for i in places):
            for i in places:
                names[i] = True
    return names


def _gains(words: Sequence[Word], language: Language) -> tuple[list[str], np.ndarray]:
    """The states, the asked language first, and [W, S] what each word gains the path in each of them, in nats."""
    weights = _weights(words)
    strange = np.array([word.script not in language.scripts for word in words])
    own, rivals, costs = _columns_of(language)
    states, gains = [language.code], [np.zeros(len(words), np.float32)]
    if len(rivals):
        found = evidence(words, language.scripts)
        better = found[:, rivals]
        better -= found[:, own].max(axis=1, keepdims=True)
        # A longer word may say more: it is several words written without spaces.
        caps = [(i, CAP * w.num_letters / LONGEST_WORD) for i, w in enumerate(words) if w.num_letters > LONGEST_WORD]
        long_words = [np.clip(better[i], -cap, cap) for i, cap in caps]
        np.minimum(better, CAP, out=better)
        np.maximum(better, -CAP, out=better)
        for (i, _), row in zip(caps, long_words, strict=True):
            better[i] = row
        better *= weights[:, None]
        better -= HOME
        if strange.any():
            better[strange] = -CAP
        codes = family(language.scripts)
        # No run gains more than all gains together: few languages are worth the search for the best one.
        worth = np.nonzero(np.maximum(better, 0.0).sum(axis=0) * 1.001 >= costs)[0]
        lead = _best_run(better[:, worth]) - costs[worth]
        for i in np.argsort(-lead, kind="stable")[:NUM_CANDIDATES].tolist():
            if lead[i] > 0:
                states.append(codes[rivals[worth[i]]])
                gains.append(better[:, worth[i]])
    if strange.any():
        states.append(OTHER_SCRIPT)
        sizes = np.array([max(1.0, word.num_letters / LONGEST_WORD) for word in words])
        gains.append(np.where(strange, _STRANGE * weights * sizes, _STRANGE_END))
    return states, np.stack(gains, axis=1)


@lru_cache(maxsize=256)
def _columns_of(language: Language) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Places in the language's family: those that speak for it or its near twins, those of all other languages, and
    what a change into each of the latter costs.
    """
    codes = family(language.scripts)
    own = [i for i, code in enumerate(codes) if code in language.twins]
    rivals = [i for i, code in enumerate(codes) if code not in language.twins]
    costs = np.array([_cost(codes[i]) for i in rivals], np.float32)
    return np.array(own, np.intp), np.array(rivals, np.intp), costs


def _best_run(gains: np.ndarray) -> np.ndarray:
    """[S] the most that a run of neighbouring words gains in each state."""
    summed = np.cumsum(gains, axis=0)
    before = np.minimum.accumulate(np.concatenate([np.zeros_like(summed[:1]), summed[:-1]]), axis=0)
    return (summed - before).max(axis=0)


def _scattered(words: Sequence[Word], codes: Sequence[str], gains: np.ndarray, language: Language) -> int:
    """Letters of foreign words that stand alone between words in the language, where they are too many for names."""
    letters = np.array([word.num_letters for word in words])
    at_home = np.array([code == language.code for code in codes])
    alone = at_home & (gains.max(axis=1) >= _SCATTERED)
    found = int(letters[alone].sum())
    return max(0, round(found - _MOST_SCATTERED * float(letters[at_home & ~alone].sum()) * density(language.scripts)))


def _weights(words: Sequence[Word]) -> np.ndarray:
    """[W] float32: less for capitalized words, unless so many are that capitals mean nothing (German, tricks)."""
    capitalized = [word.text[0].isupper() and word.num_letters <= LONGEST_WORD for word in words]
    loud = shouted(words)
    if any(loud):
        capitalized = [is_upper and not is_loud for is_upper, is_loud in zip(capitalized, loud, strict=True)]
    if sum(capitalized) >= _MOST_CAPITALIZED * len(words):
        return np.ones(len(words), np.float32)
    weights = [NAME_WEIGHT if upper else 1.0 for upper in capitalized]
    for i in range(1, len(words) - 1):  # the "of" in "City of Stars"
        if words[i].num_letters <= 3 and capitalized[i - 1] and capitalized[i + 1]:
            weights[i] = NAME_WEIGHT
    return np.array(weights, np.float32)


def _cost(code: str) -> float:
    """What a change into a foreign language costs."""
    return SWITCH if code == "en" else SWITCH + UNUSUAL


def _costs(states: Sequence[str], more: float) -> list[float]:
    """What a change into each state costs; the way home is free."""
    return [0.0, *((_STRANGE_COST if state == OTHER_SCRIPT else _cost(state)) + more for state in states[1:])]


def _best_path(gains: np.ndarray, costs: Sequence[float]) -> list[int]:
    """The states of the likeliest path. State 0, home, gains and costs nothing, so that it scores what the best state
    scored one word before.
    """
    away = costs[1:]
    tops, scores = [0.0], [[-math.inf] * len(away)]
    for row in gains[:, 1:].tolist():
        top = tops[-1]
        now = [
            (score if score >= top - cost else top - cost) + gain
            for score, cost, gain in zip(scores[-1], away, row, strict=True)
        ]
        scores.append(now)
        tops.append(max(top, *now))
    path: list[int] = []
    state = 0
    for i in range(len(gains), 0, -1):
        if state == 0 or scores[i][state - 1] < tops[i] - away[state - 1]:
            state = 0 if tops[i - 1] == tops[i] else 1 + scores[i].index(tops[i])
        path.append(state)
    return path[::-1]


def _spans(words: Sequence[Word], kinds: Sequence[str]) -> tuple[Span, ...]:
    spans: list[Span] = []
    for kind, run in groupby(zip(words, kinds, strict=True), key=lambda pair: pair[1]):
        members = [word for word, _ in run]
        spans.append(Span(members[0].start, members[-1].end, kind, sum(word.num_letters for word in members)))
    return tuple(spans)
