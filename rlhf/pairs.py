"""Preference pairs from files or a hub, in the layouts that they come in, each row read and checked once.

    prompt, chosen, rejected                              three texts, or a list of messages and two texts
    chosen, rejected                                      two lists of messages that end in the judged answers
    prompt, chosen, rejected                              a list of messages or a text, and lists with the answer
    chosen, rejected                                      two transcripts: "\\n\\nHuman: ...\\n\\nAssistant: ..."

Whatever the layout, a pair is one conversation and two answers to it.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from model.chat import Message, chat_turns
from model.errors import ModelError
from rlhf.chat_rows import BadRow, is_transcript, joined, messages_of
from rlhf.errors import ConfigError, DataError
from rlhf.row_files import choose_keys, file_rows, hub_rows

_log = logging.getLogger(__name__)

OUR_COLUMNS = ("prompt", "chosen", "rejected", "margin", "kind")


@dataclass(frozen=True, kw_only=True, slots=True)
class Pair:
    """One conversation and two answers to it, the first of which was preferred."""

    place: str
    """File (or hub name) and row, for messages."""
    context: tuple[Message, ...]
    """What was said before, the user last."""
    chosen: str
    rejected: str
    margin: float = 0.0
    """By how much the chosen answer should lead, in units of the reward."""
    kind: str = ""
    """What sort of pair it is: accuracy is also reported per kind."""

    @property
    def key(self) -> int:
        """64 bits that depend on the conversation alone."""
        said = json.dumps([[message["role"], message["content"]] for message in self.context])
        return int.from_bytes(hashlib.blake2b(said.encode(), digest_size=8).digest())


class PreferencePairs:
    """The pairs of a file or hub data set, some of them held out. Every row is read and checked when this is built.

    Raises:
        DataError: for a missing or unreadable file, no rows, a missing column, or (naming the row) a pair that teaches
            nothing: equal or empty sides, different conversations, messages out of turn.
        ConfigError: for a setting that makes no sense.
    """

    def __init__(
        self,
        path: str | None = None,
        *,
        held_out: int | float | str,
        columns: Mapping[str, str | None] | None = None,
        hub: str | None = None,
        hub_config: str | None = None,
        split: str | None = "train",
        on_bad: Literal["error", "drop"] = "error",
    ) -> None:
        """Reads all pairs and sets the held-out ones aside.

        Args:
            path: `.jsonl`, `.jsonl.gz`, `.json` (a list of rows) or `.parquet`. With neither path nor hub, or with a
                hub's `split` of None, there is nothing to train on: `held_out` names a file, or a split, then.
            held_out: a number of pairs, a fraction of the conversations (0.1), another file, or (with `hub`) another
                split. A number or fraction picks by a hash of the conversation, so that one never straddles; of a
                number the last conversation may bring a few pairs more.
            columns: ours (prompt, chosen, rejected, margin, kind) -> the data's, where the data names them otherwise.
            hub: data set name, read from the hub (or a folder), with its configuration and split.
            on_bad: `error` stops at the first row that is no pair, `drop` leaves such rows out and says how many.
        """
        named = isinstance(held_out, str)
        if (path is not None and hub is not None) or (path is None and hub is None and not named):
            raise ConfigError(
                f"give either path or hub, got path={path!r} and hub={hub!r}; neither of them only where held_out is a "
                "file to measure with"
            )
        if hub is not None and split is None and not named:
            raise ConfigError(f"split is None, and held_out={held_out!r} takes its pairs from a split; name one")
        if on_bad not in ("error", "drop"):
            raise ConfigError(f"on_bad is {on_bad!r}; give error or drop")
        names = _column_names(columns or {})

        def read(part: str) -> list[Pair]:
            """The pairs of a file, or of a split of the hub's."""
            rows = file_rows(Path(part).expanduser()) if hub is None else hub_rows(hub, hub_config, part)
            return _pairs(part if hub is None else f"{hub} (split {part})", rows, names, on_bad)

        source = path if hub is None else split
        pairs = [] if source is None else read(source)
        if isinstance(held_out, str):
            self.held_out = read(held_out)
            keys = {pair.key for pair in self.held_out}
        else:
            keys = choose_keys([pair.key for pair in pairs], held_out, least=1)
            self.held_out = [pair for pair in pairs if pair.key in keys]
        self.train = [pair for pair in pairs if pair.key not in keys]
        if source is not None and not (self.train and self.held_out):
            raise DataError(
                f"held_out={held_out!r} leaves {len(self.train)} pairs to train on and {len(self.held_out)} to measure "
                f"with, of {len({pair.key for pair in pairs})} different conversations; both need some: change it, or "
                "give another file whose conversations are not in this one"
            )


