"""The ribbon: its XML with one gallery a family, and the hidden sheet with its words and the list of KPIs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xl_leadkpi.addin.exports import FUNCTIONS
from xl_leadkpi.kpis import CATALOGUE, FAMILIES
from xl_leadkpi.sheets.layout import Area, Cells, Layout, Sheet, Style
from xl_leadkpi.workbooks.sources import LANGUAGES, Words, folder, keys

if TYPE_CHECKING:
    from xl_leadkpi.kpis.declaration import Kpi

TEXT_SHEET: Final = "LeadKPI_Texts"
"""Name by which ``KpiRibbon.bas`` finds the sheet."""

_KPI_COLUMN: Final = 5
_PLACEHOLDER: Final = "<!-- families -->"
_GALLERY: Final = (
    '<gallery id="gal_{family}" tag="{family}" columns="1" sizeString="WWWWWWWWWWWWWWWWWWWWWWWWWWWWWW" '
    'getLabel="LeadKpiFamily" '
    'getItemCount="LeadKpiItemCount" getItemID="LeadKpiItemId" getItemLabel="LeadKpiItemLabel" '
    'getItemScreentip="LeadKpiItemScreentip" getItemSupertip="LeadKpiItemSupertip" onAction="LeadKpiInsert"/>'
)
_SHOWN_GROUPS: Final = ("ribbon.", "tip.", "msg.", "family.")
_LONGEST_TIP: Final = 1024


def ribbon_xml() -> bytes:
    """The customUI part."""
    template = (folder() / "ribbon" / "customUI14.xml").read_text(encoding="utf-8")
    galleries = "\n            ".join(_GALLERY.format(family=family) for family in FAMILIES)
    return template.replace(_PLACEHOLDER, galleries).encode()


def text_sheet() -> Sheet:
    """What the callbacks read: words by key in columns A to D, from column F the KPIs family by family."""
    shown = [key for key in keys() if key.startswith(_SHOWN_GROUPS)]
    words = [shown, *([Words(language)(key) for key in shown] for language in LANGUAGES)]
    families = list(FAMILIES)
    kpis = sorted(CATALOGUE.values(), key=lambda kpi: families.index(kpi.family))
    listed = [
        [kpi.family for kpi in kpis],
        [kpi.name for kpi in kpis],
        *([kpi.title[language] for kpi in kpis] for language in LANGUAGES),
        [kpi.signature for kpi in kpis],
        *([_tip(kpi, Words(language)) for kpi in kpis] for language in LANGUAGES),
    ]
    areas = (_area(0, words), _area(_KPI_COLUMN, listed))
    return Sheet(TEXT_SHEET, areas, hidden=True, widths=((0, _KPI_COLUMN + len(listed), 120),))


def _area(column: int, columns: list[list[str]]) -> Area:
    return Area(0, column, tuple(Cells(tuple(values), Style()) for values in columns))


def _tip(kpi: Kpi, words: Words) -> str:
    formula = kpi.excel_text(*(argument.name for argument in kpi.arguments if not argument.optional))
    return f"{words.meaning(FUNCTIONS[kpi.name])}\n= {formula}"[:_LONGEST_TIP]


def add_in_layout() -> Layout:
    """An add-in shows no sheet; its only one holds the words of the ribbon."""
    sheet = text_sheet()
    return Layout("Lead KPI", (Sheet(sheet.name, sheet.areas, widths=sheet.widths),))
