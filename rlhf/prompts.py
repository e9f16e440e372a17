"""Problems become prompts: put into words by a template, tokenized as a chat, and handed out in a resumable order."""

from __future__ import annotations

import hashlib
import itertools
import json
import string
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from model.tokenizer import Message, Tokenizer
from rlhf.curriculum import Curriculum, shuffled
from rlhf.errors import ConfigError, DataError, ResumeError
from rlhf.problems import Problem, ProblemSource
from rlhf.types import Metrics, Prompt, ScoredGroup


@dataclass(frozen=True, kw_only=True, slots=True)
class PromptTemplate:
    r"""The words around a question, and those around its gold answer.

    >>> template = PromptTemplate(suffix=r" Answer in \\boxed{}.", answer=r"\\boxed{{{answer}}}")
    >>> problem = Problem(id="1", question="What is 2 + 2?", answer="4")
    >>> template.messages(problem)[0]["content"], problem.target(template)
    ('What is 2 + 2? Answer in \\\\boxed{}.', '\\\\boxed{4}')
    """

    system: str = ""
    """The system text of problems that bring none; empty for no system text."""
    prefix: str = ""
    """What stands before the question, as it is."""
    suffix: str = ""
    """What stands after the question, as it is."""
    answer: str = "{answer}"
    """The completion to teach, a format string over `answer`, `question` and the reference's names."""

    def __post_init__(self) -> None:
        try:
            names = [name for _, name, _, _ in string.Formatter().parse(self.answer) if name is not None]
        except ValueError as cause:
            raise ConfigError(
                f"the template's answer {self.answer!r} is malformed: {cause}; double literal braces"
            ) from cause
        if not names or not all(name.isidentifier() for name in names):
            raise ConfigError(
                f"the template's answer {self.answer!r} must name what to fill in, like {{answer}}; "
                r"double literal braces: \boxed{{{answer}}}"
            )

    def messages(self, problem: Problem) -> list[Message]:
        """The chat that asks the problem, what was said before it included."""
        system = problem.system or self.system
        question: Message = {"role": "user", "content": f"{self.prefix}{problem.question}{self.suffix}"}
        asked = [*problem.history, question]
        return [{"role": "system", "content": system}, *asked] if system else asked


# An endless source is searched so far for solved problems of a task.
_SEARCHED_FOR_SHOTS = 1000


