"""Does a reward tell right from wrong on this data? Asked before a run, with the data's own gold answers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from rewards.base import Batched, Corrupting, Reward, RewardError, Sample, State, Verdict
from rewards.functions import judge
from rewards.math.extract import Box, find_boxes


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """What a self-check measured: the lowest value of a gold completion and the highest of each kind of wrong one."""

    num_rows: int
    gold_lowest: float
    wrong_highest: dict[str, float]
    """By kind: `empty`, `shuffled` (another row's completion), `corrupted`, `extended`; those that a row could give."""
    told_apart_by: tuple[str, ...] = ()
    """The terms that tell right from wrong, of a composed reward."""

    def __str__(self) -> str:
        wrong = ", ".join(f"{kind} at most {value:g}" for kind, value in self.wrong_highest.items())
        by = f"; told apart by {', '.join(self.told_apart_by)}" if self.told_apart_by else ""
        return f"reward checked on {self.num_rows} rows: gold at least {self.gold_lowest:g}; {wrong}{by}"


@dataclass(frozen=True, slots=True)
class _Row:
    """One row under check: its gold text, and what became of that and of the wrong ones, by kind."""

    number: int
    sample: Sample
    texts: Mapping[str, str]
    verdicts: Mapping[str, Verdict]

    def complaint(self, fault: str) -> RewardError:
        return RewardError(
            f"the reward does not fit the data. Row {self.number}: {fault}. Prompt {_shorten(self.sample.prompt)}, "
            f"gold completion {_shorten(self.texts['gold'])}, reference {_shorten(str(dict(self.sample.reference)))}. "
            "Correct the row, the answer format or the reward"
        )

    def values(self, term: str = "") -> dict[str, float | None]:
        """By kind, the value of the reward or of one of its terms."""
        judged = {kind: v.terms.get(term) if term else v for kind, v in self.verdicts.items()}
        return {kind: None if verdict is None else verdict.value for kind, verdict in judged.items()}

    def counted(self) -> set[str]:
        """The terms that had a part in the value of any of the completions."""
        return {name for verdict in self.verdicts.values() for name, part in verdict.parts.items() if part}


def corrupt(completion: str) -> str:
    """The completion with the last digit changed, or the last letter; inside the last box where there is one.

    >>> corrupt("So it is \\\\boxed{19}, as in step 2."), corrupt("\\\\boxed{red}")
    ('So it is \\\\boxed{10}, as in step 2.', '\\\\boxed{ree}')
    """
    place = _last_sign(completion)
    if place is None:
        boxes = _filled_boxes(completion)
        return completion[: boxes[-1].start] if boxes else completion
    return completion[:place] + _another(completion[place]) + completion[place + 1 :]


def extend(completion: str, *, behind: bool) -> str:
    """The completion with a digit or letter more at the place where `corrupt` changes one: the right answer is in it.

    So a reward that only looks for the right answer, or for how it starts or ends, does not see it. The digit is 7 of
    the same script, which leaves no power and no fraction the value that it had, and stands before a number with a
    point; the letter comes twice.

    >>> [extend("\\\\boxed{19}", behind=behind) for behind in (True, False)], extend("\\\\boxed{red}", behind=False)
    (['\\\\boxed{197}', '\\\\boxed{719}'], '\\\\boxed{rred}')
    """
    place = _last_sign(completion)
    if place is None:
        return completion
    if not completion[place].isdigit():
        start = place
        while start > 0 and completion[start - 1].isalpha():
            start -= 1
        near = place if behind else start
        return completion[:near] + completion[near] + completion[near:]
    number = _NUMBER_END.search(completion, 0, place + 1)
    assert number is not None  # it ends with a digit
    whole = number[0].isdecimal() or len(number[0]) == 1
    near = place if behind and whole else number.start()  # a further place behind the point is too near for some
    digit = unicodedata.decimal(completion[near], None)
    more = completion[near] if digit is None else chr(ord(completion[near]) - digit + 7)
    at = near + 1 if behind and whole else near
    return completion[:at] + more + completion[at:]


_NUMBER_END = re.compile(r"\d(?:[.,\u066b\u066c]?\d)*\Z|.\Z")
"""A number at the end of a text, or what else `str.isdigit` calls a digit, such as a raised one."""


def _last_sign(completion: str) -> int | None:
    """Where the last digit stands, or the last letter; inside the last box where there is one."""
    boxes = _filled_boxes(completion)
    start, end = (boxes[-1].start + len("\\boxed"), boxes[-1].end) if boxes else (0, len(completion))
    places = [i for i in range(start, end) if completion[i].isdigit()]
    places = places or [i for i in range(start, end) if completion[i].isalpha()]
    return places[-1] if places else None


def _filled_boxes(completion: str) -> list[Box]:
    return [box for box in find_boxes(completion) if box.content]


def _another(char: str) -> str:
    """The next digit of the same script, 0 after 9; the next letter of the alphabet, or another of the script."""
    digit = unicodedata.decimal(char, None)
    if digit is not None:
        return chr(ord(char) + (1 if digit < 9 else -9))
    if char in "zZ":
        return chr(ord(char) - 25)
    following = chr(ord(char) + 1)
    return following if following.isalnum() else chr(ord(char) - 1)


def selfcheck(
    reward: Reward,
    samples_with_gold: Sequence[Sample],
    gold_completions: Sequence[str],
    *,
    threshold: float = 1.0,
    corrupt: Callable[[str], str] | None = None,
) -> Report:
    """Measures that gold completions get `threshold` and that wrong ones get neither that nor as much as the gold one.

    Every row is judged as one group: the gold completion, an empty one, that of another row with another answer, and a
    corrupted one, made by `corrupt` or by the reward itself where it knows how (`rewards.base.Corrupting`); else there
    is an extended one too (`extend`), by turns behind and before.

    A composed reward is not held to the threshold, since its scale is that of its weights. Instead

    - some of the terms that count must tell right from wrong: by its own value, before weight and schedule, such a term
      gives every gold completion the threshold and no wrong one. A term is held to this if on half of the rows that it
      judges it sees what corruption and extension do; and every row needs such a term;
    - the composed value of every gold completion must be above those of the wrong ones.

    Args:
        samples_with_gold: one per row; only prompt, reference, task and language are used.
        gold_completions: for each row a text that deserves the highest value.
        threshold: what a gold completion must reach.
        corrupt: makes a wrong completion from a right one, where the reward does not; None: this module's `corrupt`.

    Raises:
        RewardError: with the row shown, when right and wrong are not told apart like this, or a term fails; or when
            there is nothing to check.

    >>> from rewards.math import FinalAnswer
    >>> samples = [Sample(prompt=f"{n}+1=?", completion="", reference={"answer": n + 1}) for n in (1, 2)]
    >>> report = selfcheck(FinalAnswer(), samples, ["\\\\boxed{2}", "\\\\boxed{3}"])
    >>> report.gold_lowest, report.wrong_highest["corrupted"]
    (1.0, 0.0)
    """
    if not samples_with_gold or len(samples_with_gold) != len(gold_completions):
        raise RewardError(
            f"the reward check got {len(samples_with_gold)} samples and {len(gold_completions)} gold completions; "
            "give one for each, and at least one"
        )
    rows = _judged(reward, samples_with_gold, gold_completions, corrupt)
    composed = any(row.verdicts["gold"].parts for row in rows)
    for row in rows:
        _check_states(row)
    verifiers = _verifiers(rows, threshold) if composed else ()
    for row in rows:
        _check_order(row, None if composed else threshold)
    values = [row.values() for row in rows]
    kinds = dict.fromkeys(kind for row in values for kind, value in row.items() if kind != "gold" and value is not None)
    return Report(
        num_rows=len(rows),
        gold_lowest=min(_number(row["gold"]) for row in values),
        wrong_highest={kind: max(_number(row[kind]) for row in values if row.get(kind) is not None) for kind in kinds},
        told_apart_by=verifiers,
    )


def _judged(
    reward: Reward, samples: Sequence[Sample], golds: Sequence[str], given: Callable[[str], str] | None
) -> list[_Row]:
    """The rows with their verdicts; all rows at once where the reward can do that."""
    texts = []
    for row, sample in enumerate(samples):
        gold = replace(sample, completion=golds[row], finish_reason="stop")
        own = reward.corrupt(gold) if isinstance(reward, Corrupting) else None
        wrong = {
            "empty": "",
            "shuffled": _other(row, samples, golds),
            "corrupted": (given or corrupt)(golds[row]) if own is None else own,
        }
        if own is None and given is None:
            wrong["extended"] = extend(golds[row], behind=row % 2 == 0)
        texts.append({"gold": golds[row], **{kind: text for kind, text in wrong.items() if text != golds[row]}})
    groups = [
        [replace(sample, completion=text, finish_reason="stop") for text in row.values()]
        for sample, row in zip(samples, texts, strict=True)
    ]
    judged = reward.judge_groups(groups) if isinstance(reward, Batched) else [judge(reward, group) for group in groups]
    return [
        _Row(number, sample, row, dict(zip(row, verdicts, strict=True)))
        for number, (sample, row, verdicts) in enumerate(zip(samples, texts, judged, strict=True))
    ]


def _other(row: int, samples: Sequence[Sample], completions: Sequence[str]) -> str:
    """The completion of the next row with another answer, or this row's own where there is no such row.

    Rows may share their answer and differ in all else. So what differs among the rows at all must differ here: every
    field of the reference that is not the same in all rows.
    """
    fields = {name for sample in samples for name in sample.reference}
    varying = [n for n in fields if any(s.reference.get(n) != samples[0].reference.get(n) for s in samples)]
    for shift in range(1, len(completions)):
        other = (row + shift) % len(completions)
        apart = all(samples[row].reference.get(n) != samples[other].reference.get(n) for n in varying)
        if apart and completions[other] != completions[row]:
            return completions[other]
    return completions[row]


def _check_states(row: _Row) -> None:
    """Raises RewardError when the gold completion has no value, or a wrong one for another reason than being wrong."""
    for kind, verdict in row.verdicts.items():
        harmless = verdict.has_value or (kind != "gold" and verdict.state is State.NOT_APPLICABLE)
        if not harmless:
            raise row.complaint(
                f"the {kind} completion {_shorten(row.texts[kind])} got no value: {verdict.state}, {verdict.reason}"
            )


def _verifiers(rows: Sequence[_Row], threshold: float) -> tuple[str, ...]:
    """The terms that tell right from wrong. Raises RewardError when there is none, or one errs on some row."""
    names = dict.fromkeys(name for row in rows for name in row.verdicts["gold"].terms)
    counted = set[str]().union(*(row.counted() for row in rows))
    judged = {n: [row for row in rows if row.values(n)["gold"] is not None] for n in names if n in counted}
    verifiers = {name: own for name, own in judged.items() if _sees_corruption(name, own, threshold)}
    for row in rows:
        faults = {name: _fault(row, name, threshold) for name, own in judged.items() if row in own}
        if wrong := [fault for name, fault in faults.items() if name in verifiers and fault]:
            raise row.complaint(wrong[0])
        if not verifiers.keys() & faults.keys():
            raise row.complaint(f"no term tells right from wrong ({'; '.join(faults.values()) or 'none judged it'})")
    return tuple(verifiers)


def _sees_corruption(term: str, rows: Sequence[_Row], threshold: float) -> bool:
    """Whether a term tells the gold completion from its corrupted and extended forms on half of the rows or more.

    That is what makes it a check of the answer: empty or another row's text is seen by many a term for style as well.
    """
    values = [row.values(term) for row in rows]
    kinds = [kind for kind in ("corrupted", "extended") if any(kind in row for row in values)] or ["empty"]
    for kind in kinds:
        told = [_number(row["gold"]) >= threshold > value for row in values if (value := row.get(kind)) is not None]
        if not told or 2 * sum(told) < len(told):
            return False
    return True


def _fault(row: _Row, term: str, threshold: float) -> str:
    """What a term got wrong about a row that it judged; empty when it told right from wrong."""
    values = row.values(term)
    gold = _number(values.pop("gold"))
    if gold < threshold:
        return f"term {term!r} gave the gold completion {gold:g}, less than {threshold:g}"
    for kind, value in values.items():
        if value is not None and value >= threshold:
            return f"term {term!r} gave the {kind} completion {_shorten(row.texts[kind])} {value:g}, like a right one"
    return ""


def _check_order(row: _Row, threshold: float | None) -> None:
    """Raises RewardError when a wrong completion's value is no less than the gold one's, or on the wrong side."""
    values = row.values()
    gold = _number(values.pop("gold"))
    if threshold is not None and gold < threshold:
        raise row.complaint(f"the gold completion got {gold:g}, less than {threshold:g}")
    for kind, value in values.items():
        if value is None:
            continue
        told = f"the {kind} completion {_shorten(row.texts[kind])} got {value:g}"
        if value >= gold:
            raise row.complaint(f"{told}, no less than the gold one")
        if threshold is not None and value >= threshold:
            raise row.complaint(f"{told}, no less than {threshold:g}")


def _number(value: float | None) -> float:
    assert value is not None  # as _check_states has made sure
    return value


def _shorten(text: str, limit: int = 200) -> str:
    return repr(text if len(text) <= limit else text[: limit - 3] + "...")
