"""Judges the tables of this folder in a given sandbox. As a program: in another process, user, or with less allowed.

    python -m tests.sandbox.judging TIER [SYSTEM CALL NUMBER TO DENY ...]

It prints one JSON object: the active tier and, by table, the verdicts that are not what they must be.
"""

from __future__ import annotations

import errno
import json
import os
import platform
import struct
import sys
from collections.abc import Callable, Mapping

from rewards.base import Sample, State, Verdict
from rewards.code import Sandbox, UnitTests, kernel, seccomp
from tests.sandbox import hacks, honest, intrusions

Judge = Callable[..., dict[str, Verdict]]
HACKS = hacks.PAID_BY_EXIT_STATUS | hacks.UNPAID_ANYWAY
RIGHT = {"right": "def f(x): return 2 * x + 1"}
DENIED = [{"input": "", "output": "denied"}]


def completion(code: str) -> str:
    return f"My program:\n```python\n{code}\n```\n"


def judge_in(
    sandbox: Sandbox, programs: Mapping[str, str], *, cpu_s: float = 1.0, wall_s: float = 120.0, **reference: object
) -> dict[str, Verdict]:
    """The verdicts of programs by name against one set of tests."""
    reward = UnitTests(cpu_s=cpu_s, wall_s=wall_s, sandbox=sandbox, retries=0)
    samples = [Sample(prompt="", completion=completion(code), reference=reference) for code in programs.values()]
    return dict(zip(programs, reward(samples), strict=True))


def unlike(verdicts: Mapping[str, Verdict], value: float) -> dict[str, str]:
    """The names of the verdicts that are not this number, with their reasons. A failure is no number either."""
    return {
        name: f"{verdict.state} {verdict.value}: {verdict.reason}"
        for name, verdict in verdicts.items()
        if verdict.state is not State.VALUE or verdict.value != value
    }


def faults(sandbox: Sandbox) -> dict[str, dict[str, str]]:
    """By table, the programs with another verdict than they must have; bombs are left out."""
    programs = intrusions.PYTHON_CALLS | (intrusions.STAT_CALLS if sandbox.tier != "landlock" else {})
    raw = intrusions.RAW_CALLS if platform.machine() == "x86_64" else {}
    odd = honest.SCRIPTS | (honest.FILES if sandbox.tier == "namespace" else {})
    asserts = judge_in(sandbox, HACKS | RIGHT, test_list=hacks.ASSERT_TESTS)
    calls = judge_in(sandbox, HACKS | RIGHT, tests=hacks.CALL_TESTS, entry_point="f")
    right = {"asserts": asserts.pop("right"), "calls": calls.pop("right")}
    return {
        "right": unlike(right, 1.0),
        "odd functions": unlike(judge_in(sandbox, honest.FUNCTIONS, test_list=hacks.ASSERT_TESTS), 1.0)
        | unlike(judge_in(sandbox, honest.FUNCTIONS, tests=hacks.CALL_TESTS, entry_point="f"), 1.0),
        "hacks of asserts": unlike(asserts, 0.0),
        "hacks of calls": unlike(calls, 0.0),
        "hacks of scripts": unlike(judge_in(sandbox, hacks.SCRIPTS, tests=hacks.SCRIPT_TESTS), 0.0),
        "intrusions": unlike(judge_in(sandbox, programs, tests=DENIED * 2), 1.0),  # the second may find the first's
        "system calls": unlike(judge_in(sandbox, raw, tests=DENIED), 1.0),
        "deadly": unlike(judge_in(sandbox, intrusions.DEADLY, tests=[{"input": "", "output": "open"}]), 0.0),
        "honest": unlike(
            judge_in(sandbox, odd, input_output={"inputs": ["3\n", "10"], "outputs": ["7\n", "21\n"]}), 1.0
        ),
    }


def deny(numbers: list[int]) -> None:
    """Makes system calls fail with EPERM in this process and all that it starts, as a container's profile does."""
    steps = [(0x20, 0, 0, 0)]  # load the call's number
    for number in numbers:
        steps += [(0x15, 0, 1, number), (0x06, 0, 0, 0x50000 | errno.EPERM)]
    steps.append((0x06, 0, 0, 0x7FFF0000))
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    kernel.Filter(b"".join(struct.pack("=HBBI", *step) for step in steps), seccomp.ITSELF).install(os.getpid())


if __name__ == "__main__":
    if len(sys.argv) > 2:
        deny([int(number) for number in sys.argv[2:]])
    with_tier = Sandbox(tier=sys.argv[1], slots=2, memory_mb=512, files_mb=32)
    found = faults(with_tier)
    with_tier.close()
    told = {"tier": with_tier.tier, "faults": {table: rows for table, rows in found.items() if rows}}
    sys.stdout.write(json.dumps(told) + "\n")
