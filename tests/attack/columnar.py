"""Parquet files and DuckDB databases, with the types and names that only a warehouse has."""

from __future__ import annotations

import io
import sqlite3
from contextlib import closing, suppress
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pyarrow.parquet

from tests.attack.formats import shown

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from random import Random

    from tests.attack.tables import Table

SECRET = "leads-of-somebody-else-4711"
"""Stands in a file that only a view in a received database would read; it must never reach a report."""


_DAYS = (10**9, -(10**9), 2_932_896, 2_932_897, -719_162, -719_163, 0)
_MICROSECONDS = (2**62, -(2**62), 253_402_300_800_000_000, 0)
ODD_COLUMNS: tuple[Callable[[int, Random], pa.Array], ...] = (
    lambda n, _: pa.array([["a", "b"]] * n, pa.list_(pa.string())),
    lambda n, _: pa.array([[]] * n, pa.list_(pa.int64())),
    lambda n, _: pa.array([{"a": 1, "b": "x"}] * n),
    lambda n, _: pa.array([{}] * n, pa.struct([])),
    lambda n, _: pa.array([[("k", 1)]] * n, pa.map_(pa.string(), pa.int64())),
    lambda n, _: pa.array([b"\xff\x00"] * n, pa.binary()),
    lambda n, _: pa.array([b"abcd"] * n, pa.binary(4)),
    lambda n, _: pa.array([timedelta(days=3)] * n, pa.duration("us")),
    lambda n, _: pa.array([time(10, 30)] * n, pa.time64("us")),
    lambda n, r: pa.array([Decimal(r.choice(("1.10", "99999999999999999.99")))] * n, pa.decimal128(38, 2)),
    lambda n, _: pa.array([Decimal("1.5")] * n, pa.decimal256(60, 20)),
    lambda n, _: pa.array([Decimal("7" * 58) + i for i in range(n)], pa.decimal256(76, 0)),
    lambda n, r: pa.array([r.choice(_DAYS)] * n, pa.int32()).cast(pa.date32()),
    lambda n, r: pa.array([r.choice(_MICROSECONDS)] * n, pa.int64()).cast(pa.timestamp("us")),
    lambda n, r: pa.array([r.choice((2**62, -(2**62), 0))] * n, pa.int64()).cast(pa.timestamp("ns")),
    lambda n, r: pa.array([r.choice((2**52, -(2**52), 0))] * n, pa.int64()).cast(pa.timestamp("ms", "Europe/Warsaw")),
    lambda n, _: pa.array([datetime(2025, 5, 5)] * n, pa.timestamp("s")),
    lambda n, _: pa.array([float("nan")] * n),
    lambda n, r: pa.array([r.choice((float("nan"), float("inf"), 1e308, None, 1.0)) for _ in range(n)]),
    lambda n, _: pa.array([1.5] * n, pa.float32()),
    lambda n, _: pa.array([1] * n, pa.int64()).cast(pa.float32()).cast(pa.float16()),
    lambda n, _: pa.array([2**64 - 1] * n, pa.uint64()),
    lambda n, _: pa.array([-(2**63)] * n, pa.int64()),
    lambda n, _: pa.array([5] * n, pa.uint8()),
    lambda n, _: pa.nulls(n),
    lambda n, _: pa.array(["a", "b"] * n)[:n].dictionary_encode(),
    lambda n, r: pa.array([r.choice((True, False, None)) for _ in range(n)]),
    lambda n, _: pa.array(["x"] * n, pa.large_string()),
    lambda n, _: pa.array(["x" * 70_000] * n),
)  # fmt: skip


def _column(cells: list[Any], random: Random) -> pa.Array:
    """A column by the types of its cells, as a text where they differ."""
    if random.random() < 0.02:
        return random.choice(ODD_COLUMNS)(len(cells), random)
    with suppress(pa.ArrowException, OverflowError, TypeError, ValueError, UnicodeEncodeError):
        return pa.array(cells)
    texts = [None if cell is None else shown(cell).encode("utf-8", "replace").decode() for cell in cells]
    return pa.array(texts, pa.string())


