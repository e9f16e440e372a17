"""Errors of checkpoints and tokenizers. Each message names the file and the remedy."""

from __future__ import annotations


class ModelError(ValueError):
    """Base of what can be wrong with a model on disk or in memory."""


class CheckpointFormatError(ModelError):
    """A file is missing, cut off, of another architecture, or holds a type that is not supported."""


class MergeError(ModelError):
    """A merge would lose the adapter's update."""
