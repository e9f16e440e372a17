"""Is a completion in the language asked for, throughout, and does it say what it should? One reward, from 0 to 1."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from numbers import Real

from rewards.base import RewardError, Sample, Verdict
from rewards.functions import describe
from rewards.language import faithful, wellformed
from rewards.language.common import common_set
from rewards.language.detect import LEAST_LETTERS, identify, verify
from rewards.language.order import ends_as_usual, in_order
from rewards.language.prose import prose
from rewards.language.spans import Consistency, consistency
from rewards.language.tags import Language, parse_tag
from rewards.language.words import PLACE, Word, density, split_words, variant_share
from rewards.math import FinalAnswer
from rewards.math.turns import after_thinking

Scorer = Callable[[str, str], float]
"""How well a text, the second, says what a source in any language, the first, says: from 0 to 1."""

_DOUBTFUL = 0.1
"""The value that a text of words in random order may have at most."""
_LONG_PROMPT_WORDS, _LONG_PROMPT_CHARS = 8, 40
"""Length from which on a copy of the whole prompt is no answer."""
_SHORT, _LONG = 30, 90
"""Latin letters, or as much of another script, to which a text is judged as a whole, and from which on by spans."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LanguageFidelity:
    """Language, script, consistency and content in one number; not applicable where the text does not tell.

        R = C * D * V * U * S * W * F
        C = variant * (w * spans + (1 - w) * verified),   w = clip((letters - 30) / 60, 0, 1)
        spans = partial * share + (1 - partial) * exp(-((1 - share) / tolerance)^2)
        D = 1 - clip((repeated - 0.2) / 0.4, 0, 1)
        V = mean over each 40 words of clip(max((once - 0.1) / 0.05, (different - 0.33) / 0.05), 0, 1)
        U = clip((0.95 - common) / 0.15, 0, 1) of 24 words and more (no reference)
        S = 1 - clip((small - 0.3) / 0.3, 0, 1), or 0 for finished text that breaks off inside a sentence (no reference)
        W = order of the words, of 1 in sentences and 0 in random order (`rewards.language.order`; no reference)
        F = correct * N * T * O * max(0, chrF++ - floor) / (100 - floor)      factors without data are 1

    `share` is the share of letters in the language (`rewards.language.spans`), divided by the reference's own where
    there is one, so that names which it keeps cost nothing. `verified` is the verdict on the text as a whole, 0 or 1.
    `variant` is 1 but for Chinese in the way of writing that was not asked for.
    A foreign phrase costs most of the value at once, so that none pays; from there on the value falls with the share:
    5 % of foreign letters leave 0.029, half of them 0.015, nothing in the language 0. `partial=1` is the bare share.
    `repeated` is the share of repeated four-word sequences; `once` and `different` are the shares of words that stand
    there once, and of different words (function words alone have few); `common`, that of the language's 126 most common
    words; `small`, that of the sentences which begin with
    a small letter, where capitals stand inside (words in random order). `correct` is 0 or 1 from
    `rewards.math.FinalAnswer`, where the data has an answer. N, numbers, is 1 or at most 1/2; T, named tokens, from 1/2
    to 1; O, word order against the reference, from 0 to 1. Without a reference, N and T are measured against the
    source, and chrF++ gives way to `scorer(source, text)`.

    LaTeX, code, numbers, addresses and (in other scripts) Latin names are no language; sentences inside them are. With
    fewer than three letters, names alone, or a short text whose language cannot be told, the verdict is NOT_APPLICABLE.
    An empty completion is 0, and so is a copy of the prompt. Words in random order are seen by a reference text or a
    scorer; without them by what follows what in the language (110 languages and scripts; nearly every heap of three
    sentences in French or Hindi, few in those with little to go by, such as Hebrew) and by the marks that they
    carry along; 20 words and more without any mark or line break are NOT_APPLICABLE, and so are 24 and more with one
    between nearly all of them, such as keywords. Some pass where somebody sets the
    marks right, and pieces of Thai, Lao, Khmer and Burmese do; so does fluent nonsense everywhere: use a reference or a
    scorer, or gate this term by one that sees content.

    Source: the factors of DeepSeek-R1 (arXiv:2501.12948, language consistency) and Magistral (arXiv:2506.10910, 2.2.4).
    Deviation: spans instead of words or whole texts, and multiplied by content instead of added to it.

    >>> reward = LanguageFidelity(language="de")
    >>> texts = "Die Antwort ist 42, weil sechs mal sieben 42 ergibt.", "The answer is 42, since it is six times seven."
    >>> [round(verdict.value, 2) for verdict in reward([Sample(prompt="", completion=text) for text in texts])]
    [1.0, 0.0]
    """

    language: str = ""
    """Tag of the language to answer in; empty for the one that the sample asks for."""
    language_key: str = "language"
    """Where `sample.reference` may ask for a language; else it is `sample.language`, else the prompt's own."""
    answer_key: str = "answer"
    """Where it may hold a gold answer to check; empty text to check none."""
    text_key: str = "text"
    """Where it may hold a reference text in the language."""
    source_key: str = "source"
    """Where it may hold the text to translate or retell."""
    scorer: Scorer | None = None
    """Judges a completion by the source, or by the prompt without one, where there is no reference text."""
    thinking: bool = True
    """Whether thinking sections have to be in the language, too."""
    partial: float = 0.03
    """What the share in the language earns by itself; 1 for the bare share, from 0 to 1."""
    tolerance: float = 0.01
    """The share of foreign letters at which the rest falls to a third: a word, not a phrase."""

    def __post_init__(self) -> None:
        """Raises RewardError when the language is not known or a number is out of its bounds."""
        if self.language:
            parse_tag(self.language)
        if not (isinstance(self.partial, Real) and 0 <= self.partial <= 1):
            raise RewardError(f"LanguageFidelity: partial is {self.partial!r}; give a number from 0 to 1")
        if not (isinstance(self.tolerance, Real) and 0 < self.tolerance <= 1):
            raise RewardError(f"LanguageFidelity: tolerance is {self.tolerance!r}; give a share above 0, up to 1")

    def __call__(self, group: Sequence[Sample]) -> list[Verdict]:
        return [self.judge(sample) for sample in group]

    def judge(self, sample: Sample) -> Verdict:
        """The verdict of one sample."""
        if not sample.completion.strip():
            return Verdict.of(0.0, "the completion is empty")
        try:
            language = self._asked(sample)
            if language is None:
                return Verdict.not_applicable("the prompt's language cannot be told, and the data names none")
            form = self._form(sample, language)
            if form.has_value and form.value:
                return self._with_content(form, sample, language)
        except RewardError as error:
            return Verdict.failed(str(error))
        return form

    def _asked(self, sample: Sample) -> Language | None:
        """The language to be in; None when nothing tells. Raises RewardError."""
        tag = self.language or sample.reference.get(self.language_key) or sample.language
        tag = tag or identify(prose(sample.prompt))
        return parse_tag(tag) if tag else None

    def _form(self, sample: Sample, language: Language) -> Verdict:
        """C * D * V * U * S * W: language, repetition, the shape of sentences and the order of words."""
        completion = sample.completion if self.thinking else after_thinking(sample.completion)
        text = prose(completion, places=True)
        words = split_words(text)
        found = consistency(words, language)
        reason = _in_words(found, language)
        if found.num_letters < LEAST_LETTERS:
            return Verdict.not_applicable("too few letters to tell the language")
        copied = None if self._sees_content(sample) else _copied(completion, sample.prompt)
        if copied is not None:
            return copied
        letters = found.num_letters * density(language.scripts)
        weight = min(1.0, max(0.0, (letters - _SHORT) / (_LONG - _SHORT)))
        verified = verify(text.replace(PLACE, " "), words, language) if weight < 1.0 else 1.0
        if verified is None and weight == 0.0:
            return Verdict.not_applicable("too short or ambiguous to tell the language")
        foreign = 1.0 - self._fair_share(found, sample, language)
        spanwise = self.partial * (1.0 - foreign) + (1.0 - self.partial) * math.exp(-((foreign / self.tolerance) ** 2))
        consistent = weight * spanwise + (1.0 - weight) * (spanwise if verified is None else verified)
        consistent *= variant_share(text, language.variant)
        shaped, flaw = self._shape(sample, completion, text, words, language)
        value = consistent * shaped
        if value > _DOUBTFUL and not self._sees_content(sample):
            ordered = in_order(words, language)
            value, flaw = value * ordered, flaw + (", words in no order" if ordered < 1.0 else "")
            if value > _DOUBTFUL and wellformed.is_unmarked(completion, words):
                return Verdict.not_applicable(f"{reason}, but without any mark: sentences or a heap of words")
            if value > _DOUBTFUL and wellformed.is_a_bare_list(words):
                return Verdict.not_applicable(f"{reason}, but with a mark between all words: a list or a heap of words")
        return Verdict.of(value, reason + flaw)

    def _shape(
        self, sample: Sample, completion: str, text: str, words: Sequence[Word], language: Language
    ) -> tuple[float, str]:
        """D * V * U * S, and what is wrong in words."""
        repeated = wellformed.repetition(words)
        shape = (1.0 - min(1.0, max(0.0, (repeated - 0.2) / 0.4))) * wellformed.vocabulary(words)
        shape *= wellformed.sentence_shape(text)
        if not self._sees_content(sample):
            shape *= wellformed.substance(words, common_set(language.code))
        stops = (
            sample.finish_reason != "length" and not self._sees_content(sample) and wellformed.stops_short(completion)
        )
        if stops and not ends_as_usual(words, language):
            return 0.0, ", breaks off inside a sentence"
        return shape, f", {repeated:.0%} repeated" if shape < 1.0 else ""

    def _sees_content(self, sample: Sample) -> bool:
        """Whether something else tells sense from a heap of words."""
        return self.scorer is not None or sample.reference.get(self.text_key) is not None

    def _fair_share(self, found: Consistency, sample: Sample, language: Language) -> float:
        """The share, divided by that of the reference text, which is right by definition."""
        reference = self._text(sample, self.text_key)
        if found.share == 1.0 or not reference:
            return found.share
        best = consistency(split_words(prose(reference)), language).share
        return min(1.0, found.share / best) if best > 0.5 else found.share

    def _with_content(self, form: Verdict, sample: Sample, language: Language) -> Verdict:
        """The form times F. Raises RewardError when the data is wrong or the scorer fails."""
        value, reasons = form.value or 0.0, [form.reason]
        if self.answer_key and sample.reference.get(self.answer_key) is not None:
            checked = FinalAnswer(answer_key=self.answer_key)([sample])[0]
            if checked.value is None:
                return checked
            value *= checked.value
            reasons.append(checked.reason)
        text, reference = after_thinking(sample.completion), self._text(sample, self.text_key)
        source = self._text(sample, self.source_key)
        model = reference or source
        if model:
            agreement = faithful.number_agreement(model, text)
            named = faithful.named_recall(faithful.named_tokens(model, language if reference else None), text)
            value *= agreement * (0.5 + 0.5 * named)
            reasons.append(f"numbers {agreement:.2f}, names {named:.2f}")
        if reference:
            close = faithful.closeness(reference, text, language)
            ordered = faithful.order_agreement(reference, text)
            value *= close * ordered
            reasons.append(f"close to the reference {close:.2f}, in order {ordered:.2f}")
        elif self.scorer is not None:
            score = self._score(source or sample.prompt, text)
            value *= score
            reasons.append(f"scored {score:.2f}")
        return Verdict.of(value, "; ".join(reasons))

    def _score(self, source: str, text: str) -> float:
        """Raises RewardError when the scorer raises or gives no number from 0 to 1."""
        assert self.scorer is not None
        try:
            score = self.scorer(source, text)
        except Exception as error:  # a scorer may be anybody's code; the verdict records what it raised
            raise RewardError(f"the scorer failed: {describe(error)}") from error
        if not (isinstance(score, Real) and 0 <= score <= 1):
            raise RewardError(f"the scorer gave {score!r}; make it return a number from 0 to 1")
        return float(score)

    def _text(self, sample: Sample, key: str) -> str:
        """The text that the data holds under a key; empty when there is none. Raises RewardError."""
        value = sample.reference.get(key)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise RewardError(f"reference[{key!r}] is {value!r}, not text; correct the row or name another key")
        return value


def _copied(completion: str, prompt: str) -> Verdict | None:
    """The verdict on a completion that has no word but a whole long prompt's own; None for any other."""
    asked, given = " ".join(prompt.split()), " ".join(completion.split())
    if asked not in given or (len(asked.split()) < _LONG_PROMPT_WORDS and len(asked) < _LONG_PROMPT_CHARS):
        return None
    rest = given.replace(asked, " ")
    if sum(char.isalpha() for char in rest) >= LEAST_LETTERS:
        return None
    if any(char.isalnum() for char in rest):
        return Verdict.not_applicable("nothing but the prompt and too few letters to tell the language")
    return Verdict.of(0.0, "nothing but a copy of the prompt")


def _in_words(found: Consistency, language: Language) -> str:
    foreign = sorted({span.code for span in found.spans} - {language.code})
    return f"{found.share:.0%} in {language.code}" + (f", also {' '.join(foreign)}" if foreign else "")
