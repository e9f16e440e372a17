"""Learning rates by hand, and the check before the optimizer."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from rlhf.errors import ConfigError, NonFiniteUpdate
from rlhf.optim import OptimSettings, clip_and_check


def shares(settings: OptimSettings, total: int) -> list[float]:
    return [settings.lr_share(step, total) for step in range(total)]


def with_gradient(*gradients: list[float]) -> list[nn.Parameter]:
    parameters = [nn.Parameter(torch.zeros(len(g))) for g in gradients]
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.grad = torch.tensor(gradient)
    return parameters


def gradient_of(parameters: list[nn.Parameter]) -> list[float]:
    return torch.cat([p.grad for p in parameters if p.grad is not None]).tolist()


def test_constant_rate_after_a_linear_warmup() -> None:
    assert shares(OptimSettings(lr=1.0, warmup_steps=4), 6) == [0.25, 0.5, 0.75, 1.0, 1.0, 1.0]
    assert shares(OptimSettings(lr=1.0), 3) == [1.0, 1.0, 1.0]


def test_linear_rate_falls_to_its_final_share() -> None:
    settings = OptimSettings(lr=1.0, schedule="linear", final_lr_share=0.2)
    assert shares(settings, 4) == pytest.approx([1.0, 0.8, 0.6, 0.4])
    assert settings.lr_share(4, 4) == pytest.approx(0.2)
    assert settings.lr_share(9, 4) == pytest.approx(0.2)


def test_cosine_rate_is_half_way_down_in_the_middle() -> None:
    settings = OptimSettings(lr=1.0, warmup_steps=2, schedule="cosine")
    expected = [0.5, 1.0, 1.0, (1 + math.sqrt(0.5)) / 2, 0.5, (1 - math.sqrt(0.5)) / 2]
    assert shares(settings, 6) == pytest.approx(expected)


def test_the_schedule_drives_the_optimizer() -> None:
    parameters = with_gradient([1.0])
    optimizer, schedule = OptimSettings(lr=0.1, schedule="linear").build(parameters, total_steps=4)
    rates = []
    for _ in range(4):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    assert rates == pytest.approx([0.1, 0.075, 0.05, 0.025])


def test_the_first_step_of_adam_moves_by_the_rate() -> None:
    parameters = with_gradient([3.0, -0.01])
    optimizer, _ = OptimSettings(lr=0.1).build(parameters, total_steps=1)
    optimizer.step()
    assert parameters[0].tolist() == pytest.approx([-0.1, 0.1], rel=1e-5)


def test_gradients_are_clipped_by_their_norm_over_all_parameters() -> None:
    parameters = with_gradient([3.0, 0.0], [4.0])
    assert clip_and_check(parameters, 1.0) == pytest.approx(5.0)
    assert gradient_of(parameters) == pytest.approx([0.6, 0.0, 0.8], rel=1e-4)
    assert clip_and_check(parameters, 1.5) == pytest.approx(1.0, rel=1e-4)
    assert gradient_of(parameters) == pytest.approx([0.6, 0.0, 0.8], rel=1e-4)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_gradient_that_is_not_finite_is_an_error(value: float) -> None:
    with pytest.raises(NonFiniteUpdate, match=rf"gradient norm is {value};.*Lower optim\.lr"):
        clip_and_check(with_gradient([1.0, value]), 1.0)


def test_impossible_settings_are_refused_by_value() -> None:
    with pytest.raises(ConfigError, match=r"max_grad_norm must be positive .*, got 0"):
        OptimSettings(lr=1.0, max_grad_norm=0.0)
    with pytest.raises(ConfigError, match="lr must be positive, got 0"):
        OptimSettings(lr=0)
    with pytest.raises(ConfigError, match="constant, linear or cosine, got 'step'"):
        OptimSettings(lr=1.0, schedule="step")  # pyright: ignore[reportArgumentType]
