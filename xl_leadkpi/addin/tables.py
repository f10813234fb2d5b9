"""Functions over raw tables that spill: headers in, a table with a header row out, counted by the funnel's own code.

The rooms behind them are imported at the first call: a sheet that only has ``=CPL(...)`` never waits for them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from xl_leadkpi.cells import CellError
from xl_leadkpi.kpis import CATALOGUE, FAMILIES
from xl_leadkpi.kpis.attribution import MODELS, model_named
from xl_leadkpi.kpis.reference import explanation
from xl_leadkpi.kpis.search import nearest, search

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from xl_leadkpi.funnel.report import Block, FunnelReport
    from xl_leadkpi.kpis.declaration import Kpi
    from xl_leadkpi.leads.model.stage import Pipeline, Stage
    from xl_leadkpi.leads.model.table import LeadTable

Table = list[list[Any]]

OWN_FIELDS: Final = ("source", "campaign", "owner")
"""What leads can be grouped by without naming a header."""

OPPORTUNITY: Final = "opportunity"
"""What makes a lead an opportunity, whatever the stage is called."""

_COLUMN_OF: Final = {
    "customers": "won", "new_customers": "won", "acquisitions": "won", "lost": "lost_opportunities",
    "won_deals": "won_with_amount", "open_opps": "open_opportunities", "revenue": "revenue", "sales_value": "revenue",
    "spend": "spend", "marketing_cost": "spend", "ad_spend": "spend", "cost": "spend",
}  # fmt: skip
"""Which figure of a breakdown an argument of a KPI means, besides the counts of the stages."""


def funnel(leads: Any, by: Any = None, spend: Any = None, *, date1904: bool = False) -> Table:
    """Count the funnel.

    Args:
        leads: Raw leads as rows, the header among the first 15.
        by: Field or header to group by; blank gives the funnel's stages.
        spend: Marketing spend as rows with a header.
        date1904: Day numbers count from 1904.

    Returns:
        One row a stage of the table, be it one of the user's own, or one row a group and a total; columns without any
        value are left out.

    Raises:
        InputError: A table cannot be used.

    >>> leads = [["Lead ID", "Created", "Stage"], ["L1", "2025-01-05", "Won"], ["L2", "2025-02-01", "New"]]
    >>> [row[:2] for row in funnel(leads)]
    [['Stage', 'Reached'], ['Lead', 2], ['Won', 1]]
    """
    if _is_blank(by):
        return _as_table(_report(leads, spend, date1904=date1904).stages)
    block, pipeline = _breakdown(leads, by, spend, date1904=date1904)
    return _as_table(block, pipeline)


def kpi_table(kpi: Any, leads: Any, by: Any, spend: Any = None, *, date1904: bool = False) -> Table:
    """One KPI for each group.

    Args:
        kpi: Name of the KPI.
        leads: Raw leads as rows.
        by: Field or header to group by, or ``month``.
        spend: Marketing spend as rows.
        date1904: Day numbers count from 1904.

    Returns:
        Two columns: group (with a total at the end, except by month) and value.

    Raises:
        ValueError: The KPI is unknown, or a lead table does not hold what it needs.
        InputError: A table cannot be used.

    >>> leads = [["Lead ID", "Created", "Stage", "Source"],
    ...          ["L1", "2025-01-05", "Won", "Ads"], ["L2", "2025-02-01", "New", "SEO"]]
    >>> kpi_table("LEADCONV", leads, "source")
    [['Source', 'LEADCONV'], ['Ads', 1.0], ['SEO', 0.0], ['(total)', 0.5]]
    """
    wanted = _kpi(kpi)
    block, _ = _breakdown(leads, by, spend, date1904=date1904)
    groups, *_ = block.columns
    values = _kpi_values(wanted, block)
    header = str(by).strip().capitalize()
    return [
        [header, wanted.name],
        *([_shown(group), value] for group, value in zip(groups.values, values, strict=True)),
    ]


def cohorts(leads: Any, stage: Any = None, *, date1904: bool = False) -> Table:
    """Share of each month's leads that got to a stage, by months since they came in.

    Args:
        leads: Raw leads as rows.
        stage: A stage of the table after the first, by its own name or the usual one that it stands for, whatever the
            case; the win if blank.
        date1904: Day numbers count from 1904.

    Returns:
        One row a month of creation: month, leads, then one column for each month since.

    Raises:
        ValueError: The table has no such stage, or does not say when leads got there.
        InputError: The table cannot be used.

    >>> leads = [["Lead ID", "Created", "SQL date", "Won date"], ["L1", "2025-01-05", "2025-01-20", "2025-02-11"],
    ...          ["L2", "2025-01-21", "", ""]]
    >>> [row[:3] for row in cohorts(leads, "sql")]
    [['Month', 'Leads', 'Rate 0'], ['2025-01', 2, 0.5]]
    """
    from xl_leadkpi.funnel.build import build_cohorts  # noqa: PLC0415

    given = _read_leads(leads, (), date1904=date1904)
    reached = given.pipeline.won if _is_blank(stage) else _stage_called(str(stage), given)
    block = build_cohorts(given, reached.name) if reached.name in given.stages else None
    if not block:
        raise ValueError(
            f"the leads do not say when they came in and when they got to {reached.name!r}; give a column with the day "
            "of each"
        )
    return _as_table(block, keep_empty=True)


def _stage_called(name: str, leads: LeadTable) -> Stage:
    """The stage in force, after the first, of this name."""
    pipeline, wanted = leads.pipeline, name.strip().casefold()
    first, *later = (pipeline[stage] for stage in leads.stages)
    by_name = {stage.stands_for.casefold(): stage for stage in later if stage.is_usual}
    if pipeline.opportunity in later:  # though it may stand for a later one of the usual stages, or for none
        by_name.setdefault(OPPORTUNITY, pipeline.opportunity)
    by_name |= {stage.name.casefold(): stage for stage in later}
    found = by_name.get(wanted)
    if found is None:
        there = ", ".join(stage.name for stage in later) or "none"
        why = f"there is no stage {name.strip()[:40]!r}"
        if wanted in (first.name.casefold(), first.stands_for.casefold()):
            why = f"every lead is in {first.name!r} from the first day"
        raise ValueError(f"{why}; cohorts of this table are counted to: {there}")
    return found


def explain(  # noqa: PLR0917 - Excel passes arguments by their place
    leads: Any, measure: Any, by: Any, period: Any, compared: Any = None, spend: Any = None, *, date1904: bool = False
) -> Table:
    """What each factor, or each group, adds to the change of a figure between two periods.

    Args:
        leads: Raw leads as rows, the header among the first 15.
        measure: ``revenue``, ``won``, ``cac`` (needs the spend) or ``lead_conversion``: lead to won in 90 days.
        by: Field or header to group by; blank gives the factors.
        period: The period: ``2026-Q2``, ``2026-05``, ``2026-W18``, ``2026`` or ``2026-01-15..2026-02-20``.
        compared: Another, ``year-ago``, or the one before it if blank.
        spend: Marketing spend as rows with a header.
        date1904: Day numbers count from 1904.

    Returns:
        One row a factor after that of the figure itself, or one row a group and a total: what it was, what it is, the
        part, its share of the change, and whether it can be told from chance.

    Raises:
        ValueError: The figure is unknown, or its change is.
        InputError: A table or a period cannot be used.

    >>> leads = [["Lead ID", "Won date", "Amount"], ["1", "2025-02-01", 100], ["2", "2025-05-31", 300]]
    >>> header, whole, *factors = explain(leads, "revenue", "", "2025-05", "2025-02")
    >>> whole, [name for name, *_ in factors]
    (['(total)', 100.0, 300.0, 200.0, 1.0, 'unclear'], ['days', 'won', 'deal'])
    """
    from xl_leadkpi.funnel.json_report import reason_of  # noqa: PLC0415

    wanted, options = _figure(measure), _two_periods(period, compared)
    field = "" if _is_blank(by) else str(by).strip()
    further = () if not field or field.lower() in OWN_FIELDS else (field,)
    report = _report(leads, spend, further, date1904=date1904, **options)
    block = (report.changes or {}).get(wanted)
    if block is None:
        why = reason_of(report.absent.get(f"changes.{wanted}"))["why"]
        raise ValueError(why or "there is no spend: pass it as the last argument")
    if not field:
        return _as_table(_picked(block, ("factor", "from", "to", "part", "share", "tested")))
    groups = report.changes_by or {}
    name = next(iter(reversed(report.by)), "") if further else field.lower()
    rows = [row for row, one in enumerate(groups[name]["measure"].values) if one == wanted] if name in groups else []
    if not rows:
        raise ValueError(
            f"the change of {wanted} is not known by {field}: it takes two groups or more, with their spend"
        )
    kinds = ("spend", "volume", "mix", "rate", "deal")
    return _as_table(_picked(groups[name], ("group", "from", "to", "part", "share", *kinds, "tested"), rows))


def _figure(name: Any) -> str:
    """The figure whose change is asked for, by its name or the beginning of it."""
    from xl_leadkpi.funnel.change_parts import MEASURES  # noqa: PLC0415

    asked = str(name).strip().lower()
    found = next((one for one in MEASURES if asked and one.startswith(asked)), None)
    if found is None:
        raise ValueError(f"there is no figure {str(name)[:40]!r}; there are revenue, won, cac and lead_conversion")
    return found


def _two_periods(period: Any, compared: Any) -> dict[str, Any]:
    """The options of the counting for a period and the one it is compared with."""
    from xl_leadkpi.funnel.period_names import PeriodNames, period_options  # noqa: PLC0415

    names = PeriodNames(_period(period), "previous" if _is_blank(compared) else _period(compared))
    if not names.period or names.compare == "none":
        raise ValueError("a change is one between two periods: name the period, such as 2026-Q2")
    return period_options(names)


def _period(name: Any) -> str:
    """A period as it is named; a year comes from a cell as a number."""
    is_number = isinstance(name, int | float) and not isinstance(name, bool)
    return f"{name:.0f}" if is_number else str(name or "").strip()


def _picked(block: Block, keys: Sequence[str], rows: Sequence[int] | None = None) -> Block:
    """Some columns of a block, and some of its rows."""
    columns = [block[key] for key in keys]
    if rows is not None:
        columns = [replace(column, values=tuple(column.values[row] for row in rows)) for column in columns]
    return replace(block, columns=tuple(columns))


def attribution(touches: Any, model: Any, leads: Any = None, *, date1904: bool = False) -> Table:
    """Credit of each channel for conversions.

    Args:
        touches: Touches as rows: lead, time, channel.
        model: Name of an attribution model, see ``kpis.attribution.MODELS``.
        leads: Raw leads as rows: those won are the conversions. Without it every lead in ``touches`` is one, on the day
            of its last touch.
        date1904: Day numbers count from 1904.

    Returns:
        Channel, conversions and (where leads have amounts) revenue, with a total.

    Raises:
        ValueError: Unknown model.
        InputError: A table cannot be used.

    >>> touches = [["Lead ID", "Time", "Channel"],
    ...            ["L1", "2025-05-01", "Ads"], ["L1", "2025-05-09", "SEO"], ["L2", "2025-05-02", "SEO"]]
    >>> attribution(touches, "linear")
    [['Channel', 'Conversions'], ['SEO', 1.5], ['Ads', 0.5], ['(none)', 0], ['(total)', 2]]
    """
    from xl_leadkpi.funnel import FunnelOptions, build  # noqa: PLC0415
    from xl_leadkpi.leads import ReadOptions, read_frame, read_touches_frame  # noqa: PLC0415

    wanted = model_named(str(model))
    if wanted is None:
        known = ", ".join(one.name for one in MODELS)
        raise ValueError(f"there is no attribution model {str(model)[:40]!r}; the models are {known}")
    options = ReadOptions(date1904=date1904)
    read = read_touches_frame(_rows(touches), options, "touches")
    table = _leads_of(read.frame) if _is_blank(leads) else _rows(leads)
    # Without leads the day numbers are the touches' own, in the 1900 system already.
    given = read_frame(table, ReadOptions() if _is_blank(leads) else options, "leads")
    block = build(given, touches=read, options=FunnelOptions(min_n=1)).attribution
    if block is None:
        raise ValueError("there is no channel to credit")
    if wanted in block and not any(value is not None for value in block[wanted].values):
        raise ValueError(
            f"{wanted} compares the paths that were won with the others: pass all leads, not only those won"
        )
    keys = ["channel", wanted, f"{wanted}_revenue"]
    columns = [block[key] for key in keys if key in block]
    header = ["Channel", "Conversions", "Revenue"][: len(columns)]
    return [header, *map(list, zip(*([*map(_shown, column.values)] for column in columns), strict=True))]


def kpi_help(topic: Any = None) -> Table:
    """What a KPI means, or which KPIs there are.

    Args:
        topic: Name of a KPI; words to search for in English, Polish or Russian; blank lists all.

    Returns:
        The explanation line by line, or a table of KPIs: name, title, family.

    >>> kpi_help("cpl")[0]
    ['CPL: Cost per lead']
    >>> kpi_help("koszt leada")[1][:2]
    ['CPL', 'Cost per lead']
    >>> kpi_help("xyzzy")
    [["No KPI is called 'xyzzy', and none is found by these words."]]
    """
    if _is_blank(topic):
        return _listed(CATALOGUE.values())
    words = str(topic).strip()
    kpi = CATALOGUE.get(words.upper())
    if kpi is not None:
        return [[line] for line in explanation(kpi).splitlines() if line.strip()]
    found = search(words) or [CATALOGUE[name] for name in nearest(words)]
    if not found:
        return [[f"No KPI is called {words[:40]!r}, and none is found by these words."]]
    return _listed(found)


def _listed(found: Any) -> Table:
    return [["Name", "KPI", "Family"], *([kpi.name, kpi.title, FAMILIES[kpi.family]] for kpi in found)]


def _kpi(name: Any) -> Kpi:
    kpi = CATALOGUE.get(str(name).strip().upper())
    if kpi is None:
        near = nearest(str(name))
        raise ValueError(f"there is no KPI {str(name)[:40]!r}" + (f"; nearest: {', '.join(near)}" if near else ""))
    return kpi


def _kpi_values(kpi: Kpi, block: Block) -> Sequence[Any]:
    """The column that already holds the KPI, else the KPI over the counts that its arguments mean."""
    for column in block.columns:
        if column.ratio is not None and column.ratio.kpi == kpi.name and column.ratio.item is None:
            return [_shown(value) for value in column.values]
    required, column_of = kpi.arguments[: kpi.required], _columns_of_arguments()
    missing = [a.name for a in required if a.is_range or column_of.get(a.name, "") not in block]
    if missing:
        raise ValueError(f"{kpi.name} needs {', '.join(missing)}, which this table of leads does not give")
    columns = [block[column_of[argument.name]].values for argument in required]
    return [kpi(*values) for values in zip(*columns, strict=True)]


def _columns_of_arguments() -> dict[str, str]:
    """Which column of a breakdown each argument of a KPI means."""
    from xl_leadkpi.leads.model.stage import PIPELINE  # noqa: PLC0415

    stages = {argument: stage.count_key for stage in PIPELINE for argument in stage.arguments}
    return {**stages, **_COLUMN_OF}


def _breakdown(leads: Any, by: Any, spend: Any, *, date1904: bool) -> tuple[Block, Pipeline]:
    """The block by a field or header, and the stages that its columns count."""
    field = str(by).strip()
    known = field.lower()
    if known == "month":
        report = _report(leads, spend, date1904=date1904)
        return report.months, report.stage_pipeline
    further = () if known in OWN_FIELDS else (field,)
    report = _report(leads, spend, further, date1904=date1904)
    block = report.by.get(known) if not further else next((report.by[label] for label in reversed(report.by)), None)
    if block is None:
        raise ValueError(f"the leads have no {known} to group by")
    return block, report.stage_pipeline


def _report(leads: Any, spend: Any, by: tuple[str, ...] = (), *, date1904: bool, **counting: Any) -> FunnelReport:
    from xl_leadkpi.funnel import FunnelOptions, build  # noqa: PLC0415
    from xl_leadkpi.leads import ReadOptions, read_spend_frame  # noqa: PLC0415

    given = _read_leads(leads, by, date1904=date1904)
    spent = None if _is_blank(spend) else read_spend_frame(_rows(spend), ReadOptions(date1904=date1904), "spend")
    return build(given, spent, options=FunnelOptions(**counting))


def _read_leads(leads: Any, by: tuple[str, ...], *, date1904: bool) -> LeadTable:
    from xl_leadkpi.leads import ReadOptions, read_frame  # noqa: PLC0415

    return read_frame(_rows(leads), ReadOptions(by=by, date1904=date1904), "leads")


def _leads_of(touches: Any) -> Table:
    """A lead for each identifier in the touches, made by its last one and won the day after."""
    days: dict[str, float] = {}
    for name, day in zip(touches["lead_id"].to_list(), touches["day"].to_list(), strict=True):
        days[name] = max(days.get(name, day), day)
    return [
        ["Lead ID", "Created", "Won date", "Stage"],
        *([name, float(int(day)), float(int(day) + 1), "Won"] for name, day in days.items()),
    ]


def _rows(table: Any) -> Table:
    """A range as rows of cells the leads' reader knows: an error value is no value."""
    if isinstance(table, np.ndarray):
        return [[None if cell != cell else cell for cell in row] for row in table.tolist()]  # noqa: PLR0124 - nan
    if not isinstance(table, list):
        raise TypeError("a table is a range with a header row, not a single cell")
    return [[None if isinstance(cell, CellError) else cell for cell in row] for row in table]


def _as_table(block: Block, pipeline: Pipeline | None = None, *, keep_empty: bool = False) -> Table:
    """A block with its headers; those that count a stage of the user's own bear its name."""
    columns = [column for column in block.columns if keep_empty or any(value is not None for value in column.values)]
    own = pipeline.own_names if pipeline else {}
    return [[own.get(column.key) or _title(column.key) for column in columns], *_lines(columns)]


def _lines(columns: Any) -> Iterator[list[Any]]:
    for values in zip(*(column.values for column in columns), strict=True):
        yield [_shown(value) for value in values]


def _title(key: str) -> str:
    from xl_leadkpi.leads.model.stage import PIPELINE  # noqa: PLC0415

    stages = {stage.count_key: stage.name for stage in PIPELINE.inner if stage.name.isupper()}
    known = {**stages, "cpl": "CPL", "cac": "CAC", "roas": "ROAS", "romi": "ROMI"}
    words = [known.get(word, word) for word in key.split("_")]
    return " ".join([words[0][:1].upper() + words[0][1:], *words[1:]])


def _shown(value: Any) -> Any:
    """A month as text: a formula cannot give its cells a date format."""
    return f"{value:%Y-%m}" if hasattr(value, "strftime") else value


def _is_blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())
