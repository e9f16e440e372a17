"""`UnitTests`: does the program in a completion pass its tests? The public door of this package."""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from rewards.base import RewardError, Sample, Verdict
from rewards.code.blocks import program
from rewards.code.grade import Grade, Rules, grade
from rewards.code.limits import Infrastructure, Overloaded
from rewards.code.sandbox import Sandbox
from rewards.code.suites import read_suite


class UnitTests:
    """Reward of 1.0 for a program that passes all its tests, else 0.0 or, by option, the share that it passes.

    The program is a completion's code block (`rewards.code.blocks`); the tests stand in `sample.reference`, in the
    layout of HumanEval, MBPP, APPS, LiveCodeBench or a simple own one (`rewards.code.suites`).

    Expected values never enter the program's process. Calls and scripts are compared in this process; assert tests run
    in a second confined process, and only calls and plain data pass between the two. A program is judged by its CPU
    time; the wall limit is several times larger, for programs that sleep or wait.

    A sample is FAILED, never 0, where the sandbox did not work (after `retries` more attempts) or the data's tests are
    broken.

    Source: own design. `Sandbox` says what each tier of confinement does not cover.
    """

    def __init__(
        self,
        *,
        cpu_s: float,
        sandbox: Sandbox | None = None,
        wall_s: float | None = None,
        partial: bool = False,
        tolerance: float = 0.0,
        retries: int = 1,
    ) -> None:
        """Probes the sandbox's tier.

        Args:
            cpu_s: CPU seconds that a program may use: for all calls or asserts together, or for each script.
            sandbox: confinement and its limits; None takes the strongest tier that works here.
            wall_s: seconds that it may take; None takes 6 times `cpu_s` and 5.
            partial: pay the share of tests that pass.
            tolerance: largest difference, absolute or relative, of floats that count as equal. Not for assert tests.
            retries: further attempts after the sandbox itself has failed.

        Raises:
            RewardError: when an option is no sensible number, or the required tier does not work here.
        """
        wall_s = 6 * cpu_s + 5 if wall_s is None else wall_s
        if not (0 < cpu_s <= wall_s < math.inf and 0 <= tolerance < 1 and retries >= 0):
            raise RewardError(
                f"UnitTests: cpu_s={cpu_s}, wall_s={wall_s}, tolerance={tolerance}, retries={retries}; "
                "give 0 < cpu_s <= wall_s, 0 <= tolerance < 1 and 0 <= retries"
            )
        self.cpu_s, self.wall_s, self.partial, self.tolerance, self.retries = cpu_s, wall_s, partial, tolerance, retries
        self.sandbox = sandbox or Sandbox()

    @property
    def tier(self) -> str:
        """The active tier of confinement."""
        return self.sandbox.tier

    def __call__(self, group: Sequence[Sample]) -> list[Verdict]:
        """One verdict per sample; as many programs at a time as the sandbox has slots."""
        return self.judge_groups([group])[0]

    def judge_groups(self, groups: Sequence[Sequence[Sample]]) -> list[list[Verdict]]:
        """The verdicts of many groups, whose programs run side by side."""
        with ThreadPoolExecutor(max_workers=self.sandbox.slots, thread_name_prefix="unit-tests") as pool:
            verdicts = pool.map(self.judge, [sample for group in groups for sample in group])
            return [[next(verdicts) for _ in group] for group in groups]

    def judge(self, sample: Sample) -> Verdict:
        """The verdict of one sample; may be called from any thread."""
        try:
            suite = read_suite(sample.reference)
            found = program(sample.completion, entry_point=suite.entry_point, stub=suite.stub, preamble=suite.preamble)
            if not found.code:
                return Verdict.of(0.0, "no program in the completion")
            limits = self.sandbox.limits(cpu_s=self.cpu_s, wall_s=self.wall_s)
            rules = Rules(limits=limits, partial=self.partial, tolerance=self.tolerance)
            reason = ""
            for _ in range(self.retries + 1):
                try:
                    with self.sandbox.borrow() as slot:
                        return self._verdict(grade(slot, found, suite, rules))
                except Overloaded as error:
                    return Verdict.failed(f"sandbox: {error}")
                except Infrastructure as error:
                    reason = str(error)
            return Verdict.failed(f"sandbox: {reason}")
        except RewardError as error:
            return Verdict.failed(str(error))
        except Exception as error:  # what nobody thought of must cost this sample only, not its group
            return Verdict.failed(f"{type(error).__name__}: {error}"[:300])

    def corrupt(self, sample: Sample) -> str | None:
        """The sample's program, which now leaves at once with exit status 0: some rewards take that for success."""
        suite = read_suite(sample.reference)
        found = program(sample.completion, entry_point=suite.entry_point, stub=suite.stub, preamble=suite.preamble)
        return f"~~~~~~~~python\nraise SystemExit(0)\n{found.code}\n~~~~~~~~" if found.code else None

    def describe(self) -> dict[str, Any]:
        """The active tier and the limits, for a run's log."""
        shown = str(self.sandbox)
        return {"shown": shown, "cpu_s": self.cpu_s, "wall_s": self.wall_s, "sandbox": self.sandbox.describe()}

    def close(self) -> None:
        """Ends the sandbox's processes."""
        self.sandbox.close()

    def _verdict(self, grade: Grade) -> Verdict:
        share = grade.passed / grade.total
        value = share if self.partial else float(grade.passed == grade.total)
        reason = f"{grade.passed} of {grade.total} tests passed"
        reason += f"; {grade.fault}" if grade.fault else ""
        return Verdict.of(value, f"{reason} ({grade.cpu_s:.3f} s CPU, {grade.peak_mb:.0f} MB, {self.tier})")
