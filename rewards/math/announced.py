# ruff: noqa: RUF001  (words in other scripts)
"""The answer that a text announces in words, where its sentence believes in it and nothing behind takes it back."""

from __future__ import annotations

import re

from rewards.math.alternatives import Alternatives
from rewards.math.attributed import is_anothers
from rewards.math.contrasts import (
    SENTENCES,
    SUBORDINATE,
    SUPPOSED,
    WOULD_BE,
    behind_but,
    is_contrary_to_fact,
    is_of_another,
    without_denied,
    without_remark,
)
from rewards.math.denials import CLAUSE_END, DENIED, DOUBTED, HEDGED
from rewards.math.folding import vocabulary
from rewards.math.formulas import INLINE_MATH, displayed, joined
from rewards.math.hearsay import SAID
from rewards.math.moments import moment
from rewards.math.phrases import COPULA, SENTENCE_END, last_announcement
from rewards.math.scruples import HARDLY, SUPPOSING
from rewards.math.unclaimed import takes_back, withdraws
from rewards.math.withdrawals import GIVES_UP, TAKES_BACK

_DAY = re.compile(r"\d{1,2}")
_NUMBER = re.compile(r"\W{0,4}\d[\d.,/ ]*")
_NOT_THE_OTHER = re.compile(r"[,;]?\s+(?:and\s+)?(?:not|rather than|instead of)\s")


def announced(tail: str) -> str | None:
    """What follows the last answer phrase, up to the end of its sentence; None where none is believed in.

    Empty where the text breaks off behind the phrase.
    """
    place = last_announcement(tail)
    if place is None or _is_disbelieved(tail[max(0, place[0] - 120) : place[0]]):
        return None
    end = place[1]
    if is_of_another(tail[:end]) or is_contrary_to_fact(tail[:end]) or WOULD_BE.search(tail[place[0] : end + 60]):
        return None
    if not tail[end:].strip(" \t\n.:*_$"):
        return ""
    if formula := displayed(tail[end:]):
        return formula
    found = tail[end:].lstrip(" ,\u3001\uff0c").partition("\n")[0].strip()
    math = INLINE_MATH.match(found)
    if math and (_NOT_THE_OTHER.match(found, math.end()) or not DENIED.search(found, math.end())):
        return joined(found, math)
    sentence = _first_sentence(found)
    if _is_taken_back(tail[tail.find(found, end) + len(sentence) :]):
        return None
    if sentence.endswith(("?", "\uff1f")) or found[len(sentence) :].startswith("\u061f"):
        return None  # a question answers nothing
    if (value := _NUMBER.match(sentence)) is not None:
        behind = f"0 {sentence[value.end() :]}"
        if HARDLY.search(behind) or SAID.search(behind):
            return None
    if _DAY.fullmatch(sentence) and moment(found.rstrip(" .*_")) is not None:
        return found.rstrip(" .*_")  # `3. Oktober` is one date
    return COPULA.sub("", without_remark(without_denied(sentence))).strip(" *_\"'") or None


_TAKES_BACK = Alternatives(
    "ba nu|wait|hold on|hang on|oops|scratch that|correction|on second thou?ght|my mistake|no,? (?:that|it)"
    "|actually,? (?:no|it|that)"
    "|hmm|let me re(?:check|do|consider|count|compute|calculate)|i (?:forgot|made (?:a|an) (?:mistake|error)"
    "|miscounted|misread)"
    "|moment|halt|stopp?|warte|korrektur|verzeihung|ich habe (?:mich|einen fehler)|nein|attends|attendez|pardon"
    "|rectification|je me suis"
    "|non,|espera|esperen|perdón|corrección|me equivoqué|peraí|espere|perdão|correção|errei|me enganei"
    "|aspett\\w+"
    "|scusa\\w*|correzione"
    "|mi sono sbagliat\\w+|ho sbagliato|wacht|vänta|vent|oj|ups|nej,|nei,|odota\\w*|hetkinen|anteeksi"
    "|czekaj\\w*"
    "|chwila|zaraz|pomyłka|poprawka"
    "|počkej\\w*|počkat|moment|oprava|omluv\\w*|čekaj\\w*|počakaj|várj\\w*|várjunk|stai|așteaptă"
    "|greșeală|подожди\\w*"
    "|постойте|стоп|стой"
    "|погоди\\w*|минутку|ошибся|ошиблась|поправка|зачека\\w+|стривай\\w*|помилився|чакай\\w*|грешка|περίμεν\\w+"
    "|στάσου|διόρθωση|λάθος"
    "|dur(?:un)?|bekle\\w*|pardon|düzeltme|gözləyin|tunggu|sebentar|maaf|koreksi|ralat|khoan|đợi (?:đã"
    "|chút)|xin lỗi"
    "|nhầm|sandali|teka|subiri|samahani"
    "|انتظر|مهلا|لحظة|عذرا|صبر کن\\w*|ببخشید|اصلاح|ٹھہر\\w+|رکیں|معاف|רגע|סליחה|תיקון",
    "等等|等一下|慢着|且慢|抱歉|更正|算错|不对|不對|待って|すみません|失礼|訂正|いや|잠깐|잠시|아니"
    "|죄송|정정|रुक"
    "|क्षमा|माफ|दাঁড়|দাঁড়|দুঃখিত|เดี๋ยว|ขอโทษ"
    "|ขออภัย|பொறு|மன்னி|ఆగ|క్షమి",
)
"""What opens a correction of an answer that is already given."""


def _is_taken_back(rest: str) -> bool:
    """Whether what follows an announced answer corrects it with another number, or only calls it wrong.

    >>> _is_taken_back(". Wait, it's 14."), _is_taken_back(". 5 + 9 = 14."), _is_taken_back(". Nein, das ist falsch.")
    (True, False, True)
    """
    rest = rest[:400].strip(" .*_$\n")
    if len(rest) < 6:
        return False
    if any(char.isdecimal() for char in rest):
        return _TAKES_BACK.search(rest[:120]) is not None or _corrects(rest)
    return any(withdraws(sentence) for sentence in SENTENCES.split(rest))


def is_box_taken_back(before: str, rest: str) -> int | None:
    """Where in the text behind a box the sentence ends that takes it back; None where none does.

    A box that stands for an example of the form is taken back by a text that then gives up.

    >>> is_box_taken_back("", ". Wait, that is wrong. It is 20."), is_box_taken_back("", ". Check: 9 * 2 = 18.")
    (21, None)
    """
    end = 0
    for sentence in SENTENCES.split(rest[:300])[:3]:
        end += len(sentence) + 1
        opening = _FIRST_DIGIT.split(sentence, maxsplit=1)[0].strip(" $*.)]\\")
        if len(opening) < 5:
            continue
        if _TAKES_BACK.search(opening[:40]) and takes_back(opening):
            return end - 1 - len(sentence) + (sentence.find(opening) + len(opening))
        break
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


def _corrects(rest: str) -> bool:
    """Whether the sentence that follows an answer, up to its first number, calls that answer wrong."""
    first = SENTENCES.split(_FIRST_DIGIT.split(rest, maxsplit=1)[0])[0]
    return len(first) > 5 and TAKES_BACK.search(first) is not None


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


def _first_sentence(text: str) -> str:
    """The text up to its first end of a sentence that is in no bracket: `(1; 2)` is one answer."""
    for end in SENTENCE_END.finditer(text):
        before = text[: end.start()]
        if sum(map(before.count, "([")) <= sum(map(before.count, ")]")):
            return before
    return text