def arrow_table(table: Table, random: Random) -> pa.Table:
    """The columns with Arrow's types; lines around the table are left out, a warehouse has none."""
    width = len(table.headers)
    rows = [[*row, *[None] * width][:width] for row in table.rows]
    columns = [_column([row[i] for row in rows], random) for i in range(width)]
    names = [shown(header).encode("utf-8", "replace").decode() for header in table.headers]
    if random.random() < 0.25:
        names.append(random.choice(("filename", "file_row_number", "row_no", "extra", "Created", "row_index", "")))
        columns.append(random.choice(ODD_COLUMNS)(len(rows), random))
    return pa.Table.from_arrays(columns, names=names)


def parquet_file(table: Table, random: Random) -> bytes:
    """A Parquet file."""
    out = io.BytesIO()
    arrow = arrow_table(table, random)
    compression = random.choice(("snappy", "zstd", "gzip", "none", "lz4", "brotli"))
    try:
        pa.parquet.write_table(arrow, out, compression=compression, row_group_size=random.choice((None, 1, 7)))
    except (pa.ArrowException, ValueError):  # a type that Parquet does not know
        out = io.BytesIO()
        kept = [i for i, kind in enumerate(arrow.schema.types) if pa.types.is_string(kind)]
        pa.parquet.write_table(arrow.select(kept), out)
    return out.getvalue()


def duckdb_file(table: Table, path: Path, secret: Path, random: Random) -> list[str]:
    """Write a DuckDB database; return the names by which its tables may be asked for."""
    arrow = arrow_table(table, random)
    if random.random() < 0.08:
        with closing(sqlite3.connect(path)) as lite:
            lite.execute("CREATE TABLE leads (ID TEXT, Stage TEXT)")
            lite.execute("INSERT INTO leads VALUES ('1', 'Won')")
            lite.commit()
        return ["leads"]
    asked = ["leads", "v", "missing", "s.leads", "LEADS", 'a"b', "spy"]
    with duckdb.connect(str(path)) as connection:
        connection.execute("SET threads = 1")
        try:
            connection.register("given", arrow)
            connection.execute("CREATE TABLE leads AS SELECT * FROM given")
        except duckdb.Error:  # a type or a name that DuckDB does not take
            connection.execute('CREATE TABLE leads AS SELECT 1 AS "Lead ID", \'Won\' AS "Stage"')
        for statement in (
            "CREATE VIEW v AS SELECT * FROM leads",
            "CREATE SCHEMA s",
            "CREATE TABLE s.leads AS SELECT 7 AS ID, 'Lost' AS Stage",
            "CREATE TABLE s.other AS SELECT 7 AS ID, 'Lost' AS Stage",
            'CREATE TABLE "a""b" AS SELECT * FROM leads LIMIT 1',
            f"CREATE VIEW spy AS SELECT 'L1' AS ID, 'Won' AS Stage, content AS Source FROM read_text('{secret}')",
            "CREATE TABLE nested AS SELECT 1 AS id, [1, 2] AS stage, {'a': 1} AS amount, INTERVAL 3 DAY AS created",
            "CREATE TABLE kinds AS SELECT uuid() AS id, 'Won'::ENUM('Won', 'Lost') AS Stage, 1::HUGEINT AS amount",
            "CREATE TABLE ends AS SELECT TIMESTAMP 'infinity' AS Created, DATE '-infinity' AS Won, '101'::BIT AS Stage",
            "CREATE TABLE far AS SELECT 1 AS ID, 'Won' AS Stage, DATE '5877642-06-25 (BC)' AS Created",
            "CREATE VIEW broken AS SELECT * FROM leads",
        ):
            with suppress(duckdb.Error):
                connection.execute(statement)
    return [*asked, "nested", "kinds", "ends", "far", "other", "s.other"]
