# ruff: noqa: RUF001  (words in other scripts)
"""Whether prose that marks no answer claims its last number as the result. Standard library only.

A plain ending claims it: the last sentence with a number states it ("So 12 apples are left."), computes it
("12 + 6 = 18."), names it ("Total: 18") or is nothing else ("18"), and nothing behind takes it back. These do not:

1. An ending that breaks off: in code that is not closed, at a label of a list, in a task that begins anew, at an
   operator or a word that never ends a sentence, or with a product or sum that is left to compute.
2. Sentences behind it that call it wrong, begin anew, doubt it, give up, or say what has to be done next.
3. A sentence that says what has to be done, what one hour has in minutes, or what is known, and concludes nothing.
4. A sentence before it that says there is no answer, unless the last one concludes.

What its own clause denies, bounds, doubts, asks, quotes or supposes is left to `contrasts` and `introduced`, and
English asides, checks and other cases to `statements`.
"""

from __future__ import annotations

import re

from rewards.math.alternatives import Alternatives
from rewards.math.contrasts import SENTENCES
from rewards.math.denials import DENIED, DOUBTED
from rewards.math.introduced import CONCLUDES, CONFIRMS
from rewards.math.plans import AHEAD, DOES
from rewards.math.refusals import WRONG, WRONG_IN_A_WORD
from rewards.math.units import Measure, measure
from rewards.math.withdrawals import GIVES_UP, TAKES_BACK

_MOST_CHARS = 1200
_WRONG = Alternatives("|".join(WRONG.values()), WRONG_IN_A_WORD)
_DIGIT = re.compile(r"\d")
_LABEL_ALONE = re.compile(r"\s*(?:\*\*)?(\d{1,2})[.)](?:\*\*)?\s*")
_NEW_TASK = re.compile(
    r"(?:^|\n)[\s*#_]*(?:question|problem|exercise|aufgabe|frage|problème|exercice|pregunta|problema|ejercicio|pergunta"
    r"|questão|domanda|esercizio|opgave|vraag|pytanie|zadanie|otázka|úloha|вопрос|задача|питання|soru|soal|pertanyaan"
    r"|câu hỏi|bài toán|swali|tanong|fråga|uppgift|kysymys|tehtävä|kérdés|feladat|întrebare|ερώτηση|سؤال|سوال|שאלה|प्रश्न"
    r"|প্রশ্ন|โจทย์|คำถาม|问题|問題|题目|題目|문제|질문)\s?(?:\d{1,2})?[*_]*\s?[:：]",
    re.IGNORECASE,
)
_ASKED = re.compile(r"[?？؟;](?=\s|$)")
_TO_THE_READER = re.compile(
    r"\b(?:let me know|feel free|(?:i )?hope|if you|any questions?|your? (?:answer|work)|thank)\b", re.IGNORECASE
)
_OTHERS = re.compile(
    r"\b(?:others?|second|negative|option|choice|method|way|approach|common|mistake|many people|forget)\b", re.IGNORECASE
)


def without_new_task(text: str) -> str:
    """A text without another task that it begins behind its own answer.

    >>> without_new_task("So it is 70.\\n\\nQuestion: A bakery makes 72"), without_new_task("Question: 5 and 6?")
    ('So it is 70.', 'Question: 5 and 6?')
    """
    if ":" not in text and "：" not in text:
        return text
    last = None
    for last in _NEW_TASK.finditer(text):
        pass
    if last is None or not _DIGIT.search(text, 0, last.start()) or _ASKED.search(text, last.end()):
        return text
    return text[: last.start()].rstrip()


def breaks_off(text: str) -> bool:
    """Whether a text ends in code that is not closed, at a label of a list, or in a task that it only repeats.

    >>> breaks_off("```python\\nfor i in range(10"), breaks_off("1. First.\\n2. Second.\\n3."), breaks_off("18")
    (True, True, False)
    """
    if text.count("```") % 2:
        return True
    line = text.rstrip().rpartition("\n")[2]
    label = _LABEL_ALONE.fullmatch(line)
    if label and re.search(rf"(?:^|\n)\W{{0,4}}{int(label[1]) - 1}[.)]\s+\S", text):
        return True
    task = _NEW_TASK.match(text.lstrip()) if ":" in text or "：" in text else None
    return task is not None and not _ASKED.search(text) and "\n" not in text.strip() and "=" not in text


