"""What a problem is, what a source of problems promises, and the procedural source (`rlhf.records` reads files).

Every source has a held-out part, and no question of it is ever given for training. Nothing here knows tokens:
`rlhf.prompts` makes prompts of problems.
"""

from __future__ import annotations

import dataclasses
import difflib
import hashlib
import itertools
import math
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from model.chat import Message
from rlhf.errors import DataError

if TYPE_CHECKING:
    from rlhf.prompts import PromptTemplate


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """One question, what is known of its answer, and nothing about how it will be put to a model.

    >>> Problem(id="sums/train/000000", question="What is 2 + 2?", answer="4").answer
    '4'
    """

    id: str
    """Stable across runs."""
    question: str
    answer: str = ""
    """The gold answer alone; empty where the data has none."""
    task: str = ""
    language: str = ""
    """BCP 47 tag; empty when the data does not say."""
    system: str = ""
    """This problem's own system text; it replaces the template's."""
    reference: Mapping[str, Any] = field(default_factory=dict)
    """What else a reward may read, beside the answer."""
    history: tuple[Message, ...] = ()
    """Turns that were said before the question, the user's first."""

    def target(self, template: PromptTemplate) -> str:
        """The completion that a warm-up teaches: the template's `answer` filled in, or "" without a gold answer.

        Raises:
            DataError: if the template asks for a field that this problem does not have.
        """
        if not self.answer:
            return ""
        fields = {**self.reference, "question": self.question, "answer": self.answer}
        try:
            return template.answer.format_map(fields)
        except KeyError as cause:
            raise DataError(
                f"the template's answer {template.answer!r} asks for {cause}, and problem {self.id} has "
                f"{', '.join(sorted(fields))}; use one of these, and double the braces that are meant literally"
            ) from cause


class ProblemSource(Protocol):
    """Training problems by index, the same at every call, and held-out ones that are never among them."""

    @property
    def train_size(self) -> int | None:
        """How many training problems there are; None when the source is endless."""
        ...

    def train(self, index: int) -> Problem: ...

    def held_out(self, n: int) -> list[Problem]:
        """The first n held-out problems, all different; a smaller n gives a prefix."""
        ...


@runtime_checkable
class Mixture(Protocol):
    """A source of several tasks without end, of which somebody else may choose."""

    @property
    def weights(self) -> Mapping[str, float]:
        """Name to the share of the mixture, in any unit."""
        ...

    def train_of(self, task: str, position: int) -> Problem:
        """A task's own training problem number `position`, the same at every call."""
        ...


class ReasoningGym:
    """An endless, weighted mixture of reasoning_gym tasks.

    The held-out problems are drawn when this is built, from seeds that training does not use; training then passes over
    every question that is among them. Problem i is a function of the arguments and i alone.

    Raises:
        DataError: for an unknown data set or setting, a weight that is not positive, or a task with too few problems.
    """

    def __init__(
        self, tasks: Mapping[str, Mapping[str, Any]], *, seed: int, held_out_size: int, chunk_size: int = 256
    ) -> None:
        """Draws the held-out problems and a first chunk of every task.

        Args:
            tasks: by name, each `dataset` (reasoning_gym's name), `weight` (share of the mixture) and `config` (the
                data set's own settings).
            seed: another seed gives other problems, held-out ones included.
            held_out_size: problems kept from training, shared out by weight.
            chunk_size: problems of one task that are generated at a time.
        """
        if not tasks:
            raise DataError("tasks is empty; name at least one, like {sums: {dataset: chain_sum, weight: 1.0}}")
        self._tasks = {name: _gym_task(name, spec, seed, chunk_size) for name, spec in tasks.items()}
        self._turns = _Turns({name: task.weight for name, task in self._tasks.items()})
        self._held_out = self._draw_held_out(held_out_size)
        self._held_out_questions = {problem.question for problem in self._held_out}
        self._chunk_size = chunk_size
        self._chunks = {name: (0, self._generate(name, 0)) for name in self._tasks}

    @property
    def train_size(self) -> None:
        return None

    def train(self, index: int) -> Problem:
        return self.train_of(*self._turns[index])

    @property
    def weights(self) -> dict[str, float]:
        return {name: task.weight for name, task in self._tasks.items()}

    def train_of(self, task: str, position: int) -> Problem:
        number, offset = divmod(position, self._chunk_size)
        if self._chunks[task][0] != number:
            self._chunks[task] = (number, self._generate(task, number))
        return self._tasks[task].problem(self._chunks[task][1][offset], f"train/{position:06d}")

    def held_out(self, n: int) -> list[Problem]:
        """The first n held-out problems, any prefix of them shared out by weight.

        Raises:
            DataError: if fewer were kept from training.
        """
        if n > len(self._held_out):
            raise DataError(
                f"{n} held-out problems are asked for, {len(self._held_out)} are kept from training; "
                f"raise held_out_size to {n} or ask for fewer"
            )
        return self._held_out[:n]

    def _draw_held_out(self, size: int) -> list[Problem]:
        turns = [self._turns[index] for index in range(size)]
        wanted = Counter(name for name, _ in turns)
        seen: set[str] = set()
        drawn = {name: task.draw_distinct(wanted[name], seen) for name, task in self._tasks.items()}
        return [self._tasks[name].problem(drawn[name][k], f"held_out/{k:06d}") for name, k in turns]

    def _generate(self, name: str, number: int) -> list[Mapping[str, Any]]:
        """A task's training items of one chunk. Each chunk owns a range of seeds and needs no other chunk."""
        span = 128 * self._chunk_size
        drawn = itertools.islice(self._tasks[name].items("train", number * span), span)
        fresh = (item for item in drawn if item["question"] not in self._held_out_questions)
        items = list(itertools.islice(fresh, self._chunk_size))
        if len(items) < self._chunk_size:
            raise DataError(
                f"task {name!r}: {len(items)} of {span} generated problems are not held out, too few to train on; "
                "lower held_out_size or widen the task's config"
            )
        return items


