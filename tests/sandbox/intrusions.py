# ruff: noqa: E501 - programs as data
"""Programs that attempt what a confined process must not do. Each prints `open` if it could, and `denied` if not."""

from __future__ import annotations

_ATTEMPT = """\
import os, sys, socket, ctypes, subprocess
def attempt():
{body}
try:
    attempt()
except (OSError, ValueError, ImportError, AttributeError, RuntimeError, subprocess.SubprocessError, MemoryError) as error:
    print('denied')
else:
    print('open')
"""
# Raw system calls, x86_64 numbers: (number, arguments). Zeros are enough, since the filter must deny before the kernel
# looks at them: any errno but EPERM or ENOSYS tells that the call got through.
_RAW = {
    "fork": (57, ()), "vfork": (58, ()), "clone as a process": (56, (17, 0, 0, 0, 0)), "clone3": (435, (0, 0)),
    "execve": (59, (0, 0, 0)), "execveat": (322, (0, 0, 0, 0, 0)), "socket inet": (41, (2, 1, 0)),
    "socket unix": (41, (1, 1, 0)), "socket netlink": (41, (16, 3, 0)), "socket vsock": (41, (40, 1, 0)),
    "socket packet": (41, (17, 3, 0)), "socket alg": (41, (38, 5, 0)), "socketpair inet": (53, (2, 1, 0, 0)),
    "connect": (42, (0, 0, 0)), "bind": (49, (0, 0, 0)), "sendmsg": (46, (0, 0, 0)), "recvmsg": (47, (0, 0, 0)),
    "ptrace": (101, (0, 0, 0, 0)), "process_vm_readv": (310, (1, 0, 0, 0, 0, 0)),
    "process_vm_writev": (311, (1, 0, 0, 0, 0, 0)), "pidfd_open": (434, (1, 0)), "pidfd_getfd": (438, (3, 0, 0)),
    "pidfd_send_signal": (424, (3, 9, 0, 0)), "tkill": (200, (1, 0)), "rt_sigqueueinfo": (129, (1, 9, 0)),
    "memfd_create": (319, (0, 0)), "shmget": (29, (0, 4096, 0o1600)), "semget": (64, (0, 1, 0o1600)),
    "msgget": (68, (0, 0o1600)), "mq_open": (240, (0, 0, 0, 0)), "add_key": (248, (0, 0, 0, 0, 0)),
    "keyctl": (250, (0, 0, 0, 0, 0)), "bpf": (321, (0, 0, 0)), "io_uring_setup": (425, (1, 0)),
    "userfaultfd": (323, (0,)), "perf_event_open": (298, (0, 0, 0, 0, 0)), "mount": (165, (0, 0, 0, 0, 0)),
    "umount2": (166, (0, 0)), "pivot_root": (155, (0, 0)), "chroot": (161, (0,)), "unshare": (272, (0x10000000,)),
    "setns": (308, (0, 0)), "setuid": (105, (0,)), "setresuid": (117, (0, 0, 0)), "capset": (126, (0, 0)),
    "prctl dumpable": (157, (4, 1, 0, 0, 0)), "prctl death signal": (157, (1, 0, 0, 0, 0)),
    "prctl seccomp": (157, (22, 2, 0, 0, 0)), "seccomp": (317, (1, 0, 0)), "personality": (135, (0x40000,)),
    "chmod": (90, (0, 0)), "chown": (92, (0, 0, 0)), "utimensat": (280, (0, 0, 0, 0)), "setxattr": (188, (0, 0, 0, 0, 0)),
    "link": (86, (0, 0)), "symlink": (88, (0, 0)), "mknod": (133, (0, 0, 0)), "truncate": (76, (0, 0)),
    "inotify_init": (253, ()), "fanotify_init": (300, (0, 0)), "open_by_handle_at": (304, (0, 0, 0)),
    "open_tree": (428, (0, 0, 0)), "fsopen": (430, (0, 0)), "sethostname": (170, (0, 0)), "setpriority": (141, (0, 0, 5)),
    "sched_setaffinity": (203, (0, 0, 0)), "sched_setscheduler": (144, (0, 0, 0)), "settimeofday": (164, (0, 0)),
    "clock_settime": (227, (0, 0)), "adjtimex": (159, (0,)), "reboot": (169, (0, 0, 0, 0)), "syslog": (103, (3, 0, 0)),
    "kexec_load": (246, (0, 0, 0, 0)), "init_module": (175, (0, 0, 0)), "acct": (163, (0,)), "swapon": (167, (0, 0)),
    "ioperm": (173, (0, 1, 1)), "iopl": (172, (3,)), "modify_ldt": (154, (0, 0, 0)), "setsid": (112, ()),
    "setpgid": (109, (0, 0)), "vmsplice": (278, (0, 0, 0, 0)), "landlock_create": (444, (0, 0, 1)),
    "memfd_secret": (447, (0,)), "timer_create": (222, (0, 0, 0)), "mlockall": (151, (1,)),
    "ioctl TIOCSTI": (16, (0, 0x5412, 0)), "ioctl TIOCSCTTY": (16, (0, 0x540E, 0)), "fcntl F_SETOWN": (72, (0, 8, 1)),
    "fcntl F_SETSIG": (72, (0, 10, 9)), "kill 1": (62, (1, 0)), "kill all": (62, (-1, 0)), "kill group": (62, (0, 0)),
    "tgkill 1": (234, (1, 1, 0)), "prlimit of another": (302, (1, 7, 0, 0)),
}  # fmt: skip
RAW_CALLS = {
    name: _ATTEMPT.format(
        body=(
            "    libc = ctypes.CDLL(None, use_errno=True)\n"
            f"    result = libc.syscall(ctypes.c_long({number}), {''.join(f'ctypes.c_long({a}), ' for a in arguments)})\n"
            "    if result == -1 and ctypes.get_errno() in (1, 38): raise OSError"
        )
    )
    for name, (number, arguments) in _RAW.items()
}
_PYTHON = {
    "starts a shell": "    if os.system('true') != 0: raise OSError",
    "starts a process": "    subprocess.run(['/bin/true'], check=True)",
    "starts a process pool": (
        "    import multiprocessing\n    p = multiprocessing.get_context('fork').Process(target=print)\n    p.start()"
    ),
    "opens a connection": "    socket.create_connection(('1.1.1.1', 53), 2)",
    "asks a name server": "    socket.getaddrinfo('example.com', 80)",
    "listens": "    s = socket.socket()\n    s.bind(('127.0.0.1', 0))\n    s.listen()",
    "shares memory": "    from multiprocessing import shared_memory\n    shared_memory.SharedMemory(create=True, size=10)",
    "reads the users": "    open('/etc/passwd').read()",
    "reads the shadow file": "    open('/etc/shadow').read()",
    "lists the configuration": "    os.listdir('/etc')",
    "lists processes": "    os.listdir('/proc')",
    "reads another's environment": "    open('/proc/1/environ', 'rb').read()",
    "reads kernel messages": "    open('/dev/kmsg', 'rb').read(1)",
    "writes beside the interpreter": "    open(os.__file__ + '.x', 'w').write('x')",
    "writes to /dev/shm": "    open('/dev/shm/gemwright-escape', 'w').write('x')",
    "writes to the root folder": "    open('/gemwright-escape', 'w').write('x')",
    "writes to /var/tmp": "    open('/var/tmp/gemwright-escape', 'w').write('x')",
    "opens a memory device": "    open('/dev/mem', 'rb').read(1)",
    "raises its memory limit": "    import resource\n    resource.setrlimit(resource.RLIMIT_AS, (-1, -1))",
    "raises its CPU limit": "    import resource\n    resource.setrlimit(resource.RLIMIT_CPU, (-1, -1))",
    "becomes root": "    os.setuid(0)",
    "changes its root": "    os.chroot('/')",
    "finds inherited descriptors": (
        "    found = []\n    for fd in range(4, 256):\n        try: os.fstat(fd); found.append(fd)\n        except OSError: pass\n"
        "    if not found: raise OSError"
    ),
    "finds a secret in its environment": "    if 'SECRET' not in repr(os.environ): raise OSError",
    "finds capabilities": (
        "    libc = ctypes.CDLL(None)\n    data = (ctypes.c_uint32 * 6)()\n"
        "    header = (ctypes.c_uint32 * 2)(0x20080522, 0)\n    if libc.capget(header, data) or not any(data): raise OSError"
    ),
}
PYTHON_CALLS = {name: _ATTEMPT.format(body=body) for name, body in _PYTHON.items()}
