"""DuckDB: Parquet files and tables of its own, larger than memory; it spills what it joins and sorts to disk."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache, partial
from glob import escape
from typing import TYPE_CHECKING, Any, TypeVar

import narwhals as nw

from xl_leadkpi.cells.days import DAY_ZERO
from xl_leadkpi.engines import scratch
from xl_leadkpi.engines.errors import first_line, is_interrupted
from xl_leadkpi.engines.parquet import common_columns, numbered_by_file, with_text_for_null
from xl_leadkpi.engines.protocol import Engine, Row, plain, query
from xl_leadkpi.engines.reserved_names import freed
from xl_leadkpi.errors import InputError, brief, listed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

T = TypeVar("T")

_SECONDS_A_LOOK = 0.2
_MEGABYTES_A_THREAD, _FEWEST_THREADS, _MOST_THREADS = 128, 2, 16
_SLOW_TO_PLAN = "partial_aggregate_pushdown"
"""A step of DuckDB's planner that takes a minute over a hundred columns that build on each other."""
_COUNTED = "row_number() OVER () + 1"
_MARK = "leadkpi_owns_it"
"""A variable that our connection has, by which its relations are told from a user's."""
_ROWS_OF_VIEW = "leadkpi_rows"
_TEXTS_OF_DUCKDB = frozenset({"UUID", "BIGNUM", "VARINT"})
"""Types of identifiers and numbers of any length, which Narwhals does not know: as texts they are read as in a file."""


