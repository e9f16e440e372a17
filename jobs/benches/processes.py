"""A measurement in a process of its own, which says what it found in its last line."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any

from hydra.core.hydra_config import HydraConfig

from jobs.benches.graders import Unavailable


def given(*left_out: str) -> list[str]:
    """This job's overrides of the command line, without those of the named settings and of what is measured."""
    names = {"what", "output", *left_out}
    return [word for word in HydraConfig.get().overrides.task if word.partition("=")[0] not in names]


def last_json(command: Sequence[str], env: Mapping[str, str], who: str, limit_s: float = 3600.0) -> dict[str, Any]:
    """What a program said in its last line.

    Raises:
        Unavailable: naming `who`, when it fails or does not finish within its time.
    """
    try:
        done = subprocess.run(command, env=dict(env), capture_output=True, text=True, timeout=limit_s)
    except subprocess.TimeoutExpired:
        raise Unavailable(f"{who} did not finish within {limit_s:g} s") from None
    lines = done.stdout.strip().splitlines()
    if done.returncode or not lines:
        said = (done.stderr.strip().splitlines() or ["nothing"])[-1][:300]
        raise Unavailable(f"{who} ended with code {done.returncode}: {said}")
    return json.loads(lines[-1])
