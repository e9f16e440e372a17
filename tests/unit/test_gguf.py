"""GGUF files: ours read back, read by other software, real quantized ones, and every kind of broken one."""

from __future__ import annotations

import os
import struct
from dataclasses import replace
from pathlib import Path

import gguf
import numpy as np
import pytest
import torch
from gguf import GGMLQuantizationType

from model import gguf as our_gguf
from model import gguf_header, names
from model.config import FULL, SLIDING, Gemma3Config
from model.errors import CheckpointFormatError
from model.gguf import config_from_gguf, gguf_tensors, read_gguf
from model.gguf_writer import vocabulary_metadata, write_gguf
from model.testing import TINY, TINY_27B, TINY_NARROW, TINY_SCALED, tiny_model


def vocabulary(size: int = 512) -> dict[str, object]:
    pieces = ["<pad>", "<eos>", "<bos>", "<unk>", *(f"piece {i}" for i in range(4, size))]
    return vocabulary_metadata(pieces, [-0.25 * i for i in range(size)], [3, 3, 3, 2, *[1] * (size - 4)])


def random_state(config: Gemma3Config = TINY) -> dict[str, torch.Tensor]:
    """Random weights whose gains, like those of real checkpoints, are bfloat16 numbers: 1 + w is exact then."""
    state = tiny_model(config).state_dict()
    return {name: t.bfloat16().float() if names.is_norm(name) else t for name, t in state.items()}


def load(path: Path, dtype: torch.dtype = torch.float32) -> tuple[Gemma3Config, dict[str, torch.Tensor]]:
    file = read_gguf(path)
    config = config_from_gguf(file.metadata, path)
    return config, dict(gguf_tensors(file, config, dtype=dtype))


@pytest.fixture
def tiny_file(tmp_path) -> Path:
    return write_gguf(tmp_path / "tiny.gguf", TINY, random_state().items(), tokenizer=vocabulary(), dtype=torch.float32)


@pytest.mark.parametrize(
    "config",
    [
        TINY,
        TINY_SCALED,
        TINY_NARROW,
        replace(TINY_27B, num_hidden_layers=62, layer_types=()),
        replace(TINY, rms_norm_eps=3e-7),
    ],
    ids=["tiny", "scaled", "narrow", "62 layers", "eps"],
)
def test_what_is_written_in_float32_is_read_back_bit_for_bit(config, tmp_path):
    state = random_state(config)
    path = write_gguf(tmp_path / "m.gguf", config, state.items(), tokenizer=vocabulary(), dtype=torch.float32)
    read_config, read_state = load(path)
    assert read_config == config
    assert read_state.keys() == state.keys()
    assert all(torch.equal(read_state[name], state[name]) for name in state)


def test_a_gain_between_bfloat16_numbers_comes_back_within_half_a_float32_step_of_one_plus_it(tmp_path):
    state = tiny_model().state_dict()
    _, read = load(write_gguf(tmp_path / "m.gguf", TINY, state.items(), tokenizer=vocabulary(), dtype=torch.float32))
    for name in filter(names.is_norm, state):
        steps = np.spacing((1 + state[name]).abs().numpy())
        assert ((read[name] - state[name]).abs().numpy() <= steps).all()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_a_half_precision_file_rounds_matrices_once_and_keeps_gains_in_float32(dtype, tmp_path):
    state = random_state()
    path = write_gguf(tmp_path / "m.gguf", TINY, state.items(), tokenizer=vocabulary(), dtype=dtype)
    _, read = load(path)
    for name, tensor in state.items():
        assert torch.equal(read[name], tensor if names.is_norm(name) else tensor.to(dtype).float())
    kinds = {names.is_norm(name): tensor.kind.name for name, tensor in read_gguf(path).tensors.items()}
    assert kinds == {True: "F32", False: {torch.float16: "F16", torch.bfloat16: "BF16"}[dtype]}


