"""Asking the terms of a composed reward about groups, wave by wave: a term is asked only about what passed its gate.

A group is asked about as soon as it is there, so that terms in worker processes and on the event loop judge it while
others are still being sampled. What is judged in the thread that asks waits for the end: it would only hold that
thread up. The exception are terms that decide whether a slow one is asked at all.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence

from rewards.base import Sample, Verdict
from rewards.runners import Pending, Runner
from rewards.terms import AppliesTo, Gate, Term, gate_depth

Verdicts = list[dict[str, Verdict]]
"""Of one group: for every sample the terms' verdicts by name."""


_LOOKED_AT = 64
"""Groups that are looked at again for each one that comes: all of a step, and no more where a file has 100,000."""


class Panel:
    """Terms and their runners, in waves: every term stands in a later wave than the one that gates it."""

    def __init__(self, terms: Mapping[str, Term], runners: Mapping[str, Runner]) -> None:
        self.terms, self.runners = terms, runners
        by_depth: dict[int, list[str]] = defaultdict(list)
        for name in terms:
            by_depth[gate_depth(name, terms)].append(name)
        self.waves = [by_depth[depth] for depth in sorted(by_depth)]

    def asked(self, wave: int, step: int | None) -> list[str]:
        """The terms of a wave that are asked at this step: those that are `eval_only` are not asked in training."""
        return [name for name in self.waves[wave] if step is None or not self.terms[name].eval_only]

    def slow_behind(self, wave: int, step: int | None) -> bool:
        """Whether a later wave has a term that judges elsewhere."""
        later = range(wave + 1, len(self.waves))
        return any(self.runners[name].elsewhere for behind in later for name in self.asked(behind, step))


class Judgements:
    """Groups under judgement: `rewards.base.Judging` for the terms of a panel.

    Args:
        step: the training step, or None in an evaluation.
        compose: makes a group's verdicts of those of its terms.
    """

    def __init__(self, panel: Panel, step: int | None, compose: Callable[[Verdicts], list[Verdict]]) -> None:
        self._panel, self._step, self._compose = panel, step, compose
        self._groups: list[_Group] = []
        self._gated = deque[_Group]()
        """Groups in which something slow still waits for its gate."""

    def add(self, group: Sequence[Sample]) -> None:
        """Begin to judge one more group, and go on with earlier ones whose gates have been decided by now."""
        added = _Group(tuple(group), self._panel, self._step)
        self._groups.append(added)
        self._gated.append(added)
        for _ in range(min(len(self._gated), _LOOKED_AT)):
            underway = self._gated.popleft()
            underway.advance()
            if underway.gated:
                self._gated.append(underway)

    def verdicts(self) -> list[list[Verdict]]:
        """Every group's verdicts, in the order in which they came. Waits for all."""
        while underway := [group for group in self._groups if not group.finished]:
            for group in underway:
                group.next_wave()
        return [self._compose(group.verdicts()) for group in self._groups]


class _Group:
    """One group, what its terms have said so far, and which of them are being asked."""

    def __init__(self, samples: Sequence[Sample], panel: Panel, step: int | None) -> None:
        self._samples, self._panel, self._step = samples, panel, step
        self._judged: Verdicts = [{} for _ in samples]
        self._wave = 0
        self._asked = self._ask()

    @property
    def finished(self) -> bool:
        return self._wave == len(self._panel.waves)

    def next_wave(self) -> None:
        """Wait for what the wave under way has to say, and ask the next one."""
        for name, places, pending in self._asked:
            for place, verdict in zip(places, pending(), strict=True):
                self._judged[place][name] = verdict
        self._wave += 1
        self._asked = [] if self.finished else self._ask()

    @property
    def gated(self) -> bool:
        """Whether something slow stands behind the wave under way."""
        return not self.finished and self._panel.slow_behind(self._wave, self._step)

    def advance(self) -> None:
        """Ask further waves for as long as that waits for nothing and gets something slow under way sooner."""
        while self.gated:
            if not all(pending.done() for _, _, pending in self._asked):
                return
            self.next_wave()

    def verdicts(self) -> Verdicts:
        """The terms' verdicts in the order of the configuration, whatever the gates made of it."""
        return [{name: given[name] for name in self._panel.terms if name in given} for given in self._judged]

    def _ask(self) -> list[tuple[str, list[int], Pending]]:
        """The judgements of the current wave: term, places of the samples that it is asked about, what will come."""
        asked = []
        for name in self._panel.asked(self._wave, self._step):
            places = _admit(name, self._panel.terms[name], self._samples, self._judged)
            if places:
                samples = [self._samples[i] for i in places]
                asked.append((name, places, self._panel.runners[name].start(samples, self._step)))
        return asked


def _admit(name: str, term: Term, group: Sequence[Sample], judged: Verdicts) -> list[int]:
    """The samples to ask a term about; the others' verdicts are written down as not applicable."""
    places = []
    for i, sample in enumerate(group):
        reason = ""
        if isinstance(term.applies_to, AppliesTo) and not term.applies_to.matches(sample):
            reason = f"not for task {sample.task!r} in language {sample.language!r}"
        elif isinstance(term.gate, Gate) and not _passed(term.gate, judged[i]):
            reason = f"gate {term.gate.term!r} is closed"
        if reason:
            judged[i][name] = Verdict.not_applicable(reason)
        else:
            places.append(i)
    return places


def _passed(gate: Gate, verdicts: Mapping[str, Verdict]) -> bool:
    verdict = verdicts.get(gate.term)
    return verdict is not None and verdict.value is not None and verdict.value >= gate.at_least
