"""What a run leaves for other software: checked when it is configured, hours before it is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from model.export import FORMATS, check_settings
from model.load import parse_dtype


@dataclass(frozen=True, kw_only=True, slots=True)
class ExportPlan:
    """What the run leaves for other software.

    Raises:
        ModelError: for a name, format, dtype or choice that the exporter would refuse.
    """

    name: str
    formats: Sequence[str] = FORMATS
    merged_dtype: str = "float32"
    gguf_dtype: str = "float16"
    on_loss: Literal["refuse", "report"] = "refuse"
    base_name: str = "google/gemma-3-270m"
    """The base's name for peft and the cards."""
    data: str = ""
    """The card's sentence on the training data and its license."""

    def __post_init__(self) -> None:
        parse_dtype(self.gguf_dtype)
        check_settings(
            name=self.name,
            formats=self.formats,
            merged_dtype=parse_dtype(self.merged_dtype),
            on_loss=self.on_loss,
        )
