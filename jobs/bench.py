"""Measure something and print one JSON line.

python -m jobs.bench sampling                         tokens/s, and the share of what matrix products alone would allow
python -m jobs.bench -m what=step,sampling,logprobs,load
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
    return measure_training()


if __name__ == "__main__":
    main()