class PromptStream:
    """Hands out a source's training problems as prompts, in an order that a resumed run continues.

    A finite source is shuffled anew every epoch; an endless one is taken in its own order. Every process takes the
    same prompts and then its own share of them.
    """

    def __init__(
        self,
        source: ProblemSource,
        tokenizer: Tokenizer,
        template: PromptTemplate,
        *,
        max_prompt_tokens: int,
        seed: int,
        on_long: Literal["error", "skip"] = "error",
        shots: int = 0,
        curriculum: Curriculum | None = None,
    ) -> None:
        """Looks through a finite source (the first problems of an endless one) for prompts that are too long.

        Args:
            max_prompt_tokens: of the whole prompt: BOS, turn tokens and template included.
            seed: of the order of a finite source.
            on_long: what becomes of a longer prompt: an error, or it is left out and counted in `skipped`.
            shots: solved training problems of the same task that stand before every question as turns of the chat.
            curriculum: what chooses the problems in place of the source's order.

        Raises:
            ConfigError: for an unknown `on_long` or fewer than 0 shots.
            DataError: if a prompt is too long, or a task has too few problems with an answer to show.
        """
        if on_long not in ("error", "skip"):
            raise ConfigError(f"on_long is {on_long!r}; give error or skip")
        if shots < 0:
            raise ConfigError(f"shots is {shots}; give the number of solved problems to show, 0 for none")
        self.source, self.tokenizer, self.template = source, tokenizer, template
        self.max_prompt_tokens, self.seed, self.on_long, self.shots = max_prompt_tokens, seed, on_long, shots
        self.curriculum = curriculum
        if curriculum is not None:
            curriculum.begin(source, seed)
        self._shown: dict[str, list[Problem]] = {}
        self.skipped = 0
        self._epoch = 0
        self._cursor = 0
        self._order = self._shuffled(0)
        self._check_lengths()

    def take(self, n: int) -> list[Prompt]:
        """The next n prompts, with the tokens of their demonstrations where the data has gold answers.

        Raises:
            DataError: if a prompt is too long and `on_long` is error, or none is short enough.
        """
        prompts: list[Prompt] = []
        skipped_in_a_row = 0
        while len(prompts) < n:
            prompt = self._prompt(self._next())
            if prompt:
                prompts.append(prompt)
                skipped_in_a_row = 0
                continue
            self.skipped += 1
            skipped_in_a_row += 1
            if skipped_in_a_row >= (self.source.train_size or 1000):
                raise DataError(
                    f"{skipped_in_a_row} prompts in a row are longer than max_prompt_tokens={self.max_prompt_tokens}; "
                    "raise it, or shorten the template"
                )
        return prompts

    def observe(self, scored: Sequence[ScoredGroup]) -> None:
        """Tell the curriculum, where there is one, how the prompts were answered."""
        if self.curriculum is not None:
            self.curriculum.observe(scored)

    def metrics(self) -> Metrics:
        """What the curriculum has to say of itself."""
        return {} if self.curriculum is None else self.curriculum.metrics()

    def held_out(self, n: int) -> list[Prompt]:
        """The first n held-out prompts that are short enough; they do not move the stream.

        Raises:
            DataError: if the source has too few.
        """
        asked = n
        while True:
            prompts = [prompt for problem in self.source.held_out(asked) if (prompt := self._prompt(problem))]
            if len(prompts) >= n:
                return prompts[:n]
            asked += n - len(prompts)

    def preview(self, n: int) -> list[tuple[Problem, Prompt]]:
        """The first n training problems and their prompts (fewer if the source has fewer, or some are too long); the
        stream does not move."""
        problems = map(self.source.train, range(min(n, self.source.train_size or n)))
        return [(problem, prompt) for problem in problems if (prompt := self._prompt(problem))]

    def state_dict(self) -> dict[str, Any]:
        """Where the stream stands, and what it needs to stand there again."""
        place = {"epoch": self._epoch, "cursor": self._cursor, "skipped": self.skipped}
        state = {**place, **self._identity(), "problems": self._problems}
        return state if self.curriculum is None else {**state, "curriculum": self.curriculum.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Moves the stream to where `state_dict` was called.

        Raises:
            ResumeError: if the problems, their number or the seed are not those of the checkpoint.
        """
        for key, ours in self._identity().items():
            if state[key] != ours:
                raise ResumeError(
                    f"the checkpoint's prompts had {key} {state[key]}, this run has {ours}, "
                    "so the order would not continue; restore that data and seed, or start a new run"
                )
        if state.get("problems", self._problems) != self._problems:  # an early checkpoint does not say
            raise ResumeError(
                "the problems are not those of the checkpoint: as many, and other questions or answers, so the run "
                "would not go on as it began; restore that data, or start a new run"
            )
        self._epoch, self._cursor, self.skipped = state["epoch"], state["cursor"], state["skipped"]
        self._order = self._shuffled(self._epoch)
        if self.curriculum is not None:
            self.curriculum.load_state_dict(state["curriculum"])

    def _identity(self) -> dict[str, int | None]:
        return {"seed": self.seed, "train_size": self.source.train_size}

    @cached_property
    def _problems(self) -> str:
        """A checksum of the training problems' text (of an endless source the first ones'): what is put to the policy,
        and the answer that is taught. What else a reward reads may be mended between two sessions, like the reward."""
        digest = hashlib.blake2b(digest_size=16)
        for problem in self._looked_through():
            said = [[turn["role"], turn["content"]] for turn in problem.history]
            digest.update(json.dumps([problem.system, said, problem.question, problem.answer]).encode())
        return digest.hexdigest()

    def _looked_through(self) -> Iterator[Problem]:
        """All training problems of a finite source, the first ones of an endless one."""
        return map(self.source.train, range(64 if self.source.train_size is None else self.source.train_size))

    def _shuffled(self, epoch: int) -> list[int] | None:
        """The epoch's order, a function of seed and epoch alone; None for an endless source."""
        if self.source.train_size is None:
            return None
        return shuffled(self.source.train_size, self.seed, epoch)

    def _next(self) -> Problem:
        if self.curriculum is not None:
            return self.curriculum.next()
        if self._order is not None and self._cursor == len(self._order):
            self._epoch, self._cursor = self._epoch + 1, 0
            self._order = self._shuffled(self._epoch)
        index = self._cursor if self._order is None else self._order[self._cursor]
        self._cursor += 1
        return self.source.train(index)

    def _prompt(self, problem: Problem) -> Prompt | None:
        """The problem as a prompt; None if it is to be skipped."""
        messages = self._messages(problem)
        token_ids = self.tokenizer.encode_chat(messages)
        if len(token_ids) > self.max_prompt_tokens:
            if self.on_long == "skip":
                return None
            raise DataError(
                f"prompt {problem.id} has {len(token_ids)} tokens, more than max_prompt_tokens="
                f"{self.max_prompt_tokens}; raise it, shorten the template, or set on_long=skip"
            )
        return Prompt(
            id=problem.id,
            messages=tuple({**message} for message in messages),
            token_ids=tuple(token_ids),
            reference={**problem.reference, "answer": problem.answer},
            target_ids=self._target_ids(messages, len(token_ids), problem),
            task=problem.task,
            language=problem.language,
        )

    def _messages(self, problem: Problem) -> list[Message]:
        """The chat that asks the problem, behind the solved ones that it is shown."""
        asked = self.template.messages(problem)
        system, asked = ([asked[0]], asked[1:]) if asked[0]["role"] == "system" else ([], asked)
        turns: list[Message] = []
        for shown in self._shots(problem):
            question, target = self.template.messages(shown)[-1], shown.target(self.template)
            turns += [*shown.history, question, {"role": "assistant", "content": target}]
        return [*system, *turns, *asked]

    def _shots(self, problem: Problem) -> list[Problem]:
        """The first training problems of the same task that have an answer, without the problem itself."""
        if not self.shots:
            return []
        if problem.task not in self._shown:
            indices = range(_SEARCHED_FOR_SHOTS if self.source.train_size is None else self.source.train_size)
            solved = (p for p in map(self.source.train, indices) if p.task == problem.task and p.answer)
            self._shown[problem.task] = list(itertools.islice(solved, self.shots + 1))
        shown = [p for p in self._shown[problem.task] if p.question != problem.question][: self.shots]
        if len(shown) < self.shots:
            raise DataError(
                f"task {problem.task!r} has {len(shown)} solved training problems to show before {problem.id}, and "
                f"prompts.shots is {self.shots}; lower it"
            )
        return shown

    def _target_ids(self, messages: list[Message], num_prompt_tokens: int, problem: Problem) -> tuple[int, ...]:
        """Tokens of the demonstration, the turn's end included."""
        target = problem.target(self.template)
        if not target:
            return ()
        ids, said = self.tokenizer.encode_chat_with_mask([*messages, {"role": "assistant", "content": target}])
        new = zip(ids[num_prompt_tokens:], said[num_prompt_tokens:], strict=True)
        return tuple(token for token, by_assistant in new if by_assistant)

    def _check_lengths(self) -> None:
        """Refuse long prompts now rather than hours into a run.

        No token is shorter than a byte, so most prompts are known to fit without tokenizing them; 64 is more than the
        tokens of a turn take.
        """
        if self.on_long == "skip":
            return
        for problem in self._looked_through():
            messages = self._messages(problem)
            num_bytes = sum(len(message["content"].encode()) for message in messages)
            if num_bytes + 64 * len(messages) > self.max_prompt_tokens:
                self._prompt(problem)
