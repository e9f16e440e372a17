# ruff: noqa: RUF001  (words in other scripts)
"""The one value that a sentence, or the end of a text, settles on. Standard library only."""

from __future__ import annotations

import re

from rewards.math.checked import without_check
from rewards.math.contrasts import (
    behind_but,
    is_contrary_to_fact,
    is_denied,
    is_of_another,
    without_denied,
    without_remark,
)
from rewards.math.currencies import CURRENCY_CODE, with_names
from rewards.math.denials import COMPARED, DENIED, DOUBTED, HEDGED, OR, VAGUE
from rewards.math.extract import TAIL_CHARS, own_ending
from rewards.math.formulas import INLINE_MATH, content
from rewards.math.introduced import is_introduced
from rewards.math.labels import is_reference, names_a_problem
from rewards.math.prose import folded, in_formula, mixed_measure_in, number_text, numbers, scientific
from rewards.math.scruples import HARDLY
from rewards.math.statements import exact_and_approximate, last_word_as_digits, without_comments
from rewards.math.turns import own_words
from rewards.math.unclaimed import is_unclaimed


def single_value(text: str, *, with_unit: bool = False) -> str:
    """The one number or formula of an announced sentence, where the sentence neither bounds nor denies it.

    >>> single_value("The largest $n$ is 34"), single_value("between 5 and 6"), single_value("at least 5")
    ('34', '', '')
    """
    text = _without_denied_first(with_names(text) if with_unit else text)
    if len(text) > TAIL_CHARS or any(
        words.search(text) for words in (VAGUE, DENIED, DOUBTED, COMPARED, HEDGED, HARDLY, _COMPUTED)
    ):
        return ""
    formulas = [content(match) for match in INLINE_MATH.finditer(text)]
    values = [formula for formula in formulas if any(char.isdigit() for char in formula)]
    rest = folded(INLINE_MATH.sub(" ", text))
    found = numbers(rest)
    values += [number_text(rest, match, with_unit=with_unit) for match in found]
    if found and is_reference(rest[: found[0].start()]):
        return ""
    return values[0] if len(values) == 1 and not (found and in_formula(rest, found[0])) else ""


def _without_denied_first(text: str) -> str:
    """`not 6 but 7` without what it denies; other texts unchanged."""
    rest = behind_but(text) if len(text) < 300 else text
    is_contrast = rest != text and any(char.isdecimal() for char in rest)
    return rest if is_contrast and DENIED.search(text[: len(text) - len(rest)]) else text


def last_value(text: str, *, with_unit: bool = False) -> str:
    """The last inline formula near the end of a text, else the last number there, else an empty string.

    Nothing where it is one of two with an "or" between them, or where its own clause denies it.

    >>> last_value("It costs $x$, that is 3 or 4 dollars."), last_value("She pays 3, then 4 dollars.")
    ('x', '4')
    >>> last_value("It is not 5.")
    ''
    """
    tail = without_remark(without_check(own_ending(own_words(text)[-TAIL_CHARS:])))
    if (stated := without_comments(tail)) is None or is_unclaimed(tail, stated):
        return ""
    tail = last_word_as_digits(without_denied(stated))
    if _QUESTION_BEHIND.search(tail[-300:]) and not _OFFER_BEHIND.search(tail[-300:]):
        return ""
    if both := exact_and_approximate(tail):
        return both
    formulas = [match for match in INLINE_MATH.finditer(tail) if not names_a_problem(tail, *match.span())]
    if formulas and not _is_followed_by_a_line_of_numbers(tail, formulas[-1].end()):
        if _is_one_of_two(tail, formulas) or _CUT_FORMULA.search(tail, formulas[-1].end()):
            return ""
        return "" if is_denied(tail, *formulas[-1].span()) else content(formulas[-1])
    return _last_number(
        folded(with_names(tail) if with_unit else tail),
        with_unit=with_unit,
        is_measured=_MEASURED.search(tail[-100:]) is not None,
    )


def _last_number(plain: str, *, with_unit: bool, is_measured: bool) -> str:
    """The last number of a folded text; empty where its sentence does not state it."""
    found = _up_to_computed(plain, _last_ones(plain))
    if not found or is_denied(plain, *found[-1].span()):
        return ""
    if not _is_stated(plain, *_digits(found[-1]), is_measured=is_measured):
        return ""
    if _is_one_of_two(plain, found) or _is_one_of_many(plain, found) or _has_code(plain[-400:]):
        return ""
    if with_unit and (mixed := mixed_measure_in(plain)):
        return mixed
    if power := scientific(plain, found[-1].start()):
        return power
    if _OPERAND.search(plain[: found[-1].start() + 1]):
        return ""
    return "" if in_formula(plain, found[-1]) else number_text(plain, found[-1], with_unit=with_unit)


