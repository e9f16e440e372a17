"""Preference pairs that need no people: a problem's own answer, and the same answer damaged in a known way."""

from __future__ import annotations

import random
from collections.abc import Iterator

from rewards.selfcheck import corrupt
from rlhf.problems import Problem, ProblemSource
from rlhf.prompts import PromptTemplate


def damaged(problem: Problem, answer: str, rng: random.Random) -> dict[str, str]:
    """Kind of damage to the answer that it leaves: a wrong digit, cut off, said again and again, another language.

    >>> problem = Problem(id="1", question="What is 2 + 2?", answer="4")
    >>> damaged(problem, "It is 4.", random.Random(0))
    {'digit': 'It is 5.', 'cut': 'It', 'repeated': 'It is 4. It is 4. It is 4.'}
    """
    kinds = {"digit": corrupt(answer)}
    if len(answer) > 2:
        kinds["cut"] = answer[: rng.randint(1, len(answer) * 2 // 3)].rstrip()
    kinds["repeated"] = " ".join([answer] * 3)
    if problem.reference.get("elsewhere"):
        kinds["language"] = str(problem.reference["elsewhere"])
    return {kind: text for kind, text in kinds.items() if text.strip() and text != answer}


def damaged_pairs(
    source: ProblemSource, template: PromptTemplate, count: int, *, seed: int
) -> Iterator[dict[str, str]]:
    """`count` rows of prompt, chosen, rejected and kind; kinds take turns among those that a problem allows.

    Problems without a gold answer are passed over.
    """
    size = source.train_size
    made = 0
    for index in range(20 * count if size is None else size):
        problem = source.train(index)
        answer = problem.target(template)
        rng = random.Random(f"{seed}/{index}")
        kinds = sorted(damaged(problem, answer, rng).items()) if answer else []
        if not kinds:
            continue
        kind, rejected = kinds[rng.randrange(len(kinds))]
        prompt = str(template.messages(problem)[-1]["content"])
        yield {"prompt": prompt, "chosen": answer, "rejected": rejected, "kind": kind}
        made += 1
        if made == count:
            return
