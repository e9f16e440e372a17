"""Where a stage of a run stands, and the words for it: a plain line, a closing line, numbers short enough to read."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

TREND_STEPS = 40
RATE_STEPS = 20
SHARES = {"time/sample_s": "sample", "time/score_s": "score", "time/credit_s": "credit", "time/update_s": "update"}
LABELS = {
    "reward/mean": "reward",
    "accuracy": "accuracy",
    "kl": "KL",
    "kl_reward/coef": "KL coef",
    "loss": "loss",
    "value/explained_variance": "critic",
    "grad_norm": "grad norm",
    "len/completion_tok": "tokens",
}
NOT_A_TERM = frozenset({"reward/mean", "reward/std", "reward/failed_share"})
PERCENT_KEYS = frozenset({"accuracy"})
HEADLINES = ("reward/mean", "accuracy", "loss", "kl")


@dataclass(kw_only=True, slots=True)
class Stage:
    """What the panel knows of the stage that runs now."""

    name: str
    total: int | None
    unit: str
    began: float
    seconds: float | None = None
    """Of training that end it before `total` does."""
    step: int = 0
    metrics: dict[str, float] = field(default_factory=dict)
    trends: dict[str, deque[float]] = field(default_factory=dict)
    firsts: dict[str, list[float]] = field(default_factory=dict)
    laps: deque[tuple[float, int]] = field(default_factory=lambda: deque(maxlen=RATE_STEPS))
    sample: tuple[str, str, float | None] | None = None

    def update(self, step: int, metrics: Mapping[str, float], now: float) -> None:
        self.step = step
        self.laps.append((now, step))
        for key, value in metrics.items():
            self.metrics[key] = value
            self.trends.setdefault(key, deque(maxlen=TREND_STEPS)).append(value)
            first = self.firsts.setdefault(key, [])
            if len(first) < 10 and math.isfinite(value):
                first.append(value)

    def seconds_per_step(self) -> float | None:
        """Recent pace by the clock; None before the first step is done."""
        if not self.laps:
            return None
        (start, first), (end, last) = self.laps[0], self.laps[-1]
        if last > first:
            return (end - start) / (last - first)
        return self.metrics.get("time/step_s", end - self.began)

    def trained_s(self) -> float:
        """Seconds that count against `seconds`."""
        return self.metrics.get("time/trained_s", 0.0)

    def seconds_left(self, now: float) -> float | None:
        pace = self.seconds_per_step()
        if pace is None or self.total is None or not math.isfinite(pace):
            return None
        left = (self.total - self.step) * pace
        if self.seconds is not None:
            left = min(left, self.seconds - self.trained_s())
        return max(0.0, left - (now - self.laps[-1][0]))


def plain_line(stage: Stage, now: float) -> str:
    metrics = stage.metrics
    head = f"{stage.name} {place(stage)}"
    left = stage.seconds_left(now)
    parts = [f"{head}  {duration(now - stage.began)}" + (f", left {duration(left)}" if left is not None else "")]
    for key, label in LABELS.items():
        if key in metrics:
            parts.append(f"{label} {shown_value(key, metrics[key])}")
        if key == "reward/mean" and (terms := reward_terms(metrics)):
            parts.append(", ".join(f"{term} {number(metrics[f'reward/{term}'])}" for term in terms))
    if stage.unit == "steps" and (pace := stage.seconds_per_step()) is not None:
        parts.append(f"{number(pace)} s/step")
    return " | ".join([*parts, ", ".join(speed_parts(metrics))]).removesuffix(" | ")


def place(stage: Stage) -> str:
    """The step, and of how many; or of how much time, where that ends the stage."""
    if stage.seconds is not None:
        return f"{stage.step} ({duration(stage.trained_s())}/{duration(stage.seconds)})"
    return f"{stage.step}/{stage.total}" if stage.total else f"{stage.step}"


def share_done(stage: Stage) -> float:
    """Of the steps or of the time, whichever is further."""
    by_steps = stage.step / stage.total if stage.total else 0.0
    return max(by_steps, min(1.0, stage.trained_s() / stage.seconds)) if stage.seconds else by_steps


def closing_line(stage: Stage, now: float) -> str:
    parts = [f"{stage.name}: {stage.step} {stage.unit} in {duration(now - stage.began)}"]
    for key in HEADLINES:
        last = [value for value in stage.trends.get(key, ()) if math.isfinite(value)]
        if not last or (
            key == "loss" and "reward/mean" in stage.metrics
        ):  # a policy-gradient loss has no trend to tell
            continue
        count = max(1, min(10, len(last) // 2))
        # where nothing is trained (an evaluation) the numbers are running totals, and only the last one says anything
        before = f"{shown_value(key, _mean(stage.firsts[key][:count]))} -> " if "loss" in stage.metrics else ""
        after = _mean(last[-count:]) if before else last[-1]
        parts.append(f"{LABELS[key]} {before}{shown_value(key, after)}")
    return "; ".join(parts)


def speed_parts(metrics: Mapping[str, float]) -> list[str]:
    """Tokens per second, the shares of the step's time that are worth a word, and rewards that failed."""
    parts = [f"{number(value)} tok/s" for key, value in metrics.items() if key == "speed/completion_tok_s"]
    if metrics.get("reward/failed_share", 0.0) > 0:
        parts.append(f"{100 * metrics['reward/failed_share']:.0f} % of rewards failed")
    times = {label: metrics[key] for key, label in SHARES.items() if math.isfinite(metrics.get(key, math.nan))}
    whole = metrics.get("time/step_s", sum(times.values()))
    if whole > 0:
        parts += [
            f"{label} {100 * seconds / whole:.0f} %" for label, seconds in times.items() if seconds >= 0.01 * whole
        ]
    return parts


def reward_terms(metrics: Mapping[str, float]) -> list[str]:
    """The means alone: `reward/NAME`, not `reward/NAME/std` and the like."""
    names = (key.removeprefix("reward/") for key in metrics if key.startswith("reward/") and key not in NOT_A_TERM)
    return [name for name in names if "/" not in name]


def shown_value(key: str, value: float) -> str:
    """The number as its column shows it: a share of correct answers in percent, all others as `number` does."""
    return f"{100 * value:.1f} %" if key in PERCENT_KEYS and math.isfinite(value) else number(value)


def number(value: float) -> str:
    """Three or so significant digits, short enough for a column: 1234 -> 1,234; 0.00012 -> 1.2e-04."""
    size = abs(value)
    if not math.isfinite(value) or size >= 1e6:
        return f"{value:.2e}"
    if size >= 100:
        return f"{value:,.0f}"
    if size >= 10:
        return f"{value:.1f}"
    return f"{value:.3f}" if size >= 0.001 or size == 0 else f"{value:.1e}"


def duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
