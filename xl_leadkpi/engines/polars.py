"""Polars: rows in memory, or streamed from Parquet files in parts that fit."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import narwhals as nw
import polars as pl

from xl_leadkpi.cells.days import UNIX_EPOCH
from xl_leadkpi.engines import scratch
from xl_leadkpi.engines.parquet import common_columns, is_too_wide, with_text_for_null
from xl_leadkpi.engines.protocol import Engine, Row, query, runs_of_sorted, with_previous_by_sorting
from xl_leadkpi.engines.reserved_names import freed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_ROWS_A_GROUP = 10_000


class PolarsEngine(Engine):
    """Polars, eager or streaming."""

    def scan_parquet(self, paths: Sequence[Path]) -> nw.LazyFrame[Any]:
        """Open Parquet files."""
        same, kinds = common_columns(paths, widens=True)
        renamed = freed(kinds)
        if "POLARS_ROW_GROUP_PREFETCH_SIZE" not in os.environ:
            # left to itself it reads many row groups ahead: half as much memory, and no slower from a disk
            pl.Config.load('{"environment": {"POLARS_ROW_GROUP_PREFETCH_SIZE": "2"}}')
        if same and not renamed:
            scan = pl.scan_parquet(list(paths), glob=False, row_index_name="row_no", row_index_offset=2)
        else:
            scan = pl.concat([pl.scan_parquet(path, glob=False) for path in paths], how="diagonal_relaxed")
            scan = scan.rename(renamed).with_row_index("row_no", offset=2)
        # Polars knows the type and cannot read it, Narwhals does not even know it: it counts as one that no cell has
        wide = [renamed.get(name, name) for name, kind in kinds.items() if is_too_wide(kind)]
        scan = scan.with_columns(pl.lit(None, dtype=pl.Object).alias(name) for name in wide) if wide else scan
        return with_text_for_null(query(scan), kinds).with_columns(nw.col("row_no").cast(nw.Int64))

    def numbered(self, native: Any) -> nw.LazyFrame[Any]:
        """Number the rows in their order."""
        return query(native.with_row_index("row_no", offset=2)).with_columns(nw.col("row_no").cast(nw.Int64))

    def materialised(self, frame: nw.LazyFrame[Any], *, in_memory: bool) -> nw.LazyFrame[Any]:
        """Collect the rows, or write them to a file."""
        if in_memory:
            return frame.collect().lazy()
        path = scratch.new_path(".parquet")
        frame.to_native().sink_parquet(path, compression="lz4", maintain_order=False)
        return query(pl.scan_parquet(path, glob=False))

    def collect(self, frames: Sequence[nw.LazyFrame[Any]]) -> list[list[Row]]:
        """Run queries together: what they share is worked out once."""
        return [list(table.iter_rows(named=True)) for table in pl.collect_all([frame.to_native() for frame in frames])]

    def with_previous(
        self, frame: nw.LazyFrame[Any], column: str, *, within: str, order: Sequence[str]
    ) -> nw.LazyFrame[Any]:
        """Sort once and look one row up."""
        return with_previous_by_sorting(frame, column, within, order)

    def runs(
        self, frame: nw.LazyFrame[Any], value: str, *, within: str, order: Sequence[str], start: str
    ) -> nw.LazyFrame[Any]:
        """Sort once and look one row up and down."""
        rows: pl.DataFrame = frame.collect().to_native()
        return runs_of_sorted(nw.from_native(_in_order(rows, within, order)), value, within, start)

    def taken_over(self, rows: nw.DataFrame[Any], model: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
        """The rows as Polars."""
        del model
        return query(rows.to_polars())

    def day_number(self, day: nw.Expr) -> nw.Expr:
        """Days since 1970, moved to Excel's beginning."""
        return day.cast(nw.Int32) + UNIX_EPOCH

    def candidates(self, keys: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
        """The keys whose hash is not theirs alone: hashes go to disk in parts, like to like."""
        parts = self._parts(keys)
        return query(_with_common_hash(keys.to_native(), parts)) if parts > 1 else keys

    def partitioned(self, frame: nw.LazyFrame[Any], key: str) -> Iterator[nw.LazyFrame[Any]]:
        """Parts with the same keys; where it streams Polars spills nothing itself."""
        parts = self._parts(frame)
        if parts < 2:
            yield frame
            return
        folder = split(frame.to_native(), pl.col(key).hash(), parts)
        for part in sorted(scratch.filled_parts(folder)):
            yield query(_part(folder, part))
            scratch.remove(folder / part)
        scratch.remove(folder)

    def partitioned_pairs(
        self, one: nw.LazyFrame[Any], other: nw.LazyFrame[Any], key: str
    ) -> Iterator[tuple[nw.LazyFrame[Any], nw.LazyFrame[Any]]]:
        """Parts of both tables with the same keys; where it streams Polars spills nothing itself."""
        parts = max(self._parts(one), self._parts(other))
        if parts < 2:
            yield one, other
            return
        first, second = (split(frame.to_native(), pl.col(key).hash(), parts) for frame in (one, other))
        for part in sorted(scratch.filled_parts(first) & scratch.filled_parts(second)):
            yield query(_part(first, part)), query(_part(second, part))
            scratch.remove(first / part, second / part)
        scratch.remove(first, second)

    def _parts(self, frame: nw.LazyFrame[Any]) -> int:
        [[counted]] = self.collect([frame.select(nw.len().alias("rows"))])
        return int(-(-counted["rows"] // scratch.ROWS_A_PART))


def _in_order(rows: pl.DataFrame, within: str, order: Sequence[str]) -> pl.DataFrame:
    """Sort rows by a key and an order; where they are in that order already one key is left, a third of the work."""
    for descending in (False, True):
        if all(rows[column].is_sorted(descending=descending) for column in order):
            return (rows.reverse() if descending else rows).sort(within, maintain_order=True)
    return rows.sort(within, *order)


def _with_common_hash(keys: pl.LazyFrame, parts: int) -> pl.LazyFrame:
    hashed = keys.with_columns(hash=pl.col("key").hash())
    folder = split(hashed.select("hash"), pl.col("hash"), parts)
    found = [
        _part(folder, part).group_by("hash").len("n").filter(pl.col("n") > 1).select("hash").collect(engine="streaming")
        for part in scratch.filled_parts(folder)
    ]
    scratch.remove(folder)
    return hashed.join(pl.concat(found).lazy(), on="hash", how="semi").select("key")


def split(frame: pl.LazyFrame, hashes: pl.Expr, parts: int) -> Path:
    """Write a table to disk in parts, like to like."""
    folder = scratch.new_path()
    folder.mkdir()
    # not by the last bits: those a hash table of the part's rows will go by
    by_part = pl.PartitionBy(folder, key=(hashes // scratch.LAST_BITS % parts).alias("part"), include_key=False)
    # a row group of each part is in memory until it is full
    frame.sink_parquet(by_part, compression="lz4", statistics=False, maintain_order=False, row_group_size=_ROWS_A_GROUP)
    return folder


def _part(folder: Path, part: str) -> pl.LazyFrame:
    return pl.scan_parquet(list((folder / part).iterdir()), glob=False, hive_partitioning=False)
