"""Merge adapters that were trained from one start: their average, or the arc between them, and part of the way back.

Reward models are averaged with their heads, and what comes out is a reward model.

python -m jobs.merge 'adapters=[runs/a, runs/b]' output=merged                       spherical, layer by layer (WARP)
python -m jobs.merge --help                                                          what to change, with examples
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from jobs.checkpoints import base_of, is_adapter, is_run
from jobs.launch import job, plain
from model.adapter_files import check_adapter_base, read_adapter, read_base_mark, write_adapter
from model.base_mark import BaseMark
from model.config import Gemma3Config
from model.files import staged_folder
from model.heads import average_heads
from model.load import read_config, read_mark
from model.merging import Delta, average, read_delta, slerp_all, to_adapter, weighted
from rlhf.display import Display
from rlhf.errors import ConfigError
from rlhf.reward_model import HEAD_FILE
from rlhf.reward_run import FOLDER as REWARD_FOLDER

METHODS = {"slerp": slerp_all, "average": average}


@job("merge")
def main(config: DictConfig) -> None:
    settings = plain(config)
    check(settings)
    folders = [adapter_folder(path) for path in settings["adapters"]]
    heads = head_files(folders, settings)
    base = settings["base"] or base_of(folders[0])
    network = read_config(base)
    start = [] if settings["start"] is None else [adapter_folder(settings["start"])]
    mark = shared_base([*folders, *start], base)
    read = [_read(folder, network) for folder in (*folders, *start)]
    merged = merge(
        read[: len(folders)], read[-1] if start else None, method=settings["method"], share=settings["share"]
    )
    spec, tensors, lost = to_adapter(merged, settings["rank"])
    output = Path(settings["output"]).expanduser()
    with staged_folder(output) as folder:
        write_adapter(folder, spec, tensors, base_name=settings["base_name"] or base, base=mark)
        if heads:
            average_heads(heads, folder / HEAD_FILE)
    kind = "reward models" if heads else "adapters"
    Display().message(
        f"{len(folders)} {kind}, {settings['method']}, {settings['share']:g} of the way from the start: rank "
        f"{spec.rank}, {lost:.2%} of the update left out. {'Reward model' if heads else 'Adapter'}: {output}"
    )


def merge(deltas: list[Delta], start: Delta | None, *, method: str, share: float) -> Delta:
    """start + share * merged(delta_i - start), where no start is the bare base."""
    if start is None:
        return weighted([(share, METHODS[method](deltas))])
    moved = [weighted([(1.0, delta), (-1.0, start)]) for delta in deltas]
    return weighted([(1.0, start), (share, METHODS[method](moved))])


def shared_base(folders: Sequence[Path], base: str) -> BaseMark | None:
    """The mark of the adapters' base, which the merge keeps; None where no adapter has one.

    Raises:
        CheckpointFormatError: for an adapter of another base.
    """
    if not any(read_base_mark(folder) is not None for folder in folders):
        return None
    here = read_mark(base)
    for folder in folders:
        check_adapter_base(folder, here)
    return here


def check(settings: dict[str, object]) -> None:
    """Raises ConfigError for what can be known without reading a tensor."""
    adapters, method, share, rank = (settings[name] for name in ("adapters", "method", "share", "rank"))
    if not isinstance(adapters, list) or not adapters:
        raise ConfigError(f"adapters is {adapters!r}; give a list of adapter or run folders: adapters=[a, b]")
    if method not in METHODS:
        raise ConfigError(f"method is {method!r}; give {' or '.join(METHODS)}")
    if not isinstance(share, int | float) or not 0 <= share <= 1:
        raise ConfigError(f"share is {share!r}; give 0 (the start) to 1 (the merge)")
    if rank is not None and (not isinstance(rank, int) or rank < 1):
        raise ConfigError(f"rank is {rank!r}; give 1 or more, or null to keep the merge exactly")


def head_files(folders: Sequence[Path], settings: dict[str, Any]) -> list[Path]:
    """The heads of reward models; none where adapters of policies are merged.

    Raises:
        ConfigError: if only some have one, or what is asked for is defined for adapters alone.
    """
    heads = [folder / HEAD_FILE for folder in folders if (folder / HEAD_FILE).is_file()]
    if not heads:
        return []
    if len(heads) < len(folders):
        without = next(folder for folder in folders if not (folder / HEAD_FILE).is_file())
        raise ConfigError(
            f"{without} has no {HEAD_FILE} and {heads[0].parent} has: a reward model and an adapter without a head "
            "cannot be merged; give reward models alone, or adapters alone"
        )
    if settings["method"] != "average" or settings["share"] != 1:
        raise ConfigError(
            f"method={settings['method']} and share={settings['share']} say nothing of a reward model's head; average "
            "reward models: method=average share=1"
        )
    return heads


def adapter_folder(path: str) -> Path:
    """The adapter in a folder, or the one that a run exported or trained a reward model on.

    Raises:
        ConfigError: if there is none.
    """
    folder = Path(path).expanduser()
    for inside in (folder / "export" / "adapter", folder / REWARD_FOLDER):
        if is_run(folder) and is_adapter(inside):
            return inside
    if not is_adapter(folder):
        raise ConfigError(
            f"{folder} is no adapter, nor a run that exported one; give a folder with adapter_config.json"
        )
    return folder


def _read(folder: Path, network: Gemma3Config) -> Delta:
    return read_delta(*read_adapter(folder, network))


if __name__ == "__main__":
    main()