def _column_names(columns: Mapping[str, str | None]) -> dict[str, str]:
    if unknown := [name for name in columns if name not in OUR_COLUMNS]:
        raise ConfigError(f"columns names {', '.join(unknown)}; ours are {', '.join(OUR_COLUMNS)}")
    return {ours: columns.get(ours) or ours for ours in OUR_COLUMNS}


def _pairs(where: str, rows: Iterable[Any], names: Mapping[str, str], on_bad: str) -> list[Pair]:
    pairs: list[Pair] = []
    bad: list[BadRow] = []
    for number, row in enumerate(rows, start=1):
        try:
            pairs.append(read_pair(f"{where}, row {number}", row, names))
        except BadRow as error:
            if on_bad == "error":
                raise BadRow(f"{error}; mend or remove the row, or leave such rows out with data.on_bad=drop") from None
            bad.append(error)
    if bad:
        _log.warning("%d of %d rows are left out; the first: %s", len(bad), len(bad) + len(pairs), bad[0])
    if not pairs:
        raise DataError(f"{where} has no pairs ({len(bad)} bad rows); give data that has some")
    return pairs


def read_pair(place: str, row: Any, names: Mapping[str, str]) -> Pair:
    """The pair in a row of any layout.

    Raises:
        BadRow: naming the row, and what makes it no pair.
        DataError: if a column is missing or the layout is none of ours, which no dropping of rows mends.
    """
    if not isinstance(row, Mapping):
        raise DataError(f"{place} is {row!r:.80}; every row must be an object with columns")
    if missing := [names[ours] for ours in ("chosen", "rejected") if names[ours] not in row]:
        raise DataError(f"{place} has no column {', '.join(missing)}; it has {', '.join(row)}: mend data.columns")
    prompt = row.get(names["prompt"])
    (context, chosen), (other, rejected) = (
        _conversation(f"{place}, {names[side]}", prompt, row[names[side]]) for side in ("chosen", "rejected")
    )
    if context != other:
        raise BadRow(f"{place}: {names['chosen']} and {names['rejected']} answer different conversations")
    for side, text in (("chosen", chosen), ("rejected", rejected)):
        if not text:
            raise BadRow(f"{place}: the answer of {names[side]} is empty")
    if chosen == rejected:
        raise BadRow(f"{place}: {names['chosen']} and {names['rejected']} are the same answer, {chosen!r:.60}")
    return Pair(
        place=place,
        context=tuple(context),
        chosen=chosen,
        rejected=rejected,
        margin=_margin(place, names["margin"], row.get(names["margin"])),
        kind=str(row.get(names["kind"]) or ""),
    )


def _margin(place: str, column: str, value: Any) -> float:
    try:
        margin = float(value or 0.0)
    except (TypeError, ValueError):
        margin = -1.0
    if not 0.0 <= margin < float("inf"):
        raise BadRow(f"{place}: {column} is {value!r}, not a number of at least 0")
    return margin


def _conversation(place: str, prompt: Any, side: Any) -> tuple[list[Message], str]:
    """What was said before, and the answer, both without surrounding space."""
    # Beside a prompt a text is an answer, even one that begins like a transcript; unless it repeats the prompt's.
    repeats = isinstance(side, str) and isinstance(prompt, str) and is_transcript(prompt) and side.startswith(prompt)
    said = None if prompt and isinstance(side, str) and not repeats else messages_of(place, side)
    if said is None and not prompt:
        raise DataError(
            f"{place} is {side!r:.60}: neither a list of messages nor a transcript, and there is no prompt; name its "
            "column: data.columns.prompt=..."
        )
    if said is None:
        said = [Message(role="assistant", content=str(side or "").strip())]
    # A list that holds the question already is the whole conversation; the prompt column repeats it.
    if prompt and all(message["role"] == "assistant" for message in said):
        asked = messages_of(place, prompt) or [Message(role="user", content=str(prompt).strip())]
        if asked[-1] == Message(role="assistant", content=""):  # a transcript that ends in "\n\nAssistant:"
            asked = asked[:-1]
        said = [*asked, *said]
    said = joined(said)
    *context, answer = said
    if answer["role"] != "assistant":
        raise BadRow(f"{place} ends in a message of the {answer['role']}, not in an answer")
    try:
        turns = chat_turns(context)
    except ModelError as error:
        raise BadRow(f"{place}: {error}") from error
    if turns[-1].by_model:
        raise BadRow(f"{place} answers no message of the user")
    return context, answer["content"]
