# ruff: noqa: RUF001  (words in other scripts)
"""Answers of several numbers, times, dates, and yes or no, out of the sentence that ends a solution."""

from __future__ import annotations

import re

from rewards.math.answers import Answer
from rewards.math.choices import several_choices
from rewards.math.clock import said_time
from rewards.math.connectives import AND, AND_IN_A_WORD, OR_IN_A_WORD
from rewards.math.connectives import OR as OR_WORDS
from rewards.math.contrasts import behind_but, is_denied
from rewards.math.denials import CLAUSE_END, DENIED, HEDGED, OR
from rewards.math.exact import is_literal
from rewards.math.formulas import last_joined
from rewards.math.listed import ends_with, is_named_tuple, named_values, points, ratio, share
from rewards.math.moments import last_moment, moment
from rewards.math.nodes import Node
from rewards.math.numbers import clean, fold
from rewards.math.phrases import COPULA
from rewards.math.prose import scientific
from rewards.math.spelled import spelled_number
from rewards.math.units import measure
from rewards.math.words import as_words, truth

_ITEM = r"-?\d+(?:[.,]\d+)?(?:\s?/\s?\d+)?(?!\d)"
_NAME = r"(?:[A-Za-z](?:_\{?\d\}?)?\s?=\s?)"
_BETWEEN = rf"\$?(?:\s?[,;]\s*(?:(?:{AND}|{AND_IN_A_WORD})\s?)?|\s(?:{AND})\s|\s?(?:{AND_IN_A_WORD})\s?)\$?"
_RUN = re.compile(rf"(?<![\w.,/]){_NAME}?{_ITEM}(?:{_BETWEEN}{_NAME}?{_ITEM})+", re.ASCII)
_RUN_OF_NAMED = re.compile(rf"{_NAME}{_ITEM}(?:\$?\s?,?\s?(?:{OR_WORDS}|{OR_IN_A_WORD})\s?\$?{_NAME}{_ITEM})+")
"""The solutions of an equation may stand with "or" between them where each names the unknown."""
_SEVERAL = frozenset(("list", "set", "union", "pm", "mp"))
_SUBSCRIPT = re.compile(r"_\{?\d\}?")
_ONE = re.compile(_ITEM)
_BRACKET = re.compile(r"(?<![a-z0-9\\])[(\[\]][^()\[\]\n]{1,60}[,;|][^()\[\]\n]{1,60}[)\]\[]")
_MATH = r"\\(?:sqrt|pi|frac|cdot|times|le|ge|infty)\b|sqrt|\bpi\b|\b(?:sin|cos|tan|ln|log)\b"
_MATH += r"|(?<![^\W\d_])[A-Za-z\u03c0](?![^\W\d_])"
_FORMULA = re.compile(
    rf"(?:^|[\s:\u2e80-\uffef])((?:{_MATH}|[\d.,/()+*^=<>{{}} -]){{2,60}})"
    r"(?:\s?([^\W\d_]{1,12}(?:\^\{?\d\}?)?))?[.]?$"
)
_PLAIN_UNITS = re.compile(r"\s(?:square |cubic |sq\.? )?units?\.?$")
_LETTERS = re.compile(
    rf"(?<![A-Za-z])[A-J](?:(?:\s?[,;、，/]\s?|\s(?:{AND})\s|\s?(?:{AND_IN_A_WORD})\s?)+[A-J])+(?![A-Za-z])"
)
_LAST_TRUTH = re.compile(
    r"(?:\s([^\W\d_]+)|(真|假|正确|正確|错误|錯誤|正しい|偽|참|거짓))(?:的|です|だ|이다|입니다)?[.\s\u3002\u0964!*]*$"
)
_ATTACHED_AND = re.compile("\\s(?:(\u05d5)-|(\u0648))(?=-?\\d)")
_HAN = re.compile("[一二三四五六七八九十]{1,3}(?=[点點时時分月日号號])")
_SYMBOL = re.compile(r"[A-Za-z\u03c0\\^]")
_CONCLUDED = re.compile(
    r"\W{0,5}(?:therefore|thus|hence|so|consequently)\W{1,5}\*\*([^*\n]{1,60})\*\*\s(?:is|was|has|had|won|wins|must)\s",
    re.IGNORECASE,
)
"""The word set in bold that a conclusion is about: `So **Ann** is the oldest.`"""
_LONE_WORD = re.compile(r"^\s*(?:[A-Za-z]\s+)+(?=[\d(])")
_FIRST_WORD = re.compile(r"\W*([^\W\d_][\w\u0900-\u0dff\u0e31-\u0e4e]*)\s*(?=[,.!;:،，。、！।—–]|$)")


