"""The charts of the sheet, each over figures on the hidden chart sheet that follow the tables by formula."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, floor, log10
from typing import TYPE_CHECKING, Any

from xl_leadkpi.cells.errors import CellError
from xl_leadkpi.sheets.formats import number_text
from xl_leadkpi.sheets.layout import Axis, Chart, Series
from xl_leadkpi.sheets.palette import NAVY, PALE_NAVY, RED, STEPS, TEAL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xl_leadkpi.funnel.report import Block
    from xl_leadkpi.sheets.chart_data import ChartData
    from xl_leadkpi.sheets.formulas import Place
    from xl_leadkpi.sheets.layout import Range
    from xl_leadkpi.sheets.summary_page import Chart as MonthColumns
    from xl_leadkpi.sheets.summary_page import Table
    from xl_leadkpi.sheets.tables import Setting

Figures = tuple[list[Any], list[str | None] | None]
MOST_BARS = 12
BAR = "#2B76A5"


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a chart stands and how large it is, in pixels."""

    row: int
    column: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Source:
    """A placed block as the source of a chart's figures."""

    block: Block
    places: Mapping[str, Place]
    setting: Setting
    rows: tuple[int, ...]

    def cell(self, key: str, row: int) -> str:
        """Address of a figure, with its sheet."""
        place = self.places[key]
        return replace(place, sheet=place.sheet or "Funnel").cell(row)

    def values(self, key: str) -> list[Any]:
        """The figures of a column, #N/A where there is none: a gap in the chart."""
        column = self.block[key].values
        return [column[row] if isinstance(column[row], int | float) else CellError.NA for row in self.rows]

    def figures(self, key: str) -> Figures:
        """The figures of a column and the formulas that fetch them."""
        cells = [self.cell(key, row) for row in self.rows]
        return self.computed(self.values(key), [f"IF(ISNUMBER({cell}),{cell},NA())" for cell in cells])

    def computed(self, values: list[Any], formulas: Sequence[str]) -> Figures:
        """Figures with their own formulas, which stay away where the workbook is to hold values alone."""
        if self.setting.formulas == "values":
            return [None if isinstance(value, CellError) else value for value in values], None
        return values, list(formulas)

    def texts(self, key: str) -> Figures:
        """Labels of a text or month column: plain values, because a chart's labels need no formula."""
        column = self.block[key]
        if column.unit == "month":
            return [self.setting.formats.month_text(column.values[row]) for row in self.rows], None
        return [self.setting.texts.label(str(column.values[row]), key) for row in self.rows], None


def funnel_chart(data: ChartData, source: Source, spot: Spot) -> Chart:
    """The funnel as centred bars, each with its figure beside it, so that the narrowest can be read.

    A stacked bar: a spacer, the stage, and a second spacer that carries the label at its base, right of the bar.
    """
    reached = source.values("reached")
    most = max(reached, default=0) or 1
    labels = tuple(number_text(n, source.setting.language) for n in reached)
    first, last = source.cell("reached", source.rows[0]), source.cell("reached", source.rows[-1])
    column = first.removeprefix("Funnel!"), last.removeprefix("Funnel!")
    top = f"MAX(Funnel!{column[0]}:{column[1]})"
    cells = [source.cell("reached", row) for row in source.rows]
    stages, spacer, bar, room = data.columns(
        source.setting.texts("chart.funnel"),
        ("stage", *source.texts("stage")),
        ("spacer", *source.computed([(most - n) / 2 for n in reached], [f"({top}-{cell})/2" for cell in cells])),
        ("reached", *source.figures("reached")),
        ("label", *source.computed([(most - n) / 2 + most * 0.2 for n in reached],
                                   [f"({top}-{cell})/2+{top}*0.2" for cell in cells])),
    )  # fmt: skip
    return Chart(
        "Funnel",
        "bar",
        (
            Series("", stages, spacer, None),
            Series(source.setting.texts.column("reached"), stages, bar, NAVY, colors=_steps(len(reached))),
            Series("", stages, room, None, labels=labels),
        ),
        spot.row,
        spot.column,
        spot.width,
        spot.height,
        title=source.setting.texts("chart.funnel"),
        stacked=True,
        gap=14,
        overlap=100,
        legend=False,
        categories=Axis(reverse=True, line=False),
        values=Axis(minimum=0, maximum=most * 1.2, visible=False),
        description=source.setting.texts("chart.funnel"),
    )


