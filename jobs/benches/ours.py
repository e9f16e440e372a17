"""Our rewards as graders for `worker`: one sample a call, through the public door that a run uses.

Each imports what it needs by itself, so that none is charged with the memory of another.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rewards.base import Reward, Sample

Grader = tuple[Callable[[dict[str, Any]], Any], Callable[[Any], tuple[float | None, str]]]


def final_answer() -> Grader:
    from rewards.math import FinalAnswer

    return _grader(FinalAnswer())


def unit_tests(*, slots: int, cpu_s: float) -> Grader:
    from rewards.code import Sandbox, UnitTests

    return _grader(UnitTests(cpu_s=cpu_s, sandbox=Sandbox(slots=slots)))


def language() -> Grader:
    from rewards.language import LanguageFidelity

    return _grader(LanguageFidelity())


def tags() -> Grader:
    from rewards.format import Tags

    return _grader(Tags(("think", "answer")))


def boxed() -> Grader:
    from rewards.format import Boxed

    return _grader(Boxed())


def repetition() -> Grader:
    from rewards.repetition import Repetition

    return _grader(Repetition(ngram_words=6, ngram_chars=16))


def overlong(*, max_tokens: int, buffer_tokens: int) -> Grader:
    """The punishment plus 1, so that a completion in time is a yes."""
    from rewards.length import Overlong

    return _grader(Overlong(max_tokens=max_tokens, buffer_tokens=buffer_tokens), plus=1.0)


def json_schema() -> Grader:
    from rewards.structure import JsonSchema

    return _grader(JsonSchema())


def function_calls() -> Grader:
    from rewards.calls import FunctionCalls

    return _grader(FunctionCalls(syntax="json"))


def instructions() -> Grader:
    from rewards.instructions import Instructions

    return _grader(Instructions(strict=True, all_or_nothing=True))


def composed() -> Grader:
    """The default reward of math runs: what the frame around its terms costs."""
    from rewards.compose import Term, WeightedSum
    from rewards.format import Boxed
    from rewards.math import FinalAnswer

    terms = {"correct": Term(reward=FinalAnswer(), weight=1.0), "format": Term(reward=Boxed(), weight=0.1)}
    return _grader(WeightedSum(terms=terms))


def _grader(reward: Reward, plus: float = 0.0) -> Grader:
    def prepare(row: dict[str, Any]) -> list[Sample]:
        known = {
            name: row[name] for name in ("prompt", "completion", "reference", "language", "num_tokens") if name in row
        }
        return [Sample(**known)]

    def judge(group: list[Sample]) -> tuple[float | None, str]:
        verdict = reward(group)[0]
        return None if verdict.value is None else verdict.value + plus, verdict.reason

    return prepare, judge
