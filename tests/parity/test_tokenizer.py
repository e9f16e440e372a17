"""The real vocabulary against two independent tokenizers, transformers' and SentencePiece's, on 10,000 strings."""

from __future__ import annotations

import json
import random
import unicodedata
from pathlib import Path
from typing import Any

import pytest
import sentencepiece
from transformers import AutoTokenizer

from model.chat import CHAT_TEMPLATE, Message, render_chat
from model.tokenizer import Tokenizer

pytestmark = [pytest.mark.real, pytest.mark.slow]

NUM_STRINGS = 10_000
SCRIPTS = {
    "latin": (0x41, 0x7A),
    "latin accented": (0xC0, 0x24F),
    "greek": (0x370, 0x3FF),
    "cyrillic": (0x400, 0x4FF),
    "armenian": (0x531, 0x587),
    "hebrew": (0x5D0, 0x5EA),
    "arabic": (0x620, 0x6D3),
    "syriac": (0x710, 0x74A),
    "thaana": (0x780, 0x7B1),
    "nko": (0x7C0, 0x7FA),
    "devanagari": (0x904, 0x96F),
    "bengali": (0x985, 0x9EF),
    "gurmukhi": (0xA05, 0xA74),
    "gujarati": (0xA85, 0xAEF),
    "oriya": (0xB05, 0xB6F),
    "tamil": (0xB85, 0xBEF),
    "telugu": (0xC05, 0xC6F),
    "kannada": (0xC85, 0xCEF),
    "malayalam": (0xD05, 0xD6F),
    "sinhala": (0xD85, 0xDF3),
    "thai": (0xE01, 0xE5B),
    "lao": (0xE81, 0xEDD),
    "tibetan": (0xF00, 0xFBC),
    "myanmar": (0x1000, 0x109F),
    "georgian": (0x10A0, 0x10FF),
    "hangul jamo": (0x1100, 0x11FF),
    "ethiopic": (0x1200, 0x137C),
    "cherokee": (0x13A0, 0x13F5),
    "canadian aboriginal": (0x1401, 0x166C),
    "ogham": (0x1681, 0x169A),
    "runic": (0x16A0, 0x16EA),
    "khmer": (0x1780, 0x17E9),
    "mongolian": (0x1820, 0x1878),
    "balinese": (0x1B05, 0x1B59),
    "ol chiki": (0x1C50, 0x1C7F),
    "glagolitic": (0x2C00, 0x2C5F),
    "coptic": (0x2C80, 0x2CEE),
    "tifinagh": (0x2D30, 0x2D67),
    "hiragana": (0x3041, 0x3096),
    "katakana": (0x30A1, 0x30FA),
    "bopomofo": (0x3105, 0x312F),
    "han": (0x4E00, 0x9FA5),
    "han extension b": (0x20000, 0x2A6D6),
    "yi": (0xA000, 0xA48C),
    "vai": (0xA500, 0xA62B),
    "javanese": (0xA984, 0xA9D9),
    "meetei mayek": (0xABC0, 0xABF9),
    "hangul": (0xAC00, 0xD7A3),
    "gothic": (0x10330, 0x1034A),
    "cuneiform": (0x12000, 0x12399),
    "hieroglyphs": (0x13000, 0x1342E),
    "adlam": (0x1E900, 0x1E959),
}
CONTROL = ["<bos>", "<eos>", "<pad>", "<unk>", "<mask>", "<start_of_turn>", "<end_of_turn>", "<unused7>", "<<bos>>"]
LOOKALIKES = [
    *("<bos", "< bos>", "<Bos>", "<end_of_turn", "<start_of_turn >", "<end\u200b_of_turn>", "</s>", "<s>"),
    *("<|im_start|>", "<|endoftext|>", "[INST]", "[multimodal]", "<image_soft_token>", "<0x0A>", "<0xFF>", "<unused>"),
]
WHOLE = ["<table>", "</td>", "<h1>", "<code>", "</code>", "<b", "<img src='a'>", "<ul><li>"]
CODE = [
    *(
        "def f(x):\n    return x ** 2\n",
        "if (a && b) {\n\t\treturn NULL;\n}",
        "SELECT * FROM t WHERE id='7';",
        "\\boxed{42}",
    ),
    *("$\\frac{1}{2}$", "https://example.org/a?b=c&d=%20", "x86_64-linux-gnu", "{'a': [1, 2.5e-3]}", "C:\\new\\table"),
]
EMOJI = [
    "\U0001f600",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "\U0001f44d\U0001f3fd",
    "\U0001f1eb\U0001f1f7",
    "\u2764\ufe0f",
]
MARKS = ["\u0301", "\u0308\u0323", "\u20dd", "\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u202e", "\u00ad"]
BLANKS = [
    *(" ", " ", " ", "\n", "\t", "\r\n", "\u00a0", "\u3000", "\u2028", "\x00", "\x1f", "\x7f", "\u2581", "\ufffd"),
    *(" " * n for n in (2, 3, 4, 8, 31, 32, 40, 70)),
    *("\n" * n for n in (2, 3, 5, 31, 32, 65)),
    *("\t" * n for n in (2, 4, 31, 33)),
]
ODDMENTS = [
    *LOOKALIKES,
    *WHOLE,
    *CODE,
    *EMOJI,
    *MARKS,
    "0",
    "42",
    "3.14159",
    "1,000,000",
    "-7",
    "...",
    "!?",
    "\u2014",
    "\u20ac",
]


