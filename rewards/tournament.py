"""From who beats whom to one number each: the share of wins, or Bradley-Terry strengths. Standard library only."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence, Set

Wins = Mapping[tuple[int, int], float]
"""For both orders of every pair of different players: the probability, 0 to 1, that the first beats the second."""

PRIOR_GAMES = 1.0
"""Games that every Bradley-Terry player draws by half against one of strength 0: without them who wins all has no
finite strength."""
_MAX_ROUNDS, _TOLERANCE = 10_000, 1e-12


def complete_players(num_players: int, played: Set[tuple[int, int]]) -> list[int]:
    """The players left when those with the most missing games are taken out, all at once, until no game is missing.

    One whose games all failed takes nobody along; where the game of two is missing, both go, whatever their order.

    >>> complete_players(3, {(0, 1), (1, 0)})
    [0, 1]
    """
    players = list(range(num_players))
    while players:
        missing = {i: sum(i != j and not {(i, j), (j, i)} <= played for j in players) for i in players}
        worst = max(missing.values())
        if not worst:
            break
        players = [player for player in players if missing[player] < worst]
    return players


def win_rates(players: Sequence[int], wins: Wins) -> list[float]:
    """Each player's mean probability of beating another one, 0 to 1; 0.5 is the mean of all.

    >>> win_rates([0, 1, 2], {(0, 1): 1, (1, 0): 0, (0, 2): 1, (2, 0): 0, (1, 2): 0.5, (2, 1): 0.5})
    [1.0, 0.25, 0.25]
    """
    return [math.fsum(wins[i, j] for j in players if j != i) / (len(players) - 1) for i in players]


def bradley_terry(players: Sequence[int], wins: Wins, *, prior_games: float = PRIOR_GAMES) -> list[float]:
    """Each player's log strength s, where sigmoid(s_i - s_j) is the probability that i beats j; 0 is the middle.

    The maximum of sum_ij w_ij log sigmoid(s_i - s_j) + prior_games / 2 * sum_i log(sigmoid(s_i) sigmoid(-s_i)), found
    by minorization-maximization with e_i = exp(s_i) and w_i = sum_j w_ij:
        e_i <- (w_i + prior_games / 2) / (sum_j 1 / (e_i + e_j) + prior_games / (e_i + 1))
    and a Newton step per round for what all strengths share, which the games alone would move slowly.

    Source: Hunter 2004, MM algorithms for generalized Bradley-Terry models, eq. 3. Deviation: probabilities for wins,
    and the prior games.

    >>> strengths = bradley_terry([0, 1], {(0, 1): 0.5, (1, 0): 0.5})
    >>> [round(strength, 9) + 0.0 for strength in strengths]
    [0.0, 0.0]
    """
    won = [math.fsum(wins[i, j] for j in players if j != i) + prior_games / 2 for i in players]
    odds = [1.0] * len(players)
    for _ in range(_MAX_ROUNDS):
        games = [
            sum(1 / (mine + other) for j, other in enumerate(odds) if j != i) + prior_games / (mine + 1)
            for i, mine in enumerate(odds)
        ]
        new = [wins_i / games_i for wins_i, games_i in zip(won, games, strict=True)]
        shift = _shift(new)
        new = [value * shift for value in new]
        moved = max(abs(after / before - 1) for after, before in zip(new, odds, strict=True))
        odds = new
        if moved < _TOLERANCE:
            break
    return [math.log(value) for value in odds]


def _shift(odds: Sequence[float]) -> float:
    """The factor that brings the mean chance against strength 0 towards the one half that the prior games ask for."""
    chances = [value / (1 + value) for value in odds]
    step = math.fsum(0.5 - chance for chance in chances) / math.fsum(chance * (1 - chance) for chance in chances)
    return math.exp(max(-1.0, min(1.0, step)))