def sentence_answer(text: str, gold: Answer) -> str:
    """What a sentence says, as text, where the gold answer is of a kind that asks for more than one number.

    >>> from rewards.math.answers import read_gold
    >>> sentence_answer("Les solutions sont 1, 2 et 3.", read_gold("1,2,3"))
    '1, 2, 3'
    >>> sentence_answer("The train arrives at 3:30 pm.", read_gold("15:30"))
    '3:30 pm'
    """
    line = text.strip().rpartition("\n")[2][-400:]
    if gold.moment is not None:
        return _moment(line, gold.moment.kind)
    if several_choices(gold.shown):
        runs = [match for match in _LETTERS.finditer(line) if not _is_denied(line, *match.span())]
        return ", ".join(re.findall("[A-J]", runs[-1][0])) if runs else ""
    if gold.words is not None:
        return _words(line, gold.words)
    return _of_tree(line, gold, _solutions(gold.tree)) if gold.tree is not None else ""


def _solutions(tree: Node) -> Node:
    """The set in which a gold answer says that its unknown is, else the answer itself."""
    return tree.args[-1] if tree.op == "rel" and tree.name == "in" and tree.args[-1].op == "set" else tree


def _of_tree(line: str, gold: Answer, tree: Node) -> str:
    """What a line says, where the gold answer is a formula, a list, an interval or a number with its base."""
    if tree.op == "based":
        return _based(line)
    if tree == Node("set"):
        return "no solution" if _NONE.search(line) else ""
    if tree.op in _SEVERAL:
        formulas, start, end = last_joined(line)
        if formulas and not _is_denied(line, start, end):
            return formulas
    if tree.op == "bracket":
        line = fold(line)
        if is_named_tuple(tree) and (values := named_values(line, len(tree.args))):
            return values
        brackets = [match for match in _BRACKET.finditer(line) if not _is_denied(line, *match.span())]
        if len(brackets) > 1 and OR.search(line, brackets[-2].end(), brackets[-1].start()):
            return ""
        return brackets[-1][0].replace("|", ",") if brackets else ""
    if tree.op in ("list", "set"):
        if tree.args and tree.args[0].op == "bracket":
            return points(fold(line), len(tree.args))
        return _list(_ATTACHED_AND.sub(" \u05d5 ", fold(line)), len(tree.args))
    if tree.op in ("/", "ratio") and (parts := share(line) or ratio(line, tree.op)):
        return parts
    if not gold.unit and is_literal(tree) and (power := _POWER_AND_UNIT.search(fold(line))) is not None:
        return "" if _is_denied(fold(line), *power.span()) else scientific(fold(line), power.start())
    return _formula(line)


_NONE = re.compile(r"\b(?:has|have|is|are)\s+no\s+(?:real\s+)?solutions?[\s.*!]*$", re.IGNORECASE)
_POWER_AND_UNIT = re.compile(r"10\s?\^\s?\{?-?\d{1,4}\}?\s[A-Za-z]{1,4}[.*\s]{0,4}$")
"""The end of `1.6 x 10^{-19} C`, whose unit could be a symbol."""


def needs_sentence(gold: Answer, answer: Answer) -> bool:
    """Whether a text that could be read is still only a sentence about the answer."""
    if answer.words is None or answer.words == gold.words:
        return False
    if gold.moment is not None:
        return moment(clean(answer.shown)) is None
    return bool(several_choices(gold.shown) and not several_choices(answer.shown)) or bool(
        gold.words
        and (truth(gold.words) or (len(answer.words) > len(gold.words) and ends_with(answer.words, gold.words)))
    )


