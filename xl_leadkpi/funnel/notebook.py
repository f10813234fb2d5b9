"""The report where Python people meet it: one screen in a terminal, a page in a notebook, a data frame, a chart."""

from __future__ import annotations

from datetime import date
from difflib import get_close_matches
from html import escape
from itertools import starmap
from typing import TYPE_CHECKING, Any

from xl_leadkpi.cells.errors import CellError
from xl_leadkpi.errors import UserError, listed
from xl_leadkpi.funnel.json_report import blocks_by_path
from xl_leadkpi.locales import ENGLISH, locale

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import pandas as pd
    from matplotlib.axes import Axes

    from xl_leadkpi.funnel.report import Block, Column, FunnelReport, Unit

_MONEY_AND_RATES = (
    "won", "lost_opportunities", "win_rate", "win_rate_mature", "lead_conversion_mature", "cycle_days_median",
    "revenue", "average_deal", "pipeline", "weighted_pipeline", "velocity", "spend", "cpl", "cac", "roas", "romi",
)  # fmt: skip
_DECIMALS: dict[Unit, int] = {"money": 0, "fraction": 1, "days": 1, "minutes": 1, "ratio": 2, "number": 1, "count": 0}
_MOST_REASONS = 3
_MOST_BARS = 40
_STYLE = (
    "<style>.leadkpi{font:14px system-ui,sans-serif;color:#1b2733}.leadkpi h3{margin:0 0 2px}"
    ".leadkpi p{margin:2px 0 8px;color:#5b6b7b}.leadkpi .cards{display:flex;flex-wrap:wrap;gap:8px}"
    ".leadkpi .card{border-top:1px solid #c8d2dc;padding:4px 14px 4px 0;min-width:96px}"
    ".leadkpi .card b{display:block;font-size:19px;font-weight:600}"
    ".leadkpi td{text-align:left;padding:1px 12px 1px 0}.leadkpi .bar{background:#17406d;height:11px}</style>"
)


def block_of(report: FunnelReport, name: str) -> Block:
    """A block by its path as the JSON has it: ``stages``, ``by.source``.

    Args:
        report: The report.
        name: The path.

    Raises:
        UserError: There is no such block; the message names the nearest, or why this report lacks it.
    """
    blocks = dict(blocks_by_path(report))
    if name in blocks:
        return blocks[name]
    if name in report.absent:
        texts = locale(ENGLISH).findings[report.absent[name].kind]
        raise UserError(f"There is no block '{name}': {texts.title}.")
    near = get_close_matches(name, blocks, 3)
    raise UserError(f"There is no block '{name}'. Take one of {listed(near or blocks)}.")


def data_frame(block: Block) -> pd.DataFrame:
    """A block as a pandas data frame.

    Counts are whole numbers that may be missing (``Int64``), money, rates and days ``float64``, days and months
    ``datetime64``; what is unknown or has no value (a division by zero) is missing. ``attrs`` has each column's unit.

    Args:
        block: The block.
    """
    import pandas as pd  # noqa: PLC0415 - rarely wanted where a funnel is counted

    frame = pd.DataFrame({column.key: _series(column) for column in block.columns})
    frame.attrs["units"] = {column.key: column.unit for column in block.columns}
    return frame


def _series(column: Column) -> pd.Series[Any]:
    import pandas as pd  # noqa: PLC0415

    values = [None if isinstance(value, CellError) else value for value in column.values]
    numbers = [value for value in values if value is not None]
    if column.unit in ("month", "date"):
        return pd.to_datetime(pd.Series(values, dtype="object"))
    if column.unit == "text" or not all(isinstance(value, int | float) for value in numbers):
        return pd.Series(values, dtype="object")
    if column.unit == "count" and all(float(value).is_integer() for value in numbers):
        return pd.Series(values, dtype="Int64")
    return pd.Series(values, dtype="float64")


def screen(report: FunnelReport) -> str:
    """One screen of text: what was counted, the key figures, what is unknown, which blocks there are.

    Args:
        report: The report.
    """
    lines = [_title(report), ""]
    lines += [f"  {name:<26}{value:>18}" for name, value in _figures(report)]
    reasons = _reasons(report)
    if reasons:
        lines += ["", "unknown: " + "; ".join(reasons)]
    blocks = [f"{name} ({len(block)})" for name, block in blocks_by_path(report) if len(block)]
    lines += ["", *_wrapped("blocks: " + ", ".join(blocks))]
    lines.append("to_pandas('stages'), plot('months'), to_excel('funnel.xlsx')")
    return "\n".join(lines)


def page(report: FunnelReport) -> str:
    """The summary as HTML without scripts, for a notebook.

    Args:
        report: The report.
    """
    cards = "".join(f'<div class="card">{escape(name)}<b>{escape(value)}</b></div>' for name, value in _figures(report))
    reasons = "".join(f"<p>unknown: {escape(reason)}</p>" for reason in _reasons(report))
    rows = "".join(starmap(_stage_row, _stages(report)))
    title, _, where = _title(report).partition(": ")
    return (
        f'{_STYLE}<div class="leadkpi"><h3>{escape(title)}</h3><p>{escape(where)}</p>'
        f'<div class="cards">{cards}</div>{reasons}<table>{rows}</table></div>'
    )


