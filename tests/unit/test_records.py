"""Problems from rows: formats, column mappings, held-out rows, and every way in which a file can be wrong."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path

import pandas
import pytest

from rlhf.errors import ConfigError, DataError
from rlhf.problems import Problem
from rlhf.records import Records

PLAIN = {"question": "question", "answer": "answer"}


@pytest.fixture(autouse=True)
def quiet_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Arrow copies that `datasets` makes go where the test's other files are."""
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")


def write_rows(path: Path, rows: list[dict[str, object]]) -> str:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def numbered(count: int) -> list[dict[str, object]]:
    return [{"question": f"What is {i} + 1?", "answer": str(i + 1)} for i in range(count)]


def records(path: str, columns: Mapping[str, str | int | None] = PLAIN, **options: object) -> Records:
    return Records(path, columns=columns, **{"held_out": 0, **options})  # pyright: ignore[reportArgumentType]


def all_rows(source: Records) -> list[Problem]:
    return [source.train(i) for i in range(source.train_size)]


@pytest.mark.parametrize("ending", [".jsonl", ".json", ".csv", ".tsv", ".parquet"])
def test_every_format_gives_the_same_problems(tmp_path: Path, ending: str) -> None:
    table = pandas.DataFrame({"q": ["Drei, \tvier?", 'He said "Äh"'], "a": ["007", "NA"], "unused": [1.5, None]})
    path = tmp_path / f"sums{ending}"
    match ending:
        case ".jsonl":
            table.to_json(path, orient="records", lines=True)
        case ".json":
            table.to_json(path, orient="records")
        case ".parquet":
            table.to_parquet(path)
        case _:
            table.to_csv(path, index=False, sep="\t" if ending == ".tsv" else ",", encoding="utf-8-sig")

    source = records(str(path), {"question": "q", "answer": "a"}, language="de")

    assert all_rows(source) == [
        Problem(id="sums/000001", question="Drei, \tvier?", answer="007", task="sums", language="de"),
        Problem(id="sums/000002", question='He said "Äh"', answer="NA", task="sums", language="de"),
    ]


def test_columns_by_position_read_a_file_without_a_header_line(tmp_path: Path) -> None:
    path = tmp_path / "pairs.tsv"
    path.write_text("What is 2 + 2?\t4\nWhat is 3 + 3?\t6\n")

    problems = all_rows(records(str(path), {"question": 0, "answer": 1}))

    assert [(problem.question, problem.answer) for problem in problems] == [
        ("What is 2 + 2?", "4"),
        ("What is 3 + 3?", "6"),
    ]


def test_mapped_columns_go_where_they_belong(tmp_path: Path) -> None:
    row = {"n": 17, "q": "Hi", "a": 4, "sys": "Be brief.", "lang": "sw", "kind": "greet", "checks": ["x == 1"]}
    path = write_rows(tmp_path / "data.jsonl", [row])
    columns = {"id": "n", "question": "q", "answer": "a", "system": "sys", "language": "lang", "task": "kind"}
    columns["tests"] = "checks"

    assert records(path, columns, task="default", language="en").train(0) == Problem(
        id="data/17",
        question="Hi",
        answer="4",
        system="Be brief.",
        language="sw",
        task="greet",
        reference={"tests": ["x == 1"]},
    )


def test_data_without_gold_answers_says_so_with_null(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "asks.jsonl", [{"question": "Write a poem."}])

    assert records(path, {"question": "question", "answer": None}).train(0).answer == ""


def test_the_answer_pattern_keeps_the_final_answer_and_the_solution_before_it(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "gsm.jsonl", [{"question": "How many?", "answer": "2 and 2\nis 4.\n#### 1,004"}])

    problem = records(path, answer_pattern=r"####\s*(.+)$").train(0)

    assert (problem.answer, problem.reference) == ("1,004", {"solution": "2 and 2\nis 4."})


