"""Large tokenizers that were built from a vocabulary, kept as `tokenizer.json`: reading one takes half the time."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import tokenizers

from model.files import cache_folder, staged_file
from model.vocabulary import Vocabulary

MIN_PIECES = 50_000
"""Smaller ones are built as fast as they are read."""
_KEPT = 4
"""Files, of 14 MB with Gemma's vocabulary."""


def remembered(vocabulary: Vocabulary, build: Callable[[Vocabulary], tokenizers.Tokenizer]) -> tokenizers.Tokenizer:
    """What `build` makes of the vocabulary, from the cache folder if it was built before.

    A file is found by the vocabulary's content, the library's version and the code that builds, so that a change of
    any of them builds anew. A cache that cannot be read or written is no error: then it is built.
    """
    if len(vocabulary.pieces) < MIN_PIECES:
        return build(vocabulary)
    try:
        path = cache_folder() / "tokenizers" / f"{_key(vocabulary)}.json"
    except RuntimeError:  # nobody knows the home folder
        return build(vocabulary)
    return _read(path) or _kept(path, build(vocabulary))


def _read(path: Path) -> tokenizers.Tokenizer | None:
    try:
        backend = tokenizers.Tokenizer.from_file(str(path))
    except Exception:  # what the library raises for a file that is missing or that it cannot parse
        return None
    with suppress(OSError):
        os.utime(path)
    return backend


def _kept(path: Path, backend: tokenizers.Tokenizer) -> tokenizers.Tokenizer:
    with suppress(OSError), staged_file(path) as partial:
        partial.write_text(backend.to_str(), encoding="utf-8")
        _remove_oldest(path.parent)
    return backend


def _key(vocabulary: Vocabulary) -> str:
    digest = hashlib.sha256(tokenizers.__version__.encode())
    for module in ("tokenizer.py", "vocabulary.py"):
        digest.update(Path(__file__).with_name(module).read_bytes())
    digest.update(bytes(int(kind) for kind in vocabulary.token_types))
    digest.update("\0".join(vocabulary.pieces).encode())
    return digest.hexdigest()


def _remove_oldest(folder: Path) -> None:
    """Leaves those that were used last."""
    by_use = sorted(folder.glob("*.json"), key=lambda file: file.stat().st_mtime, reverse=True)
    for file in by_use[_KEPT - 1 :]:  # one more is about to come
        file.unlink(missing_ok=True)
