"""Conversations as a source of problems: every answer of the assistant is one, behind all that was said before it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from model.chat import chat_turns
from model.errors import ModelError
from rlhf.chat_rows import BadRow, joined, messages_of
from rlhf.errors import ConfigError, DataError
from rlhf.problems import Problem
from rlhf.row_files import choose_keys, file_rows, hub_rows


class Conversations:
    """The answers in the conversations of a file or hub data set. Every row is read and checked when this is built.

    A row's messages are a list of roles (system, user, assistant) and texts, or a transcript of "Human:" and
    "Assistant:". A training on demonstrations has every answer in its loss, once, and nothing that the user says.

    Raises:
        DataError: for a missing or unreadable file, no rows, or (naming the row) a missing column, messages out of
            turn, or a conversation without an answer.
        ConfigError: for a setting that makes no sense.
    """

    def __init__(
        self,
        path: str | None = None,
        *,
        held_out: int | float | str,
        column: str = "messages",
        task: str = "chat",
        language: str = "",
        hub: str | None = None,
        hub_config: str | None = None,
        split: str = "train",
    ) -> None:
        """Reads and checks every row, and sets the held-out conversations aside.

        Args:
            path: `.jsonl`, `.jsonl.gz`, `.json` or `.parquet`.
            held_out: a number of conversations, a fraction of them (0.1), another file, or (with `hub`) another split.
                A number or fraction picks by a hash of how the conversation begins, so that those that begin alike
                never straddle.
            column: of the messages.
            task, language: of all problems.
            hub: data set name, read from the hub (or a folder), with its configuration and split.
        """
        if (path is None) == (hub is None):
            raise ConfigError(f"give either path or hub, got path={path!r} and hub={hub!r}")

        def read(part: str) -> list[list[Problem]]:
            rows = file_rows(Path(part).expanduser()) if hub is None else hub_rows(hub, hub_config, part)
            where = part if hub is None else f"{hub} (split {part})"
            found = [_answers(f"{where}, row {number}", row, column) for number, row in enumerate(rows, start=1)]
            if not found:
                raise DataError(f"{where} has no rows; give data that has some")
            return [[replace(problem, task=task, language=language) for problem in one] for one in found]

        found = read(path if path is not None else split)
        other = read(held_out) if isinstance(held_out, str) else None
        chosen = {_key(one) for one in other} if other else choose_keys(set(map(_key, found)), held_out)
        aside = sorted((one for one in other or found if _key(one) in chosen), key=_key)
        self._held_out = [problem for one in aside for problem in one]
        self._train = [problem for one in found if _key(one) not in chosen for problem in one]
        if not self._train:
            raise DataError(f"held_out={held_out!r} leaves none of {len(found)} conversations for training; lower it")

    @property
    def train_size(self) -> int:
        return len(self._train)

    def train(self, index: int) -> Problem:
        return self._train[index]

    def held_out(self, n: int) -> list[Problem]:
        if n > len(self._held_out):
            raise DataError(
                f"{n} held-out answers are asked for, the held-out conversations have {len(self._held_out)}; set "
                "held_out to a larger number, fraction or file, or ask for fewer"
            )
        return self._held_out[:n]


def _answers(place: str, row: Any, column: str) -> list[Problem]:
    """One problem for every answer of the row's conversation; what the user says last without an answer is left out."""
    if not isinstance(row, Mapping) or column not in row:
        columns = ", ".join(row) if isinstance(row, Mapping) else f"no columns, it is {row!r:.60}"
        raise DataError(
            f"{place} has no column {column!r}; it has {columns}: name the one of the messages, data.column="
        )
    said = messages_of(place, row[column])
    if said is None:
        raise DataError(f"{place}: {column} is {row[column]!r:.60}; it must be a list of messages, or a transcript")
    said = joined(said)
    system = said[0]["content"] if said[0]["role"] == "system" else ""
    turns = said[1:] if said[0]["role"] == "system" else said
    try:
        chat_turns(turns)
    except ModelError as error:
        raise BadRow(f"{place}: {error}") from error
    if len(turns) < 2:
        raise BadRow(f"{place} has no answer of the assistant to learn from; drop the row")
    for number, turn in enumerate(said):
        if not turn["content"]:
            raise BadRow(f"{place}: message {number} is empty; fill it in or drop the row")
    name = place.rpartition("/")[2].replace(", row ", "/")
    return [
        Problem(
            id=f"{name}/{number // 2}",
            question=turns[number - 1]["content"],
            answer=turns[number]["content"],
            system=system,
            history=tuple(turns[: number - 1]),
        )
        for number in range(1, len(turns), 2)
    ]


def _key(conversation: Sequence[Problem]) -> int:
    """64 bits that depend on how the conversation begins: its system text and its first question."""
    first = json.dumps([conversation[0].system, conversation[0].question])
    return int.from_bytes(hashlib.blake2b(first.encode(), digest_size=8).digest())
