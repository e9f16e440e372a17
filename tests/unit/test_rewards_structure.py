"""JSON, schemas and function calls: what fits, what does not, and what must not pay."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rewards import Reward, RewardError, Sample, State, Verdict
from rewards.calls import FunctionCalls, gold_calls
from rewards.structure import Json, JsonSchema

PERSON = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "age": {"type": "integer", "minimum": 0},
        "tags": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["name", "age"],
    "additionalProperties": False,
}


def judged(reward: Reward, completion: str, reference: dict[str, Any] | None = None, cut_off: bool = False) -> Verdict:
    reason = "length" if cut_off else "stop"
    return reward([Sample(prompt="", completion=completion, reference=reference or {}, finish_reason=reason)])[0]


@pytest.mark.parametrize(
    "completion",
    [
        '{"a": 1}',
        " [1, 2]\n",
        '```json\n{"a": [true]}\n```',
        "```\n[0]\n```\n",
        '<think>{"no": </think>{"a": "b"}',
        '{"code": "```python```"}',
        '{"\u0928\u093e\u092e": "\u6c34"}',
    ],
)
def test_one_json_value_that_holds_something_is_json(completion: str) -> None:
    assert judged(Json(), completion).value == 1.0


@pytest.mark.parametrize(
    "completion",
    [
        "",
        "{}",
        "[]",
        '[""]',
        '{"a": null}',
        '{"a": " \u200b"}',
        '["...", "--"]',
        "18",
        '"text"',
        "{'a': 1}",
        '{"a": 1,}',
        '{"a": NaN}',
        '{"a": Infinity}',
        '{"a": 1e999}',
        '{"a": 1, "a": 2}',
        '{"a": 1} {"a": 2}',
        '{"a": 1} is the answer',
        'Here:\n```json\n{"a": 1}\n```',
        '```json\n{"a": 1}\n```\n```json\n{"a": 1}\n```',
        '```json\n{"a": 1}',
        '\ufeff{"a": 1}',
        '\u200b{"a": 1}',
        '<think>{"a": 1}',
        "[" * 100_000,
        "[" * 100 + "1" + "]" * 100,
        "[" + "1," * 3000 + "1]",
        "[" + "9" * 5000 + "]",
        "```json\n" * 10_000,
        '{"a":' * 50_000,
        "\ud800",
    ],
)
def test_what_is_no_json_or_holds_nothing_is_worth_nothing(completion: str) -> None:
    assert judged(Json(), completion).value == 0.0


def test_json_that_was_cut_off_is_worth_nothing() -> None:
    assert judged(Json(), '{"a": 1}', cut_off=True).value == 0.0


def test_kinds_prose_and_blanks_are_allowed_by_option() -> None:
    assert judged(Json(kinds=["number"]), "18").value == 1.0
    assert judged(Json(kinds=["number"]), "true").value == 0.0
    assert judged(Json(kinds=["boolean"]), "true").value == 1.0
    assert judged(Json(allow_blank=True), "{}").value == 1.0
    assert judged(Json(allow_prose=True), 'Here:\n```json\n{"a": 1}\n```\nDone.').value == 1.0


@pytest.mark.parametrize("kinds", ["object", [], ["dict"], None])
def test_unknown_kinds_are_an_error(kinds: Any) -> None:
    with pytest.raises(RewardError, match=r"Json: kinds is .* give a list of object"):
        Json(kinds=kinds)


@pytest.mark.parametrize(
    ("completion", "all_or_nothing", "partial"),
    [
        ('{"name": "Bo", "age": 3}', 1.0, 1.0),
        ('{"name": "Bo", "age": 3, "tags": []}', 1.0, 1.0),
        ('{"name": "Bo", "age": "3"}', 0.0, 0.5),
        ('{"name": "Bo"}', 0.0, 0.5),
        ('{"age": 3}', 0.0, 0.5),
        ('{"name": "Bo", "age": -1}', 0.0, 0.5),
        ('{"name": "Bo", "age": 3, "extra": 1}', 0.0, 2 / 3),
        ('{"name": "Bo", "age": 3, "tags": [1]}', 0.0, 2 / 3),
        ('{"name": "", "age": 3}', 0.0, 0.5),
        ('{"name": "\u200b", "age": 3}', 0.0, 0.5),
        ('{"name": "...", "age": 3}', 0.0, 0.5),
        ("{}", 0.0, 0.0),
        ("[]", 0.0, 0.0),
        ('"Bo"', 0.0, 0.0),
        ("Bo is 3", 0.0, 0.0),
    ],
)
def test_a_schema_is_fitted_wholly_or_by_its_properties(completion: str, all_or_nothing: float, partial: float) -> None:
    assert judged(JsonSchema(schema=PERSON), completion).value == all_or_nothing
    assert judged(JsonSchema(schema=PERSON, partial=True), completion).value == pytest.approx(partial)
    assert judged(JsonSchema(), completion, {"schema": PERSON}).value == all_or_nothing
    assert judged(JsonSchema(), completion, {"schema": json.dumps(PERSON)}).value == all_or_nothing


@pytest.mark.parametrize("completion", ["{}", '{"name": ""}', '{"name": " \\u200b"}', '{"name": null}', '{"tags": []}'])
def test_a_value_that_fits_a_loose_schema_and_holds_nothing_is_not_paid(completion: str) -> None:
    loose = {"type": "object", "properties": {"name": {"type": ["string", "null"]}}}
    assert judged(JsonSchema(schema=loose), completion).value == 0.0
    assert judged(JsonSchema(schema=loose, partial=True), completion).value == 0.0
    assert judged(JsonSchema(schema=loose, allow_blank=True), completion).value == 1.0


def test_stuffing_optional_properties_does_not_raise_a_partial_fit() -> None:
    schema = {"type": "object", "required": ["answer"], "properties": {"answer": {"type": "integer"}}}
    stuffed = {"answer": "wrong", **{f"more{i}": i for i in range(50)}}
    assert judged(JsonSchema(schema=schema, partial=True), json.dumps(stuffed)).value == 0.0


@pytest.mark.parametrize(
    "schema", [{"type": "dictionary"}, {"required": "name"}, {"minimum": "0"}, {1j: 2}, "nonsense", [1]]
)
def test_what_is_no_schema_is_an_error_when_given_and_a_failure_in_the_data(schema: Any) -> None:
    with pytest.raises(RewardError, match="the schema"):
        JsonSchema(schema=schema)
    assert judged(JsonSchema(), '{"a": 1}', {"schema": schema}).state is State.FAILED


def test_a_missing_schema_is_a_failure_that_names_the_fields_there_are() -> None:
    verdict = judged(JsonSchema(), '{"a": 1}', {"answer": "18"})
    assert verdict.state is State.FAILED
    assert "the data has 'answer'" in verdict.reason


@pytest.mark.parametrize("reference", ["http://127.0.0.1:9/never.json", "#/nowhere", "#"])
def test_a_reference_out_of_the_schema_or_in_a_circle_is_an_error_and_fetches_nothing(reference: str) -> None:
    with pytest.raises(RewardError):
        JsonSchema(schema={"$ref": reference})
    assert judged(JsonSchema(), '{"a": 1}', {"schema": {"$ref": reference}}).state is State.FAILED


GOLD = [{"name": "weather", "arguments": {"city": "Rome", "days": 2, "metric": True}}]
TWO = [*GOLD, {"name": "now", "arguments": {}}]


def call(name: str, **arguments: Any) -> str:
    return json.dumps({"name": name, "arguments": arguments})


RIGHT = call("weather", metric=True, days=2, city="Rome")


@pytest.mark.parametrize(
    "completion",
    [
        RIGHT,
        f"[{RIGHT}]",
        f"I will look it up.\n<tool_call>\n{RIGHT}\n</tool_call>",
        f"```json\n{RIGHT}\n```",
        json.dumps(
            {"type": "function", "function": {"name": "weather", "arguments": json.dumps(GOLD[0]["arguments"])}}
        ),
        json.dumps({"name": "weather", "parameters": {**GOLD[0]["arguments"], "days": 2.0}}),
        f"<think>maybe {call('now')}</think>{RIGHT}",
    ],
)
def test_the_right_call_is_paid_in_every_layout_and_order_of_arguments(completion: str) -> None:
    assert judged(FunctionCalls(syntax="json"), completion, {"calls": GOLD}).value == 1.0


@pytest.mark.parametrize(
    ("completion", "partial"),
    [
        (call("weather", city="Rome", days=2), 2 / 3),
        (call("weather", city="Rome", days=2, metric=True, extra=1), 3 / 4),
        (call("weather", city="Rome", days="2", metric=True), 2 / 3),
        (call("weather", city="Rome", days=2, metric=1), 2 / 3),
        (call("weather", city="rome", days=2, metric=True), 2 / 3),
        (call("Weather", city="Rome", days=2, metric=True), 0.0),
        (f"[{RIGHT}, {RIGHT}]", 0.5),
        (f"<tool_call>{RIGHT}</tool_call><tool_call>{call('rain')}</tool_call>", 0.5),
        (f"<tool_call>{RIGHT}", 0.0),
        (f"<tool_call><tool_call>{RIGHT}</tool_call></tool_call>", 0.0),
        (f"<tool_call>{RIGHT}</tool_call><tool_call>broken</tool_call>", 0.0),
        ('{"name": "weather", "arguments": "Rome"}', 0.0),
        ('{"name": "weather", "arguments": {}, "parameters": {}}', 0.0),
        ('{"name": "", "arguments": {}}', 0.0),
        ("{}", 0.0),
        ("[]", 0.0),
        ("It will rain in Rome.", 0.0),
        ("", 0.0),
        ("<tool_call>" * 10_000, 0.0),
        (f"[{', '.join([RIGHT] * 60)}]", 0.0),
    ],
)
def test_a_wrong_missing_or_additional_call_is_not_paid_and_partly_by_option(completion: str, partial: float) -> None:
    assert judged(FunctionCalls(syntax="json"), completion, {"calls": GOLD}).value == 0.0
    reward = FunctionCalls(syntax="json", partial=True)
    assert judged(reward, completion, {"calls": GOLD}).value == pytest.approx(partial)


def test_the_order_of_calls_matters_by_option_only() -> None:
    turned = f"[{call('now')}, {RIGHT}]"
    assert judged(FunctionCalls(syntax="json"), turned, {"calls": TWO}).value == 1.0
    assert judged(FunctionCalls(syntax="json", ordered=True), turned, {"calls": TWO}).value == 0.0
    assert judged(FunctionCalls(syntax="json", ordered=True), f"[{RIGHT}, {call('now')}]", {"calls": TWO}).value == 1.0


def test_where_no_call_is_wanted_an_answer_is_right_and_a_call_or_silence_is_not() -> None:
    reward = FunctionCalls(syntax="json")
    assert judged(reward, "Two and two are four.", {"calls": []}).value == 1.0
    assert judged(reward, RIGHT, {"calls": []}).value == 0.0
    assert judged(reward, " \n", {"calls": []}).value == 0.0


@pytest.mark.parametrize(
    ("completion", "expected"),
    [
        ("weather(city='Rome', days=2, metric=True)", 1.0),
        ('[weather(days=2, metric=True, city="Rome")]', 1.0),
        ("Let me see.\n```tool_code\nprint(weather(city='Rome', days=2, metric=True))\n```", 1.0),
        ("weather('Rome', 2, True)", 0.0),
        ("weather(city='Rome', days=1+1, metric=True)", 0.0),
        ("weather(city='Rome', days=2, metric=True); import os", 0.0),
        ("weather(city=open('/etc/passwd').read(), days=2, metric=True)", 0.0),
        ("weather(**{'city': 'Rome', 'days': 2, 'metric': True})", 0.0),
        ("weather(city='Rome', days=2, metric=True", 0.0),
        ("weather(city='Rome', city='Rome', days=2, metric=True)", 0.0),
        ("weather(city={'a', 'b'}, days=2j, metric=b'x')", 0.0),
        ("f(" * 3000, 0.0),
        ("f(a=" + "-" * 9000 + "1)", 0.0),
        ("f(a=" + "(" * 200 + ")" * 200 + ")", 0.0),
        ("f" + ".f" * 4000 + "()", 0.0),
        ("f(a=" + "1+" * 4000 + "1)", 0.0),
        ("f(a='\x00')", 0.0),
    ],
)
def test_python_calls_are_read_and_never_run(completion: str, expected: float) -> None:
    assert judged(FunctionCalls(syntax="python"), completion, {"calls": GOLD}).value == expected


@pytest.mark.parametrize(
    "calls", [None, "weather", {"arguments": {}}, [{"name": 3}], [1], [{"name": "f", "arguments": [1]}]]
)
def test_gold_calls_that_cannot_be_read_are_a_failure(calls: Any) -> None:
    assert judged(FunctionCalls(syntax="json"), RIGHT, {"calls": calls}).state is State.FAILED
    with pytest.raises(RewardError, match="is no list of"):
        gold_calls(calls)


@pytest.mark.parametrize(
    "options",
    [{"syntax": "xml"}, {"syntax": "json", "calls_key": ""}, {"syntax": "json", "ordered": True, "partial": True}],
)
def test_options_of_calls_that_make_no_sense_are_an_error(options: dict[str, Any]) -> None:
    with pytest.raises(RewardError, match=r"^FunctionCalls: "):
        FunctionCalls(**options)
