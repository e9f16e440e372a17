"""Verifiable instructions: fulfilled, not fulfilled, and hacked."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest

from rewards import RewardError, Sample, State, Verdict
from rewards.instructions import KINDS, Instructions, build_check, build_checks

PROMPT = "Describe the old bridge over the river in two sentences. Do not use commas."


def german(text: str, language: str) -> bool | None:
    """A stand-in for a detector: knows German by one word, and abstains on short texts."""
    return None if len(text) < 10 else (" der " in f" {text} ") == (language == "de")


def judged(checks: Any, completion: str, *, strict: bool = True, all_or_nothing: bool = True, **more: Any) -> Verdict:
    reward = Instructions(strict=strict, all_or_nothing=all_or_nothing, speaks=german)
    return reward([Sample(prompt=PROMPT, completion=completion, reference={"checks": checks}, **more)])[0]


CASES: list[tuple[dict[str, Any], str, bool]] = [
    ({"kind": "count", "of": "words", "at_least": 3}, "one two three", True),
    ({"kind": "count", "of": "words", "at_least": 3}, "one two", False),
    ({"kind": "count", "of": "words", "at_least": 3}, "one two \u200b \u3164 . - !", False),
    ({"kind": "count", "of": "words", "at_most": 3}, "one-two-three-four", False),
    ({"kind": "count", "of": "words", "at_most": 3}, "one.Two.Three.Four", False),
    ({"kind": "count", "of": "words", "at_least": 4, "at_most": 4}, "河水流过", True),
    ({"kind": "count", "of": "characters", "at_least": 10}, "ab" + " " * 20 + "\u200b" * 20, False),
    ({"kind": "count", "of": "sentences", "at_least": 2, "at_most": 2}, "It is old. It is high.", True),
    ({"kind": "count", "of": "sentences", "at_least": 3}, "It is. . . ! ?", False),
    ({"kind": "count", "of": "sentences", "at_least": 3}, "Yes. Yes. Yes.", False),
    ({"kind": "count", "of": "sentences", "at_most": 2}, "Yes. Yes. Yes.", False),
    ({"kind": "count", "of": "paragraphs", "at_least": 2}, "one\n\ntwo", True),
    ({"kind": "count", "of": "paragraphs", "at_least": 3}, "one\n\n\u200b\n\ntwo\n\n***", False),
    ({"kind": "count", "of": "bullets", "at_least": 2, "at_most": 2}, "* one\n- two", True),
    ({"kind": "count", "of": "bullets", "at_least": 2}, "* one\n* \n* ...", False),
    ({"kind": "count", "of": "bullets", "at_least": 2}, "* one\n* one", False),
    ({"kind": "count", "of": "bullets", "at_least": 1}, "**bold** start", False),
    ({"kind": "count", "of": "numbered_items", "at_least": 2}, "1. one\n2) two", True),
    ({"kind": "count", "of": "highlights", "at_least": 2}, "*one* and **two**", True),
    ({"kind": "count", "of": "highlights", "at_least": 2}, "*one* and *one* and ** **", False),
    ({"kind": "count", "of": "placeholders", "at_least": 2}, "Dear [name], at [address]", True),
    ({"kind": "count", "of": "placeholders", "at_least": 2}, "Dear [name], at [] [ ]", False),
    ({"kind": "count", "of": "capital_words", "at_least": 2}, "NOT and NEVER", True),
    ({"kind": "count", "of": "capital_words", "at_most": 1}, "NOT and NEVER", False),
    ({"kind": "keywords", "phrases": ["bridge", "old river"]}, "The BRIDGE by the old  river", True),
    ({"kind": "keywords", "phrases": ["bridge"]}, "bridges, abridged", False),
    ({"kind": "keywords", "phrases": ["bridge"], "at_most": 2}, "bridge " * 30, False),
    ({"kind": "keywords", "phrases": ["桥"]}, "一座古老的桥在河上", True),
    ({"kind": "forbidden", "phrases": ["bridge"]}, "abridged", True),
    ({"kind": "forbidden", "phrases": ["bridge"]}, "a br\u200bidge", False),
    ({"kind": "frequency", "phrase": "so", "at_least": 2, "at_most": 3}, "So it is, so it goes", True),
    ({"kind": "frequency", "phrase": "so", "at_least": 2, "at_most": 3}, "so so so so", False),
    ({"kind": "frequency", "phrase": "e", "at_least": 3, "letter": True}, "even here", True),
    ({"kind": "frequency", "phrase": "e", "at_most": 3, "letter": True}, "even here", False),
    ({"kind": "case", "case": "upper"}, "ALL 18 OF THEM!", True),
    ({"kind": "case", "case": "upper"}, "18 + 18", False),
    ({"kind": "case", "case": "lower"}, "straße und école", True),
    ({"kind": "case", "case": "lower"}, "straße Und", False),
    ({"kind": "starts_with", "phrase": "Dear all"}, "dear  ALL, hello", True),
    ({"kind": "starts_with", "phrase": "Dear all"}, "Hello, dear all", False),
    ({"kind": "ends_with", "phrase": "Is that all?"}, 'It is. "Is that all?"\n', True),
    ({"kind": "ends_with", "phrase": "Is that all?"}, "Is that all? Yes.", False),
    ({"kind": "no_commas"}, "none here", True),
    ({"kind": "no_commas"}, "也许，可以", False),
    ({"kind": "quoted"}, '"the whole text"', True),
    ({"kind": "quoted"}, "« tout le texte »", True),
    ({"kind": "quoted"}, '"half" of it', False),
    ({"kind": "quoted"}, '" "', False),
    ({"kind": "postscript"}, "It is old.\n\nP.S. It is high.", True),
    ({"kind": "postscript"}, "It is old.\n\np. s. high", True),
    ({"kind": "postscript"}, "It is old.\n\nP.S.", False),
    ({"kind": "postscript"}, "P.S. It is high.", False),
    ({"kind": "postscript", "marker": "P.P.S"}, "It is old.\nP.S. high", False),
    ({"kind": "language", "language": "de"}, "Das ist der alte Fluss", True),
    ({"kind": "language", "language": "de"}, "This is the old river", False),
    ({"kind": "repeats_prompt"}, PROMPT + "\nIt is old.", True),
    ({"kind": "repeats_prompt"}, PROMPT, False),
    ({"kind": "repeats_prompt"}, PROMPT + " \u200b...", False),
    ({"kind": "repeats_prompt", "then_answer": False}, PROMPT, True),
    ({"kind": "repeats_prompt", "text": "Two facts"}, "two facts: it is old", True),
    ({"kind": "cites_prompt"}, 'You said "the old bridge over the river" here.', True),
    ({"kind": "cites_prompt"}, "> in two sentences. Do not use\n\nFine.", True),
    ({"kind": "cites_prompt"}, 'You said "the new bridge over the river" here.', False),
    ({"kind": "cites_prompt"}, 'You said "the old bridge" here.', False),
    ({"kind": "cites_prompt", "at_least": 2}, '"the old bridge over" and "the old bridge over the river"', False),
    ({"kind": "cites_prompt", "at_least": 2}, '"the old bridge over" and “do not use commas”', True),
    ({"kind": "sections", "marker": "Part", "at_least": 2}, "PART 1\nIt is old.\n**Part 2** It is not.", True),
    ({"kind": "sections", "marker": "Part", "at_least": 2}, "Part 1\nIt is old.\nPart 1\nIt is not.", False),
    ({"kind": "sections", "marker": "Part", "at_least": 2}, "Part 1 Part 2 it is one section", False),
    ({"kind": "sections", "marker": "Part", "at_least": 2}, "Counterpart 1 and Counterpart 2 are words", False),
    ({"kind": "title"}, "<<The Bridge>>\nIt is old.", True),
    ({"kind": "title"}, "<< >>\nIt is old.", False),
    ({"kind": "json"}, '{"a": 1}', True),
    ({"kind": "json"}, '{"a": 1', False),
    ({"kind": "one_of", "options": ["yes", "no"]}, "My answer is yes.", True),
    ({"kind": "one_of", "options": ["yes", "no"]}, "yes and no", False),
    ({"kind": "parts", "separator": "******", "count": 2}, "one answer\n******\nanother answer", True),
    ({"kind": "parts", "separator": "******", "count": 2}, "one answer\n******\none answer", False),
    ({"kind": "parts", "separator": "******", "count": 2}, "one\n******\ntwo\n******\n\u200b", False),
    ({"kind": "paragraph_starts", "number": 2, "phrase": "Then"}, "First.\n\nthen it turns.", True),
    ({"kind": "paragraph_starts", "number": 2, "phrase": "Then"}, "Then.\n\nFirst.", False),
]


@pytest.mark.parametrize(("check", "completion", "fulfilled"), CASES)
def test_a_check_is_fulfilled_as_a_reader_would_say(check: dict[str, Any], completion: str, fulfilled: bool) -> None:
    verdict = judged([check], completion)
    assert verdict.value == float(fulfilled), verdict.reason


def test_every_kind_has_a_case_that_passes_and_one_that_does_not() -> None:
    for kind in KINDS:
        assert {fulfilled for check, _, fulfilled in CASES if check["kind"] == kind} == {True, False}, kind


TWO = [{"kind": "no_commas"}, {"kind": "count", "of": "words", "at_least": 3}]


def test_the_value_is_the_share_or_all_or_nothing() -> None:
    assert judged(TWO, "one two three").value == 1.0
    assert judged(TWO, "one, two, three").value == 0.0
    verdict = judged(TWO, "one, two, three", all_or_nothing=False)
    assert (verdict.value, verdict.reason) == (0.5, "a comma")


@pytest.mark.parametrize("completion", ["", " ", "...", "\u200b", "<think>one two three", "<think>a b c</think>"])
def test_a_response_that_shows_nothing_fulfils_nothing(completion: str) -> None:
    assert judged([{"kind": "no_commas"}], completion, all_or_nothing=False).value == 0.0


def test_what_was_cut_off_fulfils_nothing() -> None:
    assert judged([{"kind": "no_commas"}], "one two", finish_reason="length").value == 0.0


def test_the_thinking_section_is_no_part_of_the_response() -> None:
    assert judged(TWO, "<think>one, two</think>one two three").value == 1.0
    assert judged(TWO, "<think>one two three</think>one").value == 0.0


@pytest.mark.parametrize(
    ("check", "completion"),
    [
        ({"kind": "case", "case": "upper"}, "Sure, here it is:\nALL OF IT"),
        ({"kind": "no_commas"}, "One thing\nI hope, this helps"),
        ({"kind": "starts_with", "phrase": "Dear"}, "**Dear** all"),
    ],
)
def test_loose_forgives_a_first_line_a_last_line_and_asterisks(check: dict[str, Any], completion: str) -> None:
    assert judged([check], completion, strict=False).value == 1.0
    assert judged([check], completion, strict=True).value == 0.0


def test_loose_does_not_forgive_the_middle_or_a_text_of_one_line() -> None:
    assert judged([{"kind": "no_commas"}], "One\ntwo, three\nfour", strict=False).value == 0.0
    assert judged([{"kind": "no_commas"}], "two, three", strict=False).value == 0.0


def test_a_language_that_cannot_be_told_is_neither_a_pass_nor_a_fail() -> None:
    language = {"kind": "language", "language": "de"}
    assert judged([language], "42").state is State.NOT_APPLICABLE
    assert judged([language, {"kind": "no_commas"}], "42", all_or_nothing=False).state is State.NOT_APPLICABLE
    assert judged([language, {"kind": "case", "case": "upper"}], "no", all_or_nothing=True).value == 0.0


def test_a_detector_that_is_missing_or_raises_or_talks_nonsense_is_a_failure() -> None:
    def broken(text: str, language: str) -> bool:
        raise KeyError(language)

    sample = Sample(prompt="", completion="a text", reference={"checks": [{"kind": "language", "language": "de"}]})
    for speaks in (None, broken, lambda text, language: 0.99):
        verdict = Instructions(strict=True, all_or_nothing=True, speaks=speaks)([sample])[0]
        assert verdict.state is State.FAILED
    assert "build Instructions with speaks" in Instructions(strict=True, all_or_nothing=True)([sample])[0].reason


def test_a_sample_without_checks_is_not_judged() -> None:
    verdict = Instructions(strict=True, all_or_nothing=True)([Sample(prompt="", completion="x")])[0]
    assert verdict.state is State.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("check", "message"),
    [
        ({"kind": "poem"}, "is no check; write"),
        ("no_commas", "is no check; write"),
        ({"kind": ["no_commas"]}, "is no check; write"),
        ({"kind": "count", "of": ["words"], "at_least": 1}, "unhashable"),
        ({"kind": "count", "of": "words"}, "give one or both"),
        ({"kind": "count", "of": "words", "at_least": 5, "at_most": 4}, "the first no larger"),
        ({"kind": "count", "of": "words", "at_least": -1}, "whole numbers"),
        ({"kind": "count", "of": "words", "at_least": 2.5}, "whole numbers"),
        ({"kind": "count", "of": "letters", "at_least": 1}, "give one of words"),
        ({"kind": "count", "at_least": 1}, "give all of its options"),
        ({"kind": "count", "of": "words", "atleast": 1}, "unknown option atleast; known are of, at_least, at_most"),
        ({"kind": "keywords", "phrases": "bridge"}, "give text that shows something"),
        ({"kind": "keywords", "phrases": ["\u200b"]}, "give text that shows something"),
        ({"kind": "case", "case": "title"}, "give upper or lower"),
        ({"kind": "frequency", "phrase": "ab", "at_least": 1, "letter": True}, "no single letter"),
    ],
)
def test_a_check_written_wrongly_is_an_error_for_who_loads_it_and_a_failure_for_who_does_not(
    check: Any, message: str
) -> None:
    with pytest.raises(RewardError, match=message):
        build_check(check)
    verdict = judged([check], "some text")
    assert verdict.state is State.FAILED
    assert message in verdict.reason


def test_checks_come_as_a_list_or_as_its_json_and_absent_options_may_be_null() -> None:
    assert build_checks(json.dumps(TWO)) == build_checks(TWO)
    padded = {"kind": "no_commas", "of": None, "at_least": None}
    assert build_check(padded) == build_check({"kind": "no_commas"})
    for written in ("[", [], {}, 3):
        with pytest.raises(RewardError, match=r"is no JSON|is no list of checks"):
            build_checks(written)


def test_options_of_another_type_are_an_error() -> None:
    with pytest.raises(RewardError, match="strict is 'yes'; give true or false"):
        Instructions(strict="yes", all_or_nothing=True)  # pyright: ignore[reportArgumentType]
    with pytest.raises(RewardError, match="speaks is 'de'"):
        Instructions(strict=True, all_or_nothing=True, speaks="de")  # pyright: ignore[reportArgumentType]


def test_the_reward_can_be_sent_to_a_worker_process() -> None:
    reward = pickle.loads(pickle.dumps(Instructions(strict=True, all_or_nothing=True, speaks=german)))
    assert reward([Sample(prompt="", completion="one two three", reference={"checks": TWO})])[0].value == 1.0


@pytest.mark.parametrize(
    "text", ["." * 100_000 + "x", "*" * 100_000, "\n" * 100_000 + "x", '"' * 100_000, "[" * 100_000, "\u201c" * 100_000]
)
def test_hostile_texts_are_judged_within_bounds(text: str) -> None:
    checks = [check for check, _, _ in CASES]
    assert judged(checks, text, all_or_nothing=False).state in (State.VALUE, State.NOT_APPLICABLE)


# Rows in IFEval's layout ----------------------------------------------------------------------------------------------

# By hand after the benchmark's descriptions: instruction, its options, a response that follows it, one that does not.
IFEVAL = [
    ("keywords:existence", {"keywords": ["river", "bridge"]}, "The bridge over the river.", "The bridge is old."),
    ("keywords:frequency", {"keyword": "sea", "frequency": 2, "relation": "at least"}, "Sea by sea.", "One sea."),
    ("keywords:frequency", {"keyword": "sea", "frequency": 2, "relation": "less than"}, "One sea.", "Sea by sea."),
    ("keywords:forbidden_words", {"forbidden_words": ["bad"]}, "All is good, badly put.", "All is bad."),
    (
        "keywords:letter_frequency",
        {"letter": "q", "let_frequency": 2, "let_relation": "at least"},
        "Quite quick.",
        "Quite.",
    ),
    ("language:response_language", {"language": "de"}, "Das ist ein Satz.", "This is a sentence."),
    (
        "length_constraints:number_sentences",
        {"num_sentences": 2, "relation": "at least"},
        "One. Two.",
        "Only one of them.",
    ),
    ("length_constraints:number_paragraphs", {"num_paragraphs": 2}, "First\n***\nSecond", "First\n\nSecond"),
    (
        "length_constraints:number_words",
        {"num_words": 4, "relation": "less than"},
        "Three words here",
        "Four words are here",
    ),
    (
        "length_constraints:nth_paragraph_first_word",
        {"num_paragraphs": 2, "nth_paragraph": 2, "first_word": "then"},
        "Before.\n\nThen after.",
        "Then before.\n\nAfter.",
    ),
    (
        "detectable_content:number_placeholders",
        {"num_placeholders": 2},
        "Dear [name] of [town]",
        "Dear [name] of [name]",
    ),
    (
        "detectable_content:postscript",
        {"postscript_marker": "P.S."},
        "Hello.\nP.S. Bring bread.",
        "Hello. Bring bread.",
    ),
    ("detectable_format:number_bullet_lists", {"num_bullets": 2}, "* one\n* two", "* one\n* two\n* three"),
    ("detectable_format:constrained_response", {}, "My answer is no.", "My answer is yes. My answer is no."),
    (
        "detectable_format:number_highlighted_sections",
        {"num_highlights": 1},
        "So *this part* counts",
        "So this * counts",
    ),
    (
        "detectable_format:multiple_sections",
        {"section_spliter": "Section", "num_sections": 2},
        "Section 1\nWe begin.\nSection 2\nWe end.",
        "Section 1 Section 2 Section 3\nOnly this.",
    ),
    ("detectable_format:json_format", {}, '```json\n{"a": 1}\n```', "{'a': 1}"),
    ("detectable_format:title", {}, "<<On rivers>>\nThey flow.", "On rivers\nThey flow."),
    ("combination:two_responses", {}, "One way.\n******\nAnother way.", "One way.\n******\nOne way."),
    ("combination:repeat_prompt", {"prompt_to_repeat": "What is 2+2?"}, "What is 2+2? It is 4.", "It is 4."),
    ("startend:end_checker", {"end_phrase": "That is all."}, "So it is. That is all.", "That is all. Or is it?"),
    ("startend:quotation", {}, '"All of it"', '"All" of it'),
    (
        "change_case:capital_word_frequency",
        {"capital_frequency": 2, "capital_relation": "at least"},
        "STOP and LOOK here",
        "STOP and look here",
    ),
    ("change_case:english_capital", {}, "ALL OF IT", "ALL OF iT"),
    ("change_case:english_lowercase", {}, "all of it", "all of It"),
    ("punctuation:no_comma", {}, "So it is", "So, it is"),
]


def speaks_german(text: str, language: str) -> bool:
    return ("Das" in text) == (language == "de")


@pytest.mark.parametrize(("name", "options", "right", "wrong"), IFEVAL)
def test_a_row_of_ifeval_is_read_as_it_is(name: str, options: dict[str, Any], right: str, wrong: str) -> None:
    # A table holds every option that any row has, as None where this one has it not.
    filled = {**dict.fromkeys(["num_words", "relation", "keyword", "language"]), **options}
    reference = {"instruction_id_list": [name, "punctuation:no_comma"], "kwargs": [filled, {}]}
    reward = Instructions(strict=True, all_or_nothing=False, speaks=speaks_german)
    alone = {"instruction_id_list": [name], "kwargs": json.dumps([options])}
    group = [Sample(prompt="", completion=text, reference=alone) for text in (right, wrong)]
    assert [verdict.value for verdict in reward(group)] == [1.0, 0.0]
    both = reward([Sample(prompt="", completion=right, reference=reference)])[0]
    assert both.value == (0.5 if "," in right else 1.0)


def test_every_kind_of_ifeval_has_a_case_here() -> None:
    from rewards.ifeval import _CHECKS

    assert {name for name, *_ in IFEVAL} == set(_CHECKS)
    assert len(_CHECKS) == 25


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ({"instruction_id_list": ["punctuation:no_comma"], "kwargs": []}, "1 entries and kwargs 0; give one for each"),
        ({"instruction_id_list": ["punctuation:no_comma"]}, "kwargs is 'None'; give a list"),
        ({"instruction_id_list": ["new:kind"], "kwargs": [{}]}, "'new:kind' with {} is no instruction of IFEval"),
        ({"instruction_id_list": ["keywords:existence"], "kwargs": [{}]}, "lacks 'keywords'; it has no options"),
        (
            {
                "instruction_id_list": ["keywords:frequency"],
                "kwargs": [{"keyword": "a", "frequency": 1, "relation": "?"}],
            },
            "relation is '?'",
        ),
    ],
)
def test_a_row_of_ifeval_that_is_written_wrongly_fails_and_says_why(reference: dict[str, Any], message: str) -> None:
    sample = Sample(prompt="", completion="So it is", reference=reference)
    verdict = Instructions(strict=True, all_or_nothing=True)([sample])[0]
    assert verdict.state is State.FAILED
    assert message in verdict.reason
