"""Ranges: any Python container as numbers and the states of its cells, broadcast the way Excel does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from xl_leadkpi.cells.days import DAY_ZERO
from xl_leadkpi.cells.errors import CellError
from xl_leadkpi.cells.values import BLANK, FIRST_OF_MARCH, read_cell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    States = NDArray[np.uint8]

NUMBER: Final = 0
EMPTY: Final = 1
WRONG_TYPE: Final = 2
"""Text or a boolean, where a number is needed."""
FIRST_ERROR: Final = 3

_ERRORS = tuple(CellError)
STATE_OF: Final = {error: FIRST_ERROR + place for place, error in enumerate(_ERRORS)}

_CELL_OF_STATE: Final = np.array([None, BLANK, CellError.VALUE, *_ERRORS], dtype=object)

# A float array has no room for an error value. There an error is a nan that remembers which one it is in bits nobody
# looks at, as R does for NA: any other program sees nan, a KPI that gets the array hands the error on.
_TAG: Final = 0x7FF8_0000_CE11_0000
_TAG_MASK: Final = 0xFFFF_FFFF_FFFF_FF00
_NUMBER_OF_STATE: Final = np.array(
    [0, 0x7FF8 << 48, 0x7FF8 << 48, *(_TAG + s for s in STATE_OF.values())], np.uint64
).view(np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """A cell or a range of any shape.

    Attributes:
        numbers: The numbers; nan where there is none.
        states: ``NUMBER``, ``EMPTY``, ``WRONG_TYPE`` or an error's state (``STATE_OF``) for each cell; None where all
            cells are known to be finite numbers, or where ``numbers`` has yet to be looked through (``states_of``).
    """

    numbers: Numbers
    states: States | None = None

    def known_states(self) -> States:
        """The states, looked up now if not known: nan is blank (or an error, see ``errors_in``), infinity ``#NUM!``."""
        if self.states is not None:
            return self.states
        states = np.zeros(self.numbers.shape, np.uint8)
        states[np.isinf(self.numbers)] = STATE_OF[CellError.NUM]
        missing = np.isnan(self.numbers)
        bits = self.numbers[missing].view(np.uint64)
        states[missing] = np.where(bits & _TAG_MASK == _TAG, bits & 0xFF, EMPTY)
        return states


def read_grid(value: Any, *, days: bool = False) -> Grid:
    """Read a value or a container of values as cells.

    Args:
        value: A scalar, a NumPy array, a flat or nested list or tuple, or whatever has ``to_numpy`` (a pandas or
            Polars column).
        days: Texts in ISO form are dates.

    Returns:
        The cells in the container's own shape; rows of unequal length are filled up with ``#N/A``.

    >>> read_grid([12.0, None, "n/a"]).known_states()
    array([0, 1, 2], dtype=uint8)
    """
    if hasattr(value, "to_numpy"):
        value = value.to_numpy()
    if isinstance(value, (list, tuple)):
        return _read_list(value, days=days)
    if isinstance(value, np.ndarray):
        return _read_array(value, days=days)
    return _read_cells([value], (), days=days)


def _read_array(array: NDArray[Any], *, days: bool) -> Grid:
    if array.dtype.kind in "fiu":
        return Grid(np.asarray(array, np.float64))
    if array.dtype.kind == "M":
        since = (array - np.datetime64(DAY_ZERO)) / np.timedelta64(1, "D")
        return Grid(np.where(since < FIRST_OF_MARCH, since - 1, since))
    return _read_cells(array.ravel().tolist(), array.shape, days=days)


def _read_list(rows: Sequence[Any], *, days: bool) -> Grid:
    if not any(isinstance(row, (list, tuple, np.ndarray)) for row in rows):
        if set(map(type, rows)) <= {int, float}:
            try:
                return Grid(np.array(rows, dtype=np.float64))
            except OverflowError:  # an integer beyond the largest float: cell by cell
                pass
        return _read_cells(rows, (len(rows),), days=days)
    grids = [row if isinstance(row, (list, tuple)) else np.atleast_1d(row).tolist() for row in rows]
    width = max(map(len, grids))
    cells = [cell for row in grids for cell in (*row, *[CellError.NA] * (width - len(row)))]
    return _read_cells(cells, (len(grids), width), days=days)


def _read_cells(values: Sequence[Any], shape: tuple[int, ...], *, days: bool) -> Grid:
    numbers = np.full(len(values), np.nan)
    states = np.zeros(len(values), np.uint8)
    for place, value in enumerate(values):
        cell = read_cell(value, days=days)
        if cell is None:
            states[place] = EMPTY
        elif isinstance(cell, CellError):
            states[place] = STATE_OF[cell]
        elif isinstance(cell, (str, bool)):
            states[place] = WRONG_TYPE
        else:
            numbers[place] = cell
    return Grid(numbers.reshape(shape), states.reshape(shape))


