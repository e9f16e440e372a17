"""How like is a completion to the reference answer? chrF++, for texts that no rule can check."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from rewards.base import Sample, Verdict

if TYPE_CHECKING:
    from sacrebleu.metrics.chrf import CHRF

MAX_CHARS = 20_000
"""What is read of either text: a score takes time in proportion."""
_scoring = threading.Lock()


@dataclass(frozen=True, kw_only=True, slots=True)
class ChrF:
    """chrF++ of the completion against the sample's reference answer, from 0 to 1; not applicable without one.

    It measures wording, not truth: use it to see what supervised learning does to free text, and where a better check
    exists, use that.

    Source: Popovic 2017, "chrF++: words helping character n-grams", by sacrebleu's sentence score divided by 100.

    >>> sample = Sample(prompt="", completion="The cat sat.", reference={"answer": "The cat sat."})
    >>> ChrF()([sample])[0].value
    1.0
    """

    column: str = "answer"
    """The reference's text."""

    def __call__(self, group: Sequence[Sample]) -> list[Verdict]:
        return [self._judge(sample) for sample in group]

    def _judge(self, sample: Sample) -> Verdict:
        expected = sample.reference.get(self.column)
        if not isinstance(expected, str) or not expected.strip():
            return Verdict.not_applicable(f"the data has no {self.column} to compare with")
        score = chrf(expected.strip()[:MAX_CHARS], sample.completion.strip()[:MAX_CHARS])
        return Verdict.of(min(1.0, max(0.0, score / 100)), f"chrF++ {score:.1f}")


def chrf(reference: str, given: str) -> float:
    """sacrebleu's chrF++ of a text against its reference, from 0 to 100."""
    metric = _metric()
    with _scoring:  # the metric object is not documented to be safe to share
        return metric.sentence_score(given, [reference]).score


@lru_cache(maxsize=1)
def _metric() -> CHRF:
    from sacrebleu.metrics.chrf import CHRF  # takes 17 MB, which rewards that need no reference do without

    return CHRF(word_order=2)
