"""Problems from rows: a local JSON, CSV, TSV or Parquet file, or a hub data set, with a column mapping."""

from __future__ import annotations

import glob
import hashlib
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rlhf.errors import DataError
from rlhf.problems import Problem
from rlhf.row_files import choose_keys

if TYPE_CHECKING:
    from datasets import Dataset

_log = logging.getLogger(__name__)

_FORMATS = {".jsonl": "json", ".json": "json", ".csv": "csv", ".tsv": "csv", ".parquet": "parquet"}
_OWN_COLUMNS = ("id", "question", "answer", "system", "language", "task")


class Records:
    """Problems that are rows of a local file, or of a hub data set by name. All rows are checked when this is built.

    Raises:
        DataError: for a missing or unreadable file, a missing column, no rows, or a row without question or answer.
        ConfigError: for a number to hold out that is none.
    """

    def __init__(
        self,
        path: str | None = None,
        *,
        columns: Mapping[str, str | int | None],
        held_out: int | float | str,
        answer_pattern: str | None = None,
        task: str = "",
        language: str = "",
        hub: str | None = None,
        hub_config: str | None = None,
        split: str = "train",
    ) -> None:
        r"""Reads and checks every row, and sets the held-out ones aside.

        Args:
            path: `.jsonl`, `.json`, `.csv`, `.tsv` or `.parquet`.
            columns: ours -> the data's. Ours are question, answer (null where the data has none), id, system, language,
                task; any other name goes to the reference under that name. Numbers are positions in a CSV or TSV file
                without a header line.
            held_out: a number of questions, a fraction of them (0.1), another file, or (with `hub`) another split.
                A number or fraction picks by a hash of the question: the same ones wherever the rows stand, and copies
                of a question never straddle.
            answer_pattern: what to keep of the answer column: the first group of the first match, like r"####\s*(.+)"
                for GSM8K. The text before it becomes the reference's `solution`.
            task: default for rows that name none; empty: the file's or data set's name.
            language: default for rows that name none.
            hub: data set name, read from the hub (or a folder), with its configuration and split.
        """
        if (path is None) == (hub is None):
            raise DataError(f"give either path or hub, got path={path!r} and hub={hub!r}")
        layout = _Layout.checked(columns, answer_pattern, task, language)
        if path is not None:
            train = _from_file(path, layout)
            other = _from_file(held_out, layout) if isinstance(held_out, str) else None
        else:
            train = _from_hub(str(hub), hub_config, split, layout)
            other = _from_hub(str(hub), hub_config, held_out, layout) if isinstance(held_out, str) else None
        self._train_rows = train
        self._held_out_rows = other or train
        chosen = set(other.keys) if other else choose_keys(set(train.keys), held_out)
        # The order of the hashes shuffles the held-out problems once and for all; repeated questions are left out.
        first_row = {key: i for i, key in reversed(list(enumerate(self._held_out_rows.keys))) if key in chosen}
        self._held_out = [first_row[key] for key in sorted(first_row)]
        self._train = [i for i, key in enumerate(train.keys) if key not in chosen]
        if not self._train:
            raise DataError(
                f"{train.where} has no training rows: held_out={held_out!r} takes all {len(train.keys)}; lower it"
            )
        if other and len(self._train) < len(train.keys):
            dropped = len(train.keys) - len(self._train)
            _log.warning("%d rows of %s are held out in %s and are not trained on", dropped, train.where, other.where)

    @property
    def train_size(self) -> int:
        return len(self._train)

    def train(self, index: int) -> Problem:
        return self._train_rows.problem(self._train[index])

    def held_out(self, n: int) -> list[Problem]:
        if n > len(self._held_out):
            raise DataError(
                f"{n} held-out problems are asked for, {self._held_out_rows.where} gives {len(self._held_out)}; "
                f"set held_out to {n}, to a larger fraction or to a larger file, or ask for fewer"
            )
        return [self._held_out_rows.problem(row) for row in self._held_out[:n]]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Layout:
    """How a row is read."""

    columns: Mapping[str, str | int]
    pattern: re.Pattern[str] | None
    task: str
    language: str

    @classmethod
    def checked(
        cls, columns: Mapping[str, str | int | None], answer_pattern: str | None, task: str, language: str
    ) -> _Layout:
        named = {ours: theirs for ours, theirs in columns.items() if theirs is not None}
        if "question" not in named or "answer" not in columns:
            raise DataError(
                f"columns is {dict(columns)}; it must name the columns of question and answer "
                "(answer: null where there is none)"
            )
        if len({isinstance(theirs, int) for theirs in named.values()}) > 1:
            raise DataError(
                f"columns is {dict(columns)}; give names, or positions where there is no header line, not both"
            )
        try:
            pattern = re.compile(answer_pattern) if answer_pattern else None
        except re.error as cause:
            raise DataError(f"answer_pattern {answer_pattern!r} is not a regular expression: {cause}") from cause
        return cls(columns=named, pattern=pattern, task=task, language=language)

    @property
    def positions(self) -> list[int]:
        return [column for column in self.columns.values() if isinstance(column, int)]


