"""Spark: tables of a cluster."""

from __future__ import annotations

import logging
import os
import re
import shutil
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import narwhals as nw

from xl_leadkpi.cells.days import DAY_ZERO
from xl_leadkpi.engines.parquet import common_columns, numbered_by_file, with_text_for_null
from xl_leadkpi.engines.protocol import Engine, Row, query
from xl_leadkpi.engines.reserved_names import freed
from xl_leadkpi.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_BYTES_A_PART = 32 << 20
_JOBS_AT_A_TIME = 4
_SPARK_SETTINGS = {
    "spark.sql.session.timeZone": "UTC",  # a clock in a file means the same on every worker
    "spark.sql.ansi.enabled": "true",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    # nobody looks at past plans, and those of a report are long: 1,000 of them would fill the driver's memory
    "spark.sql.maxPlanStringLength": "8192",
    "spark.sql.ui.retainedExecutions": "10",
}


class SparkEngine(Engine):
    """DataFrames of PySpark."""

    def __init__(self, master: str | None = None) -> None:
        """Name the master; None takes the session there is, else this machine."""
        self.master = master

    def scan_parquet(self, paths: Sequence[Path]) -> nw.LazyFrame[Any]:
        """Open Parquet files."""
        same, kinds = common_columns(paths, widens=False)
        renamed = freed(kinds)
        running = session(self.master)
        parts = max(2, sum(path.stat().st_size for path in paths) // _BYTES_A_PART)
        # Spark's own 200 are many times more tasks than such a table needs; the largest table decides
        before_us = int(running.conf.get("leadkpi.parts", "0"))
        running.conf.set("leadkpi.parts", str(max(parts, before_us)))
        running.conf.set("spark.sql.shuffle.partitions", str(max(parts, before_us)))
        reader = running.read.option("mergeSchema", str(not same).lower())
        frame = reader.parquet(*[re.sub(r"([][*?{}\\])", r"\\\1", path.resolve().as_posix()) for path in paths])
        # Spark writes one slash or three after file:, and quotes signs as it likes: it is asked for the names
        slashes = "^file:/+"
        quoted = {unquote(re.sub(slashes, "", one)): re.sub(slashes, "", one) for one in frame.inputFiles()}
        path_of = f"regexp_replace(_metadata.file_path, '{slashes}', '') AS filename"
        columns = [f"{_quoted(name)} AS {_quoted(renamed.get(name, name))}" for name in frame.columns]
        frame = frame.selectExpr(*columns, "_metadata.row_index AS file_row_number", path_of)
        names = [quoted[path.resolve().as_posix().lstrip("/")] for path in paths]
        return with_text_for_null(query(numbered_by_file(nw.from_native(frame), paths, names)), kinds)

    def numbered(self, native: Any) -> nw.LazyFrame[Any]:
        """Number the rows, unique and ascending, but with gaps."""
        return query(native.selectExpr("*", "monotonically_increasing_id() + 2 AS row_no"))

    def materialised(self, frame: nw.LazyFrame[Any], *, in_memory: bool) -> nw.LazyFrame[Any]:
        """Keep what fits and spill the rest."""
        from pyspark import StorageLevel  # noqa: PLC0415 - an extra

        del in_memory
        return query(frame.to_native().persist(StorageLevel.MEMORY_AND_DISK))

    def detached(self, frame: nw.LazyFrame[Any], *, in_memory: bool) -> nw.LazyFrame[Any]:
        """Work the rows out: kept ones still have their whole plan, which every query that uses them goes through."""
        del in_memory
        return query(frame.to_native().localCheckpoint())

    def checkpoint(self, frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
        """End the plan here, as Spark copies each expression into all that use it."""
        return self.materialised(frame, in_memory=False)

    def collect(self, frames: Sequence[nw.LazyFrame[Any]]) -> list[list[Row]]:
        """Run several at a time: small jobs wait for each other's last task, which keeps the workers idle."""
        with ThreadPoolExecutor(_JOBS_AT_A_TIME) as pool:
            return list(pool.map(self.rows, frames))

    def taken_over(self, rows: nw.DataFrame[Any], model: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
        """The rows as a table of the other query's session."""
        return query(model.to_native().sparkSession.createDataFrame(rows.to_arrow()))

    def day_number(self, day: nw.Expr) -> nw.Expr:
        """A difference of days, an interval here, which is cast to the number."""
        return (day - nw.lit(DAY_ZERO)).cast(nw.Int32)


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def session(master: str | None) -> Any:
    """The Spark session there is, or a new one at a master or on this machine."""
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
    # Py4J would print the whole stack at Ctrl-C, besides raising it
    logging.getLogger().addFilter(lambda record: "py4j" not in record.pathname)
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
