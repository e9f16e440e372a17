from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from rlhf import run_directory
from rlhf.errors import ConfigError, DataError, ResumeError
from rlhf.run_directory import RunDirectory, config_hash, environment, read_rows, write_atomically

CONFIG = {"seed": 0, "optim": {"lr": 1e-4, "betas": [0.9, 0.99]}, "tracker": {"project": "demo"}}


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    return RunDirectory.create(tmp_path, "sums", config=CONFIG, config_yaml="seed: 0")


def rows_of(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def write_rows(path: Path, rows: list[dict], torn: str = "") -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows) + torn, encoding="utf-8")


def test_the_folder_is_named_after_the_run_and_the_hash_of_its_configuration(run: RunDirectory) -> None:
    canonical = '{"optim":{"betas":[0.9,0.99],"lr":0.0001},"seed":0,"tracker":{"project":"demo"}}'
    expected = hashlib.sha256(canonical.encode()).hexdigest()
    assert run.path.name == f"sums-{expected[:12]}"
    assert run.config_hash == expected
    assert (run.path / "config.yaml").read_text() == "seed: 0\n"


def test_the_same_configuration_twice_gets_two_folders(tmp_path: Path) -> None:
    first, second, third = (RunDirectory.create(tmp_path, "a", config=CONFIG, config_yaml="") for _ in range(3))
    assert [second.path.name, third.path.name] == [f"{first.path.name}-2", f"{first.path.name}-3"]


@pytest.mark.parametrize("killed_at", ["config.yaml", "config.json"])
def test_a_process_that_is_killed_while_it_makes_a_folder_leaves_none_of_that_name(
    killed_at: str, tmp_path: Path
) -> None:
    program = """
import os, signal, sys
from rlhf import run_directory
from rlhf.run_directory import RunDirectory
replace = os.replace
def replace_and_die(source, target):
    replace(source, target)
    if str(target).endswith(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
os.replace = replace_and_die
RunDirectory.create(sys.argv[1], "a", config={"seed": 0}, config_yaml="seed: 0")
"""
    command = [sys.executable, "-c", program, str(tmp_path), killed_at]
    assert subprocess.run(command, cwd=run_directory.PROJECT_ROOT).returncode == -9
    assert [path.name[0] for path in tmp_path.iterdir()] == ["."], "half a folder has another name"
    made = RunDirectory.create(tmp_path, "a", config={"seed": 0}, config_yaml="seed: 0")
    assert made.path.name == f"a-{config_hash({'seed': 0})[:12]}"
    assert {path.name for path in made.path.iterdir()} == {"config.yaml", "config.json"}


def test_the_hash_does_not_depend_on_the_order_of_keys_but_on_every_value() -> None:
    assert config_hash({"a": 1, "b": {"c": 2, "d": 3}}) == config_hash({"b": {"d": 3, "c": 2}, "a": 1})
    assert config_hash({"a": 1}) != config_hash({"a": 2})


@pytest.mark.parametrize("name", ["", "a/b", "../up"])
def test_a_name_that_is_no_folder_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="folder name"):
        RunDirectory.create(tmp_path, name, config=CONFIG, config_yaml="")


def test_a_configuration_that_is_not_plain_data_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="plain data"):
        RunDirectory.create(tmp_path, "a", config={"path": object()}, config_yaml="")


def test_opening_a_folder_that_is_no_run_names_it(tmp_path: Path) -> None:
    with pytest.raises(ResumeError, match="not a run folder"):
        RunDirectory.open(tmp_path)


def test_resuming_with_another_value_names_the_key_and_both_values(run: RunDirectory) -> None:
    changed = {**CONFIG, "optim": {"lr": 2e-4, "betas": [0.9, 0.99]}}
    with pytest.raises(ResumeError, match=r"optim\.lr was 0\.0001, is 0\.0002"):
        RunDirectory.open(run.path).check_config(changed)


def test_resuming_with_a_key_too_many_or_too_few_is_refused(run: RunDirectory) -> None:
    with pytest.raises(ResumeError, match="extra"):
        run.check_config({**CONFIG, "extra": None})
    with pytest.raises(ResumeError, match="seed"):
        run.check_config({key: value for key, value in CONFIG.items() if key != "seed"})


def test_keys_that_may_differ_cover_what_lies_below_them_and_nothing_else(run: RunDirectory) -> None:
    changed = {**CONFIG, "tracker": {"project": "other"}}
    assert run.check_config(changed, may_differ=["tracker"]) == {"tracker.project": ("demo", "other")}
    assert run.check_config(CONFIG) == {}
    with pytest.raises(ResumeError):
        run.check_config(changed, may_differ=["track"])


def test_tuples_and_lists_are_the_same_configuration(run: RunDirectory) -> None:
    assert run.check_config({**CONFIG, "optim": {"lr": 1e-4, "betas": (0.9, 0.99)}}) == {}


