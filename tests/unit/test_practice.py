"""Practice problems and their damaged answers: gold answers are right, damage is damage, held-out stays held out."""

from __future__ import annotations

import json
import random
import re
import signal
import sys
from pathlib import Path

import pytest

from jobs import make_pairs
from rewards.base import Sample
from rewards.language import LanguageFidelity
from rewards.math import FinalAnswer
from rlhf.damage import damaged, damaged_pairs
from rlhf.errors import ConfigError, DataError
from rlhf.practice import KINDS, Practice
from rlhf.problems import Problem
from rlhf.prompts import PromptTemplate

TEMPLATE = PromptTemplate(system="", prefix="", suffix="", answer="{solution}")


def practice(**shares: float) -> Practice:
    return Practice(shares or dict.fromkeys(KINDS, 1.0), seed=3, held_out_size=30)


def judged(problem: Problem, text: str) -> Sample:
    given = {**problem.reference, "answer": problem.answer}
    return Sample(
        prompt=problem.question, completion=text, reference=given, task=problem.task, language=problem.language
    )


def test_gold_sums_are_what_python_makes_of_the_question() -> None:
    for index in range(100):
        problem = practice(math=1).train(index)
        asked = re.fullmatch(r"What is (\d+) ([+-]) (\d+)\?", problem.question)
        assert asked is not None
        a, sign, b = asked.groups()
        assert int(problem.answer) == (int(a) + int(b) if sign == "+" else int(a) - int(b))
        assert problem.target(TEMPLATE) == f"\\boxed{{{problem.answer}}}"


def test_gold_programs_pass_their_own_tests() -> None:
    for index in range(100):
        problem = practice(code=1).train(index)
        source = problem.target(TEMPLATE).removeprefix("```python\n").removesuffix("\n```")
        space: dict[str, object] = {}
        exec(source, space)
        function = space[problem.reference["entry_point"]]
        assert callable(function)
        assert all(function(*test["args"]) == test["expected"] for test in problem.reference["tests"])


def test_gold_answers_in_other_languages_are_in_the_language_that_was_asked() -> None:
    fidelity = LanguageFidelity()
    for index in range(12):
        problem = practice(language=1).train(index)
        right, elsewhere = problem.target(TEMPLATE), str(problem.reference["elsewhere"])
        good, bad = fidelity([judged(problem, right)])[0].value, fidelity([judged(problem, elsewhere)])[0].value
        assert good is not None
        assert bad is not None
        assert good > 0.9 > 0.1 > bad
        assert all(v.value == 1.0 for text in (right, elsewhere) for v in FinalAnswer()([judged(problem, text)]))


def test_a_problem_is_a_function_of_seed_and_place_and_never_one_that_is_held_out() -> None:
    source, again, other = practice(), practice(), Practice({"math": 1.0}, seed=4, held_out_size=0)
    drawn = [source.train(index) for index in range(200)]
    assert [problem.question for problem in drawn] == [again.train(index).question for index in range(200)]
    assert drawn[0].question != other.train(0).question
    held_out = {problem.question for problem in source.held_out(30)}
    assert len(held_out) == 30
    assert not held_out & {problem.question for problem in drawn}
    assert {problem.task for problem in drawn} == set(KINDS)


def test_shares_are_the_mixture() -> None:
    source = practice(math=3, code=1)
    tasks = [source.train(index).task for index in range(1000)]
    assert 0.70 < tasks.count("math") / 1000 < 0.80  # 3.6 deviations either way


@pytest.mark.parametrize(
    ("shares", "message"),
    [
        ({"poetry": 1.0}, "shares has poetry"),
        ({"math": 0.0}, "positive shares"),
        ({"math": float("nan")}, "positive shares"),
        ({}, "shares is empty"),
    ],
)
def test_shares_that_make_no_mixture_are_refused(shares: dict[str, float], message: str) -> None:
    with pytest.raises(DataError, match=message):
        Practice(shares, seed=0, held_out_size=1)


def test_more_held_out_problems_than_there_are_are_refused() -> None:
    with pytest.raises(DataError, match="raise held_out_size=30"):
        practice().held_out(31)


def test_damage_is_never_the_answer_itself_and_is_what_its_name_says() -> None:
    rng = random.Random(0)
    for index in range(100):
        problem = practice().train(index)
        answer = problem.target(TEMPLATE)
        found = damaged(problem, answer, rng)
        assert answer not in found.values()
        assert len(found["digit"]) == len(answer)
        assert sum(one != other for one, other in zip(found["digit"], answer, strict=True)) == 1
        assert answer.startswith(found["cut"])
        assert found["repeated"] == f"{answer} {answer} {answer}"
        assert ("language" in found) == (problem.task == "language")


def test_a_wrong_digit_is_any_other_one_at_any_place_of_the_last_number() -> None:
    problem = Problem(id="1", question="?", answer="407")
    rng = random.Random(1)
    found = {damaged(problem, "3 of them: \\boxed{407}, as in step 12.", rng)["digit"] for _ in range(600)}
    numbers = {text.removeprefix("3 of them: \\boxed{").removesuffix("}, as in step 12.") for text in found}
    assert numbers == {
        *(f"{d}07" for d in "12356789"),  # no number begins with 0
        *(f"4{d}7" for d in "123456789"),
        *(f"40{d}" for d in "012345689"),
    }


