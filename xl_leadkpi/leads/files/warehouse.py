"""Tables too large for memory: where they are, and which engine opens them."""

from __future__ import annotations

import glob
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qs, unquote

from xl_leadkpi import engines
from xl_leadkpi.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import narwhals as nw

Engine = Literal["memory", "polars", "duckdb", "spark"]

MOST_BYTES_IN_MEMORY = 200 << 20
"""Parquet files beyond that stay on disk: read into memory they would take several times as much."""
_PACKAGE = {"duckdb": "duckdb", "spark": "pyspark"}


@dataclass(frozen=True, slots=True)
class TableLocation:
    """Where a table is.

    Attributes:
        name: As the user wrote it, for messages and the sheet.
        files: Parquet files, in order; none for a table of a database.
        database: DuckDB file, or None.
        table: Table or view in it.
    """

    name: str
    files: tuple[Path, ...] = ()
    database: Path | None = None
    table: str = ""


def find_table(text: str) -> TableLocation | None:
    """Read a place: Parquet files by a pattern, or a table of a DuckDB file by its address.

    Args:
        text: A path, a pattern such as ``leads/*.parquet``, or ``duckdb:///folder/file.db?table=leads`` (a path of its
            own after ``duckdb:///``, from the root after ``duckdb:////``).

    Returns:
        The place; None for any other single file, which is read into memory.

    Raises:
        InputError: No file fits, or the address lacks its table.

    >>> find_table("duckdb:///sales.db?table=leads").database.name, find_table("leads.csv")
    ('sales.db', None)
    """
    if text.startswith("duckdb:"):
        return _address(text)
    fitting = files_fitting(text)
    files = fitting or (Path(text),)
    if any(not _is_parquet(path) for path in files):
        if fitting is None:
            return None
        other = next(path for path in files if not _is_parquet(path))
        raise InputError(f"{other} is no Parquet file: several files are read together only as Parquet.")
    return TableLocation(text, files)


def files_fitting(text: str) -> tuple[Path, ...] | None:
    """The files that a pattern stands for, in order; None for the name of one file.

    Raises:
        InputError: No file fits.

    >>> files_fitting("leads.csv") is None
    True
    """
    if text.startswith("duckdb:") or not any(sign in text for sign in "*?[") or Path(text).exists():
        return None
    found = sorted(glob.glob(text, recursive=True))  # noqa: PTH207 (may be absolute)
    # ** stands for folders too, and for one that is not there
    files = tuple(not_of_home(path) for path in map(Path, found) if path.exists() and not path.is_dir())
    if not files:
        raise InputError(f"{text}: no file fits this pattern. Check the folder and the name.")
    return files


def find_files(texts: Sequence[str], *, may_be_table: bool = True) -> tuple[Path, ...] | None:
    """Read several places: the files to be read together into memory, in the order of their rows.

    Args:
        texts: Paths and patterns; the files of a pattern are in the order of their names.
        may_be_table: A place alone may be one that an engine counts.

    Returns:
        The files; None where :func:`find_table` reads the one place that there is.

    Raises:
        InputError: No file fits a pattern, or the address of a database stands beside other files.

    >>> [path.name for path in find_files(["2025.csv", "2026.csv"])], find_files(["leads.csv"])
    (['2025.csv', '2026.csv'], None)
    """
    files: list[Path] = []
    for text in texts:
        if text.startswith("duckdb:"):
            if len(texts) == 1 and may_be_table:
                return None
            raise InputError(f"{text}: a DuckDB table is counted where it is: name it alone, or export it to a file.")
        fitting = files_fitting(text)
        if len(texts) == 1 and may_be_table and (fitting is None or all(map(_is_parquet, fitting))):
            return None
        files += fitting or (Path(text),)
    return tuple(files)


def _address(text: str) -> TableLocation:
    name, _, query = text.removeprefix("duckdb:").partition("?")
    # with two slashes the file stands where other addresses have a host
    name = unquote(name.removeprefix("//").removeprefix("/"))
    table = parse_qs(query.partition("#")[0]).get("table", [""])[0]
    if not name.strip("/.") or "\0" in name:
        raise InputError(f"{text}: name the file and the table, as in duckdb:///file.db?table=leads.")
    if not table:
        raise InputError(f"{text}: name the table, as in duckdb:///file.db?table=leads.")
    path = Path(name)
    if not path.exists() and Path("/", path).exists():
        path = Path("/", path)
    return TableLocation(text, database=not_of_home(path), table=table)


def not_of_home(path: Path) -> Path:
    """A path into a folder that is named ``~``, in full: the engines would look in the user's home instead.

    >>> not_of_home(Path("~/leads.csv")).is_absolute(), not_of_home(Path("leads.csv")).name
    (True, 'leads.csv')
    """
    return path.absolute() if path.parts[:1] == ("~",) else path


def _is_parquet(path: Path) -> bool:
    if not path.is_file():
        return False
    try:
        with path.open("rb") as stream:
            return stream.read(4) == b"PAR1"
    except OSError as error:
        raise InputError(
            f"{path}: cannot be opened ({error.strerror}). Close it elsewhere or check its rights."
        ) from error


def choose_engine(place: TableLocation | None, wanted: str | None = None) -> tuple[Engine, str]:
    """Choose what counts a table.

    Args:
        place: Where it is; None for a file that only memory can take.
        wanted: The engine asked for, or None.

    Returns:
        The engine - ``memory`` is Polars with all rows in memory - and the reason in words.

    Raises:
        InputError: The engine is not installed, or cannot read that place.
    """
    if place is None:
        if wanted in {"duckdb", "spark"}:
            raise InputError(
                f"--engine {wanted} reads Parquet files and DuckDB tables; this file is of another kind. "
                "Convert it to Parquet, or leave --engine out.",
                ("engine", wanted),
            )
        return "memory", "the file is read into memory"
    if place.database is not None:
        if wanted not in {None, "duckdb"}:
            raise InputError(
                f"{place.name}: a DuckDB table is counted by DuckDB; leave --engine out.", ("engine", wanted)
            )
        _need("duckdb")
        return "duckdb", "a DuckDB table"
    size = sum(path.stat().st_size for path in place.files)
    words = f"{len(place.files)} Parquet file{'s' * (len(place.files) > 1)}, {size / 1e6:,.1f} MB"
    match wanted:
        case "polars":
            return "polars", words
        case "duckdb" | "spark":
            _need(wanted)
            return wanted, words
    if size <= MOST_BYTES_IN_MEMORY and len(place.files) == 1:
        return "memory", words
    return ("duckdb" if find_spec("duckdb") else "polars"), words


def _need(wanted: Literal["duckdb", "spark"]) -> None:
    if find_spec(_PACKAGE[wanted]) is None:
        raise InputError(f"{wanted} is not installed. Install it with: pip install {_PACKAGE[wanted]} pyarrow")


def open_location(place: TableLocation, with_engine: Engine, spark_master: str | None = None) -> nw.LazyFrame[Any]:
    """Open a table on its engine.

    Args:
        place: Where it is.
        with_engine: ``polars``, ``duckdb`` or ``spark``.
        spark_master: Where Spark runs (``spark://host:7077``), None for this machine.

    Raises:
        InputError: The database or its table does not exist.
    """
    if place.database is None:
        assert with_engine != "memory"
        return engines.scan_parquet(place.files, with_engine, spark_master)
    if not place.database.is_file():
        raise InputError(f"{place.database}: there is no such file. Check the name and the folder.")
    with engines.faults(place.name):
        return engines.scan_table(place.database, place.table)
