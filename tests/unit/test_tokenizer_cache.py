"""The cache of tokenizers: what it gives back, when it builds anew, and that it is never a reason to fail."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import tokenizers

from model import tokenizer_cache
from model.testing_tokenizer import tiny_vocabulary
from model.tokenizer import Tokenizer, _build
from model.tokenizer_cache import remembered
from model.vocabulary import Vocabulary

VOCABULARY = tiny_vocabulary()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GEMWRIGHT_CACHE", str(tmp_path))
    monkeypatch.setattr(tokenizer_cache, "MIN_PIECES", 1)
    return tmp_path / "tokenizers"


def counting(built: list[Vocabulary]):
    def build(vocabulary: Vocabulary) -> tokenizers.Tokenizer:
        built.append(vocabulary)
        return _build(vocabulary)

    return build


def test_a_vocabulary_is_built_once_and_read_after_that(folder: Path) -> None:
    built = list[Vocabulary]()
    first, second = (remembered(VOCABULARY, counting(built)) for _ in range(2))
    assert len(built) == 1
    assert len(list(folder.glob("*.json"))) == 1
    assert first.to_str() == second.to_str()


def test_a_tokenizer_from_the_cache_says_what_a_built_one_says(folder: Path) -> None:
    remembered(VOCABULARY, _build)
    cached, built = Tokenizer(remembered(VOCABULARY, _build)), Tokenizer.from_vocabulary(VOCABULARY)
    for text in ("a b  c\n<bos> x", "<start_of_turn>user\nhi<end_of_turn>", "caf\u00e9 \u4e2d \U0001f600"):
        assert cached.encode(text, add_bos=True) == built.encode(text, add_bos=True)
        assert cached.encode_plain(text) == built.encode_plain(text)
        assert cached.decode(built.encode_plain(text)) == built.decode(built.encode_plain(text))


@pytest.mark.parametrize("part", ["pieces", "token_types"])
def test_another_vocabulary_is_another_file(folder: Path, part: str) -> None:
    built = list[Vocabulary]()
    changed = list(getattr(VOCABULARY, part))
    changed[-1] = "brand new" if part == "pieces" else next(kind for kind in changed if kind != changed[-1])
    for vocabulary in (VOCABULARY, replace(VOCABULARY, **{part: tuple(changed)})):
        remembered(vocabulary, counting(built))
    assert len(built) == 2
    assert len(list(folder.glob("*.json"))) == 2


def test_a_cut_off_file_is_built_anew_and_replaced(folder: Path) -> None:
    whole = remembered(VOCABULARY, _build).to_str()
    (file,) = folder.glob("*.json")
    file.write_text(whole[:100])
    built = list[Vocabulary]()
    assert remembered(VOCABULARY, counting(built)).to_str() == whole
    assert len(built) == 1
    assert file.read_text() == whole


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokenizer_cache, "MIN_PIECES", 1)
    (tmp_path / "file").write_text("no folder can be made here")
    monkeypatch.setenv("GEMWRIGHT_CACHE", str(tmp_path / "file"))
    assert remembered(VOCABULARY, _build).to_str() == _build(VOCABULARY).to_str()


def test_nobody_needs_a_home_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless(cls: type[Path]) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(tokenizer_cache, "MIN_PIECES", 1)
    for name in ("GEMWRIGHT_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", classmethod(homeless))
    assert remembered(VOCABULARY, _build).to_str() == _build(VOCABULARY).to_str()


def test_only_the_last_few_are_kept(folder: Path) -> None:
    for number in range(7):
        pieces = (*VOCABULARY.pieces[:-1], f"piece {number}")
        remembered(replace(VOCABULARY, pieces=pieces), _build)
    assert len(list(folder.glob("*.json"))) == 4


def test_small_vocabularies_are_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMWRIGHT_CACHE", str(tmp_path))
    remembered(VOCABULARY, _build)
    assert not list(tmp_path.iterdir())
