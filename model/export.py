"""A trained role as files that other software loads: peft adapter, merged Hugging Face folder, GGUF.

Merging adds the adapter to the base in float32 and rounds once to the dtype of the file. Reinforcement learning makes
small updates, and bfloat16 keeps eight bits: an update of 0.05 % of a weight is mostly rounded away, so that the file
would be the base model under another name. A merge that loses more than half of the update is refused.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

from model.base_mark import merged_into
from model.card import CardFacts, write_card
from model.chat import CHAT_TEMPLATE
from model.config import Gemma3Config
from model.errors import MergeError, ModelError
from model.files import staged_folder
from model.gguf_writer import vocabulary_metadata, write_gguf
from model.hf import ADAPTER_CONFIG, CONFIG_FILE, check_dtype, save_hf
from model.lora import AdapterRoles
from model.tokenizer import Tokenizer
from model.transformer import Gemma3ForCausalLM

FORMATS = ("adapter", "merged", "gguf")
ON_LOSS = ("refuse", "report")
_FOLDERS = {"adapter": ADAPTER_CONFIG, "merged": CONFIG_FILE}

MAX_MERGE_ERROR = 0.5
"""Above this, more of the update is lost than kept. In bfloat16: updates below about 0.25 % of the weights' size."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MergeReport:
    """What rounding to a dtype does to an adapter's update."""

    dtype: torch.dtype
    unchanged_share: float
    """Share of the adapted weights that the update does not move at all."""
    error: float
    """|round(W + d) - W - d| / |d| over all adapted weights together; 0 when the update is zero."""

    def __str__(self) -> str:
        return (
            f"in {str(self.dtype).removeprefix('torch.')} the update is off by {self.error:.1%} of its length and "
            f"{self.unchanged_share:.1%} of the adapted weights stay as they were"
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Export:
    """Where an export lies, and what merging cost."""

    paths: Mapping[str, Path]
    reports: Mapping[str, MergeReport]
    """For the formats that are merged."""


def check_settings(*, name: str, formats: Sequence[str], merged_dtype: torch.dtype, on_loss: str) -> None:
    """Refuse what an export cannot do whatever the network is, so that it is known before a training.

    Raises:
        ModelError: for an unknown format or choice, a merged folder in float16, or a name that is not a file name.
    """
    if isinstance(formats, str):
        raise ModelError(f"export formats {formats!r} is a word; give a list: [{formats}]")
    if not formats or set(formats) - set(FORMATS):
        raise ModelError(f"export formats {list(formats)}; choose one or more of {', '.join(FORMATS)}")
    if not name or Path(name).name != name or name.startswith("."):
        raise ModelError(f"model name {name!r} cannot name a file; use letters, digits, dots and dashes")
    if "merged" in formats:
        check_dtype(merged_dtype)
    _check_on_loss(on_loss)


def _check_on_loss(on_loss: str) -> None:
    if on_loss not in ON_LOSS:
        raise ModelError(f"on_loss is {on_loss!r}; give {' or '.join(ON_LOSS)}")


def merged_tensors(model: Gemma3ForCausalLM, roles: AdapterRoles, role: str) -> Iterator[tuple[str, Tensor]]:
    """Yields every parameter under its Hugging Face name, one at a time: W + scale * B @ A in float32.

    W is what is in memory, so a bfloat16 base is merged from its bfloat16 values. Parameters without an adapter come
    as they are, uncopied; nothing in the network changes.
    """
    _check_network(model, roles)
    for name, parameter in roles.base_parameters():
        delta = roles.delta(role, name)
        yield name, parameter.detach() if delta is None else parameter.detach().float() + delta


def merged_config(model: Gemma3ForCausalLM, roles: AdapterRoles, role: str) -> Gemma3Config:
    """The network's shape, which says that the role was merged: an adapter of the base does not belong to the merge."""
    spec = roles.spec(role)
    merged = merged_into(model.config.merged, roles.state_dict(role), spec.alpha / spec.rank)
    return replace(model.config, merged=merged)


def merge_report(model: Gemma3ForCausalLM, roles: AdapterRoles, role: str, dtype: torch.dtype) -> MergeReport:
    """Measures how much of the role's update survives in `dtype`, without writing anything."""
    _check_network(model, roles)
    num_weights, num_unchanged, lost, length = 0, 0, 0.0, 0.0
    for name, parameter in roles.base_parameters():
        delta = roles.delta(role, name)
        if delta is None:
            continue
        base = parameter.detach().float()
        rounded = (base + delta).to(dtype).float()
        num_weights += delta.numel()
        num_unchanged += int((rounded == base.to(dtype).float()).sum())
        lost += float((rounded - base - delta).square().sum(dtype=torch.float64))
        length += float(delta.square().sum(dtype=torch.float64))
    return MergeReport(
        dtype=dtype,
        unchanged_share=num_unchanged / num_weights,
        error=math.sqrt(lost / length) if length else 0.0,
    )


def check_merge(
    model: Gemma3ForCausalLM,
    roles: AdapterRoles,
    role: str,
    dtype: torch.dtype,
    *,
    on_loss: Literal["refuse", "report"] = "refuse",
    max_error: float = MAX_MERGE_ERROR,
) -> MergeReport:
    """The report of a merge that keeps the update, or of any merge with `on_loss="report"`.

    Raises:
        MergeError: if the error is above `max_error`.
        ModelError: for any other `on_loss`.
    """
    _check_on_loss(on_loss)
    report = merge_report(model, roles, role, dtype)
    if report.error > max_error and on_loss == "refuse":
        raise MergeError(
            f"merging role {role!r} would lose its update: {report} (limit {max_error:.0%}); "
            "export float32, or use the adapter unmerged, or pass on_loss='report' to write the file all the same"
        )
    return report


def export_checkpoint(
    model: Gemma3ForCausalLM,
    roles: AdapterRoles,
    role: str,
    tokenizer: Tokenizer,
    folder: Path,
    *,
    base_name: str,
    card: CardFacts,
    formats: Sequence[str] = FORMATS,
    merged_dtype: torch.dtype = torch.bfloat16,
    gguf_dtype: torch.dtype = torch.bfloat16,
    on_loss: Literal["refuse", "report"] = "refuse",
) -> Export:
    """Writes `adapter/`, `merged/` and `NAME.gguf` (the card's name) into `folder`; each appears whole or not at all.

    The adapter, which loses nothing, is written first: a refused merge still leaves it.

    Args:
        base_name: the base's name on the hub, for peft and the cards.
        merged_dtype: float32 or bfloat16.
        gguf_dtype: float32, float16 or bfloat16; norms are always float32.

    Raises:
        MergeError: if a dtype would lose the update and `on_loss` is "refuse".
        ModelError: for what `check_settings` refuses, an unknown role, or a folder that holds something else.
    """
    check_settings(name=card.name, formats=formats, merged_dtype=merged_dtype, on_loss=on_loss)
    roles.spec(role)
    _refuse_foreign(folder, formats)
    folder.mkdir(parents=True, exist_ok=True)
    paths: dict[str, Path] = {}
    reports: dict[str, MergeReport] = {}
    if "adapter" in formats:
        paths["adapter"] = _write_adapter(folder / "adapter", roles, role, base_name, card)
    for merged, dtype in (("merged", merged_dtype), ("gguf", gguf_dtype)):
        if merged in formats:
            reports[merged] = check_merge(model, roles, role, dtype, on_loss=on_loss)
    config = merged_config(model, roles, role)
    if "merged" in formats:
        with staged_folder(folder / "merged") as partial:
            tensors = merged_tensors(model, roles, role)
            save_hf(partial, config, tensors, dtype=merged_dtype, eos_ids=tokenizer.stop_ids)
            tokenizer.save(partial)
            write_card(partial, card, base_name=base_name, library="transformers", merge=str(reports["merged"]))
        paths["merged"] = folder / "merged"
    if "gguf" in formats:
        tensors = merged_tensors(model, roles, role)
        paths["gguf"] = _write_gguf(folder / f"{card.name}.gguf", config, tensors, tokenizer, gguf_dtype)
    return Export(paths=paths, reports=reports)


def _write_adapter(folder: Path, roles: AdapterRoles, role: str, base_name: str, card: CardFacts) -> Path:
    with staged_folder(folder) as partial:
        roles.save(role, partial, base_name=base_name)
        write_card(partial, card, base_name=base_name, library="peft")
    return folder


def _write_gguf(
    path: Path,
    config: Gemma3Config,
    tensors: Iterator[tuple[str, Tensor]],
    tokenizer: Tokenizer,
    dtype: torch.dtype,
) -> Path:
    vocabulary = tokenizer.vocabulary
    return write_gguf(
        path,
        config,
        tensors,
        tokenizer=vocabulary_metadata(vocabulary.pieces, vocabulary.scores, vocabulary.token_types),
        dtype=dtype,
        chat_template=CHAT_TEMPLATE,
        eos_id=tokenizer.end_of_turn_id,
        name=path.stem,
    )


def _check_network(model: Gemma3ForCausalLM, roles: AdapterRoles) -> None:
    assert roles.model is model, "the roles belong to another network"


def _refuse_foreign(folder: Path, formats: Sequence[str]) -> None:
    for kind, config_file in _FOLDERS.items():
        target = folder / kind
        if kind in formats and target.exists() and not (target / config_file).is_file():
            raise ModelError(f"{target} is there and no earlier export (no {config_file}); choose another folder")
