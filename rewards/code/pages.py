"""Makes a zygote cheap to fork: what it has loaded lies together, in huge pages.

A fork copies an entry of the page table for each page in use, and the end of the child takes each down again: a large
part of the CPU time of a short program. A huge page (2 MiB on x86_64) has one entry for 512. What a child writes to is
still copied in small pages. Where the kernel makes no huge pages, nothing is lost but that time.
"""

from __future__ import annotations

import mmap

from rewards.code import kernel

_HUGE_PAGE_BYTES = 1 << 21
_ARENA_BYTES = 1 << 20
"""What the interpreter takes from the kernel at a time for its small objects."""
_SIZES = range(48, 513, 16)
"""What it keeps small objects in, but for the smallest; each size has pages of its own."""
_BYTES_OBJECT = 33
"""A `bytes` object beyond its content."""
_FULL_BYTES = 1 << 16
_GAPS = 128
"""MiB of address space between libraries that are kept from being taken."""


def gather(num_bytes: int) -> list[bytes]:
    """Has the interpreter take memory for small objects now, in one piece; what is imported later comes to lie in it.

    Left alone, it takes a MiB whenever it needs one, wherever there is room between the libraries.

    Returns:
        One object for each MiB. As long as they are kept, the memory is.
    """
    largest = _SIZES[-1]
    blocks = [b""] * (num_bytes // largest)  # made first: a list that grows would take room in between
    gaps = [mmap.mmap(-1, _ARENA_BYTES) for _ in range(_GAPS)]  # takes address space, no memory
    for number in range(len(blocks)):
        blocks[number] = bytes(largest - _BYTES_OBJECT)
    for gap in gaps:
        gap.close()
    return list({id(block) // _ARENA_BYTES: block for block in blocks}.values())


def settle() -> list[bytes]:
    """Fills the room that is left between small objects, so that those made from now on lie together.

    A huge page that is written to falls apart: there should be few of these.

    Returns:
        What fills it, to be kept.
    """
    return [bytes(size - _BYTES_OBJECT) for size in _SIZES for _ in range(_FULL_BYTES // size)]


def collapse() -> int:
    """Puts this process's own memory into huge pages, as far as it fills them; how many the kernel has made."""
    huge = 0
    for start, end in _own_memory():
        first = -(-start // _HUGE_PAGE_BYTES)
        for page in range(first, end // _HUGE_PAGE_BYTES):
            huge += kernel.collapse(page * _HUGE_PAGE_BYTES, _HUGE_PAGE_BYTES)
    return huge


def _own_memory() -> list[tuple[int, int]]:
    """From where to where memory is that belongs to no file; nothing where there is no /proc to tell."""
    try:
        with open("/proc/self/maps") as file:
            lines = [line.split() for line in file]
    except OSError:
        return []
    spans = [line[0].split("-") for line in lines if line[1] == "rw-p" and (len(line) == 5 or line[5] == "[heap]")]
    return [(int(start, 16), int(end, 16)) for start, end in spans]
