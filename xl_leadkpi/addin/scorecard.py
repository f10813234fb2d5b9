"""A sheet of chosen KPIs with target and status; its values follow the funnel sheet by formula."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from xl_leadkpi.locales import in_every_language, languages
from xl_leadkpi.sheets import styles
from xl_leadkpi.sheets.formats import Formats
from xl_leadkpi.sheets.layout import Area, Cells, Choice, Condition, Layout, Print, Range, Sheet, Style, Table, address
from xl_leadkpi.sheets.palette import NAVY, RED, TEAL
from xl_leadkpi.sheets.texts import Texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

SHEET = "Scorecard"
TABLE = "tblScorecard"
SUMMARY = "leadkpi_summary"
"""Defined name of the summary's two rows (keys above figures), set anew at each build."""
CLOSE = 0.9
"""From this share of the target on a figure is close to it."""

_COLUMNS = ("figure", "value", "target", "better", "attained", "status")
_WORDS = (
    "title", "hint", *_COLUMNS, "higher", "lower", "reached", "close", "missed",
)  # fmt: skip
_LOWER = {"lost", "cycle_days_median", "cycle_days_mean", "response_minutes_median", "spend", "cpl", "cac"}
_FIRST = (
    "leads", "opportunities", "won", "win_rate", "lead_conversion_mature", "revenue", "average_deal", "pipeline",
    "cycle_days_median", "cpl", "cac", "romi",
)  # fmt: skip
_MONEY = {"revenue", "average_deal", "pipeline", "weighted_pipeline", "velocity", "spend", "cpl", "cac"}
_RATES = {"win_rate", "lead_conversion", "lead_conversion_mature", "romi"}


@dataclass(frozen=True, slots=True)
class Row:
    """One figure: its key in the summary, the target or None, and which way is better."""

    key: str
    target: float | None = None
    lower_is_better: bool = False


def chosen_rows(keys: Sequence[str], before: Iterable[Sequence[Any]]) -> list[Row]:
    """The rows of a scorecard: those the user has chosen before, else the usual ones.

    Args:
        keys: Keys of the summary.
        before: Rows of the scorecard as it stands now, ``()`` if there is none.
    """
    known = {name.casefold(): key for key in keys for name in (key, *_names(key))}
    lower = in_every_language("funnel", "scorecard.lower")
    rows = []
    for figure, _, target, better, *_ in before:
        key = known.get(str(figure or "").strip().casefold())
        if key:
            number = float(target) if isinstance(target, int | float) else None
            rows.append(Row(key, number, str(better) in lower if better else key in _LOWER))
    return rows or [Row(key, None, key in _LOWER) for key in _FIRST if key in keys]


def _names(key: str) -> tuple[str, ...]:
    return tuple(_name(key, Texts(language)) for language in languages())


def _name(key: str, texts: Texts) -> str:
    """What the funnel's cards call a figure, without what depends on the window."""
    return texts.known(f"card.{key}", texts.column(key), value="90")


def lay_out_scorecard(rows: Sequence[Row], values: Mapping[str, Any], language: str, currency: str | None) -> Layout:
    """Lay the scorecard out.

    Args:
        rows: The figures.
        values: Figures of the summary by key, as last computed.
        language: Language of the workbook.
        currency: Currency of the amounts.
    """
    texts = Texts(language)
    words = {key: texts(f"scorecard.{key}") for key in _WORDS}
    formats = Formats(language, currency)
    first, count = 4, len(rows)
    parts = [_row(row, first + i, values.get(row.key), words, texts, formats) for i, row in enumerate(rows)]
    areas = [
        Area(0, 1, (Cells((words["title"],), styles.TITLE),)),
        Area(1, 1, (Cells((words["hint"],), styles.SUBTITLE),)),
        Area(
            3,
            1,
            tuple(Cells((words[key],), styles.HEADER if i else styles.LABEL_HEADER) for i, key in enumerate(_COLUMNS)),
        ),
        *(Area(first + i, 1, part) for i, part in enumerate(parts)),
    ]
    last = first + count - 1
    status, names = Range(SHEET, first, 6, last, 6), Range(SHEET, first, 1, last, 1)
    shown = tuple(_name(key, texts) for key in values)
    cell = address(first, 6)
    colors = (("reached", TEAL), ("close", NAVY), ("missed", RED))
    return Layout(
        words["title"],
        (
            Sheet(
                name=SHEET,
                areas=tuple(areas),
                tables=(Table(TABLE, Range(SHEET, 3, 1, last, 6), tuple(words[key] for key in _COLUMNS)),),
                conditions=tuple(Condition(status, f'{cell}="{words[word]}"', color=color) for word, color in colors),
                choices=(
                    *((Choice(names, shown),) if _fits_a_list(shown) else ()),
                    Choice(Range(SHEET, first, 4, last, 4), (words["higher"], words["lower"])),
                ),
                widths=((0, 0, 20), (1, 1, 240), (2, 6, 110)),
                heights=((0, 38),),
                printing=Print(area=Range(SHEET, 0, 0, last, 6), landscape=False),
                tab_color=TEAL,
            ),
        ),
    )


def _fits_a_list(values: Sequence[str]) -> bool:
    """Whether Excel takes the values as a list to choose from: 255 characters, commas between the values alone."""
    return len(",".join(values)) <= 255 and not any(mark in value for value in values for mark in ",;")


def _row(  # noqa: PLR0917 - used in one place
    row: Row, line: int, value: Any, words: Mapping[str, str], texts: Texts, formats: Formats
) -> tuple[Cells, ...]:
    now, target, better, attained = (address(line, column) for column in (2, 3, 4, 5))
    number = _number_format(row.key, value, formats)
    figure, label = replace(styles.FIGURE, number_format=number), styles.LABEL
    share = f'IF(N({target})=0,"",IF({better}="{words["lower"]}",{target}/{now},{now}/{target}))'
    status = (
        f'IF({attained}="","",IF({attained}>=1,"{words["reached"]}",'
        f'IF({attained}>={CLOSE},"{words["close"]}","{words["missed"]}")))'
    )
    fetched = f'INDEX({SUMMARY},2,MATCH("{row.key}",INDEX({SUMMARY},1,0),0))'
    percent = replace(styles.FIGURE, number_format="0%")
    side = words["lower" if row.lower_is_better else "higher"]
    return (
        Cells((_name(row.key, texts),), label),
        Cells((value,), figure, (fetched,)),
        Cells((row.target,), replace(figure, color=NAVY)),
        Cells((side,), replace(label, align="right")),
        Cells((None,), percent, (share,)),
        Cells((None,), Style(size=styles.SIZE, bold=True, align="right", bottom=styles.LABEL.bottom), (status,)),
    )


def _number_format(key: str, value: Any, formats: Formats) -> str:
    if key in _MONEY:
        return formats.money(2 if isinstance(value, int | float) and abs(value) < 100 else 0)
    if key in _RATES:
        return "0.0%"
    return '0.00"×"' if key == "roas" else "#,##0.0" if "days" in key or "minutes" in key else "#,##0"
