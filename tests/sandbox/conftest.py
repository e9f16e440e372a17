"""One sandbox per tier of confinement that works on this machine, shared by all tests of the folder."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator

import pytest

from rewards.base import RewardError
from rewards.code import TIERS, Sandbox
from tests.sandbox.judging import Judge, judge_in


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
    return functools.partial(judge_in, sandbox)
