"""Preference pairs: every common layout gives the same pair, and a row that teaches nothing is named."""

from __future__ import annotations

import gzip
import json
import logging
from pathlib import Path
from typing import Any

import pytest

from rlhf.errors import ConfigError, DataError
from rlhf.pairs import BadRow, PreferencePairs, read_pair

NAMES = {name: name for name in ("prompt", "chosen", "rejected", "margin", "kind")}
USER, GOOD, BAD = (
    {"role": role, "content": text} for role, text in (("user", "Hi"), ("assistant", "Hello"), ("assistant", "No"))
)
EARLIER = [{"role": "user", "content": "A"}, {"role": "assistant", "content": "B"}]


def pair_of(row: dict[str, Any]) -> Any:
    return read_pair("file, row 1", row, NAMES)


def rows(number: int) -> list[dict[str, Any]]:
    return [{"prompt": f"Question {i}", "chosen": f"right {i}", "rejected": f"wrong {i}"} for i in range(number)]


def written(path: Path, data: list[dict[str, Any]]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in data), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    "row",
    [
        {"prompt": "Hi", "chosen": "Hello", "rejected": " No\n"},
        {"prompt": [USER], "chosen": "Hello", "rejected": "No"},
        {"prompt": [USER], "chosen": [GOOD], "rejected": [BAD]},
        {"prompt": "Hi", "chosen": [GOOD], "rejected": [BAD]},
        {"chosen": [USER, GOOD], "rejected": [USER, BAD]},
        {"prompt": "Hi", "chosen": [USER, GOOD], "rejected": [USER, BAD]},
        {"chosen": "\n\nHuman: Hi\n\nAssistant: Hello", "rejected": "\n\nHuman: Hi\n\nAssistant: No"},
        {"prompt": "\n\nHuman: Hi\n\nAssistant:", "chosen": " Hello", "rejected": " No"},
        {
            "prompt": "\n\nHuman: Hi\n\nAssistant:",
            "chosen": "\n\nHuman: Hi\n\nAssistant: Hello",
            "rejected": "\n\nHuman: Hi\n\nAssistant: No",
        },
    ],
)
def test_every_layout_is_the_same_conversation_and_the_same_two_answers(row: dict[str, Any]) -> None:
    pair = pair_of(row)
    assert list(pair.context) == [USER]
    assert (pair.chosen, pair.rejected) == ("Hello", "No")


def test_a_transcript_of_several_turns_is_judged_by_its_last_answer_alone() -> None:
    said = "\n\nHuman: A\n\nAssistant: B\n\nHuman: Hi\n\nAssistant: "
    pair = pair_of({"chosen": said + "Hello", "rejected": said + "No"})
    assert list(pair.context) == [*EARLIER, USER]
    assert pair.chosen == "Hello"


def test_neighbouring_turns_of_one_speaker_are_one_turn() -> None:
    said = "\n\nHuman: A\n\nAssistant: B\n\nAssistant: C\n\nHuman: Hi\n\nAssistant: "
    pair = pair_of({"chosen": said + "Hello", "rejected": said + "No\n\nAssistant: never"})
    assert pair.context[1] == {"role": "assistant", "content": "B\n\nC"}
    assert pair.rejected == "No\n\nnever"


def test_beside_a_prompt_a_text_is_an_answer_whatever_it_begins_with() -> None:
    pair = pair_of({"prompt": "Hi", "chosen": "Human: a drama\n\nAssistant: yes", "rejected": "No"})
    assert pair.chosen == "Human: a drama\n\nAssistant: yes"


