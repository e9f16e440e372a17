# ruff: noqa: RUF001  (words in other scripts)
"""Whether the words of a bare sentence state the number that ends it: "Die Summe ist 18", not "Viele sagen 18".

No list of doubts is long enough: whoever answers 18 may be wrong, forgetful or only quoted. So a number that ends its
sentence with no unit behind it counts where the word before it is one that states a number: a copula, "gives", "in
all". English, whose doubts `refusals` and `scruples` know best, is left to those.
"""

from __future__ import annotations

import re

from rewards.math.alternatives import Alternatives
from rewards.math.stated_in_english import ENGLISH, SPACED, is_only_apposed, is_stated_in_english
from rewards.math.stating_words import STATES

CONCLUDES = Alternatives(
    r"(?:also|somit|folglich|daher|deshalb|demnach|damit|dus|daarom|derhalve|donc|ainsi|par conséquent|d['’]où"
    r"|voilà pourquoi|finalement|"
    r"por (?:lo )?tanto|por consiguiente|así que|entonces|luego|logo|portanto|assim|então|quindi|dunque"
    r"|pertanto"
    r"|perciò|di conseguenza|"
    r"alltså|därför|således|altså|derfor|dermed|siis|joten|niinpä|seega|järelikult|zatem|więc|dlatego"
    r"|tedy|takže"
    r"|proto|preto|teda|"
    r"torej|dakle|stoga|дакле|стога|tehát|így|ezért|deci|așadar|prin urmare|следовательно|таким образом"
    r"|так что|итак"
    r"|поэтому|итого|значит|"
    r"отже|таким чином|тому|следователно|така че|значи|άρα|επομένως|συνεπώς|demek ki|bu nedenle|dolayısıyla"
    r"|sonuç olarak|yani|beləliklə|"
    r"jadi|maka|oleh itu|dengan demikian|kaya|samakatuwid|vậy|do đó|do vậy|vì vậy|kwa hivyo|kwa hiyo"
    r"|hivyo|per tant"
    r"|beraz|tātad|taigi|vadinasi|"
    r"إذن|إذا|لذلك|وبالتالي|بالتالي|بنابراین|پس|در نتیجه|لہذا|چنانچہ|לכן|לפיכך|אפוא|ამრიგად|მაშასადამე"
    r"|ուստի|այսպիսով|"
    r"we (?:conclude|find)|concluimos|concludiamo|on conclut|trouve|erhält|erhalten|ergebnis|result\w*"
    r"|r[eé]sultat\w*"
    r"|antwort|answer)"
)
_THAT = Alternatives(
    r"que|che|dass|daß|att|at|dat|że|že|kad|hogy|ότι|πως|что|що|че|дека|că|să|să fie|että|rằng|bahwa"
    r"|kwamba|أن|إن|إنه"
    r"|بأن|که|کہ|να|"
    r"diye|deb|деп"
)
"""What opens a clause that another one governs, and may not mean."""
_ARRIVES = re.compile(r"\b(?:se (?:simplifică|reduce|ridică)|ajunge|egal[ăei]?) la$", re.IGNORECASE)
"""Verbs with a preposition that alone says nothing."""
_IS_SPACED = re.compile(r"[A-Za-z\u00c0-\u06ff\u10a0-\u10ff\u1e00-\u1fff]")
_WORD_BEFORE = re.compile(r"([^\W\d_]+)['’]?[\s*_`]*(?:[A-Z]{1,3}|R|Rp)?[\s$€£¥₹*_`]*$")
_CLAUSES = re.compile(r"[.!?;:](?=\s|$)|[\n\u2014\u2013=]")
_SENTENCES = re.compile(r"[.!?](?=\s)|\n")
_CHINESE_BEFORE = re.compile(
    r"(?:គឺ|[是为為得有共剩余餘計计到成出需花用了赚賺要约約等于於=:：第即]|而是|合计|合計|总计|總計"
    r"|結果|结果|答案|一共"
    r"|总数|正好|刚好|恰好|の[は]|は|が|を|で|に)[\s$¥￥*]*$"
)
_ANSWERED = re.compile("答(?!案|[：:]|え[はを：:]?|曰)|看成|算成|写成|寫成|答え(?:て|る人|がち|そう)")


