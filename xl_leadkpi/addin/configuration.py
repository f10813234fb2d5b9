"""The user's own file that says which Python serves Excel; a workbook has no say in it.

The bridge (``KpiBridge.cls``) reads the same file by the same rules; ``tests/addin`` holds the two against each other.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

FILE: Final = Path("leadkpi", "leadkpi.conf")
"""Where the file is, below ``%APPDATA%``."""

KEY: Final = "interpreter"

SERVER_ARGUMENTS: Final = " -I -m xl_leadkpi.addin.server $(CLSID)"
"""What follows the interpreter in the command that starts the server.

xlwings' DLL puts a fresh class identifier in the place of ``$(CLSID)``; after it the bridge writes how many servers
there were before. ``-I``: modules come neither from the folder Excel happens to be in nor from where environment
variables point; an empty entry of ``PYTHONPATH`` is that folder. No workbook appears in the command, so all of them
share one process.
"""

_LONGEST_COMMAND: Final = 1900
"""Characters; the DLL has room for 2,047 with the class identifier."""


class ConfigurationError(ValueError):
    """The interpreter cannot serve Excel; the message says why and what to do."""


def file_path() -> Path:
    """Where the file is for this user.

    Raises:
        ConfigurationError: Not on Windows.
    """
    folder = os.environ.get("APPDATA")
    if not folder:
        raise ConfigurationError("%APPDATA% is not set: Excel's functions need Windows")
    return Path(folder) / FILE


def check_interpreter(interpreter: str) -> None:
    r"""Check a path by the rules of the bridge, other than that it exists.

    Raises:
        ConfigurationError: If the bridge would refuse it.

    >>> check_interpreter(r"C:\Program Files\Python311\python.exe")
    >>> check_interpreter(r"\\server\share\python.exe")
    Traceback (most recent call last):
    ...
    xl_leadkpi.addin.configuration.ConfigurationError: the interpreter must be on a drive of this computer: \\server\...
    """
    if not re.match(r"[A-Za-z]:\\", interpreter):
        raise ConfigurationError(f"the interpreter must be on a drive of this computer: {interpreter}")
    if interpreter.rpartition("\\")[2].lower() not in ("python.exe", "pythonw.exe"):
        raise ConfigurationError(f"the interpreter must be python.exe or pythonw.exe: {interpreter}")
    if '"' in interpreter or "$(" in interpreter or len(interpreter) > _LONGEST_COMMAND:
        raise ConfigurationError(f"the path of the interpreter cannot be written in a command: {interpreter}")


def content(interpreter: str, *, encoding: str = "mbcs") -> bytes:
    r"""What the file says.

    Args:
        interpreter: Absolute path of ``python.exe``.
        encoding: VBA reads files in the ANSI code page of Windows, and the DLL takes its command in it.

    Raises:
        ConfigurationError: If the bridge would refuse the interpreter or cannot read its path.

    >>> content(r"C:\Python311\python.exe", encoding="cp1252")
    b'interpreter=C:\\Python311\\python.exe\r\n'
    """
    check_interpreter(interpreter)
    try:
        return f"{KEY}={interpreter}\r\n".encode(encoding)
    except UnicodeEncodeError as problem:
        raise ConfigurationError(
            f"the path holds characters that Windows' code page lacks; install Python elsewhere: {interpreter}"
        ) from problem


def read(file: Path | None = None, *, encoding: str = "mbcs") -> str:
    """Read which interpreter serves Excel.

    Raises:
        ConfigurationError: If there is no such file, it names no interpreter, or one that the bridge would refuse.
    """
    file = file or file_path()
    try:
        lines = file.read_bytes().decode(encoding, errors="replace").splitlines()
    except OSError as problem:
        raise ConfigurationError(f"{file} cannot be read; run: leadkpi install") from problem
    for line in lines:
        key, _, interpreter = line.partition("=")
        if key.strip().lower() == KEY:
            check_interpreter(interpreter.strip())
            return interpreter.strip()
    raise ConfigurationError(f"{file} does not say {KEY}=...; run: leadkpi install")
