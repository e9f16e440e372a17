"""Where a run computes: device, precision and processes, all owned by accelerate."""

from __future__ import annotations

import ctypes
import os
import re
import resource
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import torch
from accelerate import Accelerator
from torch import Tensor, nn

T = TypeVar("T")

# Parameters of glibc's mallopt.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3


def keep_freed_memory() -> None:
    """Have glibc keep freed memory for the next tensor; elsewhere nothing happens.

    By default every tensor above some megabytes is mapped anew and its pages are faulted in and zeroed one by one:
    about a tenth of a step on two cores (docs/lab-log.md). Peak memory stays about what it was.
    """
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, 1 << 30)
        mallopt(_M_TRIM_THRESHOLD, (1 << 31) - 1)


def give_back_freed_memory() -> None:
    """Have glibc return what small objects left free; elsewhere nothing happens.

    Reading a tokenizer leaves 45 to 300 MB in pieces that no tensor fits into.
    """
    if sys.platform.startswith("linux") and (malloc_trim := getattr(ctypes.CDLL(None), "malloc_trim", None)):
        malloc_trim(0)


def peak_memory_gb() -> float:
    """The most memory that was resident in this process, in 1e9 bytes.

    Linux counts getrusage's figure on through exec: a process that a larger one started would report its parent's peak.
    """
    if sys.platform == "linux":
        peak = re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
        assert peak is not None
        return int(peak[1]) * 1024 / 1e9
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9


def default_threads() -> int:
    """CPU threads for this process: what OMP_NUM_THREADS says, else its share of the cores that it may run on.

    Not torch's own default, which leaves out one of the two hardware threads of a core.
    """
    wanted = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0].strip()  # a list is one number per nesting level
    if wanted.isdigit() and int(wanted):
        return int(wanted)
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return max(1, cores // int(os.environ.get("LOCAL_WORLD_SIZE", "1")))


class Runtime:
    """One process of a run.

    The network computes in the dtype of its weights with float32 islands (norms, log-probabilities, adapters), so
    accelerate's autocast stays off (docs/decisions). Gradients of the adapters are summed over processes by
    `sum_gradients`; losses are divided by counts that were summed before the forward, so any number of processes gives
    the same step.
    """

    def __init__(self, *, cpu: bool = False) -> None:
        self.accelerator = Accelerator(cpu=cpu, mixed_precision="no")

    @property
    def device(self) -> torch.device:
        return self.accelerator.device

    @property
    def is_main(self) -> bool:
        return self.accelerator.is_main_process

    @property
    def rank(self) -> int:
        return self.accelerator.process_index

    @property
    def world_size(self) -> int:
        return self.accelerator.num_processes

    def shard(self, items: Sequence[T]) -> list[T]:
        """This process's share of a list that every process holds: a contiguous, nearly even part."""
        size, rest = divmod(len(items), self.world_size)
        start = self.rank * size + min(self.rank, rest)
        return list(items[start : start + size + (self.rank < rest)])

    def total(self, *counts: int) -> list[int]:
        """Sums of integers over the processes."""
        if self.world_size == 1:
            return list(counts)
        summed = self.accelerator.reduce(torch.tensor(counts, device=self.device), reduction="sum")
        assert isinstance(summed, Tensor)
        return [int(value) for value in summed]

    def sum_values(self, values: dict[str, float]) -> dict[str, float]:
        """Sums of named numbers over the processes; a process that had nothing to compute may lack names."""
        summed: dict[str, float] = {}
        for part in self.gather([values]):
            for name, value in part.items():
                summed[name] = summed.get(name, 0.0) + value
        return summed

    def gather(self, items: Sequence[T]) -> list[T]:
        """All processes' items in rank order, on every process."""
        if self.world_size == 1:
            return list(items)
        from accelerate.utils import gather_object

        return gather_object(list(items))

    def backward(self, loss: Tensor) -> None:
        self.accelerator.backward(loss)

    def sum_gradients(self, parameters: Sequence[nn.Parameter]) -> None:
        """Replace every gradient by its sum over the processes; a process without one contributes zero."""
        if self.world_size == 1:
            return
        for parameter in parameters:
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
            summed = self.accelerator.reduce(parameter.grad, reduction="sum")
            assert isinstance(summed, Tensor)
            parameter.grad = summed

    def wait(self) -> None:
        self.accelerator.wait_for_everyone()
