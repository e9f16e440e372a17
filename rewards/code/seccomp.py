"""The system calls that a judged program may make, as a BPF program. An allow list: what is not named is denied.

`STRICT` has no call that takes a path. `FILES` adds those, for use only under Landlock or inside an own file system.
Neither can fork, exec, open a socket, trace, signal another process, share memory, lock a file (which others would
see), or change its limits upwards. Threads are allowed. Numbers: asm/unistd_64.h (x86_64), asm-generic/unistd.h
(aarch64; that table has not been run).
"""

from __future__ import annotations

import errno
import platform
import struct

_ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_KILL, _ALLOW, _ERRNO = 0x80000000, 0x7FFF0000, 0x00050000
_LOAD, _JUMP, _JUMP_EQ, _JUMP_GE, _JUMP_SET, _RETURN = 0x20, 0x05, 0x15, 0x35, 0x45, 0x06
_X32 = 0x40000000

# name: (x86_64, aarch64); -1 where the architecture has no such call
_PLAIN = {
    "read": (0, 63), "write": (1, 64), "close": (3, 57), "fstat": (5, 80), "poll": (7, -1), "lseek": (8, 62),
    "munmap": (11, 215), "brk": (12, 214), "rt_sigaction": (13, 134), "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139), "pread64": (17, 67), "readv": (19, 65), "writev": (20, 66), "pipe": (22, -1),
    "select": (23, -1), "sched_yield": (24, 124), "mremap": (25, 216), "madvise": (28, 233), "dup": (32, 23),
    "dup2": (33, -1), "pause": (34, -1), "nanosleep": (35, 101), "getitimer": (36, 102), "alarm": (37, -1),
    "setitimer": (38, 103), "getpid": (39, 172), "recvfrom": (45, 207), "shutdown": (48, 210),
    "getsockname": (51, 204), "exit": (60, 93), "uname": (63, 160), "getcwd": (79, 17),
    "umask": (95, 166), "gettimeofday": (96, 169), "getrlimit": (97, 163), "getrusage": (98, 165),
    "sysinfo": (99, 179), "times": (100, 153), "getuid": (102, 174), "getgid": (104, 176), "geteuid": (107, 175),
    "getegid": (108, 177), "getppid": (110, 173), "getpgrp": (111, -1), "getgroups": (115, 158),
    "rt_sigpending": (127, 136), "rt_sigtimedwait": (128, 137),
    "rt_sigsuspend": (130, 133), "sigaltstack": (131, 132), "gettid": (186, 178),
    "time": (201, -1),
    "restart_syscall": (219, 128), "exit_group": (231, 94), "epoll_wait": (232, -1), "epoll_ctl": (233, 21),
    "pselect6": (270, 72), "ppoll": (271, 73), "set_robust_list": (273, 99), "epoll_pwait": (281, 22),
    "eventfd2": (290, 19), "epoll_create1": (291, 20), "dup3": (292, 24), "pipe2": (293, 59), "getcpu": (309, 168),
    "getrandom": (318, 278), "rseq": (334, 293), "close_range": (436, 436),
    "epoll_pwait2": (441, 441),
}  # fmt: skip
_PATHS = {
    "open": (2, -1), "stat": (4, -1), "lstat": (6, -1), "access": (21, -1), "fsync": (74, 82), "fdatasync": (75, 83),
    "ftruncate": (77, 46), "chdir": (80, 49), "rename": (82, -1), "mkdir": (83, -1), "rmdir": (84, -1),
    "unlink": (87, -1), "msync": (26, 227), "pwrite64": (18, 68), "getdents64": (217, 61),
    "openat": (257, 56), "mkdirat": (258, 34), "newfstatat": (262, 79), "unlinkat": (263, 35),
    "renameat": (264, 38), "faccessat": (269, 48), "renameat2": (316, 276), "statx": (332, 291),
    "faccessat2": (439, 439),
}  # fmt: skip
_LINKS = {"readlink": (89, -1), "readlinkat": (267, 78)}
_CLONE, _CLONE3, _MMAP, _MPROTECT = (56, 220), (435, 435), (9, 222), (10, 226)
_IOCTL, _FCNTL, _PRCTL, _PRLIMIT = (16, 29), (72, 25), (157, 167), (302, 261)
_SOCKETPAIR, _SENDTO, _KILL_CALL, _TGKILL, _GETSOCKOPT = (53, 199), (44, 206), (62, 129), (234, 131), (55, 209)
_GETPGID, _GETSID, _GETAFFINITY = (121, 155), (124, 156), (204, 123)
_FUTEX = (202, 98)
_CLOCKS = ((228, 113), (229, 114), (230, 115))  # clock_gettime, clock_getres, clock_nanosleep

_THREAD_FLAGS = (0x3D0F00, 0x7D0F00)
"""What pthread_create passes to clone: VM, FS, FILES, SIGHAND, THREAD, SYSVSEM, SETTLS, PARENT/CHILD tid; musl adds
DETACHED, which Linux ignores."""
_TERMINAL_CALLS = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)  # TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIOCLEX
_PRIVATE_FUTEX = 128
_SHARED_WAITS = (0, 9, 0x100, 0x109)  # FUTEX_WAIT, FUTEX_WAIT_BITSET, both by either clock: to join a thread
"""Whom others could wake, if they might: a futex in a page of a library is one and the same for all who map it."""
_DESCRIPTOR_CALLS = (0, 1, 2, 3, 4, 1030)  # F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC
_PROT_EXEC = 4
_NUM_FIXED_CLOCKS = 16
"""Those above are made from a process's number and tell the CPU time of anybody's."""
ITSELF = 0x5E1F5E1F
"""Stands for the process's own number until that is known; no process has this one."""


