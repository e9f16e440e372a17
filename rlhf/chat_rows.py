"""Messages in a row of data: a list of roles and texts, or a transcript, as a chat that Gemma's format can say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from model.chat import Message
from rlhf.errors import DataError

_SPEAKERS: dict[str, Literal["user", "assistant"]] = {"Human": "user", "Assistant": "assistant"}
_TURN = re.compile(r"(?:\A|\n\n)(Human|Assistant):[ \t]*")
_ROLES = ("system", "user", "assistant")


class BadRow(DataError):
    """A row that is not what it should be; where `on_bad: drop` is offered it is left out."""


def messages_of(place: str, value: Any) -> list[Message] | None:
    """The messages of a list or of a transcript; None for any other text.

    Raises:
        BadRow: naming the row, for an empty list or a message without a role or a text.
        DataError: for what is neither text nor list.
    """
    if isinstance(value, str):
        if not is_transcript(value):
            return None
        parts = _TURN.split(value)
        spoken = zip(parts[1::2], parts[2::2], strict=True)
        return [Message(role=_SPEAKERS[speaker], content=text.strip()) for speaker, text in spoken]
    if value is None:
        return None
    if isinstance(value, Mapping) or not isinstance(value, Iterable):
        raise DataError(f"{place} is {value!r:.80}; give a text or a list of messages")
    messages = list(value)
    for message in messages:
        fits = isinstance(message, Mapping) and message.get("role") in _ROLES
        if not fits or not isinstance(message.get("content"), str):
            raise BadRow(f"{place} has the message {message!r:.80}; it needs a role ({', '.join(_ROLES)}) and a text")
    if not messages:
        raise BadRow(f"{place} is an empty list of messages")
    return [Message(role=message["role"], content=message["content"].strip()) for message in messages]


def is_transcript(text: str) -> bool:
    """Whether the text begins with a speaker's name."""
    return _TURN.match(text) is not None


def joined(messages: Sequence[Message]) -> list[Message]:
    """Neighbours of one role as one message: transcripts have such, a chat of turns has not."""
    turns: list[Message] = []
    for message in messages:
        if turns and turns[-1]["role"] == message["role"]:
            text = "\n\n".join(part for part in (turns[-1]["content"], message["content"]) if part)
            turns[-1] = Message(role=message["role"], content=text)
        else:
            turns.append(message)
    return turns