def test_the_gguf_packages_reader_sees_the_same_metadata_and_gains_of_one_plus_weight(tiny_file):
    reader = gguf.GGUFReader(tiny_file)
    ours = read_gguf(tiny_file)
    theirs = {key: field.contents() for key, field in reader.fields.items() if not key.startswith("GGUF.")}
    assert theirs == ours.metadata
    assert theirs["gemma3.attention.sliding_window"] == 8
    stored = {tensor.name: tensor for tensor in reader.tensors}
    gain = stored["blk.2.post_ffw_norm.weight"].data
    weight = random_state()["model.layers.2.post_feedforward_layernorm.weight"]
    np.testing.assert_array_equal(gain, weight.numpy() + np.float32(1))
    assert [(t.name, t.data_offset, tuple(t.shape[::-1])) for t in reader.tensors] == [
        (name, tensor.start, tensor.shape) for name, tensor in ours.tensors.items()
    ]


def test_transformers_reads_the_same_tensors_from_our_file(tiny_file):
    from transformers import AutoModelForCausalLM

    theirs = AutoModelForCausalLM.from_pretrained(tiny_file.parent, gguf_file=tiny_file.name, dtype=torch.float32)
    state = theirs.state_dict()
    for name, tensor in random_state().items():
        assert torch.equal(state[name], tensor), name


def test_tensors_may_come_in_any_order_one_by_one(tiny_file, tmp_path):
    state = random_state()
    backwards = ((name, state[name]) for name in reversed(state))
    path = write_gguf(tmp_path / "b.gguf", TINY, backwards, tokenizer=vocabulary(), dtype=torch.float32)
    assert path.read_bytes() == tiny_file.read_bytes()


def test_a_copied_vocabulary_is_the_same_and_the_overrides_are_in_the_file(tiny_file, tmp_path):
    copied = {key: value for key, value in read_gguf(tiny_file).metadata.items() if key.startswith("tokenizer.")}
    assert copied == vocabulary()
    path = write_gguf(
        tmp_path / "it.gguf",
        TINY,
        random_state().items(),
        tokenizer=copied,
        chat_template="{{ m }}",
        eos_id=106,
        name="mine",
    )
    metadata = read_gguf(path).metadata
    assert metadata["tokenizer.ggml.eos_token_id"] == 106
    assert metadata["tokenizer.chat_template"] == "{{ m }}"
    assert metadata["general.name"] == "mine"
    assert metadata["tokenizer.ggml.scores"] == vocabulary()["tokenizer.ggml.scores"]


@pytest.mark.parametrize(
    ("config", "field"),
    [
        (TINY_27B, "query_pre_attn_scalar"),
        (replace(TINY, num_hidden_layers=62, layer_types=()), "query_pre_attn_scalar"),
        (replace(TINY, rope_local_theta=50_000.0), "rope_local_theta"),
        (replace(TINY, layer_types=(SLIDING, FULL) * 3 + (SLIDING,)), "layer_types"),
    ],
)
def test_what_gguf_has_no_field_for_is_refused(config, field, tmp_path):
    with pytest.raises(CheckpointFormatError, match=f"no field for {field}.*Hugging Face folder"):
        write_gguf(tmp_path / "m.gguf", config, [], tokenizer=vocabulary())


