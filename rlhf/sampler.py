"""Sampling from the policy itself: prefill a prompt once with a draft behind it, then decode what leaves the draft.
Completions of a prompt that have said the same so far are one row.

A draft is a guess at the completion (here the prompt's demonstration): the prefill computes the distributions along it,
once per group, and a completion is drawn from them for as long as it says what the draft says. Every token is drawn
from the policy's own distribution given the tokens before it, so a draft changes the work and not the samples.
Source: Leviathan et al. 2023, arXiv:2211.17192; with a draft that is certain of itself, their rule is this one.

Sizes: P prompts, G completions each, K draft tokens, N draws from M distributions, V vocabulary.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
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
from rlhf.logprobs import exp_
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


OnFinished = Callable[[int, RolloutGroup], None]
"""Told of every group as soon as all of its completions have ended, with the place of its prompt."""


class Sampler(Protocol):
    """Anything that answers prompts with completions and their log-probabilities."""

    def sample(
        self,
        prompts: Sequence[Prompt],
        group_size: int,
        params: SamplingParams,
        *,
        seed: int,
        on_finished: OnFinished | None = None,
    ) -> list[RolloutGroup]: ...

    def publish(self, version: int) -> None:
        """Take the policy's current weights; completions carry this version from now on."""
        ...


@dataclass(slots=True)
class _Row:
    """A completion while it is being written."""

    row: int
    prompt: int
    """Place of its prompt in the batch."""
    num_prompt_tokens: int
    token_ids: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)
    finish_reason: FinishReason = FinishReason.LENGTH

    def goes_on(self, params: SamplingParams) -> bool:
        return self.finish_reason is FinishReason.LENGTH and len(self.token_ids) < params.max_completion_tokens


