"""Preference pairs that need no people: a problem's own answer, and the same answer damaged in a known way."""

from __future__ import annotations

import math
import random
import unicodedata
from collections.abc import Iterator, Mapping

from rewards.selfcheck import corrupt
from rlhf.errors import ConfigError
from rlhf.problems import Problem, ProblemSource
from rlhf.prompts import PromptTemplate

KINDS: Mapping[str, float] = {"digit": 1.0, "cut": 1.0, "repeated": 1.0, "language": 1.0}
"""Kind of damage to its share, in any unit."""


def damaged(problem: Problem, answer: str, rng: random.Random) -> dict[str, str]:
    """Kind of damage to the answer that it leaves: a wrong digit, cut off, said again and again, another language.

    >>> problem = Problem(id="1", question="What is 2 + 2?", answer="4")
    >>> damaged(problem, "It is 4.", random.Random(0))
    {'digit': 'It is 7.', 'cut': 'I', 'repeated': 'It is 4. It is 4. It is 4.'}
    """
    kinds = {"digit": _other_digit(answer, rng)}
    if len(answer) > 2:
        kinds["cut"] = answer[: rng.randint(1, len(answer) * 2 // 3)].rstrip()
    kinds["repeated"] = " ".join([answer] * 3)
    if problem.reference.get("elsewhere"):
        kinds["language"] = str(problem.reference["elsewhere"])
    return {kind: text for kind, text in kinds.items() if text.strip() and text != answer}


def _other_digit(answer: str, rng: random.Random) -> str:
    """The answer with some digit of its last number (in its last box, where there is one) made any other digit.

    Neither the place nor the step is always the same: a model that is to see it has to know the number. Without a
    digit another letter stands there.
    """
    changed = corrupt(answer)
    stop = next((i for i, (one, other) in enumerate(zip(answer, changed, strict=False)) if one != other), len(answer))
    if stop == len(answer) or not answer[stop].isdecimal():
        return changed
    start = stop
    while start > 0 and answer[start - 1].isdecimal():
        start -= 1
    place = rng.randint(start, stop)
    digit = unicodedata.decimal(answer[place])
    others = [d for d in range(10) if d != digit and (d or place > start or start == stop)]  # no number begins with 0
    return answer[:place] + chr(ord(answer[place]) - digit + rng.choice(others)) + answer[place + 1 :]


def damaged_pairs(
    source: ProblemSource,
    template: PromptTemplate,
    count: int,
    *,
    seed: int,
    held_out: bool = False,
    kinds: Mapping[str, float] = KINDS,
) -> Iterator[dict[str, str]]:
    """`count` rows of prompt, chosen, rejected and kind.

    The kind is drawn by its share among those that a problem allows. Problems without a gold answer are passed over.

    Args:
        held_out: of the problems that the source keeps from training, so that neither a policy nor a reward model that
            learned from the others has seen them.
        kinds: kind of damage to its share, in any unit.
    Raises:
        ConfigError: for a kind that there is not, a share that is not positive, or no kind.
    """
    right = all(isinstance(share, int | float) and 0 < share < math.inf for share in kinds.values())
    if not kinds or not right or set(kinds) - set(KINDS):
        raise ConfigError(f"kinds is {dict(kinds)}; give positive shares of {', '.join(KINDS)}, of one at least")
    size = source.train_size
    if held_out:
        problems = iter(source.held_out(count))
    else:
        problems = (source.train(index) for index in range(20 * count if size is None else size))
    made = 0
    for index, problem in enumerate(problems):
        answer = problem.target(template)
        rng = random.Random(f"{seed}/{index}")
        found = sorted(damaged(problem, answer, rng).items()) if answer else []
        wanted = [item for item in found if item[0] in kinds]
        if not wanted:
            continue
        ((kind, rejected),) = rng.choices(wanted, [kinds[name] for name, _ in wanted])
        prompt = str(template.messages(problem)[-1]["content"])
        yield {"prompt": prompt, "chosen": answer, "rejected": rejected, "kind": kind}
        made += 1
        if made == count:
            return
