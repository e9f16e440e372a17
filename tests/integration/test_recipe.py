"""A recipe's stages: what is run, what is not run again, and what is refused before any work."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest

from jobs.recipe import carry_out, only_one
from jobs.stages import Stage, choose, read_stages
from rlhf.checkpoint import CheckpointStore
from rlhf.errors import ConfigError

EACH = {"make_pairs": ["num_pairs=20"]}


def chain(count: int = 20) -> dict[str, Any]:
    return {
        "pairs": {"job": "make_pairs", "settings": [f"num_pairs={count}"]},
        "one": {"job": "reward_model", "settings": ["data.path={pairs}", "seed=0"]},
        "two": {"job": "reward_model", "settings": ["data.path={pairs}", "seed=1"]},
        "other": {"job": "make_pairs", "settings": ["seed=7"]},
        "warm": {"job": "merge", "settings": ["adapters=[{one},{two}]", "method=average"]},
    }


class Launched:
    """Stands for the processes: notes every command line, leaves what the job would leave, fails where told."""

    def __init__(self, root: Path, fails: str = "", *, unfinished: bool = False) -> None:
        self.root, self.fails, self.unfinished, self.lines = root, fails, unfinished, []

    def __call__(self, job: str, arguments: list[str]) -> int:
        self.lines.append(" ".join(arguments))
        given = dict(argument.split("=", 1) for argument in arguments)
        if job == "reward_model":
            run = Path(given["output_root"].strip("'")) / f"{given['run_name']}-0"
            if self.unfinished:
                (run / "checkpoints" / ".step-000001").mkdir(parents=True)
            else:
                CheckpointStore(run / "checkpoints").save(1, {})
            if self.fails == given["run_name"]:
                return 2
            (run / "reward_model").mkdir()
            return 0
        output = Path(given["output"].strip("'"))
        output.parent.mkdir(parents=True)
        output.touch()
        return 0


def work(root: Path, told: dict[str, Any], fails: str = "", **chosen: Any) -> Launched:
    stages = read_stages(told, EACH)
    launched = Launched(root, fails)
    carry_out(root, stages, choose(stages, chosen.get("only"), chosen.get("skip", [])), launched)
    return launched


def test_a_recipe_gives_every_stage_what_it_builds_on_and_is_not_run_twice(tmp_path: Path) -> None:
    lines = work(tmp_path, chain()).lines
    assert len(lines) == 5
    assert re.search(r"data\.path='[^']*/pairs-\w{12}/result\.jsonl'", lines[1])
    assert re.search(r"adapters=\['[^']*/one-0/reward_model','[^']*/two-0/reward_model'\]", lines[4])
    assert work(tmp_path, chain()).lines == []


def test_a_failed_stage_is_resumed_from_its_checkpoint_and_finished_ones_stay(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="stage two ended with code 2"):
        work(tmp_path, chain(), fails="two")
    lines = work(tmp_path, chain()).lines
    assert len(lines) == 3
    assert re.search(r"seed=1 .*resume='[^']*/two-0'", lines[0])


def test_a_stage_that_was_stopped_within_its_first_checkpoint_begins_again(tmp_path: Path) -> None:
    stages = read_stages(chain(), EACH)
    with pytest.raises(ConfigError, match="stage one ended with code 2"):
        carry_out(tmp_path, stages, choose(stages, ["pairs", "one"], []), Launched(tmp_path, "one", unfinished=True))
    again = Launched(tmp_path, "one")
    with pytest.raises(ConfigError, match="stage one ended with code 2"):
        carry_out(tmp_path, stages, choose(stages, ["one"], []), again)
    assert "resume=" not in again.lines[0]


def test_a_changed_stage_runs_again_with_those_that_build_on_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    work(tmp_path, chain())
    capsys.readouterr()
    assert len(work(tmp_path, chain(30)).lines) == 4
    said = capsys.readouterr().out
    assert "pairs (jobs.make_pairs): runs again, num_pairs was 20, is 30" in said
    assert "warm (jobs.merge): runs again, a stage that it builds on changed (one, two)" in said
    assert "other (jobs.make_pairs): finished before" in said


def test_a_stage_that_measures_leaves_the_rewards_of_the_pairs_and_no_model(tmp_path: Path) -> None:
    settings = ["plan.epochs=0", "start_from={one}", "data.path=null", "data.held_out={pairs}"]
    stage = read_stages({**chain(), "measured": {"job": "reward_model", "settings": settings}}, EACH)["measured"]
    run = stage.folder(tmp_path) / "measured-0"
    (run / "reward_model").mkdir(parents=True)
    (run / "summary.json").touch()
    assert stage.result(tmp_path) is None
    (run / "held_out.jsonl").touch()
    assert stage.result(tmp_path) == run / "held_out.jsonl"


def test_a_chosen_stage_needs_those_that_it_builds_on(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="stage one builds on pairs, not finished and not chosen"):
        work(tmp_path, chain(), only=["one"])
    assert len(work(tmp_path, chain(), skip=["two", "warm"]).lines) == 3
    assert len(work(tmp_path, chain(), only=["two"]).lines) == 1


def test_what_is_evaluated_or_exported_counts_and_how_often_a_run_is_saved_does_not() -> None:
    ends = {
        "evaluate": {"job": "evaluate", "settings": ["checkpoint={warm}"]},
        "export": {"job": "export", "settings": ["checkpoint={warm}"]},
    }
    before, after = (read_stages({**chain(count), **ends}, EACH) for count in (20, 30))
    assert all(before[name].digest != after[name].digest for name in ends)
    saved = read_stages(chain(), {**EACH, "reward_model": ["checkpoint.every=3"]})
    assert saved["one"].digest == before["one"].digest


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({}, "stages is empty"),
        ({"a": {"job": "nothing"}}, "stage a is .*give job"),
        ({"a": {"job": "merge", "settings": ["start={b}"]}}, "stage a names {b}, and no stage before it"),
        ({"a": {"job": "make_pairs", "settings": ["num_pair=3"]}}, r"stage a \(jobs.make_pairs\): .*num_pair"),
    ],
)
def test_a_recipe_that_makes_no_sense_is_refused_before_any_work(told: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        read_stages(told, EACH)


def test_a_name_that_is_no_stage_cannot_be_chosen() -> None:
    stages: dict[str, Stage] = read_stages(chain(), EACH)
    with pytest.raises(ConfigError, match="there is no stage three; there are pairs, one"):
        choose(stages, None, ["three"])


def test_two_commands_do_not_work_in_one_folder_and_the_second_is_told_who_holds_it(tmp_path: Path) -> None:
    for holder in ("jobs.compare", "jobs.recipe"):
        with only_one(tmp_path, holder):
            for _ in range(2):  # a refusal does not rub out the name
                message = rf"{holder} \(process {os.getpid()}\) is at work in .*choose another output"
                with pytest.raises(ConfigError, match=message), only_one(tmp_path, "jobs.recipe"):
                    pass
