"""`jobs.score`: whatever a file holds, it is scored or refused in one line that says where and what to do."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jobs import score

GOOD = {"prompt": "1+1", "completion": "2", "answer": "2"}
Scored = Callable[..., tuple[int, str]]


@pytest.fixture
def scored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Scored:
    """Runs the job on the bytes of a file; its exit code and what it printed as an error."""
    monkeypatch.chdir(tmp_path)

    def run(content: bytes, *overrides: str) -> tuple[int, str]:
        Path("in.jsonl").write_bytes(content)
        monkeypatch.setattr(sys, "argv", ["score", "input=in.jsonl", "hydra.run.dir=.", *overrides])
        try:
            score.main()
        except SystemExit as stop:
            return int(stop.code or 0), capsys.readouterr().err
        return 0, capsys.readouterr().err

    return run


def lines(*rows: Any) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


@pytest.mark.parametrize(
    ("column", "value", "shown", "wanted"),
    [
        ("language", None, "'None'", "text such as de"),
        ("language", ["de"], "\"['de']\"", "text such as de"),
        ("task", 3, "'3' of type int", "text"),
        ("task", {"a": 1}, "of type dict", "text"),
        ("num_tokens", None, "of type NoneType", "a whole number"),
        ("num_tokens", "12", "'12' of type str", "a whole number"),
        ("num_tokens", 1.5, "1.5", "a whole number"),
        ("num_tokens", True, "of type bool", "a whole number"),
        ("num_tokens", -1, "-1", "a whole number"),
        ("finish_reason", "stopped", "stopped", "stop, stop_string or length"),
        ("finish_reason", None, "NoneType", "stop, stop_string or length"),
    ],
)
def test_a_column_of_another_type_is_one_line_with_file_line_value_and_remedy(
    scored: Scored, column: str, value: Any, shown: str, wanted: str
) -> None:
    sound = {"language": "en", "task": "", "num_tokens": 3, "finish_reason": "stop"}[column]
    rows = lines({**GOOD, column: sound}, {**GOOD, column: value})
    code, error = scored(rows, f"columns.{column}={column}")
    assert code == 2
    assert error.count("\n") == 1
    assert f"in.jsonl, line 2: column '{column}' holds" in error
    assert shown in error
    assert wanted in error
    assert f"columns.{column}=null" in error
    assert not Path("in.scored.jsonl").exists()


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (b'{"prompt": "caf\xe9", "completion": "2", "answer": "2"}', "not UTF-8"),
        (b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deep"),
        (b'{"n": ' + b"9" * 5_000 + b"}", "not JSON"),
        (b'{"prompt": ', "not JSON"),
        (b"[1]", "holds a list"),
        (b"\xff\xfe{\x00}\x00", "not UTF-8"),
    ],
    ids=["latin-1", "deep", "huge integer", "cut", "list", "utf-16"],
)
def test_a_line_that_cannot_be_read_is_one_line_with_its_number(scored: Scored, bad: bytes, said: str) -> None:
    code, error = scored(lines(GOOD) + b"\n" + bad + b"\n")
    assert code == 2
    assert error.count("\n") == 1
    assert "in.jsonl, line 3" in error
    assert said in error


def test_the_line_number_counts_blank_lines(scored: Scored) -> None:
    code, error = scored(b"\n\n" + lines(GOOD) + b"\n" + lines({"prompt": "1", "completion": "2"}))
    assert code == 2
    assert "in.jsonl, line 5 has no column answer" in error


@pytest.mark.parametrize("depth", [100, 500, 900, 990, 1_500])
def test_a_deep_row_is_scored_or_refused_but_never_lost_after_judging(scored: Scored, depth: int) -> None:
    deep = b'{"prompt": "1+1", "completion": "2", "answer": "2", "x": ' + b"[" * depth + b"]" * depth + b"}"
    code, error = scored(deep)
    assert code == (2 if error else 0)
    assert "Traceback" not in error
    assert (code == 0) == Path("in.scored.jsonl").exists()


def test_a_byte_order_mark_and_windows_line_ends_are_read(scored: Scored) -> None:
    content = b"\xef\xbb\xbf" + lines(GOOD, GOOD).replace(b"\n", b"\r\n")
    assert scored(content) == (0, "")
    assert len(Path("in.scored.jsonl").read_text().splitlines()) == 2


def test_a_column_that_is_no_name_is_refused(scored: Scored) -> None:
    code, error = scored(lines(GOOD), "columns.task=3")
    assert code == 2
    assert "columns.task is 3" in error


def scores() -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path("in.scored.jsonl").read_bytes().split(b"\n") if line]


def test_nested_columns_are_reached_by_their_path(scored: Scored) -> None:
    chat = [{"role": "user", "content": "1+1"}, {"role": "assistant", "content": "\\boxed{2}"}]
    rows = lines({"messages": chat, "label": {"gold.answer": 0, "values": ["2"]}, "a.b": "x", "a": {"b": "y"}})
    paths = ("columns.prompt=messages.0.content", "columns.completion=messages.-1.content")
    assert scored(rows, *paths, "columns.answer=label.values.0", "+columns.kept=a.b") == (0, "")
    assert scores()[0]["terms"]["correct"]["value"] == 1.0
    for wrong in ("messages.2.content", "messages.-3.content", "messages.x", "messages.0.content.0", "label..values"):
        code, error = scored(rows, paths[0], f"columns.completion={wrong}", "columns.answer=null")
        assert code == 2
        assert f"in.jsonl, line 1 has no column {wrong}" in error


def test_a_column_whose_name_holds_a_point_comes_before_a_path(scored: Scored) -> None:
    rows = lines({"prompt": "1+1", "completion": "\\boxed{2}", "a.b": "2", "a": {"b": "3"}})
    assert scored(rows, "columns.answer=a.b") == (0, "")
    assert scores()[0]["terms"]["correct"]["value"] == 1.0


def test_what_unicode_calls_a_line_end_ends_no_row(scored: Scored) -> None:
    text = "one\u2028two\u2029three\x85four\x0bfive\x1csix \\boxed{2}"
    row = json.dumps({**GOOD, "completion": text}, ensure_ascii=False).encode() + b"\n"
    assert scored(row * 2) == (0, "")
    assert [(row["completion"], row["terms"]["correct"]["value"]) for row in scores()] == [(text, 1.0)] * 2


USER_FILE = """
import os, sys

