"""Why a cell shows an error: the last failures with function, arguments and reason, for ``KPIWHY`` and the ribbon."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from xl_leadkpi.addin.variants import OMITTED

if TYPE_CHECKING:
    from xl_leadkpi.cells import CellError

KEPT: Final = 200
"""Failures remembered; the oldest goes first."""

_SHOWN: Final = 40
"""Characters of a text that a description of arguments shows."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A call whose result was, or held, an error value.

    Attributes:
        at: When.
        caller: Address of the cell as Excel writes it (``[Book1]Sheet1!$C$2``), ``""`` where there is none.
        function: Name of the function.
        arguments: The arguments in short.
        error: The error value that the cell shows.
        reason: What is wrong, in words.
    """

    at: datetime
    caller: str
    function: str
    arguments: str
    error: str
    reason: str


class FailureLog:
    """The last failures, one a cell; a cell that has a value again leaves the list.

    >>> from xl_leadkpi.cells import CellError
    >>> log = FailureLog()
    >>> log.record("[Book1]Sheet1!$C$2", "CPL", (100.0, 0.0), CellError.DIV0, "leads is 0")
    >>> log.reason("[Book1]Sheet1!$C$2")
    '#DIV/0! CPL(100, 0): leads is 0'
    >>> log.clear("[Book1]Sheet1!$C$2")
    >>> log.reason("[Book1]Sheet1!$C$2") is None
    True
    """

    def __init__(self) -> None:
        self._failures: OrderedDict[str | int, Failure] = OrderedDict()
        self._unnamed = 0

    def record(self, caller: str, function: str, arguments: tuple[Any, ...], error: CellError, reason: str) -> None:
        """Remember a failure."""
        self._unnamed += 1
        key = caller or self._unnamed
        self._failures[key] = Failure(
            datetime.now().astimezone(), caller, function, _describe(arguments), error.value, reason
        )
        self._failures.move_to_end(key)
        if len(self._failures) > KEPT:
            self._failures.popitem(last=False)

    def clear(self, caller: str) -> None:
        """Forget a cell's failure: it has a value now."""
        self._failures.pop(caller, None)

    def reason(self, caller: str) -> str | None:
        """Why a cell shows an error, None if no failure is remembered for it."""
        failure = self._failures.get(caller)
        if failure is None:
            return None
        return f"{failure.error} {failure.function}({failure.arguments}): {failure.reason}"

    def table(self) -> list[list[Any]]:
        """All failures, the latest first, with a header row."""
        header: list[Any] = ["Time", "Cell", "Function", "Arguments", "Result", "Reason"]
        rows: list[list[Any]] = [
            [f"{f.at:%Y-%m-%d %H:%M:%S}", f.caller, f.function, f.arguments, f.error, f.reason]
            for f in reversed(self._failures.values())
        ]
        return [header, *(rows or [["", "", "", "", "", "No failure so far."]])]


failures: Final = FailureLog()
"""The failures of this server process."""


def _describe(arguments: tuple[Any, ...]) -> str:
    return ", ".join(map(_describe_argument, arguments))


def _describe_argument(value: Any) -> str:
    if isinstance(value, (np.ndarray, list)):
        return f"{len(value)} x {len(value[0])} cells"
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, str):
        return f'"{value[:_SHOWN]}{"..." if len(value) > _SHOWN else ""}"'
    return {None: "(empty)", OMITTED: ""}.get(value, str(value)[:_SHOWN])
