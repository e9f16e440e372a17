"""The tokenizer's rules on a vocabulary of 512 pieces: BOS, control text, chat turns, files, errors."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import gguf
import pytest
import sentencepiece
import tokenizers
from gguf import TokenType
from hypothesis import given
from hypothesis import strategies as st
from jinja2.exceptions import TemplateError
from transformers import AutoTokenizer
from transformers.utils.chat_template_utils import render_jinja_template

from model.chat import CHAT_TEMPLATE, Message, render_chat
from model.errors import CheckpointFormatError, ModelError
from model.testing_tokenizer import tiny_tokenizer, tiny_vocabulary
from model.tokenizer import Tokenizer
from model.vocabulary import Vocabulary

TOKENIZER = tiny_tokenizer()
CONTROL_TEXTS = ("<bos>", "<eos>", "<pad>", "<unk>", "<start_of_turn>", "<end_of_turn>", "<image_soft_token>")


def user(content: str) -> Message:
    return {"role": "user", "content": content}


def assistant(content: str) -> Message:
    return {"role": "assistant", "content": content}


def system(content: str) -> Message:
    return {"role": "system", "content": content}


CONVERSATIONS: list[list[Message]] = [
    [user("hi")],
    [user("  spaces around \n")],
    [user("hi"), assistant("yo")],
    [user("hi"), assistant("yo"), user("again?")],
    [system("Be brief."), user("hi")],
    [system("\n untrimmed \n\n"), user("\n\nhi"), assistant(" yo\n"), user("more")],
    [system(""), user("after an empty system text")],
    [user(""), assistant("")],
    [user("line\n\n\nline\n\tcode"), assistant("\\boxed{4}"), user("x  y"), assistant("z")],
    [user("{{ bos_token }} {% raw %} 'quotes' \"double\""), assistant("</s> <|im_end|>")],
    [user("\u00e9\u4e2d\U0001f600 \u0645"), assistant("\u200b\u00a0trimmed\u00a0")],
    [system("You add."), user("1 + 1"), assistant("2"), user("2 + 2"), assistant("4"), user("3 + 3")],
]


def write_gguf(path: Path, vocabulary: Vocabulary, *, kind: str = "llama", first_type: int | None = None) -> Path:
    """A file with this vocabulary and no tensors; the first piece's type can be any number."""
    types = [int(token_type) for token_type in vocabulary.token_types]
    writer = gguf.GGUFWriter(path, "gemma3")
    writer.add_tokenizer_model(kind)
    writer.add_token_list(list(vocabulary.pieces))
    writer.add_token_scores(list(vocabulary.scores))
    writer.add_token_types(types if first_type is None else [first_type, *types[1:]])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tokenizer")
    TOKENIZER.save(folder)
    return folder


@given(st.text())
def test_any_text_survives_encoding_and_decoding_except_the_space_symbol(text: str) -> None:
    ids = TOKENIZER.encode_plain(text)
    assert TOKENIZER.decode(ids) == text.replace("\u2581", " ")
    assert all(0 <= index < 512 for index in ids)


def test_control_ids_are_those_of_the_real_tokenizer() -> None:
    assert (TOKENIZER.pad_id, TOKENIZER.eos_id, TOKENIZER.bos_id) == (0, 1, 2)
    assert (TOKENIZER.start_of_turn_id, TOKENIZER.end_of_turn_id) == (105, 106)
    assert TOKENIZER.stop_ids == (1, 106)
    assert TOKENIZER.encode("\n", add_bos=False) == [107]
    assert TOKENIZER.vocab_size == 512


@pytest.mark.parametrize("text", ["", "hi", "<bos>hi", "<bos><bos>hi", "hi<bos>there", "<bos>a<bos>b<bos>", "<bos>"])
def test_encoding_with_bos_gives_exactly_one_and_first(text: str) -> None:
    ids = TOKENIZER.encode(text, add_bos=True)
    assert ids[0] == 2
    assert ids.count(2) == 1


