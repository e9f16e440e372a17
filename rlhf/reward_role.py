"""A reward model as a further role of the policy's base: one base in memory, and nothing is copied to switch.

The reward is built before the network, so that a mistake in it costs nothing; its scorers wait until the network is
there:

    with waiting_scorers() as waiting:
        reward = build(config.reward)     # makes RoleScorers
    policy = ...
    attach_all(waiting, policy.roles, tokenizer)
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from model.errors import CheckpointFormatError, ModelError
from model.lora import AdapterRoles
from model.tokenizer import Tokenizer
from rewards.base import Sample, Verdict
from rlhf.errors import ConfigError
from rlhf.reward_model import HEAD_FILE, REWARD, RewardModel
from rlhf.reward_scorer import RewardModelScorer

_waiting: ContextVar[list[RoleScorer] | None] = ContextVar("waiting", default=None)


class RoleScorer:
    """Scores like `RewardModelScorer`, on the base of the policy, once it is attached to it.

    Only the thread that attached it may call it: a switch of roles while the policy samples would change the policy.

    Args:
        folder: what `jobs.reward_model` wrote, or `jobs.merge` from several of them.
        max_tokens, micro_batch_tokens, score_cut_off: as for `RewardModelScorer`.

    Raises:
        CheckpointFormatError: if the folder is no reward model.
        ConfigError: if nobody will attach it.
    """

    def __init__(
        self, folder: str, *, max_tokens: int = 1024, micro_batch_tokens: int = 8192, score_cut_off: bool = False
    ) -> None:
        waiting, self.folder = _waiting.get(), Path(folder).expanduser()
        if waiting is None:
            raise ConfigError(
                f"the reward model {folder} is to share the policy's base, and this job has no policy; give it a base "
                "of its own: _target_: rlhf.reward_scorer.RewardModelScorer.load, with its checkpoint"
            )
        if not (self.folder / HEAD_FILE).is_file():
            raise CheckpointFormatError(
                f"{folder} has no {HEAD_FILE}, so it is no reward model; give a folder that jobs.reward_model wrote"
            )
        self.max_tokens = max_tokens
        self.micro_batch_tokens, self.score_cut_off = micro_batch_tokens, score_cut_off
        self._scorer: RewardModelScorer | None = None
        self._thread = threading.get_ident()
        waiting.append(self)

    def check(self, checkpoint: str) -> None:
        """Refuse what `attach` would refuse, before the network at `checkpoint` is loaded.

        Raises:
            CheckpointFormatError: if it was trained on another base, or a file of it is broken.
        """
        with self._explained():
            RewardModel.check(self.folder, checkpoint)

    def attach(self, roles: AdapterRoles, tokenizer: Tokenizer, role: str) -> None:
        """Adds the adapter to the base, as a frozen role of this name, with its head.

        Raises:
            CheckpointFormatError: if it was trained on another base, or a file of it is broken.
        """
        with self._explained():
            reward_model = RewardModel.load(roles, self.folder, role=role)
        self._thread = threading.get_ident()
        self._scorer = RewardModelScorer(
            reward_model,
            tokenizer,
            max_tokens=self.max_tokens,
            micro_batch_tokens=self.micro_batch_tokens,
            score_cut_off=self.score_cut_off,
        )

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except ModelError as error:
            raise CheckpointFormatError(
                f"the reward model {self.folder} cannot share the policy's base: {error}. Give it a base of its own "
                "(rlhf.reward_scorer.RewardModelScorer.load with its checkpoint), or train one on this base"
            ) from error

    def __call__(self, samples: Sequence[Sample]) -> list[float | Verdict]:
        """One reward per sample, or why there is none."""
        assert self._scorer is not None, "attach it to a base first"
        if threading.get_ident() != self._thread:
            raise ConfigError(
                f"the reward model {self.folder} shares the policy's base and cannot judge while it samples; set "
                "background: false, or give it a base of its own (rlhf.reward_scorer.RewardModelScorer.load)"
            )
        return self._scorer(samples)


@contextmanager
def waiting_scorers() -> Iterator[list[RoleScorer]]:
    """Inside, scorers that want the policy's base are put into the list."""
    waiting: list[RoleScorer] = []
    token = _waiting.set(waiting)
    try:
        yield waiting
    finally:
        _waiting.reset(token)


def attach_all(waiting: Sequence[RoleScorer], roles: AdapterRoles, tokenizer: Tokenizer) -> None:
    """Make every scorer a role of the base: `reward`, `reward_1`, and so on.

    Raises:
        CheckpointFormatError: if one was trained on another base.
    """
    for place, scorer in enumerate(waiting):
        scorer.attach(roles, tokenizer, f"{REWARD}_{place}" if place else REWARD)
