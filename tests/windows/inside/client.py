"""Does what the add-in's VBA does, run by a Windows Python: the tests send it lines of JSON and read lines of JSON.

Constants come from the VBA itself, so that the two cannot differ. Values that JSON does not know are one-key objects:
``{"date": 45782.5}``, ``{"currency": 12.5}``, ``{"error": 2042}``, ``{"integer": 3}``, ``{"omitted": true}``; a list is
a row of an array constant, a list of lists a range.
"""

import ctypes
import json
import os
import re
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from com import ComError, Dispatch, Variant

BRIDGE = Path(__file__).resolve().parents[3].joinpath("workbook_template", "vba", "KpiBridge.cls").read_text("ascii")


def constant(name):
    """Text or number of a constant of the bridge (of the 64-bit branch where there are two)."""
    text = re.search(rf"Const {name} As \w+ = (.*)", BRIDGE)[1].strip()
    return text[1:-1].replace('""', '"') if text.startswith('"') else int(text)


def load_library(interpreter):
    library = constant("LIBRARY")
    for folder in (Path(interpreter).parent, Path(interpreter).parent.parent, *map(Path, sys.path)):
        if (folder / library).is_file():
            return ctypes.WinDLL(str(folder / library))
    raise FileNotFoundError(library)


class Bridge:
    """KpiBridge.cls."""

    def __init__(self):
        ctypes.windll.ole32.CoInitialize(None)
        self.activate = load_library(sys.executable).XLPyDLLActivateAuto
        self.activate.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_long]
        self.activate.restype = ctypes.c_long
        self.arguments = constant("SERVER_ARGUMENTS")
        self.generation = 0
        self.server = None
        self.problem = 0

    @property
    def command(self):
        return f'"{sys.executable}"{self.arguments} {self.generation}'.encode("mbcs")

    def connect(self):
        """Start or fetch the server; the text of what stands against it, None if it is there."""
        if self.server is not None:
            return None
        variant = Variant()
        if self.activate(ctypes.byref(variant), self.command, constant("START_OR_GET")):
            return ctypes.wstring_at(variant.pointer)
        self.server = Dispatch(variant.pointer)
        return None

    def call(self, name, arguments, date1904=False, caller=""):
        """CallPython."""
        for _attempt in (1, 2):
            if self.connect() is not None:
                return constant("NO_PYTHON")
            try:
                return self.server.call(
                    "CallUDF", constant("FUNCTIONS_MODULE"), name, tuple(arguments), date1904, caller
                )
            except ComError as problem:
                self.problem = problem.args[0]
                self.end_server()
                if self.problem not in (constant("SERVER_UNAVAILABLE"), constant("OBJECT_DISCONNECTED")):
                    break
        return constant("NO_VALUE")

    def end_server(self):
        if self.server is not None:
            self.server.release()
        self.server = None
        self.activate(ctypes.byref(Variant()), self.command, constant("STOP_SERVER"))
        self.generation += 1


class Process(ctypes.Structure):
    _fields_ = [
        ("size", ctypes.c_ulong), ("usage", ctypes.c_ulong), ("pid", ctypes.c_ulong), ("heap", ctypes.c_void_p),
        ("module", ctypes.c_ulong), ("threads", ctypes.c_ulong), ("parent", ctypes.c_ulong),
        ("priority", ctypes.c_long), ("flags", ctypes.c_ulong), ("file", ctypes.c_char * 260),
    ]  # fmt: skip


def children():
    """The Pythons that this process started and that are alive; Wine starts programs of its own beside them."""
    kernel = ctypes.windll.kernel32
    kernel.CreateToolhelp32Snapshot.restype = ctypes.c_void_p
    snapshot = ctypes.c_void_p(kernel.CreateToolhelp32Snapshot(2, 0))
    process, found = Process(size=ctypes.sizeof(Process)), []
    more = kernel.Process32First(snapshot, ctypes.byref(process))
    while more:
        if process.parent == os.getpid() and process.file.lower().startswith(b"python"):
            found.append(process.pid)
        more = kernel.Process32Next(snapshot, ctypes.byref(process))
    kernel.CloseHandle(snapshot)
    return found


def kill_children():
    for pid in children():
        handle = ctypes.windll.kernel32.OpenProcess(1, 0, pid)
        ctypes.windll.kernel32.TerminateProcess(handle, 1)
        ctypes.windll.kernel32.CloseHandle(handle)


def serve(bridge, request):
    operation = request["do"]
    if operation == "command":
        bridge.arguments = " " + request["arguments"]
        return None
    if operation == "enter":
        os.chdir(request["folder"])
        os.environ.update(request["environment"])
        return None
    if operation == "connect":
        return bridge.connect()
    if operation == "call":
        return bridge.call(request["name"], request["arguments"], request["date1904"], request["caller"])
    if operation == "calls":
        return [bridge.call(name, arguments) for name, arguments in request["calls"]]
    if operation == "kill during call":
        threading.Timer(request["after"], kill_children).start()
        return bridge.call(request["name"], request["arguments"])
    if operation == "method":
        try:
            return bridge.server.call(request["name"], *request["arguments"])
        except ComError as problem:
            return f"refused: {problem}"
    return {
        "kill": kill_children,
        "stop": bridge.end_server,
        "children": children,
        "generation": lambda: bridge.generation,
        "problem": lambda: bridge.problem,
    }[operation]()


if __name__ == "__main__":
    the_bridge = Bridge()
    for line in sys.stdin:
        began = time.perf_counter()
        answer = serve(the_bridge, json.loads(line))
        print(json.dumps({"answer": answer, "seconds": time.perf_counter() - began}), flush=True)
    the_bridge.end_server()
