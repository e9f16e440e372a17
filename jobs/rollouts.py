"""Print the best and the worst rollouts of a step: what the reward likes, and whether it should.

python -m jobs.rollouts run=outputs/<run> step=120
"""

from __future__ import annotations

from omegaconf import DictConfig

from jobs.launch import job, plain
from rlhf.errors import DataError
from rlhf.rollout_rows import best_and_worst
from rlhf.run_directory import RunDirectory


@job("rollouts")
def main(config: DictConfig) -> None:
    plain(config)
    path = RunDirectory.open(config.run).rollouts
    if not path.is_file():
        raise DataError(f"{path} is not there yet: the run has finished no reinforcement step")
    print(best_and_worst(path, config.step, config.count))


if __name__ == "__main__":
    main()
