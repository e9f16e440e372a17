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
from rewards.math.corrections import opens_correction
from rewards.math.denials import DENIED, DOUBTED
from rewards.math.giving_up import GIVES_UP
from rewards.math.introduced import CONCLUDES, CONFIRMS, is_stated_by
from rewards.math.plans import KNOWN, SO_FAR, is_english, looks_ahead
from rewards.math.refusals import WRONG, WRONG_IN_A_WORD
from rewards.math.unit_facts import is_fact_of_units
from rewards.math.withdrawals import TAKES_BACK

_MOST_CHARS = 1200
_WRONG = Alternatives("|".join(WRONG.values()), WRONG_IN_A_WORD)
_DIGIT = re.compile(r"\d")
_LABEL_ALONE = re.compile(r"\s*(?:\*\*)?(\d{1,2})[.)](?:\*\*)?\s*")
_NEW_TASK = re.compile(
    r"(?:^|\n)[\s*#_]*(?:question|problem|exercise|aufgabe|frage|problème|exercice|pregunta|problema"
    r"|ejercicio|pergunta"
    r"|questão|domanda|esercizio|opgave|vraag|pytanie|zadanie|otázka|úloha|вопрос|задача|питання|soru"
    r"|soal|pertanyaan"
    r"|câu hỏi|bài toán|swali|tanong|fråga|uppgift|kysymys|tehtävä|kérdés|feladat|întrebare|ερώτηση"
    r"|سؤال|سوال|שאלה|प्रश्न"
    r"|প্রশ্ন|โจทย์|คำถาม|问题|問題|题目|題目|문제|질문)\s?(?:\d{1,2})?[*_]*\s?[:：]",
    re.IGNORECASE,
)
_ASKED = re.compile(r"[?？؟;](?=\s|$)")
_TO_THE_READER = re.compile(
    r"\b(?:let me know|feel free|(?:i )?hope|if you|any questions?|your? (?:answer|work)|thank)\b", re.IGNORECASE
)
_OTHERS = re.compile(
    r"\b(?:others?|second|negative|option|choice|method|way|approach|common|(?<!made a )(?<!make a )(?<!my"
    r" )(?<!is a )mistake|many people|forget)\b",
    re.IGNORECASE,
)


def without_new_task(text: str) -> str:
    """A text without another task that it begins behind its own answer.

    >>> without_new_task("So it is 70.\\n\\nQuestion: A bakery makes 72"), without_new_task("Question: 5 and 6?")
    ('So it is 70.', 'Question: 5 and 6?')
    """
    if ":" not in text and "：" not in text:
        return text
    last = next(iter(list(_NEW_TASK.finditer(text))[::-1]), None)
    if last is None or not _DIGIT.search(text, 0, last.start()) or _ASKED.search(text, last.end()):
        return text
    return text[: last.start()].rstrip()


_CUT = re.compile(
    r"[\s,](?:und|oder|weil|dass|et|ou|car|parce que|que|y|o|porque|de|e|che|perché|en|of|want|omdat|i"
    r"|oraz|lub|bo|że|a|nebo|protože"
    r"|и|или|потому что|что|та|або|бо|ve|veya|çünkü|ki|dan|atau|karena|yang|và|hoặc|vì|na|au|kwa|kwamba"
    r"|og|eller|fordi|och|att|eftersom"
    r"|ja|tai|koska|että|és|vagy|mert|hogy|și|sau|pentru că|că|και|ή|γιατί|ότι|و|أو|لأن|أن|که|چون|یا"
    r"|اور|کہ|और|या|क्योंकि|कि|এবং|অথবা|কারণ"
    r"|ו|או|כי)\s*$|(?:和|与|與|或|因为|因為|而且|但是|และ|หรือ|เพราะ|ว่า)\s*$"
)
"""Words that end no sentence."""


