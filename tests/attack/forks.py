"""A process that has imported everything once, and forks for each command line: a hundredth of a start's time.

Reads one job a line (JSON) and answers with what became of it. A program, started by :mod:`tests.attack.processes`; it
must start no thread before it forks, so it never counts anything itself.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import tempfile
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


_ENDING = {signal.SIGINT, signal.SIGTERM}


def limit(addresses: int, seconds: int) -> None:
    """Bound what the process may take, so that no input takes the machine with it."""
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (addresses, addresses))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def wait(pid: int, seconds: float, sent: dict[str, Any]) -> dict[str, Any]:
    """Wait for a child, on the way send it the signal that is asked for; end it when its time is up."""
    started = time.perf_counter()
    pidfd = os.pidfd_open(pid)
    poll = select.poll()
    poll.register(pidfd, select.POLLIN)
    in_time = True
    if sent and not poll.poll(sent["after"] * 1000):
        signal.pidfd_send_signal(pidfd, sent["number"])
    if not poll.poll(seconds * 1000):
        in_time = False
        signal.pidfd_send_signal(pidfd, signal.SIGKILL)
    os.close(pidfd)
    _, status, usage = os.wait4(pid, 0)
    return {
        "code": os.waitstatus_to_exitcode(status),
        "in_time": in_time,
        "seconds": time.perf_counter() - started,
        "cpu": usage.ru_utime + usage.ru_stime,
        "peak": usage.ru_maxrss << 10,
    }


def _become(job: dict[str, Any]) -> None:
    """Make the child what a process of its own would be: folder, streams, environment, limits."""
    os.chdir(job["folder"])
    for number, (path, flags) in enumerate(
        (
            (job["stdin"], os.O_RDONLY),
            *((job[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC) for name in ("stdout", "stderr")),
        )
    ):
        opened = os.open(path, flags, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    encoding = job["environment"].get("PYTHONIOENCODING", "utf-8").partition(":")[0]
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        errors = "backslashreplace" if name == "stderr" else "strict"
        stream = open(number, mode, encoding=encoding, errors=errors, closefd=False)  # noqa: SIM115 - of the process
        stream.reconfigure(line_buffering=name == "stderr")
        setattr(sys, name, stream)
    os.environ.update(job["environment"])
    tempfile.tempdir = None
    limit(job["addresses"], job["cpu_seconds"])


def serve() -> dict[str, Any] | None:
    """Answer jobs until there are no more; a child returns its own."""
    for line in sys.stdin.buffer:
        job: dict[str, Any] = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _become(job)
            return job
        answer = wait(pid, job["seconds"], job["signal"])
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    return None


def _imported() -> Callable[[list[str]], int]:
    import importlib
    import pkgutil

    import xl_leadkpi
    from xl_leadkpi import cli

    for room in ("cells", "kpis", "leads", "funnel", "sheets", "cli"):
        for module in pkgutil.walk_packages([f"{xl_leadkpi.__path__[0]}/{room}"], f"xl_leadkpi.{room}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    for name in ("duckdb", "pandas", "polars", "pyarrow", "python_calamine", "xlsxwriter"):
        importlib.import_module(name)
    return cli.main


if __name__ == "__main__":
    main = _imported()
    signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)  # a child that is not yet what it stands for takes none
    mine = serve()
    if mine is not None:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)
        sys.argv = ["leadkpi", *(os.fsdecode(bytes.fromhex(word)) for word in mine["words"])]
        sys.exit(main())  # as a process of its own
