"""Rows in the layout of IFEval (`instruction_id_list` and `kwargs`), as the checks of `rewards.instructions`.

    {"instruction_id_list": ["punctuation:no_comma", "length_constraints:number_words"],
     "kwargs": [{}, {"relation": "at least", "num_words": 300}]}

Source: Zhou et al. 2023 (IFEval), arXiv:2311.07911, the 25 kinds of its public data. Deviations: those of
`rewards.instructions`; that a text all in capitals or small letters is English is not checked.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from rewards.base import RewardError
from rewards.checks import Case, Check, Count, Forbidden, Frequency, Keywords, NoCommas, Response
from rewards.citing import RepeatsPrompt
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
    Title,
)

IDS_KEY, OPTIONS_KEY = "instruction_id_list", "kwargs"
Options = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Together:
    """Several checks that are one instruction: the first fault counts."""

    checks: Sequence[Check]

    def fault(self, response: Response) -> str:
        return next(filter(None, (check.fault(response) for check in self.checks)), "")


def _bounds(options: Options, number: str, relation: str) -> tuple[int, int | None]:
    """`at least` and `less than` a number as the bounds of a check."""
    words, count = options[relation], options[number]
    if words not in ("at least", "less than") or not isinstance(count, int | float) or count != int(count):
        raise RewardError(
            f"{relation} is {words!r} and {number} {count!r}; give 'at least' or 'less than', and a count"
        )
    return (int(count), None) if words == "at least" else (0, int(count) - 1)


def _counted(of: str, options: Options, number: str, relation: str) -> Check:
    at_least, at_most = _bounds(options, number, relation)
    return Count(of=of, at_least=at_least, at_most=at_most)


def _frequency(options: Options, phrase: str, number: str, relation: str, *, letter: bool) -> Check:
    at_least, at_most = _bounds(options, number, relation)
    return Frequency(phrase=options[phrase], at_least=at_least, at_most=at_most, letter=letter)


def _exactly(number: Any) -> dict[str, int]:
    return {"at_least": int(number), "at_most": int(number)}


def _nth_paragraph(options: Options) -> Check:
    start = ParagraphStarts(number=int(options["nth_paragraph"]), phrase=options["first_word"])
    return Together([Count(of="paragraphs", **_exactly(options["num_paragraphs"])), start])


_CHECKS: Mapping[str, Callable[[Options], Check]] = {
    "keywords:existence": lambda o: Keywords(phrases=o["keywords"]),
    "keywords:frequency": lambda o: _frequency(o, "keyword", "frequency", "relation", letter=False),
    "keywords:forbidden_words": lambda o: Forbidden(phrases=o["forbidden_words"]),
    "keywords:letter_frequency": lambda o: _frequency(o, "letter", "let_frequency", "let_relation", letter=True),
    "language:response_language": lambda o: Language(language=o["language"]),
    "length_constraints:number_sentences": lambda o: _counted("sentences", o, "num_sentences", "relation"),
    "length_constraints:number_paragraphs": lambda o: Parts(separator="***", count=int(o["num_paragraphs"])),
    "length_constraints:number_words": lambda o: _counted("words", o, "num_words", "relation"),
    "length_constraints:nth_paragraph_first_word": _nth_paragraph,
    "detectable_content:number_placeholders": lambda o: Count(of="placeholders", at_least=int(o["num_placeholders"])),
    "detectable_content:postscript": lambda o: Postscript(marker=o["postscript_marker"]),
    "detectable_format:number_bullet_lists": lambda o: Count(of="bullets", **_exactly(o["num_bullets"])),
    "detectable_format:constrained_response": lambda o: OneOf(
        options=["My answer is yes.", "My answer is no.", "My answer is maybe."]
    ),
    "detectable_format:number_highlighted_sections": lambda o: Count(
        of="highlights", at_least=int(o["num_highlights"])
    ),
    "detectable_format:multiple_sections": lambda o: Sections(
        marker=o["section_spliter"], at_least=int(o["num_sections"])
    ),
    "detectable_format:json_format": lambda o: IsJson(),
    "detectable_format:title": lambda o: Title(),
    "combination:two_responses": lambda o: Parts(separator="******", count=2),
    "combination:repeat_prompt": lambda o: RepeatsPrompt(text=o["prompt_to_repeat"]),
    "startend:end_checker": lambda o: EndsWith(phrase=o["end_phrase"]),
    "startend:quotation": lambda o: Quoted(),
    "change_case:capital_word_frequency": lambda o: _counted(
        "capital_words", o, "capital_frequency", "capital_relation"
    ),
    "change_case:english_capital": lambda o: Case(case="upper"),
    "change_case:english_lowercase": lambda o: Case(case="lower"),
    "punctuation:no_comma": lambda o: NoCommas(),
}


def ifeval_checks(reference: Mapping[str, Any]) -> list[Check]:
    """One check per instruction of a row; call it for every row when data loads.

    Raises:
        RewardError: when the row has not that layout, or an instruction is unknown or lacks an option.

    >>> ifeval_checks({"instruction_id_list": ["startend:quotation"], "kwargs": [{"num_words": None}]})
    [Quoted()]
    """
    names, options = _list(reference, IDS_KEY), _list(reference, OPTIONS_KEY)
    if not names or len(names) != len(options):
        raise RewardError(f"{IDS_KEY} has {len(names)} entries and {OPTIONS_KEY} {len(options)}; give one for each")
    return [_check(name, {} if given is None else given) for name, given in zip(names, options, strict=True)]


def _list(reference: Mapping[str, Any], key: str) -> Sequence[Any]:
    given = reference.get(key)
    with suppress(ValueError):  # said below
        given = json.loads(given) if isinstance(given, str) else given
    if not isinstance(given, Sequence) or isinstance(given, str):
        raise RewardError(f"{key} is {str(given)[:100]!r}; give a list, or its JSON text")
    return given


def _check(name: Any, options: Any) -> Check:
    if name not in _CHECKS or not isinstance(options, Mapping):
        raise RewardError(f"{name!r} with {options!r} is no instruction of IFEval; write `checks` instead")
    given = {key: value for key, value in options.items() if value is not None}
    try:
        return _CHECKS[name](given)
    except KeyError as error:
        raise RewardError(f"instruction {name!r} lacks {error}; it has {', '.join(given) or 'no options'}") from None
    except (TypeError, ValueError) as error:
        raise RewardError(f"instruction {name!r} with {given}: {error}") from None
