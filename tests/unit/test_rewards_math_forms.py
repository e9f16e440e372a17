"""One answer in many forms: what people and models write, right and wrong, across notations, units and languages."""

from __future__ import annotations

import pytest

from rewards.math import verify

RIGHT = [
    ("18", "The answer is 18."),
    ("18", "<think>maybe 17</think> \\boxed{18}"),
    ("18", "\\boxed{17} no wait, \\boxed{18}"),
    ("1/2", "\\boxed{\\dfrac12}"),
    ("1/2", "\\boxed{0.5}"),
    ("1/2", "\\boxed{.5}"),
    ("1/2", "\\boxed{50\\%}"),
    ("50\\%", "\\boxed{0.5}"),
    ("2\\sqrt{3}", "\\boxed{\\sqrt{12}}"),
    ("1,234", "\\boxed{1234}"),
    ("1234", "\\boxed{1,234}"),
    ("1.234,5", "\\boxed{1234.5}"),
    ("1234.5", "\\boxed{1 234,5}"),
    ("3.14", "\\boxed{3,14}"),
    ("12", "\\boxed{١٢}"),
    ("12", "\\boxed{१२}"),
    ("12", "\\boxed{১২}"),
    ("12", "\\boxed{๑๒}"),
    ("12", "\\boxed{１２}"),
    ("12", "\\boxed{十二}"),
    ("120", "\\boxed{一百二十}"),
    ("10005", "\\boxed{一万零五}"),
    ("-5", "\\boxed{−5}"),
    ("3/4", "\\boxed{¾}"),
    ("x^2", "\\boxed{x²}"),
    ("12", "\\boxed{1\u200b2}"),
    ("5", "\\boxed{5 m}"),
    ("5 m", "\\boxed{5}"),
    ("5 km", "\\boxed{5000 m}"),
    ("\\$18", "\\boxed{18}"),
    ("18", "\\boxed{\\$18.00}"),
    ("18", "\\boxed{18 dollars}"),
    ("€18", "\\boxed{18 €}"),
    ("2 1/2", "\\boxed{2\\frac{1}{2}}"),
    ("5/2", "\\boxed{2\\frac12}"),
    ("0.\\overline{3}", "\\boxed{1/3}"),
    ("6.02e23", "\\boxed{6.02 \\times 10^{23}}"),
    ("1.5\\times10^{3}", "\\boxed{1500}"),
    ("\\{1,2,3\\}", "\\boxed{3,2,1}"),
    ("1,2,3", "\\boxed{\\{3,1,2\\}}"),
    ("[0,1)", "\\boxed{0\\le x<1}"),
    ("(-\\infty,2)\\cup(3,\\infty)", "\\boxed{x<2 \\text{ or } x>3}"),
    ("x=5", "\\boxed{5}"),
    ("5", "\\boxed{x=5}"),
    ("x=1, x=2", "\\boxed{1, 2}"),
    ("\\pm 2", "\\boxed{2,-2}"),
    ("1\\pm\\sqrt2", "\\boxed{1+\\sqrt{2}, 1-\\sqrt{2}}"),
    ("\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}", "\\boxed{\\begin{bmatrix}1 & 2\\\\ 3 & 4\\end{bmatrix}}"),
    ("B", "The correct option is (B)."),
    ("B", "\\boxed{\\text{(B) } 42}"),
    ("B", "**B**"),
    ("10:30", "\\boxed{10:30}"),
    ("10:30 AM", "\\boxed{10:30 a.m.}"),
    ("14:30", "\\boxed{2:30 PM}"),
    ("2024-03-05", "\\boxed{March 5, 2024}"),
    ("March 5, 2024", "\\boxed{5 March 2024}"),
    ("Paris", "\\boxed{\\text{Paris}}"),
    ("paris", "The answer is Paris."),
    ("1010_2", "\\boxed{1010_2}"),
    ("10", "\\boxed{1010_2}"),
    ("18", "#### 18"),
    ("\\infty", "\\boxed{\\infty}"),
    ("x^2+2x+1", "\\boxed{(x+1)^2}"),
    ("\\sin^2x", "\\boxed{1-\\cos^2 x}"),
    ("\\ln 8", "\\boxed{3\\ln 2}"),
    ("e^{i\\pi}", "\\boxed{-1}"),
    ("3+4i", "\\boxed{4i+3}"),
    ("\\frac{\\sqrt2}{2}", "\\boxed{\\frac{1}{\\sqrt{2}}}"),
    ("90^\\circ", "\\boxed{90}"),
    ("\\frac{\\pi}{2}", "\\boxed{90^\\circ}"),
    ("\\binom{5}{2}", "\\boxed{10}"),
    ("5!", "\\boxed{120}"),
    ("yes", "\\boxed{Yes}"),
    ("True", "\\boxed{true}"),
    ("7", "The final answer is $\\boxed{7}$. Is 8 also right? No."),
    ("18", "**Answer:** 18"),
    ("18", "Answer: **18**"),
    ("18", "The answer is \\(18\\)."),
    ("18", "$$18$$"),
    ("18", "Therefore, 18 apples."),
    ("3:2", "\\boxed{3:2}"),
    ("3:2", "\\boxed{6:4}"),
    ("1000000", "\\boxed{1 million}"),
    ("12 cm^2", "\\boxed{12\\text{ cm}^2}"),
    ("12.50", "\\boxed{12.5}"),
    ("\\sqrt[3]{8}", "\\boxed{2}"),
    ("y=2x+1", "\\boxed{2x+1}"),
    ("y=2x+1", "\\boxed{y-2x=1}"),
    ("2x+y=3", "\\boxed{4x+2y=6}"),
    ("1/2", "½"),
    ("0.1", "\\boxed{10%}"),
    ("18", "\\boxed{eighteen}"),
    ("-1/3", "\\boxed{-\\frac{1}{3}}"),
    ("-1/3", "\\boxed{\\frac{-1}{3}}"),
    ("18", "\\boxed{ 18 .}"),
    ("18", "\\boxed{18\\text{ (approximately)}}"),
]

