"""Reward models: what they read, how they pool it, what they learn, what they report, and how they are kept."""

from __future__ import annotations

import json
import math
import random
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from jobs import merge
from jobs import reward_model as job
from jobs.launch import build
from model.chat import Message, render_chat
from model.errors import CheckpointFormatError, ModelError
from model.heads import ScalarHead, average_heads, load_head, read_likelihood
from model.hf import save_hf
from model.load import load_model
from model.lora import AdapterRoles, LoraSpec
from model.testing import TINY, tiny_model
from model.testing_tokenizer import tiny_tokenizer
from rewards.base import Sample, State
from rewards.preference import Preference
from rlhf.errors import ConfigError, DataError, NonFiniteUpdate
from rlhf.judged import PairTokens, encode_judged, encode_pairs, in_batches, lay_out, row_length
from rlhf.optim import OptimSettings
from rlhf.pair_plan import PairPlan
from rlhf.pairs import BadRow, Pair
from rlhf.preference_report import PairScores
from rlhf.reward_model import HEAD_FILE, BradleyTerry, RewardModel, RewardPlan, RewardTrainer, measure
from rlhf.reward_scorer import RewardModelScorer
from rlhf.runtime import Runtime

BOS, EOS, PAD, END, NEWLINE = 2, 1, 0, 106, 107
CONTEXT = (Message(role="user", content="What is 3 plus 4?"),)
OPTIM = OptimSettings(lr=3e-3)
SPEC = LoraSpec(rank=4, alpha=8)


def reward_model(seed: int = 0, *, dtype: torch.dtype = torch.float32, likelihood: float = 0.0) -> RewardModel:
    """A reward model that tells texts apart: head and B are random."""
    made = RewardModel.fresh(AdapterRoles(tiny_model(dtype=dtype)), SPEC, seed=seed, likelihood=likelihood)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.05)
    return made


def judged(answer: str, context: tuple[Message, ...] = CONTEXT, *, complete: bool = True) -> Any:
    return encode_judged(tiny_tokenizer(), context, answer, complete=complete)


def rewards(model: RewardModel, *texts: Any) -> list[float]:
    return [scores[0] for scores in model.score([[text] for text in texts], max_tokens=10_000)]


def pair(chosen: str, rejected: str, question: str = "What is 3 plus 4?", **more: Any) -> Pair:
    context = (Message(role="user", content=question),)
    return Pair(place="file, row 7", context=context, chosen=chosen, rejected=rejected, **more)


def trainer(model: RewardModel, pairs: list[PairTokens], **plan: Any) -> RewardTrainer:
    settings = RewardPlan(**{"epochs": 1.0, "pairs_per_step": 8, **plan})
    return RewardTrainer(
        reward_model=model,
        pairs=pairs,
        loss=BradleyTerry(centering=0.01),
        optim=OPTIM,
        plan=settings,
        runtime=Runtime(cpu=True),
        seed=0,
    )


def sums(number: int, seed: int) -> list[Pair]:
    """Right sums against four sorts of spoilt ones, labels certain."""
    dice = random.Random(seed)
    made = []
    for _ in range(number):
        a, b = dice.randint(10, 99), dice.randint(10, 99)
        good = f"The answer is {a + b}."
        spoilt = {
            "language": f"La respuesta es {a + b}.",
            "cut_off": good[: dice.randint(5, 12)],
            "repeated": f"{good} {good}",
            "shouted": good.upper(),
        }
        kind = dice.choice(list(spoilt))
        made.append(pair(good, spoilt[kind], f"What is {a} plus {b}?", kind=kind))
    return made


# What is read and pooled ----------------------------------------------------------------------------------------------


def test_a_judged_text_is_the_chat_with_one_bos_up_to_its_last_end_of_turn() -> None:
    tokenizer = tiny_tokenizer()
    ids = list(judged(" 7 "))
    chat = [*CONTEXT, Message(role="assistant", content="7")]
    assert ids == tokenizer.encode_chat(chat, add_generation_header=False)[:-1]
    assert ids.count(BOS) == 1
    assert ids[-1] == END


def test_a_template_that_writes_a_bos_of_its_own_does_not_make_it_two() -> None:
    tokenizer = tiny_tokenizer()
    text = render_chat([*CONTEXT, Message(role="assistant", content="7")], False)
    assert tokenizer.encode(text, add_bos=True)[:-1] == list(judged("7"))
    assert list(judged("<bos>7<end_of_turn>")).count(BOS) == 1
    assert list(judged("<bos>7<end_of_turn>")).count(END) == 2


def test_the_end_of_the_turn_is_pooled_and_not_the_newline_that_templates_put_behind_it() -> None:
    texts = [[judged("7"), judged("seven")], [judged("it is 7"), judged("8")]]
    rows = lay_out(texts)
    assert rows.token_ids[rows.row, rows.column].tolist() == [END] * 4
    assert NEWLINE not in rows.token_ids[rows.row, rows.column].tolist()


def test_an_answer_that_was_cut_off_has_no_end_and_is_pooled_at_its_last_token() -> None:
    text = judged("it is 7", complete=False)
    rows = lay_out([[text], [judged("a much longer answer than that")]])
    assert text[-1] != END
    assert rows.token_ids[rows.row[0], rows.column[0]] == text[-1]
    with pytest.raises(DataError, match="nothing to judge"):
        judged(" ", complete=False)