def supported() -> bool:
    return platform.machine() in _ARCHITECTURE


def build(*, files: bool, links: bool) -> bytes:
    """The program for a process; `ITSELF` in it is yet to be replaced by its number, as it may signal only itself.

    A binary search by the call's number, so that the kernel, which tries all numbers when it takes a program, is done
    soon: that is paid for every process.

    Args:
        files: allow calls that take a path.
        links: allow to read links too, which Landlock cannot confine.
    """
    column = 0 if platform.machine() == "x86_64" else 1
    rules = _rules(files=files, links=links)
    blocks = sorted((numbers[column], block) for numbers, block in rules if numbers[column] >= 0)
    code = [_step(_LOAD, 4), _step(_JUMP_EQ, _ARCHITECTURE[platform.machine()], 1, 0), _step(_RETURN, _KILL)]
    code.append(_step(_LOAD, 0))
    if column == 0:
        code += [_step(_JUMP_GE, _X32, 0, 1), _step(_RETURN, _KILL)]
    return b"".join([*code, *_search(blocks)])


def _rules(*, files: bool, links: bool) -> list[tuple[tuple[int, int], list[bytes]]]:
    """What to do for each call that is not simply denied: its numbers, and a block of steps that ends in a return."""
    allowed = _PLAIN | (_PATHS if files else {}) | (_LINKS if files and links else {})
    executable = [] if files else [_step(_LOAD, _low(2)), _step(_JUMP_SET, _PROT_EXEC, 0, 1), _deny()]
    futex = [_step(_LOAD, _low(1)), _step(_JUMP_SET, _PRIVATE_FUTEX, 0, 1), _step(_RETURN, _ALLOW)]
    clock = [_step(_LOAD, _low(0)), _step(_JUMP_GE, _NUM_FIXED_CLOCKS, 0, 1), _deny(), _step(_RETURN, _ALLOW)]
    return [
        *((numbers, [_step(_RETURN, _ALLOW)]) for numbers in allowed.values()),
        (_MMAP, [*executable, _step(_RETURN, _ALLOW)]),
        (_MPROTECT, [*executable, _step(_RETURN, _ALLOW)]),
        (_FUTEX, [*futex, *_one_of(1, _SHARED_WAITS)]),
        (_CLONE, _one_of(0, _THREAD_FLAGS)),
        (_CLONE3, [_deny(errno.ENOSYS)]),  # glibc then falls back to clone, whose flags a filter can see
        (_IOCTL, _one_of(1, _TERMINAL_CALLS)),
        (_FCNTL, _one_of(1, _DESCRIPTOR_CALLS)),
        (_PRCTL, _one_of(0, (15, 16))),  # PR_SET_NAME, PR_GET_NAME
        (_PRLIMIT, _one_of(0, (0,))),
        (_SOCKETPAIR, _one_of(0, (1,))),  # AF_UNIX: an event loop wakes itself through one
        (_GETSOCKOPT, _one_of(2, (3, 4, 38, 39))),  # type, error, protocol, domain; not who holds the other end
        (_SENDTO, _one_of(4, (0,))),  # no address: only to the other end
        (_KILL_CALL, _one_of(0, (ITSELF,))),
        (_TGKILL, _one_of(0, (ITSELF,))),
        (_GETPGID, _one_of(0, (0, ITSELF))),  # of others, the answer would tell that they exist
        (_GETSID, _one_of(0, (0, ITSELF))),
        (_GETAFFINITY, _one_of(0, (0, ITSELF), errno.ENOSYS)),  # which glibc minds less, for the number of a thread
        *((numbers, clock) for numbers in _CLOCKS),
    ]


def _search(blocks: list[tuple[int, list[bytes]]]) -> list[bytes]:
    """Steps that find the block of the number in the accumulator, or deny."""
    if len(blocks) == 1:
        number, block = blocks[0]
        return [_step(_JUMP_EQ, number, 0, len(block)), *block, _deny()]
    middle = len(blocks) // 2
    below, above = _search(blocks[:middle]), _search(blocks[middle:])
    if len(below) < 256:
        return [_step(_JUMP_GE, blocks[middle][0], len(below), 0), *below, *above]
    return [_step(_JUMP_GE, blocks[middle][0], 0, 1), _step(_JUMP, len(below)), *below, *above]


def _step(code: int, k: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, k)


def _deny(number: int = errno.EPERM) -> bytes:
    return _step(_RETURN, _ERRNO | number)


def _low(argument: int) -> int:
    """Offset of the low word of a call's argument in seccomp_data, little-endian."""
    return 16 + 8 * argument


def _one_of(argument: int, values: tuple[int, ...], otherwise: int = errno.EPERM) -> list[bytes]:
    """Allows when the argument, all 64 bits of it, is one of `values`; else the call fails with `otherwise`."""
    tests = [_step(_JUMP_EQ, value, len(values) - i, 0) for i, value in enumerate(values)]
    high = [_step(_LOAD, _low(argument) + 4), _step(_JUMP_EQ, 0, 0, len(values) + 1)]
    return [*high, _step(_LOAD, _low(argument)), *tests, _deny(otherwise), _step(_RETURN, _ALLOW)]
