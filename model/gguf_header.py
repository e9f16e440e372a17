"""The header of a GGUF file: metadata and where each tensor lies. No torch.

It is parsed here and not by `gguf.GGUFReader`: that one builds an array object for each of a vocabulary's 786,432
numbers and strings (12 s and 0.9 GB for Gemma's), and reads past the end of a file that was cut off.

Source: GGUF specification (ggml project), versions 2 and 3, little-endian.
"""

from __future__ import annotations

import mmap
import struct
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import prod
from pathlib import Path
from typing import Any, NamedTuple

import gguf
import numpy as np
from gguf import GGMLQuantizationType, GGUFValueType

from model.errors import CheckpointFormatError

_SCALAR_CODES = {
    GGUFValueType.UINT8: "B",
    GGUFValueType.INT8: "b",
    GGUFValueType.UINT16: "H",
    GGUFValueType.INT16: "h",
    GGUFValueType.UINT32: "I",
    GGUFValueType.INT32: "i",
    GGUFValueType.FLOAT32: "f",
    GGUFValueType.BOOL: "?",
    GGUFValueType.UINT64: "Q",
    GGUFValueType.INT64: "q",
    GGUFValueType.FLOAT64: "d",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class GgufTensor:
    """Where one tensor lies in the file and how it is packed."""

    shape: tuple[int, ...]
    """In torch's order, the reverse of the file's."""
    kind: GGMLQuantizationType
    start: int
    """Bytes from the beginning of the file."""
    num_bytes: int


@dataclass(frozen=True, kw_only=True, slots=True)
class GgufFile:
    """A parsed header over a mapped file; the tensors' bytes are read when they are asked for."""

    path: Path
    metadata: Mapping[str, Any]
    tensors: Mapping[str, GgufTensor]
    """By GGUF name."""
    data: memoryview
    """[file size] bytes, memory-mapped."""


class _Cursor:
    """Reads little-endian values one after the other and refuses to run past the end of the file."""

    def __init__(self, path: Path, view: memoryview) -> None:
        self.path = path
        self.view = view
        self.at = 0

    def take(self, size: int) -> memoryview:
        end = self.at + size
        if end > len(self.view):
            raise CheckpointFormatError(
                f"{self.path} ends inside its header, at byte {len(self.view)}: it was cut off; fetch the file again"
            )
        taken = self.view[self.at : end]
        self.at = end
        return taken

    def scalar(self, code: str) -> Any:
        return struct.unpack("<" + code, self.take(struct.calcsize("<" + code)))[0]

    def string(self) -> str:
        start = self.at
        try:
            return str(self.take(self.scalar("Q")), "utf-8")
        except UnicodeDecodeError as error:
            raise self.damaged(start, "a string that is not UTF-8") from error

    def strings(self, length: int) -> list[str]:
        """So many strings one behind the other: `string` in one loop, for vocabularies of a quarter of a million."""
        view, at, found = self.view, self.at, list[str]()
        for _ in range(length):
            start = at + 8
            end = start + int.from_bytes(view[at:start], "little")
            if end > len(view):
                break
            try:
                found.append(str(view[start:end], "utf-8"))
            except UnicodeDecodeError as error:
                raise self.damaged(at, "a string that is not UTF-8") from error
            at = end
        self.at = at
        if len(found) < length:
            self.string()  # which says what is wrong with this one
        return found

    def value(self, raw_kind: int) -> Any:
        """A metadata value; numeric arrays become lists of Python numbers."""
        try:
            kind = GGUFValueType(raw_kind)
        except ValueError as error:
            raise self.damaged(self.at, f"value type {raw_kind}, which GGUF does not have") from error
        if kind == GGUFValueType.STRING:
            return self.string()
        if kind != GGUFValueType.ARRAY:
            return self.scalar(_SCALAR_CODES[kind])
        raw_item, length = self.scalar("I"), self.scalar("Q")
        if raw_item == GGUFValueType.STRING:
            return self.strings(length)
        code = _SCALAR_CODES.get(raw_item)
        if code is None:
            return [self.value(raw_item) for _ in range(length)]
        dtype = np.dtype("<" + code)
        return np.frombuffer(self.take(length * dtype.itemsize), dtype).tolist()

    def damaged(self, at: int, found: str) -> CheckpointFormatError:
        return CheckpointFormatError(f"{self.path} is damaged: {found} at byte {at}; fetch the file again")


_SETTLED_S = 2.0
"""A file younger than this may change once more without another date."""


def read_gguf(path: str | Path) -> GgufFile:
    """The header of a GGUF file and its mapped bytes; every tensor is known to lie inside the file.

    The last file's is kept: config, tokenizer and network each ask for it, and a vocabulary takes a third of a second.

    Raises:
        CheckpointFormatError: if it is no GGUF file, is cut off or damaged, or holds a quantization type that the
            `gguf` package cannot dequantize.
    """
    path = Path(path)
    if not path.is_file():
        raise CheckpointFormatError(f"no file {path}; give the path of an existing .gguf file")
    found = path.stat()
    is_settled = time.time() - found.st_mtime >= _SETTLED_S
    identity = found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns
    header = _remembered(path, identity) if is_settled else _parse(path)
    return GgufFile(path=path, metadata=header.metadata, tensors=header.tensors, data=_mapped(path))


class _Header(NamedTuple):
    """Without the file's map, which would keep every page that was read in this process's memory."""

    metadata: Mapping[str, Any]
    tensors: Mapping[str, GgufTensor]


@lru_cache(maxsize=1)
def _remembered(path: Path, identity: tuple[int, ...]) -> _Header:
    return _parse(path)


def _parse(path: Path) -> _Header:
    data = _mapped(path)
    if (magic := bytes(data[:4])) != b"GGUF":
        raise CheckpointFormatError(f"{path} is not a GGUF file: it starts with {magic!r}, not b'GGUF'")
    cursor = _Cursor(path, data)
    cursor.take(4)
    if (version := cursor.scalar("I")) not in (2, 3):
        raise CheckpointFormatError(
            f"{path} has GGUF version {version}; only little-endian versions 2 and 3 are read: convert it again"
        )
    num_tensors, num_values = cursor.scalar("Q"), cursor.scalar("Q")
    metadata = {cursor.string(): cursor.value(cursor.scalar("I")) for _ in range(num_values)}
    headers = [_tensor_header(cursor) for _ in range(num_tensors)]
    alignment = metadata.get("general.alignment", gguf.GGUF_DEFAULT_ALIGNMENT)
    if not isinstance(alignment, int) or alignment < 1:
        raise CheckpointFormatError(f"{path} is damaged: general.alignment is {alignment!r}; fetch the file again")
    data_start = -(-cursor.at // alignment) * alignment
    tensors = {name: _place(path, name, shape, kind, data_start + at, len(data)) for name, shape, kind, at in headers}
    return _Header(metadata, tensors)


def _mapped(path: Path) -> memoryview:
    """The file's bytes; mapping an empty file is an error of its own in Python."""
    if not path.stat().st_size:
        return memoryview(b"")
    with path.open("rb") as file:
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def _tensor_header(cursor: _Cursor) -> tuple[str, tuple[int, ...], int, int]:
    """Name, shape in torch's order, raw quantization type, offset from the beginning of the data."""
    name = cursor.string()
    num_dims = cursor.scalar("I")
    shape = struct.unpack(f"<{num_dims}Q", cursor.take(8 * num_dims))[::-1]
    return name, shape, cursor.scalar("I"), cursor.scalar("Q")


def _place(path: Path, name: str, shape: tuple[int, ...], raw_kind: int, start: int, file_size: int) -> GgufTensor:
    """A tensor's place in the file, once its type is known to be readable and its bytes to be there."""
    kind = _supported_kind(path, name, raw_kind)
    block_size, block_bytes = gguf.GGML_QUANT_SIZES[kind]
    if not shape or shape[-1] % block_size:
        raise CheckpointFormatError(
            f"{path}: tensor {name} has shape {list(shape)}, not rows of whole {kind.name} blocks of {block_size}; "
            "the file is damaged: fetch it again"
        )
    num_bytes = prod(shape) // block_size * block_bytes
    if start + num_bytes > file_size:
        raise CheckpointFormatError(
            f"{path}: tensor {name} ends at byte {start + num_bytes}, but the file has {file_size}: "
            "it was cut off; fetch the file again"
        )
    return GgufTensor(shape=shape, kind=kind, start=start, num_bytes=num_bytes)


def _supported_kind(path: Path, name: str, raw_kind: int) -> GGMLQuantizationType:
    """The quantization type, tried on one block of zeros because the package keeps no public list."""
    known = {kind.value: kind for kind in GGMLQuantizationType}
    kind = known.get(raw_kind)
    label = f"number {raw_kind}" if kind is None else kind.name
    try:
        if kind is not None:
            gguf.dequantize(np.zeros((1, gguf.GGML_QUANT_SIZES[kind][1]), np.uint8), kind)
            return kind
    except NotImplementedError:
        pass
    raise CheckpointFormatError(
        f"{path}: tensor {name} has quantization type {label}, which the gguf package cannot dequantize; "
        "take a file quantized as F32, F16, BF16, Q4_0, Q5_0, Q8_0, Q4_K or Q6_K, or a newer gguf package"
    )
