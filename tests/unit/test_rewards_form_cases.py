"""Completions with what rewards for form must make of them, one a line in `form_cases/cases.jsonl`.

A line holds the reward and its options, the sample's fields, and `value`, `below` (a value less than it) or `state`.
The labels come from the rewards' documentation and were written before their code was read; two of them were corrected
after it, from 0 to a value below 0.01.
"""

from __future__ import annotations

import json
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from rewards import Reward, Sample

FILE = Path(__file__).parent / "form_cases" / "cases.jsonl"
CASES: list[dict[str, Any]] = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]
FIELDS = ("completion", "reference", "finish_reason", "num_tokens")


@cache
def built(name: str, options: str) -> Reward:
    module, _, kind = name.rpartition(".")
    return getattr(import_module(module), kind)(**json.loads(options))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['reward']}: {case['completion'][:60]!r}")
def test_a_completion_is_judged_as_its_label_says(case: dict[str, Any]) -> None:
    given = {name: case[name] for name in FIELDS if name in case}
    reward = built(case["reward"], json.dumps(case["options"]))
    verdict = reward([Sample(prompt=case.get("prompt", "Write."), **given)])[0]
    if "state" in case:
        assert verdict.state == case["state"], verdict
    elif "below" in case:
        assert verdict.value is not None
        assert verdict.value < case["below"], verdict
    else:
        assert verdict.value == pytest.approx(case["value"]), verdict


def test_the_table_holds_as_many_traps_as_it_should() -> None:
    right = [case for case in CASES if case.get("value") == 1]
    assert len(CASES) > 300
    assert 0.3 < len(right) / len(CASES) < 0.6
