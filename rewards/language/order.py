"""Do the words of a text stand in an order that their language uses? Told by its common words and word endings alone.

Each word belongs to a class: a common word has its own, a rarer one shares that of its ending, the others share one.
What follows what in a language was counted once (`rewards.language.order_tables`). A text is compared with all other
orders of its own words, so that neither its topic nor its length matters, and random order looks random:

    g(a, b) = clip(log((n(a, b) + 1) / (n(a) n(b) / n + 1)), -2, 2)       n: counts in the language
    v = variance of g over all pairs of the text's tokens
    z = (sum of g over neighbours - its mean over all orders) / sqrt(v pairs)
    value = clip((slack - (share usual sqrt(v pairs) - max(z, -0.5))) / 0.25, 0, 1)     share: 0.7; 0.6 without spaces
    usual: at most 0.9 with spaces

In random order z has mean 0 and deviation 1; in sentences of the language it is about `usual` sqrt(v pairs), deviation
1.2. A list of names or numbers has hardly any v, so that nothing is asked of its order. `slack` is 3.25 for a sentence
and 2.25 for a text of three or more.
"""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from rewards.language.tags import Language
from rewards.language.words import PLACE, SPACELESS, STOPS, Word

KINDS = ("end", "start", "both")
TABLES = Path(__file__).with_name("order.zip")
NUM_CLASSES = 192
_USUAL_END, _IN_ORDER = 0.5, 1.0
"""In nats, and z: of words in random order every sixth has both by chance, of sentences most."""
STOP, PAUSE, NUMBER = ".", ",", "0"
"""The tokens for the end of a sentence or line, for a comma, and for digits or a formula between words."""
_STOPS = STOPS | frozenset(":;\n")
_PAUSES = frozenset(",\u060c\u055d\u1363\u3001\uff0c")
_BOUND = 2.0
_SHARE_OF_USUAL, _SHARE_OF_USUAL_SPACELESS = 0.7, 0.6
"""What other kinds of text have of what is usual where the tables come from: 0.73 to 0.9 in mathematics."""
_MOST_USUAL = 0.9
"""What is asked of a language where the tables find more: what news repeats there, conversations and mathematics do not
(Vietnamese, with 1.2).
"""
_SLACKS, _RAMP = (3.25, 2.75, 2.25), 0.25
"""What z may lack of that by chance, in one sentence, two, and more: one may be a list, several seldom all are."""
_SHORT_SENTENCE, _LONG_SENTENCE = 15, 30
"""Words below which a sentence is none by its mark alone, and that count as one sentence more."""
_VARIED = 0.8
"""Share of different words below which order is told by less: in problems of mathematics the same pairs come again."""
_LEAST_Z = -0.5
"""A lower z is no sign of random order, either."""


@dataclass(frozen=True, slots=True)
class Order:
    """What follows what in a language."""

    words: Mapping[str, int]
    """The class of each common word, of the marks and of numbers."""
    affixes: Mapping[str, int]
    """The class of the other words by their `affix`."""
    kind: str
    """Which affix tells words apart in the language: an item of `KINDS`."""
    gains: np.ndarray
    """[N, N] float32, g: how much oftener one class follows another than by chance, in nats."""
    squares: np.ndarray
    """[N, N] float32, their squares."""
    usual: float
    """z / sqrt(v pairs) of text in the language."""

    def classes(self, tokens: Sequence[str]) -> np.ndarray:
        """[T] the class of each token."""
        words, affixes, kind, other = self.words, self.affixes, self.kind, len(self.gains) - 1
        return np.array(
            [
                place if (place := words.get(token, -1)) >= 0 else affixes.get(affix(token, kind), other)
                for token in tokens
            ],
            np.intp,
        )


def affix(token: str, kind: str) -> str:
    """The last two letters of a word of four and more (`end`), its first two (`start`), as in languages that inflect
    there, or its first and its last one (`both`); its last syllable where each sign is one (Hangul, Ethiopic).

    >>> [affix("walking", kind) for kind in KINDS], affix("in", "end"), affix("\uc9d1\uc5d0", "end")
    (['ng', 'wa', 'wg'], '', '\uc5d0')
    """
    if kind == "end":
        if len(token) > 1 and ("\u1200" <= token[-1] <= "\u137f" or "\uac00" <= token[-1] <= "\ud7a3"):
            return token[-1]
        return token[-2:] if len(token) > 3 else ""
    if len(token) <= 3:
        return ""
    return token[:2] if kind == "start" else token[0] + token[-1]


def tokens_of(words: Sequence[Word]) -> list[str]:
    """Lower-case words, or characters where no spaces are written, with the marks and numbers between them."""
    tokens: list[str] = []
    for text, _, script, _, before in words:
        if before != " " and tokens:
            if not _STOPS.isdisjoint(before):
                tokens.append(STOP)
            elif not _PAUSES.isdisjoint(before):
                tokens.append(PAUSE)
            if len(before) > 1 and any(char.isdigit() or char == PLACE for char in before):
                tokens.append(NUMBER)
        if script in SPACELESS:
            tokens += text
        else:
            tokens.append(text.casefold())
    return [STOP, *tokens, STOP]


