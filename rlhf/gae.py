"""Sums of what follows a token, along rows whose completions stand end to end."""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor


def discounted(rewards: Float[Tensor, "B C"], ends: Bool[Tensor, "B C"], rate: float = 1.0) -> Float[Tensor, "B C"]:
    """What follows every token, within its completion and the token's own included: S_t = x_t + rate * S_{t+1}.

    Args:
        ends: the last token of every completion; completions of one row stand end to end.

    >>> discounted(torch.tensor([[1.0, 1.0, 1.0]]), torch.tensor([[False, True, True]]), rate=0.5).tolist()
    [[1.5, 1.0, 1.0]]
    """
    total, following = torch.zeros_like(rewards), rewards.new_zeros(rewards.shape[0])
    for t in reversed(range(rewards.shape[1])):
        following = rewards[:, t] + rate * following * ~ends[:, t]
        total[:, t] = following
    return total


def generalized_advantages(
    rewards: Float[Tensor, "B C"],
    values: Float[Tensor, "B C"],
    ends: Bool[Tensor, "B C"],
    after: Float[Tensor, "B C"] | None = None,
    *,
    gamma: float = 1.0,
    lam: float = 0.95,
) -> Float[Tensor, "B C"]:
    """Generalized advantage estimates: how much better than expected every token turned out.

        A_t = sum_l (gamma lam)^l delta_{t+l},   delta_t = r_t + gamma V_{t+1} - V_t

    With gamma = lam = 1 it is what followed less the value; with lam = 0 it is delta alone.

    Args:
        values: of the state that predicts every token, before its reward.
        ends: the last token of every completion; completions of one row stand end to end.
        after: where `ends`, the value of what would have come next: 0 (the default) where a completion ended itself.
    Source: Schulman et al. 2015, arXiv:1506.02438, equation 16.

    >>> ends = torch.tensor([[False, True]])
    >>> generalized_advantages(torch.tensor([[0.0, 1.0]]), torch.tensor([[0.5, 0.25]]), ends, lam=1.0).tolist()
    [[0.5, 0.75]]
    """
    following = torch.cat((values[:, 1:], torch.zeros_like(values[:, :1])), dim=1)
    following = following.where(~ends, 0.0 if after is None else after)
    return discounted(rewards + gamma * following - values, ends, gamma * lam)
