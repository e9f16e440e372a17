"""Whether the words in front of a number that ends an English sentence state it. Standard library only."""

from __future__ import annotations

import re

from rewards.math.folding import vocabulary
from rewards.math.stating_words import STATES

ENGLISH = vocabulary(
    "the are she it it's he each costs spent one simply i there they you her his this that answer "
    "gives equals has "
    "thus hence therefore total its is with and from us up they leaves leave makes make becomes "
    "become comes reduces "
    "simplifies adds add lowest means after"
)
"""Words by which a sentence is taken for English, or of which one states a number."""
SPACED = re.compile(r"[^\W\d_]+(?:['\u2019]\w+)?")
_ENGLISH_STATES = (
    STATES
    | vocabulary(
        "actually indeed simply really now also still clearly certainly cost costs spend spent spends left have"
        " has had leave leaves make makes made become becomes comes pay pays paid earn earns "
        "earned need needs take takes took gets up sell sells sold buy buys bought gain gains gained lose loses"
        " lost remain remains save "
        "saves saved collect collects collected win wins won score scores scored walk walks walked run runs ran"
        " read reads reading "
        "nets net pops yields yield totaling totalling reaches reach stands holds weighs measures uses used keep"
        " keeps kept charges "
        "charge owes owe receives received eats ate drink drinks drank plant plants planted bake bakes baked adds "
        "us him her them me you it it's that's there's thus therefore hence then so about approximately roughly"
        " around nearly "
        "page number age problem answer total sum cost price result value as with finds found deduces want wants "
        "requires contains travel travels traveled drives drove works worked raised raises produced produces"
    )
) - vocabulary("by of from and or in on for at a an")
"""The words before a number that ends an English sentence which states it."""
_ENGLISH_OF = re.compile(
    r"\b(?:total|sum|answer|result|value|cost|price|profit|loss|average|mean|median|mode|probability|chance|area|volume|perimeter"
    r"|length|width|height|number|difference|product|quotient|remainder|balance|amount|weight|distance|age|maximum|minimum|rate"
    r"|time|tip|change|revenue|income|salary|grand total|ratio|discount|interest|bill|angle|sale|share) of$"
    r"|\b(?:stands?|stood|puts?|ends? up|ended up|arrives?|comes? out|total|amount|price|cost|balance|sum|works?"
    r" out|tops out|sits?|settles?)"
    r"(?: \w+){0,2} at$|\bon page$|\bon$",
    re.IGNORECASE,
)
_CONCLUDED = re.compile(
    r"\b(?:so|therefore|thus|hence|altogether|in (?:total|all)|finally|overall|consequently)\b", re.IGNORECASE
)
_APPOSED = re.compile(r"[^\W\d_], [$€£]?$")


def is_only_apposed(sentence: str, clause: str) -> bool:
    """Whether the number behind a clause only explains the word in front of its comma: "the price of the bike, 72"."""
    behind_number = re.split(r"\d", sentence)[-1]
    if not _APPOSED.search(clause) or "answer" in sentence or _CONCLUDED.search(behind_number[-40:]):
        return False
    return len(ENGLISH.intersection(map(str.lower, SPACED.findall(clause)))) > 1


def is_stated_in_english(sentence: str, clause: str) -> bool:
    """Whether the words in front of a number that ends an English sentence state it: "leaves him with", not"
    " "divide by".

    >>> is_stated_in_english("", "That leaves him with"), is_stated_in_english("", "I'll divide it by")
    (True, False)
    """
    word = SPACED.findall(clause)[-1:]
    if not word:
        return True
    last = word[0].lower().replace("\u2019", "'")
    return (
        last in _ENGLISH_STATES
        or _ENGLISH_OF.search(clause) is not None
        or (_CONCLUDED.search(sentence) is not None and last not in _NEVER)
    )


_NEVER = vocabulary("by into from than before after")
"""Words before a number that is not what a sentence says, whatever else it concludes."""