def _steps(count: int) -> tuple[str, ...]:
    """Shades for so many stages: dark navy at the top, teal for won at the end."""
    return tuple(STEPS[round(i * (len(STEPS) - 1) / max(count - 1, 1))] for i in range(count))


def win_rate_chart(data: ChartData, source: Source, spot: Spot, label: str) -> Chart:
    """Win rate by group, each bar with its Wilson interval; grey where it rests on fewer than min_n cases."""
    rates, lows, highs = (source.values(key) for key in ("win_rate", "win_rate_low", "win_rate_high"))
    up = [_minus(high, rate) for high, rate in zip(highs, rates, strict=True)]
    down = [_minus(rate, low) for low, rate in zip(lows, rates, strict=True)]
    cells = [[source.cell(key, row) for row in source.rows] for key in ("win_rate", "win_rate_low", "win_rate_high")]
    groups, rate, above, below = data.columns(
        source.setting.texts("chart.win_rate"),
        ("group", *source.texts(label)),
        ("win_rate", *source.figures("win_rate")),
        (
            "above",
            *source.computed(up, [f"IFERROR({high}-{mid},0)" for mid, high in zip(cells[0], cells[2], strict=True)]),
        ),
        (
            "below",
            *source.computed(down, [f"IFERROR({mid}-{low},0)" for mid, low in zip(cells[0], cells[1], strict=True)]),
        ),
    )
    closed = [source.block["win_rate_of"].values[row] or 0 for row in source.rows]
    highest = max((high for high in highs if isinstance(high, int | float)), default=1)
    return Chart(
        "WinRate",
        "bar",
        (
            Series(
                source.setting.texts.column("win_rate"),
                groups,
                rate,
                BAR,
                colors=tuple(BAR if n >= source.setting.min_n else "#C3CAD1" for n in closed),
                error_up=above,
                error_down=below,
            ),
        ),
        spot.row,
        spot.column,
        spot.width,
        spot.height,
        title=source.setting.texts("chart.win_rate"),
        gap=45,
        legend=False,
        categories=Axis(reverse=True),
        values=Axis(number_format="0%", minimum=0, maximum=_top_share(highest), gridlines=True),
        description=source.setting.texts("chart.win_rate"),
    )


def spend_chart(data: ChartData, source: Source, spot: Spot, label: str) -> Chart:
    """Spend of each group as columns, its cost per lead as points."""
    texts = source.setting.texts
    groups, spend, cost = data.columns(
        texts("chart.spend"),
        ("group", *source.texts(label)),
        ("spend", *source.figures("spend")),
        ("cpl", *source.figures("cpl")),
    )
    formats = source.setting.formats.for_column(source.block["spend"])
    money = formats.axis_money(max((v for v in source.values("spend") if isinstance(v, int | float)), default=0))
    small = formats.axis_money(max((v for v in source.values("cpl") if isinstance(v, int | float)), default=0))
    return Chart(
        "SpendCost",
        "column",
        (
            Series(texts.column("spend"), groups, spend, PALE_NAVY),
            Series(texts.column("cpl"), groups, cost, NAVY, over="points"),
        ),
        spot.row,
        spot.column,
        spot.width,
        spot.height,
        title=texts("chart.spend"),
        values=Axis(number_format=money, minimum=0, gridlines=True),
        second=Axis(number_format=small, minimum=0),
        description=texts("chart.spend"),
    )


