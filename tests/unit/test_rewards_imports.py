"""`rewards` stands alone, and its documented examples are true."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import rewards

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted(module.name for module in pkgutil.walk_packages(rewards.__path__, "rewards."))


def run_python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)


def test_rewards_imports_and_judges_where_torch_hydra_and_transformers_are_absent() -> None:
    blocked = "torch", "hydra", "omegaconf", "transformers", "model", "rlhf", "jobs"
    result = run_python(
        f"import sys, importlib\n"
        f"sys.modules.update(dict.fromkeys({blocked!r}))\n"  # None in sys.modules makes an import fail
        f"for name in {MODULES!r}: importlib.import_module(name)\n"
        "from rewards import verify\n"
        "assert verify('2\\\\sqrt{3}', '\\\\sqrt{12}').value == 1.0\n"
    )
    assert result.returncode == 0, result.stderr


def test_every_public_name_is_there_and_none_is_loaded_before_it_is_used() -> None:
    assert set(rewards.__all__) == set(rewards._HOME_OF)
    for name in rewards.__all__:
        assert getattr(rewards, name).__module__.startswith("rewards.") or name == "SampleFunction"
    result = run_python("import sys, rewards; assert not [m for m in sys.modules if m.startswith('rewards.')]")
    assert result.returncode == 0, result.stderr
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = rewards.Nothing  # pyright: ignore[reportAttributeAccessIssue]


def test_the_block_of_the_import_test_does_block() -> None:
    assert run_python("import sys; sys.modules['torch'] = None; import torch").returncode != 0


def test_plain_numbers_and_fractions_are_decided_without_sympy_or_mpmath() -> None:
    result = run_python(
        "import sys\n"
        "from rewards import verify\n"
        "assert verify('18', 'so \\\\boxed{18}').value == 1.0\n"
        "assert verify('1/2', '\\\\boxed{0.5}').value == 1.0\n"
        "assert not {'sympy', 'mpmath'} & set(sys.modules)\n"
    )
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("name", MODULES)
def test_documented_examples_are_true(name: str) -> None:
    outcome = doctest.testmod(importlib.import_module(name))
    assert outcome.failed == 0
