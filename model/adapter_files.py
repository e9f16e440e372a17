"""Adapter folders as peft writes and reads them: the shape of an adapter, its config file and its tensors."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from model.base_mark import BaseMark, from_metadata, to_metadata
from model.config import Gemma3Config
from model.errors import CheckpointFormatError, ModelError
from model.files import write_json
from model.hf import ADAPTER_CONFIG
from model.names import parameter_shapes

if TYPE_CHECKING:
    from peft import LoraConfig

ALL_LINEAR = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")

WEIGHTS_FILE = "adapter_model.safetensors"

# peft names modules from its own wrapper around the network: `base_model.model.` precedes our parameter names.
PEFT_PREFIX = "base_model.model."

# Options of a peft adapter that change its mathematics in ways the roles (and the merge) do not know.
_UNSUPPORTED = ("use_dora", "rank_pattern", "alpha_pattern", "modules_to_save", "lora_bias", "trainable_token_indices")


@dataclass(frozen=True, kw_only=True, slots=True)
class LoraSpec:
    """The shape of one adapter: W x + (alpha / rank) B A x on every target.

    Source: Hu et al. 2021, arXiv:2106.09685, section 4.1.
    """

    rank: int
    alpha: float
    dropout: float = 0.0
    """Share of A's inputs that are dropped in training mode."""
    targets: tuple[str, ...] = ALL_LINEAR
    """Last names of the linear layers that get an adapter."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "targets", tuple(self.targets))  # a list, when it comes from YAML
        if self.rank < 1 or self.alpha <= 0 or not 0 <= self.dropout < 1:
            raise ModelError(
                f"LoRA needs rank >= 1, alpha > 0 and 0 <= dropout < 1, "
                f"got rank={self.rank}, alpha={self.alpha}, dropout={self.dropout}"
            )
        if not self.targets or set(self.targets) - set(ALL_LINEAR):
            unknown = sorted(set(self.targets) - set(ALL_LINEAR))
            raise ModelError(f"LoRA targets {unknown or 'none'}; choose one or more of {', '.join(ALL_LINEAR)}")

    def to_peft(self, base_name: str | None = None) -> LoraConfig:
        """The same as peft says it, for its files."""
        from peft import LoraConfig  # two seconds and 130 MB, which no process needs that writes no adapter

        return LoraConfig(
            r=self.rank,
            lora_alpha=self.alpha,  # pyright: ignore[reportArgumentType] - peft only divides by the rank
            lora_dropout=self.dropout,
            target_modules=list(self.targets),
            task_type="CAUSAL_LM",
            base_model_name_or_path=base_name,
        )


def write_adapter(
    folder: Path, spec: LoraSpec, tensors: Mapping[str, Tensor], *, base_name: str, base: BaseMark | None
) -> None:
    """Writes a folder that `peft.PeftModel.from_pretrained` accepts; the same adapter is the same bytes every time.

    Args:
        base: its mark; None where it is not known.
    """
    folder.mkdir(parents=True, exist_ok=True)
    spec.to_peft(base_name).save_pretrained(str(folder))
    path = folder / ADAPTER_CONFIG
    config = json.loads(path.read_text(encoding="utf-8"))
    # peft keeps the targets in a set, whose order changes from run to run.
    config |= {"target_modules": sorted(spec.targets), "inference_mode": True}
    write_json(path, config)
    contiguous = {key: tensor.contiguous() for key, tensor in tensors.items()}
    mark = {} if base is None else to_metadata(base)
    save_file(contiguous, folder / WEIGHTS_FILE, metadata={"format": "pt", **mark})
    _order_metadata(folder / WEIGHTS_FILE)


def _order_metadata(path: Path) -> None:
    """safetensors writes a header's metadata in an order that changes from process to process: sort it in place."""
    with path.open("r+b") as file:
        (size,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(size))
        header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
        ordered = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode("utf-8")
        assert len(ordered) <= size, "the header would grow"
        file.seek(8)
        file.write(ordered.ljust(size))


def read_adapter(folder: Path, config: Gemma3Config) -> tuple[LoraSpec, dict[str, Tensor]]:
    """The shape and tensors of a peft adapter folder, known to fit a network of this config.

    Raises:
        CheckpointFormatError: if a file is missing or broken, or at the first tensor that the network has no place for.
    """
    tensors = _read_weights(folder)
    spec = _read_spec(folder, tensors)
    check_tensors(tensors, _expected(config, spec), f"adapter {folder}")
    return spec, tensors


