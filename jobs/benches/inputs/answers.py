# ruff: noqa: RUF001 - digits of other scripts
"""Completions of math problems with a known verdict: school stories, LaTeX answers, and unusual ways to write them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from jobs.benches.inputs.rows import Row, row

_NAMES = ("Ada", "Bruno", "Chiara", "Deniz", "Emil", "Farah", "Goran", "Hana", "Ines", "Jonas")
_GOODS = ("apples", "pencils", "tickets", "stickers", "bottles", "stamps", "books", "marbles")
_ENDINGS: dict[str, str] = {
    "boxed": "Therefore the final answer is $\\boxed{{{}}}$.",
    "hashes": "#### {}",
    "phrase": "The answer is {}.",
    "bold phrase": "**Final answer:** {}",
}
_VARIANTS: tuple[tuple[str, str], ...] = (("", ""), ("$", "\\$"), ("", ""))


def school(rng: Random) -> Row:
    """A story in three steps whose answer is a whole number, as in GSM8K; half of them say a wrong one."""
    name, goods = rng.choice(_NAMES), rng.choice(_GOODS)
    boxes, each, lost, price = rng.randint(3, 90), rng.randint(4, 60), rng.randint(1, 11), rng.randint(2, 25)
    total = (boxes * each - lost) * price
    said = total if rng.random() < 0.5 else _other(rng, total)
    kind = rng.choice(list(_ENDINGS))
    bare, latex = rng.choice(_VARIANTS)
    shown = f"{said:,}" if rng.random() < 0.3 else str(said)
    sign = latex if kind == "boxed" else bare
    story = (
        f"Let us go step by step. First, {name} has {boxes} boxes with {each} {goods} in each of them, so that makes "
        f"{boxes} * {each} = {boxes * each} {goods} at the start. Then {lost} of the {goods} are lost on the way home, "
        f"which leaves {boxes * each} - {lost} = {boxes * each - lost} {goods}. Each of these is sold for {price} "
        f"dollars at the market, and nothing else is earned or spent on that day. So {name} gets "
        f"{boxes * each - lost} * {price} dollars in the end.\n{_ENDINGS[kind].format(sign + shown)}"
    )
    prompt = (
        f"{name} has {boxes} boxes of {each} {goods}, loses {lost} and sells the rest for {price} dollars each. Sum?"
    )
    return row(story, int(said == total), kind, prompt=prompt, reference={"answer": str(total)})


def latex(rng: Random) -> Row:
    """A short derivation with a boxed LaTeX answer, as in MATH, in another of its usual ways; half are wrong."""
    kind = rng.choice(list(_FORMS))
    gold, same, different = _FORMS[kind](rng)
    right = rng.random() < 0.5
    said = rng.choice(same if right else different)
    a, b, c = rng.randint(2, 99), rng.randint(2, 99), rng.randint(2, 99)
    text = (
        f"We start from the given relation $f(x) = {a}x^2 - {b}x + {c}$ and set $u = x - \\frac{{{b}}}{{{2 * a}}}$. "
        f"Then\n\\[\n{a}u^2 + {c} - \\frac{{{b * b}}}{{{4 * a}}} = 0,\n\\]\nwhich has the wanted shape. Comparing "
        f"both sides, and using that ${a} + {b} = {a + b}$, every other case is ruled out, so only one possibility "
        f"remains.\n\nHence the answer is $\\boxed{{{said}}}$."
    )
    return row(text, int(right), kind, prompt="Find the value that is asked for.", reference={"answer": gold})


def unusual(rng: Random) -> Row:
    """An answer in another script, locale or unit, after a change of mind, hedged, or not worked out."""
    kind = rng.choice(list(_UNUSUAL))
    gold, text, label = _UNUSUAL[kind](rng)
    return row(text, label, kind, prompt="", reference={"answer": gold})


def _other(rng: Random, number: int) -> int:
    return number + rng.choice((-10, -2, -1, 1, 2, 9, 10, 100, number))


# Each form: the gold answer, ways to write the same, and answers that differ.
Form = tuple[str, Sequence[str], Sequence[str]]


def _fraction(rng: Random) -> Form:
    q = rng.choice((3, 7, 11, 13, 17, 19))
    p = rng.choice([p for p in range(1, 60) if p % q])
    wrong = [f"\\frac{{{p + 1}}}{{{q}}}", f"\\frac{{{q}}}{{{p}}}", f"-\\frac{{{p}}}{{{q}}}"]
    return f"\\frac{{{p}}}{{{q}}}", [f"\\dfrac{{{p}}}{{{q}}}", f"{p}/{q}", f"\\frac{{{p}}} {{{q}}}"], wrong


def _decimal(rng: Random) -> Form:
    n, q = 2 * rng.randint(1, 300) + 1, rng.choice((2, 4, 8))
    return f"\\frac{{{n}}}{{{q}}}", [f"{n / q}", f"{n / q}0", f"\\dfrac{{{n}}}{{{q}}}"], [f"{n / q + 0.25}", f"{n}"]


def _root(rng: Random) -> Form:
    a, b = rng.randint(2, 60), rng.choice((2, 3, 5, 6, 7, 10, 11, 13))
    wrong = [f"{a}\\sqrt{{{b + 2}}}", f"\\sqrt{{{b}}}", f"{a + 1}\\sqrt{{{b}}}"]
    return f"{a}\\sqrt{{{b}}}", [f"{a} \\sqrt{{{b}}}", f"{a}\\cdot\\sqrt{{{b}}}", f"{a}\\sqrt {{{b}}}"], wrong


def _pi(rng: Random) -> Form:
    a, b = rng.choice((5, 7, 11, 13, 25)), rng.choice((2, 3, 4, 6, 12))
    same = [f"\\frac{{{a}}}{{{b}}}\\pi", f"\\dfrac{{{a}\\pi}}{{{b}}}", f"{a}\\pi/{b}"]
    return f"\\frac{{{a}\\pi}}{{{b}}}", same, [f"\\frac{{{b}\\pi}}{{{a}}}", f"\\frac{{{a}}}{{{b}}}"]


def _polynomial(rng: Random) -> Form:
    a, b = rng.randint(2, 30), rng.randint(2, 30)
    same = [f"{a * b} + {a + b}x + x^2", f"(x+{a})(x+{b})", f"x^{{2}} + {a + b}x + {a * b}"]
    return f"x^2+{a + b}x+{a * b}", same, [f"x^2+{a + b}x-{a * b}", f"(x-{a})(x-{b})"]


def _interval(rng: Random) -> Form:
    a, b = sorted(rng.sample(range(-60, 60), 2))
    return f"({a}, {b}]", [f"\\left({a},{b}\\right]", f"\\left( {a}, {b} \\right]"], [f"[{a},{b}]", f"({a},{b + 1}]"]


def _union(rng: Random) -> Form:
    a, b = sorted(rng.sample(range(-60, 60), 2))
    same = f"\\left(-\\infty,{a}\\right)\\cup\\left({b},\\infty\\right)"
    return f"(-\\infty, {a}) \\cup ({b}, \\infty)", [same], [f"(-\\infty,{b})\\cup({b},\\infty)", f"({a},{b})"]


def _pair(rng: Random) -> Form:
    a, b = rng.sample(range(-60, 60), 2)
    return f"({a}, {b})", [f"\\left({a},{b}\\right)", f"( {a} , {b} )"], [f"({b},{a})", f"({a},{b + 1})"]


def _set(rng: Random) -> Form:
    a, b, c = rng.sample(range(1, 90), 3)
    return f"\\{{{a}, {b}, {c}\\}}", [f"\\{{{c},{a},{b}\\}}", f"\\left\\{{{b},{a},{c}\\right\\}}"], [f"\\{{{a},{b}\\}}"]


def _equation(rng: Random) -> Form:
    a = rng.randint(-99, 999)
    return str(a), [f"x={a}", f"x = {a}", f"{a}"], [f"x={a + 1}", f"{a + 10}"]


def _percent(rng: Random) -> Form:
    a = rng.randint(1, 99)
    return f"{a}\\%", [f"{a}\\%", f"{a} \\%"], [f"{a + 1}\\%", f"{a}.5\\%"]


def _complex(rng: Random) -> Form:
    a, b = rng.randint(1, 50), rng.randint(2, 50)
    return f"{a}+{b}i", [f"{b}i+{a}", f"{a} + {b}i"], [f"{a}-{b}i", f"{a + 1}+{b}i"]


def _matrix(rng: Random) -> Form:
    a, b, c, d = (rng.randint(-20, 20) for _ in range(4))
    shape = "\\begin{{pmatrix}} {} & {} \\\\ {} & {} \\end{{pmatrix}}"
    gold = shape.format(a, b, c, d)
    return gold, [gold.replace(" ", ""), gold.replace("pmatrix", "bmatrix")], [shape.format(a, b, c, d + 1)]


def _words(rng: Random) -> Form:
    days = rng.sample(("Monday", "Tuesday", "Wednesday", "Thursday", "Friday"), 2)
    return f"\\text{{{days[0]}}}", [f"\\text{{{days[0]}}}", f"\\text{{ {days[0]}}}"], [f"\\text{{{days[1]}}}"]


def _choice(rng: Random) -> Form:
    one, other = rng.sample("ABCDE", 2)
    return f"\\text{{({one})}}", [one, f"\\text{{{one}}}", f"({one})"], [other, f"\\text{{({other})}}"]


_FORMS: dict[str, Callable[[Random], Form]] = {
    "fraction": _fraction, "decimal": _decimal, "root": _root, "multiple of pi": _pi, "polynomial": _polynomial,
    "interval": _interval, "union": _union, "pair": _pair, "set": _set, "equation": _equation, "percent": _percent,
    "complex": _complex, "matrix": _matrix, "words": _words, "choice": _choice,
}  # fmt: skip

# What follows is rare in English training data and common elsewhere: (gold, completion, label).
Unusual = tuple[str, str, int]
_ZEROS = {"Arabic": "٠", "Persian": "۰", "Devanagari": "०", "Bengali": "০", "Thai": "๐", "full-width": "０"}
_PHRASES = (
    "Die Antwort ist {}.", "La réponse est {}.", "La respuesta es {}.", "La risposta è {}.", "A resposta é {}.",
    "答案是{}。", "答えは{}です。", "정답은 {}입니다.", "Ответ: {}.", "الإجابة هي {}.", "उत्तर {} है।", "Cevap: {}.",
)  # fmt: skip


def _boxed(said: str, before: str = "We get") -> str:
    return f"{before} $\\boxed{{{said}}}$."


def _maybe(rng: Random, number: int) -> tuple[int, int]:
    """(what the gold answer is, the label of saying `number`)."""
    return (number, 1) if rng.random() < 0.5 else (_other(rng, number), 0)


def _scripts(rng: Random) -> Unusual:
    number = rng.randint(11, 99999)
    zero = ord(_ZEROS[rng.choice(list(_ZEROS))])
    gold, label = _maybe(rng, number)
    return str(gold), _boxed("".join(chr(zero + int(digit)) for digit in str(number))), label


def _phrases(rng: Random) -> Unusual:
    number = rng.randint(11, 99999)
    gold, label = _maybe(rng, number)
    return str(gold), rng.choice(_PHRASES).format(number), label


def _decimal_comma(rng: Random) -> Unusual:
    whole, tenths = rng.randint(0, 400), rng.randint(1, 9)
    gold = f"{whole}.{tenths}" if rng.random() < 0.5 else f"{whole + 1}.{tenths}"
    return gold, f"Die Antwort ist {whole},{tenths}.", int(gold == f"{whole}.{tenths}")


def _spaced_thousands(rng: Random) -> Unusual:
    number = rng.randint(10_000, 999_999)
    gold, label = _maybe(rng, number)
    return str(gold), _boxed(f"{number:,}".replace(",", rng.choice(("\u00a0", "\u202f", "\\,", "{,}")))), label


def _minus(rng: Random) -> Unusual:
    number = rng.randint(2, 9999)
    label = rng.randint(0, 1)
    return str(-number if label else number), _boxed(f"\u2212{number}"), label


def _scientific(rng: Random) -> Unusual:
    digits, power = rng.randint(11, 99), rng.randint(3, 8)
    gold, label = digits * 10 ** (power - 1), 1
    if rng.random() < 0.5:
        gold, label = gold * 10, 0
    return str(gold), _boxed(f"{digits / 10} \\times 10^{{{power}}}"), label


def _mixed(rng: Random) -> Unusual:
    whole, p, q = rng.randint(1, 300), rng.randint(1, 6), 7
    gold = whole * q + p if rng.random() < 0.5 else whole * p
    label = int(gold == whole * q + p)
    return f"\\frac{{{gold}}}{{{q}}}", _boxed(f"{whole}\\frac{{{p}}}{{{q}}}"), label


def _not_worked_out(rng: Random) -> Unusual:
    a, b = rng.randint(2, 999), rng.randint(2, 999)
    sign, value = rng.choice((("+", a + b), ("\\cdot ", a * b)))
    return str(value), _boxed(f"{a}{sign}{b}"), 0


def _hedged(rng: Random) -> Unusual:
    a = rng.randint(2, 9999)
    return str(a), f"It is $\\boxed{{{a}}}$ or $\\boxed{{{a + 1}}}$.", 0


def _corrected(rng: Random) -> Unusual:
    number = rng.randint(11, 99999)
    gold, label = _maybe(rng, number)
    first = number + 3
    return str(gold), f"So $\\boxed{{{first}}}$. Wait, I made a mistake. {_boxed(str(number), 'Now')}", label


def _after_thinking(rng: Random) -> Unusual:
    number = rng.randint(11, 99999)
    gold, label = _maybe(rng, number)
    return str(gold), f"<think>Is it \\boxed{{{number + 7}}}? No.</think>\n{_boxed(str(number))}", label


def _units(rng: Random) -> Unusual:
    a = rng.randint(2, 9999)
    label = rng.randint(0, 1)
    return f"{a}\\text{{ m}}", _boxed(f"{a}\\text{{ {'m' if label else 'km'}}}"), label


_UNUSUAL: dict[str, Callable[[Random], Unusual]] = {
    "digits of other scripts": _scripts, "phrases of other languages": _phrases, "decimal comma": _decimal_comma,
    "spaces between thousands": _spaced_thousands, "Unicode minus": _minus, "scientific": _scientific,
    "mixed number": _mixed, "not worked out": _not_worked_out, "hedged": _hedged, "corrected": _corrected,
    "after thinking": _after_thinking, "units": _units,
}  # fmt: skip
