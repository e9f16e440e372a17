# ruff: noqa: RUF001  (words in other scripts)
"""Values that their sentence takes back: "not 5 but 6", "6, not 5", "5, but that is wrong", in many languages."""

from __future__ import annotations

import re

from rewards.math.alternatives import Alternatives, split
from rewards.math.attributed import is_anothers, is_said_behind
from rewards.math.denials import CLAUSE_END, COMPARED, DENIED, DOUBTED, HEDGED
from rewards.math.folding import vocabulary
from rewards.math.hearsay import SAID
from rewards.math.negations import asks_in_greek, denies_by_ending
from rewards.math.scruples import GIVEN, HARDLY, IRREALIS, SUPPOSING

_OR_INSIDE = re.compile(
    r"\b(?:or|o|ou|oder|of|lub|или|або|eller|tai|vagy|sau|veya|atau|hoặc|или|ή)\b|或|または|또는|หรือ|أو|یا|या|বা|או"
)
_BUT = (
    "но|а|але|sino|sondern|mais(?! d[eo] )|ma|bensì|mas|maar|lecz|ale|nýbrž|nego|već|utan|men|vaan|hanem|ci|αλλά|بلکه"
    "|بلکہ|بل"
    "|אלא|बल्कि|বরং|melainkan|tetapi|mà là|bali|kundi|ampak|temveč|marveč|туку|vaid|heldur|senón|sinó|baizik"
    "|არამედ|այլ|(?<!anything )but"
)
_BUT_IN_A_WORD = "ではなく|でなく|じゃなく|而是|而[为為]|아니라|แต่เป็น"
_LAST_BUT = Alternatives(rf"{_BUT}|değil,?(?=\s\S*\d)", _BUT_IN_A_WORD)
INSTEAD = (
    "not|rather than|instead of|no|y no|nicht|und nicht|statt|et non(?: pas)?|non(?: pas)?|pas|e non|não|e não"
    "|а не|и не|не|нежели"
    "|i nie|a nie|nie|a ne|ne|inte|och inte|ikke|og ikke|niet|en niet|eikä|ei|és nem|nem|nu|și nu|i no|και όχι"
    "|όχι|bukan|dan bukan"
    "|chứ không phải(?: là)?|không phải(?: là)?|وليست?|ليست?|لا|و ?نه|نه|ולא|לא|hindi|si|wala|არა|ոչ|და არა|न कि"
)
_VALUE = r"\W{0,4}[-+]?\d[\d.,/ ]*"
_NOT_THE_OTHER = re.compile(
    rf"(?P<kept>.*\d\D{{0,14}}?)(?:(?:[,;:—–،，、]\s*|\s)(?:{INSTEAD})\s|[,，、]?\s*(?:而不是|而非|不是|並非|并非)\s?)"
    rf"{_VALUE}\D{{0,14}}",
    re.DOTALL | re.IGNORECASE,
)
_THE_OTHER_IS_NOT = re.compile(
    rf"(?P<kept>.*\d\W{{0,4}})[,،،，、]\s*{_VALUE}\s*(?:değil|deyil|नहीं|নয়|নয়|نہیں|نیست|નથી|ਨਹੀਂ|அல்ல|కాదు|ಅಲ್ಲ"
    rf"|അല്ല)\W*",
    re.DOTALL | re.IGNORECASE,
)


_REMARK = re.compile(r"(?<=[\w%)\]}$*])\s*[(\uff08](?P<inside>[^()（）]*[^\W\d_][^()（）]*)[)\uff09](?P<end>\W*)$")


def without_remark(text: str) -> str:
    """A sentence without the remark in brackets that ends it, unless that takes back or doubts what it says.

    >>> without_remark("Die Antwort ist 64 (siehe Schritt 3)."), without_remark("5 (mod 7)"), without_remark("5 (or 6)")
    ('Die Antwort ist 64.', '5 (mod 7)', '5 (or 6)')
    """
    remark = _REMARK.search(text[-200:]) if ")" in text[-200:] or "）" in text[-200:] else None
    if remark is None or len(remark["inside"]) < 4 or "mod" in remark["inside"] or "\\" in remark["inside"]:
        return text
    if not any(char.isdecimal() for char in text[: -len(remark[0])].rpartition("\n")[2]):
        return text
    if any(
        words.search(f"0 {remark['inside'].replace('out of', '')} 0")
        for words in (DENIED, HEDGED, COMPARED, _OR_INSIDE)
    ):
        return text
    return text[: len(text) - len(remark[0])] + remark["end"]


_ASIDE = re.compile(r"(?<=[.!?\u3002\u0964])\s*[(\uff08][^()（）\n]{4,200}[)\uff09]\s*$")


