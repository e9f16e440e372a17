"""Laws of the rewards that hold for every text and every number."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rewards import Boxed, FinalAnswer, Length, Pattern, Reward, Sample, State, Tags, Term, Verdict, WeightedSum, verify
from rewards.math.numbers import vocabulary

relaxed = settings(deadline=None)  # a busy machine is no failure
MARKUP = st.sampled_from(
    sorted(
        vocabulary(
            "\\boxed{ { } $ \\frac #### <answer> </answer> <think> </think> answer is ^ _ ( ) [ ] | , + - * / = < ! %"
            " \\pm \\begin{pmatrix} \\end{pmatrix} & \\\\ 1 23 4.5 x pi \\infty \\text{ or \\sqrt \u0663 \u00bd km"
        )
    )
)
TEXT = st.one_of(
    st.text(max_size=200), st.lists(MARKUP, max_size=25).map("".join), st.lists(MARKUP, max_size=25).map(" ".join)
)
REWARDS = [
    FinalAnswer(),
    FinalAnswer(allow_bare=True, allow_unevaluated=True, rel_tol=0.01),
    Boxed(),
    Pattern(r"\\boxed\{[^{}]*\}"),
    Tags(("think", "answer")),
    Length(max_tokens=5, ramp_tokens=2),
]


@pytest.mark.parametrize("reward", REWARDS, ids=repr)
@relaxed
@given(completion=TEXT, num_tokens=st.integers(0, 20), finish_reason=st.sampled_from(["stop", "length"]))
def test_rewards_never_raise_and_stay_between_0_and_1_on_any_text(
    reward: Reward, completion: str, num_tokens: int, finish_reason: str
) -> None:
    reference = {"answer": "2\\sqrt{3}, x"}
    sample = Sample(
        prompt="", completion=completion, reference=reference, num_tokens=num_tokens, finish_reason=finish_reason
    )
    verdict = reward([sample])[0]
    assert verdict.state in (State.VALUE, State.NOT_APPLICABLE)
    assert verdict.value is None or 0.0 <= verdict.value <= 1.0


@relaxed
@given(gold=TEXT, completion=TEXT)
def test_any_gold_gives_a_value_or_a_failure_and_never_an_exception(gold: str, completion: str) -> None:
    sample = Sample(prompt="", completion=completion, reference={"answer": gold})
    assert FinalAnswer()([sample])[0].state in (State.VALUE, State.FAILED)


@st.composite
def written_numbers(draw: st.DrawFn) -> tuple[str, Fraction]:
    """A number and one of the ways to write it."""
    form = draw(
        st.sampled_from(["integer", "decimal", "grouped", "fraction", "latex", "scientific", "arabic", "mixed"])
    )
    sign, whole = draw(st.sampled_from(["", "-"])), draw(st.integers(0, 10**9))
    minus = -1 if sign else 1
    digits = draw(st.text("0123456789", min_size=1, max_size=6))
    if form == "integer":
        return f"{sign}{whole}", Fraction(minus * whole)
    if form == "grouped":
        return f"{sign}{whole:,}", Fraction(minus * whole)
    if form == "arabic":
        return sign + str(whole).translate(
            str.maketrans("0123456789", "\u0660\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668\u0669")
        ), Fraction(minus * whole)
    if form == "decimal":
        return f"{sign}{whole}.{digits}", minus * Fraction(f"{whole}.{digits}")
    if form == "scientific":
        power = draw(st.integers(-9, 9))
        return f"{sign}{whole}\\times 10^{{{power}}}", minus * whole * Fraction(10) ** power
    denominator = draw(st.integers(2, 999))
    numerator = draw(st.integers(1, denominator - 1))
    if form == "mixed":
        return f"{sign}{whole} {numerator}/{denominator}", minus * (whole + Fraction(numerator, denominator))
    if form == "fraction":
        return f"{sign}{numerator}/{denominator}", minus * Fraction(numerator, denominator)
    return f"{sign}\\frac{{{numerator}}}{{{denominator}}}", minus * Fraction(numerator, denominator)


@relaxed
@given(written_numbers(), written_numbers())
def test_numbers_are_equal_exactly_when_their_values_are_and_either_way_round(
    one: tuple[str, Fraction], other: tuple[str, Fraction]
) -> None:
    expected = float(one[1] == other[1])
    assert verify(one[0], other[0]).value == expected
    assert verify(other[0], f"\\boxed{{{one[0]}}}").value == expected


@relaxed
@given(written_numbers())
def test_every_form_of_a_number_equals_its_plain_fraction(number: tuple[str, Fraction]) -> None:
    text, value = number
    plain = str(value)
    assert verify(plain, text).value == 1.0
    assert verify(text, plain).value == 1.0
    assert verify(str(value + 1), text).value == 0.0


VERDICTS = st.one_of(
    st.floats(-1e6, 1e6).map(Verdict.of),
    st.just(Verdict.not_applicable()),
    st.just(Verdict.failed("broken")),
    st.just(Verdict(state=State.TIMED_OUT)),
    st.just(Verdict(state=State.TRUNCATED)),
)
TERMS = st.lists(st.tuples(st.floats(-1e6, 1e6), VERDICTS), min_size=1, max_size=5)
SAMPLE = Sample(prompt="", completion="")


def total(terms: dict[str, tuple[float, Verdict]]) -> Verdict:
    built = {
        name: Term(weight=weight, reward=lambda group, v=verdict: [v]) for name, (weight, verdict) in terms.items()
    }
    return WeightedSum(built)([SAMPLE])[0]


@relaxed
@given(TERMS, VERDICTS)
def test_a_term_of_weight_zero_changes_nothing_in_the_value(parts: list[tuple[float, Verdict]], extra: Verdict) -> None:
    terms = {f"t{i}": part for i, part in enumerate(parts)}
    without = total(terms)
    assume(without.state is not State.NOT_APPLICABLE)
    added = total({**terms, "watched": (0.0, extra)})
    assert (added.state, added.value) == (without.state, without.value)


@relaxed
@given(TERMS, st.randoms(use_true_random=False))
def test_the_order_of_terms_changes_nothing_in_the_value(parts: list[tuple[float, Verdict]], rng) -> None:
    terms = {f"t{i}": part for i, part in enumerate(parts)}
    names = list(terms)
    rng.shuffle(names)
    one, other = total(terms), total({name: terms[name] for name in names})
    assert one.value == other.value
    assert one.has_value == other.has_value


@relaxed
@given(TERMS)
def test_a_value_is_given_exactly_when_some_term_applies_and_none_that_counts_is_broken(
    parts: list[tuple[float, Verdict]],
) -> None:
    verdict = total({f"t{i}": part for i, part in enumerate(parts)})
    broken = any(weight != 0 and not v.has_value and v.state is not State.NOT_APPLICABLE for weight, v in parts)
    values = [weight * v.value for weight, v in parts if v.value is not None]
    if broken or not values:
        assert verdict.value is None
    else:
        assert verdict.value == math.fsum(values)
