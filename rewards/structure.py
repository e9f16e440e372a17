"""Is a completion the JSON that was asked for? Rewards for JSON, for a JSON schema and for function calls.

They read what follows the thinking section. A completion that was cut off is 0.0. What the model writes is bounded
before anything looks at it; a schema or a gold call that is itself wrong is a failure, never a 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from jsonschema import ValidationError

from rewards.base import RewardError, Sample, Verdict
from rewards.format import well_formed
from rewards.functions import describe
from rewards.json_schema import schema_errors, schema_text, schema_validator
from rewards.json_text import UnreadableJson, blank_text, is_filled, json_part, read_json
from rewards.math.turns import after_thinking

_KINDS = {"object": dict, "array": list, "string": str, "number": (int, float), "boolean": bool, "null": type(None)}


@dataclass(frozen=True, kw_only=True, slots=True)
class Json:
    """1.0 when the completion is one JSON value of an allowed kind that holds something, else 0.0.

    Strict: no name twice in one object, no NaN, no trailing comma, no second value; see `rewards.json_text`.

    >>> reward = Json(kinds=["object"])
    >>> [reward([Sample(prompt="", completion=text)])[0].value for text in ('{"a": 1}', "{}", "[1]", "{'a': 1}")]
    [1.0, 0.0, 0.0, 0.0]
    """

    kinds: Sequence[str] = ("object", "array")
    """What the outermost value may be: object, array, string, number, boolean, null."""
    allow_prose: bool = False
    """Whether text may stand around one fenced block; a block that is all of the text is always allowed."""
    allow_blank: bool = False
    """Whether a value that holds nothing (`{}`, `[""]`) counts."""

    def __post_init__(self) -> None:
        if isinstance(self.kinds, str) or not self.kinds or any(kind not in _KINDS for kind in self.kinds):
            raise RewardError(f"Json: kinds is {self.kinds!r}; give a list of {', '.join(_KINDS)}")

    def __call__(self, group: Sequence[Sample]) -> list[Verdict]:
        return [well_formed(sample, self._fault(sample.completion)) for sample in group]

    def _fault(self, completion: str) -> str:
        try:
            value = read_json(json_part(after_thinking(completion), allow_prose=self.allow_prose))
        except UnreadableJson as error:
            return str(error)
        kinds = [kind for kind, types in _KINDS.items() if isinstance(value, types)]
        if isinstance(value, bool):
            kinds = ["boolean"]
        if not set(kinds) & set(self.kinds):
            return f"it is of kind {kinds[0]}, not {' or '.join(self.kinds)}"
        return "" if self.allow_blank or is_filled(value) else "it holds nothing"


class JsonSchema:
    """1.0 when the completion is JSON that fits a JSON schema, else 0.0, or a share of its properties.

    With `partial`, JSON that is an object but does not fit is worth
        properties right / (properties + other errors)
    where the properties are those that the schema requires (all that it names, if it requires none), one is right when
    it is there without an error in it, and other errors are those elsewhere, such as a property that is not allowed.

    A schema says little about what is in a text, so `{"name": ""}` fits most: blank texts, and a value that holds
    nothing at all, do not fit unless `allow_blank`. Add a term for what the text says.

    The bounds of `rewards.json_text` hold. A schema's patterns are searched by the package `regex`; where that takes
    more than a second, the verdict is TIMED_OUT. Nothing is fetched: a `$ref` out of the schema is an error. `format`
    is not checked, the default.

    >>> schema = {"type": "object", "required": ["name", "age"], "properties": {"age": {"type": "integer"}}}
    >>> reward = JsonSchema(schema=schema, partial=True)
    >>> texts = '{"name": "Bo", "age": 3}', '{"name": "Bo", "age": "3"}', '{"name": " "}'
    >>> [reward([Sample(prompt="", completion=text)])[0].value for text in texts]
    [1.0, 0.5, 0.0]
    """

    def __init__(
        self,
        *,
        schema: Mapping[str, Any] | None = None,
        schema_key: str = "schema",
        partial: bool = False,
        allow_prose: bool = False,
        allow_blank: bool = False,
    ) -> None:
        """Takes one schema for all, or each sample's own.

        Args:
            schema: for all samples; None takes each sample's `reference[schema_key]`, an object or its JSON text.
            schema_key: where the data holds the schema.
            partial: pay a share of the properties instead of nothing.
            allow_prose: text may stand around one fenced block of JSON.
            allow_blank: blank texts and a value that holds nothing count.

        Raises:
            RewardError: when the schema is none, or refers to what is not in it.
        """
        self._schema_text = None if schema is None else schema_text(schema)
        if self._schema_text is not None:
            schema_validator(self._schema_text)
        if not schema_key or not isinstance(schema_key, str):
            raise RewardError(
                f"JsonSchema: schema_key is {schema_key!r}; give the name of a field of the reference data"
            )
        self.schema_key, self.partial = schema_key, partial
        self.allow_prose, self.allow_blank = allow_prose, allow_blank

    def __call__(self, group: Sequence[Sample]) -> list[Verdict]:
        return [self._judge(sample) for sample in group]

    def _judge(self, sample: Sample) -> Verdict:
        try:
            validator = schema_validator(self._schema_text or schema_text(self._own_schema(sample)))
        except RewardError as error:
            return Verdict.failed(str(error))
        try:
            value = read_json(json_part(after_thinking(sample.completion), allow_prose=self.allow_prose))
        except UnreadableJson as error:
            return well_formed(sample, str(error))
        try:
            errors = list(islice(schema_errors(validator, value), None if self.partial else 1))
        except TimeoutError:
            return Verdict.timed_out("the patterns of the schema were searched for more than a second")
        except Exception as error:  # a schema that refers to itself without end for some values only
            return Verdict.failed(f"the schema cannot be applied: {describe(error)}")
        return self._verdict(sample, value, validator.schema, errors)

    def _own_schema(self, sample: Sample) -> Any:
        if self.schema_key not in sample.reference:
            has = ", ".join(map(repr, sample.reference)) or "nothing"
            raise RewardError(
                f"no reference[{self.schema_key!r}]; the data has {has}: map the column, or give `schema`"
            )
        return sample.reference[self.schema_key]

    def _verdict(self, sample: Sample, value: Any, schema: Any, errors: Sequence[ValidationError]) -> Verdict:
        blank = "" if self.allow_blank else blank_text(value) if is_filled(value) else "$"
        fault = f"{errors[0].json_path}: {errors[0].message}"[:300] if errors else f"{blank} is blank" if blank else ""
        verdict = well_formed(sample, fault)
        partial = self.partial and isinstance(value, dict) and sample.finish_reason != "length"
        if verdict.value == 1.0 or not partial:
            return verdict
        # What does not fit is never worth as much as what does.
        share = self._share(value, schema, errors)
        return Verdict.of(share if share < 1.0 else 0.0, verdict.reason)

    def _share(self, value: dict[str, Any], schema: dict[str, Any], errors: Sequence[ValidationError]) -> float:
        """The share of the properties that are right; other errors count like properties that are not."""
        names = list(schema.get("required") or schema.get("properties") or ())
        wrong = {str(error.absolute_path[0]) for error in errors if error.absolute_path}
        if not self.allow_blank:
            wrong |= {name for name, inner in value.items() if blank_text(inner)}
        right = [name for name in names if name in value and name not in wrong]
        at_root = [error for error in errors if not error.absolute_path and error.validator != "required"]
        elsewhere = len(at_root) + len(wrong.difference(names))
        return len(right) / (len(names) + elsewhere) if names else 0.0
