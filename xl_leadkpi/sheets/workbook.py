"""The whole workbook from a report: Funnel, Funnel_Data, Funnel_Map and the charts' figures."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from xl_leadkpi.sheets.chart_data import ChartData
from xl_leadkpi.sheets.data_sheet import lay_out_data
from xl_leadkpi.sheets.formats import Formats
from xl_leadkpi.sheets.funnel_sheet import CELL, label_width, lay_out_funnel
from xl_leadkpi.sheets.layout import Layout
from xl_leadkpi.sheets.map_sheet import lay_out_map
from xl_leadkpi.sheets.tables import Setting
from xl_leadkpi.sheets.texts import Texts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xl_leadkpi.funnel.report import FunnelReport
    from xl_leadkpi.leads.table import LeadTable
    from xl_leadkpi.sheets.formats import Language
    from xl_leadkpi.sheets.formulas import Formulas
    from xl_leadkpi.sheets.map_sheet import TableChoice


def lay_out(
    report: FunnelReport,
    leads: LeadTable,
    *,
    language: Language = "en",
    formulas: Formulas = "native",
    data_rows: int | None = None,
    tables: Mapping[str, TableChoice] = MappingProxyType({}),
) -> Layout:
    """Lay the funnel out as a workbook.

    Args:
        report: Every block of the funnel.
        leads: The lead table behind it, for Funnel_Data.
        language: Language of headings, headers and notes.
        formulas: How a ratio is written: ``native`` as plain Excel arithmetic, ``functions`` as ``=CPL(...)``,
            ``values`` as its value alone.
        data_rows: How many leads go into Funnel_Data at most; None for as many as a sheet holds, 0 for none.
        tables: Where spend and touches are from in an open workbook, by the name under which Funnel_Map lists it.
    """
    header = report.header
    setting = Setting(
        texts=Texts(language, header.win_basis, header.is_deals),
        formats=Formats(language, header.currency, header.spend_currency),
        formulas=formulas,
        min_n=header.min_n,
        window_days=header.window_days,
        label_width=label_width(report, language),
        cell_width=CELL,
    )
    figures = ChartData()
    return Layout(
        setting.texts("sheet.title"),
        (
            lay_out_funnel(report, setting, figures),
            lay_out_data(leads, setting, data_rows),
            lay_out_map(report, setting, figures, tables),
            figures.sheet(),
        ),
    )
