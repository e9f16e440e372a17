# ruff: noqa: RUF001  (words in other scripts)
"""The answer that a text announces in words, where its sentence believes in it and nothing behind takes it back."""

from __future__ import annotations

import re
from typing import NamedTuple

from rewards.math.attributed import is_anothers
from rewards.math.connectives import OR
from rewards.math.contrasts import (
    SENTENCES,
    SUBORDINATE,
    SUPPOSED,
    WOULD_BE,
    behind_but,
    is_contrary_to_fact,
    is_of_another,
    without_but,
    without_denied,
    without_remark,
)
from rewards.math.denials import CLAUSE_END, DENIED, DOUBTED, HEDGED
from rewards.math.folding import vocabulary
from rewards.math.formulas import INLINE_MATH, displayed, joined
from rewards.math.giving_up import GIVES_UP
from rewards.math.hearsay import SAID
from rewards.math.moments import moment
from rewards.math.phrases import COPULA, SENTENCE_END, last_announcement
from rewards.math.retracted import denies_by_name, end_of_withdrawal, named
from rewards.math.scruples import HARDLY, SUPPOSING

_DAY = re.compile(r"\d{1,2}")
_NUMBER = re.compile(r"\W{0,4}\d[\d.,/ ]*")
_NOT_THE_OTHER = re.compile(r"[,;]?\s+(?:and\s+)?(?:not|rather than|instead of)\s")


class Announced(NamedTuple):
    """The answer that a text announces, None where it announces none, and what counts instead where it is taken"
    " back."""

    text: str | None
    instead: str | None = None


_NONE = Announced(None)


def announced(tail: str) -> Announced:
    """What follows the last answer phrase, up to the end of its sentence, where it is believed in.

    Empty where the text breaks off behind the phrase.

    >>> announced("The answer is 14, I think."), announced("The answer is 14. Wait, no: 20.")
    (Announced(text='14, I think', instead=None), Announced(text=None, instead='20.'))
    """
    place = last_announcement(tail)
    if place is None or _is_disbelieved(tail[max(0, place[0] - 120) : place[0]]):
        return _NONE
    end = place[1]
    if is_of_another(tail[:end]) or is_contrary_to_fact(tail[:end]) or WOULD_BE.search(tail[place[0] : end + 60]):
        return _NONE
    if not tail[end:].strip(" \t\n.:*_$"):
        return Announced("")
    if formula := displayed(tail[end:]):
        return Announced(formula)
    found = tail[end:].lstrip(" ,\u3001\uff0c").partition("\n")[0].strip()
    start = tail.find(found, end)
    if _SECOND_OF_TWO.match(found) and _CHOICE_BEFORE.search(tail[:end]):
        return _NONE
    math = INLINE_MATH.match(found)
    if math and (_NOT_THE_OTHER.match(found, math.end()) or not DENIED.search(found, math.end())):
        return _unless_retracted(joined(found, math), tail[start + math.end() :])
    sentence = _first_sentence(found)
    if sentence.endswith(("?", "\uff1f")) or found[len(sentence) :].startswith("\u061f"):
        return _NONE  # a question answers nothing
    if (value := _NUMBER.match(sentence)) is not None:
        behind = f"0 {sentence[value.end() :]}"
        if HARDLY.search(behind) or SAID.search(behind):
            return _unless_retracted(None, tail[start + len(sentence) :])
    if _DAY.fullmatch(sentence) and moment(found.rstrip(" .*_")) is not None:
        return Announced(found.rstrip(" .*_"))  # `3. Oktober` is one date
    answer = COPULA.sub("", without_remark(without_denied(sentence))).strip(" *_\"'") or None
    return _unless_retracted(answer, tail[start + len(sentence) :])


_SECOND_OF_TWO = re.compile(rf"(?:{OR})\s", re.IGNORECASE)
_CHOICE_BEFORE = re.compile(r"\b[A-J]\s*$")
"""A letter that was taken for the article which it is in other places: `A válasz A vagy B`."""


