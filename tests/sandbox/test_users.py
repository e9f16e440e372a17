"""The same hostile programs where the sandbox has less to work with: an ordinary user, a container's profile."""

from __future__ import annotations

import functools
import json
import os
import platform
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from rewards.code import TIERS

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.skipif(platform.machine() != "x86_64", reason="the numbers of the system calls are those of x86_64"),
]
ROOT = Path(__file__).resolve().parent.parent.parent
NOBODY = 65534
UNSHARE, LANDLOCK = "272", "444"


def run_as(user: int | None, python: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    identity = {} if user is None else {"user": user, "group": user, "extra_groups": []}
    environment = {"PYTHONPATH": f"{ROOT}:{sysconfig.get_path('purelib')}", "PATH": "/usr/bin:/bin", "HOME": "/"}
    command = [python, "-B", *arguments]
    return subprocess.run(
        command, cwd="/", env=environment, capture_output=True, text=True, check=False, timeout=500, **identity
    )


@functools.cache
def python_of_nobody() -> str:
    """An interpreter that user nobody can run this package with; skips where there is none."""
    if os.geteuid():
        pytest.skip("only root can become another user")
    for python in (sys.executable, f"/usr/bin/python{sys.version_info[0]}.{sys.version_info[1]}"):
        try:
            if run_as(NOBODY, python, "-c", "import numpy, tests.sandbox.judging").returncode == 0:
                return python
        except OSError:
            continue
    pytest.skip("user nobody cannot read this interpreter, its packages or the checkout")


def outcome(user: int | None, python: str, tier: str, *denied: str) -> dict[str, object]:
    result = run_as(user, python, "-m", "tests.sandbox.judging", tier, *denied)
    if "no code sandbox" in result.stderr:
        pytest.skip(result.stderr.strip().splitlines()[-1])
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


@pytest.mark.parametrize("tier", TIERS)
def test_every_tier_holds_for_an_ordinary_user(tier: str) -> None:
    assert outcome(NOBODY, python_of_nobody(), tier) == {"tier": tier, "faults": {}}


def test_without_user_namespaces_an_ordinary_user_gets_landlock() -> None:
    assert outcome(NOBODY, python_of_nobody(), "auto", UNSHARE) == {"tier": "landlock", "faults": {}}


@pytest.mark.parametrize(("denied", "tier"), [((UNSHARE,), "landlock"), ((UNSHARE, LANDLOCK), "strict")])
def test_what_a_container_denies_costs_a_tier_and_nothing_else(denied: tuple[str, ...], tier: str) -> None:
    assert outcome(None, sys.executable, "auto", *denied) == {"tier": tier, "faults": {}}
