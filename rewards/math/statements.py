"""The part of an English solution that states its result, without what is only said about it. Standard library only.

A text without any mark of its answer is read from its end, sentence by sentence. A sentence that checks, compares,
explains, adds something by the way or tells of another case is a comment: what it says is no result, and the sentence
before it is asked. A comment that rejects voids the result, and so does a text that breaks off or only repeats its
task. A sentence that concludes ("so", "hence", "in total") is never a comment.
"""

from __future__ import annotations

import re
from functools import lru_cache

from rewards.math.plans import is_english

_MOST_CHARS = 1500
_MOST_UNITS = 12
_BOUNDARY = re.compile(
    r"(?<![\s(][A-Za-z])(?<!vs)(?<!approx)(?<!\bMr)(?<!\bMs)(?<!\bDr)(?<!\bMrs)(?<!\bNo)(?<!e\.g)(?<!i\.e)"
    r"(?:[.?]|(?<!\d)!)[\"')*]*\s+(?=\S)|;\s+(?=\S)|\n\s*(?=\S)"
)
_LIST_LABEL = re.compile(r"\s*\W{0,4}\d{1,2}[.)]\s*")
_OPENING = r"[\s*_#>(\[\u2013\u2014-]*(?:step \d{1,2}[.:)]\s*|\d{1,2}[.)]\s+)?[*_]*"


def _opens(words: str) -> re.Pattern[str]:
    return re.compile(rf"{_OPENING}(?:{words})", re.IGNORECASE)