def without_aside(text: str) -> str:
    """A text without the sentence in brackets that ends it, where numbers stand before that.

    >>> without_aside("So 20 remain. (There were 18 yesterday.)"), without_aside("(It is 18.)")
    ('So 20 remain.', '(It is 18.)')
    """
    aside = _ASIDE.search(text[-240:]) if text.rstrip().endswith((")", "）")) else None
    shorter = text if aside is None else text[: len(text) - len(aside[0])]
    return shorter if any(char.isdecimal() for char in shorter) else text


_TURNS = re.compile(
    rf"\s*(?:{_BUT}|pero|aber|però|porém|jednak|однак\w*|dar|fakat|ama|nhưng|لكن|ولكن|اما|لیکن|लेकिन|किन्तु|কিন্তু"
    rf"|แต่|但是?|しかし|하지만)(?!\w)",
    re.IGNORECASE,
)


def turns_back(text: str) -> bool:
    """Whether what follows a value and its clause takes it back: ", but that is wrong".

    >>> turns_back(", pero se equivoca."), turns_back(", but 5 is the other root")
    (True, False)
    """
    clause = re.split(r"[.!?](?=\s|$)|[\u3002\u0964\n]", text[:80].lstrip(" ,;\u3001\uff0c\u060c"))[0]
    return bool(_TURNS.match(clause) and DENIED.search(clause)) and not any(char.isdecimal() for char in clause)


_BEGINS_WITH_BUT = re.compile(
    rf"[\s,;:\u3001\uff0c\u060c\u061b]*(?:(?:{_BUT}|tylko|ampak|temveč|marveč|туку|vaid|bet|o|por|senón|sinó"
    rf"|baizik eta|heldur|ach|ond"
    rf"|არამედ|այլ|bali ni|mà là|पण|ਸਗੋਂ|पर|तर)(?!\w)|{_BUT_IN_A_WORD}|[이가]?\s?아니라|แต่เป็น|แต่|ແຕ່ແມ່ນ|ទេ គឺ|မဟုတ်ဘဲ|ሳይሆን|නොව"
    r"|(?:değil|deyil|emas|емес|эмес|биш|नहीं|नाही|होइन|নয়|নয়|નહીં|ਨਹੀਂ|نہیں|അല്ല|அல்ல|కాదు|ಅಲ್ಲ)(?:[\s,]+(?:बल्कि|तर|বরং|પણ|ਸਗੋਂ|بلکہ))?)?"
    r"[\s,:]*",
    re.IGNORECASE,
)


def without_but(text: str) -> str:
    """What a text says behind a value that it denies, without the "but" in front of it.

    >>> without_but(" but 20."), without_but(", sondern 20"), without_but("20")
    ('20.', '20', '20')
    """
    text = text.strip()
    found = _BEGINS_WITH_BUT.match(text)
    return text[found.end() :] if found else text


def behind_but(before: str) -> str:
    """The part of a clause that a denial in front of its "but" does not reach.

    >>> behind_but("りんごは11個ではなく"), behind_but("it is not 5")
    ('', 'it is not 5')
    """
    return before[_LAST_BUT.last_end(before) :]


_BEFORE_LAST = re.compile(r"([^\W\d_]+)\W{1,6}\d[\d.,/ ]*\D{0,14}$")
_LAST_LETTERS = re.compile(r"[^\W\d_]+(?=[^\w?]*$)")
_DENYING = frozenset(
    found[0] for part in split(INSTEAD) if (found := _LAST_LETTERS.search(part.replace("(?: là)?", " là"))) is not None
) | frozenset(["не", "нет", "phải", "pas", "لیس", "ليس", "ليست", "وليست", "نه", "ונא"])


def _may_deny(text: str) -> bool:
    """Whether a word that denies stands at the last number of a text; a cheap look."""
    last = _BEFORE_LAST.search(text[-100:])
    if last is not None and last[1].lower() in _DENYING:
        return True
    return (not text.isascii() and any(words in text for words in _DENYING_AROUND)) or "deyil" in text


_DENYING_AROUND = vocabulary("不是 而非 並非 并非 değil नहीं নয় নয় نہیں نیست નથી ਨਹੀਂ அல்ல కాదు ಅಲ್ಲ അല്ല")


def without_denied(text: str) -> str:
    """A sentence without the value that it denies behind the one that it means.

    >>> without_denied("La respuesta es 20, no 18."), without_denied("no 18")
    ('La respuesta es 20', 'no 18')
    """
    head, tail = text[:-300], text[-300:]
    if not _may_deny(tail):
        return text
    match = _NOT_THE_OTHER.fullmatch(tail) or _THE_OTHER_IS_NOT.fullmatch(tail)
    return head + match["kept"].rstrip(" ,،，、") if match else text