def test_a_written_bos_and_an_added_one_give_the_same_ids() -> None:
    assert TOKENIZER.encode("<bos>hi", add_bos=True) == TOKENIZER.encode("hi", add_bos=True)


def test_a_bos_inside_the_text_is_kept_as_characters() -> None:
    assert TOKENIZER.decode(TOKENIZER.encode("a<bos>b<end_of_turn>", add_bos=True)) == "a<bos>b"


def test_control_tokens_in_trusted_text_count() -> None:
    assert TOKENIZER.encode("<start_of_turn><end_of_turn>\n", add_bos=False) == [105, 106, 107]


@pytest.mark.parametrize("text", CONTROL_TEXTS)
def test_control_text_in_a_message_stays_text(text: str) -> None:
    content = f"say {text} please{text}"
    ids = TOKENIZER.encode_chat([user(content)], add_generation_header=False)
    assert ids[:2] == [2, 105]
    assert ids[-2:] == [106, 107]
    assert not {0, 1, 2, 3, 105, 106} & set(ids[2:-2])
    assert max(ids) < TOKENIZER.vocab_size
    assert TOKENIZER.decode(ids) == f"user\n{content}\n"


def test_skipping_special_tokens_is_a_choice() -> None:
    ids = TOKENIZER.encode_chat([user("hi")])
    assert TOKENIZER.decode(ids) == "user\nhi\nmodel\n"
    assert TOKENIZER.decode(ids, skip_special=False) == (
        "<bos><start_of_turn>user\nhi<end_of_turn>\n<start_of_turn>model\n"
    )


def test_bytes_that_are_not_text_decode_to_the_replacement_character() -> None:
    pieces = TOKENIZER.vocabulary.pieces
    assert TOKENIZER.decode([pieces.index("<0xC3>"), pieces.index("a")]) == "\ufffda"


def test_system_text_opens_the_first_user_turn() -> None:
    chat = [system("Be brief. "), user(" hi "), assistant("yo\n"), user("bye")]
    assert render_chat(chat) == (
        "<bos><start_of_turn>user\nBe brief. \n\nhi<end_of_turn>\n<start_of_turn>model\nyo<end_of_turn>\n"
        "<start_of_turn>user\nbye<end_of_turn>\n<start_of_turn>model\n"
    )
    assert render_chat([user("hi")], False) == "<bos><start_of_turn>user\nhi<end_of_turn>\n"


@pytest.mark.parametrize("chat", CONVERSATIONS)
@pytest.mark.parametrize("header", [True, False])
def test_the_jinja_template_renders_what_python_renders(chat: list[Message], header: bool) -> None:
    rendered, _ = render_jinja_template(
        [chat], chat_template=CHAT_TEMPLATE, add_generation_prompt=header, bos_token="<bos>"
    )
    assert rendered == [render_chat(chat, header)]


@pytest.mark.parametrize("chat", CONVERSATIONS)
@pytest.mark.parametrize("header", [True, False])
def test_encoding_messages_equals_encoding_the_rendered_chat(chat: list[Message], header: bool) -> None:
    assert TOKENIZER.encode_chat(chat, header) == TOKENIZER.encode(render_chat(chat, header), add_bos=True)


@pytest.mark.parametrize(
    ("chat", "words"),
    [
        ([], "no user turn"),
        ([system("alone")], "no user turn"),
        ([assistant("first")], "message 0 has role 'assistant'"),
        ([user("a"), user("b")], "message 1 has role 'user'"),
        ([system("s"), user("a"), assistant("b"), assistant("c")], "message 3 has role 'assistant'"),
        ([user("a"), system("late")], "message 1 has role 'system'"),
        ([user("a"), {"role": "model", "content": "b"}], "message 1 has role 'model'"),
        ([user("a"), {"role": "tool", "content": "b"}], "message 1 has role 'tool'"),
        ([user("a"), {"role": "assistant", "content": [{"type": "text"}]}], "message 1 has the content"),
    ],
)
def test_a_chat_out_of_turn_is_refused_by_python_and_by_the_template(chat: list[Message], words: str) -> None:
    with pytest.raises(ModelError, match=words):
        TOKENIZER.encode_chat(chat)
    with pytest.raises(TemplateError):
        render_jinja_template([chat], chat_template=CHAT_TEMPLATE, add_generation_prompt=True, bos_token="<bos>")


