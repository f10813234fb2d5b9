"""What an engine complains about, said to the user."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from xl_leadkpi.errors import InputError
from xl_leadkpi.panics import is_panic
from xl_leadkpi.temporary_files import remedy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

_LONGEST_COMPLAINT = 200


def _always() -> bool:
    return True


@contextmanager
def faults(
    table: str = "the table", files: Callable[[], Iterable[Path]] = tuple, in_place: Callable[[], bool] = _always
) -> Iterator[None]:
    """Turn what an engine complains about - a damaged file, a worker that is gone - into one message for the user.

    Args:
        table: Its name.
        files: Lists the Parquet files it is in, among which a damaged one is looked for.
        in_place: Tells whether an engine counts a table where it is. Of one in memory a complaint is a fault of ours,
            and raised as it is.
    """
    try:
        yield
    except BaseException as error:
        if is_interrupted(error):
            raise KeyboardInterrupt from error
        library = type(error).__module__.partition(".")[0].lstrip("_")
        # a panic of Polars, which is no Exception
        if library not in {"duckdb", "narwhals", "polars", "pyspark", "py4j", "pyo3_runtime"}:
            raise
        parquet = list(files())
        if not _lacks_room(error):
            for path in parquet:
                if _is_damaged(path):
                    raise InputError(f"{path} is a damaged Parquet file. Export it again.") from error
        if not in_place():
            raise
        raise InputError(_complaint(error, table, is_parquet=bool(parquet))) from error


def _complaint(error: BaseException, table: str, *, is_parquet: bool) -> str:
    """What to say of a complaint of an engine's that no damaged Parquet file explains."""
    elsewhere = ", or count with --engine polars" if is_parquet else ""  # a DuckDB table is counted by DuckDB alone
    why = first_line(error)
    if "Could not convert Timestamp" in str(error):
        return (
            f"{table}: a time stamp lies beyond the years that DuckDB counts. Correct it where the table is made"
            f"{elsewhere}{', which names its row' if is_parquet else ''}."
        )
    if _disk_is_full(error):
        return f"{table}: the disk of the temporary folder is full; {remedy()}."
    if _lacks_room(error):
        return (
            f"{table}: the memory that DuckDB may take here does not suffice, as with texts of many thousand "
            f"characters. Leave such columns out where the table is made, split it{elsewhere}."
        )
    if type(error).__module__.lstrip("_").startswith("duckdb") and type(error).__name__ in _DAMAGE:
        return _unreadable(table, why)
    return f"{table} cannot be counted where it is: {why}. Check the table, or export it again."


_DAMAGE = frozenset({"Error", "FatalException", "InternalException", "IOException", "SerializationException"})
"""What DuckDB says of a database file whose bytes are not what it has written."""


def _unreadable(table: str, why: str) -> str:
    if "set lock" in why:
        return f"{table} is open in another program ({why}). Close it there and try again."
    return f"{table}: the file is damaged or no DuckDB database ({why}). Copy it again, or make it anew."


def first_line(error: BaseException) -> str:
    """The first line of what an engine says."""
    line = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
    return line.rstrip(". ")[:_LONGEST_COMPLAINT]


def is_interrupted(error: BaseException) -> bool:
    """Tell Ctrl-C, for which DuckDB raises an error of its own, and Spark says that its jobs were cancelled."""
    before: BaseException | None = error
    while before is not None:  # on its way out PySpark puts an error of its own in the place of Ctrl-C
        if isinstance(before, KeyboardInterrupt) or type(before).__name__ == "InterruptException":
            return True
        before = before.__context__
    words = str(error)
    return (isinstance(error, RuntimeError) and words == "Query interrupted") or "cancellation of all jobs" in words


def _lacks_room(error: BaseException) -> bool:
    """Tell whether memory or the disk was full: then no file is to blame, and none need be read again."""
    return type(error).__name__ == "OutOfMemoryException" or _disk_is_full(error)


def _disk_is_full(error: BaseException) -> bool:
    """Tell whether there was no room for rows that do not fit into memory."""
    return "No space left" in str(error) or "max_temp_directory_size" in str(error)


def _is_damaged(path: Path) -> bool:
    """Read a Parquet file to its end to see whether it can be; engines say that one cannot, but not which."""
    import polars as pl  # noqa: PLC0415

    from xl_leadkpi.engines.parquet import is_too_wide  # noqa: PLC0415

    try:
        scan = pl.scan_parquet(path, glob=False)
        scan = scan.drop(name for name, kind in scan.collect_schema().items() if is_too_wide(kind))
        scan.map_batches(pl.DataFrame.clear, streamable=True).collect(engine="streaming")
    except BaseException as error:
        if not (isinstance(error, pl.exceptions.ComputeError | OSError) or is_panic(error)):
            raise
        return True
    return False
