"""The whole workbook from a report: Summary, Funnel, Funnel_Data, Settings, Funnel_Map and the charts' figures."""

from __future__ import annotations

import re
import zipfile
from dataclasses import replace
from io import BytesIO
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from xl_leadkpi.funnel.context import inside
from xl_leadkpi.locales import languages
from xl_leadkpi.sheets.chart_data import CHART_SHEET, ChartData
from xl_leadkpi.sheets.data_sheet import DATA_SHEET, lay_out_data
from xl_leadkpi.sheets.editable import EDITED, MAP_SHEET, SETTINGS_SHEET
from xl_leadkpi.sheets.formats import Formats
from xl_leadkpi.sheets.funnel_sheet import CELL, label_width, lay_out_funnel
from xl_leadkpi.sheets.layout import Layout
from xl_leadkpi.sheets.map_sheet import lay_out_map
from xl_leadkpi.sheets.settings_sheet import lay_out_settings
from xl_leadkpi.sheets.summary_sheet import lay_out_summary
from xl_leadkpi.sheets.tables import Setting
from xl_leadkpi.sheets.texts import Texts

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from xl_leadkpi.funnel.report import FunnelReport
    from xl_leadkpi.leads.model.table import LeadTable
    from xl_leadkpi.sheets.editable import TableChoice
    from xl_leadkpi.sheets.formulas import Formulas

_WORKBOOK_PART = 1 << 20
TIME_OF_PARTS = (1980, 1, 31, 0, 0, 0)
"""What our writer gives the parts of a workbook as their time; other programs give them others."""


def lay_out(
    report: FunnelReport,
    leads: LeadTable,
    *,
    language: str = "en",
    formulas: Formulas = "native",
    data_rows: int | None = None,
    tables: Mapping[str, TableChoice] = MappingProxyType({}),
    settled: Mapping[str, Any] = MappingProxyType({}),
) -> Layout:
    """Lay the funnel out as a workbook.

    Args:
        report: Every block of the funnel.
        leads: The lead table behind it, for Funnel_Data.
        language: Language of headings, headers and notes.
        formulas: How a ratio is written: ``native`` as plain Excel arithmetic, ``functions`` as ``=CPL(...)``,
            ``values`` as its value alone.
        data_rows: How many leads go into Funnel_Data at most; None for as many as a sheet holds, 0 for none.
        tables: Where spend and touches are from in an open workbook, by the name under which Settings lists it.
        settled: Parameters that hold without the user's choice in Settings, instead of the usual ones.
    """
    header = report.header
    setting = Setting(
        texts=Texts(language, header.win_basis, header.is_deals, report.stage_pipeline),
        formats=Formats(language, header.currency, header.spend_currency),
        formulas=formulas,
        min_n=header.min_n,
        window_days=header.window_days,
        label_width=label_width(report, language),
        cell_width=CELL,
    )
    figures = ChartData()
    funnel, begins = lay_out_funnel(report, setting, figures)
    others = (
        lay_out_data(_of_period(leads, report), setting, data_rows),
        lay_out_settings(report, setting, figures, tables, settled),
        lay_out_map(report, setting, figures),
    )
    summary = lay_out_summary(report, setting, figures, begins)
    return Layout(setting.texts("sheet.title"), (summary, funnel, *others, figures.sheet()))


def _of_period(leads: LeadTable, report: FunnelReport) -> LeadTable:
    """The leads that were created or closed in the period asked for; all of them without one."""
    first, last = report.header.period_from, report.header.period_to
    if first is None and last is None:
        return leads
    here = inside("created", first, last) | inside("d_won", first, last) | inside("d_lost", first, last)
    return replace(leads, frame=leads.frame.filter(here))


def is_funnel_workbook(path: Path) -> bool:
    """Tell whether a file is a workbook as :func:`lay_out` makes it: with its sheets, and none of the user's own."""
    names, _ = _sheets_of(path)
    tabs = {Texts(language)("sheet.summary") for language in languages()}
    return {DATA_SHEET, MAP_SHEET} <= names <= {*tabs, "Funnel", DATA_SHEET, SETTINGS_SHEET, MAP_SHEET, CHART_SHEET}


def may_be_edited(path: Path) -> bool:
    """Tell whether a file is a workbook of :func:`lay_out` that may hold edits of the user's.

    It may where another program has saved it, or where it was made with the edits of one.
    """
    names, is_as_written = _sheets_of(path)
    return {DATA_SHEET, MAP_SHEET} <= names and not is_as_written


def _sheets_of(path: Path) -> tuple[set[str], bool]:
    """The names of a workbook's sheets, and whether it is as our writer leaves one without edits."""
    try:
        with zipfile.ZipFile(path) as parts:
            with parts.open("xl/workbook.xml") as stream:
                listed = stream.read(_WORKBOOK_PART).decode("utf-8", "replace")
            is_ours = all(part.date_time == TIME_OF_PARTS for part in parts.infolist())
            with parts.open("docProps/core.xml") if is_ours else BytesIO() as stream:
                is_as_written = is_ours and EDITED.encode() not in stream.read(_WORKBOOK_PART)
    except Exception:  # noqa: BLE001 - each way of packing has errors of its own for damage, and none of it is ours
        return set(), False
    return set(re.findall(r'<(?:\w+:)?sheet\b[^>]*?\bname="([^"]*)"', listed)), is_as_written