def test_a_number_of_held_out_questions_splits_the_rows_once_and_for_all(tmp_path: Path) -> None:
    rows = numbered(100)
    forward = records(write_rows(tmp_path / "a.jsonl", rows), held_out=30)
    backward = records(write_rows(tmp_path / "b.jsonl", rows[::-1]), held_out=30)

    held_out = [problem.question for problem in forward.held_out(30)]
    trained = [problem.question for problem in all_rows(forward)]

    assert sorted(held_out + trained) == sorted(str(row["question"]) for row in rows)
    assert [problem.question for problem in backward.held_out(30)] == held_out
    assert forward.held_out(10) == forward.held_out(30)[:10]
    assert held_out != sorted(held_out), "shuffled, so that a prefix is a fair sample"


def test_a_fraction_stays_the_same_when_rows_are_added(tmp_path: Path) -> None:
    small = records(write_rows(tmp_path / "a.jsonl", numbered(400)), held_out=0.25)
    large = records(write_rows(tmp_path / "b.jsonl", numbered(500)), held_out=0.25)

    trained_before = {problem.question for problem in all_rows(small)}

    assert 260 < small.train_size < 340
    assert trained_before <= {problem.question for problem in all_rows(large)}


def test_copies_of_a_question_are_held_out_together_and_asked_once(tmp_path: Path) -> None:
    source = records(write_rows(tmp_path / "a.jsonl", numbered(20) * 3), held_out=5)

    held_out = [problem.question for problem in source.held_out(5)]

    assert len(set(held_out)) == 5
    assert all(problem.id <= "a/000020" for problem in source.held_out(5)), "the first copy stands for the others"
    assert source.train_size == 45
    assert not set(held_out) & {problem.question for problem in all_rows(source)}


def test_a_held_out_file_takes_its_questions_out_of_training(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    train = write_rows(tmp_path / "train.jsonl", numbered(10))
    test = write_rows(tmp_path / "test.jsonl", [*numbered(2), {"question": "New?", "answer": "yes"}])

    with caplog.at_level(logging.WARNING):
        source = records(train, held_out=test)

    assert source.train_size == 8
    assert {problem.id for problem in source.held_out(3)} == {"test/000001", "test/000002", "test/000003"}
    assert "2 rows of" in caplog.text


def test_hub_data_come_by_name_with_their_splits(tmp_path: Path) -> None:
    """A folder in the hub's layout goes through the same door as a name."""
    folder = tmp_path / "sums"
    folder.mkdir()
    write_rows(folder / "train.jsonl", numbered(10))
    write_rows(folder / "test.jsonl", [{"question": "New?", "answer": "yes"}])

    source = Records(hub=str(folder), columns=PLAIN, held_out="test")

    assert source.train_size == 10
    assert [problem.question for problem in source.held_out(1)] == ["New?"]


def test_an_unknown_hub_split_is_named(tmp_path: Path) -> None:
    write_rows(tmp_path / "train.jsonl", numbered(3))

    with pytest.raises(DataError, match=r"cannot read .*split validation"):
        Records(hub=str(tmp_path), columns=PLAIN, held_out=0, split="validation")


def test_a_missing_file_is_named_with_its_absolute_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    with pytest.raises(DataError, match=f"no file {tmp_path}/nowhere.jsonl"):
        records("nowhere.jsonl")


def test_a_missing_column_is_named_beside_those_there_are(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "a.jsonl", [{"prompt": "Hi", "response": "Ho"}])

    with pytest.raises(DataError, match=r"a\.jsonl has no column question; it has prompt, response"):
        records(path, {"question": "question", "answer": "response"})


def test_a_position_beyond_the_last_column_is_a_missing_column(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("What?,4\n")

    with pytest.raises(DataError, match="has no column 2; it has 0, 1"):
        records(str(path), {"question": 0, "answer": 2})


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl", "", "there is nothing in it"),
        ("a.json", "[]", "there is nothing in it"),
        ("a.csv", "question,answer\n", "there is nothing in it"),
        ("a.jsonl", '{"question": "Hi", "answer": "4"}\n{"question": \n', "JSON parse error"),
        ("a.csv", "question,answer\nHi,4\nHi,4,5\n", "Expected 2 fields in line 3"),
        ("a.parquet", "not parquet", "Parquet"),
        ("a.txt", "Hi", r"ends in '\.txt'; give a file that ends in \.jsonl"),
        (
            "a.jsonl",
            '{"question": "Hi", "answer": "4"}\n{"question": " ", "answer": "4"}\n',
            "row 2: column 'question'",
        ),
        ("a.jsonl", '{"question": "Hi", "answer": "4"}\n{"question": "Ho"}\n', "row 2: column 'answer' is empty"),
        ("a.csv", "question,answer\nHi,4\nHo,\n", "row 2: column 'answer' is empty"),
        ("a.jsonl", '{"question": ["Hi"], "answer": "4"}\n', "row 1: column 'question' holds a list"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_by_name(tmp_path: Path, name: str, content: str, message: str) -> None:
    path = tmp_path / name
    path.write_text(content)

    with pytest.raises(DataError, match=message) as caught:
        records(str(path))
    assert str(path) in str(caught.value)


def test_an_answer_that_the_pattern_does_not_find_is_shown_with_its_row(tmp_path: Path) -> None:
    path = write_rows(
        tmp_path / "a.jsonl", [{"question": "Hi", "answer": "#### 4"}, {"question": "Ho", "answer": "four"}]
    )

    with pytest.raises(DataError, match=r"row 2: answer_pattern .* finds no answer in 'four'"):
        records(path, answer_pattern=r"####\s*(.+)$")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"columns": {"question": "question"}}, "must name the columns of question and answer"),
        ({"columns": {"question": None, "answer": "answer"}}, "must name the columns"),
        ({"columns": {"question": 0, "answer": "answer"}}, "not both"),
        ({"columns": {"question": 0, "answer": 1}}, "names its columns"),
        ({"answer_pattern": "(["}, "not a regular expression"),
        ({"held_out": 1.5}, "held_out is 1.5; give a whole number, a fraction between 0 and 1, or a file"),
        ({"held_out": -1}, "held_out is -1"),
        ({"held_out": True}, "held_out is True"),
        ({"held_out": 4}, "no training rows: held_out=4 takes all 4"),
        ({"held_out": "nowhere.jsonl"}, "no file .*nowhere.jsonl"),
        ({"hub": "openai/gsm8k"}, "give either path or hub"),
    ],
)
def test_a_wrong_setting_is_refused_with_its_remedy(tmp_path: Path, options: dict[str, object], message: str) -> None:
    path = write_rows(tmp_path / "a.jsonl", numbered(4))

    with pytest.raises((ConfigError, DataError), match=message):
        records(path, **options)  # pyright: ignore[reportArgumentType]