@pytest.mark.parametrize("last", [PAD, EOS, END])
def test_pooling_goes_by_length_whatever_id_pads_or_ends(last: int) -> None:
    """Where padding is told by its id, a text that ends in that id is pooled one token early."""
    model = reward_model()
    text, longer = [BOS, 105, 300, 301, last], [BOS, 105, 300, 301, 302, 303, 304, 305, END]
    rows = lay_out([[longer], [text]])
    assert rows.column.tolist() == [8, 4]
    alone, padded = rewards(model, text)[0], model.score([[longer], [text]], 1000)[1][0]
    assert padded == pytest.approx(alone, abs=1e-5)
    assert abs(alone - rewards(model, text[:-1])[0]) > 1e-3


def test_padding_and_shared_beginnings_change_no_reward() -> None:
    """The independent reading: every text alone in a plain causal row, through the network and a dot product."""
    model = reward_model()
    texts = [judged(answer) for answer in ("7", "7 of course", "it is 7", "eight, or nearly " * 3)]
    expected = []
    for text in texts:
        with model.roles.using("reward"), torch.no_grad():
            hidden = model.model(torch.tensor([list(text)]))[0, -1]
        expected.append(float(hidden.double() @ model.head.weight[0].detach().double()))
    assert rewards(model, *texts) == pytest.approx(expected, abs=1e-5)
    assert model.score([texts], 10_000)[0] == pytest.approx(expected, abs=1e-5)
    assert len({round(value, 3) for value in expected}) == 4


def test_left_padding_with_its_positions_is_the_same_and_without_them_is_not() -> None:
    model = reward_model()
    text = list(judged("7"))
    ids = torch.tensor([[PAD] * 6 + text])
    rows = lay_out([[text]])
    shifted = replace(
        rows,
        token_ids=ids,
        layout=type(rows.layout).padded(torch.tensor([[0] * 6 + [1] * len(text)])),
        column=rows.column + 6,
    )
    unmasked = replace(shifted, layout=type(rows.layout).causal(*ids.shape))
    with torch.no_grad():
        alone, padded, wrong = (float(model(batch)) for batch in (rows, shifted, unmasked))
    assert padded == pytest.approx(alone, abs=1e-5)
    assert abs(wrong - alone) > 1e-3


def test_the_head_of_a_bfloat16_network_computes_in_float32_and_makes_no_ties() -> None:
    torch.manual_seed(0)
    hidden = torch.randn(4096, 64).bfloat16()
    head = ScalarHead(64)
    torch.nn.init.normal_(head.weight)
    scores = head(hidden)
    assert scores.dtype is torch.float32
    assert scores.unique().numel() >= 4095  # two of so many may meet by chance
    assert (hidden @ head.weight.T.bfloat16()).unique().numel() < 3000
    assert reward_model(dtype=torch.bfloat16)(lay_out([[judged("7")]])).dtype is torch.float32


def test_a_row_holds_the_common_beginning_once() -> None:
    texts = [[BOS, 10, 11, 12, END], [BOS, 10, 13, END]]
    rows = lay_out([texts])
    assert rows.token_ids.tolist() == [[BOS, 10, 11, 12, END, 13, END]]
    assert rows.layout.positions.tolist() == [[0, 1, 2, 3, 4, 2, 3]]
    assert rows.layout.segment_ids.tolist() == [[0, 0, 1, 1, 1, 2, 2]]
    assert rows.column.tolist() == [4, 6]
    assert row_length(texts) == 7
    assert row_length([[BOS, 10], [BOS, 10, 11]]) == 4  # the last token of each is its own


def test_batches_hold_every_row_once_and_keep_to_the_limit() -> None:
    groups = [[[5] * length] for length in (3, 9, 1, 4, 4, 2)]
    batches = in_batches(groups, 9)
    assert sorted(index for batch in batches for index in batch) == list(range(6))
    assert batches[0] == [1]
    assert all(len(batch) * max(row_length(groups[index]) for index in batch) <= 9 for batch in batches)


# Pairs as tokens ------------------------------------------------------------------------------------------------------


def test_a_pair_that_is_too_long_is_named_dropped_or_cut() -> None:
    tokenizer = tiny_tokenizer()
    pairs = [pair("7", "8"), pair("yes " * 50, "no " * 50)]
    with pytest.raises(BadRow, match=r"file, row 7 has \d+ tokens, more than max_tokens=40; raise it, or set on_long"):
        encode_pairs(pairs, tokenizer, max_tokens=40)
    assert len(encode_pairs(pairs, tokenizer, max_tokens=40, on_long="drop")) == 1
    cut = encode_pairs(pairs, tokenizer, max_tokens=40, on_long="cut")[1]
    assert [len(side) for side in cut.sides] == [40, 40]
    assert END not in cut.sides[0][-1:]
    with pytest.raises(BadRow, match="all 1 pairs are longer"):
        encode_pairs(pairs[1:], tokenizer, max_tokens=40, on_long="drop")
    with pytest.raises(ConfigError, match="on_long is 'trim'"):
        encode_pairs(pairs, tokenizer, max_tokens=40, on_long="trim")  # pyright: ignore[reportArgumentType]