@dataclass(frozen=True, kw_only=True)
class _Rows:
    """A table and how to read it."""

    where: str
    """Absolute path or hub name, for messages."""
    name: str
    """For ids, and the default task."""
    data: Dataset
    layout: _Layout

    @cached_property
    def keys(self) -> list[int]:
        """A 64-bit hash of every row's question; reads, and so checks, all rows."""
        questions = (self._problem(number, row).question for number, row in enumerate(self.data, start=1))
        return [int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest()) for text in questions]

    def problem(self, index: int) -> Problem:
        return self._problem(index + 1, self.data[index])

    def _problem(self, number: int, row: Any) -> Problem:
        columns, layout = self.layout.columns, self.layout
        texts = {ours: self._text(number, row, ours) for ours in _OWN_COLUMNS if ours in columns}
        reference = {ours: row[str(theirs)] for ours, theirs in columns.items() if ours not in _OWN_COLUMNS}
        for needed in ("question", "answer"):
            if texts.get(needed) == "":
                raise DataError(
                    f"{self._place(number)}: column {columns[needed]!r} is empty; fill in the {needed} or drop the row"
                )
        answer = texts.get("answer", "")
        if layout.pattern and answer:
            reference["solution"], answer = self._extract(number, layout.pattern, answer)
        return Problem(
            id=f"{self.name}/{texts.get('id') or f'{number:06d}'}",
            question=texts["question"],
            answer=answer,
            task=texts.get("task") or layout.task or self.name,
            language=texts.get("language") or layout.language,
            system=texts.get("system", ""),
            reference=reference,
        )

    def _text(self, number: int, row: Any, ours: str) -> str:
        column = str(self.layout.columns[ours])
        value = row[column]
        if value is None:
            return ""
        if not isinstance(value, str | int | float):
            kind = type(value).__name__
            raise DataError(f"{self._place(number)}: column {column!r} holds a {kind} where text or a number must be")
        return str(value).strip()

    def _extract(self, number: int, pattern: re.Pattern[str], text: str) -> tuple[str, str]:
        """What precedes the final answer, and the final answer."""
        match = pattern.search(text)
        answer = ((match.group(1) if pattern.groups else match.group()) or "").strip() if match else ""
        if not match or not answer:
            shown = text if len(text) <= 200 else f"...{text[-200:]}"
            raise DataError(
                f"{self._place(number)}: answer_pattern {pattern.pattern!r} finds no answer in {shown!r}; "
                "mend the pattern or the row"
            )
        return text[: match.start()].strip(), answer

    def _place(self, number: int) -> str:
        return f"{self.where}, row {number}"


def _from_file(path: str, layout: _Layout) -> _Rows:
    file = Path(path).expanduser().absolute()
    if file.suffix not in _FORMATS:
        raise DataError(f"{file} ends in {file.suffix!r}; give a file that ends in {', '.join(_FORMATS)}")
    if not file.is_file():
        raise DataError(f"no file {file}; mend the path (a relative one starts at {Path.cwd()})")
    options: dict[str, Any] = {}
    if _FORMATS[file.suffix] == "csv":
        # Every mapped cell as it is written: without converters 007 would be read as 7 and the text NA as missing.
        converters = dict.fromkeys(layout.columns.values(), str)
        header = None if layout.positions else "infer"
        options = {"converters": converters, "keep_default_na": False, "header": header, "encoding": "utf-8-sig"}
        options["sep"] = "\t" if file.suffix == ".tsv" else ","
    elif layout.positions:
        raise DataError(f"columns gives positions {layout.positions}, but {file} names its columns; give their names")
    data = _load(str(file), _FORMATS[file.suffix], data_files=glob.escape(str(file)), split="train", **options)
    return _rows(str(file), file.stem, data, layout)


def _from_hub(hub: str, config: str | None, split: str, layout: _Layout) -> _Rows:
    data = _load(f"{hub} (split {split})", hub, name=config, split=split)
    return _rows(f"{hub} (split {split})", Path(hub).name, data, layout)


def _load(where: str, builder: str, **options: Any) -> Dataset:
    import datasets  # takes over a second; runs on generated problems do without
    from datasets.exceptions import DatasetsError

    try:
        data = datasets.load_dataset(builder, **options)
    except (DatasetsError, ValueError, OSError, StopIteration) as error:
        # An empty file ends in StopIteration or the second text; the cause, where there is one, knows the line.
        empty = isinstance(error, StopIteration) or "corresponds to no data" in str(error)
        reason = "there is nothing in it" if empty else " ".join(str(error.__cause__ or error).split())
        raise DataError(f"cannot read {where}: {reason}; mend the file or the name") from error
    assert isinstance(data, datasets.Dataset)
    return data


def _rows(where: str, name: str, data: Dataset, layout: _Layout) -> _Rows:
    """The table cut down to the mapped columns.

    Raises:
        DataError: if a mapped column or every row is missing.
    """
    wanted = [str(column) for column in layout.columns.values()]
    missing = [column for column in wanted if column not in data.column_names]
    if missing:
        raise DataError(
            f"{where} has no column {', '.join(missing)}; it has {', '.join(data.column_names)}: mend columns"
        )
    if not len(data):
        raise DataError(f"{where} has no rows; give data that has some")
    return _Rows(where=where, name=name, data=data.select_columns(list(dict.fromkeys(wanted))), layout=layout)
