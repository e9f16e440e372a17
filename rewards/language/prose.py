"""What of a text is language: code, formulas, addresses and marks are taken out, the sentences inside them are kept.

Hiding is the oldest trick against a language check: English in a fenced block, in `\\text{}`, in comments, strings,
addresses or styled letters. So everything that is taken out is searched for runs of words first, and those stay where
they stood. What is left of it is searched once more, all together, for the words of English prose
(`rewards.language.hiding`).
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable

from rewards.language.hiding import hidden_prose, humped_words, join_letters
from rewards.language.words import PLACE
from rewards.math.numbers import vocabulary

MAX_CHARS = 20_000
"""Longer texts are judged by their first and last so many characters."""

_STYLED = re.compile("[\uff21-\uff3a\uff41-\uff5a\u24b6-\u24e9\u2100-\u214f\U0001d400-\U0001d7ff\U0001f130-\U0001f189]")
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u115f\u1160\u180b-\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\u3164\ufe00-\ufe0f\ufeff"
    "\uffa0\U000e0100-\U000e01ef]"
)
_TAGGED = {0xE0000 + code: code for code in range(0x20, 0x7F)}
"""Invisible copies of ASCII."""
_FLAG_LETTERS = {0x1F1E6 + i: 97 + i for i in range(26)}
_COPIED_LETTER = re.compile("[\U0001f1e6-\U0001f1ff\U000e0020-\U000e007e]")
_FLAG_RUN = re.compile("[\U0001f1e6-\U0001f1ff]+")
"""A flag is two of these letters, so that an odd run spells something else."""
_ESCAPED = re.compile(
    r"(?:\\u00[2-7][0-9A-Fa-f]|\\x[2-7][0-9A-Fa-f]|%[2-7][0-9A-Fa-f]){3,}|&#(?:x[0-9A-Fa-f]{2,5}|\d{2,6});?"
)
_ESCAPE = re.compile(r"[\\%][ux]?(?:00)?([2-7][0-9A-Fa-f])")
_FENCE = re.compile(r"(`{3,}|~{3,})[^\n`]*\n?(.*?)(?:\1|\Z)", re.DOTALL)
_INLINE_CODE = re.compile(r"(`{1,2})([^`]+)\1")
_COMMENT_TAG = re.compile(r"<!--(.*?)(?:-->|\Z)", re.DOTALL)
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,300}>|&[a-z]{2,8};|&#\d{1,6};")
_ADDRESS = re.compile(r"(?:https?://|www\.)[^\s<>\"'`\])}]+|\bhttps?\b|\S{1,64}@\w[\w.-]{1,80}")
_MATH = re.compile(
    r"\$\$(.{1,3000}?)\$\$|\\\[(.{1,3000}?)\\\]|\\\((.{1,3000}?)\\\)|(?<![\\$])\$(?![\s$])([^$\n]{1,2000}?)(?<![\s\\])\$(?!\d)"
    r"|\\begin\{(?:equation|align|gather|multline|array|cases|[bpvV]?matrix)\*?\}(.{1,3000}?)\\end\{\w+\*?\}",
    re.DOTALL,
)
_SPACING = re.compile(r"\\[ ,;:!]|~|\\q?quad\b|\\(?:h|v)space\{[^{}]*\}")
_TEXT_GROUP = re.compile(
    r"\\(?:text(?:bf|it|rm|sf|tt|normal)?|mbox|hbox|fbox|intertext|emph|underline|operatorname|math(?:rm|bf|it|sf|tt))\*?"
    r"\s*\{([^{}]*)\}"
)
_COMMAND = re.compile(r"\\(?:begin|end)\s*\{[^{}]*\}|\\[A-Za-z]+\*?|\\.")
_BRACES = str.maketrans("{}", "  ")
_LETTERS = r"[^\W\d_]"
_LONG_WORD = re.compile(rf"{_LETTERS}{{2,}}(?:'{_LETTERS}+)?")
_WORD_RUN = re.compile(rf"(?<!{_LETTERS}){_LETTERS}+(?:[ ,.'\-]+{_LETTERS}+){{2,}}")
_UNCASED_RUN = re.compile("[\u0370-\u1cff\u2e80-\ud7af\uf900-\ufaff](?:[\u0370-\u1cff\u2e80-\ud7af\uf900-\ufaff]| )*")
_QUOTED = re.compile(r"\"([^\"\n]{6,})\"|'([^'\n]{6,})'")
_REMARK = re.compile(r"(?:#|//|--|/\*|^\s*\*|%|;)\s+([^\n]+)", re.MULTILINE)
_CODE_SIGN = re.compile(r"[{}<>=;|&^$@\\\[\]_]|\w\(|\)\.|\w\.\w|\+\+|::|\s--?\w")
_CODE_WORDS = vocabulary(
    "and as assert async await bool break case catch char class const continue def del do double elif else enum "
    "except export extends false final finally float fn for from func function global if impl import in include "
    "int interface is lambda let long match mut namespace new nil none not null or package pass private protected "
    "pub public raise require return self static string struct super switch this throw true try type use using "
    "var void while with yield select where insert into update delete create table join on group by order limit "
    "values echo cd ls git pip npm sudo apt install print "
)


def prose(text: str, *, places: bool = False) -> str:
    """The text without what is no language, but with the language that was hidden in that. With `places`,
    `PLACE` stands where a formula or inline code was.

    >>> prose("Die Antwort ist $x^2 + 3$ `foo(bar)`.")
    'Die Antwort ist .'
    >>> prose("$\\\\text{the answer is four}$").strip()
    'the answer is four'
    """
    text = _plain(text)
    place = f" {PLACE} " if places else " "
    dropped = humped_words(text)
    if "```" in text or "~~~" in text:
        text = _FENCE.sub(lambda block: _set_apart(_of_code(block[2], dropped)), text)
    if "<!--" in text:
        text = _COMMENT_TAG.sub(lambda tag: _set_apart(tag[1]), text)
    if "http" in text or "www." in text or "@" in text:
        text = _ADDRESS.sub(lambda address: _set_apart(_of_address(address[0], dropped)), text)
    if "`" in text:
        text = _INLINE_CODE.sub(lambda code: _set_apart(_of_code(code[2], dropped), place), text)
    if "<" in text or "&" in text:
        text = _TAG.sub(lambda tag: _set_apart(_of_code(tag[0], dropped) if " " in tag[0] else ""), text)
    if "$" in text or "\\" in text:
        text = _MATH.sub(lambda match: _set_apart(_of_math(next(filter(None, match.groups()))), place), text)
        text = _loosen(text)
    text = join_letters(text)
    if dropped:
        text += "\n" + hidden_prose(dropped)
    return "\n".join(line for line in (re.sub(r"[ \t]+", " ", line).strip() for line in text.split("\n")) if line)


def _plain(text: str) -> str:
    if len(text) > 2 * MAX_CHARS:
        text = text[:MAX_CHARS] + "\n" + text[-MAX_CHARS:]
    if "\\" in text or "%" in text or "&#" in text:
        text = _ESCAPED.sub(_unescaped, text)
    text = unicodedata.normalize("NFC", text)
    if text.isascii():
        return text
    if _COPIED_LETTER.search(text):
        text = text.translate(_TAGGED)
        if any(len(run) % 2 for run in _FLAG_RUN.findall(text)):
            text = text.translate(_FLAG_LETTERS)
    text = _STYLED.sub(lambda char: unicodedata.normalize("NFKC", char[0]), text)
    return _INVISIBLE.sub("", text)


def _unescaped(escaped: re.Match[str]) -> str:
    """The letters that entities and escapes stand for."""
    if escaped[0].startswith("&"):
        return html.unescape(escaped[0])
    return _ESCAPE.sub(lambda code: chr(int(code[1], 16)), escaped[0])


def _set_apart(found: str, place: str = " ") -> str:
    return f" {found} " if found else place


def _of_code(code: str, dropped: list[str]) -> str:
    """The sentences in program text: its comments, its strings, and whole lines that are no statements. Other lines are
    added to what was dropped.
    """
    kept = []
    for line in code.split("\n"):
        remarks = [part for match in _QUOTED.finditer(line) for part in match.groups() if part]
        remarks += [match[1] for match in _REMARK.finditer(line)]
        remarks = [remark for remark in remarks if _is_sentence(remark, 3)]
        if _is_sentence(_QUOTED.sub(" ", line), 4) or (not remarks and _is_sentence(line, 4)):
            kept.append(line)
        else:
            found = remarks or _uncased(line)
            kept += found
            if not found:
                dropped.append(line)
    return "\n".join(kept)


def _is_sentence(text: str, min_words: int) -> bool:
    """Whether a line of code reads as language: enough words, few signs, and not made of keywords."""
    words = [word.lower() for word in _LONG_WORD.findall(text)]
    if len(words) < min_words:
        return False
    keywords = sum(word in _CODE_WORDS for word in words)
    return 4 * len(_CODE_SIGN.findall(text)) <= len(words) and 2 * keywords < len(words)


def _uncased(text: str) -> list[str]:
    """Runs of four letters or more of scripts in which nobody writes programs."""
    runs = (run.strip() for run in _UNCASED_RUN.findall(text))
    return [run for run in runs if sum(char.isalpha() for char in run) >= 4]


def _of_address(address: str, dropped: list[str]) -> str:
    """A sentence spelled as an address, such as `https://a.b/the-answer-to-this-is-forty-two`; a shorter address is
    added to what was dropped.
    """
    words = _LONG_WORD.findall(address)
    if len(words) >= 8:
        return " ".join(words[2:])
    dropped.append(address)
    return ""


def _of_math(formula: str) -> str:
    """The words in a formula: in `\\text{}` and the like, and in runs of three words and more beside them."""
    kept = [group.strip() for group in _TEXT_GROUP.findall(formula) if re.search(rf"{_LETTERS}{{3}}", group)]
    rest = _COMMAND.sub("  ", _SPACING.sub(" ", _TEXT_GROUP.sub("  ", formula))).translate(_BRACES)
    for run in _WORD_RUN.findall(rest):
        words = _LONG_WORD.findall(run)
        if len(words) >= 3:
            kept.append(" ".join(words))
    return " ".join([*kept, *(_uncased(rest) if not rest.isascii() else [])])


def _loosen(text: str) -> str:
    """The text with LaTeX commands outside formulas taken off what they wrap."""
    text = _SPACING.sub(" ", text)
    unwrap: Callable[[re.Match[str]], str] = lambda group: f" {group[1]} "  # noqa: E731
    text = _TEXT_GROUP.sub(unwrap, text)
    return _COMMAND.sub(" ", text)