def _unless_retracted(answer: str | None, rest: str) -> Announced:
    """An answer, where the rest of the text does not take it back."""
    if answer is not None and (unstopped := _UNSTOPPED.match(answer)) is not None:
        rest = f"{answer[unstopped.end() :]}{rest}"
    if answer is not None and denies_by_name(answer, answer):
        return Announced(None, rest)
    if answer is None or len(rest.strip(" .*_$\n")) < 3:
        return Announced(answer)
    end = end_of_withdrawal(rest, named(answer))
    return Announced(answer) if end is None else Announced(None, without_but(rest[end:]))


_UNSTOPPED = re.compile(r"[(*$]{0,3}(?:[A-J]|[-+]?\d[\d.,]*)[)*$]{0,3}\s(?=[\u0e00-\u109f\u1200-\u139f\u1780-\u17ff])")
"""A value with words behind it in a script that ends no sentence with a mark."""


def end_of_taken_back(before: str, content: str, rest: str) -> int | None:
    """Where in the text behind a box the words end that take it back; None where none do.

    A box that stands for an example of the form is taken back by a text that then gives up.

    >>> end_of_taken_back("", "14", ". Wait, that is wrong. It is 20.")
    21
    >>> end_of_taken_back("", "18", ". Check: 9 * 2 = 18.") is None
    True
    """
    end = end_of_withdrawal(rest.lstrip(" $*)]\\"), named(content))
    if end is not None:
        return end + len(rest) - len(rest.lstrip(" $*)]\\"))
    if _FOR_EXAMPLE.search(before[-40:]) and not _FIRST_DIGIT.search(rest) and GIVES_UP.search(rest):
        return len(rest)
    return None


_FOR_EXAMPLE = re.compile(
    r"(?:example|instance|e\.g\.|such as|like|z\. ?b\.|beispiel|exemple|ejemplo|exemplo|esempio"
    r"|bijvoorbeeld|przykład|příklad"
    r"|например|наприклад|например|παράδειγμα|örneğin|misalnya|contohnya|ví dụ|mfano|مثل|مثلا|مثال"
    r"|לדוגמה|למשל|उदाहरण|উদাহরণ"
    r"|ตัวอย่าง|例如|比如|例えば|예를 들어|예:)[\s,:：$]*$",
    re.IGNORECASE,
)


_FIRST_DIGIT = re.compile(r"\d")
_HARMLESS = vocabulary("the so thus hence therefore final correct right and my our la die der das __")
"""Most announcements begin with these and nothing else."""


def _is_disbelieved(before: str) -> bool:
    """Whether the clause in front of an answer phrase takes the belief from it: `I doubt that the answer is 7`."""
    since = max(before.rfind("\n"), before.rfind(". ")) + 1
    if _HARMLESS.issuperset(before[since:].lower().replace("*", " ").split()):
        return False  # before clauses are looked for
    if is_anothers(SENTENCES.split(before)[-1]):
        return True
    clauses = CLAUSE_END.split(before)
    if len(clauses) > 1 and _GOVERNS.search(clauses[-2]):
        clauses[-2:] = [f"{clauses[-2]} {clauses[-1]}"]
    if _HARMLESS.issuperset(clauses[-1].lower().replace("*", " ").split()):
        return False
    clause = behind_but(clauses[-1])
    if len(clauses) > 1 and SUBORDINATE.match(clause):
        clause = f"{behind_but(clauses[-2])} {clause}"
    return any(words.search(f"{clause} 0") for words in (DOUBTED, HEDGED, SUPPOSED, SUPPOSING, HARDLY))


_GOVERNS = re.compile(r"\b(?:ki|that|que|che|dass|bahwa|rằng|kwamba)\s*$")
"""What governs a clause behind a comma: "I doubt that, ..." in languages that put the comma there."""


_NOT_FIRST = re.compile(r"\W{0,4}not\b", re.IGNORECASE)


def _first_sentence(text: str) -> str:
    """The text up to its first end of a sentence that is in no bracket: `(1; 2)` is one answer."""
    is_denied_first = _NOT_FIRST.match(text) is not None
    for end in SENTENCE_END.finditer(text):
        before = text[: end.start()]
        if is_denied_first and end[0][:1] == " ":
            continue  # `not 6, as it seems, but 7`
        if sum(map(before.count, "([")) <= sum(map(before.count, ")]")):
            return before
    return text
