"""Whether an adapter belongs to a network that is still on disk, of which only the shape and the mark are read."""

from __future__ import annotations

from pathlib import Path

from model.adapter_files import check_adapter_base, read_adapter
from model.load import read_config, read_mark


def check_adapter(folder: Path, checkpoint: str | Path) -> None:
    """Refuse what `AdapterRoles.load` would refuse, before the network at `checkpoint` (or of that name) is loaded.

    Raises:
        CheckpointFormatError: if a file is missing or broken, or the adapter was trained on another network.
    """
    read_adapter(folder, read_config(checkpoint))
    check_adapter_base(folder, read_mark(checkpoint))
