"""Text to token ids and back, and conversations to ids: the only place where a control token comes into being.

encode         trusted text: control tokens written in it count, as in transformers
encode_plain   anybody's text: control tokens written in it are ordinary characters, as in SentencePiece
encode_chat    messages: the turn tokens are ours, the contents are anybody's
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Any

import tokenizers
from gguf import TokenType
from tokenizers import AddedToken, decoders, normalizers, pre_tokenizers, processors
from tokenizers.models import BPE

from model.chat import BOS, CHAT_TEMPLATE, END_OF_TURN, MODEL_HEADER, START_OF_TURN, Message, chat_turns
from model.errors import CheckpointFormatError, ModelError
from model.files import write_json
from model.tokenizer_cache import remembered
from model.vocabulary import SPACE, Vocabulary

__all__ = ["CHAT_TEMPLATE", "Message", "Tokenizer", "Vocabulary"]

PAD, EOS, UNK = "<pad>", "<eos>", "<unk>"
CONTROL = (PAD, EOS, BOS, UNK, START_OF_TURN, END_OF_TURN)
"""Without these a tokenizer is not Gemma 3's."""
IMAGE_PLACEHOLDER = "<image_soft_token>"
"""Hub tokenizers add it as id 262144, one past the last embedding row of the text-only sizes; it is dropped here."""
IMAGE_BOUNDS = ("<start_of_image>", "<end_of_image>")
"""Gemma's files call these ordinary pieces, yet nobody's text may open an image."""


