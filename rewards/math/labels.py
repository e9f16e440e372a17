"""Numbers that only name a problem, `question 5`, `Aufgabe Nr. 5`, `第5题`, `5번 문제`, or a place in a book."""

from __future__ import annotations

import re

from rewards.math.alternatives import Alternatives

_TASK = {
    "en": "problem|question|exercise|task|puzzle|riddle|step|case|method|example|equation|figure|chapter",
    "de": "aufgaben?|frage|übung",
    "fr": "problème|question|exercice",
    "es, ca, gl": "problema|pregunta|ejercicio|exercici|exercicio",
    "pt": "problema|questão|pergunta|exercício",
    "it": "problema|domanda|esercizio|quesito",
    "nl, af": "opgave|vraag|oefening|probleem|vraagstuk",
    "sv, da, no": "uppgift(?:en)?|fråga(?:n)?|oppgaven?|opgaven?|spørsmål(?:et)?|spørgsmål(?:et)?|problem(?:et)?",
    "fi, et": r"tehtäv\w+|kysymy\w+|ülesan\w+|küsimus\w*",
    "pl": r"zada\w+|pyta\w+",
    "cs, sk, sl, hr": r"úloh\w+|otáz\w+|příklad\w*|príklad\w*|nalog\w*|vprašanj\w+|zadat\w+|pitanj\w+",
    "ro": r"problem[aăe]i?|întrebarea|exercițiul\w*",
    "ru, uk, bg, sr": r"задач\w*|вопрос\w*|упражнени\w+|задани\w+|пример\w*|питанн\w+|вправ\w+|завданн\w+|въпрос\w*"
    r"|задат\w+|питањ\w+",
    "el": r"πρόβλημα\w*|προβλήματο\w*|ερώτηση\w*|άσκηση\w*",
    "tr, az": r"soru\w*|problem\w*|sual\w*",
    "id, ms, tl": "soal(?:an)?|pertanyaan|masalah|tanong|problema",
    "vi": "bài(?: toán| tập)?|câu(?: hỏi)?",
    "sw": "swali|tatizo|zoezi",
    "ar, fa, ur": "(?:ال)?سؤال|(?:ال)?مسألة|(?:ال)?تمرين|(?:ال)?مشكلة|سوال|مسئله|مسئلہ|تمرین",
    "he": "ה?שאלה|ה?תרגיל|ה?בעיה",
    "hi, mr, ne": "प्रश्न|सवाल|समस्या",
    "bn": "প্রশ্ন|সমস্যা",
    "ta, te, kn": "கேள்வி|வினா|ప్రశ్న|ಪ್ರಶ್ನೆ",
    "th": "คำถาม(?:ข้อ)?(?:ที่)?|โจทย์(?:ข้อ)?(?:ที่)?",
}
_NUMBERED = (
    r"number|num\.?|no\.?|nr\.?|n[º°o]\.?|número|numéro|numero|nummer|номер|№|#|رقم|شماره|نمبر|מספר|संख्या|নম্বর|số|nomor"
)
_BEFORE = re.compile(
    rf"(?:(?<!\w)(?:{'|'.join(_TASK.values())})\s{{0,2}}(?:(?:{_NUMBERED})\s?)?|(?:問題?|문제)\s?)[(\[$]?$",
    re.IGNORECASE,
)
_TASKS = Alternatives("|".join(_TASK.values()), "問|문제", behind="")
_PLACE = re.compile(r"第\s?$")
_BEHIND_PLACE = re.compile(r"\s?[道个個小大]?[题題問问]")
_BEHIND = re.compile(r"\.\s?(?:feladat|soru|tehtäv|uzdevum|uždavin)|\s?번\s?(?:문제|문항|질문)", re.IGNORECASE)


def names_a_problem(text: str, start: int, end: int) -> bool:
    """Whether the number from `start` to `end` of a text says which problem is meant.

    >>> text = "I cannot solve problem 10."
    >>> names_a_problem(text, 23, 25), names_a_problem("It is 10", 6, 8), names_a_problem("第10题", 1, 3)
    (True, False, True)
    """
    before = text[max(0, start - 30) : start]
    if _PLACE.search(before):
        return _BEHIND_PLACE.match(text, end) is not None
    if _TASKS.search(before) and _BEFORE.search(before):
        return True
    return _BEHIND.match(text, end) is not None


_REFERENCE = re.compile(
    r"\b(?:see|printed|listed|shown|given|found|stated|explained|proved|proven|appears?|described|discussed|derived"
    r"|covered|turn|refer|solved|answered)\b[^.!?\n]{0,30}\b(?:page|pages|pp?\.|section|chapter|appendix|theorem|lemma|line|table"
    r"|figure|volume|part|note)\s*$|\b(?:theorem|lemma|corollary|proposition|equation|eq\.|definition|axiom|appendix)\s?\(?$"
    "|(?:[见見]|答案在)第\\s?$",
    re.IGNORECASE,
)


def is_reference(before: str) -> bool:
    """Whether a number behind these words says where something stands in a book.

    >>> is_reference("The answer is printed on page "), is_reference("She is on page ")
    (True, False)
    """
    return _REFERENCE.search(before[-80:]) is not None