@pytest.mark.parametrize(("answer", "wrong"), [("x = 5", set("012346789")), ("٣", set("٠١٢٤٥٦٧٨٩"))])
def test_a_number_of_one_digit_may_become_0_and_keeps_its_script(answer: str, wrong: set[str]) -> None:
    problem = Problem(id="1", question="?", answer=answer)
    rng = random.Random(2)
    assert {damaged(problem, answer, rng)["digit"][-1] for _ in range(300)} == wrong


def test_an_answer_without_a_digit_gets_another_letter() -> None:
    problem = Problem(id="1", question="?", answer="red")
    assert damaged(problem, "\\boxed{red}", random.Random(0))["digit"] == "\\boxed{ree}"


def test_damage_that_leaves_the_answer_is_left_out() -> None:
    problem = Problem(id="1", question="?", answer="!")
    assert damaged(problem, "!", random.Random(0)) == {"repeated": "! ! !"}


def test_pairs_are_the_number_that_was_asked_and_the_seed_s_alone() -> None:
    one, two, other = (list(damaged_pairs(practice(), TEMPLATE, 300, seed=seed)) for seed in (5, 5, 6))
    assert one == two
    assert one != other
    assert len(one) == 300
    assert {row["kind"] for row in one} == {"digit", "cut", "repeated", "language"}
    assert all(row["prompt"] and row["chosen"] != row["rejected"] for row in one)


def test_kinds_come_by_their_shares_and_those_left_out_do_not_come() -> None:
    kinds = {"digit": 3.0, "cut": 1.0}
    rows = list(damaged_pairs(practice(), TEMPLATE, 2000, seed=5, kinds=kinds))
    share = sum(row["kind"] == "digit" for row in rows) / 2000
    assert {row["kind"] for row in rows} == set(kinds)
    assert share == pytest.approx(0.75, abs=0.03)  # three standard errors


@pytest.mark.parametrize("kinds", [{}, {"digits": 1.0}, {"digit": 0.0}, {"digit": "much"}, {"digit": float("inf")}])
def test_kinds_that_are_none_and_shares_that_are_none_are_refused(kinds: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match="give positive shares of digit, cut, repeated, language"):
        list(damaged_pairs(practice(), TEMPLATE, 1, seed=0, kinds=kinds))


def test_pairs_of_held_out_problems_are_of_none_that_is_trained_on() -> None:
    source = Practice({"math": 1.0, "language": 1.0}, seed=3, held_out_size=60)
    kept = {problem.question for problem in source.held_out(60)}
    apart = list(damaged_pairs(source, TEMPLATE, 60, seed=0, held_out=True))
    assert len(apart) == 60
    assert {row["prompt"] for row in apart} <= kept
    assert not kept & {row["prompt"] for row in damaged_pairs(source, TEMPLATE, 3000, seed=0)}
    with pytest.raises(DataError, match="raise held_out_size=60"):
        list(damaged_pairs(source, TEMPLATE, 61, seed=0, held_out=True))


def test_the_job_takes_held_out_problems_and_refuses_another_split(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["num_pairs=20", "data.held_out_size=20"]
    assert job(monkeypatch, f"output={tmp_path / 'held.jsonl'}", *arguments, "split=held_out") == 0
    assert job(monkeypatch, f"output={tmp_path / 'train.jsonl'}", *arguments) == 0
    held, train = (
        {json.loads(line)["prompt"] for line in (tmp_path / f"{name}.jsonl").read_text().splitlines()}
        for name in ("held", "train")
    )
    assert held
    assert not held & train
    assert job(monkeypatch, f"output={tmp_path / 'x.jsonl'}", "split=test") == 2
    assert "split is 'test'; give train or held_out" in capsys.readouterr().err


def job(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setenv("HYDRA_FULL_ERROR", "1")
    monkeypatch.setattr(sys, "argv", ["make_pairs", *arguments])
    terminate = signal.getsignal(signal.SIGTERM)
    try:
        make_pairs.main()
    except SystemExit as stop:
        return int(stop.code or 0)
    finally:
        signal.signal(signal.SIGTERM, terminate)
    return 0


def test_the_job_writes_rows_that_can_be_read_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert job(monkeypatch, f"output={tmp_path / 'a' / 'pairs.jsonl'}", "num_pairs=12") == 0
    lines = (tmp_path / "a" / "pairs.jsonl").read_text(encoding="utf-8").splitlines()
    assert [set(json.loads(line)) for line in lines] == [{"prompt", "chosen", "rejected", "kind"}] * 12


@pytest.mark.parametrize("number", ["0", "many"])
def test_the_job_refuses_a_number_of_pairs_that_is_none(
    number: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert job(monkeypatch, f"output={tmp_path / 'pairs.jsonl'}", f"num_pairs={number}") == 2
    assert "give 1 or more" in capsys.readouterr().err
    assert not (tmp_path / "pairs.jsonl").exists()
