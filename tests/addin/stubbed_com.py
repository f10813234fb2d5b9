"""Runs xlwings' own Windows half on any system: the COM modules are stand-ins, everything of xlwings is real.

Run as a program (in a process of its own, for it changes ``sys.modules``): prints what xlwings makes of the functions'
module as JSON.
"""

import asyncio
import ctypes
import io
import json
import sys
import threading
import types


class Anything(types.ModuleType):
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {"__call__": lambda *_, **__: None})


class Library:
    def __getattr__(self, name):
        return Library()

    def __call__(self, *_, **__):
        return 0


def stub(name, **members):
    module = Anything(name)
    module.__dict__.update(members, __path__=[], __file__="stub")
    sys.modules[name] = module


def install():
    class ComError(Exception):
        pass

    stub("pythoncom", CoInitialize=lambda *_: None, com_error=ComError, IID_IDispatch=None)
    stub("pywintypes", com_error=ComError, TimeType=type("TimeType", (), {}))
    for name in ("win32api", "win32con", "win32gui", "win32process", "win32timezone", "winerror", "win32com"):
        stub(name)
    for name in ("server.util", "server.dispatcher", "server.policy"):
        stub(f"win32com.{name}")
    classes = {name: type(name, (), {}) for name in ("CDispatch", "CoClassBaseClass", "DispatchBaseClass")}
    stub("win32com.client", Dispatch=lambda x=None, *_, **__: x, DispatchEx=None, **classes)
    for name in ("windll", "oledll"):
        setattr(ctypes, name, Library())
    ctypes.WinError, ctypes.PyDLL = OSError, lambda *_, **__: Library()
    server = types.ModuleType("xlwings.com_server")
    server.loop = asyncio.new_event_loop()
    threading.Thread(target=server.loop.run_forever, daemon=True).start()
    sys.modules["xlwings.com_server"] = server


def real_windows_half():
    import xlwings
    from xlwings import _xlwindows

    xlwings._xlwindows = _xlwindows
    xlwings.engines.add(xlwings.main.Engine(impl=_xlwindows.engine))
    from xlwings import udfs

    xlwings.func, xlwings.arg, xlwings.ret = udfs.xlfunc, udfs.xlarg, udfs.xlret
    return udfs


if __name__ == "__main__":
    install()
    udfs = real_windows_half()
    from xl_leadkpi.addin import functions

    vba = io.StringIO()
    workbook = type("Workbook", (), {"Name": "any.xlam"})
    udfs.generate_vba_wrapper("xl_leadkpi.addin.functions", functions, vba, workbook)
    calls = json.loads(sys.argv[1])
    module = "xl_leadkpi.addin.functions"

    def frozen(value):
        return tuple(map(frozen, value)) if isinstance(value, list) else value

    results = [udfs.call_udf(module, name, frozen(arguments), None, None) for name, arguments in calls]
    described = {name: getattr(functions, name).__xlfunc__ for name in functions.__all__}
    json.dump(
        {
            "vba": vba.getvalue(),
            "results": results,
            "functions": {
                name: {
                    "category": one["category"],
                    "help": one["ret"]["doc"],
                    "arguments": [
                        [argument["name"], argument["doc"], argument.get("optional"), argument["options"]["convert"]]
                        for argument in one["args"]
                    ],
                }
                for name, one in described.items()
            },
        },
        sys.stdout,
    )
