# ruff: noqa: RUF001  (words in other scripts)
"""Whether the sentences behind an answer take it back, and where they come to what they say instead.

"The answer is 14. No, wait: 20." means 20, "The answer is A. But A is too small." means neither. Standard library only.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from rewards.math.alternatives import Alternatives
from rewards.math.contrasts import INSTEAD, SENTENCES
from rewards.math.corrections import CLAUSES, EDGES, opens_correction
from rewards.math.denials import DENIED
from rewards.math.giving_up import GIVES_UP
from rewards.math.hearsay import REJECTED, REJECTED_IN_A_WORD
from rewards.math.refusals import WRONG, WRONG_IN_A_WORD
from rewards.math.unclaimed import is_of_others, is_to_the_reader, takes_back
from rewards.math.withdrawals import TAKES_BACK


class Value(NamedTuple):
    """An answer as later sentences may name it: a number, or the letter of a choice."""

    text: str
    pattern: re.Pattern[str]


_NUMBER = re.compile(r"\d[\d.,]*(?<![.,])")
_LETTER = re.compile(r"[\s(*$\"\\]{0,4}([A-J])(?![A-Za-z\u00c0-\u024f\u1e00-\u1eff\d'\u2019])")


def named(answer: str) -> Value | None:
    """What a later sentence would call an announced answer; None where that is neither a number nor a letter.

    >>> named("A) 42").text, named("18 apples").text, named("x") is None
    ('A', '18', True)
    """
    if (letter := _LETTER.match(answer)) is not None:
        return Value(
            letter[1],
            re.compile(
                rf"(?<![A-Za-z\u00c0-\u024f\u1e00-\u1eff\d]){letter[1]}(?![A-Za-z\u00c0-\u024f\u1e00-\u1eff\d'\u2019])"
            ),
        )
    number = _NUMBER.search(answer)
    if number is None:
        return None
    return Value(number[0], re.compile(rf"(?<![\d.,]){re.escape(number[0])}(?![.,]?\d)"))


_MOST_CHARS = 400
_SPLIT = re.compile(
    r"\d|(?<![A-Za-z\u00c0-\u024f\u1e00-\u1eff\d'\u2019])(?:[B-HJ]|I(?=[.)]|$))(?![A-Za-z\u00c0-\u024f\u1e00-\u1eff\d'\u2019])|(?<=[:\uff1a]\s)A(?!\w)"
)
_SIGNS = re.compile(r"[-+\u2212$(\\\u20a0-\u20cf\u00a3\u00a5\s*]*$")


def end_of_withdrawal(rest: str, value: Value | None) -> int | None:
    """Where in the text behind an answer the words end that take it back; None where none do.

    >>> end_of_withdrawal(" No, wait: 20.", named("14")), end_of_withdrawal(" 5 + 9 = 14.", named("14"))
    (10, None)
    >>> end_of_withdrawal(" Nein, das ist falsch.", named("14")), end_of_withdrawal(" Not 14, but 20.", named("14"))
    (22, 7)
    """
    start, is_first = 0, True
    for sentence in SENTENCES.split(rest[:_MOST_CHARS]):
        found = _SPLIT.search(sentence)
        opening = sentence if found is None else sentence[: found.start()]
        if _corrects(sentence, opening, is_first=is_first):
            if found is None:
                return start + len(sentence)
            signs = _SIGNS.search(opening)
            return start + (signs.start() if signs else found.start())
        if value is not None and (end := _end_of_denied(sentence, value)):
            return start + end
        start, is_first = start + len(sentence) + 1, is_first and len(sentence.strip(EDGES)) < 6
    return None


def is_retracted(answer: str, text: str) -> bool:
    """Whether a text takes back a choice behind the last mention of its letter.

    >>> is_retracted("A", "It must be A. No, wait."), is_retracted("A", "It must be A. It is the largest.")
    (True, False)
    """
    value = named(answer)
    last = next(iter([*value.pattern.finditer(text)][::-1]), None) if value else None
    return last is not None and end_of_withdrawal(text[last.end() :], value) is not None


def _corrects(sentence: str, opening: str, *, is_first: bool) -> bool:
    """Whether a sentence behind an answer, whose part in front of its own value is `opening`, takes that answer"
    " back."""
    if len(opening.strip(EDGES)) < 2 or is_to_the_reader(opening):
        return False
    if opens_correction(opening if len(opening) < len(sentence) else f"{sentence}."):
        return True
    if is_of_others(opening):
        return False
    if len(opening.strip()) < 5 and opening.isascii():
        return False
    if len(opening) == len(sentence):
        return takes_back(sentence) or GIVES_UP.search(sentence) is not None
    clauses = CLAUSES.split(opening)
    is_called_wrong = len(clauses) > 1 and takes_back(clauses[0])
    return is_first and (is_called_wrong or TAKES_BACK.search(opening) is not None)


