"""Multilingual fidelity: is a completion in the language asked for, throughout, and does it say what it should?"""

from __future__ import annotations

from rewards.language.detect import identify
from rewards.language.fidelity import LanguageFidelity, Scorer
from rewards.language.prose import prose
from rewards.language.spans import Consistency, Span, consistency
from rewards.language.tags import Language, parse_tag
from rewards.language.words import Word, split_words

__all__ = [
    "Consistency",
    "Language",
    "LanguageFidelity",
    "Scorer",
    "Span",
    "Word",
    "consistency",
    "identify",
    "parse_tag",
    "prose",
    "split_words",
]
