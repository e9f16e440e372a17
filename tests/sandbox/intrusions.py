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
    "futex wake of whoever waits": (202, (0, 1, 1, 0, 0, 0)), "set_tid_address": (218, (0,)),
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
    "clone with a user namespace": (56, (0x10000011, 0, 0, 0, 0)), "clone as a sibling": (56, (0x8011, 0, 0, 0, 0)),
    "clone a thread elsewhere": (56, (0x103D0F00, 0, 0, 0, 0)), "io_uring_enter": (426, (3, 0, 0, 0, 0, 0)),
    "io_uring_register": (427, (3, 0, 0, 0)), "process_madvise": (440, (3, 0, 0, 0, 0)), "kcmp": (312, (1, 1, 0, 0, 0)),
    "process_mrelease": (448, (3, 0)), "splice": (275, (0, 0, 0, 0, 0, 0)), "tee": (276, (0, 0, 0, 0)),
    "sendfile": (40, (1, 0, 0, 0)), "copy_file_range": (326, (0, 0, 0, 0, 0, 0)), "signalfd": (289, (-1, 0, 8, 0)),
    "timerfd_create": (283, (0, 0)), "name_to_handle_at": (303, (0, 0, 0, 0, 0)), "move_mount": (429, (0, 0, 0, 0, 0)),
    "fsmount": (432, (0, 0, 0)), "fspick": (433, (0, 0, 0)), "mount_setattr": (442, (0, 0, 0, 0, 0)),
    "landlock_restrict": (446, (0, 0)), "migrate_pages": (256, (1, 0, 0, 0)), "move_pages": (279, (1, 0, 0, 0, 0, 0)),
    "mbind": (237, (0, 0, 0, 0, 0, 0)), "sched_setattr": (314, (0, 0, 0)), "rt_tgsigqueueinfo": (297, (1, 1, 9, 0)),
    "pkey_mprotect": (329, (0, 0, 0, 0)), "pkey_alloc": (330, (0, 0)), "mlock": (149, (0, 4096)),
    "remap_file_pages": (216, (0, 0, 0, 0, 0)), "shmat": (30, (0, 0, 0)), "arch_prctl": (158, (0x1012, 0)),
    "membarrier": (324, (1, 0, 0)), "statmount": (457, (0, 0, 0, 0)), "listmount": (458, (0, 0, 0, 0)),
    "quotactl": (179, (0, 0, 0, 0)), "set_thread_area": (205, (0,)), "vhangup": (153, ()), "nfsservctl": (180, (0, 0, 0)),
    "finit_module": (313, (0, 0, 0)), "kexec_file_load": (320, (0, 0, 0, 0, 0)), "getsockopt peer pidfd": (55, (3, 1, 77, 0, 0)),
    "getsockopt peer credentials": (55, (3, 1, 17, 0, 0)), "setsockopt": (54, (3, 1, 2, 0, 0)), "accept": (43, (3, 0, 0)),
    "sendto an address": (44, (3, 0, 0, 0, 1, 16)), "sendmmsg": (307, (3, 0, 0, 0)), "recvmmsg": (299, (3, 0, 0, 0, 0)),
    "prctl no new privileges": (157, (38, 0, 0, 0, 0)), "prctl securebits": (157, (28, 0, 0, 0, 0)),
    "prctl subreaper": (157, (36, 1, 0, 0, 0)), "prctl memory map": (157, (35, 1, 0, 0, 0)),
    "prctl tracer": (157, (0x59616D61, -1, 0, 0, 0)), "ioctl TIOCLINUX": (16, (0, 0x541C, 0)),
    "ioctl FIOASYNC": (16, (0, 0x5452, 0)), "fcntl F_NOTIFY": (72, (0, 1026, 1)), "fcntl F_SETLEASE": (72, (0, 1024, 0)),
    "fcntl F_ADD_SEALS": (72, (0, 1033, 15)), "fcntl F_SETPIPE_SZ": (72, (0, 1031, 1 << 30)),
    "waitid": (247, (0, 0, 0, 4, 0)), "uselib": (134, (0,)), "chown by descriptor": (93, (0, 0, 0)),
    "chmod by descriptor": (91, (0, 0o777)), "fallocate": (285, (0, 0, 0, 1 << 40)),
    "getpgid of another": (121, (1,)), "getsid of another": (124, (1,)), "sched_getaffinity of another": (204, (1, 0, 0)),
    "CPU clock of another": (228, (-14, 0)), "CPU clock's step of another": (229, (-14, 0)),
    "futex_waitv": (449, (0, 0, 0, 0, 0)), "setgroups": (116, (0, 0)), "setfsuid": (122, (0,)),
    "ioprio_set": (251, (1, 1, 0)), "get_robust_list of another": (274, (1, 0, 0)), "set_mempolicy": (238, (0, 0, 0)),
    "io_setup": (206, (1, 0)), "request_key": (249, (0, 0, 0, 0)), "map_shadow_stack": (453, (0, 4096, 0)),
    "mseal": (462, (0, 4096, 0)), "fchmodat2": (452, (0, 0, 0, 0)), "cachestat": (451, (0, 0, 0, 0)),
    "lsm_set_self_attr": (460, (0, 0, 0, 0)), "setxattrat": (463, (0, 0, 0, 0, 0, 0)), "swapoff": (168, (0,)),
    "getpriority of another": (140, (0, 1)), "statfs": (137, (0, 0)), "lookup_dcookie": (212, (0, 0, 0)),
    "futex_requeue": (456, (0, 0, 0, 0)), "set_mempolicy_home_node": (450, (0, 0, 0, 0)), "capget": (125, (0, 0)),
    "sleep by the CPU clock of another": (230, (-14, 0, 0, 0)), "clock by number": (228, (16, 0)),
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
    "reads a link to its program": "    os.readlink('/proc/self/exe')",
    "reads a link to the root of another": "    os.readlink('/proc/1/root')",
    "lists system settings": "    os.listdir('/sys')",
    "opens its own memory": "    open('/proc/self/mem', 'r+b')",
    "opens a terminal": "    os.open('/dev/tty', os.O_RDWR)",
    "makes a terminal": "    os.openpty()",
    "lists devices of processes": "    os.listdir('/dev/fd')",
    "lists the run folder": "    os.listdir('/run')",
    "lists the home of root": "    os.listdir('/root')",
    "makes a lock for processes": "    call = ctypes.CDLL(None).sem_open\n    call.restype = ctypes.c_void_p\n    if not call(b'/gemwright-escape', 64, 0o600, 1): raise OSError",
    "sends a descriptor away": "    s = socket.socket(fileno=3)\n    socket.send_fds(s, [b'x'], [0])",
    "asks who holds its channel": "    s = socket.socket(fileno=3)\n    s.getsockopt(socket.SOL_SOCKET, 17, 12)",
    "looks for its parent": "    os.kill(os.getppid(), 0)",
    "asks for the group of another": "    os.getpgid(os.getppid())",
    "asks for the session of another": "    os.getsid(os.getppid())",
    "asks for the processors of another": "    os.sched_getaffinity(os.getppid())",
    "reads the CPU time of another": "    import time\n    time.clock_gettime((~os.getppid() << 3) | 2)",
    "takes more of the processor": "    os.nice(-5)",
    "chooses its processors": "    os.sched_setaffinity(0, [0])",
    "changes a file's rights": "    os.chmod(os.__file__, 0o777)",
    "makes a link": "    os.symlink('/etc/passwd', 'x')",
    "makes a hard link": "    os.link(os.__file__, '/tmp/x')",
    "makes a pipe with a name": "    os.mkfifo('/tmp/gemwright-escape')",
    "makes a device": "    os.mknod('/tmp/gemwright-escape', 0o600 | 0o020000, 0x101)",
    "takes tests from the packages": "    import pip\n    print(pip)",
    "keeps a file for the next program": (
        "    names = [n for n in ('/tmp/gemwright-left', '/dev/shm/gemwright-left') if os.access(n, os.F_OK)]\n"
        "    for name in ('/tmp/gemwright-left', '/dev/shm/gemwright-left'):\n"
        "        try: open(name, 'w').close()\n        except OSError: pass\n    if not names: raise OSError"
    ),
    "leaves a sign on standard error for the next program": (
        "    from fcntl import F_GETFL, F_SETFL, fcntl\n    flags = fcntl(2, F_GETFL)\n"
        "    if not flags & os.O_APPEND:\n        fcntl(2, F_SETFL, flags | os.O_APPEND)\n        raise OSError"
    ),
    "finds a file beside a descriptor": (
        "    for fd in range(256):\n        for path in ('etc/passwd', '../etc/passwd', '../../../etc/passwd'):\n"
        "            try: return os.close(os.open(path, os.O_RDONLY, dir_fd=fd))\n            except OSError: pass\n    raise OSError"
    ),
    "uses a name that it holds open": (
        "    import mmap\n    folder, file = os.open('/etc', os.O_PATH), os.open('/etc/passwd', os.O_PATH)\n"
        "    again = lambda path: os.close(os.open(path, os.O_RDONLY))\n"
        "    for use in (\n        lambda: os.listdir(folder), lambda: os.read(file, 1), lambda: os.pread(file, 1, 0),\n"
        "        lambda: mmap.mmap(file, 1, prot=mmap.PROT_READ), lambda: os.close(os.open('passwd', os.O_RDONLY, dir_fd=folder)),\n"
        "        lambda: again(f'/proc/self/fd/{file}'), lambda: again(f'/dev/fd/{file}'), lambda: again(f'/proc/self/fd/{folder}/passwd'),\n"
        "        lambda: os.readlink('passwd', dir_fd=folder), lambda: os.mkdir('gemwright-escape', dir_fd=folder),\n"
        "        lambda: os.close(os.open('gemwright-escape', os.O_CREAT | os.O_WRONLY, dir_fd=folder)),\n"
        "        lambda: os.fchdir(folder) or again('passwd'),\n    ):\n"
        "        try: return use()\n        except OSError: pass\n    raise OSError"
    ),
    "goes round about to a file": (
        "    for path in ('/tmp/../etc/passwd', '/lib/../etc/passwd', '/proc/self/root/etc/passwd', '/proc/self/cwd/../etc/passwd'):\n"
        "        try: return open(path).read()\n        except OSError: pass\n    raise OSError"
    ),
    "moves the interpreter's library away": "    folder = os.path.dirname(os.__file__)\n    os.rename(folder, folder + 'x')",
    "removes the null device": "    os.unlink('/dev/null')",
    "makes a module that every interpreter loads": (
        "    for folder in {*sys.path, os.path.dirname(os.__file__), os.path.expanduser('~'), '/usr/lib'} - {''}:\n"
        "        try: return open(folder + '/sitecustomize.py', 'w').close()\n        except OSError: pass\n    raise OSError"
    ),
    "finds processes by their clocks": (
        "    import time\n    for pid in set(range(1, 999)) - {os.getpid()}:\n        try: return time.clock_gettime((~pid << 3) | 2)\n"
        "        except OSError: pass\n    raise OSError"
    ),
    "has a name in the network of its host": ("    a, b = socket.socketpair()\n    a.bind('\\0gemwright-escape')"),
    "locks what all programs see": (
        "    fd = os.open('/dev/null', os.O_RDWR)\n    if ctypes.CDLL(None).flock(fd, 6): raise OSError"
    ),
    "locks a part of what all programs see": (
        "    fd = os.open('/dev/null', os.O_RDWR)\n    if ctypes.CDLL(None).lockf(fd, 2, ctypes.c_long(1)): raise OSError"
    ),
    "locks the library": (
        "    fd = os.open(os.__file__, os.O_RDONLY)\n    if ctypes.CDLL(None).flock(fd, 5): raise OSError"
    ),
    "finds capabilities": (
        "    libc = ctypes.CDLL(None)\n    data = (ctypes.c_uint32 * 6)()\n"
        "    header = (ctypes.c_uint32 * 2)(0x20080522, 0)\n    if libc.capget(header, data) or not any(data): raise OSError"
    ),
}
_LANDLOCK_LEAKS = {
    "sees that a file exists": "    os.stat('/etc/passwd')",
    "sees a file's size": "    if not os.path.getsize('/etc/passwd'): raise OSError",
    "goes to another folder": "    os.chdir('/etc')",
    "holds a folder's name open": "    os.open('/etc', os.O_PATH)",
    "holds a file's name open": "    os.open('/etc/passwd', os.O_PATH)",
}
"""What the Landlock tier is documented not to hide."""
STAT_CALLS = {name: _ATTEMPT.format(body=body) for name, body in _LANDLOCK_LEAKS.items()}
DEADLY = {
    "calls by the 32-bit entry": (
        "import ctypes, mmap\nm = mmap.mmap(-1, 4096, prot=7)\nm.write(b'\\xb8\\x14\\0\\0\\0\\xcd\\x80\\xc3')\n"
        "ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(m)))()\nprint('open')"
    ),
    "calls by the x32 table": "import ctypes\nctypes.CDLL(None).syscall(ctypes.c_long(0x40000000 + 39))\nprint('open')",
}
"""Killed at once."""
PYTHON_CALLS = {name: _ATTEMPT.format(body=body) for name, body in _PYTHON.items()}