def broadcast(grids: Sequence[Grid]) -> list[Grid]:
    """Bring ranges to one shape: a single row or column is repeated, beyond the end of a shorter range stands ``#N/A``.

    A flat sequence is a row beside a table, as in NumPy.

    >>> [grid.known_states().tolist() for grid in broadcast([read_grid([1, 2, 3]), read_grid([1, 2])])]
    [[0, 0, 0], [0, 0, 9]]
    """
    first = grids[0]
    if all(grid.numbers.shape == first.numbers.shape for grid in grids[1:]):
        return list(grids)
    done = [first]
    for grid in grids[1:]:
        # One by one, as a chain of operators does: what the ranges so far don't cover is #N/A for all of them.
        shape = _common_shape(done[0].numbers.shape, grid.numbers.shape)
        done = [_stretch(earlier, shape) for earlier in (*done, grid)]
    return done


def _common_shape(left: tuple[int, ...], right: tuple[int, ...]) -> tuple[int, ...]:
    depth = max(len(left), len(right))
    sizes = zip((1,) * (depth - len(left)) + left, (1,) * (depth - len(right)) + right, strict=True)
    return tuple(max((size for size in pair if size != 1), default=1) for pair in sizes)


def _stretch(grid: Grid, shape: tuple[int, ...]) -> Grid:
    own = (1,) * (len(shape) - grid.numbers.ndim) + grid.numbers.shape
    target = tuple(size if size != 1 else full for size, full in zip(own, shape, strict=True))
    numbers = np.broadcast_to(grid.numbers, target)
    if target == shape:
        states = None if grid.states is None else np.broadcast_to(grid.states, target)
        return Grid(numbers, states)
    missing = [(0, full - size) for size, full in zip(target, shape, strict=True)]
    states = np.broadcast_to(grid.known_states(), target)
    return Grid(
        np.pad(numbers, missing, constant_values=np.nan),
        np.pad(states, missing, constant_values=STATE_OF[CellError.NA]),
    )


def write_grid(grid: Grid, arguments: Sequence[Any]) -> Any:
    """Hand results back in the kind of container the arguments came in.

    Args:
        grid: The results.
        arguments: What the caller passed.

    Returns:
        A float, an error value or ``""`` for scalars, lists of them for lists. For arrays of numbers and pandas Series
        a float array or a Series with the same index, with nan for blanks and errors (``errors_in`` tells which). An
        object array is answered with an object array that holds the error values themselves.
    """
    arrays = [argument for argument in arguments if isinstance(argument, np.ndarray) or hasattr(argument, "to_numpy")]
    if not arrays:
        return _cells(grid).tolist()
    result = _cells(grid) if any(array.dtype == object for array in arrays) else _floats(grid)
    labelled = next((array for array in arrays if is_labelled(array)), None)
    if labelled is not None and result.shape == (len(labelled.index),):
        return type(labelled)(result, index=labelled.index)
    return result


def errors_in(array: Any) -> NDArray[Any]:
    """Which error stands behind each nan of a result; None where there is none.

    >>> from xl_leadkpi import kpis
    >>> errors_in(kpis.CPL(np.array([100.0, 100.0]), np.array([4.0, 0.0])))
    array([None, #DIV/0!], dtype=object)
    """
    states = read_grid(array).known_states()
    return _CELL_OF_STATE[np.where(states >= FIRST_ERROR, states, NUMBER)]


def error_of_state(state: int) -> CellError:
    """The error value a state stands for."""
    return _ERRORS[state - FIRST_ERROR]


def align(arguments: Sequence[Any]) -> Sequence[Any]:
    """Bring pandas Series to one index by their labels, as pandas' own arithmetic does; other arguments stay."""
    labelled = [argument for argument in arguments if is_labelled(argument)]
    if all(labelled[0].index.equals(series.index) for series in labelled[1:]):
        return arguments
    index = labelled[0].index
    for series in labelled[1:]:
        index = index.union(series.index)
    return [argument.reindex(index) if is_labelled(argument) else argument for argument in arguments]


def is_labelled(value: Any) -> bool:
    """Whether a value is a pandas Series, told without importing pandas."""
    return hasattr(value, "to_numpy") and hasattr(value, "index") and hasattr(value, "reindex") and value.ndim == 1


def _floats(grid: Grid) -> Numbers:
    if grid.states is None:
        return grid.numbers
    numbers = grid.numbers.copy()
    special = grid.states != NUMBER
    numbers[special] = _NUMBER_OF_STATE[grid.states[special]]
    return numbers


def _cells(grid: Grid) -> NDArray[Any]:
    if grid.states is None:
        return grid.numbers
    cells = grid.numbers.astype(object)
    special = grid.states != NUMBER
    cells[special] = _CELL_OF_STATE[grid.states[special]]
    return cells
