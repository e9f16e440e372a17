"""Makes `order.zip` from plain texts: `python -m rewards.language.order_tables FOLDER` with a file for each language.

A file `de.txt` has a sentence, or a few, in each line; `ku_Arab.txt` is for one script of a language of several. The
tables of the package were counted in the training sentences of SIB-200 (Adelani et al. 2024, arXiv:2309.07445) and the
news of NTREX-128 (Federmann et al. 2022). They hold common words, parts of words and how often one follows another, and
no text.
"""

from __future__ import annotations

import sys
import zipfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from rewards.language.order import (
    KINDS,
    NUM_CLASSES,
    NUMBER,
    PAUSE,
    STOP,
    TABLES,
    Order,
    affix,
    order_of,
    standing,
    tokens_of,
)
from rewards.language.words import split_words

_NUM_AFFIXES = 63
_WORTH_IT = 1.05
"""How much more another affix must tell than word endings."""
_LEAST_ENDED = 0.1
"""The share of tokens with an affix; in scripts without spaces only foreign words have one."""


def learn(texts: Sequence[Sequence[str]]) -> tuple[Order, np.ndarray]:
    """The order of a language from its texts as tokens, and the counts [N, N] uint16. `kind` and `usual` come from
    texts that are left out in turn, two times.
    """
    found = [(_usual(texts, kind), kind) for kind in KINDS]
    usual, kind = max(found, key=lambda each: each[0])
    if usual[0] < _WORTH_IT * found[0][0][0]:
        usual, kind = found[0]
    classes = _classes(texts, kind)
    counts = _count(classes, kind, texts)
    return order_of(*classes, kind, counts, usual[1]), counts


def _usual(texts: Sequence[Sequence[str]], kind: str) -> tuple[float, float]:
    """The medians of z and of z / sqrt(v pairs) of texts in the order of the others."""
    classes = _classes(texts, kind)
    judged: list[tuple[float, float]] = []
    for left_out in (0, 1):
        order = order_of(*classes, kind, _count(classes, kind, texts[1 - left_out :: 2]), 0.0)
        judged += [standing(order, text) for text in texts[left_out::2]]
    told = [(z, z / evidence) for z, evidence in judged if evidence > 0] or [(0.0, 0.0)]
    return float(np.median([z for z, _ in told])), float(np.median([share for _, share in told]))


def _classes(texts: Sequence[Sequence[str]], kind: str) -> tuple[dict[str, int], dict[str, int]]:
    """The classes of common words and of affixes; all but one of the classes in use, where the texts have so many."""
    seen = Counter(token for text in texts for token in text)
    parts: Counter[str] = Counter()
    for token, times in seen.items():
        parts[affix(token, kind)] += times
    is_spaced = parts.total() - parts[""] > _LEAST_ENDED * parts.total()
    room = NUM_CLASSES - 1 - (_NUM_AFFIXES if is_spaced else 0) - 3
    common = [token for token, _ in seen.most_common(room + 3) if token not in (STOP, PAUSE, NUMBER)][:room]
    words = {token: place for place, token in enumerate([STOP, PAUSE, NUMBER, *common])}
    for token in words:
        parts[affix(token, kind)] -= seen[token]
    del parts[""]
    usual = [part for part, times in parts.most_common(_NUM_AFFIXES) if times > 0] if is_spaced else []
    affixes = {part: len(words) + place for place, part in enumerate(usual)}
    return words, affixes


def _count(classes: tuple[dict[str, int], dict[str, int]], kind: str, texts: Sequence[Sequence[str]]) -> np.ndarray:
    """[N, N] uint16, how often one class follows another."""
    size = len(classes[0]) + len(classes[1]) + 1
    empty = np.empty((size, 0), np.float32)
    order = Order(*classes, kind, empty, empty, 0.0)
    counts = np.zeros((size, size), np.int64)
    for text in texts:
        places = order.classes(text)
        np.add.at(counts, (places[:-1], places[1:]), 1)
    return counts.astype(np.uint16)


def write(folder: Path, target: Path) -> None:
    """Writes the tables of all text files of a folder; equal texts give equal bytes."""
    with zipfile.ZipFile(target, "w") as tables:
        for path in sorted(folder.glob("*.txt")):
            lines = path.read_text(encoding="utf-8").splitlines()
            order, counts = learn([tokens_of(split_words(line)) for line in lines if line.strip()])
            head = f"{len(counts)} {order.usual:.3f} {order.kind}\n"
            head += f"{' '.join(order.words)}\n{' '.join(order.affixes)}\n"
            member = zipfile.ZipInfo(path.stem)
            member.compress_type = zipfile.ZIP_DEFLATED
            planes = (counts % 256).astype(np.uint8).tobytes() + (counts // 256).astype(np.uint8).tobytes()
            tables.writestr(member, head.encode() + planes, compresslevel=9)


if __name__ == "__main__":
    write(Path(sys.argv[1]), TABLES)
