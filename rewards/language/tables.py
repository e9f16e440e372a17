"""py3langid's model (naive Bayes over byte n-grams), read piece by piece and packed.

Nothing here changes once it is read, so that any thread may ask.
"""

from __future__ import annotations

import lzma
import shutil
import tempfile
import threading
import zipfile
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import IO

import numpy as np
from py3langid.langid import MODEL_DIR, MODEL_FILE

from rewards.language.tags import LANGUAGES, canonical

LOG_TWO = float(np.log(2.0))
"""The weight of a feature seen once: the model was fitted to log(1 + count)."""
STEPS = 8
"""Steps of a log-probability in a nat; the model's go from -15 to 0."""
APART = b"\xff"
"""A byte that no text has, so that no n-gram goes across it."""


@dataclass(frozen=True, slots=True)
class Model:
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
        return self.outputs[np.fromiter(states, np.intp, len(data)) >> 2]

    def merge(self, by_class: np.ndarray) -> np.ndarray:
        """[..., L] the best of each language's classes, from [..., M]."""
        merged = by_class[..., : len(self.codes)].copy()
        for language, double in self.doubles:
            np.maximum(merged[..., language], by_class[..., double], out=merged[..., language])
        return merged


_loading = threading.Lock()


@lru_cache(maxsize=1)
def _load() -> Model:
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
    return Model(weights, prior[kept], codes, pairs, moves, places, outputs)


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
            table[start : start + size] = np.rint(part[:, columns].astype(np.float32) * STEPS).clip(-128, 127)
    return table


def load_model() -> Model:
    """The model; read at the first call, by one thread."""
    with _loading:
        return _load()
