# ruff: noqa: RUF001  (words in other scripts)
"""What is counted and its unit, out of an answer: `72 clips`, `12 \\text{ cm}^2`, `2 h 30 min`, `USD 18`, `18個`."""

from __future__ import annotations

import re
from fractions import Fraction

from rewards.math.currencies import CURRENCY_CODE, plain_signs
from rewards.math.denials import COMPARED, DENIED, DOUBTED, HEDGED
from rewards.math.folding import vocabulary
from rewards.math.spelled import SCALE_WORDS
from rewards.math.units import CANONICAL, canonical, measure, words_of

_UNIT_TEXT = r"[^\W\d_][^\d\\{}$=<>,;+*?()]{0,80}?(?:\^\{?[23]\}?)?"
_WRAPPED_UNIT = (
    r"\\(?:text|textrm|textnormal|textbf|mathrm|mathbf|mbox|hbox|operatorname)\s*"
    rf"\{{\s*(?P<wrapped>\(?{_UNIT_TEXT}\)?)\s*\}}"
)
_ATTACHED = "|".join(sorted((name for name in CANONICAL if name.isascii() and len(name) > 1), key=len, reverse=True))
_IDEOGRAPHS = r"[\u30a0-\u30ff\u4e00-\u9fff]{1,6}|[\uac00-\ud7a3]{1,5}"
_UNIT = re.compile(
    rf"(?P<head>.*(?:[\d}})%\u4e07\u4ebf\u5104\u842c\ub9cc\uc5b5\u5343\ucc9c\u767e\u5341]|\\pi)\s*?)\s*(?:{_WRAPPED_UNIT}\s*(?P<power>\^\{{?[23]\}}?)?"
    rf"|\s(?P<bare>\(?{_UNIT_TEXT}\)?)|(?P<attached>(?:{_ATTACHED})(?:\^\{{?[23]\}}?)?)|\s?(?P<counter>{_IDEOGRAPHS}))",
    re.DOTALL | re.IGNORECASE,
)
_FRACTION_UNIT = re.compile(
    r"(.*[\d}])\s*\\frac\s*\{\\(?:text|mathrm)\s*\{([^{}]*)\}\}\s*\{\\(?:text|mathrm)\s*\{([^{}]*)\}((?:\^\{?\d\}?)?)\}"
)
_TEMPERATURE = re.compile(r"(.*\d)\s*(?:\^\s*\{?\s*\\circ\s*\}?\s*(?:\\(?:text|mathrm)\s*\{\s*)?([CF])\}?)", re.DOTALL)
_CODE_FIRST = re.compile(rf"({CURRENCY_CODE})\s*([-+]?\d.*)", re.DOTALL)
_OHM = re.compile(r"(.*\d)\s*(\\(?:text|mathrm)\s*\{\s*[kmM]?\s*\}|[kmM]?)\s*\\Omega", re.DOTALL)
_MODULUS = re.compile(r"(.*\S)\s*\\p?mod\s*\{?\s*(\w{1,20})\s*\}?|(.*\S)\s*\(\\mod\s*(\w{1,20})\)", re.DOTALL)
_ONE_LETTER_UNITS = frozenset("mgshlL\u043c\u0433\u043b")
_NAMED_AFTER_PEOPLE = frozenset("NJWVACKTHF")
_OPERATIONS = vocabulary("times squared cubed plus minus multiplied divided factorial over")
_NOT_UNITS = vocabulary(
    "or and not nor is are no if either maybe perhaps but then vs mod am pm to u cup base than least most "
    "oder und nicht ou et pas o y ni e ed non é não lub i nie lebih bukan atau au hoac и или не "
    "veya ve değil hoặc và không أو ليس या और नहीं "
    "஬ বা নয় 到 或 和 不是 또는 หรือ"
)
_NEGATING = re.compile(r"[不非没無否或和以上下]|아니|또는|이나|이상|이하")