def breaks_off(text: str) -> bool:
    """Whether a text ends in code that is not closed, at a label of a list, or in a task that it only repeats.

    >>> breaks_off("```python\\nfor i in range(10"), breaks_off("1. First.\\n2. Second.\\n3."), breaks_off("18")
    (True, True, False)
    """
    if text.count("```") % 2 or (not text.isascii() and _CUT.search(text[-16:])):
        return True
    line = text.rstrip().rpartition("\n")[2]
    if line.endswith((":", "：")):
        return True
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
    if any(withdraws(sentence) for sentence in behind) or _leaves_work(first):
        return True
    tail = tail if stated is None else stated[-_MOST_CHARS:]
    last = _last_digit(tail)
    if last < 0:
        return False
    start = _NUMERAL_AT_END.search(tail[: last + 1])
    before = SENTENCES.split(tail[: start.start() if start else last])
    own = f"{before[-1]}{tail[start.start() if start else last : last + 1]}{SENTENCES.split(tail[last + 1 :])[0]}"
    return _claims_nothing(own, before[-1], [sentence for sentence in before[:-1] if sentence.strip()])


_NUMERAL_AT_END = re.compile(r"\d[\d.,/]{0,30}$|\d$")


def _last_digit(text: str) -> int:
    return next((index for index in range(len(text) - 1, -1, -1) if text[index].isdecimal()), -1)


def withdraws(sentence: str) -> bool:
    """Whether a sentence without a number takes back what stands before it, or says that it is not all.

    >>> withdraws("Attendez, ce n'est pas correct."), withdraws("I hope this helps!"), withdraws("Now add the rest.")
    (True, False, True)
    """
    sentence = sentence.strip()
    if len(sentence) < 3 or is_to_the_reader(sentence):
        return False
    if takes_back(sentence) or GIVES_UP.search(sentence) or opens_correction(sentence):
        return True
    return looks_ahead(sentence) or _LACKS.search(sentence) is not None


def is_to_the_reader(sentence: str) -> bool:
    """Whether a sentence only speaks to the reader.

    >>> is_to_the_reader("Let me know if anything is unclear."), is_to_the_reader("That is unclear.")
    (True, False)
    """
    return _TO_THE_READER.search(sentence) is not None


_LACKS = re.compile(
    r"\b(?:we|i) still (?:need|lack|have to|must)\b|\b(?:is|are) (?:still )?missing\b|\b(?:comes?|is|are) next\b"
    r"|\byet to (?:be|come)\b|\bnot (?:been |yet )?(?:included|counted|added|considered|accounted)\b|\bstill to"
    r" (?:be|come|do)\b"
    r"|\bremains? to be\b|\bnoch nicht (?:enthalten|eingerechnet|berücksichtigt|dabei|mitgezählt)\b|\bfehl(?:t"
    r"|en) noch\b"
    r"|\bpas encore (?:compt|inclu|ajout)\w*|\b(?:aún|todavía) no (?:\w+ )?(?:inclu|cont|sum)\w*|\bainda não"
    r" (?:\w+ )?(?:inclu|cont|som)\w*"
    r"|\bnon (?:\w+ )?ancora (?:inclus|contat|aggiunt)\w*|\bnog niet (?:meegeteld|inbegrepen|meegerekend)\b"
    r"|ещё не (?:учт|посчит|включ)\w*|еще не (?:учт|посчит|включ)\w*|ще не (?:врах|порах|включ)\w*|jeszcze nie"
    r" (?:wlicz|dolicz|uwzgl)\w*"
    r"|還沒[算加計]|还没[算加计]|まだ含|まだ足して|아직 (?:포함|더하)",
    re.IGNORECASE,
)


def is_of_others(sentence: str) -> bool:
    """Whether a sentence speaks of other values, or of what others often do.

    >>> is_of_others("A common mistake is to forget the tip"), is_of_others("Un error común es 13")
    (True, True)
    """
    return _OTHERS.search(sentence) is not None or _USUAL.search(sentence) is not None