_CONCLUDES = _opens(
    r"(?:and |but |,)?(?:so|therefore|hence|thus|consequently|accordingly|it follows|finally"
    r"|we conclude|in total"
    r"|in all|altogether|overall)\b"
)
_RESULTS_IN = re.compile(
    r",? (?:so|and so|making|giving|leaving|bringing|thus|hence|therefore|meaning|for a total|in total"
    r"|altogether)\b"
    r"|\bwhich (?:means|leaves|makes|gives|yields)\b",
    re.IGNORECASE,
)
"""Behind these a sentence that begins as an aside comes to a result."""
_CHECK = _opens(
    r"(?:(?:quick|sanity|final|as a|let(?:'s| us| me)|now) )*(?:check|checking|verification|verifying"
    r"|double[- ]check"
    r"|cross[- ]check|confirmation)\s*(?:[:.\u2013\u2014]|\*|$)"
)
"""Opens a check, which goes on for as long as mere computations follow."""
_TO_CHECK = _opens(
    r"(?:to|we can|you can|we|let(?:'s| us| me)) (?:quickly |now |also |easily )*(?:double[- ]?check"
    r"|check|verify"
    r"|confirm|cross[- ]?check|validate)\b|indeed\b|both sides\b"
)
_CONFIRMED = re.compile(
    r"[\u2713\u2714\u2705]|\\checkmark|\bas (?:required|expected|needed|desired|wanted|it should)\b"
    r"|\bas (?:stated|given|the problem \w+)\W*$"
    r"|\b(?:which|that|this|it|both|all|everything) (?:\w+ )?(?:match(?:es)?|agrees?|checks?|holds?"
    r"|confirms?|works?"
    r"|fits?|satisf\w+|(?:is|are) (?:true|correct|right|consistent|what|exactly what))\b"
    r"|\bmatching the\b|\b(?:consistent|in agreement) with\b|\bchecks out\b",
    re.IGNORECASE,
)
_PLUGS = _opens(r"(?:substitut|plugg|putt|insert)ing (?:\S+ ){0,4}?(?:back|original|other|given)\b")
_ASIDE = _opens(
    r"for (?:comparison|reference|context|perspective|the record|the curious|what it(?:'s| is) worth)\b"
    r"|by (?:comparison|contrast|way of)\b|in (?:comparison|contrast)\b|incidentally\b|fun fact\b"
    r"|interestingly\b"
    r"|as an? (?:\w+ )?(?:aside|note|curiosity|footnote|remark|reminder)\b|side note\b|curiously\b"
    r"|coincidentally\b"
    r"|(?:a|the|one|another) (?:[a-z]+ )?(?:mistake|error|trap|pitfall|misconception)\b"
    r"|(?:recall|remember|keep in mind|reminder)\b|people often\b|another (?:[a-z-]+ ){0,2}(?:example"
    r"|number|fact|instance|case|curiosity)\b"
    r"|the next (?:one|such)\b"
    r"|(?:also )?note that \S+ (?:is also|lies)\b"
    r"|(?:the )?(?:reasoning|reasons?|explanation|justification|rationale)(?: is)?\s*[:.\u2013\u2014*]"
    r"|here(?:'s| is) (?:why|the reasoning)\b|(?:this|that)(?:'s| is) because\b"
    r"|(?:most|many) \w+ (?:\w+ )?(?:can|are|have|sell|use|cost|weigh|hold|come|run|go|last|take|need|get)\b"
)
_BY_THE_WAY = re.compile(
    r"\bby the way\b|, in case [^,]{3,40},|\bconfirms? (?:this|that|it)\b|\b(?:in case|if) (?:anyone|you"
    r"|someone)(?:'s|'re| is| are)? (?:curious|wonder\w*|interested)\b"
    r"|\bfor the curious\b|\btook me\b"
    r"|(?:'s|\bmy|\bhis|\bher|\btheir|\bour|\byour) (?:\w+ )?(?:guess|estimate|prediction)\b"
    r"|\b(?:usually|typically|generally|normally|commonly|ordinarily)\b",
    re.IGNORECASE,
)
_COMPARES = _opens(
    r"(?:that|this|it)(?:'s| is| was)? (?:(?:just|well|still|far|much|way|only|slightly"
    r"|comfortably) )*(?:\$?\d[\d.,]* (?:[a-z]+ )?)?(?:beats?"
    r"|exceeds?|tops?|under|over|below|above|short of|within|more than|less than|fewer than"
    r"|[a-z]{2,10}er than|compared)\b"
)
_TAIL = re.compile(
    r"\s*[,(]\s?(?:(?:and )?saving|(?:as )?compared (?:with|to)|as opposed to|up from|down from"
    r"|instead of|rather than"
    r"|versus)"
    r"\s[^.!?,()]*\d[^.!?()]*\)?(?=[.!\s]*$)"
)
"""A comparison that ends a sentence."""
_OTHER_CASE = _opens(
    r"(?:(?:had|were|should|without)\b[^.!?]{1,120}?|(?:if|suppose|in case)\b[^.!?]{1,80}?"
    r"\b(?:were|weren't|was|wasn't|had|hadn't|did|didn't|[a-z]{2,12}ed)\b[^.!?]{0,80}?)(?:\bwould\b"
    r"|'d\b|\bwould've\b)"
)
"""A case contrary to the one at hand."""
_WERE = _opens(r"(?:if|were|had|suppose)\b[^.!?]{1,60}?\b(?:were|weren't|had been)\b[^.!?]{0,80}?(?:\bwould\b|'d\b)")
"""A case that the sentence itself calls untrue."""
_DROPS = _opens(
    r"(?:(?:so|but|and|then|therefore|thus|hence),? )?(?:we|i) (?:(?:must|can|have to|now|should"
    r"|will) )?(?:reject|discard|exclude"
    r"|dismiss|rule out|ignore|drop|throw (?:out|away))\b"
)
_EXAMPLE = _opens(r"for (?:instance|example)\b|e\.g\.")
_RESTATES = _opens(
    r"(?:(?:now|here|so|first|next|then|but|and|recall,?|again),? ){0,2}"
    r"(?:(?:we|you|i) (?:are|were) (?:asked|told|given|required|supposed)"
    r"|(?:we|i) (?:need|want|must|have|wish|aim|try) to (?:find|determine|compute|calculate|work out"
    r"|figure out|solve)"
    r"|(?:our|the|my) (?:task|goal|aim|job|objective|question) (?:is|asks|wants|here)|to be (?:found"
    r"|determined))\b"
)
_SEEKS = re.compile(
    r"^\W*(?:find|determine|compute|calculate|evaluate|solve)\b"
    r"|\b(?:remains|wants?|needs?|asks?|asked|required|trying|left)(?: us| me)? to (?:find|determine|compute"
    r"|calculate|solve)\b|\b(?:we|i) (?:want|seek|are looking for) [a-z]\b"
    r"|^\W*let (?:us |me )?(?:\w+ ){0,3}?(?:denote|call|define|represent|be)\b",
    re.IGNORECASE,
)
_FULFILS = re.compile(
    r"\bwhich (?:is|gives|equals|comes|makes|leaves|means|yields)\b|\b(?:so|therefore|thus|hence)\b|\bto get\b"
    r"|\bwe (?:get|find|obtain|have)\b|\b(?:giving|yielding)\b",
    re.IGNORECASE,
)
_CONDITION = re.compile(
    r"\b(?:such that|so that|given that|if|when|where|for which|with|given|knowing)\b", re.IGNORECASE
)
_REJECTS = re.compile(
    r"\bfails\b|\bextraneous\b|\b(?:does|do|did|could)(?: not|n['\u2019]t) (?:satisfy|work|fit|hold|match"
    r"|make sense|add up|reproduce|check out)\b|\bcan(?:not|['\u2019]t) be (?:right|correct|true|valid"
    r"|the answer)\b"
    r"|\bcontradict\w*"
    r"|\b(?:must be|is|are|was|were|be|as) (?:\w+ )?(?:rejected|discarded|excluded|wrong|incorrect"
    r"|invalid|impossible"
    r"|inadmissible|mistaken|absurd|false|off|a trap|a bug)(?! (?:by \$?\d|from|to|for|if)\b)"
    r"|\b(?:make|makes|making) no sense\b|\bviolates\b|\b(?:rule|ruled|ruling|throw|threw|cross"
    r"|crossed) (?:it|this"
    r"|that|them|him) out\b|\b(?:reject|rejected|discard|discarded|dismissed|scrapped|abandoned) (?:it"
    r"|this|that"
    r"|them)\b"
    r"|\b(?:I|we) (?:strongly |respectfully )?(?:disagree|doubt (?:it|that)|beg to differ)\b|\btypo\b"
    r"|\bmisprint\b"
    r"|\bthere is a (?:bug|mistake|error|slip)\b|\bmisread\b|\b(?:led|got|leads|gets) (?:me |us )?nowhere\b"
    r"|\bproved (?:to be )?(?:false|wrong)\b|\bthe trap\b|\bmakes the denominator (?:vanish|zero)\b"
    r"|\b(?:think|believe|suspect|sure|certain)\b[^.]{0,30}\b(?:mistaken|wrong|mistake|error)\b"
    r"|\bnot what (?:is|was|we) (?:asked|want\w*)\b|\b(?:thrown|ruled|crossed|struck) out\b"
    r"|\b(?:this|that|it|which) (?:overlook|ignor|neglect|forget|miss)(?:s|es)\b"
    r"|(?<!nothing )(?<!not )(?<!n't )\b(?:wrong|incorrect|erroneous|mistaken)\b"
    r"|\b(?:I|we) (?:can(?:no|['\u2019])t|could(?:n['\u2019]t| not)|(?:am|was|are|were) (?:unable|not able) to)"
    r" (?:\w+ )?(?:solve|find|determine|tell|answer|say|figure)\b|\b(?:I|we) (?:give|gave) up\b"
    r"|\bseems? (?:\w+ )?(?:off|odd|strange|suspicious|unlikely|impossible|fishy)\b",
    re.IGNORECASE,
)
_DOUBTS = re.compile(
    r"\b(?:this|that|it|which|I|we) (?:\w+ ){0,2}?(?:not|never|no longer|\w+n['\u2019]t)\b"
    r"(?! (?:\w+ ){0,2}?(?:simplif|reduc|need|matter|surpris|coincid|includ|count|affect|chang|forget"
    r"|hard|difficult"
    r"|divi|round|factor|require|have to))",
    re.IGNORECASE,
)
"""A sentence without a number that denies something of the one before it."""
_ANOTHER_VALUE = re.compile(r"\b(?:others?|negative|second|latter|former|rest|remaining|alternative)\b", re.IGNORECASE)
_BREAKS_OFF = re.compile(
    r"(?:[a-z],|(?<!\d )(?<!\d)\b(?:the|and|then|we|because|since|that|which|to|with|from|for|but|than"
    r"|if|when|are"
    r"|have|has|gets?|gives?|equals|each|its|their|this|as|of|is|so|by))\s*$"
)
_WORDS = re.compile(r"\W*(?:\w+,? ){2}\w")
_NEXT_CLAUSE = re.compile(r",\s(?=(?:so|then|and|which|but|because|since|therefore|thus|while|where)\s)")
_OPEN_CLAUSE = re.compile(r"[^\d.!?:*_$\\)\]}\"'\n]{6,}")
_UNKNOWN_BEFORE = re.compile(r"(?<!with )(?<!for )(?<!when )(?<!at )(?<!if )(?<![\w\\)+*/^-])[A-Za-z]\s?$")
_EQUALS = re.compile(r"=(?!=)")
_COMPUTATION = re.compile(r"[^A-Za-z]{0,80}(?:[A-Za-z]{1,12}[^A-Za-z]{1,40}){0,6}")
_NUMBER = re.compile(
    r"\d|\b(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|twenty|thirty|forty"
    r"|fifty|sixty"
    r"|seventy|eighty|ninety|hundred|thousand|million)\b",
    re.IGNORECASE,
)
_NUMERALS = re.compile(r"\d+(?:[.,/]\d+)*")


