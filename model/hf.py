"""Hugging Face folders: config.json and safetensors, one file or sharded; read lazily, written whole or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from model import names
from model.config import Gemma3Config
from model.errors import CheckpointFormatError
from model.files import staged_folder, write_json

CONFIG_FILE = "config.json"
SINGLE_FILE = "model.safetensors"
INDEX_FILE = "model.safetensors.index.json"
ADAPTER_CONFIG = "adapter_config.json"
"""What a folder of an adapter has instead of `CONFIG_FILE`."""
ROWS_PER_COMPARISON = 4096
GIB = 2**30


def check_dtype(dtype: torch.dtype) -> None:
    """Refuse the one usual dtype that cannot run Gemma 3.

    Raises:
        CheckpointFormatError: for float16.
    """
    if dtype == torch.float16:
        raise CheckpointFormatError(
            "float16 cannot hold Gemma 3: its residual stream reaches 103,795 already at 270M and float16 ends at "
            "65,504, so logits become NaN; use bfloat16 or float32"
        )


def read_hf_config(folder: str | Path) -> Gemma3Config:
    """The network's shape from a folder's config.json, whichever dialect it is written in.

    Raises:
        CheckpointFormatError: if the file is missing or no JSON, or names another architecture.
    """
    path = Path(folder) / CONFIG_FILE
    config = _read_json(path)
    try:
        return Gemma3Config.from_hf(config)
    except CheckpointFormatError as error:
        raise CheckpointFormatError(f"{path}: {error}") from error


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise CheckpointFormatError(f"no file {path}; a checkpoint folder needs it: fetch the whole folder") from error
    except ValueError as error:
        raise CheckpointFormatError(f"{path} is not JSON ({error}); fetch the file again") from error
    if not isinstance(content, dict):
        raise CheckpointFormatError(f"{path} holds a {type(content).__name__}, not an object; fetch the file again")
    return content


def hf_tensors(
    folder: str | Path, config: Gemma3Config, *, dtype: torch.dtype, only: Sequence[str] | None = None
) -> Iterator[tuple[str, Tensor]]:
    """Yield every text parameter under our name in `dtype`; vision tensors and a tied copy of the head are skipped.

    A tensor that already has `dtype` is a view of the mapped file: private pages, so that training never writes to
    the file, and nothing is read before it is used. Replace such files by renaming, as `save_hf` does.

    Args:
        only: names of ours to yield; None yields all.

    Raises:
        CheckpointFormatError: before the first tensor, if a file is missing, cut off or damaged, if a tensor is
            missing, surplus or of another shape, or if the head is not tied.
    """
    folder = Path(folder)
    with ExitStack() as files:
        places: dict[str, tuple[Any, str]] = {}
        for path in _weight_files(folder):
            file = files.enter_context(_opened(path))
            stored = file.keys()
            places.update({ours: (file, name) for name in stored if (ours := names.from_hf(name)) is not None})
        shapes = {ours: tuple(file.get_slice(name).get_shape()) for ours, (file, name) in places.items()}
        head = places.pop(names.HEAD, None)
        tied_shape = shapes.pop(names.HEAD, None)
        names.check_shapes(shapes, config, f"cannot load {folder}")
        if head is not None and not _is_tied(head, places[names.EMBEDDING], tied_shape == shapes[names.EMBEDDING]):
            raise CheckpointFormatError(
                f"{folder} has {head[1]} that differs from the embedding; Gemma 3 ties them, so this is another "
                "network: take a checkpoint with tie_word_embeddings"
            )
        for ours, (file, name) in places.items():
            if only is None or ours in only:
                yield ours, file.get_tensor(name).to(dtype)


def _weight_files(folder: Path) -> list[Path]:
    """The folder's safetensors, in a fixed order."""
    if (folder / SINGLE_FILE).is_file():
        return [folder / SINGLE_FILE]
    if not (folder / INDEX_FILE).is_file():
        raise CheckpointFormatError(
            f"{folder} has neither {SINGLE_FILE} nor {INDEX_FILE}; other formats (.bin, .pt) are not read: "
            "fetch the safetensors files or convert"
        )
    index = _read_json(folder / INDEX_FILE)
    shards = [folder / name for name in sorted(set(index.get("weight_map", {}).values()))]
    if missing := [shard.name for shard in shards if not shard.is_file()]:
        raise CheckpointFormatError(f"{folder} lacks {', '.join(missing)}, named by {INDEX_FILE}; fetch them")
    return shards


def _opened(path: Path) -> Any:
    try:
        return safe_open(path, framework="pt")
    except SafetensorError as error:
        raise CheckpointFormatError(
            f"{path} is cut off or damaged ({error}): it has {path.stat().st_size} bytes; fetch the file again"
        ) from error