def test_a_system_message_stays_in_front_of_the_conversation() -> None:
    system = {"role": "system", "content": "Be brief."}
    assert list(pair_of({"chosen": [system, USER, GOOD], "rejected": [system, USER, BAD]}).context) == [system, USER]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            {"prompt": "Hi", "chosen": "same", "rejected": " same "},
            "file, row 1: chosen and rejected are the same answer",
        ),
        ({"prompt": "Hi", "chosen": "x", "rejected": "  "}, "file, row 1: the answer of rejected is empty"),
        ({"prompt": "Hi", "chosen": None, "rejected": "x"}, "file, row 1: the answer of chosen is empty"),
        ({"chosen": [USER, GOOD], "rejected": [{**USER, "content": "Ho"}, BAD]}, "answer different conversations"),
        ({"chosen": [USER, GOOD, USER], "rejected": [USER, BAD]}, "file, row 1, chosen ends in a message of the user"),
        ({"chosen": [GOOD], "rejected": [BAD]}, "the chat of 0 messages has no user turn"),
        ({"chosen": [{"role": "tool", "content": "x"}], "rejected": [USER, BAD]}, "it needs a role"),
        ({"prompt": "Hi", "chosen": "x", "rejected": "y", "margin": "much"}, "margin is 'much'"),
        ({"prompt": "Hi", "chosen": "x", "rejected": "y", "margin": -1}, "margin is -1"),
    ],
)
def test_a_row_that_is_no_pair_is_named_with_what_is_wrong(row: dict[str, Any], message: str) -> None:
    with pytest.raises(BadRow) as raised:
        pair_of(row)
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"chosen": "x", "rejected": "y"}, "data.columns.prompt"),
        ({"prompt": "Hi", "better": "x", "rejected": "y"}, "has no column chosen; it has prompt, better, rejected"),
        (["x", "y"], "every row must be an object"),
    ],
)
def test_a_layout_that_is_none_of_ours_stops_whatever_on_bad_says(row: Any, message: str) -> None:
    with pytest.raises(DataError) as raised:
        pair_of(row)
    assert message in str(raised.value)
    assert not isinstance(raised.value, BadRow)


def test_a_bad_row_stops_with_its_number_or_is_dropped_and_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    data = rows(6)
    data[3]["rejected"] = data[3]["chosen"]
    path = written(tmp_path / "pairs.jsonl", data)
    with pytest.raises(DataError, match=r"pairs\.jsonl, row 4: .*data\.on_bad=drop"):
        PreferencePairs(path, held_out=2)
    with caplog.at_level(logging.WARNING):
        pairs = PreferencePairs(path, held_out=2, on_bad="drop")
    assert len(pairs.train) + len(pairs.held_out) == 5
    assert "1 of 6 rows are left out" in caplog.text


def test_json_gzip_and_parquet_files_give_the_same_pairs(tmp_path: Path) -> None:
    import datasets

    data = rows(8)
    plain = written(tmp_path / "a.jsonl", data)
    (tmp_path / "b.json").write_text(json.dumps(data))
    with gzip.open(tmp_path / "c.jsonl.gz", "wt", encoding="utf-8") as file:
        file.write(Path(plain).read_text())
    datasets.Dataset.from_list(data).to_parquet(str(tmp_path / "d.parquet"))
    held = [
        [(pair.context, pair.chosen, pair.rejected) for pair in PreferencePairs(str(path), held_out=3).held_out]
        for path in (plain, tmp_path / "b.json", tmp_path / "c.jsonl.gz", tmp_path / "d.parquet")
    ]
    assert len(held[0]) == 3
    assert all(other == held[0] for other in held)


def test_message_lists_come_out_of_parquet_as_they_went_in(tmp_path: Path) -> None:
    import datasets

    data = [
        {"chosen": [{**USER, "content": f"Hi {i}"}, GOOD], "rejected": [{**USER, "content": f"Hi {i}"}, BAD]}
        for i in range(4)
    ]
    datasets.Dataset.from_list(data).to_parquet(str(tmp_path / "d.parquet"))
    pairs = PreferencePairs(str(tmp_path / "d.parquet"), held_out=1)
    assert {pair.context[0]["content"] for pair in (*pairs.train, *pairs.held_out)} == {f"Hi {i}" for i in range(4)}


def test_held_out_conversations_do_not_depend_on_the_order_and_never_straddle(tmp_path: Path) -> None:
    data = [{**row, "chosen": f"{row['chosen']} {copy}"} for row in rows(10) for copy in range(3)]
    first = PreferencePairs(written(tmp_path / "a.jsonl", data), held_out=5)
    second = PreferencePairs(written(tmp_path / "b.jsonl", data[::-1]), held_out=5)
    assert {pair.chosen for pair in first.held_out} == {pair.chosen for pair in second.held_out}
    assert len(first.held_out) == 6
    assert not {pair.key for pair in first.held_out} & {pair.key for pair in first.train}


