"""What becomes of tables whose rows are no leads or deals of their own: folded to one row a lead, or refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xl_leadkpi.errors import InputError, listed
from xl_leadkpi.leads.lifecycle.history import fold_history
from xl_leadkpi.leads.lifecycle.product_lines import fold_product_lines
from xl_leadkpi.leads.recognition.report_kind import REPORT_NAMES
from xl_leadkpi.leads.recognition.table_kind import ads_columns, log_columns, other_report, product_columns

if TYPE_CHECKING:
    from xl_leadkpi.leads.cells.raw_table import RawTable
    from xl_leadkpi.leads.lifecycle.folding import Folded
    from xl_leadkpi.leads.model.options import ReadOptions
    from xl_leadkpi.leads.model.stage import Pipeline
    from xl_leadkpi.leads.recognition.columns import ColumnMap


def fold(grid: RawTable, mapped: ColumnMap, options: ReadOptions, *, is_deals: bool) -> Folded | None:
    """Fold a log of stages or events, or a table of product lines; None where each row is a lead.

    Raises:
        InputError: It is a log that says nothing of stages.
    """
    log = log_columns(grid.headers, grid.sample, mapped, options.pipeline)
    folded = log and fold_history(grid, log, mapped, options, is_deals=is_deals)
    if folded:
        return folded
    lines = product_columns(grid.headers, mapped)
    return fold_product_lines(grid, lines, mapped) if lines else None


def refuse_reports(grid: RawTable, mapped: ColumnMap, pipeline: Pipeline) -> None:
    """Refuse a report of ads, traffic, e-mailings or a social network, which has no leads.

    Raises:
        InputError: It is one.
    """
    other = other_report(grid.headers, grid.sample, mapped, pipeline)
    if other:
        kind, named = other
        raise InputError(
            f"{grid.place}, row {grid.first_row - 1}: this is a {REPORT_NAMES[kind]} (columns {listed(named)}), not a "
            "table of leads: no column tells a lead's identifier, stage or outcome. Name the table of leads first, and "
            f"this one with --{kind} FILE."
        )
    columns = ads_columns(grid.headers, grid.sample, mapped, pipeline)
    if columns:
        raise InputError(
            f"{grid.place}, row {grid.first_row - 1}: this is a report of ads (columns {listed(columns)}), not a table "
            "of leads: no column tells a lead's identifier, stage or outcome. Name the table of leads first, and this "
            "one with --spend FILE."
        )
