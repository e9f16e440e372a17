"""One reward per tier of confinement that works on this machine, shared by all tests of the folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest

from rewards.base import RewardError, Sample, State, Verdict
from rewards.code import TIERS, Sandbox, UnitTests

Judge = Callable[..., dict[str, Verdict]]


def completion(code: str) -> str:
    return f"My program:\n```python\n{code}\n```\n"


@pytest.fixture(scope="session", params=reversed(TIERS))
def tier(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="session")
def sandbox(tier: str) -> Iterator[Sandbox]:
    os.environ["GEMWRIGHT_SECRET"] = "SECRET"
    try:
        sandbox = Sandbox(tier=tier, slots=2, memory_mb=512, files_mb=32)
    except RewardError as error:
        pytest.skip(str(error))
    yield sandbox
    sandbox.close()


@pytest.fixture(scope="session")
def judge(sandbox: Sandbox) -> Judge:
    """Judges programs by name against one set of tests."""

    def judge(programs: dict[str, str], *, cpu_s: float = 5.0, wall_s: float = 240.0, **reference: object) -> dict:
        reward = UnitTests(cpu_s=cpu_s, wall_s=wall_s, sandbox=sandbox, retries=0)
        samples = [Sample(prompt="", completion=completion(code), reference=reference) for code in programs.values()]
        return dict(zip(programs, reward(samples), strict=True))

    return judge


def unlike(verdicts: dict[str, Verdict], value: float) -> dict[str, str]:
    """The names of the verdicts that are not this number, with their reasons. A failure is no number either."""
    return {
        name: f"{verdict.state} {verdict.value}: {verdict.reason}"
        for name, verdict in verdicts.items()
        if verdict.state is not State.VALUE or verdict.value != value
    }
