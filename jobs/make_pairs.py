"""Write preference pairs of problems with gold answers: the answer, and the answer damaged in a known way.

python -m jobs.make_pairs output=pairs.jsonl          practice problems
python -m jobs.make_pairs --help                      what to change, with examples
"""

from __future__ import annotations

import json
from pathlib import Path

from omegaconf import DictConfig

from jobs.launch import build, job, plain
from rlhf.damage import damaged_pairs
from rlhf.errors import ConfigError, DataError
from rlhf.run_directory import write_atomically


@job("make_pairs")
def main(config: DictConfig) -> None:
    settings = plain(config)
    count = settings["num_pairs"]
    if not isinstance(count, int) or count < 1:
        raise ConfigError(f"num_pairs is {count!r}; give 1 or more")
    split = settings["split"]
    if split not in ("train", "held_out"):
        raise ConfigError(f"split is {split!r}; give train or held_out")
    source, template = build(config.data), build(config.template)
    options = {"held_out": split == "held_out", "kinds": settings["kinds"]}
    rows = list(damaged_pairs(source, template, count, seed=config.seed, **options))
    if len(rows) < count:
        raise DataError(f"the data gives {len(rows)} pairs, not {count}; lower num_pairs or give more gold answers")
    output = Path(settings["output"]).expanduser()
    output.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(output, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    print(f"{count} pairs: {output}")


if __name__ == "__main__":
    main()
