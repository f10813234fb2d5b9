"""The server with three functions more: one that hangs, one that echoes, one that looks inside.

``python extended_server.py {CLSID} SECONDS``: a function may take so many seconds.
"""

import sys
import time
from pathlib import Path
from types import MappingProxyType

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from xl_leadkpi.addin import exports, server


def looped(_seconds):
    time.sleep(3600)


def imported(module):
    return module in sys.modules


def echo(first, _second):
    return first


def function(name, compute, parameters):
    parameters = tuple(exports.Parameter(parameter, "") for parameter in parameters)
    return exports.ExcelFunction(name=name, help="", parameters=parameters, compute=compute)


if __name__ == "__main__":
    extra = [
        function("HANG", looped, ["seconds"]),
        function("IMPORTED", imported, ["module"]),
        function("ECHO", echo, ["first", "second"]),
    ]
    exports.FUNCTIONS = MappingProxyType({**exports.FUNCTIONS, **{one.name: one for one in extra}})
    server.serve(sys.argv[1], float(sys.argv[2]))
