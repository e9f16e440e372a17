"""Does a reward tell right from wrong on this data? Asked before a run, with the data's own gold answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from rewards.base import Reward, RewardError, Sample
from rewards.functions import judge


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """What a self-check measured: the lowest value of a gold completion and the highest of each kind of wrong one."""

    num_rows: int
    gold_lowest: float
    wrong_highest: dict[str, float]
    """By kind: `empty`, `shuffled` (another row's completion), `corrupted`; a kind that no row could give is absent."""

    def __str__(self) -> str:
        wrong = ", ".join(f"{kind} at most {value:g}" for kind, value in self.wrong_highest.items())
        return f"reward checked on {self.num_rows} rows: gold at least {self.gold_lowest:g}; {wrong}"


def corrupt(completion: str) -> str:
    """The completion with its last digit changed, or its last letter where it has no digit.

    >>> corrupt("So it is \\\\boxed{19}."), corrupt("\\\\boxed{red}")
    ('So it is \\\\boxed{10}.', '\\\\boxed{ree}')
    """
    marks = list(re.finditer(r"[0-9]", completion)) or list(re.finditer(r"[A-Za-z]", completion))
    if not marks:
        return completion
    alphabets = ("0123456789", "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    alphabet = next(letters for letters in alphabets if marks[-1][0] in letters)
    changed = alphabet[(alphabet.index(marks[-1][0]) + 1) % len(alphabet)]
    return completion[: marks[-1].start()] + changed + completion[marks[-1].end() :]


def selfcheck(
    reward: Reward,
    samples_with_gold: Sequence[Sample],
    gold_completions: Sequence[str],
    *,
    threshold: float = 1.0,
    corrupt: Callable[[str], str] = corrupt,
) -> Report:
    """Measures that gold completions get at least `threshold` and that wrong ones get less than their row's gold one.

    Every row is judged as one group: the gold completion, an empty one, that of another row, and a corrupted one.

    Args:
        samples_with_gold: one per row; only prompt, reference, task and language are used.
        gold_completions: for each row a text that deserves the highest value.
        threshold: the value that every gold completion must reach: the sum of the weights for a weighted sum.
        corrupt: makes a wrong completion from a right one.

    Raises:
        RewardError: with the row shown, when a gold completion gets less, a wrong one gets as much, or a term fails; or
            when there is nothing to check.

    >>> from rewards.math import FinalAnswer
    >>> samples = [Sample(prompt=f"{n}+1=?", completion="", reference={"answer": n + 1}) for n in (1, 2)]
    >>> print(selfcheck(FinalAnswer(), samples, ["\\\\boxed{2}", "\\\\boxed{3}"]))
    reward checked on 2 rows: gold at least 1; empty at most 0, shuffled at most 0, corrupted at most 0
    """
    if not samples_with_gold or len(samples_with_gold) != len(gold_completions):
        raise RewardError(
            f"the reward check got {len(samples_with_gold)} samples and {len(gold_completions)} gold completions; "
            "give one for each, and at least one"
        )
    gold_lowest, wrong_highest = float("inf"), dict[str, float]()
    for row, sample in enumerate(samples_with_gold):
        gold = gold_completions[row]
        texts = {"gold": gold, "empty": "", "shuffled": _other(row, gold_completions), "corrupted": corrupt(gold)}
        values = _values(reward, row, sample, {k: text for k, text in texts.items() if k == "gold" or text != gold})
        best = values.pop("gold")
        if best < threshold:
            raise RewardError(
                _complaint(row, sample, gold, f"the gold completion got {best:g}, less than {threshold:g}")
            )
        for kind, value in values.items():
            if value >= best:
                fault = f"the {kind} completion {_shorten(texts[kind])} got {value:g}, no less than the gold one"
                raise RewardError(_complaint(row, sample, gold, fault))
            wrong_highest[kind] = max(value, wrong_highest.get(kind, value))
        gold_lowest = min(gold_lowest, best)
    return Report(num_rows=len(gold_completions), gold_lowest=gold_lowest, wrong_highest=wrong_highest)


def _other(row: int, completions: Sequence[str]) -> str:
    """The next row's completion that differs from this row's, or the same when all are alike."""
    rotated = (completions[(row + shift) % len(completions)] for shift in range(1, len(completions)))
    return next((text for text in rotated if text != completions[row]), completions[row])


def _values(reward: Reward, row: int, sample: Sample, texts: dict[str, str]) -> dict[str, float]:
    """The value of each kind of completion. Raises RewardError when one has none."""
    group = [replace(sample, completion=text, finish_reason="stop") for text in texts.values()]
    values = {}
    for (kind, text), verdict in zip(texts.items(), judge(reward, group), strict=True):
        if verdict.value is None:
            fault = f"the {kind} completion {_shorten(text)} got no value: {verdict.state}, {verdict.reason}"
            raise RewardError(_complaint(row, sample, texts["gold"], fault))
        values[kind] = verdict.value
    return values


def _complaint(row: int, sample: Sample, gold: str, fault: str) -> str:
    return (
        f"the reward does not fit the data. Row {row}: {fault}. Prompt {_shorten(sample.prompt)}, "
        f"gold completion {_shorten(gold)}, reference {_shorten(str(dict(sample.reference)))}. "
        "Correct the row, the answer format or the reward"
    )


def _shorten(text: str, limit: int = 200) -> str:
    return repr(text if len(text) <= limit else text[: limit - 3] + "...")
