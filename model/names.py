"""The parameter-name tables: ours (Hugging Face text names) against GGUF's and the multimodal prefixes. No torch."""

from __future__ import annotations

import re
from collections.abc import Mapping

from model.config import Gemma3Config
from model.errors import CheckpointFormatError

EMBEDDING = "model.embed_tokens.weight"
FINAL_NORM = "model.norm.weight"
HEAD = "lm_head.weight"
"""Never a parameter of ours: Gemma 3 ties the head to the embedding. Some files store the copy all the same."""

_GGUF_OUTSIDE_LAYERS = {EMBEDDING: "token_embd.weight", FINAL_NORM: "output_norm.weight"}
_GGUF_IN_LAYER = {
    "input_layernorm.weight": "attn_norm.weight",
    "self_attn.q_proj.weight": "attn_q.weight",
    "self_attn.k_proj.weight": "attn_k.weight",
    "self_attn.v_proj.weight": "attn_v.weight",
    "self_attn.q_norm.weight": "attn_q_norm.weight",
    "self_attn.k_norm.weight": "attn_k_norm.weight",
    "self_attn.o_proj.weight": "attn_output.weight",
    "post_attention_layernorm.weight": "post_attention_norm.weight",
    "pre_feedforward_layernorm.weight": "ffn_norm.weight",
    "mlp.gate_proj.weight": "ffn_gate.weight",
    "mlp.up_proj.weight": "ffn_up.weight",
    "mlp.down_proj.weight": "ffn_down.weight",
    "post_feedforward_layernorm.weight": "post_ffw_norm.weight",
}
_OURS_OUTSIDE_LAYERS = {gguf: ours for ours, gguf in _GGUF_OUTSIDE_LAYERS.items()}
_OURS_IN_LAYER = {gguf: ours for ours, gguf in _GGUF_IN_LAYER.items()}

# Hub files write the first of each pair, the modules of transformers >= 4.52 are named by the second.
_TEXT_PREFIXES = ("language_model.model.", "model.language_model.")
_HEADS = (HEAD, f"language_model.{HEAD}")
_VISION_PREFIXES = ("vision_tower.", "model.vision_tower.", "multi_modal_projector.", "model.multi_modal_projector.")


def is_norm(name: str) -> bool:
    """Whether `name`, in any of the dialects, is a norm's gain; GGUF stores those as weight + 1."""
    return name.endswith("norm.weight")


def to_gguf(name: str) -> str:
    """The GGUF name of one of our parameters.

    >>> to_gguf("model.layers.3.self_attn.o_proj.weight")
    'blk.3.attn_output.weight'

    Raises:
        KeyError: if it is not the name of a Gemma 3 text parameter.
    """
    if layer := re.fullmatch(r"model\.layers\.(\d+)\.(.+)", name):
        return f"blk.{layer[1]}.{_GGUF_IN_LAYER[layer[2]]}"
    return _GGUF_OUTSIDE_LAYERS[name]


def from_gguf(name: str) -> str | None:
    """Our name of a GGUF tensor, None when Gemma 3's text network has no such tensor.

    >>> from_gguf("blk.3.post_ffw_norm.weight")
    'model.layers.3.post_feedforward_layernorm.weight'
    """
    if layer := re.fullmatch(r"blk\.(\d+)\.(.+)", name):
        ours = _OURS_IN_LAYER.get(layer[2])
        return f"model.layers.{layer[1]}.{ours}" if ours else None
    return _OURS_OUTSIDE_LAYERS.get(name)


def from_hf(name: str) -> str | None:
    """Our name of a tensor in a Hugging Face file, text-only or multimodal; None for the vision part.

    A name that is none of these is returned as it is, for the caller to find unexpected.

    >>> from_hf("language_model.model.norm.weight"), from_hf("vision_tower.vision_model.post_layernorm.bias")
    ('model.norm.weight', None)
    """
    if name.startswith(_VISION_PREFIXES):
        return None
    if name in _HEADS:
        return HEAD
    for prefix in _TEXT_PREFIXES:
        if name.startswith(prefix):
            return "model." + name.removeprefix(prefix)
    return name


def parameter_shapes(config: Gemma3Config) -> dict[str, tuple[int, ...]]:
    """Every parameter's name and shape, in file order, so that a file can be judged before any tensor is read."""
    hidden, ffn, head = config.hidden_size, config.intermediate_size, config.head_dim
    queries, keys = config.num_attention_heads * head, config.num_key_value_heads * head
    matrices = {
        "self_attn.q_proj.weight": (queries, hidden),
        "self_attn.k_proj.weight": (keys, hidden),
        "self_attn.v_proj.weight": (keys, hidden),
        "self_attn.o_proj.weight": (hidden, queries),
        "self_attn.q_norm.weight": (head,),
        "self_attn.k_norm.weight": (head,),
        "mlp.gate_proj.weight": (ffn, hidden),
        "mlp.up_proj.weight": (ffn, hidden),
        "mlp.down_proj.weight": (hidden, ffn),
    }
    shapes: dict[str, tuple[int, ...]] = {EMBEDDING: (config.vocab_size, hidden)}
    for layer in range(config.num_hidden_layers):
        for part in _GGUF_IN_LAYER:
            shapes[f"model.layers.{layer}.{part}"] = matrices.get(part, (hidden,))
    shapes[FINAL_NORM] = (hidden,)
    return shapes


def check_shapes(found: Mapping[str, tuple[int, ...]], config: Gemma3Config, failure: str) -> None:
    """Refuse tensors (our names) that are not exactly those of `config`; `failure` begins the message.

    Raises:
        CheckpointFormatError: naming the first of what is missing, surplus or misshapen, and how many more there are.
    """
    expected = parameter_shapes(config)
    problems = [f"{name} is missing" for name in expected if name not in found]
    problems += [f"{name} is not a parameter of this network" for name in found if name not in expected]
    problems += [
        f"{name} has shape {list(found[name])} where the config asks for {list(shape)}"
        for name, shape in expected.items()
        if name in found and tuple(found[name]) != shape
    ]
    if problems:
        more = f" (and {len(problems) - 3} more)" if len(problems) > 3 else ""
        raise CheckpointFormatError(
            f"{failure}: tensor {'; tensor '.join(problems[:3])}{more}. "
            "Take tensors and config from the same checkpoint"
        )
