# ruff: noqa: RUF001  (words in other scripts)
"""Points, named values, shares and words out of the sentence that ends a solution. Standard library only.

"The solutions are $(0,0)$ and $(1,1)$." -> "(0,0), (1,1)"        "So x = 3 and y = 4." -> "x = 3, y = 4"
"""

from __future__ import annotations

import re

from rewards.math.denials import COMPARED, DENIED, HEDGED, OR
from rewards.math.nodes import Node

_DOLLARS = re.compile(r"\$|\\[()](?=[\s.,;]|$)|(?<=\s)\\\((?=\()")
_POINT = re.compile(r"(?<![A-Za-z0-9\\])\([^()\n]{1,60}[,;][^()\n]{1,60}\)")
_BETWEEN = re.compile(r"\s*(?:[,;]\s*)?(?:(?:and|or)\s+)?")
_NAMED = re.compile(
    r"(?<![A-Za-z\d])([A-Za-z])(?:_\{?\d\}?)?\s?=\s?(-?\d+(?:\.\d+)?(?:\s?/\s?\d+)?)(?![\dA-Za-z]|\.\d"
    r"|\s?[*/^+(=-])"
)
_SHARE = re.compile(r"(?<![\d.,])(\d{1,6})\s+(?:in|out of)\s+(?:every\s+)?(\d{1,6})[.\s]*$")
_RATIO = re.compile(r"(?<![\d.,])(?<!from )(\d{1,6})\s*(?:to|:)\s*(\d{1,6})[$.\s]*$")
_OTHERWISE = re.compile(
    r"\b(?:nor|neither|either|than|instead|unlike|opposite|if|whether|maybe|perhaps|might|could)\b", re.IGNORECASE
)


_NAMES_IT = re.compile(
    r"(?:\b(?:is|are|was|were|be|equals|becomes|on|in|called|named|answer|color|colour"
    r"|ist|sind|war|auf|am|an|heißt|est|sont|était|tombe|es|son|fue|cae|en|será|é|são|foi|cai|em|na|no"
    r"|num|numa|è|sono|cade|di"
    r"|op|zijn|valt|este|sunt|cade|pe|är|er|på|på en|var|on|jest|są|w|we|wypada|je|jsou|připadá|v|ve|u"
    r"|pada|na|это|есть|в|во|на|будет"
    r"|це|у|е|adalah|ialah|hari|pada hari|là|vào|ngày|ay|ni|siku ya|είναι|την|bir|egy|a|az|هو|هي|يوم"
    r"|روز|היא|הוא|ביום)|[:=—–-])\s+"
    r"(?:(?:an?|the|simply|just|color|ein(?:e|en|em|er)?|der|die|das|den|dem|une?|le|la|les|el|los|las"
    r"|una|uno|il|lo|um|uma|o|os|as|en"
    r"|ett|et|een|de|het|hari|thứ)\s+)?$"
    r"|(?:[是为為在:：]|である|는|은)\s?$"
)
"""What stands before the words that a sentence settles on."""


def points(line: str, count: int) -> str:
    """The last run of as many points as are asked for; empty where the run has another length.

    >>> points("The solutions are $(0,0)$, $(1,1)$ and $(-1,-1)$.", 3), points("from (0,0) to (1,1)", 2)
    ('(0,0), (1,1), (-1,-1)', '')
    """
    return _last_run(_DOLLARS.sub("", line), _POINT, count)


def named_values(line: str, count: int) -> str:
    """The last run of as many `x = 3` with names of their own as are asked for.

    >>> named_values("So $x = 3$ and $y = 4$.", 2), named_values("x = 3 or x = 4", 2)
    ('x = 3, y = 4', '')
    """
    line = _DOLLARS.sub("", line)
    run = _last_run(line, _NAMED, count)
    names = [part.partition("=")[0].strip() for part in run.split(",")]
    return run if len(set(names)) == count else ""


def _last_run(line: str, pattern: re.Pattern[str], count: int) -> str:
    found = list(pattern.finditer(line))
    run = found[-1:]
    for match in reversed(found[:-1]):
        if not _BETWEEN.fullmatch(line, match.end(), run[0].start()):
            break
        run.insert(0, match)
    if len(run) != count or _is_doubted(line[: run[0].start()][-80:]):
        return ""
    return ", ".join(match[0] for match in run)


def share(line: str) -> str:
    """The fraction that `3 out of 8` is, at the end of a line.

    >>> share("The probability is 3 out of 8."), share("He was born in 1990.")
    ('3/8', '')
    """
    match = _SHARE.search(line)
    return f"{match[1]}/{match[2]}" if match and not _is_doubted(line[: match.start()][-80:]) else ""


def ratio(line: str, kind: str = "ratio") -> str:
    """The ratio of two numbers at the end of a line; for a fraction, `/`, only one with a colon.

    >>> ratio("The ratio is 3 to 5."), ratio("It went from 3 to 5.")
    ('3:5', '')
    """
    match = _RATIO.search(line)
    if match and kind == "/" and ":" not in match[0]:
        return ""
    return f"{match[1]}:{match[2]}" if match and not _is_doubted(line[: match.start()][-80:]) else ""


_SENTENCE_END = re.compile(r"[.!?]\s+(?=\S)")
_SET_APART = re.compile(r"\\(?:text(?:bf|it|rm)?|math(?:bf|rm)|emph)\s*\{([^{}]*)\}|[*_$\"]")


def ends_with(line: str, words: str) -> bool:
    """Whether a sentence ends with the words of an answer and neither denies nor doubts them.

    >>> ends_with("It is on a Monday.", "monday"), ends_with("It is not blue.", "blue"), ends_with("Bob beat Al", "al")
    (True, False, False)
    """
    plain = (
        re.sub(r"\\(?:text(?:bf|it|rm)?|math(?:bf|rm)|emph)\s*\{([^{}]*)\}|[*_$\"]", r"\1", line)
        .strip(" .!\n")
        .casefold()
    )
    if not plain.endswith(words) or len(plain) > 300:
        return False
    before = _SENTENCE_END.split(plain[: len(plain) - len(words)])[-1]
    return _NAMES_IT.search(before) is not None and not OR.search(before) and not _is_doubted(before)


def is_named_tuple(node: Node) -> bool:
    """Whether a tree is a tuple of two to four values, as `x = 3, y = 4` gives them."""
    return node.op == "bracket" and node.name == "()" and 2 <= len(node.args) <= 4


def _is_doubted(before: str) -> bool:
    return any(words.search(f"{before} 0") for words in (DENIED, HEDGED, COMPARED, _OTHERWISE))