def test_sides_that_the_cut_makes_equal_are_refused_by_row() -> None:
    same = pair("The answer is that it is seven", "The answer is that it is eight")
    with pytest.raises(
        BadRow, match=r"file, row 7: both sides are the same 25 tokens .*max_tokens=25.*raise max_tokens"
    ):
        encode_pairs([same], tiny_tokenizer(), max_tokens=25, on_long="cut")


def test_text_that_is_no_unicode_is_refused_by_row() -> None:
    with pytest.raises(BadRow, match=r"file, row 7: cannot encode"):
        encode_pairs([pair("7", "\ud800")], tiny_tokenizer(), max_tokens=99)


def test_the_length_of_an_answer_counts_its_end_and_not_the_conversation() -> None:
    (tokens,) = encode_pairs([pair("7", "77")], tiny_tokenizer(), max_tokens=99)
    assert tokens.answer_tokens == (2, 3)


# The loss -------------------------------------------------------------------------------------------------------------


def test_the_loss_of_a_pair_is_what_a_calculator_says() -> None:
    scores, none = torch.tensor([[2.0, 0.5]]), torch.zeros(1)
    assert float(BradleyTerry()(scores, none)) == pytest.approx(0.2014133)  # log(1 + exp(-1.5))
    assert float(BradleyTerry(margin=1.0)(scores, none)) == pytest.approx(0.4740770)  # log(1 + exp(-0.5))
    assert float(BradleyTerry(margin=0.5)(scores, torch.tensor([0.5]))) == pytest.approx(0.4740770)
    assert float(BradleyTerry(centering=0.01)(scores, none)) == pytest.approx(0.2014133 + 0.0625)


def test_the_loss_is_finite_and_in_float32_where_bfloat16_rewards_are_far_apart() -> None:
    loss = BradleyTerry()(torch.tensor([[-900.0, 900.0]]).bfloat16(), torch.zeros(1))
    assert loss.dtype is torch.float32
    assert float(loss) == pytest.approx(1800.0, rel=0.01)


def test_settings_of_the_loss_and_the_plan_that_make_no_sense_are_refused() -> None:
    for make in (
        lambda: BradleyTerry(margin=-1.0),
        lambda: BradleyTerry(centering=math.inf),
        lambda: RewardPlan(epochs=-1.0, pairs_per_step=1),
        lambda: PairPlan(epochs=0.0, pairs_per_step=1),
        lambda: RewardPlan(epochs=1.0, pairs_per_step=0),
        lambda: RewardPlan(epochs=1.0, pairs_per_step=1, probe_steps=-1),
    ):
        with pytest.raises(ConfigError, match="must be"):
            make()


# Training -------------------------------------------------------------------------------------------------------------


def test_a_tiny_network_learns_programmatic_pairs_and_judges_held_out_ones() -> None:
    tokenizer = tiny_tokenizer()
    model = RewardModel.fresh(AdapterRoles(tiny_model()), SPEC, seed=0)
    train, held_out = (encode_pairs(sums(n, seed), tokenizer, max_tokens=200) for n, seed in ((160, 1), (60, 2)))
    before = measure(model, held_out, Runtime(cpu=True), max_tokens=4096)
    assert (before.accuracy, before.negative_log_likelihood) == (0.5, pytest.approx(math.log(2)))
    losses = []
    trainer(model, train, epochs=2.0).fit(0, lambda step, metrics: losses.append(metrics["loss"]))
    after = measure(model, held_out, Runtime(cpu=True), max_tokens=4096)
    assert len(losses) == 40
    assert losses[0] == pytest.approx(math.log(2))
    assert after.accuracy >= 0.95
    assert set(after.by_kind()) == {"language", "cut_off", "repeated", "shouted"}


def test_the_margin_of_the_data_enters_the_loss_of_its_pair() -> None:
    pairs = encode_pairs([pair("7", "8"), pair("7", "9", margin=1.0)], tiny_tokenizer(), max_tokens=99)
    model = RewardModel.fresh(AdapterRoles(tiny_model()), SPEC, seed=0)
    loss = trainer(model, pairs, pairs_per_step=2).run_step(0)["loss"]
    assert loss == pytest.approx((math.log(2) + math.log(1 + math.e)) / 2)


@pytest.mark.parametrize("likelihood", [0.0, 3.0])
def test_slices_of_any_size_make_the_same_step(likelihood: float) -> None:
    pairs = encode_pairs(sums(8, 3), tiny_tokenizer(), max_tokens=200)
    models = [reward_model(likelihood=likelihood), reward_model(likelihood=likelihood)]
    metrics = [
        trainer(model, pairs, micro_batch_tokens=size).run_step(0)
        for model, size in zip(models, (1, 10_000), strict=True)
    ]
    for name in ("loss", "accuracy", "margin", "reward", "grad_norm"):
        assert metrics[0][name] == pytest.approx(metrics[1][name], rel=1e-4)
    gaps = [(one - other).abs().max() for one, other in zip(*(model.parameters() for model in models), strict=True)]
    assert max(gap.item() for gap in gaps) < 1e-4


