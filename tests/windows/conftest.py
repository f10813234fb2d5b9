"""A Windows Python and its client: on Windows this very Python, elsewhere the one that the environment names."""

import json
import os
import shlex
import struct
import subprocess
import sys
from pathlib import Path

import pytest

collect_ignore = ["inside"]  # run by the Windows Python

ROOT = Path(__file__).resolve().parents[2]
VARIABLE = "LEADKPI_WINDOWS_PYTHON"
OWN_PATH = "leadkpi_under_test.pth"
"""The server takes no module from where PYTHONPATH points: this file, which every Python reads, leads to ours."""


def windows_path(path):
    return str(path) if sys.platform == "win32" else "Z:" + str(path).replace("/", "\\")


class Client:
    """A process that does what the VBA of one Excel does."""

    def __init__(self, python):
        self._process = subprocess.Popen(
            [*python, "-B", windows_path(ROOT / "tests" / "windows" / "inside" / "client.py")],
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
        # Wine's services share the output, and on a busy machine one of them has been heard
        line = next((line for line in self._process.stdout if line.startswith("{")), None)
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
        script = windows_path(ROOT / "tests" / "windows" / "inside" / "extended_server.py")
        self.ask("command", arguments=f'-I "{script}" $(CLSID) {limit}')

    def close(self):
        self._process.stdin.close()
        try:
            self._process.wait(timeout=30)
        except subprocess.TimeoutExpired:  # it still waits for a server that never comes up
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()


def add_what_wine_lacks(python):
    """Polars takes random numbers from bcryptprimitives.dll, which Windows has and Debian's Wine does not.

    Written beside python.exe: a library whose one function, ProcessPrng, is advapi32's SystemFunction036.
    """
    executable = subprocess.run(
        [*python, "-c", "import sys; print(sys.executable)"], capture_output=True, text=True, check=True
    )
    folder = Path(executable.stdout.strip().removeprefix("Z:").replace("\\", "/")).parent
    (folder / "bcryptprimitives.dll").write_bytes(
        forwarder("bcryptprimitives.dll", "ProcessPrng", "advapi32.SystemFunction036")
    )


def forwarder(library, function, target):
    """A 64-bit DLL that holds nothing but one export, forwarded to another library's function."""
    base, section, aligned = 0x180000000, 0x1000, 0x200
    texts = [text.encode() + b"\0" for text in (library, function, target)]
    tables = section + 40  # after the export directory: one address, one name, one number
    library_at = tables + 12
    function_at = library_at + len(texts[0])
    target_at = function_at + len(texts[1])
    exports = struct.pack("<IIHH7I", 0, 0, 0, 0, library_at, 1, 1, 1, tables, tables + 4, tables + 8)
    exports += struct.pack("<IIHH", target_at, function_at, 0, 0) + b"".join(texts)
    header = b"MZ".ljust(60, b"\0") + struct.pack("<I", 64) + b"PE\0\0"
    header += struct.pack("<HHIIIHH", 0x8664, 1, 0, 0, 0, 240, 0x2022)
    header += struct.pack("<HBB5I", 0x20B, 14, 0, 0, aligned, 0, 0, section)
    header += struct.pack("<Q2I6H4I2H", base, section, aligned, 6, 0, 0, 0, 6, 0, 0, 2 * section, aligned, 0, 3, 0x100)
    header += struct.pack("<4Q2I", 1 << 20, section, 1 << 20, section, 0, 16)
    header += struct.pack("<2I", section, len(exports)) + bytes(15 * 8)
    header += struct.pack("<8s6I2HI", b".edata", len(exports), section, aligned, aligned, 0, 0, 0, 0, 0x40000040)
    return header.ljust(aligned, b"\0") + exports.ljust(aligned, b"\0")


@pytest.fixture(scope="session")
def windows_python():
    """Command that starts a Windows Python with pywin32, xlwings and this package."""
    if sys.platform == "win32":
        yield [sys.executable]
        return
    python = shlex.split(os.environ[VARIABLE])
    add_what_wine_lacks(python)
    path_file = site_packages(python) / OWN_PATH
    path_file.write_text(windows_path(ROOT), encoding="ascii")
    yield python
    path_file.unlink()


def site_packages(python):
    program = "import sysconfig; print(sysconfig.get_path('purelib'))"
    asked = subprocess.run([*python, "-c", program], capture_output=True, text=True, check=True)
    return Path(asked.stdout.strip().removeprefix("Z:").replace("\\", "/"))


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


@pytest.fixture(scope="session", autouse=True)
def stillborn(new_client):
    """An Excel whose Python never comes up; xlwings' DLL gives up after two minutes, while other tests run."""
    client = new_client()
    client.ask("command", arguments='-c "import time; time.sleep(3600)" $(CLSID)')
    client.send("connect")
    return client
