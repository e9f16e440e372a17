"""A trained reward model as a scorer: `rewards.preference.Preference(scorer=RewardModelScorer.load(folder))`."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

from model.chat import Message
from model.load import load_model, load_tokenizer, parse_dtype, read_config
from model.lora import AdapterRoles
from model.tokenizer import Tokenizer
from rewards.base import Sample, Verdict
from rlhf.errors import ConfigError
from rlhf.judged import Tokens, encode_judged
from rlhf.reward_model import RewardModel


class RewardModelScorer:
    """Scores samples as the reward model was trained to: the prompt as one user turn, the completion as the answer.

    A completion that is too long, or was cut off, has no score but a verdict that says so: the model was not trained on
    such answers. Any thread may call it; one at a time computes.

    Args:
        max_tokens: of a prompt with its completion.
        micro_batch_tokens: tokens (padding included) per forward.
        score_cut_off: score completions that hit the length limit all the same, pooled at their last token: right for
            a model that was trained with `on_long: cut`.
    """

    def __init__(
        self,
        reward_model: RewardModel,
        tokenizer: Tokenizer,
        *,
        max_tokens: int,
        micro_batch_tokens: int = 8192,
        score_cut_off: bool = False,
    ) -> None:
        room = reward_model.model.config.max_position_embeddings
        if not 1 <= max_tokens <= room:
            raise ConfigError(f"max_tokens is {max_tokens}; give 1 to {room}, the positions of the network")
        self.reward_model, self.tokenizer = reward_model, tokenizer
        self.max_tokens, self.micro_batch_tokens, self.score_cut_off = max_tokens, micro_batch_tokens, score_cut_off
        self._lock = threading.Lock()

    @classmethod
    def load(
        cls,
        folder: str,
        *,
        checkpoint: str = "gemma-3-270m",
        dtype: str = "bfloat16",
        device: str = "cpu",
        max_tokens: int = 1024,
        micro_batch_tokens: int = 8192,
        score_cut_off: bool = False,
    ) -> RewardModelScorer:
        """The scorer of a folder that `jobs.reward_model` wrote, on a base of its own.

        Where the policy's base is the same one, `rlhf.reward_role.RoleScorer` adds it there instead, and no second
        base is in memory.

        Raises:
            CheckpointFormatError: if a file is missing or broken, or the base is not the one it was trained on.
        """
        room = read_config(checkpoint).max_position_embeddings
        if not 1 <= max_tokens <= room:
            raise ConfigError(f"max_tokens is {max_tokens}; give 1 to {room}, the positions of {checkpoint}")
        RewardModel.check(Path(folder).expanduser(), checkpoint)
        roles = AdapterRoles(load_model(checkpoint, dtype=parse_dtype(dtype), device=device))
        return cls(
            RewardModel.load(roles, Path(folder).expanduser()),
            load_tokenizer(checkpoint),
            max_tokens=max_tokens,
            micro_batch_tokens=micro_batch_tokens,
            score_cut_off=score_cut_off,
        )

    def __call__(self, samples: Sequence[Sample]) -> list[float | Verdict]:
        """One reward per sample, or why there is none."""
        read = [self._read(sample) for sample in samples]
        judged = [found for found in read if not isinstance(found, Verdict)]
        texts, contexts = [[tokens] for tokens, _ in judged], [context for _, context in judged]
        with self._lock:
            scores = iter(self.reward_model.score(texts, self.micro_batch_tokens, contexts) if texts else [])
        return [found if isinstance(found, Verdict) else next(scores)[0] for found in read]

    def _read(self, sample: Sample) -> tuple[Tokens, int] | Verdict:
        """The sample's tokens, and how many of them are its prompt's; or why it has no score."""
        complete = sample.finish_reason != "length"
        if not complete and not self.score_cut_off:
            return Verdict.truncated("cut off: the reward model was trained on whole answers")
        if not complete and not sample.completion.strip():
            return Verdict.truncated("cut off before its first word")
        context = [Message(role="user", content=sample.prompt)]
        tokens = encode_judged(self.tokenizer, context, sample.completion, complete=complete)
        if len(tokens) > self.max_tokens:
            return Verdict.truncated(f"{len(tokens)} tokens are more than the scorer's max_tokens={self.max_tokens}")
        return tokens, len(self.tokenizer.encode_chat(context))
