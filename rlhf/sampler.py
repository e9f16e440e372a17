"""Sampling from the policy itself: prefill a prompt once with a draft behind it, then decode what leaves the draft.
Completions of a prompt that have said the same so far are one row.

A draft is a guess at the completion (here the prompt's demonstration): the prefill computes the distributions along it,
once per group, and a completion is drawn from them for as long as it says what the draft says. Every token is drawn
from the policy's own distribution given the tokens before it, so a draft changes the work and not the samples.
Source: Leviathan et al. 2023, arXiv:2211.17192; with a draft that is certain of itself, their rule is this one.

Sizes: P prompts, G completions each, K draft tokens.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Protocol

import torch
from torch import Tensor

from model.attention import Layout
from model.cache import KVCache
from model.decoding import fastest_decoding
from model.lora_layer import hold
from model.tokenizer import Tokenizer
from model.transformer import Gemma3ForCausalLM
from rlhf.errors import ConfigError
from rlhf.sampling import SamplingParams, StopStrings, choose
from rlhf.types import Completion, FinishReason, Prompt, RolloutGroup

__all__ = ["IMAGE_TOKEN_IDS", "NativeSampler", "OnFinished", "Sampler", "SamplingParams"]

# DeepMind's sampler never emits these in text: begin and end of image.
IMAGE_TOKEN_IDS = (255_999, 256_000)

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
    drawn_logprobs: list[float] = field(default_factory=list)
    tail: bytes = b""
    """What `StopStrings` remembers of the text."""
    stop_string: str = ""
    finish_reason: FinishReason = FinishReason.LENGTH

    def goes_on(self, params: SamplingParams) -> bool:
        return self.finish_reason is FinishReason.LENGTH and len(self.token_ids) < params.max_completion_tokens


@dataclass(frozen=True, slots=True)
class _Rules:
    """What the rows of one batch are written by."""

    params: SamplingParams
    stops: StopStrings
    uniform: Tensor
    """[P * G, max_completion_tokens] float64 in [0, 1): what the draws invert."""


class NativeSampler:
    """Samples from the network that is being trained, with whatever adapter is active.

    Args:
        max_rows: completions decoded together; more prompts than fit wait for the next batch.
        max_draft_tokens: of a prompt's demonstration that the prefill reads ahead; 0 drafts nothing.
        pack_weights: on a CPU, keep a copy of the frozen matrices in the layout that decoding reads fastest, from the
            first call on, and decode with fused kernels. It takes their memory again.
        keep_packed: between calls, too: False gives that memory to the update, and costs 0.2 s a call with the 270M.
    """

    def __init__(
        self,
        model: Gemma3ForCausalLM,
        tokenizer: Tokenizer,
        *,
        max_rows: int = 256,
        max_draft_tokens: int = 16,
        pack_weights: bool = True,
        keep_packed: bool = True,
    ) -> None:
        self.model = model
        self._decoding = fastest_decoding(model) if pack_weights else None
        self.keep_packed = keep_packed
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
        seed: int | Sequence[int],
        on_finished: OnFinished | None = None,
    ) -> list[RolloutGroup]:
        """`group_size` completions per prompt, in order; `on_finished` hears of each group when it is finished.

        What a completion says does not depend on which others are in flight with it (up to the rounding of the matrix
        products): its j-th token is drawn with the j-th number of a random stream of its own.

        Args:
            seed: one for every completion, prompt after prompt: the stream is that seed's alone, so the same prompt,
                seed and weights say the same anywhere. Or one for the call, whose streams go by a completion's place.
        Raises:
            ConfigError: if prompt and completion do not fit in the model's context.
            ValueError: if there are not as many seeds as completions.
        """
        self._check_length(prompts, params)
        uniform = self._uniform(len(prompts) * group_size, params, seed)
        groups: dict[int, RolloutGroup] = {}
        per_batch = max(1, self.max_rows // group_size)
        for start in range(0, len(prompts), per_batch):
            chunk = prompts[start : start + per_batch]
            first = start * group_size
            rules = self._rules(params, uniform[first : first + len(chunk) * group_size])
            for place, group in self._finished(chunk, group_size, rules):
                groups[start + place] = group
                if on_finished is not None:
                    on_finished(start + place, group)
        if self._decoding is not None and not self.keep_packed:
            self._decoding.release()
        return [groups[place] for place in range(len(prompts))]

    def _finished(
        self, prompts: Sequence[Prompt], group_size: int, rules: _Rules
    ) -> Iterator[tuple[int, RolloutGroup]]:
        """The groups of one batch with their places, each as soon as its last completion has ended."""
        open_places = set(range(len(prompts)))
        for rows in self._decode(prompts, group_size, rules):
            for place in sorted(open_places):
                own = rows[place * group_size : (place + 1) * group_size]
                if not any(row.goes_on(rules.params) for row in own):
                    open_places.remove(place)
                    completions = tuple(self._completion(row) for row in own)
                    yield place, RolloutGroup(prompt=prompts[place], completions=completions)

    @torch.inference_mode()
    def stream(self, prompt: Prompt, params: SamplingParams, *, seed: int) -> Iterator[int]:
        """One completion's tokens as they are chosen: those that `sample` gives with this seed for this completion.

        Raises:
            ConfigError: if prompt and completion do not fit in the model's context.
        """
        self._check_length([prompt], params)
        said = 0
        for (row,) in self._decode([prompt], 1, self._rules(params, self._uniform(1, params, [seed]))):
            yield from row.token_ids[said:]
            said = len(row.token_ids)

    def _uniform(self, num_rows: int, params: SamplingParams, seed: int | Sequence[int]) -> Tensor:
        """[num_rows, max_completion_tokens] float64 in [0, 1); a seed's own row is the same whatever its length."""
        uniform = torch.empty((num_rows, params.max_completion_tokens), dtype=torch.float64)
        if isinstance(seed, int):
            torch.rand(uniform.shape, generator=torch.Generator().manual_seed(seed), out=uniform)
        elif len(seed) != num_rows:
            raise ValueError(f"{len(seed)} seeds for {num_rows} completions; give every completion its own, or one int")
        else:
            for row, own in zip(uniform, seed, strict=True):
                torch.rand(row.shape, generator=torch.Generator().manual_seed(own), out=row)
        return uniform.to(self.model.device)

    def _rules(self, params: SamplingParams, uniform: Tensor) -> _Rules:
        return _Rules(params, StopStrings(params.stop, self.tokenizer), uniform)

    def _check_length(self, prompts: Sequence[Prompt], params: SamplingParams) -> None:
        limit = self.model.config.max_position_embeddings
        for prompt in prompts:
            if len(prompt.token_ids) + params.max_completion_tokens > limit:
                raise ConfigError(
                    f"prompt {prompt.id} has {len(prompt.token_ids)} tokens; with max_completion_tokens="
                    f"{params.max_completion_tokens} it does not fit in the model's {limit}: shorten one of the two"
                )

    def _decode(self, prompts: Sequence[Prompt], group_size: int, rules: _Rules) -> Iterator[list[_Row]]:
        """Prefill and decode one batch, yielding all rows whenever they have grown."""
        with self._decoding.active() if self._decoding else nullcontext(), hold(self.model, self.model.dtype):
            yield from self._decode_batch(prompts, group_size, rules)

    def _decode_batch(self, prompts: Sequence[Prompt], group_size: int, rules: _Rules) -> Iterator[list[_Row]]:
        params = rules.params
        rows = [
            _Row(row=p * group_size + g, prompt=p, num_prompt_tokens=len(prompt.token_ids))
            for p, prompt in enumerate(prompts)
            for g in range(group_size)
        ]
        drafts = [self._draft(prompt, params) for prompt in prompts]
        cache, hidden = self._prefill(prompts, drafts, params.max_completion_tokens, len(rows))
        following = rows
        for depth in range(hidden.shape[1]):
            self._grow(following, hidden[:, depth], [row.prompt for row in following], rules)
            yield rows
            said = [list(draft[: depth + 1]) for draft in drafts]
            following = [row for row in following if row.goes_on(params) and row.token_ids == said[row.prompt]]
            if not following:
                break
        parents, nodes = _branch([(row.prompt, row) for row in rows], params)
        while nodes:
            if parents != list(range(cache.num_rows)):
                cache.select_(self._indices(parents))
            tokens = self._indices([node[0].token_ids[-1] for node in nodes])
            positions = self._indices([node[0].num_prompt_tokens + len(node[0].token_ids) - 1 for node in nodes])
            hidden = self.model(tokens[:, None], Layout.at(positions[:, None]), cache)[:, 0]
            placed = [(place, row) for place, node in enumerate(nodes) for row in node]
            self._grow([row for _, row in placed], hidden, [place for place, _ in placed], rules)
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
        self, prompts: Sequence[Prompt], drafts: Sequence[tuple[int, ...]], room: int, max_rows: int
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
        kind = {"dtype": self.model.dtype, "device": device}
        cache = KVCache(self.model.config, len(texts), capacity, max_rows=max_rows, **kind)
        hidden = self.model(token_ids.to(device), Layout.padded(mask.to(device)), cache)
        last = self._indices([len(text) - 1 for text in texts])[:, None]
        first = self._indices([len(prompt.token_ids) - 1 for prompt in prompts])[:, None]
        along = torch.minimum(first + torch.arange(max(map(len, drafts)) + 1, device=device), last)
        return cache, hidden.gather(1, along[:, :, None].expand(-1, -1, hidden.shape[2]))

    def _grow(self, rows: Sequence[_Row], hidden: Tensor, sources: Sequence[int], rules: _Rules) -> None:
        """Draw one more token for every row; row i draws from the distribution that `hidden[sources[i]]` predicts."""
        wanted, index = self._indices(sources).unique(return_inverse=True)
        places = self._indices([row.row for row in rows]), self._indices([len(row.token_ids) for row in rows])
        chosen = choose(
            self.model.logits(hidden[wanted]), rules.uniform[places], rules.params, self._forbidden, index=index
        )
        columns = (column.tolist() for column in chosen)
        for row, token, logprob, drawn_logprob in zip(rows, *columns, strict=True):
            row.token_ids.append(token)
            row.logprobs.append(logprob)
            row.drawn_logprobs.append(drawn_logprob)
            if token in self.tokenizer.stop_ids:
                row.finish_reason = FinishReason.STOP
            elif rules.stops:
                row.stop_string, row.tail = rules.stops.after(row.tail, token)
                row.finish_reason = FinishReason.STOP_STRING if row.stop_string else FinishReason.LENGTH

    def _indices(self, values: Sequence[int]) -> Tensor:
        return torch.tensor(values, dtype=torch.int64, device=self.model.device)

    def _completion(self, row: _Row) -> Completion:
        return Completion(
            token_ids=tuple(row.token_ids),
            sampling_logprobs=tuple(row.logprobs),
            finish_reason=row.finish_reason,
            text=self.tokenizer.decode(row.token_ids, skip_special=True),
            policy_version=self.version,
            drawn_logprobs=tuple(row.drawn_logprobs),
            stop_string=row.stop_string,
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
