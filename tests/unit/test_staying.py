"""A reward function that calls os._exit costs its own verdict, wherever it runs, and not the process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import pytest

from rewards import Sample, State, WeightedSum
from rewards.staying import Left, staying

REASON = "the judged code called os._exit(3), which would have ended this process"


def length(sample: Sample) -> float:
    if sample.completion == "exit":
        try:
            os._exit(3)
        except Exception:
            return -1.0
    return float(len(sample.completion))


async def awaited(sample: Sample) -> float:
    return length(sample)


def lengths(group: Sequence[Sample]) -> list[float]:
    return [length(sample) for sample in group]


def samples(*texts: str) -> list[Sample]:
    return [Sample(prompt="", completion=text) for text in texts]


@pytest.mark.parametrize(
    "term", [{"function": length}, {"function": length, "background": True}, {"function": awaited}]
)
def test_a_function_that_exits_fails_alone(term: dict[str, Any]) -> None:
    reward = WeightedSum(terms={"length": {"weight": 1.0, **term}})
    for _ in range(2):
        verdicts = reward(samples("a", "exit", "bcd"))
        assert [verdict.value for verdict in verdicts] == [1.0, None, 3.0]
        assert (verdicts[1].state, REASON in verdicts[1].reason) == (State.FAILED, True)


def test_a_function_of_a_group_that_exits_fails_its_group_and_no_other() -> None:
    reward = WeightedSum(terms={"lengths": {"weight": 1.0, "function": lengths}})
    bad, good = reward.judge_groups([samples("a", "exit"), samples("ab", "c")])
    assert all(verdict.state is State.FAILED and REASON in verdict.reason for verdict in bad)
    assert [verdict.value for verdict in good] == [2.0, 1.0]


def test_a_fork_and_other_threads_may_still_exit() -> None:
    with staying():
        child = os.fork()
        if not child:
            os._exit(7)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
        with pytest.raises(Left), staying():
            os._exit(1)
        with pytest.raises(Left):
            os._exit(2)
    program = (
        "import os, threading\nfrom rewards.staying import staying\n"
        "with staying():\n    thread = threading.Thread(target=os._exit, args=(5,)); thread.start(); thread.join()\n"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 5
