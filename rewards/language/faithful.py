"""Does a text say what it should? Numbers, named tokens, chrF++ against a reference, word order, repetition."""

from __future__ import annotations

import re
import threading
import unicodedata
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

from rewards.language.tags import LATIN, Language
from rewards.language.words import SPACELESS, Word, split_words
from rewards.math.cardinals import cardinal, may_begin
from rewards.math.numbers import fold, plain_number
from rewards.math.spelled import spelled_number

_NUMBER = re.compile(r"\d{1,3}(?:[ ']\d{3})+(?:[.,]\d+)?(?!\d)|\d+(?:[.,]\d+)*", re.ASCII)
_CHINESE_DIGITS = "\u3007\u96f6\u4e00\u4e8c\u4e09\u56db\u4e94\u516d\u4e03\u516b\u4e5d\u4e24\u5169"
_PLACES = "\u5341\u767e\u5343\u4e07\u842c\u4ebf\u5104\u5146\uc2ed\ubc31\ucc9c\ub9cc\uc5b5"
_PLACED = re.compile(rf"\d[\d,.]*[{_PLACES}](?:[{_PLACES}]|\d[\d,.]*(?=[{_PLACES}])|\d+)*", re.ASCII)
_CHINESE_NUMBER = re.compile(rf"[{_CHINESE_DIGITS}{_PLACES[:8]}]+")
_LETTER_RUN = re.compile(r"[^\W\d_]+(?:[^\s\d_.,!?;:]*[^\W\d_])?")
_MAX_NUMBER_WORDS, _LONGEST_NUMBER = 2000, 5
_SPELLED_OUT = frozenset(range(13))
"""Whole numbers that many languages write as words."""
_NAMED = re.compile(
    r"https?://[^\s<>)\]]+|\b[A-Z]{1,5}-\d+\b|\b[A-Z]{2,}[A-Za-z0-9]*\b|\b[A-Za-z]*[A-Z][A-Za-z]*\d[A-Za-z0-9]*\b",
    re.ASCII,
)
_LATIN_NAME = re.compile(r"(?<![A-Za-z])[A-Z][a-z]{2,}(?![A-Za-z])")
_OPENERS = r"[\s\"'\u00ab\u201e\u201c(\u00bf\u00a1]*"
_FIRST_LETTER = re.compile(rf"{_OPENERS}([^\W\d_])(?![A-Z])")
_SENTENCE_START = re.compile(
    rf"[.!?](?<=[^\W\d_]{{3}}.)(?![.\u2026])[!?]*[\"'\u00bb\u201d\u2019)]*\s{_OPENERS}([^\W\d_])(?![A-Z])"
)
"""The letter after a full stop, but not after an ellipsis; none where a name such as `iPhone` stands, which is never
capitalized.
"""
_PAUSES = frozenset(",;\u060c\u061b\u3001\uff0c\uff1b\u055d\u1363")
_CLOSERS = "\"')\u00bb\u201d\u2019\u201c\u300d\u300f\uff09"
_UNMARKED = frozenset({"Thai", "Laoo", "Khmr"})
"""Scripts that do without marks at the end of sentences."""
_LEAST_MARKED = 20
"""Words, or short pieces where no spaces are written, from which on a text has marks."""
_SENTENCE_END = re.compile(
    r"(?:(?<=[^\s\d.]{3})[.\u2026]+|[!?\u061f\u0964\u0965\u104b\u06d4\u1362\u0589]+)[\"'\u00bb\u201d\u2019)]*\s"
    r"|[\u3002\uff01\uff1f]+[\u300d\u300f\uff09]*"
)
_CAPITAL_INSIDE = re.compile(r"[^\W\d_],?\s[A-Z\u00c0-\u00de\u0391-\u03ab\u0400-\u042f\u0531-\u0556]")
_MIN_ORDERED = 8
"""Shared words below which their order says nothing."""
_FREE_ORDER = 0.3
"""Shared neighbours for each shared word: 0.4 and more in free translations, 0.05 to 0.12 in shuffled words."""
_WINDOW, _LEAST_WINDOW = 40, 24
"""Words looked at together, and the fewest that tell."""
_MAX_CHARS = 20_000
_scoring = threading.Lock()