class DuckdbEngine(Engine):
    """Relations of DuckDB."""

    def scan_parquet(self, paths: Sequence[Path]) -> nw.LazyFrame[Any]:
        """Open Parquet files."""
        same, kinds = common_columns(paths, widens=True)
        read = partial(connection().read_parquet, [escape(str(path)) for path in paths], union_by_name=not same)
        if freed(kinds):
            relation = read()
            return with_text_for_null(query(relation.project(f"{_renamed(relation)}, {_COUNTED} AS row_no")), kinds)
        rows = nw.from_native(read(file_row_number=True, filename=True))
        return with_text_for_null(query(numbered_by_file(rows, paths, [str(path) for path in paths])), kinds)

    def numbered(self, native: Any) -> nw.LazyFrame[Any]:
        """Number the rows as they come."""
        return query(native.project(f"*, {_COUNTED} AS row_no"))

    def materialised(self, frame: nw.LazyFrame[Any], *, in_memory: bool) -> nw.LazyFrame[Any]:
        """Write the rows to a table in memory, or to a file."""
        relation = frame.to_native()
        return query((_in_memory if in_memory else _in_a_file)(relation, is_ours=_is_ours(relation)))

    def rows(self, frame: nw.LazyFrame[Any]) -> list[Row]:
        """Run one query, which Ctrl-C ends."""
        return [plain(row) for row in _run(frame.collect).iter_rows(named=True)]

    def measured(self, frame: nw.LazyFrame[Any]) -> Row:
        """Run the query without a step of DuckDB's that takes a minute where cases stand in cases over many columns.

        It turns long lists of a filter into joins, and figures have none; queries with such lists keep it.
        """
        if not connection.cache_info().currsize:
            return super().measured(frame)
        _plan_without(connection(), _SLOW_TO_PLAN, "in_clause")
        try:
            return super().measured(frame)
        finally:
            _plan_without(connection(), _SLOW_TO_PLAN)

    def taken_over(self, rows: nw.DataFrame[Any], model: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
        """The rows as a table in memory of the other query's connection."""
        # DuckDB finds the table by the name of this variable
        leadkpi_arrow_rows = rows.to_arrow()  # noqa: F841
        if _is_ours(model.to_native()):
            return query(_in_memory(connection().sql("SELECT * FROM leadkpi_arrow_rows"), is_ours=True))
        return query(_in_memory(model.to_native().query(_own_name(), "SELECT * FROM leadkpi_arrow_rows")))

    def day_number(self, day: nw.Expr) -> nw.Expr:
        """A difference of days, which is a number here."""
        return (day - nw.lit(DAY_ZERO)).cast(nw.Int32)

    def rows_where(self, frame: nw.LazyFrame[Any], mask: nw.Expr) -> nw.LazyFrame[Any]:
        """Blank the numbers of the other rows.

        A filter DuckDB moves down to the source, written out in the source's columns: a condition on columns that build
        on each other grows beyond measure; a sort for the first few it leaves where it is.
        """
        return frame.select(row_no=nw.when(mask).then(nw.col("row_no")))

    def candidates(self, keys: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
        """The keys whose hash is not theirs alone: beyond some 100 million it does not group them in little memory."""
        [[counted]] = self.collect([keys.select(nw.len().alias("rows"))])
        parts = int(-(-counted["rows"] // scratch.ROWS_A_PART))
        return query(_with_common_hash(keys.to_native(), parts)) if parts > 1 else keys


def scan_table(database: Path, table: str) -> nw.LazyFrame[Any]:
    """Open a table or view of a DuckDB file, read-only, each row with its number (``row_no``).

    The file may come from anyone, and a view is a program: it could read any file there is. So it runs where nothing
    but its own database can be reached, and only the rows it makes come back.

    Args:
        database: The DuckDB file.
        table: Name of the table or view, with its schema before it (``crm.leads``) if it is in another than ``main``.

    Raises:
        InputError: The file is of another database, or has no such table.
    """
    with database.open("rb") as stream:
        if stream.read(16).startswith(b"SQLite format"):
            raise InputError(
                f"{database} is an SQLite database, not one of DuckDB. Export the table as CSV or Parquet."
            )
    there = connection()
    name = _attach(there, database)
    schema, table, is_view = _find_table(there, name, database, table)
    if is_view:
        name, schema, table = _attach(there, _rows_of_view(database, schema, table)), "main", _ROWS_OF_VIEW
    source = f"{name}.{_quoted(schema)}.{_quoted(table)}"
    whole = there.sql(f"SELECT * FROM {source}")  # noqa: S608 (quoted)
    number = _COUNTED if "rowid" in {column.casefold() for column in whole.columns} else "rowid + 2"
    return query(there.sql(f"SELECT {_renamed(whole)}, {number} AS row_no FROM {source}"))  # noqa: S608


def _attach(connection: Any, database: Path) -> str:
    """Open a DuckDB file under a name of ours; no extension is asked whether it could read it."""
    name = _own_name()
    connection.execute(f"ATTACH '{_sql(database)}' AS {name} (READ_ONLY, TYPE duckdb)")
    return name


def _find_table(connection: Any, name: str, database: Path, table: str) -> tuple[str, str, bool]:
    """Find a table or view by its name, with or without its schema; tell also whether it is a view."""
    there = connection.execute(
        "SELECT table_schema, table_name, table_type = 'VIEW' FROM information_schema.tables "
        "WHERE table_catalog = ? ORDER BY table_schema <> 'main', 1, 2",
        [name],
    ).fetchall()
    called: dict[str, list[tuple[str, str, bool]]] = {}
    for found in there:
        schema, own, _ = found
        for text in {own.casefold(), f"{schema}.{own}".casefold()}:
            called.setdefault(text, []).append(found)
    found = called.get(table.casefold(), [])
    if found and (len(found) == 1 or found[0][0] == "main"):
        return found[0]
    named = listed(own if schema == "main" else f"{schema}.{own}" for schema, own, _ in found or there) or "none"
    if found:
        raise InputError(f"{database}: there are several tables '{brief(table)}'. Name one of them: {named}.")
    raise InputError(f"{database}: there is no table or view '{brief(table)}'. Name one of those there are: {named}.")


def _rows_of_view(database: Path, schema: str, view: str) -> Path:
    """Write the rows of a view to a file of ours, over a connection that reaches no other file and no network."""
    import duckdb  # noqa: PLC0415 - an extra

    made = scratch.new_path(".db")
    with _new_connection() as connection:
        name = _attach(connection, database)
        connection.execute(f"ATTACH '{_sql(made)}' AS leadkpi_made")
        connection.execute("SET python_enable_replacements = false")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        try:
            rows = f"SELECT * FROM {name}.{_quoted(schema)}.{_quoted(view)}"  # noqa: S608 (quoted)
            create = f"CREATE TABLE leadkpi_made.{_ROWS_OF_VIEW} AS {rows}"
            _interruptible(connection, partial(connection.execute, create))
        except duckdb.Error as error:
            if is_interrupted(error):
                raise
            raise InputError(
                f"{database}: the view '{view}' cannot be read out of this file alone ({first_line(error)}). Make a "
                "table of it where the database is made (CREATE TABLE leads AS FROM the view) and name that."
            ) from error
    return made


@cache
def connection() -> Any:
    """The connection on which tables are counted."""
    connection = _new_connection()
    connection.execute(f"SET VARIABLE {_MARK} = true")
    return connection


def _new_connection() -> Any:
    import duckdb  # noqa: PLC0415 - an extra

    # nothing is fetched or loaded because a file asks for it
    connection = duckdb.connect(config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"})
    connection.execute(f"SET temp_directory = '{_sql(scratch.folder())}'")
    connection.execute("SET enable_progress_bar = false")
    connection.execute("SET partitioned_write_flush_threshold = 60000")  # rows in memory before a part is written
    connection.execute("SET TimeZone = 'UTC'")  # a clock in a file means the same on every machine
    # what exceeds it is spilled, so that a larger table takes longer but no more memory
    [[threads]] = connection.execute("SELECT current_setting('threads')").fetchall()
    counted = max(_FEWEST_THREADS, min(int(threads), _MOST_THREADS))
    connection.execute(f"SET memory_limit = '{counted * _MEGABYTES_A_THREAD}MB'")
    _plan_without(connection, _SLOW_TO_PLAN)
    return connection


def _plan_without(connection: Any, *steps: str) -> None:
    """Have queries planned without steps of the planner, as far as this DuckDB has them."""
    there = ",".join(step for step in steps if step in _planner_steps())
    connection.execute(f"SET disabled_optimizers = '{there}'")


@cache
def _planner_steps() -> frozenset[str]:
    """The steps of this DuckDB's planner, asked for once: figures are measured many times."""
    import duckdb  # noqa: PLC0415 - an extra

    with duckdb.connect() as alone:
        return frozenset(name for (name,) in alone.execute("SELECT name FROM duckdb_optimizers()").fetchall())


def _run(run: Callable[[], T]) -> T:
    # what runs on a connection of the user's, nobody but its owner can interrupt
    return _interruptible(connection(), run) if connection.cache_info().currsize else run()


def _interruptible(connection: Any, run: Callable[[], T]) -> T:
    """Run a query of DuckDB's that Ctrl-C ends: busy in the main thread it may not look for signals for minutes."""
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(run)
        try:
            while True:
                # a wait without an end cannot be interrupted on Windows
                with suppress(TimeoutError):
                    return running.result(timeout=_SECONDS_A_LOOK)
                if running.done():
                    return running.result()
        except KeyboardInterrupt:
            connection.interrupt()
            raise


def _is_ours(relation: Any) -> bool:
    """Tell relations of our connection from a user's, with a query on no rows.

    A name for a relation (``relation.query``) is a change of the catalog, after which DuckDB binds again, step by step,
    all that relations are made of: of a hundred steps that takes seconds. On our connection nothing needs one.
    """
    if not connection.cache_info().currsize:
        return False
    [[_, ours]] = relation.limit(0).aggregate(f"count(*), getvariable('{_MARK}')").fetchall()
    return bool(ours)


def _in_memory(relation: Any, *, is_ours: bool = False) -> Any:
    rows, name = _own_name(), _own_name()
    if is_ours:
        relation.create(name)
        return connection().table(name)
    relation.query(rows, f"CREATE TEMP TABLE {name} AS SELECT * FROM {rows}")  # noqa: S608 (own names)
    return relation.query(rows, f"SELECT * FROM {name}")  # noqa: S608


def _own_name() -> str:
    """A name that no table of the user's has: his would be read instead."""
    return f"leadkpi_{uuid.uuid4().hex}"


def _writes_files(relation: Any) -> bool:
    """Tell whether DuckDB may; a connection to a database that is not trusted may have lost the right."""
    [[may]] = relation.query(_own_name(), "SELECT current_setting('enable_external_access')").fetchall()
    return bool(may)


def _in_a_file(relation: Any, *, is_ours: bool) -> Any:
    """The rows in a Parquet file: a tenth of the bytes of a temporary table, and faster to read again."""
    if not is_ours and not _writes_files(relation):
        return _in_memory(relation)
    path = scratch.new_path(".parquet")
    if is_ours:
        _run(partial(relation.write_parquet, str(path)))
        return connection().read_parquet(escape(str(path)))
    rows = _own_name()
    copy = partial(relation.query, rows, f"COPY (SELECT * FROM {rows}) TO '{_sql(path)}' (FORMAT parquet)")  # noqa: S608
    _run(copy)
    return relation.query(rows, f"SELECT * FROM read_parquet('{_sql(escape(str(path)))}')")  # noqa: S608


def _with_common_hash(keys: Any, parts: int) -> Any:
    if not _writes_files(keys):
        return keys
    folder, rows, common = scratch.new_path(), _own_name(), _own_name()
    place = f"hash(key) // {scratch.LAST_BITS} % {parts}"
    run = partial(keys.query, rows)
    run(f"COPY (SELECT hash(key) AS hash, {place} AS part FROM {rows}) TO '{_sql(folder)}' "  # noqa: S608 (own names)
        "(FORMAT parquet, PARTITION_BY (part), COMPRESSION uncompressed)")  # fmt: skip
    run(f"CREATE TEMP TABLE {common} (hash UBIGINT)")
    for part in scratch.filled_parts(folder):
        files = f"{_sql(escape(str(folder / part)))}/*.parquet"
        run(f"INSERT INTO {common} SELECT hash FROM read_parquet('{files}', hive_partitioning = false) "  # noqa: S608
            "GROUP BY hash HAVING count(*) > 1")  # fmt: skip
    scratch.remove(folder)
    return run(f"SELECT key FROM {rows} WHERE hash(key) IN (SELECT hash FROM {common})")  # noqa: S608


def _renamed(relation: Any) -> str:
    """The columns for a SELECT of DuckDB's, those named as ours under their other names."""
    renamed = freed(relation.columns)
    return ", ".join(
        f"{_quoted(name)}{'::VARCHAR' if str(kind) in _TEXTS_OF_DUCKDB else ''} AS {_quoted(renamed.get(name, name))}"
        for name, kind in zip(relation.columns, relation.types, strict=True)
    )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _sql(path: Path | str) -> str:
    return str(path).replace("'", "''")
