"""Conversations as supervised data: every answer is learned once, behind what was said before it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from model.testing_tokenizer import tiny_tokenizer
from rlhf.conversations import Conversations
from rlhf.errors import ConfigError, DataError
from rlhf.prompts import PromptStream, PromptTemplate
from rlhf.sft import demonstrations

TOKENIZER = tiny_tokenizer()


def said(*contents: str, system: str = "") -> list[dict[str, str]]:
    """Messages in turn, the user's first."""
    roles = ("user", "assistant")
    turns = [{"role": roles[number % 2], "content": text} for number, text in enumerate(contents)]
    return [{"role": "system", "content": system}, *turns] if system else turns


LONG = said("hi", "yo", "again?", "yes", "bye", system="Be brief.")
SHORT = said("name a colour", "blue")


def written(folder: Path, *conversations: Any, name: str = "chats.jsonl") -> str:
    path = folder / name
    path.write_text("".join(json.dumps({"messages": one}) + "\n" for one in conversations))
    return str(path)


def stream(source: Conversations, shots: int = 0) -> PromptStream:
    return PromptStream(source, TOKENIZER, PromptTemplate(), max_prompt_tokens=200, seed=0, shots=shots)


def test_every_answer_is_a_problem_behind_what_was_said_before_it(tmp_path: Path) -> None:
    source = Conversations(written(tmp_path, LONG), held_out=0)
    first, second = (source.train(index) for index in range(2))
    assert source.train_size == 2  # the last message has no answer
    assert (first.system, first.history, first.question, first.answer) == ("Be brief.", (), "hi", "yo")
    assert (second.question, second.answer) == ("again?", "yes")
    assert [message["content"] for message in second.history] == ["hi", "yo"]
    assert len({first.id, second.id}) == 2


def test_what_is_learned_is_what_the_tokenizer_masks_as_said_by_the_assistant(tmp_path: Path) -> None:
    prompts = stream(Conversations(written(tmp_path, LONG), held_out=0)).take(2)
    ids, mask = TOKENIZER.encode_chat_with_mask(LONG[:-1])  # type: ignore[arg-type]
    first, second = sorted(prompts, key=lambda prompt: len(prompt.token_ids))
    said_by_model = [token for token, by_model in zip(ids, mask, strict=True) if by_model]
    assert [*first.target_ids, *second.target_ids] == said_by_model
    assert [*second.token_ids, *second.target_ids] == ids[: len(second.token_ids) + len(second.target_ids)]
    assert len(demonstrations(prompts)) == 2


def test_transcripts_and_lists_are_the_same(tmp_path: Path) -> None:
    text = "\n\nHuman: name a colour\n\nAssistant: blue"
    lists, texts = (
        Conversations(written(tmp_path, one, name=f"{name}.jsonl"), held_out=0).train(0)
        for name, one in (("lists", SHORT), ("texts", text))
    )
    assert (lists.question, lists.answer) == (texts.question, texts.answer) == ("name a colour", "blue")


def test_shown_problems_stand_before_the_history(tmp_path: Path) -> None:
    source = Conversations(written(tmp_path, LONG, SHORT, said("one", "two")), held_out=0)
    prompt = next(prompt for prompt in stream(source, shots=1).take(4) if prompt.messages[-1]["content"] == "again?")
    roles = [message["role"] for message in prompt.messages]
    assert roles == ["system", *["user", "assistant"] * 2, "user"]
    assert [message["content"] for message in prompt.messages][-3:] == ["hi", "yo", "again?"]


def test_conversations_that_begin_alike_never_straddle(tmp_path: Path) -> None:
    chats = [said(f"question {i % 10}", f"answer {i}") for i in range(40)]
    source = Conversations(written(tmp_path, *chats), held_out=3)
    held_out = {problem.question for problem in source.held_out(12)}
    assert len(held_out) == 3
    assert source.train_size == 28
    assert not held_out & {source.train(index).question for index in range(28)}
    with pytest.raises(DataError, match="13 held-out answers are asked for, the held-out conversations have 12"):
        source.held_out(13)


def test_a_held_out_file_takes_its_conversations_out_of_training(tmp_path: Path) -> None:
    train, other = written(tmp_path, LONG, SHORT), written(tmp_path, SHORT, name="other.jsonl")
    source = Conversations(train, held_out=other)
    assert [problem.question for problem in source.held_out(1)] == ["name a colour"]
    assert {source.train(index).question for index in range(source.train_size)} == {"hi", "again?"}


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        (said("hi"), "has no answer of the assistant"),
        ([{"role": "assistant", "content": "hi"}], "role 'assistant' where 'user' is due"),
        (said("hi", " "), "message 1 is empty"),
        (said("", "yo"), "message 0 is empty"),
        (said("hi", "yo", "x", "", system="s"), "message 4 is empty"),
        ([{"role": "robot", "content": "hi"}], "needs a role"),
        ([{"role": "user", "content": 7}], "needs a role"),
        ([], "an empty list of messages"),
        ("just a text", "must be a list of messages, or a transcript"),
        (7, "give a text or a list of messages"),
        (None, "must be a list of messages, or a transcript"),
    ],
)
def test_a_bad_row_is_refused_by_name(tmp_path: Path, messages: Any, reason: str) -> None:
    with pytest.raises(DataError, match=reason) as caught:
        Conversations(written(tmp_path, SHORT, messages), held_out=0)
    assert "chats.jsonl, row 2" in str(caught.value)


def test_settings_and_files_that_make_no_sense_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, SHORT)
    for settings, reason in (
        ({"held_out": 0, "column": "chat"}, "has no column 'chat'; it has messages"),
        ({"held_out": 1}, "leaves none of 1 conversations"),
        ({"held_out": True}, "held_out is True"),
        ({"held_out": 1.5}, "held_out is 1.5"),
        ({"held_out": 0, "hub": "org/name"}, "give either path or hub"),
    ):
        with pytest.raises((ConfigError, DataError), match=reason):
            Conversations(path, **settings)
    (tmp_path / "empty.jsonl").write_text("")
    with pytest.raises(DataError, match="has no rows"):
        Conversations(str(tmp_path / "empty.jsonl"), held_out=0)