def numbers(text: str) -> list[frozenset[Hashable]]:
    """The numbers of a text, each as the set of values that it may stand for (`1.234` is 1234 or 1.234).

    Digits of every script count, as in `rewards.math.numbers`.

    >>> numbers("3,5 km") == numbers("\\u0663\\u066b\\u0665 km"), numbers("7")
    (True, [frozenset({7})])
    """
    folded = _PLACED.sub(_in_digits, fold(text[:_MAX_CHARS]))
    return [_readings(match[0]) for match in _NUMBER.finditer(folded)]


def _in_digits(placed: re.Match[str]) -> str:
    """Digits with places, such as `1\u4e072000`, in digits alone."""
    value = spelled_number(placed[0])
    return str(value) if isinstance(value, int) else placed[0]


def _left_unsaid(wanted: list[frozenset[Hashable]], text: str) -> tuple[list[frozenset[Hashable]], bool]:
    """The numbers that a text does not have in words, either, and whether it may have them in words that cannot be
    read: not where it says other numbers, above one, in words. Each word is used once.
    """
    if not wanted:
        return [], True
    said = Counter(_in_words(text))
    left: list[frozenset[Hashable]] = []
    for readings in wanted:
        value = next((value for value in readings if said[value] > 0), None)
        if value is None:
            left.append(readings)
        else:
            said[value] -= 1
    return left, not any(times > 0 and value not in (0, 1) for value, times in said.items())


def _in_words(text: str) -> Iterator[Hashable]:
    """The values of the numbers that are written in words or in Chinese characters."""
    text = text[:_MAX_CHARS]
    for run in _CHINESE_NUMBER.findall(text):
        value = spelled_number(run)
        if value is not None:
            yield value
    words = _LETTER_RUN.findall(text)[:_MAX_NUMBER_WORDS]
    i = 0
    while i < len(words):
        size = 1
        if may_begin(words[i]) or (words[i].isascii() and spelled_number(words[i]) is not None):
            for length in range(min(_LONGEST_NUMBER, len(words) - i), 0, -1):
                spelled = " ".join(words[i : i + length])
                value = cardinal(spelled) or spelled_number(spelled)
                if value is not None:
                    yield value
                    size = length
                    break
        i += size


def _readings(written: str) -> frozenset[Hashable]:
    digits = re.sub("[ ']", "", written)
    marks = re.findall(r"[.,]", digits)
    groups = re.split(r"[.,]", digits)
    whole = "".join(groups)
    decimal = f"{''.join(groups[:-1])}.{groups[-1]}"
    if not marks:
        texts = [whole]
    elif len(set(marks)) == 2 and marks.count(marks[-1]) == 1:
        texts = [decimal]
    elif len(marks) > 1:
        texts = [whole]
    elif len(groups[-1]) == 3 and len(groups[0]) <= 3 and groups[0] != "0":
        texts = [whole, decimal]
    else:
        texts = [decimal]
    values: list[Hashable] = []
    for text in texts:
        value = plain_number(text)
        values.append(text if value is None else value)
    return frozenset(values)


def number_agreement(expected: str, given: str) -> float:
    """1.0 where a text has just the numbers of another, else half the F1 of the two multisets.

    Numbers in words count where `rewards.math` reads them. A whole number up to 12 that only one of them has, and
    nothing in its place in the other, may be spelled out there.

    >>> number_agreement("240 km in 3 h", "240 km in three h"), number_agreement("240 km", "241 km")
    (1.0, 0.0)
    """
    rest = numbers(given)
    missing = []
    num_matched = 0
    for readings in numbers(expected):
        place = next((i for i, other in enumerate(rest) if readings & other), None)
        if place is None:
            missing.append(readings)
        else:
            rest.pop(place)
            num_matched += 1
    missing, missing_may_be_said = _left_unsaid(missing, given)
    rest, rest_may_be_said = _left_unsaid(rest, expected)
    if not missing and rest_may_be_said:
        rest = [readings for readings in rest if not readings & _SPELLED_OUT]
    elif not rest and missing_may_be_said:
        missing = [readings for readings in missing if not readings & _SPELLED_OUT]
    if not missing and not rest:
        return 1.0
    return num_matched / (2 * num_matched + len(missing) + len(rest))


