"""Schemas and gold calls that a hostile policy, or a careless author of data, would break."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rewards import FunctionCalls, RewardError, Sample, State, Verdict
from rewards.structure import JsonSchema

EVIL = "a" * 60 + "!"
SLOW = "^(a|aa)+$"


def judged(schema: dict[str, Any], value: Any, **options: Any) -> Verdict:
    return JsonSchema(schema=schema, **options)([Sample(prompt="", completion=json.dumps(value))])[0]


@pytest.mark.parametrize(
    "dialect", ["", "https://json-schema.org/draft/2020-12/schema", "http://json-schema.org/draft-07/schema#"]
)
@pytest.mark.parametrize("partial", [True, False])
def test_a_pattern_that_takes_exponential_time_is_timed_out(dialect: str, partial: bool) -> None:
    named = {"$schema": dialect} if dialect else {}
    schemas: list[dict[str, Any]] = [
        {"properties": {"x": {"pattern": SLOW}}},
        {"patternProperties": {SLOW: {"type": "string"}}},
        {"patternProperties": {SLOW: {}}, "additionalProperties": False},
        {"propertyNames": {"pattern": SLOW}},
        {"properties": {"y": {"$ref": "#"}}, "patternProperties": {SLOW: {}}},
    ]
    for schema in schemas:
        value = {EVIL: "b", "x": EVIL, "y": {EVIL: "b"}}  # an error found before would end the search
        assert judged({**named, **schema}, value, partial=partial).state is State.TIMED_OUT, schema


def test_the_time_of_a_pattern_is_bounded_over_all_texts_together() -> None:
    schema = {"additionalProperties": {"pattern": SLOW}}
    value = {str(i): "a" * 20 + "!" for i in range(1_900)}  # each takes a few milliseconds
    assert judged(schema, value, partial=True).state is State.TIMED_OUT


def test_patterns_mean_what_they_meant() -> None:
    schema = {"patternProperties": {"^n_": {"type": "integer"}}, "properties": {"id": {"pattern": r"^\d+$"}}}
    closed = {**schema, "additionalProperties": False}
    assert judged(schema, {"n_a": 1, "id": "12", "other": 2}).value == 1.0
    assert judged(closed, {"n_a": 1, "id": "12", "other": 2}).value == 0.0
    assert judged(closed, {"n_a": 1, "id": "12"}).value == 1.0
    assert judged(schema, {"n_a": "1", "id": "12"}).value == 0.0
    assert judged(schema, {"n_a": 1, "id": "x12"}).value == 0.0
    assert judged({**schema, "additionalProperties": {"type": "string"}}, {"other": 2}).value == 0.0
    assert judged({"additionalProperties": True}, {"other": 2}).value == 1.0


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"$ref": "#/$defs/nowhere"}, "nowhere"),
        ({"properties": {"a": {"$ref": "https://example.com/a.json"}}}, "example.com"),
        ({"items": {"anyOf": [{"$ref": "other.json#/x"}]}}, "other.json"),
        ({"properties": {"a": {"$ref": "#/$defs/b"}}, "$defs": {"b": {"$ref": "#gone"}}}, "gone"),
        ({"$ref": "#/parts/p", "parts": {"p": {"pattern": "("}}}, "regular expression"),
        ({"$ref": "#"}, "without end"),
        ({"allOf": [{"$ref": "#/$defs/a"}], "$defs": {"a": {"anyOf": [{"$ref": "#/$defs/a"}]}}}, "without end"),
        ({"properties": {"a": {"pattern": "("}}}, "not a 'regex'"),
        ({"patternProperties": {"[": {}}}, "not a 'regex'"),
        ({"patternProperties": {"a": {}}, "unevaluatedProperties": False}, "additionalProperties"),
    ],
)
def test_what_a_schema_lacks_is_said_when_the_reward_is_built(schema: dict[str, Any], said: str) -> None:
    with pytest.raises(RewardError, match=said):
        JsonSchema(schema=schema)
    own = JsonSchema()([Sample(prompt="", completion="{}", reference={"schema": schema})])[0]
    assert own.state is State.FAILED


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#/$defs/node", "$defs": {"node": {"properties": {"next": {"$ref": "#/$defs/node"}}}}},
        {"$id": "https://me/x", "properties": {"a": {"$ref": "y"}}, "$defs": {"b": {"$id": "y", "type": "integer"}}},
        {"properties": {"a": {"$ref": "#here"}}, "$defs": {"b": {"$anchor": "here", "type": "integer"}}},
        {"properties": {"pattern": {"type": "string"}, "$ref": {"type": "string"}}},
        {"enum": [{"pattern": "(", "$ref": "nowhere"}, {"a": 1}]},
        {"properties": {"s": {"$ref": "https://json-schema.org/draft/2020-12/schema"}}},
    ],
)
def test_a_sound_schema_is_taken(schema: dict[str, Any]) -> None:
    assert judged(schema, {"a": 1}).value == 1.0


@pytest.mark.parametrize("syntax", ["json", "python"])
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("It is sunny today.", 1.0),
        ("晴れです。", 1.0),
        ("", 0.0),
        ("\u200b", 0.0),
        ("...", 0.0),
        ("[]", 0.0),
        ("<tool_call>[]</tool_call>", 0.0),
        ("<think>none is needed</think>[]", 0.0),
        ("No call is needed.\n<tool_call>[]</tool_call>", 1.0),
    ],
)
def test_no_call_is_right_only_with_an_answer(syntax: Any, text: str, value: float) -> None:
    reward = FunctionCalls(syntax=syntax)
    assert reward([Sample(prompt="", completion=text, reference={"calls": []})])[0].value == value


@pytest.mark.parametrize(
    "text", ["print()", "```tool_code\nprint()\n```", "```python\n[]\n```", "<tool_call>print()</tool_call>"]
)
def test_an_empty_print_is_no_answer(text: str) -> None:
    reward = FunctionCalls(syntax="python")
    assert reward([Sample(prompt="", completion=text, reference={"calls": []})])[0].value == 0.0


@pytest.mark.parametrize("text", ["f(a=b)", "f(a=1+x)", "f(a=[g()])", "f(a={**b})", "f(a=f'{x}')", "f(a={[]: 1})"])
def test_reasons_are_the_same_in_every_run(text: str) -> None:
    gold = {"calls": [{"name": "f", "arguments": {"a": 1}}]}
    verdict = FunctionCalls(syntax="python")([Sample(prompt="", completion=text, reference=gold)])[0]
    assert verdict.value == 0.0
    assert " at 0x" not in verdict.reason
    assert verdict.reason
