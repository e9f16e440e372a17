"""A named term of a composed reward: what it says, when it counts, and by how much."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from fnmatch import fnmatchcase
from numbers import Real
from typing import Any, Literal

from rewards.base import Reward, RewardError, Sample
from rewards.relative import ranks
from rewards.schedules import Constant, Schedule

RESERVED_NAMES = frozenset({"mean", "std", "failed_share"})
"""Metrics of the whole reward, `reward/mean` and so on, which a term of that name would overwrite."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AppliesTo:
    """The samples that a term is about; to all others it is not applicable.

    >>> rule = AppliesTo(task=["math*"], language="de")
    >>> rule.matches(Sample(prompt="", completion="", task="math/easy", language="de-AT"))
    True
    """

    task: str | Sequence[str] = ()
    """Names of tasks, `*` for any characters; none: every task."""
    language: str | Sequence[str] = ()
    """BCP 47 tags, each with its regions and scripts: `de` is `de-AT` too; none: every language."""

    def matches(self, sample: Sample) -> bool:
        tasks, languages = _names(self.task), [language.lower() for language in _names(self.language)]
        tag = sample.language.lower()
        right_task = not tasks or any(fnmatchcase(sample.task, pattern) for pattern in tasks)
        return right_task and (not languages or any(tag == name or tag.startswith(f"{name}-") for name in languages))


@dataclass(frozen=True, kw_only=True, slots=True)
class Gate:
    """Another term that a sample must have passed before this one is asked at all."""

    term: str
    at_least: float = 0.5
    """What that term's own value, before clip and rescale, must reach."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Term:
    """One part of a composed reward: exactly one of `reward` and `function`, and its weight."""

    weight: float | Schedule
    """Factor in a sum, where it may be negative, or how far the term can pull a product or minimum down, from 0 to 1;
    a number or a schedule over steps. 0 logs the term without training on it."""
    reward: Reward | None = None
    function: str | Callable[..., Any] | None = None
    """A function of one sample or one group, async or not, or where it is: `path/to/file.py:name`,
    `package.module:name`."""
    required: bool | None = None
    """What becomes of a sample without this term's value. None: it has no value either where the term counts and has
    failed. True: it has none in any case, even where the term has weight 0 or is not applicable. False: it goes on
    without the term."""
    applies_to: AppliesTo | Mapping[str, Any] | None = None
    gate: Gate | Mapping[str, Any] | str | None = None
    """The name of a term, passed at 0.5, or `{term: ..., at_least: ...}`. The term judges only what passed."""
    clip: Sequence[float] | None = None
    """[low, high]: values outside are moved to the nearer end."""
    rescale: Sequence[float] | None = None
    """[low, high]: after clipping, low becomes 0 and high becomes 1; low may be the larger one."""
    relative: Literal["rank"] | None = None
    """`rank`: what counts is the share of its group's others that a completion beats."""
    eval_only: bool = False
    """Asked in evaluations, scoring and the check before a run, never while training; has no part in the value."""
    background: bool = False
    """Judge in a background thread while the next prompts are sampled: for what waits, such as a sandbox or a judge
    behind a network, and may be called from several threads at a time. Nothing stops it; see `isolated`."""
    isolated: bool = False
    """Judge in a worker process, which is killed when it takes longer than `timeout_s`."""
    timeout_s: float | None = None
    """Seconds of wall time for one call: for a sample if it is a function of one, for a group otherwise."""

    def weight_at(self, step: float) -> float:
        """The weight at a step. Raises RewardError when a schedule gives no finite number."""
        weight = self.weight(step) if callable(self.weight) else self.weight
        if not _finite(weight):
            raise RewardError(f"the weight at step {step} is {weight!r}; mend the schedule: it must be a finite number")
        return float(weight)

    def counted(self, values: Sequence[float | None]) -> list[float | None]:
        """A group's values as they enter the aggregation: clipped, rescaled, ranked."""
        numbers = [None if value is None else self._scaled(value) for value in values]
        return ranks(numbers) if self.relative == "rank" else numbers

    def _scaled(self, value: float) -> float:
        if self.clip is not None:
            value = min(max(value, self.clip[0]), self.clip[1])
        return value if self.rescale is None else (value - self.rescale[0]) / (self.rescale[1] - self.rescale[0])


def check_terms(terms: Mapping[str, Any]) -> dict[str, Term]:
    """The terms by name, everything about them in order but what their functions are.

    Raises:
        RewardError: when a term is written wrongly, naming the term and what to write instead.
    """
    if not isinstance(terms, Mapping) or not terms:
        raise RewardError(f"terms is {terms!r}; give at least one, such as {{correct: {{weight: 1.0, reward: ...}}}}")
    checked = {name: _checked(name, term) for name, term in terms.items()}
    for name in checked:
        _check_gate(name, checked)
    return checked


def gate_depth(name: str, terms: Mapping[str, Term]) -> int:
    """How many terms must be judged before this one, because each is gated by the next."""
    gate = terms[name].gate
    return 0 if not isinstance(gate, Gate) else 1 + gate_depth(gate.term, terms)


