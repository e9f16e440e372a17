"""Figures on labelled text of 92 languages, where that data is at hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rewards import Sample
from rewards.language import LanguageFidelity, consistency, parse_tag, prose, split_words

DATA = Path(__file__).resolve().parents[3] / "shared/data/langid_dev.jsonl"


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    if not DATA.is_file():
        pytest.skip("the labelled language data is not beside this checkout")
    return [json.loads(line) for line in DATA.read_text(encoding="utf-8").splitlines()]


def rejected(rows: list[dict[str, Any]], *kinds: str) -> float:
    """Share of the texts that are told to be in another language than their own."""
    reward, chosen = LanguageFidelity(), [row for row in rows if row["kind"] in kinds][::3]
    values = [reward.judge(Sample(prompt="", completion=r["text"], language=r["lang"])).value for r in chosen]
    return sum(value is not None and value < 0.5 for value in values) / len(values)


@pytest.mark.parametrize(
    ("kind", "most"), [("sent", 0.005), ("short", 0.01), ("tiny", 0.04), ("tex", 0.0), ("code", 0.0)]
)
def test_text_in_its_own_language_is_hardly_ever_rejected(rows: list[dict[str, Any]], kind: str, most: float) -> None:
    assert rejected(rows, kind) <= most


def test_a_foreign_sentence_is_always_seen_and_pure_text_hardly_ever_suspected(rows: list[dict[str, Any]]) -> None:
    shares: dict[str, list[float]] = {}
    for row in rows:
        if row["kind"] in ("pure", "cs_sentence", "cs_drift", "cs_related"):
            words = split_words(prose(row["text"]))
            shares.setdefault(row["kind"], []).append(consistency(words, parse_tag(row["lang"])).share)
    assert sum(share < 0.95 for share in shares["pure"]) <= 1
    assert all(share < 0.95 for kind in ("cs_sentence", "cs_drift", "cs_related") for share in shares[kind])