class Tokenizer:
    """A Gemma 3 tokenizer. Immutable, safe to share between threads.

    Decoding what was encoded gives the text back, with one exception: a literal U+2581 comes back as a space.

    Source: agrees token for token with transformers' GemmaTokenizer (`encode`) and with SentencePiece (`encode_plain`).
    Deviation: a run of more than 31 spaces, the longest piece of spaces, is cut as transformers cuts it; SentencePiece
    takes the longest piece first. And `<start_of_image>` written in plain text is text here, in both others a token.
    """

    def __init__(
        self, backend: tokenizers.Tokenizer, *, source: str = "the tokenizer", vocabulary: Vocabulary | None = None
    ) -> None:
        """Wraps a `tokenizers` object without its image placeholder, truncation and padding.

        Args:
            source: where it comes from, for error messages.
            vocabulary: what it was built from, if it was; else derived when it is asked for.
        Raises:
            CheckpointFormatError: if a control token of Gemma 3 is missing; it names which.
        """
        ids = {piece: index for piece in CONTROL if (index := backend.token_to_id(piece)) is not None}
        if missing := [piece for piece in CONTROL if piece not in ids]:
            raise CheckpointFormatError(
                f"{source} lacks the control tokens {', '.join(missing)}; give the tokenizer of a Gemma 3 checkpoint"
            )
        self._source = source
        self._given_vocabulary = vocabulary
        self._backend = _without(backend, {IMAGE_PLACEHOLDER}, source)
        special = {token.content for token in backend.get_added_tokens_decoder().values() if token.special}
        self._plain = _without(self._backend, special | {*CONTROL, *IMAGE_BOUNDS}, source)
        self.pad_id, self.eos_id, self.bos_id = ids[PAD], ids[EOS], ids[BOS]
        self.start_of_turn_id, self.end_of_turn_id = ids[START_OF_TURN], ids[END_OF_TURN]
        self.stop_ids = (self.eos_id, self.end_of_turn_id)
        """Either ends a completion: a base model says `<eos>`, a chat model `<end_of_turn>`."""
        self.vocab_size = self._backend.get_vocab_size(with_added_tokens=True)
        """Every id that text can become is below this."""

    @classmethod
    def from_gguf(cls, path: str | Path) -> Tokenizer:
        """The tokenizer of a GGUF file's own vocabulary.

        Raises:
            CheckpointFormatError: if the file cannot be read or its vocabulary is not a Gemma 3 one.
        """
        vocabulary = Vocabulary.from_gguf(path)
        return cls(remembered(vocabulary, _build), source=str(path), vocabulary=vocabulary)

    @classmethod
    def from_folder(cls, folder: str | Path) -> Tokenizer:
        """The tokenizer of a Hugging Face folder's `tokenizer.json`.

        Raises:
            CheckpointFormatError: if the file is missing, cannot be parsed, or is not a Gemma 3 tokenizer.
        """
        path = Path(folder) / "tokenizer.json"
        if not path.is_file():
            raise CheckpointFormatError(
                f"no tokenizer.json in {folder}; copy it there from the checkpoint that the model was trained from"
            )
        try:
            backend = tokenizers.Tokenizer.from_file(str(path))
        except Exception as error:  # the library raises bare Exception for any parse error
            raise CheckpointFormatError(f"{path} cannot be parsed ({error}); copy the file again") from error
        return cls(backend, source=str(path))

    @classmethod
    def from_vocabulary(cls, vocabulary: Vocabulary, *, source: str = "the vocabulary") -> Tokenizer:
        """The tokenizer that BPE over this vocabulary makes, merges derived.

        Raises:
            CheckpointFormatError: if a control token of Gemma 3 is missing; it names which.
        """
        return cls(_build(vocabulary), source=source, vocabulary=vocabulary)

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """Pieces, scores and types for `tokenizer.ggml.*` and `tokenizer.model`; seconds when not built from one."""
        return self._given_vocabulary or _derive_vocabulary(self._backend, self.vocab_size, self._source)

    def encode(self, text: str, *, add_bos: bool) -> list[int]:
        """Ids of trusted text; a control token written in it becomes that token.

        With `add_bos` exactly one BOS comes first, whether or not the text starts with `<bos>`; one further inside is
        ordinary characters then. Without, the ids are transformers' with `add_special_tokens=False`.
        """
        if not add_bos:
            return _ids(self._backend, text)
        while text.startswith(BOS):
            text = text.removeprefix(BOS)
        first, *others = text.split(BOS)
        ids = [self.bos_id, *_ids(self._backend, first)]
        for part in others:
            ids += self.encode_plain(BOS) + _ids(self._backend, part)
        return ids

    def encode_plain(self, text: str) -> list[int]:
        """Ids of text that may come from anybody: no control token, whatever is written in it, and no BOS."""
        return _ids(self._plain, text)

    def decode(self, ids: Sequence[int], *, skip_special: bool = True) -> str:
        """The text of ids, without control tokens unless told otherwise; bytes that are not UTF-8 become U+FFFD."""
        return self._backend.decode(list(ids), skip_special_tokens=skip_special)

    def token_bytes(self, token: int) -> bytes:
        """What a token adds to the UTF-8 of the text: one byte of a byte token, nothing of a control token."""
        piece = self._backend.id_to_token(token) or ""
        return bytes([int(piece[3:5], 16)]) if _is_byte(piece) else self.decode([token]).encode()

    def encode_chat(self, messages: Sequence[Message], add_generation_header: bool = True) -> list[int]:
        """Ids of a conversation with exactly one BOS; control tokens written in a content are ordinary characters.

        Equals `encode(model.chat.render_chat(...), add_bos=True)` when no content holds a control token.

        Raises:
            ModelError: if the turns do not alternate.
        """
        ids, _ = self._encode_turns(messages)
        if add_generation_header:
            ids += [self.start_of_turn_id, *self.encode_plain(MODEL_HEADER)]
        return ids

    def encode_chat_with_mask(self, messages: Sequence[Message]) -> tuple[list[int], list[bool]]:
        """Ids of a whole conversation, and True where an assistant's content or the `<end_of_turn>` after it stands.

        The newline after `<end_of_turn>` is not the assistant's: sampling stops before it.

        Raises:
            ModelError: if the turns do not alternate or none of them is the assistant's.
        """
        ids, mask = self._encode_turns(messages)
        if not any(mask):
            raise ModelError(
                f"the chat of {len(messages)} messages has no assistant turn to learn from; add one or drop the chat"
            )
        return ids, mask

    def save(self, folder: str | Path) -> None:
        """Writes the files that transformers, SentencePiece and llama.cpp's converter look for in a model's folder."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        named = {"bos_token": BOS, "eos_token": EOS, "pad_token": PAD, "unk_token": UNK}
        self._backend.save(str(folder / "tokenizer.json"), pretty=False)
        write_json(folder / "tokenizer_config.json", _config(self._backend) | named)
        write_json(folder / "special_tokens_map.json", named)
        (folder / "chat_template.jinja").write_text(CHAT_TEMPLATE, encoding="utf-8")
        (folder / "tokenizer.model").write_bytes(self.vocabulary.sentencepiece_model())

    def _encode_turns(self, messages: Sequence[Message]) -> tuple[list[int], list[bool]]:
        """BOS and all turns, with the mask of what the assistant said."""
        newline = self.encode_plain("\n")
        header_length = len(self.encode_plain(MODEL_HEADER))
        ids, mask = [self.bos_id], [False]
        for turn in chat_turns(messages):
            inner = self.encode_plain(turn.text)
            ids += [self.start_of_turn_id, *inner, self.end_of_turn_id, *newline]
            # The header ends in a newline, which no piece joins to the trimmed content: its length is always the same.
            start = header_length if turn.by_model else len(inner)
            said = [turn.by_model] * (len(inner) - start + 1)
            mask += [False] * (1 + start) + said + [False] * len(newline)
        return ids, mask


def _ids(backend: tokenizers.Tokenizer, text: str) -> list[int]:
    try:
        return backend.encode(text, add_special_tokens=False).ids
    except TypeError as error:
        raise ModelError(
            f"cannot encode {text!r:.100}: it is no Unicode text (lone surrogates, or not a string at all); "
            "clean the data with text.encode('utf-8', 'replace').decode()"
        ) from error


def _build(vocabulary: Vocabulary) -> tokenizers.Tokenizer:
    """BPE over the vocabulary, its merges derived, with what Gemma 3 does before and behind it."""
    model = BPE(vocabulary.ids(), vocabulary.merges(), byte_fallback=True, fuse_unk=True, unk_token=UNK)
    backend = tokenizers.Tokenizer(model)
    backend.normalizer = normalizers.Replace(" ", SPACE)
    backend.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    backend.decoder = decoders.Sequence([decoders.Replace(SPACE, " "), decoders.ByteFallback(), decoders.Fuse()])
    _add(backend, vocabulary)
    if (bos_id := backend.token_to_id(BOS)) is not None:
        backend.post_processor = processors.TemplateProcessing(
            single=f"{BOS} $A", pair=f"{BOS} $A {BOS}:1 $B:1", special_tokens=[(BOS, bos_id)]
        )
    return backend


def _add(backend: tokenizers.Tokenizer, vocabulary: Vocabulary) -> None:
    """Registers the pieces that are matched whole in text. Runs of spaces are not: BPE makes them."""
    pieces = list(zip(vocabulary.pieces, vocabulary.token_types, strict=True))
    control = [piece for piece, kind in pieces if kind is TokenType.CONTROL or piece == UNK]
    whole = [piece for piece, kind in pieces if kind is TokenType.USER_DEFINED and piece.strip(" ")]
    backend.add_special_tokens([AddedToken(piece, normalized=False, special=True) for piece in control])
    backend.add_tokens([AddedToken(piece, normalized=False, special=False) for piece in whole])


def _without(backend: tokenizers.Tokenizer, dropped: set[str], source: str) -> tokenizers.Tokenizer:
    """The same tokenizer without some of its added tokens; the model's memory is shared.

    Raises:
        CheckpointFormatError: if that would move the ids of tokens that somebody added to the vocabulary.
    """
    rebuilt = tokenizers.Tokenizer(backend.model)
    rebuilt.normalizer = backend.normalizer
    rebuilt.pre_tokenizer = backend.pre_tokenizer
    rebuilt.decoder = backend.decoder
    rebuilt.post_processor = backend.post_processor
    added = sorted(backend.get_added_tokens_decoder().items())
    kept = [(index, token) for index, token in added if token.content not in dropped]
    for special, tokens in groupby((token for _, token in kept), key=lambda token: token.special):
        (rebuilt.add_special_tokens if special else rebuilt.add_tokens)(list(tokens))
    if moved := [token.content for index, token in kept if rebuilt.token_to_id(token.content) != index]:
        raise CheckpointFormatError(
            f"{source} adds {', '.join(moved[:5])} behind Gemma 3's vocabulary, which is not supported; "
            "give the tokenizer of the original checkpoint"
        )
    return rebuilt


def _derive_vocabulary(backend: tokenizers.Tokenizer, vocab_size: int, source: str) -> Vocabulary:
    """The vocabulary of a tokenizer that was read from `tokenizer.json`, scores from the order of its merges."""
    by_id = {index: piece for piece, index in backend.get_vocab(with_added_tokens=True).items()}
    if missing := [index for index in range(vocab_size) if index not in by_id]:
        raise CheckpointFormatError(
            f"{source} has no token for ids {missing[:5]}; give every id below {vocab_size} one"
        )
    model = json.loads(backend.to_str())["model"]
    if model["type"] != "BPE" or not model["byte_fallback"]:
        raise CheckpointFormatError(
            f"{source} is not BPE with byte fallback; give the tokenizer of a Gemma 3 checkpoint"
        )
    added = backend.get_added_tokens_decoder()
    pieces, types = [], []
    for index in range(vocab_size):
        piece, token = by_id[index], added.get(index)
        if len(piece) > 1 and not piece.strip(SPACE):
            # Gemma registers every run of spaces as a piece of its own, spelled with real spaces outside BPE.
            piece, kind = " " * len(piece), TokenType.USER_DEFINED
        elif token is not None:
            kind = TokenType.CONTROL if token.special else TokenType.USER_DEFINED
        else:
            kind = TokenType.BYTE if _is_byte(piece) else TokenType.NORMAL
        pieces.append(piece)
        types.append(kind)
    return Vocabulary.from_merges(pieces, types, ((left, right) for left, right in model["merges"]))


def _is_byte(piece: str) -> bool:
    return len(piece) == 6 and piece.startswith("<0x") and piece.endswith(">")


def _config(backend: tokenizers.Tokenizer) -> dict[str, Any]:
    """What `tokenizer_config.json` says besides the named tokens."""
    added = {
        str(index): {
            "content": token.content,
            "lstrip": token.lstrip,
            "normalized": token.normalized,
            "rstrip": token.rstrip,
            "single_word": token.single_word,
            "special": token.special,
        }
        for index, token in sorted(backend.get_added_tokens_decoder().items())
    }
    return {
        "tokenizer_class": "GemmaTokenizer",
        "add_bos_token": True,
        "add_eos_token": False,
        "padding_side": "left",
        "clean_up_tokenization_spaces": False,
        "chat_template": CHAT_TEMPLATE,
        "added_tokens_decoder": added,
    }
