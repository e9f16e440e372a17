"""Does a response do what it was told? Verifiable instructions in the manner of IFEval, from each sample's own data.

    {"checks": [{"kind": "count", "of": "words", "at_least": 100},
                {"kind": "keywords", "phrases": ["river", "bridge"], "at_most": 3},
                {"kind": "language", "language": "de"}]}

KINDS lists the kinds; the fields of each class, in `rewards.checks`, `rewards.shapes` and `rewards.citing`, are its
options. Rows in the layout of IFEval, without `checks` but with `instruction_id_list` and `kwargs`, are read as they
are (`rewards.ifeval`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from itertools import product
from typing import Any

from rewards.base import RewardError, Sample, Verdict
from rewards.checks import Abstained, Case, Check, Count, Forbidden, Frequency, Keywords, NoCommas, Response, Speaks
from rewards.citing import CitesPrompt, RepeatsPrompt
from rewards.functions import describe
from rewards.ifeval import IDS_KEY, ifeval_checks
from rewards.math.turns import after_thinking
from rewards.shapes import (
    EndsWith,
    IsJson,
    Language,
    OneOf,
    ParagraphStarts,
    Parts,
    Postscript,
    Quoted,
    Sections,
    StartsWith,
    Title,
)
from rewards.text import has_content, visible, without_comments

KINDS: Mapping[str, type] = {
    "case": Case,
    "cites_prompt": CitesPrompt,
    "count": Count,
    "ends_with": EndsWith,
    "forbidden": Forbidden,
    "frequency": Frequency,
    "json": IsJson,
    "keywords": Keywords,
    "language": Language,
    "no_commas": NoCommas,
    "one_of": OneOf,
    "paragraph_starts": ParagraphStarts,
    "parts": Parts,
    "postscript": Postscript,
    "quoted": Quoted,
    "repeats_prompt": RepeatsPrompt,
    "sections": Sections,
    "starts_with": StartsWith,
    "title": Title,
}
"""How data calls each check."""


class Instructions:
    """The share of its checks that a response fulfils, or 1.0 for all of them and else 0.0.

    A response is what follows the thinking section, without comments that Markdown does not show. One that is cut
    off, or shows nothing, fulfils nothing: an empty text holds no comma either. Where a check abstains (a text too
    short to tell its language) the verdict is not applicable, which pays nothing, unless another check already
    decides it. A sample without checks is not applicable; one whose checks are written wrongly, or whose language
    detector raises, is a failure.

    Checks say nothing about sense or repetition: fulfil-and-ramble needs `rewards.repetition` and an answer check.

    Source: Zhou et al. 2023 (IFEval), arXiv:2311.07911, strict and loose accuracy per instruction (share) and per
    prompt (all). Deviations: whole words instead of parts of words; items without content, and repeated ones, do not
    count; a language that cannot be told is no pass.

    >>> checks = [{"kind": "count", "of": "words", "at_least": 2}, {"kind": "no_commas"}]
    >>> reward = Instructions(strict=True, all_or_nothing=False)
    >>> texts = "Well done", "Well, done", "..."
    >>> [reward([Sample(prompt="", completion=text, reference={"checks": checks})])[0].value for text in texts]
    [1.0, 0.5, 0.0]
    """

    def __init__(
        self, *, strict: bool, all_or_nothing: bool, checks_key: str = "checks", speaks: Speaks | None = None
    ) -> None:
        """Takes how to judge and how to count.

        Args:
            strict: judge the response as it stands. Otherwise a check is fulfilled when it is so without the first
                line, the last line or asterisks, in any combination: "Sure, here it is:" costs nothing then.
            all_or_nothing: pay only for all checks together.
            checks_key: where `sample.reference` holds the checks: a list, or its JSON text.
            speaks: `speaks(text, language)` for language checks: True, False, or None when it cannot tell.

        Raises:
            RewardError: for an option of another type.
        """
        for name, flag in (("strict", strict), ("all_or_nothing", all_or_nothing)):
            if not isinstance(flag, bool):
                raise RewardError(f"Instructions: {name} is {flag!r}; give true or false")
        if not isinstance(checks_key, str) or not checks_key:
            raise RewardError(f"Instructions: checks_key is {checks_key!r}; give the name of a reference field")
        if speaks is not None and not callable(speaks):
            raise RewardError(f"Instructions: speaks is {speaks!r}; give a function of a text and a language")
        self.strict, self.all_or_nothing, self.checks_key, self.speaks = strict, all_or_nothing, checks_key, speaks

    def __call__(self, group: Sequence[Sample]) -> list[Verdict]:
        return [self._judge(sample) for sample in group]

    def _judge(self, sample: Sample) -> Verdict:
        written = sample.reference.get(self.checks_key)
        if written is None and sample.reference.get(IDS_KEY) is None:
            return Verdict.not_applicable(f"no reference[{self.checks_key!r}]")
        try:
            checks = ifeval_checks(sample.reference) if written is None else build_checks(written)
            return self._verdict(sample, checks)
        except RewardError as error:
            return Verdict.failed(f"reference[{self.checks_key if written is not None else IDS_KEY!r}]: {error}")
        except Exception as error:  # the language detector is anybody's code
            return Verdict.failed(describe(error))

    def _verdict(self, sample: Sample, checks: Sequence[Check]) -> Verdict:
        text = without_comments(visible(after_thinking(sample.completion))).strip()
        if sample.finish_reason == "length" or not has_content(text):
            return Verdict.of(0.0, "cut off" if sample.finish_reason == "length" else "the response shows nothing")
        texts = [text] if self.strict else list(dict.fromkeys(loose_variants(text)))
        responses = [Response(variant, sample.prompt, self.speaks) for variant in texts]
        faults, abstained = list[str](), ""
        for check in checks:
            try:
                faults += _faults(check, responses)
            except Abstained as reason:
                abstained = str(reason)
        if abstained and not (self.all_or_nothing and faults):
            return Verdict.not_applicable(abstained)
        done = len(checks) - len(faults)
        value = float(not faults) if self.all_or_nothing else done / len(checks)
        return Verdict.of(value, "; ".join(faults)[:300] or f"all {len(checks)} checks fulfilled")


def _faults(check: Check, responses: Sequence[Response]) -> list[str]:
    """The fault of the first response, unless some response has none. Raises Abstained when none passes and one may."""
    faults, unclear = list[str](), None
    for response in responses:
        try:
            fault = check.fault(response)
        except Abstained as reason:
            unclear = unclear or reason
            continue
        if not fault:
            return []
        faults.append(fault)
    if unclear and not faults:
        raise unclear
    return faults[:1]


def loose_variants(text: str) -> Iterator[str]:
    """The text itself, then without its first line, its last line and its asterisks, in every combination with content.

    >>> list(loose_variants("Sure:\\n*yes*"))
    ['Sure:\\n*yes*', 'Sure:\\nyes', 'Sure:', '*yes*', 'yes']
    """
    lines = text.split("\n")
    for first, last, asterisks in product((0, 1), (0, 1), (True, False)):
        kept = "\n".join(lines[first : len(lines) - last]).strip()
        variant = kept if asterisks else kept.replace("*", "")
        if has_content(variant) and not (asterisks is False and variant == kept):
            yield variant


def build_checks(written: Any) -> list[Check]:
    """The checks that one row of data asks for; call it for every row when data loads.

    Raises:
        RewardError: when there are none, or one is written wrongly.

    >>> build_checks('[{"kind": "case", "case": "upper"}]')
    [Case(case='upper')]
    """
    if isinstance(written, str):
        try:
            written = json.loads(written)
        except ValueError as error:
            raise RewardError(f"{written[:200]!r} is no JSON ({error}); give a list of checks") from None
    if not isinstance(written, Sequence) or isinstance(written, str) or not written:
        raise RewardError(f"{str(written)[:200]!r} is no list of checks; write [{{kind: ..., ...}}]")
    return [build_check(check) for check in written]


def build_check(written: Any) -> Check:
    """The check that data writes as `{"kind": ..., option: value}`.

    Raises:
        RewardError: when the kind or an option is unknown, missing or impossible, saying what to write.

    >>> build_check({"kind": "count", "of": "words", "at_most": 3}).fault(Response("one two three four", ""))
    '4 words, more than 3'
    """
    name = written.get("kind") if isinstance(written, Mapping) else None
    if not isinstance(name, str) or name not in KINDS:
        raise RewardError(f"{written!r} is no check; write {{kind: ..., ...}} with a kind of {', '.join(KINDS)}")
    kind = KINDS[name]
    # A column of a table holds every option that any row has, as None where a row has it not.
    options = {key: value for key, value in written.items() if key != "kind" and value is not None}
    known = [field.name for field in fields(kind)]
    if unknown := [str(key) for key in options if key not in known]:
        raise RewardError(f"{written!r}: unknown option {', '.join(unknown)}; known are {', '.join(known) or 'none'}")
    try:
        return kind(**options)
    except TypeError as error:
        raise RewardError(f"{written!r}: {error}; give all of its options") from None
