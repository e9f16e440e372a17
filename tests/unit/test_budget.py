"""A stage that the clock ends: behind which step, over resumptions, in which schedules, and on the screen."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

import pytest

from model.testing_tokenizer import tiny_tokenizer
from rlhf.advantages import Credit, GroupCentered
from rlhf.critic import CriticSettings
from rlhf.display import Display
from rlhf.errors import ConfigError
from rlhf.losses import ClippedSurrogate, TokenMean
from rlhf.optim import OptimSettings
from rlhf.runtime import Runtime
from rlhf.sampler import NativeSampler, SamplingParams
from rlhf.trainer import Iteration, Plan, RLTrainer
from tests.integration.learners import SPEC
from tests.rollouts import letters, sums_stream, tiny_policy
from tests.unit.test_display import FakeClock, console, panel_lines, text_of

PLAN = Plan(steps=9, seconds=10.0, prompts_per_step=2, group_size=2)


def trainer_of(plan: Plan, *, lasting: Sequence[float] = (), **changed: object) -> RLTrainer:
    """A trainer whose steps take these seconds, one after the other, and do nothing else."""
    policy = tiny_policy()
    settings = {"optim": OptimSettings(lr=1e-3), **changed}
    trainer = RLTrainer(
        policy=policy,
        sampler=NativeSampler(policy.model, tiny_tokenizer()),
        prompts=sums_stream(),
        reward=letters,
        credit=Credit(estimator=GroupCentered()),
        loss=ClippedSurrogate(aggregation=TokenMean()),
        sampling=SamplingParams(max_completion_tokens=3),
        plan=plan,
        runtime=Runtime(cpu=True),
        seed=0,
        **settings,  # pyright: ignore[reportArgumentType]
    )
    if lasting:
        trainer.run_iteration = lambda step: Iteration(metrics={"time/step_s": lasting[step]}, rollouts=[])
    return trainer


def fitted(trainer: RLTrainer, start: int = 0, stop: int | None = None) -> list[float]:
    """What the log says of the time behind every step; `stop` ends it from outside behind so many."""
    said: list[float] = []

    class Stopped(Exception):
        pass

    def on_step(step: int, iteration: Iteration) -> None:
        said.append(iteration.metrics.get("time/trained_s", math.nan))
        if stop is not None and step + 1 == stop:
            raise Stopped

    with suppress(Stopped):
        trainer.fit(start, on_step)
    return said


def test_it_ends_behind_the_step_that_passes_its_seconds() -> None:
    assert fitted(trainer_of(PLAN, lasting=[4.0] * 9)) == [4.0, 8.0, 12.0]
    assert fitted(trainer_of(PLAN, lasting=[5.0] * 9)) == [5.0, 10.0]


def test_it_ends_with_its_last_step_where_that_comes_first() -> None:
    assert fitted(trainer_of(replace(PLAN, steps=2), lasting=[1.0, 1.0])) == [1.0, 2.0]


def test_without_a_budget_the_log_has_no_such_number_and_all_steps_are_done() -> None:
    said = fitted(trainer_of(replace(PLAN, seconds=None), lasting=[100.0] * 9))
    assert len(said) == 9
    assert all(map(math.isnan, said))


def test_a_resumed_stage_has_used_what_it_used_before() -> None:
    lasting = [4.0] * 9
    first = trainer_of(PLAN, lasting=lasting)
    assert fitted(first, stop=2) == [4.0, 8.0]
    second = trainer_of(PLAN, lasting=lasting)
    second.load_state_dict(first.state_dict())
    assert fitted(second, start=2) == [12.0]
    third = trainer_of(PLAN, lasting=lasting)
    third.load_state_dict(second.state_dict())
    assert fitted(third, start=3) == []


def test_a_checkpoint_from_before_there_were_budgets_has_used_nothing() -> None:
    trainer = trainer_of(PLAN)
    state = trainer.state_dict()
    del state["trained_s"]
    trainer.load_state_dict(state)
    assert trainer.trained_s == 0.0


def test_a_real_step_counts_its_own_time() -> None:
    trainer = trainer_of(replace(PLAN, seconds=1e-3))
    (used,) = fitted(trainer)
    assert used == trainer.trained_s > 1e-3


@pytest.mark.parametrize("seconds", [0.0, -1.0, math.nan])
def test_a_budget_of_nothing_is_refused(seconds: float) -> None:
    with pytest.raises(ConfigError, match=r"plan.seconds is"):
        replace(PLAN, seconds=seconds)


def test_a_schedule_over_an_unknown_number_of_updates_is_refused() -> None:
    falling = OptimSettings(lr=1e-3, schedule="cosine")
    with pytest.raises(ConfigError, match=r"^optim.schedule=cosine .*set optim.schedule=constant"):
        trainer_of(PLAN, optim=falling)
    with pytest.raises(ConfigError, match=r"^critic.optim.schedule=cosine"):
        trainer_of(PLAN, critic=CriticSettings(spec=SPEC, optim=falling))
    trainer_of(replace(PLAN, seconds=None), optim=falling)


def test_a_warm_up_of_the_rate_goes_with_a_budget() -> None:
    trainer = trainer_of(replace(PLAN, seconds=1e-3), optim=OptimSettings(lr=1e-3, warmup_steps=4))
    rates: list[float] = []
    trainer.fit(0, lambda _, iteration: rates.append(iteration.metrics["lr"]))
    assert rates == [0.25e-3]


def test_the_display_counts_the_time_that_ends_the_stage() -> None:
    clock, out = FakeClock(), console(width=200)
    display = Display(console=out, live=False, clock=clock)
    display.stage("GRPO", 1000, seconds=120.0)
    clock.now += 30
    display.update(5, {"time/step_s": 6.0, "time/trained_s": 29.0})
    said = text_of(out)
    assert "GRPO: 2:00 of training, at most 1000 steps" in said
    clock.now += 10
    display.update(15, {"time/step_s": 6.0, "time/trained_s": 30.0})
    assert "GRPO 15 (0:30/2:00)" in text_of(out)
    assert "left 1:30" in text_of(out)
    panel = "\n".join(panel_lines(display, 80, 24))
    assert "15 (0:30/2:00)   25 %" in panel


def test_the_display_counts_the_steps_where_they_end_it_earlier() -> None:
    clock, out = FakeClock(), console(width=200)
    display = Display(console=out, live=False, clock=clock)
    display.stage("GRPO", 10, seconds=1000.0)
    clock.now += 8
    display.update(8, {"time/step_s": 1.0, "time/trained_s": 8.0})
    clock.now += 1
    display.update(9, {"time/step_s": 1.0, "time/trained_s": 9.0})
    assert " 90 %" in "\n".join(panel_lines(display, 80, 24))
    stage = display._stage
    assert stage is not None
    assert stage.seconds_left(clock.now) == 1.0