def months_chart(data: ChartData, source: Source, spot: Spot) -> Chart:
    """New leads a month as columns, the share of them won as a line over the months that are old enough."""
    texts, rate_key = source.setting.texts, "cohort_conversion"
    flags = source.block["mature"].values
    grown = [bool(flags[row]) for row in source.rows]
    rates, formulas = source.figures(rate_key)
    rates = [
        rate if old else None if formulas is None else CellError.NA for rate, old in zip(rates, grown, strict=True)
    ]
    formulas = formulas and [formula if old else "NA()" for formula, old in zip(formulas, grown, strict=True)]
    known = any(isinstance(value, int | float) for value in rates)
    months, leads, rate = data.columns(
        texts("chart.months"),
        ("month", *source.texts("month")),
        ("leads", *source.figures("leads")),
        ("rate", rates, formulas),
    )
    return Chart(
        "Months",
        "column",
        (
            Series(texts.column("leads"), months, leads, PALE_NAVY),
            *([Series(texts.column(rate_key), months, rate, TEAL, over="line")] if known else []),
        ),
        spot.row,
        spot.column,
        spot.width,
        spot.height,
        title=texts("chart.months"),
        values=Axis(number_format="#,##0", minimum=0, gridlines=True),
        second=Axis(number_format="0%", minimum=0, maximum=_whole(rates)),
        description=texts("chart.months"),
    )


def curve_chart(data: ChartData, source: Source, spot: Spot) -> Chart:
    """Share of leads won within so many days."""
    texts = source.setting.texts
    days, share = data.columns(
        texts("chart.curve"),
        ("days", *source.figures("day")),
        ("conversion", *source.figures("drawn")),
    )
    return Chart(
        "Curve",
        "scatter",
        (Series(texts.column("conversion"), days, share, TEAL),),
        spot.row,
        spot.column,
        spot.width,
        spot.height,
        title=texts("chart.curve"),
        legend=False,
        categories=Axis(number_format="0", minimum=0, title=texts("axis.days")),
        values=Axis(number_format="0%", minimum=0, maximum=_whole(source.values("drawn")), gridlines=True),
        description=texts("chart.curve"),
    )


def stage_time_chart(data: ChartData, source: Source, spot: Spot) -> Chart:
    """Median and 90th percentile of the days in each stage."""
    texts = source.setting.texts
    stages, median, late = data.columns(
        texts("chart.stage_times"),
        ("stage", *source.texts("measure")),
        ("median", *source.figures("median")),
        ("p90", *source.figures("p90")),
    )
    return Chart(
        "StageTimes",
        "bar",
        (
            Series(texts.column("median"), stages, median, NAVY),
            Series(texts.column("p90"), stages, late, PALE_NAVY),
        ),
        spot.row,
        spot.column,
        spot.width,
        spot.height,
        title=texts("chart.stage_times"),
        gap=45,
        overlap=0,
        categories=Axis(reverse=True),
        values=Axis(number_format="0", minimum=0, gridlines=True, title=texts("axis.days")),
        description=texts("chart.stage_times"),
    )


def forecast_chart(data: ChartData, source: Source, spot: Spot, *, has_money: bool) -> Chart:
    """What open deals and those to come will bring by month, one upon the other, with the target as a line."""
    texts, block = source.setting.texts, source.block
    unit = "" if has_money else "won_"
    own, new = f"{unit}mean", f"new_{unit}mean"
    has_new = any(isinstance(value, int | float) for value in source.values(new))
    has_target = has_money and "target" in block and "target" in source.places
    columns = data.columns(
        texts("chart.forecast"),
        ("month", *source.texts("month")),
        ("open", *source.figures(own)),
        *([("new", *source.figures(new))] if has_new else []),
        *([("target", *source.figures("target"))] if has_target else []),
    )
    months, opened, *others = columns
    together = [
        sum(value for value in values if isinstance(value, int | float))
        for values in zip(source.values(own), source.values(new), strict=True)
    ]
    aims = [value for value in source.values("target") if isinstance(value, int | float)] if has_target else []
    top = round_top(max([*together, *aims], default=0))
    axis = _axis_format(source, own, top)
    return Chart(
        "Forecast",
        "column",
        (
            Series(texts("forecast.open"), months, opened, NAVY),
            *([Series(texts("forecast.new"), months, others[0], PALE_NAVY)] if has_new else []),
            *([Series(texts.column("target"), months, others[-1], TEAL, over="line")] if has_target else []),
        ),
        spot.row,
        spot.column,
        spot.width,
        spot.height,
        title=texts("chart.forecast"),
        stacked=True,
        overlap=100,
        values=Axis(number_format=axis, minimum=0, maximum=top, gridlines=True),
        second=Axis(number_format=axis, minimum=0, maximum=top, visible=False),
        description=texts("chart.forecast"),
    )


