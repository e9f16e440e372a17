"""Namespaces of a zygote: its own processes, mounts, network, IPC and host name, and a root folder made for it."""

from __future__ import annotations

import os
import resource
import socket
import stat

from rewards.code import kernel

_ISOLATED = (
    kernel.CLONE_NEWNS
    | kernel.CLONE_NEWPID
    | kernel.CLONE_NEWNET
    | kernel.CLONE_NEWIPC
    | kernel.CLONE_NEWUTS
    | kernel.CLONE_NEWCGROUP
)
_INSIDE_ID = 65534
_HOST_NAME = "localhost"
"""What programs are told: a new namespace begins with the name of its host."""
_DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom", "/dev/random")
# What statvfs reports of a mount and a remount must not lose: those flags are locked in a user namespace.
_LOCKED = {os.ST_NOSUID: kernel.MS_NOSUID, os.ST_NODEV: kernel.MS_NODEV, os.ST_NOEXEC: kernel.MS_NOEXEC}
_LOCKED |= {os.ST_NOATIME: 1024, os.ST_NODIRATIME: 2048, os.ST_RELATIME: 1 << 21}


def enter() -> bool:
    """Moves this process into new namespaces, as their first process; whether it may still change its user.

    Root uses its own privilege, so that another user can be taken inside. Everybody else, and a root whom the container
    has left none, goes through a user namespace. Must be called while there is only one thread.

    Raises:
        OSError: where neither is allowed.
    """
    may_change_user = os.geteuid() == 0
    try:
        if not may_change_user:
            raise PermissionError
        kernel.unshare(_ISOLATED)
    except PermissionError:
        may_change_user = False
        _enter_user_namespace()
    socket.sethostname(_HOST_NAME)
    _become_first_process()
    return may_change_user


def _enter_user_namespace() -> None:
    user, group = os.geteuid(), os.getegid()
    kernel.unshare(kernel.CLONE_NEWUSER | _ISOLATED)
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{_INSIDE_ID} {user} 1"),
        ("gid_map", f"{_INSIDE_ID} {group} 1"),
    ):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


def _become_first_process() -> None:
    """Forks; the child goes on as process 1 of the new namespace, the parent only waits for it.

    When process 1 ends, however it ends, the kernel kills all others in the namespace.
    """
    pid = os.fork()
    if pid:
        os.closerange(3, 4096)
        _, status = os.waitpid(pid, 0)
        os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
    kernel.prctl(kernel.PR_SET_PDEATHSIG, kernel.SIGKILL)


def close_root(folders: list[str], hidden: list[str], packages: list[str]) -> None:
    """Replaces the root folder by an empty one with `folders` and four devices in it, all read-only.

    The folders `hidden` in these appear empty but for `packages`.
    """
    kernel.mount("none", "/", flags=kernel.MS_REC | kernel.MS_PRIVATE)
    staging = next(path for path in ("/tmp", "/var/tmp", "/run", "/mnt") if os.path.isdir(path))
    kernel.mount("tmpfs", staging, "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, "size=1m,nr_inodes=4k,mode=755")
    os.mkdir(f"{staging}/.old")
    kernel.pivot_root(staging, f"{staging}/.old")
    os.chdir("/")
    os.mkdir("/tmp", 0o777)
    _show_all([*folders, *_DEVICES])
    covered = [path for path in hidden if os.path.isdir(path)]
    for path in covered:
        kernel.mount("tmpfs", path, "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, "size=1m,nr_inodes=4k,mode=755")
    _show_all(packages)
    kernel.detach("/.old")
    os.rmdir("/.old")
    for path in covered:
        kernel.mount("none", path, flags=kernel.MS_REMOUNT | kernel.MS_BIND | _flags(path) | kernel.MS_RDONLY)
    kernel.mount("none", "/", flags=kernel.MS_REMOUNT | kernel.MS_BIND | _flags("/") | kernel.MS_RDONLY)


def _show_all(paths: list[str]) -> None:
    for path in sorted(paths):  # a folder before those in it, which it shows too
        if os.path.lexists(f"/.old{path}") and not os.path.lexists(path):
            _show(path)


def _show(path: str) -> None:
    """Binds a path of the old root at the same path of the new one; a link is copied as one."""
    old = f"/.old{path}"
    _make_parents(path)
    mode = os.lstat(old).st_mode
    if stat.S_ISLNK(mode):
        os.symlink(os.readlink(old), path)
        return
    if stat.S_ISDIR(mode):
        os.mkdir(path, 0o755)
    else:
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o644))
    kernel.mount(old, path, flags=kernel.MS_BIND | kernel.MS_REC)
    if not stat.S_ISCHR(mode):
        kernel.mount("none", path, flags=kernel.MS_REMOUNT | kernel.MS_BIND | kernel.MS_RDONLY | _flags(path))


def _make_parents(path: str) -> None:
    """Makes the folders above a path, to pass through but not to look into."""
    folder = os.path.dirname(path)
    if not os.path.isdir(folder):
        _make_parents(folder)
        os.mkdir(folder)
        os.chmod(folder, 0o111)


def _flags(path: str) -> int:
    reported = os.statvfs(path).f_flag
    return sum(flag for bit, flag in _LOCKED.items() if reported & bit)


def private_tmp(size_bytes: int) -> None:
    """Gives this process a /tmp of its own, in memory, which is gone when it ends."""
    kernel.unshare(kernel.CLONE_NEWNS)
    options = f"size={size_bytes},nr_inodes=1k,mode=1777"
    kernel.mount("tmpfs", "/tmp", "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC, options)
    os.chdir("/tmp")


def become(user: int) -> None:
    """Takes another user and group, for good: `user`, or nobody where a container does not know that number.

    A root without the privilege to do so stays, without capabilities.
    """
    for number in (user, _INSIDE_ID):
        try:
            os.setgroups([])
            os.setresgid(number, number, number)
            os.setresuid(number, number, number)
            return
        except PermissionError:
            return
        except OSError:
            continue


def address_space_bytes() -> int:
    """What this process has mapped."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[0]) * resource.getpagesize()
