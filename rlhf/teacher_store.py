"""A few of a teacher's logits per token, computed once and kept on disk.

<folder>/
    manifest.json               whose logits these are, of what data, and how they were chosen
    logits-00000.safetensors    ids [N, K] int32, logprobs [N, K] float32, lengths [E] int64: E demonstrations' tokens

Sizes: E demonstrations, L tokens of one, N tokens of several, K logits kept per token, V vocabulary.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any, Literal

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from model.files import staged_folder, write_json
from model.transformer import Gemma3ForCausalLM
from rlhf.collate import collate, micro_batches
from rlhf.divergences import Predictions
from rlhf.errors import ConfigError, DataError
from rlhf.sft import demonstrations
from rlhf.teacher import Noise, SparseLogits, keep_logits, predicting_states, shared_head
from rlhf.types import Prompt

MANIFEST = "manifest.json"
LAYOUT_VERSION = 1
# 256 logits of 8 bytes each: 128 MiB per file, so that a reader maps little that it does not need.
TOKENS_PER_SHARD = 65_536
_EXAMPLES_AT_A_TIME = 32


@dataclass(frozen=True, kw_only=True, slots=True)
class LogitsIdentity:
    """What stored logits depend on: those of another identity are refused."""

    teacher: str
    """Hash of the teacher's weights and dtype."""
    data: str
    """`data_hash` of the demonstrations."""
    temperature: float
    logits_per_token: int
    selection: Literal["sampled", "top_k"]
    seed: int

    def __post_init__(self) -> None:
        if self.selection not in ("sampled", "top_k"):
            raise ConfigError(f"selection is {self.selection!r}; give sampled or top_k")
        if self.temperature <= 0:
            raise ConfigError(f"the teacher's temperature is {self.temperature}; give more than 0")
        if self.logits_per_token < 1:
            raise ConfigError(f"logits_per_token is {self.logits_per_token}; give 1 or more (Gemma 3: 256)")


def data_hash(prompts: Sequence[Prompt]) -> str:
    """sha256 of all prompts' and demonstrations' tokens, in order."""
    digest = hashlib.sha256()
    for prompt in prompts:
        digest.update(_digest(prompt))
    return digest.hexdigest()


def store_logits(
    model: Gemma3ForCausalLM,
    prompts: Sequence[Prompt],
    folder: Path,
    identity: LogitsIdentity,
    *,
    num_tokens: int,
    micro_batch_tokens: int,
    on_done: Callable[[int], None] = lambda done: None,
) -> None:
    """Write the teacher's logits of every demonstration; the folder appears whole or not at all.

    A demonstration's noise is seeded by the identity's seed and its own place: what is drawn depends neither on the
    micro-batches nor on the shards.

    Args:
        num_tokens: of the vocabulary that teacher and student share.
        on_done: told how many demonstrations are done.
    Raises:
        DataError: if a prompt has no demonstration.
    """
    with staged_folder(folder) as partial:
        files: list[str] = []
        held: list[SparseLogits] = []
        for done, logits in enumerate(_computed(model, prompts, identity, num_tokens, micro_batch_tokens), start=1):
            held.append(logits)
            if sum(len(each.ids) for each in held) >= TOKENS_PER_SHARD or done == len(prompts):
                files.append(f"logits-{len(files):05d}.safetensors")
                _write_shard(held, partial / files[-1])
                held = []
            on_done(done)
        write_json(partial / MANIFEST, {"version": LAYOUT_VERSION, **asdict(identity), "files": files})


