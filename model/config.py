"""The shape of a Gemma 3 text network, read from and written to Hugging Face's two config dialects. No torch."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from model.errors import CheckpointFormatError

SLIDING = "sliding_attention"
FULL = "full_attention"
MERGED_KEY = "gemwright_merged"
"""Where a config.json has what was merged into the network; transformers keeps keys that it does not know."""

# Hub configs of the multimodal sizes leave out every field that equals transformers' class default, so the reader
# needs the same defaults. No real checkpoint has this shape.
_HF_DEFAULTS: dict[str, Any] = {
    "vocab_size": 262_208,
    "hidden_size": 2304,
    "intermediate_size": 9216,
    "num_hidden_layers": 26,
    "num_attention_heads": 8,
    "num_key_value_heads": 4,
    "head_dim": 256,
    "query_pre_attn_scalar": 256,
    "sliding_window": 4096,
    "max_position_embeddings": 131_072,
    "rms_norm_eps": 1e-6,
    "pad_token_id": 0,
    "bos_token_id": 2,
}

# What this network computes whatever the sizes are. Relatives under the same model type (EmbeddingGemma sees both ways)
# differ here, and would load without a complaint and compute something else.
_FIXED: dict[str, Any] = {
    "hidden_activation": "gelu_pytorch_tanh",
    "attention_bias": False,
    "attn_logit_softcapping": None,
    "final_logit_softcapping": None,
    "tie_word_embeddings": True,
    "use_bidirectional_attention": False,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Gemma3Config:
    """Sizes and constants of the text network, everything that changes a number written out.

    Source: Gemma 3 technical report (arXiv:2503.19786) section 2; field names are Hugging Face's.
    """

    vocab_size: int
    hidden_size: int
    intermediate_size: int
    num_hidden_layers: int
    num_attention_heads: int
    num_key_value_heads: int
    head_dim: int
    query_pre_attn_scalar: float
    """Attention scores are scaled by its inverse square root; head_dim except at 27B."""
    sliding_window: int
    """Keys that a local layer's token sees, itself included."""
    layer_types: tuple[str, ...] = ()
    """`sliding_attention` or `full_attention` per layer; five local then one global when not given."""
    rope_theta: float = 1_000_000.0
    """Base of the global layers' rotation."""
    rope_local_theta: float = 10_000.0
    """Base of the local layers' rotation, never scaled."""
    rope_scaling_factor: float = 1.0
    """Positions of global layers are divided by this (8 for 4B and larger)."""
    max_position_embeddings: int = 32_768
    rms_norm_eps: float = 1e-6
    pad_token_id: int = 0
    bos_token_id: int = 2
    merged: str = ""
    """What was merged into the network (`model.base_mark`); empty for one that does not say."""

    def __post_init__(self) -> None:
        if not self.layer_types:
            kinds = tuple(FULL if (i + 1) % 6 == 0 else SLIDING for i in range(self.num_hidden_layers))
            object.__setattr__(self, "layer_types", kinds)
        if len(self.layer_types) != self.num_hidden_layers or set(self.layer_types) - {SLIDING, FULL}:
            raise CheckpointFormatError(
                f"layer_types must name {SLIDING} or {FULL} for each of {self.num_hidden_layers} layers, "
                f"got {self.layer_types}"
            )
        if self.num_attention_heads % self.num_key_value_heads:
            raise CheckpointFormatError(
                f"{self.num_attention_heads} heads do not divide among {self.num_key_value_heads} key-value heads"
            )

    @property
    def attention_scale(self) -> float:
        return 1.0 / math.sqrt(self.query_pre_attn_scalar)

    @classmethod
    def from_hf(cls, config: Mapping[str, Any]) -> Gemma3Config:
        """The text shape of a Hugging Face `config.json`, legacy or v5 dialect, text-only or multimodal.

        Raises:
            CheckpointFormatError: for any model type but `gemma3_text` and `gemma3`, and for a relative of theirs that
                computes something else.
        """
        model_type = config.get("model_type")
        if model_type == "gemma3":
            return cls.from_hf({"model_type": "gemma3_text", **config.get("text_config", {})})
        if model_type != "gemma3_text":
            raise CheckpointFormatError(
                f"config.json has model_type {model_type!r}; only Gemma 3 (gemma3_text, gemma3) is supported"
            )
        for name, value in _FIXED.items():
            if config.get(name) not in (None, value):
                raise CheckpointFormatError(
                    f"config.json has {name} {config[name]!r}; only Gemma 3 networks with {value!r} are supported"
                )
        filled = {**_HF_DEFAULTS, **{k: v for k, v in config.items() if v is not None}}
        num_layers = filled["num_hidden_layers"]
        pattern = filled.get("sliding_window_pattern") or filled.get("_sliding_window_pattern") or 6
        kinds = filled.get("layer_types") or [FULL if (i + 1) % pattern == 0 else SLIDING for i in range(num_layers)]
        sizes: dict[str, Any] = {f.name: filled[f.name] for f in fields(cls) if f.name in _HF_DEFAULTS}
        merged = str(filled.get(MERGED_KEY, ""))
        return cls(**sizes, layer_types=tuple(kinds), **_rope_from_hf(filled), merged=merged)

    def to_hf(self) -> dict[str, Any]:
        """A complete `config.json` for `Gemma3ForCausalLM`, both rope dialects, so that old and new readers agree."""
        scaled = self.rope_scaling_factor != 1.0
        scaling = {"rope_type": "linear", "factor": self.rope_scaling_factor} if scaled else None
        own = asdict(self)
        if float(self.query_pre_attn_scalar).is_integer():
            own["query_pre_attn_scalar"] = int(self.query_pre_attn_scalar)  # transformers refuses a float here
        for name in ("rope_theta", "rope_local_theta", "rope_scaling_factor"):
            del own[name]
        merged = own.pop("merged")
        period = next((i + 1 for i, kind in enumerate(self.layer_types) if kind == FULL), self.num_hidden_layers + 1)
        return {
            **own,
            **({MERGED_KEY: merged} if merged else {}),
            "architectures": ["Gemma3ForCausalLM"],
            "model_type": "gemma3_text",
            "layer_types": list(self.layer_types),
            "sliding_window_pattern": period,
            "_sliding_window_pattern": period,
            "rope_theta": self.rope_theta,
            "rope_local_base_freq": self.rope_local_theta,
            "rope_scaling": scaling,
            "rope_parameters": {
                FULL: {"rope_theta": self.rope_theta, **(scaling or {"rope_type": "default"})},
                SLIDING: {"rope_theta": self.rope_local_theta, "rope_type": "default"},
            },
            **_FIXED,
            "attention_dropout": 0.0,
            "initializer_range": 0.02,
            "use_cache": True,
        }


def _rope_from_hf(config: Mapping[str, Any]) -> dict[str, Any]:
    """The three rope numbers of either dialect; v5's `rope_parameters` wins when both are there."""
    v5 = config.get("rope_parameters") or {}
    full, local = v5.get(FULL, {}), v5.get(SLIDING, {})
    legacy = config.get("rope_scaling") or {}
    scaling = full if full else legacy
    kind = scaling.get("rope_type", scaling.get("type", "default"))
    if kind not in {"default", "linear"}:
        raise CheckpointFormatError(
            f"rope scaling {kind!r} is not Gemma 3's; only 'default' and 'linear' are supported"
        )
    return {
        "rope_theta": float(full.get("rope_theta", config.get("rope_theta", 1_000_000.0))),
        "rope_local_theta": float(local.get("rope_theta", config.get("rope_local_base_freq", 10_000.0))),
        "rope_scaling_factor": float(scaling.get("factor", 1.0)) if kind == "linear" else 1.0,
    }
