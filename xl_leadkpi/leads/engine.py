"""The seam to the engines: whatever is more than a Narwhals expression stands in this one file."""

from __future__ import annotations

import atexit
import os
import re
import shutil
import socket
import tempfile
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from functools import cache, partial
from glob import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import narwhals as nw

from xl_leadkpi.leads.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import polars as pl
    from narwhals.typing import Frame

Row = dict[str, Any]

UNIX_EPOCH = 25569
_DAY_ZERO = date(1899, 12, 30)
_ROWS_A_PART, _ROWS_A_GROUP = 1_000_000, 10_000
_LAST_BITS = 1 << 20
_BYTES_A_PART = 32 << 20
_JOBS_AT_A_TIME = 4
_MEGABYTES_A_THREAD, _FEWEST_THREADS, _MOST_THREADS = 128, 2, 16


def lazy(frame: Frame) -> nw.LazyFrame[Any]:
    """The frame as a query that nothing has run yet (pandas runs it at once: it has no other way)."""
    return frame.lazy()


def streams(frame: Frame) -> bool:
    """Tell whether the rows stay where they are until a query runs; such a table may exceed the memory."""
    return isinstance(frame, nw.LazyFrame)


def stays(data: Any) -> bool:
    """Tell whether data is a table that stays where it is: Polars LazyFrame, DuckDB relation, PySpark DataFrame."""
    return streams(nw.from_native(data, pass_through=True))


@contextmanager
def faults(table: str = "the table", files: Callable[[], Iterable[Path]] = tuple) -> Iterator[None]:
    """Turn what an engine complains about - a damaged file, a worker that is gone - into one message for the user.

    Args:
        table: Its name.
        files: Lists the Parquet files it is in, among which a damaged one is looked for.
    """
    try:
        yield
    except BaseException as error:
        library = type(error).__module__.partition(".")[0].lstrip("_")
        # a panic of Polars, which is no Exception
        if library not in {"duckdb", "narwhals", "polars", "pyspark", "py4j", "pyo3_runtime"}:
            raise
        if not _lacks_room(error):
            for path in files():
                if _is_damaged(path):
                    raise InputError(f"{path} is a damaged Parquet file. Export it again.") from error
        said = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
        raise InputError(f"{table} cannot be counted where it is: {said}") from error


def _lacks_room(error: BaseException) -> bool:
    """Tell whether memory or the disk was full: then no file is to blame, and none need be read again."""
    return type(error).__name__ == "OutOfMemoryException" or "No space left" in str(error)


def _is_damaged(path: Path) -> bool:
    """Read a Parquet file to its end to see whether it can be; engines say that one cannot, but not which."""
    import polars as pl  # noqa: PLC0415

    try:
        pl.scan_parquet(path, glob=False).map_batches(pl.DataFrame.clear, streamable=True).collect(engine="streaming")
    except (pl.exceptions.ComputeError, OSError):
        return True
    return False


def settled(frame: nw.LazyFrame[Any], *, in_memory: bool) -> nw.LazyFrame[Any]:
    """The same rows, worked out once because many queries follow.

    Args:
        frame: The query.
        in_memory: Its table is in memory already, and so may the result be. Else Polars and DuckDB write a file for
            the time of the process, and Spark keeps what fits and spills the rest.
    """
    kind = frame.implementation
    if kind.is_duckdb():
        return _query(_duckdb_table(frame.to_native()) if in_memory else _duckdb_file(frame.to_native()))
    if kind.is_pyspark():
        from pyspark import StorageLevel  # noqa: PLC0415 - an extra

        return _query(frame.to_native().persist(StorageLevel.MEMORY_AND_DISK))
    if kind.is_polars() and not in_memory:
        import polars as pl  # noqa: PLC0415 - only where the rows came as Polars

        path = _scratch() / f"{uuid.uuid4().hex}.parquet"
        frame.to_native().sink_parquet(path, compression="lz4", maintain_order=False)
        return _query(pl.scan_parquet(path, glob=False))
    return frame.collect().lazy()


