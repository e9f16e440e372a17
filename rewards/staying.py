"""`os._exit` in judged code that runs in this process: an error that costs its verdict, not the end of the run.

It keeps a mistake in, such as a verifier that was written for a process of its own, not malice: what was imported by
`from os import _exit` beforehand, calls the C library, or runs in a thread that judged code has started still ends the
process. `isolated: true` keeps these in too.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

_leave = os._exit
_judging = threading.local()

_dispensable = False


def may_end() -> None:
    """From now on judged code may end this process: it is a worker, which somebody watches and replaces."""
    global _dispensable
    _dispensable = True


class Left(BaseException):
    """Judged code wanted to end the process. Not an Exception, so that it passes what catches those."""


@contextmanager
def staying() -> Iterator[None]:
    """While this lasts, `os._exit` in this thread raises Left. In a fork it does what it always does."""
    os._exit = _exit_or_raise
    before = getattr(_judging, "process", None)
    _judging.process = os.getpid()
    try:
        yield
    finally:
        _judging.process = before


def _exit_or_raise(status: int) -> NoReturn:
    if getattr(_judging, "process", None) == os.getpid() and not _dispensable:
        raise Left(f"the judged code called os._exit({status}), which would have ended this process")
    _leave(status)