def forecast_check_chart(data: ChartData, source: Source, spot: Spot, *, has_money: bool) -> Chart:
    """Past forecasts with their ranges as columns, the earliest first, and what came as points."""
    texts, formats = source.setting.texts, source.setting.formats
    unit = "" if has_money else "won_"
    expected = f"{unit}forecast"
    mean, low, high = (source.values(key) for key in (expected, f"{unit}low", f"{unit}high"))
    cells = [[source.cell(key, row) for row in source.rows] for key in (expected, f"{unit}low", f"{unit}high")]
    up = [_minus(top, middle) for top, middle in zip(high, mean, strict=True)]
    down = [_minus(middle, bottom) for middle, bottom in zip(mean, low, strict=True)]
    came = source.values(f"{unit}actual")
    days = [formats.day_text(source.block["as_of"].values[row]) for row in source.rows]
    labels, bars, above, below, points = data.columns(
        texts("chart.forecast_check"),
        ("day", days, None),
        ("forecast", *source.figures(expected)),
        ("above", *source.computed(up, [f"IFERROR({a}-{b},0)" for a, b in zip(cells[2], cells[0], strict=True)])),
        ("below", *source.computed(down, [f"IFERROR({b}-{a},0)" for a, b in zip(cells[1], cells[0], strict=True)])),
        ("actual", *source.figures(f"{unit}actual")),
    )
    top = round_top(max((value for value in (*high, *came) if isinstance(value, int | float)), default=0))
    axis = _axis_format(source, expected, top)
    return Chart(
        "ForecastCheck",
        "column",
        (
            Series(texts.column("forecast"), labels, bars, PALE_NAVY, error_up=above, error_down=below),
            Series(texts("forecast.came"), labels, points, NAVY, over="points"),
        ),
        spot.row,
        spot.column,
        spot.width,
        spot.height,
        title=texts("chart.forecast_check"),
        values=Axis(number_format=axis, minimum=0, maximum=top, gridlines=True),
        second=Axis(number_format=axis, minimum=0, maximum=top, visible=False),
        description=texts("chart.forecast_check"),
    )


def changes_chart(data: ChartData, steps: Sequence[tuple[str, float, str]], title: str, spot: Spot) -> Chart:
    """A waterfall: a figure as it was, what each factor adds or takes, the figure as it is.

    Args:
        data: The sheet with the figures of charts.
        steps: Label, value and its text of each column: the first and the last are figures, the others parts.
        title: Its title.
        spot: Where the chart goes.
    """
    (_, level, _), *parts, (_, end, _) = steps
    bases, heights, colors = [0.0], [level], [NAVY]
    for _, value, _ in parts:
        bases.append(min(level, level + value))
        heights.append(abs(value))
        colors.append(TEAL if value > 0 else RED)
        level += value
    top = round_top(max(base + height for base, height in zip([*bases, 0.0], [*heights, end], strict=True)))
    bases, heights, colors = [*bases, 0.0], [*heights, end], [*colors, NAVY]
    labels, base, bar, room = data.columns(
        title,
        ("step", [label for label, _, _ in steps], None),
        ("base", bases, None),
        ("bar", heights, None),
        ("label", [top / 10] * len(steps), None),
    )
    return Chart(
        "Changes",
        "column",
        (
            Series("", labels, base, None),
            Series(title, labels, bar, NAVY, colors=tuple(colors)),
            Series("", labels, room, None, labels=tuple(text for _, _, text in steps)),
        ),
        spot.row,
        spot.column,
        spot.width,
        spot.height,
        title=title,
        stacked=True,
        gap=40,
        overlap=100,
        legend=False,
        values=Axis(minimum=0, maximum=top * 1.1, visible=False),
        description=title,
    )