@lru_cache(maxsize=16)
def without_comments(text: str) -> str | None:
    """A text up to the sentence that states its result; None where the text rejects that, or states none.

    >>> without_comments("So x = 6. Check: 4*6 = 24."), without_comments("He has 6. Shops usually sell 20.")
    ('So x = 6.', 'He has 6.')
    >>> without_comments("x = 7. However, 7 fails."), without_comments("We are asked to find x such that 3x = 36.")
    (None, None)
    """
    head, tail = text[:-_MOST_CHARS], text[-_MOST_CHARS:]
    units = _units(tail)
    if not units or _breaks_off(units):
        return None if units else text
    end = len(units)
    while end > max(0, len(units) - _MOST_UNITS):
        last = _behind_check(units[:end])
        if last == end:
            kind = _kind(units[end - 1], any(map(_NUMBER.search, units[max(0, end - 4) : end - 1])))
            if kind == "void":
                return None
            if kind == "statement":
                break
            last = end - 1
        end = last
    last = units[end - 1].rstrip()
    kept = "".join(units[:end]).rstrip()
    if (aside := _TAIL.search(last)) is not None and _NUMBER.search(last, 0, aside.start()):
        kept = kept[: len(kept) - len(last) + aside.start()]
    return head + kept if len(kept) < len(tail) and _NUMBER.search(kept) else text