def test_resuming_at_a_step_removes_later_rows_and_a_line_that_was_cut_off(run: RunDirectory) -> None:
    write_rows(run.metrics, [{"step": step, "loss": step / 3} for step in range(1, 6)], torn='{"step": 6, "lo')
    write_rows(run.rollouts, [{"step": step, "completion": "\u0968\u2028x"} for step in (3, 3, 4, 4)])
    assert run.truncate_after(3) == 2 + 2
    assert rows_of(run.metrics) == [{"step": step, "loss": step / 3} for step in (1, 2, 3)]
    assert list(read_rows(run.rollouts)) == [{"step": 3, "completion": "\u0968\u2028x"}] * 2
    assert sorted(path.name for path in run.path.iterdir()) == [
        "config.json",
        "config.yaml",
        "metrics.jsonl",
        "rollouts.jsonl",
    ]


def test_a_line_that_was_cut_off_within_a_character_is_left_out(run: RunDirectory) -> None:
    write_rows(run.rollouts, [{"step": 1, "completion": "\u0968"}])
    whole = run.rollouts.read_bytes()
    run.rollouts.write_bytes(whole + '{"step": 1, "completion": "\u0968'.encode()[:-1])
    assert list(read_rows(run.rollouts)) == [{"step": 1, "completion": "\u0968"}]


def test_a_line_that_is_no_text_is_named(run: RunDirectory) -> None:
    run.metrics.write_bytes(b'{"step": 1}\n{"step": "\xff"}\n')
    with pytest.raises(DataError, match="line 2"):
        list(read_rows(run.metrics))


def test_a_damaged_line_in_the_middle_is_an_error_and_the_file_stays(run: RunDirectory) -> None:
    run.metrics.write_text('{"step": 1}\nnonsense\n{"step": 3}\n')
    before = run.metrics.read_bytes()
    with pytest.raises(DataError, match="line 2"):
        run.truncate_after(1)
    assert run.metrics.read_bytes() == before


def test_a_write_that_fails_leaves_the_old_text_and_no_other_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.json"
    write_atomically(path, "old")

    def refuse(source: Path, target: Path) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(run_directory.os, "replace", refuse)
    with pytest.raises(OSError, match="disk full"):
        write_atomically(path, "new")
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]
    assert path.read_text() == "old"


def test_the_environment_is_recorded_once_and_every_resumption_added(run: RunDirectory) -> None:
    for _ in range(3):
        run.record_environment("cpu")
    recorded = json.loads((run.path / "env.json").read_text())
    assert len(recorded["resumed"]) == 2
    assert recorded["packages"].keys() >= {"torch", "peft"}
    assert recorded["cpu_count"] >= 1
    assert recorded["command"]


def test_the_environment_does_not_name_the_host() -> None:
    import platform

    assert platform.node() not in json.dumps({k: v for k, v in environment("cpu").items() if k != "command"}).split('"')


def test_the_commit_and_the_dirty_flag_are_those_of_the_project(tmp_path: Path) -> None:
    assert run_directory._git_state(tmp_path) == {"git_commit": None, "git_dirty": None}
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    for arguments in (["init", "-q"], [*identity, "commit", "-q", "--allow-empty", "-m", "first"]):
        subprocess.run(["git", "-C", str(tmp_path), *arguments], check=True)
    commit = subprocess.run(
        ["git", "-C", str(tmp_path), "rev-parse", "HEAD"], capture_output=True, text=True, check=True
    )
    assert run_directory._git_state(tmp_path.resolve()) == {"git_commit": commit.stdout.strip(), "git_dirty": False}
    (tmp_path / "new.txt").write_text("x")
    assert run_directory._git_state(tmp_path.resolve())["git_dirty"] is True
    inner = tmp_path / "site-packages"
    inner.mkdir()
    assert run_directory._git_state(inner.resolve())["git_commit"] is None


def test_a_tilde_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    made = RunDirectory.create("~/runs", "a", config=CONFIG, config_yaml="")
    assert made.path.parent == tmp_path / "runs"
    assert RunDirectory.open(f"~/runs/{made.path.name}") == made


def test_a_folder_is_held_by_one_process_and_free_when_that_is_killed(run: RunDirectory) -> None:
    program = "import sys, time\nfrom rlhf.run_directory import RunDirectory\n"
    program += "with RunDirectory.open(sys.argv[1]).held():\n    print('held', flush=True)\n    time.sleep(600)\n"
    command = [sys.executable, "-c", program, str(run.path)]
    with subprocess.Popen(command, cwd=run_directory.PROJECT_ROOT, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(ResumeError, match="another process is at work in"), run.held():
            pass
        other.kill()
        other.wait()
        with run.held(), pytest.raises(ResumeError), RunDirectory.open(run.path).held():
            pass
    with run.held():
        pass


def test_going_back_removes_later_evaluations_and_what_was_left_half_written(run: RunDirectory) -> None:
    write_rows(run.metrics, [{"step": step} for step in range(4)])
    folder = run.path / "evaluations"
    folder.mkdir()
    for step in (0, 2, 3):
        (folder / f"step_{step}.json").write_text(json.dumps({"step": step}))
    half = folder / f".step_4.json.{'0' * 32}.tmp"
    half.write_text("{")
    run.go_back_to(2)
    assert [row["step"] for row in rows_of(run.metrics)] == [0, 1, 2]
    assert sorted(path.name for path in folder.iterdir()) == ["step_0.json", "step_2.json"]
