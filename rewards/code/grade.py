"""Runs a program against its tests. Every verdict is reached here, from data; no word of the program's own counts."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from rewards.base import RewardError
from rewards.code.blocks import Program
from rewards.code.codec import MAX_FRAME_BYTES, NotData, decode, encode
from rewards.code.compare import same, same_output
from rewards.code.limits import Ended, Limits, OverLimit
from rewards.code.process import Process
from rewards.code.slot import Slot
from rewards.code.suites import Asserts, Call, Calls, Scripts, Suite

_QUESTION_BYTES = 64 << 20
"""Of what one assert test may send to the program; it is the data's, and only a broken row comes near."""


_SHORT_BYTES, _WORDIER = 1 << 16, 16
"""An answer longer than this, or than so many times the longest expected one (`["f","1.0"]` equals `1`), is not read:
that would cost this process far more than it costs a program to send it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """How strictly is graded, and within which limits."""

    limits: Limits
    partial: bool
    """Run all tests, also after one has failed."""
    tolerance: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Grade:
    """How many tests passed, and the first fault in words."""

    passed: int
    total: int
    fault: str = ""
    cpu_s: float = 0.0
    """CPU time of the program itself, over all its processes."""
    peak_mb: float = 0.0


def grade(slot: Slot, program: Program, suite: Suite, rules: Rules) -> Grade:
    """Raises Infrastructure where the sandbox failed, RewardError where the data's tests are broken."""
    if isinstance(suite, Scripts):
        return _grade_scripts(slot, program, suite, rules)
    job = {"mode": "calls", "code": program.code, "preamble": program.preamble}
    with Process(slot, _roomy(rules.limits, _answer_bytes(suite)), job) as solution:
        try:
            _expect_ready(solution)
            if isinstance(suite, Calls):
                passed, fault = _run_calls(solution, suite, rules)
            else:
                passed, fault = _run_asserts(slot, solution, suite, rules)
        except (Ended, OverLimit, NotData) as error:
            passed, fault = 0, str(error)
        usage = solution.finish()
    total = len(suite.cases if isinstance(suite, Calls) else suite.tests)
    if usage.cpu_s > rules.limits.cpu_s and not fault:
        passed, fault = 0, f"it used {usage.cpu_s:.2f} s of CPU time"
    return Grade(passed=passed, total=total, fault=fault, cpu_s=usage.cpu_s, peak_mb=usage.peak_mb)


def _expect_ready(solution: Process) -> None:
    message = solution.receive()
    if message != {"ready": True}:
        raise Ended(f"the program stopped while it was loaded: {_told(message.get('error'))}")


def _run_calls(solution: Process, suite: Calls, rules: Rules) -> tuple[int, str]:
    """(how many calls gave what they must, the first fault)."""
    passed, first_fault = 0, ""
    useful = _SHORT_BYTES + _WORDIER * _answer_bytes(suite)
    for number, case in enumerate(suite.cases, start=1):
        try:
            fault = _call_fault(solution, suite, case, useful, rules.tolerance)
        except (Ended, OverLimit) as error:
            return passed, first_fault or f"call {number}: {error}"
        passed += not fault
        first_fault = first_fault or (fault and f"call {number}: {fault}")
        if fault and not rules.partial:
            break
    return passed, first_fault


def _call_fault(solution: Process, suite: Calls, case: Call, useful: int, tolerance: float) -> str:
    request = {
        "op": "call",
        "target": suite.entry_point,
        "args": encode(list(case.args)),
        "kwargs": encode(dict(case.kwargs)),
    }
    solution.send(request)
    reply = solution.receive(useful)
    if not reply:
        return f"an answer of more than {useful} bytes, longer than any that is expected"
    if "value" not in reply:
        return _told(reply.get("error"))
    try:
        got = decode(reply["value"])
        right = any(same(expected, got, as_json=suite.as_json, tolerance=tolerance) for expected in case.expected)
    except NotData as error:
        return str(error)
    except ArithmeticError as error:  # a signalling nan minds being compared
        return f"a value that cannot be compared: {type(error).__name__}"
    return "" if right else "another value than expected"


