"""Which part of a completion is the program. By text alone: nothing of a model's code is parsed in this process."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rewards.math.turns import after_thinking

_FENCE = re.compile(r"([ \t]*)(`{3,}|~{3,})[ \t]*(?:\{[ \t]*\.?)?([\w+#.-]*)([^\n]*)")
_PYTHON = re.compile(r"[ci]?py(?:thon|py)?[\d.]*|[\w-]+\.py")
_GLUED = re.compile(r"(?<!`)(`{3,})[ \t]*(py(?:thon)?[\d.]*)[ \t]*\r?", re.IGNORECASE)
"""A fence that opens at the end of a line of prose or behind a tag: no fence to Markdown, but models write it."""
_BYTE_ORDER = "\ufeff"
"""A mark that some editors write first; an interpreter skips it at the start of a file."""
_SOLUTION = "Solution"
"""The class in which LeetCode wants its functions."""


@dataclass(frozen=True, slots=True)
class Program:
    """What runs: `preamble` first, then `code`, in the same namespace."""

    code: str
    preamble: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block of a text."""

    code: str
    is_python: bool
    """Whether its fence says so."""


def program(completion: str, *, entry_point: str = "", stub: str = "", preamble: str = "") -> Program:
    """The program in a completion; empty code when there is none.

    1. Only the text after the last closed thinking section counts.
    2. The last block that defines `entry_point`, itself or as a method of `Solution`; or else the last one said to be
       Python; or else the last one of no language, which is mostly an example of input or output where others are said
       to be Python. A block that does not close ends with the text.
    3. Without any block, all of the text.
    4. Code that does not define `entry_point` continues `stub`, the start of a function, where the data has one.

    >>> program("Here:\\n```python\\nprint(1)\\n```\\nIt prints 1.").code
    'print(1)'
    >>> program("    return a + b", entry_point="add", stub="def add(a, b):\\n").code
    'def add(a, b):\\n    return a + b'
    """
    text = after_thinking(completion)
    blocks = code_blocks(text) or [Block(text.removeprefix(_BYTE_ORDER), is_python=False)]
    defining = [block for block in blocks if _answers(block.code, entry_point)]
    code = (defining or [block for block in blocks if block.is_python] or blocks)[-1].code
    if not code.strip():
        return Program("")
    if stub and not _answers(code, entry_point):
        return Program(f"{stub}{code}", preamble)
    return Program(code, f"{preamble}\n{stub}" if stub else preamble)


def _answers(code: str, name: str) -> bool:
    """Whether the sandbox would find a function of this name in the code."""
    method = rf"^[ \t]+(?:async[ \t]+)?def[ \t]+{re.escape(name)}\b"
    return defines(code, name) or (
        bool(name) and defines(code, _SOLUTION) and re.search(method, code, re.MULTILINE) is not None
    )


def defines(code: str, name: str) -> bool:
    """Whether a line at the outermost level defines `name`.

    >>> defines("class A:\\n    def f(self): ...", "f"), defines("f = lambda: 1", "f")
    (False, True)
    """
    if not name:
        return False
    return (
        re.search(rf"^(?:(?:async[ \t]+)?def|class)[ \t]+{re.escape(name)}\b|^{re.escape(name)}[ \t]*[:=]", code, re.M)
        is not None
    )


def code_blocks(text: str) -> list[Block]:
    """The fenced blocks that are Python or say no language, in order.

    As in Markdown, lines lose the indentation of the fence, as far as they have it, no backtick follows those that open
    a block, and a fence that is indented by four more is text: the example in a docstring.

    >>> [block.code for block in code_blocks("```sh\\nls\\n```\\n  ~~~py\\n  x = 1\\n  ~~~")]
    ['x = 1']
    """
    blocks, fence, indent, language, lines, is_glued = list[Block](), "", 0, "", list[str](), False
    for line in [*text.split("\n"), None]:
        match = None if line is None else _FENCE.fullmatch(line)
        if match and (not fence or (is_glued and match[3] and _column(match) < 4)) and _may_open(match):
            indent, fence, language, lines, is_glued = len(match[1]), match[2], match[3].lower(), [], False
        elif not fence and line and (glued := _glued(line)):
            indent, fence, language, lines, is_glued = 0, glued[1], glued[2].lower(), [], True
        elif fence and (line is None or (match and _closes(match, fence, indent))):
            is_python = _PYTHON.fullmatch(language) is not None
            if is_python or not language:
                blocks.append(Block("\n".join(lines).removeprefix(_BYTE_ORDER), is_python=is_python))
            fence = ""
        elif fence and line is not None:
            own = len(line) - len(line.lstrip(" \t"))
            lines.append(line[min(own, indent) :])
    return blocks


def _glued(line: str) -> re.Match[str] | None:
    return next((match for match in _GLUED.finditer(line) if match.end() == len(line)), None)


def _may_open(match: re.Match[str]) -> bool:
    return match[2][0] == "~" or "`" not in match[4]


def _closes(match: re.Match[str], fence: str, indent: int) -> bool:
    return match[2].startswith(fence) and not match[3] and _column(match) < indent + 4


def _column(match: re.Match[str]) -> int:
    return len(match[1].expandtabs(4))
