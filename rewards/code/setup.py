"""What a zygote is told: which modules it imports before programs start, and which folders these may read."""

from __future__ import annotations

import importlib.util
import os
import sysconfig
from glob import glob
from typing import Any

STANDARD_MODULES = (
    "_strptime", "argparse", "array", "asyncio", "base64", "bisect", "bz2", "cProfile", "calendar", "cmath", "cmd",
    "collections.abc", "colorsys", "concurrent.futures.process", "concurrent.futures.thread", "configparser",
    "contextlib", "contextvars", "copy", "csv", "ctypes", "dataclasses", "datetime", "decimal", "difflib", "dis",
    "doctest", "encodings.idna", "encodings.latin_1", "encodings.utf_16", "encodings.utf_32", "enum", "fileinput",
    "fnmatch", "fractions", "functools", "getopt", "getpass", "glob", "graphlib", "gzip", "hashlib", "heapq", "hmac",
    "html.parser", "http.client", "inspect", "io", "ipaddress", "itertools", "json", "keyword", "linecache", "locale",
    "logging", "lzma", "math", "mmap", "multiprocessing", "multiprocessing.dummy", "multiprocessing.pool",
    "multiprocessing.queues", "multiprocessing.shared_memory", "multiprocessing.sharedctypes",
    "multiprocessing.synchronize", "numbers", "operator", "optparse", "pathlib", "pickle", "pickletools", "platform",
    "plistlib", "pprint", "profile", "pstats", "queue", "random", "re", "resource", "sched", "secrets", "select",
    "selectors", "shelve", "shlex", "shutil", "socket", "sqlite3", "statistics", "string", "stringprep", "struct",
    "subprocess", "symtable", "tempfile", "textwrap", "threading", "timeit", "tokenize", "tomllib", "trace",
    "traceback", "tracemalloc", "types", "typing", "unicodedata", "unittest.mock", "urllib.parse", "urllib.request",
    "uuid", "warnings", "weakref", "xml.etree.ElementTree", "zipfile", "zlib", "zoneinfo",
)  # fmt: skip
_SUBMODULES = {
    "numpy": (
        "numpy.random", "numpy.linalg", "numpy.fft", "numpy.polynomial", "numpy.ma", "numpy.lib.recfunctions",
        "numpy.lib.stride_tricks", "numpy.testing", "numpy.typing", "numpy.ctypeslib", "numpy.char", "numpy.rec",
    )
}  # fmt: skip
_SYSTEM_FOLDERS = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/share/zoneinfo")


def zygote_setup(tier: str, modules: tuple[str, ...], *, user: int) -> dict[str, Any]:
    """The zygote's first message.

    Packages that lie among the interpreter's own files are hidden, all but `modules`: one of them may be the data set
    that programs are judged by, with its answers.
    """
    library = [sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")]
    folders = list(dict.fromkeys([*library, *_SYSTEM_FOLDERS]))
    hidden = [
        found for folder in folders for pattern in ("", "python3*/") for found in glob(f"{folder}/{pattern}*-packages")
    ]
    packages, above = [], []
    for name in modules:
        spec = importlib.util.find_spec(name)
        for folder in (spec.submodule_search_locations or []) if spec else []:
            packages += [folder, f"{folder}.libs"]  # `.libs`: where wheels keep the shared libraries they bring
            above.append(os.path.dirname(folder))
    if tier == "landlock":
        concealed = {os.path.realpath(path) for path in hidden}
        folders = list(
            dict.fromkeys(part for folder in folders for part in _without(os.path.realpath(folder), concealed))
        )
    return {
        "tier": tier,
        "user": user,
        "folders": folders,
        "library": [os.path.realpath(folder) for folder in library],
        "hidden": hidden,
        "packages": packages,
        "site_folders": list(dict.fromkeys(above)),
        "modules": [*STANDARD_MODULES, *(part for name in modules for part in (name, *_SUBMODULES.get(name, ())))],
    }


def _without(folder: str, hidden: set[str]) -> list[str]:
    """Paths that together hold all of `folder` but what is hidden: Landlock can only allow, not take away again."""
    if folder in hidden:
        return []
    if not any(path.startswith(f"{folder}/") for path in hidden):
        return [folder]
    children = sorted(entry.path for entry in os.scandir(folder) if not entry.is_symlink())
    return [part for child in children for part in _without(child, hidden)]
