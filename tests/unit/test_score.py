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
