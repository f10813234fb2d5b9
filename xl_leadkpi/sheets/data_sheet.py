"""The sheet Funnel_Data: the normalised leads as one Excel table, so that any count can be checked with a filter."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from math import ceil
from typing import TYPE_CHECKING, Any

import narwhals as nw

from xl_leadkpi.cells.days import day_number
from xl_leadkpi.engines.protocol import plain_value
from xl_leadkpi.sheets import styles
from xl_leadkpi.sheets.formats import HUGE, POWER_OF_TEN, TEXT
from xl_leadkpi.sheets.layout import Area, Cells, Print, Range, Sheet, Style, Table, footer_text
from xl_leadkpi.sheets.measure import text_width
from xl_leadkpi.sheets.tables import PADDING, unique_headers

if TYPE_CHECKING:
    from xl_leadkpi.leads.model.table import LeadTable
    from xl_leadkpi.sheets.tables import Setting

DATA_SHEET = "Funnel_Data"
MOST_ROWS = 1_048_575
_AMOUNT = f"[>={HUGE:.0f}]{POWER_OF_TEN};[<=-{HUGE:.0f}]-{POWER_OF_TEN};#,##0.00"
FILTER_BUTTON = 28
WIDTH = 30
"""Widths are multiples of it, so that many columns have the same one: in an open workbook each other one is a call."""
WIDEST = 1500
"""Excel has no column wider than 255 characters."""
INDENT = 9
_WIDE = {"name": 180, "lead_id": 90, "source": 120, "campaign": 150, "owner": 120, "lost_reason": 150}


def lay_out_data(leads: LeadTable, setting: Setting, data_rows: int | None) -> Sheet:
    """Lay out the normalised leads.

    Args:
        leads: The lead table.
        setting: Language and formats.
        data_rows: How many leads at most, None for as many as a sheet holds.
    """
    shown = min(MOST_ROWS if data_rows is None else data_rows, MOST_ROWS)
    if isinstance(leads.frame, nw.LazyFrame):  # an engine's rows come in no order
        table = leads.frame.sort("row_no").head(shown).collect()
    else:
        table = leads.frame.head(shown)
    columns = _columns(table, leads, setting)
    columns = [
        # a text beside right-aligned figures would run into them
        (name, values, replace(style, indent=1) if style.align == "left" and before.align == "right" else style)
        for (name, values, style), (_, _, before) in zip(columns, [columns[0], *columns], strict=False)
    ]
    headers = unique_headers([_header(name, leads, setting) for name, _, _ in columns])
    height = table.shape[0]
    return Sheet(
        name=DATA_SHEET,
        areas=(
            Area(
                0,
                0,
                tuple(
                    Cells((text,), replace(styles.DATA_HEADER, indent=style.indent))
                    for text, (_, _, style) in zip(headers, columns, strict=True)
                ),
            ),
        ),
        bulk=Area(1, 0, tuple(Cells(values, style) for _, values, style in columns)) if height else None,
        tables=(Table("tblLeads", Range(DATA_SHEET, 0, 0, max(height, 1), len(columns) - 1), headers, filters=True),),
        widths=tuple(
            (
                i,
                i,
                WIDTH
                * ceil(
                    min(
                        WIDEST,
                        max(
                            _WIDE.get(name, 90),
                            text_width(text, styles.SIZE, bold=True) + FILTER_BUTTON + INDENT * style.indent,
                            _amount_width(table[name]) if name in ("amount", "amount_original") else 0,
                        ),
                    )
                    / WIDTH
                ),
            )
            for i, ((name, _, style), text) in enumerate(zip(columns, headers, strict=True))
        ),
        freeze=(1, 2),
        printing=Print(None, (0, 0), footer=footer_text(setting.texts("sheet.leads"), setting.texts("sheet.page"))),
    )


def _days(leads: LeadTable) -> tuple[str, ...]:
    return (*leads.pipeline.date_columns, "d_lost", "expected_close", "customer_end")


def _order(leads: LeadTable) -> tuple[str, ...]:
    return (
        "row_no", "file", "lead_id", "name", *_days(leads), "outcome", "stage_now", "furthest_stage", "lost_stage",
        "source", "campaign", "owner", "lost_reason", "amount", "currency",
        "amount_original", "currency_original", "response_min", "cohort_month", "age_days",
        "cycle_days",
    )  # fmt: skip


def _columns(table: nw.DataFrame[Any], leads: LeadTable, setting: Setting) -> list[tuple[str, list[Any], Style]]:
    """The columns that hold anything: name, values, style."""
    as_of = day_number(leads.as_of)
    table = table.with_columns(
        age_days=as_of - nw.col("created").floor(),
        cycle_days=nw.col("d_won") - nw.col("created"),
    )
    there = {*table.columns, *(("file",) if leads.sources else ())}
    names = [name for name in _order(leads) if name in there]
    names += [name for name in table.columns if name.startswith("by_")]
    found = []
    for name in names:
        values = _values(name, table, leads)
        if name in ("row_no", "lead_id") or any(value is not None for value in values):
            found.append((name, _shown(name, values, leads, setting), _style(name, leads, setting)))
    return found


def _values(name: str, table: nw.DataFrame[Any], leads: LeadTable) -> list[Any]:
    """A column's values; of several files their names, and the rows as each of them numbers its own."""
    if leads.sources is None or name not in ("row_no", "file"):
        values, names = list(table[name].to_list()), leads.pseudonyms
        if table.implementation.is_pandas():  # which says NaN, NaT or NA for missing
            values = [plain_value(value) for value in values]
        return values if names is None else names.shown(values, names.columns.get(name))
    places = [leads.sources.place(int(row)) for row in table["row_no"].to_list()]
    return [file if name == "file" else row for file, row in places]


