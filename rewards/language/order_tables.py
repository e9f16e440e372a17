"""Makes `order.zip` from plain texts: `python -m rewards.language.order_tables FOLDER` with a file for each language.

A file `de.txt` has a sentence, or a few, in each line; `ku_Arab.txt` is for one script of a language of several. The
tables of the package were counted in the training sentences of SIB-200 (Adelani et al. 2024, arXiv:2309.07445). They
hold common words, word endings and how often one follows another, and no text.
"""

from __future__ import annotations

import sys
import zipfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from rewards.language.order import (
    NUM_CLASSES,
    NUMBER,
    PAUSE,
    STOP,
    TABLES,
    Order,
    ending,
    order_of,
    standing,
    tokens_of,
)
from rewards.language.words import split_words

_NUM_ENDINGS = 63
_LEAST_ENDED = 0.1
"""The share of tokens with an ending; in scripts without spaces only foreign words have one."""


def learn(texts: Sequence[Sequence[str]]) -> tuple[Order, np.ndarray]:
    """The order of a language from its texts as tokens, and the counts [N, N] uint16. `usual` comes from texts that are
    left out in turn, two times.
    """
    classes = _classes(texts)
    shares = []
    for left_out in (0, 1):
        order = order_of(*classes, _count(classes, texts[1 - left_out :: 2]), 0.0)
        judged = [standing(order, text) for text in texts[left_out::2]]
        shares += [z / evidence for z, evidence in judged if evidence > 0]
    counts = _count(classes, texts)
    return order_of(*classes, counts, float(np.median(shares or [0.0]))), counts


def _classes(texts: Sequence[Sequence[str]]) -> tuple[dict[str, int], dict[str, int]]:
    """The classes of common words and of endings; all but one of the classes in use, where the texts have so many."""
    seen = Counter(token for text in texts for token in text)
    ends: Counter[str] = Counter()
    for token, times in seen.items():
        ends[ending(token)] += times
    is_spaced = ends.total() - ends[""] > _LEAST_ENDED * ends.total()
    room = NUM_CLASSES - 1 - (_NUM_ENDINGS if is_spaced else 0) - 3
    common = [token for token, _ in seen.most_common(room + 3) if token not in (STOP, PAUSE, NUMBER)][:room]
    words = {token: place for place, token in enumerate([STOP, PAUSE, NUMBER, *common])}
    for token in words:
        ends[ending(token)] -= seen[token]
    del ends[""]
    usual = [end for end, times in ends.most_common(_NUM_ENDINGS) if times > 0] if is_spaced else []
    endings = {end: len(words) + place for place, end in enumerate(usual)}
    return words, endings


def _count(classes: tuple[dict[str, int], dict[str, int]], texts: Sequence[Sequence[str]]) -> np.ndarray:
    """[N, N] uint16, how often one class follows another."""
    size = len(classes[0]) + len(classes[1]) + 1
    empty = np.empty((size, 0), np.float32)
    order = Order(*classes, empty, empty, empty, 0.0)
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
            order, counts = learn([tokens_of(line, split_words(line)) for line in lines if line.strip()])
            head = f"{len(counts)} {order.usual:.3f}\n{' '.join(order.words)}\n{' '.join(order.endings)}\n"
            member = zipfile.ZipInfo(path.stem)
            member.compress_type = zipfile.ZIP_DEFLATED
            planes = (counts % 256).astype(np.uint8).tobytes() + (counts // 256).astype(np.uint8).tobytes()
            tables.writestr(member, head.encode() + planes, compresslevel=9)


if __name__ == "__main__":
    write(Path(sys.argv[1]), TABLES)
