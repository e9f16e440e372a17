"""A teacher's logits: which are kept, that they come back from disk as they were, and whose are refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

import rlhf.divergences
import rlhf.teacher_store
from model.testing import TINY, tiny_model
from model.testing_tokenizer import tiny_tokenizer, tiny_vocabulary
from model.tokenizer import Tokenizer
from rlhf.divergences import Predictions
from rlhf.errors import ConfigError, DataError
from rlhf.teacher import check_teacher, keep_logits, shared_head
from rlhf.teacher_store import LogitsIdentity, StoredLogits, data_hash, store_logits
from rlhf.types import Prompt
from tests.rollouts import sums_stream

IDENTITY = LogitsIdentity(teacher="t", data="d", temperature=1.0, logits_per_token=8, selection="sampled", seed=3)


@pytest.fixture(autouse=True)
def odd_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rlhf.divergences, "VOCABULARY_PER_TILE", 23)


def prompts(count: int = 5) -> list[Prompt]:
    return sums_stream().take(count)


def identity(demonstrations: list[Prompt], **others: object) -> LogitsIdentity:
    return replace(IDENTITY, data=data_hash(demonstrations), **others)


def store(folder: Path, demonstrations: list[Prompt], wanted: LogitsIdentity, micro_batch_tokens: int = 4096) -> None:
    store_logits(tiny_model(), demonstrations, folder, wanted, num_tokens=512, micro_batch_tokens=micro_batch_tokens)


def whole(prompt: Prompt, temperature: float = 1.0) -> Tensor:
    """[L, V] log-probabilities of the demonstration's tokens, computed alone and in float64."""
    model = tiny_model()
    with torch.no_grad():
        hidden = model(torch.tensor([[*prompt.token_ids, *prompt.target_ids]]))[0]
        logits = model.logits(hidden[len(prompt.token_ids) - 1 : -1]).double() / temperature
    return logits.log_softmax(-1)


@pytest.mark.parametrize("temperature", [1.0, 2.0])
def test_the_largest_logits_are_those_of_the_whole_distribution(temperature: float, tmp_path: Path) -> None:
    demonstrations = prompts()
    wanted = identity(demonstrations, selection="top_k", temperature=temperature)
    store(tmp_path / "logits", demonstrations, wanted)
    stored = StoredLogits(tmp_path / "logits", demonstrations, wanted)
    for prompt in demonstrations:
        kept, expected = stored.of(prompt), whole(prompt, temperature).topk(8)
        assert torch.equal(kept.ids, expected.indices)
        torch.testing.assert_close(kept.logprobs.double(), expected.values, rtol=0, atol=1e-5)
        share = expected.values.exp() / expected.values.exp().sum(-1, keepdim=True)
        torch.testing.assert_close(kept.probabilities.double(), share, rtol=1e-5, atol=0)


def test_samples_are_different_tokens_and_come_as_often_as_the_teacher_says_them(tmp_path: Path) -> None:
    """Two of three tokens with .6, .3, .1, without replacement: the first is drawn with .6 + .3 * 6/7 + .1 * 6/9."""
    head = torch.tensor([0.6, 0.3, 0.1]).log()[:, None]
    generator = torch.Generator().manual_seed(0)
    draws = 20_000
    kept = keep_logits(
        Predictions(torch.ones(draws, 1), head), 2, noise=lambda width: torch.empty(draws, width).exponential_(
            generator=generator
        )
    )  # fmt: skip
    assert bool((kept.ids[:, 0] != kept.ids[:, 1]).all())
    assert bool((kept.logprobs[:, 0] > kept.logprobs[:, 1]).all())
    expected = (0.6 + 0.3 * 6 / 7 + 0.1 * 6 / 9, 0.3 + 0.6 * 3 / 4 + 0.1 * 3 / 9)
    for token, share in enumerate(expected):
        assert float((kept.ids == token).any(-1).float().mean()) == pytest.approx(share, abs=0.015)
    torch.testing.assert_close(kept.logprobs[0].exp(), head[kept.ids[0], 0].exp())