def _is_stated(plain: str, start: int, end: int, *, is_measured: bool) -> bool:
    """Whether the last number, in `plain[start:end]`, is neither a reference, cut off, a range nor a mere case."""
    if _UNFINISHED.match(plain, end) or _RANGE.search(plain[-80:]):
        return False
    if _DEFINES.search(plain[max(0, start - 30) : start]):
        return False
    if end - start == 2 and _OF_A_TIME.search(plain[max(0, start - 4) : start]):
        return False
    if any(words(plain[:start]) for words in (is_reference, is_contrary_to_fact, is_of_another)):
        return False
    return is_introduced(plain, start, end, is_measured=is_measured)


_EQUATION = re.compile(
    r"\d[\d.,]*%?\)?\s?(?:[-+*/x\u00d7\u00f7\u00b7]|\\times|\\cdot)\s?[$(]?\d[^=\n]{0,40}?=\s*[$(]?(?=[-+]?\d)"
)


def _up_to_computed(plain: str, found: list[re.Match[str]]) -> list[re.Match[str]]:
    """The last numbers of a text up to the one that its last sentence computes: "720 x 2 = 1440 turns in 2 hours".

    A sentence with two equations has no such number, nor one that goes on with an operator or an equals sign.
    """
    start = max((end.end() for end in _ENDS.finditer(plain.rstrip())), default=0)
    equations = list(_EQUATION.finditer(plain, start)) if "=" in plain[start:] else []
    if len(equations) != 1 or "=" in plain[equations[0].end() :] or _OPERATOR_LAST.search(plain):
        return found
    if not _ANOTHER.match(plain, equations[0].end()):
        return found
    all_found = [number for number in numbers(plain) if _digits(number)[0] >= equations[0].end() - 1]
    if len(all_found) < 2 or not _WORDS_BETWEEN.match(plain, all_found[0].end(), all_found[1].start()):
        return found
    return all_found[:1]


_ANOTHER = re.compile(r"[-+]?\d[\d.,/%]*\s?[^\W\d_]{2,}[^=]*\d")
_OPERATOR_LAST = re.compile(r"[-+*/\u00d7]\s*$")
_ENDS = re.compile(r"[.!?](?=\s+\S)|\n")
_WORDS_BETWEEN = re.compile(r"\s?[^\W\d_]{2,}[^-+*/=\u00d7<>]*$")

_SIGN = "[\u20a0-\u20cf\u00a3\u00a5\u0e3f$]"
_MEASURED = re.compile(
    rf"(?:\d\s?(?:{_SIGN}|[%\u066a\uff05])|(?:{_SIGN}"
    rf"|\b{CURRENCY_CODE})\s?\d[\d.,\u00a0\u202f ]*)[^\d\n]{{0,25}}$"
    r"|(?<![\w%])%\s?\d[\d.,]*[^\d\n]{0,25}$"
)
"""The last number of a text with the sign of a currency, or of percent."""


def _last_ones(plain: str) -> list[re.Match[str]]:
    """The last three numbers of a folded text that do not name a problem, or as many as there are."""
    found: list[re.Match[str]] = []
    for match in reversed(numbers(plain)):
        if not names_a_problem(plain, *_digits(match)):
            found.insert(0, match)
            if len(found) == 3:
                break
    return found


def _is_followed_by_a_line_of_numbers(tail: str, end: int) -> bool:
    """Whether the line that ends a text has a number and stands below its last formula."""
    line = tail.rfind("\n") + 1
    return line > end and any(char.isdecimal() for char in tail[line:]) and bool(numbers(folded(tail[line:])))