def _shown(name: str, values: list[Any], leads: LeadTable, setting: Setting) -> list[Any]:
    """The values as the reader should see them: stages and outcomes by name, months as days."""
    if name in ("furthest_stage", "lost_stage"):
        stages = dict(enumerate(map(setting.texts.stage, leads.pipeline.names), start=1))
        return [stages.get(value) for value in values]
    if name == "cohort_month":
        months = {
            value: day_number(date(int(value) // 12, int(value) % 12 + 1, 1))
            for value in set(values)
            if value is not None
        }
        return [months.get(value) for value in values]
    if name in ("outcome", "stage_now"):
        shown = setting.texts.stage
        words = {word: shown(word.capitalize() if name == "outcome" else word) for word in set(values) if word}
        return [words.get(value) for value in values]
    return values


def _style(name: str, leads: LeadTable, setting: Setting) -> Style:
    formats = setting.formats
    if name in _days(leads):
        return Style(number_format=formats.day + (" hh:mm" if name in leads.has_time else ""), align="right")
    if name == "cohort_month":
        return Style(number_format=formats.month, align="right")
    if name in ("amount", "amount_original"):
        return Style(number_format=_AMOUNT, align="right")
    if name in ("age_days", "cycle_days", "response_min"):
        return Style(number_format="#,##0.##" if name == "response_min" else "#,##0", align="right")
    if name == "row_no":
        return Style(number_format="0", align="right")
    return Style(number_format=TEXT)


def _amount_width(amounts: nw.Series[Any]) -> int:
    """Room for the longest amount in full; those beyond are written as powers of ten."""
    ends = (amounts.min(), amounts.max())
    longest = max((f"{end:,.2f}" for end in ends if end is not None and abs(end) < HUGE), key=len, default="")
    return text_width(longest, styles.SIZE) + PADDING


def _header(name: str, leads: LeadTable, setting: Setting) -> str:
    if name.startswith("by_"):
        return leads.by_labels.get(name, name)
    stage = next((stage for stage in leads.pipeline.stages[1:] if stage.date_column == name), None)
    if stage is None:
        return setting.texts.known(f"data.{name}", name)
    return stage.name if stage.is_own else setting.texts.known(f"data.{name}", stage.name)
