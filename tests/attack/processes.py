"""Run one command line, forked from a warm process or in a process of its own, and say what became of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from tests.attack.forks import limit, wait

ROOT = Path(__file__).resolve().parents[2]
MOST_BYTES = 2 << 30
MOST_SECONDS = 20
"""Of the processor: what the clock says depends on what else the machine does."""
PATIENCE = 90
"""Seconds by the clock after which a process hangs."""
ADDRESSES = 8 << 30


@dataclass
class Command:
    """What follows ``leadkpi``, and the circumstances.

    Attributes:
        words: Arguments.
        folder: Where it runs; the files it reads and writes are in it.
        stdin: File to read from, ``os.devnull`` for none.
        environment: Variables beside the usual ones.
        signal: ``{"number": 2, "after": 0.05}``: sent so many seconds after the start.
        alone: It needs a process of its own (encodings, closed streams).
        streams: How standard output and error are handed over: ``file``, ``closed``, ``full`` or ``left``, by name.
    """

    words: list[str]
    folder: Path
    stdin: str = os.devnull
    environment: dict[str, str] = field(default_factory=dict)
    signal: dict[str, Any] = field(default_factory=dict)
    alone: bool = False
    streams: dict[str, str] = field(default_factory=dict)

    @property
    def shown(self) -> str:
        """The words as one would type them."""
        import shlex

        return shlex.join(word if len(word) < 200 else f"{word[:80]}...({len(word)})" for word in self.words)


@dataclass
class Outcome:
    """How a process ended."""

    code: int
    in_time: bool
    seconds: float
    cpu: float
    peak: int
    out: bytes = b""
    err: str = ""


def surroundings(command: Command) -> dict[str, str]:
    """Where it may leave files that are looked for afterwards."""
    logs = command.folder.parent
    return {
        "TMPDIR": str(logs / "tmp"),
        "POLARS_TEMP_DIR": str(logs / "tmp"),
        "HOME": str(logs / "home"),
        "PYTHONPATH": str(ROOT),
        **command.environment,
    }


def _outcome(command: Command, answer: dict[str, Any]) -> Outcome:
    logs = command.folder.parent
    out, err = ((logs / name).read_bytes() if (logs / name).exists() else b"" for name in ("stdout", "stderr"))
    encoding = command.environment.get("PYTHONIOENCODING", "utf-8").partition(":")[0]
    return Outcome(**answer, out=out, err=err.decode(encoding, "backslashreplace"))


class Forks:
    """The warm process; one command at a time."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the warm process."""
        if self._process:
            assert self._process.stdin
            assert self._process.stdout
            self._process.stdin.close()
            self._process.stdout.close()
            self._process.wait(10)
            self._process = None

    def run(self, command: Command) -> Outcome:
        """Fork for a command and wait for its end."""
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.attack.forks"],
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1", "POLARS_MAX_THREADS": "2"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
        logs = command.folder.parent
        job = {
            "words": [os.fsencode(word).hex() for word in command.words],
            "folder": str(command.folder),
            "stdin": command.stdin,
            "stdout": str(logs / "stdout"),
            "stderr": str(logs / "stderr"),
            "environment": surroundings(command),
            "signal": command.signal,
            "seconds": PATIENCE,
            "addresses": ADDRESSES,
            "cpu_seconds": MOST_SECONDS + 5,
        }
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(job).encode() + b"\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the process that forks has ended")
        return _outcome(command, json.loads(line))


def run_alone(command: Command) -> Outcome:
    """Run a command in a process of its own, as a user does."""
    logs = command.folder.parent
    opened: list[int] = []
    closing = []

    def stream(name: str, descriptor: int) -> int:
        how = command.streams.get(name, "file")
        if how == "closed":
            closing.append(descriptor)
        if how == "left":  # the reader of a pipe that is gone
            reading, written = os.pipe()
            os.close(reading)
        else:
            path = "/dev/full" if how == "full" else str(logs / name)
            written = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        opened.append(written)
        return written

    def prepare() -> None:
        limit(ADDRESSES, MOST_SECONDS + 5)
        for descriptor in closing:
            os.close(descriptor)

    out, err = stream("stdout", 1), stream("stderr", 2)
    opened.append(os.open(command.stdin, os.O_RDONLY))
    environment = {**os.environ, **surroundings(command)}
    process = subprocess.Popen(
        [sys.executable, "-m", "xl_leadkpi.cli", *command.words],
        cwd=command.folder,
        env=environment,
        stdin=opened[-1],
        stdout=out,
        stderr=err,
        preexec_fn=prepare,  # noqa: PLW1509 - limits are of the child alone
    )
    for descriptor in opened:
        os.close(descriptor)
    answer = wait(process.pid, PATIENCE, command.signal)
    process.returncode = answer["code"]
    return _outcome(command, answer)