def chart(block: Block, columns: Sequence[str] = (), ax: Axes | None = None) -> Axes:
    """Draw columns of a block: lines over months, else bars of each row.

    Args:
        block: The block.
        columns: Their keys; the first one with figures if none is named.
        ax: Where to draw; a new figure if none is given.

    Returns:
        The axes, to be titled, saved or drawn on.

    Raises:
        UserError: The block has no such column, or none with figures; or matplotlib is not installed.
    """
    try:
        import matplotlib.pyplot as plt  # noqa: PLC0415 - an extra
        from matplotlib.dates import ConciseDateFormatter  # noqa: PLC0415
        from matplotlib.ticker import PercentFormatter  # noqa: PLC0415
    except ImportError:
        raise UserError("Charts need matplotlib: pip install 'xl_leadkpi[plot]'.") from None
    label, *others = (column.key for column in block.columns)
    frame = data_frame(block)
    body = frame.iloc[: len(block) - block.totals][:_MOST_BARS] if block.totals else frame.iloc[-_MOST_BARS:]
    numeric = [key for key in others if body[key].dtype != object and body[key].notna().any()]
    chosen = list(columns) or numeric[:1]
    missing = next((key for key in chosen if key not in numeric), None)
    if missing is not None or not chosen:
        of = f"no figures '{missing}'" if missing else "no column of figures"
        raise UserError(f"The block {block.name} has {of} to draw. Take one of {listed(numeric) or 'another block'}.")
    axes = ax if ax is not None else plt.subplots(layout="constrained")[1]
    figures = body.set_index(label)[chosen].astype(float).rename(columns=_name)
    is_share = {block[key].unit for key in chosen} == {"fraction"}
    if block.columns[0].unit in ("month", "date"):
        for name in figures:
            axes.plot(figures.index, figures[name], marker="o", label=name)
        formatter = ConciseDateFormatter(axes.xaxis.get_major_locator())  # type: ignore[no-untyped-call]
        axes.xaxis.set_major_formatter(formatter)
        axes.yaxis.set_major_formatter(PercentFormatter(1)) if is_share else None
    else:
        figures.iloc[::-1].plot.barh(ax=axes, legend=False, ylabel="")
        axes.xaxis.set_major_formatter(PercentFormatter(1)) if is_share else None
    axes.legend() if len(chosen) > 1 else axes.set_title(_name(chosen[0]))
    return axes


def _title(report: FunnelReport) -> str:
    header = report.header
    noun = "deals" if header.is_deals else "leads"
    days = f", {header.first_day} to {header.last_day}" if header.first_day and header.last_day else ""
    period = (
        f", period {header.period_name or f'{header.period_from} to {header.period_to}'}" if header.period_from else ""
    )
    money = f", {header.currency}" if header.currency else ""
    return f"Funnel of {header.source}: {header.rows_used:,} {noun}{days}{period}, as of {header.as_of}{money}"


def _figures(report: FunnelReport) -> Iterator[tuple[str, str]]:
    """Name and value of each key figure that is known."""
    counts = [stage.count_key for stage in report.stage_pipeline.stages[:-1]]
    for key in dict.fromkeys((*counts, *_MONEY_AND_RATES)):
        if key in report.summary:
            column = report.summary[key]
            shown = _shown(column.values[0], column.unit)
            if shown:
                yield _name(key, str(report.header.window_days)), shown


def _shown(value: Any, unit: Unit) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value.isoformat() if isinstance(value, date) else ""
    decimals = _DECIMALS.get(unit, 1)
    if unit == "money" and abs(value) < 100:
        decimals = 2
    text = f"{value * 100 if unit == 'fraction' else value:,.{decimals}f}"
    return text + {"fraction": " %", "days": " days"}.get(unit, "")


def _name(key: str, value: str = "") -> str:
    """A column in words, its key where the language has none."""
    texts = locale(ENGLISH).funnel
    found = next(
        (texts[name] for name in (f"card.{key}", f"column.{key}", f"column.{key}_closed") if name in texts), key
    )
    return found.replace("{value}", value)


def _reasons(report: FunnelReport) -> list[str]:
    """Why key figures are unknown, each reason once."""
    titles = {
        locale(ENGLISH).findings[gap.why.kind].title: None
        for key, gap in report.summary.unknown.items()
        if key in _MONEY_AND_RATES
    }
    return list(titles)[:_MOST_REASONS]


def _stages(report: FunnelReport) -> Iterator[tuple[str, float, float]]:
    """Name, count and share of the first of each stage."""
    stages = report.stages
    reached = [value for value in stages["reached"].values if isinstance(value, int | float)]
    most = max(reached, default=0) or 1
    for name, value in zip(stages.columns[0].values, stages["reached"].values, strict=True):
        if isinstance(value, int | float):
            yield str(name), value, value / most


def _stage_row(name: str, value: float, share: float) -> str:
    bar = f'<div class="bar" style="width:{share * 240:.0f}px"></div>'
    return f"<tr><td>{escape(name)}</td><td>{value:,.0f}</td><td>{bar}</td></tr>"


def _wrapped(text: str) -> Iterable[str]:
    from textwrap import wrap  # noqa: PLC0415 - where a report is shown

    return wrap(text, 110, subsequent_indent="  ")
