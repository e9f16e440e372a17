# ruff: noqa: RUF001  (words in other scripts)
"""Where a completion says its final answer, by a stated policy. Standard library only; linear in the text.

1. Only the text after the last closed thinking section counts; an unclosed one hides all that follows it.
2. The last `\\boxed{...}` (balanced braces). An unclosed or empty last box is no answer. Boxes with nothing but commas,
   "and" or "or" between them are one answer of several parts; any other words between two boxes leave the last one.
3. Else what follows the last `####` on its line.
4. Else the last `<answer>...</answer>`.
5. Else (`allow_phrases`) the value of "answer", "final_answer" or "result" in the JSON object that ends the text, or
   what follows the last "answer is" or "answer:" near the end, in any language of
   `rewards.math.phrases`.
6. Else (`allow_bare`) the last line; `rewards.math.settled` reads it where it is no answer as a whole. The value must
   be stated: of two numbers with an "or" between them neither is, nor one that its clause denies, makes a bound,
   quotes or takes from the task. English comments behind the last statement (checks, comparisons, asides, other cases,
   reasons) are not read, unless they reject it: `rewards.math.statements`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from rewards.math.alternatives import Alternatives
from rewards.math.attributed import is_anothers
from rewards.math.boxes import BOX_OF_ONE, TAKEN_BACK, Box, find_boxes, without_denied_boxes
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
from rewards.math.formulas import INLINE_MATH, displayed, joined, without_closing
from rewards.math.hearsay import SAID
from rewards.math.moments import moment
from rewards.math.phrases import COPULA, SENTENCE_END, last_announcement
from rewards.math.scruples import HARDLY, SUPPOSING
from rewards.math.statements import without_comments

TAIL_CHARS = 4000
"""Answer phrases and bare answers are looked for in this many last characters, so that a long text costs little."""
_THINKING = ("think", "thinking", "thought", "reasoning")


@dataclass(frozen=True, slots=True)
class Extracted:
    """What was found; `text` is empty when nothing was, and `how` then says why."""

    text: str
    how: str


def extract(text: str, *, allow_phrases: bool, allow_bare: bool) -> Extracted:
    """The final answer of a completion, still in the model's own notation.

    >>> extract("So 9+9 = \\\\boxed{18}.", allow_phrases=True, allow_bare=False)
    Extracted(text='18', how='boxed')
    >>> extract("I think it is 18", allow_phrases=True, allow_bare=False)
    Extracted(text='', how='no answer found')
    """
    text = own_words(text)
    if "\\boxed" in text or "\\fbox" in text:
        text = text.replace("\\fbox", "\\boxed")
        last = text.rindex("\\boxed")
        behind = TAKEN_BACK.search(text, last) or _EMPTY_BOX.match(text, last)
        if behind is None or (not text[behind.end() :].strip(" $.*)]\\\n") and behind.re is _EMPTY_BOX):
            return _boxed(text)
        text, allow_bare = text[behind.end() :], allow_bare and behind.re is not _EMPTY_BOX
    if "####" in text:
        line = text[text.rindex("####") + 4 :].strip(" \t\r\n:#").partition("\n")[0].strip()
        return Extracted(line, "####" if line else "nothing after ####")
    if "</answer>" in text:
        return _tagged(text)
    tail = text[-TAIL_CHARS:]
    if allow_phrases and (value := _in_json(tail)):
        return Extracted(value, "stated")
    if allow_phrases and (stated := _phrase(tail)) is not None:
        return Extracted(stated, "stated" if stated else "nothing behind the announcement of an answer")
    if allow_bare:
        tail = without_closing(tail.strip())
        line = (without_comments(tail) or tail).rpartition("\n")[2].strip()
        return Extracted(line, "bare" if line else "no answer found")
    return Extracted("", "no answer found")


_ANSWER_KEYS = ("final_answer", "finalAnswer", "final answer", "answer", "result")


def _in_json(tail: str) -> str:
    """The answer of the JSON object that ends a text; empty where none does, or has no key for one.

    >>> _in_json('```json\\n{"final_answer": "3/8", "confidence": 0.9}\\n```'), _in_json("{1, 2}")
    ('3/8', '')
    """
    tail = tail.rstrip().removesuffix("```").rstrip()
    if not tail.endswith("}") or '"' not in tail:
        return ""
    try:
        found = json.loads(tail[f"\n{tail}".rfind("\n{") :], parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return ""
    values = [found[key] for key in _ANSWER_KEYS if key in found] if isinstance(found, dict) else []
    return values[0].strip() if values and isinstance(values[0], str) else ""


def _tagged(text: str) -> Extracted:
    """What the last answer tag holds, or the answer that is announced in it."""
    end = text.rindex("</answer>")
    start = text.rfind("<answer>", 0, end)
    inside = text[start + len("<answer>") : end].strip() if start >= 0 else ""
    stated = _phrase(inside[-TAIL_CHARS:])
    return Extracted(stated or inside, "tagged" if inside else "an empty or unopened answer tag")


_END_OF_TURN = re.compile(r"<\|(?:im_end|eot_id|endoftext|end_of_text|im_start|return)\|>|<(?:end_of_turn|eos|/s)>")
_START_OF_TURN = re.compile(r"\s*<\|im_start\|>\s*assistant\b")


def own_words(text: str) -> str:
    """What a completion says after its last thinking section, up to the end of its own turn.

    >>> own_words("<think>5?</think> 6<|im_end|> <|im_start|>user 7")
    ' 6'
    """
    if "<" not in text:
        return text
    text = after_thinking(text)
    if "<|message|>" in text:
        text = text.rpartition("<|message|>")[2]
    if (opening := _START_OF_TURN.match(text)) is not None:
        text = text[opening.end() :]
    end = _END_OF_TURN.search(text)
    return text[: end.start()] if end else text


def after_thinking(text: str) -> str:
    """The text after the last closed thinking section, cut where another one opens and never closes.

    >>> after_thinking("<think>maybe 5</think> 6"), after_thinking("7 <think>or 8")
    (' 6', '7 ')
    """
    if "<" not in text:
        return text
    for tag in _THINKING:
        before, closing, after = text.rpartition(f"</{tag}>")
        text = after if closing else before + after
    for tag in _THINKING:
        text = text.partition(f"<{tag}>")[0]
    return text


_BETWEEN_PARTS = re.compile(
    r"(?:[\s$,;&.]|\\[()\[\]]|\\q?quad(?![a-z])|and\b|or\b|(?:y|o|e|et|ou|und|oder|en|of|og|och|eller|i|lub|и|или|и"
    r"|та|або|ve|veya|dan|atau|và|hoặc)\b"
    r"|[和与或]|または|と|또는|과|와|और|या|و|أو|\\text\s*\{\s*(?:or|and)\s*\}"
    r"|[A-Za-z](?:_\{?\w{1,3}\}?|_\w)?\s{0,3}=)*"
)
_EMPTY_BOX = re.compile(r"\\boxed\s*\{\s*\}")
"""A box that tells where answers go; what is announced behind it counts."""
_ASKED = re.compile(r"[\s$*]{0,6}[?\uff1f\u061f]")
MAX_PARTS = 20


def _boxed(text: str) -> Extracted:
    boxes = without_denied_boxes(text, find_boxes(text))
    if not boxes:
        return Extracted("", "the last box is denied")
    last = boxes[-1]
    if last.content is None:
        single = BOX_OF_ONE.match(text, last.start)
        return Extracted(single[1], "boxed") if single else Extracted("", "the last box does not close")
    if not last.content:
        return Extracted("", "the last box is empty")
    if _ASKED.match(text, last.end):
        return Extracted("", "the last box is in a question")
    return Extracted(_parts(text, boxes), "boxed")


def _parts(text: str, boxes: list[Box]) -> str:
    """The last box, or the last ones where nothing but separators stands between them."""
    first = len(boxes) - 1
    while first > 0 and len(boxes) - first < MAX_PARTS and boxes[first - 1].content:
        between = text[boxes[first - 1].end : boxes[first].start]
        if len(between) > 40 or not _BETWEEN_PARTS.fullmatch(between) or "." in between:
            break
        first -= 1
    contents = dict.fromkeys(box.content or "" for box in boxes[first:])
    return ", ".join(contents)


def boxed_answer(text: str) -> str:
    """The content of the last box or boxes of a solution, empty where it has none.

    >>> boxed_answer("\\\\boxed{1} and \\\\boxed{-2}"), boxed_answer("\\\\boxed{1} is wrong: \\\\boxed{2}")
    ('1, -2', '2')
    """
    return _boxed(text).text


_DAY = re.compile(r"\d{1,2}")
_NUMBER = re.compile(r"\W{0,4}\d[\d.,/ ]*")
_NOT_THE_OTHER = re.compile(r"[,;]?\s+(?:and\s+)?(?:not|rather than|instead of)\s")


def _phrase(tail: str) -> str | None:
    """What follows the last answer phrase, up to the end of its sentence; None where none is believed in.

    Empty where the text breaks off behind the phrase.
    """
    announced = last_announcement(tail)
    if announced is None or _is_disbelieved(tail[max(0, announced[0] - 120) : announced[0]]):
        return None
    end = announced[1]
    if is_of_another(tail[:end]) or is_contrary_to_fact(tail[:end]) or WOULD_BE.search(tail[announced[0] : end + 60]):
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
    "wait|hold on|hang on|oops|scratch that|correction|on second thou?ght|my mistake|no,? (?:that|it)"
    "|actually,? (?:no|it|that)"
    "|hmm|let me re(?:check|do|consider|count|compute|calculate)|i (?:forgot|made (?:a|an) (?:mistake|error)"
    "|miscounted|misread)"
    "|moment|halt|stopp?|warte|korrektur|verzeihung|ich habe (?:mich|einen fehler)|nein|attends|attendez|pardon"
    "|rectification|je me suis"
    "|non,|espera|esperen|perdón|corrección|me equivoqué|peraí|espere|perdão|correção|errei|me enganei|aspett\\w+"
    "|scusa\\w*|correzione"
    "|mi sono sbagliat\\w+|ho sbagliato|wacht|vänta|vent|oj|ups|nej,|nei,|odota\\w*|hetkinen|anteeksi|czekaj\\w*"
    "|chwila|zaraz|pomyłka|poprawka"
    "|počkej\\w*|počkat|moment|oprava|omluv\\w*|čekaj\\w*|počakaj|várj\\w*|várjunk|stai|așteaptă|greșeală|подожди\\w*"
    "|постойте|стоп|стой"
    "|погоди\\w*|минутку|ошибся|ошиблась|поправка|зачека\\w+|стривай\\w*|помилився|чакай\\w*|грешка|περίμεν\\w+"
    "|στάσου|διόρθωση|λάθος"
    "|dur(?:un)?|bekle\\w*|pardon|düzeltme|gözləyin|tunggu|sebentar|maaf|koreksi|ralat|khoan|đợi (?:đã|chút)|xin lỗi"
    "|nhầm|sandali|teka|subiri|samahani"
    "|انتظر|مهلا|لحظة|عذرا|صبر کن\\w*|ببخشید|اصلاح|ٹھہر\\w+|رکیں|معاف|רגע|סליחה|תיקון",
    "等等|等一下|慢着|且慢|抱歉|更正|算错|不对|不對|待って|すみません|失礼|訂正|いや|잠깐|잠시|아니|죄송|정정|रुक"
    "|क्षमा|माफ|दাঁড়|দাঁড়|দুঃখিত|เดี๋ยว|ขอโทษ"
    "|ขออภัย|பொறு|மன்னி|ఆగ|క్షమి",
)
"""What opens a correction of an answer that is already given."""


def _is_taken_back(rest: str) -> bool:
    """Whether what follows an announced answer corrects it and names another number.

    >>> _is_taken_back(". Wait, it's 14."), _is_taken_back(". 5 + 9 = 14.")
    (True, False)
    """
    rest = rest[:400].strip(" .*_$\n")
    return len(rest) > 5 and any(char.isdecimal() for char in rest) and _TAKES_BACK.search(rest[:120]) is not None


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
