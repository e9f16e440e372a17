"""Whether the tokens of two networks mean the same: of a policy and the teacher or critic that reads its tokens."""

from __future__ import annotations

from model.tokenizer import Tokenizer
from rlhf.errors import ConfigError


def check_vocabularies(ours: Tokenizer, theirs: Tokenizer, *, we: str, they: str, remedy: str) -> None:
    """Refuse a second network whose token ids mean something else.

    Args:
        we, they: whose the tokenizers are, for the message.
        remedy: the end of the message: why they must be the same, and what to give.
    Raises:
        ConfigError: naming the first id at which the two differ.
    """
    own, other = ours.vocabulary.pieces, theirs.vocabulary.pieces
    if own == other:
        return
    shared = min(len(own), len(other))
    odd = next((i for i in range(shared) if own[i] != other[i]), shared)
    said = [repr(pieces[odd]) if odd < len(pieces) else "nothing" for pieces in (own, other)]
    raise ConfigError(
        f"{they} has another vocabulary: token {odd} is {said[1]} there and {said[0]} in {we} "
        f"({len(other)} and {len(own)} tokens); {remedy}"
    )