def _units(text: str) -> list[str]:
    """The sentences, lines and halves of sentences around a semicolon, each with the space behind it."""
    units, start = [], 0
    for boundary in _BOUNDARY.finditer(text):
        if not _LIST_LABEL.fullmatch(text, start, boundary.end()):
            units.append(text[start : boundary.end()])
            start = boundary.end()
    return [*units, text[start:]] if text[start:].strip() else units


def _breaks_off(units: list[str]) -> bool:
    """Whether a text ends in the midst of a sentence: with a word that never ends one, or a clause without a number."""
    last = units[-1]
    if not last.isascii() and not is_english(last):
        return False
    if _BREAKS_OFF.search(last[-40:]):
        return True
    is_sentence = len(units) > 1 and units[-2].rstrip()[-1:] in ".!?" and "\n" not in units[-2] and _WORDS.match(last)
    clause = last if is_sentence else _NEXT_CLAUSE.split(last[-120:])[-1]
    return (bool(is_sentence) or clause != last[-120:]) and _OPEN_CLAUSE.fullmatch(clause) is not None


def _names_unknown(unit: str) -> bool:
    """Whether a sentence says what a letter equals, in no condition.

    >>> _names_unknown("So x = 3."), _names_unknown("with x = 3"), _names_unknown("2x = 6")
    (True, False, False)
    """
    ends = (sign.start() for sign in _EQUALS.finditer(unit))
    return any(_UNKNOWN_BEFORE.search(unit[max(0, end - 12) : end]) for end in ends)