def test_a_failed_write_leaves_the_old_file_and_no_other(tiny_file):
    before = tiny_file.read_bytes()
    state = random_state()

    def killed():
        yield from list(state.items())[:5]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_gguf(tiny_file, TINY, killed(), tokenizer=vocabulary())
    assert tiny_file.read_bytes() == before
    assert list(tiny_file.parent.iterdir()) == [tiny_file]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: s.pop("model.norm.weight"), "model.norm.weight is missing"),
        (lambda s: s.update({"lm_head.weight": torch.zeros(512, 64)}), "lm_head.weight is not a parameter"),
        (lambda s: s.update({"model.norm.weight": torch.zeros(65)}), r"model.norm.weight has shape \[65\].*\[64\]"),
        (lambda s: s.update({"model.norm.weight": torch.full((64,), torch.nan)}), "model.norm.weight.*not finite"),
        (lambda s: s["model.embed_tokens.weight"].fill_(1e5), "embed_tokens.weight.*not finite in torch.float16"),
    ],
)
def test_tensors_that_are_not_the_networks_are_not_written(change, message, tmp_path):
    state = {name: tensor.clone() for name, tensor in random_state().items()}
    change(state)
    with pytest.raises(CheckpointFormatError, match=message):
        write_gguf(tmp_path / "m.gguf", TINY, state.items(), tokenizer=vocabulary(), dtype=torch.float16)
    assert not list(tmp_path.iterdir())


def test_a_tensor_that_comes_twice_is_refused(tmp_path):
    items = list(random_state().items())
    with pytest.raises(CheckpointFormatError, match=r"embed_tokens\.weight came twice"):
        write_gguf(tmp_path / "m.gguf", TINY, [*items, items[0]], tokenizer=vocabulary())


def test_a_vocabulary_of_another_size_is_not_written(tmp_path):
    with pytest.raises(CheckpointFormatError, match="tokenizer has 500 pieces and the network 512 rows"):
        write_gguf(tmp_path / "m.gguf", TINY, random_state().items(), tokenizer=vocabulary(500))


QUANTIZABLE = ["F32", "F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0"]


@pytest.mark.parametrize("kind", QUANTIZABLE)
def test_a_quantized_tensor_is_near_its_original_and_rounded_once(kind, tmp_path, monkeypatch):
    monkeypatch.setattr(our_gguf, "BLOCK_ELEMENTS", 3 * 64)  # so that 512 rows need many blocks, the last one short
    state = random_state()
    quantization = GGMLQuantizationType[kind]
    path = write_with_gguf_package(tmp_path / "q.gguf", state, quantization)
    _, exact = load(path)
    _, rounded = load(path, torch.bfloat16)
    bits = {"F32": 32, "BF16": 8, "F16": 11}.get(kind) or int(kind[1])
    for name, original in state.items():
        limit = 0.0 if names.is_norm(name) else original.abs().max() * 2.0 ** (1 - bits) * 1.01
        assert (exact[name] - original).abs().max() <= limit, name
        assert torch.equal(rounded[name], exact[name].bfloat16()), name


@pytest.mark.parametrize("kind", ["Q4_K", "Q5_K", "Q6_K", "Q2_K", "Q3_K", "IQ4_XS"])
def test_a_block_quantized_tensor_read_in_pieces_equals_it_read_whole(kind, monkeypatch):
    quantization = GGMLQuantizationType[kind]
    block_bytes = gguf.GGML_QUANT_SIZES[quantization][1]
    packed = np.random.default_rng(0).integers(0, 60, (37, 2 * block_bytes), dtype=np.uint8)
    tensor = our_gguf.GgufTensor(shape=(37, 512), kind=quantization, start=5, num_bytes=packed.size)
    monkeypatch.setattr(our_gguf, "BLOCK_ELEMENTS", 4 * 512)
    read = our_gguf._dequantize(memoryview(b"12345" + packed.tobytes()), tensor, 0.0, torch.float32)
    np.testing.assert_array_equal(read.numpy(), gguf.dequantize(packed, quantization))


