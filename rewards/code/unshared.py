"""Locks and rights of files do nothing in a sandbox, where no program shares a file with another.

The kernel keeps locks with a file, not with who sees it: by locks of the null device or of the library, programs that
run at the same time could talk to each other. The filter denies all such calls, and changes of rights too; here, the
parts of the standard library that would fail for it learn to do without.
"""

from __future__ import annotations

import ctypes
import dbm.dumb
import fcntl
import shutil
import sys
from contextlib import suppress
from typing import Any


def leave_out() -> None:
    """Has `fcntl`, SQLite, `dbm` and `shutil` do without locks and rights, in this process and its children."""
    fcntl.flock = fcntl.lockf = _nothing  # type: ignore[assignment]
    shutil.copymode = shutil.copystat = dbm.dumb._Database._chmod = _nothing  # type: ignore[assignment]
    for name in ("_gdbm", "_dbm"):  # these lock within a C library; `dbm.dumb` is left
        sys.modules[name] = None  # type: ignore[assignment]
    with suppress(ImportError, AttributeError, OSError):
        _sqlite_without_locks()


def _nothing(*_: Any, **__: Any) -> None:
    """Takes the place of what is of use among several programs only."""


def _sqlite_without_locks() -> None:
    """Makes SQLite's own way to files without locks the one it takes. Source: sqlite.org/vfs.html, 2.1."""
    import _sqlite3

    library = ctypes.CDLL(_sqlite3.__file__)
    library.sqlite3_vfs_find.restype = ctypes.c_void_p
    library.sqlite3_vfs_find.argtypes = (ctypes.c_char_p,)
    library.sqlite3_vfs_register.argtypes = (ctypes.c_void_p, ctypes.c_int)
    found = library.sqlite3_vfs_find(b"unix-none")
    if found:
        library.sqlite3_vfs_register(found, 1)