def _run_asserts(slot: Slot, solution: Process, suite: Asserts, rules: Rules) -> tuple[int, str]:
    """(how many tests passed, the first fault). Calls go from the tests' process to the program's and back."""
    job = {"mode": "tests", "setup": suite.setup, "names": suite.names, "tests": suite.tests, "partial": rules.partial}
    calls, outcomes, message = 0, list[str](), dict[str, Any]()
    try:
        with Process(slot, replace(rules.limits, output_bytes=_QUESTION_BYTES), job, beside=solution) as tester:
            while "done" not in message and "broken" not in message:
                message = tester.receive()
                if "ask" in message:
                    calls += 1
                    solution.send(message["ask"])
                    tester.send(solution.receive())
                elif "outcome" in message:
                    outcomes.append(_printable(str(message["outcome"])))
    except (Ended, OverLimit, NotData) as error:
        outcomes.append(str(error))
    if not calls and not solution.exhausted:
        told = message.get("broken") or (outcomes and outcomes[0]) or "no test calls the program"
        raise RewardError(f"the row's tests are broken: {told}; correct or drop the row")
    faults = [f"test {number}: {fault}" for number, fault in enumerate(outcomes, start=1) if fault]
    if "broken" in message:  # after a call: what the program answered may be the reason
        return 0, f"the tests' setup failed: {_printable(str(message['broken']))}"
    return len(outcomes) - len(faults), faults[0] if faults else ""


def _grade_scripts(slot: Slot, program: Program, suite: Scripts, rules: Rules) -> Grade:
    """One fresh process for every case."""
    passed, first_fault, cpu_s, peak_mb = 0, "", 0.0, 0.0
    job = {"mode": "script", "code": program.code, "preamble": program.preamble}
    for number, (given, expected) in enumerate(suite.cases, start=1):
        fault = ""
        limits = _roomy(rules.limits, len(expected.encode("utf-8", "surrogatepass")))
        with Process(slot, limits, job, given.encode("utf-8", "surrogatepass")) as process:
            try:
                printed = process.read_output()
            except OverLimit as error:
                printed, fault = b"", str(error)
            told = _told(process.complaint())
            usage = process.finish()
        if not fault:
            fault = _script_fault(expected, printed, usage.status, told, rules.tolerance)
        if not fault and usage.cpu_s > rules.limits.cpu_s:
            fault = f"it used {usage.cpu_s:.2f} s of CPU time"
        cpu_s, peak_mb, passed = cpu_s + usage.cpu_s, max(peak_mb, usage.peak_mb), passed + (not fault)
        first_fault = first_fault or (fault and f"input {number}: {fault}")
        if fault and not rules.partial:
            break
    return Grade(passed=passed, total=len(suite.cases), fault=first_fault, cpu_s=cpu_s, peak_mb=peak_mb)


def _script_fault(expected: str, printed: bytes, status: int, told: str, tolerance: float) -> str:
    if status:
        return f"it ended with wait status {status}{told and ': '}{told}"
    return "" if same_output(expected, printed, tolerance=tolerance) else "another output than expected"


def _answer_bytes(suite: Suite) -> int:
    """Length of the longest answer that is expected, as the program would send it."""
    if not isinstance(suite, Calls):
        return 0
    return max(len(json.dumps(encode(value))) for case in suite.cases for value in case.expected)


def _roomy(limits: Limits, expected_bytes: int) -> Limits:
    """The limits with room for an answer of twice the expected length."""
    return replace(limits, output_bytes=max(MAX_FRAME_BYTES, 2 * expected_bytes))


def _told(error: object) -> str:
    """What the program said of its error, for the log: short, and no character that a file or a screen minds."""
    if not isinstance(error, list) or len(error) < 3:
        return "no answer"
    return _printable(": ".join(part[:200] if isinstance(part, str) else "?" for part in (error[2], error[1])))


def _printable(text: str) -> str:
    """The text with spaces for what could move a screen's cursor or end a log's line."""
    return "".join(char if char.isprintable() else " " for char in text)