def read_base_mark(folder: Path) -> BaseMark | None:
    """The mark of the base that an adapter was trained on; None for one that holds none, such as peft's own."""
    path = folder / WEIGHTS_FILE
    with safe_open(path, framework="pt") as file:
        return from_metadata(file.metadata() or {}, str(path))


def check_adapter_base(folder: Path, here: BaseMark) -> None:
    """Refuse an adapter of another base than the one of this mark; one without a mark is taken as it is.

    Raises:
        CheckpointFormatError: naming the adapter, and the base that it names itself.
    """
    recorded = read_base_mark(folder)
    if recorded is not None:
        named = json.loads((folder / ADAPTER_CONFIG).read_text(encoding="utf-8")).get("base_model_name_or_path")
        here.check(f"adapter {folder} (of {named})", recorded)


def _expected(config: Gemma3Config, spec: LoraSpec) -> dict[str, tuple[int, ...]]:
    """Shapes of the tensors that an adapter of this spec has, by peft's names."""
    shapes: dict[str, tuple[int, ...]] = {}
    for name, shape in parameter_shapes(config).items():
        module = name.removesuffix(".weight")
        if module.rpartition(".")[2] in spec.targets:
            num_out, num_in = shape
            shapes[f"{PEFT_PREFIX}{module}.lora_A.weight"] = (spec.rank, num_in)
            shapes[f"{PEFT_PREFIX}{module}.lora_B.weight"] = (num_out, spec.rank)
    return shapes


def check_tensors(tensors: Mapping[str, Tensor], expected: Mapping[str, tuple[int, ...]], what: str) -> None:
    """Raises at the first tensor that does not belong to the network; peft itself would only warn and do nothing."""
    if not tensors.keys() & expected.keys():
        found, wanted = next(iter(tensors), "no tensor"), next(iter(expected))
        raise CheckpointFormatError(
            f"{what} matches nothing in this network: it has {found}, the network has {wanted}; "
            "was it trained on another model class?"
        )
    for key in [*expected, *tensors]:
        if key not in tensors:
            raise CheckpointFormatError(f"{what} lacks {key}; it was trained on a network with fewer layers or targets")
        if key not in expected:
            raise CheckpointFormatError(f"{what} has {key}, which this network lacks; use the base it was trained on")
        if tuple(tensors[key].shape) != expected[key]:
            raise CheckpointFormatError(
                f"{what}: {key} is {list(tensors[key].shape)} but this network and rank need {list(expected[key])}; "
                "use the base it was trained on"
            )


def _read_weights(folder: Path) -> dict[str, Tensor]:
    for name in (ADAPTER_CONFIG, WEIGHTS_FILE):
        if not (folder / name).is_file():
            raise CheckpointFormatError(f"{folder} has no {name}; give the folder that peft or jobs.train wrote")
    try:
        return load_file(folder / WEIGHTS_FILE)
    except SafetensorError as error:
        raise CheckpointFormatError(f"{folder / WEIGHTS_FILE} is cut off or no safetensors file: {error}") from error


def _read_spec(folder: Path, tensors: Mapping[str, Tensor]) -> LoraSpec:
    """The adapter's shape; its targets come from the tensors, since configs may hold patterns instead of names."""
    path = folder / ADAPTER_CONFIG
    try:
        config: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise CheckpointFormatError(f"{path} is not JSON ({error}); save the adapter again") from error
    if config.get("peft_type") != "LORA":
        raise CheckpointFormatError(f"{path} has peft_type {config.get('peft_type')!r}; only LORA is supported")
    if missing := [name for name in ("r", "lora_alpha") if name not in config]:
        raise CheckpointFormatError(f"{path} lacks {', '.join(missing)}; save the adapter again")
    changed = [name for name in _UNSUPPORTED if config.get(name)]
    if changed or config.get("bias", "none") != "none":
        raise CheckpointFormatError(
            f"{path} uses {', '.join(changed) or 'bias'}, which is not supported: merge it first"
        )
    found = {key.split(".lora_")[0].rpartition(".")[2] for key in tensors if ".lora_" in key}
    if not found <= set(ALL_LINEAR):
        raise CheckpointFormatError(
            f"{folder} adapts {sorted(found - set(ALL_LINEAR))}; only {', '.join(ALL_LINEAR)} are supported"
        )
    rank, alpha = int(config["r"]), float(config["lora_alpha"])
    if config.get("use_rslora"):
        alpha *= math.sqrt(rank)
    return LoraSpec(
        rank=rank,
        alpha=alpha,
        dropout=float(config.get("lora_dropout", 0.0)),
        targets=tuple(name for name in ALL_LINEAR if name in found) or ALL_LINEAR,
    )
