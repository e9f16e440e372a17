"""The errors that a user can act on. Each message names the value and the remedy."""

from __future__ import annotations


class GemwrightError(ValueError):
    """Base of the errors that are the user's to mend."""


class ConfigError(GemwrightError):
    """A setting is missing, unknown or contradicts another one."""


class DataError(GemwrightError):
    """The data does not have what the run needs."""


class ScoringError(GemwrightError):
    """Too many rewards failed, or a reward broke its contract."""


class NonFiniteUpdate(GemwrightError):
    """A loss or gradient was NaN or infinite; the optimizer did not step."""


class ResumeError(GemwrightError):
    """A checkpoint cannot continue this run."""
