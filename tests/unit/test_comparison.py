"""The table of a comparison, against numbers that a person can check."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from rlhf.collate import collate
from rlhf.comparison import Attempt, Comparison, Contestant, Cost
from rlhf.errors import DataError
from rlhf.evaluation import Evaluation
from rlhf.intervals import crossed_intervals, mean_interval
from rlhf.logprobs import token_logprobs
from rlhf.policy import POLICY
from rlhf.sampled_kl import sampled_kl
from rlhf.types import CreditedSample, RolloutGroup
from tests.rollouts import by_sample, make_completion, make_prompt, random_samples, tiny_policy


def evaluated(sampled: list[float], kl: tuple[float, ...] = (), digest: str = "p") -> Evaluation:
    count = len(sampled)
    names = tuple(f"{digest}{i}" for i in range(count))
    return Evaluation(
        prompt_ids=names,
        prompt_digests=names,
        tasks=("",) * count,
        greedy=(1.0,) * count,
        sampled=tuple(sampled),
        pass_at_k=(1.0,) * count,
        well_formed=(),
        terms={},
        failed=(0.0,) * count,
        num_tokens=3.0,
        samples_per_prompt=2,
        temperature=1.0,
        max_completion_tokens=8,
        correct_term="correct",
        seed=0,
        kl=kl,
    )


def contestant(name: str, *sampled: list[float], cost: Cost | None = None, kl: tuple[float, ...] = ()) -> Contestant:
    attempts = [Attempt(name=f"{name}_{i}", evaluation=evaluated(run, kl), cost=cost) for i, run in enumerate(sampled)]
    return Contestant(name=name, attempts=tuple(attempts))


COST = Cost(steps=3, completion_tokens=1200, seconds=9.5, peak_gb=2.25)
START = contestant("start", [0.0, 0.5])


def test_the_interval_of_one_run_is_that_over_problems() -> None:
    values = [float(i % 5 == 0) for i in range(60)]
    both, alone = crossed_intervals({"": [values]})[""], mean_interval(values)
    assert both.value == alone.value
    assert (both.low, both.high) == pytest.approx((alone.low, alone.high), abs=0.02)


def test_runs_that_differ_widen_the_interval_to_the_theory_of_crossed_factors() -> None:
    """Var = Var(run means) + Var(problem means) + their interaction, each over its own count."""
    generator = np.random.default_rng(1)
    runs, problems = generator.normal(0, 0.3, 12), generator.normal(0, 1.0, 150)
    interval = crossed_intervals({"": (runs[:, None] + problems[None, :]).tolist()})[""]
    expected = 2 * 1.96 * math.sqrt(runs.var() / 12 + problems.var() / 150)
    assert interval.high - interval.low == pytest.approx(expected, rel=0.06)


def test_a_row_is_the_mean_over_runs_and_differences_are_paired_by_problem() -> None:
    row = contestant("rloo", [1.0, 0.5], [0.5, 1.0])
    assert row.row().cells["pass@1 (sampled)"].value == 0.75
    difference = row.difference(START)
    assert difference.name == "rloo - start"
    assert difference.cells["pass@1 (sampled)"].value == 0.5


def test_a_difference_that_is_the_same_for_every_problem_has_no_width() -> None:
    cell = contestant("shifted", [0.25, 0.75], [0.25, 0.75]).difference(START).cells["pass@1 (sampled)"]
    assert (cell.value, cell.low, cell.high) == (0.25, 0.25, 0.25)


def test_a_merge_is_compared_with_each_of_its_members() -> None:
    cell = contestant("merged", [1.0, 1.0]).difference(contestant("rloo", [1.0, 1.0], [0.0, 0.0]))
    estimate = cell.cells["pass@1 (sampled)"]
    assert (estimate.value, estimate.low, estimate.high) == (0.5, 0.0, 1.0)


def test_evaluations_of_other_problems_are_not_compared() -> None:
    other = Contestant(name="other", attempts=(Attempt(name="o", evaluation=evaluated([0.0, 1.0], digest="q")),))
    with pytest.raises(DataError, match="only evaluations of the same problems"):
        other.difference(START)


def test_the_table_has_every_row_what_it_took_and_why_a_run_failed() -> None:
    half = Contestant(
        name="half",
        attempts=(
            Attempt(name="half_0", evaluation=evaluated([0.5, 0.5], (0.1, 0.3)), cost=COST),
            Attempt(name="half_1", evaluation=None, failed="the loss is nan"),
        ),
    )
    none = Contestant(name="none", attempts=(Attempt(name="none_0", evaluation=None, failed="not run yet"),))
    whole = contestant("whole", [0.5, 1.0], cost=COST)
    comparison = Comparison(start=START, contestants=(half, none, whole), merged={"none": "whole"})
    text = comparison.markdown()
    assert "| half | 0.200 [0.100, 0.300] | 3.0 | 1,200 | 9.5 | 2.25 | 1 of 2, 1 failed |" in text
    assert "| none | - | - | - | - | - | 0 of 1 |" in text
    assert "* half_1 failed: the loss is nan" in text
    assert [row.name for row in comparison.scores().differences] == ["half - start", "whole - start"]
    figures = comparison.to_dict()["contestants"]
    assert figures["half"]["runs"][0]["cost"]["completion_tokens"] == 1200
    assert figures["half"]["runs"][0]["kl"] == pytest.approx(0.2)
    assert figures["half"]["runs"][1] == {
        "name": "half_1", "scores": None, "kl": None, "cost": None, "failed": "the loss is nan",
    }  # fmt: skip


def test_the_cost_of_a_run_is_that_of_its_reinforcement_steps() -> None:
    step = {"step/reinforce": 1.0, "time/step_s": 2.0, "speed/completion_tok_s": 100.5, "memory/peak_gb": 1.5}
    rows = [{"step/warmup": 1.0, "time/step_s": 50.0}, step, {**step, "memory/peak_gb": 1.25}, {"eval/greedy": 0.5}]
    assert Cost.of(rows) == Cost(steps=2, completion_tokens=402, seconds=4.0, peak_gb=1.5)


def test_the_kl_of_a_prompt_is_the_mean_over_its_completions_of_their_tokens() -> None:
    policy = tiny_policy()
    samples = random_samples({5: [3, 1, 4], 3: [2, 2]})
    batch = collate(samples, max_row_tokens=0)
    with torch.no_grad():
        mine = by_sample(batch, token_logprobs(policy.model, batch, 1.5))
        with policy.as_base():
            base = by_sample(batch, token_logprobs(policy.model, batch, 1.5))
    each = [
        sum(math.exp(b - a) - 1 - (b - a) for a, b in zip(mine[i], base[i], strict=True)) for i in range(len(samples))
    ]
    groups = [
        RolloutGroup(prompt=part[0].prompt, completions=tuple(sample.completion for sample in part))
        for part in (samples[:3], samples[3:])
    ]
    found = sampled_kl(policy.roles, POLICY, None, groups, temperature=1.5, micro_batch_tokens=16)
    assert found == pytest.approx([sum(each[:3]) / 3, sum(each[3:]) / 2], rel=1e-4)
    assert policy.roles.active == POLICY
    assert sampled_kl(policy.roles, POLICY, POLICY, groups, temperature=1.0) == [0.0, 0.0]
    assert sampled_kl(policy.roles, POLICY, None, [], temperature=1.0) == []


def test_the_sampled_kl_is_the_exact_one_on_average() -> None:
    """Completions of one token: their KLs, weighed as the policy draws them, against the sum over the vocabulary."""
    policy, prompt = tiny_policy(), make_prompt([2, 5, 9])
    every = [make_completion([token]) for token in range(policy.model.head_weight.shape[0])]
    samples = [CreditedSample(prompt=prompt, completion=c, reward=0.0, advantage=0.0, group=0) for c in every]
    batch = collate(samples, max_row_tokens=1024)
    with torch.no_grad():
        now = torch.tensor(list(by_sample(batch, token_logprobs(policy.model, batch)).values())).double().flatten()
        with policy.as_base():
            base = torch.tensor(list(by_sample(batch, token_logprobs(policy.model, batch)).values())).double().flatten()
    exact = float((now.exp() * (now - base)).sum())
    groups = [RolloutGroup(prompt=prompt, completions=(completion,)) for completion in every]
    found = torch.tensor(sampled_kl(policy.roles, POLICY, None, groups, temperature=1.0), dtype=torch.float64)
    assert exact > 1e-4
    assert float((now.exp() * found).sum()) == pytest.approx(exact, rel=1e-3)
