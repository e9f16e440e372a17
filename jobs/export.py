"""Write a run's latest checkpoint, or an adapter, in the formats that other software loads.

python -m jobs.export checkpoint=outputs/<run>                 into its export/
python -m jobs.export checkpoint=my_adapter output=exported formats=[gguf]
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from omegaconf import DictConfig

from jobs.checkpoints import Run, is_adapter, is_run, open_checkpoint
from jobs.launch import job, plain
from jobs.parts import source_hashes
from model.card import CardFacts
from model.export import export_checkpoint
from model.hf import ADAPTER_CONFIG
from model.load import parse_dtype
from rlhf.errors import ConfigError
from rlhf.export_plan import ExportPlan
from rlhf.policy import POLICY
from rlhf.run import steps_taken


@dataclass(frozen=True, kw_only=True, slots=True)
class Origin:
    """What the folder says of itself."""

    name: str
    base_name: str
    output: Path
    data: str = "Not recorded."
    training: str = "Not recorded."
    results: str = "Not recorded."
    sources: dict[str, str]


@job("export")
def main(config: DictConfig) -> None:
    settings = plain(config)
    path = Path(config.checkpoint).expanduser()
    if not is_run(path) and not is_adapter(path):
        raise ConfigError(f"{path} is neither a run's folder nor an adapter folder; there is nothing to merge in it")
    origin = _of_run(Run.read(path)) if is_run(path) else _of_adapter(path)
    plan = ExportPlan(
        name=settings["name"] or origin.name,
        base_name=settings["base_name"] or origin.base_name,
        data=settings["data"] or origin.data,
        **{name: settings[name] for name in ("formats", "merged_dtype", "gguf_dtype", "on_loss")},
    )
    opened = open_checkpoint(config.checkpoint, base=config.base)
    assert opened.roles is not None
    exported = export_checkpoint(
        opened.model,
        opened.roles,
        POLICY,
        opened.tokenizer,
        Path(config.output).expanduser() if config.output else origin.output,
        base_name=plan.base_name,
        card=CardFacts(
            name=plan.name,
            data=plan.data,
            training=origin.training,
            results=origin.results,
            sources={**source_hashes(opened.base), **origin.sources},
        ),
        formats=plan.formats,
        merged_dtype=parse_dtype(plan.merged_dtype),
        gguf_dtype=parse_dtype(plan.gguf_dtype),
        on_loss=plan.on_loss,
    )
    for name, written in exported.paths.items():
        report = f"   {exported.reports[name]}" if name in exported.reports else ""
        print(f"{name}: {written}{report}")


def _of_run(run: Run) -> Origin:
    report, planned = run.directory.path / "report.md", run.config["export"] or {}
    return Origin(
        name=planned.get("name") or run.config["run_name"],
        base_name=planned.get("base_name") or run.config["model"]["base_name"],
        output=run.directory.export,
        data=planned.get("data") or "Not recorded.",
        training=f"Trained by Gemwright: {steps_taken(run.done)}. The run's `config.yaml` has every setting.",
        results=report.read_text(encoding="utf-8") if report.is_file() else "The run did not finish.",
        sources={"config": run.directory.config_hash},
    )


def _of_adapter(path: Path) -> Origin:
    config = json.loads((path / ADAPTER_CONFIG).read_text(encoding="utf-8"))
    name = path.resolve().name
    base_name = str(config.get("base_model_name_or_path"))
    return Origin(name=name, base_name=base_name, output=Path("outputs") / name, sources={})


if __name__ == "__main__":
    main()