_IF = {
    "subjunctives": r"(?:si|se)\b[^,.]{0,60}?\b(?:fuera|fuese|fueran|fuesen|tuvier\w+|tuvies\w+|hubier\w+"
    r"|tivesse\w*|houvesse|avesse\w*|avait|avaient|avais|fosse|fossero|fossem|étaient|était|fos)",
    "de, nl": "wenn|falls|angenommen|stel dat|als het antwoord",
    "sv, da, no": r"om svaret|hvis|ifall",
    "fi, hu, ro": "jos|ha(?= a)|dacă",
    "pl, cs, sk": "jeśli|jeżeli|gdyby|kdyby|jestliže|pokud|keby",
    "ru, uk, bg": "если|якби|якщо|ако",
    "tr, az": "eğer|olsaydı|əgər",
    "id, vi, sw, tl": "jika|jikalau|seandainya|andaikan|nếu|giả sử|ikiwa|kung ang",
    "ar, fa, ur, he": "لو|إذا كانت?|اگر|אם|אילו",
    "el": "αν|εάν",
}
_IF_IN_A_WORD = "如果|假如|倘若|要是|若是|もし|만약|만일|अगर|यदि|যদি|ถ้า|หาก"
_THEN = Alternatives(
    "then|dann|entonces|alors|allora|então|dan|så|niin|akkor|atunci|то|тоді|тогава|wtedy|to|pak|tedy|maka|thì"
    "|τότε|فإن|آنگاه|אז|נקבל|מקבלים",
    "လျှင်|तो|তাহলে|则|則|那么|那麼|なら|ならば|면",
)
"""What a condition does not reach: "if each costs 5 then all cost 30"."""
SUPPOSED = Alternatives(
    r"if|suppose|supposing|assume|assuming|imagine|pretend|unless|whether"
    r"|(?:nobody|no one|none|few|some|many|most|people|others|students?|(?<!the )they)(?:\s[a-z]{1,9}){0,3}?"
    r"\s(?:think|believe|say|claim|guess|argue|answer)s?"
    r"|(?:twice|thrice|double|triple|half of|square root of)[\s$]*$"
    rf"|{'|'.join(_IF.values())}",
    _IF_IN_A_WORD,
)
"""What makes a value a mere case, or a part of one that is still to be computed."""
_ASKED = re.compile(r"[^.!?,;\u3001\uff0c\u3002\n\d]{0,25}[?\uff1f\u061f\u037e]")
"""The rest of a question, with the mark that ends it."""
WOULD_BE = re.compile(
    r"\b(?:would be|sarebber?o?|serían?|seriam?|ser(?:ait|aient)|wären?|было бы|был[аи]? бы|byłoby|bylo by)\b"
    r"[^.,\n]{1,40}\s(?:if|si|se|wenn|falls|если|gdyby|kdyby)\s",
    re.IGNORECASE,
)
"""A value for another case than the one at hand."""
_SUBJUNCTIVE = re.compile(
    r"(?:^|[.!?;\n]\s)\W{0,4}(?:(?:if|suppose|in case)\b[^!?;\n]{1,100}\b(?:were|weren['\u2019]t|had|hadn['\u2019]t)\b"
    r"|(?:were|had)\b)(?:[^.!?;\n]|\.\d){1,100}\b(?:answer|result|solution) would\b[^.!?;\n]{0,30}$",
    re.IGNORECASE,
)


def is_contrary_to_fact(before: str) -> bool:
    """Whether a text ends with "the answer would be", behind a condition contrary to fact.

    >>> is_contrary_to_fact("If the price were 5, the answer would be "), is_contrary_to_fact("So the answer would be ")
    (True, False)
    """
    return " would" in before[-40:] and _SUBJUNCTIVE.search(before[-240:]) is not None


_ANOTHERS = re.compile(
    r"\b(?:his|her|their|[^\W\d_]{2,20}['\u2019]s) (?:first |own )?(?:answer|result|guess|estimate)"
    r"\s(?:was|had been)[\s$*:]*$",
    re.IGNORECASE,
)


def is_of_another(before: str) -> bool:
    """Whether a text ends with what another's answer was.

    >>> is_of_another("Her answer was "), is_of_another("Her answer is ")
    (True, False)
    """
    near = before[-16:].lower()
    return (" was" in near or " had been" in near) and _ANOTHERS.search(before[-80:]) is not None


