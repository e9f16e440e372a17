"""The reference programs of a public data set pass its tests, with program and tests in different processes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rewards.base import Sample
from rewards.code import Sandbox, UnitTests
from tests.sandbox.judging import completion, unlike

SLOW_TASK = 123
"""Its own program searches for seven seconds."""


@pytest.mark.timeout(600)
def test_references_of_mbpp_pass(shared_data: Path) -> None:
    lines = (shared_data / "mbpp_sanitized_first200.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [row for row in map(json.loads, lines) if row["task_id"] != SLOW_TASK]
    samples = [Sample(prompt="", completion=completion(row["code"]), reference=row) for row in rows]
    sandbox = Sandbox()
    verdicts = UnitTests(cpu_s=10.0, sandbox=sandbox)(samples)
    sandbox.close()
    assert unlike({str(row["task_id"]): verdict for row, verdict in zip(rows, verdicts, strict=True)}, 1.0) == {}