def leaves(sample):
    os.chdir("/")
    return 1.0

def quits(sample):
    sys.exit(0)

def brevity(sample):
    return 1 / len(sample.completion)

def shortest(group):
    return [float(len(s.completion) == min(len(t.completion) for t in group)) for s in group]
"""


@pytest.mark.parametrize("options", ["", ", isolated: true, timeout_s: 60"])
def test_a_users_function_is_scored_in_this_process_or_another_whatever_it_does(
    scored: Scored, tmp_path: Path, options: str
) -> None:
    Path("mine.py").write_text(USER_FILE)
    rows = lines(*({**GOOD, "completion": text} for text in ("\\boxed{2}", "it is \\boxed{2}")))
    terms = [
        f'+reward.terms.{name}={{weight: 0, function: "mine.py:{name}"{options}}}'
        for name in ("brevity", "shortest", "quits", "leaves")
    ]
    assert scored(rows, *terms, "output=deep/out.jsonl") == (0, "")
    out = [json.loads(line) for line in (tmp_path / "deep" / "out.jsonl").read_text().splitlines()]
    assert [row["terms"]["shortest"]["value"] for row in out] == [1.0, 0.0]
    assert [row["terms"]["brevity"]["value"] for row in out] == [1 / 9, 1 / 15]
    assert [(row["terms"]["quits"]["state"], row["terms"]["quits"]["reason"]) for row in out] == [
        ("failed", "SystemExit: 0")
    ] * 2
    assert [row["reward"] for row in out] == [1.1, 1.1]