_DIGIT = re.compile(r"\d")
SUBORDINATE = re.compile(
    r"\s*(?:что|що|че|да|da|že|że|dass|daß|ob|dat|hogy|ότι|at|att|að|että|et|kad|ka|că|რომ|որ|که|کہ|कि|que|che)\s"
)
"""A clause that another one governs: "I doubt, that ..." in languages that put a comma there."""
SENTENCES = re.compile(r"[.!?](?=\s)|[\n\u3002\u0964\u061f\u06d4\u0589\u1362\u104b\u17d4\uff01\uff1f]")


def _is_doubted_behind(text: str) -> bool:
    """Whether the next clause of a sentence, which has no number of its own, doubts what the value's clause says.

    >>> _is_doubted_behind(", wage ich zu bezweifeln."), _is_doubted_behind(". I doubt it.")
    (True, False)
    """
    if not text.startswith((",", "\uff0c", "\u060c", ";")):
        return False
    clause = SENTENCES.split(text[1:81], maxsplit=1)[0]
    if any(char.isdecimal() for char in clause):
        return False
    return (DOUBTED.search(clause) or HEDGED.search(clause) or _UNDENIABLY.search(clause)) is not None


_UNDENIABLY = re.compile(
    r"zu bezweifeln|auszuschließen|ausgeschlossen|unmöglich|imposs?i[bv]\w+|è strano|es extraño|c['’]est étrange"
    r"|не может быть|исключено"
    r"|niemożliwe|nemožné|omöjligt|umuligt?|onmogelijk|lehetetlen|mahdotonta|imkânsız|konnte nicht|can't be|cannot be"
    r"|is impossible"
    r"|不可能|ありえない|불가능"
)


_BOUND_BEFORE = re.compile(
    r"(?:\u2260|\\neq?|(?<![!<>=])[!/]=|\bbounded (?:(?:from )?(?:above|below) )?by"
    r"|\b(?:under|below|above|beyond|over|near|close to)"
    r"|\bas (?:many|much|few|little) as)\s*[$\\(]*$",
    re.IGNORECASE,
)
"""What makes the value right behind it a bound, or one that is excluded."""


_UNKNOWN = re.compile(r"(?<![\w\\])([A-Za-z])\s?=")
_RESULT = re.compile(
    r"\b(?:giv|yield|get|obtain|find|have|lead|result)\w*(?: (?:us|to|in|that))? \$?([A-Za-z])\s?=\s?$"
)


def _is_of_another_unknown(before: str) -> bool:
    """Whether a trial of one unknown gives another one: "plugging x = 4 back gives y = ".

    >>> _is_of_another_unknown("Plugging x = 4 in gives y = "), _is_of_another_unknown("Plugging x = 4 in gives ")
    (True, False)
    """
    result = _RESULT.search(before)
    return result is not None and result[1] not in _UNKNOWN.findall(before[: result.start()])


def is_denied(text: str, start: int, end: int) -> bool:
    """Whether the clause around the value in `text[start:end]` denies it, makes it a bound, or asks.

    >>> is_denied("It is not 5.", 10, 11), is_denied("It is 5.", 6, 7), is_denied("Is it 5?", 6, 7)
    (True, False, True)
    """
    clauses = CLAUSE_END.split(text[max(0, start - 80) : start])
    before = behind_but(clauses[-1])
    if len(clauses) > 1 and not before.strip() and HEDGED.fullmatch(clauses[-2].strip()):
        return True
    if len(clauses) > 1 and SUBORDINATE.match(before):
        before = f"{behind_but(clauses[-2])} {before}"
    after = CLAUSE_END.split(text[end : end + 40], maxsplit=1)[0]
    is_asked = _ASKED.match(text, end) is not None
    clause = f"{before.rstrip()} 0 {after.lstrip()}"
    if _BOUND_BEFORE.search(before[-40:]):
        return True
    sentence = SENTENCES.split(text[max(0, start - 120) : start])[-1]
    if DOUBTED.search(f"{sentence} 0 {after}") or is_anothers(sentence):
        return True
    if is_said_behind(SENTENCES.split(text[end : end + 80])[0]):
        return True
    if turns_back(text[end + len(after) :]):
        return True
    supposed = before[_THEN.last_end(before) :]
    if SUPPOSED.search(supposed) or SUPPOSING.search(f"{supposed} 0 {after}"):
        return True
    if denies_by_ending(before, after) or asks_in_greek(text, end):
        return True
    if GIVEN.search(f"{_DIGIT.split(before)[-1]} 0 {after}") or _is_doubted_behind(text[end + len(after) :]):
        return True
    is_asked = is_asked or any(words.search(clause) for words in (HARDLY, IRREALIS))
    is_asked = is_asked or (SAID.search(clause) is not None and not _is_of_another_unknown(before))
    return is_asked or any(words.search(clause) for words in (DENIED, COMPARED, HEDGED, WOULD_BE))