def _checked(name: object, term: object) -> Term:
    if not isinstance(name, str) or not name or any(char.isspace() or char in "/=" for char in name):
        raise RewardError(
            f"term {name!r}: give it a name without spaces, '/' or '=': it becomes the metric reward/NAME"
        )
    if name in RESERVED_NAMES:
        raise RewardError(f"term {name!r}: reward/{name} is a metric of the whole reward; give the term another name")
    if isinstance(term, Mapping):
        known = _known(f"term {name!r}", term, Term)
        if "weight" not in known:
            raise RewardError(f"term {name!r} has no weight; write {{weight: 1.0, ...}}, or weight: 0 to log it only")
        term = Term(**known)
    if not isinstance(term, Term):
        raise RewardError(
            f"term {name!r} is {term!r}; write {{weight: 1.0, reward: ...}} or {{weight: 1.0, function: ...}}"
        )
    if (term.reward is None) == (term.function is None):
        raise RewardError(
            f"term {name!r} has {'neither' if term.reward is None else 'both'} of `reward` and `function`; give "
            f"exactly one (to replace a term whole: '~reward.terms.{name}' '+reward.terms.{name}={{weight: 1.0, ...}}')"
        )
    _check_options(name, term)
    return replace(term, weight=_schedule(name, term), applies_to=_applies_to(name, term), gate=_gate(name, term))


def _known(where: str, given: Mapping[str, Any], kind: type) -> Mapping[str, Any]:
    known = [field.name for field in fields(kind)]
    if unknown := [str(key) for key in given if key not in known]:
        raise RewardError(f"{where} has unknown keys {', '.join(unknown)}; known are {', '.join(known)}")
    return given


def _schedule(name: str, term: Term) -> Schedule:
    if callable(term.weight):
        return term.weight
    if not _finite(term.weight):
        raise RewardError(f"term {name!r}: weight is {term.weight!r}; give a finite number or one of rewards.schedules")
    return Constant(term.weight)


def _check_options(name: str, term: Term) -> None:
    for key, pair, right in (("clip", term.clip, "low <= high"), ("rescale", term.rescale, "two different numbers")):
        if pair is None:
            continue
        fine = isinstance(pair, Sequence) and len(pair) == 2 and all(map(_finite, pair))
        if not fine or (pair[0] > pair[1] if key == "clip" else pair[0] == pair[1]):
            raise RewardError(f"term {name!r}: {key} is {pair!r}; give [low, high] with {right}")
    if term.relative not in (None, "rank"):
        raise RewardError(
            f"term {name!r}: relative is {term.relative!r}; give rank or null (comparisons are a reward of their own: "
            "rewards.relative.Pairwise)"
        )
    if term.timeout_s is not None and not (_finite(term.timeout_s) and term.timeout_s > 0):
        raise RewardError(f"term {name!r}: timeout_s is {term.timeout_s!r}; give a number of seconds above 0")
    if term.required is not None and not isinstance(term.required, bool):
        raise RewardError(f"term {name!r}: required is {term.required!r}; give true, false or null")
    for key, flag in (("eval_only", term.eval_only), ("background", term.background), ("isolated", term.isolated)):
        if not isinstance(flag, bool):  # such as "no", which is a text on a command line
            raise RewardError(f"term {name!r}: {key} is {flag!r}; give true or false")
    if term.required and (term.applies_to is not None or term.gate is not None):
        raise RewardError(
            f"term {name!r} is required of every sample, but its applies_to or gate leaves some out; with required: "
            "null it is required where it is asked"
        )
    if term.isolated and term.background:
        raise RewardError(f"term {name!r} is both isolated and background; a worker process overlaps by itself")
    if term.isolated and term.timeout_s is None:
        raise RewardError(f"term {name!r} is isolated but has no deadline; give timeout_s, in seconds")


def _applies_to(name: str, term: Term) -> AppliesTo | None:
    given = term.applies_to
    if given is None or isinstance(given, AppliesTo):
        return given
    if not isinstance(given, Mapping):
        raise RewardError(f"term {name!r}: applies_to is {given!r}; write {{task: [...]}} or {{language: [...]}}")
    rule = AppliesTo(**_known(f"term {name!r}: applies_to", given, AppliesTo))
    names = [*_names(rule.task), *_names(rule.language)]
    if not names or not all(isinstance(each, str) and each for each in names):
        raise RewardError(f"term {name!r}: applies_to is {dict(given)!r}; give names of tasks or tags of languages")
    return rule


def _gate(name: str, term: Term) -> Gate | None:
    given = term.gate
    if isinstance(given, str):
        return Gate(term=given)
    if isinstance(given, Mapping):
        if "term" not in given:
            raise RewardError(f"term {name!r}: gate is {dict(given)!r}; write {{term: NAME, at_least: 0.5}}")
        given = Gate(**_known(f"term {name!r}: gate", given, Gate))
    if given is not None and not (isinstance(given, Gate) and _finite(given.at_least)):
        raise RewardError(f"term {name!r}: gate is {given!r}; give a term's name or {{term: NAME, at_least: 0.5}}")
    return given


def _check_gate(name: str, terms: Mapping[str, Term]) -> None:
    """Raises RewardError when a gate leads to no term, to one that training does not ask, or round in a circle."""
    path, current = [name], terms[name]
    while isinstance(current.gate, Gate):
        gate = current.gate.term
        if gate not in terms:
            raise RewardError(f"term {path[-1]!r}: gate {gate!r} is no term; there are {', '.join(terms)}")
        if gate in path:
            raise RewardError(f"terms {' -> '.join([*path, gate])} gate one another; take one of these gates away")
        if terms[gate].eval_only and not current.eval_only:
            raise RewardError(f"term {path[-1]!r}: gate {gate!r} is eval_only, so training never knows who passed it")
        path, current = [*path, gate], terms[gate]


def _names(given: str | Sequence[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)


def _finite(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)
