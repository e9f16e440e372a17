"""Teach Gemma 3 preference pairs themselves (DPO): no reward model, no samples; measure, export.

python -m jobs.dpo data.path=pairs.jsonl              prompt, chosen, rejected; or other common layouts
python -m jobs.dpo --help                             what to change, with examples
"""

from __future__ import annotations

from omegaconf import DictConfig

from jobs.launch import build, job, plain
from jobs.pairs import MAY_DIFFER, check, open_directory, read_pairs
from jobs.parts import (
    build_model,
    build_policy,
    build_runtime,
    build_tokenizer,
    build_tracker,
    check_export,
    check_reference,
    check_start,
    open_store,
    source_hashes,
)
from rlhf.display import Display
from rlhf.dpo import DPOTrainer
from rlhf.dpo_run import DPORun
from rlhf.policy import POLICY
from rlhf.run_directory import RunDirectory


@job("dpo")
def main(config: DictConfig) -> None:
    data = plain(config)
    if config.resume is not None:
        RunDirectory.open(config.resume).check_config(data, may_differ=(*MAY_DIFFER, "export"))
    runtime = build_runtime(config)
    built = {name: build(config[name]) for name in ("loss", "optim", "plan", "checkpoint", "export")}
    check(config)
    check_reference(config)
    check_export(config, built["export"])
    check_start(config)
    with Display(quiet=not runtime.is_main) as display:
        train, held_out = read_pairs(config)
        policy = build_policy(config, build_model(config, runtime))
        if config.adapter.start_from:
            display.message(f"training {config.adapter.start_from} further: {policy.roles.spec(POLICY)}, its own shape")
        trainer = DPOTrainer(
            policy=policy,
            pairs=train,
            loss=built["loss"],
            optim=built["optim"],
            plan=built["plan"],
            runtime=runtime,
            seed=config.seed,
        )
        with open_directory(config, data, runtime) as directory:
            run = DPORun(
                trainer=trainer,
                held_out=held_out,
                directory=directory,
                store=open_store(directory, built["checkpoint"]),
                tracker=build_tracker(config, directory, display.message, runtime.is_main),
                display=display,
                checkpoint_every=built["checkpoint"].every,
                measure_every=config.measure_every,
                sources=source_hashes(config.model.checkpoint),
                tokenizer=build_tokenizer(config),
                export=built["export"],
                reference=config.adapter.reference,
                reference_rate=config.adapter.reference_rate,
            )
            folder = run.execute(resume=config.resume is not None)
            display.message(f"Results: {directory.path}   Talk to the model: python -m jobs.chat checkpoint={folder}")


if __name__ == "__main__":
    main()
