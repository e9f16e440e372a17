"""Contestants from one start: what is run, what a failure leaves, and the table against numbers made by hand."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hydra import compose, initialize_config_dir

from jobs import compare, evaluate, sft
from jobs.compare import Entry, check_data, compared, work_off
from jobs.launch import CONFIG_FOLDER, plain
from jobs.stages import Ledger, Stage, read_stages
from rlhf.errors import ConfigError
from tests.integration.test_jobs import Tiny, only, run

__all__ = ["run"]

SETTINGS: dict[str, Any] = {
    "seeds": [0, 1],
    "seconds": 5.0,
    "only": None,
    "start": None,
    "threads": 1,
    "device": "cpu",
    "task": ["data.seed=0"],
    "network": [],
    "sft": [],
    "training": ["optim.schedule=constant"],
    "evaluation": [],
    "contestants": {
        "grpo": {"job": "train", "settings": ["algorithm=grpo"]},
        "bond": {"job": "bond"},
    },
    "merges": {"merged": {"of": "grpo", "settings": ["method=slerp"]}},
}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    return Tiny(tmp_path_factory.mktemp("tiny"))


def planned(**changed: Any) -> dict[str, Stage]:
    return read_stages(Entry.read({**SETTINGS, **changed}).stages(), {})


class Launched:
    """Stands for the processes: leaves what a job would leave, and fails where told."""

    def __init__(self, *fails: str) -> None:
        self.fails, self.names = fails, list[str]()

    def __call__(self, job: str, arguments: list[str]) -> int:
        given = dict(argument.split("=", 1) for argument in arguments)
        if job == "merge":
            output = Path(given["output"].strip("'"))
            self.names.append(output.parent.name.rpartition("-")[0])
        else:
            self.names.append(given["run_name"])
            inside = "evaluation.json" if job == "evaluate" else "export/adapter"
            output = Path(given["output_root"].strip("'")) / f"{given['run_name']}-0" / inside
        if self.names[-1] in self.fails:
            raise ConfigError("no luck")
        output.parent.mkdir(parents=True)
        output.touch()
        return 0


def test_every_contestant_is_trained_and_evaluated_from_one_start_seed_by_seed() -> None:
    stages = planned()
    assert list(stages) == [
        *("start", "evaluate_start"),
        *("grpo_0", "evaluate_grpo_0", "bond_0", "evaluate_bond_0"),
        *("grpo_1", "evaluate_grpo_1", "bond_1", "evaluate_bond_1"),
        *("merged", "evaluate_merged"),
    ]
    for name in ("grpo_0", "grpo_1", "bond_0", "bond_1"):
        assert stages[name].needs == ("start",)
        assert (stages[name].facts["plan.seconds"], stages[name].facts["warmup"]) == (5.0, None)
        assert set(stages[f"evaluate_{name}"].needs) == {name, "start"}
    assert stages["merged"].needs == ("grpo_0", "grpo_1", "start")
    evaluated = [stage.facts for stage in stages.values() if stage.job == "evaluate"]
    assert len({json.dumps({**facts, "checkpoint": 0, "reference": 0, "run_name": 0}) for facts in evaluated}) == 1


def test_data_that_follows_the_seed_is_refused() -> None:
    """What is held out for seed 0 may be among what seed 1 trains on."""
    check_data(planned())
    with pytest.raises(ConfigError, match=r"grpo_1 trains with data.seed=1 and is evaluated with 0"):
        check_data(planned(task=[]))


def test_a_start_that_is_given_is_not_made(tmp_path: Path) -> None:
    stages = planned(start=str(tmp_path))
    assert "start" not in stages
    assert stages["grpo_0"].facts["adapter.start_from"] == str(tmp_path)
    assert stages["evaluate_merged"].facts["reference"] == str(tmp_path)


def test_a_failed_run_costs_those_that_build_on_it_and_no_other_and_is_tried_again(tmp_path: Path) -> None:
    stages, failed = planned(), dict[str, str]()
    work_off(Ledger(tmp_path), stages, Launched("grpo_1"), failed)
    lost = "grpo_1 failed"
    assert failed == {"grpo_1": "no luck", "evaluate_grpo_1": lost, "merged": lost, "evaluate_merged": "merged failed"}
    again = Launched()
    work_off(Ledger(tmp_path), stages, again, {})
    assert again.names == ["grpo_1", "evaluate_grpo_1", "merged", "evaluate_merged"]
    for result in Ledger(tmp_path).results(stages).values():
        if result.name == "evaluation.json":
            result.unlink()  # an empty one is none
    rows = compared(Entry.read(SETTINGS), Ledger(tmp_path).results(stages), failed).contestants
    assert [attempt.failed for attempt in rows[0].attempts] == ["not run yet", "no luck"]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"only": ["gpro"]}, "there is no contestant gpro; there are grpo, bond, merged"),
        ({"only": ["merged"]}, "no contestant to train"),
        ({"only": ["bond", "merged"]}, r"merge merged is .*give of \(bond\)"),
        ({"seeds": [1, 1]}, r"seeds is \[1, 1\]"),
        ({"seeds": []}, "seeds is"),
        ({"contestants": {"a": {"job": "sft"}}}, r"contestant a is .*give job \(train, bond\)"),
        ({"merges": {"grpo_0": {"of": "grpo"}}}, "two stages would be called grpo_0"),
        ({"training": []}, None),
        ({"task": ["data.sead=0"]}, r"stage start \(jobs.sft\): .*sead"),
    ],
)
def test_a_comparison_that_makes_no_sense_is_refused_before_any_work(
    changed: dict[str, Any], message: str | None
) -> None:
    if message is None:
        assert planned(**changed)  # what a run itself refuses is that run's failure
        return
    with pytest.raises(ConfigError, match=message):
        planned(**changed)


def test_the_settings_of_the_default_comparison_fit_their_jobs() -> None:
    with initialize_config_dir(CONFIG_FOLDER, version_base="1.3"):
        stages = read_stages(Entry.read({**plain(compose("compare")), "seeds": [0]}).stages(), {})
    assert {"grpo_0", "dr_grpo_0", "rloo_0", "dapo_0", "gspo_0", "cispo_0", "ppo_0", "bond_0"} <= stages.keys()
    trained = [stage.facts for stage in stages.values() if stage.job in ("train", "bond")]
    assert {facts["optim.schedule"] for facts in trained} == {"constant"}
    assert {facts["optim.lr"] for facts in trained} == {5e-5}


@pytest.mark.slow
def test_two_contestants_on_a_tiny_network_end_in_a_table(
    tiny: Tiny, run: Callable[..., int], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """One of the two cannot train: its groups are too small to compare."""
    sizes = ["plan.prompts_per_step=4", "plan.group_size=4", "plan.steps=5", "optim.lr=1e-2"]
    arguments = [
        *(f"output={tmp_path}", "seeds=[0, 1]", "seconds=0.01", "threads=1", "device=cpu"),
        words("task", *tiny.problems(), "sampling.max_completion_tokens=6", tiny.reward()),
        words("network", "model=folder", f"model.checkpoint={tiny.checkpoint}", "model.dtype=float32"),
        words("sft", "plan.steps=2", "plan.examples_per_step=4"),
        words("training", *sizes, "optim.schedule=constant", "tracker=none"),
        words("evaluation", "eval.plan.samples_per_prompt=2"),
        '+contestants.small={job: train, settings: ["algorithm=grpo", "plan.group_size=1"]}',
        "only=[rloo, small, rloo_merged]",
    ]
    assert run(compare, *arguments) == 2
    said = capfd.readouterr()
    assert "4 of 12 stages failed: small_0, evaluate_small_0, small_1, evaluate_small_1" in said.err
    table = (tmp_path / "comparison.md").read_text()
    assert re.search(r"\| start \|.*\n\| rloo \|.*\n\| rloo_merged \|", table)
    assert re.search(r"\| rloo_merged - rloo \|", table)
    assert re.search(r"\| rloo \| \d\.\d{3} \[.*\| 1\.0 \| \d+ \| \d+\.\d \| \d\.\d\d \| 2 \|", table)
    assert re.search(r"\| small \| - \|.*\| 0 of 2, 2 failed \|", table)
    assert re.search(r"\* small_0 failed: plan.group_size must be at least 2", table)
    figures = json.loads((tmp_path / "comparison.json").read_text())
    runs = figures["contestants"]["rloo"]["runs"]
    assert [run["cost"]["steps"] for run in runs] == [1, 1]  # the first step is longer than a hundredth of a second
    assert all(0 < run["kl"] < 100 for run in runs)
    assert figures["contestants"]["rloo"]["kl"]["value"] == pytest.approx(sum(run["kl"] for run in runs) / 2)
    assert figures["contestants"]["start"]["runs"][0]["kl"] is None
    assert run(compare, *arguments) == 2
    assert capfd.readouterr().out.count("finished before") == 8


def words(key: str, *settings: str) -> str:
    """A list of settings as hydra reads it: each in quotes."""
    return f"{key}=[{', '.join(json.dumps(setting) for setting in settings)}]"


def test_an_adapter_is_at_no_distance_from_itself_and_at_some_from_the_base(
    tiny: Tiny, run: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    common = [*tiny.machine(), *tiny.problems(), f"output_root={tmp_path}"]
    taught = ["model=folder", f"model.checkpoint={tiny.checkpoint}", "plan.steps=2", "plan.examples_per_step=4"]
    less = ["eval.base=false", "export.formats=[adapter]", "tracker=none", "optim.lr=1e-2"]
    assert run(sft, *common, *taught, *less, "model.dtype=float32", "run_name=taught") == 0
    adapter = only(tmp_path.glob("taught-*")) / "export" / "adapter"
    for reference, expected in ((adapter, 0.0), ("base", None)):
        name = f"run_name=to_{Path(reference).name}"
        assert run(evaluate, *common, f"checkpoint={adapter}", f"reference={reference}", name) == 0
        assert "nats per completion" in capsys.readouterr().out
        kl = json.loads(only(tmp_path.glob(f"to_{Path(reference).name}-*/evaluation.json")).read_text())["kl"]
        assert len(kl) == 8
        assert all(value == expected for value in kl) if expected == 0 else min(kl) > 0
    assert run(evaluate, *common, f"checkpoint={tiny.checkpoint}", "reference=base", "run_name=whole") == 2
    assert "the checkpoint is a whole network" in capsys.readouterr().err
