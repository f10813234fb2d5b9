"""Deals with one row for each of their products, folded to one row a deal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from xl_leadkpi.leads.cells.magnitudes import header_unit
from xl_leadkpi.leads.cells.numbers import parse_amounts
from xl_leadkpi.leads.cells.raw_table import RawColumn, from_series, from_texts
from xl_leadkpi.leads.fields.rules import read_amounts
from xl_leadkpi.leads.lifecycle.folding import Folded, all_rows, folded_table
from xl_leadkpi.leads.model.findings import ROWS_NAMED, Finding, FindingKind

if TYPE_CHECKING:
    from xl_leadkpi.leads.cells.raw_table import RawTable
    from xl_leadkpi.leads.lifecycle.folding import AllRows
    from xl_leadkpi.leads.recognition.columns import ColumnMap
    from xl_leadkpi.leads.recognition.table_kind import ProductLines

_ALIKE = 0.95  # of the deals with several rows; others may have been corrected in one of them
_OTHER_PRODUCT = 0.8


def fold_product_lines(grid: RawTable, lines: ProductLines, mapped: ColumnMap) -> Folded | None:
    """Fold rows that differ in what they say of a product, and in nothing else.

    The amount is the deal's own where a column has it, else the sum of its lines.

    Args:
        grid: The table.
        lines: Which of its columns speak of the line.
        mapped: What its columns mean.

    Returns:
        The table with one row a deal; None where its rows are no product lines: identifiers stand but once, or rows of
        one deal differ in more (an update of a deal is none of its products).
    """
    (key, *others) = lines.key
    if not others and _stands_once(grid, key):
        return None
    rows = all_rows(grid)
    frame = pl.DataFrame({"place": rows.places, "product": rows.texts(lines.product)}).with_columns(
        key=_key(rows, lines)
    )
    deals = (
        frame.filter(pl.col("key").is_not_null())
        .group_by("key", maintain_order=True)
        .agg(pl.first("place"), pl.len().alias("rows"), pl.n_unique("product").alias("products"))
    )
    several = deals.filter(pl.col("rows") > 1)
    if several.is_empty() or (several["products"] > 1).sum() < _OTHER_PRODUCT * len(several):
        return None
    if not others and not _are_alike(
        rows, frame.join(several.select("key"), on="key", how="semi"), lines, len(several)
    ):
        return None
    nameless = frame.filter(pl.col("key").is_null())
    kept = pl.concat([deals.select("place"), nameless.select("place")])["place"].sort()
    columns = [(header, rows.columns[place].pick(kept)) for place, header in enumerate(grid.headers)]
    amount, fields, taken = _amounts(grid, rows, frame, lines, mapped)
    if amount is not None:
        sums = kept.to_frame().join(amount, on="place", how="left", maintain_order="left")["amount"]
        place, header = taken
        columns[place] = (header, _with_currency(sums, rows.columns[place]))
    folded = len(frame) - len(kept)
    named = tuple(grid.numbered(several["place"].head(ROWS_NAMED)).to_list())
    details = {
        "product": grid.headers[lines.product],
        "amount": "sum" if amount is not None else "own",
        "header": taken[1],
    }
    found = Finding(FindingKind.PRODUCT_LINES, folded, grid.headers[lines.product], named, details)
    return Folded(folded_table(grid, columns, kept, [*rows.findings, found]), fields)


def _stands_once(grid: RawTable, place: int) -> bool:
    column: RawColumn = grid.load([place], frozenset({place})).columns[place]
    texts = column.spread(column.as_text()).drop_nulls()
    return texts.n_unique() == len(texts)


def _key(rows: AllRows, lines: ProductLines) -> pl.Series:
    parts = pl.DataFrame({str(place): rows.texts(place) for place in lines.key})
    if parts.width == 1:
        return parts.to_series()
    return parts.select(pl.struct(pl.all().fill_null("")).rank("dense").cast(pl.String).alias("key"))["key"]


def _are_alike(rows: AllRows, frame: pl.DataFrame, lines: ProductLines, deals: int) -> bool:
    """Whether the rows of a deal are alike in all that is not of the line."""
    for place in rows.columns:
        if place in lines.lines or place in lines.key:
            continue
        texts = pl.DataFrame({"place": rows.places, "text": rows.texts(place)})
        found = frame.join(texts, on="place").group_by("key").agg(pl.n_unique("text"))
        if (found["text"] > 1).sum() > (1 - _ALIKE) * deals:
            return False
    return True


def _amounts(
    grid: RawTable, rows: AllRows, frame: pl.DataFrame, lines: ProductLines, mapped: ColumnMap
) -> tuple[pl.DataFrame | None, dict[str, str], tuple[int, str]]:
    """The sums of the lines by the deal's first place, unless the deal has an amount of its own."""
    own = mapped.position.get("amount")
    if own is not None and own not in lines.lines:
        return None, {}, (own, grid.headers[own])
    totals = lines.parts.get("total", ())
    prices, quantities = lines.parts.get("price", ()), lines.parts.get("quantity", ())
    if totals:
        place, values = totals[0], _numbers(grid, rows, totals[0])
    elif prices and quantities:
        place = prices[0]
        values = _numbers(grid, rows, place) * _numbers(grid, rows, quantities[0])
    elif own is not None:
        place, values = own, _numbers(grid, rows, own)
    else:
        return None, {}, (-1, "")
    sums = (
        frame.with_columns(value=values)
        .group_by("key", maintain_order=True)
        .agg(pl.first("place"), pl.when(pl.col("value").count() > 0).then(pl.sum("value")).alias("amount"))
    )
    header = grid.headers[place]
    return sums.filter(pl.col("key").is_not_null()), {"amount": header}, (place, header)


def _numbers(grid: RawTable, rows: AllRows, place: int) -> pl.Series:
    """The amounts of a column in the unit of its header."""
    column, header = rows.columns[place], grid.headers[place]
    unit = header_unit(header)
    values = column.spread(read_amounts(column, header).values).gather(rows.places)
    return values / 10.0**unit.power if unit else values


def _with_currency(sums: pl.Series, lines: RawColumn) -> RawColumn:
    """The sums, with the currency that stands beside the amounts of the lines if it is one."""
    (code, *others) = parse_amounts(lines.text).currency.drop_nulls().unique().to_list() or [""]
    if not code or others:
        return from_series(sums, distinct=True)
    written = sums.cast(pl.String) + f" {code}"
    return from_texts(written, distinct=True)