def cut(frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """The same rows; on Spark the plan ends here, as it copies each expression into all that use it.

    Without that, a dozen columns that build on each other make a plan of millions of nodes. The others work out a
    column again for less than it costs to write it.
    """
    return settled(frame, in_memory=False) if frame.implementation.is_pyspark() else frame


def _query(native: Any) -> nw.LazyFrame[Any]:
    frame: nw.LazyFrame[Any] = nw.from_native(native, pass_through=False).lazy()
    return frame


def _duckdb_table(relation: Any) -> Any:
    rows, name = _own_name(), _own_name()
    relation.query(rows, f"CREATE TEMP TABLE {name} AS SELECT * FROM {rows}")  # noqa: S608 (own names)
    return relation.query(rows, f"SELECT * FROM {name}")  # noqa: S608


def _own_name() -> str:
    """A name that no table of the user's has: his would be read instead."""
    return f"leadkpi_{uuid.uuid4().hex}"


def _writes_files(relation: Any) -> bool:
    """Tell whether DuckDB may; a connection to a database that is not trusted may have lost the right."""
    [[may]] = relation.query(_own_name(), "SELECT current_setting('enable_external_access')").fetchall()
    return bool(may)


def _duckdb_file(relation: Any) -> Any:
    """The rows in a Parquet file: a tenth of the bytes of a temporary table, and faster to read again."""
    if not _writes_files(relation):
        return _duckdb_table(relation)
    rows, path = _own_name(), _scratch() / f"{uuid.uuid4().hex}.parquet"
    relation.query(rows, f"COPY (SELECT * FROM {rows}) TO '{_sql(path)}' (FORMAT parquet)")  # noqa: S608 (own names)
    return relation.query(rows, f"SELECT * FROM read_parquet('{_sql(escape(str(path)))}')")  # noqa: S608


@cache
def _scratch() -> Path:
    """A folder for intermediate rows, gone when the process ends."""
    folder = Path(tempfile.mkdtemp(prefix="leadkpi-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def collect(frames: Sequence[nw.LazyFrame[Any]]) -> list[list[Row]]:
    """Run several queries with small results, together where the engine can, and return their rows.

    Args:
        frames: Queries over the same table.

    Returns:
        For each query its rows as dictionaries; a missing value is None whatever the engine calls it. The order of
        rows is the engine's.
    """
    if frames and all(frame.implementation.is_polars() for frame in frames):
        import polars as pl  # noqa: PLC0415 - only where the rows came as Polars

        return [list(table.iter_rows(named=True)) for table in pl.collect_all([frame.to_native() for frame in frames])]
    if frames and all(frame.implementation.is_pyspark() for frame in frames):
        # small jobs wait for each other's last task: several at a time keep the workers busy
        with ThreadPoolExecutor(_JOBS_AT_A_TIME) as pool:
            return list(pool.map(_rows, frames))
    return [_rows(frame) for frame in frames]


def _rows(frame: nw.LazyFrame[Any]) -> list[Row]:
    return [_plain(row) for row in frame.collect().iter_rows(named=True)]


def _plain(row: Row) -> Row:
    return {key: _plain_value(value) for key, value in row.items()}


def _plain_value(value: Any) -> Any:
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, Decimal):  # DuckDB's sums of whole numbers
        return int(value) if value == value.to_integral_value() else float(value)
    # nan is not equal to itself, and pandas' NA not even comparable
    return value if (value == value) is True else None  # noqa: PLR0124


def with_previous(frame: nw.LazyFrame[Any], column: str, *, within: str, order: Sequence[str]) -> nw.LazyFrame[Any]:
    """Add ``previous``: the column's value one row earlier within each group, null in a group's first row.

    Where rows have an order, sorting once and looking one row up is several times faster than a window a group.
    """
    if not (frame.implementation.is_polars() or frame.implementation.is_pandas_like()):
        return frame.with_columns(previous=nw.col(column).shift(1).over(within, order_by=order))
    rows = frame.collect().sort(within, *order)
    same = nw.col(within) == nw.col(within).shift(1)
    return rows.with_columns(previous=nw.when(same).then(nw.col(column).shift(1))).lazy()


def alike(frame: Frame, model: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """The frame on the engine of another one, so that the two can be joined."""
    kind = model.implementation
    if frame.implementation is kind:
        return lazy(frame)
    rows = lazy(frame).collect()
    if kind.is_duckdb():
        # DuckDB finds the table by the name of this variable
        leadkpi_arrow_rows = rows.to_arrow()  # noqa: F841
        return _query(_duckdb_table(model.to_native().query(_own_name(), "SELECT * FROM leadkpi_arrow_rows")))
    if kind.is_pyspark():
        return _query(model.to_native().sparkSession.createDataFrame(rows.to_arrow()))
    return _query(rows.to_polars() if kind.is_polars() else rows.to_pandas())


def head(frame: nw.LazyFrame[Any], rows: int) -> pl.DataFrame:
    """The first rows, as Polars."""
    first: pl.DataFrame = frame.head(rows).collect(backend="polars").to_native()
    return first


def day_number(frame: nw.LazyFrame[Any], column: str) -> nw.Expr:
    """Excel's number of the day of a date or of a time of day, as a whole number."""
    day = nw.col(column).cast(nw.Date)
    if frame.implementation.is_polars():
        return day.cast(nw.Int32) + UNIX_EPOCH
    # a difference of days: a number to DuckDB, an interval to Spark, which casts it to the same number
    return (day - nw.lit(_DAY_ZERO)).cast(nw.Int32)


def first_rows(frame: nw.LazyFrame[Any], mask: nw.Expr, limit: int) -> tuple[int, ...]:
    """The first row numbers where a condition holds (runs the query)."""
    if frame.implementation.is_duckdb():
        # a filter DuckDB moves down to the source, written out in the source's columns: a condition on columns that
        # build on each other grows beyond measure; a sort for the first few it leaves where it is
        found = frame.select(row_no=nw.when(mask).then(nw.col("row_no")))
    else:
        found = frame.filter(mask).select("row_no")
    [answers] = collect([found.sort("row_no", nulls_last=True).head(limit)])
    return tuple(int(row["row_no"]) for row in answers if row["row_no"] is not None)


def repeated(frame: nw.LazyFrame[Any], key: str) -> nw.LazyFrame[Any]:
    """Values of a column that stand more than once, with how often (``n``).

    Neither Polars nor, beyond some 100 million, DuckDB groups so many values in little memory. Their hashes go to disk
    in parts, like to like, and only values whose hash is not theirs alone are grouped.
    """
    keys = frame.filter(~nw.col(key).is_null()).select(key=key)
    parts = 0 if frame.implementation.is_pandas_like() or frame.implementation.is_pyspark() else _parts(keys)
    if parts > 1 and frame.implementation.is_polars():
        keys = _query(_with_common_hash(keys.to_native(), parts))
    elif parts > 1:
        keys = _query(_with_common_hash_in_duckdb(keys.to_native(), parts))
    return keys.group_by("key").agg(nw.len().alias("n")).filter(nw.col("n") > 1).rename({"key": key})


def _with_common_hash(keys: pl.LazyFrame, parts: int) -> pl.LazyFrame:
    import polars as pl  # noqa: PLC0415

    hashed = keys.with_columns(hash=pl.col("key").hash())
    folder = _split(hashed.select("hash"), pl.col("hash"), parts)
    found = [
        _part(folder, part).group_by("hash").len("n").filter(pl.col("n") > 1).select("hash").collect(engine="streaming")
        for part in _filled_parts(folder)
    ]
    _remove(folder)
    return hashed.join(pl.concat(found).lazy(), on="hash", how="semi").select("key")


def _with_common_hash_in_duckdb(keys: Any, parts: int) -> Any:
    if not _writes_files(keys):
        return keys
    folder, rows, common = _scratch() / uuid.uuid4().hex, _own_name(), _own_name()
    place = f"hash(key) // {_LAST_BITS} % {parts}"
    run = partial(keys.query, rows)
    run(f"COPY (SELECT hash(key) AS hash, {place} AS part FROM {rows}) TO '{_sql(folder)}' "  # noqa: S608 (own names)
        "(FORMAT parquet, PARTITION_BY (part), COMPRESSION uncompressed)")  # fmt: skip
    run(f"CREATE TEMP TABLE {common} (hash UBIGINT)")
    for part in _filled_parts(folder):
        files = f"{_sql(escape(str(folder / part)))}/*.parquet"
        run(f"INSERT INTO {common} SELECT hash FROM read_parquet('{files}', hive_partitioning = false) "  # noqa: S608
            "GROUP BY hash HAVING count(*) > 1")  # fmt: skip
    _remove(folder)
    return run(f"SELECT key FROM {rows} WHERE hash(key) IN (SELECT hash FROM {common})")  # noqa: S608


def _sql(path: Path | str) -> str:
    return str(path).replace("'", "''")


def together(
    one: nw.LazyFrame[Any], other: nw.LazyFrame[Any], key: str, *, in_memory: bool
) -> Iterator[tuple[nw.LazyFrame[Any], nw.LazyFrame[Any]]]:
    """Two tables in parts small enough to join in memory: what has the same key is in parts that stand together.

    Only Polars needs parts, where it streams; the other engines spill what they join and sort to disk.

    Args:
        one: A table.
        other: A table of the same engine.
        key: A text column of both.
        in_memory: The tables are in memory.

    Yields:
        The parts, on most engines one; none without a row in both tables. Each must be settled before the next is
        taken: its files are gone then.
    """
    if in_memory or not one.implementation.is_polars():
        yield one, other
        return
    import polars as pl  # noqa: PLC0415

    parts = max(_parts(one), _parts(other))
    if parts < 2:
        yield one, other
        return
    first, second = (_split(frame.to_native(), pl.col(key).hash(), parts) for frame in (one, other))
    for part in sorted(_filled_parts(first) & _filled_parts(second)):
        yield _query(_part(first, part)), _query(_part(second, part))
        _remove(first / part, second / part)
    _remove(first, second)


def _parts(frame: nw.LazyFrame[Any]) -> int:
    [[counted]] = collect([frame.select(nw.len().alias("rows"))])
    return int(-(-counted["rows"] // _ROWS_A_PART))


def _split(frame: pl.LazyFrame, hashes: pl.Expr, parts: int) -> Path:
    """Write a table to disk in parts, like to like."""
    import polars as pl  # noqa: PLC0415

    folder = _scratch() / uuid.uuid4().hex
    folder.mkdir()
    # not by the last bits: those a hash table of the part's rows will go by
    by_part = pl.PartitionBy(folder, key=(hashes // _LAST_BITS % parts).alias("part"), include_key=False)
    # a row group of each part is in memory until it is full
    frame.sink_parquet(by_part, compression="lz4", statistics=False, maintain_order=False, row_group_size=_ROWS_A_GROUP)
    return folder


def _remove(*folders: Path) -> None:
    """Free the disk early; what Windows holds back because it is still open goes when the process ends."""
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def _filled_parts(folder: Path) -> set[str]:
    return {part.name for part in folder.iterdir()}


def _part(folder: Path, part: str) -> pl.LazyFrame:
    import polars as pl  # noqa: PLC0415

    return pl.scan_parquet(list((folder / part).iterdir()), glob=False, hive_partitioning=False)


# --- opening tables on an engine


def scan_parquet(paths: Sequence[Path], engine: str, spark_master: str | None = None) -> nw.LazyFrame[Any]:
    """Open Parquet files as one table, each row with its number (``row_no``; the first is 2, below a header).

    Args:
        paths: The files, in order.
        engine: ``polars``, ``duckdb`` or ``spark``.
        spark_master: Where Spark runs; None takes the session there is, else this machine.
    """
    import polars as pl  # noqa: PLC0415

    same = _same_columns(paths, engine)
    if engine == "polars":
        if "POLARS_ROW_GROUP_PREFETCH_SIZE" not in os.environ:
            # left to itself it reads many row groups ahead: half as much memory, and no slower from a disk
            pl.Config.load('{"environment": {"POLARS_ROW_GROUP_PREFETCH_SIZE": "2"}}')
        if same:
            scan = pl.scan_parquet(list(paths), glob=False, row_index_name="row_no", row_index_offset=2)
        else:
            scan = pl.concat([pl.scan_parquet(path, glob=False) for path in paths], how="diagonal_relaxed")
            scan = scan.with_row_index("row_no", offset=2)
        return _query(scan).with_columns(nw.col("row_no").cast(nw.Int64))
    sizes = [pl.scan_parquet(path, glob=False).select(pl.len()).collect().item() for path in paths]
    before = [2 + sum(sizes[:place]) for place in range(len(paths))]
    if engine == "duckdb":
        relation = _duckdb().read_parquet(
            [escape(str(path)) for path in paths], file_row_number=True, filename=True, union_by_name=not same
        )
        rows, names = nw.from_native(relation), [str(path) for path in paths]
        place, name = nw.col("file_row_number"), nw.col("filename")
    else:
        session = _spark(spark_master)
        parts = max(2, sum(path.stat().st_size for path in paths) // _BYTES_A_PART)
        # Spark's own 200 are many times more tasks than such a table needs; the largest table decides
        before_us = int(session.conf.get("leadkpi.parts", "0"))
        session.conf.set("leadkpi.parts", str(max(parts, before_us)))
        session.conf.set("spark.sql.shuffle.partitions", str(max(parts, before_us)))
        reader = session.read.option("mergeSchema", str(not same).lower())
        frame = reader.parquet(*[re.sub(r"([][*?{}\\])", r"\\\1", path.resolve().as_posix()) for path in paths])
        # Spark writes one slash or three after file:, and quotes signs as it likes: it is asked for the names
        slashes = "^file:/+"
        quoted = {unquote(re.sub(slashes, "", one)): re.sub(slashes, "", one) for one in frame.inputFiles()}
        path_of = f"regexp_replace(_metadata.file_path, '{slashes}', '') AS filename"
        frame = frame.selectExpr("*", "_metadata.row_index AS file_row_number", path_of)
        rows, names = nw.from_native(frame), [quoted[path.resolve().as_posix().lstrip("/")] for path in paths]
        place, name = nw.col("file_row_number"), nw.col("filename")
    start: Any = nw.lit(before[0])
    for number, own in zip(before[1:], names[1:], strict=True):
        start = nw.when(name == own).then(nw.lit(number)).otherwise(start)
    return _query(rows.with_columns(row_no=(place + start).cast(nw.Int64)).drop("file_row_number", "filename"))


def _same_columns(paths: Sequence[Path], engine: str) -> bool:
    """Tell whether all parts have the same columns; refuse those whose types have none in common.

    Left to itself DuckDB takes the types of the first part, and cuts the cents off another one's amounts.
    """
    import polars as pl  # noqa: PLC0415

    schemas = []
    for path in paths:
        try:
            schemas.append(pl.scan_parquet(path, glob=False).collect_schema())
        except (pl.exceptions.PolarsError, OSError) as error:
            raise InputError(f"{path} is a damaged Parquet file. Export it again.") from error
    seen: dict[str, tuple[Path, Any]] = {}
    for path, schema in zip(paths, schemas, strict=True):
        for name, kind in schema.items():
            first, known = seen.setdefault(name, (path, kind))
            widened = engine != "spark" and (
                (known.is_numeric() and kind.is_numeric()) or (known.is_temporal() and kind.is_temporal())
            )
            if kind != known and not widened:
                raise InputError(
                    f"{path}: column '{name}' is of type {kind}, in {first} of type {known}. "
                    "Write all parts with the same type, or name those that go together."
                )
    return all(schema == schemas[0] for schema in schemas)


def scan_table(database: Path, table: str) -> nw.LazyFrame[Any]:
    """Open a table or view of a DuckDB file, read-only, each row with its number (``row_no``)."""
    connection = _duckdb()
    name = _own_name()
    connection.execute(f"ATTACH '{_sql(database)}' AS {name} (READ_ONLY)")
    there = connection.execute(
        "SELECT table_name FROM information_schema.tables WHERE table_catalog = ? ORDER BY 1", [name]
    ).fetchall()
    if table.casefold() not in {one.casefold() for (one,) in there}:
        listed = ", ".join(one for (one,) in there) or "none"
        raise InputError(f"{database}: there is no table or view '{table}'. Name one of those there are: {listed}.")
    quoted = f'{name}."{table.replace(chr(34), chr(34) * 2)}"'
    try:
        relation = connection.sql(f"SELECT *, rowid + 2 AS row_no FROM {quoted}")  # noqa: S608 (quoted)
    except Exception as error:
        if "rowid" not in str(error):  # a view has none
            raise
        relation = connection.sql(f"SELECT *, row_number() OVER () + 1 AS row_no FROM {quoted}")  # noqa: S608
    return _query(relation)


def numbered(frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """The frame with a number a row (``row_no``); on Spark unique and ascending, but with gaps."""
    if "row_no" in frame.collect_schema().names():
        return frame
    native = frame.to_native()
    if frame.implementation.is_polars():
        return _query(native.with_row_index("row_no", offset=2)).with_columns(nw.col("row_no").cast(nw.Int64))
    if frame.implementation.is_duckdb():
        return _query(native.project("*, row_number() OVER () + 1 AS row_no"))
    return _query(native.selectExpr("*", "monotonically_increasing_id() + 2 AS row_no"))


@cache
def _duckdb() -> Any:
    import duckdb  # noqa: PLC0415 - an extra

    connection = duckdb.connect()
    connection.execute(f"SET temp_directory = '{_sql(_scratch())}'")
    connection.execute("SET enable_progress_bar = false")
    connection.execute("SET partitioned_write_flush_threshold = 60000")  # rows in memory before a part is written
    connection.execute("SET TimeZone = 'UTC'")  # a clock in a file means the same on every machine
    # what exceeds it is spilled, so that a larger table takes longer but no more memory
    [[threads]] = connection.execute("SELECT current_setting('threads')").fetchall()
    counted = max(_FEWEST_THREADS, min(int(threads), _MOST_THREADS))
    connection.execute(f"SET memory_limit = '{counted * _MEGABYTES_A_THREAD}MB'")
    return connection


def _spark(master: str | None) -> Any:
    from pyspark.sql import SparkSession  # noqa: PLC0415 - an extra

    there = SparkSession.getActiveSession()
    if there is not None:
        return there
    if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        raise InputError(
            "Spark needs Java 17 or newer, and there is none: install it (Debian: apt-get install "
            "openjdk-17-jre-headless) or name it in JAVA_HOME; or count with --engine duckdb."
        )
    _need_answer(master)
    builder = SparkSession.builder.appName("leadkpi").master(master or "local[*]")
    for key, value in _SPARK_SETTINGS.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return session


def _need_answer(master: str | None) -> None:
    """Fail at once where no master answers: Spark itself takes a minute and then says nothing of use."""
    if master is None or not master.startswith("spark://"):
        return
    for address in master.removeprefix("spark://").split(","):
        host, _, port = address.rpartition(":")
        try:
            with socket.create_connection((host, int(port)), timeout=10):
                return
        except (OSError, ValueError):
            continue
    raise InputError(f"no Spark master answers at {master}. Start it, or check host and port (--spark-master).")


_SPARK_SETTINGS = {
    "spark.sql.session.timeZone": "UTC",  # a clock in a file means the same on every worker
    "spark.sql.ansi.enabled": "true",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}
