"""Sampling from the policy itself: prefill a prompt once, fork its cache, decode the group in one batch.

Sizes: P prompts, G completions each, N rows in flight, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import torch
from jaxtyping import Float, Int
from torch import Tensor

from model.attention import Layout
from model.cache import KVCache
from model.tokenizer import Tokenizer
from model.transformer import Gemma3ForCausalLM
from rlhf.errors import ConfigError
from rlhf.types import Completion, FinishReason, Prompt, RolloutGroup

# DeepMind's sampler never emits these in text: begin and end of image.
IMAGE_TOKEN_IDS = (255_999, 256_000)


@dataclass(frozen=True, kw_only=True, slots=True)
class SamplingParams:
    """How to sample. Reinforcement learning wants the defaults: a truncated distribution is not the policy's."""

    max_completion_tokens: int
    temperature: float = 1.0
    """0 is greedy."""
    top_k: int = 0
    """Keep the k most probable tokens; 0 keeps all."""
    top_p: float = 1.0
    """Keep the smallest set of tokens whose probability reaches this; 1 keeps all."""

    def __post_init__(self) -> None:
        if self.max_completion_tokens < 1:
            raise ConfigError(f"max_completion_tokens must be at least 1, got {self.max_completion_tokens}")
        if self.temperature < 0:
            raise ConfigError(f"temperature must be 0 (greedy) or positive, got {self.temperature}")
        if self.top_k < 0 or not 0 < self.top_p <= 1:
            raise ConfigError(f"top_k must be >= 0 and top_p in (0, 1], got {self.top_k} and {self.top_p}")


class Sampler(Protocol):
    """Anything that answers prompts with completions and their log-probabilities."""

    def sample(
        self, prompts: Sequence[Prompt], group_size: int, params: SamplingParams, *, seed: int
    ) -> list[RolloutGroup]: ...

    def publish(self, version: int) -> None:
        """Take the policy's current weights; completions carry this version from now on."""
        ...


@dataclass(slots=True)
class _Row:
    """A completion while it is being written."""

    row: int
    token_ids: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)
    finish_reason: FinishReason = FinishReason.LENGTH


