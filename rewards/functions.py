"""From a plain Python function to a reward: `def brevity(sample) -> float` in any file is all that a user writes.

    load_function("my_rewards.py:brevity")            a file, relative to the working directory
    load_function("my_package.rewards:brevity")       an importable module

What a user's function does wrong becomes a FAILED verdict with the reason, never a 0.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import math
import os
import re
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence, Set, Sized
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from numbers import Real
from pathlib import Path
from types import ModuleType
from typing import Any
from zlib import crc32

from rewards.base import Reward, RewardError, Sample, SampleFunction, Verdict
from rewards.staying import staying


@dataclass(frozen=True, slots=True)
class PerSample:
    """A reward that judges every sample of a group on its own; one that raises fails only that sample."""

    function: SampleFunction

    def __call__(self, group: Sequence[Sample]) -> list[Verdict]:
        return [self._judge(sample) for sample in group]

    def _judge(self, sample: Sample) -> Verdict:
        try:
            value = self.function(sample)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a user's function may raise anything, sys.exit too; the verdict records it
            return Verdict.failed(describe(error))
        return Verdict.not_applicable("the function returned None") if value is None else to_verdict(value)


@dataclass(frozen=True, slots=True)
class PerGroup:
    """A reward from a plain function of all completions of one prompt, which returns one number or verdict for each."""

    function: Callable[[Sequence[Sample]], Iterable[float | Verdict | None]]

    def __call__(self, group: Sequence[Sample]) -> list[Verdict]:
        values = one_each(self.function(group), len(group))
        return [Verdict.not_applicable("the function returned None") if v is None else to_verdict(v) for v in values]


def per_sample(function: SampleFunction) -> PerSample:
    """A reward that calls `function(sample)` for every sample; None means not applicable.

    >>> short = per_sample(lambda sample: len(sample.completion) < 5)
    >>> [v.value for v in short([Sample(prompt="", completion="yes"), Sample(prompt="", completion="perhaps")])]
    [1.0, 0.0]
    """
    return PerSample(function)


def to_verdict(value: object) -> Verdict:
    """The verdict that a returned value stands for; FAILED when it is neither a verdict nor a finite number.

    >>> to_verdict(True).value, to_verdict(float("nan")).reason, to_verdict("1").reason
    (1.0, 'returned nan, which is not finite', "returned '1' (str), not a number")
    """
    try:
        if isinstance(value, Verdict):
            finite = value.value is None or math.isfinite(value.value)
            return value if finite else Verdict.failed(f"returned a verdict of {value.value}, which is not finite")
        number = as_number(value)
        if number is None:
            return Verdict.failed(f"returned {_shorten(repr(value))} ({type(value).__name__}), not a number")
        finite = math.isfinite(number)
        return Verdict.of(number) if finite else Verdict.failed(f"returned {number}, which is not finite")
    except Exception as error:  # a value's own methods may raise anything; so may reading an integer of 400 digits
        return Verdict.failed(f"returned a {type(value).__name__}, which cannot be read: {describe(error)}")


def as_number(value: object) -> float | None:
    """The one number that a value is, also as an array or tensor of one element; None when it is none.

    Raises whatever the value's own methods raise: an OverflowError for an integer beyond the largest float.

    >>> as_number(2), as_number("2")
    (2.0, None)
    """
    item = None if isinstance(value, Real) else getattr(value, "item", None)
    if callable(item):
        try:
            value = item()
        except (TypeError, ValueError, RuntimeError):  # what numpy and torch raise when there are several elements
            return None
    return float(value) if isinstance(value, Real) else None


def one_each(returned: object, num_samples: int) -> list[Any]:
    """The returned values as a list, one for each sample.

    Raises:
        RewardError: when they are no list or of another number, since then nobody knows which belongs to which sample.
    """
    if not isinstance(returned, Iterable) or isinstance(returned, str | bytes | Mapping | Set):
        raise RewardError(f"returned a {type(returned).__name__} for {num_samples} samples, not a list of verdicts")
    values = list(islice(returned, num_samples + 1))  # a generator may have no end
    if len(values) != num_samples:
        number = len(returned) if isinstance(returned, Sized) else len(values)
        at_least = "at least " if number > num_samples and not isinstance(returned, Sized) else ""
        raise RewardError(f"returned {at_least}{number} verdicts for {num_samples} samples")
    return values


def judge(reward: Reward, group: Sequence[Sample]) -> list[Verdict]:
    """One verdict per sample, whatever the reward does: what raises or returns nonsense is FAILED with the reason.

    A reward that changes the working directory is brought back: relative paths of a run would lead elsewhere after it.

    >>> sample = Sample(prompt="", completion="")
    >>> [verdict.reason for verdict in judge(lambda group: [1.0], [sample, sample])]
    ['returned 1 verdicts for 2 samples', 'returned 1 verdicts for 2 samples']
    """
    home = _working_directory()
    try:
        with staying():
            values = one_each(reward(group), len(group))
    except RewardError as error:
        return [Verdict.failed(str(error))] * len(group)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a reward may be anybody's code; the verdicts record it, sys.exit too
        return [Verdict.failed(describe(error))] * len(group)
    finally:
        if home and _working_directory() != home:
            with suppress(OSError):  # it is gone
                os.chdir(home)
    return [to_verdict(value) for value in values]


def _working_directory() -> str:
    try:
        return os.getcwd()
    except OSError:  # it was removed
        return ""


def as_reward(function: Callable[..., Any], name: str = "") -> Reward:
    """A reward from a plain function, which gets one sample, or the whole group if its parameter says so.

    A parameter called `group`, or annotated as a sequence or list, takes the group. A function of `*args`, as a
    decorator leaves behind that does not keep its function's signature, is asked about one sample.

    Raises:
        RewardError: when it is a class, is async, or does not take exactly one argument.

    >>> def shortest(group: Sequence[Sample]) -> list[float]:
    ...     best = min(len(sample.completion) for sample in group)
    ...     return [float(len(sample.completion) == best) for sample in group]
    >>> type(as_reward(shortest)).__name__
    'PerGroup'
    """
    name = name or str(function)
    if isinstance(function, type):
        raise RewardError(f"{name} is a class; write `reward: {{_target_: module.{function.__name__}}}` instead")
    if inspect.iscoroutinefunction(function):
        raise RewardError(f"{name} is async; write it as a plain function")
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except ValueError:
        raise RewardError(f"{name} does not say what it takes; wrap it in a function of one `sample`") from None
    required = [p for p in parameters if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    positional = [p for p in parameters if p.kind not in (p.KEYWORD_ONLY, p.VAR_KEYWORD)]
    if not positional or len(required) > 1 or (required and required[0] is not positional[0]):
        takes = ", ".join(("*, " if p.kind is p.KEYWORD_ONLY else "") + p.name for p in required) or "nothing"
        raise RewardError(
            f"{name} takes ({takes}); a reward function takes one argument, `sample` or `group`, by its place"
        )
    return PerGroup(function) if _wants_group(positional[0]) else PerSample(function)


_GROUP_ANNOTATION = re.compile(r"(?:[\w.]+\.)?(?:Sequence|list|List|tuple|Tuple|Collection|Iterable)\b")


def _wants_group(parameter: inspect.Parameter) -> bool:
    if parameter.annotation is parameter.empty:
        return parameter.name == "group"
    annotation = (
        parameter.annotation
        if isinstance(parameter.annotation, str)
        else inspect.formatannotation(parameter.annotation)
    )
    return parameter.name == "group" or bool(_GROUP_ANNOTATION.match(annotation))


def load_function(spec: str) -> Callable[..., Any]:
    """The function that `path/to/file.py:name` or `package.module:name` names.

    Raises:
        RewardError: when the file, the module or the name is missing, the import fails, or it cannot be called.

    >>> load_function("statistics:mean")([1, 3])
    2
    >>> load_function("statistics")
    Traceback (most recent call last):
    rewards.base.RewardError: function 'statistics' names no function; write path/to/file.py:name or package.module:name
    """
    where, _, name = spec.rpartition(":")
    if not where or not name.isidentifier():
        raise RewardError(f"function {spec!r} names no function; write path/to/file.py:name or package.module:name")
    is_file = where.endswith(".py") or "/" in where or "\\" in where
    module = _module_from_file(Path(where), spec) if is_file else _module_by_name(where, spec)
    namespace = vars(module)
    if name not in namespace:
        own = [n for n, v in namespace.items() if inspect.isfunction(v) and v.__module__ == module.__name__]
        raise RewardError(f"function {spec!r}: {where} has no {name!r}; its functions are {', '.join(own) or 'none'}")
    function = namespace[name]
    if not callable(function):
        raise RewardError(f"function {spec!r}: {name!r} is a {type(function).__name__}, not a function")
    return function


def _module_from_file(path: Path, spec: str) -> ModuleType:
    path = path.expanduser().resolve()
    if not path.is_file():
        raise RewardError(
            f"function {spec!r}: there is no file {path}; give a path from the working directory {Path.cwd()}"
        )
    # The name holds the time of the last change, so that a file edited between two runs in one process is read again.
    name = f"reward_file_{path.stem}_{crc32(f'{path}:{path.stat().st_mtime_ns}'.encode()):08x}"
    if name in sys.modules:
        return sys.modules[name]
    module_spec = importlib.util.spec_from_file_location(name, path)
    if module_spec is None or module_spec.loader is None:
        raise RewardError(f"function {spec!r}: {path} is not a Python file; its name must end in .py")
    module = importlib.util.module_from_spec(module_spec)
    sys.modules[name] = module  # before it runs: dataclasses and pickle look their module up
    try:
        module_spec.loader.exec_module(module)
    except Exception as error:  # a user's file may raise anything when it is imported
        del sys.modules[name]
        raise RewardError(f"function {spec!r}: importing {path} failed: {_last_line(error)}") from error
    return module


def _module_by_name(name: str, spec: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except Exception as error:  # as above
        raise RewardError(f"function {spec!r}: importing {name} failed: {_last_line(error)}") from error


def describe(error: BaseException) -> str:
    """Type and text of an exception in one short line.

    >>> describe(KeyError("answer"))
    "KeyError: 'answer'"
    """
    return _shorten(traceback.format_exception_only(error)[-1].strip())


def _last_line(error: BaseException) -> str:
    """What went wrong and where: the line that a Python traceback would end with, with its file and line number."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""
    return describe(error) + ("" if isinstance(error, SyntaxError) else place)


def _shorten(text: str, limit: int = 300) -> str:
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 3] + "..."