_QUESTION_BEHIND = re.compile(
    r"[.!\u3002\u0964\u06d4\uff01,\uff0c\u060c][^.!?\n\u3002]{4,200}[?\uff1f\u061f\u037e]\W*$"
)
"""A question that closes a text: the text repeats its problem."""
_OFFER_BEHIND = re.compile(
    r"\b(?:you|help|questions?|correct|right|okay|ok|clear|sense|ayud\w+|pregunta\w*|quieres|aide\w*"
    r"|voulez|souhaitez"
    r"|hilfe|fragen|möchten|aiuto|domande|vuoi|ajuda\w*|dúvida\w*|вопросы|помо\w+|pytania"
    r"|yardım\w*)\b[^.!?]*\W*$"
    r"|[您你]",
    re.IGNORECASE,
)
"""A question to the reader."""
_CUT_FORMULA = re.compile(r"(?<![\\\d])\$(?=[A-Za-z\\(])")
"""The opening sign of a formula that the end of the text cuts off; `$5` is money."""
_UNFINISHED = re.compile(r"\s+[-+\u2212*]\s*$|\s*(?:[\u00d7\u00f7/=]|\\times|\\cdot|\\div)\s*$")
"""An operator that the end of the text leaves alone; `500/-` is money."""
_OPERAND = re.compile(r"(?:\\times|\\cdot|\\div|[\d)]\s?[*/]|[\w)]\s[+*]|[\d)]\s-|\d\sx)\s*[$(]?\s?[-\d.]?$")
"""What makes the number behind it one of a product or sum that is left to compute."""
_DEFINES = re.compile(
    r"(?:\bwhere|\bwobei|\bdonde|(?<!['’])\boù|\bdove|\bonde|\bwaarbij|\bgdzie|\bkde|\bгде|\bде|其中"
    r"|ここで|여기서)\s?\$?[A-Za-z]\w{0,2}\s*=\s*$"
)
"""What says what a letter of a formula stands for."""
_OF_A_TIME = re.compile(r"(?<![\d:])(?:[01]?\d|2[0-3]):$")
_COMPUTED = re.compile(
    r"\b(?:twice|thrice|double|triple|half of|times|squared|cubed|square root of|factorial|multiplied"
    r"|divided)\b"
)


def _digits(match: re.Match[str]) -> tuple[int, int]:
    """Where a number stands, without the spaces and the comma around it."""
    start = match.start() + len(match[0]) - len(match[0].lstrip())
    return start, start + len(match[0].strip().rstrip(","))


_CODE = re.compile(r"__[a-z]{2,20}__|[A-Za-z_]\(['\"]")
"""Python, whose numbers answer nothing."""


def _has_code(text: str) -> bool:
    return ("__" in text or "(" in text) and _CODE.search(text) is not None


_RANGE = re.compile(
    r"\d\s?[~\u301c\uff5e]\s?\d[^\n]{0,20}$"
    r"|(?:^|\n)\W{0,5}\d[\d.,]*\s?(?:bis|à|a|do|до|to|tot|til|till|ila|hingga|sampai|đến|至"
    r"|到)\s?\d[\d.,]*[^\d\n]{0,30}$"
)
"""A range, of which no end is the answer."""
_COMMA = re.compile(r"\s?[,;\u3001\uff0c\u060c]\s?")
_COMMA_OR_WORD = re.compile(r"\s?(?:[,;\u3001\uff0c\u060c]\s?(?:[^\W\d_]{1,6}\s)?|\s[^\W\d_]{1,3}\s)")


def _is_one_of_many(text: str, values: list[re.Match[str]]) -> bool:
    """Whether the last number ends a list of three or more: one of all that are possible."""
    if len(values) < 3:
        return False
    (_, first), (start, middle), (last, _) = map(_digits, values[-3:])
    return bool(_COMMA.fullmatch(text, first, start) and _COMMA_OR_WORD.fullmatch(text, middle, last))


def _is_one_of_two(text: str, values: list[re.Match[str]]) -> bool:
    end = values[-1].start()
    return len(values) > 1 and OR.search(text, max(values[-2].end(), end - 60), end) is not None


_NUMBER_FIRST = re.compile(r"[^\w\\]{0,3}[-+]?\d[\d.,]*(?=\s?[^\W\d_](?:[^\W\d_]|[\u0900-\u0dff]))")


def opens_with_denied(line: str) -> bool:
    """Whether a line is one number, and words behind it that deny it: `84 would be too many`.

    >>> opens_with_denied("84 would be too many"), opens_with_denied("84 apples")
    (True, False)
    """
    number = _NUMBER_FIRST.match(line) if len(line) < 120 else None
    if number is None or any(char.isdecimal() for char in line[number.end() :]):
        return False
    return is_denied(line, 0, number.end())