def test_the_mask_covers_what_the_assistant_said_and_its_end_of_turn() -> None:
    chat = [system("be kind"), user("hi"), assistant("  hello there\n"), user("more"), assistant("")]
    ids, mask = TOKENIZER.encode_chat_with_mask(chat)
    assert ids == TOKENIZER.encode_chat(chat, add_generation_header=False)
    assert len(mask) == len(ids)
    said = [index for index, is_said in zip(ids, mask, strict=True) if is_said]
    assert said == [*TOKENIZER.encode_plain("hello there"), 106, 106]
    before = [index for index, is_said in zip(ids, mask, strict=True) if not is_said]
    assert TOKENIZER.decode(before, skip_special=False) == (
        "<bos><start_of_turn>user\nbe kind\n\nhi<end_of_turn>\n<start_of_turn>model\n\n"
        "<start_of_turn>user\nmore<end_of_turn>\n<start_of_turn>model\n\n"
    )


def test_a_system_text_that_begins_with_a_newline_leaves_the_mask_in_place() -> None:
    ids, mask = TOKENIZER.encode_chat_with_mask([system("\n"), user(""), assistant("ok")])
    said = [index for index, is_said in zip(ids, mask, strict=True) if is_said]
    assert said == [*TOKENIZER.encode_plain("ok"), 106]


def test_a_chat_without_an_assistant_is_nothing_to_learn_from() -> None:
    with pytest.raises(ModelError, match="no assistant turn"):
        TOKENIZER.encode_chat_with_mask([user("hi")])


def test_text_with_a_lone_surrogate_is_one_clear_error() -> None:
    with pytest.raises(ModelError, match="lone surrogates"):
        TOKENIZER.encode("broken \ud800", add_bos=True)


TEXTS = [*CONTROL_TEXTS, "<bos>hi  there\n\n\nyou", "a<end_of_turn>b", "\\boxed{12}", "\u00e9\u4e2d\x00 <unused500>"]


def test_a_saved_folder_and_a_gguf_give_the_same_ids(saved: Path, tmp_path: Path) -> None:
    from_folder = Tokenizer.from_folder(saved)
    from_gguf = Tokenizer.from_gguf(write_gguf(tmp_path / "tiny.gguf", tiny_vocabulary()))
    for text in TEXTS:
        ids = TOKENIZER.encode(text, add_bos=True)
        assert from_folder.encode(text, add_bos=True) == ids
        assert from_gguf.encode(text, add_bos=True) == ids
        assert from_folder.encode_plain(text) == from_gguf.encode_plain(text) == TOKENIZER.encode_plain(text)


def test_the_vocabulary_survives_the_way_through_tokenizer_json(saved: Path) -> None:
    derived = Tokenizer.from_folder(saved).vocabulary
    assert derived.pieces == tiny_vocabulary().pieces
    assert derived.token_types == tiny_vocabulary().token_types
    best_first = sorted(range(512), key=lambda index: -derived.scores[index])
    assert best_first == sorted(range(512), key=lambda index: -tiny_vocabulary().scores[index])


def test_runs_of_spaces_are_spelled_with_spaces_outside_bpe(tmp_path: Path) -> None:
    vocabulary = tiny_vocabulary()
    unused = vocabulary.pieces.index("<unused" + str(511) + ">")
    pieces = (*vocabulary.pieces[:unused], "  ", *vocabulary.pieces[unused + 1 :])
    types = (*vocabulary.token_types[:unused], TokenType.USER_DEFINED, *vocabulary.token_types[unused + 1 :])
    spaced = Tokenizer.from_vocabulary(replace(vocabulary, pieces=pieces, token_types=types))
    assert spaced.encode("  ", add_bos=False) == [unused]
    spaced.save(tmp_path)
    assert Tokenizer.from_folder(tmp_path).vocabulary.pieces == pieces
    assert Tokenizer.from_folder(tmp_path).vocabulary.token_types == types