_USUAL = Alternatives(
    r"habitual(?:es)?|comun(?:e|es|ément|emente)?|común|comum|commun|communes?|courante?s?|fréquent\w*|frecuent\w*|frequent\w*"
    r"|häufig\w*|typisch\w*|beliebt\w*|oft|viele|veelgemaakte?|vaak|vanlig\w*|ofta|almindelig\w*|ofte|yleinen|usein|sageli"
    r"|częst\w+|typow\w+|čast\w+|běžn\w+|bežn\w+|част\w+|распростран\w+|типичн\w+|типов\w+|поширен\w+|често|gyakori\w*"
    r"|frecvent\w*|συνηθισμέν\w+|συχν\w+|yaygın|sık|umum|sering|phổ biến|thường|شائعة?|رایج|عام|נפוצ\w*",
    "常[见見]|容易|よくある|흔[한히]|आम|সাধারণ|พบบ่อย",
)


def takes_back(sentence: str) -> bool:
    """Whether a sentence calls what was said wrong, doubts it or begins anew."""
    if is_of_others(sentence):
        return False
    if TAKES_BACK.search(sentence) or _WRONG.search(sentence) or DOUBTED.search(sentence):
        return True
    return DENIED.search(sentence) is not None and CONFIRMS.search(sentence) is not None


_RESULTS_IN = re.compile(
    r"[=≈→]|\\approx|\b(?:get|gets|gives?|giving|leaves?|leaving|makes?|making|which is|which are"
    r"|equals?|yields?)\b"
)


def _leaves_work(rest: str) -> bool:
    """Whether the rest of a sentence behind its number says that something is still to be done: a clause of its own."""
    if _OTHERWISE.search(rest):
        return True
    clause = re.search(r"[,;，、،—–]\s?(.{6,})", rest)
    if clause is None:
        return False
    step = clause[1].rstrip(" .!")
    has_step = looks_ahead(step) or (is_english(step) and _STEP.search(step) is not None)
    return has_step and not _RESULTS_IN.search(clause[1])


_OTHERWISE = re.compile(
    r"\bbut (?:i|we) (?:get|got|find|found|think) (?:something|another|a different|otherwise)\b"
    r"|\b(?:mais je (?:trouve|obtiens)|pero yo|aber ich (?:komme|erhalte|bekomme)|ma io|mas eu|maar ik (?:kom|krijg)"
    r"|men (?:jag|jeg) (?:får|fik)|ale mi(?:ě)? (?:wychodzi|vychází)|но у меня|але у мене|ama ben"
    r"|tapi saya|nhưng tôi)\b|但是?我",
    re.IGNORECASE,
)


def _claims_nothing(own: str, before: str, earlier: list[str]) -> bool:
    """Whether the sentence of the last number says what to do, a fact of units, or follows on giving up."""
    clause = _COMMA.split(before)[-1]
    if SO_FAR.search(before) and not _THUS.search(before):
        return True
    if _QUOTES.search(before) or (earlier and _NARRATES.match(own) and _CONCLUDED.match(earlier[-1])):
        return True
    is_concluded = CONCLUDES.search(before) is not None and not is_english(before)
    if not is_concluded and KNOWN.search(before[:60]) and not _THUS.search(before):
        return True
    if _RESULTS_IN.search(before) or is_concluded or _CONCLUDES_IN_A_WORD.search(before):
        return is_english(own) and not _EFFECT.search(clause) and _STEP.search(clause) is not None
    if (earlier and GIVES_UP.search(earlier[-1])) or GIVES_UP.search(before):
        return True
    if earlier and _DEFINED.match(earlier[-1].lstrip()) and not _THUS.search(before):
        return True
    if is_english(own):
        if _STEP.search(before) and not _EFFECT.search(before) and not _IS.search(before):
            return True
    elif looks_ahead(own) and not _NAMED.search(before) and not is_stated_by(before):
        return True
    return bool(earlier) and is_fact_of_units(own)