def named_tokens(text: str, language: Language | None = None) -> frozenset[str]:
    """What should survive a translation as it is: addresses, abbreviations, codes, and Latin names in other scripts.

    >>> sorted(named_tokens("NASA flew the F-16 over Paris", None))
    ['F-16', 'NASA']
    """
    found = set(_NAMED.findall(text[:_MAX_CHARS]))
    if language is not None and LATIN not in language.scripts:
        found |= set(_LATIN_NAME.findall(text[:_MAX_CHARS]))
    return frozenset(found)


def named_recall(expected: frozenset[str], given: str) -> float:
    """The share of named tokens that a text has, letter case ignored; 1.0 when there are none."""
    folded = fold(given).casefold()
    return sum(fold(token).casefold() in folded for token in expected) / len(expected) if expected else 1.0


def closeness(reference: str, given: str, language: Language) -> float:
    """chrF++ of a text against its reference, from 0.0 at the language's floor for unrelated text to 1.0."""
    floor = language.chrf_floor
    return min(1.0, max(0.0, (_chrf(_with_bare_digits(reference), _with_bare_digits(given)) - floor) / (100.0 - floor)))


def _with_bare_digits(text: str) -> str:
    """The text with its numbers in ASCII digits without separators: `number_agreement` judges them, not chrF++."""
    text = re.sub(r"\d", lambda digit: str(unicodedata.decimal(digit[0])), text[:_MAX_CHARS])
    text = re.sub("(?<=\\d)[.,'\u066b\u066c](?=\\d)", "", text)
    return re.sub("(?<=\\d)[ \u00a0\u202f](?=\\d{3}(?!\\d))", "", text)


@lru_cache(maxsize=1)
def _metric() -> object:
    """sacrebleu's chrF++; imported here because it takes 17 MB that texts without a reference need not pay."""
    from sacrebleu.metrics.chrf import CHRF

    return CHRF(word_order=2)


def _chrf(reference: str, given: str) -> float:
    metric = _metric()
    with _scoring:  # the metric object is not documented to be safe to share
        return metric.sentence_score(given, [reference]).score  # pyright: ignore[reportAttributeAccessIssue]


def order_agreement(reference: str, given: str) -> float:
    """1.0 where the words that a text shares with its reference keep neighbours, falling to 0.0 for shuffled words.

    min(1, (shared neighbour pairs / shared words) / 0.3) squared; 1.0 below eight shared words.
    """
    one, other = _units(split_words(reference)), _units(split_words(given))
    shared = (Counter(one) & Counter(other)).total()
    if shared < _MIN_ORDERED:
        return 1.0
    pairs = (Counter(pairwise(one)) & Counter(pairwise(other))).total()
    return min(1.0, pairs / shared / _FREE_ORDER) ** 2


def repetition(words: Sequence[Word]) -> float:
    """The share of four-word sequences that stood there before; of eight characters in Chinese and Japanese, and of
    sixteen in other scripts without spaces.

    >>> repetition(split_words("one two three four five six seven eight " * 4)) > 0.7, repetition(split_words("a text"))
    (True, 0.0)
    """
    units = _units(words)
    length = 4
    if units and words[0].script in SPACELESS:
        length = 8 if words[0].script in ("Hani", "Kana") else 16
    sequences = list(zip(*(units[i:] for i in range(length)), strict=False))
    return 1.0 - len(set(sequences)) / len(sequences) if len(sequences) >= 8 else 0.0