WRONG = [
    ("18", "<think>\\boxed{18}</think> So the answer is 17."),
    ("18", "\\boxed{18} or \\boxed{17}"),
    ("18", "\\boxed{17 or 18}"),
    ("18", "It is either 17 or 18."),
    ("18", "\\boxed{9+9}"),
    ("\\frac{1}{2}", "\\boxed{\\int_0^1 x\\,dx}"),
    ("10\\pi", "\\boxed{10}"),
    ("10\\pi", "\\boxed{31.4159}"),
    ("5 m", "\\boxed{5 km}"),
    ("€18", "\\boxed{\\$18}"),
    ("1/3", "\\boxed{0.333}"),
    ("(1,2)", "\\boxed{(2,1)}"),
    ("(1,2)", "\\boxed{[1,2]}"),
    ("5", "\\boxed{x=6}"),
    ("\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}", "\\boxed{\\begin{bmatrix}1 & 2\\\\ 3 & 5\\end{bmatrix}}"),
    ("B", "Answer: C"),
    ("B", "I think B is wrong, so the answer is C."),
    ("10:30 AM", "\\boxed{10:30 PM}"),
    ("zoo", "\\boxed{nan}"),
    ("1", "\\boxed{\\frac{0}{0}}"),
    ("\\infty", "\\boxed{-\\infty}"),
    ("0", "\\boxed{10^{-30}}"),
    ("1", "\\boxed{0.9999999999}"),
    ("no", "\\boxed{yes}"),
    ("\\text{even}", "\\boxed{odd}"),
    ("7", "\\boxed{7"),
    ("7", "\\boxed{}7"),
    ("3:2", "\\boxed{2:3}"),
    ("12 cm^2", "\\boxed{12 cm}"),
]

ANNOUNCED = [
    "la respuesta es 18",
    "La réponse est 18.",
    "Die Antwort ist 18.",
    "答案是18。",
    "答えは18です。",
    "답은 18입니다.",
    "الإجابة هي 18",
    "Ответ: 18",
    "A resposta é 18.",
    "Risposta: 18",
    "उत्तर 18 है।",
    "Cevap: 18",
    "Đáp án là 18.",
    "คำตอบคือ 18",
    "Odpowiedź: 18",
    "Het antwoord is 18.",
    "Jawabannya adalah 18.",
    "উত্তর হল 18",
    "Η απάντηση είναι 18",
    "Jibu ni 18",
    "பதில் 18",
    "సమాధానం 18",
    "Svaret är 18.",
    "Odpověď je 18.",
    "Vastaus on 18.",
    "Răspunsul este 18.",
    "Відповідь: 18",
    "התשובה היא 18",
    "پاسخ: 18",
    "最终答案为：18",
]


@pytest.mark.parametrize(("gold", "prediction"), RIGHT)
def test_the_right_answer_is_paid_in_every_form(gold: str, prediction: str) -> None:
    verdict = verify(gold, prediction)
    assert verdict.value == 1.0, verdict.reason


@pytest.mark.parametrize(("gold", "prediction"), WRONG)
def test_a_wrong_answer_is_not_paid(gold: str, prediction: str) -> None:
    verdict = verify(gold, prediction)
    assert verdict.value == 0.0, verdict.reason


@pytest.mark.parametrize("text", ANNOUNCED)
def test_an_announced_answer_is_found_in_the_languages_that_models_speak(text: str) -> None:
    verdict = verify("18", text, allow_bare=False)
    assert verdict.value == 1.0, verdict.reason
    assert verify("19", text, allow_bare=False).value == 0.0


@pytest.mark.parametrize(
    "text",
    ["El resultado depende de 18 cosas.", "Das Ergebnis wird bald kommen. 18", "This is 18", "Antworten: viele, 18"],
)
def test_what_announces_nothing_is_no_answer(text: str) -> None:
    assert verify("18", text, allow_bare=False).value == 0.0
