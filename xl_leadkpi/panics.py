"""Panics of libraries written in Rust: no Exception to Python, and printed to standard error before Python hears."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_quieted: list[int] = []


def is_panic(error: BaseException) -> bool:
    """Tell a panic of a library written in Rust, which is no Exception."""
    return type(error).__name__ == "PanicException"


def speak() -> None:
    """Give standard error back at once, for the last words of a process that ends while a library is quieted."""
    for before in _quieted[:1]:
        os.dup2(before, 2)


@contextmanager
def quiet_panics() -> Iterator[None]:
    """Keep what a library in Rust prints of its panics off standard error, past which no exception can be told."""
    try:
        before = os.dup(2)
    except OSError:  # a program without a console
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    _quieted.append(before)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        _quieted.remove(before)
        os.dup2(before, 2)
        os.close(before)
        os.close(nowhere)