def letters(first: int, last: int) -> list[str]:
    return [chr(code) for code in range(first, last + 1) if unicodedata.category(chr(code)) not in ("Cn", "Cs", "Co")]


def generated_strings(count: int) -> list[str]:
    """Words of every script in turn, mixed with numbers, blanks, marks, code, emoji and control-token look-alikes."""
    rng = random.Random(20250312)
    alphabets = [letters(*limits) for limits in SCRIPTS.values()]
    strings = []
    for index in range(count):
        alphabet = alphabets[index % len(alphabets)]
        parts = []
        for _ in range(rng.randint(1, 8)):
            parts.append("".join(rng.choices(alphabet, k=rng.randint(1, 9))))
            parts.append(rng.choice(BLANKS) if rng.random() < 0.3 else rng.choice(("", " ")))
            if rng.random() < 0.3:
                parts.append(rng.choice(ODDMENTS))
        strings.append("".join(parts))
    return strings


def with_control_tokens(strings: list[str]) -> list[str]:
    """The same strings with one control token written somewhere into each."""
    rng = random.Random(7)
    cuts = [rng.randint(0, len(text)) for text in strings]
    return [text[:cut] + rng.choice(CONTROL) + text[cut:] for text, cut in zip(strings, cuts, strict=True)]


STRINGS = generated_strings(NUM_STRINGS)


@pytest.fixture(scope="module")
def ours(gemma_270m_gguf: Path) -> Tokenizer:
    return Tokenizer.from_gguf(gemma_270m_gguf)


@pytest.fixture(scope="session")
def theirs(gemma_270m_gguf: Path) -> Any:
    """transformers' tokenizer of the same file, which takes it 20 seconds to build."""
    return AutoTokenizer.from_pretrained(gemma_270m_gguf.parent, gguf_file=gemma_270m_gguf.name)