def test_neither_path_nor_hub_is_refused() -> None:
    with pytest.raises(DataError, match="give either path or hub"):
        Records(columns=PLAIN, held_out=0)


def test_asking_for_more_held_out_rows_than_there_are_says_how_many(tmp_path: Path) -> None:
    source = records(write_rows(tmp_path / "a.jsonl", numbered(10)), held_out=3)

    with pytest.raises(DataError, match=r"4 held-out problems are asked for, .*a\.jsonl gives 3; set held_out to 4"):
        source.held_out(4)


def test_gsm8k_loads_whole_with_its_answers(shared_data: Path) -> None:
    source = Records(
        str(shared_data / "gsm8k_train.jsonl"),
        columns=PLAIN,
        held_out=473,
        answer_pattern=r"####\s*(.+)$",
        task="gsm8k",
        language="en",
    )
    first = next(problem for problem in all_rows(source) if problem.question.startswith("Natalia sold clips"))

    assert source.train_size == 7000
    assert (first.answer, first.task, first.id) == ("72", "gsm8k", "gsm8k_train/000001")
    assert all(
        problem.answer.lstrip("-").replace(",", "").replace(".", "").isdigit() for problem in source.held_out(473)
    )


@pytest.mark.parametrize("language", ["bn", "de", "en", "ja", "th", "zh"])
def test_mgsm_loads_without_a_header_line(shared_data: Path, language: str) -> None:
    path = shared_data / "mgsm" / f"mgsm_{language}_first100.tsv"

    problems = all_rows(records(str(path), {"question": 0, "answer": 1}, language=language))

    assert [[problem.question, problem.answer] for problem in problems] == [
        [cell.strip() for cell in line.split("\t")] for line in path.read_text(encoding="utf-8").splitlines()
    ]
