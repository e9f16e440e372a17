"""A tokenizer of 512 pieces for the tiny random networks: Gemma's rules and control ids, any text through its bytes."""

from __future__ import annotations

from functools import cache

from gguf import TokenType

from model.chat import BOS, END_OF_TURN, START_OF_TURN
from model.tokenizer import EOS, PAD, UNK, Tokenizer
from model.vocabulary import SPACE, Vocabulary

VOCAB_SIZE = 512
_CONTROL = {0: PAD, 1: EOS, 2: BOS, 3: UNK, 4: "<mask>", 105: START_OF_TURN, 106: END_OF_TURN}
_WHOLE = {5: "[multimodal]", 107: "\n", 108: "\n\n", 109: "\n\n\n", 110: "\n\n\n\n"}
_FIRST_BYTE = 111
_CHARACTERS = SPACE + "".join(map(chr, range(0x21, 0x7F)))
_WORDS = (
    *("user", "model", "\\boxed{", "Answer", "▁answer", "▁What", "▁is", "▁the", "▁and", "▁of", "▁to", "▁in", "▁that"),
    *("▁it", "▁for", "▁are", "▁on", "▁you", "▁how", "▁many", "▁plus", "▁minus", "▁times", "▁=", "▁+", "▁-", "▁*", "▁("),
    *("er", "re", "ing", "ed", "es", "ar", "or", "an", "en", "at", "on", "in", "th", "he", "al", "le", "st", "nd"),
    *(
        "<answer>",
        "</answer>",
        "</",
        "##",
        "**",
        ":▁",
        "Question",
        "?▁",
        ".▁",
        ",▁",
        "ll",
        "ly",
        "te",
        "ti",
        "▁number",
        "Wh",
    ),
)


@cache
def tiny_tokenizer() -> Tokenizer:
    """A `Tokenizer` with ids below 512; BOS, EOS, padding and turn tokens have the ids of the real one."""
    return Tokenizer.from_vocabulary(tiny_vocabulary(), source="the tiny tokenizer")


def tiny_vocabulary() -> Vocabulary:
    """512 pieces: control tokens, newlines, 256 bytes, printable ASCII, and common words with all their beginnings.

    Pieces are scored, as in Gemma's file, by their order.
    """
    fixed = {index: (piece, TokenType.CONTROL) for index, piece in _CONTROL.items()}
    fixed |= {index: (piece, TokenType.USER_DEFINED) for index, piece in _WHOLE.items()}
    fixed |= {_FIRST_BYTE + byte: (f"<0x{byte:02X}>", TokenType.BYTE) for byte in range(256)}
    free = [index for index in range(VOCAB_SIZE) if index not in fixed]
    words = dict.fromkeys(word[:end] for word in _WORDS for end in range(2, len(word) + 1))
    normal = [*words, *_CHARACTERS]
    fixed |= {index: (piece, TokenType.NORMAL) for index, piece in zip(free, normal, strict=False)}
    fixed |= {index: (f"<unused{index}>", TokenType.CONTROL) for index in free[len(normal) :]}
    pieces, token_types = zip(*(fixed[index] for index in range(VOCAB_SIZE)), strict=True)
    return Vocabulary.from_merges(pieces, token_types, merges=())
