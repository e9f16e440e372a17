"""Code, formulas and addresses are no language; sentences hidden in them are."""

from __future__ import annotations

import time

import pytest

from rewards.language import prose, split_words

SENTENCE = "The answer is found by adding both numbers"
CODE = "```python\nfor i in range(10):\n    total += values[i]\nreturn total\n```"


def words(text: str) -> str:
    return " ".join(word.text for word in split_words(prose(text)))


@pytest.mark.parametrize(
    "text",
    [
        CODE,
        "```js\nconst result = items.map(item => item.price).filter(Boolean);\n```",
        "```\nimport numpy as np\nfrom os import path\nif x is not None and y:\n    pass\n```",
        '`git commit -m "fix"` `print("hello world")` `foo_bar`',
        "$x^2+3x-4=0$ $$\\sum_{i=1}^{n} i = \\frac{n(n+1)}{2}$$",
        "\\(\\frac{a+b}{c}\\) \\[ \\int_0^1 x\\,dx = \\tfrac12 \\]",
        "\\boxed{42} $12 \\times 7 = 84$ 3.5 1,000",
        "https://example.org/a/b?c=d someone@example.org",
        "<b></b><br/>&nbsp;",
        "$5\\text{ cm}$",
    ],
)
def test_code_formulas_numbers_and_addresses_hold_no_words(text: str) -> None:
    assert words(text) == ""


@pytest.mark.parametrize(
    "text",
    [
        f"```\n{SENTENCE}\n```",
        f"```python\n# {SENTENCE}\nx = 1\n```",
        f'```python\nprint("{SENTENCE}")\n```',
        f"`{SENTENCE}`",
        f"```\n{SENTENCE}",
        f"$\\text{{{SENTENCE}}}$",
        f"$$x = 1 \\quad \\textbf{{{SENTENCE}}}$$",
        f"\\text{{{SENTENCE}}}",
        f"${SENTENCE}$",
        "$" + SENTENCE.replace(" ", "\\ ") + "$",
        f"<!-- {SENTENCE} -->",
        f'<img alt="{SENTENCE}">',
        "".join(chr(0x1D41A + ord(c) - ord("a")) if c.islower() else c for c in SENTENCE),
        "\u200b".join(SENTENCE),
        SENTENCE.replace(" ", "_"),
    ],
)
def test_a_sentence_stays_wherever_it_hides(text: str) -> None:
    assert words(text) == SENTENCE


def test_a_sentence_spelled_as_an_address_stays() -> None:
    assert "forty two" in words("https://a.org/the-answer-to-all-of-this-is-forty-two-and-no-more").replace("-", " ")


def test_text_around_formulas_keeps_its_order() -> None:
    assert words("Zuerst $x=1$, dann `f(x)` und zuletzt \\textbf{fertig}.") == "Zuerst dann und zuletzt fertig"


def test_prices_are_no_formula() -> None:
    assert words("It costs $5 today and was $10 before.") == "It costs today and was before"


def test_chinese_in_a_comment_stays() -> None:
    assert "答案是四十二" in prose("```\nx = 1  # 答案是四十二\n```")


@pytest.mark.parametrize("unit", ["\\[", "$$", "`", "<a ", "\\text{", "a", "<!--", "\\begin{array}", "a@", '"', "$"])
def test_a_long_run_of_openers_takes_no_time(unit: str) -> None:
    start = time.process_time()
    prose(unit * (100_000 // len(unit)))
    assert time.process_time() - start < 20.0  # a quadratic pattern takes minutes