def test_probe_steps_move_the_head_and_nothing_else() -> None:
    pairs = encode_pairs(sums(8, 3), tiny_tokenizer(), max_tokens=200)
    model = RewardModel.fresh(AdapterRoles(tiny_model()), SPEC, seed=0)
    head, *adapter = [parameter.detach().clone() for parameter in model.parameters()]
    training = trainer(model, pairs, epochs=4.0, probe_steps=2)
    training.run_step(0)
    training.run_step(1)
    assert not torch.equal(model.head.weight, head)
    assert all(torch.equal(now, was) for now, was in zip(model.parameters()[1:], adapter, strict=True))
    training.run_step(2)
    assert not all(torch.equal(now, was) for now, was in zip(model.parameters()[1:], adapter, strict=True))


# Likelihoods ----------------------------------------------------------------------------------------------------------


def mean_log_ratio(model: RewardModel, text: Any, context: int) -> float:
    """Of a forward that holds nothing but the text, in float64 behind the network."""
    ids = torch.tensor(text)
    means = []
    for role in (model.role, None):
        with torch.no_grad(), model.roles.using(role):
            logits = model.model.logits(model.model(ids[None, :-1]))[0].double()
        means.append(float(logits.log_softmax(-1).gather(1, ids[1:, None])[context - 1 :].mean()))
    return means[0] - means[1]


SIDES = [("it is 7", "it is 8"), ("7", "seven, I should think"), ("the answer is 7 and no more", "no"), ("7", "7 7 7")]


def test_the_reward_is_the_heads_and_the_weight_times_the_answers_mean_log_ratio_to_the_base() -> None:
    """Whatever a row's texts share, the beginning of their answers too, and however far it is padded."""
    pairs = encode_pairs([pair(*side) for side in SIDES], tiny_tokenizer(), max_tokens=99)
    plain, weighed = reward_model(), reward_model(likelihood=2.5)
    groups, contexts = [p.sides for p in pairs], [p.context_tokens for p in pairs]
    expected = [
        [value + 2.5 * mean_log_ratio(plain, text, context) for value, text in zip(values, texts, strict=True)]
        for values, texts, context in zip(plain.score(groups, 10_000), groups, contexts, strict=True)
    ]
    for size in (1, 60, 10_000):
        found = weighed.score(groups, size, contexts)
        assert [pytest.approx(row, abs=1e-5) for row in expected] == found
    alone = [weighed.score([[text]], 100, [pairs[0].context_tokens])[0][0] for text in groups[0]]
    assert alone == pytest.approx(expected[0], abs=1e-5)


def test_a_group_of_any_number_of_texts_is_weighed_text_by_text() -> None:
    texts = [judged(answer) for answer in ("it is 7", "it is 8", "it was", "7")]
    context = len(tiny_tokenizer().encode_chat(CONTEXT))
    weighed = reward_model(likelihood=2.5)
    together = weighed.score([texts], 1000, [context])[0]
    assert together == pytest.approx([weighed.score([[t]], 1000, [context])[0][0] for t in texts], abs=1e-5)


def test_probe_steps_of_a_model_that_weighs_likelihoods_leave_the_adapter_alone() -> None:
    pairs = encode_pairs(sums(8, 3), tiny_tokenizer(), max_tokens=200)
    model = RewardModel.fresh(AdapterRoles(tiny_model()), SPEC, seed=0, likelihood=2.0)
    head, *adapter = [parameter.detach().clone() for parameter in model.parameters()]
    trainer(model, pairs, probe_steps=1).run_step(0)
    assert not torch.equal(model.head.weight, head)
    assert all(torch.equal(now, was) for now, was in zip(model.parameters()[1:], adapter, strict=True))


def test_the_weight_of_likelihoods_is_saved_loaded_averaged_and_absent_where_it_is_none(tmp_path: Path) -> None:
    for name, likelihood in (("a", 3.0), ("b", 1.0), ("c", 0.0)):
        reward_model(likelihood=likelihood).save(tmp_path / name, base_name="the/base")
    loaded = RewardModel.load(AdapterRoles(tiny_model()), tmp_path / "a")
    assert loaded.head.likelihood == 3.0
    text, context = judged("7"), len(tiny_tokenizer().encode_chat(CONTEXT))
    assert loaded.score([[text]], 99, [context]) == reward_model(likelihood=3.0).score([[text]], 99, [context])
    average_heads([tmp_path / name / HEAD_FILE for name in ("a", "b")], tmp_path / "mean.safetensors")
    assert load_head(tmp_path / "mean.safetensors", tiny_model()).likelihood == 2.0
    assert load_file(tmp_path / "c" / HEAD_FILE).keys() == {"score.weight", "base.norm.weight"}


@pytest.mark.parametrize("likelihood", [-1.0, math.inf, math.nan])
def test_a_weight_of_likelihoods_that_is_none_is_refused(likelihood: float) -> None:
    with pytest.raises(ModelError, match=r"likelihood is .*; give a weight of at least 0"):
        ScalarHead(4, likelihood=likelihood)


def test_every_pass_takes_every_pair_once_in_an_order_of_its_own() -> None:
    pairs = encode_pairs(
        [replace(p, margin=float(i)) for i, p in enumerate(sums(10, 3))], tiny_tokenizer(), max_tokens=200
    )
    training = trainer(reward_model(), pairs, epochs=3.0, pairs_per_step=4)
    taken = [int(p.margin) for step in range(5) for p in training.plan.take(pairs, step, seed=0)]
    assert sorted(taken[:10]) == sorted(taken[10:]) == list(range(10))
    assert taken[:10] != taken[10:]
    assert training.steps == 8