def vocabulary(words: Sequence[Word]) -> float:
    """1.0 where a text has words of its own, falling to 0.0 where it is made of the same few, such as function words.

    The mean over each `_WINDOW` words of the better of two clipped shares: of words that stand there once, from 0.1 to
    0.15, and of different words, from 0.33 to 0.38. Less than `_LEAST_WINDOW` words, and scripts without spaces, are
    not suspected.

    >>> vocabulary(split_words("und der die das " * 10)), vocabulary(split_words("a short text"))
    (0.0, 1.0)
    """
    texts = [word.text.casefold() for word in words if word.script not in SPACELESS]
    windows = [Counter(texts[i : i + _WINDOW]) for i in range(0, len(texts) - _LEAST_WINDOW + 1, _WINDOW)]
    values: list[float] = []
    for counts in windows:
        size = counts.total()
        once = (list(counts.values()).count(1) / size - 0.1) / 0.05
        values.append(min(1.0, max(0.0, once, (len(counts) / size - 0.33) / 0.05)))
    return sum(values) / len(values) if values else 1.0


def sentence_shape(text: str) -> float:
    """1.0 where sentences start as sentences do, falling to 0.0 for words in random order, in scripts with capitals.

    In shuffled words most full stops stand before a small letter, and the capitals that began sentences stand inside
    them. Text that does without capitals, and text of fewer than three sentences, is not suspected.

    >>> sentence_shape("We go home. They stay here. It rains."), sentence_shape("home. We here. go It rains. they stay")
    (1.0, 0.0)
    """
    text = text[:_MAX_CHARS]
    first = _FIRST_LETTER.match(text)
    starts = [*([first[1]] if first else []), *_SENTENCE_START.findall(text)]
    small = sum(_is_small(char) for char in starts)
    if len(starts) < 3 or small < 2 or 3 * len(_CAPITAL_INSIDE.findall(text)) < small:
        return 1.0
    return 1.0 - min(1.0, max(0.0, (small / len(starts) - 0.3) / 0.3))


def _is_small(char: str) -> bool:
    """Whether a letter is written small where it could be a capital; Georgian, which has none, is never."""
    return char.islower() and not "\u10d0" <= char <= "\u10ff"


def stops_short(text: str) -> bool:
    """Whether the last line has two whole sentences or more and then breaks off in the middle of another one; one is
    enough where the line begins with a small letter, too.

    Words in random order nearly always do, in any script with marks at the end of sentences, because only a few of its
    words carry one. A rest that begins with a capital letter may be a whole sentence that lacks its mark.

    >>> stops_short("We go home. They stay here. It rains"), stops_short("home. We here. go It rains they stay")
    (False, True)
    """
    line = text.rstrip()[-_MAX_CHARS:].rpartition("\n")[2].rstrip(_CLOSERS)
    if not line or not (unicodedata.category(line[-1])[0] in "LM" or line[-1] in _PAUSES):
        return False
    ends = [match.end() for match in _SENTENCE_END.finditer(line)]
    least = 1 if next((_is_small(char) for char in line if char.isalpha()), False) else 2
    return len(ends) >= least and not next((char.isupper() for char in line[ends[-1] :] if char.isalpha()), True)


def is_unmarked(text: str, words: Sequence[Word]) -> bool:
    """Whether a long text has no mark and no line break at all, so that nothing tells sentences from a heap of words.

    >>> is_unmarked("we home here go it rains they stay " * 5, split_words("we home here go it rains they stay " * 5))
    True
    """
    if any(word.script in _UNMARKED for word in words):
        return False
    return len(words) >= _LEAST_MARKED and not any(_is_mark(char) for char in text.strip())


def _is_mark(char: str) -> bool:
    return char == "\n" or (char not in "'\u2019-_" and unicodedata.category(char)[0] == "P")


def _units(words: Sequence[Word]) -> Sequence[str]:
    """Lower-case words; single characters of scripts that write no spaces."""
    units: list[str] = []
    for word in words:
        if word.script in SPACELESS:
            units += word.text
        else:
            units.append(word.text.casefold())
    return units