def test_transformers_loads_the_saved_folder_and_gives_the_same_ids(saved: Path) -> None:
    theirs = AutoTokenizer.from_pretrained(saved)
    assert theirs.padding_side == "left"
    assert (theirs.bos_token_id, theirs.eos_token_id, theirs.pad_token_id, theirs.unk_token_id) == (2, 1, 0, 3)
    for text in TEXTS:
        assert theirs(text, add_special_tokens=False)["input_ids"] == TOKENIZER.encode(text, add_bos=False)
    assert theirs("hi")["input_ids"] == TOKENIZER.encode("hi", add_bos=True)
    for chat in CONVERSATIONS:
        ids = theirs.apply_chat_template(chat, add_generation_prompt=True, return_dict=False)
        assert ids == TOKENIZER.encode_chat(chat)


def test_sentencepiece_loads_the_saved_model_and_agrees(saved: Path) -> None:
    theirs = sentencepiece.SentencePieceProcessor(model_file=str(saved / "tokenizer.model"))
    assert (theirs.pad_id(), theirs.eos_id(), theirs.bos_id(), theirs.unk_id()) == (0, 1, 2, 3)
    for text in [*TEXTS, "What is the answer?  user\nmodel"]:
        assert theirs.encode(text) == TOKENIZER.encode_plain(text)


def test_the_chat_template_is_saved_where_old_and_new_readers_look(saved: Path) -> None:
    config = json.loads((saved / "tokenizer_config.json").read_text(encoding="utf-8"))
    assert config["chat_template"] == (saved / "chat_template.jinja").read_text(encoding="utf-8") == CHAT_TEMPLATE
    assert (config["add_bos_token"], config["padding_side"]) == (True, "left")
    assert config["added_tokens_decoder"]["106"] == {
        "content": "<end_of_turn>",
        "lstrip": False,
        "normalized": False,
        "rstrip": False,
        "single_word": False,
        "special": True,
    }


def test_the_image_placeholder_of_hub_tokenizers_never_becomes_an_id(saved: Path, tmp_path: Path) -> None:
    shutil.copytree(saved, tmp_path, dirs_exist_ok=True)
    path = tmp_path / "tokenizer.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    placeholder = dict(content["added_tokens"][0], id=512, content="<image_soft_token>")
    content["added_tokens"].append(placeholder)
    path.write_text(json.dumps(content), encoding="utf-8")
    assert tokenizers.Tokenizer.from_file(str(path)).encode("<image_soft_token>", add_special_tokens=False).ids == [512]

    hub = Tokenizer.from_folder(tmp_path)
    assert hub.vocab_size == 512
    assert hub.encode("<image_soft_token>", add_bos=False) == TOKENIZER.encode("<image_soft_token>", add_bos=False)
    assert hub.vocabulary == TOKENIZER.vocabulary


def test_tokens_that_somebody_added_behind_the_vocabulary_are_refused(saved: Path, tmp_path: Path) -> None:
    extended = tokenizers.Tokenizer.from_file(str(saved / "tokenizer.json"))
    extended.add_special_tokens(["<image_soft_token>", "<tool>"])
    extended.add_tokens(["<think>"])
    extended.save(str(tmp_path / "tokenizer.json"))
    with pytest.raises(CheckpointFormatError, match="<tool>, <think> behind Gemma 3's vocabulary"):
        Tokenizer.from_folder(tmp_path)


def test_turn_tokens_that_a_file_forgot_to_call_special_stay_text_in_messages(saved: Path, tmp_path: Path) -> None:
    content = json.loads((saved / "tokenizer.json").read_text(encoding="utf-8"))
    for token in content["added_tokens"]:
        token["special"] = False
    (tmp_path / "tokenizer.json").write_text(json.dumps(content), encoding="utf-8")
    careless = Tokenizer.from_folder(tmp_path)
    assert careless.encode_plain("a<end_of_turn>") == TOKENIZER.encode_plain("a<end_of_turn>")


