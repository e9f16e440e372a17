"""Measure something and print one JSON line.

python -m jobs.bench sampling                         tokens/s, and the share of what matrix products alone would allow
python -m jobs.bench -m what=step,sampling,logprobs,load
python -m jobs.bench memory                           PPO with critic and reward model on one base, beside GRPO
python -m jobs.bench step --peer trl                  the same step by TRL, in an environment of its own, and the ratio
python -m jobs.bench sampling --peer llama_cpp        or transformers
python -m jobs.bench rewards                          speed, latency, memory and verdicts of rewards beside their peers'

The first word names the bench; hydra's overrides follow. Each bench has its own file in `jobs/benches`.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Runs the bench that the command line names; `what=...` names one of training, too."""
    word = sys.argv[1] if len(sys.argv) > 1 else ""
    if word == "rewards":
        from jobs.benches.rewards import main as measure_rewards

        del sys.argv[1]
        return measure_rewards()
    from jobs.benches.training import main as measure_training

    if word.isidentifier():
        sys.argv[1] = f"what={word}"
    sys.argv[1:] = _with_peer(sys.argv[1:])
    return measure_training()


def _with_peer(words: list[str]) -> list[str]:
    """`--peer NAME` as overrides: the peer, and the work that peers are measured on unless an experiment is named.

    >>> _with_peer(["what=step", "--peer", "trl", "runs=2"])
    ['what=step', 'runs=2', 'peer=trl', 'experiment=beside']
    """
    if "--peer" not in words:
        return words
    at = words.index("--peer")
    rest = words[:at] + words[at + 2 :]
    named = any(word.startswith("experiment=") for word in rest)
    return [*rest, f"peer={''.join(words[at + 1 : at + 2])}", *([] if named else ["experiment=beside"])]


if __name__ == "__main__":
    main()
