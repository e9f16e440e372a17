"""Language tags as data writes them, and what is known of each language: its scripts, its near twins, its chrF++ floor.

"de", "pt-BR", "zh-Hant", "sr_Latn", "no" and "tl" are tags; "sr" stands for any script that Serbian uses.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from dataclasses import dataclass
from functools import lru_cache

from rewards.base import RewardError

LATIN = "Latn"
_BY_SCRIPT = {
    LATIN: (
        "af az br bs ca cs cy da de en eo es et eu fi fil fo fr fy ga gd gl ha hr ht hu id ig is it jv ku la lb lg ln "
        "lt lv mg ms mt nb nl nso oc om pl pt qu ro rw sk sl sn so sq sr st su sv sw tk tr uz vi xh yo zu"
    ),
    "Cyrl": "ba be bg kk ky mk mn ru sr tg tt uk uz",
    "Arab": "ar fa ku ps ug ur",
    "Hebr": "he",
    "Grek": "el",
    "Armn": "hy",
    "Geor": "ka",
    "Ethi": "am",
    "Deva": "hi mr ne sa",
    "Beng": "as bn",
    "Guru": "pa",
    "Gujr": "gu",
    "Orya": "or",
    "Taml": "ta",
    "Telu": "te",
    "Knda": "kn",
    "Mlym": "ml",
    "Sinh": "si",
    "Thai": "th",
    "Laoo": "lo",
    "Mymr": "my",
    "Khmr": "km",
    "Hang": "ko",
    "Hani": "ja yue zh",
    "Kana": "ja",
}
LANGUAGES = frozenset(code for codes in _BY_SCRIPT.values() for code in codes.split())
SCRIPTS = frozenset(_BY_SCRIPT)
_SCRIPTS_OF = {
    language: frozenset(script for script, codes in _BY_SCRIPT.items() if language in codes.split())
    for language in LANGUAGES
}
_ALIASES = {
    "no": "nb",
    "nn": "nb",
    "tl": "fil",
    "iw": "he",
    "in": "id",
    "jw": "jv",
    "cmn": "zh",
    "wuu": "zh",
    "prs": "fa",
    "pes": "fa",
    "arb": "ar",
    "arz": "ar",
    "ary": "ar",
    "sh": "sr",
    "sdh": "ku",
    "uzs": "uz",
    "zsm": "ms",
}
_REGION_VARIANTS = {"CN": "Hans", "SG": "Hans", "TW": "Hant", "HK": "Hant", "MO": "Hant"}
# Near twins: no detector tells them apart in a sentence (croatian and bosnian are told apart in about half of them), so
# that one is taken for the other rather than punished at random.
_TWINS = ({"bs", "hr", "sr"}, {"id", "ms"}, {"yue", "zh"})
_STAND_INS = {"su": {"id", "jv", "ms"}}
"""What py3langid takes for a language that it does not know."""
# 95th percentile of chrF++ between unrelated sentences of one language, measured on SIB-200 by sacrebleu 2.6.
_CHRF_FLOORS = {
    "de": 21.0,
    "es": 23.0,
    "ru": 19.0,
    "ar": 17.0,
    "hi": 18.0,
    "zh": 4.0,
    "yue": 4.0,
    "ja": 7.0,
    "th": 17.0,
}
_CHRF_FLOORS |= {"ko": 7.0, "am": 10.0}
_DEFAULT_CHRF_FLOOR = 22.0


@dataclass(frozen=True, slots=True)
class Language:
    """A language that text is asked to be in.

    >>> parse_tag("sr_Latn").scripts
    frozenset({'Latn'})
    """

    code: str
    """The plain code: `de`, `nb`, `fil`, `zh`."""
    scripts: frozenset[str]
    """ISO 15924 codes of the scripts that its text may be in."""
    variant: str = ""
    """`Hans` or `Hant` where one of the two ways to write Chinese is asked for."""

    @property
    def twins(self) -> frozenset[str]:
        """The codes that a detector may give to text in this language, its own among them."""
        groups = (twins for twins in _TWINS if self.code in twins)
        return frozenset({self.code}.union(_STAND_INS.get(self.code, ()), *groups))

    @property
    def is_alone_in_its_script(self) -> bool:
        """Whether no other known language is written in any of its scripts."""
        return not any(_SCRIPTS_OF[other] & self.scripts for other in LANGUAGES - {self.code})

    @property
    def chrf_floor(self) -> float:
        """What chrF++, 0 to 100, gives to an unrelated sentence."""
        return _CHRF_FLOORS.get(self.code, _DEFAULT_CHRF_FLOOR)


def scripts_of(code: str) -> frozenset[str]:
    """ISO 15924 codes of the scripts that a language is written in.

    >>> sorted(scripts_of("sr"))
    ['Cyrl', 'Latn']
    """
    return _SCRIPTS_OF[code]


def canonical(code: str) -> str:
    """The plain code that this project uses for a detector's or a dataset's code.

    >>> canonical("no"), canonical("iw"), canonical("de")
    ('nb', 'he', 'de')
    """
    return _ALIASES.get(code, code)


@lru_cache(maxsize=512)
def parse_tag(tag: Hashable) -> Language:
    """The language of a BCP 47 tag (`_` for `-` allowed).

    Raises:
        RewardError: when the tag is no text or the language is not among those that can be told.

    >>> parse_tag("pt-BR").code, parse_tag("zh-TW").variant, sorted(parse_tag("ja").scripts)
    ('pt', 'Hant', ['Hani', 'Kana'])
    """
    parts = re.split(r"[-_]", tag.strip()) if isinstance(tag, str) else [""]
    code = canonical(parts[0].lower())
    if code not in LANGUAGES:
        raise RewardError(f"language tag {tag!r} is not one that can be told; use one of {' '.join(sorted(LANGUAGES))}")
    scripts, variant = _SCRIPTS_OF[code], ""
    for part in parts[1:]:
        script = part.title()
        if script in scripts:
            scripts = frozenset({script})
        elif code in ("zh", "yue") and (script in ("Hans", "Hant") or part.upper() in _REGION_VARIANTS):
            variant = variant or (script if script in ("Hans", "Hant") else _REGION_VARIANTS[part.upper()])
        elif len(part) == 4 and part.isalpha() and script not in ("Jpan", "Kore"):
            raise RewardError(
                f"language tag {tag!r}: {code} is not written in {script}; use {' or '.join(sorted(scripts))}"
            )
    return Language(code, scripts, variant if code == "zh" else "")
