"""Prompts: the template's words, the order of the stream, and where a resumed run goes on."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlhf.errors import ConfigError, DataError, ResumeError
from rlhf.problems import Problem, ReasoningGym
from rlhf.prompts import PromptStream, PromptTemplate
from tests.fakes import FakeTokenizer

SUMS = {
    "dataset": "chain_sum",
    "weight": 1.0,
    "config": {"min_terms": 2, "max_terms": 2, "min_digits": 2, "max_digits": 2},
}


class Listed:
    """A finite source of questions given in a list."""

    def __init__(self, questions: list[str], held_out: list[str] | None = None) -> None:
        self.problems = [Problem(id=f"listed/{i}", question=q, answer=str(i)) for i, q in enumerate(questions)]
        self.rest = [Problem(id=f"rest/{i}", question=q, answer=str(i)) for i, q in enumerate(held_out or [])]

    @property
    def train_size(self) -> int:
        return len(self.problems)

    def train(self, index: int) -> Problem:
        return self.problems[index]

    def held_out(self, n: int) -> list[Problem]:
        if n > len(self.rest):
            raise DataError(f"only {len(self.rest)}")
        return self.rest[:n]


def stream(source: Listed | ReasoningGym, template: PromptTemplate | None = None, **options: object) -> PromptStream:
    settings = {"max_prompt_tokens": 200, "seed": 0, **options}
    return PromptStream(source, FakeTokenizer(), template or PromptTemplate(), **settings)  # pyright: ignore


def ten() -> Listed:
    return Listed([f"Question {i}" for i in range(10)])


def endless() -> ReasoningGym:
    return ReasoningGym({"sums": SUMS}, seed=0, held_out_size=5)


def ids(prompts: list) -> list[str]:
    return [prompt.id for prompt in prompts]


def test_a_prompt_is_the_templated_chat_up_to_the_models_turn() -> None:
    template = PromptTemplate(system="Be brief.", prefix="Q: ", suffix=" \\boxed{}?", answer="\\boxed{{{answer}}}")

    prompt = stream(Listed(["2 + 2"]), template).take(1)[0]

    tokenizer = FakeTokenizer()
    assert tokenizer.decode(prompt.token_ids, skip_special=False) == (
        "<bos><start_of_turn>user\nBe brief.\n\nQ: 2 + 2 \\boxed{}?<end_of_turn>\n<start_of_turn>model\n"
    )
    assert tokenizer.decode(prompt.target_ids, skip_special=False) == "\\boxed{0}<end_of_turn>"
    assert prompt.text == "Q: 2 + 2 \\boxed{}?"
    assert prompt.reference == {"answer": "0"}


def test_prompt_and_target_together_are_the_whole_conversation() -> None:
    prompt = stream(Listed(["2 + 2"]), PromptTemplate(answer="It is {answer}.")).take(1)[0]
    whole = FakeTokenizer().encode_chat(
        [{"role": "user", "content": "2 + 2"}, {"role": "assistant", "content": "It is 0."}], False
    )

    assert [*prompt.token_ids, *prompt.target_ids] == whole[:-1], "but for the newline after the last turn"


def test_a_problems_own_system_text_replaces_the_templates() -> None:
    template = PromptTemplate(system="Be brief.")
    problem = Problem(id="1", question="Hi", system="Be long.")

    assert template.messages(problem)[0] == {"role": "system", "content": "Be long."}


def test_without_a_system_text_there_is_no_system_message() -> None:
    assert PromptTemplate().messages(Problem(id="1", question="Hi")) == [{"role": "user", "content": "Hi"}]


def test_braces_in_questions_and_answers_are_just_text() -> None:
    problem = Problem(id="1", question="What is {x}?", answer="{y}")
    template = PromptTemplate(suffix=" {", answer="<{answer}>")

    assert template.messages(problem)[-1]["content"] == "What is {x}? {"
    assert problem.target(template) == "<{y}>"


@pytest.mark.parametrize("answer", ["\\boxed{answer", "no field", "{}", "{0}", "\\boxed{}", "{answer.__class__}"])
def test_a_malformed_answer_template_is_refused(answer: str) -> None:
    with pytest.raises(ConfigError, match="double literal braces"):
        PromptTemplate(answer=answer)


def test_a_problem_without_an_answer_has_no_target() -> None:
    source = Listed(["Write a poem."])
    source.problems = [Problem(id="poem", question="Write a poem.")]

    assert stream(source).take(1)[0].target_ids == ()


def test_every_epoch_gives_every_problem_once_in_another_order() -> None:
    prompts = stream(ten())

    first, second = ids(prompts.take(10)), ids(prompts.take(10))

    assert sorted(first) == sorted(second) == [f"listed/{i}" for i in range(10)]
    assert first != second
    assert first != sorted(first)


def test_a_batch_runs_on_into_the_next_epoch() -> None:
    assert Counter(ids(stream(ten()).take(25))).most_common()[-1][1] == 2
    in_parts = stream(ten())
    assert in_parts.take(7) + in_parts.take(11) + in_parts.take(7) == stream(ten()).take(25)


def test_the_order_depends_on_the_seed() -> None:
    assert ids(stream(ten(), seed=1).take(10)) == ids(stream(ten(), seed=1).take(10))
    assert ids(stream(ten(), seed=1).take(10)) != ids(stream(ten(), seed=2).take(10))


@given(before=st.lists(st.integers(0, 13), max_size=5), after=st.integers(0, 25))
def test_a_resumed_stream_gives_exactly_the_same_later_prompts(before: list[int], after: int) -> None:
    straight, resumed = stream(ten()), stream(ten())
    for n in before:
        straight.take(n)

    resumed.load_state_dict(straight.state_dict())

    assert resumed.take(after) == straight.take(after)


def test_an_endless_stream_resumes_too() -> None:
    source = endless()
    straight, resumed = stream(source), stream(source)
    straight.take(300)

    resumed.load_state_dict(straight.state_dict())

    assert resumed.take(5) == straight.take(5)
    assert ids(straight.take(1)) == ["sums/train/000305"]


def test_a_checkpoint_of_other_data_or_seed_is_refused() -> None:
    state = stream(ten()).state_dict()

    with pytest.raises(ResumeError, match="train_size 10, this run has 2"):
        stream(Listed(["a", "b"])).load_state_dict(state)
    with pytest.raises(ResumeError, match="seed 0, this run has 1"):
        stream(ten(), seed=1).load_state_dict(state)


@pytest.mark.parametrize(
    "change",
    [
        {"question": "Question 07"},
        {"answer": "8"},
        {"system": "Be brief."},
        {"history": ({"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hi"})},
    ],
)
def test_a_checkpoint_of_as_many_problems_with_another_text_is_refused(change: dict[str, Any]) -> None:
    state, source = stream(ten()).state_dict(), ten()
    stream(source).load_state_dict(state)
    source.problems[7] = replace(source.problems[7], **change)
    with pytest.raises(ResumeError, match=r"the problems are not those of the checkpoint: .*; restore that data"):
        stream(source).load_state_dict(state)
    older = {key: value for key, value in state.items() if key != "problems"}
    stream(source).load_state_dict(older)


def test_what_only_a_reward_reads_may_be_mended() -> None:
    state, source = stream(ten()).state_dict(), ten()
    source.problems[7] = replace(source.problems[7], reference={"tests": ["assert f(1) == 2"]})
    stream(source).load_state_dict(state)


def test_another_endless_source_is_told_by_its_first_problems() -> None:
    other = ReasoningGym({"sums": {**SUMS, "config": {**SUMS["config"], "max_digits": 3}}}, seed=0, held_out_size=5)
    with pytest.raises(ResumeError, match="the problems are not those of the checkpoint"):
        stream(other).load_state_dict(stream(endless()).state_dict())


def test_a_long_prompt_is_refused_before_the_run_with_its_length() -> None:
    source = Listed(["short", "x" * 30])
    length = len(FakeTokenizer().encode_chat([{"role": "user", "content": "x" * 30}]))

    with pytest.raises(DataError, match=f"listed/1 has {length} tokens, .*max_prompt_tokens={length - 1}; raise"):
        stream(source, max_prompt_tokens=length - 1)
    assert len(stream(source, max_prompt_tokens=length).take(2)) == 2


def test_a_long_prompt_of_an_endless_source_is_refused_before_the_run() -> None:
    with pytest.raises(DataError, match=r"prompt sums/train/000000 has .* tokens"):
        stream(endless(), max_prompt_tokens=20)


def test_long_prompts_can_be_skipped_and_are_counted() -> None:
    source = Listed(["short", "x" * 300, "brief"], held_out=["x" * 300, "one", "two"])
    prompts = stream(source, on_long="skip")

    assert sorted(ids(prompts.take(4))) == ["listed/0", "listed/0", "listed/2", "listed/2"]
    assert ids(prompts.held_out(2)) == ["rest/1", "rest/2"]
    assert prompts.skipped in (1, 2)
    assert prompts.state_dict()["skipped"] == prompts.skipped
    with pytest.raises(DataError, match="only 3"):
        prompts.held_out(3)


def test_skipping_everything_ends_in_an_error() -> None:
    with pytest.raises(DataError, match="3 prompts in a row are longer than max_prompt_tokens=20"):
        stream(Listed(["a" * 50, "b" * 50, "c" * 50]), max_prompt_tokens=20, on_long="skip").take(1)


def test_an_unknown_policy_for_long_prompts_is_refused() -> None:
    with pytest.raises(ConfigError, match="on_long is 'cut'; give error or skip"):
        stream(ten(), on_long="cut")


def test_held_out_prompts_do_not_move_the_stream() -> None:
    asked, other = stream(endless()), stream(endless())
    asked.held_out(5)

    assert asked.take(3) == other.take(3)


def test_shots_are_solved_problems_of_the_same_task_as_turns_before_the_question() -> None:
    template = PromptTemplate(system="Be brief.", suffix="?", answer="It is {answer}.")
    (prompt,) = stream(Listed(["A", "B", "C"], ["D"]), template, shots=2).held_out(1)
    assert [message["content"] for message in prompt.messages] == [
        "Be brief.",
        "A?",
        "It is 0.",
        "B?",
        "It is 1.",
        "D?",
    ]
    tokenizer = FakeTokenizer()
    assert tokenizer.decode(prompt.target_ids, skip_special=False) == "It is 0.<end_of_turn>", "the last turn's alone"
    assert prompt.text == "D?"


def test_a_problem_is_not_shown_its_own_solution() -> None:
    for prompt in stream(Listed(["A", "B", "C"]), shots=2).take(3):
        *shown, asked = [message["content"] for message in prompt.messages if message["role"] == "user"]
        assert len(shown) == 2
        assert asked not in shown


def test_shots_of_a_mixture_are_of_the_problems_own_task() -> None:
    tasks = {"sums": SUMS, "products": {**SUMS, "dataset": "products"}}
    source = ReasoningGym(tasks, seed=0, held_out_size=10)
    for prompt in stream(source, shots=3, max_prompt_tokens=2000).held_out(10):
        questions = [message["content"] for message in prompt.messages if message["role"] == "user"]
        assert len(questions) == 4
        assert all(("multiplication" in question) == (prompt.task == "products") for question in questions)


@pytest.mark.parametrize("shots", [-1, 3])
def test_shots_that_cannot_be_are_refused(shots: int) -> None:
    with pytest.raises((ConfigError, DataError), match="shots"):
        stream(Listed(["A", "B", "C"]), shots=shots)