def stages_chart(data: ChartData, table: Table, title: str, spot: Spot) -> Chart:
    """Bars beside the rows of a table of stages: how many came, and how many in the period compared with.

    Args:
        data: The sheet with the figures of charts.
        table: The stages; the first cell of a row is the period's, the second the other one's where there are three.
        title: What is drawn, for those who cannot see it.
        spot: Where the chart goes: as high as the rows, so that each bar stands beside its figure.
    """
    columns = len(table.headers) - 2
    figures = [[row.cells[i].figure for row in table.rows] for i in range(columns)]
    values = [[None if one is None else one.value for one in column] for column in figures]
    stages, *places = data.columns(
        title,
        ("stage", [row.label for row in table.rows], None),
        *((header, column, None) for header, column in zip(table.headers[1:], values, strict=False)),
    )
    return Chart(
        "Stages",
        "bar",
        tuple(
            Series(header, stages, place, color)
            for header, place, color in zip(table.headers[1:], places, (NAVY, PALE_NAVY), strict=False)
        ),
        spot.row,
        spot.column,
        spot.width,
        spot.height,
        gap=50,
        overlap=0,
        legend=False,
        categories=Axis(reverse=True, visible=False),
        values=Axis(minimum=0, visible=False),
        plot=(0.03, 0.0, 0.97, 1.0),
        description=title,
    )


def spark_chart(name: str, description: str, places: tuple[Range, Range], spot: Spot) -> Chart:
    """How the figure of a card went: bare columns, the last one dark.

    A chart rather than a line in a cell (sparkline): programs other than Excel do not draw or print those.

    Args:
        name: Its name on the sheet.
        description: What is drawn, for those who cannot see it.
        places: Where the months stand, and their figures.
        spot: Where the chart goes.
    """
    months, figures = places
    count = figures.last_row - figures.row + 1
    return Chart(
        name,
        "column",
        (Series(description, months, figures, PALE_NAVY, colors=(*[PALE_NAVY] * (count - 1), NAVY)),),
        spot.row,
        spot.column,
        spot.width,
        spot.height,
        gap=30,
        legend=False,
        categories=Axis(visible=False),
        values=Axis(minimum=0, visible=False),
        plot=(0.02, 0.05, 0.96, 0.93),
        y_offset=2,
        description=description,
    )


def month_columns_chart(data: ChartData, drawn: MonthColumns, spot: Spot) -> Chart:
    """A figure by month as columns; months that are not over yet are pale."""
    months, figures = data.columns(
        drawn.title,
        ("month", [point.month for point in drawn.points], None),
        ("figure", [point.figure.value for point in drawn.points], None),
    )
    colors = tuple(PALE_NAVY if point.is_running else BAR for point in drawn.points)
    return Chart(
        "Months",
        "column",
        (Series(drawn.title, months, figures, BAR, colors=colors),),
        spot.row,
        spot.column,
        spot.width,
        spot.height,
        title=drawn.title,
        gap=40,
        legend=False,
        values=Axis(number_format="#,##0", minimum=0, gridlines=True),
        description=drawn.title,
    )


def _axis_format(source: Source, key: str, top: float) -> str:
    column = source.block[key]
    return source.setting.formats.for_column(column).axis_money(top) if column.unit == "money" else "#,##0"


def round_top(most: float) -> float:
    """An end for two axes that are to have the same one.

    >>> round_top(237568.9), round_top(3), round_top(0)
    (250000.0, 4.0, 1.0)
    """
    if most <= 0:
        return 1.0
    size = 10.0 ** floor(log10(most))
    return float(next(size * step for step in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10) if size * step > most))


def _top_share(highest: float) -> float | None:
    """Upper end of an axis of shares: the next ten per cent, never past 100 %; None lets values beyond that be seen."""
    return None if highest > 1 else min(1.0, max(ceil(highest * 10), 1) / 10)


def _whole(shares: Sequence[Any]) -> float | None:
    """100 % where the program's own choice of an end would lie beyond it."""
    highest = max((share for share in shares if isinstance(share, int | float)), default=0)
    return 1.0 if 0.8 <= highest <= 1 else None


def _minus(one: Any, other: Any) -> float:
    return one - other if isinstance(one, int | float) and isinstance(other, int | float) else 0