def order_of(
    words: Mapping[str, int], affixes: Mapping[str, int], kind: str, counts: np.ndarray, usual: float
) -> Order:
    """The order of a language from how often each class followed each other one, [N, N]."""
    times = counts.astype(np.float32)
    expected = times.sum(axis=1, keepdims=True) * (times.sum(axis=0, keepdims=True) / max(1.0, float(times.sum())))
    gains = np.clip(np.log((times + 1.0) / (expected + 1.0)), -_BOUND, _BOUND)
    return Order(words, affixes, kind, gains, gains * gains, usual)


def standing(order: Order, tokens: Sequence[str]) -> tuple[float, float]:
    """z, and sqrt(v pairs): how far the order of the tokens is from random, and what there is to tell it by.

    (0.0, 0.0) where the tokens say nothing.
    """
    classes = order.classes(tokens)
    num_pairs = len(classes) - 1
    all_pairs = len(classes) * num_pairs
    if all_pairs == 0:
        return 0.0, 0.0
    gains, squares = order.gains, order.squares
    times = np.bincount(classes, minlength=len(gains)).astype(np.float32)
    mean = float((gains @ times - gains.diagonal()) @ times) / all_pairs
    variance = float((squares @ times - squares.diagonal()) @ times) / all_pairs - mean * mean
    deviation = math.sqrt(max(0.0, variance) * num_pairs)
    if deviation < 1e-3:
        return 0.0, 0.0
    return (float(gains[classes[:-1], classes[1:]].sum(dtype=np.float64)) - num_pairs * mean) / deviation, deviation


def in_order(words: Sequence[Word], language: Language) -> float:
    """1.0 for words in an order that the language uses, 0.0 for words in random order; 1.0 where that cannot be told.

    >>> from rewards.language.tags import parse_tag
    >>> from rewards.language.words import split_words
    >>> text = ("When the children came home from school, they told their mother what had happened to the old man who "
    ...     "lived at the end of the road, and she said that it was not the first time that he had been in the park.")
    >>> heap = " ".join(sorted(text.split(), key=lambda word: word[::-1]))
    >>> [in_order(split_words(each), parse_tag("en")) for each in (text, heap)]
    [1.0, 0.0]
    """
    order = _order_of(language, words)
    if order is None:
        return 1.0
    z, evidence = standing(order, tokens_of(words))
    share, usual = _SHARE_OF_USUAL, min(order.usual, _MOST_USUAL)
    if language.scripts & SPACELESS:
        share, usual = _SHARE_OF_USUAL_SPACELESS, order.usual
    elif words:
        evidence *= min(1.0, len({word.text for word in words}) / len(words) / _VARIED)
    lack = share * usual * evidence - max(z, _LEAST_Z)
    return min(1.0, max(0.0, (_SLACKS[_num_sentences(words) - 1] - lack) / _RAMP))


def _num_sentences(words: Sequence[Word]) -> int:
    """From 1 to 3 or more, by marks and by words: neither marks nor their absence are trusted alone."""
    num_ends = sum(word.before != " " and not STOPS.isdisjoint(word.before) for word in words[1:])
    found = 1 + max(min(num_ends, len(words) // _SHORT_SENTENCE), len(words) // _LONG_SENTENCE)
    return min(found, len(_SLACKS))


def ends_as_usual(words: Sequence[Word], language: Language) -> bool:
    """Whether a text without a mark at its end is in order and has a last word that sentences of its language end with.

    >>> from rewards.language.tags import parse_tag
    >>> from rewards.language.words import split_words
    >>> text = "\u0909\u0938\u0928\u0947 \u0915\u0939\u093e \u0915\u093f \u092f\u0939 \u0920\u0940\u0915 \u0939\u0948"
    >>> cut = text.rsplit(maxsplit=2)[0]
    >>> [ends_as_usual(split_words(each), parse_tag("hi")) for each in (text, cut)]
    [True, False]
    """
    order = _order_of(language, words)
    if order is None or not words:
        return False
    tokens = tokens_of(words)
    last = int(order.classes(tokens[-2:-1])[0])
    return bool(order.gains[last, order.words[STOP]] >= _USUAL_END) and standing(order, tokens)[0] >= _IN_ORDER


def _order_of(language: Language, words: Sequence[Word]) -> Order | None:
    """The table for the language in the script of most of the words; None where there is none."""
    scripts = [word.script for word in words]
    script = max(sorted(set(scripts)), key=scripts.count, default="")
    return load_order(f"{language.code}_{script}") or load_order(language.code)


@lru_cache(maxsize=1)
def _tables() -> zipfile.ZipFile:
    """The file in memory: 1 MB, so that neither threads nor forked processes share a place in it."""
    return zipfile.ZipFile(io.BytesIO(TABLES.read_bytes()))


def read_common(name: str) -> list[str]:
    """The common words of a table, most frequent first; none where there is no such table."""
    try:
        with _tables().open(name) as member:
            member.readline()
            return member.readline().decode().split()[len((STOP, PAUSE, NUMBER)) :]
    except KeyError:
        return []


@lru_cache(maxsize=64)
def load_order(name: str) -> Order | None:
    """The table of a language, or of a language and script (`ku_Arab`), from the package's file; None without one."""
    try:
        head, words, affixes, counts = _tables().read(name).split(b"\n", 3)
    except KeyError:
        return None
    size, usual, kind = head.decode().split()
    names = words.decode().split()
    low, high = np.frombuffer(counts, np.uint8).reshape(2, int(size), int(size))
    places = {word: place for place, word in enumerate(names)}
    rest = {part: len(names) + place for place, part in enumerate(affixes.decode().split())}
    return order_of(places, rest, kind, low + np.uint16(256) * high, float(usual))
