"""The COM server behind the functions. The bridge has xlwings' DLL start it; it can do two things and no more."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from threading import Thread
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, Final

from xl_leadkpi.addin import exports

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FUNCTIONS_MODULE: Final = "xl_leadkpi.addin.functions"
"""The only module whose functions are served."""

CALL_LIMIT: Final = 120.0
"""Seconds after which a function is taken to hang, and the process ends so that Excel gets its answer."""

_HUNG: Final = 3


class CallLimit(Thread):
    """Ends the process when a function runs for longer than a limit: Excel waits for an answer without end otherwise.

    Args:
        limit: Seconds.
    """

    def __init__(self, limit: float) -> None:
        super().__init__(name="call_limit", daemon=True)
        self._limit = limit
        self.since: float | None = None

    def run(self) -> None:
        """Look once in a while."""
        while True:
            sleep(min(1.0, self._limit / 4))
            since = self.since
            if since is not None and monotonic() - since > self._limit:
                os._exit(_HUNG)


class Server:
    """What Excel gets hold of: the functions and macros of :mod:`~xl_leadkpi.addin.exports`.

    xlwings' own class would run any Python code that VBA passes.
    """

    _public_methods_ = ("CallUDF", "RunMacro")
    call_limit = CallLimit(CALL_LIMIT)

    def CallUDF(  # noqa: N802 - the name xlwings gave it
        self, module: str, name: str, arguments: Sequence[Any], date1904: bool = False, caller: str = ""
    ) -> Any:
        """Call a function for a cell.

        Args:
            module: ``FUNCTIONS_MODULE``.
            name: Name of the function.
            arguments: Its arguments.
            date1904: The workbook counts days from 1904.
            caller: Address of the calling cell.

        Returns:
            The bare value of a single cell, else rows.
        """
        if module != FUNCTIONS_MODULE:
            name = f"{module}.{name}"
        self.call_limit.since = monotonic()
        try:
            rows = exports.call(name, arguments, date1904=date1904, caller=caller)
        finally:
            self.call_limit.since = None
        return rows[0][0] if len(rows) == len(rows[0]) == 1 else rows

    def RunMacro(self, name: str, workbook: Any = None) -> str:  # noqa: N802 - as COM spells it
        """Run a macro of the ribbon.

        Args:
            name: Its name in ``exports.MACROS``.
            workbook: The open workbook.

        Returns:
            What to tell the user, ``""`` for nothing.
        """
        return exports.run_macro(name, workbook)


@contextmanager
def without(*modules: str) -> Iterator[None]:
    """Have ``import`` not find modules for a while; afterwards they can be imported as ever."""
    hidden = [module for module in modules if module not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type] # None: "there is no such module"
    try:
        yield
    finally:
        for module in hidden:
            del sys.modules[module]


def serve(clsid: str, limit: float = CALL_LIMIT) -> None:
    """Serve until Excel lets go; Windows only.

    Args:
        clsid: Class identifier under which the DLL looks for the server.
        limit: Seconds a function may take.
    """
    # xlwings imports pandas and Polars if it can, for converters that are of no use here: half of the time until the
    # first cell has its value.
    with without("pandas", "polars"):
        import xlwings  # noqa: PLC0415
        from xlwings import com_server  # noqa: PLC0415

    Server.call_limit = CallLimit(limit)
    Server.call_limit.start()
    com_server.XLPython = Server  # type: ignore[assignment, misc]
    xlwings.serve(clsid)  # type: ignore[call-arg] # on other systems than Windows it is nothing


if __name__ == "__main__":
    serve(sys.argv[1])
