"""Which part of a completion is the program. By text alone: nothing of a model's code is parsed in this process."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rewards.math.turns import after_thinking

_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})[ \t]*([\w+#.-]*)[^\n]*")
_PYTHON = ("", "python", "py", "python3", "python2", "cpython", "pypy", "pypy3")


@dataclass(frozen=True, slots=True)
class Program:
    """What runs: `preamble` first, then `code`, in the same namespace."""

    code: str
    preamble: str = ""


def program(completion: str, *, entry_point: str = "", stub: str = "", preamble: str = "") -> Program:
    """The program in a completion; empty code when there is none.

    1. Only the text after the last closed thinking section counts.
    2. The last Python code block that defines `entry_point`, or else the last Python code block. A block that does not
       close ends with the text.
    3. Without any block, all of the text.
    4. Code that does not define `entry_point` continues `stub`, the start of a function, where the data has one.

    >>> program("Here:\\n```python\\nprint(1)\\n```\\nIt prints 1.").code
    'print(1)'
    >>> program("    return a + b", entry_point="add", stub="def add(a, b):\\n").code
    'def add(a, b):\\n    return a + b'
    """
    text = after_thinking(completion)
    blocks = code_blocks(text) or [text]
    code = next((block for block in reversed(blocks) if defines(block, entry_point)), blocks[-1])
    if not code.strip():
        return Program("")
    if stub and not defines(code, entry_point):
        return Program(f"{stub}{code}", preamble)
    return Program(code, f"{preamble}\n{stub}" if stub else preamble)


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


def code_blocks(text: str) -> list[str]:
    """The contents of the fenced blocks that are Python or say no language, in order.

    >>> code_blocks("```sh\\nls\\n```\\n~~~py\\nx = 1\\n~~~")
    ['x = 1']
    """
    blocks, fence, language, lines = [], "", "", list[str]()
    for line in text.split("\n"):
        match = _FENCE.fullmatch(line)
        if not fence and match:
            fence, language, lines = match[1], match[2].lower(), []
        elif fence and match and match[1].startswith(fence) and not match[2]:
            blocks.append((language, "\n".join(lines)))
            fence = ""
        elif fence:
            lines.append(line)
    if fence:
        blocks.append((language, "\n".join(lines)))
    return [code for language, code in blocks if language in _PYTHON]
