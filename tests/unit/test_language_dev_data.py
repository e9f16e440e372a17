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


def rejected(rows: list[dict[str, Any]], kind: str) -> float:
    """Share of the texts that are told to be in another language than their own."""
    reward, chosen = LanguageFidelity(), [row for row in rows if row["kind"] == kind]
    values = [reward.judge(Sample(prompt="", completion=r["text"], language=r["lang"])).value for r in chosen]
    return sum(value is not None and value < 0.5 for value in values) / len(values)


def share(text: str, tag: str) -> float:
    return consistency(split_words(prose(text)), parse_tag(tag)).share


def area_under_curve(pure: list[float], mixed: list[float]) -> float:
    """How often a mixed text has a smaller share than a pure one; ties count half."""
    return sum((m < p) + 0.5 * (m == p) for p in pure for m in mixed) / (len(pure) * len(mixed))


@pytest.mark.parametrize(
    ("kind", "most"), [("sent", 0.001), ("short", 0.01), ("tiny", 0.04), ("tex", 0.0), ("code", 0.0), ("pure", 0.0)]
)
def test_text_in_its_own_language_is_hardly_ever_rejected(rows: list[dict[str, Any]], kind: str, most: float) -> None:
    assert rejected(rows, kind) <= most


def test_a_few_english_words_hardly_ever_pass_for_another_language(rows: list[dict[str, Any]]) -> None:
    words = " ".join(row["text"] for row in rows if row["kind"] == "sent" and row["lang"] == "en").split()
    languages = sorted({row["lang"] for row in rows} - {"en"})
    reward = LanguageFidelity()
    accepted = []
    for i in range(2000):
        text, language = " ".join(words[(7 * i) % len(words) :][: 1 + i % 4]), languages[i % len(languages)]
        value = reward.judge(Sample(prompt="", completion=text, language=language)).value
        if value is not None and value >= 0.5:
            accepted.append((language, text))
    assert len(accepted) <= 4, accepted  # 0.1 % is the aim; of 2,000 draws that rare, one in twenty has more than 4


def test_foreign_text_is_seen_and_pure_text_hardly_ever_suspected(rows: list[dict[str, Any]]) -> None:
    shares: dict[str, list[float]] = {}
    for row in rows:
        if row["kind"] == "pure" or row["kind"].startswith("cs_"):
            shares.setdefault(row["kind"], []).append(share(row["text"], row["lang"]))
    pure = shares.pop("pure")
    assert sum(value < 0.95 for value in pure) <= 0.02 * len(pure)
    least = {"cs_sentence": 0.995, "cs_drift": 0.995, "cs_words": 0.93, "cs_related": 0.96}
    assert [kind for kind, values in shares.items() if area_under_curve(pure, values) < least[kind]] == []
