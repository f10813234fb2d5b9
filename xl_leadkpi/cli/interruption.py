"""Ctrl-C, SIGTERM, SIGHUP and Windows' Ctrl-Break: the command ends soon and leaves no temporary file."""

from __future__ import annotations

import _thread
import os
import signal
import socket
import sys
import threading
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING

from xl_leadkpi import output_files, panics, temporary_files
from xl_leadkpi.cli.streams import print_message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

CTRL_C = int(signal.SIGINT)
PATIENCE = 2.0
"""Seconds in which compiled code should return after a signal; then the process ends without it."""
_SOON = 0.02
_SIGNALS = frozenset(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)
)


class Interrupted(KeyboardInterrupt):
    """A signal that asks the process to end.

    Attributes:
        number: Its number.
    """

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


def exit_code(number: int) -> int:
    """What a shell expects of a process that a signal has ended: 130 after Ctrl-C, 143 after SIGTERM."""
    return 128 + number


def message(number: int) -> str:
    """What to tell the user: why it ended and what was written before."""
    why = "interrupted" if number == CTRL_C else f"ended by {signal.Signals(number).name}"
    done = {"written": output_files.PUT_IN_PLACE, "removed": output_files.REMOVED}
    told = [f"{what} before that: {', '.join(map(str, files))}" for what, files in done.items() if files]
    return f"leadkpi: {why}; " + ("; ".join(told) or "nothing was written")


@contextmanager
def interruptible() -> Iterator[None]:
    """Turn the first signal into :class:`Interrupted`, and remove temporary files before it goes on.

    Files that are being moved to their places arrive first. A library that makes an error of its own of a signal, or
    swallows it, changes nothing.

    Raises:
        Interrupted: At the end at the latest, if there was a signal.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    output_files.PUT_IN_PLACE.clear()
    output_files.REMOVED.clear()
    with ExitStack() as quieted:
        yield from _handled(quieted)


def _handled(quieted: ExitStack) -> Iterator[None]:
    """Handle signals while the body runs; what a library prints after one goes into ``quieted``."""
    received: list[int] = []
    raised = False

    def interrupt(number: int, _frame: FrameType | None) -> None:
        nonlocal raised
        received.append(number)
        if not raised and not output_files.MOVING.locked():
            raised = True  # only once: the next would interrupt the cleaning up
            # raised inside a callback of a library in Rust it is a panic, printed before anyone can take it
            quieted.enter_context(panics.quiet_panics())
            raise Interrupted(number)

    def interrupt_again(number: int) -> None:
        nonlocal raised
        raised = False
        again = threading.Timer(_SOON, _thread.interrupt_main, (number,))
        again.daemon = True
        again.start()

    # nohup, and shells for what runs in the background, have some ignored, and so they stay
    heeded = [number for number in _SIGNALS if signal.getsignal(number) not in {signal.SIG_IGN, None}]
    before = {number: signal.signal(number, interrupt) for number in heeded}
    listener = _Listener(frozenset(heeded), received)
    try:
        try:
            with _none_lost(interrupt_again):
                yield
        finally:
            if received:
                temporary_files.remove_all()
    except BaseException as error:
        if received and not isinstance(error, Interrupted):
            raise Interrupted(received[0]) from error
        raise
    finally:
        listener.close()
        for number, handler in before.items():
            # once told to, the process ends: another signal would only disturb that
            signal.signal(number, signal.SIG_IGN if received else handler)
    if received:
        raise Interrupted(received[0])


@contextmanager
def _none_lost(again: Callable[[int], None]) -> Iterator[None]:
    """Hear of what was raised where nobody can take it, such as a callback of a weak reference; Python would print it.

    Args:
        again: Gets the number of such a signal.
    """
    usual = sys.unraisablehook

    def heed(lost: sys.UnraisableHookArgs) -> None:
        if isinstance(lost.exc_value, Interrupted):
            again(lost.exc_value.number)
        else:
            usual(lost)

    sys.unraisablehook = heed
    try:
        yield
    finally:
        sys.unraisablehook = usual


class _Listener:
    """Hears of signals in a thread of its own: Python's handlers wait until compiled code returns."""

    def __init__(self, heeded: frozenset[int], received: list[int]) -> None:
        self._heeded, self._received = heeded, received
        self._over = threading.Event()
        self._hears, self._tells = socket.socketpair()
        self._tells.settimeout(0)
        self._earlier = signal.set_wakeup_fd(self._tells.fileno(), warn_on_full_buffer=False)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Hear no more."""
        signal.set_wakeup_fd(self._earlier)
        self._over.set()
        with suppress(OSError):
            self._tells.send(b"\0")
        self._thread.join()
        self._hears.close()
        self._tells.close()

    def _run(self) -> None:
        while not self._over.is_set():
            for number in self._hears.recv(64):
                if number not in self._heeded:
                    continue
                self._received.append(number)  # a library may have put its own handler in place of ours
                if not self._over.wait(PATIENCE):
                    self._end(number)

    @staticmethod
    def _end(number: int) -> None:
        with output_files.MOVING:
            output_files.close_all()
            temporary_files.remove_all()
            panics.speak()
            print_message(message(number))
            os._exit(exit_code(number))
