"""Control groups for the code sandbox, on a folder that looks like the kernel's."""

from __future__ import annotations

from pathlib import Path

import pytest

from rewards.code.cgroups import Group, parent_group
from rewards.code.limits import Limits

LIMITS = Limits(cpu_s=1.0, wall_s=1.0, memory_bytes=1 << 30, files_bytes=1 << 20, threads=100)


@pytest.fixture
def membership(tmp_path: Path) -> Path:
    """This process is in the group user/session below tmp_path."""
    (tmp_path / "cgroup.controllers").write_text("cpu memory pids")
    session = tmp_path / "user" / "session"
    session.mkdir(parents=True)
    (session / "cgroup.subtree_control").write_text("")
    (tmp_path / "user" / "cgroup.subtree_control").write_text("memory pids\n")
    file = tmp_path / "membership"
    file.write_text("1:name=systemd:/old\n0::/user/session\n")
    return file


def test_groups_are_made_beside_the_own_one_where_the_controllers_are(tmp_path: Path, membership: Path) -> None:
    assert parent_group(tmp_path, membership) == tmp_path / "user"


def test_there_are_none_without_the_controllers_or_version_2(tmp_path: Path, membership: Path) -> None:
    (tmp_path / "user" / "cgroup.subtree_control").write_text("cpu memory")
    assert parent_group(tmp_path, membership) is None
    membership.write_text("4:memory:/user/session\n")
    assert parent_group(tmp_path, membership) is None


def test_a_group_bounds_memory_and_tasks_of_two_programs(tmp_path: Path) -> None:
    group = Group(tmp_path, LIMITS)
    group.add(1234)
    assert int((group.path / "memory.max").read_text()) >= 2 * (1 << 30)
    assert int((group.path / "pids.max").read_text()) >= 200
    assert (group.path / "cgroup.procs").read_text() == "1234"