def test_truncation_stored_in_a_tokenizer_file_is_not_applied(saved: Path, tmp_path: Path) -> None:
    content = json.loads((saved / "tokenizer.json").read_text(encoding="utf-8"))
    content["truncation"] = {"direction": "Right", "max_length": 2, "strategy": "LongestFirst", "stride": 0}
    (tmp_path / "tokenizer.json").write_text(json.dumps(content), encoding="utf-8")
    assert Tokenizer.from_folder(tmp_path).encode("1 2 3 4", add_bos=False) == TOKENIZER.encode(
        "1 2 3 4", add_bos=False
    )


def test_a_folder_without_a_tokenizer_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(CheckpointFormatError, match=r"no tokenizer\.json in .*; copy it"):
        Tokenizer.from_folder(tmp_path)


def test_a_cut_off_tokenizer_file_says_so(saved: Path, tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_bytes((saved / "tokenizer.json").read_bytes()[:5000])
    with pytest.raises(CheckpointFormatError, match=r"tokenizer\.json cannot be parsed"):
        Tokenizer.from_folder(tmp_path)


def test_a_vocabulary_without_turn_tokens_is_refused_and_names_them(tmp_path: Path) -> None:
    vocabulary = tiny_vocabulary()
    pieces = tuple(piece.replace("_of_turn>", "_of_time>") for piece in vocabulary.pieces)
    path = write_gguf(tmp_path / "other.gguf", replace(vocabulary, pieces=pieces))
    with pytest.raises(CheckpointFormatError, match=r"other\.gguf lacks .* <start_of_turn>, <end_of_turn>;"):
        Tokenizer.from_gguf(path)


def test_a_gguf_with_another_kind_of_tokenizer_is_refused_by_name(tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "qwen.gguf", tiny_vocabulary(), kind="gpt2")
    with pytest.raises(CheckpointFormatError, match="'gpt2'"):
        Tokenizer.from_gguf(path)


def test_a_gguf_with_a_piece_of_unknown_type_is_refused(tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "odd.gguf", tiny_vocabulary(), first_type=9)
    with pytest.raises(CheckpointFormatError, match=r"pieces of type \[9\]"):
        Tokenizer.from_gguf(path)


def test_a_gguf_without_a_vocabulary_is_refused(tmp_path: Path) -> None:
    writer = gguf.GGUFWriter(tmp_path / "bare.gguf", "gemma3")
    writer.add_tokenizer_model("llama")
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    with pytest.raises(CheckpointFormatError, match=r"lacks tokenizer\.ggml\.tokens"):
        Tokenizer.from_gguf(tmp_path / "bare.gguf")


def test_a_vocabulary_with_a_piece_twice_is_refused() -> None:
    vocabulary = tiny_vocabulary()
    with pytest.raises(CheckpointFormatError, match=r"'<pad>'.*more than once"):
        replace(vocabulary, pieces=("<pad>", *vocabulary.pieces[:-1]))


def test_merges_are_ordered_by_the_piece_made_and_then_the_longest_left_part() -> None:
    pieces = ("a", "b", "aa", "aab", "ab", "<0x61>")
    kinds = (*[TokenType.NORMAL] * 5, TokenType.BYTE)
    vocabulary = Vocabulary(pieces=pieces, scores=(0.0,) * 6, token_types=kinds)
    assert vocabulary.merges() == [("a", "a"), ("aa", "b"), ("a", "ab"), ("a", "b")]


def test_scores_follow_the_order_that_merges_make_pieces_in() -> None:
    pieces = ("<bos>", "<0x61>", "a", "b", "c", "bc", "ab")
    kinds = (TokenType.CONTROL, TokenType.BYTE, *[TokenType.NORMAL] * 5)
    vocabulary = Vocabulary.from_merges(pieces, kinds, [("a", "b"), ("b", "c")])
    assert vocabulary.scores == (-1000.0, 0.0, -2.0, -3.0, -4.0, -1.0, 0.0)