def test_the_base_and_the_other_roles_are_as_they_were_after_training() -> None:
    model = RewardModel.fresh(AdapterRoles(tiny_model()), SPEC, seed=0)
    model.roles.add("policy", SPEC, seed=1)
    model.roles.activate("policy")
    kept = {name: parameter.detach().clone() for name, parameter in model.roles.base_parameters()}
    policy = [parameter.detach().clone() for parameter in model.roles.parameters("policy")]
    trainer(model, encode_pairs(sums(8, 3), tiny_tokenizer(), max_tokens=200), epochs=3.0).fit(0, lambda *_: None)
    assert model.roles.active == "policy"
    assert all(torch.equal(kept[name], parameter) for name, parameter in model.roles.base_parameters())
    assert all(torch.equal(a, b) for a, b in zip(policy, model.roles.parameters("policy"), strict=True))


def test_a_loss_that_is_not_finite_changes_no_weight() -> None:
    model = reward_model()
    with torch.no_grad():
        model.head.weight.fill_(math.nan)
    adapter = [parameter.detach().clone() for parameter in model.parameters()[1:]]
    with pytest.raises(NonFiniteUpdate, match="the loss is nan"):
        trainer(model, encode_pairs(sums(8, 3), tiny_tokenizer(), max_tokens=200)).run_step(0)
    assert all(torch.equal(a, b) for a, b in zip(adapter, model.parameters()[1:], strict=True))


# The report -----------------------------------------------------------------------------------------------------------


def test_accuracy_counts_a_tie_as_half_and_longer_wins_reads_lengths_alone() -> None:
    scores = PairScores.of([(1.0, 0.0, 9, 3, "a"), (0.0, 0.0, 2, 4, "a"), (0.0, 3.0, 5, 5, "b"), (4.0, 1.0, 1, 8, "b")])
    assert scores.accuracy == 2.5 / 4
    assert scores.longer_wins == 1.5 / 4
    assert scores.prefers_longer == 1.5 / 3
    assert scores.by_kind() == {"a": 0.75, "b": 0.5}


@pytest.mark.parametrize(("right", "count"), [(0, 7), (63, 100), (288, 300), (40, 40), (2.5, 9)])
def test_the_interval_of_an_accuracy_holds_what_it_is_not_1_96_deviations_from(right: float, count: int) -> None:
    """The bounds are the true shares whose own standard error puts the seen share just 1.96 of them away."""
    rows = [(1.0, 0.0, 1, 2, "")] * int(right) + [(0.0, 0.0, 1, 2, "")] * (right % 1 > 0)
    scores = PairScores.of([*rows, *[(0.0, 1.0, 1, 2, "")] * (count - len(rows))])
    interval = scores.accuracy_interval
    assert interval.value == scores.accuracy == right / count
    assert (scores.metrics()["accuracy_low"], scores.metrics()["accuracy_high"]) == (interval.low, interval.high)
    for bound in {interval.low, interval.high} - {interval.value}:
        away = abs(interval.value - bound) / math.sqrt(bound * (1 - bound) / count)
        assert away == pytest.approx(1.959964, rel=1e-6)
    assert interval.low < interval.high


def test_the_length_correlation_is_numpys_over_both_orders_of_every_pair() -> None:
    import numpy as np

    dice = random.Random(0)
    rows = [(dice.gauss(0, 1), dice.gauss(0, 1), dice.randint(1, 99), dice.randint(1, 99), "") for _ in range(50)]
    margins, gaps = np.array([(r[0] - r[1], r[2] - r[3]) for r in rows]).T
    expected = np.corrcoef(np.r_[margins, -margins], np.r_[gaps, -gaps])[0, 1]
    assert PairScores.of(rows).length_correlation == pytest.approx(expected)
    assert PairScores.of([(float(n), 0.0, n, 0, "") for n in range(1, 9)]).length_correlation == pytest.approx(1.0)


def test_a_model_that_is_as_sure_as_it_is_right_has_no_calibration_error() -> None:
    lead = math.log(0.8 / 0.2)
    sure = [(lead, 0.0, 1, 2, "")] * 80 + [(0.0, lead, 1, 2, "")] * 20
    scores = PairScores.of(sure)
    assert scores.calibration_error == pytest.approx(0.0, abs=1e-9)
    assert scores.temperature == pytest.approx(1.0, abs=1e-4)
    boasting = PairScores.of([(3 * a, 3 * b, la, lb, kind) for a, b, la, lb, kind in sure])
    assert boasting.calibration_error == pytest.approx(1 / (1 + 0.25**3) - 0.8)
    assert boasting.temperature == pytest.approx(3.0, abs=1e-3)


def test_rewards_that_are_not_finite_are_an_error_and_no_figure() -> None:
    with pytest.raises(DataError, match="rewards of 1 held-out pairs are not finite"):
        PairScores.of([(1.0, 0.0, 1, 1, ""), (math.nan, 0.0, 1, 1, "")])
    with pytest.raises(DataError, match="no held-out pairs"):
        PairScores.of([])


# Files ----------------------------------------------------------------------------------------------------------------


