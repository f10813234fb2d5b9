"""Panics of libraries written in Rust: no Exception to Python, and printed to standard error before Python hears."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_before: list[int] = []
"""Standard error as it was, while it is quieted."""
_quieting = 0
"""How many want it quiet: a signal asks for it in the middle of another, and ends after that one."""


def is_panic(error: BaseException) -> bool:
    """Tell a panic of a library written in Rust, which is no Exception."""
    return type(error).__name__ == "PanicException"


def speak() -> None:
    """Give standard error back at once, for the last words of a process that ends while a library is quieted."""
    for before in _before:
        os.dup2(before, 2)


@contextmanager
def quiet_panics() -> Iterator[None]:
    """Keep what a library in Rust prints of its panics off standard error, past which no exception can be told."""
    global _quieting  # noqa: PLW0603 - standard error is the process's too
    try:
        if not _before:
            _before.append(os.dup(2))
    except OSError:  # a program without a console
        yield
        return
    _quieting += 1
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 2)
        os.close(nowhere)
        yield
    finally:
        _quieting -= 1
        if not _quieting:
            before = _before.pop()
            os.dup2(before, 2)
            os.close(before)