@dataclass(frozen=True, kw_only=True, slots=True)
class _GymTask:
    """One named task of the mixture, its settings checked."""

    name: str
    dataset: str
    weight: float
    config: Mapping[str, Any]
    seed: int
    block_size: int

    def items(self, split: str, first: int) -> Iterator[Mapping[str, Any]]:
        """Endless raw items. reasoning_gym makes item i of seed s from s + i, so blocks have seeds a block apart."""
        from reasoning_gym import create_dataset  # takes over a second; runs on files do without

        key = f"{self.seed}/{split}/{self.name}".encode()
        base = int.from_bytes(hashlib.blake2b(key, digest_size=4).digest()) // 2 + first
        for start in itertools.count(base, self.block_size):
            block = create_dataset(self.dataset, seed=start, size=self.block_size, **self.config)
            yield from (block[i] for i in range(self.block_size))

    def draw_distinct(self, n: int, seen: set[str]) -> list[Mapping[str, Any]]:
        """The first n held-out items whose questions are not in `seen`, which gains them."""
        found: list[Mapping[str, Any]] = []
        repeats = 0
        for item in self.items("held_out", 0):
            if len(found) == n:
                break
            repeats += 1
            if item["question"] not in seen:
                seen.add(item["question"])
                found.append(item)
                repeats = 0
            # So many repeats in a row leave a chance of about exp(-10) that a uniform task has another problem.
            if repeats > 1000 + 10 * len(found):
                raise DataError(
                    f"task {self.name!r} makes only {len(found)} distinct problems with config {dict(self.config)}, "
                    f"and its share of held_out_size is {n}; lower held_out_size well below that, or widen the config"
                )
        return found

    def problem(self, item: Mapping[str, Any], place: str) -> Problem:
        """The item as a problem. Its `metadata` lets a reward call the data set's own `score_answer`."""
        return Problem(
            id=f"{self.name}/{place}",
            question=item["question"],
            answer="" if item["answer"] is None else item["answer"],
            task=self.name,
            language="en",
            reference={"metadata": item["metadata"]},
        )


def _gym_task(name: str, spec: Mapping[str, Any], seed: int, chunk_size: int) -> _GymTask:
    """The task that a specification names, or a DataError that says what is wrong with it."""
    from reasoning_gym.factory import DATASETS, create_dataset

    known = {"dataset", "weight", "config"}
    for key in spec:
        if key not in known:
            raise DataError(f"task {name!r} has no setting {key!r}: {_suggest(key, known)}")
    dataset, weight, config = str(spec.get("dataset", "")), spec.get("weight"), spec.get("config") or {}
    if dataset not in DATASETS:
        raise DataError(f"task {name!r}: reasoning_gym has no data set {dataset!r}: {_suggest(dataset, DATASETS)}")
    if not isinstance(weight, int | float) or not math.isfinite(weight) or weight <= 0:
        raise DataError(f"task {name!r} has weight {weight!r}; give a positive number, or remove the task")
    settings = {entry.name for entry in dataclasses.fields(DATASETS[dataset][1])} - {"seed", "size"}
    for key in config:
        if key not in settings:
            raise DataError(f"task {name!r}: {dataset} has no setting {key!r}: {_suggest(key, settings)}")
    try:
        create_dataset(dataset, seed=0, size=1, **config)
    except (AssertionError, TypeError, ValueError) as cause:
        raise DataError(f"task {name!r}: {dataset} refuses config {dict(config)}: {cause}; mend that value") from cause
    return _GymTask(
        name=name, dataset=dataset, weight=float(weight), config=config, seed=seed, block_size=2 * chunk_size
    )


def _suggest(word: str, options: Collection[str]) -> str:
    close = difflib.get_close_matches(word, options, n=3, cutoff=0.5)
    return f"did you mean {' or '.join(close)}?" if close else f"valid are {', '.join(sorted(options))}"


class _Turns:
    """Whose turn index i is, and how many turns that task had before: smooth weighted round robin.

    >>> turns = _Turns({"a": 2.0, "b": 1.0})
    >>> [turns[i] for i in range(4)]
    [('a', 0), ('b', 0), ('a', 1), ('a', 2)]
    """

    def __init__(self, weights: Mapping[str, float]) -> None:
        self._weights = weights
        self._total = sum(weights.values())
        self._credit = dict.fromkeys(weights, 0.0)
        self._counts = dict.fromkeys(weights, 0)
        self._order: list[tuple[str, int]] = []

    def __getitem__(self, index: int) -> tuple[str, int]:
        while len(self._order) <= index:
            for name, weight in self._weights.items():
                self._credit[name] += weight
            chosen = max(self._credit, key=self._credit.__getitem__)
            self._credit[chosen] -= self._total
            self._order.append((chosen, self._counts[chosen]))
            self._counts[chosen] += 1
        return self._order[index]
