"""The command as a process of its own, for what only a process has: signals, streams, descriptors."""

import os
import subprocess
import sys
from pathlib import Path

COMMAND = [sys.executable, "-m", "xl_leadkpi.cli"]
LEADS = (
    "Lead ID,Created,Stage,Source,Amount\n1,2025-01-05,Won,Ads,100\n2,2025-02-05,Lead,Ads,\n3,2025-02-06,SQL,Fair,\n"
)


def environment(**changes):
    """The environment of a command that runs this very source, printing as a terminal in UTF-8 has it."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return inherited | {"PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONUTF8": "1"} | changes


def names(folder="."):
    """What is in a folder, by name."""
    return sorted(path.name for path in Path(folder).iterdir())


def run(*words, cwd=None, env=None, **streams):
    """Run a command to its end; its output in bytes."""
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | streams
    if "input" in streams:
        del streams["stdin"]
    return subprocess.run(
        [*COMMAND, *map(os.fspath, words)], cwd=cwd, env=env or environment(), check=False, timeout=120, **streams
    )
