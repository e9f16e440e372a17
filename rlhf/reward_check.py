"""Grade gold answers and damaged ones with a run's reward, before the run."""

from __future__ import annotations

from collections.abc import Callable

from rewards.base import Reward, Sample
from rewards.selfcheck import selfcheck
from rlhf.prompts import PromptStream


def check_rewards(
    reward: Reward, prompts: PromptStream, announce: Callable[[str], None], *, num_rows: int = 32
) -> None:
    """Grade demonstrations and damaged ones before anything expensive: a reward that cannot tell them apart stops the
    run here. Data without demonstrations cannot be checked and says so."""
    shown = prompts.preview(num_rows)
    targets = [problem.target(prompts.template) for problem, _ in shown]
    if not all(targets):
        announce("rewards not checked: the data has no gold answers to check them with")
        return
    samples = [
        Sample(
            prompt=prompt.text,
            completion="",
            reference=prompt.reference,
            task=prompt.task,
            language=prompt.language,
            num_tokens=len(prompt.target_ids),
        )
        for _, prompt in shown
    ]
    announce(str(selfcheck(reward, samples, targets)))