_VALUE = re.compile(
    r"(?<!\w)(?:wert|zahl|antwort|ergebnis|valeurs?|nombre|chiffre|réponse|valor|número|cifra|respuesta"
    r"|resultado"
    r"|valore|numero|risposta|resposta"
    r"|waarde|getal|antwoord|värdet|talet|svaret|værdien|verdien|tallet|arvo|luku|vastaus|väärtus|arv"
    r"|wartość|liczba"
    r"|odpowiedź|hodnota|číslo|odpověď"
    r"|vrijednost|broj|odgovor|vrednost|število|вредност|број|érték|szám|válasz|valoarea|numărul"
    r"|răspunsul|значение"
    r"|число|ответ|значення|відповідь"
    r"|стойността|числото|отговорът|τιμή|αριθμός|απάντηση|το|değeri|sayısı|cevabı|القيمة|العدد|الرقم"
    r"|الجواب|مقدار|عدد"
    r"|گزینه|پاسخ|جواب|הערך|המספר|התשובה"
    r"|angka|nilai|bilangan|jawaban|số|giá trị|đáp án|namba|thamani)(?:\sd[eio])?[\s*]*$",
    re.IGNORECASE,
)
_PREDICATE = re.compile(r"[\s*]{1,3}[^\W\d_]{2}")
_WITH = re.compile(
    r"\W*(?:mit|auf|bei|met|bij|med|vid|ved|con|avec|com|cu|z|przy|s|se|při|pri|с|при|з|със|με|dengan"
    r"|với)\s",
    re.IGNORECASE,
)
"""A trial opens a sentence: "With 18 it does not work"."""
CONFIRMS = re.compile(
    r"\b(?:ist|is|lautet)\W*$|(?:است|ہے|ہیں|है|हैं|आहे|হয়|দি|dir|(?<!\w)(?:da|de))\W*$|richtig|korrekt|stimmt"
    r"|correct|juste|bonne|right|esatt|giust|corrett|cert[ao]"
    r"|juist|goed|rätt|riktig|rigtig|oike|õige|popraw|praw|dobr|správn|točn|tačn"
    r"|pravil|helyes|правил|верн|вірн|вярн|точн|σωστ|doğru|düzgün|صحيح|صواب|درست|نכון|נכונ|benar|betul"
    r"|tepat|đúng"
    r"|sahihi",
    re.IGNORECASE,
)
_TOPIC = re.compile(r"\s?(?:[はもにへ](?![、,]?\s?\d)|と(?=[^\d\s])|って|[은는에]\s|를\s|을\s|라고|이라)")
_TOPIC_CONFIRMED = re.compile("答え|正解|正し|求め|なり|なる|なっ|정답|답|맞|옳|얻|구하|되")


def _is_topic(before: str, after: str) -> bool:
    """Whether a number is what a sentence is about, and not what it says: "the value 18 drops out".

    >>> _is_topic("Der Wert ", " entfällt."), _is_topic("Der Wert ", " ist richtig."), _is_topic("Der Wert ist ", ".")
    (True, False, False)
    """
    if _TOPIC.match(after) is not None and _TOPIC_CONFIRMED.search(after) is None:
        return True
    if _PREDICATE.match(after) is None or not (_VALUE.search(before) or _WITH.fullmatch(before)):
        return False
    return CONFIRMS.search(after) is None


_RESULTS = [
    "ergebnis",
    "resultat",
    "resultatet",
    "resultaat",
    "resultatin",
    "eredmény",
    "eredménye",
    "eredményünk",
    "tulos",
    "tulemus",
    "svaret",
    "antwort",
    "antwoord",
    "vastaus",
    "vastus",
    "summa",
    "summan",
    "summe",
    "summen",
    "betrag",
    "belopp",
    "beløp",
    "beløb",
    "bedrag",
    "összeg",
    "összege",
    "talet",
    "tallet",
    "értéke",
    "uitkomst",
]
"""Nouns for a result, which compounds end with: Végeredmény, slutresultat, Gesamtsumme."""


def _states(word: str) -> bool:
    """Whether a word states the number behind it.

    >>> _states("ist"), _states("Végeredmény"), _states("ruft")
    (True, True, False)
    """
    word = word.lower()
    return word in STATES or (len(word) > 6 and word.endswith(tuple(_RESULTS)))


def is_stated_by(before: str) -> bool:
    """Whether the last word in front of a number is one that states it.

    >>> is_stated_by("Số cần tìm là "), is_stated_by("Wir teilen durch ")
    (True, False)
    """
    word = _WORD_BEFORE.search(before)
    return (word is not None and _states(word[1])) or _CHINESE_BEFORE.search(before) is not None


def is_introduced(text: str, start: int, end: int, *, is_measured: bool = False) -> bool:
    """Whether the sentence around the number in `text[start:end]` states it, as far as its words before it can tell.

    `is_measured` says that a sign of a currency or of percent stands at it, which folding drops.

    >>> text = "Viele sagen 18."
    >>> is_introduced(text, 12, 14), is_introduced("Es sind 18.", 8, 10), is_introduced("It costs 18.", 9, 11)
    (False, True, True)
    """
    sentence = _SENTENCES.split(text[max(0, start - 160) : start])[-1]
    if _is_topic(sentence, text[end : end + 40]):
        return False
    if any(char.isalpha() for char in text[end : end + 40]):
        return True  # a unit, or the verb of a language that puts it last
    if is_measured and ENGLISH.isdisjoint(word.lower() for word in SPACED.findall(sentence)):
        return True
    if _ANSWERED.search(sentence):
        return False
    clause = _CLAUSES.split(sentence)[-1]
    before = _WORD_BEFORE.search(clause)
    if before is None and is_only_apposed(sentence, clause):
        return False
    if before is None or not _IS_SPACED.match(before[1]):
        return True
    words = [word.lower() for word in SPACED.findall(sentence)]
    if len(ENGLISH.intersection(words)) > (not sentence.isascii()):
        return is_stated_in_english(sentence, clause[: before.end(1)])
    if CONCLUDES.search(sentence) or _ARRIVES.search(clause[: before.end(1)]):
        return True
    return _states(before[1]) and _THAT.search(clause[: before.start()]) is None
