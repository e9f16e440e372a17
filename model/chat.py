"""Gemma's chat format as text: who may speak when, and what a conversation looks like with its turn tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypedDict

from model.errors import ModelError

BOS = "<bos>"
START_OF_TURN = "<start_of_turn>"
END_OF_TURN = "<end_of_turn>"
MODEL_HEADER = "model\n"
"""What follows the start of a turn that the model speaks in."""


class Message(TypedDict):
    """One message of a conversation, as chat data sets spell it."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Turn:
    """One turn as Gemma sees it, without its control tokens."""

    text: str
    """Header line and trimmed content: `user\\nHello`."""
    by_model: bool

    @property
    def rendered(self) -> str:
        return f"{START_OF_TURN}{self.text}{END_OF_TURN}\n"


def chat_turns(messages: Sequence[Message]) -> list[Turn]:
    """The turns of a conversation: the system text folded into the first user turn, the assistant renamed `model`.

    Raises:
        ModelError: if there is no turn, a content is not a string, or user and assistant do not alternate.

    >>> chat = [Message(role="system", content="Be brief."), Message(role="user", content=" Hi ")]
    >>> [turn.text for turn in chat_turns(chat)]
    ['user\\nBe brief.\\n\\nHi']
    """
    for index, message in enumerate(messages):
        if not isinstance(message["content"], str):
            raise ModelError(f"message {index} has the content {message['content']!r:.80}; give its text as one string")
    prefix, offset = "", 0
    if messages and messages[0]["role"] == "system":
        prefix, offset = messages[0]["content"] + "\n\n", 1
    spoken = messages[offset:]
    if not spoken:
        raise ModelError(f"the chat of {len(messages)} messages has no user turn; add a message with role 'user'")
    turns = []
    for index, message in enumerate(spoken):
        expected = "assistant" if index % 2 else "user"
        if message["role"] != expected:
            raise ModelError(
                f"message {index + offset} has role {message['role']!r} where {expected!r} is due: 'user' and "
                "'assistant' alternate after an optional 'system' message; join neighbours of one role into one"
            )
        header = MODEL_HEADER if index % 2 else "user\n"
        turns.append(
            Turn(text=header + ("" if index else prefix) + message["content"].strip(), by_model=index % 2 == 1)
        )
    return turns


def render_chat(messages: Sequence[Message], add_generation_header: bool = True) -> str:
    """The conversation as text, `<bos>` first; with the header of the model's next turn unless told otherwise.

    Source: the chat template of the Gemma 3 instruction-tuned checkpoints. Deviation: a chat without a user turn and a
    role other than these three are errors here; that template drops the one and passes the other through.
    """
    header = START_OF_TURN + MODEL_HEADER if add_generation_header else ""
    return BOS + "".join(turn.rendered for turn in chat_turns(messages)) + header


CHAT_TEMPLATE = r"""
{%- set prefix = '' -%}
{%- set turns = messages -%}
{%- if messages and messages[0]['role'] == 'system' -%}
    {%- set prefix = messages[0]['content'] + '\n\n' -%}
    {%- set turns = messages[1:] -%}
{%- endif -%}
{%- if not turns -%}
    {{- raise_exception("the chat has no user turn") -}}
{%- endif -%}
{{- bos_token -}}
{%- for turn in turns -%}
    {%- set expected = 'assistant' if loop.index0 % 2 else 'user' -%}
    {%- if turn['role'] != expected -%}
        {{- raise_exception("turn " ~ loop.index0 ~ " must have the role " ~ expected) -}}
    {%- endif -%}
    {%- if turn['content'] is not string -%}
        {{- raise_exception("turn " ~ loop.index0 ~ " must have text as its content") -}}
    {%- endif -%}
    {{- '<start_of_turn>' + ('model' if loop.index0 % 2 else 'user') + '\n' -}}
    {%- if loop.first -%}
        {{- prefix -}}
    {%- endif -%}
    {{- turn['content'] | trim -}}
    {{- '<end_of_turn>\n' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}
    {{- '<start_of_turn>model\n' -}}
{%- endif -%}
"""
"""`render_chat` in Jinja, for programs that render chats themselves (transformers, llama.cpp, inference servers)."""
