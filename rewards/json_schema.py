"""What checks JSON values against a schema, in bounded time: made once per schema, with all that it refers to.

The patterns of a schema are searched by the package `regex`, which can be stopped; `jsonschema` alone would search them
with Python's `re`, and a policy would find the texts on which that takes for ever.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator, SchemaError, ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend, validator_for
from jsonschema_specifications import REGISTRY
from referencing import Registry, Resource
from referencing.exceptions import NoSuchResource, Unresolvable
from referencing.jsonschema import specification_with

from rewards.base import RewardError

SEARCH_SECONDS = 1.0
"""How long the patterns of a schema may be searched for in one JSON value, all together."""
_deadline: ContextVar[float] = ContextVar("deadline")


def schema_errors(validator: Validator, value: Any) -> Iterator[ValidationError]:
    """What does not fit, one after the other.

    Raises:
        TimeoutError: when the schema's patterns were searched for more than a second.
    """
    errors, deadline = validator.iter_errors(value), time.monotonic() + SEARCH_SECONDS
    while True:
        # Set anew each time, since a generator shares the context of whoever asks for the next error.
        token = _deadline.set(deadline)
        try:
            error = next(errors, None)
        finally:
            _deadline.reset(token)
        if error is None:
            return
        yield error


def schema_text(schema: Any) -> str:
    """The schema as JSON, which is what validators are kept by. Raises RewardError."""
    if isinstance(schema, str):
        return schema
    try:
        return json.dumps(schema, sort_keys=True, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise RewardError(f"the schema {str(schema)[:200]} is no JSON: {error}") from None


@lru_cache(maxsize=1024)
def schema_validator(text: str) -> Validator:
    """What checks values against a schema, given as JSON.

    Raises:
        RewardError: when it is no schema, refers to what is not in it, refers to itself without end, or has a pattern
            that is no regular expression or cannot be searched within bounds.
    """
    try:
        schema = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RewardError(f"the schema {text[:200]!r} is no JSON: {error}") from None
    if not isinstance(schema, dict):
        raise RewardError(f"the schema is {text[:200]}; give an object such as {{'type': 'object'}}")
    try:
        checker = validator_for(schema, default=Draft202012Validator)
        checker.check_schema(schema)
        _Walk(specification_with(str(checker.META_SCHEMA.get("$schema"))).create_resource(schema)).check()
        # Without the name of its dialect: where a part names one, `jsonschema` goes on with its own, unbounded checks.
        unnamed = {key: value for key, value in schema.items() if key != "$schema"}
        validator = extend(checker, _BOUNDED)(unnamed, registry=Registry())  # an empty registry: nothing is fetched
        for value in ({}, [], "", 0, None):
            list(schema_errors(validator, value))
    except SchemaError as error:
        raise RewardError(f"the schema is none: {error.message[:200]} at {error.json_path}; correct it") from None
    except TimeoutError:
        raise RewardError(f"the patterns of the schema {text[:200]} take too long even for nothing") from None
    except RecursionError:
        raise RewardError(
            f"the schema {text[:200]} refers to itself without end, or nests too deep; correct it"
        ) from None
    return validator


class _Walk:
    """Looks at every part of a schema, and at all that it refers to, before anything is judged."""

    def __init__(self, root: Resource[Any]) -> None:
        self.root, self.seen, self.keywords = root, set[int](), set[str]()
        self.inside = Registry().with_resource("", root)

    def check(self) -> None:
        self._look(self.root, self.inside.resolver_with_root(self.root))
        if {"unevaluatedProperties", "patternProperties"} <= self.keywords:
            raise RewardError(
                "the schema has unevaluatedProperties beside patternProperties, whose patterns would be searched "
                "without a limit of time; write additionalProperties"
            )

    def _look(self, part: Resource[Any], resolver: Any) -> None:
        schema = part.contents
        if not isinstance(schema, dict) or id(schema) in self.seen:
            return
        self.seen.add(id(schema))
        self.keywords |= schema.keys()
        if "$schema" in schema and schema is not self.root.contents:
            raise RewardError(f"a part of the schema names a $schema, {schema['$schema']!r}; only the whole may")
        patterns = schema.get("patternProperties")
        for pattern in [schema.get("pattern"), *(patterns if isinstance(patterns, dict) else ())]:
            if isinstance(pattern, str):
                _check_pattern(pattern)
        for keyword in ("$ref", "$dynamicRef"):
            if isinstance(schema.get(keyword), str):
                self._follow(schema[keyword], part, resolver)
        for inner in part.subresources():
            self._look(inner, resolver.in_subresource(inner))

    def _follow(self, reference: str, part: Resource[Any], resolver: Any) -> None:
        try:
            found = resolver.lookup(reference)
        except (Unresolvable, NoSuchResource, ValueError, LookupError) as error:
            # The dialects' own schemas are known, and harmless.
            if reference.partition("#")[0] in REGISTRY:
                return
            raise RewardError(
                f"the schema refers to {reference!r}, which is not in it ({type(error).__name__}); nothing is fetched: "
                "put it under $defs"
            ) from None
        self._look(part._specification.create_resource(found.contents), found.resolver)


def _check_pattern(pattern: str) -> None:
    import regex  # here, since importing it takes long

    try:
        regex.compile(pattern)
    except regex.error as error:
        raise RewardError(f"the schema's pattern {pattern!r} is not a regular expression: {error}") from None


def _found(pattern: str, text: str) -> bool:
    """Whether the pattern stands in the text. Raises TimeoutError when the value's time for all searches is over."""
    import regex

    left = _deadline.get() - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return regex.search(pattern, text, timeout=left) is not None


def _pattern(validator: Validator, pattern: str, value: Any, schema: Mapping[str, Any]) -> Iterator[ValidationError]:
    if isinstance(value, str) and not _found(pattern, value):
        yield ValidationError(f"{value[:100]!r} does not match {pattern!r}")


def _pattern_properties(
    validator: Any, patterns: Mapping[str, Any], value: Any, schema: Mapping[str, Any]
) -> Iterator[ValidationError]:
    for pattern, wanted in patterns.items() if isinstance(value, dict) else ():
        for name, inner in value.items():
            if _found(pattern, name):
                yield from validator.descend(inner, wanted, path=name, schema_path=pattern)


def _additional_properties(
    validator: Any, allowed: Any, value: Any, schema: Mapping[str, Any]
) -> Iterator[ValidationError]:
    if not isinstance(value, dict):
        return
    known, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    extra = [name for name in value if name not in known and not any(_found(pattern, name) for pattern in patterns)]
    if isinstance(allowed, dict):
        for name in extra:
            yield from validator.descend(value[name], allowed, path=name)
    elif not allowed and extra:
        yield ValidationError(f"{', '.join(map(repr, extra))[:100]} not allowed")


_BOUNDED: Mapping[str, Any] = {
    "pattern": _pattern,
    "patternProperties": _pattern_properties,
    "additionalProperties": _additional_properties,
}
"""The keywords of a schema that search patterns, here with a limit of time."""
