"""Shares of a list and sums over processes; the processes themselves are tested in integration."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import torch
from torch import nn

from rlhf.runtime import Runtime, default_threads, peak_memory_gb


class OneOf(Runtime):
    """A runtime that believes to be one process of several."""

    def __init__(self, rank: int, world_size: int) -> None:
        self._rank, self._world_size = rank, world_size

    @property
    def rank(self) -> int:
        return self._rank

    @property
    def world_size(self) -> int:
        return self._world_size


@pytest.mark.parametrize(
    ("num_items", "world_size", "sizes"), [(8, 2, [4, 4]), (7, 3, [3, 2, 2]), (2, 3, [1, 1, 0]), (5, 1, [5])]
)
def test_shares_are_even_contiguous_and_complete(num_items: int, world_size: int, sizes: list[int]) -> None:
    items = list(range(num_items))
    shares = [OneOf(rank, world_size).shard(items) for rank in range(world_size)]
    assert [len(share) for share in shares] == sizes
    assert [item for share in shares for item in share] == items


def test_one_process_sums_and_gathers_its_own() -> None:
    runtime = Runtime(cpu=True)
    assert (runtime.rank, runtime.world_size, runtime.is_main) == (0, 1, True)
    assert runtime.device == torch.device("cpu")
    assert runtime.total(3, 4) == [3, 4]
    assert runtime.sum_values({"a": 0.1}) == {"a": 0.1}
    assert runtime.gather([1, 2]) == [1, 2]


def test_one_process_keeps_its_gradients() -> None:
    parameter, other = nn.Parameter(torch.ones(2)), nn.Parameter(torch.ones(2))
    Runtime(cpu=True).backward((parameter * 3).sum())
    Runtime(cpu=True).sum_gradients([parameter, other])
    assert parameter.grad is not None
    assert parameter.grad.tolist() == [3.0, 3.0]
    assert other.grad is None


def test_sums_take_names_that_only_some_processes_have(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process whose completions all have advantage zero computes no row, so it knows no ratio."""
    monkeypatch.setattr(Runtime, "gather", lambda self, items: [*items, {"loss": 0.5, "ratio/mean": 2.0}])
    assert OneOf(0, 2).sum_values({"loss": 0.25}) == {"loss": 0.75, "ratio/mean": 2.0}


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, 6),
        ({"OMP_NUM_THREADS": "3"}, 3),
        ({"OMP_NUM_THREADS": "4,2"}, 4),
        ({"OMP_NUM_THREADS": "many"}, 6),
        ({"LOCAL_WORLD_SIZE": "2"}, 3),
        ({"LOCAL_WORLD_SIZE": "8"}, 1),
        ({"LOCAL_WORLD_SIZE": "2", "OMP_NUM_THREADS": "5"}, 5),
    ],
)
def test_threads_are_what_was_asked_for_or_a_share_of_the_cores_that_may_be_used(
    variables: dict[str, str], expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a machine of 64 cores of which this process may use six."""
    for name in ("OMP_NUM_THREADS", "LOCAL_WORLD_SIZE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(6)), raising=False)
    assert default_threads() == expected


def test_the_peak_of_memory_is_the_processs_own_and_not_its_parents() -> None:
    large = b"x" * 1_500_000_000
    show = "from rlhf.runtime import peak_memory_gb as peak; print(peak())"
    child = subprocess.run([sys.executable, "-c", show], capture_output=True, text=True, check=True)
    assert 0.05 < float(child.stdout) < 1.5 <= peak_memory_gb()
    del large