class StoredLogits:
    """Stored logits of these very demonstrations; a file is mapped when it is first read from.

    Raises:
        DataError: if they are another teacher's, of other data or chosen otherwise, or a file is damaged.
    """

    def __init__(self, folder: Path, prompts: Sequence[Prompt], identity: LogitsIdentity) -> None:
        self._folder = folder
        self._files = _read_manifest(folder, identity)
        self._opened: dict[str, Any] = {}
        spans: list[tuple[str, int, int]] = []
        for file in self._files:
            bounds = accumulate(self._read(file, "lengths").tolist(), initial=0)
            spans += [(file, start, stop) for start, stop in pairwise(bounds)]
        lengths = [stop - start for _, start, stop in spans]
        if lengths != [len(prompt.target_ids) for prompt in prompts]:
            raise DataError(f"the logits in {folder} are not those of its manifest's data; delete the folder")
        self._spans = {_digest(prompt): span for prompt, span in zip(prompts, spans, strict=True)}

    def of(self, prompt: Prompt) -> SparseLogits:
        """[L, K] logits of the prompt's demonstration.

        Raises:
            DataError: if it is not among those that were stored.
        """
        span = self._spans.get(_digest(prompt))
        if span is None:
            raise DataError(f"{self._folder} has no teacher's logits of prompt {prompt.id}; give another folder")
        file, start, stop = span
        ids, logprobs = (self._read(file, name, slice(start, stop)) for name in ("ids", "logprobs"))
        return SparseLogits(ids.long(), logprobs)

    def _read(self, file: str, name: str, rows: slice = slice(None)) -> Tensor:
        try:
            if file not in self._opened:
                self._opened[file] = safe_open(self._folder / file, framework="pt")
            return self._opened[file].get_slice(name)[rows]
        except (SafetensorError, OSError) as error:
            raise DataError(
                f"{self._folder / file} cannot be read ({error}); delete {self._folder} to have it computed again"
            ) from error


def _computed(
    model: Gemma3ForCausalLM,
    prompts: Sequence[Prompt],
    identity: LogitsIdentity,
    num_tokens: int,
    micro_batch_tokens: int,
) -> Iterator[SparseLogits]:
    """Every demonstration's logits, in order."""
    head = shared_head(model, num_tokens)
    for first in range(0, len(prompts), _EXAMPLES_AT_A_TIME):
        batch = collate(demonstrations(prompts[first : first + _EXAMPLES_AT_A_TIME]), max_row_tokens=0)
        found: dict[int, SparseLogits] = {}
        for micro in micro_batches(batch, micro_batch_tokens):
            with torch.inference_mode():
                states, index = predicting_states(model, micro.to(model.device))
                samples, lengths = micro.sample_ids[:, 0].tolist(), micro.completion_mask.sum(-1).tolist()
                places = [first + sample for sample in samples]
                noise = _noise(identity.seed, places, lengths) if identity.selection == "sampled" else None
                predictions = Predictions(states[index], head)
                kept = keep_logits(predictions, identity.logits_per_token, identity.temperature, noise)
            parts = zip(kept.ids.cpu().split(lengths), kept.logprobs.cpu().split(lengths), strict=True)
            found |= {sample: SparseLogits(*part) for sample, part in zip(samples, parts, strict=True)}
        yield from (found[sample] for sample in sorted(found))


def _noise(seed: int, places: Sequence[int], lengths: Sequence[int]) -> Noise:
    """Exponential draws of demonstrations at these places of the data, from a generator each."""
    generators = []
    for place in places:
        number = int.from_bytes(hashlib.sha256(f"{seed}/{place}".encode()).digest()[:7])
        generators.append(torch.Generator().manual_seed(number))

    def draw(width: int) -> Tensor:
        parts = zip(generators, lengths, strict=True)
        drawn = [torch.empty(length, width).exponential_(generator=generator) for generator, length in parts]
        return torch.cat(drawn).clamp_(min=torch.finfo(torch.float32).tiny)

    return draw


def _write_shard(held: Sequence[SparseLogits], path: Path) -> None:
    tensors = {
        "ids": torch.cat([each.ids for each in held]).to(torch.int32),
        "logprobs": torch.cat([each.logprobs for each in held]),
        "lengths": torch.tensor([len(each.ids) for each in held]),
    }
    save_file(tensors, path, metadata={"format": "pt"})


def _read_manifest(folder: Path, identity: LogitsIdentity) -> list[str]:
    """The folder's files, if they are what is asked for."""
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        files = [str(file) for file in manifest["files"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path} cannot be read ({error}); delete the folder to have it computed again") from error
    wanted = {"version": LAYOUT_VERSION, **asdict(identity)}
    differing = [f"{name} {manifest.get(name)} instead of {value}" for name, value in wanted.items()
                 if manifest.get(name) != value]  # fmt: skip
    if differing:
        raise DataError(
            f"the teacher's logits in {folder} are others than this run needs ({'; '.join(differing)}); give another "
            "folder, or delete this one"
        )
    return files


def _digest(prompt: Prompt) -> bytes:
    return hashlib.sha256(json.dumps([prompt.token_ids, prompt.target_ids]).encode()).digest()
