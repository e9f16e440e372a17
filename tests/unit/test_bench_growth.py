"""The bench that shows how time and memory grow: its points, its slopes and its plot."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from jobs.benches.growth import AXES, draw, head, slopes


def test_linear_growth_has_a_slope_of_one_and_flat_growth_none() -> None:
    row = [{"size": size, "seconds": 3.0 * size, "peak_gb": 1.0} for size in (1, 2, 8)]
    flat = [{"size": size, "seconds": 5.0, "peak_gb": 1.0} for size in (1, 2, 8)]
    found = slopes({"tokens": row, "groups": flat})
    assert found == {"tokens": pytest.approx(1.0), "groups": pytest.approx(0.0)}


def test_a_plot_of_all_that_grows_is_written(tmp_path: Path) -> None:
    points = {
        name: [{"size": float(size), "seconds": float(size), "peak_gb": 1.0} for size in axis.values]
        for name, axis in AXES.items()
    }
    draw(points, tmp_path / "deep" / "growth.svg")
    drawn = (tmp_path / "deep" / "growth.svg").read_text(encoding="utf-8")
    assert drawn.count('<g id="line2d') >= 2 * len(AXES)


def test_a_point_of_the_vocabulary_has_time_and_memory() -> None:
    point = head(20_000, torch.float32)
    assert point["size"] == 20_000
    assert point["seconds"] > 0.0
    assert 0.0 <= point["peak_gb"] < 0.3
