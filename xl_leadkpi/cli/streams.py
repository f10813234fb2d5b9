"""Standard input, output and error as they come: of any encoding, closed, full, or left by their reader."""

from __future__ import annotations

import codecs
import io
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, TextIO

from xl_leadkpi.errors import UserError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_ERRORS = "leadkpi.nearest"
_NEAREST = {
    "×": "x", "÷": "/", "·": "*", "−": "-", "–": "-", "—": "-", "≥": ">=", "≤": "<=", "≠": "<>", "≈": "~", "→": "->",
    "…": "...", "„": '"', "“": '"', "”": '"', "«": '"', "»": '"', "’": "'", "‘": "'", "\u00a0": " ", "\u202f": " ",
    "ł": "l", "Ł": "L", "ß": "ss",
}  # fmt: skip


def prepare_streams() -> None:
    """Make printing safe: no letter, no closed stream ends the command with a traceback."""
    if None in (sys.stdin, sys.stdout, sys.stderr):
        _fill_closed()
    codecs.register_error(_ERRORS, _nearest)
    sys.stdout = _watched(sys.stdout)
    for stream in (sys.stdout, sys.stderr):
        # what the user has chosen himself (PYTHONIOENCODING=:replace) stays
        if isinstance(stream, io.TextIOWrapper) and stream.errors in {"strict", "surrogateescape"}:
            stream.reconfigure(errors=_ERRORS)


class _Output(io.FileIO):
    """Standard output that keeps what writing it ran into: the one who prints is told of an error, but not whose."""

    fault: OSError | None = None

    def write(self, content: ReadableBuffer, /) -> int:
        try:
            return super().write(content)
        except OSError as error:
            self.fault = error
            raise


def _watched(stream: TextIO) -> TextIO:
    """The same stream over an :class:`_Output`; where PYTHONUNBUFFERED took its buffer, each line is sent at once."""
    if stream is not sys.__stdout__ or type(stream) is not io.TextIOWrapper:
        return stream
    raw = getattr(stream.buffer, "raw", stream.buffer)
    if type(raw) is not io.FileIO:
        return stream
    stream.flush()
    at_once = stream.line_buffering or stream.buffer is raw
    buffer = io.BufferedWriter(_Output(raw.fileno(), "w", closefd=False))
    return io.TextIOWrapper(buffer, stream.encoding, stream.errors, line_buffering=at_once)


def is_of_output(error: OSError) -> bool:
    """Tell whether standard output ran into this error."""
    raw = getattr(getattr(sys.stdout, "buffer", None), "raw", None)
    if isinstance(raw, _Output):
        return raw.fault is error
    try:
        sys.stdout.flush()
    except OSError:
        return True
    return False


def _fill_closed() -> None:
    """Let what is printed to a closed stream vanish; a file opened later must not take its place and number."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123 (for the process's life)


def _nearest(error: UnicodeError) -> tuple[str | bytes, int]:
    """Write the nearest there is for characters that an encoding lacks; undecodable bytes of file names as they are."""
    from unicodedata import normalize

    if not isinstance(error, UnicodeEncodeError):
        raise error
    letter = error.object[error.start]
    if "\udc80" <= letter <= "\udcff":
        return bytes([ord(letter) - 0xDC00]), error.start + 1
    for near in (_NEAREST.get(letter, ""), normalize("NFKD", letter)[0]):
        with suppress(UnicodeEncodeError):
            if near and near.encode(error.encoding):
                return near, error.start + 1
    return "?", error.start + 1


def print_message(text: str) -> None:
    """Print a message to standard error; that nobody can read it is no reason to stop."""
    try:
        print(text, file=sys.stderr, flush=True)
    except OSError:
        silence(sys.stderr)


def write_json(text: str) -> None:
    """Write JSON to standard output, in UTF-8 whatever the encoding there: JSON has no other.

    Raises:
        UserError: If standard output is closed or cannot be written to.
        BrokenPipeError: If its reader has left.
    """
    if sys.__stdout__ is None:
        raise UserError("standard output is closed; name a file with --json")
    if not hasattr(sys.stdout, "buffer"):
        sys.stdout.write(text)
        return
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace"))
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        silence(sys.stdout)
        raise UserError(output_fault(error)) from error


def output_fault(error: OSError) -> str:
    """What to say where standard output cannot be written to."""
    said = error.strerror or error
    return f"standard output cannot be written to ({said}); free some space there, or send it elsewhere"


def silence(stream: TextIO) -> None:
    """Let what a stream could not write vanish: Python must not try again when it ends."""
    with suppress(OSError, ValueError):  # not a stream of the process's own
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
