"""chrF++ as a reward: sacrebleu's own figure, and what it says of good and bad texts."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sacrebleu.metrics.chrf import CHRF

from rewards.base import Sample, Verdict
from rewards.chrf import ChrF

REFERENCE = "The old lighthouse stood alone on the northern cliff, and nobody had lit it for years."


def judged(completion: str, reference: object = REFERENCE) -> Verdict:
    return ChrF()([Sample(prompt="", completion=completion, reference={"answer": reference})])[0]


@pytest.mark.parametrize(
    "text", [REFERENCE, "The lighthouse stood on a cliff.", "Ein Haus.", "", REFERENCE.swapcase(), "\u0430\u0431" * 50]
)
def test_the_value_is_sacrebleus(text: str) -> None:
    assert judged(text).value == pytest.approx(CHRF(word_order=2).sentence_score(text, [REFERENCE]).score / 100)


def test_the_reference_is_worth_all_and_other_texts_less_the_further_they_are() -> None:
    close, far, nothing = (judged(text).value for text in (REFERENCE.replace("old", "new"), "It rained.", ""))
    assert judged(f"  {REFERENCE}\n").value == 1.0
    assert close is not None
    assert far is not None
    assert 1.0 > close > 0.8 > 0.3 > far > 0.0 == nothing


@pytest.mark.parametrize("reference", ["", "  ", None, 7])
def test_without_a_reference_it_does_not_apply(reference: object) -> None:
    verdict = judged("a text", reference)
    assert verdict.value is None
    assert "no answer to compare with" in verdict.reason


def test_threads_get_the_same_values() -> None:
    texts = [REFERENCE[:length] for length in range(1, len(REFERENCE))]
    alone = [judged(text).value for text in texts]
    with ThreadPoolExecutor(8) as pool:
        assert [verdict.value for verdict in pool.map(judged, texts)] == alone


def test_a_text_without_end_is_cut() -> None:
    assert judged("word " * 200_000).value is not None
