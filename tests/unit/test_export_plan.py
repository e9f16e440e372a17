"""What an export would refuse at the end of a training is refused before it."""

from __future__ import annotations

import pytest

from model.errors import ModelError
from rlhf.export_plan import ExportPlan


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"name": "a/b"}, "'a/b' cannot name a file"),
        ({"formats": ["merge"]}, r"export formats \['merge'\]; choose one or more of adapter, merged, gguf"),
        ({"formats": []}, "choose one or more"),
        ({"formats": "gguf"}, r"'gguf' is a word; give a list: \[gguf\]"),
        ({"merged_dtype": "fp16"}, "dtype 'fp16' is unknown; choose one of float32, bfloat16, float16"),
        ({"gguf_dtype": "q4"}, "dtype 'q4' is unknown"),
        ({"merged_dtype": "float16"}, "float16 cannot hold Gemma 3.* use bfloat16 or float32"),
        ({"on_loss": "refused"}, "on_loss is 'refused'; give refuse or report"),
    ],
)
def test_a_setting_that_cannot_be_met_is_refused_when_the_plan_is_made(
    settings: dict[str, object], message: str
) -> None:
    with pytest.raises(ModelError, match=message):
        ExportPlan(**{"name": "tiny", **settings})  # type: ignore[arg-type]


def test_float16_is_refused_only_where_a_merged_folder_is_asked_for() -> None:
    assert ExportPlan(name="tiny", formats=["gguf"], merged_dtype="float16").gguf_dtype == "float16"