def _is_tied(head: tuple[Any, str], embedding: tuple[Any, str], same_shape: bool) -> bool:
    """Whether the stored head is the embedding, compared without holding either as a whole."""
    if not same_shape:
        return False
    ours, theirs = (file.get_slice(name) for file, name in (head, embedding))
    first_rows = range(0, ours.get_shape()[0], ROWS_PER_COMPARISON)
    return all(torch.equal(ours[i : i + ROWS_PER_COMPARISON], theirs[i : i + ROWS_PER_COMPARISON]) for i in first_rows)


def save_hf(
    folder: str | Path,
    config: Gemma3Config,
    tensors: Iterable[tuple[str, Tensor]],
    *,
    dtype: torch.dtype,
    eos_ids: Sequence[int] = (1,),
    max_shard_bytes: int = 4 * GIB,
) -> Path:
    """Write weights, config.json (both rope dialects) and generation_config.json; return the folder.

    Everything goes to a folder beside it that takes the name at the end, so a killed save leaves the old checkpoint.
    Tensors are taken one by one and at most one shard of them is held.

    Args:
        tensors: (our name, [shape of the config] any float dtype) pairs, each parameter exactly once.
        dtype: float32 or bfloat16 of every tensor written.
        eos_ids: what ends generation: (1,) for a base model, (1, 106) once it speaks in turns.

    Raises:
        CheckpointFormatError: for float16, if the folder holds something that is no checkpoint, or if a tensor is
            missing, surplus, twice there or misshapen.
    """
    check_dtype(dtype)
    folder = Path(folder).absolute()
    _refuse_foreign(folder)
    eos: int | list[int] = eos_ids[0] if len(eos_ids) == 1 else list(eos_ids)
    dtype_name = str(dtype).removeprefix("torch.")
    with staged_folder(folder) as partial:
        _write_shards(partial, config, tensors, dtype, max_shard_bytes)
        write_json(
            partial / CONFIG_FILE,
            {**config.to_hf(), "eos_token_id": eos, "dtype": dtype_name, "torch_dtype": dtype_name},
        )
        write_json(partial / "generation_config.json", _generation_config(config, eos))
    return folder


def _refuse_foreign(folder: Path) -> None:
    """Replacing a folder deletes what is in it, so it must be one of ours, or empty, or not there."""
    if folder.exists() and not (folder.is_dir() and ((folder / CONFIG_FILE).is_file() or not any(folder.iterdir()))):
        raise CheckpointFormatError(
            f"{folder} exists and is not a checkpoint folder (no {CONFIG_FILE}); choose another name or remove it"
        )


def _write_shards(
    folder: Path, config: Gemma3Config, tensors: Iterable[tuple[str, Tensor]], dtype: torch.dtype, max_bytes: int
) -> None:
    """Write the tensors in order, a new file whenever the next one would make it larger than `max_bytes`."""
    shapes: dict[str, tuple[int, ...]] = {}
    shard_of: dict[str, int] = {}
    held: dict[str, Tensor] = {}
    held_bytes = total = num_shards = 0
    for name, tensor in tensors:
        if name in shapes:
            raise CheckpointFormatError(f"cannot save: tensor {name} came twice; pass each parameter once")
        num_bytes = tensor.numel() * dtype.itemsize
        if held and held_bytes + num_bytes > max_bytes:
            num_shards += 1
            save_file(held, folder / f"shard-{num_shards}", metadata={"format": "pt"})
            held, held_bytes = {}, 0
        shapes[name] = tuple(tensor.shape)
        shard_of[name] = num_shards + 1
        held[name] = tensor.detach().to("cpu", dtype).contiguous()
        held_bytes += num_bytes
        total += num_bytes
    names.check_shapes(shapes, config, "cannot save")
    save_file(held, folder / f"shard-{num_shards + 1}", metadata={"format": "pt"})
    _name_shards(folder, num_shards + 1, shard_of, total)


def _name_shards(folder: Path, num_shards: int, shard_of: Mapping[str, int], total_bytes: int) -> None:
    """Rename the shards as readers expect them, which needs their number, and write the index if there is one."""
    final = {i: f"model-{i:05d}-of-{num_shards:05d}.safetensors" for i in range(1, num_shards + 1)}
    if num_shards == 1:
        final = {1: SINGLE_FILE}
    for i, name in final.items():
        os.rename(folder / f"shard-{i}", folder / name)
    if num_shards > 1:
        weight_map = {name: final[i] for name, i in shard_of.items()}
        write_json(folder / INDEX_FILE, {"metadata": {"total_size": total_bytes}, "weight_map": weight_map})


def _generation_config(config: Gemma3Config, eos: int | list[int]) -> dict[str, Any]:
    """Google's sampling defaults for Gemma 3."""
    return {
        "bos_token_id": config.bos_token_id,
        "eos_token_id": eos,
        "pad_token_id": config.pad_token_id,
        "do_sample": True,
        "temperature": 1.0,
        "top_k": 64,
        "top_p": 0.95,
    }