def write_with_gguf_package(path: Path, state: dict[str, torch.Tensor], kind: GGMLQuantizationType) -> Path:
    """TINY as another converter would write it: matrices of one quantization type, gains in float32."""
    writer = gguf.GGUFWriter(path, "gemma3")
    writer.add_block_count(7)
    writer.add_context_length(4096)
    writer.add_embedding_length(64)
    writer.add_feed_forward_length(128)
    writer.add_head_count(4)
    writer.add_head_count_kv(2)
    writer.add_key_length(32)
    writer.add_value_length(32)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_freq_base(1e6)
    writer.add_sliding_window(8)
    writer.add_vocab_size(512)
    for name, tensor in state.items():
        if names.is_norm(name):
            writer.add_tensor(names.to_gguf(name), tensor.numpy() + np.float32(1))
        else:
            packed = gguf.quantize(tensor.numpy(), kind)
            writer.add_tensor(names.to_gguf(name), packed, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def metadata_of_270m() -> dict[str, object]:
    """Only what the format needs, as converters write it."""
    return {
        "general.architecture": "gemma3",
        "gemma3.context_length": 32768,
        "gemma3.embedding_length": 640,
        "gemma3.block_count": 18,
        "gemma3.feed_forward_length": 2048,
        "gemma3.attention.head_count": 4,
        "gemma3.attention.head_count_kv": 1,
        "gemma3.attention.key_length": 256,
        "gemma3.attention.layer_norm_rms_epsilon": 9.999999974752427e-07,
        "gemma3.attention.sliding_window": 512,
        "gemma3.rope.freq_base": 1000000.0,
        "gemma3.vocab_size": 262144,
    }


GEMMA_270M = Gemma3Config(
    vocab_size=262144,
    hidden_size=640,
    intermediate_size=2048,
    num_hidden_layers=18,
    num_attention_heads=4,
    num_key_value_heads=1,
    head_dim=256,
    query_pre_attn_scalar=256,
    sliding_window=512,
    layer_types=((SLIDING,) * 5 + (FULL,)) * 3,
    rope_theta=1e6,
    rope_local_theta=1e4,
    rope_scaling_factor=1.0,
    max_position_embeddings=32768,
    rms_norm_eps=1e-6,
)
"""The table of google/gemma-3-270m, typed from its config.json and not from a GGUF."""


def test_the_config_of_270m_is_the_published_one():
    assert config_from_gguf(metadata_of_270m(), "m.gguf") == GEMMA_270M


def test_the_config_of_27b_has_its_own_attention_scale_and_scaled_positions():
    sizes = {
        "gemma3.block_count": 62,
        "gemma3.embedding_length": 5376,
        "gemma3.attention.head_count": 32,
        "gemma3.attention.key_length": 128,
        "gemma3.rope.scaling.type": "linear",
        "gemma3.rope.scaling.factor": 8.0,
    }
    config = config_from_gguf(metadata_of_270m() | sizes, "m.gguf")
    assert (config.query_pre_attn_scalar, config.rope_scaling_factor) == (168, 8.0)


def test_newer_files_may_state_the_pattern_and_the_local_theta():
    newer = metadata_of_270m() | {"gemma3.rope.freq_base_swa": 20_000.0}
    as_period = config_from_gguf(newer | {"gemma3.attention.sliding_window_pattern": 3}, "m.gguf")
    flags = [True, True, False] * 6
    as_flags = config_from_gguf(newer | {"gemma3.attention.sliding_window_pattern": flags}, "m.gguf")
    all_local = config_from_gguf(newer | {"gemma3.attention.sliding_window_pattern": 0}, "m.gguf")
    assert all_local.layer_types == (SLIDING,) * 18
    assert as_period == as_flags == replace(GEMMA_270M, rope_local_theta=2e4, layer_types=(SLIDING, SLIDING, FULL) * 6)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"general.architecture": "llama"}, "m.gguf holds architecture 'llama'; only"),
        ({"gemma3.rope.scaling.type": "yarn"}, "rope scaling 'yarn'"),
        ({"gemma3.attention.head_count_kv": [1] * 18}, r"head_count_kv = \[1, .*not a positive number"),
        ({"gemma3.attention.sliding_window": 0}, "sliding_window = 0, not a positive number"),
        ({"gemma3.block_count": 2**32 - 1}, "claims 4294967295 layers, the largest Gemma 3 has 62"),
    ],
)
def test_another_architecture_or_impossible_value_is_refused_by_name(change, message):
    with pytest.raises(CheckpointFormatError, match=message):
        config_from_gguf(metadata_of_270m() | change, "m.gguf")