def is_unclaimed(text: str, stated: str | None = None) -> bool:
    """Whether the sentences around the last number of a text keep it from being its result.

    `stated` is the text without the comments that end it, where it has any: its last number is the one that counts.

    >>> is_unclaimed("So 18 are left."), is_unclaimed("24 - 6 = 18. Then we have to multiply by the price.")
    (False, True)
    >>> is_unclaimed("Es sind 18. Moment, das ist falsch."), is_unclaimed("One hour is 60 minutes.")
    (True, False)
    """
    tail = text[-_MOST_CHARS:]
    last = _last_digit(tail)
    if last < 0:
        return False
    first, *behind = SENTENCES.split(tail[last + 1 :])
    if any(_withdraws(sentence) for sentence in behind) or _leaves_work(first):
        return True
    tail = tail if stated is None else stated[-_MOST_CHARS:]
    last = _last_digit(tail)
    if last < 0:
        return False
    before = SENTENCES.split(tail[:last])
    own = f"{before[-1]}{tail[last]}{SENTENCES.split(tail[last + 1 :])[0]}"
    return _claims_nothing(own, before[-1], [sentence for sentence in before[:-1] if sentence.strip()])


def _last_digit(text: str) -> int:
    return next((index for index in range(len(text) - 1, -1, -1) if text[index].isdecimal()), -1)


def _withdraws(sentence: str) -> bool:
    """Whether a sentence without a number takes back what stands before it, or says that it is not all."""
    sentence = sentence.strip()
    if len(sentence) < 3 or _TO_THE_READER.search(sentence):
        return False
    if takes_back(sentence) or GIVES_UP.search(sentence):
        return True
    return AHEAD.search(sentence) is not None and DOES.search(sentence) is not None


def takes_back(sentence: str) -> bool:
    """Whether a sentence calls what was said wrong, doubts it or begins anew.

    >>> takes_back("Attendez, ce n'est pas correct."), takes_back("This is correct.")
    (True, False)
    """
    if _OTHERS.search(sentence):
        return False
    if TAKES_BACK.search(sentence) or _WRONG.search(sentence) or DOUBTED.search(sentence):
        return True
    return DENIED.search(sentence) is not None and CONFIRMS.search(sentence) is not None


_RESULTS_IN = re.compile(r"[=≈→]|\\approx|\b(?:get|gets|gives?|giving|leaves?|leaving|makes?|making|which is|which are|equals?|yields?)\b")


def _leaves_work(rest: str) -> bool:
    """Whether the rest of a sentence behind its number says that something is still to be done: a clause of its own."""
    clause = re.search(r"[,;，、،—–]\s?(.{6,})", rest)
    if clause is None:
        return False
    words = clause[1]
    return AHEAD.search(words) is not None and DOES.search(words) is not None and not _RESULTS_IN.search(words)


def _claims_nothing(own: str, before: str, earlier: list[str]) -> bool:
    """Whether the sentence of the last number says what to do, a fact of units, or follows on giving up."""
    if _RESULTS_IN.search(before) or CONCLUDES.search(before):
        clause = re.split(r"[,;，、،]", before)[-1]
        is_step = _RESULTS_IN.search(clause) is None and CONCLUDES.search(clause) is None
        return is_step and clause != before and before.isascii() and _is_a_step(clause)
    if (earlier and GIVES_UP.search(earlier[-1])) or GIVES_UP.search(before):
        return True
    if _is_a_step(own) and not _EFFECT.search(own):
        return True
    return bool(earlier) and _is_fact_of_units(own)


_EFFECT = re.compile(r"\b(?:so|thus|hence|therefore|total|altogether|in all|answer|result)\b|[:：]\s*\W*\d", re.IGNORECASE)


def _is_a_step(sentence: str) -> bool:
    return AHEAD.search(sentence) is not None and DOES.search(sentence) is not None


_WORD = re.compile(r"[^\W\d_]+")
_ONE_OR_NONE = re.compile(r"(?<![\d.,])\d[\d.,]*")


def _is_fact_of_units(sentence: str) -> bool:
    """Whether a sentence only says how many of a smaller unit a larger one has: "one hour is 60 minutes".

    >>> _is_fact_of_units("Bir saat 60 dakikadır"), _is_fact_of_units("One hour later he has 50 minutes")
    (True, False)
    """
    found = [match for match in _ONE_OR_NONE.finditer(sentence) if match[0].strip(".,") != "1"]
    if len(found) != 1 or len(sentence) > 120:
        return False
    count = found[0][0].strip(".,").replace(",", "")
    larger = _units(sentence[: found[0].start()])
    smaller = _units(sentence[found[0].end() :])[:1] or _units(sentence[: found[0].start()])[-1:]
    return any(
        one.dimensions == other.dimensions and one.factor == other.factor * int(count)
        for one in larger
        for other in smaller
        if count.isdecimal()
    )


def _units(text: str) -> list[Measure]:
    """The units that words of a text name, or begin with where endings are put to them."""
    found = []
    for word in _WORD.findall(text.lower()):
        ends = range(len(word), max(2, len(word) - 5) if len(word) > 4 else len(word) - 1, -1)
        unit = next((known for end in ends if (known := measure(word[:end])) is not None), None)
        if unit is not None and len(word) > 1:
            found.append(unit)
    return found
