"""The bench of rewards on inputs so few that only its form, its labels and its verdicts are seen, never its speed."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

import jobs.benches.rewards
from jobs import bench
from jobs.benches import figures
from jobs.benches.graders import Spec
from jobs.benches.inputs.rows import Row, distinct, row
from jobs.benches.rewards import measure
from jobs.benches.suites import Suite, suites

ADAPTERS = """
import os
import time


def label():
    print("what a grader prints is no answer")
    return (lambda row: row), (lambda row: (row["label"], "as the label"))


def never_boxed():
    return (lambda row: row), (lambda row: (0.0 if row["kind"] == "boxed" else row["label"], ""))


def raises():
    return (lambda row: row), (lambda row: (1 / 0, ""))


def broken():
    raise ImportError("no module of this name")


def dies():
    return (lambda row: row), (lambda row: os._exit(3))


def hangs():
    return (lambda row: row), (lambda row: time.sleep(600))
"""
SETTINGS = {"rows": 4, "code_rows": 4, "rounds": 2, "examples": 3, "seed": 0, "limit_s": 30.0, "environments": "unused"}


def ask(rng: Random) -> Row:
    number = rng.randrange(10**9)
    return row(f"so {number}", number % 2, "boxed" if number % 3 else "prose", reference={"answer": str(number)})


@pytest.fixture
def against(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """The figures of graders of `ADAPTERS`, the first of which is taken for ours."""
    adapters = tmp_path / "adapters.py"
    adapters.write_text(ADAPTERS)

    def call(*factories: str, **changed: Any) -> dict[str, Any]:
        ours, *peers = (Spec(name=factory, factory=factory, adapters=adapters) for factory in factories)
        return measure("asked", Suite(ask, ours, tuple(peers)), SETTINGS | changed, [])

    return call


def test_a_wrong_grader_shows_as_disagreements_where_it_is_wrong(against: Callable[..., dict[str, Any]]) -> None:
    found = against("label", "never_boxed", rows=40)
    rows = distinct(ask, 120, "asked 0")[40:]
    wrong = sum(1 for one in rows if one["kind"] == "boxed" and one["label"])
    assert 0 < wrong < 80
    agreement = found["against"]["never_boxed"]["agreement"]
    assert agreement["rows"] == 80
    assert (agreement["same"], agreement["only_ours_right"], agreement["only_peer_right"]) == (80 - wrong, wrong, 0)
    assert [(one["kind"], one["label"], one["ours"], one["peer"]) for one in agreement["examples"]] == [
        ("boxed", 1, 1.0, 0.0)
    ] * 3
    assert agreement["examples"][0]["reason"] == "as the label"
    verdicts = found["graders"]["never_boxed"]["verdicts"]
    assert (verdicts["false_accepts"], verdicts["false_rejects"], verdicts["no_value"]) == (0, wrong, 0)
    assert verdicts["by_kind"]["prose"] == 1.0
    assert found["graders"]["label"]["verdicts"]["right"] == 1.0


def test_every_figure_is_there_and_in_order(against: Callable[..., dict[str, Any]]) -> None:
    found = against("label", "never_boxed")
    for grader in found["graders"].values():
        assert 0 < grader["per_s"]["min"] <= grader["per_s"]["median"] <= grader["per_s"]["max"]
        latency = grader["latency_ms"]
        assert 0 < latency["p50"] <= latency["p99"] <= latency["max"]
        assert 0 < grader["loaded_mb"] <= grader["peak_mb"]
        assert grader["with_children_mb"] > 0
    faster = found["against"]["never_boxed"]["times_faster"]
    assert 0 < faster["min"] <= faster["median"] <= faster["max"]


def test_an_exception_is_no_verdict_rather_than_a_zero(against: Callable[..., dict[str, Any]]) -> None:
    verdicts = against("label", "raises")["graders"]["raises"]["verdicts"]
    assert (verdicts["no_value"], verdicts["false_rejects"], verdicts["right"]) == (8, 0, 0.0)


@pytest.mark.parametrize(
    ("peer", "limit_s", "reason"),
    [("broken", 30.0, "no module of this name"), ("dies", 30.0, "code 3"), ("hangs", 5.0, "no answer within 5 s")],
)
def test_a_peer_that_does_not_work_is_left_out_with_the_reason(
    against: Callable[..., dict[str, Any]], peer: str, limit_s: float, reason: str
) -> None:
    found = against("label", peer, limit_s=limit_s)
    assert reason in found["skipped"][peer]
    assert list(found["graders"]) == ["label"]
    assert found["against"] == {}


def test_a_reward_of_ours_that_does_not_work_leaves_the_peers_their_figures(
    against: Callable[..., dict[str, Any]],
) -> None:
    found = against("broken", "label")
    assert found["skipped"] == {"broken": "ImportError: no module of this name"}
    assert found["graders"]["label"]["verdicts"]["right"] == 1.0
    assert found["against"] == {}


def test_a_bench_in_which_a_reward_of_ours_does_not_work_fails_after_its_json(
    run: Callable[..., int], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lost = {"rows": 1, "at_a_time": 1, "graders": {}, "skipped": {"rewards.format.Tags": "gone"}, "against": {}}
    monkeypatch.setattr(jobs.benches.rewards, "measure", lambda *_: lost)
    assert run("rewards", "suites=[tags]") == 2
    printed = capsys.readouterr()
    assert json.loads(printed.out)["suites"]["tags"] == lost
    assert "error: rewards.format.Tags does not work: gone" in printed.err


@pytest.mark.parametrize("name", suites(slots=1, texts_file=None))
def test_inputs_are_the_same_for_a_seed_and_none_comes_twice(name: str) -> None:
    suite = suites(slots=1, texts_file=None)[name]
    rows = suite.rows(60, "seed")
    assert rows == suite.rows(60, "seed")
    assert rows != suite.rows(60, "other")
    assert len({one["completion"] for one in rows}) == 60
    assert {one["label"] for one in rows} == {0, 1}


def test_the_labels_of_school_stories_are_those_of_arithmetic() -> None:
    for one in suites(slots=1, texts_file=None)["gsm8k"].rows(200, "arithmetic"):
        boxes, each, lost, price = (int(number) for number in re.findall(r"\d+", one["prompt"]))
        said = re.findall(r"\d[\d,]*", one["completion"])[-1].replace(",", "")
        assert int(one["reference"]["answer"]) == (boxes * each - lost) * price
        assert one["label"] == int(said == one["reference"]["answer"])


def test_texts_of_a_file_are_asked_for_in_their_own_language_and_in_others(tmp_path: Path) -> None:
    lines = [{"text": f"text {i}", "lang": lang} for i, lang in enumerate(["de", "en", "tlh"] * 20)]
    lines.append({"text": "half und half", "lang": "de", "mixed": True})
    source = tmp_path / "texts.jsonl"
    source.write_text("\n".join(map(json.dumps, lines)))
    rows = suites(slots=1, texts_file=source)["language"].rows(40, "seed")
    own = {line["text"]: line["lang"] for line in lines}
    assert {own[one["completion"]] for one in rows} == {"de", "en"}
    assert [one["label"] for one in rows] == [int(own[one["completion"]] == one["language"]) for one in rows]


def test_percentiles_are_values_that_were_measured() -> None:
    assert figures.rank([1.0, 2.0, 3.0, 40.0], 0.5) == 2.0
    assert figures.rank([1.0, 2.0, 3.0, 40.0], 0.99) == 40.0
    assert figures.rank(range(1, 101), 0.99) == 99


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    monkeypatch.setenv("HYDRA_FULL_ERROR", "1")

    def call(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["jobs.bench", *arguments])
        try:
            bench.main()
        except SystemExit as stop:
            return int(stop.code or 0)
        return 0

    return call


def test_the_bench_of_rewards_prints_one_json(
    run: Callable[..., int], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    copy = tmp_path / "rewards.json"
    small = ["peers=false", "rows=6", "code_rows=2", "rounds=1", f"output={copy}"]
    assert run("rewards", "suites=[gsm8k,code_calls,tags]", *small) == 0
    printed = capsys.readouterr()
    report = json.loads(printed.out)
    assert json.loads(copy.read_text()) == report
    assert list(report["suites"]) == ["gsm8k", "code_calls", "tags"]
    for name, reward in (("gsm8k", "math.FinalAnswer"), ("code_calls", "code.UnitTests"), ("tags", "format.Tags")):
        found = report["suites"][name]["graders"][f"rewards.{reward}"]
        assert found["verdicts"]["right"] == 1.0
        assert reward in printed.err
    assert {"commit", "cpu_model", "python", "config_hash", "timestamp"} <= set(report)
    assert str(tmp_path) not in json.dumps(report)


def test_names_that_there_are_not_are_refused_with_those_that_there_are(
    run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("rewards", "suites=[gsm9k]") == 2
    assert "suites names gsm9k; give some of boxed, calls, code_asserts" in capsys.readouterr().err
    assert run("rewards", "peers=[trl]") == 2
    assert "TRL accuracy_reward" in capsys.readouterr().err


def test_the_door_names_its_benches(run: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    assert run("rewards", "--help") == 0
    assert "python -m jobs.bench rewards output=" in capsys.readouterr().out
    assert run("speed") == 2
    benches = "step, sampling, logprobs, load, update, shared_prefix, start, growth, profile, memory or rewards"
    assert f"what is 'speed'; give one of {benches}" in capsys.readouterr().err
