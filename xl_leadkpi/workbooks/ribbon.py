"""The ribbon: its XML with one gallery a family, and the hidden sheet with its words and the list of KPIs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from xl_leadkpi.addin.exports import FUNCTIONS
from xl_leadkpi.kpis import CATALOGUE, FAMILIES
from xl_leadkpi.locales import languages
from xl_leadkpi.sheets.layout import Area, Cells, Layout, Sheet, Style
from xl_leadkpi.workbooks.sources import Words, folder, keys

if TYPE_CHECKING:
    from xl_leadkpi.kpis.declaration import Kpi

TEXT_SHEET: Final = "LeadKPI_Texts"
"""Name by which ``KpiRibbon.bas`` finds the sheet."""

_PLACEHOLDER: Final = "<!-- families -->"
_GALLERY: Final = (
    '<gallery id="gal_{family}" tag="{family}" columns="1" sizeString="WWWWWWWWWWWWWWWWWWWWWWWWWWWWWW" '
    'getLabel="RibbonFamily" '
    'getItemCount="RibbonItemCount" getItemID="RibbonItemId" getItemLabel="RibbonItemLabel" '
    'getItemScreentip="RibbonItemScreentip" getItemSupertip="RibbonItemSupertip" onAction="RibbonInsert"/>'
)
_CALLBACK: Final = re.compile(r"\bRibbon(?=[A-Z])")
_SHOWN_GROUPS: Final = ("ribbon.", "tip.", "msg.", "family.")
_LONGEST_TIP: Final = 1024


def own_callbacks(text: str, *, add_in: bool) -> str:
    """Give the callbacks in the ribbon's XML or VBA the names they have in one file alone.

    Where add-in and template are open together, Excel may run the other file's callback of the same name.

    >>> own_callbacks('onAction="RibbonRun"', add_in=True)
    'onAction="AddInRibbonRun"'
    """
    return _CALLBACK.sub("AddInRibbon" if add_in else "TemplateRibbon", text)


def ribbon_xml(*, add_in: bool) -> bytes:
    """The customUI part of the add-in or of the template."""
    template = (folder() / "ribbon" / "customUI14.xml").read_text(encoding="utf-8")
    galleries = "\n            ".join(_GALLERY.format(family=family) for family in FAMILIES)
    return own_callbacks(template.replace(_PLACEHOLDER, galleries), add_in=add_in).encode()


def text_sheet() -> Sheet:
    """What the callbacks read, below a line of headings.

    First the KPIs, family by family: family, name, signature; then the keys of the words. Then three times as many
    columns as there are languages: the words, the titles of the KPIs and their tips. Above the words of a language
    stands Excel's number of it.
    """
    families = list(FAMILIES)
    kpis = sorted(CATALOGUE.values(), key=lambda kpi: families.index(kpi.family))
    shown = [key for key in keys() if key.startswith(_SHOWN_GROUPS)]
    in_languages = [Words(language) for language in languages()]
    columns: list[tuple[Any, ...]] = [
        ("family", *(kpi.family for kpi in kpis)),
        ("name", *(kpi.name for kpi in kpis)),
        ("signature", *(kpi.signature for kpi in kpis)),
        ("key", *shown),
        *((words.locale.excel_language, *(words(key) for key in shown)) for words in in_languages),
        *((f"title {words.language}", *(kpi.title_in(words.language) for kpi in kpis)) for words in in_languages),
        *((f"tip {words.language}", *(_tip(kpi, words) for kpi in kpis)) for words in in_languages),
    ]
    areas = tuple(Area(0, i, (Cells(values, Style()),)) for i, values in enumerate(columns))
    return Sheet(TEXT_SHEET, areas, hidden=True, widths=((0, len(columns), 120),))


def _tip(kpi: Kpi, words: Words) -> str:
    formula = kpi.excel_text(*(argument.name for argument in kpi.arguments if not argument.optional))
    return f"{words.meaning(FUNCTIONS[kpi.name])}\n= {formula}"[:_LONGEST_TIP]


def add_in_layout() -> Layout:
    """An add-in shows no sheet; its only one holds the words of the ribbon."""
    sheet = text_sheet()
    return Layout("Lead KPI", (Sheet(sheet.name, sheet.areas, widths=sheet.widths),))