class NativeSampler:
    """Samples from the network that is being trained, with whatever adapter is active.

    Args:
        max_rows: completions decoded together; more prompts than fit wait for the next batch.
    """

    def __init__(self, model: Gemma3ForCausalLM, tokenizer: Tokenizer, *, max_rows: int = 256) -> None:
        self.model = model
        self.tokenizer = tokenizer
        self.max_rows = max_rows
        self.version = 0
        self._forbidden = [i for i in IMAGE_TOKEN_IDS if i < model.config.vocab_size]

    def publish(self, version: int) -> None:
        """The sampler reads the trained weights in place, so only the version changes."""
        self.version = version

    @torch.inference_mode()
    def sample(
        self, prompts: Sequence[Prompt], group_size: int, params: SamplingParams, *, seed: int
    ) -> list[RolloutGroup]:
        """`group_size` completions per prompt, in order.

        Row i draws its j-th token with uniform number (i, j) of a generator seeded by `seed`: what a completion says
        does not depend on which others are in flight with it (up to the rounding of the matrix products).

        Raises:
            ConfigError: if prompt and completion do not fit in the model's context.
        """
        self._check_length(prompts, params)
        uniform = self._uniform(len(prompts) * group_size, params, seed)
        rows: list[_Row] = []
        per_batch = max(1, self.max_rows // group_size)
        for start in range(0, len(prompts), per_batch):
            chunk = prompts[start : start + per_batch]
            first = start * group_size
            *_, finished = self._decode(chunk, group_size, params, uniform[first : first + len(chunk) * group_size])
            rows += finished
        completions = [self._completion(row) for row in rows]
        return [
            RolloutGroup(prompt=prompt, completions=tuple(completions[i * group_size : (i + 1) * group_size]))
            for i, prompt in enumerate(prompts)
        ]

    @torch.inference_mode()
    def stream(self, prompt: Prompt, params: SamplingParams, *, seed: int) -> Iterator[int]:
        """One completion's tokens as they are chosen: those that `sample` gives with the same seed.

        Raises:
            ConfigError: if prompt and completion do not fit in the model's context.
        """
        self._check_length([prompt], params)
        for (row,) in self._decode([prompt], 1, params, self._uniform(1, params, seed)):
            yield row.token_ids[-1]

    def _uniform(self, num_rows: int, params: SamplingParams, seed: int) -> Tensor:
        """[num_rows, max_completion_tokens] float64 in [0, 1): what the draws invert."""
        generator = torch.Generator().manual_seed(seed)
        shape = (num_rows, params.max_completion_tokens)
        return torch.rand(shape, generator=generator, dtype=torch.float64).to(self.model.device)

    def _check_length(self, prompts: Sequence[Prompt], params: SamplingParams) -> None:
        limit = self.model.config.max_position_embeddings
        for prompt in prompts:
            if len(prompt.token_ids) + params.max_completion_tokens > limit:
                raise ConfigError(
                    f"prompt {prompt.id} has {len(prompt.token_ids)} tokens; with max_completion_tokens="
                    f"{params.max_completion_tokens} it does not fit in the model's {limit}: shorten one of the two"
                )

    def _decode(
        self, prompts: Sequence[Prompt], group_size: int, params: SamplingParams, uniform: Tensor
    ) -> Iterator[list[_Row]]:
        """Prefill and decode one batch, yielding all rows after every token; `uniform` is
        [P * G, max_completion_tokens]."""
        cache, hidden = self._prefill(prompts, params.max_completion_tokens)
        cache = cache.fork(group_size)
        hidden = hidden.repeat_interleave(group_size, dim=0)
        lengths = torch.tensor([len(p.token_ids) for p in prompts]).repeat_interleave(group_size)
        rows = [_Row(row=i) for i in range(len(lengths))]
        active = list(rows)
        for step in range(params.max_completion_tokens):
            indices = torch.tensor([row.row for row in active], device=uniform.device)
            chosen, logprobs = choose(self.model.logits(hidden), uniform[indices, step], params, self._forbidden)
            unfinished = self._append(active, chosen.tolist(), logprobs.tolist())
            yield rows
            if not unfinished or step + 1 == params.max_completion_tokens:
                break
            if len(unfinished) < len(active):
                keep = torch.tensor(unfinished, device=chosen.device)
                active = [active[i] for i in unfinished]
                cache, chosen = cache.select(keep), chosen[keep]
            positions = (lengths[[row.row for row in active]] + step)[:, None].to(chosen.device)
            hidden = self.model(chosen[:, None], Layout.at(positions), cache)[:, 0]

    def _prefill(self, prompts: Sequence[Prompt], room: int) -> tuple[KVCache, Tensor]:
        """The prompts' cache and the [P, D] hidden states that predict their first completion tokens."""
        device = self.model.device
        length = max(len(p.token_ids) for p in prompts)
        token_ids = torch.zeros((len(prompts), length), dtype=torch.int64)
        mask = torch.zeros_like(token_ids)
        for i, prompt in enumerate(prompts):
            token_ids[i, : len(prompt.token_ids)] = torch.tensor(prompt.token_ids)
            mask[i, : len(prompt.token_ids)] = 1
        cache = KVCache(self.model.config, len(prompts), length + room, dtype=self.model.dtype, device=device)
        hidden = self.model(token_ids.to(device), Layout.padded(mask.to(device)), cache)
        last = mask.sum(-1).to(device) - 1
        return cache, hidden[torch.arange(len(prompts), device=device), last]

    def _append(self, active: Sequence[_Row], chosen: Sequence[int], logprobs: Sequence[float]) -> list[int]:
        """Add one token to every row; returns the places in `active` of the rows that go on."""
        unfinished = []
        for i, (row, token, logprob) in enumerate(zip(active, chosen, logprobs, strict=True)):
            row.token_ids.append(token)
            row.logprobs.append(logprob)
            if token in self.tokenizer.stop_ids:
                row.finish_reason = FinishReason.STOP
            else:
                unfinished.append(i)
        return unfinished

    def _completion(self, row: _Row) -> Completion:
        return Completion(
            token_ids=tuple(row.token_ids),
            sampling_logprobs=tuple(row.logprobs),
            finish_reason=row.finish_reason,
            text=self.tokenizer.decode(row.token_ids, skip_special=True),
            policy_version=self.version,
        )


# Rows of logits that are turned to float32 at a time (16 x 262,144 x 4 bytes = 16 MiB).
_ROWS_AT_A_TIME = 16
# The vocabulary is searched in two strides, blocks and then tokens, so no running sum over 262,144 numbers is needed.
_BLOCK = 512


def choose(
    logits: Float[Tensor, "N V"], uniform: Float[Tensor, " N"], params: SamplingParams, forbidden: Sequence[int] = ()
) -> tuple[Int[Tensor, " N"], Float[Tensor, " N"]]:
    """One token per row by inverting the cumulative distribution at `uniform`, and its log-probability.

    The log-probability is float32 and that of the tempered distribution before truncation and before `forbidden`
    tokens are excluded: what `rlhf.logprobs` recomputes. Greedy decoding reports it at temperature 1.
    """
    chosen = torch.empty(logits.shape[0], dtype=torch.int64, device=logits.device)
    logprobs = torch.empty(logits.shape[0], dtype=torch.float32, device=logits.device)
    wide = torch.empty((min(len(logits), _ROWS_AT_A_TIME), logits.shape[1]), dtype=torch.float32, device=logits.device)
    for start in range(0, logits.shape[0], _ROWS_AT_A_TIME):
        rows = slice(start, start + _ROWS_AT_A_TIME)
        narrow = logits[rows]
        weights = wide[: len(narrow)].copy_(narrow)
        chosen[rows], logprobs[rows] = _choose_rows(weights, uniform[rows], params, forbidden)
    return chosen, logprobs


def _choose_rows(
    logits: Tensor, uniform: Tensor, params: SamplingParams, forbidden: Sequence[int]
) -> tuple[Tensor, Tensor]:
    """Like `choose`, for a few rows of float32 logits, which are overwritten."""
    if params.temperature not in (0.0, 1.0):
        logits.div_(params.temperature)
    weights = logits.sub_(logits.amax(-1, keepdim=True)).exp_()
    total = weights.sum(-1)
    weights[:, list(forbidden)] = 0.0
    chosen = weights.argmax(-1) if params.temperature == 0.0 else _invert(_truncate(weights, params), uniform)
    return chosen, (weights.gather(1, chosen[:, None])[:, 0] / total).log()


def _truncate(weights: Tensor, params: SamplingParams) -> Tensor:
    """Zero the weights that top-k and then top-p leave out."""
    if params.top_k:
        kth = weights.topk(min(params.top_k, weights.shape[-1]), dim=-1).values[:, -1:]
        weights = weights.where(weights >= kth, 0.0)
    if params.top_p < 1.0:
        ordered, order = weights.sort(dim=-1, descending=True)
        before = ordered.cumsum(-1) - ordered
        ordered = ordered.where(before < params.top_p * ordered.sum(-1, keepdim=True), 0.0)
        weights = torch.zeros_like(weights).scatter_(1, order, ordered)
    return weights


def _invert(weights: Tensor, uniform: Tensor) -> Tensor:
    """The index at which the running sum of [N, V] unnormalized weights passes `uniform` of its total."""
    num_rows, size = weights.shape
    padded = torch.nn.functional.pad(weights, (0, -size % _BLOCK)).view(num_rows, -1, _BLOCK)
    block_ends = padded.sum(-1).to(torch.float64).cumsum(-1)
    aim = uniform.to(torch.float64)[:, None] * block_ends[:, -1:]
    block = torch.searchsorted(block_ends, aim, right=True).clamp_(max=padded.shape[1] - 1)
    before = torch.where(block > 0, block_ends.gather(1, (block - 1).clamp(min=0)), 0.0)
    inside = padded[torch.arange(num_rows, device=weights.device), block[:, 0]].to(torch.float64).cumsum(-1)
    # Rounding may put the aim a hair past the block's end; then the last token with any weight is meant.
    offset = torch.searchsorted(inside, (aim - before).minimum(inside[:, -1:] * (1 - 1e-12)), right=True)
    return (block * _BLOCK + offset)[:, 0].clamp_(max=size - 1)