def _behind_check(units: list[str]) -> int:
    """How many sentences stand before the check that ends a text; all where none does."""
    for index in range(len(units) - 1, max(-1, len(units) - _MOST_UNITS), -1):
        if _CHECK.match(units[index]):
            return index
        if _names_unknown(units[index]) or _CONCLUDES.match(units[index]) or "=" not in units[index]:
            break
        if not _COMPUTATION.fullmatch(units[index]):
            break
    return len(units)


def _kind(unit: str, has_number_before: bool) -> str:
    """Whether a sentence is a "statement", a "comment", or makes what is before it "void"."""
    if _is_task(unit) and _NUMBER.search(unit):
        return "void"
    behind = unit[max((match.end() for match in _NUMERALS.finditer(unit)), default=0) :]
    rejected = _REJECTS.search(behind)
    if rejected is None and not _NUMBER.search(unit):
        rejected = _DOUBTS.search(unit)
    if rejected is not None:
        return "comment" if has_number_before and _ANOTHER_VALUE.search(unit[: rejected.end()]) else "void"
    if (_EXAMPLE.match(unit) or _DROPS.match(unit)) and _NUMBER.search(unit):
        return "comment" if has_number_before else "void"
    if not has_number_before and _WERE.match(unit):
        return "void"
    if not has_number_before or _CONCLUDES.match(unit):
        return "statement"
    return "comment" if _is_comment(unit) else "statement"


def _is_task(unit: str) -> bool:
    """Whether a sentence says what is sought, and not what it is."""
    if _FULFILS.search(unit):
        return False
    if _RESTATES.match(unit) and "=" not in unit:
        return True
    return _CONDITION.search(unit) is not None and (_RESTATES.match(unit) or _SEEKS.search(unit)) is not None


def _is_comment(unit: str) -> bool:
    if not _NUMBER.search(unit):
        return _CONFIRMED.search(unit) is not None
    if any(words.match(unit) for words in (_ASIDE, _COMPARES, _OTHER_CASE, _TO_CHECK)) or _BY_THE_WAY.search(unit):
        return _RESULTS_IN.search(unit) is None
    if _names_unknown(unit) or len(_NUMERALS.findall(unit)) < 2:
        return False
    return _CONFIRMED.search(unit) is not None or _PLUGS.match(unit) is not None


_SMALL = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_ENDS_IN_WORD = re.compile(
    r"\b(?:is|are|equals?|leaves|gives|be|becomes|makes?) (?:exactly |just |therefore |thus )?"
    rf"({'|'.join(_SMALL)})(?=[.!*\s]*$)",
    re.IGNORECASE,
)


def last_word_as_digits(text: str) -> str:
    """A text whose last word is a number behind a verb that states it, with that number in digits.

    >>> last_word_as_digits("None ends in 7, so the number of them is zero."), last_word_as_digits("One of 7.")
    ('None ends in 7, so the number of them is 0.', 'One of 7.')
    """
    word = _ENDS_IN_WORD.search(text, max(0, len(text) - 60))
    return text if word is None else f"{text[: word.start(1)]}{_SMALL.index(word[1].lower())}{text[word.end(1) :]}"


_APPROXIMATED = re.compile(
    r"(?P<exact>(?<![\w.,])[^\s,;]*(?:\u221a|\\sqrt|\u03c0|\\pi|\d/\d|\\frac)[^\s,;]*)"
    r"(?:,? (?:which|that) is|,? or|,? i\.e\.|,)?\s(?:approximately"
    r"|about|roughly|around|close to|nearly|\u2248|~|\\approx)"
    r"\s?\$?(?P<decimal>\d[\d,]*\.\d+)[^\d\n]{0,30}$"
)


def exact_and_approximate(text: str) -> str:
    """The exact value and the decimal that it is given beside it, as one equation; empty where a text ends otherwise.

    >>> exact_and_approximate("It is 3\\\\sqrt{5}, which is about 6.71."), exact_and_approximate("It is about 6.71.")
    ('3\\\\sqrt{5} \\\\approx 6.71', '')
    """
    found = _APPROXIMATED.search(text[-120:])
    return f"{found['exact'].strip('$*')} \\approx {found['decimal']}" if found else ""
