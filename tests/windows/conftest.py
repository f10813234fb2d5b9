"""A Windows Python and the client that it runs: on Windows this very Python, elsewhere the one the environment names."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

collect_ignore = ["client.py", "com.py", "extended_server.py"]  # run by the Windows Python

ROOT = Path(__file__).resolve().parents[2]
VARIABLE = "LEADKPI_WINDOWS_PYTHON"


def windows_path(path):
    return str(path) if sys.platform == "win32" else "Z:" + str(path).replace("/", "\\")


class Client:
    """A process that does what the VBA of one Excel does."""

    def __init__(self, python):
        self._process = subprocess.Popen(
            [*python, "-B", windows_path(ROOT / "tests" / "windows" / "client.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": windows_path(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
            text=True,
            encoding="utf-8",
        )
        self.seconds = 0.0

    def send(self, do, **request):
        self._process.stdin.write(json.dumps({"do": do, **request}) + "\n")
        self._process.stdin.flush()

    def receive(self):
        line = self._process.stdout.readline()
        assert line, "the client ended"
        reply = json.loads(line)
        self.seconds = reply["seconds"]
        return reply["answer"]

    def ask(self, do, **request):
        self.send(do, **request)
        return self.receive()

    def call(self, name, *arguments, date1904=False, caller=""):
        return self.ask("call", name=name, arguments=arguments, date1904=date1904, caller=caller)

    def use_extended_server(self, limit):
        script = windows_path(ROOT / "tests" / "windows" / "extended_server.py")
        self.ask("command", arguments=f'-P "{script}" $(CLSID) {limit}')

    def close(self):
        self._process.stdin.close()
        self._process.wait(timeout=60)
        self._process.stdout.close()


@pytest.fixture(scope="session")
def windows_python():
    """Command that starts a Windows Python with pywin32 and xlwings."""
    if sys.platform == "win32":
        return [sys.executable]
    command = os.environ.get(VARIABLE)
    if not command:
        reason = f"needs Windows, or {VARIABLE}: the command that starts a Windows Python with pywin32 and xlwings"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return shlex.split(command)


@pytest.fixture(scope="session")
def new_client(windows_python):
    clients = []

    def start():
        clients.append(Client(windows_python))
        return clients[-1]

    yield start
    for client in clients:
        client.close()


@pytest.fixture(scope="session")
def client(new_client):
    """One Excel for all tests that need no more."""
    return new_client()
