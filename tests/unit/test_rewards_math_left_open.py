"""An answer that names two values or choices with "or" between them gives neither, in the words of any language."""

from __future__ import annotations

import pytest

from rewards.math import verify

# "or", and a sentence that gives an answer
LANGUAGES = {
    "de": ("oder", "Die Antwort ist {}."),
    "fr": ("ou", "La réponse est {}."),
    "es": ("o", "La respuesta es {}."),
    "it": ("o", "La risposta è {}."),
    "pl": ("lub", "Odpowiedź to {}."),
    "cs": ("nebo", "Odpověď je {}."),
    "sk": ("alebo", "Odpoveď je {}."),
    "sl": ("ali", "Odgovor je {}."),
    "hr": ("ili", "Odgovor je {}."),
    "sr": ("или", "Одговор је {}."),
    "bg": ("или", "Отговорът е {}."),
    "uk": ("або", "Відповідь: {}."),
    "ru": ("или", "Ответ: {}."),
    "sv": ("eller", "Svaret är {}."),
    "fi": ("tai", "Vastaus on {}."),
    "et": ("või", "Vastus on {}."),
    "lv": ("vai", "Atbilde ir {}."),
    "lt": ("arba", "Atsakymas yra {}."),
    "hu": ("vagy", "A válasz {}."),
    "ro": ("sau", "Răspunsul este {}."),
    "vi": ("hoặc", "Đáp án là {}."),
    "id": ("atau", "Jawabannya adalah {}."),
    "el": ("ή", "Η απάντηση είναι {}."),
    "he": ("או", "התשובה היא {}."),
    "ar": ("أو", "الجواب هو {}."),
    "fa": ("یا", "پاسخ {} است."),
    "hi": ("या", "उत्तर {} है।"),
    "mr": ("किंवा", "उत्तर {} आहे."),
    "bn": ("বা", "উত্তর হলো {}।"),
    "ta": ("அல்லது", "விடை {}."),
    "te": ("లేదా", "సమాధానం {}."),
    "kn": ("ಅಥವಾ", "ಉತ್ತರ {}."),
    "ml": ("അല്ലെങ്കിൽ", "ഉത്തരം {}."),
    "gu": ("અથવા", "જવાબ {} છે."),
    "ka": ("ან", "პასუხია {}."),
    "hy": ("կամ", "Պատասխանը {} է։"),
    "am": ("ወይም", "መልሱ {} ነው።"),
    "kk": ("немесе", "Жауабы: {}."),
    "uz": ("yoki", "Javob: {}."),
    "az": ("və ya", "Cavab: {}."),
    "tr": ("veya", "Cevap {}."),
    "sq": ("ose", "Përgjigja është {}."),
    "eu": ("edo", "Erantzuna {} da."),
    "th": ("หรือ", "คำตอบคือ {}"),
    "zh": ("或", "答案是{}。"),
    "ja": ("または", "答えは{}です。"),
    "ko": ("또는", "답은 {}입니다."),
    "sw": ("au", "Jibu ni {}."),
    "tl": ("o", "Ang sagot ay {}."),
    "nl": ("of", "Het antwoord is {}."),
}
UNSPACED = ("zh", "ja")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("one", "other"), [("7", "8"), ("A", "B")])
def test_one_of_two_answers_is_none_and_one_alone_is(language: str, one: str, other: str) -> None:
    word, sentence = LANGUAGES[language]
    both = f"{one}{word}{other}" if language in UNSPACED else f"{one} {word} {other}"
    assert [verify(gold, sentence.format(both)).value for gold in (one, other)] == [0.0, 0.0]
    assert [verify(gold, sentence.format(gold)).value for gold in (one, other)] == [1.0, 1.0]


@pytest.mark.parametrize(
    "sentence",
    [
        "Die richtigen Antworten sind A und B.",
        "Les bonnes réponses sont A et B.",
        "Las respuestas correctas son A y B.",
        "The correct answers are A and B.",
        "Правильные ответы: A и B.",
        "答案是A和B。",
        "正しい答えはAとBです。",
    ],
)
def test_two_choices_are_not_one_of_them(sentence: str) -> None:
    assert [verify(gold, sentence).value for gold in "AB"] == [0.0, 0.0]


@pytest.mark.parametrize(
    ("gold", "completion"),
    [
        ("1000000", "Svaret er én million."),
        ("2000000", "Svaret er to millioner."),
        ("2000000", "Odpowiedź: dwa miliony."),
        ("3000000", "Vastaus on kolme miljoonaa."),
        ("4000000", "Отговорът е четири милиона."),
        ("21", "Svaret er tjueén."),
        ("2/3", "정답은 삼분의 이입니다."),
        ("3/4", "답은 사분의 삼이다."),
        ("2/3", r"\boxed{0{,}\overline{6}}"),
        ("1/6", r"\boxed{0,1\overline{6}}"),
        ("ค", "คำตอบที่ถูกต้องคือ ข้อ ค."),
        ("B", "A válasz a B."),
    ],
)
def test_values_in_the_words_of_a_language_are_read(gold: str, completion: str) -> None:
    assert verify(gold, completion).value == 1.0


@pytest.mark.parametrize(
    ("gold", "completion"),
    [
        ("1000000", "Svaret er to millioner."),
        ("2/3", "정답은 삼분의 일입니다."),
        ("(0, 2/3)", r"\boxed{0,\overline{6}}"),
        ("ข", "คำตอบที่ถูกต้องคือ ข้อ ค."),
        ("B", "A helyes válasz A vagy B."),
    ],
)
def test_near_misses_of_them_are_not(gold: str, completion: str) -> None:
    assert verify(gold, completion).value == 0.0


def test_a_tolerance_does_not_turn_a_decimal_comma_into_thousands() -> None:
    assert verify("1250", "Výsledek je 1,251.", rel_tol=0.01).value == 0.0
    assert verify("1.25", "Výsledek je 1,251.", rel_tol=0.01).value == 1.0
    assert verify("1250", "The answer is 1,251.", rel_tol=0.01).value == 1.0
    assert verify("\u0661\u0662\u0665\u0660", "Výsledek je 1,250.").value == 0.0
    assert verify("\u0661\u0662\u0665\u0660", "The answer is 1,250.").value == 1.0
