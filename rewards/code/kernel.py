"""Linux calls that Python does not have: prctl, capset, unshare, mount, pivot_root, seccomp, Landlock. By ctypes."""

from __future__ import annotations

import ctypes
import os
import platform
import struct

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_NAME = 1, 4, 15
PR_SET_SECCOMP, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 22, 24, 38
SIGKILL = 9
CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC = 0x20000, 0x2000000, 0x4000000, 0x8000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = (
    1,
    2,
    4,
    8,
    32,
    4096,
    16384,
    1 << 18,
)
MNT_DETACH = 2
_SECCOMP_MODE_FILTER = 2
_MADV_COLLAPSE = 25
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_CAPSET = {"x86_64": 126, "aarch64": 91}
_FSTAT = {"x86_64": 5, "aarch64": 80}
# struct stat, and where it has mode, inode, device, links, user, group, size and three times in seconds
_STAT = {
    "x86_64": ("=QQQIIIxxxxQqqqqQqQqQ", (3, 1, 0, 2, 4, 5, 7, 10, 12, 14)),
    "aarch64": ("=QQIIIIQxxxxxxxxqixxxxqqQqQqQ", (2, 1, 0, 3, 4, 5, 7, 10, 12, 14)),
}
_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446

_WORD = struct.Struct("=I")
_CAPABILITY_HEADER = struct.pack("=Ii", 0x20080522, 0)
_libc = ctypes.CDLL(None, use_errno=True)
_libc.prctl.argtypes = (ctypes.c_int, *(ctypes.c_ulong,) * 4)


def _checked(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def prctl(option: int, *arguments: int) -> None:
    _checked(_libc.prctl(option, *(*arguments, 0, 0, 0, 0)[:4]), f"prctl({option})")


def unshare(flags: int) -> None:
    _checked(_libc.unshare(flags), f"unshare({flags:#x})")


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    arguments = [text.encode() or None for text in (source, target, kind)]
    result = _libc.mount(*arguments, ctypes.c_ulong(flags), options.encode() or None)
    _checked(result, f"mount({source}, {target}, {flags:#x})")


def detach(target: str) -> None:
    _checked(_libc.umount2(target.encode(), MNT_DETACH), f"umount2({target})")


def pivot_root(new_root: str, old_root: str) -> None:
    number = ctypes.c_long(_PIVOT_ROOT[platform.machine()])
    _checked(_libc.syscall(number, new_root.encode(), old_root.encode()), "pivot_root")


def bound_capabilities() -> None:
    """Makes sure that no program that this process might execute, nor its children, gets any capability by that."""
    for capability in range(64):
        if _libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0:
            break  # EINVAL above the kernel's last one, EPERM where there are none to drop


def drop_capabilities() -> None:
    """Empties every capability set of this process, for uid 0 too, but the bounding set."""
    _checked(_libc.syscall(ctypes.c_long(_CAPSET[platform.machine()]), _CAPABILITY_HEADER, bytes(24)), "capset")


def fstat(descriptor: int) -> os.stat_result:
    """As `os.fstat`, by the call that takes no path: the C library's version may take an empty one."""
    layout, order = _STAT[platform.machine()]
    buffer = ctypes.create_string_buffer(256)
    number = ctypes.c_long(_FSTAT[platform.machine()])
    _checked(_libc.syscall(number, ctypes.c_long(descriptor), buffer), f"fstat({descriptor})")
    fields = struct.unpack_from(layout, buffer)
    return os.stat_result([fields[i] for i in order])


class Filter:
    """A seccomp program (8 bytes an instruction), ready to be put on a process that has just been forked.

    All is laid out beforehand, because what such a process touches must be copied first.
    """

    def __init__(self, program: bytes, blank: int) -> None:
        """Takes a program in which the word `blank` stands for the number of the process that it will be put on."""
        self._code = ctypes.create_string_buffer(program, len(program))
        self._head = ctypes.create_string_buffer(struct.pack("=H6xQ", len(program) // 8, ctypes.addressof(self._code)))
        # An instruction's last word is the value that it loads, compares with or returns.
        self._blanks = [at + 4 for at in range(0, len(program), 8) if program[at + 4 : at + 8] == _WORD.pack(blank)]
        self._address = ctypes.addressof(self._head)

    def install(self, pid: int) -> None:
        """Puts the program on this process, whose number is `pid`, for good."""
        for blank in self._blanks:
            _WORD.pack_into(self._code, blank, pid)
        prctl(PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, self._address)


def collapse(address: int, num_bytes: int) -> bool:
    """Puts a part of this process's memory into huge pages; whether the kernel did so (6.1 and later can)."""
    return _libc.madvise(ctypes.c_void_p(address), ctypes.c_size_t(num_bytes), _MADV_COLLAPSE) == 0


def landlock_version() -> int:
    """The kernel's Landlock ABI; 0 where it has none."""
    return max(0, _libc.syscall(ctypes.c_long(_LANDLOCK_CREATE), None, ctypes.c_long(0), ctypes.c_long(1)))


_LIST = 1 << 3
_READ = 1 << 2 | _LIST  # files, folders
_FILE_ONLY = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 14 | 1 << 15


def landlock(readable: list[str], writable: list[str], listable: list[str] | None = None) -> None:
    """Denies this process, for good, all of the file system but `readable` and `writable`, TCP, and signals outside.

    Of `listable` it may see the names.

    What the kernel's version cannot restrict stays open: TCP before ABI 4, abstract sockets and signals before ABI 6.
    """
    version = landlock_version()
    handled = (1 << 13) - 1
    for since, bit in ((2, 13), (3, 14), (5, 15)):
        handled |= (version >= since) << bit
    attributes = struct.pack("=QQQ", handled, 0b11 if version >= 4 else 0, 0b11 if version >= 6 else 0)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    ruleset = _checked(
        _libc.syscall(ctypes.c_long(_LANDLOCK_CREATE), attributes, ctypes.c_long(size), ctypes.c_long(0)), "landlock"
    )
    try:
        write = handled & ~(1 << 0 | 1 << 6 | 1 << 11 | 1 << 15)  # all but execution, devices and their ioctls
        for paths, access in ((readable, _READ), (writable, write), (listable or [], _LIST)):
            for path in paths:
                _allow(ruleset, path, access & handled)
        _checked(_libc.syscall(ctypes.c_long(_LANDLOCK_RESTRICT), ctypes.c_long(ruleset), ctypes.c_long(0)), "landlock")
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: str, access: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # a folder of sys.path need not exist
    try:
        rule = struct.pack("=Qi", access if os.path.isdir(path) else access & _FILE_ONLY, descriptor)
        number, kind = ctypes.c_long(_LANDLOCK_ADD), ctypes.c_long(1)
        _checked(
            _libc.syscall(number, ctypes.c_long(ruleset), kind, rule, ctypes.c_long(0)), f"landlock rule for {path}"
        )
    finally:
        os.close(descriptor)
