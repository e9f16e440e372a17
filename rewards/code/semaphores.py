"""Semaphores of `multiprocessing` among threads: `ThreadPool` makes some, and the real ones live in /dev/shm.

Nothing in a sandbox can start a process, so that threads are all who could share one.
"""

from __future__ import annotations

import threading

_RECURSIVE = 0
"""The `kind` of a lock that the thread which holds it may take again; 1 is a plain semaphore."""


class SemLock:
    """Takes the place of `_multiprocessing.SemLock`, with the methods that `multiprocessing.synchronize` calls."""

    SEM_VALUE_MAX = (1 << 31) - 1
    handle = 0
    name = None
    """None: there is nothing for `multiprocessing.resource_tracker`, a process of its own, to clean up."""

    def __init__(self, kind: int, value: int, maxvalue: int, name: str, unlink: bool) -> None:
        self.kind, self.maxvalue = kind, maxvalue
        self._value, self._taken, self._last = value, 0, 0
        self._changed = threading.Condition()

    def acquire(self, block: bool = True, timeout: float | None = None) -> bool:
        """Whether it was taken within `timeout` seconds; without one, waits as long as it takes."""
        with self._changed:
            if self.kind == _RECURSIVE and self._is_mine():
                self._taken += 1
                return True
            if not self._changed.wait_for(lambda: self._value > 0, timeout if block else 0):
                return False
            self._value, self._taken, self._last = self._value - 1, self._taken + 1, threading.get_ident()
            return True

    def release(self) -> None:
        """Raises AssertionError or ValueError where that is not due."""
        with self._changed:
            if self.kind == _RECURSIVE and not self._is_mine():
                raise AssertionError("attempt to release recursive lock not owned by thread")
            if self.kind != _RECURSIVE and self._value >= self.maxvalue:
                raise ValueError("semaphore or lock released too many times")
            self._taken -= 1
            if self.kind != _RECURSIVE or not self._taken:
                self._value += 1
                self._changed.notify()

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()

    def _is_mine(self) -> bool:
        return self._taken > 0 and self._last == threading.get_ident()

    def _count(self) -> int:
        return self._taken

    def _get_value(self) -> int:
        return self._value

    def _is_zero(self) -> bool:
        return self._value == 0

    def _after_fork(self) -> None:
        """Nothing forks."""
