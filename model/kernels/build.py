"""Compiles `kernels.c` for this machine, once, without anybody noticing; where that fails there are no kernels.

C with OpenMP behind ctypes and nothing of torch's headers: compiling takes three seconds and needs no
build tool but the system's C compiler. torch has loaded its OpenMP runtime under the name that the file asks for, so
both share one pool of threads.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from functools import lru_cache
from pathlib import Path

from model.files import cache_folder

SOURCE = Path(__file__).with_name("kernels.c")
_FLAGS = ("-O3", "-march=native", "-fno-math-errno", "-fno-trapping-math", "-fopenmp", "-shared", "-fPIC")
_LIMIT_S = 120.0


@lru_cache(maxsize=1)
def load() -> ctypes.CDLL | None:
    """The compiled kernels; None without a C compiler, off Linux, or with `GEMWRIGHT_KERNELS=off`."""
    if os.environ.get("GEMWRIGHT_KERNELS") == "off" or not sys.platform.startswith("linux"):
        return None
    try:
        return ctypes.CDLL(str(_compiled()))
    except (OSError, RuntimeError, subprocess.SubprocessError):  # RuntimeError: nobody knows the home folder
        return None


def _compiled() -> Path:
    """The library, compiled if it is not there yet. Raises OSError or SubprocessError."""
    compiler = os.environ.get("CC") or shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise FileNotFoundError("no C compiler")
    facts = (SOURCE.read_text(encoding="utf-8"), *_FLAGS, compiler, platform.machine(), _processor())
    target = cache_folder() / "kernels" / f"kernels-{hashlib.sha256(repr(facts).encode()).hexdigest()[:16]}.so"
    if not target.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as scratch:  # several processes may be at it
            fresh = Path(scratch) / target.name
            command = [*compiler.split(), *_FLAGS, str(SOURCE), "-o", str(fresh), "-lm"]
            subprocess.run(command, check=True, capture_output=True, timeout=_LIMIT_S)
            fresh.replace(target)
    return target


def _processor() -> str:
    """What `-march=native` depends on: a home folder may be shared by different machines."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor()
    return "".join(next((line for line in lines if line.startswith(name)), "") for name in ("model name", "flags"))
