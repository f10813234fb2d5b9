"""Opening a file of the old binary format in a process of its own first, with a limit of memory and of time.

Where such a file is damaged, its reader follows what the damage says, to tens of gigabytes or without an end, and ends
the process. Nothing short of reading it tells.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_MEMORY = 7 << 28  # a full sheet of the format, 65,536 rows of 256 columns, takes two thirds of it
_SECONDS = 15
_SECONDS_A_MEGABYTE = 1
_PROGRAM = """
import sys
sys.path[:] = sys.argv[3:]
from xl_leadkpi.leads.files.try_out import limit_memory
limit_memory(int(sys.argv[2]))
import python_calamine
book = python_calamine.load_workbook(sys.argv[1])
for name in book.sheet_names:
    book.get_sheet_by_name(name)
"""


def try_out(path: Path) -> str:
    """Open a workbook in a process of its own.

    Args:
        path: The file.

    Returns:
        Why it cannot be opened; ``""`` where it can.
    """
    patience = _SECONDS + _SECONDS_A_MEGABYTE * path.stat().st_size / (1 << 20)
    command = [sys.executable, "-I", "-c", _PROGRAM, str(path.absolute()), str(_MEMORY), *filter(None, sys.path)]
    window = getattr(subprocess, "CREATE_NO_WINDOW", 0)
    try:
        done = subprocess.run(  # noqa: S603 (this Python)
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=patience, check=False, creationflags=window
        )
    except subprocess.TimeoutExpired:
        return "it cannot be read within a reasonable time"
    if done.returncode == 0:
        return ""
    last = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
    kind, _, words = last.partition(": ")
    return (
        words
        if kind.endswith(("CalamineError", "XmlError", "ZipError", "PasswordError"))
        else "its content makes no sense"
    )


def limit_memory(most: int) -> None:
    """Limit the memory of this process, so that a request for more ends it and nothing else."""
    if os.name == "nt":
        _limit_on_windows(most)
        return
    import resource  # noqa: PLC0415 (not on Windows)

    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _limit_on_windows(most: int) -> None:
    import ctypes  # noqa: PLC0415 (only there)
    from ctypes import wintypes  # noqa: PLC0415

    class Limits(ctypes.Structure):
        """JOBOBJECT_EXTENDED_LIMIT_INFORMATION."""

        _fields_ = (
            ("times", ctypes.c_int64 * 2),
            ("flags", wintypes.DWORD),
            ("working_set", ctypes.c_size_t * 2),
            ("processes", wintypes.DWORD),
            ("affinity", ctypes.c_size_t),
            ("classes", wintypes.DWORD * 2),
            ("counters", ctypes.c_uint64 * 6),
            ("process_memory", ctypes.c_size_t),
            ("others", ctypes.c_size_t * 3),
        )

    kernel = ctypes.WinDLL("kernel32", use_last_error=True)  # type: ignore[attr-defined]
    kernel.CreateJobObjectW.restype = kernel.GetCurrentProcess.restype = wintypes.HANDLE
    kernel.SetInformationJobObject.argtypes = (wintypes.HANDLE, ctypes.c_int, ctypes.c_void_p, wintypes.DWORD)
    kernel.AssignProcessToJobObject.argtypes = (wintypes.HANDLE, wintypes.HANDLE)
    limits = Limits(flags=0x100, process_memory=most)  # JOB_OBJECT_LIMIT_PROCESS_MEMORY
    job = kernel.CreateJobObjectW(None, None)
    kernel.SetInformationJobObject(job, 9, ctypes.byref(limits), ctypes.sizeof(limits))
    kernel.AssignProcessToJobObject(job, kernel.GetCurrentProcess())