class NativeSampler:
    """Samples from the network that is being trained, with whatever adapter is active.

    Args:
        max_rows: completions decoded together; more prompts than fit wait for the next batch.
        max_draft_tokens: of a prompt's demonstration that the prefill reads ahead; 0 drafts nothing.
    """

    def __init__(
        self, model: Gemma3ForCausalLM, tokenizer: Tokenizer, *, max_rows: int = 256, max_draft_tokens: int = 16
    ) -> None:
        self.model = model
        self.tokenizer = tokenizer
        self.max_rows = max_rows
        self.max_draft_tokens = max_draft_tokens
        self.version = 0
        self._forbidden = [i for i in IMAGE_TOKEN_IDS if i < model.config.vocab_size]

    def publish(self, version: int) -> None:
        """The sampler reads the trained weights in place, so only the version changes."""
        self.version = version

    @torch.inference_mode()
    def sample(
        self,
        prompts: Sequence[Prompt],
        group_size: int,
        params: SamplingParams,
        *,
        seed: int,
        on_finished: OnFinished | None = None,
    ) -> list[RolloutGroup]:
        """`group_size` completions per prompt, in order; `on_finished` hears of each group when it is finished.

        Row i draws its j-th token with uniform number (i, j) of a generator seeded by `seed`: what a completion says
        does not depend on which others are in flight with it (up to the rounding of the matrix products).

        Raises:
            ConfigError: if prompt and completion do not fit in the model's context.
        """
        self._check_length(prompts, params)
        uniform = self._uniform(len(prompts) * group_size, params, seed)
        groups: dict[int, RolloutGroup] = {}
        per_batch = max(1, self.max_rows // group_size)
        for start in range(0, len(prompts), per_batch):
            chunk = prompts[start : start + per_batch]
            first = start * group_size
            drawn = uniform[first : first + len(chunk) * group_size]
            for place, group in self._finished(chunk, group_size, params, drawn):
                groups[start + place] = group
                if on_finished is not None:
                    on_finished(start + place, group)
        return [groups[place] for place in range(len(prompts))]

    def _finished(
        self, prompts: Sequence[Prompt], group_size: int, params: SamplingParams, uniform: Tensor
    ) -> Iterator[tuple[int, RolloutGroup]]:
        """The groups of one batch with their places, each as soon as its last completion has ended."""
        open_places = set(range(len(prompts)))
        for rows in self._decode(prompts, group_size, params, uniform):
            for place in sorted(open_places):
                own = rows[place * group_size : (place + 1) * group_size]
                if not any(row.goes_on(params) for row in own):
                    open_places.remove(place)
                    completions = tuple(self._completion(row) for row in own)
                    yield place, RolloutGroup(prompt=prompts[place], completions=completions)

    @torch.inference_mode()
    def stream(self, prompt: Prompt, params: SamplingParams, *, seed: int) -> Iterator[int]:
        """One completion's tokens as they are chosen: those that `sample` gives with the same seed.

        Raises:
            ConfigError: if prompt and completion do not fit in the model's context.
        """
        self._check_length([prompt], params)
        said = 0
        for (row,) in self._decode([prompt], 1, params, self._uniform(1, params, seed)):
            yield from row.token_ids[said:]
            said = len(row.token_ids)

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
        """Prefill and decode one batch, yielding all rows whenever they have grown; `uniform` is
        [P * G, max_completion_tokens]."""
        rows = [
            _Row(row=p * group_size + g, prompt=p, num_prompt_tokens=len(prompt.token_ids))
            for p, prompt in enumerate(prompts)
            for g in range(group_size)
        ]
        drafts = [self._draft(prompt, params) for prompt in prompts]
        cache, hidden = self._prefill(prompts, drafts, params.max_completion_tokens)
        following = rows
        for depth in range(hidden.shape[1]):
            self._grow(following, hidden[:, depth], [row.prompt for row in following], params, uniform)
            yield rows
            following = [row for row in following if row.token_ids == list(drafts[row.prompt][: depth + 1])]
            if not following:
                break
        parents, nodes = _branch([(row.prompt, row) for row in rows], params)
        while nodes:
            if parents != list(range(cache.num_rows)):  # a selection copies every key
                cache = cache.select(self._indices(parents))
            tokens = self._indices([node[0].token_ids[-1] for node in nodes])
            positions = self._indices([node[0].num_prompt_tokens + len(node[0].token_ids) - 1 for node in nodes])
            hidden = self.model(tokens[:, None], Layout.at(positions[:, None]), cache)[:, 0]
            placed = [(place, row) for place, node in enumerate(nodes) for row in node]
            self._grow([row for _, row in placed], hidden, [place for place, _ in placed], params, uniform)
            yield rows
            parents, nodes = _branch(placed, params)

    def _draft(self, prompt: Prompt, params: SamplingParams) -> tuple[int, ...]:
        """The start of the prompt's demonstration: what a completion says if the policy has learned it."""
        draft = tuple(itertools.takewhile(lambda token: token not in self.tokenizer.stop_ids, prompt.target_ids))
        # A rejected draft leaves its keys behind. They are out of sight until the row overwrites them, unless a local
        # layer's ring has wrapped around by then.
        within_window = self.model.config.sliding_window - len(prompt.token_ids)
        return draft[: max(0, min(self.max_draft_tokens, params.max_completion_tokens - 1, within_window))]

    def _prefill(
        self, prompts: Sequence[Prompt], drafts: Sequence[tuple[int, ...]], room: int
    ) -> tuple[KVCache, Tensor]:
        """The cache of prompts and drafts, and the [P, K + 1, D] states that predict the tokens along the draft.

        K is the longest draft's length; behind a shorter one its last state is repeated.
        """
        texts = [[*prompt.token_ids, *draft] for prompt, draft in zip(prompts, drafts, strict=True)]
        shape = (len(texts), max(map(len, texts)))
        token_ids, mask = torch.zeros(shape, dtype=torch.int64), torch.zeros(shape, dtype=torch.int64)
        for i, text in enumerate(texts):
            token_ids[i, : len(text)] = torch.tensor(text)
            mask[i, : len(text)] = 1
        device = self.model.device
        capacity = max(len(prompt.token_ids) for prompt in prompts) + room
        cache = KVCache(self.model.config, len(texts), capacity, dtype=self.model.dtype, device=device)
        hidden = self.model(token_ids.to(device), Layout.padded(mask.to(device)), cache)
        last = self._indices([len(text) - 1 for text in texts])[:, None]
        first = self._indices([len(prompt.token_ids) - 1 for prompt in prompts])[:, None]
        along = torch.minimum(first + torch.arange(max(map(len, drafts)) + 1, device=device), last)
        return cache, hidden.gather(1, along[:, :, None].expand(-1, -1, hidden.shape[2]))

    def _grow(
        self, rows: Sequence[_Row], hidden: Tensor, sources: Sequence[int], params: SamplingParams, uniform: Tensor
    ) -> None:
        """Draw one more token for every row; row i draws from the distribution that `hidden[sources[i]]` predicts."""
        wanted, index = self._indices(sources).unique(return_inverse=True)
        places = self._indices([row.row for row in rows]), self._indices([len(row.token_ids) for row in rows])
        chosen, logprobs = choose(
            self.model.logits(hidden[wanted]), uniform[places], params, self._forbidden, index=index
        )
        for row, token, logprob in zip(rows, chosen.tolist(), logprobs.tolist(), strict=True):
            row.token_ids.append(token)
            row.logprobs.append(logprob)
            if token in self.tokenizer.stop_ids:
                row.finish_reason = FinishReason.STOP

    def _indices(self, values: Sequence[int]) -> Tensor:
        return torch.tensor(values, dtype=torch.int64, device=self.model.device)

    def _completion(self, row: _Row) -> Completion:
        return Completion(
            token_ids=tuple(row.token_ids),
            sampling_logprobs=tuple(row.logprobs),
            finish_reason=row.finish_reason,
            text=self.tokenizer.decode(row.token_ids, skip_special=True),
            policy_version=self.version,
        )


def _branch(placed: Sequence[tuple[int, _Row]], params: SamplingParams) -> tuple[list[int], list[list[_Row]]]:
    """The rows that go on, those with the same text together (one forward serves them all), and each node's parent.

    Args:
        placed: every row with the parent that it grew from: its prompt, or a node of the forward before.
    """
    nodes: dict[tuple[int, tuple[int, ...]], list[_Row]] = {}
    for parent, row in placed:
        if row.goes_on(params):
            nodes.setdefault((parent, tuple(row.token_ids)), []).append(row)
    return [parent for parent, _ in nodes], list(nodes.values())


# Rows of logits that are turned to float32 at a time (16 x 262,144 x 4 bytes = 16 MiB).
_ROWS_AT_A_TIME = 16
# The vocabulary is searched in two strides, blocks and then tokens, so no running sum over 262,144 numbers is needed.
_BLOCK = 512


def choose(
    logits: Float[Tensor, "M V"],
    uniform: Float[Tensor, " N"],
    params: SamplingParams,
    forbidden: Sequence[int] = (),
    *,
    index: Int[Tensor, " N"] | None = None,
) -> tuple[Int[Tensor, " N"], Float[Tensor, " N"]]:
    """One token per draw by inverting the cumulative distribution at `uniform`, and its log-probability.

    The log-probability is float32 and that of the tempered distribution before truncation and before `forbidden`
    tokens are excluded: what `rlhf.logprobs` recomputes. Greedy decoding reports it at temperature 1.

    Args:
        index: the row of `logits` that each draw is from; draw n is from row n when it is None.
    """
    index = torch.arange(len(logits), device=logits.device) if index is None else index
    chosen = torch.empty(uniform.shape, dtype=torch.int64, device=logits.device)
    logprobs = torch.empty(uniform.shape, dtype=torch.float32, device=logits.device)
    wide = torch.empty((min(len(logits), _ROWS_AT_A_TIME), logits.shape[1]), dtype=torch.float32, device=logits.device)
    for start in range(0, len(logits), _ROWS_AT_A_TIME):
        narrow = logits[start : start + _ROWS_AT_A_TIME]
        draws = ((index >= start) & (index < start + len(narrow))).nonzero()[:, 0]
        weights = wide[: len(narrow)].copy_(narrow)
        chosen[draws], logprobs[draws] = _draw(weights, index[draws] - start, uniform[draws], params, forbidden)
    return chosen, logprobs


def _draw(
    logits: Tensor, index: Tensor, uniform: Tensor, params: SamplingParams, forbidden: Sequence[int]
) -> tuple[Tensor, Tensor]:
    """Like `choose`, for a few rows of float32 logits, which are overwritten."""
    if params.temperature not in (0.0, 1.0):
        logits.div_(params.temperature)
    weights = exp_(logits.sub_(logits.amax(-1, keepdim=True)))
    total = weights.sum(-1)
    weights[:, list(forbidden)] = 0.0
    if params.temperature == 0.0:
        chosen = weights.argmax(-1)[index]
    else:
        chosen = _invert(_truncate(weights, params), index, uniform)
    return chosen, (weights[index, chosen] / total[index]).log()


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


def _invert(weights: Tensor, index: Tensor, uniform: Tensor) -> Tensor:
    """Per draw, where the running sum of the unnormalized weights in row `index` passes `uniform` of its total."""
    size = weights.shape[1]
    padded = torch.nn.functional.pad(weights, (0, -size % _BLOCK)).view(len(weights), -1, _BLOCK)
    block_ends = padded.sum(-1).to(torch.float64).cumsum(-1)[index]
    aim = uniform.to(torch.float64)[:, None] * block_ends[:, -1:]
    block = torch.searchsorted(block_ends, aim, right=True).clamp_(max=padded.shape[1] - 1)
    before = torch.where(block > 0, block_ends.gather(1, (block - 1).clamp(min=0)), 0.0)
    inside = padded[index, block[:, 0]].to(torch.float64).cumsum(-1)
    # Rounding may put the aim a hair past the block's end; then the last token with any weight is meant.
    offset = torch.searchsorted(inside, (aim - before).minimum(inside[:, -1:] * (1 - 1e-12)), right=True)
    return (block * _BLOCK + offset)[:, 0].clamp_(max=size - 1)
