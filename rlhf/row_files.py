"""Rows of JSON, JSONL and Parquet files, and of a hub's data sets."""

from __future__ import annotations

import glob
import gzip
import json
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

from rlhf.errors import ConfigError, DataError

FORMATS = (".jsonl", ".jsonl.gz", ".json", ".parquet")


def file_rows(path: Path) -> Iterator[Any]:
    """The rows of a file, by its ending.

    Raises:
        DataError: if it is missing, broken, or of an unknown ending.
    """
    if not path.name.endswith(FORMATS):
        raise DataError(f"{path} has an unknown ending; give a file that ends in {', '.join(FORMATS)}")
    if not path.is_file():
        raise DataError(f"no file {path.absolute()}; mend the path (a relative one starts at {Path.cwd()})")
    if path.suffix == ".parquet":
        return iter(_dataset_rows(str(path), "parquet", data_files=glob.escape(str(path)), split="train"))
    return _json_rows(path)


def _json_rows(path: Path) -> Iterator[Any]:
    try:
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
            if path.suffix == ".json":
                rows = json.load(file)
                yield from rows if isinstance(rows, list) else [rows]
                return
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield _parsed(path, number, line)
    except (UnicodeDecodeError, OSError, json.JSONDecodeError) as error:
        raise DataError(f"cannot read {path}: {error}; mend the file") from error


def _parsed(path: Path, number: int, line: str) -> Any:
    try:
        return json.loads(line)
    except json.JSONDecodeError as error:
        raise DataError(f"{path}, line {number} is not JSON ({error}); mend or remove that line") from error


def hub_rows(hub: str, config: str | None, split: str) -> Iterable[Any]:
    """The rows of a hub's data set, or of one in a local folder.

    Raises:
        DataError: if it cannot be had.
    """
    return _dataset_rows(f"{hub} (split {split})", hub, name=config, split=split)


def _dataset_rows(where: str, builder: str, **options: Any) -> Iterable[Any]:
    import datasets  # takes over a second, and a JSON file does without
    from datasets.exceptions import DatasetsError

    try:
        return datasets.load_dataset(builder, **options)
    except (DatasetsError, ValueError, OSError, StopIteration) as error:
        reason = " ".join(str(error.__cause__ or error).split())
        raise DataError(f"cannot read {where}: {reason}; mend the file or the name") from error


def choose_keys(keys: Collection[int], held_out: int | float | str, *, least: int = 0) -> set[int]:
    """The 64-bit keys that a number or a fraction holds out: by the keys alone, wherever their rows stand.

    Args:
        keys: a number counts them as they are given: rows by a list with repeats, different keys by a set.
        least: number that makes sense.
    Raises:
        ConfigError: for anything but a whole number or a fraction between 0 and 1.

    >>> choose_keys([7, 7, 8], 2), sorted(choose_keys({7, 8}, 2))
    ({7}, [7, 8])
    """
    if isinstance(held_out, float) and 0 < held_out < 1:
        return {key for key in keys if key < held_out * 2**64}
    if isinstance(held_out, int) and not isinstance(held_out, bool) and held_out >= least:
        return set(sorted(keys)[:held_out])
    raise ConfigError(f"held_out is {held_out!r}; give a whole number, a fraction between 0 and 1, or a file")
