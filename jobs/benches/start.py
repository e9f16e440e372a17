"""From nothing to the first sampled token, in a fresh process each time, and what a switch of adapters costs."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from statistics import median

from omegaconf import DictConfig

from jobs.benches.processes import given, last_json
from rlhf.run_directory import write_json

_SWITCHES = 200


def start(config: DictConfig) -> None:
    """Prints one JSON line: the medians over `runs` processes, behind one that is not counted."""
    overrides = given("runs")
    found = [_process(overrides) for _ in range(config.runs + 1)][1:]
    report = {"what": "start", "runs": config.runs, "median": {n: median(one[n] for one in found) for n in found[0]}}
    if config.output:
        write_json(Path(config.output).expanduser(), report)
    print(json.dumps(report))


def _process(overrides: list[str]) -> dict[str, float]:
    command = [sys.executable, "-m", __name__, str(time.monotonic()), *overrides]
    return last_json(command, dict(os.environ), "a fresh process")


def main() -> None:
    """What a job does until its first token, with the seconds since the parent started this process."""
    since, overrides = float(sys.argv[1]), sys.argv[2:]
    began = time.monotonic()
    from hydra import compose, initialize_config_dir

    from jobs.launch import CONFIG_FOLDER, build
    from jobs.parts import build_model, build_policy, build_prompts, build_runtime, build_tokenizer
    from rlhf.sampler import NativeSampler

    imported = time.monotonic()
    with initialize_config_dir(CONFIG_FOLDER, version_base="1.3"):
        config = compose("bench", overrides=["sampling.max_completion_tokens=1", *overrides])
    runtime = build_runtime(config)
    tokenizer = build_tokenizer(config)
    tokenized = time.monotonic()
    policy = build_policy(config, build_model(config, runtime))
    loaded = time.monotonic()
    prompts = build_prompts(config, tokenizer).take(1)
    NativeSampler(policy.model, tokenizer, **config.sampler).sample(prompts, 1, build(config.sampling), seed=0)
    sampled = time.monotonic()
    switches = list[float]()
    for _ in range(_SWITCHES):
        before = time.perf_counter()
        with policy.as_base():
            switches.append(time.perf_counter() - before)
    seconds = {
        "interpreter_s": began - since,
        "import_s": imported - began,
        "settings_and_tokenizer_s": tokenized - imported,
        "network_s": loaded - tokenized,
        "first_token_s": sampled - loaded,
        "all_s": sampled - since,
        "switch_ms": median(switches) * 1e3,
    }
    print(json.dumps(seconds))


if __name__ == "__main__":
    main()