def test_a_held_out_file_takes_its_conversations_out_of_the_training_pairs(tmp_path: Path) -> None:
    path, other = written(tmp_path / "a.jsonl", rows(5)), written(tmp_path / "b.jsonl", rows(2))
    pairs = PreferencePairs(path, held_out=other)
    assert [pair.chosen for pair in pairs.train] == ["right 2", "right 3", "right 4"]
    assert len(pairs.held_out) == 2


def test_a_held_out_file_alone_leaves_nothing_to_train_on(tmp_path: Path) -> None:
    other = written(tmp_path / "b.jsonl", rows(5))
    pairs = PreferencePairs(held_out=other)
    assert (pairs.train, len(pairs.held_out)) == ([], 5)
    for held_out in (3, 0.5):
        with pytest.raises(ConfigError, match="neither of them only where held_out is a file"):
            PreferencePairs(held_out=held_out)


def test_pairs_of_a_hub_come_by_their_splits(tmp_path: Path) -> None:
    """A folder in the hub's layout goes through the same door as a name."""
    data = tmp_path / "data"
    data.mkdir()
    for split, count in (("train", 6), ("test", 2)):
        written(data / f"{split}.jsonl", rows(count))
    hub = str(data)
    both = PreferencePairs(hub=hub, held_out="test")
    assert (len(both.train), len(both.held_out)) == (4, 2)
    assert both.held_out[1].place == f"{hub} (split test), row 2"
    alone = PreferencePairs(hub=hub, split=None, held_out="test")
    assert (alone.train, alone.held_out) == ([], both.held_out)
    with pytest.raises(ConfigError, match="split is None, and held_out=2 takes its pairs from a split"):
        PreferencePairs(hub=hub, split=None, held_out=2)


def test_pairs_of_one_conversation_alone_cannot_be_split_and_say_so(tmp_path: Path) -> None:
    data = [{**row, "prompt": "always the same"} for row in rows(5)]
    with pytest.raises(DataError, match="leaves 0 pairs to train on and 5 to measure with, of 1 different"):
        PreferencePairs(written(tmp_path / "a.jsonl", data), held_out=2)


def test_columns_of_other_names_are_mapped_and_unknown_ones_refused(tmp_path: Path) -> None:
    data = [{"question": row["prompt"], "j": row["chosen"], "k": row["rejected"], "gap": 0.5} for row in rows(4)]
    path = written(tmp_path / "a.jsonl", data)
    columns = {"prompt": "question", "chosen": "j", "rejected": "k", "margin": "gap"}
    assert {pair.margin for pair in PreferencePairs(path, held_out=1, columns=columns).train} == {0.5}
    with pytest.raises(ConfigError, match="columns names choosen"):
        PreferencePairs(path, held_out=1, columns={"choosen": "j"})


@pytest.mark.parametrize("held_out", [0, -1, 1.0, True])
def test_a_share_to_hold_out_that_makes_no_sense_is_refused(held_out: Any, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="held_out is"):
        PreferencePairs(written(tmp_path / "a.jsonl", rows(4)), held_out=held_out)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.txt", "", "unknown ending"),
        ("a.jsonl", "{}\n{", "line 2 is not JSON|has no column"),
        ("a.jsonl", "\n", "has no pairs"),
        ("missing.jsonl", None, "no file"),
        ("a.parquet", "nonsense", "cannot read"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_error_with_its_name(
    name: str, content: str | None, message: str, tmp_path: Path
) -> None:
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(DataError, match=message):
        PreferencePairs(str(tmp_path / name), held_out=1)


def test_the_harmlessness_transcripts_are_read_but_for_four_empty_answers(shared_data: Path) -> None:
    path = str(shared_data / "hh_harmless_base_first1400.jsonl")
    with pytest.raises(DataError, match=r"row 87: the answer of chosen is empty"):
        PreferencePairs(path, held_out=0.1)
    pairs = PreferencePairs(path, held_out=0.1, on_bad="drop")
    assert len(pairs.train) + len(pairs.held_out) == 1396