@pytest.fixture(scope="module")
def saved(ours: Tokenizer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gemma")
    ours.save(folder)
    return folder


@pytest.fixture(scope="module")
def natural(shared_data: Path) -> list[str]:
    """Sentences in 92 languages."""
    with (shared_data / "langid_dev.jsonl").open(encoding="utf-8") as lines:
        return [json.loads(line)["text"] for line in lines]


def assert_same(theirs: Any, ours: Tokenizer, strings: list[str]) -> None:
    """Same ids with and without control tokens read as such, and the same text back."""
    for text in strings:
        ids = ours.encode(text, add_bos=False)
        assert ids == theirs.encode(text, add_special_tokens=False), repr(text)
        for skip in (True, False):
            assert ours.decode(ids, skip_special=skip) == theirs.decode(ids, skip_special_tokens=skip), repr(text)


def test_the_generated_strings_cover_what_they_are_for() -> None:
    assert len(set(STRINGS)) > 0.99 * NUM_STRINGS
    assert len(SCRIPTS) >= 30
    joined = "".join(STRINGS)
    assert all(oddment in joined for oddment in (*ODDMENTS, *BLANKS))


def test_ten_thousand_strings_become_the_ids_that_transformers_gives(theirs: Any, ours: Tokenizer) -> None:
    assert_same(theirs, ours, STRINGS)


def test_control_tokens_written_in_text_count_as_in_transformers(theirs: Any, ours: Tokenizer) -> None:
    assert_same(theirs, ours, with_control_tokens(STRINGS[:2000]))


def test_sentences_in_92_languages_become_the_ids_that_transformers_gives(
    theirs: Any, ours: Tokenizer, natural: list[str]
) -> None:
    assert_same(theirs, ours, natural)


def test_plain_encoding_equals_transformers_when_it_splits_special_tokens(theirs: Any, ours: Tokenizer) -> None:
    for text in with_control_tokens(STRINGS[:2000]):
        expected = theirs(text, add_special_tokens=False, split_special_tokens=True)["input_ids"]
        assert ours.encode_plain(text) == expected, repr(text)


def test_every_string_survives_encoding_and_decoding_except_the_space_symbol(
    ours: Tokenizer, natural: list[str]
) -> None:
    for text in [*with_control_tokens(STRINGS), *natural]:
        ids = ours.encode_plain(text)
        assert ours.decode(ids) == text.replace("\u2581", " ")
        assert max(ids) < ours.vocab_size


def test_every_string_has_exactly_one_bos(theirs: Any, ours: Tokenizer) -> None:
    for text in with_control_tokens(STRINGS[:2000]):
        assert ours.encode(text, add_bos=True).count(2) == 1
        assert ours.encode("<bos>" + text, add_bos=True) == ours.encode(text, add_bos=True)
        if "<bos>" not in text:
            assert ours.encode(text, add_bos=True) == theirs(text)["input_ids"]


def test_a_saved_folder_gives_the_same_ids_here_and_in_transformers(
    saved: Path, ours: Tokenizer, natural: list[str]
) -> None:
    reread, theirs = Tokenizer.from_folder(saved), AutoTokenizer.from_pretrained(saved)
    assert theirs.padding_side == "left"
    assert theirs("hi")["input_ids"] == ours.encode("hi", add_bos=True)
    assert len(theirs) == ours.vocab_size == reread.vocab_size == 262_144
    for text in with_control_tokens(STRINGS):
        assert reread.encode(text, add_bos=True) == ours.encode(text, add_bos=True)
        assert reread.encode_plain(text) == ours.encode_plain(text)
    assert_same(theirs, ours, [*with_control_tokens(STRINGS[::10]), *natural[::4]])


def test_the_vocabulary_survives_the_way_through_tokenizer_json(saved: Path, ours: Tokenizer) -> None:
    given, derived = ours.vocabulary, Tokenizer.from_folder(saved).vocabulary
    assert derived.pieces == given.pieces
    assert derived.token_types == given.token_types
    best_first = sorted(range(262_144), key=lambda index: -derived.scores[index])
    assert best_first == sorted(range(262_144), key=lambda index: -given.scores[index])


def test_sentencepiece_loads_the_saved_model_and_agrees_except_on_more_than_31_spaces(
    saved: Path, ours: Tokenizer, natural: list[str]
) -> None:
    theirs = sentencepiece.SentencePieceProcessor(model_file=str(saved / "tokenizer.model"))
    assert theirs.vocab_size() == 262_144
    for text in [*with_control_tokens(STRINGS), *natural]:
        if " " * 32 not in text:
            assert theirs.encode(text) == ours.encode_plain(text), repr(text)


def test_image_marks_written_in_plain_text_stay_text(ours: Tokenizer) -> None:
    text = "<start_of_image> <end_of_image> <image_soft_token>"
    ids = ours.encode_plain(text)
    assert not {255_999, 256_000} & set(ids)
    assert max(ids) < 262_144
    assert ours.decode(ids) == text


CONVERSATIONS: list[list[Message]] = [
    [{"role": "user", "content": "What is 17 + 25?"}],
    [
        {"role": "system", "content": "\nAnswer with \\boxed{}.\n"},
        {"role": "user", "content": "  \u4f60\u597d\uff0c\u4e16\u754c \n\n ok"},
        {"role": "assistant", "content": "\n\n```python\nprint(1)\n```\n"},
        {"role": "user", "content": ""},
    ],
    [
        {"role": "user", "content": "\u0645\u0631\u062d\u0628\u0627    <table>"},
        {"role": "assistant", "content": "\u0301x"},
        {"role": "user", "content": "\u2003again\u2003"},
    ],
]


def test_chats_become_the_ids_that_transformers_gives_for_our_template(theirs: Any, ours: Tokenizer) -> None:
    for chat in CONVERSATIONS:
        for header in (True, False):
            expected = theirs.apply_chat_template(
                chat, chat_template=CHAT_TEMPLATE, add_generation_prompt=header, tokenize=True, return_dict=False
            )
            ids = ours.encode_chat(chat, header)
            assert ids == expected
            assert ids == ours.encode(render_chat(chat, header), add_bos=True)
            assert ids.count(2) == 1


def test_chat_of_generated_contents_equals_encoding_the_rendered_text(ours: Tokenizer) -> None:
    rng = random.Random(3)
    for _ in range(500):
        system, question, answer = rng.sample(STRINGS, 3)
        chat: list[Message] = [
            {"role": "system", "content": system},
            {"role": "user", "content": question},
            {"role": "assistant", "content": answer},
        ]
        ids, mask = ours.encode_chat_with_mask(chat)
        assert ids == ours.encode(render_chat(chat, add_generation_header=False), add_bos=True)
        said = [index for index, is_said in zip(ids, mask, strict=True) if is_said]
        assert said == [*ours.encode_plain(answer.strip()), 106]
