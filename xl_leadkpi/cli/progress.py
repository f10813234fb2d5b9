"""A progress bar on standard error, for a person at a terminal, for work that takes longer than a second."""

from __future__ import annotations

import sys
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType

_PATIENCE = 1.0
_REDRAW = 0.2
_WIDTH = 24


class Progress:
    """Show which step of how many is running; silent for quick work, for pipes and when told to be.

    A thread of its own redraws the line, because the steps spend their time inside compiled code.

    Args:
        steps: How many steps there will be.
        quiet: Never draw.

    >>> with Progress(2, quiet=True) as progress:
    ...     progress("reading")
    ...     progress("counting")
    """

    def __init__(self, steps: int, *, quiet: bool = False) -> None:
        self._steps = steps
        self._step = 0
        self._label = ""
        self._started = time.monotonic()
        self._drawn = 0
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        if not quiet and sys.stderr.isatty():
            self._thread = threading.Thread(target=self._draw_until_over, daemon=True)

    def __call__(self, label: str) -> None:
        """Enter the next step."""
        self._step = min(self._step + 1, self._steps)
        self._label = label

    def __enter__(self) -> Self:
        if self._thread:
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        if self._thread:
            self._thread.join()
        if self._drawn:
            _draw("\r" + " " * self._drawn + "\r")

    def _draw_until_over(self) -> None:
        if self._over.wait(_PATIENCE):
            return
        while True:
            # the running step counts half: the bar neither starts empty nor ends full before the end
            filled = round(_WIDTH * max(0.0, self._step - 0.5) / self._steps)
            seconds = time.monotonic() - self._started
            line = f"[{'#' * filled}{'.' * (_WIDTH - filled)}] {self._label} {seconds:.0f} s"
            _draw("\r" + line.ljust(self._drawn))
            self._drawn = max(self._drawn, len(line))
            if self._over.wait(_REDRAW):
                return


def _draw(text: str) -> None:
    with suppress(OSError):  # the terminal is gone
        sys.stderr.write(text)
        sys.stderr.flush()
