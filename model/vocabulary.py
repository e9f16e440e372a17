"""The vocabulary as a value: pieces, scores, types; read from a GGUF file, turned into merges or a SentencePiece model.

GGUF and SentencePiece keep scored pieces and no merges; Hugging Face's BPE wants merges. These follow from the pieces:
one is made by every pair of others that spells it, and pieces are made in the order of their ids.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gguf import TokenType
from sentencepiece import sentencepiece_model_pb2

from model.errors import CheckpointFormatError
from model.gguf_header import read_gguf

SPACE = "\u2581"
"""How BPE and SentencePiece spell a space; GGUF spells runs of them as real spaces."""
UNSCORED = -1000.0
"""Score that Gemma's files give to pieces that no merge order applies to."""

_PROTO: Any = sentencepiece_model_pb2  # protobuf makes its classes at run time, where no type checker sees them


@dataclass(frozen=True, kw_only=True, slots=True)
class Vocabulary:
    """All pieces of a tokenizer, in the order of their ids and as GGUF's `tokenizer.ggml.*` fields hold them.

    >>> tiny = Vocabulary(pieces=("a", "b", "ab"), scores=(-1.0, -2.0, 0.0), token_types=(TokenType.NORMAL,) * 3)
    >>> tiny.merges()
    [('a', 'b')]
    """

    pieces: tuple[str, ...]
    """A run of spaces is spelled with spaces, a single space as U+2581, a byte as `<0x0A>`."""
    scores: tuple[float, ...]
    """Higher is merged earlier."""
    token_types: tuple[TokenType, ...]

    def __post_init__(self) -> None:
        if not len(self.pieces) == len(self.scores) == len(self.token_types):
            raise CheckpointFormatError(
                f"a vocabulary of {len(self.pieces)} pieces has {len(self.scores)} scores and {len(self.token_types)} "
                "types; it needs one of each per piece: take the file from its source again"
            )
        if len(set(self.pieces)) != len(self.pieces):
            twice = [piece for piece, count in Counter(self.pieces).items() if count > 1]
            raise CheckpointFormatError(f"the vocabulary holds {twice[:5]} more than once; give every piece one id")

    @classmethod
    def from_gguf(cls, path: str | Path) -> Vocabulary:
        """The vocabulary that a GGUF file carries.

        Raises:
            CheckpointFormatError: if the file is no GGUF, or its tokenizer is not SentencePiece's (`llama`).
        """
        metadata = read_gguf(path).metadata
        kind = metadata.get("tokenizer.ggml.model")
        if kind != "llama":
            raise CheckpointFormatError(
                f"{path}: tokenizer.ggml.model is {kind!r}, but Gemma's SentencePiece vocabulary is 'llama'; "
                "give the GGUF of a Gemma 3 model, or a folder with its tokenizer.json"
            )
        fields = [f"tokenizer.ggml.{name}" for name in ("tokens", "scores", "token_type")]
        if missing := [name for name in fields if name not in metadata]:
            raise CheckpointFormatError(f"{path} lacks {', '.join(missing)}; convert the model to GGUF again")
        tokens, scores, numbers = (metadata[name] for name in fields)
        if unknown := set(numbers) - _TYPE_OF_NUMBER.keys():
            raise CheckpointFormatError(
                f"{path} has pieces of type {sorted(unknown)}; GGUF knows 1 to 6: convert the model to GGUF again"
            )
        token_types = tuple(_TYPE_OF_NUMBER[number] for number in numbers)
        return cls(pieces=tuple(tokens), scores=tuple(scores), token_types=token_types)

    @classmethod
    def from_merges(
        cls, pieces: Sequence[str], token_types: Sequence[TokenType], merges: Iterable[tuple[str, str]]
    ) -> Vocabulary:
        """The vocabulary whose scores put its pieces in the order that ranked merges make them in.

        Pieces that no merge makes (single characters) follow in the order of their ids.
        """
        order = dict.fromkeys(left + right for left, right in merges)
        order |= dict.fromkeys(spell(piece) for piece in pieces)
        normal = {spell(piece) for piece, kind in zip(pieces, token_types, strict=True) if kind is TokenType.NORMAL}
        rank = {piece: number for number, piece in enumerate(piece for piece in order if piece in normal)}
        scores = [
            0.0 if kind is TokenType.BYTE else -float(rank[spell(piece)]) if kind is TokenType.NORMAL else UNSCORED
            for piece, kind in zip(pieces, token_types, strict=True)
        ]
        return cls(pieces=tuple(pieces), scores=tuple(scores), token_types=tuple(token_types))

    def ids(self) -> dict[str, int]:
        """Piece, spelled as BPE looks it up, to id."""
        return {spell(piece): index for index, piece in enumerate(self.pieces)}

    def merges(self) -> list[tuple[str, str]]:
        """Every pair of pieces that makes a piece, best first: by the id made, then the longest left part.

        Control and byte pieces are never made from text: written out, they are ordinary characters.
        """
        ids = self.ids()
        made = (
            spell(piece)
            for piece, kind in zip(self.pieces, self.token_types, strict=True)
            if kind is TokenType.NORMAL or kind is TokenType.USER_DEFINED
        )
        return [
            (left, right)
            for piece in made
            for cut in range(len(piece) - 1, 0, -1)
            if (left := piece[:cut]) in ids and (right := piece[cut:]) in ids
        ]

    def sentencepiece_model(self) -> bytes:
        """The `tokenizer.model` file of this vocabulary: a serialized SentencePiece ModelProto, type BPE.

        Deviation: Gemma's own file carries its trainer's settings; this one only what encoding and decoding read.
        """
        proto = _PROTO.ModelProto()
        for piece, score, kind in zip(self.pieces, self.scores, self.token_types, strict=True):
            # SentencePiece insists on exactly one unknown piece, which Gemma's GGUF files call a control piece.
            number = TokenType.UNKNOWN if piece == "<unk>" else kind
            proto.pieces.add(piece=spell(piece), score=score, type=int(number))
        proto.trainer_spec.CopyFrom(
            _PROTO.TrainerSpec(
                model_type=_PROTO.TrainerSpec.BPE,
                vocab_size=len(self.pieces),
                byte_fallback=True,
                **{f"{name}_id": self.pieces.index(f"<{name}>") for name in _NAMED},
                **{f"{name}_piece": f"<{name}>" for name in _NAMED},
            )
        )
        proto.normalizer_spec.CopyFrom(
            _PROTO.NormalizerSpec(
                name="identity", add_dummy_prefix=False, remove_extra_whitespaces=False, escape_whitespaces=True
            )
        )
        return proto.SerializeToString()


_NAMED = ("pad", "eos", "bos", "unk")
_TYPE_OF_NUMBER = {kind.value: kind for kind in TokenType}


def spell(piece: str) -> str:
    """The piece with a run of spaces spelled as BPE and SentencePiece do; other pieces unchanged."""
    return SPACE * len(piece) if piece and not piece.strip(" ") else piece