def test_samples_depend_on_the_seed_and_on_neither_micro_batches_nor_shards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    demonstrations = prompts()
    wanted = identity(demonstrations)
    store(tmp_path / "whole", demonstrations, wanted)
    monkeypatch.setattr(rlhf.teacher_store, "TOKENS_PER_SHARD", 7)
    store(tmp_path / "cut", demonstrations, wanted, micro_batch_tokens=1)
    monkeypatch.setattr(rlhf.teacher_store, "_EXAMPLES_AT_A_TIME", 2)
    store(tmp_path / "cut again", demonstrations, wanted)
    other = replace(wanted, seed=4)
    store(tmp_path / "other", demonstrations, other)
    assert len(list((tmp_path / "cut").glob("*.safetensors"))) > 1
    kept = [StoredLogits(tmp_path / name, demonstrations, wanted) for name in ("whole", "cut", "cut again")]
    for prompt in reversed(demonstrations):
        first, *others = (each.of(prompt) for each in kept)
        for each in others:
            assert torch.equal(each.ids, first.ids)
            torch.testing.assert_close(each.logprobs, first.logprobs, rtol=0, atol=1e-5)
        assert first.ids.shape == (len(prompt.target_ids), 8)
        assert not torch.equal(StoredLogits(tmp_path / "other", demonstrations, other).of(prompt).ids, first.ids)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("teacher", "x"),
        ("data", "x"),
        ("temperature", 2.0),
        ("logits_per_token", 9),
        ("selection", "top_k"),
        ("seed", 9),
    ],
)
def test_logits_of_another_teacher_other_data_or_other_choices_are_refused(
    name: str, value: object, tmp_path: Path
) -> None:
    demonstrations = prompts(2)
    wanted = identity(demonstrations)
    store(tmp_path / "logits", demonstrations, wanted)
    with pytest.raises(DataError, match=f"others than this run needs.*{name} .* instead of {value}"):
        StoredLogits(tmp_path / "logits", demonstrations, replace(wanted, **{name: value}))


def test_data_are_the_same_only_token_for_token_and_in_order() -> None:
    first, second = prompts(2)
    assert data_hash([first, second]) == data_hash([first, second])
    assert data_hash([first, second]) != data_hash([second, first])
    assert data_hash([first]) != data_hash([replace(first, target_ids=(*first.target_ids, 7))])
    moved = replace(first, token_ids=(*first.token_ids, first.target_ids[0]), target_ids=first.target_ids[1:])
    assert data_hash([first]) != data_hash([moved])


def test_damaged_and_missing_files_are_named(tmp_path: Path) -> None:
    *demonstrations, unknown = prompts(3)
    wanted, folder = identity(demonstrations), tmp_path / "logits"
    store(folder, demonstrations, wanted)
    with pytest.raises(DataError, match=f"no teacher's logits of prompt {unknown.id}"):
        StoredLogits(folder, demonstrations, wanted).of(unknown)
    shard = folder / "logits-00000.safetensors"
    shard.write_bytes(shard.read_bytes()[:-9])
    with pytest.raises(DataError, match=r"logits-00000.safetensors cannot be read .*delete"):
        StoredLogits(folder, demonstrations, wanted)
    (folder / "manifest.json").write_text(json.dumps({"version": 1}))
    with pytest.raises(DataError, match=r"manifest.json cannot be read"):
        StoredLogits(folder, demonstrations, wanted)


def test_an_error_while_the_logits_are_computed_leaves_no_folder(tmp_path: Path) -> None:
    *fine, bad = prompts(3)
    with pytest.raises(DataError, match="has no target"):
        store(tmp_path / "logits", [*fine, replace(bad, target_ids=())], IDENTITY)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"selection": "best"}, "sampled or top_k"),
        ({"temperature": 0.0}, "more than 0"),
        ({"logits_per_token": 0}, "256"),
    ],
)
def test_choices_that_there_are_not_are_refused(setting: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        replace(IDENTITY, **setting)


def test_a_teacher_with_another_vocabulary_is_refused() -> None:
    vocabulary = tiny_vocabulary()
    pieces = list(vocabulary.pieces)
    place = pieces.index("user")
    pieces[place] = "usher"
    other = Tokenizer.from_vocabulary(replace(vocabulary, pieces=tuple(pieces)))
    check_teacher(tiny_tokenizer(), tiny_tokenizer())
    with pytest.raises(ConfigError, match=f"another vocabulary: token {place} is 'usher' there and 'user' in the stud"):
        check_teacher(tiny_tokenizer(), other)


def test_head_rows_that_no_text_becomes_play_no_part() -> None:
    larger = tiny_model(replace(TINY, vocab_size=520))
    assert torch.equal(shared_head(larger, 512), larger.head_weight[:512])
