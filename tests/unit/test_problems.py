"""Problems: generated mixtures, and the promise that held-out questions are never trained on."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from rlhf.errors import DataError
from rlhf.problems import Problem, ReasoningGym
from rlhf.prompts import PromptTemplate

TWO_DIGIT_SUMS = {
    "dataset": "chain_sum",
    "weight": 1.0,
    "config": {"min_terms": 2, "max_terms": 2, "min_digits": 2, "max_digits": 2},
}
TIMES_TABLE = {
    "dataset": "products",
    "weight": 1.0,
    "config": {"min_terms": 2, "max_terms": 2, "min_digits": 1, "max_digits": 1},
}
"""10 x 10 questions, 0 * 0 to 9 * 9."""


def gym(tasks: dict[str, dict[str, object]], *, seed: int = 0, held_out_size: int = 20) -> ReasoningGym:
    return ReasoningGym(tasks, seed=seed, held_out_size=held_out_size)


def evaluate_sum(question: str) -> int:
    left, operator, right = question.removesuffix(" =").split(": ")[1].split()
    return int(left) + int(right) if operator == "+" else int(left) - int(right)


def test_generated_answers_are_the_right_ones() -> None:
    source = gym({"sums": TWO_DIGIT_SUMS})

    for problem in [*(source.train(i) for i in range(50)), *source.held_out(20)]:
        assert int(problem.answer) == evaluate_sum(problem.question)


def test_the_same_arguments_give_the_same_problems_in_any_order_of_asking() -> None:
    first = gym({"sums": TWO_DIGIT_SUMS, "table": TIMES_TABLE})
    second = gym({"sums": TWO_DIGIT_SUMS, "table": TIMES_TABLE})

    forward = [first.train(i) for i in range(1200)]

    assert [second.train(i) for i in reversed(range(1200))] == forward[::-1]
    assert first.held_out(20) == second.held_out(20)


def test_another_seed_gives_other_problems() -> None:
    first, second = gym({"sums": TWO_DIGIT_SUMS}, seed=0), gym({"sums": TWO_DIGIT_SUMS}, seed=1)

    shared = {first.train(i).question for i in range(200)} & {second.train(i).question for i in range(200)}

    assert len(shared) < 20
    assert first.held_out(20) != second.held_out(20)


def test_a_chunk_does_not_repeat_the_seeds_of_the_one_before() -> None:
    """Two draws of 256 from 16,200 questions share about 4; a repeated range of seeds would share nearly all."""
    source = gym({"sums": TWO_DIGIT_SUMS})
    chunks = [{source.train(i).question for i in range(start, start + 256)} for start in (0, 256, 512)]

    assert all(len(earlier & later) < 20 for earlier, later in pairwise(chunks))


def test_held_out_questions_never_occur_in_training_and_never_twice() -> None:
    source = gym({"table": TIMES_TABLE}, held_out_size=50)

    held_out = [problem.question for problem in source.held_out(50)]
    trained = {source.train(i).question for i in range(3000)}

    assert len(set(held_out)) == 50
    assert len(trained) == 50, "the other half of the table"
    assert not trained & set(held_out)


def test_a_question_that_two_tasks_make_is_held_out_of_both() -> None:
    source = gym({"one": TIMES_TABLE, "two": TIMES_TABLE}, held_out_size=40)

    held_out = {problem.question for problem in source.held_out(40)}
    trained = {source.train(i).question for i in range(2000)}

    assert len(held_out) == 40
    assert not trained & held_out


def test_the_mixture_follows_the_weights_in_every_stretch() -> None:
    source = gym({"sums": {**TWO_DIGIT_SUMS, "weight": 3}, "table": TIMES_TABLE})

    for start in (0, 4, 40):
        assert Counter(source.train(i).task for i in range(start, start + 4)) == {"sums": 3, "table": 1}
    assert Counter(problem.task for problem in source.held_out(20)) == {"sums": 15, "table": 5}
    assert Counter(problem.task for problem in source.held_out(8)) == {"sums": 6, "table": 2}


def test_held_out_of_fewer_is_a_prefix_and_of_more_an_error() -> None:
    source = gym({"sums": TWO_DIGIT_SUMS})

    assert source.held_out(5) == source.held_out(20)[:5]
    with pytest.raises(DataError, match=r"21 held-out problems are asked for, 20 are kept.*raise held_out_size to 21"):
        source.held_out(21)


def test_ids_are_unique_and_name_task_and_split() -> None:
    source = gym({"sums": TWO_DIGIT_SUMS, "table": TIMES_TABLE})
    ids = [source.train(i).id for i in range(100)] + [problem.id for problem in source.held_out(20)]

    assert ids[:2] == ["sums/train/000000", "table/train/000000"]
    assert ids[-1] == "table/held_out/000009"
    assert len(set(ids)) == 120


def test_the_metadata_lets_a_reward_call_the_data_sets_own_scorer() -> None:
    from reasoning_gym import get_score_answer_fn

    problem = gym({"sums": TWO_DIGIT_SUMS}).train(0)
    entry = {"question": problem.question, "answer": problem.answer, "metadata": problem.reference["metadata"]}

    assert get_score_answer_fn("chain_sum")(problem.answer, entry) == 1.0


def test_more_held_out_than_a_task_has_says_how_many_there_are() -> None:
    with pytest.raises(
        DataError, match=r"task 'table' makes only 100 distinct problems .* share of held_out_size is 101"
    ):
        gym({"table": TIMES_TABLE}, held_out_size=101)


def test_holding_out_the_whole_task_leaves_nothing_to_train_on() -> None:
    with pytest.raises(DataError, match=r"task 'table': 0 of .* are not held out.*lower held_out_size"):
        gym({"table": TIMES_TABLE}, held_out_size=100)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"dataset": "chain_sums"}, "task 'sums': .* no data set 'chain_sums': did you mean chain_sum"),
        ({"dataset": ""}, "no data set '': valid are .*chain_sum"),
        ({"weight": 0}, "weight 0; give a positive number"),
        ({"weight": -1.0}, "weight -1.0"),
        ({"weight": float("nan")}, "weight nan"),
        ({"weight": "1"}, "weight '1'"),
        ({"wieght": 1.0}, "no setting 'wieght': did you mean weight"),
        ({"config": {"max_term": 3}}, "chain_sum has no setting 'max_term': did you mean max_terms"),
        ({"config": {"zzz": 3}}, "'zzz': valid are allow_negation, max_digits, max_terms, min_digits, min_terms"),
        ({"config": {"seed": 3}}, "chain_sum has no setting 'seed'"),
        ({"config": {"min_terms": 5, "max_terms": 2}}, "chain_sum refuses config .*max_terms must be >= min_terms"),
        ({"config": {"min_terms": "two"}}, "chain_sum refuses config .*two"),
    ],
)
def test_a_wrong_task_is_refused_with_its_remedy(change: dict[str, object], message: str) -> None:
    with pytest.raises(DataError, match=message):
        gym({"sums": {**TWO_DIGIT_SUMS, **change}})


def test_no_tasks_at_all_is_refused() -> None:
    with pytest.raises(DataError, match="tasks is empty"):
        gym({})


def test_the_target_is_the_templates_answer_filled_in() -> None:
    problem = Problem(id="1", question="What is 2 + 2?", answer="4", reference={"solution": "Two and two."})

    assert problem.target(PromptTemplate()) == "4"
    assert problem.target(PromptTemplate(answer="{solution} \\boxed{{{answer}}}")) == "Two and two. \\boxed{4}"


def test_a_problem_without_a_gold_answer_has_an_empty_target() -> None:
    assert Problem(id="1", question="Write a poem.").target(PromptTemplate(answer="Answer: {answer}")) == ""


def test_a_target_that_asks_for_what_the_problem_lacks_is_refused() -> None:
    problem = Problem(id="sums/7", question="What is 2 + 2?", answer="4")

    with pytest.raises(DataError, match="asks for 'solution', and problem sums/7 has answer, question"):
        problem.target(PromptTemplate(answer="{solution} {answer}"))