def test_a_reward_model_comes_back_bit_for_bit_as_a_further_role(tmp_path: Path) -> None:
    model = reward_model()
    model.save(tmp_path / "rm", base_name="the/base")
    assert {path.name for path in (tmp_path / "rm").iterdir()} >= {
        "adapter_config.json",
        "adapter_model.safetensors",
        HEAD_FILE,
    }
    other = AdapterRoles(tiny_model())
    other.add("policy", SPEC, seed=5)
    back = RewardModel.load(other, tmp_path / "rm")
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), back.parameters(), strict=True))
    texts = [judged("7"), judged("eight")]
    assert rewards(model, *texts) == rewards(back, *texts)
    assert not any(parameter.requires_grad for parameter in back.parameters())
    assert load_file(tmp_path / "rm" / HEAD_FILE)["score.weight"].shape == (1, TINY.hidden_size)


def test_saving_twice_writes_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        reward_model().save(tmp_path / name, base_name="the/base")
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (tiny_model(seed=1), "was trained on another base: this network's final norm differs"),
        (tiny_model(replace(TINY, hidden_size=96)), r"\[1, 64\] for 64 hidden units, this network has 96"),
        (
            tiny_model(replace(TINY, num_hidden_layers=5, layer_types=TINY.layer_types[:5])),
            "use the base it was trained on|another base",
        ),
    ],
)
def test_a_reward_model_of_another_base_is_refused(other: Any, message: str, tmp_path: Path) -> None:
    reward_model().save(tmp_path / "rm", base_name="the/base")
    roles = AdapterRoles(other)
    with pytest.raises(CheckpointFormatError, match=message):
        RewardModel.load(roles, tmp_path / "rm")
    assert roles.names == ()


def test_the_same_base_in_bfloat16_is_no_other_base(tmp_path: Path) -> None:
    reward_model().save(tmp_path / "rm", base_name="the/base")
    RewardModel.load(AdapterRoles(tiny_model(dtype=torch.bfloat16)), tmp_path / "rm")


def test_an_adapter_without_a_head_and_a_broken_head_are_named(tmp_path: Path) -> None:
    model = reward_model()
    model.roles.save("reward", tmp_path / "adapter", base_name="the/base")
    with pytest.raises(CheckpointFormatError, match=f"has no {HEAD_FILE}, so it is no reward model"):
        RewardModel.load(AdapterRoles(tiny_model()), tmp_path / "adapter")
    (tmp_path / "adapter" / HEAD_FILE).write_bytes(b"not a tensor")
    with pytest.raises(CheckpointFormatError, match="cut off or no safetensors"):
        RewardModel.load(AdapterRoles(tiny_model()), tmp_path / "adapter")
    with pytest.raises(CheckpointFormatError, match="so it is no reward model"):
        RewardModel.load(AdapterRoles(tiny_model()), tmp_path / "nothing")


def test_the_mean_of_heads_is_a_head_that_gives_the_mean_reward_of_one_hidden_state(tmp_path: Path) -> None:
    models = [reward_model(seed) for seed in (0, 1, 2)]
    for seed, model in enumerate(models):
        model.save(tmp_path / str(seed), base_name="the/base")
    sources = [tmp_path / str(seed) / HEAD_FILE for seed in range(3)]
    average_heads(sources, tmp_path / "mean.safetensors")
    hidden = torch.randn(5, TINY.hidden_size)
    expected = sum(model.head(hidden) for model in models) / 3
    assert torch.allclose(load_head(tmp_path / "mean.safetensors", tiny_model())(hidden), expected, atol=1e-6)
    average_heads(sources[:1] * 3, tmp_path / "same.safetensors")
    assert (tmp_path / "same.safetensors").read_bytes() == sources[0].read_bytes()
    other = RewardModel.fresh(AdapterRoles(tiny_model(seed=1)), SPEC, seed=0)
    other.save(tmp_path / "other", base_name="the/base")
    with pytest.raises(CheckpointFormatError, match="was trained on another base"):
        average_heads([sources[0], tmp_path / "other" / HEAD_FILE], tmp_path / "mixed.safetensors")


# The scorer -----------------------------------------------------------------------------------------------------------


def scorer(**more: Any) -> RewardModelScorer:
    return RewardModelScorer(reward_model(), tiny_tokenizer(), **{"max_tokens": 100, **more})


def sample(completion: str, **more: Any) -> Sample:
    return Sample(prompt="What is 3 plus 4?", completion=completion, **more)


@pytest.mark.parametrize("likelihood", [0.0, 2.0])
def test_a_sample_is_worth_what_training_would_give_its_text(likelihood: float) -> None:
    model, texts = reward_model(likelihood=likelihood), [judged("7"), judged("it is 7")]
    group = [sample("7"), sample(" it is 7\n")]
    scorer = RewardModelScorer(model, tiny_tokenizer(), max_tokens=100)
    values = [verdict.value for verdict in Preference(scorer=scorer)(group)]
    expected = model.score([texts], 100, [len(tiny_tokenizer().encode_chat(CONTEXT))])[0]
    assert values == pytest.approx(expected, abs=1e-6)


