"""What every job shares: a hydra entry point whose errors are one line, and the way from configuration to objects."""

from __future__ import annotations

import errno
import inspect
import os
import re
import signal
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import hydra
from hydra.errors import HydraException, InstantiationException
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from rlhf.errors import ConfigError

Built = TypeVar("Built")

CONFIG_FOLDER = str(Path(__file__).resolve().parent.parent / "conf")
MENDABLE = (ValueError, OSError, OmegaConfBaseException, HydraException)
"""What a user can mend: our own errors (all are ValueErrors), files, and hydra's view of the command line."""


def job(config_name: str) -> Callable[[Callable[[DictConfig], None]], Callable[[], None]]:
    """A job's main function: composes `conf/<config_name>.yaml` with the command line's overrides and runs it.

    What the user can mend ends in one line and exit code 2; set GEMWRIGHT_DEBUG=1 for the traceback. A polite kill
    (SIGTERM) is an interrupt: what a job does then, it does for both.
    """

    def decorate(run: Callable[[DictConfig], None]) -> Callable[[], None]:
        @wraps(run)
        def guarded(config: DictConfig) -> None:
            with one_line_errors():
                run(config)

        entry = hydra.main(version_base="1.3", config_path=CONFIG_FOLDER, config_name=config_name)(guarded)

        @wraps(run)
        def main() -> None:
            os.environ["HYDRA_FULL_ERROR"] = "1"  # hydra then raises what is wrong with a command line
            signal.signal(signal.SIGTERM, signal.default_int_handler)
            with one_line_errors():
                entry()

        return main

    return decorate


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Ends the process with a line on standard error where the block raises what a user can mend or did himself."""
    try:
        yield
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(130)
    except MENDABLE as error:
        if os.environ.get("GEMWRIGHT_DEBUG"):
            raise
        print(f"error: {describe(error)}", file=sys.stderr)
        sys.exit(2)


def describe(error: BaseException) -> str:
    """The user's part of an error in one line: hydra wraps what a constructor said in words of its own."""
    if isinstance(error, InstantiationException) and error.__cause__ is not None:
        where = [line.strip() for line in str(error).splitlines() if "full_key:" in line]
        return f"{describe(error.__cause__)} ({where[-1]})" if where else describe(error.__cause__)
    # What is missing is the key itself, or another one that it refers to.
    missing = re.search(
        r"interpolation: Missing mandatory value: (\S+)|Missing mandatory value.*\s+full_key: (\S+)", str(error)
    )
    if missing:
        name = missing[1] or missing[2]
        return f"{name} has no value; give it on the command line: {name}=..."
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = "; ".join(line for line in lines if not line.startswith("object_type="))
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"{text}: make room, then go on (what was running is resumed by resume=<its folder>)"
    if isinstance(error, HydraException):
        return f"{text} (--help lists groups and settings, --cfg job the whole configuration)"
    return text or type(error).__name__


def build(config: Any, **parts: Any) -> Any:
    """The object that a config describes, with plain Python data below it."""
    return instantiate(config, _convert_="all", **parts)


def check_keys(build: Callable[..., Any], settings: Mapping[Any, Any], where: str, *, given: Collection[str]) -> None:
    """Refuse keys that `build` does not take, before what it is `given` costs anything.

    Raises:
        ConfigError: naming the keys, and those that there are.
    """
    takes = [name for name in inspect.signature(build).parameters if name not in given]
    unknown = [f"{where}.{key}" for key in settings if key not in takes]
    if unknown:
        raise ConfigError(f"{', '.join(unknown)} is not a setting; {where} has {', '.join(takes)}")


def call(build: Callable[..., Built], settings: Mapping[Any, Any], where: str, **parts: Any) -> Built:
    """`build` with a section of the configuration as plain keyword arguments, beside parts that are objects.

    Raises:
        ConfigError: naming the section, if it has a key that `build` does not take or a value of the wrong type.
    """
    values = plain(settings) if isinstance(settings, DictConfig) else {**settings}
    check_keys(build, values, where, given=parts)
    try:
        return build(**parts, **values)
    except TypeError as error:
        raise ConfigError(f"{where} ({values}) does not fit: {error}") from error


def plain(config: DictConfig) -> dict[str, Any]:
    """The resolved configuration as plain data.

    Raises:
        MissingMandatoryValue: naming a `???` that nobody filled in.
    """
    data = OmegaConf.to_container(config, resolve=True, throw_on_missing=True)
    assert isinstance(data, dict)
    return {str(key): value for key, value in data.items()}