_CONCLUDES_IN_A_WORD = re.compile(
    "所以|因此|因而|故|于是|於是|可得|得到|したがって|従って|よって|だから|ゆえに|따라서|그래서"
    "|그러므로|इसलिए|अतः|म्हणून|সুতরাং|তাই|অতএব"
    "|ดังนั้น|จึง|เพราะฉะนั้น|ஆகவே|எனவே|కాబట్టి|ಆದ್ದರಿಂದ|അതിനാൽ"
)
_QUOTES = re.compile(
    r"\b(?:(?:first|last|second|third|next|other) (?:line|sentence|paragraph|part|page)|it) (?:says"
    r"|reads|states|said)\s*$"
    r"|\b(?:while|whereas|but)\b[^.]{0,20}\boption [A-J] (?:only |just )?(?:gives|yields|says|is)\s*$"
    r"|\b(?:use|using|apply|applying)\b[^.=]*\b(?:with|where)\b[^.]*=\s*$|\bassum(?:es|ed)\b[^.]*$"
    r"|\b(?!oth|rath)[a-z]{2,10}er than\s*$|\b(?:a|an|any|some) (?:multiple|factor|divisor"
    r"|power) of\s*$|\bdivisible by\s*$"
    r"|\b(?:decide|choose|choice|torn) between\b[^.]*$|\b(?:two|several|both) possible\b[^.]*$|\bcandidates\b[^.]*$"
    r"|^\W*(?:before|earlier|previously|yesterday|last (?:week|month|year|time|season|summer"
    r"|winter))\b[^=]*\b(?:had|was|were|did)\s*\W{0,2}$"
    r"|\b(?:my|best|wild|first) (?:guess|hunch|attempt|try)\b[^.]*$|^\W*(?:given|let(?!['’]|\s+(?:us|me)\b)|gegeben"
    r"|soit|sea|sia|дано|пусть)\b[^.]*$"
    r"|\bsetz(?:en|e) (?:wir|ich)\b[^.]*$"
    r"|\b(?:keeps?|kept) (?:insisting|saying|claiming|telling)\b[^.]{0,40}$",
    re.IGNORECASE,
)
_DEFINED = re.compile(r"(?:let|denote|call)\b[^=]*\b(?:be|by|as|denote)\b[^=]*$", re.IGNORECASE)
"""A sentence that only names an unknown, behind which the task is told again."""
_CONCLUDED = re.compile(r"\W*(?:so|therefore|thus|hence|in total|altogether)\b.*\d", re.IGNORECASE)
_IS = re.compile(r"\b(?:is|are|was|be)\s*\W{0,3}$")
_NARRATES = re.compile(
    r"\W*(?:[Hh]e|[Ss]he|[Tt]hey|[A-Z][a-z]+) (?:gave|lost|ate|used|threw|started|began|donated|lent|broke)"
    r" (?:away |up |with |out |off )?(?:[a-z]+ ){0,2}\d[\d,.]*(?! \w+ left)[^=]*$"
)
"""What happened, told again behind a conclusion."""
_COMMA = re.compile(r"[,;，、،](?=\D)")
_NAMED = re.compile(r"[:：]\W*$")
_EFFECT = re.compile(
    r"[=≈:]|\b(?:thus|hence|therefore|total|altogether|in all|get|gets|gives?|giving|leaves?|leaving|makes?"
    r"|making|which is|which are|equals?|yields?)\b",
    re.IGNORECASE,
)
_THUS = re.compile(r"=|\b(?:so|thus|hence|therefore)\b", re.IGNORECASE)
_STEP = re.compile(
    r"\b(?:(?:need|have|has|had|must|want|still|remains?|left|yet|going|ought|would|could|should|will"
    r"|can)(?: to| then| now"
    r"| also| still| first| next| just)*|['’]ll(?: then| now| also| first| next| just)*"
    r"|(?:next|then|now|first|second|finally|after that|let['’]s(?: now)?|let us(?: now)?)(?:,)?(?: we"
    r"| i| you| let us| let['’]s)?)"
    r" (?:add|subtract|multiply|divide|find|compute|calculate|determine|work out|figure out|convert"
    r"|compare|combine|count"
    r"|take (?:half|the|a|away|off)|use|plug|substitute|consider|try|check|look|deduct|round|test)\b[^.=]*$",
    re.IGNORECASE,
)
"""A step that is still to be taken, in English; the others have `plans`."""