def test_a_missing_key_is_named():
    metadata = metadata_of_270m()
    del metadata["gemma3.attention.sliding_window"]
    with pytest.raises(CheckpointFormatError, match=r"m.gguf has no metadata key gemma3\.attention\.sliding_window"):
        config_from_gguf(metadata, "m.gguf")


def test_a_file_cut_off_anywhere_is_one_clear_error(tiny_file):
    whole = tiny_file.read_bytes()
    cut = tiny_file.with_name("cut.gguf")
    lengths = [0, 3, 4, 7, 8, 15, 23, 24, *range(25, len(whole), len(whole) // 60), len(whole) - 1]
    for length in lengths:
        cut.write_bytes(whole[:length])
        expected = "not a GGUF file" if length < 4 else "cut off; fetch the file again"
        with pytest.raises(CheckpointFormatError, match=expected):
            read_gguf(cut)


def test_a_header_is_parsed_once_and_again_when_the_file_has_changed(tmp_path, monkeypatch):
    parsed = []
    parse = gguf_header._parse
    monkeypatch.setattr(gguf_header, "_parse", lambda path: parsed.append(path) or parse(path))
    path = tmp_path / "model.gguf"
    for config in (TINY, replace(TINY, sliding_window=9)):
        write_gguf(path, config, random_state().items(), tokenizer=vocabulary(), dtype=torch.float32)
        os.utime(path, (1.0, 1.0))  # the same size and date, yet another file
        assert [config_from_gguf(read_gguf(path).metadata, path) for _ in range(2)] == [config, config]
    assert len(parsed) == 2
    os.utime(path)
    for _ in range(2):  # a new file may change once more without another date
        read_gguf(path)
    assert len(parsed) == 4


def test_the_message_of_a_cut_file_names_the_first_tensor_that_is_not_whole(tiny_file):
    whole = tiny_file.read_bytes()
    start = read_gguf(tiny_file).tensors["blk.3.ffn_up.weight"].start
    tiny_file.write_bytes(whole[: start + 10])
    with pytest.raises(CheckpointFormatError, match=r"tiny\.gguf: tensor blk\.3\.ffn_up\.weight ends at byte"):
        read_gguf(tiny_file)


def with_raw_kind(path: Path, tensor: str, raw_kind: int) -> None:
    """Overwrite the quantization type in one two-dimensional tensor's header."""
    content = bytearray(path.read_bytes())
    at = content.index(tensor.encode()) + len(tensor) + 4 + 2 * 8
    assert struct.unpack_from("<I", content, at) == (0,)
    struct.pack_into("<I", content, at, raw_kind)
    path.write_bytes(content)


@pytest.mark.parametrize(("raw_kind", "label"), [(GGMLQuantizationType.Q8_K, "Q8_K"), (77, "number 77")])
def test_an_unknown_quantization_type_is_refused_by_name(raw_kind, label, tiny_file):
    with_raw_kind(tiny_file, "blk.4.attn_q.weight", int(raw_kind))
    with pytest.raises(CheckpointFormatError, match=rf"blk\.4\.attn_q\.weight has quantization type {label}, .*Q4_K"):
        read_gguf(tiny_file)


def test_rows_that_do_not_fill_a_block_are_refused(tiny_file):
    with_raw_kind(tiny_file, "blk.4.attn_q.weight", int(GGMLQuantizationType.Q4_K))
    with pytest.raises(CheckpointFormatError, match=r"shape \[128, 64\], not rows of whole Q4_K blocks of 256"):
        read_gguf(tiny_file)


@pytest.mark.parametrize(
    ("offset", "content", "message"),
    [
        (0, b"PK\x03\x04", r"not a GGUF file: it starts with b'PK"),
        (4, struct.pack("<I", 1), "GGUF version 1"),
        (4, struct.pack(">I", 3), "GGUF version 50331648"),
        (16, struct.pack("<Q", 2**60), "damaged|cut off"),
        (24, struct.pack("<Q", 2**60), "cut off"),
        (32, b"\xff\xfe", "a string that is not UTF-8 at byte 24"),
        (32 + len("general.architecture"), struct.pack("<I", 99), "value type 99"),
    ],
)
def test_a_damaged_header_is_one_clear_error(offset, content, message, tiny_file):
    damaged = bytearray(tiny_file.read_bytes())
    damaged[offset : offset + len(content)] = content
    tiny_file.write_bytes(damaged)
    with pytest.raises(CheckpointFormatError, match=message):
        read_gguf(tiny_file)


def test_flipped_bytes_in_the_header_are_refused_or_harmless_and_never_another_exception(tiny_file):
    whole = tiny_file.read_bytes()
    header_size = min(tensor.start for tensor in read_gguf(tiny_file).tensors.values())
    rng = np.random.default_rng(0)
    num_refused = 0
    for at, value in zip(rng.integers(0, header_size, 100), rng.integers(0, 256, 100), strict=True):
        damaged = bytearray(whole)
        damaged[at] = value
        tiny_file.write_bytes(damaged)
        try:
            load(tiny_file)
        except CheckpointFormatError:
            num_refused += 1
    assert num_refused > 50


def test_an_impossible_alignment_is_refused(tmp_path):
    writer = gguf.GGUFWriter(tmp_path / "m.gguf", "gemma3")
    writer.add_uint32("general.alignment", 0)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    writer.close()
    with pytest.raises(CheckpointFormatError, match=r"damaged: general\.alignment is 0"):
        read_gguf(tmp_path / "m.gguf")


def test_missing_surplus_and_misshapen_tensors_are_refused_before_one_is_read(tiny_file):
    file = read_gguf(tiny_file)
    with pytest.raises(
        CheckpointFormatError, match=r"tiny\.gguf: tensor model\.layers\.7\.input_layernorm.*is missing"
    ):
        next(gguf_tensors(file, replace(TINY, num_hidden_layers=8, layer_types=()), dtype=torch.float32))
    with pytest.raises(CheckpointFormatError, match=r"layers\.6.* is not a parameter of this network"):
        next(gguf_tensors(file, replace(TINY, num_hidden_layers=6, layer_types=()), dtype=torch.float32))
    with pytest.raises(CheckpointFormatError, match=r"embed_tokens\.weight has shape \[512, 64\].* \[500, 64\]"):
        next(gguf_tensors(file, replace(TINY, vocab_size=500), dtype=torch.float32))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(CheckpointFormatError, match=r"no file .*nothing\.gguf"):
        read_gguf(tmp_path / "nothing.gguf")


@pytest.mark.real
def test_the_real_files_config_is_the_published_one(gemma_270m_gguf):
    assert config_from_gguf(read_gguf(gemma_270m_gguf).metadata, gemma_270m_gguf) == GEMMA_270M


@pytest.mark.real
@pytest.mark.slow
def test_all_236_tensors_of_the_real_file_equal_those_of_transformers(gemma_270m_gguf):
    from transformers import AutoModelForCausalLM

    theirs = AutoModelForCausalLM.from_pretrained(
        gemma_270m_gguf.parent, gguf_file=gemma_270m_gguf.name, dtype=torch.float32
    ).state_dict()
    file = read_gguf(gemma_270m_gguf)
    kinds = {tensor.kind.name for tensor in file.tensors.values()}
    assert kinds == {"F32", "Q5_0", "Q4_K", "Q8_0", "Q6_K"}
    num_compared = 0
    for name, tensor in gguf_tensors(file, GEMMA_270M, dtype=torch.float32):
        assert torch.equal(tensor, theirs[name]), name
        num_compared += 1
    assert num_compared == 236