_REFUSED = Alternatives(f"fails?|{'|'.join(WRONG.values())}|{REJECTED}", f"{WRONG_IN_A_WORD}|{REJECTED_IN_A_WORD}")
_ARTICLE = re.compile(
    r"\s+(?!(?:is|was|fails?|does|doesn|cannot|can|would|must|has|gives|isn|wasn|não|no|non|ne|is"
    r" not)\b)[a-z\u00e0-\u024f]"
)
"""Behind an A that is a word of its own: "A common mistake"."""
_CLAUSE_END = re.compile(r"[,;:.!?，、；。،؛।](?=\s|$|[^\x00-\x7f])")
_NOT_BEFORE = re.compile(
    rf"(?:^|[\s,;:(])(?:{INSTEAD.replace('|si|', '|')}|mitte|nevis|ekki|jo|nid|nie|ez|není|nije|nisu|nav|nėra"
    rf"|nuk është|yw|não é|no es|no és|non è"
    rf"|non é|n['’]est pas|ist nicht|is not|är inte|er ikke|on mitte|не есть|ոչ թե|ní|no pas|មិនមែន|ບໍ່ແມ່ນ|δεν"
    rf" είναι|nu este|là không phải|不是|并不是|並不是)\W{{0,4}}$",
    re.IGNORECASE,
)
_NOT_BEHIND = re.compile(
    r"\W{0,3}(?:(?:değil|deyil|emas|емес|эмес|биш|bali)(?!\w)|नहीं|नाही|होइन|হয় না|নয়|নয়|નહીં|નથી|ਨਹੀਂ|نہیں|نیست"
    r"|அல்ல|కాదు|ಅಲ್ಲ|അല്ല"
    r"|නොව|නෙවෙයි|ではな|じゃな|でな|でありませ|ではあり|[이가은는]?\s?아니|မဟုတ်|ሳይሆን|אינו|אינה)"
)
"""Denials that their languages put right behind what they deny."""


def denies_by_name(rest: str, answer: str) -> bool:
    """Whether the rest of a sentence behind the letter of a choice calls that letter wrong: "A, but A is too small".

    >>> denies_by_name("A, but A fails", "A"), denies_by_name("A, because B fails", "A")
    (True, False)
    """
    letter = _LETTER.match(answer)
    if letter is None or rest.count(letter[1]) < 2 or (value := named(answer)) is None:
        return False
    first = value.pattern.search(rest)
    return first is not None and _end_of_denied(rest[first.end() :], value) > 0


def _end_of_denied(sentence: str, value: Value) -> int:
    """Where in a sentence the value ends that it denies by name; 0 where it does not.

    >>> _end_of_denied("So not 14, but 20", named("14"))
    9
    >>> _end_of_denied("Since 14 is not odd, all is well", named("14"))
    0
    """
    for match in value.pattern.finditer(sentence):
        clause = _CLAUSE_END.split(sentence[: match.start()])[-1]
        after = _CLAUSE_END.split(sentence[match.end() :])[0]
        if value.text in "AEI" and match.start() == 0 and _ARTICLE.match(sentence, match.end()):
            continue
        if _NOT_BEFORE.search(clause[-24:]) or _is_refused(after, is_letter=value.text.isalpha()):
            return match.end()
    return 0


def _is_refused(after: str, *, is_letter: bool) -> bool:
    """Whether the rest of the clause behind a value calls it wrong, or denies it as its last word."""
    if _NOT_BEHIND.match(after) is not None:
        return True
    if is_letter:
        return _REFUSED.search(after) is not None or DENIED.search(f"0{after}") is not None
    return _REFUSED.search(after[:24]) is not None
