"""Excel's error values, a closed set: a KPI that has no value returns one of these and never raises."""

from enum import Enum


class CellError(Enum):
    """An error value as a cell shows it.

    >>> CellError.DIV0
    #DIV/0!
    >>> CellError("#N/A") is CellError.NA
    True
    """

    NULL = "#NULL!"
    DIV0 = "#DIV/0!"
    VALUE = "#VALUE!"
    REF = "#REF!"
    NAME = "#NAME?"
    NUM = "#NUM!"
    NA = "#N/A"

    def __repr__(self) -> str:
        return self.value

    def __str__(self) -> str:
        return self.value
