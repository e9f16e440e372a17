"""Rollouts as rows: what rollouts.jsonl holds of every completion, and the best and the worst of them for a person."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rlhf.errors import ConfigError, DataError
from rlhf.run_directory import read_rows
from rlhf.types import Completion, CreditedSample, ScoredGroup


def joined(
    parts: Sequence[tuple[Sequence[ScoredGroup], Sequence[CreditedSample]]],
) -> tuple[list[ScoredGroup], list[CreditedSample]]:
    """The processes' groups and samples as those of one process: every group has a number of its own in the step."""
    scored: list[ScoredGroup] = []
    samples: list[CreditedSample] = []
    for groups, credited in parts:
        samples += [replace(sample, group=len(scored) + sample.group) for sample in credited]
        scored += groups
    return scored, samples


def rollout_rows(
    step: int, scored: Sequence[ScoredGroup], samples: Sequence[CreditedSample]
) -> Iterator[dict[str, Any]]:
    """One row per completion, as rollouts.jsonl holds them: text, every verdict, advantage (None where dropped).

    `samples` come in the order of `scored` with some left out. They are matched by group and tokens, because objects
    that were gathered from other processes are no longer identical, and a step may hold the same prompt twice.
    """
    rest = deque(samples)
    for index, group in enumerate(scored):
        prompt = group.group.prompt
        for completion, verdict in zip(group.group.completions, group.verdicts, strict=True):
            mine = rest and verdict.has_value and _is_of(rest[0], index, completion)
            yield {
                "step": step,
                "prompt_id": prompt.id,
                "task": prompt.task,
                "language": prompt.language,
                "answer": _plain(prompt.reference.get("answer")),
                "group": index,
                "messages": [dict(message) for message in prompt.messages],
                "prompt": prompt.text,
                "completion": completion.text,
                "num_tokens": len(completion.token_ids),
                "finish_reason": completion.finish_reason.value,
                "reward": verdict.value,
                "state": verdict.state.value,
                "reason": verdict.reason,
                "terms": {name: term.to_dict() for name, term in verdict.terms.items()},
                "advantage": rest.popleft().advantage if mine else None,
            }
    assert not rest, f"{len(rest)} samples are of no completion, or in another order: first {rest[0].prompt.id}"


def best_and_worst(path: Path, step: int | None = None, count: int = 3) -> str:
    """The best and the worst rollouts of a step as text for a terminal, and how many have no reward.

    Args:
        step: as rollouts.jsonl counts them; None for the last one.
        count: how many of the best, and of the worst.

    Raises:
        ConfigError: if the count is negative.
        DataError: if rollouts.jsonl has nothing of that step.
    """
    if count < 0:
        raise ConfigError(f"count is {count}; give how many of the best and of the worst to show, 0 or more")
    rows: list[dict[str, Any]] = []
    steps: set[int] = set()
    for row in read_rows(path):
        if step is None and row["step"] > max(steps, default=-1):
            rows.clear()
        steps.add(row["step"])
        if row["step"] == (max(steps) if step is None else step):
            rows.append(row)
    if not rows and not steps:
        raise DataError(f"{path} is empty: the run has finished no reinforcement step")
    if not rows:
        raise DataError(f"{path} has no rollouts of step {step}; it has {min(steps)} to {max(steps)}")
    step = rows[0]["step"]
    scored = sorted((row for row in rows if row["reward"] is not None), key=lambda row: -row["reward"])
    best = scored[:count]
    worst = scored[max(len(best), len(scored) - count) :]
    parts = [f"step {step}: {len(rows)} rollouts, {len(rows) - len(scored)} without a reward"]
    for title, chosen in (("best", best), ("worst", worst)):
        parts += [f"-- {title} --", *map(_describe, chosen)] if chosen else []
    return "\n".join(parts)


def _describe(row: Mapping[str, Any]) -> str:
    terms = ", ".join(
        f"{name} {term['state'] if term['value'] is None else format(term['value'], '.3g')}"
        + (f" ({term['reason']})" if term["reason"] else "")
        for name, term in row["terms"].items()
    )
    advantage = "dropped" if row["advantage"] is None else format(row["advantage"], "+.3g")
    return (
        f"[{row['prompt_id']}] reward {row['reward']:.3g}, advantage {advantage}, "
        f"{row['num_tokens']} tokens, {row['finish_reason']}\n"
        f"  {terms}\n  prompt: {row['prompt']}\n  completion: {row['completion']}"
    )


def _is_of(sample: CreditedSample, group: int, completion: Completion) -> bool:
    return sample.group == group and sample.completion.token_ids == completion.token_ids


def spread(rows: list[dict[str, Any]], count: int) -> list[dict[str, Any]]:
    """At most `count` rows, evenly spaced from the lowest reward to the highest; those without a reward come first."""
    ordered = sorted(rows, key=lambda row: -math.inf if row["reward"] is None else row["reward"])
    if len(ordered) <= count:
        return ordered
    return [ordered[round(i * (len(ordered) - 1) / max(count - 1, 1))] for i in range(count)]


def _plain(answer: Any) -> str | float | bool | None:
    """A gold answer as JSON can hold it."""
    return answer if answer is None or isinstance(answer, str | int | float) else str(answer)
