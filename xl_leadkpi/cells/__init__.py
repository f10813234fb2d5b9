"""How Excel computes: error values, blanks, text, dates, broadcasting - and how a formula is written as Excel text.

The rules stand here once; a KPI states only its arithmetic and never meets a blank or an error.
"""

from xl_leadkpi.cells.errors import CellError
from xl_leadkpi.cells.formula import Expression, Name, symbol, text
from xl_leadkpi.cells.grid import Grid, broadcast, errors_in, read_grid, write_grid
from xl_leadkpi.cells.values import BLANK, day_from_serial, read_cell, serial_from_day

__all__ = [
    "BLANK",
    "CellError",
    "Expression",
    "Grid",
    "Name",
    "broadcast",
    "day_from_serial",
    "errors_in",
    "read_cell",
    "read_grid",
    "serial_from_day",
    "symbol",
    "text",
    "write_grid",
]
