"""Stand-ins that tests build by hand: small, exact, and without files."""

from __future__ import annotations

from collections.abc import Sequence

from model.chat import MODEL_HEADER, Message, chat_turns, render_chat

_FIRST_CHARACTER = 200


class FakeTokenizer:
    """One token per ASCII character, with Gemma's special ids; fits the 512 words of the tiny networks.

    Newline is 199, a space 200, `a` 265; any other character becomes `?`.
    """

    pad_id, eos_id, bos_id = 0, 1, 2
    start_of_turn_id, end_of_turn_id = 105, 106
    stop_ids = (1, 106)
    vocab_size = 512

    def encode(self, text: str, *, add_bos: bool) -> list[int]:
        return [self.bos_id] * add_bos + [_id(character) for character in text]

    def decode(self, ids: Sequence[int], *, skip_special: bool = True) -> str:
        specials = {0: "<pad>", 1: "<eos>", 2: "<bos>", 105: "<start_of_turn>", 106: "<end_of_turn>"}
        return "".join(specials[i] * (not skip_special) if i in specials else _character(i) for i in ids)

    def render_chat(self, messages: Sequence[Message], add_generation_header: bool = True) -> str:
        return render_chat(messages, add_generation_header)

    def encode_chat(self, messages: Sequence[Message], add_generation_header: bool = True) -> list[int]:
        ids, _ = self._encode_turns(messages)
        return ids + [self.start_of_turn_id, *self.encode(MODEL_HEADER, add_bos=False)] * add_generation_header

    def encode_chat_with_mask(self, messages: Sequence[Message]) -> tuple[list[int], list[bool]]:
        return self._encode_turns(messages)

    def _encode_turns(self, messages: Sequence[Message]) -> tuple[list[int], list[bool]]:
        ids, said = [self.bos_id], [False]
        for turn in chat_turns(messages):
            inner = self.encode(turn.text, add_bos=False)
            header = turn.text.index("\n") + 1
            ids += [self.start_of_turn_id, *inner, self.end_of_turn_id, _id("\n")]
            said += [False, *[False] * header, *[turn.by_model] * (len(inner) - header + 1), False]
        return ids, said


def _id(character: str) -> int:
    if character == "\n":
        return _FIRST_CHARACTER - 1
    return _FIRST_CHARACTER + (ord(character) if " " <= character <= "~" else ord("?")) - ord(" ")


def _character(token: int) -> str:
    if token == _FIRST_CHARACTER - 1:
        return "\n"
    return chr(token - _FIRST_CHARACTER + ord(" ")) if _FIRST_CHARACTER <= token < _FIRST_CHARACTER + 95 else "?"
