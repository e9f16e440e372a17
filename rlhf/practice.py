"""Small problems of three kinds that need no download: sums, one-line programs, and sums asked in other languages.

Each has a gold answer in its reference's `solution` (the template `solution` teaches it) and what its reward reads:
`answer` of a sum, `tests` of a program, the problem's language and the same answer in another one (`elsewhere`).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping

from rlhf.errors import DataError
from rlhf.problems import Problem

LANGUAGES = {
    "de": ("Wie viel ist {a} plus {b}?", "Das Ergebnis der Rechnung ist \\boxed{{{c}}}."),
    "fr": ("Combien font {a} plus {b} ?", "Le résultat du calcul est \\boxed{{{c}}}."),
    "es": ("¿Cuánto es {a} más {b}?", "El resultado de la suma es \\boxed{{{c}}}."),
    "it": ("Quanto fa {a} più {b}?", "Il risultato della somma è \\boxed{{{c}}}."),
}
"""Tag to the question and its answer."""

_ATTEMPTS = 1000


class Practice:
    """An endless mixture of practice problems; problem i is a function of the arguments and i alone.

    Raises:
        DataError: for an unknown kind, a share that is not positive, or more held-out problems than there are.

    >>> Practice({"math": 1.0}, seed=0, held_out_size=4).train(0).task
    'math'
    """

    def __init__(self, shares: Mapping[str, float], *, seed: int, held_out_size: int) -> None:
        """Draws the held-out problems.

        Args:
            shares: kind (math, code or language) to its share of the mixture, in any unit.
            held_out_size: problems kept from training.
        """
        for kind, share in shares.items():
            if kind not in KINDS or not isinstance(share, int | float) or not 0 < share < float("inf"):
                raise DataError(f"shares has {kind}: {share!r}; give positive shares of {', '.join(KINDS)}")
        if not shares:
            raise DataError(f"shares is empty; give at least one of {', '.join(KINDS)}")
        self._kinds, self._weights, self._seed = list(shares), list(shares.values()), seed
        self._questions: set[str] = set()
        self._held_out = [self._new("held_out", index) for index in range(held_out_size)]

    @property
    def train_size(self) -> None:
        return None

    def train(self, index: int) -> Problem:
        for attempt in range(_ATTEMPTS):
            problem = self._draw(f"train/{index:06d}", attempt)
            if problem.question not in self._questions:
                return problem
        raise DataError(f"hardly a problem is not held out ({len(self._held_out)} are); lower held_out_size")

    def held_out(self, n: int) -> list[Problem]:
        """The first n held-out problems.

        Raises:
            DataError: if fewer were kept from training.
        """
        if n > len(self._held_out):
            raise DataError(f"{n} held-out problems are asked for; raise held_out_size={len(self._held_out)}")
        return self._held_out[:n]

    def _new(self, split: str, index: int) -> Problem:
        for attempt in range(_ATTEMPTS):
            problem = self._draw(f"{split}/{index:06d}", attempt)
            if problem.question not in self._questions:
                self._questions.add(problem.question)
                return problem
        raise DataError(f"only about {index} distinct problems were found; lower held_out_size")

    def _draw(self, place: str, attempt: int) -> Problem:
        rng = random.Random(f"{self._seed}/{place}/{attempt}")
        (kind,) = rng.choices(self._kinds, self._weights)
        return KINDS[kind](rng, f"{kind}/{place}")


def _math(rng: random.Random, name: str) -> Problem:
    a, b = rng.randint(2, 60), rng.randint(2, 39)
    minus = rng.random() < 0.5
    question = f"What is {a + b} - {b}?" if minus else f"What is {a} + {b}?"
    answer = str(a if minus else a + b)
    solution = f"\\boxed{{{answer}}}"
    return Problem(
        id=name, question=question, answer=answer, task="math", language="en", reference={"solution": solution}
    )


def _code(rng: random.Random, name: str) -> Problem:
    factor, more = rng.randint(2, 12), rng.randint(1, 20)
    times = rng.random() < 0.5
    said, wrote = (f"{factor} times x plus {more}", f"{factor} * x + {more}") if times else (
        f"the square of x plus {more}", f"x * x + {more}"
    )  # fmt: skip
    solution = f"```python\ndef f(x):\n    return {wrote}\n```"
    tests = [{"args": [x], "expected": (factor * x if times else x * x) + more} for x in rng.sample(range(-20, 50), 3)]
    return Problem(
        id=name,
        question=f"Write a Python function f that returns {said}.",
        answer=wrote,
        task="code",
        language="en",
        reference={"solution": solution, "tests": tests, "entry_point": "f"},
    )


def _language(rng: random.Random, name: str) -> Problem:
    language, other = rng.sample(sorted(LANGUAGES), 2)
    a, b = rng.randint(2, 30), rng.randint(2, 30)
    question, solution = (text.format(a=a, b=b, c=a + b) for text in LANGUAGES[language])
    elsewhere = LANGUAGES[other][1].format(c=a + b)
    reference = {"solution": solution, "elsewhere": elsewhere}
    return Problem(
        id=name, question=question, answer=str(a + b), task="language", language=language, reference=reference
    )


KINDS: Mapping[str, Callable[[random.Random, str], Problem]] = {"math": _math, "code": _code, "language": _language}