def split_unit(text: str) -> tuple[str, str]:
    """A cleaned answer as (what is counted, unit words); the unit is empty when there is none.

    >>> split_unit("72 clips"), split_unit("12 \\\\text{ cm}^2"), split_unit("5 or 6"), split_unit("2 x")
    (('72', 'clips'), ('12', 'cm^2'), ('5 or 6', ''), ('2 x', ''))
    >>> split_unit("1.5 million dollars"), split_unit("USD 18"), split_unit("18\\u500b")
    (('1.5 million', 'dollars'), ('18', 'USD'), ('18', '\\u500b'))
    """
    for reading in (_code_first, _temperature, _modulus, _fraction_unit, _powers_unit):
        found = reading(text)
        if found is not None:
            return found
    match = _UNIT.fullmatch(text) if len(text) <= 300 else None
    if match is None:
        return text, ""
    unit = match["wrapped"] or match["bare"] or match["attached"] or match["counter"] or ""
    unit = unit.strip("() ") + (match["power"] or "")
    if match["counter"] and _NEGATING.search(unit):
        return text, ""
    head = match["head"].strip()
    first, _, rest = unit.partition(" ")
    scale = next(
        (word for word in (first.lower().rstrip("."), first.lower().removesuffix("s")) if word in SCALE_WORDS), ""
    )
    if scale and (rest or match["wrapped"]):
        head, unit = f"{head} {scale}", rest
        if not rest:
            return head, ""
    words = words_of(unit)
    if any(refusing.search(f"0 {unit}") for refusing in (COMPARED, DENIED, DOUBTED, HEDGED)):
        return text, ""
    if words[:1] and words[0] in _OPERATIONS:
        return text, ""
    one_letter = len(words) == 1 and len(words[0]) == 1 and words[0] < "\u2e80"
    if match["wrapped"] and unit.strip() in _NAMED_AFTER_PEOPLE:
        one_letter = False
    if not words or len(words) > 8 or _NOT_UNITS & set(words) or (one_letter and words[0] not in _ONE_LETTER_UNITS):
        return text, ""
    return head, unit.replace("{", "").replace("}", "").strip()


def _code_first(text: str) -> tuple[str, str] | None:
    match = _CODE_FIRST.fullmatch(plain_signs(text).lstrip() if text.startswith("\\") else text)
    if match is None:
        return None
    code = match[1].strip(" .")
    return match[2], {"US": "USD", "R": "ZAR"}.get(code, code)


def _temperature(text: str) -> tuple[str, str] | None:
    if text.endswith("\\Omega") and (ohm := _OHM.fullmatch(text)) is not None:
        return ohm[1], f"{re.sub(r'.*{|[} ]', '', ohm[2])}ohm"
    match = _TEMPERATURE.fullmatch(text) if "circ" in text and len(text) < 300 else None
    return (match[1], "celsius" if match[2] == "C" else "fahrenheit") if match else None


def _modulus(text: str) -> tuple[str, str] | None:
    match = _MODULUS.fullmatch(text) if "mod" in text and len(text) < 300 else None
    return (match[1] or match[3], f"modulo{match[2] or match[4]}") if match else None


def _fraction_unit(text: str) -> tuple[str, str] | None:
    match = _FRACTION_UNIT.fullmatch(text) if "\\frac" in text and len(text) < 300 else None
    return (match[1], f"{match[2].strip()}/{match[3].strip()}{match[4]}") if match else None


_POWER = r"(?:\s?\^\s?\{?-?\d\}?)?"
_BETWEEN = r"(?:[\s/.]|\\(?:cdot|times)(?![a-z])){0,4}"
_WRAPPER = r"\\(?:text|mathrm|rm)\s?"
_POWERS_UNIT = re.compile(
    rf"(.*?[\d}}])\s*((?:{_WRAPPER}\{{\s?(?:[A-Za-z]{{1,4}}{_POWER}{_BETWEEN}){{1,6}}\}}{_POWER}{_BETWEEN}){{1,6}})"
)


def _powers_unit(text: str) -> tuple[str, str] | None:
    """`9.8 \\mathrm{m s^{-2}}`, as physicists write it."""
    match = _POWERS_UNIT.fullmatch(text) if "^" in text and "{" in text and len(text) < 100 else None
    if match is None or "^" not in match[2]:
        return None
    unit = re.sub(rf"\\cdot|\\times|{_WRAPPER}(?=\{{)|[{{}}]", " ", match[2])
    return match[1], " ".join(re.sub(r"\s*\^\s*", "^", unit).split())


_PARTS = re.compile(
    r"(\d+(?:\.\d+)?)\s*(?:\\text\s*\{\s*)?"
    r"([^\W\d_][^\d\s\\{}.,;:()+*/=^]*)\.?\s*\}?\s*,?\s*(?:(?:and|y|e|et|und|en|og|och|i|и|і|και|dan|ve|và|و|और)\s*\}?\s+)?"
)


def mixed_measure(text: str) -> tuple[Fraction, str] | None:
    """The value of `2 hours 30 minutes` in its first unit, and that unit; None for anything else.

    >>> mixed_measure("2 h 30 min"), mixed_measure("5 ft 6 in"), mixed_measure("2 h"), mixed_measure("2 h 3 kg")
    ((Fraction(5, 2), 'h'), (Fraction(11, 2), 'ft'), None, None)
    """
    if not 5 <= len(text) <= 80 or not text[:1].isdigit():
        return None
    parts = list(_PARTS.finditer(text))
    if len(parts) < 2 or "".join(part[0] for part in parts) != text:
        return None
    measures = [measure(part[2]) for part in parts]
    first = measures[0]
    total = Fraction(0)
    for part, one in zip(parts, measures, strict=True):
        if first is None or one is None or one.dimensions != first.dimensions:
            return None
        total += Fraction(part[1]) * one.factor / first.factor
    return total, canonical(parts[0][2].lower())