def _formula(line: str) -> str:
    """The formula that a line ends with, a known unit behind it or none; empty where it is a mere number or denied."""
    line = _PLAIN_UNITS.sub("", line)
    formula = _FORMULA.search(COPULA.sub("", fold(line).rstrip(" .*")))
    if (
        formula is None
        or not _SYMBOL.search(_LONE_WORD.sub("", formula[1]))
        or _is_denied(fold(line), *formula.span())
        or (formula[2] and measure(formula[2]) is None)
    ):
        return ""
    return _LONE_WORD.sub("", formula[1]).strip()


_BASED = re.compile(r"(?<![\w.])[0-9][0-9A-F]{0,40}_(?:\d{1,2}|\{\d{1,2}\})(?![\w])")


def _based(line: str) -> str:
    """The last number with its base in a line, unless its clause denies it."""
    found = list(_BASED.finditer(line))
    return "" if not found or _is_denied(line, *found[-1].span()) else found[-1][0]


_AT = re.compile(r"\b[Aa]lle(?= )")
_AT_THE = re.compile(r"\b[Aa]lle(?= (?:ore )?\d)")
"""Italian for "at", Finnish for "below"."""


_SLACK = 12
"""A time in words may go on with its part of the day, which one in digits takes in."""


def _moment(line: str, kind: str) -> str:
    """The last time or date of a line, in digits or words, unless its clause denies it."""
    said = said_time(line) if kind == "time" else None
    plain = fold(_HAN.sub(_han_digits, line)).replace("\\text", "").replace("$", "")
    plain = _AT_THE.sub("", plain)
    found = last_moment(plain, kind)
    start, end = max(plain.rfind(found), 0), max(plain.rfind(found), 0) + len(found)
    if said is not None and (not found or len(line) - said.end <= len(plain) - end + _SLACK):
        line = _AT.sub(lambda words: " " * len(words[0]), line)
        return "" if _is_denied(line, said.start, said.end) else said.time
    return "" if not found or _is_denied(plain, start, end) else found


def _words(line: str, words: str) -> str:
    """The yes or no of a line where that is asked for, else the words asked for where the line ends with them."""
    if truth(words):
        return _truth(line)
    concluded = _CONCLUDED.match(line)
    if concluded is not None and as_words(concluded[1]) == words and not DENIED.search(f"{line} "):
        return words
    return words if ends_with(line, words) else ""


def _truth(line: str) -> str:
    """The yes or no that a line begins with, else the true or false that it ends with and does not deny."""
    first = _FIRST_WORD.match(line)
    if first is not None and truth(first[1].lower()):
        return first[1]
    last = _LAST_TRUTH.search(line)
    if last is None or DENIED.search(f"{line[: last.start()]} "):
        return ""
    word = (last[1] or last[2]).lower()
    return word if truth(word) in ("true", "false") else ""


def _han_digits(run: re.Match[str]) -> str:
    value = spelled_number(run[0])
    return run[0] if value is None else str(value)


def _list(line: str, length: int) -> str:
    """The last run of numbers in a line, as many as are asked for, commas between them."""
    runs = [*_RUN.finditer(line), *_RUN_OF_NAMED.finditer(line)]
    if not runs:
        return ""
    run = max(runs, key=lambda match: match.end())
    if _is_denied(line, run.start(), run.end()):
        return ""
    items = _ONE.findall(_SUBSCRIPT.sub("", run[0]))
    if len(items) != length or "/" in run[0]:
        return ", ".join(items)
    return ", ".join(item.replace(",", ".") for item in items)


def _is_denied(text: str, start: int, end: int) -> bool:
    if is_denied(text, start, end):
        return True
    before = behind_but(CLAUSE_END.split(text[max(0, start - 80) : start])[-1])
    after = CLAUSE_END.split(text[end : end + 40], maxsplit=1)[0]
    clause = f"{before.rstrip()} 0 {after.lstrip()}"
    return any(words.search(clause) for words in (DENIED, HEDGED))