def test_a_cut_off_or_overlong_completion_has_a_reason_instead_of_a_number() -> None:
    group = [
        sample("7"),
        sample("it is", finish_reason="length"),
        sample("yes " * 99),
        sample("", finish_reason="length"),
    ]
    verdicts = Preference(scorer=scorer())(group)
    assert [verdict.state for verdict in verdicts] == [State.VALUE, *[State.TRUNCATED] * 3]
    assert "more than the scorer's max_tokens=100" in verdicts[2].reason
    asked = scorer(score_cut_off=True)
    values = [verdict.value for verdict in Preference(scorer=asked)(group)]
    assert values[1] == pytest.approx(rewards(asked.reward_model, judged("it is", complete=False))[0], abs=1e-6)
    assert values[3] is None


def test_scoring_leaves_the_policy_of_the_same_base_active() -> None:
    model = reward_model()
    model.roles.add("policy", SPEC, seed=1)
    model.roles.activate("policy")
    Preference(scorer=RewardModelScorer(model, tiny_tokenizer(), max_tokens=100))([sample("7")])
    assert model.roles.active == "policy"


def test_a_scorer_refuses_more_tokens_than_the_network_has_positions() -> None:
    with pytest.raises(ConfigError, match="max_tokens is 5000; give 1 to 4096"):
        scorer(max_tokens=5000)


# The job --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    folder = tmp_path / "checkpoint"
    save_hf(folder, TINY, tiny_model().state_dict().items(), dtype=torch.float32, eos_ids=(1, 106))
    tiny_tokenizer().save(folder)
    return folder


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str, main: Callable[[], None] = job.main) -> int:
    monkeypatch.setenv("HYDRA_FULL_ERROR", "1")
    monkeypatch.setattr(sys, "argv", ["job", *arguments])
    terminate = signal.getsignal(signal.SIGTERM)
    try:
        main()
    except SystemExit as stop:
        return int(stop.code or 0)
    finally:
        signal.signal(signal.SIGTERM, terminate)
    return 0


