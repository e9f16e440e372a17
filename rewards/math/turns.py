"""What a completion says itself: the text behind its thinking, up to the end of its turn. Standard library only."""

from __future__ import annotations

import re

_THINKING = ("think", "thinking", "thought", "reasoning")
_END_OF_TURN = re.compile(r"<\|(?:im_end|eot_id|endoftext|end_of_text|im_start|return)\|>|<(?:end_of_turn|eos|/s)>")
_START_OF_TURN = re.compile(r"\s*<\|im_start\|>\s*assistant\b")


def own_words(text: str) -> str:
    """What a completion says after its last thinking section, up to the end of its own turn.

    >>> own_words("<think>5?</think> 6<|im_end|> <|im_start|>user 7")
    ' 6'
    """
    if "<" not in text:
        return text
    text = after_thinking(text)
    if "<|message|>" in text:
        text = text.rpartition("<|message|>")[2]
    if (opening := _START_OF_TURN.match(text)) is not None:
        text = text[opening.end() :]
    end = _END_OF_TURN.search(text)
    return text[: end.start()] if end else text


def after_thinking(text: str) -> str:
    """The text after the last closed thinking section, cut where another one opens and never closes.

    >>> after_thinking("<think>maybe 5</think> 6"), after_thinking("7 <think>or 8")
    (' 6', '7 ')
    """
    if "<" not in text:
        return text
    for tag in _THINKING:
        before, closing, after = text.rpartition(f"</{tag}>")
        text = after if closing else before + after
    for tag in _THINKING:
        text = text.partition(f"<{tag}>")[0]
    return text
