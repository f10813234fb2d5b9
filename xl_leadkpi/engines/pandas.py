"""pandas: rows in memory, every query run at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals as nw

from xl_leadkpi.cells.days import DAY_ZERO
from xl_leadkpi.engines.protocol import Engine, query, runs_by_sorting, with_previous_by_sorting

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class PandasEngine(Engine):
    """Frames that Narwhals counts as pandas does; they come from memory, never from files."""

    def scan_parquet(self, paths: Sequence[Path]) -> nw.LazyFrame[Any]:
        """Open Parquet files."""
        import pandas as pd  # noqa: PLC0415 - heavy, rarely used

        return self.numbered(pd.concat([pd.read_parquet(path) for path in paths], ignore_index=True))

    def numbered(self, native: Any) -> nw.LazyFrame[Any]:
        """Number the rows."""
        rows: nw.DataFrame[Any] = nw.from_native(native, eager_only=True).with_row_index("row_no")
        return rows.with_columns(nw.col("row_no").cast(nw.Int64) + 2).lazy()

    def materialised(self, frame: nw.LazyFrame[Any], *, in_memory: bool) -> nw.LazyFrame[Any]:
        """The rows, which are worked out already."""
        del in_memory
        return frame.collect().lazy()

    def with_previous(
        self, frame: nw.LazyFrame[Any], column: str, *, within: str, order: Sequence[str]
    ) -> nw.LazyFrame[Any]:
        """Sort once and look one row up."""
        return with_previous_by_sorting(frame, column, within, order)

    def runs(
        self, frame: nw.LazyFrame[Any], value: str, *, within: str, order: Sequence[str], start: str
    ) -> nw.LazyFrame[Any]:
        """Sort once and look one row up and down."""
        return runs_by_sorting(frame, value, within, order, start)

    def taken_over(self, rows: nw.DataFrame[Any], model: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
        """The rows as pandas."""
        del model
        return query(rows.to_pandas())

    def day_number(self, day: nw.Expr) -> nw.Expr:
        """A difference of days."""
        return (day - nw.lit(DAY_ZERO)).cast(nw.Int32)