def written(path: Path, pairs: list[Pair]) -> str:
    rows = [
        {"prompt": p.context[-1]["content"], "chosen": p.chosen, "rejected": p.rejected, "kind": p.kind} for p in pairs
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def settings(checkpoint: Path, root: Path) -> list[str]:
    network = ["model=folder", f"model.checkpoint={checkpoint}", "model.dtype=float32", "threads=1", "device=cpu"]
    return [*network, f"output_root={root}", "plan.pairs_per_step=8", "optim.lr=3e-3", "data.held_out=8"]


def test_the_job_leaves_a_reward_model_and_its_figures_and_trains_it_further(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    common = [*settings(checkpoint, tmp_path / "runs"), f"data.path={written(tmp_path / 'p.jsonl', sums(40, 1))}"]
    assert run(monkeypatch, *common, "measure_every=2", "run_name=first", "likelihood=2") == 0
    (folder,) = (tmp_path / "runs").iterdir()
    assert "correlation of margin and length" in capsys.readouterr().out
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["status"] == "finished"
    assert summary["held_out"]["num_pairs"] >= 8
    assert {"accuracy", "calibration_error", "length_correlation", "longer_wins"} <= set(summary["held_out"])
    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    assert ["held_out/accuracy" in row for row in rows] == [False, True, False, True]
    target = "rlhf.reward_scorer.RewardModelScorer.load"
    base = {"checkpoint": str(checkpoint), "dtype": "float32"}
    described = {"_target_": target, "folder": str(folder / "reward_model"), **base}
    reward = build({"_target_": "rewards.preference.Preference", "scorer": described})
    assert reward([sample("7")])[0].state is State.VALUE
    assert run(monkeypatch, *common, "run_name=further", f"start_from={folder / 'reward_model'}") == 0
    further = newest(0, tmp_path / "runs") / "reward_model" / HEAD_FILE
    assert read_likelihood(folder / "reward_model" / HEAD_FILE) == read_likelihood(further) == 2.0
    capsys.readouterr()
    assert run(monkeypatch, *common, "likelihood=3", f"start_from={folder / 'reward_model'}") != 0
    assert "was trained with 2, which it keeps" in capsys.readouterr().err
    (folder / "reward_model" / HEAD_FILE).unlink()
    assert run(monkeypatch, *common, "run_name=headless", f"start_from={folder / 'reward_model'}") == 0
    assert "it has no head, which starts at 0" in capsys.readouterr().out


def test_a_trained_model_and_a_merge_are_measured_without_training(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The figures are those that the training ended with, to the last bit, and nothing is left but figures."""
    common = [*settings(checkpoint, tmp_path / "runs"), f"data.path={written(tmp_path / 'p.jsonl', sums(40, 1))}"]
    common = [*common, "likelihood=2"]
    trained = [newest(run(monkeypatch, *common, f"seed={seed}"), tmp_path / "runs") for seed in (0, 1)]
    measured = newest(
        run(monkeypatch, *common, "plan.epochs=0", f"start_from={trained[0] / 'reward_model'}"), tmp_path / "runs"
    )
    assert "measuring the reward model" in capsys.readouterr().out
    before, after = (json.loads((folder / "summary.json").read_text()) for folder in (trained[0], measured))
    assert after["status"] == "finished"
    assert (after["steps"], after["train_pairs"]) == (0, 0)
    assert {name: after[name] for name in ("held_out", "reliability")} == {
        name: before[name] for name in ("held_out", "reliability")
    }
    assert (measured / "held_out.jsonl").read_bytes() == (trained[0] / "held_out.jsonl").read_bytes()
    (row,) = [json.loads(line) for line in (measured / "metrics.jsonl").read_text().splitlines()]
    assert (row["step"], row["held_out/accuracy"]) == (0, after["held_out"]["accuracy"])
    assert not (measured / "reward_model").exists()
    assert not list((measured / "checkpoints").glob("*"))
    adapters = ",".join(str(folder) for folder in trained)
    averaged = [f"adapters=[{adapters}]", "method=average", f"output={tmp_path / 'warm'}"]
    assert run(monkeypatch, *averaged, f"base={checkpoint}", main=merge.main) == 0
    alone = ["data.path=null", f"data.held_out={written(tmp_path / 'new.jsonl', sums(12, 2))}"]
    merged = newest(
        run(monkeypatch, *common, *alone, "plan.epochs=0", f"start_from={tmp_path / 'warm'}"), tmp_path / "runs"
    )
    rows = [json.loads(line) for line in (merged / "held_out.jsonl").read_text().splitlines()]
    model = RewardModel.load(AdapterRoles(load_model(str(checkpoint), dtype=torch.float32)), tmp_path / "warm")
    pairs = encode_pairs(sums(12, 2), tiny_tokenizer(), max_tokens=1024)
    expected = model.score([pair.sides for pair in pairs], 10_000, [pair.context_tokens for pair in pairs])
    assert [(row["chosen"], row["rejected"]) for row in rows] == [
        pytest.approx(scores, abs=1e-5) for scores in expected
    ]
    assert [row["kind"] for row in rows] == [pair.kind for pair in pairs]


def newest(code: int, root: Path) -> Path:
    """The folder of the run that ended last, which must have ended well."""
    assert code == 0
    return max(root.iterdir(), key=lambda folder: (folder / "summary.json").stat().st_mtime_ns)


def test_an_adapter_without_a_head_is_not_measured(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reward_model().roles.save("reward", tmp_path / "adapter", base_name="the/base")
    pairs = written(tmp_path / "p.jsonl", sums(16, 1))
    measuring = [f"data.path={pairs}", "plan.epochs=0", f"start_from={tmp_path / 'adapter'}"]
    assert run(monkeypatch, *settings(checkpoint, tmp_path / "runs"), *measuring) == 2
    assert f"has no {HEAD_FILE}, so it is no reward model" in capsys.readouterr().err


def test_a_run_that_was_stopped_and_resumed_leaves_the_same_bytes_as_one_that_was_not(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    common = [*settings(checkpoint, tmp_path / "runs"), f"data.path={written(tmp_path / 'p.jsonl', sums(40, 1))}"]
    assert run(monkeypatch, *common) == 0
    (straight,) = (tmp_path / "runs").iterdir()
    step = RewardTrainer.run_step

    def stopped(self: RewardTrainer, number: int) -> dict[str, float]:
        metrics = step(self, number)
        if number == 2:
            raise KeyboardInterrupt  # the step has moved the weights; what is saved is the state before it
        return metrics

    with monkeypatch.context() as patched:
        patched.setattr(RewardTrainer, "run_step", stopped)
        assert run(patched, *common) == 130
    (other,) = set((tmp_path / "runs").iterdir()) - {straight}
    assert json.loads((other / "summary.json").read_text())["status"] == "interrupted"
    assert run(monkeypatch, *common, f"resume={other}") == 0
    for path in (straight / "reward_model").iterdir():
        assert path.read_bytes() == (other / "reward_model" / path.name).read_bytes()
    steps = [json.loads(line)["step"] for line in (other / "metrics.jsonl").read_text().splitlines()]
    assert steps == [1, 2, 3, 4]
    assert run(monkeypatch, *common, f"resume={other}", "seed=1") == 2


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["data.path=PAIRS", "max_tokens=9000"], "max_tokens is 9000; give 2 to 4096"),
        (["data.path=PAIRS", "max_tokens=20"], "p.jsonl, row"),
        (["data.path=PAIRS", "data.held_out=99"], "leaves 0 pairs to train on"),
        (["data.path=PAIRS", "plan.epochs=-1"], "epochs must be a positive number (0 to measure alone), got -1"),
        (["data.path=PAIRS", "plan.epochs=0"], "measures a reward model without training it, and none is named"),
        (["data.path=PAIRS", "plan.epochs=0", "start_from=nowhere"], "so it is no reward model"),
        (["data.path=null", "data.held_out=PAIRS"], "nothing to train on; give data.path"),
        (["data.path=PAIRS", "start_from=nowhere"], "so it is no reward model"),
        (["data.path=PAIRS", "likelihood=-1"], "likelihood is -1; give a weight of at least 0"),
        (["data.path=PAIRS", "likelihood=much"], "likelihood is 'much'; give a weight of at least 0"),
        ([], "data.path has no value"),
        (["data.path=null"], "give either path or hub"),
    ],
)
def test_what_cannot_work_is_one_line_and_leaves_no_folder(
    overrides: list[str],
    message: str,
    checkpoint: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = written(tmp_path / "p.jsonl", sums(16, 1))
    arguments = [override.replace("PAIRS", path) for override in overrides]
    assert run(monkeypatch, *settings(checkpoint, tmp_path / "runs"), *arguments) == 2
    error = capsys.readouterr().err.strip().splitlines()
    assert len(error) == 1
    assert message in error[0]
    assert not (tmp_path / "runs").exists()
